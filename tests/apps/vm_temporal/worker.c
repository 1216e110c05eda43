// SPDX-License-Identifier: BSD-2-Clause
// A real-time component: in each period of its scheduling context it does the same piece of work. It
// prints how late a period started at most, and how long the piece of work took at least and at most.
#include <camkes.h>
#include <inttypes.h>
#include <stdio.h>

#include <sel4/sel4.h>

#define PERIOD_US 10000u
#define ROUNDS 250000u // of two instructions: half a millisecond where one takes a nanosecond
#define PERIODS_PER_LINE 50u

static uint64_t counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

static void work(void)
{
    uint64_t rounds = ROUNDS;
    __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(rounds) : : "cc");
}

int run(void)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    const uint64_t period = frequency * PERIOD_US / 1000000;
    uint64_t latest = 0;
    uint64_t shortest = UINT64_MAX;
    uint64_t longest = 0;

    seL4_Yield();
    uint64_t due = counter();
    for (uint64_t beat = 1;; beat++) {
        uint64_t start = counter();
        uint64_t late = start > due ? start - due : 0;
        latest = late > latest ? late : latest;
        work();
        uint64_t took = counter() - start;
        shortest = took < shortest ? took : shortest;
        longest = took > longest ? took : longest;
        if (beat % PERIODS_PER_LINE == 0) {
            printf("worker %" PRIu64 " late %" PRIu64 " ns work %" PRIu64 " to %" PRIu64 " ns\n", beat,
                   latest * 1000000000 / frequency, shortest * 1000000000 / frequency,
                   longest * 1000000000 / frequency);
        }
        due = start + period; // the kernel counts from where a period did start
        seL4_Yield();
    }
}
