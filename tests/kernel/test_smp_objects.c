// SPDX-License-Identifier: BSD-2-Clause
// Several cores: more address spaces than VMIDs, YieldTo, domains, interrupts for threads of other cores,
// and threads that are stopped or deleted in the middle of long kernel operations.
#include "test_smp.h"

#if CONFIG_MAX_NUM_NODES > 1
#define ROOT seL4_CapInitThreadCNode

static volatile seL4_Word progress[CONFIG_MAX_NUM_NODES];
static volatile seL4_Word wrong;

/// Lets an emulator that runs its cores in turns get to the next one now and then.
static void spin(seL4_Word number)
{
    for (;;) {
        progress[number]++;
        smp_wait_us(20);
    }
}

// ---- address spaces -----------------------------------------------------------------------------

#define SPACES 260 ///< there are 255 VMIDs
#define CODE_ADDRESS 0x400000u
#define OWN_WORD 64u ///< offset in load_own

/// An address space with one page: load_own() and a word of its own. Objects are of `untyped`, their
/// caps in four slots from `slots` on.
static void make_space(seL4_CPtr untyped, seL4_CPtr pool, seL4_CPtr slots, volatile char *window,
                       seL4_Word word)
{
    static const seL4_Word types[] = { seL4_ARM_VSpaceObject, seL4_ARM_SmallPageObject,
                                       seL4_ARM_PageTableObject, seL4_ARM_PageTableObject };
    for (seL4_Word i = 0; i < 4; i++) {
        CHECK_EQUAL(seL4_Untyped_Retype(untyped, types[i], 0, ROOT, 0, 0, slots + i, 1),
                    seL4_NoError);
    }
    CHECK_EQUAL(seL4_ARM_Page_Map(slots + 1, seL4_CapInitThreadVSpace, (seL4_Word)window,
                                  seL4_ReadWrite, seL4_ARM_Default_VMAttributes), seL4_NoError);
    for (seL4_Word i = 0; i < (seL4_Word)(load_own_end - load_own); i++) {
        window[i] = load_own[i];
    }
    *(volatile seL4_Word *)(window + OWN_WORD) = word;
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(slots + 1, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(slots + 1), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pool, slots), seL4_NoError);
    for (seL4_CPtr table = slots + 2; table < slots + 4; table++) {
        CHECK_EQUAL(seL4_ARM_PageTable_Map(table, slots, CODE_ADDRESS, seL4_ARM_Default_VMAttributes),
                    seL4_NoError);
    }
    CHECK_EQUAL(seL4_ARM_Page_Map(slots + 1, slots, CODE_ADDRESS, seL4_CanRead,
                                  seL4_ARM_Default_VMAttributes), seL4_NoError);
}

static void run_space(const struct task_thread *thread, seL4_CPtr faults, seL4_CPtr vspace,
                      seL4_Word word, seL4_Word rounds)
{
    seL4_UserContext context = { .pc = CODE_ADDRESS, .x0 = word, .x1 = rounds };
    CHECK_EQUAL(seL4_TCB_SetSpace(thread->tcb, faults, ROOT, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread->tcb, 1, 0, 5, &context), seL4_NoError);
}

/// The thread has come to its end and has seen nothing of another space.
static bool check_space(const struct task_thread *thread, seL4_Word core, seL4_CPtr faults,
                        seL4_CPtr reply)
{
    seL4_MessageInfo_t info;
    seL4_UserContext context = { 0 };
    seL4_Word badge;
    if (core != 0) {
        CHECK(smp_receive(faults, reply, &info));
    } else {
        info = seL4_Recv(faults, &badge, reply); // a thread of this core runs only while this one waits
    }
    return CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UserException)
           && CHECK_EQUAL(seL4_TCB_ReadRegisters(thread->tcb, 1, 0, 5, &context), seL4_NoError)
           && CHECK_EQUAL(context.x0, 0) && CHECK_EQUAL(context.x1, 0);
}

