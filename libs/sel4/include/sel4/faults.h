// SPDX-License-Identifier: BSD-2-Clause
// Fault messages: a copy of the words with accessors of the usual names, and the reply of a timeout
// fault.
#ifndef SEL4_FAULTS_H
#define SEL4_FAULTS_H

#include <sel4/arch.h>
#include <sel4/ipc_buffer.h>

/// The longest message is that of an unknown system call: 13 words, on x86_64 19. Before it the type.
enum { SEL4_FAULT_WORDS = SEL4_ARCH_AARCH64 ? 14 : 20 };

/// A fault: its type (seL4_Fault_* label) and then the words of its message, the last one first, as seL4's
/// library has them; 0 beyond.
typedef struct seL4_Fault {
    seL4_Word words[SEL4_FAULT_WORDS];
} seL4_Fault_t;

static inline seL4_Word seL4_Fault_get_seL4_FaultType(seL4_Fault_t fault)
{
    return fault.words[0];
}

// seL4_Fault_KIND_new(): the fault with the words of its message in the order of seL4_KIND_Msg.
#define SEL4_FAULT_NEW(kind, ...) \
    ((seL4_Fault_t){ { (seL4_Word)seL4_Fault_##kind, __VA_ARGS__ } })

static inline seL4_Fault_t seL4_Fault_NullFault_new(void)
{
    return SEL4_FAULT_NEW(NullFault, 0);
}

/// The last three depend on the type of lookup failure (seL4_CapFault_Msg).
static inline seL4_Fault_t seL4_Fault_CapFault_new(seL4_Word IP, seL4_Word Addr,
                                                   seL4_Word InRecvPhase,
                                                   seL4_Word LookupFailureType, seL4_Word MR4,
                                                   seL4_Word MR5, seL4_Word MR6)
{
    return SEL4_FAULT_NEW(CapFault, MR6, MR5, MR4, LookupFailureType, InRecvPhase, Addr, IP);
}

static inline seL4_Fault_t seL4_Fault_Timeout_new(seL4_Word data, seL4_Word consumed)
{
    return SEL4_FAULT_NEW(Timeout, consumed, data);
}

#if SEL4_ARCH_KNOWN
static inline seL4_Fault_t seL4_Fault_VMFault_new(seL4_Word IP, seL4_Word Addr,
                                                  seL4_Word PrefetchFault, seL4_Word FSR)
{
    return SEL4_FAULT_NEW(VMFault, FSR, PrefetchFault, Addr, IP);
}

/// `status` is SPSR, on x86_64 FLAGS.
static inline seL4_Fault_t seL4_Fault_UserException_new(seL4_Word FaultIP, seL4_Word Stack,
                                                        seL4_Word status, seL4_Word Number,
                                                        seL4_Word Code)
{
    return SEL4_FAULT_NEW(UserException, Code, Number, status, Stack, FaultIP);
}
#endif

#if SEL4_ARCH_AARCH64
static inline seL4_Fault_t seL4_Fault_UnknownSyscall_new(seL4_Word X0, seL4_Word X1, seL4_Word X2,
                                                         seL4_Word X3, seL4_Word X4, seL4_Word X5,
                                                         seL4_Word X6, seL4_Word X7,
                                                         seL4_Word FaultIP, seL4_Word SP,
                                                         seL4_Word LR, seL4_Word SPSR,
                                                         seL4_Word Syscall)
{
    return SEL4_FAULT_NEW(UnknownSyscall, Syscall, SPSR, LR, SP, FaultIP, X7, X6, X5, X4, X3, X2,
                          X1, X0);
}

static inline seL4_Fault_t seL4_Fault_VGICMaintenance_new(seL4_Word IDX)
{
    return SEL4_FAULT_NEW(VGICMaintenance, IDX);
}

static inline seL4_Fault_t seL4_Fault_VCPUFault_new(seL4_Word HSR)
{
    return SEL4_FAULT_NEW(VCPUFault, HSR);
}

static inline seL4_Fault_t seL4_Fault_VPPIEvent_new(seL4_Word irq)
{
    return SEL4_FAULT_NEW(VPPIEvent, irq);
}
#endif
#undef SEL4_FAULT_NEW

#define SEL4_FAULT_GET(kind, field, message_word)                                \
    static inline seL4_Word seL4_Fault_##kind##_get_##field(seL4_Fault_t fault)  \
    {                                                                            \
        return fault.words[seL4_##kind##_Length - (message_word)];               \
    }

SEL4_FAULT_GET(CapFault, IP, seL4_CapFault_IP)
SEL4_FAULT_GET(CapFault, Addr, seL4_CapFault_Addr)
SEL4_FAULT_GET(CapFault, InRecvPhase, seL4_CapFault_InRecvPhase)
SEL4_FAULT_GET(CapFault, LookupFailureType, seL4_CapFault_LookupFailureType)
SEL4_FAULT_GET(CapFault, MR4, 4)
SEL4_FAULT_GET(CapFault, MR5, 5)
SEL4_FAULT_GET(CapFault, MR6, 6)
SEL4_FAULT_GET(Timeout, data, seL4_Timeout_Data)
SEL4_FAULT_GET(Timeout, consumed, seL4_Timeout_Consumed)
#if SEL4_ARCH_KNOWN
SEL4_FAULT_GET(UnknownSyscall, FaultIP, seL4_UnknownSyscall_FaultIP)
SEL4_FAULT_GET(UnknownSyscall, SP, seL4_UnknownSyscall_SP)
SEL4_FAULT_GET(UnknownSyscall, Syscall, seL4_UnknownSyscall_Syscall)
SEL4_FAULT_GET(UserException, FaultIP, seL4_UserException_FaultIP)
SEL4_FAULT_GET(UserException, Stack, seL4_UserException_SP)
SEL4_FAULT_GET(UserException, Number, seL4_UserException_Number)
SEL4_FAULT_GET(UserException, Code, seL4_UserException_Code)
SEL4_FAULT_GET(VMFault, IP, seL4_VMFault_IP)
SEL4_FAULT_GET(VMFault, Addr, seL4_VMFault_Addr)
SEL4_FAULT_GET(VMFault, PrefetchFault, seL4_VMFault_PrefetchFault)
SEL4_FAULT_GET(VMFault, FSR, seL4_VMFault_FSR)
#endif
#if SEL4_ARCH_AARCH64
SEL4_FAULT_GET(UnknownSyscall, X0, seL4_UnknownSyscall_X0)
SEL4_FAULT_GET(UnknownSyscall, X1, seL4_UnknownSyscall_X1)
SEL4_FAULT_GET(UnknownSyscall, X2, seL4_UnknownSyscall_X2)
SEL4_FAULT_GET(UnknownSyscall, X3, seL4_UnknownSyscall_X3)
SEL4_FAULT_GET(UnknownSyscall, X4, seL4_UnknownSyscall_X4)
SEL4_FAULT_GET(UnknownSyscall, X5, seL4_UnknownSyscall_X5)
SEL4_FAULT_GET(UnknownSyscall, X6, seL4_UnknownSyscall_X6)
SEL4_FAULT_GET(UnknownSyscall, X7, seL4_UnknownSyscall_X7)
SEL4_FAULT_GET(UnknownSyscall, LR, seL4_UnknownSyscall_LR)
SEL4_FAULT_GET(UnknownSyscall, SPSR, seL4_UnknownSyscall_SPSR)
SEL4_FAULT_GET(UserException, SPSR, seL4_UserException_SPSR)
SEL4_FAULT_GET(VGICMaintenance, IDX, seL4_VGICMaintenance_IDX)
SEL4_FAULT_GET(VCPUFault, HSR, seL4_VCPUFault_HSR)
SEL4_FAULT_GET(VPPIEvent, irq, seL4_VPPIEvent_IRQ)
#endif
#undef SEL4_FAULT_GET

/// seL4_isKIND_tag(): whether a message is of this fault. seL4_isTimeoutFault_tag() is the one whose name
/// does not follow from the label's.
#define SEL4_FAULT_IS(name, kind)                                                 \
    static inline seL4_Bool seL4_is##name##_tag(seL4_MessageInfo_t tag)           \
    {                                                                             \
        return seL4_MessageInfo_get_label(tag) == (seL4_Word)seL4_Fault_##kind;   \
    }

SEL4_FAULT_IS(NullFault, NullFault)
SEL4_FAULT_IS(CapFault, CapFault)
SEL4_FAULT_IS(UnknownSyscall, UnknownSyscall)
SEL4_FAULT_IS(UserException, UserException)
SEL4_FAULT_IS(TimeoutFault, Timeout)
#if SEL4_ARCH_KNOWN
SEL4_FAULT_IS(VMFault, VMFault)
#endif
#if SEL4_ARCH_AARCH64
SEL4_FAULT_IS(VGICMaintenance, VGICMaintenance)
SEL4_FAULT_IS(VCPUFault, VCPUFault)
SEL4_FAULT_IS(VPPIEvent, VPPIEvent)
#endif
#undef SEL4_FAULT_IS

/// A fault of type `label` with `length` words of the message just received.
static inline seL4_Fault_t sel4_received_fault(seL4_Word label, int length)
{
    seL4_Fault_t fault = { { label } };

    for (int i = 0; i < length; i++) {
        fault.words[length - i] = seL4_GetMR(i);
    }
    return fault;
}

/// As seL4_getFault(), of the faults that only the architecture has.
static inline seL4_Fault_t seL4_getArchFault(seL4_MessageInfo_t tag)
{
    seL4_Word label = seL4_MessageInfo_get_label(tag);

    switch (label) {
#if SEL4_ARCH_KNOWN
    case seL4_Fault_UnknownSyscall:
        return sel4_received_fault(label, seL4_UnknownSyscall_Length);
    case seL4_Fault_UserException:
        return sel4_received_fault(label, seL4_UserException_Length);
    case seL4_Fault_VMFault:
        return sel4_received_fault(label, seL4_VMFault_Length);
#endif
#if SEL4_ARCH_AARCH64
    case seL4_Fault_VGICMaintenance:
        return sel4_received_fault(label, seL4_VGICMaintenance_Length);
    case seL4_Fault_VCPUFault:
        return sel4_received_fault(label, seL4_VCPUFault_Length);
    case seL4_Fault_VPPIEvent:
        return sel4_received_fault(label, seL4_VPPIEvent_Length);
#endif
    default:
        return seL4_Fault_NullFault_new();
    }
}

/// The fault that the message just received describes; the null fault when it is none.
static inline seL4_Fault_t seL4_getFault(seL4_MessageInfo_t tag)
{
    seL4_Word label = seL4_MessageInfo_get_label(tag);

    switch (label) {
    case seL4_Fault_CapFault:
        return sel4_received_fault(label, seL4_CapFault_Length);
    case seL4_Fault_Timeout:
        return sel4_received_fault(label, seL4_Timeout_Length);
    default:
        return seL4_getArchFault(tag);
    }
}

#if SEL4_ARCH_AARCH64
/// Message of a reply to a timeout fault: the first `length` registers (at most
/// seL4_TimeoutReply_Length, order of seL4_UserContext) are written; the thread resumes if
/// `resume`.
static inline seL4_MessageInfo_t seL4_TimeoutReply_new(seL4_Bool resume, seL4_UserContext regs,
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
