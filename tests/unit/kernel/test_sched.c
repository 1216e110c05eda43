// SPDX-License-Identifier: BSD-2-Clause
// The scheduler: priorities, round robin, budgets under a simulated clock (no window of one period
// ever holds more use than the budget), Yield, YieldTo, Consumed, SchedControl, domains and
// wake-ups.
#include "kernel_threads.h"
#include <stdlib.h>
#include <string.h>

#define SELF ((word_t)seL4_CapInitThreadTCB)

static void test_highest_priority_runs(void **state)
{
    (void)state;
    struct player players[5];
    static const word_t priorities[] = { 3, 254, 64, 63, 128 };
    static const unsigned order[] = { 1, 4, 2, 3, 0 };
    word_t endpoint = make(seL4_EndpointObject, 0);
    for (unsigned i = 0; i < 5; i++) {
        players[i] = make_player(priorities[i]);
    }
    root_sleep();
    for (unsigned i = 0; i < 5; i++) {
        assert_runs(players[order[i]]);
        assert_false(sys(seL4_SysWait, endpoint, 0, 0));
    }
    assert_ptr_equal(current(), harness_core()->idle);
}

static void test_round_robin(void **state)
{
    (void)state;
    struct player a = make_player(10);
    struct player b = make_player(10);
    struct player c = make_player(10);
    root_sleep();
    struct tcb *first = current();
    run_for_us(4900);
    assert_ptr_equal(current(), first);
    const struct tcb *seen[6];
    for (unsigned i = 0; i < 6; i++) {
        seen[i] = current();
        run_for_us(5000);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(seen[i], seen[i + 3]);
        assert_ptr_not_equal(seen[i], seen[i + 1]);
    }
    assert_true(seen[0] != seen[2]);
    // A turn is not renewed by being preempted.
    run_for_us(200);
    struct tcb *preempted = current();
    run_for_us(3000);
    assert_ptr_equal(current(), preempted);
    root_wake();
    root_sleep();
    assert_ptr_equal(current(), preempted);
    run_for_us(2500);
    assert_ptr_not_equal(current(), preempted);
    (void)a;
    (void)b;
    (void)c;
}

static void test_yield(void **state)
{
    (void)state;
    struct player a = make_player(10);
    struct player b = make_player(10);
    struct player sporadic = make_player_with(20, 1000, 10000, 0, 0);
    root_sleep();
    assert_runs(sporadic);
    assert_false(sys(seL4_SysYield, 0, 0, 0)); // gives up this period's budget
    assert_true(sporadic.tcb->in_release_queue);
    struct tcb *first = current();
    assert_false(sys(seL4_SysYield, 0, 0, 0));
    assert_ptr_not_equal(current(), first);
    assert_false(sys(seL4_SysYield, 0, 0, 0));
    assert_ptr_equal(current(), first);
    run_for_us(10100);
    assert_runs(sporadic);
    (void)a;
    (void)b;
}

/// A guest's WFE: equals go first, and come back to what was left of the turn.
static void test_let_equals_go(void **state)
{
    (void)state;
    struct player a = make_player(10);
    struct player b = make_player(10);
    struct player low = make_player(5);
    root_sleep();
    struct tcb *first = current();
    struct tcb *second = first == a.tcb ? b.tcb : a.tcb;
    run_for_us(3000);
    sched_let_equals_go(harness_core());
    assert_ptr_equal(current(), second);
    run_for_us(1000);
    sched_let_equals_go(harness_core());
    assert_ptr_equal(current(), first);
    run_for_us(1900);
    assert_ptr_equal(current(), first);
    run_for_us(200); // 5 ms in two parts
    assert_ptr_equal(current(), second);
    // Nobody of its priority is ready: it goes on.
    assert_false(sys(seL4_SysWait, make(seL4_EndpointObject, 0), 0, 0));
    assert_ptr_equal(current(), first);
    sched_let_equals_go(harness_core());
    assert_ptr_equal(current(), first);
    (void)low;
}

// ---- budgets ------------------------------------------------------------------------------------

/// One stretch of time that a scheduling context was used.
struct stretch {
    ticks_t start;
    ticks_t end;
};

#define STRETCHES_MAX 20000

struct meter {
    const struct sched_context *sc;
    ticks_t budget;
    ticks_t period;
    unsigned count;
    ticks_t total;
    struct stretch stretches[STRETCHES_MAX];
};

