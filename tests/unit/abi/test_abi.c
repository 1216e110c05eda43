// SPDX-License-Identifier: BSD-2-Clause
// Every number of the kernel interface that programs compiled elsewhere rely on, written out: labels,
// system calls, object types and sizes, errors, faults, caps, layouts of boot info, IPC buffer, user
// context and message info. Compiled for kernels of one core and of several.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kernel/cap.h>
#include <sel4/arch/aarch64.h>

#define PIN(name, value) { (long)(name), (value), #name }

struct pin {
    long is;
    long must_be;
    const char *name;
};

static void check(const struct pin *pins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pins[i].is != pins[i].must_be) {
            fail_msg("%s is %ld, must be %ld", pins[i].name, pins[i].is, pins[i].must_be);
        }
    }
}

#define CHECK(pins) check((pins), sizeof(pins) / sizeof((pins)[0]))

static const struct pin system_calls[] = {
    PIN(seL4_SysCall, -1), PIN(seL4_SysReplyRecv, -2), PIN(seL4_SysNBSendRecv, -3),
    PIN(seL4_SysNBSendWait, -4), PIN(seL4_SysSend, -5), PIN(seL4_SysNBSend, -6),
    PIN(seL4_SysRecv, -7), PIN(seL4_SysNBRecv, -8), PIN(seL4_SysWait, -9), PIN(seL4_SysNBWait, -10),
    PIN(seL4_SysYield, -11), PIN(seL4_SysDebugPutChar, -12), PIN(seL4_SysDebugDumpScheduler, -13),
    PIN(seL4_SysDebugHalt, -14), PIN(seL4_SysDebugCapIdentify, -15),
    PIN(seL4_SysDebugSnapshot, -16), PIN(seL4_SysDebugNameThread, -17),
    PIN(seL4_SysDebugSendIPI, -18), PIN(seL4_SysDebugGetThreadAffinity, -19),
};

static void test_system_calls(void **state)
{
    (void)state;
    CHECK(system_calls);
}

static const struct pin labels[] = {
    PIN(UntypedRetype, 1), PIN(TCBReadRegisters, 2), PIN(TCBWriteRegisters, 3),
    PIN(TCBCopyRegisters, 4), PIN(TCBConfigure, 5), PIN(TCBSetPriority, 6),
    PIN(TCBSetMCPriority, 7), PIN(TCBSetSchedParams, 8), PIN(TCBSetTimeoutEndpoint, 9),
    PIN(TCBSetIPCBuffer, 10), PIN(TCBSetSpace, 11), PIN(TCBSuspend, 12), PIN(TCBResume, 13),
    PIN(TCBBindNotification, 14), PIN(TCBUnbindNotification, 15), PIN(TCBSetTLSBase, 16),
    PIN(TCBSetFlags, 17), PIN(CNodeRevoke, 18), PIN(CNodeDelete, 19),
    PIN(CNodeCancelBadgedSends, 20), PIN(CNodeCopy, 21), PIN(CNodeMint, 22), PIN(CNodeMove, 23),
    PIN(CNodeMutate, 24), PIN(CNodeRotate, 25), PIN(IRQIssueIRQHandler, 26), PIN(IRQAckIRQ, 27),
    PIN(IRQSetIRQHandler, 28), PIN(IRQClearIRQHandler, 29), PIN(DomainSetSet, 30),
    PIN(DomainScheduleConfigure, 31), PIN(DomainScheduleSetStart, 32),
    PIN(SchedControlConfigureFlags, 33), PIN(SchedContextBind, 34), PIN(SchedContextUnbind, 35),
    PIN(SchedContextUnbindObject, 36), PIN(SchedContextConsumed, 37), PIN(SchedContextYieldTo, 38),
    PIN(ARMVSpaceClean_Data, 39), PIN(ARMVSpaceInvalidate_Data, 40),
    PIN(ARMVSpaceCleanInvalidate_Data, 41), PIN(ARMVSpaceUnify_Instruction, 42),
    PIN(ARMSMCCall, 43), PIN(ARMPageTableMap, 44), PIN(ARMPageTableUnmap, 45), PIN(ARMPageMap, 46),
    PIN(ARMPageUnmap, 47), PIN(ARMPageClean_Data, 48), PIN(ARMPageInvalidate_Data, 49),
    PIN(ARMPageCleanInvalidate_Data, 50), PIN(ARMPageUnify_Instruction, 51),
    PIN(ARMPageGetAddress, 52), PIN(ARMASIDControlMakePool, 53), PIN(ARMASIDPoolAssign, 54),
    PIN(ARMVCPUSetTCB, 55), PIN(ARMVCPUInjectIRQ, 56), PIN(ARMVCPUReadReg, 57),
    PIN(ARMVCPUWriteReg, 58), PIN(ARMVCPUAckVPPI, 59), PIN(ARMIRQIssueIRQHandlerTrigger, 60),
#if CONFIG_MAX_NUM_NODES > 1
    PIN(ARMIRQIssueIRQHandlerTriggerCore, 61),
#else
    PIN(ARMIRQIssueSGISignal, 61),
#endif
    PIN(nArchInvocationLabels, 62),
};

