// SPDX-License-Identifier: BSD-2-Clause
// Scheduling contexts: budgets and periods, refills, timeout faults, YieldTo, consumed time, and what
// configuring, binding and unbinding refuse. Upper limits are checked where instructions are the only
// clock: an emulator on a busy machine stands still at times.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define PRIORITY 200

static bool counted;
static volatile seL4_Word progress[3];

static void spin(seL4_Word number)
{
    for (;;) {
        progress[number]++;
    }
}

static seL4_Word consumed(const struct task_thread *thread)
{
    seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(thread->sc);
    CHECK_EQUAL(used.error, seL4_NoError);
    return used.consumed;
}

static void check_time(seL4_Word us, seL4_Word least, seL4_Word most)
{
    if (counted) {
        if (!CHECK(us >= least && us <= most)) {
            task_print_number("us ", us);
            task_print("\n");
        }
    }
}

// ---- budgets ------------------------------------------------------------------------------------

/// Two threads with budgets, the upper one does not starve the lower one.
static void test_budgets(void)
{
    struct task_thread threads[2];
    static const seL4_Word budgets[2] = { 2000, 1000 };
    for (seL4_Word i = 0; i < 2; i++) {
        task_thread_create(&threads[i], PRIORITY - i, 0);
        task_thread_set_budget(&threads[i], budgets[i], 10000, 0, 0);
        progress[i] = 0;
        task_thread_start(&threads[i], spin, i);
    }
    task_let_run(30);
    for (seL4_Word i = 0; i < 2; i++) {
        seL4_Word used = consumed(&threads[i]);
        CHECK(!counted || (used != 0 && progress[i] != 0));
        check_time(used, 2 * budgets[i], 4 * budgets[i]);
        CHECK(consumed(&threads[i]) == 0); // asked once
    }
    // New parameters apply to a context in use.
    task_thread_set_budget(&threads[0], 1000, 8000, 0, 0);
    task_let_run(10);
    (void)consumed(&threads[0]);
    task_let_run(32);
    check_time(consumed(&threads[0]), 2900, 5100);
    for (int i = 0; i < 2; i++) {
        task_thread_delete(&threads[i]);
    }
}

/// Of equal priority and without periods: in turns.
static void test_round_robin(void)
{
    struct task_thread threads[3];
    for (seL4_Word i = 0; i < 3; i++) {
        task_thread_create(&threads[i], 2, 0);
        task_thread_set_budget(&threads[i], 1000, 1000, 0, 0);
        progress[i] = 0;
        task_thread_start(&threads[i], spin, i);
    }
    // This thread at the same priority is the fourth.
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 2), seL4_NoError);
    for (int i = 0; i < 4; i++) {
        seL4_Yield();
    }
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
    for (int i = 0; i < 3; i++) {
        CHECK(progress[i] != 0);
        check_time(consumed(&threads[i]), 3500, 4500);
        task_thread_delete(&threads[i]);
    }
}

static seL4_CPtr work, done;

/// Runs for some microseconds each time it is signalled.
static void burst(seL4_Word us)
{
    seL4_Word badge;
    for (;;) {
        seL4_Wait(work, &badge);
        seL4_Word end = task_us() + us;
        while (task_us() < end) {
        }
        progress[0]++;
        seL4_Signal(done);
    }
}

#define BURSTS 20

/// Budget that was used in pieces comes back in pieces, each one period after its use: never more
/// than the budget in any period.
static void test_refills(seL4_Word refills, seL4_Word flags)
{
    struct task_thread thread;
    seL4_Word badge;
    seL4_Word longest = 0;
    work = task_object(seL4_NotificationObject, 0);
    done = task_object(seL4_NotificationObject, 0);
    task_thread_create(&thread, PRIORITY, 0);
    task_thread_set_budget(&thread, 2000, 10000, refills, flags);
    task_thread_start(&thread, burst, 300);
    task_let_run(1);
    (void)consumed(&thread);
    seL4_Word start = task_us();
    progress[0] = 0;
    while (progress[0] < BURSTS) {
        seL4_Word before = task_us();
        seL4_Signal(work);
        seL4_Wait(done, &badge);
        seL4_Word took = task_us() - before;
        longest = took > longest ? took : longest;
    }
    seL4_Word took = task_us() - start;
    seL4_Word used = consumed(&thread);
    CHECK(used != 0);
    check_time(used, BURSTS * 200, (took / 10000 + 2) * 2000);
    // 4 to 6 ms of budget begin in the third period at the earliest; a burst lasts two at most.
    CHECK(took >= 10000);
    check_time(took, 10000, 90000);
    check_time(longest, 300, 40000);
    task_thread_delete(&thread);
    task_delete(work);
    task_delete(done);
}

