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

/// `i`, which has been checked to be below `count`. Where the check is only predicted to hold the index is
/// 0, so that speculation reads nothing behind the array (CSDB, DDI 0487 C6.2).
static inline word_t arch_safe_index(word_t i, word_t count)
{
    word_t index;
    __asm__("cmp %1, %2\n\tcsel %0, %1, xzr, lo\n\thint #20" : "=r"(index) : "r"(i), "r"(count) : "cc");
    return index;
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
