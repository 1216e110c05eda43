// SPDX-License-Identifier: BSD-2-Clause
// The AArch64 hypervisor part of the seL4 16.0.0 MCS binary interface: object types, user context,
// attributes, fault messages and VCPU registers.
#ifndef SEL4_ARCH_AARCH64_H
#define SEL4_ARCH_AARCH64_H

#include <sel4/types.h>

typedef seL4_CPtr seL4_ARM_VSpace, seL4_ARM_PageTable, seL4_ARM_Page, seL4_ARM_VCPU;
typedef seL4_CPtr seL4_ARM_ASIDControl, seL4_ARM_ASIDPool, seL4_ARM_SMC;
// Of objects that this configuration does not have; libraries name the types.
typedef seL4_CPtr seL4_ARM_PageDirectory, seL4_ARM_PageUpperDirectory, seL4_ARM_PageGlobalDirectory;
typedef seL4_CPtr seL4_ARM_IOSpace, seL4_ARM_IOPageTable;
typedef seL4_CPtr seL4_ARM_SIDControl, seL4_ARM_SID, seL4_ARM_CBControl, seL4_ARM_CB;

typedef enum seL4_ModeObjectType {
    seL4_ARM_HugePageObject = seL4_NonArchObjectTypeCount,
    seL4_ARM_VSpaceObject,
    seL4_ModeObjectTypeCount,
} seL4_ModeObjectType;

typedef enum seL4_ArchObjectType {
    seL4_ARM_SmallPageObject = seL4_ModeObjectTypeCount,
    seL4_ARM_LargePageObject,
    seL4_ARM_PageTableObject,
    seL4_ARM_VCPUObject,
    seL4_ObjectTypeCount,
} seL4_ArchObjectType;
_Static_assert(seL4_ObjectTypeCount == 13, "object types, AArch64 MCS");

enum {
    seL4_LargePageBits = 21,
    seL4_HugePageBits = 30,
    seL4_PageTableBits = 12,
    seL4_PageTableIndexBits = 9,
    seL4_PageTableEntryBits = 3,
    seL4_VSpaceBits = 13, ///< 40-bit physical addresses: 1024 entries, concatenated level 1
    seL4_VSpaceIndexBits = 10,
    seL4_VSpaceEntryBits = 3,
    seL4_VCPUBits = 12,
    seL4_ARM_VCPUBits = seL4_VCPUBits,
    seL4_ASIDPoolBits = 12,
    seL4_ASIDPoolIndexBits = 9,
    seL4_NumASIDPoolsBits = 7,
};

/// Highest user virtual address.
#define seL4_UserVSpaceTop 0xffffffffffUL
#define seL4_UserTop seL4_UserVSpaceTop

// Word 2 of the answer of a mapping that failed: address bits that a missing table resolves.
enum {
    SEL4_MAPPING_LOOKUP_LEVEL = 2, ///< the word
    SEL4_MAPPING_LOOKUP_NO_PT = 21,
    SEL4_MAPPING_LOOKUP_NO_PD = 30,
    SEL4_MAPPING_LOOKUP_NO_PUD = 39,
};

/// seL4_VMFault_PrefetchFault.
enum {
    seL4_DataFault = 0,
    seL4_InstructionFault = 1,
};

typedef enum seL4_ARM_CacheType {
    seL4_ARM_CacheI = 1,
    seL4_ARM_CacheD = 2,
    seL4_ARM_CacheID = 3,
    SEL4_FORCE_LONG_ENUM(seL4_ARM_CacheType),
} seL4_ARM_CacheType;

typedef enum seL4_ARM_VMAttributes {
    seL4_ARM_PageCacheable = 1,
    seL4_ARM_ParityEnabled = 2,
    seL4_ARM_ExecuteNever = 4,
    seL4_ARM_Default_VMAttributes = 3,
    SEL4_FORCE_LONG_ENUM(seL4_ARM_VMAttributes),
} seL4_ARM_VMAttributes;

/// Registers of a thread in the order of TCB_ReadRegisters and TCB_WriteRegisters.
typedef struct seL4_UserContext_ {
    seL4_Word pc, sp, spsr, x0, x1, x2, x3, x4, x5, x6, x7, x8, x16, x17, x18, x29, x30;
    seL4_Word x9, x10, x11, x12, x13, x14, x15;
    seL4_Word x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
    seL4_Word tpidr_el0, tpidrro_el0;
} seL4_UserContext;
_Static_assert(sizeof(seL4_UserContext) == 36 * 8, "user context layout");

enum {
    seL4_Fault_VMFault = seL4_Fault_ArchFirst,
    seL4_Fault_VGICMaintenance,
    seL4_Fault_VCPUFault,
    seL4_Fault_VPPIEvent,
};
_Static_assert(seL4_Fault_VPPIEvent == 9, "fault labels, AArch64 MCS");

// Message registers of the faults.
typedef enum seL4_UnknownSyscall_Msg {
    seL4_UnknownSyscall_X0 = 0,
    seL4_UnknownSyscall_X1,
    seL4_UnknownSyscall_X2,
    seL4_UnknownSyscall_X3,
    seL4_UnknownSyscall_X4,
    seL4_UnknownSyscall_X5,
    seL4_UnknownSyscall_X6,
    seL4_UnknownSyscall_X7,
    seL4_UnknownSyscall_FaultIP,
    seL4_UnknownSyscall_SP,
    seL4_UnknownSyscall_LR,
    seL4_UnknownSyscall_SPSR,
    seL4_UnknownSyscall_Syscall,
    seL4_UnknownSyscall_Length,
    SEL4_FORCE_LONG_ENUM(seL4_UnknownSyscall_Msg),
} seL4_UnknownSyscall_Msg;

