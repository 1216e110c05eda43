// SPDX-License-Identifier: BSD-2-Clause
// Values against declared types: attribute defaults, settings, struct fields.

#include <inttypes.h>
#include <string.h>

#include "front.h"
#include "settings_table.h"

/// Largest value of a struct, in parts, after filling in defaults.
#define VALUE_MAX_NODES 20000u

static const char *kind_text(enum flat_value_kind kind)
{
    switch (kind) {
    case FLAT_INT:
        return "an integer";
    case FLAT_FLOAT:
        return "a float";
    case FLAT_STRING:
        return "a string";
    case FLAT_LIST:
        return "a list";
    case FLAT_DICT:
        break;
    }
    return "a dict";
}

static const struct flat_value *type_error(struct front *front,
                                           const struct flat_attribute *attribute,
                                           const struct flat_value *value, const char *wanted)
{
    diag_error(front->diag, value->loc, "value-type", "'%s' must be %s, but this is %s",
               attribute->name, wanted, kind_text(value->kind));
    diag_note(front->diag, attribute->loc, "'%s' is declared here", attribute->name);
    return NULL;
}

struct integer_range {
    const char *name;      ///< C name of the type
    int64_t min;
    uint64_t max;
};

/// int takes 32-bit patterns too, because hexadecimal constants for it are common.
static const struct integer_range integer_ranges[] = {
    {"int", INT32_MIN, UINT32_MAX},      {"unsigned int", 0, UINT32_MAX},
    {"char", INT8_MIN, UINT8_MAX},       {"signed char", INT8_MIN, INT8_MAX},
    {"unsigned char", 0, UINT8_MAX},     {"bool", 0, 1},
    {"int8_t", INT8_MIN, INT8_MAX},      {"uint8_t", 0, UINT8_MAX},
    {"int16_t", INT16_MIN, INT16_MAX},   {"uint16_t", 0, UINT16_MAX},
    {"int32_t", INT32_MIN, INT32_MAX},   {"uint32_t", 0, UINT32_MAX},
    {"int64_t", INT64_MIN, INT64_MAX},   {"ssize_t", INT64_MIN, INT64_MAX},
    {"ptrdiff_t", INT64_MIN, INT64_MAX}, {"intptr_t", INT64_MIN, INT64_MAX},
    {"uint64_t", 0, UINT64_MAX},         {"size_t", 0, UINT64_MAX},
    {"uintptr_t", 0, UINT64_MAX},
};

static const struct flat_value *check_integer(struct front *front,
                                              const struct flat_attribute *attribute,
                                              const struct flat_value *value)
{
    const struct integer_range *range = NULL;

    if (value->kind != FLAT_INT) {
        return type_error(front, attribute, value, "an integer");
    }
    for (size_t i = 0; i < sizeof(integer_ranges) / sizeof(integer_ranges[0]); i++) {
        if (strcmp(integer_ranges[i].name, attribute->type.c_name) == 0) {
            range = &integer_ranges[i];
        }
    }
    if (range == NULL) {
        return value;
    }
    if (value->is_huge || value->integer >= 0 ? (uint64_t)value->integer > range->max
                                              : value->integer < range->min) {
        diag_error(front->diag, value->loc, "value-range",
                   "the value of '%s' is out of range: %s holds %lld to %llu", attribute->name,
                   attribute->type.c_name, (long long)range->min,
                   (unsigned long long)range->max);
        diag_note(front->diag, attribute->loc, "'%s' is declared here", attribute->name);
        return NULL;
    }
    return value;
}

/// Values in a value, itself included, as far as filling in defaults made it grow.
static size_t node_count(const struct flat_value *value)
{
    return value->nodes != 0 ? value->nodes : 1;
}

static const struct flat_attribute *find_field(const struct flat_struct *structure,
                                               const char *name)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        if (structure->fields[i].name == name) {
            return &structure->fields[i];
        }
    }
    return NULL;
}

