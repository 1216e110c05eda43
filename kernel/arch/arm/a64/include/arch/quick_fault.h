// SPDX-License-Identifier: BSD-2-Clause
// Messages of short faults and their answers, inline for the fast path: the same words as
// arch_fault_message() and arch_fault_reply() in traps.c give (sel4-abi, faults; abi/extensions.h).
#ifndef ARCH_QUICK_FAULT_H
#define ARCH_QUICK_FAULT_H

#include <abi/extensions.h>
#include <arch/core.h>
#include <sel4/arch/aarch64.h>

#define QUICK_FAULT_WORDS seL4_UnknownSyscall_Length
#define QUICK_CALL_REGISTERS 4u ///< arguments that an SMC's message carries, and results

/// Whether the fault is one that these functions know.
static inline bool quick_fault_is_known(word_t label)
{
    return (label >= seL4_Fault_VMFault && label <= seL4_Fault_VPPIEvent)
           || label == seL4_Fault_UnknownSyscall;
}

/// Whether they know the answer to a fault (label and length of the answer). Message words beyond
/// the registers are not looked at.
static inline bool quick_fault_reply_is_known(word_t fault_label, word_t label)
{
    return (fault_label >= seL4_Fault_VMFault && fault_label <= seL4_Fault_VPPIEvent)
           || (fault_label == seL4_Fault_UnknownSyscall && label == ROOKERY_REPLY_RESULTS);
}

/// The message of an UnknownSyscall.
static inline unsigned quick_fault_call_words(const struct tcb *tcb, const struct fault *fault,
                                              word_t words[QUICK_FAULT_WORDS])
{
    for (unsigned i = 0; i < 8; i++) {
        words[seL4_UnknownSyscall_X0 + i] = tcb->arch.registers[i];
    }
    words[seL4_UnknownSyscall_FaultIP] = tcb->arch.registers[CONTEXT_FAULT_PC];
    words[seL4_UnknownSyscall_SP] = tcb->arch.registers[CONTEXT_SP];
    words[seL4_UnknownSyscall_LR] = tcb->arch.registers[REGISTER_LR];
    words[seL4_UnknownSyscall_SPSR] = tcb->arch.registers[CONTEXT_SPSR];
    words[seL4_UnknownSyscall_Syscall] = fault->words[0];
    return seL4_UnknownSyscall_Length;
}

/// Words of the message of a known fault; returns how many: 1, or 4 and more.
static inline unsigned quick_fault_words(const struct tcb *tcb, const struct fault *fault,
                                         word_t words[QUICK_FAULT_WORDS])
{
    if (fault->label == seL4_Fault_UnknownSyscall) {
        return quick_fault_call_words(tcb, fault, words);
    }
    if (fault->label != seL4_Fault_VMFault) {
        words[0] = fault->words[0];
        if (fault->label != seL4_Fault_VCPUFault || (fault->words[0] >> 26 & 0x3f) != 0x17) {
            return 1;
        }
        for (unsigned i = 0; i < QUICK_CALL_REGISTERS; i++) { // SMC
            words[1 + i] = tcb->arch.registers[i];
        }
        return 1 + QUICK_CALL_REGISTERS;
    }
    word_t fsr = fault->words[2];
    words[seL4_VMFault_IP] = tcb->arch.registers[CONTEXT_FAULT_PC];
    words[seL4_VMFault_Addr] = fault->words[0];
    words[seL4_VMFault_PrefetchFault] = fault->words[1];
    words[seL4_VMFault_FSR] = fsr;
    // Data abort (EC 0x24) with valid syndrome (ISV, bit 24): the value of register SRT comes
    // along.
    if (tcb->arch.vcpu == NULL || (fsr >> 26 & 0x3f) != 0x24 || (fsr & BIT(24)) == 0) {
        return seL4_VMFault_Length;
    }
    word_t srt = fsr >> 16 & 31;
    words[seL4_VMFault_Length] = srt == 31 ? 0 : tcb->arch.registers[srt];
    return seL4_VMFault_Length + 1;
}

/// Applies the answer that is in the registers of `answerer`; the thread continues at its PC then.
static inline void quick_fault_reply(struct tcb *tcb, const struct tcb *answerer,
                                     word_t fault_label, word_t label, word_t length)
{
    const word_t *message = &answerer->arch.registers[REGISTER_MESSAGE_0];
    word_t pc = tcb->arch.registers[CONTEXT_FAULT_PC];
    bool steps = fault_label == seL4_Fault_VMFault || fault_label == seL4_Fault_VCPUFault;
    bool calls = fault_label == seL4_Fault_VCPUFault || fault_label == seL4_Fault_UnknownSyscall;
    if (steps && label == ROOKERY_REPLY_STEP) {
        if (length >= 2 && message[0] < 31) {
            tcb->arch.registers[message[0]] = message[1];
        }
        pc += 4;
    } else if (calls && label == ROOKERY_REPLY_RESULTS) {
        for (unsigned i = 0; i < QUICK_CALL_REGISTERS && i < length; i++) {
            tcb->arch.registers[i] = message[i];
        }
        pc += 4;
    }
    tcb->arch.registers[CONTEXT_FAULT_PC] = pc;
    tcb->arch.registers[CONTEXT_PC] = pc;
}

#endif
