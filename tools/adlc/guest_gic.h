// SPDX-License-Identifier: BSD-2-Clause
// What a guest sees of the board's interrupt controller.

#ifndef ADLC_GUEST_GIC_H
#define ADLC_GUEST_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "vm_platform.h"

struct guest_gic {
    unsigned version;                  ///< 2 or 3; 0: there is none
    int node;                          ///< offset in the board's tree
    struct platform_range distributor; ///< emulated
    struct platform_range cpu;         ///< version 2: where a guest sees its CPU interface
    struct platform_range vcpu;        ///< version 2: GICV, the hardware's virtual CPU interface
    struct platform_range redistributors; ///< version 3: emulated
};

/// Fills `gic` for a guest with `vcpu_count` CPUs. False: the tree has no GICv2 with virtualisation
/// and no GICv3, or has one whose registers are not understood.
bool guest_gic_find(struct arena *arena, const void *fdt, uint32_t vcpu_count, struct guest_gic *gic);

#endif
