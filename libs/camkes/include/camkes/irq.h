// SPDX-License-Identifier: BSD-2-Clause
// Interrupts of one device: bit i of the notification word is interrupt i of the table.
#ifndef CAMKES_IRQ_H
#define CAMKES_IRQ_H

#include <stddef.h>

#include <camkes/io.h>

struct camkes_irq {
    ps_irq_t irq;
    seL4_CPtr handler; ///< IRQHandler cap
};

/// Let the next interrupt come. 0; -1 when `irq` is not in the table or the kernel refuses.
int camkes_irq_acknowledge(const struct camkes_irq *irqs, size_t count, const ps_irq_t *irq);

/// Call `handle` for each interrupt, for ever.
void camkes_irq_run(seL4_CPtr notification, struct camkes_irq *irqs, size_t count,
                    void (*handle)(ps_irq_t *irq)) __attribute__((noreturn));

#endif
