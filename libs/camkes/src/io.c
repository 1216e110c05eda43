// SPDX-License-Identifier: BSD-2-Clause
// Devices: interrupts, cache operations, addresses.
#include <camkes/io.h>
#include <camkes/irq.h>

#include <sel4/sel4.h>

#include <base/checked.h>

enum { PAGE_BYTES = 4096 };

#if defined(__aarch64__) || defined(ROOKERY_ABI_AARCH64)
static seL4_Error cache_page(seL4_CPtr vspace, uintptr_t start, uintptr_t end,
                             dma_cache_op_t operation)
{
    switch (operation) {
    case DMA_CACHE_OP_CLEAN:
        return seL4_ARM_VSpace_Clean_Data(vspace, start, end);
    case DMA_CACHE_OP_INVALIDATE:
        return seL4_ARM_VSpace_Invalidate_Data(vspace, start, end);
    case DMA_CACHE_OP_CLEAN_INVALIDATE:
        return seL4_ARM_VSpace_CleanInvalidate_Data(vspace, start, end);
    default:
        return seL4_InvalidArgument;
    }
}
#else
static seL4_Error cache_page(seL4_CPtr vspace, uintptr_t start, uintptr_t end,
                             dma_cache_op_t operation)
{
    // Caches of this architecture are coherent with devices.
    (void)vspace;
    (void)start;
    (void)end;
    (void)operation;
    return seL4_NoError;
}
#endif

int camkes_cache_op(seL4_CPtr vspace, uintptr_t base, size_t size, size_t start, size_t length,
                    dma_cache_op_t operation)
{
    uintptr_t at = base + start;
    uintptr_t end;

    if (size == 0) {
        return 0;
    }
    if (!range_fits(start, length, size)) {
        return -1;
    }
    end = at + length;
    // The kernel takes ranges within one page.
    while (at < end) {
        uintptr_t page_end = (at & ~(uintptr_t)(PAGE_BYTES - 1)) + PAGE_BYTES;
        uintptr_t stop = page_end < end ? page_end : end;

        if (cache_page(vspace, at, stop, operation) != seL4_NoError) {
            return -1;
        }
        at = stop;
    }
    return 0;
}

void *camkes_translate_paddr(uintptr_t paddr, size_t size, uintptr_t base, size_t limit,
                             uintptr_t vaddr)
{
    if (paddr < base || !range_fits(paddr - base, size, limit)) {
        return NULL;
    }
    return (void *)(vaddr + (paddr - base));
}

static long irq_number(const ps_irq_t *irq)
{
    return irq->type == PS_INTERRUPT ? irq->irq.number : irq->trigger.number;
}

int camkes_irq_acknowledge(const struct camkes_irq *irqs, size_t count, const ps_irq_t *irq)
{
    for (size_t i = 0; i < count; i++) {
        if (irq_number(&irqs[i].irq) == irq_number(irq)) {
            return seL4_IRQHandler_Ack(irqs[i].handler) == seL4_NoError ? 0 : -1;
        }
    }
    return -1;
}

void camkes_irq_run(seL4_CPtr notification, struct camkes_irq *irqs, size_t count,
                    void (*handle)(ps_irq_t *irq))
{
    for (;;) {
        seL4_Word pending = 0;

        (void)seL4_Wait(notification, &pending);
        for (size_t i = 0; i < count; i++) {
            if ((pending >> i & 1) != 0) {
                handle(&irqs[i].irq);
            }
        }
    }
}