static void test_labels(void **state)
{
    (void)state;
    CHECK(labels);
}

static const struct pin objects[] = {
    PIN(seL4_UntypedObject, 0), PIN(seL4_TCBObject, 1), PIN(seL4_EndpointObject, 2),
    PIN(seL4_NotificationObject, 3), PIN(seL4_CapTableObject, 4), PIN(seL4_SchedContextObject, 5),
    PIN(seL4_ReplyObject, 6), PIN(seL4_ARM_HugePageObject, 7), PIN(seL4_ARM_VSpaceObject, 8),
    PIN(seL4_ARM_SmallPageObject, 9), PIN(seL4_ARM_LargePageObject, 10),
    PIN(seL4_ARM_PageTableObject, 11), PIN(seL4_ARM_VCPUObject, 12), PIN(seL4_ObjectTypeCount, 13),
    PIN(seL4_TCBBits, 11), PIN(seL4_EndpointBits, 4), PIN(seL4_NotificationBits, 6),
    PIN(seL4_SlotBits, 5), PIN(seL4_MinSchedContextBits, 7), PIN(seL4_CoreSchedContextBytes, 128),
    PIN(seL4_RefillSizeBytes, 16), PIN(seL4_ReplyBits, 5), PIN(seL4_HugePageBits, 30),
    PIN(seL4_VSpaceBits, 13), PIN(seL4_VSpaceIndexBits, 10), PIN(seL4_PageBits, 12),
    PIN(seL4_LargePageBits, 21), PIN(seL4_PageTableBits, 12), PIN(seL4_PageTableIndexBits, 9),
    PIN(seL4_VCPUBits, 12), PIN(seL4_ASIDPoolBits, 12), PIN(seL4_ASIDPoolIndexBits, 9),
    PIN(seL4_NumASIDPoolsBits, 7), PIN(seL4_MinUntypedBits, 4), PIN(seL4_MaxUntypedBits, 47),
    PIN(CONFIG_RETYPE_FAN_OUT_LIMIT, 256), PIN(seL4_UserVSpaceTop, 1099511627775),
    PIN(seL4_MaxPrio, 255), PIN(seL4_SchedContext_Sporadic, 1), PIN(seL4_TCBFlag_fpuDisabled, 1),
};

static void test_objects(void **state)
{
    (void)state;
    CHECK(objects);
}

