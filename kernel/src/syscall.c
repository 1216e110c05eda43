// SPDX-License-Identifier: BSD-2-Clause
// System call entry: which cap is invoked how, what the caller is told, and the entries for faults
// and interrupts (sel4-abi, system call entry and error codes).
#include <kernel/sched.h>

/// How a cap is invoked.
enum invoke_flags {
    INVOKE_CALL = 1,
    INVOKE_BLOCKING = 2,
    INVOKE_DONATE = 4,
    INVOKE_FIRST_PHASE = 8, ///< a receive follows
};

// ---- words of an invocation ---------------------------------------------------------------------

word_t invocation_word(const struct core *core, const struct invocation *invocation, word_t i)
{
    if (i >= invocation->length) {
        return 0;
    }
    if (i < seL4_FastMessageRegisters) {
        return arch_get_register(core->current, message_register(i));
    }
    return READ_ONCE(invocation->buffer[i]);
}

void invocation_reply_word(struct core *core, word_t i, word_t value)
{
    if (!core->reply_wanted || i >= seL4_MsgMaxLength) {
        return;
    }
    if (i < seL4_FastMessageRegisters) {
        arch_set_register(core->current, message_register(i), value);
        return;
    }
    word_t *buffer = arch_ipc_buffer(core->current, true);
    if (buffer != NULL) {
        buffer[BUFFER_MESSAGE + i] = value;
    }
}

void invocation_reply_length(struct core *core, word_t length)
{
    core->reply_length = length;
}

// ---- answers ------------------------------------------------------------------------------------

static void reply_success(struct core *core, struct tcb *caller)
{
    word_t length = core->reply_length;
    if (length > seL4_FastMessageRegisters && arch_ipc_buffer(caller, true) == NULL) {
        length = seL4_FastMessageRegisters;
    }
    arch_set_register(caller, REGISTER_BADGE, 0);
    arch_set_register(caller, REGISTER_MESSAGE_INFO, MESSAGE_INFO(0, 0, 0, length));
}

static word_t reply_lookup_failure(struct core *core, word_t i)
{
    const struct lookup_failure *failure = &core->lookup_failure;
    invocation_reply_word(core, i++, failure->type);
    switch (failure->type) {
    case seL4_MissingCapability:
        invocation_reply_word(core, i++, failure->bits_left);
        break;
    case seL4_DepthMismatch:
        invocation_reply_word(core, i++, failure->bits_left);
        invocation_reply_word(core, i++, failure->bits_found);
        break;
    case seL4_GuardMismatch:
        invocation_reply_word(core, i++, failure->bits_left);
        invocation_reply_word(core, i++, failure->guard_found);
        invocation_reply_word(core, i++, failure->guard_bits);
        break;
    default:
        break;
    }
    return i;
}

static COLD void reply_error(struct core *core, struct tcb *caller)
{
    const struct error *error = &core->error;
    word_t length = 0;
    switch (error->code) {
    case seL4_InvalidArgument:
    case seL4_InvalidCapability:
        invocation_reply_word(core, length++, error->argument);
        break;
    case seL4_RangeError:
        invocation_reply_word(core, length++, error->minimum);
        invocation_reply_word(core, length++, error->maximum);
        break;
    case seL4_FailedLookup:
        invocation_reply_word(core, length++, error->argument);
        length = reply_lookup_failure(core, length);
        break;
    case seL4_NotEnoughMemory:
        invocation_reply_word(core, length++, error->minimum);
        break;
    default:
        break;
    }
    if (length > seL4_FastMessageRegisters && arch_ipc_buffer(caller, true) == NULL) {
        length = seL4_FastMessageRegisters;
    }
    arch_set_register(caller, REGISTER_BADGE, 0);
    arch_set_register(caller, REGISTER_MESSAGE_INFO, MESSAGE_INFO(error->code, 0, 0, length));
}

// ---- invoking a cap -----------------------------------------------------------------------------

enum status object_decode(struct core *core, struct invocation *invocation)
{
    enum cap_type type = cap_type(invocation->cap);
    if ((type & 1) != 0) {
        return arch_decode(core, invocation);
    }
    switch (type) {
    case CAP_UNTYPED:
        return untyped_decode(core, invocation);
    case CAP_CNODE:
        return cnode_decode(core, invocation);
    case CAP_THREAD:
        return tcb_decode(core, invocation);
    case CAP_IRQ_CONTROL:
        return irq_control_decode(core, invocation);
    case CAP_IRQ_HANDLER:
        return irq_handler_decode(core, invocation);
    case CAP_DOMAIN:
        return domain_decode(core, invocation);
    case CAP_SCHED_CONTEXT:
        return sched_context_decode(core, invocation);
    case CAP_SCHED_CONTROL:
        return sched_control_decode(core, invocation);
    default: // null cap, zombie
        return error_invalid_capability(core, 0);
    }
}

