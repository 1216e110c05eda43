// SPDX-License-Identifier: BSD-2-Clause
// AArch64 part of a TCB and of the per-core state. Assembler code knows the places of the registers
// (arch/layout.h).
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <arch/layout.h>
#include <kernel/types.h>

/// Index into arch_tcb.registers. 0 to 30 are x0 to x30, so the message registers are as the
/// interface says (sel4-abi, system call entry).
enum arch_register {
    REGISTER_CAP = 0, ///< x0: invoked cap; on return the badge
    REGISTER_BADGE = 0,
    REGISTER_MESSAGE_INFO = 1,
    REGISTER_MESSAGE_0 = 2,
    REGISTER_MESSAGE_1 = 3,
    REGISTER_MESSAGE_2 = 4,
    REGISTER_MESSAGE_3 = 5,
    REGISTER_REPLY = 6,            ///< x6: reply object; in NBSendWait the send's destination
    REGISTER_SYSCALL = 7,          ///< x7: system call number
    REGISTER_SEND_DESTINATION = 8, ///< x8: in NBSendRecv the send's destination
    REGISTER_LR = 30,
    REGISTER_SP = CONTEXT_SP,
    REGISTER_PC = CONTEXT_PC,             ///< where the thread continues
    REGISTER_SPSR = CONTEXT_SPSR,
    REGISTER_FAULT_PC = CONTEXT_FAULT_PC, ///< its system call or faulting instruction
    REGISTER_TPIDR = CONTEXT_TPIDR,
    REGISTER_TPIDRRO = CONTEXT_TPIDRRO,
};

struct vcpu;
struct tcb;
struct smp_call;

struct arch_tcb {
    word_t registers[CONTEXT_WORDS];
    word_t fp[CONTEXT_FP_WORDS]; ///< q0 to q31, FPSR, FPCR; stale while the thread owns the unit
    struct vcpu *vcpu;           ///< bound VCPU (it points back), or NULL
    // What vspace_switch() found out last.
    word_t vttbr;                ///< value of VTTBR_EL2
    word_t vttbr_root;           ///< for a VSpace cap with this first word
    word_t vttbr_generation;     ///< of asid.c when it was so; 0: never
};

struct arch_core {
    struct tcb *fp_owner;   ///< whose FP registers are in the unit, or NULL
    struct tcb *tls_owner;  ///< whose TPIDR_EL0 and TPIDRRO_EL0 are in the registers, or NULL
    struct vcpu *vcpu;      ///< whose EL1 state is loaded, or NULL
    bool vcpu_active;       ///< the loaded VCPU's thread runs: its virtual interrupts are on
    bool timer_masked;      ///< the virtual timer interrupt is off at the interrupt controller
    bool fp_traps;          ///< use of the FP unit traps (CPTR_EL2)
    word_t vttbr;           ///< value of VTTBR_EL2
    word_t acknowledged;    ///< what the interrupt controller said of the interrupt in service
#if CONFIG_MAX_NUM_NODES > 1
    struct smp_call *call;  ///< what the holder of the kernel lock wants of this core (arch/smp.h)
    word_t rewind;          ///< see smp_enter()
    bool displaced;         ///< the current thread was taken off while the core waited
    uint32_t gic_target;    ///< this core at the interrupt controller: GICv2 its bit, GICv3 its affinity
    uint32_t ticket;        ///< that it waits with for the lock
    bool can_sleep;         ///< IPIs reach it
    bool sleeps;            ///< it waits for the lock or for a call's end in a WFI
    bool ipi_taken;         ///< it took an IPI as the end of its sleep
#endif
};

#endif
