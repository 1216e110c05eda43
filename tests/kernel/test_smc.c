// SPDX-License-Identifier: BSD-2-Clause
// SMC caps: calls to the firmware, which the emulator is here (PSCI 1.1).
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define PSCI_VERSION 0x84000000
#define PSCI_MIGRATE_INFO_TYPE 0x84000006

#if CONFIG_ALLOW_SMC_CALLS
static seL4_Error call(seL4_CPtr cap, seL4_Word function, seL4_ARM_SMCContext *result)
{
    seL4_ARM_SMCContext arguments = { function, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };
    *result = (seL4_ARM_SMCContext){ 0 };
    return seL4_ARM_SMC_Call(cap, &arguments, result);
}

void test_smc(void)
{
    seL4_ARM_SMCContext result;
    seL4_CPtr narrow = task_badged(seL4_CapSMC, PSCI_VERSION);
    seL4_CPtr copy = task_slot();
    CHECK_EQUAL(call(seL4_CapSMC, PSCI_VERSION, &result), seL4_NoError);
    CHECK(result.x0 >> 16 == 1 && result.x1 == 0x11 && result.x3 == 0x33 && result.x7 == 0x77);
    CHECK_EQUAL(call(seL4_CapSMC, PSCI_MIGRATE_INFO_TYPE, &result), seL4_NoError);
    CHECK_EQUAL((uint32_t)result.x0, 2);
    CHECK_EQUAL(call(seL4_CapSMC, 0xc2000001, &result), seL4_NoError);
    CHECK_EQUAL((uint32_t)result.x0, 0xffffffff);
    CHECK_EQUAL(call(narrow, PSCI_VERSION, &result), seL4_NoError);
    CHECK_EQUAL(result.x0 >> 16, 1);
    CHECK_EQUAL(call(narrow, PSCI_MIGRATE_INFO_TYPE, &result), seL4_IllegalOperation);
    CHECK_EQUAL(call(narrow, 1ul << 32 | PSCI_VERSION, &result), seL4_IllegalOperation);
    CHECK_EQUAL(SEL4_INVOKE(narrow, ARMSMCCall, 0, 7, PSCI_VERSION, 0, 0, 0),
                seL4_TruncatedMessage);
    CHECK_EQUAL(SEL4_INVOKE(narrow, ARMPageMap, 0, 8, PSCI_VERSION, 0, 0, 0),
                seL4_IllegalOperation);
    // It is not widened again.
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, copy, 64, ROOT, narrow, 64, seL4_AllRights,
                                PSCI_MIGRATE_INFO_TYPE), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, copy, 64, ROOT, narrow, 64, seL4_AllRights, 0),
                seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Mutate(ROOT, copy, 64, ROOT, seL4_CapSMC, 64, 1), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, narrow, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(call(copy, PSCI_MIGRATE_INFO_TYPE, &result), seL4_IllegalOperation);
#if CONFIG_DEBUG_BUILD
    CHECK_EQUAL(seL4_DebugCapIdentify(copy), 25);
#endif
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, narrow, 64), seL4_NoError);
    CHECK(task_is_empty(copy));
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, seL4_CapSMC, 64), seL4_NoError);
    CHECK(task_is_empty(narrow));
}
#else
/// A kernel without them: the slot is empty, the call's label has its number all the same.
void test_smc(void)
{
    CHECK(task_is_empty(seL4_CapSMC));
    CHECK_EQUAL(SEL4_INVOKE(seL4_CapSMC, ARMSMCCall, 0, 8, PSCI_VERSION, 0, 0, 0),
                seL4_InvalidCapability);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    CHECK_EQUAL(ARMPageTableMap, ARMSMCCall + 1);
}
#endif
