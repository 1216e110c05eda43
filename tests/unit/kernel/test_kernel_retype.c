// SPDX-License-Identifier: BSD-2-Clause
// Untyped_Retype: argument checks in their order, memory accounting, alignment, clearing, device
// memory.
#include "kernel_harness.h"
#include <string.h>

static word_t retype_at(word_t untyped, word_t type, word_t size, word_t root, word_t index,
                        word_t depth, word_t offset, word_t count)
{
    return call(untyped, UntypedRetype, WORDS(root),
                WORDS(type, size, index, depth, offset, count));
}

static void assert_range(word_t minimum, word_t maximum)
{
    assert_int_equal(answer.label, seL4_RangeError);
    assert_int_equal(answer.mr[0], minimum);
    assert_int_equal(answer.mr[1], maximum);
}

static void assert_argument(word_t number)
{
    assert_int_equal(answer.label, seL4_InvalidArgument);
    assert_int_equal(answer.mr[0], number);
    assert_int_equal(answer.length, 1);
}

static void test_label_and_length(void **state)
{
    const word_t untyped = make_untyped(12);

    (void)state;
    assert_int_equal(call(untyped, UntypedRetype + 1, WORDS(ROOT), WORDS(2, 0, 0, 0, 500, 1)),
                     seL4_IllegalOperation);
    assert_int_equal(call(untyped, UntypedRetype, WORDS(ROOT), WORDS(2, 0, 0, 0, 500)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(untyped, UntypedRetype, NO_WORDS, WORDS(2, 0, 0, 0, 500, 1)),
                     seL4_TruncatedMessage);
}

static void test_type_and_size(void **state)
{
    const word_t untyped = make_untyped(12);
    const word_t slot = new_slot();
    const word_t kinds[] = { seL4_UntypedObject, seL4_CapTableObject, seL4_SchedContextObject };

    (void)state;
    assert_int_equal(retype(untyped, seL4_ObjectTypeCount, 0, slot, 1), seL4_InvalidArgument);
    assert_argument(0);
    assert_int_equal(retype(untyped, ~(word_t)0, 0, slot, 1), seL4_InvalidArgument);
    assert_argument(0);
    // A type is checked before its size.
    assert_int_equal(retype(untyped, seL4_ObjectTypeCount, 99, slot, 1), seL4_InvalidArgument);
    // The size word is checked even where the type has a fixed size.
    assert_int_equal(retype(untyped, seL4_EndpointObject, 64, slot, 1), seL4_RangeError);
    assert_range(0, seL4_MaxUntypedBits);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 63, slot, 1), 0);
    assert_int_equal(cnode_delete(slot), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        assert_int_equal(retype(untyped, kinds[i], 48, slot, 1), seL4_RangeError);
        assert_range(0, seL4_MaxUntypedBits);
        assert_int_equal(retype(untyped, kinds[i], ~(word_t)0, slot, 1), seL4_RangeError);
        assert_int_equal(retype(untyped, kinds[i], 0, slot, 1), seL4_InvalidArgument);
        assert_argument(1);
    }
    assert_int_equal(retype(untyped, seL4_CapTableObject, 43, slot, 1), seL4_RangeError);
    assert_int_equal(retype(untyped, seL4_CapTableObject, 42, slot, 1), seL4_NotEnoughMemory);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 3, slot, 1), seL4_InvalidArgument);
    assert_argument(1);
    assert_int_equal(retype(untyped, seL4_SchedContextObject, 6, slot, 1), seL4_InvalidArgument);
    assert_argument(1);
    assert_true(cap_is_null(cap_at(slot)));
}

static void test_node_lookup(void **state)
{
    const word_t untyped = make_untyped(12);
    const word_t slot = new_slot();

    (void)state;
    // Depth 0: the root cap itself. It must be a CNode.
    assert_int_equal(retype_at(untyped, 2, 0, untyped, 0, 0, slot, 1), seL4_FailedLookup);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(answer.mr[1], seL4_MissingCapability);
    assert_int_equal(answer.mr[2], 0);
    // Otherwise index and depth name a slot with a CNode.
    assert_int_equal(retype_at(untyped, 2, 0, ROOT, untyped, DEPTH, slot, 1), seL4_FailedLookup);
    assert_int_equal(answer.mr[1], seL4_MissingCapability);
    assert_int_equal(answer.mr[2], 64);
    assert_int_equal(retype_at(untyped, 2, 0, ROOT, ROOT, 65, slot, 1), seL4_RangeError);
    assert_range(1, 64);
    assert_int_equal(retype_at(untyped, 2, 0, untyped, 0, 64, slot, 1), seL4_FailedLookup);
    assert_int_equal(answer.mr[1], seL4_InvalidRoot);
    assert_int_equal(retype_at(untyped, 2, 0, ROOT, ROOT, DEPTH, slot, 1), 0);
    assert_int_equal(cap_type(cap_at(slot)), CAP_ENDPOINT);
}

