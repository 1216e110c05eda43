// SPDX-License-Identifier: BSD-2-Clause
// Retype: the sizes of objects, and its errors.
#include "api.h"

#define RETYPE(untyped, type, bits, slot, count) \
    seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, count)
#define FAN_OUT CONFIG_RETYPE_FAN_OUT_LIMIT

/// Two objects of 2^`bits` bytes fill an untyped of twice that size.
static void check_size(seL4_Word type, seL4_Word user_bits, seL4_Word bits)
{
    seL4_CPtr untyped = api_object(seL4_UntypedObject, bits + 1);
    seL4_CPtr slots = api_slots(3);
    SUCCEEDS(RETYPE(untyped, type, user_bits, slots, 2));
    CALL(RETYPE(untyped, type, user_bits, slots + 2, 1), seL4_NotEnoughMemory);
    ANSWER(0, 0);
    SUCCEEDS(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    EQUAL(api_is_empty(slots), 1);
    SUCCEEDS(seL4_CNode_Delete(ROOT, untyped, DEPTH));
}

void test_sizes(void)
{
    check_size(seL4_TCBObject, 0, seL4_TCBBits);
    check_size(seL4_EndpointObject, 0, seL4_EndpointBits);
    check_size(seL4_NotificationObject, 0, seL4_NotificationBits);
    check_size(seL4_CapTableObject, 4, 4 + seL4_SlotBits);
    check_size(seL4_SchedContextObject, seL4_MinSchedContextBits, seL4_MinSchedContextBits);
    check_size(seL4_ReplyObject, 0, seL4_ReplyBits);
    check_size(seL4_ARM_VSpaceObject, 0, seL4_VSpaceBits);
    check_size(seL4_ARM_SmallPageObject, 0, seL4_PageBits);
    check_size(seL4_ARM_LargePageObject, 0, seL4_LargePageBits);
    check_size(seL4_ARM_PageTableObject, 0, seL4_PageTableBits);
    check_size(seL4_ARM_VCPUObject, 0, seL4_VCPUBits);
    check_size(seL4_UntypedObject, 5, 5);
}

static void check_arguments(seL4_CPtr untyped, seL4_CPtr slot)
{
    CALL(RETYPE(untyped, seL4_ObjectTypeCount, 0, slot, 1), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(RETYPE(untyped, seL4_CapTableObject, 0, slot, 1), seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(RETYPE(untyped, seL4_UntypedObject, seL4_MinUntypedBits - 1, slot, 1), seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(RETYPE(untyped, seL4_SchedContextObject, seL4_MinSchedContextBits - 1, slot, 1),
         seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(RETYPE(untyped, seL4_UntypedObject, seL4_WordBits, slot, 1), seL4_RangeError);
    ANSWER(0, 0);
    ANSWER(1, seL4_MaxUntypedBits);
    CALL(RETYPE(untyped, seL4_EndpointObject, 0, slot, 0), seL4_RangeError);
    ANSWER(0, 1);
    ANSWER(1, FAN_OUT);
    CALL(RETYPE(untyped, seL4_EndpointObject, 0, slot, FAN_OUT + 1), seL4_RangeError);
    ANSWER(1, FAN_OUT);
    CALL(RETYPE(untyped, seL4_EndpointObject, 0, api_info->empty.end, 1), seL4_RangeError);
    ANSWER(0, 0);
    ANSWER(1, api_info->empty.end - 1);
    CALL(RETYPE(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 1), seL4_DeleteFirst);
    CALL(RETYPE(untyped, seL4_UntypedObject, 17, slot, 1), seL4_NotEnoughMemory);
    ANSWER(0, 1 << 16);
}

static void check_caps(seL4_CPtr untyped, seL4_CPtr slot)
{
    CALL(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, untyped, 0, 0, slot, 1), seL4_FailedLookup);
    CALL(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, slot, DEPTH, 0, 1), seL4_FailedLookup);
    ANSWER(0, 0); // not the source
    ANSWER(1, seL4_MissingCapability);
    CALL(RETYPE(ROOT, seL4_EndpointObject, 0, slot, 1), seL4_IllegalOperation);
    CALL(RETYPE(slot, seL4_EndpointObject, 0, slot, 1), seL4_InvalidCapability);
    ANSWER(0, 0);
}

static seL4_Word call_label(seL4_CPtr cap, seL4_Word label, seL4_Word caps, seL4_Word length)
{
    return seL4_MessageInfo_get_label(seL4_Call(cap, seL4_MessageInfo_new(label, 0, caps, length)));
}

void test_untyped(void)
{
    seL4_CPtr untyped = api_object(seL4_UntypedObject, 16);
    seL4_CPtr slots = api_slots(4);
    check_arguments(untyped, slots);
    check_caps(untyped, slots);
    seL4_SetCap(0, ROOT);
    EQUAL(call_label(untyped, UntypedRetype, 1, 5), seL4_TruncatedMessage);
    EQUAL(call_label(untyped, UntypedRetype, 0, 6), seL4_TruncatedMessage);
    EQUAL(call_label(untyped, 9999, 0, 0), seL4_IllegalOperation);
    SUCCEEDS(RETYPE(untyped, seL4_NotificationObject, 0, slots, 3));
    // Who has children cannot be copied.
    CALL(seL4_CNode_Copy(ROOT, slots + 3, DEPTH, ROOT, untyped, DEPTH, seL4_AllRights), seL4_RevokeFirst);
    SUCCEEDS(seL4_CNode_Copy(ROOT, slots + 3, DEPTH, ROOT, slots, DEPTH, seL4_AllRights));
    SUCCEEDS(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    for (seL4_CPtr slot = slots; slot < slots + 4; slot++) {
        EQUAL(api_is_empty(slot), 1);
    }
    SUCCEEDS(RETYPE(untyped, seL4_UntypedObject, 16, slots, 1)); // all of it is free again
    SUCCEEDS(seL4_CNode_Delete(ROOT, slots, DEPTH));
    SUCCEEDS(seL4_CNode_Delete(ROOT, untyped, DEPTH));
}
