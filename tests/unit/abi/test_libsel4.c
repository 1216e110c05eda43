// SPDX-License-Identifier: BSD-2-Clause
// libs/sel4 as sources written for seL4's own library see it: signatures of functions, sizes of types,
// values that are not in the kernel's interface (test_abi.c has those), packing of words, and faults out of
// messages. Compiled after every header of libs/sel4/include_compat.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "all_compatible_headers.h"

SEL4_DEFINE_IPC_BUFFER;

static struct sel4_syscall_regs last_call;
static int last_number;

void sel4_syscall(int number, struct sel4_syscall_regs *regs)
{
    last_number = number;
    last_call = *regs;
    *regs = (struct sel4_syscall_regs){ .cap = 77, .mr0 = 10, .mr1 = 11, .mr2 = 12, .mr3 = 13 };
    regs->info = seL4_MessageInfo_new(5, 0, 0, 4).words[0];
}

// --- Signatures ------------------------------------------------------------------------------

#define SIGNATURE(function, ...) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(function), __VA_ARGS__), #function)
#define WORDS_4 seL4_Word *, seL4_Word *, seL4_Word *, seL4_Word *

SIGNATURE(seL4_SendWithMRs, void(seL4_CPtr, seL4_MessageInfo_t, WORDS_4));
SIGNATURE(seL4_NBSendWithMRs, void(seL4_CPtr, seL4_MessageInfo_t, WORDS_4));
SIGNATURE(seL4_CallWithMRs, seL4_MessageInfo_t(seL4_CPtr, seL4_MessageInfo_t, WORDS_4));
SIGNATURE(seL4_RecvWithMRs, seL4_MessageInfo_t(seL4_CPtr, seL4_Word *, seL4_CPtr, WORDS_4));
SIGNATURE(seL4_ReplyRecvWithMRs,
          seL4_MessageInfo_t(seL4_CPtr, seL4_MessageInfo_t, seL4_Word *, WORDS_4, seL4_CPtr));
SIGNATURE(seL4_NBSendRecvWithMRs, seL4_MessageInfo_t(seL4_CPtr, seL4_MessageInfo_t, seL4_CPtr,
                                                     seL4_Word *, WORDS_4, seL4_CPtr));
SIGNATURE(seL4_NBSendWaitWithMRs,
          seL4_MessageInfo_t(seL4_CPtr, seL4_MessageInfo_t, seL4_CPtr, seL4_Word *, WORDS_4));
SIGNATURE(seL4_WaitWithMRs, seL4_MessageInfo_t(seL4_CPtr, seL4_Word *, WORDS_4));

SIGNATURE(seL4_CNode_CapData_new, seL4_CNode_CapData_t(seL4_Uint64, seL4_Uint64));
SIGNATURE(seL4_CNode_CapData_get_guard, seL4_Uint64(seL4_CNode_CapData_t));
SIGNATURE(seL4_CNode_CapData_set_guardSize, seL4_CNode_CapData_t(seL4_CNode_CapData_t, seL4_Uint64));
SIGNATURE(seL4_CapRights_new,
          seL4_CapRights_t(seL4_Uint64, seL4_Uint64, seL4_Uint64, seL4_Uint64));
SIGNATURE(seL4_CapRights_get_capAllowGrant, seL4_Uint64(seL4_CapRights_t));
SIGNATURE(seL4_CapRights_set_capAllowGrant, seL4_CapRights_t(seL4_CapRights_t, seL4_Uint64));
SIGNATURE(seL4_MessageInfo_set_label, seL4_MessageInfo_t(seL4_MessageInfo_t, seL4_Uint64));
SIGNATURE(seL4_MessageInfo_get_length, seL4_Uint64(seL4_MessageInfo_t));

SIGNATURE(seL4_getFault, seL4_Fault_t(seL4_MessageInfo_t));
SIGNATURE(seL4_getArchFault, seL4_Fault_t(seL4_MessageInfo_t));
SIGNATURE(seL4_isTimeoutFault_tag, seL4_Bool(seL4_MessageInfo_t));
SIGNATURE(seL4_Fault_get_seL4_FaultType, seL4_Uint64(seL4_Fault_t));
SIGNATURE(seL4_Fault_NullFault_new, seL4_Fault_t(void));
SIGNATURE(seL4_Fault_Timeout_get_data, seL4_Uint64(seL4_Fault_t));
SIGNATURE(seL4_TimeoutReply_new, seL4_MessageInfo_t(seL4_Bool, seL4_UserContext, seL4_Word));

