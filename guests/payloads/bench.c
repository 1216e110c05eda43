// SPDX-License-Identifier: BSD-2-Clause
// Costs of exits, in instructions (run under `-icount shift=0`): a line `BENCH name value` each.
#include "payload.h"

#define ROUNDS 1000u

/// Instructions per round of `body`, without the loop's own.
#define MEASURE(name, body)                                                     \
    do {                                                                        \
        for (unsigned warm = 0; warm < 10; warm++) {                            \
            body;                                                               \
        }                                                                       \
        uint64_t start = counter();                                             \
        for (unsigned round = 0; round < ROUNDS; round++) {                     \
            body;                                                               \
        }                                                                       \
        uint64_t ticks = counter() - start;                                     \
        print("BENCH %s %lu\n", name, ticks * 1000000000ul / frequency / ROUNDS); \
    } while (0)

static uint64_t frequency;
static volatile uint64_t fired_at;
static volatile uint64_t due_at;

static void record(uint32_t intid)
{
    (void)intid;
    fired_at = counter();
    timer_off();
}

/// From the timer's due time to the first instruction of the guest's handler, awake and from WFI.
static void bench_timer(const char *name, bool idle)
{
    uint64_t sum = 0, worst = 0;
    interrupt_handler = record;
    for (unsigned round = 0; round < 200; round++) {
        fired_at = 0;
        interrupts_off();
        due_at = counter() + 2000;
        timer_set(2000);
        // WFI wakes on a masked interrupt too, so that none is taken between the check and the wait.
        while (fired_at == 0) {
            if (idle) {
                wait_for_interrupt();
            }
            interrupts_on();
            interrupts_off();
        }
        uint64_t late = fired_at - due_at;
        sum += late;
        worst = late > worst ? late : worst;
    }
    interrupt_handler = NULL;
    print("BENCH %s %lu\n", name, sum * 1000000000ul / frequency / 200);
    print("BENCH %s_max %lu\n", name, worst * 1000000000ul / frequency);
}

int main(void)
{
    frequency = counter_frequency();
    gic_init();
    gic_set_priority(TIMER_PPI, 0x80);
    gic_enable(TIMER_PPI);
    MEASURE("loop_floor", __asm__ volatile("" : : : "memory"));
    MEASURE("hvc_psci_version", (void)hvc(0x84000000, 0, 0, 0));
    MEASURE("smc_psci_version", (void)smc(0x84000000, 0, 0, 0));
    MEASURE("gicd_typer_read", (void)read32(GICD_BASE + 4));
    MEASURE("gicd_isenabler_write", write32(GICD_BASE + 0x104, 0));
    MEASURE("mmio_unmapped_abort", {
        expect_exceptions(true);
        (void)read32(0x0b000000);
        expect_exceptions(false);
    });
    bench_timer("timer_awake", false);
    bench_timer("timer_idle", true);
    // A tick's whole cost: instructions lost to the interrupt in a counted loop.
    print("BENCH done 0\n");
    finish();
}
