// SPDX-License-Identifier: BSD-2-Clause
// Threads: suspend, resume, priorities, registers, bound notification, flags; what happens when a
// TCB is deleted. Setting spaces, buffers and scheduling parameters is in tcb_config.c (sel4-abi,
// invocations).
#include <kernel/sched.h>

#define VALID_TCB_FLAGS ((word_t)seL4_TCBFlag_fpuDisabled)

void thread_suspend(struct core *core, struct tcb *tcb)
{
#if CONFIG_MAX_NUM_NODES > 1
    arch_remote_stall(core, tcb);
#endif
    ipc_cancel(core, tcb);
    if (tcb->state == THREAD_RUNNING) {
        // When it is resumed it goes on where it stopped.
        arch_set_register(tcb, REGISTER_FAULT_PC, arch_get_register(tcb, REGISTER_PC));
    }
    tcb->state = THREAD_INACTIVE;
    sched_dequeue(core, tcb);
    sched_release_remove(core, tcb);
    yield_to_cancel(tcb);
}

void thread_restart(struct core *core, struct tcb *tcb)
{
    if (tcb->state != THREAD_INACTIVE && !tcb_is_blocked(tcb)) {
        return;
    }
    ipc_cancel(core, tcb);
    tcb->state = THREAD_RESTART;
    sched_context_woken(core, tcb->sched_context);
    sched_make_ready(core, tcb);
}

void tcb_finalise(struct core *core, struct tcb *tcb)
{
    thread_suspend(core, tcb);
    struct sched_context *sc = tcb->sched_context;
    if (sc != NULL) {
        sched_context_unbind_tcb(core, sc);
    }
    notification_unbind(tcb);
    arch_tcb_finalise(core, tcb);
    debug_thread_deleted(tcb);
}

void tcb_set_priority(struct core *core, struct tcb *tcb, uint8_t priority)
{
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_RECEIVE:
        endpoint_reorder(core, (struct endpoint *)(uintptr_t)tcb->blocking_object, tcb, priority);
        return;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_reorder((struct notification *)(uintptr_t)tcb->blocking_object, tcb, priority);
        return;
    case THREAD_RUNNING:
    case THREAD_RESTART:
        break;
    default:
        tcb->priority = priority;
        return;
    }
    sched_dequeue(core, tcb); // by its old priority
    tcb->priority = priority;
    if (tcb == core->current) {
        sched_reschedule(core);
    } else if (tcb_is_schedulable(tcb)) {
        sched_enqueue(core, tcb);
        sched_reschedule(core);
#if CONFIG_MAX_NUM_NODES > 1
        if (tcb->core_number != core->number) {
            arch_remote_reschedule(core, tcb->core_number);
        }
#endif
    }
}

// ---- registers ----------------------------------------------------------------------------------

static word_t arch_flags(word_t flags)
{
    return (flags >> 8) & 0xff;
}

static enum status read_registers(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t flags = invocation_word(core, invocation, 0);
    word_t count = invocation_word(core, invocation, 1);
    if (count < 1 || count > ARCH_USER_CONTEXT_WORDS) {
        return error_range(core, 1, ARCH_USER_CONTEXT_WORDS);
    }
    if (tcb == core->current) {
        return error_set(core, seL4_IllegalOperation);
    }
    if ((flags & 1) != 0) {
        thread_suspend(core, tcb);
    }
    if (!invocation->is_call) {
        return STATUS_OK;
    }
    word_t in_registers = count < seL4_FastMessageRegisters ? count : seL4_FastMessageRegisters;
    for (word_t i = 0; i < in_registers; i++) {
        arch_set_register(core->current, message_register(i), arch_user_context_get(tcb, i));
    }
    if (count > in_registers) {
        word_t *buffer = arch_ipc_buffer(core->current, true);
        if (buffer == NULL) {
            count = in_registers;
        }
        for (word_t i = in_registers; i < count; i++) {
            buffer[BUFFER_MESSAGE + i] = arch_user_context_get(tcb, i);
        }
    }
    invocation_reply_length(core, count);
    return STATUS_OK;
}

static enum status write_registers(struct core *core, struct invocation *invocation,
                                   struct tcb *tcb)
{
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t flags = invocation_word(core, invocation, 0);
    word_t count = invocation_word(core, invocation, 1);
    if (count > invocation->length - 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (tcb == core->current) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (count > ARCH_USER_CONTEXT_WORDS) {
        count = ARCH_USER_CONTEXT_WORDS;
    }
    for (word_t i = 0; i < count; i++) {
        arch_user_context_set(tcb, i, invocation_word(core, invocation, i + 2));
    }
    arch_set_restart_pc(tcb);
    arch_after_register_write(core, tcb, arch_flags(flags));
    if ((flags & 1) != 0 || tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        thread_restart(core, tcb);
    }
    return STATUS_OK;
}

enum copy_flags {
    COPY_SUSPEND_SOURCE = 1,
    COPY_RESUME_TARGET = 2,
    COPY_FRAME = 4,
    COPY_INTEGER = 8,
};

static enum status copy_registers(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    if (invocation->length < 1 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t flags = invocation_word(core, invocation, 0);
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) != CAP_THREAD) {
        return error_invalid_capability(core, 1);
    }
    struct tcb *source = cap_pointer(cap);
#if CONFIG_MAX_NUM_NODES > 1
    arch_remote_stall(core, source);
#endif
    if ((flags & COPY_SUSPEND_SOURCE) != 0) {
        thread_suspend(core, source);
    }
    if ((flags & COPY_RESUME_TARGET) != 0) {
        thread_restart(core, tcb);
    }
    word_t from = (flags & COPY_FRAME) != 0 ? 0 : arch_frame_register_count;
    word_t to = (flags & COPY_INTEGER) != 0 ? ARCH_USER_CONTEXT_WORDS : arch_frame_register_count;
    for (word_t i = from; i < to; i++) {
        arch_user_context_set(tcb, i, arch_user_context_get(source, i));
    }
    if ((flags & COPY_FRAME) != 0) {
        arch_set_restart_pc(tcb);
    }
    arch_after_register_write(core, tcb, arch_flags(flags));
    if (tcb == core->current) {
        sched_reschedule(core);
    }
    return STATUS_OK;
}

