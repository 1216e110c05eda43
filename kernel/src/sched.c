// SPDX-License-Identifier: BSD-2-Clause
// The scheduler: ready queues by domain and priority, the choice of the next thread, accounting of
// time to scheduling contexts, and the release queue of threads that wait for budget.
//
// The running thread is in no queue. Operations only note that somebody became ready (core->action)
// or change states; schedule_and_activate() makes the choice on the way out of the kernel and sees
// by itself when the current thread can't go on.
#include <kernel/sched.h>

/// Threads that are woken or released at one kernel entry.
#define EVENTS_PER_ENTRY 16u

// ---- cores --------------------------------------------------------------------------------------

#if CONFIG_MAX_NUM_NODES > 1
void sched_set_core(struct core *core, struct tcb *tcb, word_t number)
{
    if (tcb->core_number != number) {
        const bool waits = tcb->in_wake_queue;
        const ticks_t wake_time = tcb->wake_node.time;
        arch_thread_leave(core, tcb);
        sched_wake_cancel(core, tcb); // that queue is the core's
        tcb->core_number = number;
        if (waits) {
            sched_wake_at(core, tcb, wake_time);
        }
        if (tcb == core->current) {
            sched_reschedule(core);
        }
    }
}

void sched_displace(struct core *core)
{
    struct tcb *tcb = core->current;
    struct sched_context *sc = core->current_sc;
    sched_read_clock(core);
    sched_commit_time(core);
    core->current_sc = NULL;
    core->current = core->idle;
    core->reprogram_timer = true;
    core->action = SCHEDULER_CHOOSE_NEW;
    if (tcb == core->idle || !tcb_is_schedulable(tcb)) {
        return;
    }
    if (sched_context_is_ready(core, sc)) {
        sched_enqueue(core, tcb);
    } else {
        sched_postpone(core, sc);
    }
}

/// The current thread moved to another core, which gets it now.
static void hand_over_current(struct core *core)
{
    struct tcb *current = core->current;
    if (tcb_is_schedulable(current)) {
        sched_enqueue(core, current);
        arch_remote_reschedule(core, current->core_number);
    }
}
#else
void sched_set_core(struct core *core, struct tcb *tcb, word_t number)
{
    (void)core;
    tcb->core_number = number;
}
#endif

/// Whether the current thread may go on here.
static bool current_stays(const struct core *core)
{
    return core->current != core->idle && tcb_is_schedulable(core->current)
#if CONFIG_MAX_NUM_NODES > 1
           && core->current->core_number == core->number
#endif
        ;
}

/// The events of a core changed: another core has to look at them.
static void tell_core(struct core *home)
{
#if CONFIG_MAX_NUM_NODES > 1
    struct core *core = arch_current_core();
    if (home != core) {
        arch_remote_reschedule(core, home->number);
    }
#else
    (void)home;
#endif
}

// ---- ready queues -------------------------------------------------------------------------------

static struct tcb_queue *ready_queue(struct core *core, const struct tcb *tcb)
{
    return &core->ready.queue[tcb->domain][tcb->priority];
}

static void ready_mark(struct ready_queues *ready, unsigned domain, unsigned priority)
{
    ready->bitmap[domain][priority / 64] |= BIT(priority % 64);
    ready->summary[domain] |= BIT(priority / 64);
}

static void ready_unmark(struct ready_queues *ready, unsigned domain, unsigned priority)
{
    word_t *bits = &ready->bitmap[domain][priority / 64];
    *bits &= ~BIT(priority % 64);
    if (*bits == 0) {
        ready->summary[domain] &= ~BIT(priority / 64);
    }
}

void sched_enqueue(struct core *core, struct tcb *tcb)
{
    if (tcb->in_ready_queue) {
        return;
    }
    core = core_of(core, tcb->core_number);
    struct tcb_queue *queue = ready_queue(core, tcb);
    tcb->queue_previous = NULL;
    tcb->queue_next = queue->head;
    if (queue->head != NULL) {
        queue->head->queue_previous = tcb;
    } else {
        queue->tail = tcb;
        ready_mark(&core->ready, tcb->domain, tcb->priority);
    }
    queue->head = tcb;
    tcb->in_ready_queue = true;
}

void sched_append(struct core *core, struct tcb *tcb)
{
    if (tcb->in_ready_queue) {
        return;
    }
    core = core_of(core, tcb->core_number);
    struct tcb_queue *queue = ready_queue(core, tcb);
    tcb->queue_next = NULL;
    tcb->queue_previous = queue->tail;
    if (queue->tail != NULL) {
        queue->tail->queue_next = tcb;
    } else {
        queue->head = tcb;
        ready_mark(&core->ready, tcb->domain, tcb->priority);
    }
    queue->tail = tcb;
    tcb->in_ready_queue = true;
}