static void test_window(void **state)
{
    const word_t untyped = make_untyped(16);
    const word_t cnode = make(seL4_CapTableObject, 9);

    (void)state;
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 512, 1), seL4_RangeError);
    assert_range(0, 511);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 0, 0), seL4_RangeError);
    assert_range(1, 256);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 0, 257), seL4_RangeError);
    assert_range(1, 256);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 500, 13), seL4_RangeError);
    assert_range(1, 12);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 511, ~(word_t)0), seL4_RangeError);
    assert_range(1, 256);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 500, 12), 0);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 256, 245), seL4_DeleteFirst);
    assert_int_equal(retype_at(untyped, 2, 0, cnode, 0, 0, 244, 256), 0);
    const struct slot *slots = cap_pointer(cap_at(cnode));
    for (word_t i = 0; i < 512; i++) {
        assert_int_equal(cap_type(slots[i].cap), i < 244 ? CAP_NULL : CAP_ENDPOINT);
    }
}

static void test_memory(void **state)
{
    const word_t untyped = make_untyped(12);
    const word_t slot = new_slot();
    const word_t other = new_slot();
    const word_t third = new_slot();

    (void)state;
    assert_int_equal(retype(untyped, seL4_TCBObject, 0, slot, 3), seL4_NotEnoughMemory);
    assert_int_equal(answer.mr[0], 4096);
    assert_int_equal(answer.length, 1);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, slot, 1), 0);
    assert_int_equal(retype(untyped, seL4_TCBObject, 0, other, 2), seL4_NotEnoughMemory);
    assert_int_equal(answer.mr[0], 4096 - 16);
    // Objects are aligned to their size; what is skipped is lost.
    assert_int_equal(retype(untyped, seL4_TCBObject, 0, other, 1), 0);
    assert_int_equal(arch_virt_to_phys(cap_pointer(cap_at(other))) - cap_address(cap_at(untyped)),
                     2048);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, third, 1), seL4_NotEnoughMemory);
    assert_int_equal(answer.mr[0], 0);
    // As long as there are children, nothing comes back; without, all of it.
    assert_int_equal(cnode_delete(other), 0);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, third, 1), seL4_NotEnoughMemory);
    assert_int_equal(cnode_delete(slot), 0);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 12, third, 1), 0);
    assert_int_equal(cap_address(cap_at(third)), cap_address(cap_at(untyped)));
}

static void test_order_of_checks(void **state)
{
    const word_t untyped = make_untyped(12);
    const word_t used = make(seL4_EndpointObject, 0);

    (void)state;
    // An occupied slot is seen before missing memory, a bad window before that, a bad size first.
    assert_int_equal(retype(untyped, seL4_UntypedObject, 20, used, 1), seL4_DeleteFirst);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 20, used, 0), seL4_RangeError);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 2, used, 0), seL4_InvalidArgument);
    // Missing memory is seen before the wrong type for device memory.
    assert_int_equal(retype(device_untyped(), seL4_CapTableObject, 30, new_slot(), 1),
                     seL4_NotEnoughMemory);
}

static void test_device(void **state)
{
    const word_t untyped = device_untyped();
    const word_t slot = new_slot();
    const word_t inner = new_slot();
    const word_t kinds[] = {
        seL4_TCBObject, seL4_EndpointObject, seL4_NotificationObject, seL4_CapTableObject,
        seL4_SchedContextObject, seL4_ReplyObject, seL4_ARM_VSpaceObject, seL4_ARM_PageTableObject,
        seL4_ARM_VCPUObject,
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        assert_int_equal(retype(untyped, kinds[i], 8, slot, 1), seL4_InvalidArgument);
        assert_argument(1);
    }
    assert_int_equal(retype(untyped, seL4_ARM_SmallPageObject, 0, slot, 1), 0);
    assert_true(untyped_is_device(cap_at(slot)));
    assert_int_equal(cap_address(cap_at(slot)), 0x08000000);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 21, inner, 1), 0);
    assert_true(untyped_is_device(cap_at(inner)));
    assert_int_equal(cap_address(cap_at(inner)), 0x08200000);
    const word_t large = new_slot();
    assert_int_equal(retype(inner, seL4_TCBObject, 0, large, 1), seL4_InvalidArgument);
    assert_int_equal(retype(inner, seL4_ARM_LargePageObject, 0, large, 1), 0);
    assert_int_equal(cap_address(cap_at(large)), 0x08200000);
}

