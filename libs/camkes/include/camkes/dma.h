// SPDX-License-Identifier: BSD-2-Clause
// Memory for devices that are bus masters (setting dma_pool, connector seL4DMASharedData): contiguous,
// and its physical address is known.
#ifndef CAMKES_DMA_H
#define CAMKES_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAMKES_DMA_UNIT 64u ///< bytes that one bit of `used` stands for
#define CAMKES_DMA_WORDS(size) (((size) / CAMKES_DMA_UNIT + 63) / 64)

struct camkes_dma_pool {
    uint8_t *base;   ///< page aligned
    uintptr_t paddr; ///< of `base`
    size_t size;     ///< bytes
    uint64_t *used;  ///< CAMKES_DMA_WORDS(size) words
    bool is_cached;
};

/// The pool of this instance, emitted by the compiler when it has one.
extern const struct camkes_dma_pool camkes_dma_pool __attribute__((weak));

/// Memory of a seL4DMASharedData connection.
struct camkes_dma_region {
    uintptr_t base;  ///< page aligned
    uintptr_t paddr; ///< of `base`
    size_t size;     ///< bytes; 0 ends the list
};

/// What this instance has of them, emitted by the compiler when there is any.
extern const struct camkes_dma_region camkes_dma_regions[] __attribute__((weak));

/// Memory of `size` bytes at a multiple of `align` (a power of two; 0: any; physical addresses are
/// aligned alike up to the size of a page). NULL when there is none, or when `cached` is not what
/// dma_pool_cached says. Contents are what they were. One thread at a time.
void *camkes_dma_alloc(size_t size, int align, bool cached);

/// Give memory from camkes_dma_alloc() back, all of it.
void camkes_dma_free(void *ptr, size_t size);

/// Physical address of a byte of the pool or of a region; 0 when it lies outside.
uintptr_t camkes_dma_get_paddr(const void *ptr);

#endif
