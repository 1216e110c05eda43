// SPDX-License-Identifier: BSD-2-Clause
// Untyped memory: limits of Retype, watermark, devices, exhaustion, and use again after Revoke.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_CPtr slot,
                         seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, count);
}

static void check_range(seL4_Error error, seL4_Word minimum, seL4_Word maximum)
{
    CHECK_EQUAL(error, seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(0), minimum);
    CHECK_EQUAL(seL4_GetMR(1), maximum);
}

static void check_argument(seL4_Error error, seL4_Word number)
{
    CHECK_EQUAL(error, seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), number);
}

static void test_arguments(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 16);
    seL4_CPtr slot = task_slot();
    check_argument(retype(untyped, seL4_ObjectTypeCount, 0, slot, 1), 0);
    check_argument(retype(untyped, ~0ul, 0, slot, 1), 0);
    check_argument(retype(untyped, seL4_UntypedObject, 3, slot, 1), 1);
    check_range(retype(untyped, seL4_UntypedObject, 48, slot, 1), 0, seL4_MaxUntypedBits);
    check_range(retype(untyped, seL4_UntypedObject, 64, slot, 1), 0, seL4_MaxUntypedBits);
    check_range(retype(untyped, seL4_EndpointObject, ~0ul, slot, 1), 0, seL4_MaxUntypedBits);
    check_argument(retype(untyped, seL4_CapTableObject, 0, slot, 1), 1);
    check_range(retype(untyped, seL4_CapTableObject, 43, slot, 1), 0, seL4_MaxUntypedBits);
    check_argument(retype(untyped, seL4_SchedContextObject, 6, slot, 1), 1);
    // Size bits of objects that have one size are ignored.
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 40, slot, 1), seL4_NoError);
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, slot, 1), seL4_DeleteFirst);
    // The invoked cap and the root.
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, slot, 0, 0, 0, 1),
                seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(SEL4_INVOKE(untyped, CNodeDelete, 0, 2, 0, 0, 0, 0), seL4_IllegalOperation);
    seL4_SetCap(0, ROOT);
    CHECK_EQUAL(SEL4_INVOKE(untyped, UntypedRetype, 1, 5, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_EQUAL(SEL4_INVOKE(untyped, UntypedRetype, 0, 6, 0, 0, 0, 0), seL4_TruncatedMessage);
    task_delete(slot);
    task_delete(untyped);
}

/// A CNode of 512 slots as the window.
static void test_fan_out(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 13);
    seL4_CPtr node = task_object(seL4_CapTableObject, 9);
    const seL4_Word depth = seL4_WordBits;
#define INTO(offset, count) \
    seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, node, depth, (offset), (count))
    check_range(INTO(0, 0), 1, CONFIG_RETYPE_FAN_OUT_LIMIT);
    check_range(INTO(0, CONFIG_RETYPE_FAN_OUT_LIMIT + 1), 1, CONFIG_RETYPE_FAN_OUT_LIMIT);
    check_range(INTO(512, 1), 0, 511);
    check_range(INTO(~0ul, 1), 0, 511);
    check_range(INTO(500, 13), 1, 12);
    CHECK_EQUAL(INTO(0, CONFIG_RETYPE_FAN_OUT_LIMIT), seL4_NoError);
    CHECK_EQUAL(INTO(255, 2), seL4_DeleteFirst);
    CHECK_EQUAL(INTO(256, CONFIG_RETYPE_FAN_OUT_LIMIT), seL4_NoError);
#undef INTO
    // The memory is used up to the last byte, and comes back as one.
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, task_slot(), 1), seL4_NotEnoughMemory);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, depth), seL4_NoError);
    seL4_CPtr whole = task_slot();
    CHECK_EQUAL(retype(untyped, seL4_UntypedObject, 13, whole, 1), seL4_NoError);
    task_delete(node);
    task_delete(untyped);
}

static void test_watermark(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 12);
    seL4_CPtr slots = task_slots(4);
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, slots, 1), seL4_NoError);
    CHECK_EQUAL(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 1, 1), seL4_NotEnoughMemory);
    CHECK_EQUAL(seL4_GetMR(0), 4096 - 16);
    // Objects are aligned to their size; what lies between is lost until the untyped is empty.
    CHECK_EQUAL(retype(untyped, seL4_UntypedObject, 11, slots + 1, 1), seL4_NoError);
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), seL4_NotEnoughMemory);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    task_delete(slots + 1);
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), seL4_NotEnoughMemory);
    task_delete(slots);
    CHECK_EQUAL(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 1, 1), seL4_NoError);
    task_delete(slots + 1);
    // A copy takes over what is left, the original is as good as used up.
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, slots + 3, seL4_WordBits, ROOT, untyped, seL4_WordBits,
                                seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, slots, 1), seL4_NotEnoughMemory);
    CHECK_EQUAL(retype(slots + 3, seL4_EndpointObject, 0, slots, 1), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, slots + 2, seL4_WordBits, ROOT, untyped, seL4_WordBits,
                                seL4_AllRights), seL4_RevokeFirst);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits), seL4_NoError);
    CHECK(task_is_empty(slots) && task_is_empty(slots + 3));
    task_delete(untyped);
}