void sched_dequeue(struct core *core, struct tcb *tcb)
{
    core = core_of(core, tcb->core_number);
    if (tcb->in_ready_queue) {
        struct tcb_queue *queue = ready_queue(core, tcb);
        tcb_queue_remove(queue, tcb);
        tcb->in_ready_queue = false;
        if (queue->head == NULL) {
            ready_unmark(&core->ready, tcb->domain, tcb->priority);
        }
    } else if (core->action == SCHEDULER_SWITCH_TO && core->scheduler_candidate == tcb) {
        core->action = SCHEDULER_CHOOSE_NEW;
    }
}

void tcb_queue_remove(struct tcb_queue *queue, struct tcb *tcb)
{
    if (tcb->queue_previous != NULL) {
        tcb->queue_previous->queue_next = tcb->queue_next;
    } else {
        queue->head = tcb->queue_next;
    }
    if (tcb->queue_next != NULL) {
        tcb->queue_next->queue_previous = tcb->queue_previous;
    } else {
        queue->tail = tcb->queue_previous;
    }
    tcb->queue_next = NULL;
    tcb->queue_previous = NULL;
}

void tcb_queue_insert(struct tcb_queue *queue, struct tcb *tcb)
{
    // From group to group of equal priority: as many steps as there are priorities, not threads.
    struct tcb *before = queue->tail;
    while (before != NULL && before->priority < tcb->priority) {
        before = before->queue_group->queue_previous;
    }
    struct tcb *after = before != NULL ? before->queue_next : queue->head;
    tcb->queue_previous = before;
    tcb->queue_next = after;
    if (before != NULL) {
        before->queue_next = tcb;
    } else {
        queue->head = tcb;
    }
    if (after != NULL) {
        after->queue_previous = tcb;
    } else {
        queue->tail = tcb;
    }
    tcb->queue_group = tcb;
    if (before != NULL && before->priority == tcb->priority) {
        tcb_queue_join_group(before->queue_group, tcb);
    }
}

void tcb_queue_remove_sorted(struct tcb_queue *queue, struct tcb *tcb)
{
    struct tcb *previous = tcb->queue_previous;
    struct tcb *next = tcb->queue_next;
    const bool is_first = previous == NULL || previous->priority != tcb->priority;
    const bool is_last = next == NULL || next->priority != tcb->priority;
    if (is_first && !is_last) {
        tcb_queue_join_group(next, tcb->queue_group);
    } else if (is_last && !is_first) {
        tcb_queue_join_group(tcb->queue_group, previous);
    }
    tcb_queue_remove(queue, tcb);
}

// ---- threads that became ready ------------------------------------------------------------------

bool thread_is_runnable(const struct tcb *tcb)
{
    return tcb_is_runnable(tcb);
}

bool thread_is_schedulable(const struct tcb *tcb)
{
    return tcb_is_schedulable(tcb);
}

void thread_set_state(struct core *core, struct tcb *tcb, enum thread_state state)
{
    (void)core; // the way out looks at the current thread's state itself
    tcb->state = state;
}

void sched_reschedule(struct core *core)
{
    if (core->action == SCHEDULER_SWITCH_TO) {
        sched_enqueue(core, core->scheduler_candidate);
    }
    core->action = SCHEDULER_CHOOSE_NEW;
}

#if CONFIG_MAX_NUM_NODES > 1
/// The other core is interrupted only if it would run the thread now.
static void make_ready_elsewhere(struct core *core, struct tcb *tcb)
{
    const struct core *home = &kernel_cores[tcb->core_number];
    const struct tcb *current = home->current;
    sched_enqueue(core, tcb);
    if (tcb->domain == home->domain
        && (current == home->idle || !tcb_is_schedulable(current)
            || tcb->priority > current->priority)) {
        arch_remote_reschedule(core, tcb->core_number);
    }
}
#endif

void sched_make_ready(struct core *core, struct tcb *tcb)
{
    struct sched_context *sc = tcb->sched_context;
    if (sc == NULL || sc->refill_max == 0 || tcb->in_release_queue) {
        return;
    }
    if (UNLIKELY(!sched_context_is_ready(core, sc))) {
        sched_postpone(core, sc);
        return;
    }
    if (tcb == core->current || tcb->in_ready_queue) {
        return;
    }
#if CONFIG_MAX_NUM_NODES > 1
    if (tcb->core_number != core->number) {
        make_ready_elsewhere(core, tcb);
        return;
    }
#endif
    if (tcb->domain != core->domain) {
        sched_enqueue(core, tcb);
    } else if (core->action != SCHEDULER_RESUME_CURRENT) {
        sched_reschedule(core);
        sched_enqueue(core, tcb);
    } else {
        core->scheduler_candidate = tcb;
        core->action = SCHEDULER_SWITCH_TO;
    }
}

