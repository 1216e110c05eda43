// SPDX-License-Identifier: BSD-2-Clause
// A guest without a console that takes all the time it gets, each tenth of a second in another way.
#include "payload.h"

#define NOWHERE 0x70000000ul // no device, no memory
#define PSCI_VERSION 0x84000000ul
#define TICK 200u // of the counter

static void ticked(uint32_t intid)
{
    (void)intid;
    timer_set(TICK);
}

static void spin(void)
{
    __asm__ volatile("" : : : "memory");
}

static void hypercalls(void)
{
    (void)hvc(PSCI_VERSION, 0, 0, 0);
}

static void aborts(void)
{
    (void)read32(NOWHERE);
}

static void distributor(void)
{
    write32(GICD_BASE + 0x200 + 4, 0x80000000u); // pend an interrupt that nobody enabled
    (void)read32(GICD_BASE + 4);
}

static void traps(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, mdscr_el1" : "=r"(value));
}

static void waits(void)
{
    wait_for_interrupt();
}

int main(void)
{
    static void (*const ways[])(void) = { spin, hypercalls, aborts, distributor, traps, spin, waits };
    enum { WAYS = sizeof(ways) / sizeof(ways[0]), TIMED = 5 };
    const uint64_t span = counter_frequency() / 10;

    gic_init();
    gic_enable(TIMER_PPI);
    interrupt_handler = ticked;
    expect_exceptions(true);
    for (unsigned i = 0;; i = (i + 1) % WAYS) {
        uint64_t end = counter() + span;
        if (i < TIMED) {
            interrupts_off();
        } else {
            timer_set(TICK);
            interrupts_on();
        }
        while (counter() < end) {
            ways[i]();
        }
        timer_off();
    }
}
