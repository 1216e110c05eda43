// SPDX-License-Identifier: BSD-2-Clause
// dtb(...) queries: selecting nodes of the platform's device tree and turning them into values.
// Property values follow the rule of dtc's printing: strings if they look like strings, else cells,
// else bytes. Device tree specification 0.4, sections 2.2-2.4.

#include <errno.h>
#include <libfdt.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "query_fdt.h"
#include "query_gpio.h"

#define DTB_MAX_SIZE    (16l * 1024 * 1024)
#define PATTERN_MAX_LEN 256u

static bool dtb_error(struct front *front, const char *what)
{
    diag_error(front->diag, ADLC_NO_LOC, "dtb-file", "cannot use the device tree '%s': %s",
               front->options->dtb, what);
    return false;
}

bool query_load_dtb(struct front *front)
{
    FILE *stream;
    long size = -1;
    void *blob = NULL;
    bool good = false;

    if (front->options->dtb == NULL) {
        return true;
    }
    stream = fopen(front->options->dtb, "rb");
    if (stream == NULL) {
        return dtb_error(front, strerror(errno));
    }
    if (fseek(stream, 0, SEEK_END) == 0) {
        size = ftell(stream);
    }
    if (size <= 0 || size > DTB_MAX_SIZE || fseek(stream, 0, SEEK_SET) != 0) {
        (void)dtb_error(front, "it is no device tree blob");
    } else {
        blob = arena_alloc(front->arena, (size_t)size);
        good = fread(blob, 1, (size_t)size, stream) == (size_t)size &&
               fdt_check_full(blob, (size_t)size) == 0;
        if (!good) {
            (void)dtb_error(front, "it is no device tree blob");
        }
    }
    (void)fclose(stream);
    if (good) {
        front->assembly->dtb = blob;
        front->assembly->dtb_size = fdt_totalsize(blob);
        front->assembly->dtb_path = front->options->dtb;
        front->fdt_nodes = query_fdt_index(front->arena, blob);
    }
    return good;
}

// ---------------------------------------------------------------------------------------------
// Building values

static const struct flat_value *int_value(struct front *front, uint64_t number,
                                          struct adlc_loc loc)
{
    struct flat_value *value = flat_value_new(front->arena, FLAT_INT, loc);

    value->integer = (int64_t)number;
    value->is_huge = number > INT64_MAX;
    return value;
}

static const struct flat_value *string_value(struct front *front, const char *text,
                                             struct adlc_loc loc)
{
    struct flat_value *value = flat_value_new(front->arena, FLAT_STRING, loc);

    value->string = arena_intern(front->arena, text);
    value->string_len = strlen(text);
    return value;
}

typedef VEC(const struct flat_value *) value_vec;

static const struct flat_value *list_value(struct front *front, const value_vec *items,
                                           struct adlc_loc loc)
{
    struct flat_value *value = flat_value_new(front->arena, FLAT_LIST, loc);

    value->items = items->items;
    value->count = items->count;
    return value;
}

struct dict_builder {
    value_vec items;
    VEC(const char *) keys;
};

static void dict_set(struct front *front, struct dict_builder *dict, const char *key,
                     const struct flat_value *value)
{
    for (size_t i = 0; i < dict->keys.count; i++) {
        if (dict->keys.items[i] == key) {
            dict->items.items[i] = value;
            return;
        }
    }
    VEC_PUSH(front->arena, dict->keys, key);
    VEC_PUSH(front->arena, dict->items, value);
}

static const struct flat_value *dict_value(struct front *front, const struct dict_builder *dict,
                                           struct adlc_loc loc)
{
    struct flat_value *value = flat_value_new(front->arena, FLAT_DICT, loc);

    value->items = dict->items.items;
    value->keys = dict->keys.items;
    value->count = dict->items.count;
    return value;
}

// ---------------------------------------------------------------------------------------------
// Properties and nodes as values