// ---- release queue ------------------------------------------------------------------------------

/// The next event is worked out and the timer set on the way out.
static void sched_events_changed(struct core *core)
{
    core->next_event = 0;
    core->reprogram_timer = true;
}

void sched_release_remove(struct core *core, struct tcb *tcb)
{
    if (!tcb->in_release_queue) {
        return;
    }
    core = core_of(core, tcb->core_number);
    if (core->release.first == &tcb->release_node) {
        sched_events_changed(core);
    }
    time_queue_remove(&core->release, &tcb->release_node);
    tcb->in_release_queue = false;
}

void sched_postpone(struct core *core, struct sched_context *sc)
{
    struct tcb *tcb = sc->tcb;
    sched_dequeue(core, tcb);
    sched_release_remove(core, tcb);

    struct core *home = core_of(core, tcb->core_number);
    time_queue_insert(&home->release, &tcb->release_node, refill_head(sc)->time);
    tcb->in_release_queue = true;
    if (home->release.first == &tcb->release_node) {
        sched_events_changed(home);
        tell_core(home);
    }
}

void sched_context_resume(struct core *core, struct sched_context *sc)
{
    if (sc->tcb != NULL && tcb_is_schedulable(sc->tcb) && !sched_context_is_ready(core, sc)) {
        sched_postpone(core, sc);
    }
}

/// First node of a queue when its time has come.
static struct time_node *first_due(const struct core *core, const struct time_queue *queue)
{
    struct time_node *first = queue->first;
    return first != NULL && first->time <= core->now ? first : NULL;
}

static void release_ready_threads(struct core *core)
{
    struct time_node *node = first_due(core, &core->release);
    for (unsigned i = 0; i < EVENTS_PER_ENTRY && node != NULL; i++) {
        struct tcb *tcb = CONTAINER_OF(node, struct tcb, release_node);
        sched_release_remove(core, tcb);
        sched_make_ready(core, tcb);
        node = first_due(core, &core->release);
    }
}

// ---- wake-ups -----------------------------------------------------------------------------------

void sched_wake_cancel(struct core *core, struct tcb *tcb)
{
    if (!tcb->in_wake_queue) {
        return;
    }
    core = core_of(core, tcb->core_number);
    if (core->wake.first == &tcb->wake_node) {
        sched_events_changed(core);
    }
    time_queue_remove(&core->wake, &tcb->wake_node);
    tcb->in_wake_queue = false;
}

void sched_wake_at(struct core *core, struct tcb *tcb, ticks_t at)
{
    sched_wake_cancel(core, tcb);
    core = core_of(core, tcb->core_number);
    time_queue_insert(&core->wake, &tcb->wake_node, at);
    tcb->in_wake_queue = true;
    if (core->wake.first == &tcb->wake_node) {
        sched_events_changed(core);
        tell_core(core);
    }
}

static void wake_due_threads(struct core *core)
{
    struct time_node *node = first_due(core, &core->wake);
    for (unsigned i = 0; i < EVENTS_PER_ENTRY && node != NULL; i++) {
        struct tcb *tcb = CONTAINER_OF(node, struct tcb, wake_node);
        sched_wake_cancel(core, tcb);
        arch_guest_idle_timeout(core, tcb);
        node = first_due(core, &core->wake);
    }
}

// ---- domains ------------------------------------------------------------------------------------

void sched_set_domain(struct core *core, struct tcb *tcb, word_t domain)
{
#if CONFIG_MAX_NUM_NODES > 1
    arch_remote_stall(core, tcb);
#endif
    sched_dequeue(core, tcb);
    tcb->domain = (uint8_t)domain;
    if (tcb == core->current) {
        sched_reschedule(core);
    } else if (tcb_is_schedulable(tcb)) {
        sched_make_ready(core, tcb);
    }
}

static void domain_begin(struct core *core, word_t index)
{
    const struct domain_entry *entry = &core->domain_schedule[index];
    core->domain_index = index;
    core->domain_end = entry->duration == 0 || entry->duration > TICKS_NEVER - core->now
                           ? TICKS_NEVER
                           : core->now + entry->duration;
    if (core->domain != entry->domain) {
        core->domain = entry->domain;
        sched_reschedule(core);
    }
    sched_events_changed(core);
}

