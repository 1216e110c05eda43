// SPDX-License-Identifier: BSD-2-Clause
// Scheduling contexts: binding to threads and notifications, donation, consumed time and YieldTo;
// and SchedControl, which gives them budget and period (sel4-abi, invocations).
#include <kernel/sched.h>

// ---- threads and contexts -----------------------------------------------------------------------

/// No other core runs on the context; what was used of it is charged.
static void stop_remote(struct core *core, struct sched_context *sc)
{
#if CONFIG_MAX_NUM_NODES > 1
    if (sc->tcb != NULL) {
        arch_remote_stall(core, sc->tcb);
    }
#else
    (void)core;
    (void)sc;
#endif
}

/// Detaches the thread, which can't run any more.
static void release_tcb(struct core *core, struct sched_context *sc)
{
    struct tcb *tcb = sc->tcb;
    stop_remote(core, sc);
    sched_dequeue(core, tcb);
    sched_release_remove(core, tcb);
    tcb->sched_context = NULL;
    sc->tcb = NULL;
}

void sched_context_donate(struct core *core, struct sched_context *sc, struct tcb *tcb)
{
    if (sc->tcb != NULL) {
        release_tcb(core, sc);
    }
    sc->tcb = tcb;
    tcb->sched_context = sc;
    sched_set_core(core, tcb, sc->core_number);
}

void sched_context_bind_tcb(struct core *core, struct sched_context *sc, struct tcb *tcb)
{
    sc->tcb = tcb;
    tcb->sched_context = sc;
    sched_set_core(core, tcb, sc->core_number);
    sched_context_woken(core, sc);
    if (tcb_is_schedulable(tcb)) {
        sched_make_ready(core, tcb);
        sched_reschedule(core);
    }
}

void sched_context_unbind_tcb(struct core *core, struct sched_context *sc)
{
    if (sc->tcb == NULL) {
        return;
    }
    if (sc->yield_from != NULL) {
        yield_to_complete(core, sc->yield_from);
    }
    release_tcb(core, sc);
}

static void unbind_notification(struct sched_context *sc)
{
    if (sc->notification != NULL) {
        sc->notification->sched_context = NULL;
        sc->notification = NULL;
    }
}

/// Time that the running context used up to now is charged; nobody runs on it from here on.
static void stop_running_on(struct core *core, struct sched_context *sc)
{
    stop_remote(core, sc);
    struct core *home = core_of(core, sc->core_number);
    if (home->current_sc != sc) {
        return;
    }
    if (home == core) {
        sched_commit_time(core);
    }
    home->current_sc = NULL;
}

void sched_context_unbind_all(struct core *core, struct sched_context *sc)
{
    stop_running_on(core, sc);
    sched_context_unbind_tcb(core, sc);
    unbind_notification(sc);
    if (sc->reply != NULL) {
        sc->reply->next = 0; // callers up the chain don't get it back
        sc->reply = NULL;
    }
    if (sc->yield_from != NULL) {
        yield_to_complete(core, sc->yield_from);
    }
}

void sched_context_setup(struct core *core, struct sched_context *sc, ticks_t budget,
                         ticks_t period, uint32_t refill_max)
{
    sched_update_time(core);
    core->consumed = 0;
    core->minimum_budget = 2 * arch_kernel_wcet_ticks();
    sc->core_number = core->number;
    bool round_robin = budget == period;
    refill_init(sc, core->now, budget, round_robin ? 0 : period,
                round_robin ? REFILLS_MIN : refill_max);
}

// ---- consumed time ------------------------------------------------------------------------------

word_t sched_context_take_consumed(struct core *core, struct sched_context *sc)
{
    stop_remote(core, sc);
    if (sc == core->current_sc) {
        sched_commit_time(core);
        core->reprogram_timer = true;
    }
    uint64_t consumed_us = arch_ticks_to_us(sc->consumed);
    ticks_t taken = arch_us_to_ticks(consumed_us);
    sc->consumed -= taken < sc->consumed ? taken : sc->consumed; // parts of a microsecond stay
    return consumed_us;
}

