// SPDX-License-Identifier: BSD-2-Clause
// Caps of address spaces as the generic kernel handles them: mappings end with their caps, tables
// and ASIDs are given back, IPC buffers disappear with their frame. The tables are the fake
// machine's.
#include "kernel_harness.h"

#define VADDR UINT64_C(0x40000000)

struct space {
    word_t vspace;
    word_t level2;
    word_t level3;
};

static struct space make_space(void)
{
    struct space space = {
        .vspace = make(seL4_ARM_VSpaceObject, 0),
        .level2 = make(seL4_ARM_PageTableObject, 0),
        .level3 = make(seL4_ARM_PageTableObject, 0),
    };
    assert_int_equal(call(seL4_CapInitThreadASIDPool, ARMASIDPoolAssign, WORDS(space.vspace),
                          NO_WORDS),
                     0);
    assert_int_equal(call(space.level2, ARMPageTableMap, WORDS(space.vspace), WORDS(VADDR, 3)), 0);
    assert_int_equal(call(space.level3, ARMPageTableMap, WORDS(space.vspace), WORDS(VADDR, 3)), 0);
    return space;
}

static word_t map(word_t frame, word_t vspace, word_t vaddr)
{
    return call(frame, ARMPageMap, WORDS(vspace), WORDS(vaddr, 3, 3));
}

static bool is_mapped(struct cap vspace, word_t vaddr)
{
    paddr_t at;
    word_t rights;
    return host_translate(vspace, vaddr, &at, &rights);
}

static void test_map_and_delete(void **state)
{
    const struct space space = make_space();
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t copy = new_slot();
    const struct cap vspace = cap_at(space.vspace);
    paddr_t at;
    word_t rights;

    (void)state;
    assert_int_equal(map(frame, space.vspace, VADDR + 0x3000), 0);
    assert_true(host_translate(vspace, VADDR + 0x3123, &at, &rights));
    assert_int_equal(at, cap_address(cap_at(frame)) + 0x123);
    assert_int_equal(rights, 3);
    assert_int_equal(call(frame, ARMPageGetAddress, NO_WORDS, NO_WORDS), 0);
    assert_int_equal(answer.mr[0], cap_address(cap_at(frame)));
    assert_int_equal(answer.length, 1);
    // A copy is not mapped; it can be, elsewhere, with fewer rights.
    assert_int_equal(cnode_copy(copy, frame, RIGHT_READ), 0);
    assert_int_equal(map(copy, space.vspace, VADDR), 0);
    assert_true(host_translate(vspace, VADDR, &at, &rights));
    assert_int_equal(rights, RIGHT_READ);
    // Each cap's mapping ends with that cap.
    assert_int_equal(cnode_delete(frame), 0);
    assert_false(is_mapped(vspace, VADDR + 0x3000));
    assert_true(is_mapped(vspace, VADDR));
    assert_int_equal(call(copy, ARMPageUnmap, NO_WORDS, NO_WORDS), 0);
    assert_false(is_mapped(vspace, VADDR));
}

static void test_moved_mapping(void **state)
{
    const struct space space = make_space();
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t moved = new_slot();
    const struct cap vspace = cap_at(space.vspace);

    (void)state;
    assert_int_equal(map(frame, space.vspace, VADDR), 0);
    assert_int_equal(cnode_move(moved, frame), 0);
    assert_true(is_mapped(vspace, VADDR));
    assert_int_equal(cnode_delete(moved), 0);
    assert_false(is_mapped(vspace, VADDR));
}

