// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer's interrupt: short periods, masks at every stage, priorities, both ways to end
// an interrupt, and what the distributor says meanwhile.
#include "payload.h"

#define PERIODS 10000u
#define PERIOD 500ul // ticks
#define SGI 1u

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
    check(gic_acknowledge() == GIC_SPURIOUS, "%s: nothing is left", where);
    check(!gic_is_pending(TIMER_PPI), "%s: not pending", where);
    check(!gic_is_active(TIMER_PPI), "%s: not active", where);
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
    check(gic_is_pending(TIMER_PPI), "pending while masked at the CPU");
    check(!gic_is_active(TIMER_PPI), "not active before it is acknowledged");
    check(gic_acknowledge() == TIMER_PPI, "acknowledged");
    check(gic_is_active(TIMER_PPI), "active");
    check(gic_acknowledge() == GIC_SPURIOUS, "an active one does not come again");
    timer_off();
    check(!gic_is_pending(TIMER_PPI), "its line is low");
    gic_end(TIMER_PPI);
    check_nothing_left("states");

    // The line is still on at the end of it: it comes again.
    fire();
    for (unsigned i = 0; i < 5; i++) {
        check(gic_acknowledge() == TIMER_PPI, "comes again while its line is on");
        gic_end(TIMER_PPI);
        settle();
    }
    check(gic_acknowledge() == TIMER_PPI, "and once more");
    timer_off();
    gic_end(TIMER_PPI);
    check_nothing_left("level");
}

static void test_masks(void)
{
    gic_disable(TIMER_PPI);
    fire();
    check(gic_acknowledge() == GIC_SPURIOUS, "disabled: nothing comes");
    check(gic_is_pending(TIMER_PPI), "disabled: it is pending");
    gic_enable(TIMER_PPI);
    settle();
    check(gic_acknowledge() == TIMER_PPI, "enabled: it comes");
    timer_off();
    gic_end(TIMER_PPI);

    fire();
    gic_disable(TIMER_PPI);
    check(gic_acknowledge() == GIC_SPURIOUS, "disabled while pending: nothing comes");
    timer_off();
    gic_enable(TIMER_PPI);
    check_nothing_left("disabled");

    gic_set_forwarding(false);
    fire();
    check(gic_acknowledge() == GIC_SPURIOUS, "distributor off: nothing comes");
    gic_set_forwarding(true);
    settle();
    check(gic_acknowledge() == TIMER_PPI, "distributor on: it comes");
    timer_off();
    gic_end(TIMER_PPI);

    gic_set_mask(0x80); // the timer's own priority
    fire();
    check(gic_acknowledge() == GIC_SPURIOUS, "below the priority mask: nothing comes");
    gic_set_mask(0xff);
    check(gic_acknowledge() == TIMER_PPI, "above it: it comes");
    timer_off();
    gic_end(TIMER_PPI);

    __asm__ volatile("msr cntv_cval_el0, xzr\n\tmsr cntv_ctl_el0, %0\n\tisb" : : "r"(3ul));
    settle();
    check(gic_acknowledge() == GIC_SPURIOUS, "masked at the timer: nothing comes");
    timer_off();
    check_nothing_left("masks");
}

static void test_priorities(void)
{
    gic_set_priority(SGI, 0x40);
    gic_enable(SGI);
    gic_send(1, SGI);
    fire();
    check(gic_acknowledge() == SGI, "SGI of a higher priority first");
    check(gic_acknowledge() == GIC_SPURIOUS, "it keeps the timer out");
    gic_end(SGI);
    check(gic_acknowledge() == TIMER_PPI, "then the timer");
    timer_off();
    gic_end(TIMER_PPI);

    gic_send(1, SGI);
    fire();
    gic_set_priority(TIMER_PPI, 0x20); // while it is pending
    check(gic_acknowledge() == TIMER_PPI, "timer of a higher priority first");
    timer_off();
    gic_end(TIMER_PPI);
    check(gic_acknowledge() == SGI, "then the SGI");
    gic_end(SGI);

    gic_send(1, SGI);
    settle();
    check(gic_acknowledge() == SGI, "SGI is active");
    fire();
    check(gic_acknowledge() == TIMER_PPI, "the timer preempts it");
    timer_off();
    gic_end(TIMER_PPI);
    gic_end(SGI);
    gic_set_priority(TIMER_PPI, 0x80);
    check_nothing_left("priorities");
}

/// EOImode 1: EOIR drops the priority, DIR ends the interrupt.
static void test_split_end(void)
{
    gic_set_split_end(true);
    for (unsigned i = 0; i < 3; i++) {
        fire();
        check(gic_acknowledge() == TIMER_PPI, "split: acknowledged");
        gic_end(TIMER_PPI);
        settle();
        check(gic_acknowledge() == GIC_SPURIOUS, "split: active until DIR, though its line is on");
        check(gic_is_active(TIMER_PPI), "split: active");
        gic_send(1, SGI);
        settle();
        check(gic_acknowledge() == SGI, "split: others come meanwhile");
        gic_end(SGI);
        gic_deactivate(SGI);
        timer_off();
        gic_deactivate(TIMER_PPI);
        check_nothing_left("split");
    }
    gic_set_split_end(false);
}

/// What drivers do not do, but may.
static void test_by_software(void)
{
    timer_off();
    gic_set_pending(TIMER_PPI);
    settle();
    check(gic_acknowledge() == TIMER_PPI, "made pending by software: it comes");
    gic_end(TIMER_PPI);
    check_nothing_left("software");

    fire();
    check(gic_acknowledge() == TIMER_PPI, "acknowledged");
    timer_off();
    gic_set_pending(TIMER_PPI);
    gic_end(TIMER_PPI);
    settle();
    check(gic_acknowledge() == TIMER_PPI, "made pending while active: once more");
    gic_end(TIMER_PPI);
    check_nothing_left("software, twice");

    gic_set_active(TIMER_PPI);
    fire();
    check(gic_acknowledge() == GIC_SPURIOUS, "made active by software: it is held back");
    gic_clear_active(TIMER_PPI);
    settle();
    check(gic_acknowledge() == TIMER_PPI, "until that is cleared");
    timer_off();
    gic_end(TIMER_PPI);
    check_nothing_left("software, active");

    fire();
    timer_off();
    gic_clear_pending(TIMER_PPI);
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
