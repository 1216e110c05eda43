// SPDX-License-Identifier: BSD-2-Clause
// Measures round trips to the server in instructions (under `-icount shift=0`, where one instruction is one
// nanosecond): a line `BENCH name value` each.
#include <camkes.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 1000u

static uint64_t counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

static uint64_t instructions(uint64_t ticks)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return ticks * 1000000000 / frequency / ROUNDS;
}

static void measure_call(const char *name, int (*call)(int))
{
    int value = 0;
    for (unsigned i = 0; i < 10; i++) {
        value = call(value);
    }
    value = 0;
    uint64_t start = counter();
    for (unsigned i = 0; i < ROUNDS; i++) {
        value = call(value);
    }
    uint64_t ticks = counter() - start;
    if (value != (int)ROUNDS) {
        printf("FAIL %s: %d calls were answered\n", name, value);
    }
    printf("BENCH %s %" PRIu64 "\n", name, instructions(ticks));
}

int run(void)
{
    measure_call("rpc_round_trip_passive", passive_ping);
    measure_call("rpc_round_trip_active", active_ping);
    uint64_t start = counter();
    for (unsigned i = 0; i < ROUNDS; i++) {
        tick_emit();
        tock_wait();
    }
    printf("BENCH notification_round_trip %" PRIu64 "\n", instructions(counter() - start));
    printf("BENCH done 0\n");
    return 0;
}