static void test_device(void)
{
    seL4_CPtr device = task_device_untyped(0x40000000);
    seL4_CPtr slots = task_slots(5);
    seL4_CPtr frame;
    for (seL4_Word type = seL4_TCBObject; type < seL4_ObjectTypeCount; type++) {
        bool is_frame = type == seL4_ARM_SmallPageObject || type == seL4_ARM_LargePageObject
                        || type == seL4_ARM_HugePageObject;
        if (!is_frame) {
            check_argument(retype(device, type, 12, slots, 1), 1);
        }
    }
    CHECK_EQUAL(retype(device, seL4_UntypedObject, 22, slots, 1), seL4_NoError);
    check_argument(retype(slots, seL4_EndpointObject, 0, slots + 1, 1), 1);
    CHECK_EQUAL(retype(slots, seL4_ARM_LargePageObject, 0, slots + 1, 1), seL4_NoError);
    CHECK_EQUAL(retype(slots, seL4_UntypedObject, 12, slots + 2, 1), seL4_NoError);
    CHECK_EQUAL(retype(slots, seL4_ARM_SmallPageObject, 0, slots + 3, 1), seL4_NoError);
    seL4_ARM_Page_GetAddress_t first = seL4_ARM_Page_GetAddress(slots + 1);
    seL4_ARM_Page_GetAddress_t last = seL4_ARM_Page_GetAddress(slots + 3);
    CHECK_EQUAL(first.paddr, 0x40000000);
    CHECK_EQUAL(last.paddr, 0x40201000);
    // Nothing of the kernel's is made of it or kept in it.
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, slots + 2, ROOT, slots + 4,
                                              seL4_WordBits), seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    seL4_CPtr tcb = task_object(seL4_TCBObject, 0);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(tcb, 0x1000, slots + 3), seL4_IllegalOperation);
    (void)task_page(&frame);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(tcb, 0x1010, frame), seL4_AlignmentError);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(tcb, 0x1400, frame), seL4_NoError);
    // It keeps its content: the frame is not cleared.
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, slots, seL4_WordBits), seL4_NoError);
    CHECK(task_is_empty(slots + 1) && task_is_empty(slots + 3));
    task_delete(slots);
    task_delete(tcb);
}

static void test_exhaustion(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 16);
    seL4_CPtr slots = task_slots(32);
    for (int round = 0; round < 3; round++) {
        CHECK_EQUAL(retype(untyped, seL4_TCBObject, 0, slots, 31), seL4_NoError);
        CHECK_EQUAL(retype(untyped, seL4_TCBObject, 0, slots + 31, 2), seL4_NotEnoughMemory);
        CHECK_EQUAL(seL4_GetMR(0), 1 << seL4_TCBBits);
        CHECK_EQUAL(retype(untyped, seL4_TCBObject, 0, slots + 31, 1), seL4_NoError);
        CHECK_EQUAL(retype(untyped, seL4_EndpointObject, 0, task_slot(), 1), seL4_NotEnoughMemory);
        // One by one: the last one gives everything back.
        if (round == 1) {
            for (int i = 0; i < 31; i++) {
                task_delete(slots + i);
            }
            CHECK_EQUAL(retype(untyped, seL4_TCBObject, 0, slots, 1), seL4_NotEnoughMemory);
            task_delete(slots + 31);
            continue;
        }
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits), seL4_NoError);
        CHECK(task_is_empty(slots) && task_is_empty(slots + 31));
    }
    task_delete(untyped);
}

/// Memory that comes back is empty, whatever was in it.
static void test_clearing(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 21);
    seL4_CPtr frame = task_slot();
    volatile seL4_Word *page = (volatile seL4_Word *)task_vaddr(1 << 21);
    for (int round = 0; round < 2; round++) {
        seL4_Word sum = 0;
        CHECK_EQUAL(retype(untyped, seL4_ARM_LargePageObject, 0, frame, 1), seL4_NoError);
        CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, frame, (seL4_Word)page, seL4_ReadWrite,
                             seL4_ARM_Default_VMAttributes), seL4_NoError);
        for (unsigned i = 0; i < (1 << 21) / 8; i += 16) {
            sum |= page[i];
            page[i] = 0x5a5a5a5a5a5a5a5a;
        }
        CHECK_EQUAL(sum, 0);
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits), seL4_NoError);
    }
    task_delete(untyped);
}

void test_untyped(void)
{
    test_arguments();
    test_fan_out();
    test_watermark();
    test_device();
    test_exhaustion();
    test_clearing();
}
