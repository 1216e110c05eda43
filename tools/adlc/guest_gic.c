// SPDX-License-Identifier: BSD-2-Clause
// The board's interrupt controller, from its device tree: the bindings arm,gic and arm,gic-v3 (the
// ranges of `reg` and their order).

#include "guest_gic.h"

#include <stddef.h>

#include <libfdt.h>

#define MAX_RANGES 4u

// Bytes of each part that a guest sees.
#define V2_DISTRIBUTOR_SIZE 0x1000u
#define V2_CPU_SIZE 0x2000u
#define V3_DISTRIBUTOR_SIZE 0x10000u
#define V3_REDISTRIBUTOR_SIZE 0x20000u

static uint64_t read_cells(const fdt32_t *cells, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_to_cpu(cells[i]);
    }
    return value;
}

/// Bases of the first ranges of `reg`; returns how many.
static unsigned read_bases(const void *fdt, int node, uint64_t bases[MAX_RANGES])
{
    int parent = fdt_parent_offset(fdt, node);
    int length = 0;
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);

    if (parent < 0 || reg == NULL) {
        return 0;
    }
    int address_cells = fdt_address_cells(fdt, parent);
    int size_cells = fdt_size_cells(fdt, parent);
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return 0;
    }
    int stride = address_cells + size_cells;
    int count = length / ((int)sizeof(*reg) * stride);
    unsigned found = 0;
    while (found < MAX_RANGES && (int)found < count) {
        bases[found] = read_cells(reg + (int)found * stride, address_cells);
        found++;
    }
    return found;
}

static int find_node(const void *fdt, unsigned *version)
{
    static const struct {
        const char *compatible;
        unsigned version;
    } known[] = {
        { "arm,gic-v3", 3 },
        { "arm,gic-400", 2 },
        { "arm,cortex-a15-gic", 2 },
        { "arm,cortex-a7-gic", 2 },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        int node = fdt_node_offset_by_compatible(fdt, -1, known[i].compatible);
        if (node >= 0 && fdt_getprop(fdt, node, "interrupt-controller", NULL) != NULL) {
            *version = known[i].version;
            return node;
        }
    }
    return -1;
}

bool guest_gic_find(const void *fdt, uint32_t vcpu_count, struct guest_gic *gic)
{
    uint64_t bases[MAX_RANGES];

    *gic = (struct guest_gic){ .version = 0 };
    gic->node = find_node(fdt, &gic->version);
    if (gic->node < 0) {
        return false;
    }
    // GICv2: GICD, GICC, GICH, GICV. GICv3: GICD, then regions of redistributors; a guest's are all
    // in the place of the first.
    unsigned count = read_bases(fdt, gic->node, bases);
    if (count < (gic->version == 2 ? 4u : 2u)) {
        gic->version = 0;
        return false;
    }
    if (gic->version == 2) {
        gic->distributor = (struct platform_range){ bases[0], V2_DISTRIBUTOR_SIZE };
        gic->cpu = (struct platform_range){ bases[1], V2_CPU_SIZE };
        gic->vcpu = (struct platform_range){ bases[3], V2_CPU_SIZE };
    } else {
        gic->distributor = (struct platform_range){ bases[0], V3_DISTRIBUTOR_SIZE };
        gic->redistributors =
            (struct platform_range){ bases[1], (uint64_t)vcpu_count * V3_REDISTRIBUTOR_SIZE };
    }
    return true;
}