void yield_to_cancel(struct tcb *tcb)
{
    if (tcb->yield_to != NULL) {
        tcb->yield_to->yield_from = NULL;
        tcb->yield_to = NULL;
    }
}

void yield_to_complete(struct core *core, struct tcb *tcb)
{
    struct sched_context *sc = tcb->yield_to;
    word_t consumed = sched_context_take_consumed(core, sc);
    yield_to_cancel(tcb);
    if (tcb->yield_is_call) {
        arch_set_register(tcb, REGISTER_MESSAGE_0, consumed);
        arch_set_register(tcb, REGISTER_MESSAGE_INFO, MESSAGE_INFO(0, 0, 0, 1));
    }
}

// ---- invocations of a scheduling context --------------------------------------------------------

static enum status bind_decode(struct core *core, struct invocation *invocation,
                               struct sched_context *sc)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) == CAP_THREAD) {
        struct tcb *tcb = cap_pointer(cap);
        if (sc->tcb != NULL || tcb->sched_context != NULL
            || (tcb_is_blocked(tcb) && !sched_context_is_released(core, sc))) {
            return error_set(core, seL4_IllegalOperation);
        }
        sched_context_bind_tcb(core, sc, tcb);
        return STATUS_OK;
    }
    if (cap_type(cap) == CAP_NOTIFICATION) {
        struct notification *notification = cap_pointer(cap);
        if (sc->notification != NULL || notification->sched_context != NULL) {
            return error_set(core, seL4_IllegalOperation);
        }
        notification->sched_context = sc;
        sc->notification = notification;
        return STATUS_OK;
    }
    return error_invalid_capability(core, 1);
}

static enum status unbind_object_decode(struct core *core, struct invocation *invocation,
                                        struct sched_context *sc)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) == CAP_THREAD) {
        if (sc->tcb != cap_pointer(cap) || sc->tcb == core->current) {
            return error_set(core, seL4_IllegalOperation);
        }
        sched_context_unbind_tcb(core, sc);
        return STATUS_OK;
    }
    if (cap_type(cap) == CAP_NOTIFICATION) {
        if (sc->notification != cap_pointer(cap)) {
            return error_set(core, seL4_IllegalOperation);
        }
        unbind_notification(sc);
        return STATUS_OK;
    }
    return error_invalid_capability(core, 1);
}

static void answer_consumed(struct core *core, struct sched_context *sc)
{
    invocation_reply_word(core, 0, sched_context_take_consumed(core, sc));
    invocation_reply_length(core, 1);
}

static enum status yield_to_decode(struct core *core, struct invocation *invocation,
                                   struct sched_context *sc)
{
    struct tcb *current = core->current;
    struct tcb *target = sc->tcb;
    if (target == NULL || target == current || target->priority > current->max_priority) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (sc->yield_from != NULL) {
        yield_to_complete(core, sc->yield_from);
    }
    stop_remote(core, sc);
    sched_context_resume(core, sc);
    if (!tcb_is_schedulable(target)) {
        answer_consumed(core, sc);
        return STATUS_OK;
    }
    sched_dequeue(core, target);
    if (target->core_number != core->number || target->domain != core->domain
        || target->priority < current->priority) {
        sched_enqueue(core, target);
        answer_consumed(core, sc);
        return STATUS_OK;
    }
    // The answer comes when this thread runs again (yield_to_complete()).
    current->yield_to = sc;
    current->yield_is_call = invocation->is_call;
    sc->yield_from = current;
    sched_enqueue(core, current);
    sched_enqueue(core, target);
    sched_reschedule(core);
    return STATUS_OK;
}

