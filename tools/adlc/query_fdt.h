// SPDX-License-Identifier: BSD-2-Clause
// Reading a flattened device tree for queries: nodes with paths, translated addresses, interrupts.

#ifndef ADLC_QUERY_FDT_H
#define ADLC_QUERY_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "flat.h"
#include "vec.h"

struct fdt_node {
    const char *path;
    int offset;
    int parent;        ///< offset of the parent node, -1 for the root
};

struct fdt_nodes {
    struct fdt_node *items;
    size_t count;
    size_t capacity;
};

/// All nodes of a checked blob, in its order.
const struct fdt_nodes *query_fdt_index(struct arena *arena, const void *fdt);

uint32_t query_fdt_cell(const uint8_t *data);

/// Whether property data reads as a list of non-empty printable strings.
bool query_fdt_is_strings(const uint8_t *data, size_t len);

/// Turn an address on the bus of `parent` into a CPU address through `ranges`. False when the bus
/// does not say how.
bool query_fdt_translate(const void *fdt, int parent, uint64_t *address);

/// Translated reg entries of a node; those that have no CPU address are left out.
const struct flat_fdt_range *query_fdt_regs(struct arena *arena, const void *fdt,
                                            const struct fdt_node *node, size_t *count);

const uint32_t *query_fdt_interrupts(struct arena *arena, const void *fdt,
                                     const struct fdt_node *node, size_t *count);

/// #interrupt-cells of a node's interrupt parent, 0 when unknown.
uint32_t query_fdt_interrupt_cells(const void *fdt, int node);

/// Path that property `name` of /chosen or /aliases leads to; an alias in /chosen is followed and
/// its ":options" are cut off. NULL when there is none.
const char *query_fdt_named(struct arena *arena, const void *fdt, const char *table,
                            const char *name);

#endif