static void domain_next(struct core *core)
{
    word_t index = core->domain_index + 1;
    if (index == DOMAIN_SCHEDULE_LENGTH || core->domain_schedule[index].duration == 0) {
        index = core->domain_start;
    }
    domain_begin(core, index);
}

void sched_domain_configure(word_t index, word_t domain, ticks_t duration)
{
    for (word_t i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        kernel_cores[i].domain_schedule[index] = (struct domain_entry){ domain, duration };
    }
}

void sched_domain_set_start(struct core *core, word_t index)
{
    for (word_t i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct core *each = &kernel_cores[i];
        each->domain_start = index;
        each->consumed += core->now - each->now;
        each->now = core->now;
#if CONFIG_MAX_NUM_NODES > 1
        arch_remote_reschedule(core, i); // before it is to choose already
#endif
        domain_begin(each, index);
    }
}

// ---- time ---------------------------------------------------------------------------------------

void sched_update_time(struct core *core)
{
    sched_read_clock(core);
}

void sched_commit_time(struct core *core)
{
    struct sched_context *sc = core->current_sc;
    ticks_t used = core->consumed;
    core->consumed = 0;
    if (sc == NULL || used == 0 || sc->refill_max == 0) {
        return;
    }
    sc->consumed += used;
    if (!sched_context_is_round_robin(sc)) {
        refill_charge(sc, core->minimum_budget, used);
        return;
    }
    struct refill *left = refill_head(sc);
    if (used + core->minimum_budget > left->amount) {
        // The turn ended outside of the entry's check; a new one begins.
        left->amount += sc->refills[sc->refill_tail].amount;
        sc->refills[sc->refill_tail].amount = 0;
    } else {
        left->amount -= used;
        sc->refills[sc->refill_tail].amount += used;
    }
}

void sched_end_turn(struct core *core, ticks_t used, bool may_fault)
{
    struct sched_context *sc = core->current_sc;
    struct tcb *tcb = core->current;
    core->consumed = 0;
    sc->consumed += used;
    bool round_robin = sched_context_is_round_robin(sc);
    if (round_robin) {
        refill_head(sc)->amount += sc->refills[sc->refill_tail].amount;
        sc->refills[sc->refill_tail].amount = 0;
    } else {
        refill_charge(sc, core->minimum_budget, used);
    }
    core->reprogram_timer = true;
    if (!tcb_is_schedulable(tcb) || tcb->sched_context != sc) {
        return;
    }
    if (may_fault && !round_robin && fault_send_timeout(core, tcb)) {
        return;
    }
    if (sched_context_is_ready(core, sc)) {
        sched_append(core, tcb);
        sched_reschedule(core);
    } else {
        sched_postpone(core, sc);
    }
}

bool sched_check_budget(struct core *core)
{
    if (LIKELY(sched_budget_is_left(core))) {
        return true;
    }
    if (core->current_sc == NULL) {
        core->consumed = 0;
        return true;
    }
    sched_end_turn(core, core->consumed, true);
    return false;
}

bool sched_check_budget_restart(struct core *core)
{
    if (LIKELY(sched_check_budget(core))) {
        return true;
    }
    if (tcb_is_runnable(core->current)) {
        core->current->state = THREAD_RESTART;
    }
    return false;
}

void sched_yield_turn(struct core *core)
{
    struct sched_context *sc = core->current_sc;
    ticks_t rest = refill_head(sc)->amount;
    ticks_t total = sc->consumed + core->consumed;
    sched_end_turn(core, rest, false);
    sc->consumed = total; // what was given up was not consumed
}

void sched_let_equals_go(struct core *core)
{
    struct tcb *current = core->current;
    if (sched_highest_ready(core) != current->priority) {
        return;
    }
    sched_update_time(core);
    if (sched_check_budget(core)) {
        sched_append(core, current);
        sched_reschedule(core);
    }
    schedule_and_activate(core);
}

// ---- the choice ---------------------------------------------------------------------------------

static struct tcb *choose_thread(struct core *core)
{
    int priority = sched_highest_ready(core);
    if (priority < 0) {
        return core->idle;
    }
    struct tcb *tcb = core->ready.queue[core->domain][priority].head;
    sched_dequeue(core, tcb);
    return tcb;
}

