// SPDX-License-Identifier: BSD-2-Clause
// Host accessors that need complete structures: the executing core and a thread's registers.
#ifndef ARCH_CORE_H
#define ARCH_CORE_H

#include <kernel/objects.h>

/// The core that the test plays.
extern struct core *host_current_core;

static inline struct core *arch_current_core(void)
{
    return host_current_core;
}

static inline word_t arch_safe_index(word_t i, word_t count)
{
    return i < count ? i : 0;
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
