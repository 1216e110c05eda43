// SPDX-License-Identifier: BSD-2-Clause
// Values of settings: queries, `<-` references, and whether each setting means anything.

#include <string.h>

#include "front.h"
#include "settings_table.h"
#include "vm_settings.h"

#define MAX_REFERENCE_DEPTH 500u
#define MAX_CANDIDATES      4000u

// ---------------------------------------------------------------------------------------------
// What a setting means

static bool matches_numbered(const char *pattern, const char *name)
{
    const char *hash = strchr(pattern, '#');
    size_t prefix = (size_t)(hash - pattern);
    size_t digits;
    int bits = 0;

    if (strncmp(name, pattern, prefix) != 0) {
        return false;
    }
    digits = strspn(name + prefix, "0123456789");
    for (size_t i = 0; i < digits && i < 3; i++) {
        bits = bits * 10 + (name[prefix + i] - '0');
    }
    return digits >= 1 && digits <= 2 && bits >= 4 && bits <= 47 &&
           strcmp(name + prefix + digits, hash + 1) == 0;
}

/// The interface or lock whose name is `name` without `suffix`, or NULL.
static const void *matching_part(const struct front *front, const struct ast_component *component,
                                 enum name_kind kind, const char *suffix, const char *name)
{
    size_t len = strlen(name);
    size_t tail = strlen(suffix);

    if (len <= tail || strcmp(name + len - tail, suffix) != 0) {
        return NULL;
    }
    return names_get(&front->names, component, kind,
                     arena_intern_n(front->arena, name, len - tail));
}

static const struct flat_lock *matching_semaphore(const struct front *front,
                                                  const struct ast_component *component,
                                                  const char *suffix, const char *name)
{
    const struct flat_lock *lock = matching_part(front, component, NAME_LOCK, suffix, name);

    return lock != NULL && lock->kind != FLAT_MUTEX ? lock : NULL;
}

static bool row_matches(const struct front *front, const struct setting_row *row,
                        const struct front_subject *subject, const char *name)
{
    bool instance = subject->node != NULL && subject->interface == NULL;

    switch (row->scope) {
    case SETTING_INSTANCE:
    case SETTING_NEEDS_ATTRIBUTE:
    case SETTING_DEAD:
        return instance && strcmp(row->name, name) == 0;
    case SETTING_INSTANCE_NUMBERED:
        return instance && matches_numbered(row->name, name);
    case SETTING_OF_INTERFACE:
        return instance && matching_part(front, subject->node->component, NAME_INTERFACE,
                                         row->name, name) != NULL;
    case SETTING_OF_SEMAPHORE:
        return instance &&
               matching_semaphore(front, subject->node->component, row->name, name) != NULL;
    case SETTING_INTERFACE:
        return subject->interface != NULL && strcmp(row->name, name) == 0;
    case SETTING_DEAD_FIELD:
        return false;
    case SETTING_CONNECTION:
        break;
    }
    return subject->connection != NULL && strcmp(row->name, name) == 0;
}

static const struct setting_row *find_row(const struct front *front,
                                          const struct front_subject *subject, const char *name)
{
    for (size_t i = 0; i < settings_table_count; i++) {
        if (row_matches(front, &settings_table[i], subject, name)) {
            return &settings_table[i];
        }
    }
    return NULL;
}

static const struct flat_attribute *declared_attribute(const struct front *front,
                                                       const struct front_subject *subject,
                                                       const char *name)
{
    if (subject->connection != NULL) {
        return names_get(&front->names, subject->connection->connector, NAME_FIELD, name);
    }
    return subject->interface == NULL ? front_attribute(front, subject->node->component, name)
                                      : NULL;
}

typedef VEC(const char *) candidate_vec;

static void add_component_candidates(struct front *front, const struct ast_component *component,
                                     candidate_vec *out)
{
    for (size_t i = 0; i < component->attributes.count; i++) {
        VEC_PUSH(front->arena, *out, component->attributes.items[i].name.text);
    }
    for (size_t i = 0; i < settings_table_count && out->count < MAX_CANDIDATES; i++) {
        const struct setting_row *row = &settings_table[i];

        if (row->scope == SETTING_INSTANCE) {
            VEC_PUSH(front->arena, *out, row->name);
        }
        for (size_t j = 0; row->scope == SETTING_OF_SEMAPHORE && j < component->locks.count;
             j++) {
            if (component->locks.items[j].kind != FLAT_MUTEX) {
                VEC_PUSH(front->arena, *out,
                         arena_printf(front->arena, "%s%s", component->locks.items[j].name,
                                      row->name));
            }
        }
        for (size_t j = 0; row->scope == SETTING_OF_INTERFACE &&
                           j < component->interfaces.count && out->count < MAX_CANDIDATES;
             j++) {
            VEC_PUSH(front->arena, *out,
                     arena_printf(front->arena, "%s%s",
                                  component->interfaces.items[j].name.text, row->name));
        }
    }
}

