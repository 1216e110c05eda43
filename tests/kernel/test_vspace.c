// SPDX-License-Identifier: BSD-2-Clause
// Frames, page tables, VSpaces and ASIDs.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define VSPACE seL4_CapInitThreadVSpace
#define ATTRIBUTES seL4_ARM_Default_VMAttributes

static void test_map_errors(void)
{
    seL4_CPtr frame = task_object(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr other = task_object(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr table = task_object(seL4_ARM_PageTableObject, 0);
    seL4_CPtr vspace = task_object(seL4_ARM_VSpaceObject, 0);
    seL4_Word vaddr = 0x7000000000;

    CHECK_EQUAL(seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_ReadWrite, ATTRIBUTES),
                seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace),
                seL4_InvalidCapability);

    CHECK_EQUAL(seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_ReadWrite, ATTRIBUTES),
                seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(1), seL4_MissingCapability);
    CHECK_EQUAL(seL4_GetMR(2), 30);
    CHECK_EQUAL(seL4_ARM_PageTable_Map(table, vspace, vaddr, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_PageTable_Map(table, vspace, vaddr, ATTRIBUTES), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_ReadWrite, ATTRIBUTES),
                seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(2), 21);
    CHECK_EQUAL(task_map(vspace, frame, vaddr, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Map(other, vspace, vaddr, seL4_ReadWrite, ATTRIBUTES),
                seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_CanRead, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Map(frame, vspace, vaddr + 4096, seL4_CanRead, ATTRIBUTES),
                seL4_InvalidArgument);
    CHECK_EQUAL(seL4_ARM_Page_Map(other, vspace, vaddr + 4096 + 8, seL4_CanRead, ATTRIBUTES),
                seL4_AlignmentError);
    CHECK_EQUAL(seL4_ARM_Page_Map(other, vspace, seL4_UserVSpaceTop + 1, seL4_CanRead, ATTRIBUTES),
                seL4_InvalidArgument);
    CHECK_EQUAL(seL4_ARM_Page_Map(other, VSPACE, 0x400000, seL4_CanRead, ATTRIBUTES),
                seL4_DeleteFirst);
    seL4_CPtr full = task_object(seL4_ARM_PageTableObject, 0);
    CHECK_EQUAL(seL4_ARM_PageTable_Map(full, vspace, vaddr, ATTRIBUTES), seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_PageTable_Unmap(table), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, vspace, 64), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), seL4_NoError);
}

static void test_contents(void)
{
    seL4_CPtr frame;
    volatile seL4_Word *page = task_page(&frame);
    seL4_CPtr copy = task_slot();
    seL4_Word other = task_vaddr(4096);

    CHECK_EQUAL(page[0] | page[511], 0);
    page[3] = 0x1234;
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, frame, 64, seL4_CanRead), seL4_NoError);
    CHECK_EQUAL(task_map(VSPACE, copy, other, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(((volatile seL4_Word *)other)[3], 0x1234);
    page[3] = 0x5678;
    CHECK_EQUAL(((volatile seL4_Word *)other)[3], 0x5678);
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_CleanInvalidate_Data(frame, 64, 128), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, 4097), seL4_InvalidArgument);
    CHECK_EQUAL(seL4_ARM_VSpace_Clean_Data(VSPACE, (seL4_Word)page, (seL4_Word)page + 64),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VSpace_Clean_Data(VSPACE, (seL4_Word)page, (seL4_Word)page + 8192),
                seL4_RangeError);
    CHECK_EQUAL(page[3], 0x5678);

    // Device memory: the guest RAM region, as a large page.
    seL4_CPtr large = task_object(seL4_ARM_LargePageObject, 0);
    seL4_Word vaddr = task_vaddr(0x200000);
    CHECK_EQUAL(task_map(VSPACE, large, vaddr, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
    ((volatile seL4_Word *)vaddr)[0x1ffff8 / 8] = 9;
    CHECK_EQUAL(((volatile seL4_Word *)vaddr)[0x1ffff8 / 8], 9);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(large), seL4_NoError);
    // The same memory at once at another place.
    CHECK_EQUAL(task_map(VSPACE, large, vaddr, seL4_CanRead, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(((volatile seL4_Word *)vaddr)[0x1ffff8 / 8], 9);
}

static void test_asid_pool(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 12);
    seL4_CPtr pool = task_slot();
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, 64),
                seL4_NoError);
    // More address spaces than the hardware has VMIDs.
    for (int i = 0; i < 300; i++) {
        seL4_CPtr vspace = task_object(seL4_ARM_VSpaceObject, 0);
        if (!CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pool, vspace), seL4_NoError)) {
            break;
        }
    }
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, 64), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, 64),
                seL4_NoError);
}

// ---- what there is only so much of, or only in large ---------------------------------------------

/// Every ASID of a pool and every pool are given away; then there are no more, until one comes back.
static void test_limits(void)
{
    enum { ASIDS = 1 << seL4_ASIDPoolIndexBits, POOLS = 1 << seL4_NumASIDPoolsBits, FAN_OUT = 256 };
    seL4_CPtr memory = task_object(seL4_UntypedObject, seL4_VSpaceBits + seL4_ASIDPoolIndexBits + 1);
    seL4_CPtr spaces = task_slots(ASIDS + 1);
    seL4_CPtr pages = task_slots(POOLS);
    seL4_CPtr pools = task_slots(POOLS);
    for (seL4_Word i = 0; i < ASIDS; i += FAN_OUT) {
        CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_ARM_VSpaceObject, 0, ROOT, 0, 0, spaces + i,
                                        FAN_OUT), seL4_NoError);
    }
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_ARM_VSpaceObject, 0, ROOT, 0, 0, spaces + ASIDS, 1),
                seL4_NoError);
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_UntypedObject, seL4_ASIDPoolBits, ROOT, 0, 0, pages,
                                    POOLS), seL4_NoError);
    // All pools but the root task's and that of test_asid_pool().
    for (seL4_Word i = 0; i < POOLS; i++) {
        CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pages + i, ROOT, pools + i, 64),
                    i < POOLS - 2 ? seL4_NoError : seL4_DeleteFirst);
    }
    for (seL4_Word i = 0; i <= ASIDS; i++) {
        CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pools, spaces + i),
                    i < ASIDS ? seL4_NoError : seL4_DeleteFirst);
    }
    task_delete(spaces + 100);
    CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pools, spaces + ASIDS), seL4_NoError);
    task_delete(pools + 7);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pages + POOLS - 1, ROOT,
                                              pools + POOLS - 1, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
    task_delete(memory);
}