/// "reg" with bus addresses replaced by CPU addresses, as far as these fit the number of cells.
static void translate_reg(const void *fdt, int parent, uint32_t *cells, size_t count)
{
    int address_cells = fdt_address_cells(fdt, parent);
    int size_cells = fdt_size_cells(fdt, parent);
    size_t stride = (size_t)(address_cells + size_cells);

    if (address_cells < 1 || address_cells > 2 || size_cells < 0) {
        return;
    }
    for (size_t i = 0; i + stride <= count; i += stride) {
        uint64_t address = cells[i];

        if (address_cells == 2) {
            address = address << 32 | cells[i + 1];
        }
        if (!query_fdt_translate(fdt, parent, &address) ||
            (address_cells == 1 && address > UINT32_MAX)) {
            continue;
        }
        if (address_cells == 2) {
            cells[i] = (uint32_t)(address >> 32);
        }
        cells[i + (size_t)address_cells - 1] = (uint32_t)address;
    }
}

static const struct flat_value *cells_value(struct front *front, int parent, const char *name,
                                            const uint8_t *data, size_t len, struct adlc_loc loc)
{
    size_t count = len / 4;
    uint32_t *cells = ARENA_NEW_ARRAY(front->arena, uint32_t, count);
    value_vec items = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++) {
        cells[i] = query_fdt_cell(data + 4 * i);
    }
    if (strcmp(name, "reg") == 0 && parent >= 0) {
        translate_reg(front->assembly->dtb, parent, cells, count);
    }
    for (size_t i = 0; i < count; i++) {
        VEC_PUSH(front->arena, items, int_value(front, cells[i], loc));
    }
    return list_value(front, &items, loc);
}

static const struct flat_value *property_value(struct front *front, int parent, const char *name,
                                               const uint8_t *data, size_t len,
                                               struct adlc_loc loc)
{
    value_vec items = {NULL, 0, 0};

    if (query_fdt_is_strings(data, len)) {
        for (size_t at = 0; at < len; at += strlen((const char *)data + at) + 1) {
            VEC_PUSH(front->arena, items, string_value(front, (const char *)data + at, loc));
        }
        return list_value(front, &items, loc);
    }
    if (len % 4 == 0) {
        return cells_value(front, parent, name, data, len, loc);
    }
    for (size_t i = 0; i < len; i++) {
        VEC_PUSH(front->arena, items, int_value(front, data[i], loc));
    }
    return list_value(front, &items, loc);
}

/// Name of a property as a key: everything but letters, digits and '_' becomes '_'.
static const char *property_key(struct front *front, const char *name)
{
    char *key = arena_strndup(front->arena, name, strlen(name));

    for (char *s = key; *s != '\0'; s++) {
        bool word = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                    (*s >= '0' && *s <= '9');

        *s = word ? *s : '_';
    }
    return arena_intern(front->arena, key);
}

static const struct flat_value *one_int(struct front *front, uint64_t number,
                                        struct adlc_loc loc)
{
    value_vec items = {NULL, 0, 0};

    VEC_PUSH(front->arena, items, int_value(front, number, loc));
    return list_value(front, &items, loc);
}

static const struct flat_value *node_value(struct front *front, const struct fdt_node *node,
                                           struct adlc_loc loc)
{
    const void *fdt = front->assembly->dtb;
    struct dict_builder dict;
    int property;
    int cells;

    memset(&dict, 0, sizeof(dict));
    fdt_for_each_property_offset(property, fdt, node->offset) {
        const char *name = NULL;
        int len = 0;
        const void *data = fdt_getprop_by_offset(fdt, property, &name, &len);

        if (data != NULL && name != NULL && len >= 0) {
            dict_set(front, &dict, property_key(front, name),
                     property_value(front, node->parent, name, data, (size_t)len, loc));
        }
    }
    dict_set(front, &dict, arena_intern(front->arena, "this_node_path"),
             string_value(front, node->path, loc));
    if (node->parent >= 0) {
        cells = fdt_address_cells(fdt, node->parent);
        dict_set(front, &dict, arena_intern(front->arena, "this_address_cells"),
                 one_int(front, cells < 0 ? 0 : (uint64_t)cells, loc));
        cells = fdt_size_cells(fdt, node->parent);
        dict_set(front, &dict, arena_intern(front->arena, "this_size_cells"),
                 one_int(front, cells < 0 ? 0 : (uint64_t)cells, loc));
    }
    return dict_value(front, &dict, loc);
}