static void test_missing_table(void **state)
{
    const struct space space = make_space();
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t large = make(seL4_ARM_LargePageObject, 0);

    (void)state;
    assert_int_equal(map(frame, space.vspace, VADDR + BIT(30)), seL4_FailedLookup);
    assert_int_equal(answer.mr[1], seL4_MissingCapability);
    assert_int_equal(answer.mr[2], 30);
    assert_int_equal(map(frame, space.vspace, VADDR + BIT(21)), seL4_FailedLookup);
    assert_int_equal(answer.mr[2], 21);
    assert_int_equal(map(large, space.vspace, VADDR), seL4_FailedLookup);
    assert_int_equal(answer.mr[2], 12);
    assert_int_equal(map(large, space.vspace, VADDR + BIT(21)), 0);
    assert_int_equal(map(frame, space.vspace, VADDR + 1), seL4_AlignmentError);
    assert_int_equal(map(frame, ROOT, VADDR), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
}

static void test_delete_table(void **state)
{
    const struct space space = make_space();
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t copy = new_slot();
    const struct cap vspace = cap_at(space.vspace);

    (void)state;
    assert_int_equal(map(frame, space.vspace, VADDR), 0);
    // A mapped table can be copied; the mapping ends with the last cap.
    assert_int_equal(cnode_copy(copy, space.level3, ALL_RIGHTS), 0);
    assert_int_equal(call(space.level3, ARMPageTableUnmap, NO_WORDS, NO_WORDS), seL4_RevokeFirst);
    assert_int_equal(cnode_delete(copy), 0);
    assert_true(is_mapped(vspace, VADDR));
    assert_int_equal(cnode_delete(space.level3), 0);
    assert_false(is_mapped(vspace, VADDR));
    // The frame's cap still thinks that it is mapped there.
    assert_int_equal(call(frame, ARMPageUnmap, NO_WORDS, NO_WORDS), 0);
    assert_int_equal(map(frame, space.vspace, VADDR), seL4_FailedLookup);
}

static void test_delete_space(void **state)
{
    const struct space space = make_space();
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);

    (void)state;
    assert_int_equal(map(frame, space.vspace, VADDR), 0);
    assert_int_equal(cnode_delete(space.vspace), 0);
    assert_int_equal(cnode_delete(space.level2), 0);
    assert_int_equal(call(frame, ARMPageUnmap, NO_WORDS, NO_WORDS), 0);
    // Its ASID is given to the next one.
    const word_t other = make(seL4_ARM_VSpaceObject, 0);
    assert_int_equal(call(seL4_CapInitThreadASIDPool, ARMASIDPoolAssign, WORDS(other), NO_WORDS),
                     0);
    assert_int_equal(call(space.level3, ARMPageTableUnmap, NO_WORDS, NO_WORDS), 0);
}

static void test_asid_pools(void **state)
{
    const word_t untyped = make_untyped(12);
    const word_t large = make_untyped(13);
    const word_t pool = new_slot();
    const word_t vspace = make(seL4_ARM_VSpaceObject, 0);
    const word_t target = new_slot();

    (void)state;
    assert_int_equal(call(seL4_CapASIDControl, ARMASIDControlMakePool, WORDS(large, ROOT),
                          WORDS(pool, DEPTH)), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(seL4_CapASIDControl, ARMASIDControlMakePool, WORDS(untyped, ROOT),
                          WORDS(pool, DEPTH)), 0);
    assert_int_equal(call(seL4_CapASIDControl, ARMASIDControlMakePool, WORDS(untyped, ROOT),
                          WORDS(new_slot(), DEPTH)), seL4_RevokeFirst);
    assert_int_equal(call(pool, ARMASIDPoolAssign, WORDS(vspace), NO_WORDS), 0);
    assert_int_equal(call(pool, ARMASIDPoolAssign, WORDS(vspace), NO_WORDS),
                     seL4_InvalidCapability);
    // Without its pool, the VSpace is none.
    assert_int_equal(cnode_revoke(untyped), 0);
    assert_true(cap_is_null(cap_at(pool)));
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    assert_int_equal(map(frame, vspace, VADDR), seL4_FailedLookup);
    assert_int_equal(answer.mr[1], seL4_InvalidRoot);
    assert_int_equal(cnode_copy(target, vspace, ALL_RIGHTS), 0);
    assert_int_equal(cnode_revoke(vspace), 0);
    assert_int_equal(cnode_delete(vspace), 0);
}

static void test_ipc_buffer_goes(void **state)
{
    (void)state;
    // The kernel's copy of the frame cap is a child of the root task's: Revoke takes the buffer
    // away.
    assert_non_null(arch_ipc_buffer(harness_root_thread(), true));
    assert_int_equal(cnode_revoke(seL4_CapInitThreadIPCBuffer), 0);
    assert_null(arch_ipc_buffer(harness_root_thread(), true));
    // Messages beyond the registers and extra caps are not there any more.
    put_message(CNodeCopy, NO_WORDS, WORDS(600, 64, 1, 64));
    arch_set_register(harness_root_thread(), REGISTER_MESSAGE_INFO,
                      seL4_MessageInfo_new(CNodeCopy, 0, 1, 5).words[0]);
    arch_set_register(harness_root_thread(), REGISTER_CAP, ROOT);
    assert_true(enter(seL4_SysCall));
    assert_int_equal(answer.label, seL4_TruncatedMessage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_map_and_delete, harness_setup),
        cmocka_unit_test_setup(test_moved_mapping, harness_setup),
        cmocka_unit_test_setup(test_missing_table, harness_setup),
        cmocka_unit_test_setup(test_delete_table, harness_setup),
        cmocka_unit_test_setup(test_delete_space, harness_setup),
        cmocka_unit_test_setup(test_asid_pools, harness_setup),
        cmocka_unit_test_setup(test_ipc_buffer_goes, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