/// Names that references inside the component hand on to what is in it: `inner.a <- a`.
static void add_handed_on(struct front *front, const struct front_subject *subject,
                          candidate_vec *out)
{
    for (size_t i = 0; i < front->settings.count && out->count < MAX_CANDIDATES; i++) {
        const struct front_setting *setting = front->settings.items[i];

        if (setting->ast->kind == AST_REFERENCE && setting->source_ok &&
            setting->source.scope == subject->scope && setting->ast->source.parts.count == 1) {
            VEC_PUSH(front->arena, *out, setting->attribute);
        }
    }
}

static const char *nearest_setting(struct front *front, const struct front_subject *subject,
                                   const char *name)
{
    enum setting_scope wanted =
        subject->interface != NULL ? SETTING_INTERFACE : SETTING_CONNECTION;
    candidate_vec out = {NULL, 0, 0};

    if (diag_is_full(front->diag)) {
        return NULL;
    }
    if (subject->node != NULL && subject->interface == NULL) {
        add_component_candidates(front, subject->node->component, &out);
        add_handed_on(front, subject, &out);
    } else {
        for (size_t i = 0; i < settings_table_count; i++) {
            if (settings_table[i].scope == wanted) {
                VEC_PUSH(front->arena, out, settings_table[i].name);
            }
        }
    }
    return diag_nearest(name, out.items, out.count);
}

static void note_component(struct front *front, const struct front_subject *subject)
{
    if (subject->node != NULL) {
        diag_note(front->diag, subject->node->component->name.loc,
                  "component '%s' of instance '%s' is declared here",
                  subject->node->component->name.text, subject->node->name);
    }
}

// ---------------------------------------------------------------------------------------------
// Values of known settings

static bool setting_error(struct front *front, const struct front_setting *setting,
                          const struct flat_value *value, const char *wanted)
{
    diag_error(front->diag, value->loc, "setting-type", "setting '%s' must be %s",
               setting->attribute, wanted);
    return false;
}

static bool check_int(struct front *front, const struct front_setting *setting,
                      const struct flat_value *value, const struct setting_row *row)
{
    int64_t number = value->integer;
    uint64_t parsed = 0;
    bool huge = value->is_huge;

    if (value->kind == FLAT_STRING && flat_parse_number(value->string, &parsed)) {
        number = (int64_t)parsed;
        huge = parsed > INT64_MAX;
    } else if (value->kind != FLAT_INT) {
        return setting_error(front, setting, value, "an integer");
    }
    if (huge ? row->max != INT64_MAX : number < row->min || number > row->max) {
        if (row->max == INT64_MAX) {
            diag_error(front->diag, value->loc, "setting-range",
                       "setting '%s' must be at least %lld", setting->attribute,
                       (long long)row->min);
        } else {
            diag_error(front->diag, value->loc, "setting-range",
                       "setting '%s' must be from %lld to %lld", setting->attribute,
                       (long long)row->min, (long long)row->max);
        }
        return false;
    }
    return true;
}

static bool check_list(struct front *front, const struct front_setting *setting,
                       const struct flat_value *value, const struct setting_row *row)
{
    if (value->kind != FLAT_LIST) {
        return setting_error(front, setting, value, "a list");
    }
    for (size_t i = 0; i < value->count; i++) {
        if (row->type == SETTING_LIST_INT &&
            !check_int(front, setting, value->items[i], row)) {
            return false;
        }
        if (row->type == SETTING_LIST_STRING && value->items[i]->kind != FLAT_STRING) {
            return setting_error(front, setting, value->items[i], "a list of strings");
        }
    }
    return true;
}

static bool is_access(const char *text)
{
    const char *rights = "RWXP";

    for (; *text != '\0'; text++) {
        rights = strchr(rights, *text);
        if (rights == NULL) {
            return false;
        }
        rights++;
    }
    return true;
}