enum status sched_context_decode(struct core *core, struct invocation *invocation)
{
    struct sched_context *sc = cap_pointer(invocation->cap);
    switch (invocation->label) {
    case SchedContextBind:
        return bind_decode(core, invocation, sc);
    case SchedContextUnbind:
        if (sc->tcb == core->current) {
            return error_set(core, seL4_IllegalOperation);
        }
        sched_context_unbind_all(core, sc);
        return STATUS_OK;
    case SchedContextUnbindObject:
        return unbind_object_decode(core, invocation, sc);
    case SchedContextConsumed:
        answer_consumed(core, sc);
        return STATUS_OK;
    case SchedContextYieldTo:
        return yield_to_decode(core, invocation, sc);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

// ---- SchedControl -------------------------------------------------------------------------------

/// Parameters of SchedControl_ConfigureFlags, checked.
struct sched_parameters {
    ticks_t budget;
    ticks_t period; ///< 0: round robin
    uint32_t refill_max;
    word_t badge;
    word_t flags;
};

static void configure_invoke(struct core *core, struct sched_context *sc, word_t core_number,
                             const struct sched_parameters *parameters)
{
    struct tcb *tcb = sc->tcb;
    struct core *home = core_of(core, core_number);
    if (home->minimum_budget == 0) {
        home->minimum_budget = 2 * arch_kernel_wcet_ticks();
    }
    sc->badge = parameters->badge;
    sc->sporadic = (parameters->flags & seL4_SchedContext_Sporadic) != 0;
    stop_remote(core, sc);
    bool in_use = sc->refill_max != 0 && tcb != NULL && tcb_is_runnable(tcb);
    if (tcb != NULL) {
        sched_dequeue(core, tcb);
        sched_release_remove(core, tcb);
    }
    if (sc == core->current_sc) {
        sched_commit_time(core); // old use counts by the old parameters
        core->reprogram_timer = true;
    }
    if (sc->core_number != core_number) {
        stop_running_on(core, sc);
        sc->core_number = core_number;
    }
    if (in_use) {
        refill_update(sc, core->now, home->minimum_budget, parameters->budget, parameters->period,
                      parameters->refill_max);
    } else {
        refill_init(sc, core->now, parameters->budget, parameters->period, parameters->refill_max);
    }
    if (tcb != NULL) {
        sched_set_core(core, tcb, core_number);
        if (tcb == core->current) {
            sched_context_resume(core, sc);
            sched_reschedule(core);
        } else if (tcb_is_runnable(tcb)) {
            sched_make_ready(core, tcb);
        }
    }
}

enum status sched_control_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label != SchedControlConfigureFlags) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 5 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) != CAP_SCHED_CONTEXT) {
        return error_invalid_capability(core, 1);
    }
    uint64_t budget_us = invocation_word(core, invocation, 0);
    uint64_t period_us = invocation_word(core, invocation, 1);
    word_t extra_refills = invocation_word(core, invocation, 2);
    uint64_t max_us = arch_max_us();
    ticks_t minimum = 2 * arch_kernel_wcet_ticks();
    uint64_t minimum_us = arch_ticks_to_us(minimum);
    if (budget_us > max_us || arch_us_to_ticks(budget_us) < minimum) {
        return error_range(core, minimum_us, max_us);
    }
    if (period_us > max_us || arch_us_to_ticks(period_us) < minimum) {
        return error_range(core, minimum_us, max_us);
    }
    if (budget_us > period_us) {
        return error_range(core, minimum_us, period_us);
    }
    word_t room = (BIT(sched_context_cap_size_bits(cap)) - seL4_CoreSchedContextBytes)
                  / seL4_RefillSizeBytes;
    if (room > REFILLS_MAX - REFILLS_MIN) {
        room = REFILLS_MAX - REFILLS_MIN;
    }
    if (extra_refills > room) {
        return error_range(core, 0, room);
    }
    bool round_robin = budget_us == period_us;
    struct sched_parameters parameters = {
        .budget = arch_us_to_ticks(budget_us),
        .period = round_robin ? 0 : arch_us_to_ticks(period_us),
        .refill_max = round_robin ? REFILLS_MIN : REFILLS_MIN + (uint32_t)extra_refills,
        .badge = invocation_word(core, invocation, 3),
        .flags = invocation_word(core, invocation, 4),
    };
    if (parameters.budget == parameters.period) {
        // Different microseconds that are the same number of ticks.
        parameters.period = 0;
        parameters.refill_max = REFILLS_MIN;
    }
    configure_invoke(core, cap_pointer(cap), invocation->cap.words[1], &parameters);
    return STATUS_OK;
}
