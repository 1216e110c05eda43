// SPDX-License-Identifier: BSD-2-Clause
// Reader of flattened device trees (Devicetree Specification 0.4, chapter 5) that may come from a
// hostile source: no allocation, no recursion, every access is checked. Properties can be
// overwritten in place.
#ifndef FDT_FDT_H
#define FDT_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <base/err.h>

#define FDT_BLOB_ALIGN 4u  ///< alignment that a blob needs
#define FDT_MAX_DEPTH  32u ///< deepest nesting that fdt_init() accepts

/// A checked tree. The blob is borrowed and must stay as it is, apart from fdt_overwrite().
struct fdt {
    const uint8_t *blob;
    uint32_t size; ///< bytes of the whole blob, from its header
    uint32_t struct_offset;
    uint32_t struct_size;
    uint32_t strings_offset;
    uint32_t strings_size;
};

/// A node of one tree; only the functions below make one.
struct fdt_node {
    uint32_t offset; ///< of its begin token, in the structure block
};

/// A property's contents.
struct fdt_value {
    const uint8_t *data; ///< big endian, 4-byte aligned, in the blob
    uint32_t size;       ///< bytes
};

/// Size that the header at `header` claims, for a caller that does not know it: at least 40 bytes
/// must be readable. 0 when it is no device tree.
uint32_t fdt_blob_size(const void *header);

/// Check a tree of at most `size` bytes: header, all tokens, names and nesting. ERR_FORMAT,
/// ERR_ALIGN, ERR_RANGE (cut short) or ERR_UNSUPPORTED (version).
NODISCARD err_t fdt_init(struct fdt *fdt, const void *blob, size_t size);

struct fdt_node fdt_root(const struct fdt *fdt);

/// Name of a node with its unit address; "" for the root.
const char *fdt_name(const struct fdt *fdt, struct fdt_node node);

/// First child, and the next node with the same parent. ERR_NOTFOUND when there is none.
NODISCARD err_t fdt_first_child(const struct fdt *fdt, struct fdt_node node,
                                struct fdt_node *child);
NODISCARD err_t fdt_next_sibling(const struct fdt *fdt, struct fdt_node node,
                                 struct fdt_node *sibling);

/// Node at an absolute path such as "/cpus/cpu@0". A component without unit address matches the
/// first child of that name with any unit address. ERR_NOTFOUND, or ERR_INVALID for a path without
/// leading slash.
NODISCARD err_t fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node);

/// Property `name` of a node. ERR_NOTFOUND when it has none.
NODISCARD err_t fdt_get(const struct fdt *fdt, struct fdt_node node, const char *name,
                        struct fdt_value *value);

/// The same for the node at a path.
NODISCARD err_t fdt_get_at(const struct fdt *fdt, const char *path, const char *name,
                           struct fdt_value *value);

/// A property of exactly one cell. ERR_FORMAT when it has another size.
NODISCARD err_t fdt_get_u32(const struct fdt *fdt, struct fdt_node node, const char *name,
                            uint32_t *number);

/// Number made of the `cells` (1 or 2) cells from cell `index` on. ERR_RANGE when the value is
/// shorter.
NODISCARD err_t fdt_value_number(const struct fdt_value *value, uint32_t index, uint32_t cells,
                                 uint64_t *number);

/// Whether the list of strings in a property holds `text`.
bool fdt_value_has_string(const struct fdt_value *value, const char *text);

/// Write over a property of the tree at `blob` (the memory that `fdt` was made for, writable): the
/// first min(size, value->size) bytes of `from`, then zeros up to the property's size. ERR_INVALID
/// when `value` is not one of this tree.
NODISCARD err_t fdt_overwrite(void *blob, const struct fdt *fdt, const struct fdt_value *value,
                              const void *from, size_t size);

#endif
