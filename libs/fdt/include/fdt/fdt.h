// SPDX-License-Identifier: BSD-2-Clause
// A small reader of flattened device trees (Devicetree Specification 0.4, chapter 5) for programs without a
// C library: finds a property by its node's path. It works in the caller's memory, allocates nothing, and
// never reads outside the blob, whatever the blob says.
#ifndef FDT_FDT_H
#define FDT_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A blob whose header has been checked.
struct fdt {
    const uint8_t *blob;
    uint32_t structure;      ///< offset of the structure block
    uint32_t structure_size;
    uint32_t strings;        ///< offset of the strings block
    uint32_t strings_size;
};

/// Checks the header of the tree at `blob`, of which `available` bytes may be read. False when there is no
/// well-formed tree that lies within them. Keeps `blob`.
bool fdt_open(struct fdt *fdt, const void *blob, size_t available);

/// Bytes of the whole tree that starts at `blob` as its header says (0: no tree). At least 8 bytes must be
/// readable; the answer is not yet checked against anything.
size_t fdt_total_size(const void *blob);

/// The value of a property of the node at `path` ("/chosen"; a component may leave out its "@address"). NULL
/// when there is none. `*length` gets its length in bytes. The value lies in the blob.
const uint8_t *fdt_property(const struct fdt *fdt, const char *path, const char *name, uint32_t *length);

/// Overwrites `length` bytes of a property's value in place, which must have at least as many. `writable` is
/// the same blob. False when there is no such property, or it is shorter.
bool fdt_write_property(const struct fdt *fdt, void *writable, const char *path, const char *name,
                        const void *value, uint32_t length);

#endif
