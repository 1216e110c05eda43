// SPDX-License-Identifier: BSD-2-Clause
// The AArch64 hypervisor part of the seL4 16.0.0 MCS binary interface: object types, user context,
// attributes, fault messages and VCPU registers.
#ifndef SEL4_ARCH_AARCH64_H
#define SEL4_ARCH_AARCH64_H

#include <sel4/types.h>

typedef seL4_CPtr seL4_ARM_VSpace, seL4_ARM_PageTable, seL4_ARM_Page, seL4_ARM_VCPU;
typedef seL4_CPtr seL4_ARM_ASIDControl, seL4_ARM_ASIDPool, seL4_ARM_SMC;

enum {
    seL4_ARM_HugePageObject = seL4_NonArchObjectTypeCount,
    seL4_ARM_VSpaceObject,
    seL4_ARM_SmallPageObject,
    seL4_ARM_LargePageObject,
    seL4_ARM_PageTableObject,
    seL4_ARM_VCPUObject,
    seL4_ObjectTypeCount,
};
_Static_assert(seL4_ObjectTypeCount == 13, "object types, AArch64 MCS");

enum {
    seL4_LargePageBits = 21,
    seL4_HugePageBits = 30,
    seL4_PageTableBits = 12,
    seL4_PageTableIndexBits = 9,
    seL4_VSpaceBits = 13, ///< 40-bit physical addresses: 1024 entries, concatenated level 1
    seL4_VSpaceIndexBits = 10,
    seL4_VCPUBits = 12,
    seL4_ASIDPoolBits = 12,
    seL4_ASIDPoolIndexBits = 9,
    seL4_NumASIDPoolsBits = 7,
};

/// Highest user virtual address.
#define seL4_UserVSpaceTop 0xffffffffffUL

typedef enum seL4_ARM_VMAttributes {
    seL4_ARM_PageCacheable = 1,
    seL4_ARM_ParityEnabled = 2,
    seL4_ARM_ExecuteNever = 4,
    seL4_ARM_Default_VMAttributes = 3,
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

enum {
    seL4_UnknownSyscall_X0 = 0, ///< X0..X7 are words 0..7
    seL4_UnknownSyscall_X7 = 7,
    seL4_UnknownSyscall_FaultIP = 8,
    seL4_UnknownSyscall_SP,
    seL4_UnknownSyscall_LR,
    seL4_UnknownSyscall_SPSR,
    seL4_UnknownSyscall_Syscall,
    seL4_UnknownSyscall_Length,
    seL4_UserException_FaultIP = 0,
    seL4_UserException_SP,
    seL4_UserException_SPSR,
    seL4_UserException_Number,
    seL4_UserException_Code,
    seL4_UserException_Length,
    seL4_VMFault_IP = 0,
    seL4_VMFault_Addr,
    seL4_VMFault_PrefetchFault,
    seL4_VMFault_FSR,
    seL4_VMFault_Length,
    seL4_VGICMaintenance_IDX = 0,
    seL4_VGICMaintenance_Length,
    seL4_VCPUFault_HSR = 0,
    seL4_VCPUFault_Length,
    seL4_VPPIEvent_IRQ = 0,
    seL4_VPPIEvent_Length,
    seL4_TimeoutReply_Length = 34,
};

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
} seL4_VCPUReg;
_Static_assert(seL4_VCPUReg_Num == 24, "VCPU registers of 16.0.0");

/// PPI of the virtual timer, delivered to a VMM as VPPIEvent.
#define seL4_VPPI_VirtualTimer 27

#endif