static void fill_dtb_node(struct front *front, const struct fdt_node *node,
                          struct flat_dtb_node *out)
{
    const void *fdt = front->assembly->dtb;

    memset(out, 0, sizeof(*out));
    out->path = node->path;
    out->offset = node->offset;
    out->regs = query_fdt_regs(front->arena, fdt, node, &out->reg_count);
    out->interrupts =
        query_fdt_interrupts(front->arena, fdt, node, &out->interrupt_cell_total);
    out->interrupt_cells = query_fdt_interrupt_cells(fdt, node->offset);
}

// ---------------------------------------------------------------------------------------------
// Selecting a node

/// What one dict of a query asks for.
struct selector {
    bool has_pattern;
    regex_t pattern;
    int offset;                          ///< node named by an alias or by chosen, or -1
    const struct flat_value *properties; ///< dict or NULL
};

static bool compile_pattern(struct front *front, const struct flat_value *value,
                            struct selector *selector)
{
    char reason[128];
    int error;

    if (value->kind != FLAT_STRING || value->string_len > PATTERN_MAX_LEN ||
        strpbrk(value->string, "{\\") != NULL) {
        diag_error(front->diag, value->loc, "query-path",
                   "'path' must be a string with a regular expression (without '{' and '\\', at most "
                   "%u characters)", PATTERN_MAX_LEN);
        return false;
    }
    error = regcomp(&selector->pattern, value->string, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (error != 0) {
        (void)regerror(error, &selector->pattern, reason, sizeof(reason));
        diag_error(front->diag, value->loc, "query-path",
                   "'path' must be a regular expression: %s", reason);
        return false;
    }
    selector->has_pattern = true;
    return true;
}

static bool select_by_name(struct front *front, const char *table,
                           const struct flat_value *value, struct selector *selector)
{
    const char *found;

    if (value->kind != FLAT_STRING) {
        diag_error(front->diag, value->loc, "query-argument", "'%s' must be a string", table);
        return false;
    }
    found = query_fdt_named(front->arena, front->assembly->dtb, table, value->string);
    selector->offset =
        found != NULL ? fdt_path_offset(front->assembly->dtb, found) : -FDT_ERR_NOTFOUND;
    if (selector->offset < 0) {
        diag_error(front->diag, value->loc, "query-no-node",
                   "/%s of '%s' has no '%s' that leads to a node", table,
                   front->assembly->dtb_path, value->string);
        return false;
    }
    return true;
}

/// "name", "name[*]" or "name[3]".
static bool is_property_key(const char *key)
{
    size_t name_len = strcspn(key, "[");
    const char *index = key + name_len + 1;
    size_t index_len;

    if (name_len == 0 || key[name_len] == '\0') {
        return name_len != 0;
    }
    index_len = index[0] == '*' ? 1 : strspn(index, "0123456789");
    return index_len != 0 && strcmp(index + index_len, "]") == 0;
}

static bool select_by_properties(struct front *front, const struct flat_value *dict,
                                 struct selector *selector)
{
    if (dict->kind != FLAT_DICT) {
        diag_error(front->diag, dict->loc, "query-argument", "'properties' must be a dict");
        return false;
    }
    for (size_t i = 0; i < dict->count; i++) {
        const struct flat_value *wanted = dict->items[i];

        if (!is_property_key(dict->keys[i])) {
            diag_error(front->diag, wanted->loc, "query-argument",
                       "\"%.60s\" is not the name of a property: it must have the form \"name\", "
                       "\"name[*]\" or \"name[3]\"", dict->keys[i]);
            return false;
        }
        if (wanted->kind != FLAT_INT && wanted->kind != FLAT_STRING) {
            diag_error(front->diag, wanted->loc, "query-argument",
                       "an item of a property is an integer or a string");
            return false;
        }
    }
    selector->properties = dict;
    return true;
}

static bool make_selector(struct front *front, const struct flat_value *arg,
                          struct selector *selector)
{
    static const char *const keys[] = {"path", "aliases", "chosen", "properties"};