/// Threads stay in spaces of their own, two to a core, while another goes through more spaces than
/// there are VMIDs, and through some again. Most of that is on this core: it takes less time.
static void test_vmids(void)
{
    static struct task_thread stay[2 * LAST_CORE], walker;
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 23);
    seL4_CPtr pool_memory = task_object(seL4_UntypedObject, 12);
    seL4_CPtr pool = task_slot();
    seL4_CPtr slots = task_slots(4 * SPACES);
    seL4_CPtr walker_faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr faults[2 * LAST_CORE];
    seL4_CPtr frame;
    volatile char *window = task_page(&frame);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pool_memory, ROOT, pool, 64),
                seL4_NoError);
    for (seL4_Word i = 0; i < SPACES; i++) {
        make_space(untyped, pool, slots + 4 * i, window, 1000 + i);
    }
    for (seL4_Word i = 0; i < 2 * LAST_CORE; i++) {
        faults[i] = task_object(seL4_EndpointObject, 0);
        task_thread_create(&stay[i], 200, faults[i]);
        smp_set_core(&stay[i], 1 + i / 2, 10000, 10000);
        run_space(&stay[i], faults[i], slots + 4 * i, 1000 + i, 1ul << 60);
    }
    task_thread_create(&walker, 210, walker_faults);
    bool good = true;
    for (seL4_Word i = 0; i < SPACES + 20 && good; i++) {
        seL4_Word number = i % SPACES;
        seL4_Word core = i % 16 == 0 ? 1 + i / 16 % LAST_CORE : 0;
        if (i % 16 <= 1) {
            smp_set_core(&walker, core, 10000, 10000);
        }
        run_space(&walker, walker_faults, slots + 4 * number, 1000 + number, 2);
        good = check_space(&walker, core, walker_faults, reply);
    }
    for (seL4_Word i = 0; i < 2 * LAST_CORE; i++) {
        seL4_UserContext context = { .pc = 0 };
        CHECK_EQUAL(seL4_TCB_ReadRegisters(stay[i].tcb, 1, 0, 5, &context), seL4_NoError);
        CHECK(context.x1 < 1ul << 60 && context.x1 != 0);
        CHECK_EQUAL(context.x0 & 0xffff, 0);
    }
    // The spaces go away under threads that are in them.
    for (seL4_Word i = 0; i < 2 * LAST_CORE; i++) {
        CHECK_EQUAL(seL4_TCB_Resume(stay[i].tcb), seL4_NoError);
    }
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, 64), seL4_NoError);
    for (seL4_Word i = 0; i < 2 * LAST_CORE; i++) {
        seL4_MessageInfo_t info;
        CHECK(smp_receive(faults[i], reply, &info));
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
        CHECK_EQUAL(seL4_TCB_Suspend(stay[i].tcb), seL4_NoError);
    }
    task_delete(pool);
    CHECK_EQUAL(seL4_TCB_Suspend(walker.tcb), seL4_NoError);
}

// ---- time ---------------------------------------------------------------------------------------

/// To a thread that runs on another core, waits in its queue, or can't run: the caller goes on at once
/// with the time that was used.
static void test_yield_to(void)
{
    static struct task_thread runs, waits;
    smp_start_on(&runs, 1, 0, spin, 1);
    CHECK(smp_changes(&progress[1]));
    for (unsigned i = 0; i < 50; i++) {
        seL4_Word before = task_us();
        seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(runs.sc);
        CHECK_EQUAL(result.error, seL4_NoError);
        CHECK(task_us() - before < 1000000);
        smp_wait_us(10);
    }
    CHECK(smp_changes(&progress[1]));
    // Ready below the running one: it stays so, and comes when that one stops.
    task_thread_create(&waits, 190, 0);
    smp_set_core(&waits, 1, 10000, 10000);
    task_thread_start(&waits, spin, 0);
    CHECK(smp_stands_still(&progress[0]));
    CHECK_EQUAL(seL4_SchedContext_YieldTo(waits.sc).error, seL4_NoError);
    CHECK(smp_stands_still(&progress[0]));
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_TCB_Suspend(runs.tcb), seL4_NoError);
    CHECK(smp_changes(&progress[0]));
    CHECK(seL4_SchedContext_YieldTo(runs.sc).consumed != 0);
    CHECK(smp_stands_still(&progress[1]));
    CHECK_EQUAL(seL4_TCB_Suspend(waits.tcb), seL4_NoError);
}

#define OTHER_DOMAIN 3

static seL4_Word ticks(seL4_Word milliseconds)
{
    seL4_Word frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency / 1000 * milliseconds;
}

static void schedule_set(seL4_Word here_ms, seL4_Word other_ms)
{
    CHECK_EQUAL(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 1, other_ms != 0 ? OTHER_DOMAIN : 0,
                                                 ticks(other_ms)), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, ticks(here_ms)), seL4_NoError);
    CHECK_EQUAL(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_NoError);
}

