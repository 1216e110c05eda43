// SPDX-License-Identifier: BSD-2-Clause
// CNode invocations: every error with its message registers, rights, badges, guards, Rotate.
#include "kernel_harness.h"

static void assert_missing(word_t is_source, word_t depth)
{
    assert_int_equal(answer.label, seL4_FailedLookup);
    assert_int_equal(answer.mr[0], is_source);
    assert_int_equal(answer.mr[1], seL4_MissingCapability);
    assert_int_equal(answer.mr[2], depth);
}

static void test_unknown_label(void **state)
{
    const word_t labels[] = {
        0, UntypedRetype, CNodeRevoke - 1, CNodeRotate + 1, nArchInvocationLabels, 0xfffff
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(labels); i++) {
        assert_int_equal(call(ROOT, labels[i], NO_WORDS, WORDS(1, 64)), seL4_IllegalOperation);
        assert_int_equal(answer.length, 0);
    }
}

static void test_truncated(void **state)
{
    const word_t target = new_slot();
    const word_t source = make(seL4_EndpointObject, 0);
    const struct {
        word_t label;
        unsigned words;
        unsigned caps;
    } cases[] = {
        { CNodeRevoke, 2, 0 }, { CNodeDelete, 2, 0 }, { CNodeCancelBadgedSends, 2, 0 },
        { CNodeCopy, 5, 1 }, { CNodeMint, 6, 1 }, { CNodeMove, 4, 1 }, { CNodeMutate, 5, 1 },
        { CNodeRotate, 8, 2 },
    };
    const word_t words[] = { target, 64, source, 64, 15, 1, 1, 64 };
    const word_t caps[] = { ROOT, ROOT };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(call(ROOT, cases[i].label, caps, cases[i].caps, words, cases[i].words - 1),
                         seL4_TruncatedMessage);
        if (cases[i].caps != 0) {
            assert_int_equal(call(ROOT, cases[i].label, caps, cases[i].caps - 1, words,
                                  cases[i].words),
                             seL4_TruncatedMessage);
        }
    }
    assert_true(cap_is_null(cap_at(target)));
}

static void test_target_occupied(void **state)
{
    const word_t a = make(seL4_EndpointObject, 0);
    const word_t b = make(seL4_EndpointObject, 0);

    (void)state;
    assert_int_equal(cnode_copy(b, a, ALL_RIGHTS), seL4_DeleteFirst);
    assert_int_equal(cnode_mint(b, a, ALL_RIGHTS, 1), seL4_DeleteFirst);
    assert_int_equal(cnode_move(b, a), seL4_DeleteFirst);
    assert_int_equal(cnode_mutate(b, a, 1), seL4_DeleteFirst);
    assert_int_equal(cnode_move(a, a), seL4_DeleteFirst);
    // The occupied target is seen before the missing source.
    assert_int_equal(cnode_copy(b, new_slot(), ALL_RIGHTS), seL4_DeleteFirst);
}

static void test_copy_rights(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t notification = make(seL4_NotificationObject, 0);
    const word_t reply = make(seL4_ReplyObject, 0);
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);

    (void)state;
    for (word_t rights = 0; rights < 16; rights++) {
        const word_t copy = new_slot();
        assert_int_equal(cnode_copy(copy, endpoint, rights | 0xf0), 0);
        assert_int_equal(cap_rights(cap_at(copy)), rights);
        // Rights never come back.
        const word_t second = new_slot();
        assert_int_equal(cnode_copy(second, copy, ALL_RIGHTS), 0);
        assert_int_equal(cap_rights(cap_at(second)), rights);
        assert_int_equal(cnode_delete(copy), 0);
        assert_int_equal(cnode_delete(second), 0);
    }
    const word_t copy = new_slot();
    assert_int_equal(cnode_copy(copy, notification, RIGHT_READ | RIGHT_GRANT), 0);
    assert_int_equal(cap_rights(cap_at(copy)), RIGHT_READ);
    const word_t reply_copy = new_slot();
    assert_int_equal(cnode_copy(reply_copy, reply, RIGHT_READ), 0);
    assert_int_equal(cap_rights(cap_at(reply_copy)), 0);
    // A frame that may only be written is not accessible at all.
    const word_t frame_copy = new_slot();
    assert_int_equal(cnode_copy(frame_copy, frame, RIGHT_WRITE), 0);
    assert_int_equal(cap_field(cap_at(frame_copy).words[0], 50, 2), 0);
}