/// Caps that the first half of a send-and-receive call may not name: what they do is about the state
/// and the time of threads, which the second half goes by.
static bool is_refused_in_first_phase(enum cap_type type)
{
    return type == CAP_THREAD || type == CAP_SCHED_CONTEXT || type == CAP_SCHED_CONTROL;
}

static enum status invoke_object(struct core *core, struct invocation *invocation, unsigned flags)
{
    struct tcb *caller = core->current;
    core->reply_wanted = (flags & INVOKE_CALL) != 0;
    core->reply_length = 0;
    if ((flags & INVOKE_FIRST_PHASE) != 0 && is_refused_in_first_phase(cap_type(invocation->cap))) {
        return STATUS_OK; // InvalidCapability, but nobody hears it
    }
    caller->state = THREAD_RESTART;
    enum status status = object_decode(core, invocation);
    if (status == STATUS_PREEMPTED) {
        return status;
    }
    if (status != STATUS_OK) {
        if (status == STATUS_LOOKUP) {
            (void)error_failed_lookup(core, false);
        }
        if (core->reply_wanted) {
            reply_error(core, caller);
        }
        caller->state = THREAD_RUNNING;
        return STATUS_OK;
    }
    if (caller->state == THREAD_RESTART) {
        if (core->reply_wanted) {
            reply_success(core, caller);
        }
        caller->state = THREAD_RUNNING;
    }
    return STATUS_OK;
}

/// An endpoint, notification or object without the right to send is as good as no cap.
static enum status invoke_refused(struct core *core, unsigned flags)
{
    core->reply_wanted = (flags & INVOKE_CALL) != 0;
    if (core->reply_wanted) {
        (void)error_invalid_capability(core, 0);
        reply_error(core, core->current);
    }
    return STATUS_OK;
}

static enum status invoke_endpoint(struct core *core, struct cap cap, unsigned flags)
{
    word_t rights = cap_rights(cap);
    if (UNLIKELY((rights & RIGHT_WRITE) == 0)) {
        return invoke_refused(core, flags);
    }
    ipc_send(core, core->current, cap_pointer(cap), (flags & INVOKE_BLOCKING) != 0,
             (flags & INVOKE_CALL) != 0, cap_badge(cap), (rights & RIGHT_GRANT) != 0,
             (rights & RIGHT_GRANT_REPLY) != 0, (flags & INVOKE_DONATE) != 0);
    return STATUS_OK;
}

/// The caller of an operation that gives no result words.
static enum status invoke_done(struct core *core, unsigned flags)
{
    if ((flags & INVOKE_CALL) != 0) {
        core->reply_length = 0;
        reply_success(core, core->current);
    }
    return STATUS_OK;
}

/// Looks up the extra caps of a message. A failed lookup is the caller's fault.
static bool lookup_extra_caps(struct core *core, const word_t *buffer, word_t count,
                              struct slot **extra, bool is_blocking)
{
    if (buffer == NULL) {
        return true;
    }
    for (word_t i = 0; i < count; i++) {
        word_t cptr = READ_ONCE(buffer[BUFFER_CAPS + i]);
        if (find_slot(core, core->current, cptr, &extra[i]) != STATUS_OK) {
            if (is_blocking) {
                fault_send_cap(core, cptr, false);
            }
            return false;
        }
    }
    return true;
}

/// Invokes an object with the message in the caller's registers and buffer.
static enum status invoke_other(struct core *core, word_t cptr, struct slot *slot,
                                struct slot *const *extra, unsigned flags)
{
    struct tcb *caller = core->current;
    word_t info = arch_get_register(caller, REGISTER_MESSAGE_INFO);
    struct invocation invocation UNINITIALIZED;
    const word_t *buffer = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(invocation.extra); i++) {
        invocation.extra[i] = extra != NULL ? extra[i] : NULL;
    }
    invocation.label = MESSAGE_LABEL(info);
    invocation.length = message_length(info);
    invocation.cptr = cptr;
    invocation.slot = slot;
    invocation.cap = slot->cap;
    if (invocation.length > seL4_FastMessageRegisters) {
        buffer = arch_ipc_buffer(caller, false);
        if (buffer == NULL) {
            invocation.length = seL4_FastMessageRegisters;
        }
    }
    invocation.buffer = buffer != NULL ? buffer + BUFFER_MESSAGE : NULL;
    invocation.is_blocking = (flags & INVOKE_BLOCKING) != 0;
    invocation.is_call = (flags & INVOKE_CALL) != 0;
    invocation.can_donate = (flags & INVOKE_DONATE) != 0;
    return invoke_object(core, &invocation, flags);
}

