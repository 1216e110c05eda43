// SPDX-License-Identifier: BSD-2-Clause
// EL2 translation tables (DDI 0487, D8.3): RAM and console one to one, the kernel's window at its
// virtual address, in 1 GiB and 2 MiB blocks. Attributes are those of the kernel's boot protocol.
#include <boot/boot.h>
#include <boot/handover_offsets.h>

#include <base/bits.h>
#include <plat.h>

#define BLOCK_1G GIB(1)
#define BLOCK_2M MIB(2)

#define DESCRIPTOR_VALID            1u
#define DESCRIPTOR_TABLE            2u
#define DESCRIPTOR_ATTRIBUTE(index) ((uint64_t)(index) << 2)
#define DESCRIPTOR_AP_RES1          (1u << 6)
#define DESCRIPTOR_INNER_SHAREABLE  (3u << 8)
#define DESCRIPTOR_ACCESSED         (1u << 10)
#define DESCRIPTOR_XN               BIT64(54)
#define DESCRIPTOR_ADDRESS          (bits_mask(48) & ~bits_mask(12))

// MAIR_EL2: 0 nGnRnE, 1 nGnRE, 2 GRE, 3 non-cacheable, 4 write-back, 5 write-through.
#define MAIR_VALUE   0xbbff440c0400u
#define SHAREABILITY (CONFIG_MAX_NUM_NODES > 1 ? DESCRIPTOR_INNER_SHAREABLE : 0u)
#define NORMAL \
    (DESCRIPTOR_VALID | DESCRIPTOR_AP_RES1 | DESCRIPTOR_ACCESSED | DESCRIPTOR_ATTRIBUTE(4) \
     | SHAREABILITY)
#define DEVICE \
    (DESCRIPTOR_VALID | DESCRIPTOR_AP_RES1 | DESCRIPTOR_ACCESSED | DESCRIPTOR_ATTRIBUTE(0) \
     | DESCRIPTOR_XN)

// TCR_EL2: 48-bit addresses, write-back inner-shareable walks, 4 KiB granule.
#define TCR_VALUE       (BIT64(31) | BIT64(23) | (3u << 12) | (1u << 10) | (1u << 8) | 16u)
#define TCR_PS_SHIFT    16
#define PARANGE_48_BITS 5u

#define TABLE_ENTRIES 512
#define TABLE_COUNT   10

static uint64_t tables[TABLE_COUNT][TABLE_ENTRIES] ALIGNED(4096);
static unsigned tables_used;

_Static_assert(offsetof(struct boot_handover, arguments) == HANDOVER_ARGUMENTS, "handover layout");
_Static_assert(offsetof(struct boot_handover, entry) == HANDOVER_ENTRY, "handover layout");
_Static_assert(offsetof(struct boot_handover, tables) == HANDOVER_TABLES, "handover layout");
_Static_assert(offsetof(struct boot_handover, tcr) == HANDOVER_TCR, "handover layout");
_Static_assert(offsetof(struct boot_handover, mair) == HANDOVER_TCR + 8, "handover layout");
_Static_assert(offsetof(struct boot_handover, ready) == HANDOVER_READY, "handover layout");

static uint64_t *new_table(void)
{
    if (tables_used == TABLE_COUNT) {
        boot_fail("out of translation tables");
    }
    return tables[tables_used++];
}

static uint64_t *next_table(uint64_t *entry)
{
    if (*entry == 0) {
        *entry = (uintptr_t)new_table() | DESCRIPTOR_VALID | DESCRIPTOR_TABLE;
    }
    return (uint64_t *)(uintptr_t)(*entry & DESCRIPTOR_ADDRESS);
}

/// Maps [va, va + size) to `pa`, all multiples of 2 MiB; places that are mapped already stay.
static void map(uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
    while (size != 0) {
        uint64_t *entry = &next_table(&tables[0][bits_get(va, 39, 9)])[bits_get(va, 30, 9)];
        uint64_t step = BLOCK_1G;
        if (*entry != 0 || !bits_is_aligned(va | pa, BLOCK_1G) || size < BLOCK_1G) {
            entry = &next_table(entry)[bits_get(va, 21, 9)];
            step = BLOCK_2M;
        }
        if (*entry == 0) {
            *entry = pa | attributes;
        }
        va += step;
        pa += step;
        size -= step;
    }
}

void mmu_start(void)
{
    uint64_t range;
    uint64_t uart = bits_round_down(PLAT_UART_BASE, BLOCK_2M);

    tables_used = 1;
    map(PLAT_RAM_BASE, PLAT_RAM_BASE, PLAT_RAM_SIZE, NORMAL);
    map(uart, uart, BLOCK_2M, DEVICE);
    __asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(range));
    range = min_u64(range & 0xf, PARANGE_48_BITS);
    boot_handover.tables = (uintptr_t)tables[0];
    boot_handover.tcr = TCR_VALUE | (range << TCR_PS_SHIFT);
    boot_handover.mair = MAIR_VALUE;
    __asm__ volatile("dsb sy" ::: "memory");
    boot_mmu_enable(boot_handover.tables, boot_handover.tcr, boot_handover.mair);
}

void mmu_map_kernel(struct boot_range kernel, uint64_t offset)
{
    uint64_t start = bits_round_down(kernel.base, BLOCK_2M);
    uint64_t end = bits_round_up(kernel.base + kernel.size, BLOCK_2M);
    // At least the kernel, and the RAM behind it in the same 1 GiB of virtual addresses.
    uint64_t window = bits_round_up(start + offset + 1, BLOCK_1G) - (start + offset);
    uint64_t ram_end = PLAT_RAM_BASE + (uint64_t)PLAT_RAM_SIZE;

    if (!bits_is_aligned(offset, BLOCK_2M) || bits_get(start + offset, 48, 16) != 0
        || bits_get(start + offset, 39, 9) == 0) {
        boot_fail("the kernel's virtual addresses (0x%llx) can't be mapped beside physical memory",
                  (unsigned long long)(start + offset));
    }
    end = max_u64(end, min_u64(start + window, ram_end));
    map(start + offset, start, end - start, NORMAL);
    __asm__ volatile("dsb sy; isb" ::: "memory");
    boot_clean_data((uintptr_t)tables, sizeof(tables));
}
