// SPDX-License-Identifier: BSD-2-Clause
// Cache maintenance and fast clearing of memory.
#include <arch/sysreg.h>
#include <arch/vspace.h>

#include <plat.h>

#define CTR_DATA_LINE(ctr) (UINT64_C(4) << (((ctr) >> 16) & 0xf))
#define CTR_INSTRUCTION_LINE(ctr) (UINT64_C(4) << ((ctr) & 0xf))
#define CTR_L1IP(ctr) (((ctr) >> 14) & 3)
#define L1IP_PIPT 3
#define DCZID_PROHIBITED BIT(4)

#define ONE_LINE(operation, at) __asm__ volatile(operation ", %0" : : "r"(at) : "memory")
// Four lines a turn: most of a turn would be the loop.
#define FOR_LINES(operation, start, end, line)                                      \
    do {                                                                            \
        word_t at_ = ALIGN_DOWN_TO(start, line);                                    \
        for (; at_ + 4 * (line) <= (end); at_ += 4 * (line)) {                      \
            ONE_LINE(operation, at_);                                               \
            ONE_LINE(operation, at_ + (line));                                      \
            ONE_LINE(operation, at_ + 2 * (line));                                  \
            ONE_LINE(operation, at_ + 3 * (line));                                  \
        }                                                                           \
        for (; at_ < (end); at_ += (line)) {                                        \
            ONE_LINE(operation, at_);                                               \
        }                                                                           \
    } while (0)
#define ALIGN_DOWN_TO(x, size) ((x) & ~((size) - 1))

static void unify(word_t start, word_t end, word_t ctr)
{
    word_t line = CTR_DATA_LINE(ctr);
    FOR_LINES("dc cvau", start, end, line);
    dsb_ish();
    if (CTR_L1IP(ctr) == L1IP_PIPT) {
        line = CTR_INSTRUCTION_LINE(ctr);
        FOR_LINES("ic ivau", start, end, line);
    } else {
        // The user's virtual address may select another set than the kernel's.
        __asm__ volatile("ic ialluis" : : : "memory");
    }
}

void cache_operate(enum cache_operation operation, paddr_t at, word_t bytes)
{
    if (at < PLAT_RAM_BASE || at - PLAT_RAM_BASE > PLAT_RAM_SIZE
        || bytes > PLAT_RAM_SIZE - (at - PLAT_RAM_BASE)) {
        return;
    }
    word_t ctr = sysreg_read(ctr_el0);
    word_t line = CTR_DATA_LINE(ctr);
    word_t start = (uintptr_t)arch_phys_to_virt(at);
    word_t end = start + bytes;
    switch (operation) {
    case CACHE_CLEAN:
        FOR_LINES("dc cvac", start, end, line);
        break;
    case CACHE_INVALIDATE:
        FOR_LINES("dc ivac", start, end, line);
        break;
    case CACHE_CLEAN_INVALIDATE:
        FOR_LINES("dc civac", start, end, line);
        break;
    case CACHE_UNIFY:
        unify(start, end, ctr);
        break;
    }
    dsb_sy();
    isb();
}

void arch_clear_memory(void *at, word_t bytes)
{
    word_t dczid = sysreg_read(dczid_el0);
    word_t block = UINT64_C(4) << (dczid & 0xf);
    word_t start = (uintptr_t)at;
    word_t end = start + bytes;

    if ((dczid & DCZID_PROHIBITED) || ((start | bytes) & (block - 1)) != 0) {
        for (word_t *word = at; word != (word_t *)end; word++) {
            *(volatile word_t *)word = 0;
        }
        return;
    }
    FOR_LINES("dc zva", start, end, block);
}

void arch_clean_memory(void *at, word_t bytes)
{
    // A guest whose stage 1 is off, and uncached mappings, see past the caches.
    word_t line = CTR_DATA_LINE(sysreg_read(ctr_el0));
    word_t start = (uintptr_t)at;
    FOR_LINES("dc cvac", start, start + bytes, line);
    dsb_sy();
}
