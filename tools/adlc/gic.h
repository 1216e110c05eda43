// SPDX-License-Identifier: BSD-2-Clause
// The board's interrupt controller, from its device tree.

#ifndef ADLC_GIC_H
#define ADLC_GIC_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "flat.h"
#include "vec.h"

/// A GICv2 or GICv3 as its node describes it.
struct gic {
    unsigned version;                   ///< 2 or 3
    int node;                           ///< offset in the tree
    const char *path;
    const struct flat_fdt_range *regs;  ///< GICv2: GICD, GICC, GICH, GICV; GICv3: GICD, then redistributors
    size_t reg_count;
    size_t redistributor_regions;       ///< GICv3
};

/// Registers that not everybody can have.
struct gic_part {
    bool for_guests;                    ///< GICv2's GICV: guests can have it; else it is the kernel's alone
    const char *name;                   ///< for messages: "CPU interface"
    const char *path;                   ///< of the node
    struct flat_fdt_range range;
};

typedef VEC(struct gic_part) gic_part_vec;

/// False: the tree has neither controller, or has one whose registers are not understood.
bool gic_find(struct arena *arena, const void *fdt, struct gic *gic);

/// The parts of the board's interrupt controller; nothing when it is not known.
void gic_find_parts(struct arena *arena, const void *fdt, gic_part_vec *parts);

#endif