/// Use of a context in [from, from + period).
static ticks_t used_in_window(const struct meter *meter, unsigned first, ticks_t from)
{
    ticks_t used = 0;
    for (unsigned i = first; i < meter->count && meter->stretches[i].start < from + meter->period;
         i++) {
        ticks_t end = meter->stretches[i].end;
        if (end > from + meter->period) {
            end = from + meter->period;
        }
        used += end - meter->stretches[i].start;
    }
    return used;
}

/// The largest use of a window is found in one that begins with a stretch.
static void check_meter(const struct meter *meter)
{
    for (unsigned i = 0; i < meter->count; i++) {
        assert_true(used_in_window(meter, i, meter->stretches[i].start) <= meter->budget);
    }
}

static struct meter *meters;
static unsigned meter_count;

static void meter_record(ticks_t start, ticks_t end)
{
    for (unsigned i = 0; i < meter_count && start != end; i++) {
        struct meter *meter = &meters[i];
        if (meter->sc != harness_core()->current->sched_context) {
            continue;
        }
        meter->total += end - start;
        if (meter->count != 0 && meter->stretches[meter->count - 1].end == start) {
            meter->stretches[meter->count - 1].end = end;
            continue;
        }
        assert_true(meter->count < STRETCHES_MAX);
        meter->stretches[meter->count++] = (struct stretch){ start, end };
    }
}

static uint64_t random_state;

static uint64_t pick(uint64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 33) % limit;
}

/// Lets the current thread run for up to `ticks`, or until the timer fires. Every tick used is
/// metered.
static void simulate(ticks_t ticks)
{
    ticks_t now = arch_timer_now();
    ticks_t deadline = host_timer_deadline(harness_core());
    bool fires = deadline <= now + ticks;
    ticks_t step = fires ? (deadline > now ? deadline - now : 0) : ticks;
    meter_record(now, now + step);
    host_timer_advance(step);
    if (fires) {
        interrupt();
    }
}

static void meters_init(const struct player *players, unsigned count, const word_t (*parameters)[2])
{
    meters = calloc(count, sizeof(*meters));
    assert_non_null(meters);
    meter_count = count;
    for (unsigned i = 0; i < count; i++) {
        meters[i].sc = cap_pointer(cap_at(players[i].sched_context));
        meters[i].budget = parameters[i][0] * HOST_TICKS_PER_US;
        meters[i].period = parameters[i][1] * HOST_TICKS_PER_US;
    }
}

static void meters_check(void)
{
    for (unsigned i = 0; i < meter_count; i++) {
        check_meter(&meters[i]);
    }
    free(meters);
    meters = NULL;
    meter_count = 0;
}

static void test_busy_thread_gets_its_share(void **state)
{
    (void)state;
    static const word_t parameters[][2] = { { 1000, 10000 }, { 3000, 10000 } };
    struct player players[] = {
        make_player_with(20, 1000, 10000, 0, 0),
        make_player_with(10, 3000, 10000, 3, 0),
    };
    meters_init(players, 2, parameters);
    root_sleep();
    ticks_t end = arch_timer_now() + 1000000 * HOST_TICKS_PER_US;
    while (arch_timer_now() < end) {
        simulate(end - arch_timer_now());
    }
    assert_true(meters[0].total >= 1000 * 100 * HOST_TICKS_PER_US - 1000 * HOST_TICKS_PER_US);
    assert_true(meters[0].total <= 1000 * 101 * HOST_TICKS_PER_US);
    // The lower one is preempted; each preemption moves its budget to later.
    assert_true(meters[1].total >= 3000 * 80 * HOST_TICKS_PER_US);
    meters_check();
}

enum { RANDOM_PLAYERS = 6, RANDOM_SERVERS = 2, RANDOM_STEPS = 3000 };

/// A passive server and what it waits on.
struct server {
    struct player player;
    word_t endpoint;
    word_t reply;
};

static struct server make_server(word_t priority)
{
    struct server server = {
        .player = make_passive_player(priority),
        .endpoint = make(seL4_EndpointObject, 0),
        .reply = make(seL4_ReplyObject, 0),
    };
    park_server(server.player, server.endpoint, server.reply);
    return server;
}