static seL4_CPtr fault_endpoint, fault_reply;

static void read_word(seL4_Word address)
{
    (void)probe_read(address);
}

/// What a load of the address fails by: the fault status code without its level.
static seL4_Word fault_of(struct task_thread *thread, seL4_Word address)
{
    seL4_Word badge;
    task_thread_start(thread, read_word, address);
    seL4_MessageInfo_t info = seL4_Recv(fault_endpoint, &badge, fault_reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), address);
    return seL4_GetMR(seL4_VMFault_FSR) & 0x3c;
}

/// A device untyped of a GiB or more.
static seL4_CPtr large_device(void)
{
    for (seL4_Word i = 0; i < task_info->untyped.end - task_info->untyped.start; i++) {
        if (task_info->untypedList[i].isDevice && task_info->untypedList[i].sizeBits > seL4_HugePageBits) {
            return task_info->untyped.start + i;
        }
    }
    return seL4_CapNull;
}

/// A GiB in one piece, of addresses where nothing is: a load gets as far as that, and is aborted there.
static void test_huge_page(void)
{
    enum { TRANSLATION = 0x04, EXTERNAL = 0x10 };
    const seL4_Word at = 0x4000000000;
    struct task_thread thread;
    seL4_CPtr huge = task_slots(2);
    seL4_CPtr small = task_object(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr table = task_object(seL4_ARM_PageTableObject, 0);
    fault_endpoint = task_object(seL4_EndpointObject, 0);
    fault_reply = task_object(seL4_ReplyObject, 0);
    task_thread_create(&thread, 200, fault_endpoint);
    CHECK_EQUAL(seL4_Untyped_Retype(large_device(), seL4_ARM_HugePageObject, 0, ROOT, 0, 0, huge, 2),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_GetAddress(huge + 1).paddr,
                seL4_ARM_Page_GetAddress(huge).paddr + (1ul << seL4_HugePageBits));
    CHECK_EQUAL(fault_of(&thread, at + 0x12345678), TRANSLATION);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge, VSPACE, at + (1 << 21), seL4_ReadWrite, 0), seL4_AlignmentError);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge, VSPACE, seL4_UserVSpaceTop + 1, seL4_ReadWrite, 0),
                seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge, VSPACE, at, seL4_ReadWrite, 0), seL4_NoError);
    CHECK_EQUAL(fault_of(&thread, at + 0x12345678), EXTERNAL);
    CHECK_EQUAL(fault_of(&thread, at + (1ul << seL4_HugePageBits)), TRANSLATION);
    CHECK_EQUAL(seL4_ARM_Page_Map(small, VSPACE, at + 0x1000, seL4_ReadWrite, ATTRIBUTES),
                seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_PageTable_Map(table, VSPACE, at, ATTRIBUTES), seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge + 1, VSPACE, at, seL4_ReadWrite, 0), seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(huge), seL4_NoError);
    CHECK_EQUAL(fault_of(&thread, at + 0x12345678), TRANSLATION);
    // Where a table is there is no place for it.
    CHECK_EQUAL(seL4_ARM_PageTable_Map(table, VSPACE, at, ATTRIBUTES), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge, VSPACE, at, seL4_ReadWrite, 0), seL4_DeleteFirst);
    task_delete(table);
    CHECK_EQUAL(seL4_ARM_Page_Map(huge, VSPACE, at, seL4_ReadWrite, 0), seL4_NoError);
    task_delete(huge);
    CHECK_EQUAL(fault_of(&thread, at), TRANSLATION);
    task_delete(huge + 1);
    task_thread_delete(&thread);
}

/// One thread in more address spaces than the hardware has VMIDs, each entered twice.
static void test_many_spaces(void)
{
    enum { SPACES = 300 };
    static seL4_CPtr spaces[SPACES];
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr code = task_info->userImageFrames.start;
    struct task_thread thread;
    seL4_Word badge;

    task_thread_create(&thread, 254, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SPACES; i++) {
            if (round == 0) {
                seL4_CPtr frame = task_slot();
                spaces[i] = task_vspace();
                CHECK_EQUAL(seL4_CNode_Copy(ROOT, frame, 64, ROOT, code, 64, seL4_AllRights),
                            seL4_NoError);
                CHECK_EQUAL(task_map(spaces[i], frame, 0x400000, seL4_CanRead, ATTRIBUTES),
                            seL4_NoError);
            }
            CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, 0, ROOT, 0, spaces[i], 0), seL4_NoError);
            seL4_UserContext context = { .pc = (seL4_Word)signal_forever, .x0 = notification };
            CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 4, &context), seL4_NoError);
            (void)seL4_Wait(notification, &badge);
            CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
        }
    }
}

void test_vspace(void)
{
    test_many_spaces();
    test_map_errors();
    test_contents();
    test_asid_pool();
    test_limits();
    test_huge_page();
}