// ---- timeout faults -----------------------------------------------------------------------------

static void test_timeouts(void)
{
    struct task_thread thread;
    seL4_CPtr timeouts = task_object(seL4_EndpointObject, 0);
    seL4_CPtr badged = task_badged(timeouts, 0x99);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr weak = task_slot();
    seL4_Word badge;
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, weak, 64, ROOT, timeouts, 64, seL4_ReadWrite), seL4_NoError);
    task_thread_create(&thread, PRIORITY, 0);
    CHECK_EQUAL(seL4_TCB_SetTimeoutEndpoint(thread.tcb, weak), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(seL4_TCB_SetTimeoutEndpoint(thread.tcb, badged), seL4_NoError);
    task_thread_set_budget(&thread, 1000, 8000, 0, 0);
    progress[0] = 0;
    task_thread_start(&thread, spin, 0);
    for (int i = 0; i < 3; i++) {
        seL4_MessageInfo_t info = seL4_Recv(timeouts, &badge, reply);
        CHECK_EQUAL(badge, 0x99);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
        CHECK_EQUAL(seL4_MessageInfo_get_length(info), 2);
        CHECK_EQUAL(seL4_GetMR(seL4_Timeout_Data), 7); // badge of the context
        CHECK(seL4_GetMR(seL4_Timeout_Consumed) != 0);
        check_time(seL4_GetMR(seL4_Timeout_Consumed), 980, 1100);
        CHECK(!counted || progress[0] != 0);
        progress[0] = 0;
        // Answered, it goes on with its next budget.
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    }
    // The answer may set registers, and may leave it stopped.
    (void)seL4_Recv(timeouts, &badge, reply);
    seL4_UserContext context = { .pc = 0x1234, .sp = 0x5678, .x0 = 0x42 };
    seL4_Send(reply, seL4_TimeoutReply_new(false, context, 4));
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, 36, &context), seL4_NoError);
    CHECK(context.pc == 0x1234 && context.sp == 0x5678 && context.x0 == 0x42);
    progress[0] = 0;
    task_let_run(10);
    CHECK_EQUAL(progress[0], 0);
    // Without the endpoint its budget is simply used up.
    CHECK_EQUAL(seL4_TCB_SetTimeoutEndpoint(thread.tcb, seL4_CapNull), seL4_NoError);
    task_thread_start(&thread, spin, 0);
    task_let_run(10);
    (void)seL4_NBRecv(timeouts, &badge, reply);
    CHECK_EQUAL(badge, 0);
    CHECK(!counted || progress[0] != 0);
    task_thread_delete(&thread);
    task_delete(timeouts);
    task_delete(badged);
    task_delete(weak);
    task_delete(reply);
}

// ---- YieldTo ------------------------------------------------------------------------------------

static volatile seL4_Word yield_result, yield_error;
static seL4_CPtr yield_target;

static void yield_once(seL4_Word unused)
{
    (void)unused;
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(yield_target);
    yield_result = result.consumed;
    yield_error = (seL4_Word)result.error;
    progress[1]++;
    for (;;) {
        seL4_Yield();
    }
}

static void test_yield_to(void)
{
    struct task_thread target, yielder;
    task_thread_create(&target, PRIORITY, 0);
    task_thread_create(&yielder, PRIORITY, 0);
    task_thread_set_budget(&target, 2000, 10000, 0, 0);
    task_thread_set_budget(&yielder, 2000, 10000, 0, 0);
    // Not itself, nobody without a thread, nobody above its own maximum.
    CHECK_EQUAL(seL4_SchedContext_YieldTo(seL4_CapInitThreadSC).error, seL4_IllegalOperation);
    seL4_CPtr unbound = task_object(seL4_SchedContextObject, 7);
    CHECK_EQUAL(seL4_SchedContext_YieldTo(unbound).error, seL4_IllegalOperation);
    yield_target = target.sc;
    progress[0] = progress[1] = 0;
    task_thread_start(&target, spin, 0);
    CHECK(task_let_reach(&progress[0], 1));
    // Below this thread: it does not run at once, but its time is told.
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(target.sc);
    CHECK_EQUAL(result.error, seL4_NoError);
    CHECK(result.consumed != 0);
    // At the same priority it runs now, until its budget (full again) is used up.
    (void)consumed(&target);
    for (seL4_Word end = task_us() + 22000; task_us() < end;) {
    }
    task_thread_start(&yielder, yield_once, 0);
    CHECK(task_let_reach(&progress[1], 1));
    CHECK_EQUAL(yield_error, seL4_NoError);
    check_time(yield_result, 1900, 2100);
    CHECK_EQUAL(seL4_TCB_SetMCPriority(yielder.tcb, seL4_CapInitThreadTCB, PRIORITY - 1),
                seL4_NoError);
    task_thread_start(&yielder, yield_once, 0);
    CHECK(task_let_reach(&progress[1], 2));
    CHECK_EQUAL(yield_error, seL4_IllegalOperation);
    task_thread_delete(&target);
    task_thread_delete(&yielder);
    task_delete(unbound);
}