/// Takes the candidate at once where nobody else can come before it.
static struct tcb *choose_candidate(struct core *core, bool current_goes_on)
{
    struct tcb *candidate = core->scheduler_candidate;
    struct tcb *current = core->current;
    if (UNLIKELY(!tcb_is_schedulable(candidate) || candidate->domain != core->domain)) {
        return NULL;
    }
    if (candidate->priority > current->priority) {
        return candidate; // the current thread was the highest of all
    }
    if (current_goes_on) {
        // The current thread stays in front of equals and waits for nobody below.
        sched_append(core, candidate);
        return NULL;
    }
    if (candidate->priority < current->priority
        && candidate->priority < sched_highest_ready(core)) {
        sched_enqueue(core, candidate);
        return NULL;
    }
    return candidate;
}

static struct tcb *choose(struct core *core)
{
    struct tcb *current = core->current;
    bool goes_on = current_stays(core);
    struct tcb *next = NULL;
    enum scheduler_action action = core->action;
    core->action = SCHEDULER_RESUME_CURRENT;
    if (goes_on) {
        sched_enqueue(core, current);
    }
#if CONFIG_MAX_NUM_NODES > 1
    if (current->core_number != core->number) {
        hand_over_current(core);
    }
#endif
    if (action == SCHEDULER_SWITCH_TO) {
        next = choose_candidate(core, goes_on);
        core->scheduler_candidate = NULL;
    }
    return next != NULL ? next : choose_thread(core);
}

/// Looks after what waited for a time that has come, and for the next such time. Much that is due
/// at once is left to the timer interrupt that follows at once.
static void sched_handle_events(struct core *core)
{
    if (core->domain_end == 0) {
        domain_begin(core, 0); // first time on this core
    } else if (core->now >= core->domain_end) {
        domain_next(core);
    }
    wake_due_threads(core);
    release_ready_threads(core);

    ticks_t next = core->domain_end;
    if (core->release.first != NULL && core->release.first->time < next) {
        next = core->release.first->time;
    }
    if (core->wake.first != NULL && core->wake.first->time < next) {
        next = core->wake.first->time;
    }
    core->next_event = next;
}

void sched_switch_context(struct core *core, struct sched_context *sc)
{
    sched_commit_time(core);
    if (sc != core->current_sc) {
        if (sc != NULL && sc->sporadic == 0) {
            refill_unblock(sc, core->now);
        }
        core->current_sc = sc;
    }
    ticks_t deadline = core->next_event;
    if (sc != NULL && deadline > core->now && refill_head(sc)->amount < deadline - core->now) {
        deadline = core->now + refill_head(sc)->amount;
    }
    core->reprogram_timer = false;
    core->deadline = deadline;
    arch_timer_set_deadline(core, deadline);
}

void schedule_and_activate(struct core *core)
{
    if (UNLIKELY(core->now >= core->next_event)) {
        sched_handle_events(core);
    }
    struct tcb *current = core->current;
    if (core->action != SCHEDULER_RESUME_CURRENT
        || UNLIKELY(current != core->idle && !tcb_is_schedulable(current))) {
        struct tcb *next = choose(core);
        if (next != current) {
            if (next == core->idle) {
                arch_switch_to_idle(core);
            } else {
                arch_switch_to_thread(core, next);
            }
            core->current = next;
            current = next;
        }
    }
    struct sched_context *sc = current == core->idle ? NULL : current->sched_context;
    if (sc != core->current_sc || core->reprogram_timer) {
        sched_switch_context(core, sc);
    }
    if (UNLIKELY(current->state == THREAD_RESTART)) {
        arch_set_restart_pc(current);
        current->state = THREAD_RUNNING;
    }
    if (UNLIKELY(current->yield_to != NULL)) {
        yield_to_complete(core, current);
    }
}

/// A function of its own in every build: tests/perf/latency_clock.c counts from look to look.
static NOINLINE enum status preemption_look(struct core *core)
{
    core->work_units = 0;
    if (arch_irq_pending(core)) {
        return STATUS_PREEMPTED;
    }
#if CONFIG_MAX_NUM_NODES > 1
    if (arch_lock_is_wanted()) {
        return STATUS_PREEMPTED; // the call is made again, behind who waits
    }
#endif
    sched_update_time(core);
    struct sched_context *sc = core->current_sc;
    if (sc == NULL || core->consumed + core->minimum_budget > refill_head(sc)->amount) {
        return STATUS_PREEMPTED;
    }
    return STATUS_OK;
}

enum status preemption_point(struct core *core)
{
    core->work_units++;
    if (LIKELY(core->work_units < WORK_UNITS_PER_PREEMPTION_POINT)) {
        return STATUS_OK;
    }
    return preemption_look(core);
}

enum status preemption_step(struct core *core)
{
    return preemption_look(core);
}
