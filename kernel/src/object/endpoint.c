// SPDX-License-Identifier: BSD-2-Clause
// Endpoints: a queue of threads that all wait to send or all wait to receive, ordered by priority.
// A send that meets a receiver transfers at once; a Call or fault links the sender to the
// receiver's reply object.
#include <kernel/sched.h>

static enum endpoint_state endpoint_state(const struct endpoint *endpoint)
{
    return (enum endpoint_state)(endpoint->head_state & 3);
}

static struct tcb_queue endpoint_queue(const struct endpoint *endpoint)
{
    return (struct tcb_queue){ (struct tcb *)(uintptr_t)(endpoint->head_state & ~(word_t)3),
                               (struct tcb *)(uintptr_t)endpoint->tail };
}

static void endpoint_set(struct endpoint *endpoint, struct tcb_queue queue,
                         enum endpoint_state state)
{
    endpoint->head_state = (uintptr_t)queue.head | (queue.head != NULL ? state : ENDPOINT_IDLE);
    endpoint->tail = (uintptr_t)queue.tail;
}

static void endpoint_insert(struct endpoint *endpoint, struct tcb *tcb, enum endpoint_state state)
{
    struct tcb_queue queue = endpoint_queue(endpoint);
    tcb_queue_insert(&queue, tcb);
    endpoint_set(endpoint, queue, state);
}

void endpoint_remove(struct endpoint *endpoint, struct tcb *tcb)
{
    struct tcb_queue queue = endpoint_queue(endpoint);
    if (UNLIKELY(kernel_badged_cancel.next == tcb)) {
        kernel_badged_cancel.next = tcb->queue_next;
    }
    tcb_queue_remove_sorted(&queue, tcb);
    endpoint_set(endpoint, queue, endpoint_state(endpoint));
}

static struct tcb *endpoint_take_first(struct endpoint *endpoint)
{
    struct tcb *tcb = endpoint_queue(endpoint).head;
    endpoint_remove(endpoint, tcb);
    return tcb;
}

/// Second half of a send, after the message was copied: what becomes of sender and receiver.
static void send_finish(struct core *core, struct tcb *sender, struct tcb *receiver,
                        bool wants_reply, bool can_reply, bool can_donate)
{
    struct reply *reply = receiver->reply;
    if (reply != NULL) {
        reply_unlink(reply);
    }
    if (wants_reply) {
        if (reply != NULL && can_reply) {
            reply_push(core, sender, receiver, reply, can_donate);
        } else {
            sender->state = THREAD_INACTIVE;
        }
    } else if (can_donate && receiver->sched_context == NULL && sender->sched_context != NULL) {
        sched_context_donate(core, sender->sched_context, receiver);
    }
    receiver->state = THREAD_RUNNING;
    sched_context_woken(core, receiver->sched_context);
    sched_make_ready(core, receiver);
}

void ipc_send(struct core *core, struct tcb *sender, struct endpoint *endpoint, bool is_blocking,
              bool is_call, word_t badge, bool can_grant, bool can_grant_reply, bool can_donate)
{
    if (LIKELY(endpoint_state(endpoint) == ENDPOINT_RECEIVE)) {
        bool wants_reply = is_call || sender->fault.label != seL4_Fault_NullFault;
        struct tcb *receiver = endpoint_take_first(endpoint);
        ipc_transfer(core, sender, endpoint, badge, can_grant, receiver);
        send_finish(core, sender, receiver, wants_reply, can_grant || can_grant_reply, can_donate);
        return;
    }
    if (is_blocking) {
        sender->state = THREAD_BLOCKED_ON_SEND;
        sender->blocking_object = (uintptr_t)endpoint;
        sender->blocking_badge = badge;
        sender->blocking_can_grant = can_grant;
        sender->blocking_can_grant_reply = can_grant_reply;
        sender->blocking_is_call = is_call;
        endpoint_insert(endpoint, sender, ENDPOINT_SEND);
    }
}

void endpoint_receive(struct core *core, struct tcb *receiver, struct endpoint *endpoint,
                      bool is_blocking, struct reply *reply)
{
    if (endpoint_state(endpoint) != ENDPOINT_SEND) {
        if (!is_blocking) {
            arch_set_register(receiver, REGISTER_BADGE, 0);
            arch_set_register(receiver, REGISTER_MESSAGE_INFO, 0);
            return;
        }
        receiver->state = THREAD_BLOCKED_ON_RECEIVE;
        receiver->blocking_object = (uintptr_t)endpoint;
        receiver->reply = reply;
        if (reply != NULL) {
            reply->tcb = receiver;
        }
        endpoint_insert(endpoint, receiver, ENDPOINT_RECEIVE);
        return;
    }
    struct tcb *sender = endpoint_take_first(endpoint);
    word_t fault = sender->fault.label;
    ipc_transfer(core, sender, endpoint, sender->blocking_badge, sender->blocking_can_grant,
                 receiver);
    if (sender->blocking_is_call || fault != seL4_Fault_NullFault) {
        if (reply != NULL && (sender->blocking_can_grant || sender->blocking_can_grant_reply)) {
            reply_push(core, sender, receiver, reply,
                       sender->sched_context != NULL && fault != seL4_Fault_Timeout);
        } else {
            sender->state = THREAD_INACTIVE;
        }
        return;
    }
    sender->state = THREAD_RUNNING;
    sched_context_woken(core, sender->sched_context);
    sched_make_ready(core, sender);
}