static void assert_zero(paddr_t at, word_t bytes)
{
    const word_t *words = arch_phys_to_virt(at);
    for (word_t i = 0; i < bytes / sizeof(word_t); i++) {
        if (words[i] != 0) {
            fail_msg("0x%lx is not zero", (unsigned long)(at + i * sizeof(word_t)));
        }
    }
}

static void dirty(word_t untyped)
{
    memset(arch_phys_to_virt(cap_address(cap_at(untyped))), 0x5a,
           BIT(untyped_size_bits(cap_at(untyped))));
}

static void test_clearing(void **state)
{
    const word_t untyped = make_untyped(21);
    const word_t slot = new_slot();

    (void)state;
    dirty(untyped);
    assert_int_equal(retype(untyped, seL4_ARM_SmallPageObject, 0, slot, 1), 0);
    assert_zero(cap_address(cap_at(slot)), 4096);
    const word_t large = new_slot();
    assert_int_equal(retype(untyped, seL4_ARM_SmallPageObject, 0, large, 200), 0);
    assert_zero(cap_address(cap_at(large)), 200 * 4096);
    assert_int_equal(cnode_revoke(untyped), 0);
    dirty(untyped);
    assert_int_equal(retype(untyped, seL4_ARM_LargePageObject, 0, slot, 1), 0);
    assert_zero(cap_address(cap_at(slot)), BIT(21));
    assert_int_equal(cnode_revoke(untyped), 0);
    // Children that are untyped themselves are not cleared before they are used.
    dirty(untyped);
    assert_int_equal(retype(untyped, seL4_UntypedObject, 20, slot, 1), 0);
    assert_int_equal(*(uint8_t *)arch_phys_to_virt(cap_address(cap_at(slot))), 0x5a);
}

static void test_clearing_is_preempted(void **state)
{
    const word_t untyped = make_untyped(22);
    const word_t slot = new_slot();

    (void)state;
    dirty(untyped);
    host_preempt_every(1);
    // 4 MiB in steps of 64 KiB, an interrupt after every step but the last one.
    assert_int_equal(retype(untyped, seL4_ARM_LargePageObject, 0, slot, 2), 0);
    assert_int_equal(answer.restarts, 63);
    assert_zero(cap_address(cap_at(untyped)), BIT(22));
    assert_int_equal(cnode_revoke(untyped), 0);
    // The progress is that of this use of the memory, not of an earlier one.
    dirty(untyped);
    assert_int_equal(retype(untyped, seL4_ARM_LargePageObject, 0, slot, 2), 0);
    assert_int_equal(answer.restarts, 63);
    assert_zero(cap_address(cap_at(untyped)), BIT(22));
}

/// Makes one kernel entry with a Retype and does not repeat it when it was preempted.
static bool retype_once(word_t untyped, word_t type, word_t slot, word_t count)
{
    struct core *core = harness_core();

    put_message(UntypedRetype, WORDS(ROOT), WORDS(type, 0, 0, 0, slot, count));
    arch_set_register(core->current, REGISTER_CAP, untyped);
    arch_set_register(core->current, REGISTER_FAULT_PC, 0x1000);
    arch_set_register(core->current, REGISTER_PC, 0x1004);
    kernel_handle_syscall(core, seL4_SysCall);
    return arch_get_register(core->current, REGISTER_PC) == 0x1004;
}

static void test_abandoned_clearing(void **state)
{
    const word_t untyped = make_untyped(22);
    const word_t slot = new_slot();
    const word_t small = new_slot();

    (void)state;
    dirty(untyped);
    host_preempt_every(1);
    for (unsigned i = 1; i <= 20; i++) {
        assert_false(retype_once(untyped, seL4_ARM_LargePageObject, slot, 2));
        assert_int_equal(untyped_cleared(cap_at(untyped)), i * 0x10000);
        assert_true(cap_is_null(cap_at(slot)));
    }
    // Then the caller does something else with the memory: what is clear stays known, as far as
    // unused.
    assert_int_equal(retype(untyped, seL4_ARM_SmallPageObject, 0, small, 65), 0);
    assert_int_equal(answer.restarts, 0);
    assert_int_equal(untyped_free_index(cap_at(untyped)), 65 * 4096);
    assert_int_equal(untyped_cleared(cap_at(untyped)), 0xf0000);
    assert_int_equal(retype(untyped, seL4_ARM_LargePageObject, 0, slot, 1), 0);
    assert_zero(cap_address(cap_at(untyped)) + BIT(21), BIT(21));
}

