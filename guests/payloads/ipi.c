// SPDX-License-Identifier: BSD-2-Clause
// What an interrupt of one CPU for another costs, in instructions of all cores together (run under
// `-icount shift=0`): a line `BENCH name value` each. One way is from the sender's store to GICD_SGIR
// to the receiver's C handler; a round trip ends in the sender's C handler.
#include "payload.h"

#define ROUNDS 200u
#define SGI_PING 1u
#define SGI_PONG 2u
#define GICD_SGIR (GICD_BASE + 0xf00)
#define SGIR_TARGET(cpu) (1u << (16 + (cpu)))

void secondary(void);

static uint64_t stack[1024] __attribute__((aligned(16)));
static volatile uint64_t sent_at;
static volatile uint64_t one_way;  ///< ticks of the last ping
static volatile uint64_t round_trip;
static volatile uint64_t pings;
static volatile uint64_t pongs;
static volatile bool answers;
static volatile bool sleeps;
static volatile bool is_ready;

static void take(uint32_t intid)
{
    uint64_t now = counter();
    if (intid == SGI_PING) {
        one_way = now - sent_at;
        if (answers) {
            write32(GICD_SGIR, SGIR_TARGET(0) | SGI_PONG);
        }
        pings++;
    } else if (intid == SGI_PONG) {
        round_trip = now - sent_at;
        pongs++;
    }
}

static void receive(void)
{
    write32(GICC_BASE + 4, 0xff);
    write32(GICC_BASE, 1);
    is_ready = true;
    for (;;) {
        // WFI wakes on a masked interrupt too, so that none is taken between check and wait.
        interrupts_off();
        if (sleeps) {
            wait_for_interrupt();
        }
        interrupts_on();
        __asm__ volatile("yield");
    }
}

/// Lets the other CPUs get on, also where an emulator runs them in turns.
static void pause_for_others(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        __asm__ volatile("yield");
    }
}

static void bench(const char *name, bool idle, bool answered, uint64_t frequency)
{
    uint64_t sum = 0;
    sleeps = idle;
    answers = answered;
    pause_for_others(100);
    for (unsigned round = 0; round < ROUNDS; round++) {
        volatile uint64_t *count = answered ? &pongs : &pings;
        uint64_t before = *count;
        pause_for_others(50);
        sent_at = counter();
        write32(GICD_SGIR, SGIR_TARGET(1) | SGI_PING);
        while (*count == before) {
            pause_for_others(1);
        }
        sum += answered ? round_trip : one_way;
    }
    print("BENCH %s %lu\n", name, sum * 1000000000ul / frequency / ROUNDS);
}

int main(void)
{
    uint64_t frequency = counter_frequency();
    uint64_t *top = &stack[1022];
    gic_init();
    *top = (uint64_t)receive;
    interrupt_handler = take;
    interrupts_on();
    int64_t result = (int64_t)smc(PSCI_CPU_ON, 1, (uint64_t)secondary, (uint64_t)top).x0;
    check(result == 0, "CPU_ON: %ld", result);
    while (result == 0 && !is_ready) {
        pause_for_others(1);
    }
    if (result == 0) {
        bench("ipi_awake", false, false, frequency);
        bench("ipi_idle", true, false, frequency);
        bench("ipi_round_trip_awake", false, true, frequency);
        bench("ipi_round_trip_idle", true, true, frequency);
    }
    print("BENCH done 0\n");
    finish();
}