/// Invokes the cap in a slot. `extra` is NULL when the message has no caps.
static enum status invoke_slot(struct core *core, word_t cptr, struct slot *slot,
                               struct slot *const *extra, unsigned flags)
{
    struct cap cap = slot->cap;
    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
        return invoke_endpoint(core, cap, flags);
    case CAP_REPLY:
        reply_send(core, core->current, cap_pointer(cap), (cap_rights(cap) & RIGHT_GRANT) != 0);
        return invoke_done(core, flags);
    case CAP_NOTIFICATION:
        if (UNLIKELY((cap_rights(cap) & RIGHT_WRITE) == 0)) {
            return invoke_refused(core, flags);
        }
        notification_signal(core, cap_pointer(cap), cap_badge(cap));
        return invoke_done(core, flags);
    default:
        return invoke_other(core, cptr, slot, extra, flags);
    }
}

/// Invokes a cap with a message that has caps.
static enum status invoke_with_caps(struct core *core, word_t cptr, struct slot *slot, word_t count,
                                    unsigned flags)
{
    struct slot *extra[seL4_MsgMaxExtraCaps] = { NULL, NULL, NULL };
    const word_t *buffer = arch_ipc_buffer(core->current, false);
    if (!lookup_extra_caps(core, buffer, count, extra, (flags & INVOKE_BLOCKING) != 0)) {
        return STATUS_OK;
    }
    return invoke_slot(core, cptr, slot, extra, flags);
}

/// Invokes the cap at `cptr` with the message in the current thread's registers.
static enum status invoke(struct core *core, word_t cptr, unsigned flags)
{
    struct slot *slot;
    if (UNLIKELY(find_slot(core, core->current, cptr, &slot) != STATUS_OK)) {
        if ((flags & INVOKE_BLOCKING) != 0) {
            fault_send_cap(core, cptr, false);
        }
        return STATUS_OK;
    }
    word_t info = arch_get_register(core->current, REGISTER_MESSAGE_INFO);
    if (UNLIKELY(MESSAGE_EXTRA_CAPS(info) != 0)) {
        return invoke_with_caps(core, cptr, slot, MESSAGE_EXTRA_CAPS(info), flags);
    }
    return invoke_slot(core, cptr, slot, NULL, flags);
}

// ---- receiving ----------------------------------------------------------------------------------

/// The cap can't be received on: as if there were none.
static COLD void receive_refused(struct core *core, word_t cptr)
{
    core->lookup_failure = (struct lookup_failure){ .type = seL4_MissingCapability };
    fault_send_cap(core, cptr, true);
}

/// Finds the reply object of a receive; false when there is none (the fault was sent).
static bool lookup_reply(struct core *core, struct reply **reply)
{
    word_t cptr = arch_get_register(core->current, REGISTER_REPLY);
    struct slot *slot;
    if (UNLIKELY(find_slot(core, core->current, cptr, &slot) != STATUS_OK)) {
        fault_send_cap(core, cptr, true);
        return false;
    }
    if (UNLIKELY(cap_type(slot->cap) != CAP_REPLY)) {
        receive_refused(core, cptr);
        return false;
    }
    *reply = cap_pointer(slot->cap);
    return true;
}

static void receive(struct core *core, word_t cptr, bool is_blocking, bool with_reply)
{
    struct tcb *receiver = core->current;
    struct slot *slot;
    if (UNLIKELY(find_slot(core, receiver, cptr, &slot) != STATUS_OK)) {
        fault_send_cap(core, cptr, true);
        return;
    }
    struct cap cap = slot->cap;
    struct reply *reply = NULL;
    enum cap_type type = cap_type(cap);
    bool permitted = (type == CAP_ENDPOINT || type == CAP_NOTIFICATION)
                     && (cap_rights(cap) & RIGHT_READ) != 0;
    if (permitted && type == CAP_NOTIFICATION) {
        const struct notification *notification = cap_pointer(cap);
        permitted = notification->bound_tcb == NULL || notification->bound_tcb == receiver;
    }
    if (UNLIKELY(!permitted)) {
        receive_refused(core, cptr);
        return;
    }
    if (type == CAP_ENDPOINT && with_reply && !lookup_reply(core, &reply)) {
        return;
    }
    ipc_receive(core, receiver, cap, is_blocking, reply);
}