static const struct pin caps[] = {
    PIN(CAP_NULL, 0), PIN(CAP_UNTYPED, 2), PIN(CAP_ENDPOINT, 4), PIN(CAP_NOTIFICATION, 6),
    PIN(CAP_REPLY, 8), PIN(CAP_CNODE, 10), PIN(CAP_THREAD, 12), PIN(CAP_IRQ_CONTROL, 14),
    PIN(CAP_IRQ_HANDLER, 16), PIN(CAP_ZOMBIE, 18), PIN(CAP_DOMAIN, 20), PIN(CAP_SCHED_CONTEXT, 22),
    PIN(CAP_SCHED_CONTROL, 24), PIN(CAP_FRAME, 1), PIN(CAP_PAGE_TABLE, 3), PIN(CAP_VSPACE, 9),
    PIN(CAP_ASID_CONTROL, 11), PIN(CAP_ASID_POOL, 13), PIN(CAP_VCPU, 15), PIN(CAP_SMC, 25),
    PIN(CAP_SGI_SIGNAL, 27), PIN(seL4_CapRightWrite, 1), PIN(seL4_CapRightRead, 2),
    PIN(seL4_CapRightGrant, 4), PIN(seL4_CapRightGrantReply, 8), PIN(seL4_CapNull, 0),
    PIN(seL4_CapInitThreadTCB, 1), PIN(seL4_CapInitThreadCNode, 2),
    PIN(seL4_CapInitThreadVSpace, 3), PIN(seL4_CapIRQControl, 4), PIN(seL4_CapASIDControl, 5),
    PIN(seL4_CapInitThreadASIDPool, 6), PIN(seL4_CapIOPortControl, 7), PIN(seL4_CapIOSpace, 8),
    PIN(seL4_CapBootInfoFrame, 9), PIN(seL4_CapInitThreadIPCBuffer, 10), PIN(seL4_CapDomain, 11),
    PIN(seL4_CapSMMUSIDControl, 12), PIN(seL4_CapSMMUCBControl, 13), PIN(seL4_CapInitThreadSC, 14),
    PIN(seL4_CapSMC, 15), PIN(seL4_NumInitialCaps, 16),
};

static void test_caps(void **state)
{
    (void)state;
    CHECK(caps);
}

static const struct pin errors_and_faults[] = {
    PIN(seL4_NoError, 0), PIN(seL4_InvalidArgument, 1), PIN(seL4_InvalidCapability, 2),
    PIN(seL4_IllegalOperation, 3), PIN(seL4_RangeError, 4), PIN(seL4_AlignmentError, 5),
    PIN(seL4_FailedLookup, 6), PIN(seL4_TruncatedMessage, 7), PIN(seL4_DeleteFirst, 8),
    PIN(seL4_RevokeFirst, 9), PIN(seL4_NotEnoughMemory, 10), PIN(seL4_InvalidRoot, 1),
    PIN(seL4_MissingCapability, 2), PIN(seL4_DepthMismatch, 3), PIN(seL4_GuardMismatch, 4),
    PIN(seL4_Fault_NullFault, 0), PIN(seL4_Fault_CapFault, 1), PIN(seL4_Fault_UnknownSyscall, 2),
    PIN(seL4_Fault_UserException, 3), PIN(seL4_Fault_Timeout, 5), PIN(seL4_Fault_VMFault, 6),
    PIN(seL4_Fault_VGICMaintenance, 7), PIN(seL4_Fault_VCPUFault, 8), PIN(seL4_Fault_VPPIEvent, 9),
    PIN(seL4_CapFault_IP, 0), PIN(seL4_CapFault_Addr, 1), PIN(seL4_CapFault_InRecvPhase, 2),
    PIN(seL4_CapFault_LookupFailureType, 3), PIN(seL4_CapFault_BitsLeft, 4),
    PIN(seL4_CapFault_DepthMismatch_BitsFound, 5), PIN(seL4_CapFault_GuardMismatch_GuardFound, 5),
    PIN(seL4_CapFault_GuardMismatch_BitsFound, 6), PIN(seL4_Timeout_Data, 0),
    PIN(seL4_Timeout_Consumed, 1), PIN(seL4_TimeoutReply_Length, 34),
    PIN(seL4_UnknownSyscall_X0, 0), PIN(seL4_UnknownSyscall_X7, 7),
    PIN(seL4_UnknownSyscall_FaultIP, 8), PIN(seL4_UnknownSyscall_SP, 9),
    PIN(seL4_UnknownSyscall_LR, 10), PIN(seL4_UnknownSyscall_SPSR, 11),
    PIN(seL4_UnknownSyscall_Syscall, 12), PIN(seL4_UnknownSyscall_Length, 13),
    PIN(seL4_UserException_FaultIP, 0), PIN(seL4_UserException_SP, 1),
    PIN(seL4_UserException_SPSR, 2), PIN(seL4_UserException_Number, 3),
    PIN(seL4_UserException_Code, 4), PIN(seL4_UserException_Length, 5), PIN(seL4_VMFault_IP, 0),
    PIN(seL4_VMFault_Addr, 1), PIN(seL4_VMFault_PrefetchFault, 2), PIN(seL4_VMFault_FSR, 3),
    PIN(seL4_VMFault_Length, 4), PIN(seL4_VGICMaintenance_IDX, 0),
    PIN(seL4_VGICMaintenance_Length, 1), PIN(seL4_VCPUFault_HSR, 0), PIN(seL4_VCPUFault_Length, 1),
    PIN(seL4_VPPIEvent_IRQ, 0), PIN(seL4_VPPIEvent_Length, 1),
};

