// SPDX-License-Identifier: BSD-2-Clause
// Finding slots: guards, depths, nested CNodes, and what the caller is told when it fails.
#include "kernel_harness.h"

static word_t make_cnode(word_t radix, word_t guard, word_t guard_size)
{
    const word_t plain = make(seL4_CapTableObject, radix);
    const word_t guarded = new_slot();
    assert_int_equal(cnode_mutate(guarded, plain, seL4_CNode_CapData_new(guard, guard_size).words[0]), 0);
    return guarded;
}

static void assert_lookup_failed(word_t is_source, word_t type)
{
    assert_int_equal(answer.label, seL4_FailedLookup);
    assert_int_equal(answer.mr[0], is_source);
    assert_int_equal(answer.mr[1], type);
}

static void test_depth_range(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t depths[] = { 0, 65, ~(word_t)0 };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(depths); i++) {
        assert_int_equal(call(ROOT, CNodeDelete, NO_WORDS, WORDS(endpoint, depths[i])),
                         seL4_RangeError);
        assert_int_equal(answer.mr[0], 1);
        assert_int_equal(answer.mr[1], 64);
        assert_int_equal(answer.length, 2);
    }
}

static void test_guard_mismatch(void **state)
{
    const word_t cnode = make_cnode(4, 0x5, 4);

    (void)state;
    // The guard is 5; address 0x6? does not begin with it.
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x61, 8)), seL4_FailedLookup);
    assert_lookup_failed(0, seL4_GuardMismatch);
    assert_int_equal(answer.mr[2], 8); // bits left
    assert_int_equal(answer.mr[3], 5); // guard found
    assert_int_equal(answer.mr[4], 4); // bits of the guard
    assert_int_equal(answer.length, 5);
    // Fewer bits than the guard has.
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x1, 3)), seL4_FailedLookup);
    assert_lookup_failed(0, seL4_GuardMismatch);
    assert_int_equal(answer.mr[2], 3);
    // Right guard: an empty slot is fine to delete.
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x51, 8)), seL4_NoError);
}

static void test_depth_mismatch(void **state)
{
    const word_t cnode = make_cnode(4, 0x5, 4);

    (void)state;
    // 8 bits are translated at once, 7 are too few.
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x4 << 3, 7)), seL4_FailedLookup);
    assert_lookup_failed(0, seL4_GuardMismatch); // the guard is compared first
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x5 << 3, 7)), seL4_FailedLookup);
    assert_lookup_failed(0, seL4_DepthMismatch);
    assert_int_equal(answer.mr[2], 7); // bits left
    assert_int_equal(answer.mr[3], 8); // bits found
    // Bits are left over where no further CNode is.
    assert_int_equal(call(cnode, CNodeDelete, NO_WORDS, WORDS(0x511, 12)), seL4_FailedLookup);
    assert_lookup_failed(0, seL4_DepthMismatch);
    assert_int_equal(answer.mr[2], 4);
    assert_int_equal(answer.mr[3], 0);
}

static void test_invalid_root(void **state)
{
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t slot = new_slot();

    (void)state;
    assert_int_equal(call(ROOT, CNodeCopy, WORDS(endpoint), WORDS(slot, 64, 1, 64, 15)),
                     seL4_FailedLookup);
    assert_lookup_failed(1, seL4_InvalidRoot);
    // The depth is not even looked at.
    assert_int_equal(call(ROOT, CNodeCopy, WORDS(endpoint), WORDS(slot, 64, 1, 99, 15)),
                     seL4_FailedLookup);
    assert_lookup_failed(1, seL4_InvalidRoot);
}

