// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer's interrupt: short periods, masks at every stage, priorities, both ways to end
// an interrupt, and what the distributor says meanwhile.
#include "payload.h"

#define PERIODS 10000u
#define PERIOD 500ul // ticks
#define BIT27 (1u << TIMER_PPI)
#define SPURIOUS 1023u

#define GICD_CTLR (GICD_BASE + 0x000)
#define GICD_ISPENDR (GICD_BASE + 0x200)
#define GICD_ICPENDR (GICD_BASE + 0x280)
#define GICD_ISACTIVER (GICD_BASE + 0x300)
#define GICD_ICACTIVER (GICD_BASE + 0x380)
#define GICD_SGIR (GICD_BASE + 0xf00)
#define GICC_CTLR (GICC_BASE + 0x00)
#define GICC_PMR (GICC_BASE + 0x04)
#define GICC_IAR (GICC_BASE + 0x0c)
#define GICC_EOIR (GICC_BASE + 0x10)
#define GICC_DIR (GICC_BASE + 0x1000)
#define GICC_EOIMODE 0x200u

static volatile uint64_t taken;
static volatile uint64_t others;

static void arm(uint64_t at)
{
    __asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
                     : : "r"(at), "r"(1ul) : "memory");
}

static void again(uint32_t intid)
{
    if (intid != TIMER_PPI) {
        others++;
        return;
    }
    taken++;
    if (taken < PERIODS) {
        arm(counter() + PERIOD);
    } else {
        timer_off();
    }
}

/// Takes an interrupt by hand, with interrupts masked at the CPU.
static uint32_t acknowledge(void)
{
    return read32(GICC_IAR) & 0x3ff;
}

static void end(uint32_t intid)
{
    write32(GICC_EOIR, intid);
}

/// Time for an interrupt to get here, or not.
static void settle(void)
{
    uint64_t until = counter() + 2000;
    while (counter() < until) {
    }
}

/// The timer's output is on now.
static void fire(void)
{
    arm(counter());
    settle();
}

static void check_nothing_left(const char *where)
{
    settle();
    check(acknowledge() == SPURIOUS, "%s: nothing is left", where);
    check((read32(GICD_ISPENDR) & BIT27) == 0, "%s: not pending", where);
    check((read32(GICD_ISACTIVER) & BIT27) == 0, "%s: not active", where);
}

static void test_periods(const char *name, bool idle)
{
    taken = 0;
    others = 0;
    interrupt_handler = again;
    uint64_t before = interrupt_count[TIMER_PPI];
    interrupts_off();
    arm(counter() + PERIOD);
    while (taken < PERIODS) {
        if (idle) {
            wait_for_interrupt();
        }
        interrupts_on();
        interrupts_off();
    }
    settle();
    interrupts_on();
    interrupts_off();
    interrupt_handler = NULL;
    check(taken == PERIODS, "%s: %lu periods, none lost, none twice", name, taken);
    check(interrupt_count[TIMER_PPI] - before == PERIODS, "%s: counted", name);
    check(others == 0, "%s: nothing else came", name);
    check_nothing_left(name);
}

static void test_states(void)
{
    fire();
    check((read32(GICD_ISPENDR) & BIT27) != 0, "pending while masked at the CPU");
    check((read32(GICD_ISACTIVER) & BIT27) == 0, "not active before it is acknowledged");
    check(acknowledge() == TIMER_PPI, "acknowledged");
    check((read32(GICD_ISACTIVER) & BIT27) != 0, "active");
    check(acknowledge() == SPURIOUS, "an active one does not come again");
    timer_off();
    check((read32(GICD_ISPENDR) & BIT27) == 0, "its line is low");
    end(TIMER_PPI);
    check_nothing_left("states");

    // The line is still on at the end of it: it comes again.
    fire();
    for (unsigned i = 0; i < 5; i++) {
        check(acknowledge() == TIMER_PPI, "comes again while its line is on");
        end(TIMER_PPI);
        settle();
    }
    check(acknowledge() == TIMER_PPI, "and once more");
    timer_off();
    end(TIMER_PPI);
    check_nothing_left("level");
}