static void test_errors_and_faults(void **state)
{
    (void)state;
    CHECK(errors_and_faults);
}

static const struct pin messages[] = {
    PIN(seL4_MsgMaxLength, 120), PIN(seL4_MsgMaxExtraCaps, 3), PIN(seL4_FastMessageRegisters, 4),
    PIN(seL4_IPCBufferSizeBits, 10), PIN(sizeof(seL4_IPCBuffer), 0x400),
    PIN(offsetof(seL4_IPCBuffer, msg), 0x8), PIN(offsetof(seL4_IPCBuffer, userData), 0x3c8),
    PIN(offsetof(seL4_IPCBuffer, caps_or_badges), 0x3d0),
    PIN(offsetof(seL4_IPCBuffer, receiveCNode), 0x3e8),
    PIN(offsetof(seL4_IPCBuffer, receiveIndex), 0x3f0),
    PIN(offsetof(seL4_IPCBuffer, receiveDepth), 0x3f8),
};

static void test_messages(void **state)
{
    (void)state;
    CHECK(messages);
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0xfedcba987654, 5, 2, 0x55);
    assert_int_equal(info.words[0], 0xfedcba987654ul << 12 | 5 << 9 | 2 << 7 | 0x55);
}

static const struct pin boot_info[] = {
    PIN(offsetof(seL4_BootInfo, extraLen), 0x0), PIN(offsetof(seL4_BootInfo, nodeID), 0x8),
    PIN(offsetof(seL4_BootInfo, numNodes), 0x10), PIN(offsetof(seL4_BootInfo, numIOPTLevels), 0x18),
    PIN(offsetof(seL4_BootInfo, ipcBuffer), 0x20), PIN(offsetof(seL4_BootInfo, empty), 0x28),
    PIN(offsetof(seL4_BootInfo, sharedFrames), 0x38),
    PIN(offsetof(seL4_BootInfo, userImageFrames), 0x48),
    PIN(offsetof(seL4_BootInfo, userImagePaging), 0x58),
    PIN(offsetof(seL4_BootInfo, ioSpaceCaps), 0x68),
    PIN(offsetof(seL4_BootInfo, extraBIPages), 0x78),
    PIN(offsetof(seL4_BootInfo, initThreadCNodeSizeBits), 0x88),
    PIN(offsetof(seL4_BootInfo, initThreadDomain), 0x90),
    PIN(offsetof(seL4_BootInfo, schedcontrol), 0x98), PIN(offsetof(seL4_BootInfo, untyped), 0xa8),
    PIN(offsetof(seL4_BootInfo, untypedList), 0xb8), PIN(sizeof(seL4_BootInfo), 3864),
    PIN(sizeof(seL4_UntypedDesc), 16), PIN(offsetof(seL4_UntypedDesc, sizeBits), 8),
    PIN(offsetof(seL4_UntypedDesc, isDevice), 9), PIN(CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS, 230),
    PIN(sizeof(seL4_BootInfoHeader), 16), PIN(SEL4_BOOTINFO_HEADER_FDT, 6),
};

