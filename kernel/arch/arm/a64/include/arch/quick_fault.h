// SPDX-License-Identifier: BSD-2-Clause
// Messages of short faults and their answers, inline for the fast path: the same words as
// arch_fault_message() and arch_fault_reply() in traps.c give (sel4-abi, faults; abi/extensions.h).
#ifndef ARCH_QUICK_FAULT_H
#define ARCH_QUICK_FAULT_H

#include <abi/extensions.h>
#include <arch/core.h>
#include <sel4/arch/aarch64.h>

#define QUICK_FAULT_WORDS 5

/// Whether the fault is one that these functions know.
static inline bool quick_fault_is_known(word_t label)
{
    return label >= seL4_Fault_VMFault && label <= seL4_Fault_VPPIEvent;
}

/// Words of the message of a known fault; returns how many: 1, or 4 and more.
static inline unsigned quick_fault_words(const struct tcb *tcb, const struct fault *fault,
                                         word_t words[QUICK_FAULT_WORDS])
{
    if (fault->label != seL4_Fault_VMFault) {
        words[0] = fault->words[0];
        return 1;
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

/// Applies the answer to a known fault. The thread continues at its PC then.
static inline void quick_fault_reply(struct tcb *tcb, word_t fault_label, word_t label,
                                     word_t length, word_t mr0, word_t mr1)
{
    bool steps = fault_label == seL4_Fault_VMFault || fault_label == seL4_Fault_VCPUFault;
    word_t pc = tcb->arch.registers[CONTEXT_FAULT_PC];
    if (steps && label == ROOKERY_REPLY_STEP) {
        if (length >= 2 && mr0 < 31) {
            tcb->arch.registers[mr0] = mr1;
        }
        pc += 4;
        tcb->arch.registers[CONTEXT_FAULT_PC] = pc;
    }
    tcb->arch.registers[CONTEXT_PC] = pc;
}

#endif