/// One random system call of the current thread.
static void random_step(const struct server *servers, const word_t *notifications)
{
    for (unsigned i = 0; i < RANDOM_SERVERS; i++) {
        if (current() == servers[i].player.tcb) {
            if (i == 0 && pick(3) == 0) { // the first server is a client of the second
                (void)sys(seL4_SysCall, servers[1].endpoint, info(1, 0), 0);
            } else {
                (void)sys(seL4_SysReplyRecv, servers[i].endpoint, info(1, 0), servers[i].reply);
            }
            return;
        }
    }
    word_t notification = notifications[pick(RANDOM_PLAYERS)];
    switch (pick(10)) {
    case 0:
        (void)sys(seL4_SysWait, notification, 0, 0);
        break;
    case 1:
        (void)sys(seL4_SysYield, 0, 0, 0);
        break;
    case 2:
    case 3:
    case 4:
        (void)sys(seL4_SysNBSend, notification, info(0, 0), 0);
        break;
    case 5:
    case 6:
        (void)sys(seL4_SysCall, servers[pick(RANDOM_SERVERS)].endpoint, info(1, 0), 0);
        break;
    default:
        break;
    }
}

/// Threads of several budgets do system calls, block, wake each other and call passive servers at
/// random moments.
static void random_run(uint64_t seed, word_t flags)
{
    static const word_t parameters[RANDOM_PLAYERS][2] = {
        { 100, 1000 }, { 350, 700 }, { 500, 5000 }, { 40, 400 }, { 2000, 9000 }, { 100, 110 },
    };
    static const word_t refills[RANDOM_PLAYERS] = { 0, 5, 1, 10, 0, 2 };
    struct player players[RANDOM_PLAYERS];
    struct server servers[RANDOM_SERVERS];
    word_t notifications[RANDOM_PLAYERS];
    (void)harness_setup(NULL);
    random_state = seed;
    for (unsigned i = 0; i < RANDOM_SERVERS; i++) {
        servers[i] = make_server(20 + i);
    }
    for (unsigned i = 0; i < RANDOM_PLAYERS; i++) {
        players[i] =
            make_player_with(10 + pick(4), parameters[i][0], parameters[i][1], refills[i], flags);
        notifications[i] = make(seL4_NotificationObject, 0);
    }
    meters_init(players, RANDOM_PLAYERS, parameters);
    root_sleep();
    for (unsigned step = 0; step < RANDOM_STEPS; step++) {
        simulate(1 + pick(2000));
        if (current() == harness_core()->idle) {
            continue;
        }
        random_step(servers, notifications);
        if (step % 16 == 0) { // nobody sleeps for ever
            struct core *core = harness_core();
            sched_update_time(core); // as an interrupt does
            (void)sched_check_budget(core);
            notification_signal(core, cap_pointer(cap_at(notifications[pick(RANDOM_PLAYERS)])), 1);
            schedule_and_activate(core);
        }
    }
    if (flags == 0) {
        meters_check();
    } else {
        free(meters);
        meters = NULL;
        meter_count = 0;
    }
}

static void test_budgets_hold_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        random_run(seed, 0);
    }
}

static void test_sporadic_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        random_run(seed, seL4_SchedContext_Sporadic);
    }
}

/// The refill arithmetic alone: amounts always add up to the budget, times rise, no refill is lost.
static void test_refill_arithmetic(void **state)
{
    (void)state;
    static union {
        struct sched_context sc;
        uint8_t bytes[1024];
    } memory;
    struct sched_context *sc = &memory.sc;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        random_state = seed;
        ticks_t minimum = 20;
        ticks_t budget = 40 + pick(500);
        ticks_t period = budget + 1 + pick(2000);
        ticks_t now = 1000;
        memset(&memory, 0, sizeof(memory));
        refill_init(sc, now, budget, period, REFILLS_MIN + (uint32_t)pick(20));
        for (unsigned step = 0; step < 300; step++) {
            now += pick(period);
            if (refill_head(sc)->time <= now) {
                if (pick(2) == 0) {
                    refill_unblock(sc, now);
                }
                ticks_t used = pick(pick(20) == 0 ? 5 * period : refill_head(sc)->amount + 1);
                refill_charge(sc, minimum, used);
                now += used;
            }
            ticks_t sum = 0;
            for (uint32_t i = sc->refill_head;; i = i + 1 == sc->refill_max ? 0 : i + 1) {
                sum += sc->refills[i].amount;
                if (i == sc->refill_tail) {
                    break;
                }
                uint32_t next = i + 1 == sc->refill_max ? 0 : i + 1;
                assert_true(sc->refills[i].time + sc->refills[i].amount <= sc->refills[next].time);
            }
            assert_int_equal(sum, budget);
            assert_true(refill_head(sc)->amount >= minimum);
        }
    }
}

