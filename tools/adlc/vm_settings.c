// SPDX-License-Identifier: BSD-2-Clause
// Settings of x86 virtual machines: lists of records. Lowering reads only what was checked here.

#include "vm_settings.h"

#include <string.h>

#define MAX_FIELDS 8u

enum field_kind {
    FIELD_INT,      ///< min..max
    FIELD_PAGE_BITS,
    FIELD_TEXT,     ///< not empty
    FIELD_FUNCTION, ///< name of a C function
    FIELD_BADGE,    ///< a number, or "<interface>_notification_badge()"
    FIELD_MEMORY,   ///< list of memory ranges
};

struct field {
    const char *name;
    enum field_kind kind;
    bool optional;
    int64_t min;
    int64_t max;
};

/// A list of dicts (fields with names), or of lists that have all fields in their order.
struct record {
    const char *setting;
    bool is_list;
    struct field fields[MAX_FIELDS]; ///< up to the first without a name
};

#define ADDRESS 0, INT64_MAX
#define BYTES   1, (int64_t)1 << 40
#define BYTE    0, 255
#define BOOL    0, 1

static const struct record memory_record = {
    "memory", false, {
        {"paddr", FIELD_INT, false, ADDRESS},
        {"size", FIELD_INT, false, BYTES},
        {"page_bits", FIELD_PAGE_BITS, false, 0, 0},
    },
};

static const struct record records[] = {
    {"pci_devices", false, {
        {"name", FIELD_TEXT, false, 0, 0},
        {"bus", FIELD_INT, false, BYTE},
        {"dev", FIELD_INT, false, 0, 31},
        {"fun", FIELD_INT, false, 0, 7},
        {"irq", FIELD_TEXT, true, 0, 0},
        {"memory", FIELD_MEMORY, true, 0, 0},
    }},
    {"vm_ioports", false, {
        {"name", FIELD_TEXT, false, 0, 0},
        {"start", FIELD_INT, false, 0, 0xffff},
        {"end", FIELD_INT, false, 1, 0x10000},
        {"pci_device", FIELD_INT, true, BYTE},
    }},
    {"vm_irqs", false, {
        {"name", FIELD_TEXT, false, 0, 0},
        {"ioapic", FIELD_INT, true, 0, 127},
        {"source", FIELD_INT, false, BYTE},
        {"level_trig", FIELD_INT, false, BOOL},
        {"active_low", FIELD_INT, false, BOOL},
        {"dest", FIELD_INT, false, BYTE},
    }},
    {"init_cons", false, {
        {"init", FIELD_FUNCTION, false, 0, 0},
        {"badge", FIELD_BADGE, true, 0, INT64_MAX},
        {"irq", FIELD_FUNCTION, true, 0, 0},
    }},
    {"guest_mappings", false, {
        {"paddr", FIELD_INT, false, ADDRESS},
        {"size", FIELD_INT, false, BYTES},
        {"page_bits", FIELD_PAGE_BITS, false, 0, 0},
    }},
    {"ram", true, {
        {"paddr", FIELD_INT, false, ADDRESS},
        {"size_bits", FIELD_INT, false, 4, 47},
    }},
    {"exclude_paddr", true, {
        {"base", FIELD_INT, false, ADDRESS},
        {"bytes", FIELD_INT, false, BYTES},
    }},
};

static void check_records(struct front *front, const struct record *record,
                          const struct flat_value *value);

static size_t field_count(const struct record *record)
{
    size_t count = 0;

    while (count < MAX_FIELDS && record->fields[count].name != NULL) {
        count++;
    }
    return count;
}

// ---------------------------------------------------------------------------------------------
// Fields

static void field_error(struct front *front, const struct field *field,
                        const struct flat_value *value, const char *wanted)
{
    diag_error(front->diag, value->loc, "setting-field", "\"%s\" must be %s", field->name, wanted);
}

static bool is_c_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

    return length != 0 && text[length] == '\0' && (text[0] < '0' || text[0] > '9') &&
           !front_is_c_keyword(text);
}

static bool is_badge_call(struct front *front, const char *text)
{
    size_t length = strlen(text);
    const char *tail = "_notification_badge()";
    size_t tail_length = strlen(tail);

    return length > tail_length && strcmp(text + length - tail_length, tail) == 0 &&
           is_c_name(arena_strndup(front->arena, text, length - 2));
}

static void check_int_field(struct front *front, const struct field *field,
                            const struct flat_value *value)
{
    if (value->kind != FLAT_INT || value->is_huge || value->integer < field->min ||
        value->integer > field->max) {
        field_error(front, field, value,
                    field->max == INT64_MAX
                        ? "an integer that is not negative"
                        : arena_printf(front->arena, "an integer from %lld to %lld",
                                       (long long)field->min, (long long)field->max));
    }
}

static void check_badge(struct front *front, const struct field *field,
                        const struct flat_value *value)
{
    uint64_t number;

    if (value->kind == FLAT_INT
            ? value->is_huge || value->integer < 0
            : value->kind != FLAT_STRING || (!flat_parse_number(value->string, &number) &&
                                             !is_badge_call(front, value->string))) {
        field_error(front, field, value, "a number or \"<interface>_notification_badge()\"");
    }
}