// ---- what is refused ----------------------------------------------------------------------------

static void test_configure_errors(void)
{
    seL4_CPtr sc = task_object(seL4_SchedContextObject, 8);
    seL4_CPtr control = task_info->schedcontrol.start;
#define CONFIGURE(cap, budget, period, refills) \
    seL4_SchedControl_ConfigureFlags(control, (cap), (budget), (period), (refills), 0, 0)
    CHECK_EQUAL(CONFIGURE(seL4_CapInitThreadTCB, 1000, 1000, 0), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(CONFIGURE(sc, 0, 1000, 0), seL4_RangeError);
    seL4_Word least = seL4_GetMR(0);
    seL4_Word most = seL4_GetMR(1);
    CHECK(least > 0 && least < 1000 && most > 1000000000);
    CHECK_EQUAL(CONFIGURE(sc, most + 1, most + 1, 0), seL4_RangeError);
    CHECK_EQUAL(CONFIGURE(sc, 1000, most + 1, 0), seL4_RangeError);
    CHECK_EQUAL(CONFIGURE(sc, 2000, 1000, 0), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(1), 1000);
    CHECK_EQUAL(CONFIGURE(sc, 1000, 2000, 9), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(seL4_GetMR(1), (256 - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes);
    CHECK_EQUAL(CONFIGURE(sc, 1000, 2000, 8), seL4_NoError);
#undef CONFIGURE
    CHECK_EQUAL(SEL4_INVOKE(control, SchedContextBind, 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQUAL(SEL4_INVOKE(sc, SchedControlConfigureFlags, 0, 0, 0, 0, 0, 0),
                seL4_IllegalOperation);
    task_delete(sc);
}

static void test_bind_errors(void)
{
    struct task_thread thread;
    seL4_CPtr sc = task_object(seL4_SchedContextObject, 7);
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    task_thread_create(&thread, PRIORITY, 0);
    CHECK_EQUAL(seL4_SchedContext_Bind(sc, thread.tcb), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_Bind(thread.sc, seL4_CapInitThreadTCB), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_Bind(sc, seL4_CapIRQControl), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(sc, thread.tcb), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(thread.sc, notification), seL4_IllegalOperation);
    // One of each kind.
    CHECK_EQUAL(seL4_SchedContext_Bind(thread.sc, notification), seL4_NoError);
    CHECK_EQUAL(seL4_SchedContext_Bind(sc, notification), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_Unbind(thread.sc), seL4_NoError);
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(thread.sc, notification), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_Bind(sc, notification), seL4_NoError);
    CHECK_EQUAL(seL4_SchedContext_Bind(sc, thread.tcb), seL4_NoError);
    // Not from under itself.
    CHECK_EQUAL(seL4_SchedContext_Unbind(seL4_CapInitThreadSC), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(seL4_CapInitThreadSC, seL4_CapInitThreadTCB),
                seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetSchedParams(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255, 255, 0,
                                        0),
                seL4_IllegalOperation);
    // Priorities above the authority's maximum.
    CHECK_EQUAL(seL4_TCB_SetPriority(thread.tcb, thread.tcb, PRIORITY + 1), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(seL4_GetMR(1), PRIORITY);
    CHECK_EQUAL(seL4_TCB_SetMCPriority(thread.tcb, seL4_CapInitThreadTCB, 256), seL4_RangeError);
    CHECK_EQUAL(seL4_TCB_SetPriority(thread.tcb, notification, 1), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    task_thread_delete(&thread);
    task_delete(sc);
    task_delete(notification);
}

void test_sched(void)
{
    counted = task_time_is_counted();
    task_print(counted ? "instructions are the clock\n" : "times are not exact\n");
    test_configure_errors();
    test_bind_errors();
    test_budgets();
    test_round_robin();
    test_refills(8, seL4_SchedContext_Sporadic);
    if (CONFIG_MAX_NUM_NODES == 1) { // the same on each of several cores
        test_refills(0, seL4_SchedContext_NoFlag);
        test_refills(8, seL4_SchedContext_NoFlag);
    }
    test_timeouts();
    test_yield_to();
}
