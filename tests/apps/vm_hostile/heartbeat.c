// SPDX-License-Identifier: BSD-2-Clause
// A periodic real-time component: one line per period of its scheduling context. It measures how late
// each period starts and prints the worst so far.
#include <camkes.h>
#include <inttypes.h>
#include <stdio.h>

#include <sel4/sel4.h>

static uint64_t counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

int run(void)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    const uint64_t period = frequency / 10;
    uint64_t worst = 0;
    uint64_t last = counter();
    for (unsigned beat = 0;; beat++) {
        printf("heartbeat %u worst %" PRIu64 " us\n", beat, worst * 1000000 / frequency);
        seL4_Yield();
        uint64_t now = counter();
        uint64_t late = now - last > period ? now - last - period : 0;
        if (beat > 0 && late > worst) {
            worst = late;
        }
        last = now;
    }
}
