// SPDX-License-Identifier: BSD-2-Clause
// The most frequent kernel entries where nothing out of the ordinary happens: a Call that finds its
// server waiting, a ReplyRecv that answers one caller and waits for the next, a fault whose handler
// waits (a guest's exit to its VMM and back is the last two), a signal, and a wait for one. Each
// function first checks everything that the general path would look at, and changes nothing before
// it knows that it can do all of it. What it does then is what ipc.c, endpoint.c, reply.c,
// notification.c and sched.c would do.
//
// Where the scheduling context goes along with the message, or the thread goes on, the clock is not
// even read: the timer interrupt ends its budget.
#include <arch/quick_fault.h>
#include <kernel/sched.h>

/// Message info bits that the fast path can't do: caps, and more words than there are registers.
static bool message_is_short(word_t info)
{
    return MESSAGE_EXTRA_CAPS(info) == 0 && (info & 0x7f) <= seL4_FastMessageRegisters;
}

/// Whether a thread that becomes ready may run next, as far as other threads are concerned. The
/// current thread stops, and nobody above it was ready.
static bool comes_next(const struct core *core, const struct tcb *next)
{
    return next->domain == core->domain
#if CONFIG_MAX_NUM_NODES > 1
           && next->core_number == core->number
#endif
           && (next->priority >= core->current->priority
               || next->priority >= sched_highest_ready(core));
}

/// Starts the context `sc`, which is not the current one, when both have budget left now and no event
/// is due: what sched_check_budget() and sched_switch_context() do. False: only the clock was read. True
/// and still not the current one: it can start, in run().
static inline bool start_context(struct core *core, struct sched_context *sc)
{
    if (sc->refill_max == 0 || sc->sporadic != 0) {
        return false;
    }
    struct sched_context *old = core->current_sc;
    const ticks_t now = arch_timer_now();
    const ticks_t used = core->consumed + now - core->now;
    struct refill *left = refill_head(old);
    const struct refill *next = refill_head(sc);
    core->now = now;
    core->consumed = used;
    if (used + core->minimum_budget > left->amount || now >= core->next_event
        || next->time > now) {
        return false;
    }
    if (UNLIKELY((old->period | sc->period) != 0)) {
        return true;
    }
    core->consumed = 0;
    old->consumed += used;
    left->amount -= used;
    old->refills[old->refill_tail].amount += used;
    core->current_sc = sc;
    core->deadline = core->next_event - now > next->amount ? now + next->amount : core->next_event;
    core->reprogram_timer = false;
    arch_timer_set_deadline(core, core->deadline);
    return true;
}

/// Takes the waiting receiver `head` off its endpoint.
static void take_receiver(struct endpoint *endpoint, struct tcb *head)
{
    struct tcb *next = head->queue_next;
    head->queue_next = NULL;
    if (next == NULL) {
        endpoint->head_state = 0;
        endpoint->tail = 0;
    } else {
        if (next->priority == head->priority) {
            tcb_queue_join_group(next, head->queue_group);
        }
        next->queue_previous = NULL;
        endpoint->head_state = (uintptr_t)next | ENDPOINT_RECEIVE;
    }
}

/// The thread at the head of an endpoint's queue when it waits to receive with a reply object, or
/// NULL.
static struct tcb *waiting_server(const struct endpoint *endpoint)
{
    word_t head_state = endpoint->head_state;
    if ((head_state & 3) != ENDPOINT_RECEIVE) {
        return NULL;
    }
    struct tcb *server = (struct tcb *)(uintptr_t)(head_state - ENDPOINT_RECEIVE);
    return server->reply != NULL ? server : NULL;
}

/// The sender waits for the answer through the receiver's reply object; its context goes along when
/// the receiver has none.
static void link_reply(struct tcb *sender, struct tcb *receiver)
{
    struct reply *reply = receiver->reply;
    receiver->reply = NULL;
    receiver->state = THREAD_RUNNING;
    sender->state = THREAD_BLOCKED_ON_REPLY;
    sender->reply = reply;
    reply->tcb = sender;
    if (receiver->sched_context == NULL) {
        struct sched_context *sc = sender->sched_context;
        reply->previous = sc->reply;
        if (sc->reply != NULL) {
            sc->reply->next = (uintptr_t)reply;
        }
        reply->next = (uintptr_t)sc | 1;
        sc->reply = reply;
        sender->sched_context = NULL;
        receiver->sched_context = sc;
        sc->tcb = receiver;
    }
}