static bool is_dead_field(const char *name)
{
    for (size_t i = 0; i < settings_table_count; i++) {
        if (settings_table[i].scope == SETTING_DEAD_FIELD &&
            strcmp(settings_table[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void unknown_field(struct front *front, const struct flat_struct *structure,
                          const struct flat_attribute *attribute, const struct flat_value *dict,
                          size_t index)
{
    const char **names = ARENA_NEW_ARRAY(front->arena, const char *, structure->field_count);
    const char *near;

    if (front->options->lenient || is_dead_field(dict->keys[index])) {
        diag_warning(front->diag, dict->items[index]->loc, "dead-setting",
                     "field '%s' has no effect: '%s' does not have it", dict->keys[index],
                     attribute->name);
        return;
    }
    for (size_t i = 0; i < structure->field_count; i++) {
        names[i] = structure->fields[i].name;
    }
    near = diag_nearest(dict->keys[index], names, structure->field_count);
    front_unknown(front, dict->items[index]->loc, "unknown-field", "field", dict->keys[index],
                  near);
    diag_note(front->diag, attribute->loc, "'%s' is declared here", attribute->name);
}

/// A dict for a struct: keys must be fields, values must fit, missing fields take their defaults.
static const struct flat_value *check_struct(struct front *front,
                                             const struct flat_attribute *attribute,
                                             const struct flat_value *value)
{
    const struct flat_struct *structure = attribute->type.structure;
    VEC(const struct flat_value *) items = {NULL, 0, 0};
    VEC(const char *) keys = {NULL, 0, 0};
    size_t errors = diag_error_count(front->diag);
    struct flat_value *filled;

    if (value->kind != FLAT_DICT) {
        return type_error(front, attribute, value, "a dict");
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct flat_attribute *field = find_field(structure, value->keys[i]);

        if (field == NULL) {
            unknown_field(front, structure, attribute, value, i);
            continue;
        }
        VEC_PUSH(front->arena, keys, value->keys[i]);
        VEC_PUSH(front->arena, items, value_check(front, field, value->items[i]));
    }
    for (size_t i = 0; i < structure->field_count; i++) {
        const struct flat_attribute *field = &structure->fields[i];

        if (flat_value_get(value, field->name) != NULL) {
            continue;
        }
        if (field->init == NULL) {
            diag_error(front->diag, value->loc, "missing-field",
                       "'%s' has no value for field '%s'", attribute->name, field->name);
            diag_note(front->diag, field->loc, "'%s' is declared here without a default",
                      field->name);
            continue;
        }
        VEC_PUSH(front->arena, keys, field->name);
        VEC_PUSH(front->arena, items, field->init);
    }
    if (diag_error_count(front->diag) != errors) {
        return NULL;
    }
    filled = ARENA_NEW(front->arena, struct flat_value);
    *filled = *value;
    filled->items = items.items;
    filled->keys = keys.items;
    filled->count = items.count;
    filled->nodes = 1;
    for (size_t i = 0; i < items.count; i++) {
        filled->nodes += node_count(items.items[i]);
    }
    // Structs that hold two of another, and so on, grow with the power of two.
    if (filled->nodes > VALUE_MAX_NODES) {
        diag_error(front->diag, value->loc, "value-too-large",
                   "with all defaults this value has more than %u parts", VALUE_MAX_NODES);
        return NULL;
    }
    return filled;
}

static const struct flat_value *check_scalar(struct front *front,
                                             const struct flat_attribute *attribute,
                                             const struct flat_value *value)
{
    const char *c_name = attribute->type.c_name;

    switch (attribute->type.kind) {
    case FLAT_TYPE_STRING:
        return value->kind == FLAT_STRING ? value
                                          : type_error(front, attribute, value, "a string");
    case FLAT_TYPE_STRUCT:
        return attribute->type.structure != NULL ? check_struct(front, attribute, value) : NULL;
    case FLAT_TYPE_NAMED:
        if (strcmp(c_name, "double") == 0 || strcmp(c_name, "float") == 0) {
            return value->kind == FLAT_INT || value->kind == FLAT_FLOAT
                       ? value
                       : type_error(front, attribute, value, "a number");
        }
        break;
    default:
        break;
    }
    return check_integer(front, attribute, value);
}

static void no_item(struct front *front, const struct flat_value *value,
                    const struct flat_value *key)
{
    const char *near;

    if (value->kind != FLAT_LIST && value->kind != FLAT_DICT) {
        diag_error(front->diag, key->loc, "bad-key", "there is no such item: this is %s",
                   kind_text(value->kind));
    } else if (value->kind == FLAT_LIST && key->kind == FLAT_STRING) {
        diag_error(front->diag, key->loc, "bad-key",
                   "there is no such item: those of a list have numbers");
    } else if (value->kind == FLAT_LIST && value->count == 0) {
        diag_error(front->diag, key->loc, "bad-key", "there is no such item: the list is empty");
    } else if (value->kind == FLAT_LIST) {
        diag_error(front->diag, key->loc, "bad-key",
                   "there is no such item: the list has %zu, the first has number 0", value->count);
    } else if (key->kind == FLAT_INT) {
        diag_error(front->diag, key->loc, "bad-key", "there is no item %" PRId64 " in the dict",
                   key->integer);
    } else {
        near = diag_nearest(key->string, value->keys, value->count);
        diag_error(front->diag, key->loc, "bad-key", "there is no item \"%.60s\" in the dict%s%s%s",
                   key->string, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                   near != NULL ? "\"?" : "");
    }
}

static const struct flat_value *pick_item(struct front *front, const struct flat_value *value,
                                          const struct flat_value *key)
{
    const struct flat_value *item = NULL;

    if (value->kind == FLAT_LIST && key->kind == FLAT_INT) {
        if (!key->is_huge && key->integer >= 0 && (uint64_t)key->integer < value->count) {
            item = value->items[key->integer];
        }
    } else if (value->kind == FLAT_DICT) {
        item = flat_value_get(value, key->kind == FLAT_STRING
                                         ? key->string
                                         : arena_printf(front->arena, "%" PRId64, key->integer));
    }
    if (item == NULL) {
        no_item(front, value, key);
        diag_note(front->diag, value->loc, "the value comes from here");
    }
    return item;
}

const struct flat_value *value_pick(struct front *front, const struct flat_value *value,
                                    const struct flat_value *keys)
{
    for (size_t i = 0; keys != NULL && value != NULL && i < keys->count; i++) {
        value = pick_item(front, value, keys->items[i]);
    }
    return value;
}

const struct flat_value *value_check(struct front *front, const struct flat_attribute *attribute,
                                     const struct flat_value *value)
{
    const struct flat_value **items;
    struct flat_value *list;
    bool good = true;

    if (!attribute->array) {
        return check_scalar(front, attribute, value);
    }
    if (value->kind != FLAT_LIST) {
        return type_error(front, attribute, value, "a list");
    }
    items = ARENA_NEW_ARRAY(front->arena, const struct flat_value *, value->count);
    for (size_t i = 0; i < value->count; i++) {
        items[i] = check_scalar(front, attribute, value->items[i]);
        good = good && items[i] != NULL;
    }
    if (!good) {
        return NULL;
    }
    list = ARENA_NEW(front->arena, struct flat_value);
    *list = *value;
    list->items = items;
    list->nodes = 1;
    for (size_t i = 0; i < value->count; i++) {
        list->nodes += node_count(items[i]);
    }
    return list;
}