/// On each other core a thread of this domain and one of another: each has its domain's part of the
/// time, and none of the other's.
static void test_domains_of_cores(void)
{
    static struct task_thread inner[LAST_CORE], outer[LAST_CORE];
    static const seL4_Word never = 1ul << 40;
    for (seL4_Word i = 0; i < LAST_CORE; i++) {
        task_thread_create(&outer[i], 210, 0);
        CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, OTHER_DOMAIN, outer[i].tcb), seL4_NoError);
        smp_set_core(&outer[i], 1 + i, 10000, 10000);
        progress[1 + i] = 0;
        task_thread_start(&outer[i], spin, 1 + i);
        smp_start_on(&inner[i], 1 + i, 0, spin, 0);
    }
    smp_wait_ms(5);
    for (seL4_Word i = 0; i < LAST_CORE; i++) {
        CHECK_EQUAL(progress[1 + i], 0);
        (void)seL4_SchedContext_Consumed(inner[i].sc);
    }
    const bool is_counted = task_time_is_counted();
    seL4_Word here[LAST_CORE], other[LAST_CORE];
    schedule_set(6, 4);
    smp_wait_ms(50);
    for (seL4_Word i = 0; i < LAST_CORE; i++) { // of all cores at one time: what follows takes its own
        other[i] = seL4_SchedContext_Consumed(outer[i].sc).consumed;
        here[i] = seL4_SchedContext_Consumed(inner[i].sc).consumed;
    }
    for (seL4_Word i = 0; i < LAST_CORE; i++) {
        CHECK(smp_changes(&progress[1 + i]));
        if (is_counted) {
            task_print_number("domains, of 50 ms: us ", here[i]);
            task_print_number(" and ", other[i]);
            task_print("\n");
            CHECK(here[i] >= 24000 && here[i] <= 36500);
            CHECK(other[i] >= 15000 && other[i] <= 26000);
        }
    }
    // The other domain's turn ends now, wherever it was; a thread that comes over runs at once.
    schedule_set(never, 0);
    for (seL4_Word i = 0; i < LAST_CORE; i++) {
        CHECK(smp_stands_still(&progress[1 + i]));
        CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, 0, outer[i].tcb), seL4_NoError);
        CHECK(smp_changes(&progress[1 + i]));
        CHECK_EQUAL(seL4_DomainSet_Set(seL4_CapDomain, OTHER_DOMAIN, outer[i].tcb), seL4_NoError);
        CHECK(smp_stands_still(&progress[1 + i]));
        CHECK_EQUAL(seL4_TCB_Suspend(outer[i].tcb), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_Suspend(inner[i].tcb), seL4_NoError);
    }
}

// ---- interrupts ---------------------------------------------------------------------------------

#define UART_IRQ 33
#define UART_IMSC (0x38 / 4)
#define UART_ICR (0x44 / 4)
#define UART_TX (1u << 5)

static seL4_CPtr irq_notification, irq_handler;

/// Takes the console's transmit interrupt and ends it, on its core.
static void take_interrupts(seL4_Word number)
{
    volatile uint32_t *uart = task_console();
    seL4_Word badge;
    for (;;) {
        seL4_Wait(irq_notification, &badge);
        uart[UART_IMSC] = 0;
        uart[UART_ICR] = UART_TX;
        wrong += seL4_IRQHandler_Ack(irq_handler) != seL4_NoError;
        progress[number]++;
    }
}

static void raise_interrupts(void)
{
    for (unsigned i = 0; i < 10; i++) {
        seL4_Word before = progress[0];
        task_console()[UART_IMSC] = UART_TX;
        task_console()[0] = '.';
        for (int k = 0; k < 100000 && progress[0] == before; k++) {
            smp_wait_us(20);
        }
        CHECK_EQUAL(progress[0], before + 1);
    }
}

/// An interrupt that comes to one core wakes a thread of another, of each.
static void test_interrupts(void)
{
    static struct task_thread taker;
    irq_notification = task_object(seL4_NotificationObject, 0);
    irq_handler = task_slot();
    wrong = 0;
    progress[0] = 0;
    smp_start_on(&taker, LAST_CORE, 0, take_interrupts, 0);
    for (seL4_Word i = 0; i < 3; i++) {
        // The default, its own core, and one that runs nothing else.
        seL4_Word core = i == 1 ? LAST_CORE : 1;
        CHECK_EQUAL(i == 0 ? seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, 0, ROOT,
                                                        irq_handler, 64)
                           : seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, UART_IRQ, 0, ROOT,
                                                            irq_handler, 64, core),
                    seL4_NoError);
        CHECK_EQUAL(seL4_IRQHandler_SetNotification(irq_handler, irq_notification), seL4_NoError);
        raise_interrupts();
        task_delete(irq_handler);
    }
    task_print("\n");
    CHECK_EQUAL(wrong, 0);
    CHECK_EQUAL(seL4_TCB_Suspend(taker.tcb), seL4_NoError);
}

// ---- long operations ----------------------------------------------------------------------------