static void check_field(struct front *front, const struct field *field,
                        const struct flat_value *value)
{
    switch (field->kind) {
    case FIELD_INT:
        check_int_field(front, field, value);
        break;
    case FIELD_PAGE_BITS:
        if (value->kind != FLAT_INT || (value->integer != 12 && value->integer != 21)) {
            field_error(front, field, value, "12 or 21: frames of 4 KiB or 2 MiB");
        }
        break;
    case FIELD_TEXT:
        if (value->kind != FLAT_STRING || value->string[0] == '\0') {
            field_error(front, field, value, "a string that is not empty");
        }
        break;
    case FIELD_FUNCTION:
        if (value->kind != FLAT_STRING || !is_c_name(value->string)) {
            field_error(front, field, value, "the name of a C function, in a string");
        }
        break;
    case FIELD_BADGE:
        check_badge(front, field, value);
        break;
    case FIELD_MEMORY:
        check_records(front, &memory_record, value);
        break;
    }
}

// ---------------------------------------------------------------------------------------------
// Records

static void unknown_key(struct front *front, const struct record *record,
                        const struct flat_value *value, size_t index)
{
    const char *names[MAX_FIELDS];
    size_t count = field_count(record);

    for (size_t i = 0; i < count; i++) {
        names[i] = record->fields[i].name;
    }
    front_unknown(front, value->items[index]->loc, "unknown-field", "field", value->keys[index],
                  diag_nearest(value->keys[index], names, count));
}

static const struct field *find_key(const struct record *record, const char *key)
{
    for (size_t i = 0; i < field_count(record); i++) {
        if (strcmp(record->fields[i].name, key) == 0) {
            return &record->fields[i];
        }
    }
    return NULL;
}

static void check_dict(struct front *front, const struct record *record,
                       const struct flat_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        const struct field *field = find_key(record, value->keys[i]);

        if (field == NULL) {
            unknown_key(front, record, value, i);
        } else {
            check_field(front, field, value->items[i]);
        }
    }
    for (size_t i = 0; i < field_count(record); i++) {
        if (!record->fields[i].optional && flat_value_get(value, record->fields[i].name) == NULL) {
            diag_error(front->diag, value->loc, "missing-field",
                       "this entry of '%s' has no value for \"%s\"", record->setting,
                       record->fields[i].name);
        }
    }
}

static void check_pair(struct front *front, const struct record *record,
                       const struct flat_value *value)
{
    for (size_t i = 0; i < field_count(record); i++) {
        check_field(front, &record->fields[i], value->items[i]);
    }
}

static void check_records(struct front *front, const struct record *record,
                          const struct flat_value *value)
{
    size_t count = field_count(record);

    if (value->kind != FLAT_LIST) {
        diag_error(front->diag, value->loc, "setting-type", "'%s' must be a list",
                   record->setting);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct flat_value *item = value->items[i];

        if (!record->is_list && item->kind == FLAT_DICT) {
            check_dict(front, record, item);
        } else if (record->is_list && item->kind == FLAT_LIST && item->count == count) {
            check_pair(front, record, item);
        } else {
            diag_error(front->diag, item->loc, "setting-type", "an entry of '%s' must be %s",
                       record->setting,
                       record->is_list
                           ? arena_printf(front->arena, "a list [%s, %s]", record->fields[0].name,
                                          record->fields[1].name)
                           : "a dict");
        }
    }
}

void vm_setting_check(struct front *front, const char *setting, const struct flat_value *value)
{
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        if (strcmp(records[i].setting, setting) == 0) {
            check_records(front, &records[i], value);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Names

/// The list, when it is the setting that was checked above and not an attribute of the component's own.
static const struct flat_value *checked_list(struct front *front,
                                             const struct flat_instance *instance,
                                             const char *setting)
{
    return flat_component_attribute(instance->component, setting) == NULL
               ? flat_setting_list(front->assembly, instance->name, setting)
               : NULL;
}

static bool has_name(const struct flat_value *list, const char *name)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct flat_value *value = flat_value_get(list->items[i], "name");

        if (value != NULL && value->kind == FLAT_STRING && strcmp(value->string, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_device_irqs(struct front *front, const struct flat_instance *instance)
{
    const struct flat_value *devices = checked_list(front, instance, "pci_devices");
    const struct flat_value *irqs = checked_list(front, instance, "vm_irqs");

    for (size_t i = 0; devices != NULL && i < devices->count; i++) {
        const struct flat_value *irq = flat_value_get(devices->items[i], "irq");

        if (irq != NULL && irq->kind == FLAT_STRING && !has_name(irqs, irq->string)) {
            diag_warning(front->diag, irq->loc, "device-irq",
                         "no entry of '%s.vm_irqs' has the name '%s': the device gets no interrupt",
                         instance->name, irq->string);
        }
    }
}

static void check_init_badges(struct front *front, const struct flat_instance *instance)
{
    const struct flat_value *list = checked_list(front, instance, "init_cons");

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct flat_value *badge = flat_value_get(list->items[i], "badge");
        const struct flat_value *irq = flat_value_get(list->items[i], "irq");
        uint64_t number;

        if ((badge == NULL) != (irq == NULL)) {
            diag_error(front->diag, list->items[i]->loc, "missing-field",
                       "\"badge\" and \"irq\" belong together");
        }
        if (badge == NULL || badge->kind != FLAT_STRING ||
            flat_parse_number(badge->string, &number)) {
            continue;
        }
        const char *name = arena_strndup(front->arena, badge->string,
                                         strlen(badge->string) - strlen("_notification_badge()"));
        if (flat_component_interface(instance->component, name) == NULL) {
            diag_error(front->diag, badge->loc, "unknown-interface",
                       "component '%s' of instance '%s' has no interface '%s'",
                       instance->component->name, instance->name, name);
        }
    }
}

void check_vm_settings(struct front *front)
{
    for (size_t i = 0; i < front->assembly->instance_count; i++) {
        check_device_irqs(front, &front->assembly->instances[i]);
        check_init_badges(front, &front->assembly->instances[i]);
    }
}
