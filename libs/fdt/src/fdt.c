// SPDX-License-Identifier: BSD-2-Clause
// Reader of flattened device trees, see fdt/fdt.h.
#include <fdt/fdt.h>

enum {
    FDT_MAGIC = 0xd00dfeed,
    FDT_HEADER_SIZE = 40,
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROPERTY = 3,
    FDT_NOP = 4,
    FDT_MAX_DEPTH = 32,
};

static uint32_t read_be32(const uint8_t *at)
{
    return ((uint32_t)at[0] << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
}

size_t fdt_total_size(const void *blob)
{
    const uint8_t *bytes = blob;
    return read_be32(bytes) == (uint32_t)FDT_MAGIC ? read_be32(bytes + 4) : 0;
}

bool fdt_open(struct fdt *fdt, const void *blob, size_t available)
{
    const uint8_t *bytes = blob;
    if (available < FDT_HEADER_SIZE) {
        return false;
    }
    size_t total = fdt_total_size(blob);
    if (total < FDT_HEADER_SIZE || total > available) {
        return false;
    }
    fdt->blob = bytes;
    fdt->structure = read_be32(bytes + 8);
    fdt->strings = read_be32(bytes + 12);
    fdt->strings_size = read_be32(bytes + 32);
    fdt->structure_size = read_be32(bytes + 36);
    return fdt->structure <= total && fdt->structure_size <= total - fdt->structure
           && fdt->strings <= total && fdt->strings_size <= total - fdt->strings
           && fdt->structure % 4 == 0;
}

/// Whether `text`, NUL-terminated within `limit` bytes, equals `name`.
static bool text_is(const uint8_t *text, size_t limit, const char *name)
{
    for (size_t i = 0; i < limit; i++) {
        if (text[i] != (uint8_t)name[i]) {
            return false;
        }
        if (text[i] == 0) {
            return true;
        }
    }
    return false;
}

/// Length of the path component that a node's name matches, 0 when it does not. `name` is NUL-terminated.
static size_t component_matches(const char *path, const uint8_t *name)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/') {
        if (name[length] != (uint8_t)path[length]) {
            return 0;
        }
        length++;
    }
    bool whole = name[length] == 0 || name[length] == '@';
    return whole ? length : 0;
}

static const char *skip_slashes(const char *path)
{
    while (*path == '/') {
        path++;
    }
    return path;
}

/// Where the walk is: how deep, how much of the path matches, and the rest of it.
struct walk {
    unsigned depth;   ///< of the current node, 1 for the root
    unsigned matched; ///< nodes of the path that the current chain matches
    const char *rest;
    const char *rest_at[FDT_MAX_DEPTH];
};

static void enter_node(struct walk *walk, const uint8_t *name)
{
    walk->depth++;
    if (walk->depth > FDT_MAX_DEPTH || walk->matched != walk->depth - 1) {
        return;
    }
    const char *rest = walk->rest;
    if (walk->depth > 1) {
        size_t length = *rest == '\0' ? 0 : component_matches(rest, name);
        if (length == 0) {
            return;
        }
        walk->rest_at[walk->depth - 1] = rest;
        rest = skip_slashes(rest + length);
    } else {
        walk->rest_at[0] = rest;
    }
    walk->rest = rest;
    walk->matched = walk->depth;
}

static void leave_node(struct walk *walk)
{
    if (walk->matched == walk->depth && walk->depth <= FDT_MAX_DEPTH) {
        walk->matched--;
        walk->rest = walk->rest_at[walk->depth - 1];
    }
    walk->depth--;
}

const uint8_t *fdt_property(const struct fdt *fdt, const char *path, const char *name, uint32_t *length)
{
    const uint8_t *structure = fdt->blob + fdt->structure;
    uint32_t size = fdt->structure_size;
    // rest_at is written before it is read; clearing it would call memset, which boot code lacks.
    struct walk walk;
    walk.depth = 0;
    walk.matched = 0;
    walk.rest = skip_slashes(path);

    for (uint32_t at = 0; size - at >= 4;) {
        uint32_t token = read_be32(structure + at);
        at += 4;
        if (token == FDT_BEGIN_NODE) {
            uint32_t end = at;
            while (end < size && structure[end] != 0) {
                end++;
            }
            if (end >= size) {
                return NULL;
            }
            enter_node(&walk, structure + at);
            at = end + 1;
        } else if (token == FDT_END_NODE) {
            if (walk.depth == 0) {
                return NULL;
            }
            leave_node(&walk);
        } else if (token == FDT_PROPERTY) {
            if (size - at < 8) {
                return NULL;
            }
            uint32_t value_length = read_be32(structure + at);
            uint32_t name_offset = read_be32(structure + at + 4);
            at += 8;
            if (value_length > size - at || name_offset >= fdt->strings_size) {
                return NULL;
            }
            if (walk.depth > 0 && walk.matched == walk.depth && *walk.rest == '\0'
                && text_is(fdt->blob + fdt->strings + name_offset, fdt->strings_size - name_offset,
                           name)) {
                *length = value_length;
                return structure + at;
            }
            at += value_length;
        } else if (token != FDT_NOP) {
            return NULL;
        }
        at = at > UINT32_MAX - 3 ? size : (at + 3) & ~3u;
        if (at > size) {
            return NULL;
        }
    }
    return NULL;
}

bool fdt_write_property(const struct fdt *fdt, void *writable, const char *path, const char *name,
                        const void *value, uint32_t length)
{
    uint32_t available;
    const uint8_t *found = fdt_property(fdt, path, name, &available);
    if (found == NULL || available < length) {
        return false;
    }
    uint8_t *target = (uint8_t *)writable + (found - fdt->blob);
    for (uint32_t i = 0; i < length; i++) {
        target[i] = ((const uint8_t *)value)[i];
    }
    return true;
}
