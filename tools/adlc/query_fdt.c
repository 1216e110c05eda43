// SPDX-License-Identifier: BSD-2-Clause
// Device tree access for queries, on top of libfdt. Device tree specification 0.4.

#include "query_fdt.h"

#include <libfdt.h>
#include <string.h>

#define FDT_MAX_TREE_DEPTH 64

uint32_t query_fdt_cell(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static uint64_t read_cells(const uint8_t *data, int cells)
{
    uint64_t value = 0;

    for (int i = 0; i < cells; i++) {
        value = value << 32 | query_fdt_cell(data + 4 * i);
    }
    return value;
}

const struct fdt_nodes *query_fdt_index(struct arena *arena, const void *fdt)
{
    struct fdt_nodes *nodes = ARENA_NEW(arena, struct fdt_nodes);
    const char *paths[FDT_MAX_TREE_DEPTH];
    int offsets[FDT_MAX_TREE_DEPTH];
    int depth = 0;

    for (int offset = 0; offset >= 0; offset = fdt_next_node(fdt, offset, &depth)) {
        const char *name;
        struct fdt_node node;

        if (depth < 0) {
            break;
        }
        if (depth >= FDT_MAX_TREE_DEPTH) {
            continue;
        }
        name = fdt_get_name(fdt, offset, NULL);
        node.path = "/";
        node.offset = offset;
        node.parent = depth > 0 ? offsets[depth - 1] : -1;
        if (depth > 0) {
            node.path = arena_printf(arena, "%s/%s", depth > 1 ? paths[depth - 1] : "",
                                     name != NULL ? name : "");
        }
        paths[depth] = node.path;
        offsets[depth] = offset;
        VEC_PUSH(arena, *nodes, node);
    }
    return nodes;
}

bool query_fdt_is_strings(const uint8_t *data, size_t len)
{
    size_t start = 0;

    if (len == 0 || data[len - 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\0') {
            if (i == start) {
                return false;
            }
            start = i + 1;
        } else if (data[i] < 0x20 || data[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/// One step up: `address` is on the bus of `bus`; afterwards on the bus of `outer`.
static bool translate_step(const void *fdt, int bus, int outer, uint64_t *address)
{
    int child_cells = fdt_address_cells(fdt, bus);
    int size_cells = fdt_size_cells(fdt, bus);
    int parent_cells = fdt_address_cells(fdt, outer);
    int len = 0;
    const uint8_t *ranges = fdt_getprop(fdt, bus, "ranges", &len);
    int stride = 4 * (child_cells + parent_cells + size_cells);

    if (ranges == NULL || child_cells < 1 || child_cells > 2 || parent_cells < 1 ||
        parent_cells > 2 || size_cells < 1 || size_cells > 2) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    for (int at = 0; at + stride <= len; at += stride) {
        uint64_t child = read_cells(ranges + at, child_cells);
        uint64_t parent = read_cells(ranges + at + 4 * child_cells, parent_cells);
        uint64_t size = read_cells(ranges + at + 4 * (child_cells + parent_cells), size_cells);

        if (*address >= child && *address - child < size) {
            *address = parent + (*address - child);
            return true;
        }
    }
    return false;
}

bool query_fdt_translate(const void *fdt, int parent, uint64_t *address)
{
    uint64_t translated = *address;

    for (int depth = 0; parent > 0 && depth < FDT_MAX_TREE_DEPTH; depth++) {
        int outer = fdt_parent_offset(fdt, parent);

        if (outer < 0 || !translate_step(fdt, parent, outer, &translated)) {
            return false;
        }
        parent = outer;
    }
    *address = translated;
    return true;
}

const struct flat_fdt_range *query_fdt_regs(struct arena *arena, const void *fdt,
                                            const struct fdt_node *node, size_t *count)
{
    int len = 0;
    const uint8_t *reg = fdt_getprop(fdt, node->offset, "reg", &len);
    struct flat_fdt_range *ranges;
    int address_cells;
    int size_cells;
    int stride;

    *count = 0;
    if (reg == NULL || node->parent < 0) {
        return NULL;
    }
    address_cells = fdt_address_cells(fdt, node->parent);
    size_cells = fdt_size_cells(fdt, node->parent);
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return NULL;
    }
    stride = 4 * (address_cells + size_cells);
    ranges = ARENA_NEW_ARRAY(arena, struct flat_fdt_range, (size_t)(len / stride));
    for (int at = 0; at + stride <= len; at += stride) {
        struct flat_fdt_range *range = &ranges[*count];

        range->base = read_cells(reg + at, address_cells);
        range->size = read_cells(reg + at + 4 * address_cells, size_cells);
        *count += query_fdt_translate(fdt, node->parent, &range->base);
    }
    return ranges;
}

const uint32_t *query_fdt_interrupts(struct arena *arena, const void *fdt,
                                     const struct fdt_node *node, size_t *count)
{
    int len = 0;
    const uint8_t *data = fdt_getprop(fdt, node->offset, "interrupts", &len);
    uint32_t *cells;

    *count = 0;
    if (data == NULL || len < 4) {
        return NULL;
    }
    *count = (size_t)len / 4;
    cells = ARENA_NEW_ARRAY(arena, uint32_t, *count);
    for (size_t i = 0; i < *count; i++) {
        cells[i] = query_fdt_cell(data + 4 * i);
    }
    return cells;
}

uint32_t query_fdt_interrupt_cells(const void *fdt, int node)
{
    int len = 0;
    const uint8_t *data = NULL;

    for (int depth = 0; node >= 0 && depth < FDT_MAX_TREE_DEPTH; depth++) {
        data = fdt_getprop(fdt, node, "interrupt-parent", &len);
        if (data != NULL && len == 4) {
            node = fdt_node_offset_by_phandle(fdt, query_fdt_cell(data));
            break;
        }
        node = fdt_parent_offset(fdt, node);
    }
    if (node < 0) {
        return 0;
    }
    data = fdt_getprop(fdt, node, "#interrupt-cells", &len);
    return data != NULL && len == 4 ? query_fdt_cell(data) : 0;
}

const char *query_fdt_named(struct arena *arena, const void *fdt, const char *table,
                            const char *name)
{
    bool chosen = strcmp(table, "chosen") == 0;
    int node = fdt_path_offset(fdt, chosen ? "/chosen" : "/aliases");
    int len = 0;
    const char *path;

    if (node < 0) {
        return NULL;
    }
    path = fdt_getprop(fdt, node, name, &len);
    if (path == NULL || len < 2 || path[len - 1] != '\0') {
        return NULL;
    }
    if (chosen) {
        path = arena_strndup(arena, path, strcspn(path, ":"));
    }
    if (path[0] != '/') {
        return chosen ? query_fdt_named(arena, fdt, "aliases", path) : NULL;
    }
    return path;
}