/// Whether the receiver of a message runs next, on the current thread's context if it has none.
static inline bool receiver_starts(struct core *core, const struct tcb *receiver)
{
    struct sched_context *sc = receiver->sched_context;
    return comes_next(core, receiver)
           && (sc == NULL || (!receiver->in_release_queue && start_context(core, sc)));
}

/// Copies the words of a short message. What else is in the sender's registers is not for the
/// receiver.
static void copy_message(struct tcb *from, struct tcb *to, word_t info, word_t badge)
{
    for (word_t i = 0; i < (info & 0x7f); i++) {
        arch_set_register(to, message_register(i), arch_get_register(from, message_register(i)));
    }
    arch_set_register(to, REGISTER_MESSAGE_INFO,
                      MESSAGE_INFO(MESSAGE_LABEL(info), 0, 0, info & 0x7f));
    arch_set_register(to, REGISTER_BADGE, badge);
}

static __attribute__((noinline)) void run_and_switch_context(struct core *core, struct tcb *next)
{
    sched_switch_context(core, next->sched_context);
    arch_switch_to_thread(core, next);
}

/// Leaves the kernel with another thread, which start_context() says can run.
static inline void run(struct core *core, struct tcb *next)
{
    core->current = next;
    if (LIKELY(next->sched_context == core->current_sc)) {
        arch_switch_to_thread(core, next);
    } else {
        run_and_switch_context(core, next);
    }
}

