// SPDX-License-Identifier: BSD-2-Clause
// Operations on capabilities: copy, mint, move, mutate, rotate, revoke and delete, and lookups with guards.
#include "api.h"

// Arguments of a slot of the root CNode.
#define IN_ROOT(slot) ROOT, slot, DEPTH

static void check_copy(seL4_CPtr source, seL4_CPtr slots)
{
    SUCCEEDS(seL4_CNode_Copy(IN_ROOT(slots), IN_ROOT(source), seL4_AllRights));
    CALL(seL4_CNode_Copy(IN_ROOT(slots), IN_ROOT(source), seL4_AllRights), seL4_DeleteFirst);
    CALL(seL4_CNode_Copy(IN_ROOT(slots + 1), IN_ROOT(slots + 2), seL4_AllRights), seL4_FailedLookup);
    ANSWER(0, 1); // the source
    ANSWER(1, seL4_MissingCapability);
    CALL(seL4_CNode_Copy(ROOT, slots + 1, 0, IN_ROOT(source), seL4_AllRights), seL4_RangeError);
    ANSWER(0, 1);
    ANSWER(1, seL4_WordBits);
    CALL(seL4_CNode_Copy(ROOT, slots + 1, seL4_WordBits + 1, IN_ROOT(source), seL4_AllRights),
         seL4_RangeError);
    CALL(seL4_CNode_Copy(ROOT, slots + 1, 10, IN_ROOT(source), seL4_AllRights), seL4_FailedLookup);
    SUCCEEDS(seL4_CNode_Delete(IN_ROOT(slots)));
    SUCCEEDS(seL4_CNode_Delete(IN_ROOT(slots))); // nothing to delete is no error
}

static void check_badges(seL4_CPtr source, seL4_CPtr slots)
{
    seL4_Word badge = 0;
    SUCCEEDS(seL4_CNode_Mint(IN_ROOT(slots), IN_ROOT(source), seL4_CanWrite, 0xdead));
    CALL(seL4_CNode_Mint(IN_ROOT(slots + 1), IN_ROOT(slots), seL4_AllRights, 5), seL4_IllegalOperation);
    seL4_Poll(source, &badge);
    EQUAL(badge, 0);
    seL4_Signal(slots);
    seL4_Poll(source, &badge);
    EQUAL(badge, 0xdead);
    SUCCEEDS(seL4_CNode_Mint(IN_ROOT(slots + 1), IN_ROOT(source), seL4_CanWrite, 0x10));
    seL4_Signal(slots);
    seL4_Signal(slots + 1);
    seL4_Wait(source, &badge);
    EQUAL(badge, 0xdead | 0x10);
    SUCCEEDS(seL4_CNode_Move(IN_ROOT(slots + 2), IN_ROOT(slots)));
    EQUAL(api_is_empty(slots), 1);
    seL4_Signal(slots + 2);
    seL4_Poll(source, &badge);
    EQUAL(badge, 0xdead);
    CALL(seL4_CNode_Move(IN_ROOT(slots + 3), IN_ROOT(slots)), seL4_FailedLookup);
    CALL(seL4_CNode_CancelBadgedSends(IN_ROOT(source)), seL4_IllegalOperation);
}

static void check_guards(seL4_CPtr source, seL4_CPtr slots)
{
    seL4_CPtr cnode = api_object(seL4_CapTableObject, 4);
    SUCCEEDS(seL4_CNode_Mint(IN_ROOT(slots), IN_ROOT(cnode), seL4_AllRights, api_guard(5, 60)));
    SUCCEEDS(seL4_CNode_Copy(slots, (5 << 4) | 3, DEPTH, IN_ROOT(source), seL4_AllRights));
    CALL(seL4_CNode_Copy(slots, (4 << 4) | 3, DEPTH, IN_ROOT(source), seL4_AllRights), seL4_FailedLookup);
    ANSWER(0, 0); // not the source
    ANSWER(1, seL4_GuardMismatch);
    ANSWER(2, seL4_WordBits); // bits left
    ANSWER(3, 5);             // guard found
    ANSWER(4, 60);            // and its bits
    SUCCEEDS(seL4_CNode_Copy(cnode, 4, 4, cnode, 3, 4, seL4_AllRights));
    SUCCEEDS(seL4_CNode_Mutate(IN_ROOT(slots + 1), IN_ROOT(slots), api_guard(0, 60)));
    EQUAL(api_is_empty(slots), 1);
    SUCCEEDS(seL4_CNode_Delete(slots + 1, 4, DEPTH));
    SUCCEEDS(seL4_CNode_Delete(IN_ROOT(slots + 1)));
}

static void check_rotate(seL4_CPtr source, seL4_CPtr slots)
{
    seL4_CPtr a = api_object(seL4_CapTableObject, 2);
    seL4_CPtr b = api_object(seL4_CapTableObject, 3);
    SUCCEEDS(seL4_CNode_Copy(a, 1, 2, IN_ROOT(source), seL4_AllRights));
    // To the destination goes the pivot with a guard of 3, and to the pivot b with a guard of 1.
    SUCCEEDS(seL4_CNode_Rotate(IN_ROOT(slots), api_guard(3, 62), IN_ROOT(a), api_guard(1, 61), IN_ROOT(b)));
    EQUAL(api_is_empty(b), 1);
    SUCCEEDS(seL4_CNode_Copy(slots, (3 << 2) | 2, DEPTH, slots, (3 << 2) | 1, DEPTH, seL4_AllRights));
    SUCCEEDS(seL4_CNode_Copy(a, (1 << 3) | 7, DEPTH, slots, (3 << 2) | 1, DEPTH, seL4_AllRights));
    // The destination may be the source.
    SUCCEEDS(seL4_CNode_Rotate(IN_ROOT(a), api_guard(0, 0), IN_ROOT(slots), api_guard(0, 0), IN_ROOT(a)));
    SUCCEEDS(seL4_CNode_Delete(slots, 7, 3));
    SUCCEEDS(seL4_CNode_Delete(a, 2, 2));
}

void test_cnode(void)
{
    seL4_CPtr untyped = api_object(seL4_UntypedObject, seL4_NotificationBits);
    seL4_CPtr source = api_slot();
    SUCCEEDS(seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT, 0, 0, source, 1));
    check_copy(source, api_slots(3));
    check_badges(source, api_slots(4));
    check_guards(source, api_slots(2));
    check_rotate(source, api_slots(1));
    SUCCEEDS(seL4_CNode_Revoke(IN_ROOT(untyped)));
    EQUAL(api_is_empty(source), 1);
}
