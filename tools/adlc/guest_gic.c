// SPDX-License-Identifier: BSD-2-Clause
// What a guest sees of the board's interrupt controller.

#include "guest_gic.h"

#include "gic.h"

// Bytes of each part that a guest sees.
#define V2_DISTRIBUTOR_SIZE 0x1000u
#define V2_CPU_SIZE 0x2000u
#define V3_DISTRIBUTOR_SIZE 0x10000u
#define V3_REDISTRIBUTOR_SIZE 0x20000u

bool guest_gic_find(struct arena *arena, const void *fdt, uint32_t vcpu_count, struct guest_gic *gic)
{
    struct gic board;

    *gic = (struct guest_gic){ .version = 0 };
    // GICv3: a guest's redistributors are all in the place of the first region.
    if (!gic_find(arena, fdt, &board) || (board.version == 2 && board.reg_count < 4)) {
        return false;
    }
    gic->version = board.version;
    gic->node = board.node;
    gic->distributor.base = board.regs[0].base;
    if (gic->version == 2) {
        gic->distributor.size = V2_DISTRIBUTOR_SIZE;
        gic->cpu = (struct platform_range){ board.regs[1].base, V2_CPU_SIZE };
        gic->vcpu = (struct platform_range){ board.regs[3].base, V2_CPU_SIZE };
    } else {
        gic->distributor.size = V3_DISTRIBUTOR_SIZE;
        gic->redistributors = (struct platform_range){ board.regs[1].base,
                                                       (uint64_t)vcpu_count * V3_REDISTRIBUTOR_SIZE };
    }
    return true;
}