static void test_masks(void)
{
    gic_disable(TIMER_PPI);
    fire();
    check(acknowledge() == SPURIOUS, "disabled: nothing comes");
    check((read32(GICD_ISPENDR) & BIT27) != 0, "disabled: it is pending");
    gic_enable(TIMER_PPI);
    settle();
    check(acknowledge() == TIMER_PPI, "enabled: it comes");
    timer_off();
    end(TIMER_PPI);

    fire();
    gic_disable(TIMER_PPI);
    check(acknowledge() == SPURIOUS, "disabled while pending: nothing comes");
    timer_off();
    gic_enable(TIMER_PPI);
    check_nothing_left("disabled");

    write32(GICD_CTLR, 0);
    fire();
    check(acknowledge() == SPURIOUS, "distributor off: nothing comes");
    write32(GICD_CTLR, 1);
    settle();
    check(acknowledge() == TIMER_PPI, "distributor on: it comes");
    timer_off();
    end(TIMER_PPI);

    write32(GICC_PMR, 0x80); // the timer's own priority
    fire();
    check(acknowledge() == SPURIOUS, "below the priority mask: nothing comes");
    write32(GICC_PMR, 0xff);
    check(acknowledge() == TIMER_PPI, "above it: it comes");
    timer_off();
    end(TIMER_PPI);

    __asm__ volatile("msr cntv_cval_el0, xzr\n\tmsr cntv_ctl_el0, %0\n\tisb" : : "r"(3ul));
    settle();
    check(acknowledge() == SPURIOUS, "masked at the timer: nothing comes");
    timer_off();
    check_nothing_left("masks");
}

static void test_priorities(void)
{
    write32(GICD_BASE + 0x400, 0x40404040); // SGIs 0 to 3
    write32(GICD_SGIR, 0x02000001);         // SGI 1 to this CPU
    fire();
    check(acknowledge() == 1, "SGI of a higher priority first");
    check(acknowledge() == SPURIOUS, "it keeps the timer out");
    end(1);
    check(acknowledge() == TIMER_PPI, "then the timer");
    timer_off();
    end(TIMER_PPI);

    write32(GICD_SGIR, 0x02000001);
    fire();
    gic_set_priority(TIMER_PPI, 0x20); // while it is pending
    check(acknowledge() == TIMER_PPI, "timer of a higher priority first");
    timer_off();
    end(TIMER_PPI);
    check(acknowledge() == 1, "then the SGI");
    end(1);

    write32(GICD_SGIR, 0x02000001);
    settle();
    check(acknowledge() == 1, "SGI is active");
    fire();
    check(acknowledge() == TIMER_PPI, "the timer preempts it");
    timer_off();
    end(TIMER_PPI);
    end(1);
    gic_set_priority(TIMER_PPI, 0x80);
    check_nothing_left("priorities");
}

/// EOImode 1: EOIR drops the priority, DIR ends the interrupt.
static void test_split_end(void)
{
    write32(GICC_CTLR, 1 | GICC_EOIMODE);
    for (unsigned i = 0; i < 3; i++) {
        fire();
        check(acknowledge() == TIMER_PPI, "split: acknowledged");
        end(TIMER_PPI);
        settle();
        check(acknowledge() == SPURIOUS, "split: active until DIR, though its line is on");
        check((read32(GICD_ISACTIVER) & BIT27) != 0, "split: active");
        write32(GICD_SGIR, 0x02000001);
        settle();
        check(acknowledge() == 1, "split: others come meanwhile");
        end(1);
        write32(GICC_DIR, 1);
        timer_off();
        write32(GICC_DIR, TIMER_PPI);
        check_nothing_left("split");
    }
    write32(GICC_CTLR, 1);
}

/// What drivers do not do, but may.
static void test_by_software(void)
{
    timer_off();
    write32(GICD_ISPENDR, BIT27);
    settle();
    check(acknowledge() == TIMER_PPI, "made pending by software: it comes");
    end(TIMER_PPI);
    check_nothing_left("software");

    fire();
    check(acknowledge() == TIMER_PPI, "acknowledged");
    timer_off();
    write32(GICD_ISPENDR, BIT27);
    end(TIMER_PPI);
    settle();
    check(acknowledge() == TIMER_PPI, "made pending while active: once more");
    end(TIMER_PPI);
    check_nothing_left("software, twice");

    write32(GICD_ISACTIVER, BIT27);
    fire();
    check(acknowledge() == SPURIOUS, "made active by software: it is held back");
    write32(GICD_ICACTIVER, BIT27);
    settle();
    check(acknowledge() == TIMER_PPI, "until that is cleared");
    timer_off();
    end(TIMER_PPI);
    check_nothing_left("software, active");

    fire();
    timer_off();
    write32(GICD_ICPENDR, BIT27);
    check_nothing_left("cleared");
}

int main(void)
{
    gic_init();
    gic_set_priority(TIMER_PPI, 0x80);
    gic_enable(TIMER_PPI);
    interrupts_off();
    test_periods("awake", false);
    test_periods("idle", true);
    test_states();
    test_masks();
    test_priorities();
    test_split_end();
    test_by_software();
    test_periods("at the end", false);
    finish();
}