// ---- others -------------------------------------------------------------------------------------

static enum status bind_notification(struct core *core, struct invocation *invocation,
                                     struct tcb *tcb)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (tcb->bound_notification != NULL || cap_type(cap) != CAP_NOTIFICATION
        || (cap_rights(cap) & RIGHT_READ) == 0) {
        return error_set(core, seL4_IllegalOperation);
    }
    struct notification *notification = cap_pointer(cap);
    if (notification->queue.head != NULL || notification->bound_tcb != NULL) {
        return error_set(core, seL4_IllegalOperation);
    }
    notification_bind(notification, tcb);
    return STATUS_OK;
}

static enum status suspend(struct core *core, struct tcb *tcb)
{
    if (tcb == core->current) {
        // The call is over: a resumed thread goes on behind it.
        arch_set_register(tcb, REGISTER_BADGE, 0);
        arch_set_register(tcb, REGISTER_MESSAGE_INFO, 0);
        tcb->state = THREAD_RUNNING;
    }
    thread_suspend(core, tcb);
    return STATUS_OK;
}

static enum status set_tls_base(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    arch_set_tls_base(tcb, invocation_word(core, invocation, 0));
    if (tcb == core->current) {
        arch_after_register_write(core, tcb, 0);
    }
    return STATUS_OK;
}

static enum status set_flags(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t clear = invocation_word(core, invocation, 0);
    word_t set = invocation_word(core, invocation, 1);
    tcb->flags = (tcb->flags & ~clear) | (set & VALID_TCB_FLAGS);
    arch_set_tcb_flags(core, tcb);
    invocation_reply_word(core, 0, tcb->flags);
    invocation_reply_length(core, 1);
    return STATUS_OK;
}

/// SetPriority and SetMCPriority: the new value may not be above the authority's maximum.
static enum status set_priorities(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    if (invocation->length < 1 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) != CAP_THREAD) {
        return error_invalid_capability(core, 1);
    }
    const struct tcb *authority = cap_pointer(cap);
    word_t value = invocation_word(core, invocation, 0);
    if (value > authority->max_priority) {
        return error_range(core, seL4_MinPrio, authority->max_priority);
    }
    if (invocation->label == TCBSetPriority) {
        tcb_set_priority(core, tcb, (uint8_t)value);
    } else {
        tcb->max_priority = (uint8_t)value;
    }
    return STATUS_OK;
}

enum status tcb_decode(struct core *core, struct invocation *invocation)
{
    struct tcb *tcb = cap_pointer(invocation->cap);
#if CONFIG_MAX_NUM_NODES > 1
    arch_remote_stall(core, tcb);
#endif
    switch (invocation->label) {
    case TCBReadRegisters:
        return read_registers(core, invocation, tcb);
    case TCBWriteRegisters:
        return write_registers(core, invocation, tcb);
    case TCBCopyRegisters:
        return copy_registers(core, invocation, tcb);
    case TCBConfigure:
        return tcb_decode_configure(core, invocation, tcb);
    case TCBSetPriority:
    case TCBSetMCPriority:
        return set_priorities(core, invocation, tcb);
    case TCBSetSchedParams:
        return tcb_decode_sched_params(core, invocation, tcb);
    case TCBSetTimeoutEndpoint:
        return tcb_decode_timeout_endpoint(core, invocation, tcb);
    case TCBSetIPCBuffer:
        return tcb_decode_ipc_buffer(core, invocation, tcb);
    case TCBSetSpace:
        return tcb_decode_space(core, invocation, tcb);
    case TCBSuspend:
        return suspend(core, tcb);
    case TCBResume:
        thread_restart(core, tcb);
        return STATUS_OK;
    case TCBBindNotification:
        return bind_notification(core, invocation, tcb);
    case TCBUnbindNotification:
        if (tcb->bound_notification == NULL) {
            return error_set(core, seL4_IllegalOperation);
        }
        notification_unbind(tcb);
        return STATUS_OK;
    case TCBSetTLSBase:
        return set_tls_base(core, invocation, tcb);
    case TCBSetFlags:
        return set_flags(core, invocation, tcb);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}
