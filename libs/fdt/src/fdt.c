// SPDX-License-Identifier: BSD-2-Clause
// Reader of flattened device trees; see fdt/fdt.h and the Devicetree Specification 0.4, chapter 5.
#include <fdt/fdt.h>

#include <base/checked.h>
#include <base/endian.h>

#define FDT_MAGIC       0xd00dfeedu
#define FDT_VERSION     17u ///< what we can read; a tree says with which versions it is compatible
#define FDT_HEADER_SIZE 40u

#define TOKEN_BEGIN_NODE 1u
#define TOKEN_END_NODE   2u
#define TOKEN_PROPERTY   3u
#define TOKEN_NOP        4u
#define TOKEN_END        9u

/// One token of the structure block.
struct token {
    uint32_t kind;
    uint32_t next;          ///< offset of the token after it
    const char *name;       ///< of a node or property
    struct fdt_value value; ///< of a property
};

static uint32_t header_word(const void *blob, uint32_t index)
{
    return load_be32((const uint8_t *)blob + (size_t)index * 4);
}

/// Length of the text at `text`, which must end within `limit` bytes; false when it does not.
static bool text_length(const uint8_t *text, uint32_t limit, uint32_t *length)
{
    for (uint32_t i = 0; i < limit; i++) {
        if (text[i] == '\0') {
            *length = i;
            return true;
        }
    }
    return false;
}

static bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool read_begin_node(const struct fdt *fdt, uint32_t at, struct token *token)
{
    const uint8_t *block = fdt->blob + fdt->struct_offset;
    uint32_t length;

    if (!text_length(block + at, fdt->struct_size - at, &length)) {
        return false;
    }
    token->name = (const char *)block + at;
    // The terminator lies in the block, whose size is a multiple of 4: no overflow.
    token->next = (at + length + 1 + 3) & ~3u;
    return true;
}

static bool read_property(const struct fdt *fdt, uint32_t at, struct token *token)
{
    const uint8_t *block = fdt->blob + fdt->struct_offset;
    uint32_t name;
    uint32_t length;

    if (!range_fits(at, 8, fdt->struct_size)) {
        return false;
    }
    token->value.size = load_be32(block + at);
    token->value.data = block + at + 8;
    name = load_be32(block + at + 4);
    at += 8;
    if (!range_fits(at, token->value.size, fdt->struct_size) || name >= fdt->strings_size) {
        return false;
    }
    const uint8_t *strings = fdt->blob + fdt->strings_offset;
    if (!text_length(strings + name, fdt->strings_size - name, &length)) {
        return false;
    }
    token->name = (const char *)strings + name;
    token->next = (at + token->value.size + 3) & ~3u;
    return true;
}

/// Reads the token at offset `at` (a multiple of 4). False when it is malformed.
static bool read_token(const struct fdt *fdt, uint32_t at, struct token *token)
{
    if (!range_fits(at, 4, fdt->struct_size)) {
        return false;
    }
    token->kind = load_be32(fdt->blob + fdt->struct_offset + at);
    token->next = at + 4;
    switch (token->kind) {
    case TOKEN_BEGIN_NODE:
        return read_begin_node(fdt, at + 4, token);
    case TOKEN_PROPERTY:
        return read_property(fdt, at + 4, token);
    case TOKEN_END_NODE:
    case TOKEN_NOP:
    case TOKEN_END:
        return true;
    default:
        return false;
    }
}

/// Walks over the whole structure block: one root node, nothing after it, properties before
/// children.
static err_t check_structure(const struct fdt *fdt)
{
    struct token token;
    uint32_t at = 0;
    uint32_t depth = 0;
    bool has_root = false;
    bool after_child = false;

    for (;; at = token.next) {
        if (!read_token(fdt, at, &token)) {
            return ERR_FORMAT;
        }
        switch (token.kind) {
        case TOKEN_BEGIN_NODE:
            if (depth == FDT_MAX_DEPTH || (depth == 0 && (has_root || at != 0))) {
                return ERR_FORMAT;
            }
            has_root = true;
            depth++;
            after_child = false;
            break;
        case TOKEN_END_NODE:
            if (depth == 0) {
                return ERR_FORMAT;
            }
            depth--;
            after_child = true;
            break;
        case TOKEN_PROPERTY:
            if (depth == 0 || after_child) {
                return ERR_FORMAT;
            }
            break;
        case TOKEN_END:
            return has_root && depth == 0 ? ERR_OK : ERR_FORMAT;
        default:
            break;
        }
    }
}

