// SPDX-License-Identifier: BSD-2-Clause
// What the scheduler, IPC and the scheduling context object share among themselves: inline state
// tests, refill arithmetic, and accounting of time.
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/kernel.h>

/// Refills that every scheduling context has room for.
#define REFILLS_MIN 2
/// Refills that are used at most, whatever the object has room for: charging and joining go through
/// them one by one.
#define REFILLS_MAX 128

/// State of the core with a number.
static inline struct core *core_of(struct core *core, word_t number)
{
#if CONFIG_MAX_NUM_NODES > 1
    (void)core;
    return &kernel_cores[number];
#else
    (void)number;
    return core;
#endif
}

static inline bool tcb_is_runnable(const struct tcb *tcb)
{
    _Static_assert(THREAD_RUNNING == 1 && THREAD_RESTART == 2, "one comparison");
    return (unsigned)tcb->state - THREAD_RUNNING <= THREAD_RESTART - THREAD_RUNNING;
}

/// Runnable, with a configured scheduling context, and not waiting for budget.
static inline bool tcb_is_schedulable(const struct tcb *tcb)
{
    return tcb_is_runnable(tcb) && tcb->sched_context != NULL && tcb->sched_context->refill_max != 0
           && !tcb->in_release_queue;
}

static inline bool tcb_is_blocked(const struct tcb *tcb)
{
    return tcb->state >= THREAD_BLOCKED_ON_RECEIVE && tcb->state <= THREAD_BLOCKED_IN_GUEST_IDLE;
}

static inline struct refill *refill_head(struct sched_context *sc)
{
    return &sc->refills[sc->refill_head];
}

static inline bool sched_context_is_round_robin(const struct sched_context *sc)
{
    return sc->period == 0;
}

/// Whether its first refill may be used now. A refill that is ready is also sufficient: refills
/// below the minimum are merged into later ones whenever they arise.
static inline bool sched_context_is_ready(const struct core *core, const struct sched_context *sc)
{
    return sc->refills[sc->refill_head].time <= core->now;
}

/// Whether a blocked thread may get it: configured, with budget at hand.
static inline bool sched_context_is_released(const struct core *core,
                                             const struct sched_context *sc)
{
    return sc->refill_max != 0 && sched_context_is_ready(core, sc);
}

/// Highest priority that has a ready thread in the core's domain, or -1.
static inline int sched_highest_ready(const struct core *core)
{
    word_t summary = core->ready.summary[core->domain];
    if (summary == 0) {
        return -1;
    }
    unsigned i = 63 - (unsigned)__builtin_clzll(summary);
    return (int)(i * 64 + 63 - (unsigned)__builtin_clzll(core->ready.bitmap[core->domain][i]));
}

/// Reads the clock; what passed since the last time is the current context's.
static inline void sched_read_clock(struct core *core)
{
    ticks_t now = arch_timer_now();
    core->consumed += now - core->now;
    core->now = now;
}

/// Whether the current context has budget for another way through the kernel.
static inline bool sched_budget_is_left(struct core *core)
{
    struct sched_context *sc = core->current_sc;
    return sc != NULL && core->consumed + core->minimum_budget <= refill_head(sc)->amount;
}

/// Finds a slot as cspace_lookup_slot() does: at once where the root CNode resolves all bits.
static inline enum status find_slot(struct core *core, struct tcb *tcb, word_t cptr,
                                    struct slot **slot)
{
    struct cap root = tcb->slots[TCB_SLOT_CSPACE].cap;
    unsigned radix = cnode_radix(root);
    if (LIKELY(cap_type(root) == CAP_CNODE && radix + cnode_guard_size(root) == seL4_WordBits
               && (cptr >> (radix & 63)) == cnode_guard(root))) {
        *slot = (struct slot *)cap_pointer(root) + (cptr & MASK(radix));
        return STATUS_OK;
    }
    return cspace_lookup_slot(core, tcb, cptr, slot);
}

// ---- refill.c -----------------------------------------------------------------------------------

