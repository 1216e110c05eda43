// SPDX-License-Identifier: BSD-2-Clause
// SMC caps: which calls reach the firmware, and how caps are narrowed to one function.
#include "kernel_harness.h"

#define FUNCTION UINT64_C(0x84000000)

static word_t smc(word_t cap, word_t function)
{
    return call(cap, ARMSMCCall, NO_WORDS, WORDS(function, 1, 2, 3, 4, 5, 6, 7));
}

static void test_call(void **state)
{
    (void)state;
    assert_int_equal(smc(seL4_CapSMC, 10), seL4_NoError);
    assert_int_equal(host_smc_count(), 1);
    assert_int_equal(answer.length, 8);
    assert_int_equal(answer.mr[0], 11);
    for (word_t i = 1; i < 8; i++) {
        assert_int_equal(answer.mr[i], i + 1);
    }
    assert_int_equal(call(seL4_CapSMC, ARMSMCCall, NO_WORDS, WORDS(10, 1, 2, 3, 4, 5, 6)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapSMC, ARMVCPUSetTCB, NO_WORDS, WORDS(0, 1, 2, 3, 4, 5, 6, 7)),
                     seL4_IllegalOperation);
    assert_int_equal(host_smc_count(), 1);
    // Without Call there is nobody to tell the results to.
    put_message(ARMSMCCall, NO_WORDS, WORDS(10, 1, 2, 3, 4, 5, 6, 7));
    arch_set_register(harness_core()->current, REGISTER_CAP, seL4_CapSMC);
    assert_true(enter(seL4_SysSend));
    assert_int_equal(host_smc_count(), 2);
    assert_int_equal(arch_get_register(harness_core()->current, REGISTER_MESSAGE_0), 10);
}

static void test_badge(void **state)
{
    const word_t narrow = new_slot();
    const word_t copy = new_slot();
    const word_t other = new_slot();

    (void)state;
    assert_int_equal(cnode_mint(narrow, seL4_CapSMC, ALL_RIGHTS, FUNCTION), seL4_NoError);
    assert_int_equal(smc(narrow, FUNCTION), seL4_NoError);
    assert_int_equal(smc(narrow, FUNCTION + 1), seL4_IllegalOperation);
    assert_int_equal(smc(narrow, FUNCTION | BIT(32)), seL4_IllegalOperation);
    assert_int_equal(smc(narrow, 0), seL4_IllegalOperation);
    assert_int_equal(host_smc_count(), 1);
    // A narrow cap is not widened or changed again.
    assert_int_equal(cnode_mint(other, narrow, ALL_RIGHTS, FUNCTION + 1), seL4_IllegalOperation);
    assert_int_equal(cnode_mint(other, narrow, ALL_RIGHTS, 0), seL4_IllegalOperation);
    assert_int_equal(cnode_mutate(other, seL4_CapSMC, FUNCTION), seL4_IllegalOperation);
    assert_int_equal(cnode_mutate(other, narrow, 0), seL4_IllegalOperation);
    assert_int_equal(cnode_copy(copy, narrow, 0), seL4_NoError);
    assert_int_equal(smc(copy, FUNCTION + 1), seL4_IllegalOperation);
    assert_int_equal(smc(copy, FUNCTION), seL4_NoError);
    // Copies of the narrow one are its children; all are the original's.
    assert_int_equal(cnode_mint(other, seL4_CapSMC, ALL_RIGHTS, FUNCTION + 1), seL4_NoError);
    assert_int_equal(cnode_revoke(narrow), seL4_NoError);
    assert_true(cap_is_null(cap_at(copy)));
    assert_false(cap_is_null(cap_at(other)));
    assert_int_equal(cnode_revoke(seL4_CapSMC), seL4_NoError);
    assert_true(cap_is_null(cap_at(narrow)));
    assert_true(cap_is_null(cap_at(other)));
    assert_int_equal(smc(seL4_CapSMC, FUNCTION), seL4_NoError);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_call, harness_setup),
        cmocka_unit_test_setup(test_badge, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
