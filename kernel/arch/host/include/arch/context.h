// SPDX-License-Identifier: BSD-2-Clause
// Host part of a TCB and of the per-core state: plain memory. The register numbers are those of
// AArch64, so that tests read like the interface.
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <kernel/types.h>

/// Index into arch_tcb.registers. 0 to 30 are x0 to x30.
enum arch_register {
    REGISTER_CAP = 0, ///< invoked cap; on return the badge
    REGISTER_BADGE = 0,
    REGISTER_MESSAGE_INFO = 1,
    REGISTER_MESSAGE_0 = 2,
    REGISTER_MESSAGE_1 = 3,
    REGISTER_MESSAGE_2 = 4,
    REGISTER_MESSAGE_3 = 5,
    REGISTER_REPLY = 6,            ///< reply object; in NBSendWait the send's destination
    REGISTER_SYSCALL = 7,          ///< system call number
    REGISTER_SEND_DESTINATION = 8, ///< in NBSendRecv the send's destination
    REGISTER_LR = 30,
    REGISTER_SP = 31,
    REGISTER_PC = 32,       ///< where the thread continues
    REGISTER_SPSR = 33,
    REGISTER_FAULT_PC = 34, ///< its system call or faulting instruction
    REGISTER_TPIDR = 35,
    REGISTER_TPIDRRO = 36,
    REGISTER_COUNT = 37,
};

struct vcpu;
struct tcb;

struct arch_tcb {
    word_t registers[REGISTER_COUNT];
    struct vcpu *vcpu; ///< bound VCPU (it points back), or NULL
};

struct arch_core {
    struct vcpu *vcpu;       ///< of the running thread, or NULL
    word_t address_space;    ///< ASID of the running thread, 0: none
    ticks_t deadline;        ///< what the timer is set to
    word_t acknowledged;     ///< interrupt in service, or ARCH_IRQ_NONE
};

#endif