static void test_mint_badge(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t badged = new_slot();
    const word_t other = new_slot();

    (void)state;
    assert_int_equal(cnode_mint(badged, endpoint, RIGHT_WRITE, 0xfedcba9876543210), 0);
    assert_int_equal(cap_badge(cap_at(badged)), 0xfedcba9876543210);
    assert_int_equal(cap_rights(cap_at(badged)), RIGHT_WRITE);
    // A badge is for ever.
    assert_int_equal(cnode_mint(other, badged, ALL_RIGHTS, 5), seL4_IllegalOperation);
    assert_int_equal(cnode_mint(other, badged, ALL_RIGHTS, 0), seL4_IllegalOperation);
    assert_int_equal(cnode_copy(other, badged, ALL_RIGHTS), 0);
    assert_int_equal(cap_badge(cap_at(other)), 0xfedcba9876543210);
    // Badge 0 leaves the cap as it is.
    const word_t plain = new_slot();
    assert_int_equal(cnode_mint(plain, endpoint, ALL_RIGHTS, 0), 0);
    assert_int_equal(cap_badge(cap_at(plain)), 0);
}

static void test_mutate(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t cnode = make(seL4_CapTableObject, 4);
    const word_t target = new_slot();

    (void)state;
    // Mutate may not badge, but it may set guards.
    assert_int_equal(cnode_mutate(target, endpoint, 1), seL4_IllegalOperation);
    assert_int_equal(cap_type(cap_at(endpoint)), CAP_ENDPOINT);
    assert_int_equal(cnode_mutate(target, cnode, seL4_CNode_CapData_new(0x1ab, 12).words[0]), 0);
    assert_true(cap_is_null(cap_at(cnode)));
    assert_int_equal(cnode_guard(cap_at(target)), 0x1ab);
    assert_int_equal(cnode_guard_size(cap_at(target)), 12);
    // Guard bits above its size are dropped.
    const word_t again = new_slot();
    assert_int_equal(cnode_mutate(again, target, seL4_CNode_CapData_new(0xff5, 4).words[0]), 0);
    assert_int_equal(cnode_guard(cap_at(again)), 0x5);
    // Guard and radix together are at most 64 bits.
    assert_int_equal(cnode_mutate(target, again, seL4_CNode_CapData_new(0, 61).words[0]),
                     seL4_IllegalOperation);
    assert_int_equal(cnode_mutate(target, again, seL4_CNode_CapData_new(0, 60).words[0]), 0);
}

static void test_copy_not_derivable(void **state)
{
    const word_t target = new_slot();
    const word_t table = make(seL4_ARM_PageTableObject, 0);
    const word_t vspace = make(seL4_ARM_VSpaceObject, 0);

    (void)state;
    assert_int_equal(cnode_copy(target, seL4_CapIRQControl, ALL_RIGHTS), seL4_IllegalOperation);
    assert_int_equal(cnode_copy(target, table, ALL_RIGHTS), seL4_IllegalOperation);
    assert_int_equal(cnode_copy(target, vspace, ALL_RIGHTS), seL4_IllegalOperation);
    assert_int_equal(cnode_copy(target, ram_untyped(), ALL_RIGHTS), seL4_RevokeFirst);
    // Moving is always possible.
    assert_int_equal(cnode_move(target, seL4_CapIRQControl), 0);
    assert_int_equal(cnode_move(seL4_CapIRQControl, target), 0);
    assert_int_equal(cnode_copy(target, seL4_CapASIDControl, ALL_RIGHTS), 0);
}

static word_t rotate(word_t target, word_t target_data, word_t pivot, word_t pivot_data,
                     word_t source)
{
    return call(ROOT, CNodeRotate, WORDS(ROOT, ROOT),
                WORDS(target, DEPTH, target_data, pivot, DEPTH, pivot_data, source, DEPTH));
}

static void test_rotate_errors(void **state)
{
    const word_t a = make(seL4_EndpointObject, 0);
    const word_t b = make(seL4_EndpointObject, 0);
    const word_t c = make(seL4_NotificationObject, 0);
    const word_t empty = new_slot();
    const word_t empty2 = new_slot();

    (void)state;
    assert_int_equal(rotate(empty, 0, a, 0, a), seL4_IllegalOperation);  // pivot is the source
    assert_int_equal(rotate(a, 0, a, 0, b), seL4_IllegalOperation);      // pivot is the target
    assert_int_equal(rotate(c, 0, a, 0, b), seL4_DeleteFirst);
    assert_int_equal(rotate(empty, 0, a, 0, empty2), seL4_FailedLookup);
    assert_missing(1, 64);
    assert_int_equal(rotate(empty, 0, empty2, 0, a), seL4_FailedLookup);
    assert_missing(0, 64);
    // Endpoints can't be badged while they move: no word changes anything on them.
    assert_int_equal(rotate(empty, 0, a, 0, b), seL4_IllegalOperation);
    assert_int_equal(cap_type(cap_at(a)), CAP_ENDPOINT);
    assert_int_equal(cap_type(cap_at(b)), CAP_ENDPOINT);
}

