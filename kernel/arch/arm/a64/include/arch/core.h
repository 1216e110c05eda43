// SPDX-License-Identifier: BSD-2-Clause
// AArch64 accessors that need complete structures: the executing core and a thread's registers.
#ifndef ARCH_CORE_H
#define ARCH_CORE_H

#include <kernel/objects.h>

/// State of the executing core (TPIDR_EL2).
static inline struct core *arch_current_core(void)
{
    struct core *core;
    __asm__("mrs %0, tpidr_el2" : "=r"(core));
    return core;
}

static inline word_t arch_get_register(const struct tcb *tcb, enum arch_register which)
{
    return tcb->arch.registers[which];
}

static inline void arch_set_register(struct tcb *tcb, enum arch_register which, word_t value)
{
    tcb->arch.registers[which] = value;
}

#endif
