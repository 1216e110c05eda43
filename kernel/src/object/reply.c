// SPDX-License-Identifier: BSD-2-Clause
// Reply objects: each holds one caller that waits for an answer. The objects of calls along which
// one scheduling context was donated form a chain: the context's `reply` is the newest call,
// `previous` leads to older ones, `next` back, and the newest one's `next` is the context itself
// with bit 0 set.
#include <kernel/sched.h>

#define CHAIN_HEAD 1u

static bool reply_is_head(const struct reply *reply)
{
    return (reply->next & CHAIN_HEAD) != 0;
}

static struct sched_context *reply_context(const struct reply *reply)
{
    return (struct sched_context *)(uintptr_t)(reply->next & ~(word_t)CHAIN_HEAD);
}

static struct reply *reply_newer(const struct reply *reply)
{
    return (struct reply *)(uintptr_t)reply->next;
}

void reply_unlink(struct reply *reply)
{
    reply->tcb->reply = NULL;
    reply->tcb = NULL;
}

void reply_push(struct core *core, struct tcb *caller, struct tcb *callee, struct reply *reply,
                bool can_donate)
{
    struct sched_context *sc = caller->sched_context;
    ASSERT(reply->tcb == NULL);
    caller->state = THREAD_BLOCKED_ON_REPLY;
    caller->reply = reply;
    reply->tcb = caller;
    if (can_donate && sc != NULL && callee->sched_context == NULL) {
        struct reply *older = sc->reply;
        reply->previous = older;
        if (older != NULL) {
            older->next = (uintptr_t)reply;
        }
        reply->next = (uintptr_t)sc | CHAIN_HEAD;
        sc->reply = reply;
        sched_context_donate(core, sc, callee);
    }
}

/// Takes a reply object out of its chain, which falls into two there; the newer part keeps the
/// context.
static void reply_leave_chain(struct reply *reply)
{
    if (reply->next != 0) {
        if (reply_is_head(reply)) {
            reply_context(reply)->reply = NULL;
        } else {
            reply_newer(reply)->previous = NULL;
        }
    }
    if (reply->previous != NULL) {
        reply->previous->next = 0;
    }
    reply->next = 0;
    reply->previous = NULL;
}

void reply_remove(struct core *core, struct reply *reply)
{
    struct tcb *caller = reply->tcb;
    if (reply->next != 0 && reply_is_head(reply)) {
        struct sched_context *sc = reply_context(reply);
        struct reply *older = reply->previous;
        sc->reply = older;
        if (older != NULL) {
            older->next = (uintptr_t)sc | CHAIN_HEAD;
        }
        reply->next = 0;
        reply->previous = NULL;
        if (caller->sched_context == NULL) {
            sched_context_donate(core, sc, caller);
        }
    } else {
        reply_leave_chain(reply);
    }
    reply_unlink(reply);
    caller->state = THREAD_INACTIVE;
}

void reply_remove_tcb(struct tcb *tcb)
{
    struct reply *reply = tcb->reply;
    reply_leave_chain(reply);
    reply_unlink(reply);
}

void reply_clear(struct core *core, struct reply *reply)
{
    if (reply->tcb == NULL) {
        return;
    }
    if (reply->tcb->state == THREAD_BLOCKED_ON_REPLY) {
        reply_remove(core, reply);
    } else {
        ipc_cancel(core, reply->tcb);
    }
}

/// The answered thread goes on as soon as its budget allows.
static void reply_resume(struct core *core, struct tcb *tcb)
{
    struct sched_context *sc = tcb->sched_context;
    if (sc == NULL || !tcb_is_runnable(tcb)) {
        return;
    }
    if (LIKELY(sc == core->current_sc || sc->refill_max == 0 || sched_context_is_ready(core, sc))) {
        sched_make_ready(core, tcb);
    } else if (sched_context_is_round_robin(sc) || !fault_send_timeout(core, tcb)) {
        sched_make_ready(core, tcb); // waits in the release queue
    }
}

void reply_send(struct core *core, struct tcb *sender, struct reply *reply, bool can_grant)
{
    struct tcb *receiver = reply->tcb;
    if (receiver == NULL || receiver->state != THREAD_BLOCKED_ON_REPLY) {
        return;
    }
    reply_remove(core, reply);
    sched_context_woken(core, receiver->sched_context);
    bool was_timeout = false;
    if (LIKELY(receiver->fault.label == seL4_Fault_NullFault)) {
        ipc_transfer(core, sender, NULL, 0, can_grant, receiver);
        receiver->state = THREAD_RUNNING;
    } else {
        was_timeout = receiver->fault.label == seL4_Fault_Timeout;
        bool restart = fault_apply_reply(receiver, sender);
        receiver->fault.label = seL4_Fault_NullFault;
        receiver->state = restart ? THREAD_RESTART : THREAD_INACTIVE;
    }
    if (was_timeout) {
        if (tcb_is_runnable(receiver)) {
            sched_make_ready(core, receiver); // no second timeout fault for the same budget
        }
        return;
    }
    reply_resume(core, receiver);
}
