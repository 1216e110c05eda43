// SPDX-License-Identifier: BSD-2-Clause
// The derivation tree as user level can see it: what Revoke deletes and what it leaves.
#include "kernel_harness.h"

static bool is_there(word_t slot)
{
    return !cap_is_null(cap_at(slot));
}

static void test_copies_are_siblings(void **state)
{
    const word_t original = make(seL4_TCBObject, 0);
    const word_t a = new_slot();
    const word_t b = new_slot();
    const word_t c = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(a, original, ALL_RIGHTS), 0);
    assert_int_equal(cnode_copy(b, a, ALL_RIGHTS), 0);
    assert_int_equal(cnode_copy(c, b, ALL_RIGHTS), 0);
    // A copy is not the parent of its copies ...
    assert_int_equal(cnode_revoke(a), 0);
    assert_int_equal(cnode_revoke(b), 0);
    assert_true(is_there(a) && is_there(b) && is_there(c));
    // ... the original is the parent of all of them.
    assert_int_equal(cnode_revoke(original), 0);
    assert_true(is_there(original));
    assert_false(is_there(a) || is_there(b) || is_there(c));
}

static void test_badges(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t red = new_slot();
    const word_t red_copy = new_slot();
    const word_t red_again = new_slot();
    const word_t blue = new_slot();
    const word_t plain = new_slot();
    const word_t from_plain = new_slot();

    (void)state;
    assert_int_equal(cnode_mint(red, endpoint, ALL_RIGHTS, 1), 0);
    assert_int_equal(cnode_copy(red_copy, red, ALL_RIGHTS), 0);
    assert_int_equal(cnode_mint(blue, endpoint, ALL_RIGHTS, 2), 0);
    assert_int_equal(cnode_copy(plain, endpoint, ALL_RIGHTS), 0);
    assert_int_equal(cnode_mint(from_plain, plain, ALL_RIGHTS, 3), 0);
    // A second first cap of the same badge is not derived from the other one.
    assert_int_equal(cnode_mint(red_again, endpoint, ALL_RIGHTS, 1), 0);

    assert_int_equal(cnode_revoke(plain), 0); // a copy: from_plain is its sibling
    assert_true(is_there(from_plain));
    assert_int_equal(cnode_revoke(red_again), 0);
    assert_true(is_there(red) && is_there(red_copy));
    assert_int_equal(cnode_revoke(red), 0);
    assert_true(is_there(red) && is_there(red_again) && is_there(blue));
    assert_false(is_there(red_copy));
    assert_int_equal(cnode_revoke(endpoint), 0);
    assert_false(is_there(red) || is_there(red_again) || is_there(blue) || is_there(plain)
                 || is_there(from_plain));
    assert_true(is_there(endpoint));
}

static void test_first_badged_moves_on(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t first = new_slot();
    const word_t copy = new_slot();
    const word_t second = new_slot();

    (void)state;
    // When the first cap of a badge is deleted, its copies must not fall to another first cap.
    assert_int_equal(cnode_mint(first, endpoint, ALL_RIGHTS, 9), 0);
    assert_int_equal(cnode_copy(copy, first, ALL_RIGHTS), 0);
    assert_int_equal(cnode_delete(first), 0);
    assert_int_equal(cnode_mint(second, endpoint, ALL_RIGHTS, 9), 0);
    assert_int_equal(cnode_revoke(second), 0);
    assert_true(is_there(copy));
}

static void test_deleting_original_keeps_copies(void **state)
{
    const word_t original = make(seL4_NotificationObject, 0);
    const word_t a = new_slot();
    const word_t b = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(a, original, ALL_RIGHTS), 0);
    assert_int_equal(cnode_copy(b, original, RIGHT_READ), 0);
    assert_int_equal(cnode_delete(original), 0);
    assert_true(is_there(a) && is_there(b));
    // Nobody is the parent of the others now.
    assert_int_equal(cnode_revoke(a), 0);
    assert_int_equal(cnode_revoke(b), 0);
    assert_true(is_there(a) && is_there(b));
    // The object is usable to the end.
    assert_int_equal(cnode_delete(a), 0);
    arch_set_register(harness_core()->current, REGISTER_CAP, b);
    assert_true(enter(seL4_SysNBWait));
    assert_int_equal(answer.badge, 0);
    assert_int_equal(cnode_delete(b), 0);
}

static void test_untyped_copy(void **state)
{
    const word_t untyped = make_untyped(16);
    const word_t copy = new_slot();
    const word_t other = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(copy, untyped, ALL_RIGHTS), 0);
    // The copy is a child, and only it can hand out the memory.
    assert_int_equal(cnode_copy(other, untyped, ALL_RIGHTS), seL4_RevokeFirst);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, other, 1), seL4_NotEnoughMemory);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(retype(copy, seL4_EndpointObject, 0, other, 1), 0);
    assert_int_equal(cnode_revoke(untyped), 0);
    assert_false(is_there(copy) || is_there(other));
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, other, 1), 0);
}