uint32_t fdt_blob_size(const void *header)
{
    if (header_word(header, 0) != FDT_MAGIC || header_word(header, 1) < FDT_HEADER_SIZE) {
        return 0;
    }
    return header_word(header, 1);
}

err_t fdt_init(struct fdt *fdt, const void *blob, size_t size)
{
    struct fdt made = { .blob = blob };

    if ((uintptr_t)blob % FDT_BLOB_ALIGN != 0) {
        return ERR_ALIGN;
    }
    if (size < FDT_HEADER_SIZE) {
        return ERR_RANGE;
    }
    made.size = fdt_blob_size(blob);
    if (made.size == 0) {
        return ERR_FORMAT;
    }
    if (made.size > size) {
        return ERR_RANGE;
    }
    // Words 5 and 6: version and oldest compatible one. Sizes of both blocks exist since version
    // 17.
    if (header_word(blob, 5) < FDT_VERSION || header_word(blob, 6) > FDT_VERSION) {
        return ERR_UNSUPPORTED;
    }
    made.struct_offset = header_word(blob, 2);
    made.strings_offset = header_word(blob, 3);
    made.strings_size = header_word(blob, 8);
    made.struct_size = header_word(blob, 9) & ~3u;
    if (made.struct_offset % 4 != 0 || !range_fits(made.struct_offset, made.struct_size, made.size)
        || !range_fits(made.strings_offset, made.strings_size, made.size)) {
        return ERR_FORMAT;
    }
    err_t err = check_structure(&made);
    if (err == ERR_OK) {
        *fdt = made;
    }
    return err;
}

struct fdt_node fdt_root(const struct fdt *fdt)
{
    (void)fdt;
    return (struct fdt_node){ 0 };
}

const char *fdt_name(const struct fdt *fdt, struct fdt_node node)
{
    struct token token;

    if (!read_token(fdt, node.offset, &token) || token.kind != TOKEN_BEGIN_NODE) {
        return "";
    }
    return token.name;
}

err_t fdt_first_child(const struct fdt *fdt, struct fdt_node node, struct fdt_node *child)
{
    struct token token;
    uint32_t at = node.offset;

    if (!read_token(fdt, at, &token) || token.kind != TOKEN_BEGIN_NODE) {
        return ERR_INVALID;
    }
    do {
        at = token.next;
        if (!read_token(fdt, at, &token)) {
            return ERR_FORMAT;
        }
    } while (token.kind == TOKEN_PROPERTY || token.kind == TOKEN_NOP);
    if (token.kind != TOKEN_BEGIN_NODE) {
        return ERR_NOTFOUND;
    }
    child->offset = at;
    return ERR_OK;
}

err_t fdt_next_sibling(const struct fdt *fdt, struct fdt_node node, struct fdt_node *sibling)
{
    struct token token;
    uint32_t at = node.offset;
    uint32_t depth = 0;

    if (!read_token(fdt, at, &token) || token.kind != TOKEN_BEGIN_NODE) {
        return ERR_INVALID;
    }
    // To the end of the node itself.
    for (;;) {
        if (token.kind == TOKEN_BEGIN_NODE) {
            depth++;
        } else if (token.kind == TOKEN_END_NODE && --depth == 0) {
            break;
        } else if (token.kind == TOKEN_END) {
            return ERR_FORMAT;
        }
        at = token.next;
        if (!read_token(fdt, at, &token)) {
            return ERR_FORMAT;
        }
    }
    do {
        at = token.next;
        if (!read_token(fdt, at, &token)) {
            return ERR_FORMAT;
        }
    } while (token.kind == TOKEN_NOP);
    if (token.kind != TOKEN_BEGIN_NODE) {
        return ERR_NOTFOUND;
    }
    sibling->offset = at;
    return ERR_OK;
}

