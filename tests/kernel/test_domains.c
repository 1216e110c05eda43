// SPDX-License-Identifier: BSD-2-Clause
// Scheduling domains: who runs when, changing the schedule while it runs, its start index, and
// messages between domains, which wait for the receiver's turn.
#include "task.h"

#define OTHER 3 ///< the domain beside this task's 0
#define NEVER (1ul << 60)

static volatile seL4_Word progress;
static seL4_CPtr endpoint;

static seL4_Word ticks(seL4_Word ms)
{
    seL4_Word frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency / 1000 * ms;
}

static seL4_Error entry(seL4_Word index, seL4_Uint8 domain, seL4_Word duration)
{
    return seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, index, domain, duration);
}

static void spin(seL4_Word unused)
{
    (void)unused;
    for (;;) {
        progress++;
    }
}

/// Waits at this thread's priority, which is above all others'.
static void wait_ms(seL4_Word ms)
{
    for (seL4_Word end = task_us() + 1000 * ms; task_us() < end;) {
    }
}

static void test_errors(void)
{
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, CONFIG_NUM_DOMAINS, seL4_CapInitThreadTCB),
                seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, 0, endpoint), seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(entry(255, 0, 1), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(1), 254);
    CHECK_EQUAL(entry(1, CONFIG_NUM_DOMAINS, 1), seL4_RangeError);
    CHECK_EQUAL(entry(1, 1, 0), seL4_InvalidArgument);
    CHECK_EQUAL(entry(0, 0, 0), seL4_InvalidArgument); // the schedule must not become empty
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 5), seL4_InvalidArgument);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 255), seL4_RangeError);
    CHECK_EQUAL(SEL4_INVOKE(seL4_CapDomain, TCBSuspend, 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

/// A thread of another domain does not run in this one, whatever its priority, and has its windows to
/// itself.
static void test_windows(void)
{
    struct task_thread thread;
    task_thread_create(&thread, 200, 0);
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, OTHER, thread.tcb), seL4_NoError);
    task_thread_start(&thread, spin, 0);
    progress = 0;
    task_let_run(5);
    CHECK_EQUAL(progress, 0);
    // 3 ms here, 2 ms there.
    CHECK_EQUAL(entry(1, OTHER, ticks(2)), seL4_NoError);
    CHECK_EQUAL(entry(2, 0, 0), seL4_NoError);
    CHECK_EQUAL(entry(0, 0, ticks(3)), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
    seL4_Word longest = 0;
    seL4_Word last = task_us();
    seL4_Word start = last;
    (void)seL4_SchedContext_Consumed(thread.sc);
    // This thread at its highest priority is interrupted by the lower one all the same.
    while (task_us() < start + 30000) {
        seL4_Word now = task_us();
        longest = now - last > longest ? now - last : longest;
        last = now;
    }
    seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(thread.sc);
    if (task_time_is_counted()) {
        CHECK(progress != 0);
        CHECK(longest >= 1900 && longest < 2200);
        CHECK(used.consumed >= 9000 && used.consumed <= 15000);
    }
    // Back into this domain: it gets what this thread leaves.
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, 0, thread.tcb), seL4_NoError);
    seL4_Word before = progress;
    wait_ms(5);
    CHECK_EQUAL(progress, before);
    CHECK_EQUAL(entry(1, 0, 0), seL4_NoError);
    CHECK_EQUAL(entry(0, 0, NEVER), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
    task_thread_delete(&thread);
}

/// What lies before the start index is not run again.
static void test_start(void)
{
    struct task_thread thread;
    task_thread_create(&thread, 200, 0);
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, OTHER, thread.tcb), seL4_NoError);
    progress = 0;
    task_thread_start(&thread, spin, 0);
    // 0: this, 1: other; from 2 on, this one only.
    CHECK_EQUAL(entry(1, OTHER, ticks(1)), seL4_NoError);
    CHECK_EQUAL(entry(2, 0, ticks(1)), seL4_NoError);
    CHECK_EQUAL(entry(3, 0, 0), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 2), seL4_NoError);
    wait_ms(5);
    CHECK_EQUAL(progress, 0);
    // Entries change while they are not running.
    CHECK_EQUAL(entry(3, OTHER, ticks(1)), seL4_NoError);
    CHECK_EQUAL(entry(4, 0, 0), seL4_NoError);
    for (int i = 0; i < 100 && progress == 0; i++) {
        wait_ms(5);
    }
    CHECK(progress != 0);
    // The entry where the schedule starts must not end it.
    CHECK_EQUAL(entry(2, 0, 0), seL4_InvalidArgument);
    CHECK_EQUAL(entry(0, 0, NEVER), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
    seL4_Word before = progress;
    wait_ms(5);
    CHECK_EQUAL(progress, before);
    for (seL4_Word i = 1; i < 4; i++) {
        CHECK_EQUAL(entry(i, 0, 0), seL4_NoError);
    }
    task_thread_delete(&thread);
}

// ---- messages -----------------------------------------------------------------------------------

static void serve(seL4_Word reply)
{
    seL4_Word badge;
    (void)seL4_Recv(endpoint, &badge, reply);
    for (;;) {
        seL4_SetMR(0, seL4_GetMR(0) + 1);
        progress++;
        (void)seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, reply);
    }
}

/// A call to a server of another domain is answered when that domain has its turn; a passive server
/// works in its own domain, too, on its client's time.
static void test_messages(bool passive)
{
    struct task_thread server;
    task_thread_create(&server, 250, 0);
    task_thread_start(&server, serve, server.reply);
    task_let_run(1);
    if (passive) {
        task_thread_make_passive(&server);
    }
    CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, OTHER, server.tcb), seL4_NoError);
    CHECK_EQUAL(entry(1, OTHER, ticks(2)), seL4_NoError);
    CHECK_EQUAL(entry(0, 0, ticks(4)), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
    progress = 0;
    seL4_Word start = task_us();
    for (seL4_Word i = 0; i < 5; i++) {
        seL4_SetMR(0, i);
        (void)seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        CHECK_EQUAL(seL4_GetMR(0), i + 1);
    }
    CHECK_EQUAL(progress, 5);
    // Each call waits for the other domain, and each answer for this one.
    CHECK(task_us() - start >= 5 * 5000 - 1000);
    CHECK_EQUAL(entry(1, 0, 0), seL4_NoError);
    CHECK_EQUAL(entry(0, 0, NEVER), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
    task_thread_delete(&server);
}

void test_domains(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    test_errors();
    test_windows();
    test_start();
    test_messages(false);
    test_messages(true);
    task_delete(endpoint);
}
