// SPDX-License-Identifier: BSD-2-Clause
// Operations whose length grows with their arguments, each between two lines of output, for
// tests/perf/bench.py: a plugin of the emulator sees how long the kernel goes without looking for
// interrupts. Meanwhile a thread of higher priority wants to run every 100 us; how late it comes is
// what an interrupt's handler would wait.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define VSPACE seL4_CapInitThreadVSpace
#define ATTRIBUTES seL4_ARM_Default_VMAttributes
#define BIG_BITS 14
#define CAPS 10000u
#define WAITERS 1000u
#define PAGES 4096u
#define BATCH 256u
#define PERIOD_US 100

static seL4_CPtr memory; // untyped of 1 GiB
static seL4_CPtr big;    // CNode with room for everything
static volatile seL4_Word late_max;
static volatile seL4_Word late_count;

// ---- the thread that wants to run on time -------------------------------------------------------

static void tick(seL4_Word period)
{
    seL4_Word before = task_counter();
    for (;;) {
        // The next turn begins one period after this one has begun.
        seL4_Yield();
        seL4_Word now = task_counter();
        seL4_Word passed = now - before;
        before = now;
        if (passed > period && passed - period > late_max) {
            late_max = passed - period;
        }
        late_count++;
    }
}

static void start_ticker(void)
{
    static struct task_thread thread;
    task_thread_create(&thread, 254, 0);
    CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start, thread.sc, PERIOD_US / 2,
                                            PERIOD_US, 0, 0), seL4_NoError);
    seL4_Word frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    task_thread_start(&thread, tick, frequency / 1000000 * PERIOD_US);
}

static void begin(void)
{
    late_max = 0;
    late_count = 0;
    task_print("BEGIN\n");
}

static void end(const char *name)
{
    task_print("LATENCY ");
    task_print(name);
    task_print_number(" late_ticks ", late_max);
    task_print_number(" runs ", late_count);
    task_print("\n");
}

// ---- objects ------------------------------------------------------------------------------------

static void make_many(seL4_CPtr untyped, seL4_Word type, seL4_Word size, seL4_Word first,
                      seL4_Word count)
{
    for (seL4_Word done = 0; done < count; done += BATCH) {
        seL4_Word now = count - done < BATCH ? count - done : BATCH;
        CHECK_EQUAL(seL4_Untyped_Retype(untyped, type, size, big, 0, 0, first + done, now),
                    seL4_NoError);
    }
}

/// Runs `call` on a cap of the big CNode, moved to a slot where it can be named.
static void with_cap(seL4_Word index, void (*call)(seL4_CPtr cap, seL4_Word argument),
                     seL4_Word argument)
{
    static seL4_CPtr slot;
    if (slot == 0) {
        slot = task_slot();
    }
    CHECK_EQUAL(seL4_CNode_Move(ROOT, slot, 64, big, index, BIG_BITS), seL4_NoError);
    call(slot, argument);
    CHECK_EQUAL(seL4_CNode_Move(big, index, BIG_BITS, ROOT, slot, 64), seL4_NoError);
}

// ---- capabilities -------------------------------------------------------------------------------

static void fill_with_copies(seL4_CPtr cap)
{
    for (seL4_Word i = 0; i < CAPS; i++) {
        CHECK_EQUAL(seL4_CNode_Copy(big, i, BIG_BITS, ROOT, cap, 64, seL4_AllRights), seL4_NoError);
    }
}

static void caps(void)
{
    seL4_CPtr endpoint = task_object(seL4_EndpointObject, 0);
    fill_with_copies(endpoint);
    begin();
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, endpoint, 64), seL4_NoError);
    end("revoke_10000_caps");
    CHECK_EQUAL(seL4_CNode_Copy(big, 0, BIG_BITS, ROOT, endpoint, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(big, 0, BIG_BITS), seL4_NoError);

    fill_with_copies(endpoint);
    begin();
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, big, 64), seL4_NoError);
    end("delete_cnode_10000_caps");
    big = task_object(seL4_CapTableObject, BIG_BITS);
}

// ---- memory -------------------------------------------------------------------------------------

static void retype_kind(const char *name, seL4_Word type, seL4_Word size, seL4_Word count)
{
    begin();
    CHECK_EQUAL(seL4_Untyped_Retype(memory, type, size, big, 0, 0, 0, count), seL4_NoError);
    end(name);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
}

static void retypes(void)
{
    retype_kind("retype_1gib_cnode", seL4_CapTableObject, 25, 1);
    retype_kind("retype_1gib_frame", seL4_ARM_HugePageObject, 0, 1);
    retype_kind("retype_512mib_256_frames", seL4_ARM_LargePageObject, 0, BATCH);
    retype_kind("retype_256_frames", seL4_ARM_SmallPageObject, 0, BATCH);
    retype_kind("retype_256_threads", seL4_TCBObject, 0, BATCH);
    retype_kind("retype_256_vcpus", seL4_ARM_VCPUObject, 0, BATCH);
    retype_kind("retype_256_endpoints", seL4_EndpointObject, 0, BATCH);
}

static void cache(const char *const names[3], seL4_Word type, seL4_Word bytes)
{
    seL4_CPtr frame = task_slot();
    seL4_Word vaddr = 0x3000000000 + bytes; // large frames have a GiB for themselves
    CHECK_EQUAL(seL4_Untyped_Retype(memory, type, 0, ROOT, 0, 0, frame, 1), seL4_NoError);
    CHECK_EQUAL(task_map(VSPACE, frame, vaddr, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
    begin();
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, bytes), seL4_NoError);
    end(names[0]);
    begin();
    CHECK_EQUAL(seL4_ARM_VSpace_CleanInvalidate_Data(VSPACE, vaddr, vaddr + bytes), seL4_NoError);
    end(names[1]);
    begin();
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 12, bytes - 1), seL4_NoError);
    end(names[2]);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, frame, 64), seL4_NoError);
}