    memset(selector, 0, sizeof(*selector));
    selector->offset = -1;
    for (size_t i = 0; i < arg->count; i++) {
        const char *key = arg->keys[i];
        const struct flat_value *value = arg->items[i];
        bool good = true;

        if (strcmp(key, "path") == 0) {
            good = compile_pattern(front, value, selector);
        } else if (strcmp(key, "aliases") == 0 || strcmp(key, "chosen") == 0) {
            good = select_by_name(front, key, value, selector);
        } else if (strcmp(key, "properties") == 0) {
            good = select_by_properties(front, value, selector);
        } else {
            front_unknown(front, value->loc, "query-key", "key of a dtb query", key,
                          diag_nearest(key, keys, sizeof(keys) / sizeof(keys[0])));
            good = false;
        }
        if (!good) {
            if (selector->has_pattern) {
                regfree(&selector->pattern);
            }
            return false;
        }
    }
    return true;
}

static bool item_equals(const struct flat_value *item, const struct flat_value *wanted)
{
    if (item->kind != wanted->kind) {
        return false;
    }
    return item->kind == FLAT_STRING ? strcmp(item->string, wanted->string) == 0
                                     : item->integer == wanted->integer;
}

/// "name[3]", "name[*]" or "name" against a value.
static bool property_matches(struct front *front, const struct fdt_node *node, const char *key,
                             const struct flat_value *wanted)
{
    const char *bracket = strchr(key, '[');
    size_t name_len = bracket != NULL ? (size_t)(bracket - key) : strlen(key);
    const char *name = arena_strndup(front->arena, key, name_len);
    bool any = bracket == NULL || bracket[1] == '*';
    size_t index = any ? 0 : (size_t)strtoul(bracket + 1, NULL, 10);
    int len = 0;
    const void *data = fdt_getprop(front->assembly->dtb, node->offset, name, &len);
    const struct flat_value *list;

    if (data == NULL || len < 0) {
        return false;
    }
    list = property_value(front, node->parent, name, data, (size_t)len, wanted->loc);
    for (size_t i = 0; i < list->count; i++) {
        if ((any || i == index) && item_equals(list->items[i], wanted)) {
            return true;
        }
    }
    return false;
}

static bool node_matches(struct front *front, const struct fdt_node *node,
                         const struct selector *selector)
{
    if (selector->offset >= 0 && node->offset != selector->offset) {
        return false;
    }
    if (selector->has_pattern && regexec(&selector->pattern, node->path, 0, NULL, 0) != 0) {
        return false;
    }
    for (size_t i = 0; selector->properties != NULL && i < selector->properties->count; i++) {
        if (!property_matches(front, node, selector->properties->keys[i],
                              selector->properties->items[i])) {
            return false;
        }
    }
    return true;
}

static void no_node(struct front *front, const struct flat_value *arg)
{
    const struct flat_value *path = flat_value_get(arg, "path");
    const char *near = NULL;

    if (path != NULL && path->kind == FLAT_STRING) {
        const char **paths =
            ARENA_NEW_ARRAY(front->arena, const char *, front->fdt_nodes->count);

        for (size_t i = 0; i < front->fdt_nodes->count; i++) {
            paths[i] = front->fdt_nodes->items[i].path;
        }
        near = diag_nearest(path->string, paths, front->fdt_nodes->count);
    }
    if (near != NULL) {
        diag_error(front->diag, arg->loc, "query-no-node",
                   "no node of '%s' matches; did you mean '%s'?", front->assembly->dtb_path,
                   near);
    } else {
        diag_error(front->diag, arg->loc, "query-no-node", "no node of '%s' matches",
                   front->assembly->dtb_path);
    }
}

static const struct fdt_node *select_node(struct front *front, const struct flat_value *arg)
{
    const struct fdt_node *found = NULL;
    struct selector selector;

    if (!make_selector(front, arg, &selector)) {
        return NULL;
    }
    for (size_t i = 0; i < front->fdt_nodes->count && found == NULL; i++) {
        if (node_matches(front, &front->fdt_nodes->items[i], &selector)) {
            found = &front->fdt_nodes->items[i];
        }
    }
    if (selector.has_pattern) {
        regfree(&selector.pattern);
    }
    if (found == NULL) {
        no_node(front, arg);
    }
    return found;
}

// ---------------------------------------------------------------------------------------------
// Queries

static bool is_gpio(const struct ast_setting *setting)
{
    return strcmp(setting->function.text, "gpio") == 0;
}

static const struct flat_value *query_result(struct front *front,
                                             const struct ast_setting *setting,
                                             const value_vec *nodes)
{
    struct adlc_loc loc = setting->function.loc;
    struct dict_builder dict;
    value_vec found = {NULL, 0, 0};

    if (setting->keys != NULL) {
        for (size_t i = 0; i < nodes->count; i++) {
            const struct flat_value *item = value_pick(front, nodes->items[i], setting->keys);

            if (item == NULL) {
                return NULL;
            }
            VEC_PUSH(front->arena, found, item);
        }
        return list_value(front, &found, loc);
    }
    memset(&dict, 0, sizeof(dict));
    dict_set(front, &dict, arena_intern(front->arena, "query"), list_value(front, nodes, loc));
    if (!is_gpio(setting)) {
        dict_set(front, &dict, arena_intern(front->arena, "dtb_size"),
                 one_int(front, front->assembly->dtb_size, loc));
    }
    return dict_value(front, &dict, loc);
}

static bool check_function(struct front *front, const struct ast_setting *setting)
{
    if (is_gpio(setting)) {
        if (front->options->gpio_list == NULL) {
            diag_error(front->diag, setting->function.loc, "pin-list-missing",
                       "a gpio query needs the platform's pin list (--gpio-list FILE)");
        }
        return front->options->gpio_list != NULL;
    }
    if (front->assembly->dtb == NULL) {
        diag_error(front->diag, setting->function.loc, "dtb-missing",
                   "a dtb query needs the platform's device tree (--dtb FILE)");
        return false;
    }
    return true;
}

static const struct flat_value *evaluate_gpio(struct front *front,
                                              const struct ast_setting *setting)
{
    gpio_pin_vec pins = {NULL, 0, 0};
    gpio_pin_vec found = {NULL, 0, 0};
    value_vec values = {NULL, 0, 0};
    bool good = gpio_load(front, &pins);

    for (size_t i = 0; good && i < setting->args->count; i++) {
        good = gpio_select(front, &pins, setting->args->items[i], &found);
    }
    for (size_t i = 0; i < found.count; i++) {
        VEC_PUSH(front->arena, values, found.items[i]);
    }
    return good ? query_result(front, setting, &values) : NULL;
}

const struct flat_value *query_evaluate(struct front *front, const struct ast_setting *setting,
                                        const struct flat_dtb_result **result)
{
    struct flat_dtb_result *dtb = ARENA_NEW(front->arena, struct flat_dtb_result);
    struct flat_dtb_node *nodes;
    value_vec values = {NULL, 0, 0};
    bool good = true;

    *result = NULL;
    if (!check_function(front, setting)) {
        return NULL;
    }
    if (is_gpio(setting)) {
        return evaluate_gpio(front, setting);
    }
    nodes = ARENA_NEW_ARRAY(front->arena, struct flat_dtb_node, setting->args->count);
    for (size_t i = 0; i < setting->args->count; i++) {
        const struct flat_value *arg = setting->args->items[i];
        const struct fdt_node *node;

        if (arg->count == 0) {
            VEC_PUSH(front->arena, values, arg);
            continue;
        }
        node = select_node(front, arg);
        if (node == NULL) {
            good = false;
            continue;
        }
        VEC_PUSH(front->arena, values, node_value(front, node, arg->loc));
        fill_dtb_node(front, node, &nodes[dtb->node_count++]);
    }
    if (!good) {
        return NULL;
    }
    dtb->nodes = nodes;
    *result = setting->keys == NULL ? dtb : NULL;
    return query_result(front, setting, &values);
}