static void test_nested(void **state)
{
    const word_t outer = make_cnode(3, 0x1, 2);
    const word_t inner = make_cnode(2, 0x7, 3);
    const word_t endpoint = make(seL4_EndpointObject, 0);
    // outer: guard 01, index 3; inner: guard 111, index 2.
    const word_t path = (0x1 << 8) | (3 << 5) | (0x7 << 2) | 2;

    (void)state;
    assert_int_equal(place_move((struct place){ outer, (1 << 3) | 3, 5 },
                                (struct place){ ROOT, inner, DEPTH }), 0);
    assert_int_equal(place_copy((struct place){ outer, path, 10 },
                                (struct place){ ROOT, endpoint, DEPTH }), 0);
    const struct slot *slots = cap_pointer(cap_at(outer));
    const struct slot *inner_slots = cap_pointer(slots[3].cap);
    assert_int_equal(cap_type(inner_slots[2].cap), CAP_ENDPOINT);
    // The bits above the depth do not matter.
    assert_int_equal(place_delete((struct place){ outer, path | 0xabc000, 10 }), 0);
    assert_true(cap_is_null(inner_slots[2].cap));
    // Depth 5 names the slot of the inner CNode itself.
    assert_int_equal(place_delete((struct place){ outer, (1 << 3) | 3, 5 }), 0);
    assert_true(cap_is_null(slots[3].cap));
}

static void test_empty_source(void **state)
{
    const word_t empty = new_slot();
    const word_t target = new_slot();

    (void)state;
    assert_int_equal(cnode_copy(target, empty, ALL_RIGHTS), seL4_FailedLookup);
    assert_lookup_failed(1, seL4_MissingCapability);
    assert_int_equal(answer.mr[2], 64);
    assert_int_equal(answer.length, 3);
}

static void test_invoke_null(void **state)
{
    const word_t empty = new_slot();

    (void)state;
    assert_int_equal(call(empty, CNodeDelete, NO_WORDS, WORDS(1, 64)), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 0);
}

static void test_short_space(void **state)
{
    // A thread's cptr has 64 bits, but a CSpace may end earlier: the rest is ignored where the walk
    // ends.
    const word_t thread = make_thread(255);
    const word_t cnode = make_cnode(4, 0, 8); // translates 12 bits
    const word_t self = 5;

    (void)state;
    assert_int_equal(place_copy((struct place){ cnode, self, 12 },
                                (struct place){ ROOT, ROOT, DEPTH }), 0);
    struct tcb *tcb = thread_at(thread);
    struct slot *slot;
    assert_int_equal(call(thread, TCBSetSpace, WORDS(0, cnode, seL4_CapInitThreadVSpace),
                          WORDS(0, 0)),
                     0);
    // Slot 5 holds the root CNode with its guard of 54 zero bits; 52 bits are left for it.
    assert_int_equal(cspace_lookup_slot(harness_core(), tcb, self << 52, &slot), STATUS_LOOKUP);
    assert_int_equal(harness_core()->lookup_failure.type, seL4_GuardMismatch);
    assert_int_equal(harness_core()->lookup_failure.bits_left, 52);
    assert_int_equal(cspace_lookup_slot(harness_core(), tcb, UINT64_C(3) << 52 | 0x1234, &slot),
                     STATUS_OK);
    assert_ptr_equal(slot, (struct slot *)cap_pointer(cap_at(cnode)) + 3);
}

static void test_extra_cap_lookup_faults(void **state)
{
    const word_t target = new_slot();

    (void)state;
    // An extra cap that can't be found is a fault of the caller, who has no handler: it stops.
    assert_int_equal(call(ROOT, CNodeCopy, WORDS(~(word_t)0), WORDS(target, 64, 1, 64, 15)),
                     NOT_ANSWERED);
    assert_int_equal(harness_root_thread()->state, THREAD_INACTIVE);
    assert_ptr_equal(harness_core()->current, harness_core()->idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_depth_range, harness_setup),
        cmocka_unit_test_setup(test_guard_mismatch, harness_setup),
        cmocka_unit_test_setup(test_depth_mismatch, harness_setup),
        cmocka_unit_test_setup(test_invalid_root, harness_setup),
        cmocka_unit_test_setup(test_nested, harness_setup),
        cmocka_unit_test_setup(test_empty_source, harness_setup),
        cmocka_unit_test_setup(test_invoke_null, harness_setup),
        cmocka_unit_test_setup(test_short_space, harness_setup),
        cmocka_unit_test_setup(test_extra_cap_lookup_faults, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
