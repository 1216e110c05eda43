// SPDX-License-Identifier: BSD-2-Clause
// Three starts of one guest: each finds what a reset CPU finds, a seed of its own, and a UART whose
// interrupt the guest before it left pending or active, and which works nevertheless.
#include "payload.h"

#define UART_IRQ 33u
#define UART_INTERRUPT_MASK (UART_BASE + 0x38)
#define UART_INTERRUPT_CLEAR (UART_BASE + 0x44)
#define UART_TX 0x20u

#define DTB 0x4f000000ul ///< where the assembly puts the device tree
#define MAX_DTB 0x10000u
#define SEED_WORDS 16u ///< of the 64 bytes that adlc leaves room for

/// Outside of the images: a reset keeps it.
struct kept {
    uint64_t magic;
    uint64_t starts;
    uint32_t seeds[3][SEED_WORDS];
};
#define KEPT ((volatile struct kept *)(RAM_BASE + 0x8000000))
#define MAGIC 0x7265626f6f746564ul

static uint32_t big_endian(uint64_t at)
{
    return __builtin_bswap32(read32(at));
}

static bool is_name(uint64_t at, const char *name)
{
    do {
        if (read8(at++) != (uint8_t)*name) {
            return false;
        }
    } while (*name++ != '\0');
    return true;
}

/// Address of the value of the first property called `name`, or 0. Looks at every word that could
/// start one.
static uint64_t find_property(const char *name, uint32_t size)
{
    uint64_t structure = DTB + big_endian(DTB + 8);
    uint64_t strings = DTB + big_endian(DTB + 12);
    uint64_t end = structure + big_endian(DTB + 36);

    for (uint64_t at = structure; at + 12 <= end; at += 4) {
        if (big_endian(at) == 3 && big_endian(at + 4) == size && big_endian(at + 8) < MAX_DTB
            && is_name(strings + big_endian(at + 8), name)) {
            return at + 12;
        }
    }
    return 0;
}

static void check_seed(uint64_t start)
{
    uint64_t seed = find_property("rng-seed", 4 * SEED_WORDS);

    check(seed != 0, "there is no rng-seed of %u bytes", 4 * SEED_WORDS);
    for (uint32_t i = 0; seed != 0 && i < SEED_WORDS; i++) {
        uint32_t word = read32(seed + 4 * i);
        for (uint64_t k = 0; k < start; k++) {
            check(KEPT->seeds[k][i] != word, "word %u of the seed is that of start %lu", i, k);
        }
        KEPT->seeds[start][i] = word;
    }
}

static void check_reset_state(void)
{
    uint64_t control;

    __asm__ volatile("mrs %0, cntv_ctl_el0" : "=r"(control));
    check((control & 1) == 0, "the timer is on");
    check(!gic_is_forwarding(), "the distributor is on");
    check(!gic_interface_is_on() && gic_mask() == 0, "the CPU interface is on");
    check(gic_running_priority() == GIC_IDLE_PRIORITY, "an interrupt is active: priority %x",
          gic_running_priority());
    check(!gic_is_active(UART_IRQ), "the UART's interrupt is active");
    gic_init();
    check(gic_highest_pending() == GIC_SPURIOUS, "interrupt %u is pending", gic_highest_pending());
}

/// Waits for the UART's interrupt and acknowledges it.
static bool take(void)
{
    uint64_t end = counter() + counter_frequency();

    while (counter() < end) {
        uint32_t intid = gic_acknowledge();
        if (intid == UART_IRQ) {
            return true;
        }
        check(intid == GIC_SPURIOUS, "interrupt %u", intid);
    }
    return false;
}

/// Makes the UART interrupt, and leaves that as it is.
static void provoke(void)
{
    write32(UART_INTERRUPT_MASK, UART_TX);
    print(".\n");
}

int main(void)
{
    interrupts_off();
    if (KEPT->magic != MAGIC) {
        KEPT->magic = MAGIC;
        KEPT->starts = 0;
    }
    uint64_t start = KEPT->starts++;

    check_reset_state();
    check_seed(start);
    if (start > 0) {
        // The UART was not reset: it still asserts what nobody handled.
        gic_enable(UART_IRQ);
        check(take(), "the interrupt that start %lu left does not come", start - 1);
        write32(UART_INTERRUPT_CLEAR, UART_TX);
        gic_end(UART_IRQ);
    }
    gic_enable(UART_IRQ);
    provoke();
    timer_set(1);
    gic_enable(TIMER_PPI);
    if (start == 0) {
        // Left pending, with the timer's.
        print("start %lu done\n", start);
        (void)hvc(0x84000009, 0, 0, 0);
    }
    gic_disable(TIMER_PPI);
    timer_off();
    while (gic_highest_pending() == TIMER_PPI) {
        gic_end(gic_acknowledge());
    }
    check(take(), "the UART does not interrupt after start %lu", start);
    if (start == 1) {
        // Left active.
        print("start %lu done\n", start);
        (void)hvc(0x84000009, 0, 0, 0);
    }
    write32(UART_INTERRUPT_MASK, 0);
    gic_end(UART_IRQ);
    print("start %lu done\n", start);
    finish();
}
