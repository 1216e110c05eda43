// SPDX-License-Identifier: BSD-2-Clause
// CNode operations, retype and revoke on the target.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode

void test_cspace(void)
{
    seL4_CPtr ep = task_object(seL4_EndpointObject, 0);
    seL4_CPtr copy = task_slot();
    seL4_CPtr badged = task_slot();

    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, ep, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, ep, 64, seL4_AllRights), seL4_DeleteFirst);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, badged, 64, ROOT, ep, 64, seL4_AllRights, 5), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, ep, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, ep, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, copy, 64), seL4_NoError);

    // A child untyped, filled with objects, revoked, and used again.
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 16);
    seL4_CPtr first = task_slot();
    for (int i = 1; i < 16; i++) {
        (void)task_slot();
    }
    for (int round = 0; round < 3; round++) {
        CHECK_EQUAL(
            seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, first, 16),
            seL4_NoError);
        CHECK_EQUAL(
            seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, task_slot(), 1),
            seL4_NotEnoughMemory);
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, 64), seL4_NoError);
    }
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, 99, 0, ROOT, 0, 0, first, 1), seL4_InvalidArgument);
    // Device memory gives frames only.
    seL4_CPtr device = task_info->untyped.start;
    CHECK_EQUAL(seL4_Untyped_Retype(device, seL4_TCBObject, 0, ROOT, 0, 0, first, 1),
                seL4_InvalidArgument);
}
