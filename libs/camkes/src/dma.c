// SPDX-License-Identifier: BSD-2-Clause
// First fit over a bit map of 64-byte units. The bits lie outside the pool, so that a device that
// writes where it should not can't lead the allocator astray.
#include <camkes/dma.h>

static bool is_used(size_t unit)
{
    return (camkes_dma_pool.used[unit / 64] >> (unit % 64) & 1) != 0;
}

static void mark(size_t first, size_t count, bool used)
{
    for (size_t unit = first; unit < first + count; unit++) {
        uint64_t bit = (uint64_t)1 << (unit % 64);
        if (used) {
            camkes_dma_pool.used[unit / 64] |= bit;
        } else {
            camkes_dma_pool.used[unit / 64] &= ~bit;
        }
    }
}

static bool in_pool(uintptr_t at)
{
    return &camkes_dma_pool != NULL && at >= (uintptr_t)camkes_dma_pool.base
           && at - (uintptr_t)camkes_dma_pool.base < camkes_dma_pool.size;
}

void *camkes_dma_alloc(size_t size, int align, bool cached)
{
    size_t step = align > (int)CAMKES_DMA_UNIT ? (size_t)align / CAMKES_DMA_UNIT : 1;

    if (&camkes_dma_pool == NULL || size == 0 || size > camkes_dma_pool.size
        || cached != camkes_dma_pool.is_cached || align < 0 || (align & (align - 1)) != 0) {
        return NULL;
    }
    size_t units = camkes_dma_pool.size / CAMKES_DMA_UNIT;
    size_t wanted = (size + CAMKES_DMA_UNIT - 1) / CAMKES_DMA_UNIT;
    // Aligned in memory, not in the pool.
    size_t skew = (uintptr_t)camkes_dma_pool.base / CAMKES_DMA_UNIT % step;
    size_t first = (step - skew) % step;
    while (first <= units && wanted <= units - first) {
        size_t count = 0;
        while (count < wanted && !is_used(first + count)) {
            count++;
        }
        if (count == wanted) {
            mark(first, wanted, true);
            return camkes_dma_pool.base + first * CAMKES_DMA_UNIT;
        }
        first += (count + step) / step * step; // behind the unit that is used
    }
    return NULL;
}

void camkes_dma_free(void *ptr, size_t size)
{
    if (!in_pool((uintptr_t)ptr)) {
        return;
    }
    size_t offset = (size_t)((uint8_t *)ptr - camkes_dma_pool.base);
    if (offset % CAMKES_DMA_UNIT == 0 && size <= camkes_dma_pool.size - offset) {
        mark(offset / CAMKES_DMA_UNIT, (size + CAMKES_DMA_UNIT - 1) / CAMKES_DMA_UNIT, false);
    }
}

uintptr_t camkes_dma_get_paddr(const void *ptr)
{
    uintptr_t at = (uintptr_t)ptr;

    if (in_pool(at)) {
        return camkes_dma_pool.paddr + (at - (uintptr_t)camkes_dma_pool.base);
    }
    for (const struct camkes_dma_region *region = camkes_dma_regions;
         region != NULL && region->size != 0; region++) {
        if (at >= region->base && at - region->base < region->size) {
            return region->paddr + (at - region->base);
        }
    }
    return 0;
}
