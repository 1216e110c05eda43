// SPDX-License-Identifier: BSD-2-Clause
// Hardware as components name it: interrupts and cache operations on device memory.
#ifndef CAMKES_IO_H
#define CAMKES_IO_H

#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

typedef enum {
    PS_NONE = -1,
    PS_INTERRUPT,  ///< number only
    PS_IOAPIC,
    PS_MSI,
    PS_TRIGGER,    ///< number and trigger
    PS_PER_CPU,    ///< number, trigger and core
} irq_type_t;

typedef struct ps_irq {
    irq_type_t type;
    union {
        struct {
            long number;
        } irq;
        struct {
            long number;
            long trigger; ///< 0 level, 1 edge
        } trigger;
        struct {
            long number;
            long trigger;
            long cpu_idx;
        } cpu;
        struct {
            long ioapic;
            long pin;
            long level;
            long polarity;
            long vector;
        } ioapic;
        struct {
            long pci_bus;
            long pci_dev;
            long pci_func;
            long handle;
            long vector;
        } msi;
    };
} ps_irq_t;

typedef enum dma_cache_op {
    DMA_CACHE_OP_CLEAN,
    DMA_CACHE_OP_INVALIDATE,
    DMA_CACHE_OP_CLEAN_INVALIDATE,
} dma_cache_op_t;

/// Cache operation on [start, start + length) of the memory at [base, base + size) of this address
/// space. 0; -1 when the range is outside or the kernel refuses. `size` 0: not cached, nothing to
/// do.
int camkes_cache_op(seL4_CPtr vspace, uintptr_t base, size_t size, size_t start, size_t length,
                    dma_cache_op_t operation);

/// Virtual address of physical range [paddr, paddr + size) in a device at [base, base + limit) that
/// is mapped at vaddr; NULL when it is not inside.
void *camkes_translate_paddr(uintptr_t paddr, size_t size, uintptr_t base, size_t limit,
                             uintptr_t vaddr);

#endif