/// Full budget, usable from `now` on.
void refill_init(struct sched_context *sc, ticks_t now, ticks_t budget, ticks_t period,
                 uint32_t refill_max);
/// New parameters for a context in use: the first refill keeps its time and (up to the new budget)
/// its amount; the rest comes one new period later.
void refill_update(struct sched_context *sc, ticks_t now, ticks_t minimum, ticks_t budget,
                   ticks_t period, uint32_t refill_max);
/// Takes `used` ticks off. What was used from a refill comes back one period after that refill's
/// time. More than the first refill holds (an interrupt came late) is taken from the refills after
/// it.
void refill_charge(struct sched_context *sc, ticks_t minimum, ticks_t used);
/// The context starts to be used now: budget that waited moves up to now, so that time that passed
/// without use can't be saved up.
void refill_unblock(struct sched_context *sc, ticks_t now);

// ---- sched.c ------------------------------------------------------------------------------------

/// refill_unblock() for a sporadic context whose thread wakes up, unless it is running.
static inline void sched_context_woken(struct core *core, struct sched_context *sc)
{
    if (UNLIKELY(sc != NULL && sc->sporadic != 0) && sc != core->current_sc
        && sc->refill_max != 0) {
        refill_unblock(sc, core->now);
    }
}

/// Charges the old context, starts the new one (NULL: idle) and sets the timer.
void sched_switch_context(struct core *core, struct sched_context *sc);
/// Charges what was used since the last time to the current context.
void sched_commit_time(struct core *core);
/// Ends the current thread's turn: it gets to the end of its queue, or waits for its next refill.
/// `used` is charged now; `may_fault`: send a timeout fault instead of waiting.
void sched_end_turn(struct core *core, ticks_t used, bool may_fault);
/// Puts the thread of a context into the release queue until its first refill is ready.
void sched_postpone(struct core *core, struct sched_context *sc);
/// The time of a context's first refill changed: postpones its thread when it may not run now.
void sched_context_resume(struct core *core, struct sched_context *sc);
/// False when the current thread's budget is used up; its turn has then ended.
bool sched_check_budget(struct core *core);
/// The current thread gives up the rest of its first refill (Yield).
void sched_yield_turn(struct core *core);
/// Ready threads of the current one's priority go first; it keeps its budget. Chooses the next thread.
void sched_let_equals_go(struct core *core);

// ---- object/sched_context.c, tcb.c, reply.c, endpoint.c, notification.c -------------------------

/// Gives up waiting for consumed time (the thread is stopped).
void yield_to_cancel(struct tcb *tcb);
/// Answers the thread that waits for the consumed time of a context.
void yield_to_complete(struct core *core, struct tcb *tcb);
/// Consumed time of a context in microseconds since it was asked for last.
word_t sched_context_take_consumed(struct core *core, struct sched_context *sc);

void tcb_set_priority(struct core *core, struct tcb *tcb, uint8_t priority);
enum status tcb_decode_configure(struct core *core, struct invocation *invocation, struct tcb *tcb);
enum status tcb_decode_space(struct core *core, struct invocation *invocation, struct tcb *tcb);
enum status tcb_decode_ipc_buffer(struct core *core, struct invocation *invocation,
                                  struct tcb *tcb);
enum status tcb_decode_sched_params(struct core *core, struct invocation *invocation,
                                    struct tcb *tcb);
enum status tcb_decode_timeout_endpoint(struct core *core, struct invocation *invocation,
                                        struct tcb *tcb);

/// Receives on an endpoint.
void endpoint_receive(struct core *core, struct tcb *receiver, struct endpoint *endpoint,
                      bool is_blocking, struct reply *reply);
/// Takes a waiting thread out of an endpoint's queue.
void endpoint_remove(struct endpoint *endpoint, struct tcb *tcb);
/// Changes the priority of a waiting thread, and its place. A send that is being cancelled is cancelled now.
void endpoint_reorder(struct core *core, struct endpoint *endpoint, struct tcb *tcb, uint8_t priority);
void notification_receive(struct core *core, struct tcb *receiver,
                          struct notification *notification, bool is_blocking);