static void test_late_interrupt_is_paid_back(void **state)
{
    (void)state;
    struct player player = make_player_with(10, 1000, 10000, 0, 0);
    root_sleep();
    assert_runs(player);
    pass_us(1500); // the timer interrupt was kept out for 500 us
    interrupt();
    assert_true(player.tcb->in_release_queue);
    run_for_us(8900); // the next budget comes at 10000, but 500 us of it were already used
    assert_ptr_equal(current(), harness_core()->idle);
    run_for_us(200);
    assert_runs(player);
    run_for_us(500);
    assert_ptr_equal(current(), harness_core()->idle);
    run_for_us(18800); // 30000
    ticks_t consumed =
        ((struct sched_context *)cap_pointer(cap_at(player.sched_context)))->consumed;
    assert_true(consumed <= 3 * 1000 * HOST_TICKS_PER_US);
}

// ---- scheduling context invocations -------------------------------------------------------------

static void test_configure_errors(void **state)
{
    (void)state;
    word_t sc = make(seL4_SchedContextObject, 8); // 10 refills
    word_t control = harness_boot_info()->schedcontrol.start;
    word_t minimum_us = arch_ticks_to_us(2 * arch_kernel_wcet_ticks());
    assert_int_equal(call(control, SchedControlConfigureFlags, WORDS(sc), WORDS(100, 100, 0, 0)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(control, SchedControlConfigureFlags, NO_WORDS, WORDS(100, 100, 0, 0, 0)),
                     seL4_TruncatedMessage);
    assert_int_equal(configure(ROOT, 100, 100, 0, 0, 0), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(configure(sc, minimum_us - 1, 1000, 0, 0, 0), seL4_RangeError);
    assert_int_equal(answer.mr[0], minimum_us);
    assert_int_equal(answer.mr[1], arch_max_us());
    assert_int_equal(configure(sc, ~(word_t)0, ~(word_t)0, 0, 0, 0), seL4_RangeError);
    assert_int_equal(configure(sc, 100, arch_max_us() + 1, 0, 0, 0), seL4_RangeError);
    assert_int_equal(configure(sc, 200, 100, 0, 0, 0), seL4_RangeError);
    assert_int_equal(answer.mr[1], 100);
    assert_int_equal(configure(sc, 100, 1000, 9, 0, 0), seL4_RangeError);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(answer.mr[1], 8);
    assert_int_equal(configure(sc, 100, 1000, 8, 0, 0), seL4_NoError);
    assert_int_equal(call(control, SchedContextBind, WORDS(sc), NO_WORDS), seL4_IllegalOperation);
    assert_int_equal(call(sc, TCBSuspend, NO_WORDS, NO_WORDS), seL4_IllegalOperation);
}

static void test_reconfigure_running_thread(void **state)
{
    (void)state;
    struct player player = make_player_with(10, 1000, 10000, 0, 0);
    root_sleep();
    run_for_us(1100);
    assert_true(player.tcb->in_release_queue);
    struct core *core = harness_core();
    assert_ptr_equal(core->current, core->idle);
    struct player root = { .tcb = harness_root_thread() };
    notification_signal(core, (struct notification *)(uintptr_t)root.tcb->blocking_object, 1);
    schedule_and_activate(core);
    assert_root_runs();
    assert_int_equal(configure(player.sched_context, 500, 500, 0, 0, 0), seL4_NoError);
    root_sleep();
    assert_ptr_equal(current(), core->idle); // only from the time on that it was to wait for
    run_for_us(9000);
    assert_runs(player);
    run_for_us(5000);
    assert_runs(player);
}

static void test_unconfigured_context_does_not_run(void **state)
{
    (void)state;
    struct player player = make_passive_player(10);
    word_t sc = make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert_int_equal(call(sc, SchedContextBind, WORDS(player.cap), NO_WORDS), seL4_NoError);
    root_sleep();
    assert_ptr_equal(current(), harness_core()->idle);
}

static void test_bind_errors(void **state)
{
    (void)state;
    struct player player = make_player(10);
    struct player other = make_passive_player(10);
    word_t sc = make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    word_t notification = make(seL4_NotificationObject, 0);
    assert_int_equal(call(sc, SchedContextBind, NO_WORDS, NO_WORDS), seL4_TruncatedMessage);
    assert_int_equal(call(sc, SchedContextBind, WORDS(ROOT), NO_WORDS), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(sc, SchedContextBind, WORDS(player.cap), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(player.sched_context, SchedContextBind, WORDS(other.cap), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(sc, SchedContextUnbindObject, WORDS(other.cap), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(sc, SchedContextUnbindObject, WORDS(notification), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(sc, SchedContextBind, WORDS(notification), NO_WORDS), seL4_NoError);
    // One of each kind; a second notification not.
    assert_int_equal(call(sc, SchedContextBind, WORDS(make(seL4_NotificationObject, 0)), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(sc, SchedContextBind, WORDS(other.cap), NO_WORDS), seL4_NoError);
    assert_int_equal(call(sc, SchedContextUnbindObject, WORDS(notification), NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(sc, SchedContextUnbindObject, WORDS(other.cap), NO_WORDS), seL4_NoError);
    // The running thread does not take its own context away by its name.
    assert_int_equal(call(seL4_CapInitThreadSC, SchedContextUnbindObject,
                          WORDS(seL4_CapInitThreadTCB), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(seL4_CapInitThreadSC, SchedContextUnbind, NO_WORDS, NO_WORDS),
                     seL4_IllegalOperation);
    // A blocked thread may only get a context with budget.
    root_sleep();
    assert_false(sys(seL4_SysWait, notification, 0, 0));
    assert_ptr_equal(current(), harness_core()->idle);
    assert_int_equal(player.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
}

static void test_consumed(void **state)
{
    (void)state;
    struct player player = make_player_with(10, 1000, 10000, 0, 0);
    root_sleep();
    pass_us(300);
    root_wake();
    assert_int_equal(call(player.sched_context, SchedContextConsumed, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(answer.length, 1);
    assert_int_equal(answer.mr[0], 300);
    assert_int_equal(call(player.sched_context, SchedContextConsumed, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(answer.mr[0], 0);
}

static void test_yield_to(void **state)
{
    (void)state;
    struct player yielder = make_player(20);
    struct player target = make_player(20);
    struct player high = make_player(30);
    word_t notification = make(seL4_NotificationObject, 0);
    assert_int_equal(call(yielder.cap, TCBSetMCPriority, WORDS(SELF), WORDS(25)), seL4_NoError);
    assert_int_equal(call(high.cap, TCBSuspend, NO_WORDS, NO_WORDS), seL4_NoError);
    root_sleep();
    while (current() != yielder.tcb) {
        (void)sys(seL4_SysYield, 0, 0, 0);
    }
    assert_true(sys(seL4_SysCall, high.sched_context, info(SchedContextYieldTo, 0), 0));
    assert_int_equal(answer.label, seL4_IllegalOperation); // above its maximum
    assert_true(sys(seL4_SysCall, yielder.sched_context, info(SchedContextYieldTo, 0), 0));
    assert_int_equal(answer.label, seL4_IllegalOperation); // itself
    assert_false(sys(seL4_SysCall, target.sched_context, info(SchedContextYieldTo, 0), 0));
    assert_runs(target);
    pass_us(700);
    assert_false(sys(seL4_SysWait, notification, 0, 0));
    assert_runs(yielder); // now it is told
    assert_int_equal(got_length(yielder.tcb), 1);
    assert_int_equal(got_word(yielder.tcb, 0), 700);
    assert_true(sys(seL4_SysCall, target.sched_context, info(SchedContextYieldTo, 0), 0));
    assert_int_equal(answer.label, seL4_NoError); // the target does not run: at once
    assert_int_equal(answer.mr[0], 0);
}

static void test_domains(void **state)
{
    (void)state;
    struct player a = make_player(10);
    struct player b = make_player(10);
    word_t domain = seL4_CapDomain;
    assert_int_equal(call(domain, DomainSetSet, WORDS(b.cap), WORDS(1)), seL4_NoError);
    assert_int_equal(call(domain, DomainSetSet, WORDS(b.cap), WORDS(CONFIG_NUM_DOMAINS)),
                     seL4_InvalidArgument);
    assert_int_equal(call(domain, DomainScheduleConfigure, NO_WORDS, WORDS(1, 0, 10000)),
                     seL4_NoError);
    assert_int_equal(call(domain, DomainScheduleConfigure, NO_WORDS, WORDS(2, 1, 20000)),
                     seL4_NoError);
    assert_int_equal(call(domain, DomainScheduleConfigure, NO_WORDS, WORDS(3, 0, 0)), seL4_NoError);
    assert_int_equal(call(domain, DomainScheduleSetStart, NO_WORDS, WORDS(1)), seL4_NoError);
    root_sleep();
    for (unsigned round = 0; round < 3; round++) {
        assert_runs(a);
        run_for_us(1000);
        assert_runs(b);
        run_for_us(1000);
        assert_runs(b);
        run_for_us(1000);
    }
    // With nobody in the domain the core idles.
    struct core *core = harness_core();
    thread_suspend(core, b.tcb);
    schedule_and_activate(core);
    assert_runs(a);
    run_for_us(1000);
    assert_ptr_equal(current(), core->idle);
    run_for_us(2000);
    assert_runs(a);
}

// ---- wake-ups -----------------------------------------------------------------------------------

static void test_wake_queue(void **state)
{
    (void)state;
    struct core *core = harness_core();
    struct player players[] = { make_player(10), make_player(11), make_player(12) };
    static const word_t at_us[] = { 300, 100, 200 };
    for (unsigned i = 0; i < 3; i++) { // only guests wait like this
        assert_int_equal(call(make(seL4_ARM_VCPUObject, 0), ARMVCPUSetTCB, WORDS(players[i].cap),
                              NO_WORDS),
                         seL4_NoError);
    }
    root_sleep();
    ticks_t now = arch_timer_now();
    for (unsigned i = 0; i < 3; i++) {
        thread_suspend(core, players[i].tcb);
        players[i].tcb->state = THREAD_BLOCKED_IN_GUEST_IDLE;
        sched_wake_at(core, players[i].tcb, now + 1000 * HOST_TICKS_PER_US);
        sched_wake_at(core, players[i].tcb, now + at_us[i] * HOST_TICKS_PER_US);
    }
    schedule_and_activate(core);
    assert_ptr_equal(current(), core->idle);
    assert_ptr_equal(core->wake.first, &players[1].tcb->wake_node);
    assert_int_equal(host_timer_deadline(core), now + 100 * HOST_TICKS_PER_US);
    thread_suspend(core, players[2].tcb); // takes it out
    assert_false(players[2].tcb->in_wake_queue);
    run_for_us(150);
    assert_false(players[1].tcb->in_wake_queue);
    assert_true(players[0].tcb->in_wake_queue);
    run_for_us(200);
    assert_null(core->wake.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_highest_priority_runs, harness_setup),
        cmocka_unit_test_setup(test_round_robin, harness_setup),
        cmocka_unit_test_setup(test_yield, harness_setup),
        cmocka_unit_test_setup(test_let_equals_go, harness_setup),
        cmocka_unit_test_setup(test_busy_thread_gets_its_share, harness_setup),
        cmocka_unit_test_setup(test_budgets_hold_at_random, harness_setup),
        cmocka_unit_test_setup(test_sporadic_at_random, harness_setup),
        cmocka_unit_test_setup(test_refill_arithmetic, harness_setup),
        cmocka_unit_test_setup(test_late_interrupt_is_paid_back, harness_setup),
        cmocka_unit_test_setup(test_configure_errors, harness_setup),
        cmocka_unit_test_setup(test_reconfigure_running_thread, harness_setup),
        cmocka_unit_test_setup(test_unconfigured_context_does_not_run, harness_setup),
        cmocka_unit_test_setup(test_bind_errors, harness_setup),
        cmocka_unit_test_setup(test_consumed, harness_setup),
        cmocka_unit_test_setup(test_yield_to, harness_setup),
        cmocka_unit_test_setup(test_domains, harness_setup),
        cmocka_unit_test_setup(test_wake_queue, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
