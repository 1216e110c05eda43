// SPDX-License-Identifier: BSD-2-Clause
// Messages of short faults and their answers, inline for the fast path: the same words as
// arch_fault_message() and arch_fault_reply() give.
#ifndef ARCH_QUICK_FAULT_H
#define ARCH_QUICK_FAULT_H

#include <arch/core.h>
#include <sel4/arch/aarch64.h>

/// Whether the fault is one that these functions know.
static inline bool quick_fault_is_known(word_t label)
{
    return label >= seL4_Fault_VMFault && label <= seL4_Fault_VPPIEvent;
}

/// Whether they know the answer to a fault (label of the answer).
static inline bool quick_fault_reply_is_known(word_t fault_label, word_t label)
{
    (void)label;
    return quick_fault_is_known(fault_label);
}

/// Writes the message of a known fault for its handler; returns its length.
static inline unsigned quick_fault_message(const struct tcb *tcb, const struct fault *fault,
                                           struct tcb *handler)
{
    word_t *message = &handler->arch.registers[REGISTER_MESSAGE_0];
    if (fault->label != seL4_Fault_VMFault) {
        message[0] = fault->words[0];
        return 1;
    }
    message[seL4_VMFault_IP] = tcb->arch.registers[REGISTER_FAULT_PC];
    message[seL4_VMFault_Addr] = fault->words[0];
    message[seL4_VMFault_PrefetchFault] = fault->words[1];
    message[seL4_VMFault_FSR] = fault->words[2];
    return seL4_VMFault_Length;
}

/// Applies the answer to a known fault. The thread continues at its PC then.
static inline void quick_fault_reply(struct tcb *tcb, const struct tcb *answerer,
                                     word_t fault_label, word_t label, word_t length)
{
    (void)answerer;
    (void)fault_label;
    (void)label;
    (void)length;
    tcb->arch.registers[REGISTER_PC] = tcb->arch.registers[REGISTER_FAULT_PC];
}

#endif