/// The thread takes what an active notification holds (badge, scheduling context).
void notification_complete(struct core *core, struct notification *notification, struct tcb *tcb);
/// Takes back the scheduling context that a notification lent to the thread.
void notification_return_context(struct core *core, struct notification *notification,
                                 struct tcb *tcb);
void notification_remove(struct notification *notification, struct tcb *tcb);
void notification_reorder(struct notification *notification, struct tcb *tcb, uint8_t priority);

/// The caller waits for an answer through `reply`, which the callee holds; its context goes along.
void reply_push(struct core *core, struct tcb *caller, struct tcb *callee, struct reply *reply,
                bool can_donate);
/// Ends the wait of a caller: it gets its context back; it is inactive then.
void reply_remove(struct core *core, struct reply *reply);
/// Takes a waiting caller out of its call chain, without any context.
void reply_remove_tcb(struct tcb *tcb);
/// Dissolves the link between a reply object and the thread that offers it or waits for it.
void reply_unlink(struct reply *reply);

/// Inserts into a queue by priority, behind equals. What is in such a queue leaves it by
/// tcb_queue_remove_sorted(), with the priority that it came with.
void tcb_queue_insert(struct tcb_queue *queue, struct tcb *tcb);
void tcb_queue_remove_sorted(struct tcb_queue *queue, struct tcb *tcb);
/// First and last thread of a priority in a sorted queue.
static inline void tcb_queue_join_group(struct tcb *first, struct tcb *last)
{
    first->queue_group = last;
    last->queue_group = first;
}
void tcb_queue_remove(struct tcb_queue *queue, struct tcb *tcb);

// ---- fastpath.c: the most frequent calls where nothing out of the ordinary happens. True: all is
// done, schedule_and_activate() too. False: nothing was done (but the clock may have been read).

bool fastpath_call(struct core *core);
bool fastpath_reply_receive(struct core *core);
/// Send or NBSend, when the cap is a notification's.
bool fastpath_signal(struct core *core);
/// Wait, when the cap is a notification's.
bool fastpath_wait(struct core *core);
bool fastpath_fault(struct core *core, const struct fault *fault);

// ---- fault.c, syscall.c -------------------------------------------------------------------------

/// Writes the message of the sender's fault into the receiver's registers and buffer.
void fault_transfer(struct core *core, struct tcb *faulter, word_t badge, struct tcb *receiver);
/// Applies the answer to a fault in the answerer's message registers. Returns whether to restart.
bool fault_apply_reply(struct tcb *faulter, struct tcb *answerer);
/// Sends a CapFault of the current thread (core->lookup_failure says why).
void fault_send_cap(struct core *core, word_t cptr, bool in_receive_phase);
/// Handles a debug system call; false when this build has none of that number.
bool debug_handle_syscall(struct core *core, int64_t number);
/// Takes a thread out of the list of all threads (debug builds; else nothing).
void debug_thread_deleted(struct tcb *tcb);

/// Message registers by number (0..3), and the words of an IPC buffer.
static inline enum arch_register message_register(word_t i)
{
    return (enum arch_register)(REGISTER_MESSAGE_0 + i);
}
#define BUFFER_MESSAGE 1            ///< msg[0]
#define BUFFER_CAPS 122             ///< caps_or_badges[0]
#define BUFFER_RECEIVE_CNODE 125    ///< receiveCNode, receiveIndex, receiveDepth

#define MESSAGE_LABEL(info) ((info) >> 12)
#define MESSAGE_CAPS_UNWRAPPED_SHIFT 9
#define MESSAGE_EXTRA_CAPS(info) (((info) >> 7) & 3)
#define MESSAGE_INFO(label, unwrapped, extra, length) \
    (((label) << 12) | ((word_t)(unwrapped) << 9) | ((word_t)(extra) << 7) | (length))

/// Length of a message: what the info word says, at most seL4_MsgMaxLength.
static inline word_t message_length(word_t info)
{
    word_t length = info & 0x7f;
    return length > seL4_MsgMaxLength ? seL4_MsgMaxLength : length;
}

#endif
