// SPDX-License-Identifier: BSD-2-Clause
// An interrupt line from a device model to whatever interrupt controller the VM has.
#ifndef VDEV_IRQ_LINE_H
#define VDEV_IRQ_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct irq_line {
    void (*set)(void *context, uint32_t irq, bool level);
    void *context; ///< borrowed: the interrupt controller
    uint32_t irq;  ///< number at the controller
};

/// Drives the line. Setting a level that it has already is allowed and does nothing.
static inline void irq_line_set(const struct irq_line *line, bool level)
{
    if (line->set != NULL) {
        line->set(line->context, line->irq, level);
    }
}

/// Raises and lowers the line: one edge.
static inline void irq_line_pulse(const struct irq_line *line)
{
    irq_line_set(line, true);
    irq_line_set(line, false);
}

#endif