static void caches(void)
{
    static const char *const small[] = { "clean_2mib", "clean_invalidate_2mib_vspace", "unify_2mib" };
    static const char *const large[] = { "clean_1gib", "clean_invalidate_1gib_vspace", "unify_1gib" };
    cache(small, seL4_ARM_LargePageObject, 1 << 21);
    cache(large, seL4_ARM_HugePageObject, 1 << 30);
}

static seL4_CPtr map_space;

static void map_page(seL4_CPtr frame, seL4_Word vaddr)
{
    CHECK_EQUAL(task_map(map_space, frame, vaddr, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
}

/// A VSpace with thousands of mappings: its deletion, and that of all of its memory.
static void spaces(void)
{
    for (int round = 0; round < 2; round++) {
        map_space = task_vspace();
        make_many(memory, seL4_ARM_SmallPageObject, 0, 0, PAGES);
        for (seL4_Word i = 0; i < PAGES; i++) {
            with_cap(i, map_page, 0x40000000 + (i << 12));
        }
        if (round == 0) {
            begin();
            CHECK_EQUAL(seL4_CNode_Delete(ROOT, map_space, 64), seL4_NoError);
            end("delete_vspace_4096_pages");
            CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
        } else {
            begin();
            CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
            end("revoke_4096_mapped_frames");
        }
    }
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 12);
    seL4_CPtr pool = task_slot();
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, 64),
                seL4_NoError);
    make_many(memory, seL4_ARM_VSpaceObject, 0, 0, 500);
    for (seL4_Word i = 0; i < 500; i++) {
        seL4_CPtr vspace = task_slot();
        CHECK_EQUAL(seL4_CNode_Move(ROOT, vspace, 64, big, i, BIG_BITS), seL4_NoError);
        CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pool, vspace), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Move(big, i, BIG_BITS, ROOT, vspace, 64), seL4_NoError);
    }
    begin();
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, pool, 64), seL4_NoError);
    end("delete_asid_pool_500_spaces");
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
}

// ---- waiting threads ----------------------------------------------------------------------------

static seL4_CPtr wait_on;
static void (*wait_code)(void);
static seL4_CPtr wait_context; // slot

static void start_waiter(seL4_CPtr tcb, seL4_Word index)
{
    CHECK_EQUAL(seL4_CNode_Move(ROOT, wait_context, 64, big, WAITERS + index, BIG_BITS),
                seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, VSPACE, 0), seL4_NoError);
    CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start, wait_context, 1000, 1000,
                                            0, 0), seL4_NoError);
    // Different priorities, the same one many times: the queue's order matters.
    CHECK_EQUAL(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 100 + index % 100,
                                        wait_context, 0), seL4_NoError);
    seL4_UserContext context = { .pc = (seL4_Word)wait_code, .x0 = wait_on };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(tcb, 1, 0, 4, &context), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Move(big, WAITERS + index, BIG_BITS, ROOT, wait_context, 64),
                seL4_NoError);
}

/// Makes the threads, and waits until all of them wait: the last one tells.
static void make_waiters(seL4_CPtr cap, void (*code)(void))
{
    static seL4_CPtr done;
    static struct task_thread last;
    seL4_Word badge;
    if (done == 0) {
        done = task_object(seL4_NotificationObject, 0);
        wait_context = task_slot();
        task_thread_create(&last, 50, 0);
    }
    wait_on = cap;
    wait_code = code;
    make_many(memory, seL4_TCBObject, 0, 0, WAITERS);
    make_many(memory, seL4_SchedContextObject, 8, WAITERS, WAITERS);
    for (seL4_Word i = 0; i < WAITERS; i++) {
        with_cap(i, start_waiter, i);
    }
    seL4_UserContext context = { .pc = (seL4_Word)signal_forever, .x0 = done };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(last.tcb, 1, 0, 4, &context), seL4_NoError);
    seL4_Wait(done, &badge);
    CHECK_EQUAL(seL4_TCB_Suspend(last.tcb), seL4_NoError);
}

static void drop_waiters(void)
{
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
}

static void waiters(void)
{
    seL4_CPtr endpoint = task_object(seL4_EndpointObject, 0);
    make_waiters(endpoint, signal_forever);
    begin();
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, endpoint, 64), seL4_NoError);
    end("delete_endpoint_1000_senders");
    drop_waiters();

    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    make_waiters(notification, wait_forever);
    begin();
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, notification, 64), seL4_NoError);
    end("delete_notification_1000_waiters");
    drop_waiters();

    endpoint = task_object(seL4_EndpointObject, 0);
    seL4_CPtr badged = task_slot();
    seL4_CPtr other = task_slot();
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, badged, 64, ROOT, endpoint, 64, seL4_AllRights, 5),
                seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, other, 64, ROOT, endpoint, 64, seL4_AllRights, 6),
                seL4_NoError);
    make_waiters(badged, signal_forever);
    begin();
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, other, 64), seL4_NoError);
    end("cancel_badged_sends_none_of_1000");
    begin();
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, badged, 64), seL4_NoError);
    end("cancel_badged_sends_1000");
    begin();
    drop_waiters();
    end("revoke_1000_threads");
}

void test_latency(seL4_CPtr untyped)
{
    memory = untyped;
    big = task_object(seL4_CapTableObject, BIG_BITS);
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 250),
                seL4_NoError);
    start_ticker();
    caps();
    retypes();
    caches();
    spaces();
    waiters();
}
