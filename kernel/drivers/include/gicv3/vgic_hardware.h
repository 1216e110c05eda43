// SPDX-License-Identifier: BSD-2-Clause
// Virtual interface of a GICv3 (ICH system registers; IHI 0069H, 12.4): list registers and saved
// state.
#ifndef VGIC_HARDWARE_H
#define VGIC_HARDWARE_H

#include <kernel/types.h>

#include <plat.h>

#define VGIC_MAX_LIST_REGISTERS 16
#define VGIC_MAX_ACTIVE_PRIORITIES 4 // registers of each group

/// A list register, and its fields that the kernel reads and writes (ICH_LR<n>_EL2).
typedef uint64_t vgic_lr_t;
#define VGIC_LR_INTID MASK(32)
#define VGIC_LR_PENDING BIT(62)
#define VGIC_LR_ACTIVE BIT(63)
#define VGIC_LR_EOI BIT(41)

/// Whether the link of a list register to its physical interrupt can be relied on.
#define VGIC_LINKED_END PLAT_GICV3_LINKED_END

struct vgic_state {
    uint32_t vmcr;
    uint32_t active_priorities[2][VGIC_MAX_ACTIVE_PRIORITIES]; ///< ICH_AP0R<n>, ICH_AP1R<n>
    vgic_lr_t list_registers[VGIC_MAX_LIST_REGISTERS];
};

#endif