static void test_revoke_untyped(void **state)
{
    const word_t untyped = make_untyped(20);
    word_t slots[40];
    unsigned count = 0;

    (void)state;
    // Endpoints with badges, a CNode that holds copies, threads, a nested untyped with a frame.
    const word_t cnode = make_from(untyped, seL4_CapTableObject, 4);
    slots[count++] = cnode;
    for (unsigned i = 0; i < 8; i++) {
        const word_t endpoint = make_from(untyped, seL4_EndpointObject, 0);
        const word_t badged = new_slot();
        assert_int_equal(cnode_mint(badged, endpoint, ALL_RIGHTS, i + 1), 0);
        assert_int_equal(place_copy((struct place){ cnode, i, 4 },
                                    (struct place){ ROOT, badged, DEPTH }),
                         0);
        slots[count++] = endpoint;
        slots[count++] = badged;
    }
    slots[count++] = make_from(untyped, seL4_TCBObject, 0);
    const word_t inner = make_from(untyped, seL4_UntypedObject, 14);
    slots[count++] = inner;
    slots[count++] = make_from(inner, seL4_ARM_SmallPageObject, 0);
    slots[count++] = make_from(inner, seL4_SchedContextObject, 8);
    assert_int_equal(cnode_revoke(untyped), 0);
    for (unsigned i = 0; i < count; i++) {
        assert_false(is_there(slots[i]));
    }
    assert_int_equal(retype(untyped, seL4_UntypedObject, 20, slots[0], 1), 0);
}

static void test_deep_tree(void **state)
{
    // Untypeds inside of each other, 15 levels, each with an endpoint beside the next.
    word_t untyped = make_untyped(20);
    const word_t top = untyped;
    word_t last_endpoint = 0;

    (void)state;
    for (unsigned bits = 19; bits >= 5; bits--) {
        last_endpoint = make_from(untyped, seL4_EndpointObject, 0);
        untyped = make_from(untyped, seL4_UntypedObject, bits - 1);
    }
    assert_int_equal(cnode_revoke(untyped), 0);
    assert_true(is_there(last_endpoint));
    assert_int_equal(cnode_revoke(top), 0);
    assert_false(is_there(last_endpoint));
}

static void test_moved_caps_stay_in_the_tree(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t badged = new_slot();
    const word_t moved = new_slot();
    const word_t copy = new_slot();

    (void)state;
    assert_int_equal(cnode_mint(badged, endpoint, ALL_RIGHTS, 4), 0);
    assert_int_equal(cnode_move(moved, badged), 0);
    assert_int_equal(cnode_copy(copy, moved, ALL_RIGHTS), 0);
    const word_t endpoint_moved = new_slot();
    assert_int_equal(cnode_move(endpoint_moved, endpoint), 0);
    assert_int_equal(cnode_revoke(moved), 0);
    assert_false(is_there(copy));
    assert_int_equal(cnode_revoke(endpoint_moved), 0);
    assert_false(is_there(moved));
}

static void test_revoke_irq_control(void **state)
{
    const word_t handler = new_slot();
    const word_t copy = new_slot();

    (void)state;
    assert_int_equal(call(seL4_CapIRQControl, IRQIssueIRQHandler, WORDS(ROOT),
                          WORDS(40, handler, 64)),
                     0);
    assert_int_equal(cnode_copy(copy, handler, ALL_RIGHTS), 0);
    assert_int_equal(cnode_revoke(handler), 0);
    assert_false(is_there(copy));
    assert_int_equal(cnode_revoke(seL4_CapIRQControl), 0);
    assert_false(is_there(handler));
}

static void test_mapped_frame_copies(void **state)
{
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t copy = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(copy, frame, RIGHT_READ), 0);
    assert_int_equal(cnode_revoke(copy), 0);
    assert_true(is_there(frame));
    assert_int_equal(cnode_revoke(frame), 0);
    assert_false(is_there(copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_copies_are_siblings, harness_setup),
        cmocka_unit_test_setup(test_badges, harness_setup),
        cmocka_unit_test_setup(test_first_badged_moves_on, harness_setup),
        cmocka_unit_test_setup(test_deleting_original_keeps_copies, harness_setup),
        cmocka_unit_test_setup(test_untyped_copy, harness_setup),
        cmocka_unit_test_setup(test_revoke_untyped, harness_setup),
        cmocka_unit_test_setup(test_deep_tree, harness_setup),
        cmocka_unit_test_setup(test_moved_caps_stay_in_the_tree, harness_setup),
        cmocka_unit_test_setup(test_revoke_irq_control, harness_setup),
        cmocka_unit_test_setup(test_mapped_frame_copies, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