static bool is_irq_type(const char *text)
{
    static const char *const types[] = {"simple", "arm", "isa", "pci", "ioapic", "msi"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_trigger(const char *text)
{
    return strcmp(text, "level") == 0 || strcmp(text, "edge") == 0;
}

static bool check_row(struct front *front, const struct front_setting *setting,
                      const struct setting_row *row)
{
    const struct flat_value *value = setting->value;

    switch (row->type) {
    case SETTING_ANY:
        return true;
    case SETTING_INT:
        return check_int(front, setting, value, row);
    case SETTING_STRING:
        return value->kind == FLAT_STRING || setting_error(front, setting, value, "a string");
    case SETTING_ACCESS:
        return (value->kind == FLAT_STRING && is_access(value->string)) ||
               setting_error(front, setting, value,
                             "a string of access rights R, W, X, P, in this order");
    case SETTING_IRQ_TYPE:
        return (value->kind == FLAT_STRING && is_irq_type(value->string)) ||
               setting_error(front, setting, value,
                             "\"simple\", \"arm\", \"isa\", \"pci\", \"ioapic\" or \"msi\"");
    case SETTING_TRIGGER:
        return (value->kind == FLAT_STRING && is_trigger(value->string)) ||
               (value->kind == FLAT_INT && check_int(front, setting, value, row)) ||
               (value->kind != FLAT_INT &&
                setting_error(front, setting, value, "\"level\", \"edge\", 0 or 1"));
    case SETTING_LIST:
    case SETTING_LIST_INT:
    case SETTING_LIST_STRING:
        return check_list(front, setting, value, row);
    case SETTING_BADGE:
        return value->kind != FLAT_INT || check_int(front, setting, value, row);
    case SETTING_RECORDS:
        vm_setting_check(front, setting->attribute, value);
        return true;
    case SETTING_DICT:
        break;
    }
    return value->kind == FLAT_DICT || setting_error(front, setting, value, "a dict");
}

/// Initial value of a binary semaphore: 0 or 1.
static void check_binary_semaphore(struct front *front, const struct front_setting *setting)
{
    const struct flat_lock *lock =
        matching_semaphore(front, setting->subject.node->component, "_value", setting->attribute);
    struct setting_row row = {"_value", SETTING_OF_SEMAPHORE, SETTING_INT, 0, 1};

    if (lock != NULL && lock->kind == FLAT_BINARY_SEMAPHORE) {
        (void)check_int(front, setting, setting->value, &row);
    }
}

static void unknown_setting(struct front *front, const struct front_setting *setting)
{
    const struct ast_ref *target = &setting->ast->target;
    struct adlc_loc loc = target->parts.items[target->parts.count - 1].loc;

    if (front->options->lenient) {
        diag_warning(front->diag, loc, "unknown-setting",
                     "setting '%s' is unknown and has no effect", setting->attribute);
    } else {
        front_unknown(front, loc, "unknown-setting", "setting", setting->attribute,
                      nearest_setting(front, &setting->subject, setting->attribute));
    }
    note_component(front, &setting->subject);
}

static void check_value(struct front *front, struct front_setting *setting)
{
    const struct front_subject *subject = &setting->subject;
    const struct flat_attribute *attribute =
        declared_attribute(front, subject, setting->attribute);
    const struct setting_row *row;

    if (attribute != NULL) {
        if (setting->value != NULL && subject->connection == NULL && setting->dtb == NULL) {
            setting->value = value_check(front, attribute, setting->value);
        }
        return;
    }
    row = find_row(front, subject, setting->attribute);
    if (row == NULL) {
        if (!setting->is_read) {
            unknown_setting(front, setting);
        }
        return;
    }
    if (row->scope == SETTING_DEAD || row->scope == SETTING_NEEDS_ATTRIBUTE) {
        diag_warning(front->diag, setting->loc, "dead-setting",
                     "setting '%s' has no effect: component '%s' does not declare it",
                     setting->attribute, subject->node->component->name.text);
        return;
    }
    setting->for_compiler = !setting->is_read;
    if (setting->value != NULL && check_row(front, setting, row) &&
        row->scope == SETTING_OF_SEMAPHORE) {
        check_binary_semaphore(front, setting);
    }
}

static void check_setting(struct front *front, struct front_setting *setting)
{
    size_t errors = diag_error_count(front->diag);

    check_value(front, setting);
    // An unknown setting is at fault itself; else its value is.
    if (diag_error_count(front->diag) != errors && setting->ast->kind == AST_REFERENCE &&
        (declared_attribute(front, &setting->subject, setting->attribute) != NULL ||
         find_row(front, &setting->subject, setting->attribute) != NULL)) {
        diag_note(front->diag, setting->ast->source.loc, "the value is taken over here");
    }
}

// ---------------------------------------------------------------------------------------------
// References

static struct front_setting *explicit_source_of(const struct front *front,
                                                const struct front_setting *setting)
{
    const struct ast_ref *ref = &setting->ast->source;

    return names_get(&front->names, setting->source.scope, NAME_SETTING,
                     ref->parts.items[ref->parts.count - 1].text);
}

/// Whether the source of a reference can ever have a value. `inner.a <- a;` in a component lets who uses the
/// component set `a` and keeps the default of inner.a otherwise: `a` need not be declared for that.
static bool source_is_known(struct front *front, const struct front_setting *setting,
                            const struct ast_name *name)
{
    if (declared_attribute(front, &setting->source, name->text) != NULL ||
        find_row(front, &setting->source, name->text) != NULL ||
        explicit_source_of(front, setting) != NULL ||
        (setting->ast->source.parts.count == 1 && name->text == setting->attribute)) {
        return true;
    }
    front_unknown(front, name->loc, "unknown-attribute", "attribute", name->text,
                  nearest_setting(front, &setting->source, name->text));
    note_component(front, &setting->source);
    return false;
}

static void follow_reference(struct front *front, struct front_setting *setting, unsigned depth)
{
    const struct ast_ref *ref = &setting->ast->source;
    const struct ast_name *name;
    struct front_setting *explicit_source;
    const struct flat_attribute *attribute;

    if (setting->state == FRONT_DONE || setting->ast->kind != AST_REFERENCE) {
        return;
    }
    name = &ref->parts.items[ref->parts.count - 1];
    if (setting->state == FRONT_BUSY) {
        diag_error(front->diag, ref->loc, "reference-cycle", "this reference leads back to itself");
    } else if (depth > MAX_REFERENCE_DEPTH) {
        diag_error(front->diag, ref->loc, "too-deep", "more than %u references lead from one to the next",
                   MAX_REFERENCE_DEPTH);
    }
    if (setting->state == FRONT_BUSY || depth > MAX_REFERENCE_DEPTH) {
        setting->state = FRONT_DONE;
        return;
    }
    setting->state = FRONT_BUSY;
    if (setting->source_ok && source_is_known(front, setting, name)) {
        explicit_source = explicit_source_of(front, setting);
        attribute = declared_attribute(front, &setting->source, name->text);
        if (explicit_source != NULL) {
            follow_reference(front, explicit_source, depth + 1);
            setting->value = explicit_source->value;
            setting->dtb = setting->ast->keys == NULL ? explicit_source->dtb : NULL;
        }
        if (setting->value == NULL && attribute != NULL) {
            setting->value = attribute->init;
        }
        if (setting->value != NULL) {
            setting->value = value_pick(front, setting->value, setting->ast->keys);
        } else {
            attribute = declared_attribute(front, &setting->subject, setting->attribute);
            setting->value = attribute != NULL ? attribute->init : NULL;
        }
    }
    setting->state = FRONT_DONE;
}

static void record_query(struct front *front, const struct front_setting *setting)
{
    struct flat_query query;

    memset(&query, 0, sizeof(query));
    query.scope = setting->subject.scope;
    query.attribute = setting->attribute;
    query.function = setting->ast->function.text;
    query.args = setting->ast->args;
    query.lookup = setting->ast->keys;
    query.loc = setting->ast->function.loc;
    VEC_PUSH(front->arena, front->queries, query);
}

/// Of several settings of the same thing the last one counts; but who uses a component has the last
/// word over the component's own configuration.
static void prefer_setting(struct front *front, struct front_setting *setting)
{
    const struct front_setting *old =
        names_get(&front->names, setting->subject.scope, NAME_SETTING, setting->attribute);

    if (old == NULL || old->depth >= setting->depth) {
        names_set(&front->names, setting->subject.scope, NAME_SETTING, setting->attribute,
                  setting, setting->loc);
    }
}

void settings_evaluate(struct front *front)
{
    for (size_t i = 0; i < front->settings.count; i++) {
        struct front_setting *setting = front->settings.items[i];

        if (setting->ast->kind == AST_VALUE) {
            setting->value = setting->ast->value;
        } else if (setting->ast->kind == AST_QUERY) {
            setting->value = query_evaluate(front, setting->ast, &setting->dtb);
            record_query(front, setting);
        }
        prefer_setting(front, setting);
    }
    for (size_t i = 0; i < front->settings.count; i++) {
        struct front_setting *setting = front->settings.items[i];
        struct front_setting *source =
            setting->ast->kind == AST_REFERENCE && setting->source_ok
                ? explicit_source_of(front, setting)
                : NULL;

        if (source != NULL) {
            source->is_read = true;
        }
    }
    // References come last: what they lead to is complete by then.
    for (size_t i = 0; i < front->settings.count; i++) {
        if (front->settings.items[i]->ast->kind != AST_REFERENCE) {
            check_setting(front, front->settings.items[i]);
        }
    }
    for (size_t i = 0; i < front->settings.count; i++) {
        follow_reference(front, front->settings.items[i], 0);
    }
    for (size_t i = 0; i < front->settings.count; i++) {
        if (front->settings.items[i]->ast->kind == AST_REFERENCE) {
            check_setting(front, front->settings.items[i]);
        }
    }
}