/// A send that does not block, then a receive on the cap in the cap register. Where the first one is
/// preempted, the whole call is made again.
static enum status send_receive(struct core *core, word_t send_cptr, word_t receive_cptr,
                                bool with_reply)
{
    const enum status status = invoke(core, send_cptr, INVOKE_DONATE | INVOKE_FIRST_PHASE);
    if (status == STATUS_OK && core->current->state == THREAD_RUNNING) {
        receive(core, receive_cptr, true, with_reply);
    }
    return status;
}

// ---- entries ------------------------------------------------------------------------------------

/// After a preempted operation: the thread and its context may be gone, or out of budget.
static void after_preemption(struct core *core)
{
    sched_update_time(core);
    (void)sched_check_budget(core);
    core->reprogram_timer = true;
}

static COLD void handle_other_syscall(struct core *core, int64_t number)
{
    if (debug_handle_syscall(core, number)) {
        return;
    }
    struct fault fault = { seL4_Fault_UnknownSyscall, { (word_t)number, 0, 0, 0 } };
    fault_send(core, core->current, &fault);
}

static enum status dispatch(struct core *core, int64_t number)
{
    word_t cptr = arch_get_register(core->current, REGISTER_CAP);
    switch (number) {
    case seL4_SysCall:
        return invoke(core, cptr, INVOKE_CALL | INVOKE_BLOCKING | INVOKE_DONATE);
    case seL4_SysReplyRecv:
    case seL4_SysNBSendWait:
        return send_receive(core, arch_get_register(core->current, REGISTER_REPLY), cptr,
                            number == seL4_SysReplyRecv);
    case seL4_SysNBSendRecv:
        return send_receive(core, arch_get_register(core->current, REGISTER_SEND_DESTINATION), cptr,
                            true);
    case seL4_SysSend:
        return invoke(core, cptr, INVOKE_BLOCKING);
    case seL4_SysNBSend:
        return invoke(core, cptr, 0);
    case seL4_SysRecv:
        receive(core, cptr, true, true);
        return STATUS_OK;
    case seL4_SysNBRecv:
        receive(core, cptr, false, true);
        return STATUS_OK;
    case seL4_SysWait:
        receive(core, cptr, true, false);
        return STATUS_OK;
    case seL4_SysNBWait:
        receive(core, cptr, false, false);
        return STATUS_OK;
    case seL4_SysYield:
        sched_yield_turn(core);
        return STATUS_OK;
    default:
        handle_other_syscall(core, number);
        return STATUS_OK;
    }
}

/// Tries the short way. False: nothing was done.
static inline bool handle_quickly(struct core *core, int64_t number)
{
    if (number == seL4_SysReplyRecv) {
        return fastpath_reply_receive(core);
    }
    if (number == seL4_SysCall) {
        return fastpath_call(core);
    }
    if (number == seL4_SysSend || number == seL4_SysNBSend) {
        return fastpath_signal(core);
    }
    return number == seL4_SysWait && fastpath_wait(core);
}

void kernel_handle_syscall(struct core *core, int64_t number)
{
    if (LIKELY(handle_quickly(core, number))) {
        return;
    }
    sched_read_clock(core);
    if (LIKELY(sched_check_budget_restart(core))) {
        if (UNLIKELY(dispatch(core, number) == STATUS_PREEMPTED)) {
            after_preemption(core);
        }
    }
    schedule_and_activate(core);
}

void kernel_handle_fault(struct core *core, const struct fault *fault)
{
    if (LIKELY(fastpath_fault(core, fault))) {
        return;
    }
    sched_read_clock(core);
    if (LIKELY(sched_check_budget_restart(core))) {
        (void)fault_send(core, core->current, fault);
    }
    schedule_and_activate(core);
}

void kernel_handle_interrupt(struct core *core)
{
    struct tcb *current = core->current;
    if (current->state == THREAD_RUNNING) {
        // A fault that this interrupt leads to (timeout, VCPU events) goes on where the thread is.
        arch_set_register(current, REGISTER_FAULT_PC, arch_get_register(current, REGISTER_PC));
    }
    sched_update_time(core);
    (void)sched_check_budget(core);
    if (core->now >= core->deadline) {
        core->reprogram_timer = true; // the timer has fired, or is about to
    }
    word_t irq = arch_irq_acknowledge(core);
    if (irq != ARCH_IRQ_NONE) {
        if (arch_irq_is_reserved(irq)) {
            arch_irq_handle_reserved(core, irq);
        } else {
            irq_deliver(core, irq);
        }
        arch_irq_end(core, irq);
    }
    schedule_and_activate(core);
}