/// A thread that waited on an endpoint executes its system call again; one that waited to report a
/// fault stays inactive.
static void endpoint_restart(struct core *core, struct tcb *tcb)
{
    if (tcb->state == THREAD_BLOCKED_ON_RECEIVE && tcb->reply != NULL) {
        reply_unlink(tcb->reply);
    }
    if (tcb->fault.label != seL4_Fault_NullFault) {
        tcb->state = THREAD_INACTIVE;
        return;
    }
    tcb->state = THREAD_RESTART;
    sched_context_woken(core, tcb->sched_context);
    sched_make_ready(core, tcb);
}

void endpoint_reorder(struct core *core, struct endpoint *endpoint, struct tcb *tcb, uint8_t priority)
{
    const enum endpoint_state state = endpoint_state(endpoint);
    const struct badged_cancel *cancel = &kernel_badged_cancel;
    const bool is_cancelled = cancel->next != NULL && cancel->endpoint == endpoint
                              && cancel->badge == tcb->blocking_badge;
    endpoint_remove(endpoint, tcb);
    tcb->priority = priority;
    if (is_cancelled) {
        // It could get in front of what is still to be looked at. To begin there again would let those
        // who change priorities keep the call from its end.
        endpoint_restart(core, tcb);
    } else {
        endpoint_insert(endpoint, tcb, state);
    }
}

enum status endpoint_cancel_all(struct core *core, struct endpoint *endpoint)
{
    while (endpoint_state(endpoint) != ENDPOINT_IDLE) {
        endpoint_restart(core, endpoint_take_first(endpoint));
        if (endpoint_state(endpoint) != ENDPOINT_IDLE && preemption_point(core) != STATUS_OK) {
            return STATUS_PREEMPTED;
        }
    }
    return STATUS_OK;
}

// A preempted CancelBadgedSends must not look at all senders again that have other badges, or it
// might never end. So where it stopped is remembered. There is one place for that, and callers must
// not make each other begin again either: whoever comes first finishes what is there, in the name of
// its caller, and begins with its own only then. Every entry looks at a sender or more, so what has
// begun ends after as many entries, of whichever thread, as there are senders. That its call is done
// a caller knows from its number: a mark in its message info (in bits that have no meaning in a call)
// tells the repeated call from a new one, and another number in the place means that it is done.
#define CONTINUED ((word_t)1 << MESSAGE_CAPS_UNWRAPPED_SHIFT)

/// Goes on where the last call stopped.
static enum status cancel_go_on(struct core *core)
{
    struct badged_cancel *cancel = &kernel_badged_cancel;
    const word_t badge = cancel->badge;
    struct tcb *next = cancel->next;

    while (next != NULL) {
        struct tcb *tcb = next;
        next = tcb->queue_next;
        if (tcb->blocking_badge == badge) {
            endpoint_remove(cancel->endpoint, tcb);
            endpoint_restart(core, tcb);
        }
        if (next != NULL && preemption_point(core) != STATUS_OK) {
            cancel->next = next;
            return STATUS_PREEMPTED;
        }
    }
    cancel->next = NULL;
    return STATUS_OK;
}

enum status endpoint_cancel_badged(struct core *core, struct endpoint *endpoint, word_t badge)
{
    struct badged_cancel *cancel = &kernel_badged_cancel;
    struct tcb *caller = core->current;
    const word_t info = arch_get_register(caller, REGISTER_MESSAGE_INFO);
    bool has_begun = (info & CONTINUED) != 0 && caller->badged_cancel != 0;

    arch_set_register(caller, REGISTER_MESSAGE_INFO, info & ~CONTINUED);
    enum status status = STATUS_OK;
    if (!has_begun || caller->badged_cancel == cancel->number) {
        status = cancel_go_on(core);
    }
    if (status == STATUS_OK && !has_begun && endpoint_state(endpoint) == ENDPOINT_SEND) {
        *cancel = (struct badged_cancel){
            .endpoint = endpoint, .next = endpoint_queue(endpoint).head, .badge = badge,
            .number = cancel->number + 1,
        };
        caller->badged_cancel = cancel->number;
        has_begun = true;
        status = cancel_go_on(core);
    }
    if (status == STATUS_PREEMPTED && has_begun) {
        arch_set_register(caller, REGISTER_MESSAGE_INFO, info | CONTINUED);
    } else {
        caller->badged_cancel = 0;
    }
    return status;
}
