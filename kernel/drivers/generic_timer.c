// SPDX-License-Identifier: BSD-2-Clause
// Time of the kernel: the generic timer's physical counter, and the hypervisor timer (CNTHP) for
// deadlines.
#include <arch/drivers.h>
#include <arch/sysreg.h>
#include <kernel/kernel.h>

/// Time that one entry and exit of the kernel may take at worst. Twice this is the smallest budget.
#define KERNEL_WCET_US 10

static ticks_t frequency; // ticks per second
static ticks_t wcet_ticks;

void timer_init(void)
{
    frequency = sysreg_read(cntfrq_el0);
    ASSERT(frequency != 0);
    wcet_ticks = arch_us_to_ticks(KERNEL_WCET_US);
}

void timer_init_core(void)
{
    sysreg_write(cnthp_cval_el2, TICKS_NEVER);
    sysreg_write(cnthp_ctl_el2, TIMER_ENABLE);
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntvoff_el2, 0);
    sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN);
    sysreg_write(cntkctl_el1, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN);
}

ticks_t arch_timer_now(void)
{
    return sysreg_read(cntpct_el0);
}

void arch_timer_set_deadline(struct core *core, ticks_t at)
{
    (void)core;
    sysreg_write(cnthp_cval_el2, at);
}

ticks_t arch_us_to_ticks(uint64_t microseconds)
{
    return microseconds / 1000000 * frequency + microseconds % 1000000 * frequency / 1000000;
}

uint64_t arch_ticks_to_us(ticks_t ticks)
{
    return ticks / frequency * 1000000 + ticks % frequency * 1000000 / frequency;
}

uint64_t arch_max_us(void)
{
    // A quarter of the counter's range: sums of two periods never overflow.
    return UINT64_MAX / 4 / frequency * 1000000;
}

ticks_t arch_kernel_wcet_ticks(void)
{
    return wcet_ticks;
}
