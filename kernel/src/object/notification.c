// SPDX-License-Identifier: BSD-2-Clause
// Notifications: a word of badge bits that signals accumulate and one receiver takes. A
// notification may be bound to a thread, which then gets it on any receive, and to a scheduling
// context, which it lends to the thread that takes a signal and has none.
#include <kernel/sched.h>

static void deliver(struct tcb *tcb, word_t badge)
{
    arch_set_register(tcb, REGISTER_BADGE, badge);
    arch_set_register(tcb, REGISTER_MESSAGE_INFO, 0);
}

/// Lends the notification's scheduling context to a thread without one.
static void lend_context(struct core *core, struct notification *notification, struct tcb *tcb)
{
    struct sched_context *sc = notification->sched_context;
    if (tcb->sched_context == NULL && sc != NULL && sc->tcb == NULL) {
        sched_context_donate(core, sc, tcb);
    }
}

void notification_return_context(struct core *core, struct notification *notification,
                                 struct tcb *tcb)
{
    struct sched_context *sc = notification->sched_context;
    if (sc != NULL && sc == tcb->sched_context) {
        sched_dequeue(core, tcb);
        sched_release_remove(core, tcb);
        tcb->sched_context = NULL;
        sc->tcb = NULL;
    }
}

static void wake(struct core *core, struct notification *notification, struct tcb *tcb,
                 word_t badge)
{
    tcb->state = THREAD_RUNNING;
    deliver(tcb, badge);
    lend_context(core, notification, tcb);
    sched_context_woken(core, tcb->sched_context);
    sched_make_ready(core, tcb);
}

void notification_signal(struct core *core, struct notification *notification, word_t badge)
{
    struct tcb *tcb = notification->queue.head;
    if (tcb != NULL) {
        notification_remove(notification, tcb);
        wake(core, notification, tcb, badge);
        return;
    }
    if (notification->state == NOTIFICATION_ACTIVE) {
        notification->badge |= badge;
        return;
    }
    tcb = notification->bound_tcb;
    if (tcb != NULL && tcb->state == THREAD_BLOCKED_ON_RECEIVE) {
        ipc_cancel(core, tcb);
        wake(core, notification, tcb, badge);
        return;
    }
    notification->state = NOTIFICATION_ACTIVE;
    notification->badge = badge;
}

void notification_complete(struct core *core, struct notification *notification, struct tcb *tcb)
{
    deliver(tcb, notification->badge);
    notification->state = NOTIFICATION_IDLE;
    notification->badge = 0;
    lend_context(core, notification, tcb);
    sched_context_woken(core, tcb->sched_context);
}

void notification_receive(struct core *core, struct tcb *receiver,
                          struct notification *notification, bool is_blocking)
{
    if (notification->state == NOTIFICATION_ACTIVE) {
        notification_complete(core, notification, receiver);
        return;
    }
    if (!is_blocking) {
        deliver(receiver, 0);
        return;
    }
    notification_return_context(core, notification, receiver);
    receiver->state = THREAD_BLOCKED_ON_NOTIFICATION;
    receiver->blocking_object = (uintptr_t)notification;
    tcb_queue_insert(&notification->queue, receiver);
    notification->state = NOTIFICATION_WAITING;
}

void notification_remove(struct notification *notification, struct tcb *tcb)
{
    tcb_queue_remove_sorted(&notification->queue, tcb);
    if (notification->queue.head == NULL) {
        notification->state = NOTIFICATION_IDLE;
    }
}

void notification_reorder(struct notification *notification, struct tcb *tcb, uint8_t priority)
{
    tcb_queue_remove_sorted(&notification->queue, tcb);
    tcb->priority = priority;
    tcb_queue_insert(&notification->queue, tcb);
}

enum status notification_cancel_all(struct core *core, struct notification *notification)
{
    while (notification->queue.head != NULL) {
        struct tcb *tcb = notification->queue.head;
        notification_remove(notification, tcb);
        tcb->state = THREAD_RESTART;
        sched_context_woken(core, tcb->sched_context);
        sched_make_ready(core, tcb);
        if (notification->queue.head != NULL && preemption_point(core) != STATUS_OK) {
            return STATUS_PREEMPTED;
        }
    }
    return STATUS_OK;
}

void notification_bind(struct notification *notification, struct tcb *tcb)
{
    notification->bound_tcb = tcb;
    tcb->bound_notification = notification;
}

void notification_unbind(struct tcb *tcb)
{
    if (tcb->bound_notification != NULL) {
        tcb->bound_notification->bound_tcb = NULL;
        tcb->bound_notification = NULL;
    }
}

void notification_unbind_all(struct core *core, struct notification *notification)
{
    (void)core;
    if (notification->bound_tcb != NULL) {
        notification_unbind(notification->bound_tcb);
    }
    if (notification->sched_context != NULL) {
        notification->sched_context->notification = NULL;
        notification->sched_context = NULL;
    }
}