SIGNATURE(seL4_MaxExtraRefills, seL4_Word(seL4_Word));
SIGNATURE(seL4_MappingFailedLookupLevel, seL4_Word(void));

// --- Sizes and values ------------------------------------------------------------------------

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define VALUE(name, value) _Static_assert((name) == (value), #name)

SIZE(seL4_Int8, 1); SIZE(seL4_Int16, 2); SIZE(seL4_Int32, 4); SIZE(seL4_Int64, 8);
SIZE(seL4_Bool, 1); SIZE(seL4_PAddr, 8); SIZE(seL4_Register, 8); SIZE(seL4_ARM_IOSpace, 8);
SIZE(seL4_ARM_PageDirectory, 8); SIZE(seL4_ARM_PageUpperDirectory, 8); SIZE(seL4_ARM_SID, 8);
SIZE(seL4_ARM_PageGlobalDirectory, 8); SIZE(seL4_ARM_IOPageTable, 8); SIZE(seL4_ARM_CB, 8);
SIZE(seL4_ARM_SIDControl, 8); SIZE(seL4_ARM_CBControl, 8); SIZE(seL4_CNode_CapData_t, 8);
SIZE(seL4_ObjectType, 4); SIZE(seL4_ArchObjectType, 4); SIZE(seL4_ModeObjectType, 4);
SIZE(seL4_Fault_t, 14 * 8); SIZE(seL4_Syscall_ID, 8); SIZE(seL4_LookupFailureType, 8);
SIZE(seL4_BootInfoID, 8); SIZE(seL4_SchedContextFlag, 8); SIZE(seL4_TCBFlag, 8);
SIZE(seL4_ARM_VMAttributes, 8); SIZE(seL4_ARM_CacheType, 8); SIZE(seL4_VCPUReg, 8);
SIZE(seL4_CapFault_Msg, 8); SIZE(seL4_Timeout_Msg, 8); SIZE(seL4_UnknownSyscall_Msg, 8);
SIZE(seL4_UserException_Msg, 8); SIZE(seL4_VMFault_Msg, 8); SIZE(seL4_VGICMaintenance_Msg, 8);
SIZE(seL4_VCPUFault_Msg, 8); SIZE(seL4_VPPIEvent_Msg, 8); SIZE(seL4_TimeoutReply_Msg, 8);
SIZE(seL4_Error, 4);

VALUE(seL4_True, 1); VALUE(seL4_False, 0); VALUE(seL4_NilData, 0); VALUE(seL4_InvalidPrio, -1);
VALUE(seL4_BadgeBits, 64); VALUE(seL4_BootInfoFrameBits, 12); VALUE(seL4_BootInfoFrameSize, 4096);
VALUE(seL4_IOPageTableBits, 12); VALUE(seL4_PageTableEntryBits, 3); VALUE(seL4_VSpaceEntryBits, 3);
VALUE(seL4_ARM_VCPUBits, 12); VALUE(seL4_UntypedRetypeMaxObjects, 256);
VALUE(seL4_UserTop, 0xffffffffff); VALUE(seL4_ModeObjectTypeCount, 9); VALUE(seL4_TCBFlag_MASK, 1);
VALUE(seL4_DataFault, 0); VALUE(seL4_InstructionFault, 1); VALUE(seL4_ARM_CacheI, 1);
VALUE(seL4_ARM_CacheD, 2); VALUE(seL4_ARM_CacheID, 3); VALUE(SEL4_BOOTINFO_HEADER_NUM, 7);
VALUE(SEL4_MAPPING_LOOKUP_LEVEL, 2); VALUE(SEL4_MAPPING_LOOKUP_NO_PT, 21);
VALUE(SEL4_MAPPING_LOOKUP_NO_PD, 30); VALUE(SEL4_MAPPING_LOOKUP_NO_PUD, 39);
VALUE(seL4_Timeout_Length, 2); VALUE(seL4_UnknownSyscall_X1, 1); VALUE(seL4_UnknownSyscall_X6, 6);
VALUE(seL4_TimeoutReply_X0, 3); VALUE(seL4_TimeoutReply_X8, 11); VALUE(seL4_TimeoutReply_X16, 12);
VALUE(seL4_TimeoutReply_X29, 15); VALUE(seL4_TimeoutReply_X30, 16); VALUE(seL4_TimeoutReply_X9, 17);
VALUE(seL4_TimeoutReply_X15, 23); VALUE(seL4_TimeoutReply_X19, 24); VALUE(seL4_TimeoutReply_X28, 33);
VALUE(nInvocationLabels, 39); VALUE(nSeL4ArchInvocationLabels, 44); VALUE(nArchInvocationLabels, 62);
VALUE(CONFIG_WORD_SIZE, 64); VALUE(CONFIG_ARCH_AARCH64, 1); VALUE(CONFIG_ARM_PA_SIZE_BITS_40, 1);
VALUE(CONFIG_HAVE_FPU, 1);

// The preprocessor knows these too; options that are off are undefined where seL4's are.
#if seL4_WordBits != 64
#error "seL4_WordBits"
#endif
#if CONFIG_MAX_NUM_NODES > 1
VALUE(CONFIG_ENABLE_SMP_SUPPORT, 1);
#elif defined(CONFIG_ENABLE_SMP_SUPPORT)
#error "CONFIG_ENABLE_SMP_SUPPORT without several cores"
#endif

// --- Words -----------------------------------------------------------------------------------

static void test_cap_data(void **state)
{
    seL4_CNode_CapData_t data = seL4_CNode_CapData_new(0x1234, 52);
    (void)state;

    assert_int_equal(data.words[0], 0x1234 << 6 | 52);
    assert_int_equal(seL4_CNode_CapData_get_guard(data), 0x1234);
    assert_int_equal(seL4_CNode_CapData_get_guardSize(data), 52);
    data = seL4_CNode_CapData_set_guard(data, ~0ul);
    assert_int_equal(data.words[0], ~0ul << 6 | 52);
    data = seL4_CNode_CapData_set_guardSize(data, 0xc0 | 7);
    assert_int_equal(data.words[0], ~0ul << 6 | 7);
    assert_int_equal(seL4_CNode_CapData_get_guard(data), ~0ul >> 6);
}

static void test_cap_rights(void **state)
{
    (void)state;
    assert_int_equal(seL4_CanGrantReply.words[0], 8);
    assert_int_equal(seL4_CanGrant.words[0], 4);
    assert_int_equal(seL4_NoRead.words[0], 13);
    assert_int_equal(seL4_NoWrite.words[0], 14);
    assert_int_equal(seL4_CapRights_get_capAllowGrantReply(seL4_CanGrantReply), 1);
    assert_int_equal(seL4_CapRights_get_capAllowGrant(seL4_CanGrantReply), 0);
    assert_int_equal(seL4_CapRights_get_capAllowGrant(seL4_CanGrant), 1);
    assert_int_equal(seL4_CapRights_get_capAllowRead(seL4_NoRead), 0);
    assert_int_equal(seL4_CapRights_get_capAllowWrite(seL4_NoRead), 1);
    assert_int_equal(seL4_CapRights_set_capAllowGrantReply(seL4_NoRights, 1).words[0], 8);
    assert_int_equal(seL4_CapRights_set_capAllowGrant(seL4_NoRights, 1).words[0], 4);
    assert_int_equal(seL4_CapRights_set_capAllowRead(seL4_NoRights, 1).words[0], 2);
    assert_int_equal(seL4_CapRights_set_capAllowWrite(seL4_AllRights, 0).words[0], 14);
}

static void test_message_info(void **state)
{
    seL4_MessageInfo_t info = { { 0 } };
    (void)state;

    info = seL4_MessageInfo_set_label(info, 0xfedcba987654);
    info = seL4_MessageInfo_set_capsUnwrapped(info, 5);
    info = seL4_MessageInfo_set_extraCaps(info, 2);
    info = seL4_MessageInfo_set_length(info, 0x55);
    assert_int_equal(info.words[0], seL4_MessageInfo_new(0xfedcba987654, 5, 2, 0x55).words[0]);
    assert_int_equal(seL4_MessageInfo_get_label(info), 0xfedcba987654);
    assert_int_equal(seL4_MessageInfo_get_capsUnwrapped(info), 5);
    assert_int_equal(seL4_MessageInfo_get_extraCaps(info), 2);
    assert_int_equal(seL4_MessageInfo_get_length(info), 0x55);
}

// --- Messages --------------------------------------------------------------------------------

static seL4_IPCBuffer buffer;

static int set_message(void **state)
{
    (void)state;
    for (int i = 0; i < seL4_MsgMaxLength; i++) {
        buffer.msg[i] = 100 + i;
    }
    seL4_SetIPCBuffer(&buffer);
    return 0;
}

static void test_recv(void **state)
{
    seL4_Word badge = 0;
    seL4_Word mr[4] = { 0 };
    (void)state;

    seL4_RecvWithMRs(3, &badge, 4, &mr[0], &mr[1], NULL, &mr[3]);
    assert_int_equal(last_number, seL4_SysRecv);
    assert_int_equal(last_call.cap, 3);
    assert_int_equal(last_call.reply, 4);
    assert_int_equal(badge, 77);
    assert_int_equal(mr[0], 10);
    assert_int_equal(mr[1], 11);
    assert_int_equal(mr[2], 0);
    assert_int_equal(mr[3], 13);
}

/// The words of its message are in a fault from the last one on, and 0 beyond.
static void check_fault(seL4_Word label, int length, seL4_Fault_t constructed)
{
    seL4_MessageInfo_t tag = seL4_MessageInfo_new(label, 0, 0, (seL4_Word)length);
    seL4_Fault_t fault = seL4_getFault(tag);

    assert_int_equal(seL4_Fault_get_seL4_FaultType(fault), label);
    for (int i = 1; i < SEL4_FAULT_WORDS; i++) {
        assert_int_equal(fault.words[i], i <= length ? 100 + length - i : 0);
    }
    assert_memory_equal(&fault, &constructed, sizeof(fault));
}

static void test_faults(void **state)
{
    (void)state;
    check_fault(seL4_Fault_NullFault, 0, seL4_Fault_NullFault_new());
    check_fault(seL4_Fault_CapFault, 7, seL4_Fault_CapFault_new(100, 101, 102, 103, 104, 105, 106));
    check_fault(seL4_Fault_UnknownSyscall, 13,
                seL4_Fault_UnknownSyscall_new(100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
                                              112));
    check_fault(seL4_Fault_UserException, 5, seL4_Fault_UserException_new(100, 101, 102, 103, 104));
    check_fault(seL4_Fault_Timeout, 2, seL4_Fault_Timeout_new(100, 101));
    check_fault(seL4_Fault_VMFault, 4, seL4_Fault_VMFault_new(100, 101, 102, 103));
    check_fault(seL4_Fault_VGICMaintenance, 1, seL4_Fault_VGICMaintenance_new(100));
    check_fault(seL4_Fault_VCPUFault, 1, seL4_Fault_VCPUFault_new(100));
    check_fault(seL4_Fault_VPPIEvent, 1, seL4_Fault_VPPIEvent_new(100));

    // A message that is no fault.
    seL4_Fault_t none = seL4_getFault(seL4_MessageInfo_new(0xabc, 0, 0, 120));
    assert_int_equal(seL4_Fault_get_seL4_FaultType(none), seL4_Fault_NullFault);
    none = seL4_getArchFault(seL4_MessageInfo_new(seL4_Fault_Timeout, 0, 0, 2));
    assert_int_equal(seL4_Fault_get_seL4_FaultType(none), seL4_Fault_NullFault);
}

#define CHECK_FIELD(fault, kind, field, value) \
    assert_int_equal(seL4_Fault_##kind##_get_##field(fault), (value))

static void test_fault_fields(void **state)
{
    seL4_Fault_t cap = seL4_Fault_CapFault_new(1, 2, 3, 4, 5, 6, 7);
    seL4_Fault_t call = seL4_Fault_UnknownSyscall_new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    seL4_Fault_t exception = seL4_Fault_UserException_new(1, 2, 3, 4, 5);
    seL4_Fault_t memory = seL4_Fault_VMFault_new(1, 2, 3, 4);
    seL4_Fault_t timeout = seL4_Fault_Timeout_new(1, 2);
    (void)state;

    CHECK_FIELD(cap, CapFault, IP, 1);
    CHECK_FIELD(cap, CapFault, Addr, 2);
    CHECK_FIELD(cap, CapFault, InRecvPhase, 3);
    CHECK_FIELD(cap, CapFault, LookupFailureType, 4);
    CHECK_FIELD(cap, CapFault, MR4, 5);
    CHECK_FIELD(cap, CapFault, MR5, 6);
    CHECK_FIELD(cap, CapFault, MR6, 7);
    CHECK_FIELD(call, UnknownSyscall, X0, 1);
    CHECK_FIELD(call, UnknownSyscall, X1, 2);
    CHECK_FIELD(call, UnknownSyscall, X2, 3);
    CHECK_FIELD(call, UnknownSyscall, X3, 4);
    CHECK_FIELD(call, UnknownSyscall, X4, 5);
    CHECK_FIELD(call, UnknownSyscall, X5, 6);
    CHECK_FIELD(call, UnknownSyscall, X6, 7);
    CHECK_FIELD(call, UnknownSyscall, X7, 8);
    CHECK_FIELD(call, UnknownSyscall, FaultIP, 9);
    CHECK_FIELD(call, UnknownSyscall, SP, 10);
    CHECK_FIELD(call, UnknownSyscall, LR, 11);
    CHECK_FIELD(call, UnknownSyscall, SPSR, 12);
    CHECK_FIELD(call, UnknownSyscall, Syscall, 13);
    CHECK_FIELD(exception, UserException, FaultIP, 1);
    CHECK_FIELD(exception, UserException, Stack, 2);
    CHECK_FIELD(exception, UserException, SPSR, 3);
    CHECK_FIELD(exception, UserException, Number, 4);
    CHECK_FIELD(exception, UserException, Code, 5);
    CHECK_FIELD(memory, VMFault, IP, 1);
    CHECK_FIELD(memory, VMFault, Addr, 2);
    CHECK_FIELD(memory, VMFault, PrefetchFault, 3);
    CHECK_FIELD(memory, VMFault, FSR, 4);
    CHECK_FIELD(timeout, Timeout, data, 1);
    CHECK_FIELD(timeout, Timeout, consumed, 2);
    CHECK_FIELD(seL4_Fault_VGICMaintenance_new(9), VGICMaintenance, IDX, 9);
    CHECK_FIELD(seL4_Fault_VCPUFault_new(9), VCPUFault, HSR, 9);
    CHECK_FIELD(seL4_Fault_VPPIEvent_new(9), VPPIEvent, irq, 9);
}

static void test_fault_tags(void **state)
{
    seL4_Bool (*const is[])(seL4_MessageInfo_t) = {
        [seL4_Fault_NullFault] = seL4_isNullFault_tag,
        [seL4_Fault_CapFault] = seL4_isCapFault_tag,
        [seL4_Fault_UnknownSyscall] = seL4_isUnknownSyscall_tag,
        [seL4_Fault_UserException] = seL4_isUserException_tag,
        [seL4_Fault_Timeout] = seL4_isTimeoutFault_tag,
        [seL4_Fault_VMFault] = seL4_isVMFault_tag,
        [seL4_Fault_VGICMaintenance] = seL4_isVGICMaintenance_tag,
        [seL4_Fault_VCPUFault] = seL4_isVCPUFault_tag,
        [seL4_Fault_VPPIEvent] = seL4_isVPPIEvent_tag,
    };
    (void)state;

    for (size_t label = 0; label < sizeof(is) / sizeof(is[0]); label++) {
        for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
            if (is[i] != NULL) {
                assert_int_equal(is[i](seL4_MessageInfo_new(label, 0, 0, 0)), i == label);
            }
        }
    }
}

static void test_answers(void **state)
{
    (void)state;
    assert_int_equal(seL4_MappingFailedLookupLevel(), 102);
    assert_int_equal(seL4_MaxExtraRefills(seL4_MinSchedContextBits), 0);
    assert_int_equal(seL4_MaxExtraRefills(8), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cap_data),
        cmocka_unit_test(test_cap_rights),
        cmocka_unit_test(test_message_info),
        cmocka_unit_test_setup(test_recv, set_message),
        cmocka_unit_test_setup(test_faults, set_message),
        cmocka_unit_test(test_fault_fields),
        cmocka_unit_test(test_fault_tags),
        cmocka_unit_test_setup(test_answers, set_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
