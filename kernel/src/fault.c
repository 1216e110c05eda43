// SPDX-License-Identifier: BSD-2-Clause
// Faults: messages to the endpoint whose cap is installed in the faulting thread, and the answers
// to them (sel4-abi, faults).
#include <kernel/sched.h>

/// Where the words of a fault message go.
struct message_sink {
    struct tcb *receiver;
    word_t *buffer; ///< of the receiver; looked up at the first word that needs it
    word_t limit;   ///< words that fit
};

static void sink_put(void *context, word_t i, word_t value)
{
    struct message_sink *sink = context;
    if (i < seL4_FastMessageRegisters) {
        arch_set_register(sink->receiver, message_register(i), value);
        return;
    }
    if (sink->limit == 0) {
        sink->buffer = arch_ipc_buffer(sink->receiver, true);
        sink->limit = sink->buffer != NULL ? seL4_MsgMaxLength : seL4_FastMessageRegisters;
    }
    if (i < sink->limit) {
        sink->buffer[BUFFER_MESSAGE + i] = value;
    }
}

static word_t put_lookup_failure(struct message_sink *sink, word_t i,
                                 const struct lookup_failure *failure)
{
    sink_put(sink, i++, failure->type);
    switch (failure->type) {
    case seL4_MissingCapability:
        sink_put(sink, i++, failure->bits_left);
        break;
    case seL4_DepthMismatch:
        sink_put(sink, i++, failure->bits_left);
        sink_put(sink, i++, failure->bits_found);
        break;
    case seL4_GuardMismatch:
        sink_put(sink, i++, failure->bits_left);
        sink_put(sink, i++, failure->guard_found);
        sink_put(sink, i++, failure->guard_bits);
        break;
    default:
        break;
    }
    return i;
}

static word_t put_fault(struct core *core, struct tcb *faulter, struct message_sink *sink)
{
    const struct fault *fault = &faulter->fault;
    switch (fault->label) {
    case seL4_Fault_CapFault:
        sink_put(sink, seL4_CapFault_IP, arch_get_register(faulter, REGISTER_FAULT_PC));
        sink_put(sink, seL4_CapFault_Addr, fault->words[0]);
        sink_put(sink, seL4_CapFault_InRecvPhase, fault->words[1]);
        return put_lookup_failure(sink, seL4_CapFault_LookupFailureType, &faulter->lookup_failure);
    case seL4_Fault_Timeout:
        sink_put(sink, seL4_Timeout_Data, fault->words[0]);
        if (faulter->sched_context == NULL) {
            return seL4_Timeout_Data + 1;
        }
        sink_put(sink, seL4_Timeout_Consumed,
                 sched_context_take_consumed(core, faulter->sched_context));
        return seL4_Timeout_Consumed + 1;
    default:
        return arch_fault_message(faulter, fault, sink_put, sink);
    }
}

void fault_transfer(struct core *core, struct tcb *faulter, word_t badge, struct tcb *receiver)
{
    struct message_sink sink = { receiver, NULL, 0 };
    word_t length = put_fault(core, faulter, &sink);
    if (sink.limit != 0 && length > sink.limit) {
        length = sink.limit;
    }
    arch_set_register(receiver, REGISTER_MESSAGE_INFO,
                      MESSAGE_INFO(faulter->fault.label, 0, 0, length));
    arch_set_register(receiver, REGISTER_BADGE, badge);
}

/// Sends through a fault handler cap. False when the slot is empty.
static bool send_to(struct core *core, struct tcb *tcb, enum tcb_slot slot,
                    const struct fault *fault, bool can_donate)
{
    struct cap cap = tcb->slots[slot].cap;
    if (cap_type(cap) != CAP_ENDPOINT) {
        return false;
    }
    tcb->fault = *fault;
    word_t rights = cap_rights(cap);
    ipc_send(core, tcb, cap_pointer(cap), true, false, cap_badge(cap), (rights & RIGHT_GRANT) != 0,
             (rights & RIGHT_GRANT_REPLY) != 0, can_donate);
    return true;
}

#if CONFIG_DEBUG_BUILD
static COLD void report_unhandled(const struct tcb *tcb, const struct fault *fault)
{
    klog("thread %s: fault %lu at 0x%lx without a handler (0x%lx 0x%lx 0x%lx 0x%lx)\n", tcb->name,
         fault->label, arch_get_register(tcb, REGISTER_FAULT_PC), fault->words[0], fault->words[1],
         fault->words[2], fault->words[3]);
}
#endif

bool fault_send(struct core *core, struct tcb *tcb, const struct fault *fault)
{
    if (LIKELY(send_to(core, tcb, TCB_SLOT_FAULT_ENDPOINT, fault, tcb->sched_context != NULL))) {
        return true;
    }
#if CONFIG_DEBUG_BUILD
    report_unhandled(tcb, fault);
#endif
    sched_dequeue(core, tcb);
    sched_release_remove(core, tcb);
    tcb->state = THREAD_INACTIVE;
    return false;
}

bool fault_send_timeout(struct core *core, struct tcb *tcb)
{
    struct fault fault = { seL4_Fault_Timeout, { tcb->sched_context->badge, 0, 0, 0 } };
    return send_to(core, tcb, TCB_SLOT_TIMEOUT_ENDPOINT, &fault, false);
}

void fault_send_cap(struct core *core, word_t cptr, bool in_receive_phase)
{
    struct fault fault = { seL4_Fault_CapFault, { cptr, in_receive_phase, 0, 0 } };
    core->current->lookup_failure = core->lookup_failure;
    fault_send(core, core->current, &fault);
}

/// Where the words of an answer come from.
struct message_source {
    struct tcb *answerer;
    const word_t *buffer;
};

static word_t source_get(void *context, word_t i)
{
    struct message_source *source = context;
    if (i < seL4_FastMessageRegisters) {
        return arch_get_register(source->answerer, message_register(i));
    }
    if (source->buffer == NULL) {
        source->buffer = arch_ipc_buffer(source->answerer, false);
        if (source->buffer == NULL) {
            return 0;
        }
    }
    return READ_ONCE(source->buffer[BUFFER_MESSAGE + i]);
}

bool fault_apply_reply(struct tcb *faulter, struct tcb *answerer)
{
    if (faulter->fault.label == seL4_Fault_CapFault) {
        return true;
    }
    word_t info = arch_get_register(answerer, REGISTER_MESSAGE_INFO);
    word_t length = message_length(info);
    struct message_source source = { answerer, NULL };
    if (UNLIKELY(length > seL4_FastMessageRegisters)) {
        source.buffer = arch_ipc_buffer(answerer, false);
        if (source.buffer == NULL) {
            length = seL4_FastMessageRegisters;
        }
    }
    return arch_fault_reply(faulter, &faulter->fault, MESSAGE_LABEL(info), length, source_get,
                            &source);
}