bool fastpath_call(struct core *core)
{
    struct tcb *caller = core->current;
    word_t info = arch_get_register(caller, REGISTER_MESSAGE_INFO);
    struct slot *slot;
    if (!message_is_short(info)
        || find_slot(core, caller, arch_get_register(caller, REGISTER_CAP), &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_ENDPOINT) {
        return false;
    }
    struct cap cap = slot->cap;
    struct endpoint *endpoint = cap_pointer(cap);
    struct tcb *server = waiting_server(endpoint);
    if (server == NULL || (cap_rights(cap) & RIGHT_WRITE) == 0
        || (cap_rights(cap) & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) == 0
        || !receiver_starts(core, server)) {
        return false;
    }
    take_receiver(endpoint, server);
    copy_message(caller, server, info, cap_badge(cap));
    link_reply(caller, server);
    run(core, server);
    return true;
}

bool fastpath_fault(struct core *core, const struct fault *fault)
{
    struct tcb *tcb = core->current;
    struct cap cap = tcb->slots[TCB_SLOT_FAULT_ENDPOINT].cap; // its rights were checked
    if (!quick_fault_is_known(fault->label) || cap_type(cap) != CAP_ENDPOINT) {
        return false;
    }
    struct endpoint *endpoint = cap_pointer(cap);
    struct tcb *handler = waiting_server(endpoint);
    if (handler == NULL || !receiver_starts(core, handler)) {
        return false;
    }
    tcb->fault.label = fault->label;
    take_receiver(endpoint, handler);
    unsigned length = quick_fault_message(tcb, fault, handler);
    arch_set_register(handler, REGISTER_MESSAGE_INFO, MESSAGE_INFO(fault->label, 0, 0, length));
    arch_set_register(handler, REGISTER_BADGE, cap_badge(cap));
    link_reply(tcb, handler);
    run(core, handler);
    return true;
}

/// The endpoint that the current thread may wait on again, when nobody waits to send to it; else
/// NULL.
static struct endpoint *endpoint_to_wait_on(struct core *core, struct tcb *server)
{
    struct slot *slot;
    if (find_slot(core, server, arch_get_register(server, REGISTER_CAP), &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_ENDPOINT || (cap_rights(slot->cap) & RIGHT_READ) == 0) {
        return NULL;
    }
    const struct notification *bound = server->bound_notification;
    if (bound != NULL
        && (bound->state == NOTIFICATION_ACTIVE
            || (bound->sched_context != NULL && bound->sched_context == server->sched_context))) {
        return NULL;
    }
    struct endpoint *endpoint = cap_pointer(slot->cap);
    return (endpoint->head_state & 3) != ENDPOINT_SEND ? endpoint : NULL;
}

/// Whether the caller runs after it was answered: on the context that it lent, or on its own.
static inline bool caller_starts(struct core *core, const struct reply *reply,
                                 const struct tcb *caller)
{
    if (!comes_next(core, caller)) {
        return false;
    }
    struct sched_context *sc = caller->sched_context;
    if (sc == NULL) {
        return reply->next == ((uintptr_t)core->current_sc | 1);
    }
    return (reply->next | (uintptr_t)reply->previous) == 0 && !caller->in_release_queue
           && start_context(core, sc);
}

/// Gives the context back that the caller lent.
static void return_context(struct tcb *server, struct tcb *caller, struct reply *reply)
{
    struct sched_context *sc = server->sched_context;
    struct reply *older = reply->previous;
    sc->reply = older;
    if (older != NULL) {
        older->next = (uintptr_t)sc | 1;
    }
    reply->next = 0;
    reply->previous = NULL;
    server->sched_context = NULL;
    caller->sched_context = sc;
    sc->tcb = caller;
}

/// The server waits on the endpoint again, with the same reply object.
static void wait_again(struct tcb *server, struct endpoint *endpoint, struct reply *reply)
{
    server->state = THREAD_BLOCKED_ON_RECEIVE;
    server->blocking_object = (uintptr_t)endpoint;
    server->reply = reply;
    reply->tcb = server;
    server->queue_group = server;
    server->queue_next = NULL;
    server->queue_previous = NULL;
    if (LIKELY(endpoint->head_state == ENDPOINT_IDLE)) {
        endpoint->head_state = (uintptr_t)server | ENDPOINT_RECEIVE;
        endpoint->tail = (uintptr_t)server;
        return;
    }
    struct tcb_queue queue = { (struct tcb *)(uintptr_t)(endpoint->head_state & ~(word_t)3),
                               (struct tcb *)(uintptr_t)endpoint->tail };
    tcb_queue_insert(&queue, server);
    endpoint->head_state = (uintptr_t)queue.head | ENDPOINT_RECEIVE;
    endpoint->tail = (uintptr_t)queue.tail;
}

bool fastpath_reply_receive(struct core *core)
{
    struct tcb *server = core->current;
    word_t info = arch_get_register(server, REGISTER_MESSAGE_INFO);
    struct slot *slot;
    if (!message_is_short(info)
        || find_slot(core, server, arch_get_register(server, REGISTER_REPLY), &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_REPLY) {
        return false;
    }
    struct reply *reply = cap_pointer(slot->cap);
    struct tcb *caller = reply->tcb;
    if (caller == NULL || caller->state != THREAD_BLOCKED_ON_REPLY) {
        return false;
    }
    word_t fault = caller->fault.label;
    struct endpoint *endpoint = endpoint_to_wait_on(core, server);
    if ((fault != seL4_Fault_NullFault && !quick_fault_reply_is_known(fault, MESSAGE_LABEL(info)))
        || endpoint == NULL
        || !caller_starts(core, reply, caller)) {
        return false;
    }
    if (fault == seL4_Fault_NullFault) {
        copy_message(server, caller, info, 0);
    } else {
        quick_fault_reply(caller, server, fault, MESSAGE_LABEL(info), info & 0x7f);
        caller->fault.label = seL4_Fault_NullFault;
    }
    caller->state = THREAD_RUNNING;
    caller->reply = NULL;
    if (caller->sched_context == NULL) {
        return_context(server, caller, reply);
    }
    wait_again(server, endpoint, reply);
    run(core, caller);
    return true;
}

// ---- notifications ------------------------------------------------------------------------------

/// The thread that a signal wakes: the first that waits, or the bound one in a receive. NULL: none.
static struct tcb *thread_to_wake(const struct notification *notification)
{
    if (notification->queue.head != NULL) {
        return notification->queue.head;
    }
    struct tcb *bound = notification->bound_tcb;
    return bound != NULL && bound->state == THREAD_BLOCKED_ON_RECEIVE ? bound : NULL;
}

/// Whether a thread with a context of its own may run when it wakes up. As of the time read last.
static bool is_ready_when_awake(const struct core *core, const struct tcb *tcb)
{
    const struct sched_context *sc = tcb->sched_context;
    return sc != NULL && sc->refill_max != 0 && sc->sporadic == 0 && !tcb->in_release_queue
           && tcb->domain == core->domain
#if CONFIG_MAX_NUM_NODES > 1
           && tcb->core_number == core->number
#endif
           && sched_context_is_ready(core, sc);
}

/// Takes the thread out of what it waits for and gives it the signal.
static void wake(struct core *core, struct notification *notification, struct tcb *tcb, word_t badge)
{
    if (LIKELY(tcb == notification->queue.head)) {
        notification_remove(notification, tcb);
    } else {
        ipc_cancel(core, tcb);
    }
    tcb->state = THREAD_RUNNING;
    arch_set_register(tcb, REGISTER_BADGE, badge);
    arch_set_register(tcb, REGISTER_MESSAGE_INFO, 0);
}

bool fastpath_signal(struct core *core)
{
    struct tcb *current = core->current;
    struct slot *slot;
    if (MESSAGE_EXTRA_CAPS(arch_get_register(current, REGISTER_MESSAGE_INFO)) != 0
        || find_slot(core, current, arch_get_register(current, REGISTER_CAP), &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_NOTIFICATION || (cap_rights(slot->cap) & RIGHT_WRITE) == 0) {
        return false;
    }
    struct notification *notification = cap_pointer(slot->cap);
    const word_t badge = cap_badge(slot->cap);
    if (notification->state == NOTIFICATION_ACTIVE) {
        notification->badge |= badge;
        return true;
    }
    struct tcb *tcb = thread_to_wake(notification);
    if (tcb == NULL) {
        notification->state = NOTIFICATION_ACTIVE;
        notification->badge = badge;
        return true;
    }
    if (!is_ready_when_awake(core, tcb)) {
        return false;
    }
    if (tcb->priority <= current->priority) {
        wake(core, notification, tcb, badge);
        sched_append(core, tcb);
        return true;
    }
    if (!start_context(core, tcb->sched_context)) {
        return false;
    }
    wake(core, notification, tcb, badge);
    sched_enqueue(core, current);
    run(core, tcb);
    return true;
}

/// The ready thread that runs when the current one waits, or NULL where it is not plain to see.
static struct tcb *next_thread(struct core *core)
{
    int priority = sched_highest_ready(core);
    if (priority < 0) {
        return NULL;
    }
    struct tcb *next = core->ready.queue[core->domain][priority].head;
    return next->state == THREAD_RUNNING && next->yield_to == NULL ? next : NULL;
}

bool fastpath_wait(struct core *core)
{
    struct tcb *current = core->current;
    struct slot *slot;
    if (find_slot(core, current, arch_get_register(current, REGISTER_CAP), &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_NOTIFICATION || (cap_rights(slot->cap) & RIGHT_READ) == 0) {
        return false;
    }
    struct notification *notification = cap_pointer(slot->cap);
    if ((notification->bound_tcb != NULL && notification->bound_tcb != current)
        || notification->sched_context != NULL) {
        return false;
    }
    if (notification->state == NOTIFICATION_ACTIVE) {
        notification_complete(core, notification, current);
        return true;
    }
    struct tcb *next = next_thread(core);
    if (next == NULL || !start_context(core, next->sched_context)) {
        return false;
    }
    current->state = THREAD_BLOCKED_ON_NOTIFICATION;
    current->blocking_object = (uintptr_t)notification;
    tcb_queue_insert(&notification->queue, current);
    notification->state = NOTIFICATION_WAITING;
    sched_dequeue(core, next);
    run(core, next);
    return true;
}
