// SPDX-License-Identifier: BSD-2-Clause
// The x86_64 part of the seL4 16.0.0 MCS binary interface (configuration with VT-x): object types,
// user context and fault messages.
#ifndef SEL4_ARCH_X86_64_H
#define SEL4_ARCH_X86_64_H

#include <sel4/types.h>

enum {
    seL4_X86_PDPTObject = seL4_NonArchObjectTypeCount,
    seL4_X64_PML4Object,
    seL4_X64_HugePageObject,
    seL4_X86_4K,
    seL4_X86_LargePageObject,
    seL4_X86_PageTableObject,
    seL4_X86_PageDirectoryObject,
    seL4_X86_IOPageTableObject,
    seL4_X86_VCPUObject,
    seL4_X86_EPTPML4Object,
    seL4_X86_EPTPDPTObject,
    seL4_X86_EPTPDObject,
    seL4_X86_EPTPTObject,
    seL4_ObjectTypeCount,
};
_Static_assert(seL4_ObjectTypeCount == 20, "object types, x86_64 MCS with VT-x");

enum {
    seL4_LargePageBits = 21,
    seL4_HugePageBits = 30,
    seL4_PageTableBits = 12,
    seL4_VSpaceBits = 12,
    seL4_X86_VCPUBits = 14,
    seL4_ASIDPoolBits = 12,
};

/// Registers of a thread in the order of TCB_ReadRegisters and TCB_WriteRegisters.
typedef struct seL4_UserContext_ {
    seL4_Word rip, rsp, rflags, rax, rbx, rcx, rdx, rsi, rdi, rbp;
    seL4_Word r8, r9, r10, r11, r12, r13, r14, r15;
    seL4_Word fs_base, gs_base;
} seL4_UserContext;
_Static_assert(sizeof(seL4_UserContext) == 20 * 8, "user context layout");

enum {
    seL4_Fault_VMFault = seL4_Fault_ArchFirst,
};

enum {
    seL4_UnknownSyscall_RAX = 0,
    seL4_UnknownSyscall_FaultIP = 15,
    seL4_UnknownSyscall_SP,
    seL4_UnknownSyscall_FLAGS,
    seL4_UnknownSyscall_Syscall,
    seL4_UnknownSyscall_Length,
    seL4_UserException_FaultIP = 0,
    seL4_UserException_SP,
    seL4_UserException_FLAGS,
    seL4_UserException_Number,
    seL4_UserException_Code,
    seL4_UserException_Length,
    seL4_VMFault_IP = 0,
    seL4_VMFault_Addr,
    seL4_VMFault_PrefetchFault,
    seL4_VMFault_FSR,
    seL4_VMFault_Length,
};
_Static_assert(seL4_UnknownSyscall_Length == 19, "message of an unknown system call");

#endif