/// The progress of clearing as much memory as there can be, next to the cap's other fields.
static void test_progress_beyond_64_gib(void **state)
{
    const word_t most = BIT(40) - BIT(16);
    const word_t values[] = { 0, BIT(16), BIT(36) - BIT(16), BIT(36), BIT(36) + BIT(16), most };
    struct cap cap = untyped_cap_new(0xfedcba987650, 47, true);

    (void)state;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        untyped_set_free_index(&cap, BIT(47) - 16 * i, values[i]);
        assert_int_equal(untyped_cleared(cap), values[i]);
        assert_int_equal(untyped_free_index(cap), BIT(47) - 16 * i);
        assert_int_equal(cap_address(cap), 0xfedcba987650);
        assert_int_equal(untyped_size_bits(cap), 47);
        assert_true(untyped_is_device(cap));
        assert_int_equal(cap_type(cap), CAP_UNTYPED);
    }
}

static void test_large_gap(void **state)
{
    const word_t untyped = make_untyped(23);
    const word_t slot = new_slot();
    const word_t large = new_slot();

    (void)state;
    dirty(untyped);
    host_preempt_every(1);
    assert_int_equal(retype(untyped, seL4_EndpointObject, 0, slot, 1), 0);
    assert_int_equal(retype(untyped, seL4_ARM_LargePageObject, 0, large, 1), 0);
    assert_int_equal(cap_address(cap_at(large)), cap_address(cap_at(untyped)) + BIT(21));
    assert_zero(cap_address(cap_at(large)), BIT(21));
    const word_t table = new_slot();
    assert_int_equal(retype(untyped, seL4_CapTableObject, 16, table, 1), 0);
    assert_zero(arch_virt_to_phys(cap_pointer(cap_at(table))), BIT(21));
}

static void test_all_types(void **state)
{
    const struct {
        word_t type;
        word_t size;
        enum cap_type cap;
        unsigned bits;
    } kinds[] = {
        { seL4_UntypedObject, 4, CAP_UNTYPED, 4 },
        { seL4_TCBObject, 0, CAP_THREAD, 11 },
        { seL4_EndpointObject, 0, CAP_ENDPOINT, 4 },
        { seL4_NotificationObject, 0, CAP_NOTIFICATION, 6 },
        { seL4_CapTableObject, 1, CAP_CNODE, 6 },
        { seL4_CapTableObject, 12, CAP_CNODE, 17 },
        { seL4_SchedContextObject, 7, CAP_SCHED_CONTEXT, 7 },
        { seL4_SchedContextObject, 10, CAP_SCHED_CONTEXT, 10 },
        { seL4_ReplyObject, 0, CAP_REPLY, 5 },
        { seL4_ARM_VSpaceObject, 0, CAP_VSPACE, 13 },
        { seL4_ARM_SmallPageObject, 0, CAP_FRAME, 12 },
        { seL4_ARM_LargePageObject, 0, CAP_FRAME, 21 },
        { seL4_ARM_PageTableObject, 0, CAP_PAGE_TABLE, 12 },
        { seL4_ARM_VCPUObject, 0, CAP_VCPU, 12 },
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        const word_t untyped = make_untyped(kinds[i].bits < 5 ? 5 : kinds[i].bits);
        const word_t slot = new_slot();
        assert_int_equal(retype(untyped, kinds[i].type, kinds[i].size, slot, 1), 0);
        assert_int_equal(answer.length, 0);
        assert_int_equal(cap_type(cap_at(slot)), kinds[i].cap);
        assert_int_equal(untyped_free_index(cap_at(untyped)), BIT(kinds[i].bits));
        assert_int_equal(cnode_revoke(untyped), 0);
    }
    // 1 GiB does not fit into the RAM here.
    assert_int_equal(retype(ram_untyped(), seL4_ARM_HugePageObject, 0, new_slot(), 1),
                     seL4_NotEnoughMemory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_label_and_length, harness_setup),
        cmocka_unit_test_setup(test_type_and_size, harness_setup),
        cmocka_unit_test_setup(test_node_lookup, harness_setup),
        cmocka_unit_test_setup(test_window, harness_setup),
        cmocka_unit_test_setup(test_memory, harness_setup),
        cmocka_unit_test_setup(test_order_of_checks, harness_setup),
        cmocka_unit_test_setup(test_device, harness_setup),
        cmocka_unit_test_setup(test_clearing, harness_setup),
        cmocka_unit_test_setup(test_clearing_is_preempted, harness_setup),
        cmocka_unit_test_setup(test_abandoned_clearing, harness_setup),
        cmocka_unit_test_setup(test_progress_beyond_64_gib, harness_setup),
        cmocka_unit_test_setup(test_large_gap, harness_setup),
        cmocka_unit_test_setup(test_all_types, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
