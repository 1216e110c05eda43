// SPDX-License-Identifier: BSD-2-Clause
// Virtual interface of a GICv2 (GICH; IHI 0048B, 5.3): list registers and saved state.
#ifndef VGIC_HARDWARE_H
#define VGIC_HARDWARE_H

#include <kernel/types.h>

#include <plat.h>

#define VGIC_MAX_LIST_REGISTERS 64

/// A list register, and its fields that the kernel reads and writes (5.3.8).
typedef uint32_t vgic_lr_t;
#define VGIC_LR_INTID ((vgic_lr_t)MASK(10))
#define VGIC_LR_PENDING ((vgic_lr_t)BIT(28))
#define VGIC_LR_ACTIVE ((vgic_lr_t)BIT(29))
#define VGIC_LR_EOI ((vgic_lr_t)BIT(19))

/// Whether the link of a list register to its physical interrupt can be relied on.
#define VGIC_LINKED_END PLAT_GICV2_LINKED_END

struct vgic_state {
    uint32_t vmcr;
    uint32_t apr;
    vgic_lr_t list_registers[VGIC_MAX_LIST_REGISTERS];
};

#endif
