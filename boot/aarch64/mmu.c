// SPDX-License-Identifier: BSD-2-Clause
// Translation tables of the boot code (stage 1 at EL2, 48-bit addresses, 4 KiB granule): the first 512 GiB
// at their own addresses, and the kernel's window in 2 MiB blocks from its first address to the end of
// that GiB.
#include <plat.h>
#include <sel4/config.h>

#include "../boot.h"

enum {
    DESCRIPTOR_BLOCK = 1,
    DESCRIPTOR_TABLE = 3,
};
#define ATTRIBUTE_DEVICE (UINT64_C(0) << 2)
#define ATTRIBUTE_WRITE_BACK (UINT64_C(4) << 2)
#define ACCESS_RES1 (UINT64_C(1) << 6)
#define ACCESS_FLAG (UINT64_C(1) << 10)
#define EXECUTE_NEVER (UINT64_C(1) << 54)
#define INNER_SHAREABLE (UINT64_C(3) << 8)
#define SHAREABILITY (CONFIG_MAX_NUM_NODES > 1 ? INNER_SHAREABLE : 0)
#define GIB_BITS 30
#define BLOCK_BITS 21

static uint64_t level0[512] __attribute__((aligned(4096)));
static uint64_t identity1[512] __attribute__((aligned(4096)));
static uint64_t kernel1[512] __attribute__((aligned(4096)));
static uint64_t kernel2[512] __attribute__((aligned(4096)));

static uint64_t table(const uint64_t *next)
{
    return (uint64_t)(uintptr_t)next | DESCRIPTOR_TABLE;
}

uint64_t boot_build_tables(const struct boot_image *image)
{
    const uint64_t memory = ATTRIBUTE_WRITE_BACK | SHAREABILITY | ACCESS_RES1 | ACCESS_FLAG | DESCRIPTOR_BLOCK;
    const uint64_t device = ATTRIBUTE_DEVICE | ACCESS_RES1 | ACCESS_FLAG | EXECUTE_NEVER | DESCRIPTOR_BLOCK;
    const uint64_t ram_base = PLAT_RAM_BASE, ram_end = ram_base + PLAT_RAM_SIZE;
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t at = i << GIB_BITS;
        identity1[i] = at | (at >= ram_base && at < ram_end ? memory : device);
    }
    level0[0] = table(identity1);

    uint64_t vaddr = image->segments[0].vaddr, paddr = image->segments[0].paddr;
    for (uint32_t i = 1; i < image->segment_count; i++) {
        if (image->segments[i].vaddr < vaddr) {
            vaddr = image->segments[i].vaddr;
            paddr = image->segments[i].paddr;
        }
    }
    uint64_t at = paddr & ~((UINT64_C(1) << BLOCK_BITS) - 1);
    uint64_t *upper = ((vaddr >> 39) & 511) == 0 ? identity1 : kernel1;
    level0[(vaddr >> 39) & 511] = table(upper);
    upper[(vaddr >> GIB_BITS) & 511] = table(kernel2);
    for (uint64_t i = (vaddr >> BLOCK_BITS) & 511; i < 512; i++) {
        kernel2[i] = at | memory;
        at += UINT64_C(1) << BLOCK_BITS;
    }
    return (uint64_t)(uintptr_t)level0;
}
