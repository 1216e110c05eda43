// SPDX-License-Identifier: BSD-2-Clause
// CNode calls beyond copying: rotate, mutate, guards and depths, lookup errors, cancelled sends, and
// revocation across deep trees, CNodes in CNodes and circles of them.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_Error copy(seL4_CPtr target, seL4_CPtr source)
{
    return seL4_CNode_Copy(ROOT, target, DEPTH, ROOT, source, DEPTH, seL4_AllRights);
}

static bool has_badge(seL4_CPtr slot, seL4_Word badge)
{
    seL4_Word got;
    seL4_Signal(slot);
    (void)seL4_Poll(slot, &got);
    return got == badge;
}

static seL4_Error rotate(seL4_CPtr target, seL4_CPtr pivot, seL4_CPtr source, seL4_Word data)
{
    return seL4_CNode_Rotate(ROOT, target, DEPTH, data, ROOT, pivot, DEPTH, data, ROOT, source,
                             DEPTH);
}

/// The pivot's cap goes to the target, the source's to the pivot.
static void test_rotate(void)
{
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged[2] = { task_badged(notification, 1), task_badged(notification, 2) };
    seL4_CPtr nodes = task_slots(4);
    for (seL4_Word i = 0; i < 2; i++) {
        seL4_CPtr node = task_object(seL4_CapTableObject, 2);
        CHECK_EQUAL(seL4_CNode_Move(ROOT, nodes + i, DEPTH, ROOT, node, DEPTH), seL4_NoError);
    }
    CHECK_EQUAL(rotate(nodes + 2, nodes + 1, nodes, 0), seL4_NoError);
    CHECK(task_is_empty(nodes));
    CHECK(!task_is_empty(nodes + 1) && !task_is_empty(nodes + 2));
    // Source and target may be one: a swap.
    CHECK_EQUAL(rotate(nodes + 1, nodes + 2, nodes + 1, 0), seL4_NoError);
    CHECK_EQUAL(rotate(nodes + 1, nodes + 1, nodes + 2, 0), seL4_IllegalOperation);
    CHECK_EQUAL(rotate(nodes + 3, nodes + 2, nodes + 2, 0), seL4_IllegalOperation);
    CHECK_EQUAL(rotate(badged[0], nodes + 2, nodes + 1, 0), seL4_DeleteFirst);
    CHECK_EQUAL(rotate(nodes + 3, nodes + 1, nodes, 0), seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(rotate(nodes + 3, nodes, nodes + 1, 0), seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    // Guards are set on the way, if they fit; badges can't be changed.
    CHECK_EQUAL(rotate(nodes + 3, nodes + 2, nodes + 1, seL4_CNode_CapData_new(0, 63).words[0]),
                seL4_IllegalOperation);
    CHECK_EQUAL(rotate(nodes + 3, nodes + 2, nodes + 1, seL4_CNode_CapData_new(5, 62).words[0]),
                seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(nodes + 3, 5 << 2 | 1, DEPTH, ROOT, notification, DEPTH,
                                seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(nodes + 2, 5 << 2 | 1, DEPTH), seL4_NoError);
    CHECK_EQUAL(rotate(nodes, badged[0], badged[1], 0), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Mutate(ROOT, nodes, DEPTH, ROOT, badged[0], DEPTH, 3),
                seL4_IllegalOperation);
    CHECK(has_badge(badged[0], 1) && has_badge(badged[1], 2));
    task_delete(notification);
    for (seL4_Word i = 0; i < 2; i++) {
        task_delete(badged[i]);
        task_delete(nodes + 2 + i);
    }
}

static void check_lookup(seL4_Error error, seL4_Word is_source, seL4_Word type, seL4_Word a,
                         seL4_Word b, seL4_Word c)
{
    CHECK_EQUAL(error, seL4_FailedLookup);
    CHECK_EQUAL(seL4_GetMR(0), is_source);
    CHECK_EQUAL(seL4_GetMR(1), type);
    if (type != seL4_InvalidRoot) {
        CHECK_EQUAL(seL4_GetMR(2), a);
    }
    if (type == seL4_DepthMismatch || type == seL4_GuardMismatch) {
        CHECK_EQUAL(seL4_GetMR(3), b);
    }
    if (type == seL4_GuardMismatch) {
        // Beyond the message registers: in the IPC buffer.
        CHECK_EQUAL(seL4_GetMR(4), c);
    }
}

static void test_guards(void)
{
    seL4_CPtr plain = task_object(seL4_CapTableObject, 4);
    seL4_CPtr node = task_slot();
    seL4_CPtr endpoint = task_object(seL4_EndpointObject, 0);
    seL4_CPtr target = task_slot();
    // 8 bits of guard 0x5a, then 4 of index.
    CHECK_EQUAL(seL4_CNode_Mutate(ROOT, node, DEPTH, ROOT, plain, DEPTH,
                                  seL4_CNode_CapData_new(0x5a, 8).words[0]), seL4_NoError);
    CHECK(task_is_empty(plain));
    CHECK_EQUAL(seL4_CNode_Copy(node, 0x5a3, 12, ROOT, endpoint, DEPTH, seL4_AllRights),
                seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(node, 0x5a3, 12, ROOT, endpoint, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    check_lookup(seL4_CNode_Delete(node, 0x5b3, 12), 0, seL4_GuardMismatch, 12, 0x5a, 8);
    check_lookup(seL4_CNode_Delete(node, 0x5a, 8), 0, seL4_DepthMismatch, 8, 12, 0);
    check_lookup(seL4_CNode_Delete(node, 0x5a, 6), 0, seL4_GuardMismatch, 6, 0x5a, 8);
    check_lookup(seL4_CNode_Delete(node, 0x5a30, 16), 0, seL4_DepthMismatch, 4, 0, 0);
    check_lookup(seL4_CNode_Copy(ROOT, target, DEPTH, node, 0x5a4, 12, seL4_AllRights), 1,
                 seL4_MissingCapability, 12, 0, 0);
    check_lookup(seL4_CNode_Copy(ROOT, target, DEPTH, endpoint, 0, 12, seL4_AllRights), 1,
                 seL4_InvalidRoot, 0, 0, 0);
    check_lookup(seL4_CNode_Copy(ROOT, target, DEPTH, node, 0x5b3, 12, seL4_AllRights), 1,
                 seL4_GuardMismatch, 12, 0x5a, 8);
    CHECK_EQUAL(seL4_CNode_Delete(node, 0x5a3, 0), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(seL4_GetMR(1), seL4_WordBits);
    CHECK_EQUAL(seL4_CNode_Delete(node, 0x5a3, 65), seL4_RangeError);
    // The guard and the index must fit into a word.
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, target, DEPTH, ROOT, node, DEPTH, seL4_AllRights,
                                seL4_CNode_CapData_new(0, 61).words[0]), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, target, DEPTH, ROOT, node, DEPTH, seL4_AllRights,
                                seL4_CNode_CapData_new(0, 60).words[0]), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Move(ROOT, plain, DEPTH, target, 3, DEPTH), seL4_NoError);
    task_delete(plain);
    task_delete(target);
    task_delete(node);
    task_delete(endpoint);
}

// ---- cancelled sends ----------------------------------------------------------------------------

static volatile seL4_Word ended[3]; ///< number of the capability whose send has ended
static seL4_CPtr never;             ///< an endpoint where nobody sends
static seL4_CPtr sender_caps[3];

static void send_once(seL4_Word number)
{
    seL4_Word badge;
    seL4_Send(sender_caps[number], seL4_MessageInfo_new(0, 0, 0, 0));
    ended[number]++;
    seL4_Wait(never, &badge);
}

static void test_cancel_badged_sends(void)
{
    struct task_thread threads[3];
    seL4_CPtr endpoint = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr badged = task_badged(endpoint, 5);
    seL4_Word badge;
    never = task_object(seL4_EndpointObject, 0);
    for (seL4_Word i = 0; i < 3; i++) {
        sender_caps[i] = i < 2 ? task_slot() : task_badged(endpoint, 6);
        if (i < 2) {
            CHECK_EQUAL(copy(sender_caps[i], badged), seL4_NoError);
        }
        task_thread_create(&threads[i], 200 - i, 0);
        task_thread_start(&threads[i], send_once, i);
    }
    task_let_run(1);
    // Without all rights it is not allowed, without a badge it does nothing.
    seL4_CPtr weak = task_slot();
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, weak, DEPTH, ROOT, badged, DEPTH, seL4_ReadWrite),
                seL4_NoError);
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, weak, DEPTH), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, endpoint, DEPTH), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, reply, DEPTH), seL4_IllegalOperation);
    // While they have caps the cancelled threads just send again.
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, badged, DEPTH), seL4_NoError);
    task_let_run(1);
    CHECK_EQUAL(ended[0] + ended[1] + ended[2], 0);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, badged, DEPTH), seL4_NoError);
    CHECK(task_is_empty(sender_caps[0]) && task_is_empty(sender_caps[1]) && task_is_empty(weak));
    task_let_run(1);
    CHECK_EQUAL(ended[0] + ended[1] + ended[2], 0);
    CHECK_EQUAL(seL4_CNode_CancelBadgedSends(ROOT, badged, DEPTH), seL4_NoError);
    task_let_run(1);
    CHECK(ended[0] == 1 && ended[1] == 1 && ended[2] == 0);
    // Whoever sends with another badge still waits.
    (void)seL4_NBRecv(endpoint, &badge, reply);
    CHECK_EQUAL(badge, 6);
    (void)seL4_NBRecv(endpoint, &badge, reply);
    CHECK_EQUAL(badge, 0);
    for (int i = 0; i < 3; i++) {
        task_thread_delete(&threads[i]);
    }
    task_delete(endpoint);
    task_delete(never);
    task_delete(reply);
}