static void test_rotate_moves(void **state)
{
    const word_t a = make(seL4_CapTableObject, 2);
    const word_t b = make(seL4_CapTableObject, 3);
    const word_t target = new_slot();
    const struct cap cap_a = cap_at(a);
    const struct cap cap_b = cap_at(b);

    (void)state;
    // Pivot a goes to the target with the first word, source b goes to a with the second.
    assert_int_equal(rotate(target, seL4_CNode_CapData_new(1, 4).words[0], a,
                            seL4_CNode_CapData_new(2, 5).words[0], b),
                     0);
    assert_true(cap_is_null(cap_at(b)));
    assert_ptr_equal(cap_pointer(cap_at(target)), cap_pointer(cap_a));
    assert_ptr_equal(cap_pointer(cap_at(a)), cap_pointer(cap_b));
    assert_int_equal(cnode_guard(cap_at(target)), 1);
    assert_int_equal(cnode_guard(cap_at(a)), 2);
    // Source and target the same: two caps change places.
    assert_int_equal(rotate(target, 0, a, 0, target), 0);
    assert_ptr_equal(cap_pointer(cap_at(target)), cap_pointer(cap_b));
    assert_ptr_equal(cap_pointer(cap_at(a)), cap_pointer(cap_a));
    assert_int_equal(cnode_guard_size(cap_at(a)), 0);
}

static void test_rotate_keeps_derivation(void **state)
{
    const word_t thread = make(seL4_TCBObject, 0);
    const word_t child = new_slot();
    const word_t other = make(seL4_TCBObject, 0);
    const word_t other_child = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(child, thread, ALL_RIGHTS), 0);
    assert_int_equal(cnode_copy(other_child, other, ALL_RIGHTS), 0);
    // All ways of swapping neighbours and strangers; the checker looks at the list after each.
    assert_int_equal(rotate(thread, 0, child, 0, thread), 0);
    assert_int_equal(rotate(thread, 0, child, 0, thread), 0);
    assert_int_equal(rotate(child, 0, thread, 0, child), 0);
    assert_int_equal(rotate(other, 0, thread, 0, other), 0);
    const word_t target = new_slot();
    assert_int_equal(rotate(target, 0, other, 0, child), 0);
    // `child`'s place holds the original of `thread` now: it went to `other` with the last rotate.
    assert_int_equal(cnode_revoke(other), 0);
    assert_true(cap_is_null(cap_at(target)));
    assert_int_equal(cap_type(cap_at(other_child)), CAP_THREAD);
}

static void test_cancel_badged_rights(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t badged = new_slot();
    const word_t weak = new_slot();
    const word_t notification = make(seL4_NotificationObject, 0);

    (void)state;
    assert_int_equal(cnode_mint(badged, endpoint, ALL_RIGHTS, 7), 0);
    assert_int_equal(cnode_mint(weak, endpoint, RIGHT_WRITE | RIGHT_READ | RIGHT_GRANT, 7), 0);
    assert_int_equal(cnode_cancel_badged(badged), 0);
    assert_int_equal(cnode_cancel_badged(endpoint), 0);
    assert_int_equal(cnode_cancel_badged(weak), seL4_IllegalOperation);
    assert_int_equal(cnode_cancel_badged(notification), seL4_IllegalOperation);
    assert_int_equal(cnode_cancel_badged(new_slot()), seL4_IllegalOperation);
}

static void test_delete_empty(void **state)
{
    const word_t empty = new_slot();

    (void)state;
    assert_int_equal(cnode_delete(empty), 0);
    assert_int_equal(cnode_revoke(empty), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_unknown_label, harness_setup),
        cmocka_unit_test_setup(test_truncated, harness_setup),
        cmocka_unit_test_setup(test_target_occupied, harness_setup),
        cmocka_unit_test_setup(test_copy_rights, harness_setup),
        cmocka_unit_test_setup(test_mint_badge, harness_setup),
        cmocka_unit_test_setup(test_mutate, harness_setup),
        cmocka_unit_test_setup(test_copy_not_derivable, harness_setup),
        cmocka_unit_test_setup(test_rotate_errors, harness_setup),
        cmocka_unit_test_setup(test_rotate_moves, harness_setup),
        cmocka_unit_test_setup(test_rotate_keeps_derivation, harness_setup),
        cmocka_unit_test_setup(test_cancel_badged_rights, harness_setup),
        cmocka_unit_test_setup(test_delete_empty, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