static void test_boot_info(void **state)
{
    (void)state;
    CHECK(boot_info);
}

#define AT(name, word) PIN(offsetof(seL4_UserContext, name), 8 * (word))
static const struct pin registers[] = {
    AT(pc, 0), AT(sp, 1), AT(spsr, 2), AT(x0, 3), AT(x1, 4), AT(x2, 5), AT(x3, 6), AT(x4, 7),
    AT(x5, 8), AT(x6, 9), AT(x7, 10), AT(x8, 11), AT(x16, 12), AT(x17, 13), AT(x18, 14),
    AT(x29, 15), AT(x30, 16), AT(x9, 17), AT(x10, 18), AT(x11, 19), AT(x12, 20), AT(x13, 21),
    AT(x14, 22), AT(x15, 23), AT(x19, 24), AT(x20, 25), AT(x21, 26), AT(x22, 27), AT(x23, 28),
    AT(x24, 29), AT(x25, 30), AT(x26, 31), AT(x27, 32), AT(x28, 33), AT(tpidr_el0, 34),
    AT(tpidrro_el0, 35), PIN(sizeof(seL4_UserContext), 8 * 36), PIN(seL4_VCPUReg_SCTLR, 0),
    PIN(seL4_VCPUReg_CPACR, 1), PIN(seL4_VCPUReg_TTBR0, 2), PIN(seL4_VCPUReg_TTBR1, 3),
    PIN(seL4_VCPUReg_TCR, 4), PIN(seL4_VCPUReg_MAIR, 5), PIN(seL4_VCPUReg_AMAIR, 6),
    PIN(seL4_VCPUReg_CIDR, 7), PIN(seL4_VCPUReg_ACTLR, 8), PIN(seL4_VCPUReg_AFSR0, 9),
    PIN(seL4_VCPUReg_AFSR1, 10), PIN(seL4_VCPUReg_ESR, 11), PIN(seL4_VCPUReg_FAR, 12),
    PIN(seL4_VCPUReg_PAR, 13), PIN(seL4_VCPUReg_VBAR, 14), PIN(seL4_VCPUReg_TPIDR_EL1, 15),
    PIN(seL4_VCPUReg_VMPIDR_EL2, 16), PIN(seL4_VCPUReg_SP_EL1, 17), PIN(seL4_VCPUReg_ELR_EL1, 18),
    PIN(seL4_VCPUReg_SPSR_EL1, 19), PIN(seL4_VCPUReg_CNTV_CTL, 20), PIN(seL4_VCPUReg_CNTV_CVAL, 21),
    PIN(seL4_VCPUReg_CNTVOFF, 22), PIN(seL4_VCPUReg_CNTKCTL_EL1, 23), PIN(seL4_VCPUReg_Num, 24),
    PIN(seL4_ARM_PageCacheable, 1), PIN(seL4_ARM_ParityEnabled, 2), PIN(seL4_ARM_ExecuteNever, 4),
    PIN(seL4_ARM_Default_VMAttributes, 3), PIN(seL4_VPPI_VirtualTimer, 27),
};

static void test_registers(void **state)
{
    (void)state;
    CHECK(registers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_calls),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_errors_and_faults),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_boot_info),
        cmocka_unit_test(test_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