// ---- deletion -----------------------------------------------------------------------------------

#define LEVELS 12

/// Untypeds in untypeds, an object of each size on each level, and copies of everything.
static void test_deep_tree(void)
{
    seL4_CPtr first = task_slots(LEVELS);
    seL4_CPtr objects = task_slots(3 * LEVELS);
    seL4_CPtr top = task_object(seL4_UntypedObject, 12 + LEVELS);
    seL4_CPtr parent = top;
    for (seL4_Word i = 0; i < LEVELS; i++) {
        seL4_CPtr to = objects + 3 * i;
        CHECK_EQUAL(seL4_Untyped_Retype(parent, seL4_UntypedObject, 11 + LEVELS - i, ROOT, 0, 0,
                                        first + i, 1), seL4_NoError);
        CHECK_EQUAL(seL4_Untyped_Retype(parent, seL4_CapTableObject, 4, ROOT, 0, 0, to, 1),
                    seL4_NoError);
        CHECK_EQUAL(copy(to + 1, to), seL4_NoError);
        // The CNode of each level holds a cap of the one above.
        seL4_CPtr above = i == 0 ? to : to - 3;
        CHECK_EQUAL(seL4_CNode_Mint(ROOT, to + 2, DEPTH, ROOT, above, DEPTH, seL4_AllRights,
                                    seL4_CNode_CapData_new(0, 60).words[0]), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Move(to + 2, i, DEPTH, ROOT, to + 1, DEPTH), seL4_NoError);
        parent = first + i;
    }
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, top, DEPTH), seL4_NoError);
    for (seL4_Word i = 0; i < LEVELS; i++) {
        CHECK(task_is_empty(first + i));
        CHECK(task_is_empty(objects + 3 * i) && task_is_empty(objects + 3 * i + 2));
    }
    // All of the memory is free.
    CHECK_EQUAL(seL4_Untyped_Retype(top, seL4_UntypedObject, 12 + LEVELS, ROOT, 0, 0, first, 1),
                seL4_NoError);
    task_delete(top);
    task_delete(first);
}

