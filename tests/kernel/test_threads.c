// SPDX-License-Identifier: BSD-2-Clause
// Threads: registers, priorities, floating point, suspension.
#include "task.h"

static volatile seL4_Word shared;
static seL4_CPtr done;

static void add_argument(seL4_Word value)
{
    shared += value;
    seL4_Signal(done);
}

static void spin(seL4_Word value)
{
    (void)value;
    for (;;) {
        shared++;
    }
}

static volatile seL4_Word fp_results[2];

static void hold_fp(seL4_Word value)
{
    fp_results[value & 1] = fp_hold(0xf00d0000 + value, 20);
    seL4_Signal(done);
    for (;;) {
        seL4_Yield();
    }
}

static void test_registers(void)
{
    struct task_thread thread;
    seL4_UserContext context = {
        .pc = 0x1000, .sp = 0x2000, .spsr = 0x3c5, .x0 = 7, .x28 = 28, .x15 = 15
    };
    seL4_UserContext back;
    task_thread_create(&thread, 100, 0);
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 0, 0, 36, &context), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, 36, &back), seL4_NoError);
    CHECK_EQUAL(back.pc, 0x1000);
    CHECK_EQUAL(back.sp, 0x2000);
    CHECK_EQUAL(back.spsr & 0x1f, 0);
    CHECK_EQUAL(back.x0, 7);
    CHECK_EQUAL(back.x15, 15);
    CHECK_EQUAL(back.x28, 28);
}

static void test_fp(void)
{
    static struct task_thread threads[2];
    seL4_Word badge;
    for (seL4_Word i = 0; i < 2; i++) {
        task_thread_create(&threads[i], 200, 0);
        task_thread_start(&threads[i], hold_fp, i);
    }
    seL4_Wait(done, &badge);
    if (fp_results[0] == 0 || fp_results[1] == 0) {
        seL4_Wait(done, &badge);
    }
    CHECK_EQUAL(fp_results[0], 0xf00d0000);
    CHECK_EQUAL(fp_results[1], 0xf00d0001);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(seL4_TCB_Suspend(threads[i].tcb), seL4_NoError);
    }
}

static void test_preemption(void)
{
    struct task_thread low;
    seL4_Word before;
    seL4_Word badge;
    static struct task_thread waker;

    // This thread drops below `low` for a while; its own budget and the timer bring it back.
    task_thread_create(&low, 50, 0);
    shared = 0;
    task_thread_start(&low, spin, 0);
    CHECK_EQUAL(shared, 0);
    task_thread_create(&waker, 100, 0);
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 50),
                seL4_NoError);
    seL4_Yield();
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
    before = shared;
    CHECK(before > 0);
    CHECK_EQUAL(seL4_TCB_Suspend(low.tcb), seL4_NoError);
    seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(low.sc);
    CHECK(used.consumed >= 4000); // no upper limit: an emulator on a busy machine stands still at times
    task_print_number("spinner consumed us ", used.consumed);
    task_print("\n");
    (void)badge;
}

/// What debug kernels print of threads; run.py looks for it.
static void test_debug_output(void)
{
#if CONFIG_DEBUG_BUILD
    struct task_thread thread;
    task_thread_create(&thread, 77, 0);
    task_thread_start(&thread, spin, 0);
    seL4_DebugNameThread(thread.tcb, "kernel test thread");
    seL4_DebugDumpScheduler();
    seL4_DebugSnapshot();
    // A name of any length, and who is no thread.
    char name[300];
    for (unsigned i = 0; i < sizeof(name) - 1; i++) {
        name[i] = 'n';
    }
    name[sizeof(name) - 1] = '\0';
    seL4_DebugNameThread(thread.tcb, name);
    seL4_DebugNameThread(done, name);
    task_thread_delete(&thread);
#endif
}

void test_threads(void)
{
    struct task_thread thread;
    seL4_Word badge;

    done = task_object(seL4_NotificationObject, 0);
    test_registers();
    task_thread_create(&thread, 254, 0);
    shared = 1;
    task_thread_start(&thread, add_argument, 41);
    seL4_Wait(done, &badge);
    CHECK_EQUAL(shared, 42);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    test_fp();
    test_preemption();
    test_debug_output();
}
