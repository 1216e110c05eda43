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

#define FIRST_EDGE 48u
#define EDGES 16u

static volatile uint32_t order[EDGES];
static volatile uint32_t order_count;

static void note_order(uint32_t intid)
{
    if (order_count < EDGES) {
        order[order_count++] = intid;
    }
}

/// Edges of 16 interrupts at once, from the store that makes them pending to the end of the last
/// handler. They have to come by priority: the higher the number, the more urgent.
static void bench_sixteen(void)
{
    const unsigned rounds = 50;
    uint64_t sum = 0;

    write32(GICD_BASE + 0xc00 + FIRST_EDGE / 4, 0xaaaaaaaa);
    for (uint32_t i = 0; i < EDGES; i++) {
        gic_set_priority(FIRST_EDGE + i, (uint8_t)(0x80 - 8 * i));
        gic_enable(FIRST_EDGE + i);
    }
    interrupt_handler = note_order;
    for (unsigned round = 0; round < rounds; round++) {
        order_count = 0;
        interrupts_off();
        uint64_t start = counter();
        write32(GICD_BASE + 0x200 + FIRST_EDGE / 32 * 4, 0xffffu << FIRST_EDGE % 32);
        interrupts_on();
        while (order_count < EDGES) {
        }
        sum += counter() - start;
        for (uint32_t i = 0; i < EDGES; i++) {
            check(order[i] == FIRST_EDGE + EDGES - 1 - i, "interrupt %u came as number %u", order[i], i);
        }
    }
    interrupt_handler = NULL;
    interrupts_off();
    print("BENCH sixteen_interrupts %lu\n", sum * 1000000000ul / frequency / rounds);
}

/// An SGI to this CPU: the store, the handler, and the end of it.
static void bench_sgi(void)
{
    gic_set_priority(1, 0x80);
    interrupts_on();
    MEASURE("sgi_to_self", {
        uint64_t before = interrupt_count[1];
        write32(GICD_BASE + 0xf00, 0x02000001);
        while (interrupt_count[1] == before) {
        }
    });
    interrupts_off();
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
    bench_sgi();
    bench_sixteen();
    // A tick's whole cost: instructions lost to the interrupt in a counted loop.
    print("BENCH done 0\n");
    finish();
}
