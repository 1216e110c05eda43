// SPDX-License-Identifier: BSD-2-Clause
// The board's interrupt controller, from its device tree: the bindings arm,gic and arm,gic-v3 (the
// ranges of `reg` and their order).

#include "gic.h"

#include <string.h>

#include <libfdt.h>

#include "query_fdt.h"

#define MAX_PATH_LENGTH 1024

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

static const char *node_path(struct arena *arena, const void *fdt, int node)
{
    char path[MAX_PATH_LENGTH];

    return fdt_get_path(fdt, node, path, sizeof(path)) == 0 ? arena_strndup(arena, path, strlen(path))
                                                            : "?";
}

static const struct flat_fdt_range *node_regs(struct arena *arena, const void *fdt, int node,
                                              size_t *count)
{
    struct fdt_node at = { NULL, node, fdt_parent_offset(fdt, node) };

    return query_fdt_regs(arena, fdt, &at, count);
}

bool gic_find(struct arena *arena, const void *fdt, struct gic *gic)
{
    int length = 0;
    const void *regions;

    memset(gic, 0, sizeof(*gic));
    gic->node = find_node(fdt, &gic->version);
    if (gic->node < 0) {
        return false;
    }
    gic->path = node_path(arena, fdt, gic->node);
    gic->regs = node_regs(arena, fdt, gic->node, &gic->reg_count);
    gic->redistributor_regions = 1;
    regions = fdt_getprop(fdt, gic->node, "#redistributor-regions", &length);
    if (regions != NULL && length == 4) {
        gic->redistributor_regions = query_fdt_cell(regions);
    }
    return gic->reg_count >= 2;
}

static void add_part(struct arena *arena, gic_part_vec *parts, struct gic_part part)
{
    if (part.range.size != 0) {
        VEC_PUSH(arena, *parts, part);
    }
}

static void add_parts_v2(struct arena *arena, const struct gic *gic, gic_part_vec *parts)
{
    static const char *const names[] = {
        "distributor", "CPU interface", "hypervisor interface", "virtual CPU interface",
    };
    const size_t count = sizeof(names) / sizeof(names[0]);

    for (size_t i = 0; i < count && i < gic->reg_count; i++) {
        add_part(arena, parts,
                 (struct gic_part){ i == count - 1, names[i], gic->path, gic->regs[i] });
    }
}

/// Interrupt translation services are nodes of their own.
static void add_parts_v3(struct arena *arena, const void *fdt, const struct gic *gic,
                         gic_part_vec *parts)
{
    static const char compatible[] = "arm,gic-v3-its";
    int node = fdt_node_offset_by_compatible(fdt, -1, compatible);

    for (size_t i = 0; i < gic->reg_count && i <= gic->redistributor_regions; i++) {
        add_part(arena, parts, (struct gic_part){ false, i == 0 ? "distributor" : "region of redistributors",
                                                  gic->path, gic->regs[i] });
    }
    for (; node >= 0; node = fdt_node_offset_by_compatible(fdt, node, compatible)) {
        size_t count = 0;
        const struct flat_fdt_range *regs = node_regs(arena, fdt, node, &count);

        for (size_t i = 0; i < count; i++) {
            add_part(arena, parts, (struct gic_part){ false, "translation service (ITS)",
                                                      node_path(arena, fdt, node), regs[i] });
        }
    }
}

void gic_find_parts(struct arena *arena, const void *fdt, gic_part_vec *parts)
{
    struct gic gic;

    if (!gic_find(arena, fdt, &gic)) {
        return;
    }
    if (gic.version == 2) {
        add_parts_v2(arena, &gic, parts);
    } else {
        add_parts_v3(arena, fdt, &gic, parts);
    }
}