typedef enum seL4_UserException_Msg {
    seL4_UserException_FaultIP = 0,
    seL4_UserException_SP,
    seL4_UserException_SPSR,
    seL4_UserException_Number,
    seL4_UserException_Code,
    seL4_UserException_Length,
    SEL4_FORCE_LONG_ENUM(seL4_UserException_Msg),
} seL4_UserException_Msg;

typedef enum seL4_VMFault_Msg {
    seL4_VMFault_IP = 0,
    seL4_VMFault_Addr,
    seL4_VMFault_PrefetchFault,
    seL4_VMFault_FSR,
    seL4_VMFault_Length,
    SEL4_FORCE_LONG_ENUM(seL4_VMFault_Msg),
} seL4_VMFault_Msg;

typedef enum seL4_VGICMaintenance_Msg {
    seL4_VGICMaintenance_IDX = 0,
    seL4_VGICMaintenance_Length,
    SEL4_FORCE_LONG_ENUM(seL4_VGICMaintenance_Msg),
} seL4_VGICMaintenance_Msg;

typedef enum seL4_VCPUFault_Msg {
    seL4_VCPUFault_HSR = 0,
    seL4_VCPUFault_Length,
    SEL4_FORCE_LONG_ENUM(seL4_VCPUFault_Msg),
} seL4_VCPUFault_Msg;

typedef enum seL4_VPPIEvent_Msg {
    seL4_VPPIEvent_IRQ = 0,
    seL4_VPPIEvent_Length,
    SEL4_FORCE_LONG_ENUM(seL4_VPPIEvent_Msg),
} seL4_VPPIEvent_Msg;

/// Registers that a reply to a timeout fault sets, in the order of seL4_UserContext.
typedef enum seL4_TimeoutReply_Msg {
    seL4_TimeoutReply_FaultIP = 0,
    seL4_TimeoutReply_SP,
    seL4_TimeoutReply_SPSR_EL1,
    seL4_TimeoutReply_X0,
    seL4_TimeoutReply_X1,
    seL4_TimeoutReply_X2,
    seL4_TimeoutReply_X3,
    seL4_TimeoutReply_X4,
    seL4_TimeoutReply_X5,
    seL4_TimeoutReply_X6,
    seL4_TimeoutReply_X7,
    seL4_TimeoutReply_X8,
    seL4_TimeoutReply_X16,
    seL4_TimeoutReply_X17,
    seL4_TimeoutReply_X18,
    seL4_TimeoutReply_X29,
    seL4_TimeoutReply_X30,
    seL4_TimeoutReply_X9,
    seL4_TimeoutReply_X10,
    seL4_TimeoutReply_X11,
    seL4_TimeoutReply_X12,
    seL4_TimeoutReply_X13,
    seL4_TimeoutReply_X14,
    seL4_TimeoutReply_X15,
    seL4_TimeoutReply_X19,
    seL4_TimeoutReply_X20,
    seL4_TimeoutReply_X21,
    seL4_TimeoutReply_X22,
    seL4_TimeoutReply_X23,
    seL4_TimeoutReply_X24,
    seL4_TimeoutReply_X25,
    seL4_TimeoutReply_X26,
    seL4_TimeoutReply_X27,
    seL4_TimeoutReply_X28,
    seL4_TimeoutReply_Length,
    SEL4_FORCE_LONG_ENUM(seL4_TimeoutReply_Msg),
} seL4_TimeoutReply_Msg;
_Static_assert(seL4_TimeoutReply_Length == 34, "all registers but the thread pointers");

/// VCPU registers by number (16.0.0); 2 to 19 are the bulk save and restore range.
typedef enum seL4_VCPUReg {
    seL4_VCPUReg_SCTLR = 0,
    seL4_VCPUReg_CPACR,
    seL4_VCPUReg_TTBR0,
    seL4_VCPUReg_TTBR1,
    seL4_VCPUReg_TCR,
    seL4_VCPUReg_MAIR,
    seL4_VCPUReg_AMAIR,
    seL4_VCPUReg_CIDR,
    seL4_VCPUReg_ACTLR,
    seL4_VCPUReg_AFSR0,
    seL4_VCPUReg_AFSR1,
    seL4_VCPUReg_ESR,
    seL4_VCPUReg_FAR,
    seL4_VCPUReg_PAR,
    seL4_VCPUReg_VBAR,
    seL4_VCPUReg_TPIDR_EL1,
    seL4_VCPUReg_VMPIDR_EL2,
    seL4_VCPUReg_SP_EL1,
    seL4_VCPUReg_ELR_EL1,
    seL4_VCPUReg_SPSR_EL1,
    seL4_VCPUReg_CNTV_CTL,
    seL4_VCPUReg_CNTV_CVAL,
    seL4_VCPUReg_CNTVOFF,
    seL4_VCPUReg_CNTKCTL_EL1,
    seL4_VCPUReg_Num,
    SEL4_FORCE_LONG_ENUM(seL4_VCPUReg),
} seL4_VCPUReg;
_Static_assert(seL4_VCPUReg_Num == 24, "VCPU registers of 16.0.0");

/// PPI of the virtual timer, delivered to a VMM as VPPIEvent.
#define seL4_VPPI_VirtualTimer 27

#endif
