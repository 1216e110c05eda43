// SPDX-License-Identifier: BSD-2-Clause
// The kernel's own EL2 translation tables: all RAM in a window, kernel text read-only and
// executable, read-only data, everything else writable and not executable, and a few device pages.
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/sysreg.h>
#include <kernel/kernel.h>

#include <plat.h>

// Stage 1 descriptors of EL2 (DDI 0487, D8.3). AP[1] is RES1 with one privilege level.
#define DESCRIPTOR_VALID BIT(0)
#define DESCRIPTOR_TABLE BIT(1) // also marks pages at level 3
#define DESCRIPTOR_ATTRIBUTE(index) ((word_t)(index) << 2)
#define DESCRIPTOR_AP_RES1 BIT(6)
#define DESCRIPTOR_READ_ONLY BIT(7)
#define DESCRIPTOR_INNER_SHAREABLE (BIT(8) | BIT(9))
#define DESCRIPTOR_ACCESSED BIT(10)
#define DESCRIPTOR_XN BIT(54)
#define DESCRIPTOR_ADDRESS (MASK(48) & ~MASK(12))

// MAIR_EL2, the same as the boot loader's: nGnRnE, nGnRE, GRE, non-cacheable, write-back,
// write-through.
#define MAIR_VALUE 0xbbff440c0400u
#define ATTRIBUTE_DEVICE DESCRIPTOR_ATTRIBUTE(0)
#define ATTRIBUTE_NORMAL (DESCRIPTOR_ATTRIBUTE(4) | DESCRIPTOR_INNER_SHAREABLE)

#define COMMON (DESCRIPTOR_VALID | DESCRIPTOR_AP_RES1 | DESCRIPTOR_ACCESSED)
#define KERNEL_TEXT (COMMON | ATTRIBUTE_NORMAL | DESCRIPTOR_READ_ONLY)
#define KERNEL_RODATA (COMMON | ATTRIBUTE_NORMAL | DESCRIPTOR_READ_ONLY | DESCRIPTOR_XN)
#define KERNEL_DATA (COMMON | ATTRIBUTE_NORMAL | DESCRIPTOR_XN)
#define KERNEL_DEVICE (COMMON | ATTRIBUTE_DEVICE | DESCRIPTOR_XN)

// T0SZ 16 (48-bit addresses, as the loader's), inner shareable write-back walks, 4 KiB granule.
#define TCR_RES1 (BIT(31) | BIT(23))
#define TCR_VALUE (TCR_RES1 | 16u | BIT(8) | BIT(10) | (3u << 12))
#define TCR_PS_SHIFT 16

#define TABLE_ENTRIES 512
#define TABLE_POOL 12 // level 0, window: up to 3 x level 1, 4 x level 2, 2 x level 3; devices: 3

static word_t tables[TABLE_POOL][TABLE_ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used;
static unsigned device_pages;

extern char kernel_image_start[], kernel_text_end[], kernel_rodata_end[], kernel_image_end[];

static word_t *table_new(void)
{
    ASSERT(tables_used < TABLE_POOL);
    return tables[tables_used++];
}

static word_t *table_of(word_t descriptor)
{
    return arch_phys_to_virt(descriptor & DESCRIPTOR_ADDRESS);
}

/// Maps one page or block, as large as the range at `va` and `pa` allows; returns its size.
static word_t map_one(word_t va, paddr_t pa, word_t bytes, word_t attributes)
{
    word_t *table = tables[0];
    for (unsigned level = 0;; level++) {
        unsigned shift = 39 - 9 * level;
        word_t *entry = &table[(va >> shift) & MASK(9)];
        bool is_leaf = level == 3;
        bool fits = level >= 1 && IS_ALIGNED(va | pa, shift) && bytes >= BIT(shift);
        if (fits && *entry == 0) {
            *entry = pa | attributes | (is_leaf ? DESCRIPTOR_TABLE : 0);
            return BIT(shift);
        }
        ASSERT(!is_leaf);
        if (*entry == 0) {
            *entry = arch_virt_to_phys(table_new()) | DESCRIPTOR_VALID | DESCRIPTOR_TABLE;
        }
        table = table_of(*entry);
    }
}

static void map_range(word_t va, paddr_t pa, word_t bytes, word_t attributes)
{
    while (bytes != 0) {
        word_t done = map_one(va, pa, bytes, attributes);
        va += done;
        pa += done;
        bytes -= done;
    }
}

static void map_window(paddr_t start, paddr_t end, word_t attributes)
{
    map_range(WINDOW_BASE + start, start, end - start, attributes);
}

void *mmu_map_device(paddr_t at, word_t bytes)
{
    word_t va = DEVICE_BASE + ((word_t)device_pages << 12);
    map_range(va, at, bytes, KERNEL_DEVICE);
    device_pages += (unsigned)(bytes >> 12);
    dsb_ishst();
    isb();
    return (void *)va;
}

void mmu_init_tables(void)
{
    paddr_t text = arch_virt_to_phys(kernel_image_start);
    paddr_t rodata = arch_virt_to_phys(kernel_text_end);
    paddr_t data = arch_virt_to_phys(kernel_rodata_end);
    paddr_t end = arch_virt_to_phys(kernel_image_end);

    tables_used = 1;
    device_pages = 0;
    map_window(text, rodata, KERNEL_TEXT);
    map_window(rodata, data, KERNEL_RODATA);
    map_window(data, end, KERNEL_DATA);
    map_window(PLAT_RAM_BASE, text, KERNEL_DATA);
    map_window(end, PLAT_RAM_BASE + (paddr_t)PLAT_RAM_SIZE, KERNEL_DATA);
}

void mmu_enable(void)
{
    word_t range = sysreg_read(id_aa64mmfr0_el1) & 0xf;
    word_t ps = range > 5 ? 5 : range;

    dsb_ish();
    sysreg_write(mair_el2, MAIR_VALUE);
    sysreg_write(tcr_el2, TCR_VALUE | (ps << TCR_PS_SHIFT));
    sysreg_write(ttbr0_el2, arch_virt_to_phys(tables[0]));
    isb();
    __asm__ volatile("tlbi alle2; dsb nsh; isb; ic iallu; dsb nsh; isb" : : : "memory");
    sysreg_write(sctlr_el2, SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN);
    isb();
}

void *arch_phys_to_virt(paddr_t at)
{
    return (void *)(uintptr_t)(at + WINDOW_BASE);
}

paddr_t arch_virt_to_phys(const void *pointer)
{
    return (uintptr_t)pointer - WINDOW_BASE;
}