#define NODES 6

/// CNodes that hold each other's only caps, and their own.
static void test_circles(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 12);
    seL4_CPtr nodes = task_slots(NODES);
    seL4_CPtr whole = task_slot();
    for (int round = 0; round < 2; round++) {
        for (seL4_Word i = 0; i < NODES; i++) {
            seL4_CPtr made = task_slot();
            CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 3, ROOT, 0, 0, made, 1),
                        seL4_NoError);
            CHECK_EQUAL(seL4_CNode_Mutate(ROOT, nodes + i, DEPTH, ROOT, made, DEPTH,
                                          seL4_CNode_CapData_new(0, 61).words[0]), seL4_NoError);
        }
        for (seL4_Word i = 0; i < NODES; i++) {
            // Itself in the last slot, a copy of the next one in the first.
            CHECK_EQUAL(seL4_CNode_Copy(nodes + i, 7, DEPTH, ROOT, nodes + i, DEPTH,
                                        seL4_AllRights), seL4_NoError);
            CHECK_EQUAL(seL4_CNode_Copy(nodes + i, 0, DEPTH, ROOT, nodes + (i + 1) % NODES, DEPTH,
                                        seL4_AllRights), seL4_NoError);
        }
        if (round == 0) {
            CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, DEPTH), seL4_NoError);
            CHECK(task_is_empty(nodes) && task_is_empty(nodes + NODES - 1));
            continue;
        }
        // One after the other: what nobody can reach keeps itself alive until Revoke finds it.
        for (seL4_Word i = 0; i < NODES; i++) {
            task_delete(nodes + i);
        }
        CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 12, ROOT, 0, 0, whole, 1),
                    seL4_NotEnoughMemory);
        CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, DEPTH), seL4_NoError);
    }
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 12, ROOT, 0, 0, whole, 1),
                seL4_NoError);
    task_delete(untyped);
    task_delete(whole);
}

/// A thread whose CSpace holds its own TCB, and that deletes it: the call never returns.
static void delete_own_tcb(seL4_Word tcb)
{
    (void)seL4_CNode_Delete(ROOT, tcb, DEPTH);
    for (;;) {
        seL4_Yield();
    }
}

static void test_thread_deletes_itself(void)
{
    struct task_thread thread;
    task_thread_create(&thread, 200, 0);
    task_thread_start(&thread, delete_own_tcb, thread.tcb);
    task_let_run(1);
    CHECK(task_is_empty(thread.tcb));
    task_delete(thread.sc);
    task_delete(thread.reply);
}

void test_cnode(void)
{
    test_rotate();
    test_guards();
    test_cancel_badged_sends();
    test_deep_tree();
    test_circles();
    test_thread_deletes_itself();
}
