// SPDX-License-Identifier: BSD-2-Clause
// Fault messages: a copy of the words with accessors of the usual names, and the reply of a timeout
// fault.
#ifndef SEL4_FAULTS_H
#define SEL4_FAULTS_H

#include <sel4/arch.h>
#include <sel4/ipc_buffer.h>

/// x86_64 has the longest message: an unknown system call, 19 words.
enum { SEL4_FAULT_WORDS = SEL4_ARCH_AARCH64 ? 16 : 20 };

/// A received fault: its type and the first words of the message.
typedef struct seL4_Fault {
    seL4_Word type; ///< seL4_Fault_* label
    seL4_Word words[SEL4_FAULT_WORDS];
} seL4_Fault_t;

/// The fault that the message just received describes.
static inline seL4_Fault_t seL4_getFault(seL4_MessageInfo_t info)
{
    seL4_Fault_t fault = { .type = seL4_MessageInfo_get_label(info) };

    for (int i = 0; i < SEL4_FAULT_WORDS; i++) {
        fault.words[i] = seL4_GetMR(i);
    }
    return fault;
}

static inline seL4_Word seL4_Fault_get_seL4_FaultType(seL4_Fault_t fault)
{
    return fault.type;
}

#define SEL4_FAULT_IS(kind)                                                       \
    static inline int seL4_is##kind##_tag(seL4_MessageInfo_t info)                \
    {                                                                             \
        return seL4_MessageInfo_get_label(info) == (seL4_Word)seL4_Fault_##kind;  \
    }                                                                             \
    static inline int seL4_is##kind##_Fault(seL4_MessageInfo_t info)              \
    {                                                                             \
        return seL4_is##kind##_tag(info);                                         \
    }

SEL4_FAULT_IS(CapFault)
SEL4_FAULT_IS(UnknownSyscall)
SEL4_FAULT_IS(UserException)
SEL4_FAULT_IS(Timeout)
#if SEL4_ARCH_KNOWN
SEL4_FAULT_IS(VMFault)
#endif
#if SEL4_ARCH_AARCH64
SEL4_FAULT_IS(VGICMaintenance)
SEL4_FAULT_IS(VCPUFault)
SEL4_FAULT_IS(VPPIEvent)
#endif
#undef SEL4_FAULT_IS

#define SEL4_FAULT_GET(kind, field)                                              \
    static inline seL4_Word seL4_Fault_##kind##_get_##field(seL4_Fault_t fault)  \
    {                                                                            \
        return fault.words[seL4_##kind##_##field];                               \
    }

SEL4_FAULT_GET(CapFault, IP)
SEL4_FAULT_GET(CapFault, Addr)
SEL4_FAULT_GET(CapFault, InRecvPhase)
SEL4_FAULT_GET(CapFault, LookupFailureType)
SEL4_FAULT_GET(Timeout, Data)
SEL4_FAULT_GET(Timeout, Consumed)
#if SEL4_ARCH_KNOWN
SEL4_FAULT_GET(UnknownSyscall, FaultIP)
SEL4_FAULT_GET(UnknownSyscall, SP)
SEL4_FAULT_GET(UnknownSyscall, Syscall)
SEL4_FAULT_GET(UserException, FaultIP)
SEL4_FAULT_GET(UserException, SP)
SEL4_FAULT_GET(UserException, Number)
SEL4_FAULT_GET(UserException, Code)
SEL4_FAULT_GET(VMFault, IP)
SEL4_FAULT_GET(VMFault, Addr)
SEL4_FAULT_GET(VMFault, PrefetchFault)
SEL4_FAULT_GET(VMFault, FSR)
#endif
#if SEL4_ARCH_AARCH64
SEL4_FAULT_GET(UnknownSyscall, LR)
SEL4_FAULT_GET(UnknownSyscall, SPSR)
SEL4_FAULT_GET(UserException, SPSR)
SEL4_FAULT_GET(VGICMaintenance, IDX)
SEL4_FAULT_GET(VCPUFault, HSR)
SEL4_FAULT_GET(VPPIEvent, IRQ)
#endif
#undef SEL4_FAULT_GET

#if SEL4_ARCH_AARCH64
/// Message of a reply to a timeout fault: the first `length` registers (at most
/// seL4_TimeoutReply_Length, order of seL4_UserContext) are written; the thread resumes if
/// `resume`.
static inline seL4_MessageInfo_t seL4_TimeoutReply_new(int resume, seL4_UserContext regs,
                                                       seL4_Word length)
{
    const seL4_Word *words = (const seL4_Word *)&regs;
    seL4_Word count = length < seL4_TimeoutReply_Length ? length : seL4_TimeoutReply_Length;

    for (seL4_Word i = 0; i < count; i++) {
        seL4_SetMR((int)i, words[i]);
    }
    return seL4_MessageInfo_new(!resume, 0, 0, count);
}

#endif

#endif