#define LONG_BITS 21
static seL4_CPtr long_untyped, long_slots;

/// Makes a frame of 2 MiB, which clears memory, and copies, which a revocation deletes one by one.
static void work(seL4_Word number)
{
    seL4_CPtr own = long_slots + number * 64;
    for (;;) {
        wrong += seL4_Untyped_Retype(long_untyped + number, seL4_ARM_LargePageObject, 0, ROOT, 0, 0,
                                     own, 1) != seL4_NoError;
        for (seL4_CPtr i = 1; i < 64; i++) {
            wrong += seL4_CNode_Copy(ROOT, own + i, 64, ROOT, own, 64, seL4_AllRights)
                     != seL4_NoError;
        }
        progress[number]++;
        wrong += seL4_CNode_Revoke(ROOT, long_untyped + number, 64) != seL4_NoError;
        progress[number]++;
        smp_wait_us(20);
    }
}

/// Threads of other cores are stopped, moved, read and at last deleted wherever they are in that.
static void test_long_operations(void)
{
    static struct task_thread threads[2];
    long_slots = task_slots(2 * 64);
    long_untyped = task_slots(2);
    seL4_CPtr memory = task_object(seL4_UntypedObject, LONG_BITS + 1);
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_UntypedObject, LONG_BITS, ROOT, 0, 0, long_untyped,
                                    2), seL4_NoError);
    wrong = 0;
    for (seL4_Word i = 0; i < 2; i++) {
        progress[i] = 0;
        smp_start_on(&threads[i], 1 + i % LAST_CORE, 0, work, i);
    }
    for (seL4_Word i = 0; i < 64; i++) {
        const struct task_thread *thread = &threads[i % 2];
        seL4_UserContext context = { 0 };
        CHECK_EQUAL(seL4_TCB_Suspend(thread->tcb), seL4_NoError);
        if (i % 8 == 0) {
            seL4_Word before = progress[i % 2];
            smp_wait_us(300);
            CHECK_EQUAL(progress[i % 2], before);
        }
        CHECK_EQUAL(seL4_TCB_ReadRegisters(thread->tcb, 0, 0, 36, &context), seL4_NoError);
        smp_set_core(thread, 1 + i % LAST_CORE, 10000, 10000);
        CHECK_EQUAL(seL4_TCB_Resume(thread->tcb), seL4_NoError);
        smp_wait_us(7 * (i % 16));
    }
    for (seL4_Word i = 0; i < 2; i++) {
        CHECK(smp_changes(&progress[i]));
        task_delete(threads[i].tcb);
        CHECK(smp_stands_still(&progress[i]));
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, long_untyped + i, 64), seL4_NoError);
        CHECK_EQUAL(seL4_Untyped_Retype(long_untyped + i, seL4_ARM_LargePageObject, 0, ROOT, 0, 0,
                                        long_slots, 1), seL4_NoError);
        task_delete(long_slots);
    }
    CHECK_EQUAL(wrong, 0);
}

static seL4_CPtr shared_untyped;

/// Makes things of an untyped that other cores revoke.
static void use_shared(seL4_Word number)
{
    seL4_CPtr own = long_slots + number;
    for (;;) {
        seL4_Error error = seL4_Untyped_Retype(shared_untyped, seL4_CapTableObject, 12, ROOT, 0, 0, own,
                                               1);
        wrong += error != seL4_NoError && error != seL4_NotEnoughMemory
                 && error != seL4_DeleteFirst;
        progress[number]++;
        smp_wait_us(20);
    }
}

/// The same untyped: one core makes objects of it while another revokes it.
static void test_revoke_against_retype(void)
{
    static struct task_thread threads[2];
    wrong = 0;
    shared_untyped = task_object(seL4_UntypedObject, 19);
    for (seL4_Word i = 0; i < 2; i++) {
        smp_start_on(&threads[i], 1 + i % LAST_CORE, 0, use_shared, i);
    }
    for (unsigned i = 0; i < 40; i++) {
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, shared_untyped, 64), seL4_NoError);
        smp_wait_us(20);
    }
    for (seL4_Word i = 0; i < 2; i++) {
        CHECK(smp_changes(&progress[i]));
        CHECK_EQUAL(seL4_TCB_Suspend(threads[i].tcb), seL4_NoError);
    }
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, shared_untyped, 64), seL4_NoError);
    CHECK(task_is_empty(long_slots) && task_is_empty(long_slots + 1));
    CHECK_EQUAL(wrong, 0);
}

void test_smp_objects(void)
{
    test_vmids();
    test_yield_to();
    test_domains_of_cores();
    test_interrupts();
    test_long_operations();
    test_revoke_against_retype();
}
#endif
