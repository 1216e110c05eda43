// SPDX-License-Identifier: BSD-2-Clause
// Message transfer between two threads: registers, IPC buffers and capabilities; receiving on a
// cap; and taking a thread out of whatever it waits for (sel4-abi: message info word, IPC buffer).
#include <kernel/sched.h>

/// Copies message words; returns how many fit.
static word_t copy_words(struct tcb *sender, struct tcb *receiver, word_t length)
{
    for (word_t i = 0; i < seL4_FastMessageRegisters; i++) {
        if (i >= length) {
            return length;
        }
        arch_set_register(receiver, message_register(i),
                          arch_get_register(sender, message_register(i)));
    }
    if (length == seL4_FastMessageRegisters) {
        return length;
    }
    const word_t *from = arch_ipc_buffer(sender, false);
    word_t *to = arch_ipc_buffer(receiver, true);
    if (from == NULL || to == NULL) {
        return seL4_FastMessageRegisters;
    }
    for (word_t i = seL4_FastMessageRegisters; i < length; i++) {
        to[BUFFER_MESSAGE + i] = from[BUFFER_MESSAGE + i];
    }
    return length;
}

/// The empty slot that the receiver named for a cap, or NULL.
static struct slot *receive_slot(struct core *core, struct tcb *receiver, const word_t *buffer)
{
    word_t root_cptr = READ_ONCE(buffer[BUFFER_RECEIVE_CNODE]);
    word_t index = READ_ONCE(buffer[BUFFER_RECEIVE_CNODE + 1]);
    word_t depth = READ_ONCE(buffer[BUFFER_RECEIVE_CNODE + 2]);
    struct slot *root;
    struct slot *slot;
    if (cspace_lookup_slot(core, receiver, root_cptr, &root) != STATUS_OK
        || cspace_lookup_target(core, root->cap, index, depth, false, &slot) != STATUS_OK
        || !cap_is_null(slot->cap)) {
        return NULL;
    }
    return slot;
}

/// Hands over the caps of a message. Returns the message info bits for what arrived: badges of
/// unwrapped caps and the number of caps. Stops at the first cap that can't be taken.
static word_t transfer_caps(struct core *core, struct tcb *sender, const struct endpoint *endpoint,
                            struct tcb *receiver, word_t count)
{
    const word_t *from = arch_ipc_buffer(sender, false);
    word_t *to = arch_ipc_buffer(receiver, true);
    if (from == NULL || to == NULL) {
        return 0;
    }
    struct slot *slots[seL4_MsgMaxExtraCaps];
    for (word_t i = 0; i < count; i++) {
        const word_t cptr = READ_ONCE(from[BUFFER_CAPS + i]);
        if (cspace_lookup_slot(core, sender, cptr, &slots[i]) != STATUS_OK) {
            return 0; // the space changed since the sender's system call
        }
    }
    struct slot *target = receive_slot(core, receiver, to);
    word_t unwrapped = 0;
    word_t done = 0;
    for (; done < count; done++) {
        struct cap cap = slots[done]->cap;
        if (cap_type(cap) == CAP_ENDPOINT && cap_pointer(cap) == endpoint) {
            to[BUFFER_CAPS + done] = cap_badge(cap);
            unwrapped |= BIT(done);
            continue;
        }
        struct cap derived;
        if (target == NULL || cap_derive(core, slots[done], cap, &derived) != STATUS_OK
            || cap_is_null(derived)) {
            break;
        }
        slot_insert(derived, slots[done], target);
        target = NULL;
    }
    return MESSAGE_INFO(0, unwrapped, done, 0);
}

void ipc_transfer(struct core *core, struct tcb *sender, struct endpoint *endpoint, word_t badge,
                  bool can_grant, struct tcb *receiver)
{
    if (UNLIKELY(sender->fault.label != seL4_Fault_NullFault)) {
        fault_transfer(core, sender, badge, receiver);
        return;
    }
    word_t info = arch_get_register(sender, REGISTER_MESSAGE_INFO);
    word_t caps = 0;
    word_t length = copy_words(sender, receiver, message_length(info));
    if (UNLIKELY(MESSAGE_EXTRA_CAPS(info) != 0) && can_grant) {
        caps = transfer_caps(core, sender, endpoint, receiver, MESSAGE_EXTRA_CAPS(info));
    }
    arch_set_register(receiver, REGISTER_MESSAGE_INFO,
                      MESSAGE_INFO(MESSAGE_LABEL(info), 0, 0, length) | caps);
    arch_set_register(receiver, REGISTER_BADGE, badge);
}

void ipc_receive(struct core *core, struct tcb *receiver, struct cap cap, bool is_blocking,
                 struct reply *reply)
{
    if (cap_type(cap) == CAP_NOTIFICATION) {
        notification_receive(core, receiver, cap_pointer(cap), is_blocking);
        return;
    }
    if (reply != NULL && reply->tcb != NULL && reply->tcb != receiver) {
        // Somebody else waits for an answer through this object or offers it: that ends here.
        ipc_cancel(core, reply->tcb);
    }
    struct notification *bound = receiver->bound_notification;
    if (bound != NULL) {
        if (bound->state == NOTIFICATION_ACTIVE) {
            notification_complete(core, bound, receiver);
            return;
        }
        if (is_blocking) {
            // On a context that the notification lent, it can't wait passively for its clients'
            // ones.
            notification_return_context(core, bound, receiver);
        }
    }
    endpoint_receive(core, receiver, cap_pointer(cap), is_blocking, reply);
}

void ipc_cancel(struct core *core, struct tcb *tcb)
{
    tcb->fault.label = seL4_Fault_NullFault;
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_RECEIVE:
        endpoint_remove((struct endpoint *)(uintptr_t)tcb->blocking_object, tcb);
        if (tcb->reply != NULL) {
            reply_unlink(tcb->reply);
        }
        break;
    case THREAD_BLOCKED_ON_SEND:
        endpoint_remove((struct endpoint *)(uintptr_t)tcb->blocking_object, tcb);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_remove((struct notification *)(uintptr_t)tcb->blocking_object, tcb);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        reply_remove_tcb(tcb);
        break;
    case THREAD_BLOCKED_IN_GUEST_IDLE:
        sched_wake_cancel(core, tcb);
        break;
    case THREAD_INACTIVE:
    case THREAD_RUNNING:
    case THREAD_RESTART:
    case THREAD_IDLE:
        return;
    }
    tcb->state = THREAD_INACTIVE;
}