/// Whether a node's name is the `length` characters of a path; a unit address may be left out.
static bool name_matches(const char *name, const char *component, size_t length)
{
    size_t i = 0;
    bool has_unit = false;

    for (; i < length && name[i] == component[i] && name[i] != '\0'; i++) {
        has_unit = has_unit || component[i] == '@';
    }
    return i == length && (name[i] == '\0' || (name[i] == '@' && !has_unit));
}

static err_t find_child(const struct fdt *fdt, struct fdt_node parent, const char *component,
                        size_t length, struct fdt_node *node)
{
    struct fdt_node child;
    err_t err = fdt_first_child(fdt, parent, &child);

    while (err == ERR_OK && !name_matches(fdt_name(fdt, child), component, length)) {
        err = fdt_next_sibling(fdt, child, &child);
    }
    if (err == ERR_OK) {
        *node = child;
    }
    return err;
}

err_t fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    struct fdt_node found = fdt_root(fdt);

    if (*path != '/') {
        return ERR_INVALID;
    }
    while (*path != '\0') {
        while (*path == '/') {
            path++;
        }
        size_t length = 0;
        while (path[length] != '\0' && path[length] != '/') {
            length++;
        }
        if (length != 0) {
            err_t err = find_child(fdt, found, path, length, &found);
            if (err != ERR_OK) {
                return err;
            }
        }
        path += length;
    }
    *node = found;
    return ERR_OK;
}

err_t fdt_get(const struct fdt *fdt, struct fdt_node node, const char *name,
              struct fdt_value *value)
{
    struct token token;

    if (!read_token(fdt, node.offset, &token) || token.kind != TOKEN_BEGIN_NODE) {
        return ERR_INVALID;
    }
    do {
        if (!read_token(fdt, token.next, &token)) {
            return ERR_FORMAT;
        }
        if (token.kind == TOKEN_PROPERTY && text_equal(token.name, name)) {
            *value = token.value;
            return ERR_OK;
        }
    } while (token.kind == TOKEN_PROPERTY || token.kind == TOKEN_NOP);
    return ERR_NOTFOUND;
}

err_t fdt_get_at(const struct fdt *fdt, const char *path, const char *name, struct fdt_value *value)
{
    struct fdt_node node;
    err_t err = fdt_find(fdt, path, &node);

    return err == ERR_OK ? fdt_get(fdt, node, name, value) : err;
}

err_t fdt_get_u32(const struct fdt *fdt, struct fdt_node node, const char *name, uint32_t *number)
{
    struct fdt_value value;
    err_t err = fdt_get(fdt, node, name, &value);

    if (err == ERR_OK && value.size != 4) {
        err = ERR_FORMAT;
    }
    if (err == ERR_OK) {
        *number = load_be32(value.data);
    }
    return err;
}

err_t fdt_value_number(const struct fdt_value *value, uint32_t index, uint32_t cells,
                       uint64_t *number)
{
    if (cells != 1 && cells != 2) {
        return ERR_INVALID;
    }
    if (!range_fits((uint64_t)index * 4, (uint64_t)cells * 4, value->size)) {
        return ERR_RANGE;
    }
    const uint8_t *at = value->data + (size_t)index * 4;
    *number = cells == 1 ? load_be32(at) : load_be64(at);
    return ERR_OK;
}

bool fdt_value_has_string(const struct fdt_value *value, const char *text)
{
    uint32_t length;

    for (uint32_t at = 0; at < value->size; at += length + 1) {
        if (!text_length(value->data + at, value->size - at, &length)) {
            return false;
        }
        if (text_equal((const char *)value->data + at, text)) {
            return true;
        }
    }
    return false;
}

err_t fdt_overwrite(void *blob, const struct fdt *fdt, const struct fdt_value *value,
                    const void *from, size_t size)
{
    const uint8_t *bytes = from;

    if (blob != fdt->blob || value->data < fdt->blob
        || !range_fits((uint64_t)(value->data - fdt->blob), value->size, fdt->size)) {
        return ERR_INVALID;
    }
    uint8_t *to = (uint8_t *)blob + (value->data - fdt->blob);
    for (uint32_t i = 0; i < value->size; i++) {
        to[i] = i < size ? bytes[i] : 0;
    }
    return ERR_OK;
}
