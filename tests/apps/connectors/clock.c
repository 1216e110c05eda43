// SPDX-License-Identifier: BSD-2-Clause
// Real-time clock: its identification, its time, and alarms.
#include "check.h"

// PL031 technical reference manual, 3.2. Each is a word.
enum { DR = 0x0, MR = 0x4, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c, PERIPH_ID = 0xfe0 };

static volatile int alarms;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)((uintptr_t)rtc + offset);
}

void alarm_handle(void)
{
    alarms++;
    *reg(ICR) = 1;
    (void)alarm_acknowledge();
    (void)rang_post();
}

int run(void)
{
    static const uint8_t id[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    bool good = true;

    for (unsigned i = 0; i < 8; i++) {
        uint32_t value = *reg(PERIPH_ID + 4 * i);
        // The revision (bits 7:4 of the third) may differ.
        good = good && (i == 2 ? (value & 0xf) == (id[i] & 0xfu) : value == id[i]);
    }
    CHECK("mmio_identification", good);
    CHECK("mmio_size", rtc_get_size() == 0x1000 && rtc_size == 0x1000);
    uintptr_t translated = (uintptr_t)rtc_translate_paddr(0x09010fe0, 4);
    CHECK("mmio_translate", translated == (uintptr_t)reg(PERIPH_ID)
                                && rtc_translate_paddr(0x09010ffd, 4) == NULL
                                && rtc_translate_paddr(0x0900fff0, 4) == NULL);
    CHECK("mmio_uncached_needs_no_flush", rtc_flush_cache(0, 4, DMA_CACHE_OP_CLEAN) == 0);
    uint32_t before = *reg(DR);
    CHECK("no_interrupt_yet", alarms == 0 && before != 0);
    *reg(ICR) = 1;
    *reg(IMSC) = 1;
    for (int i = 1; i <= 3; i++) {
        // An alarm for now or for the next second, whatever comes first.
        *reg(MR) = *reg(DR) + 1;
        (void)rang_wait();
        good = good && alarms == i && *reg(MIS) == 0;
    }
    CHECK("alarm_interrupts", good);
    CHECK("alarm_came_in_time", *reg(DR) >= before + 3 && *reg(DR) <= before + 20);
    *reg(IMSC) = 0;
    report_finish();
    return 0;
}
