// SPDX-License-Identifier: BSD-2-Clause
// Final tables of the assembly (settings, used declarations) and the look-ups of flat.h.

#include "flat.h"

#include <stdlib.h>
#include <string.h>

#include "front.h"

// ---------------------------------------------------------------------------------------------
// Values

struct flat_value *flat_value_new(struct arena *arena, enum flat_value_kind kind,
                                  struct adlc_loc loc)
{
    struct flat_value *value = ARENA_NEW(arena, struct flat_value);

    value->kind = kind;
    value->loc = loc;
    return value;
}

const struct flat_value *flat_value_get(const struct flat_value *dict, const char *key)
{
    if (dict == NULL || dict->kind != FLAT_DICT) {
        return NULL;
    }
    for (size_t i = 0; i < dict->count; i++) {
        if (strcmp(dict->keys[i], key) == 0) {
            return dict->items[i];
        }
    }
    return NULL;
}

const char *flat_interface_kind_name(enum flat_interface_kind kind)
{
    switch (kind) {
    case FLAT_USES:
        return "uses";
    case FLAT_PROVIDES:
        return "provides";
    case FLAT_EMITS:
        return "emits";
    case FLAT_CONSUMES:
        return "consumes";
    case FLAT_DATAPORT:
        break;
    }
    return "dataport";
}

const char *flat_connector_kind_name(enum flat_connector_kind kind)
{
    switch (kind) {
    case FLAT_KIND_PROCEDURE:
        return "Procedure";
    case FLAT_KIND_EVENT:
        return "Event";
    case FLAT_KIND_DATAPORT:
        break;
    }
    return "Dataport";
}

const struct flat_interface *flat_component_interface(const struct flat_component *component,
                                                      const char *name)
{
    for (size_t i = 0; i < component->interface_count; i++) {
        if (strcmp(component->interfaces[i].name, name) == 0) {
            return &component->interfaces[i];
        }
    }
    return NULL;
}

const struct flat_attribute *flat_component_attribute(const struct flat_component *component,
                                                      const char *name)
{
    for (size_t i = 0; i < component->attribute_count; i++) {
        if (strcmp(component->attributes[i].name, name) == 0) {
            return &component->attributes[i];
        }
    }
    return NULL;
}

int64_t flat_connector_int(const struct flat_connector *connector, const char *name,
                           int64_t fallback)
{
    for (size_t i = 0; i < connector->attribute_count; i++) {
        const struct flat_attribute *attribute = &connector->attributes[i];

        if (strcmp(attribute->name, name) == 0 && attribute->init != NULL &&
            attribute->init->kind == FLAT_INT) {
            return attribute->init->integer;
        }
    }
    return fallback;
}

// ---------------------------------------------------------------------------------------------
// Look-ups

static const struct front *front_of(const struct flat_assembly *a)
{
    return a->priv;
}

const struct flat_instance *flat_instance(const struct flat_assembly *a, const char *name)
{
    const struct front_node *node =
        names_get(&front_of(a)->names, NULL, NAME_FULL, arena_intern(a->arena, name));

    return node != NULL ? node->flat : NULL;
}

const struct flat_connection *flat_connection(const struct flat_assembly *a, const char *name)
{
    return names_get(&front_of(a)->names, NULL, NAME_FULL_CONNECTION,
                     arena_intern(a->arena, name));
}

const struct flat_end *flat_end_of(const struct flat_assembly *a,
                                   const struct flat_instance *instance, const char *interface)
{
    const struct front *front = front_of(a);

    return names_get(&front->names, front->nodes.items[instance->index], NAME_END,
                     arena_intern(a->arena, interface));
}

const struct flat_setting *flat_setting_record(const struct flat_assembly *a, const char *scope,
                                               const char *attribute)
{
    const struct front *front = front_of(a);
    struct flat_setting *setting;

    scope = arena_intern(a->arena, scope);
    attribute = arena_intern(a->arena, attribute);
    setting = names_get(&front->names, scope, NAME_EFFECTIVE, attribute);
    // Settings of a merged connection were written for one of its members.
    for (size_t i = 0; setting == NULL && i < front->members.count; i++) {
        if (front->members.items[i].merged == scope) {
            setting = names_get(&front->names, front->members.items[i].name, NAME_EFFECTIVE,
                                attribute);
        }
    }
    if (setting != NULL) {
        setting->is_read = true;
    }
    return setting;
}

static struct flat_setting *effective_setting(const struct flat_assembly *a, size_t index)
{
    const struct flat_setting *setting = &a->effective[index];

    return names_get(&front_of(a)->names, setting->scope, NAME_EFFECTIVE, setting->attribute);
}

void flat_forget_reads(struct flat_assembly *a)
{
    for (size_t i = 0; i < a->effective_count; i++) {
        effective_setting(a, i)->is_read = false;
    }
}

/// The same setting of another member of the merged connection that `setting` is part of: that one
/// counts. NULL when there is none.
static const struct flat_setting *setting_of_member(const struct flat_assembly *a,
                                                    const struct flat_setting *setting)
{
    const struct front *front = front_of(a);

    for (size_t i = 0; i < front->members.count; i++) {
        if (front->members.items[i].name == setting->scope) {
            return flat_setting_record(a, front->members.items[i].merged, setting->attribute);
        }
    }
    return NULL;
}

void flat_report_unread(const struct flat_assembly *a)
{
    for (size_t i = 0; i < a->effective_count; i++) {
        const struct flat_setting *setting = effective_setting(a, i);
        const struct flat_setting *first;

        if (!setting->for_compiler || setting->is_read) {
            continue;
        }
        first = setting_of_member(a, setting);
        if (first != NULL && first != setting) {
            if (first->value->kind != FLAT_INT || setting->value->kind != FLAT_INT ||
                first->value->integer != setting->value->integer) {
                diag_warning(a->diag, setting->loc, "unread-setting",
                             "'%s' and '%s' are one connection, and '%s' of '%s' counts",
                             first->scope, setting->scope, setting->attribute, first->scope);
                diag_note(a->diag, first->loc, "it is set here");
            }
        } else {
            diag_warning(a->diag, setting->loc, "unread-setting",
                         "nothing reads setting '%s' here: it has no effect", setting->attribute);
        }
    }
}

const struct flat_value *flat_setting(const struct flat_assembly *a, const char *scope,
                                      const char *attribute)
{
    const struct flat_setting *setting = flat_setting_record(a, scope, attribute);

    return setting != NULL ? setting->value : NULL;
}

const struct flat_dtb_result *flat_setting_dtb(const struct flat_assembly *a, const char *scope,
                                               const char *attribute)
{
    const struct flat_setting *setting = flat_setting_record(a, scope, attribute);

    return setting != NULL ? setting->dtb : NULL;
}

static void type_mismatch(const struct flat_assembly *a, const struct flat_value *value,
                          const char *attribute, const char *wanted)
{
    diag_error(a->diag, value->loc, "setting-type", "setting '%s' must be %s", attribute, wanted);
}

int64_t flat_setting_int(const struct flat_assembly *a, const char *scope, const char *attribute,
                         int64_t fallback)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);
    uint64_t number;

    if (value == NULL) {
        return fallback;
    }
    if (value->kind == FLAT_INT) {
        return value->integer;
    }
    if (value->kind == FLAT_STRING && flat_parse_number(value->string, &number)) {
        return (int64_t)number;
    }
    type_mismatch(a, value, attribute, "an integer");
    return fallback;
}

const char *flat_setting_string(const struct flat_assembly *a, const char *scope,
                                const char *attribute, const char *fallback)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    if (value == NULL) {
        return fallback;
    }
    if (value->kind != FLAT_STRING) {
        type_mismatch(a, value, attribute, "a string");
        return fallback;
    }
    return value->string;
}

const struct flat_value *flat_setting_list(const struct flat_assembly *a, const char *scope,
                                           const char *attribute)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    if (value != NULL && value->kind != FLAT_LIST) {
        type_mismatch(a, value, attribute, "a list");
        return NULL;
    }
    return value;
}

const struct flat_value *flat_setting_dict(const struct flat_assembly *a, const char *scope,
                                           const char *attribute)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    if (value != NULL && value->kind != FLAT_DICT) {
        type_mismatch(a, value, attribute, "a dict");
        return NULL;
    }
    return value;
}

static const char *interface_attribute(const struct flat_assembly *a, const char *interface,
                                       const char *suffix)
{
    return arena_printf(a->arena, "%s%s", interface, suffix);
}

int64_t flat_interface_int(const struct flat_assembly *a, const struct flat_instance *instance,
                           const char *interface, const char *suffix, int64_t fallback)
{
    return flat_setting_int(a, instance->name, interface_attribute(a, interface, suffix),
                            fallback);
}

const struct flat_value *flat_interface_setting(const struct flat_assembly *a,
                                                const struct flat_instance *instance,
                                                const char *interface, const char *suffix)
{
    return flat_setting(a, instance->name, interface_attribute(a, interface, suffix));
}

struct adlc_loc flat_setting_loc(const struct flat_assembly *a, const char *scope,
                                 const char *attribute)
{
    const struct flat_setting *setting = flat_setting_record(a, scope, attribute);

    return setting != NULL ? setting->loc : ADLC_NO_LOC;
}

// ---------------------------------------------------------------------------------------------
// Settings

typedef VEC(struct flat_setting) flat_setting_vec;

static void make_explicit(struct front *front)
{
    flat_setting_vec out = {NULL, 0, 0};

    for (size_t i = 0; i < front->settings.count; i++) {
        const struct front_setting *setting = front->settings.items[i];
        struct flat_setting flat = {setting->subject.scope, setting->attribute, setting->value,
                                    setting->dtb, setting->loc, setting->for_compiler, false};

        if (setting->value != NULL) {
            VEC_PUSH(front->arena, out, flat);
        }
    }
    front->assembly->settings = out.items;
    front->assembly->setting_count = out.count;
}

struct scope_settings {
    const char *scope;
    const struct ast_component *component;   ///< NULL for scopes that are no instance
    flat_setting_vec settings;
};

typedef VEC(struct scope_settings *) scope_vec;

static struct scope_settings *get_scope(struct front *front, scope_vec *scopes,
                                        const char *name)
{
    struct scope_settings *scope = names_get(&front->names, NULL, NAME_SCOPE, name);
    const struct front_node *node;

    if (scope == NULL) {
        node = names_get(&front->names, NULL, NAME_FULL, name);
        scope = ARENA_NEW(front->arena, struct scope_settings);
        scope->scope = name;
        scope->component = node != NULL ? node->component : NULL;
        (void)names_add(&front->names, NULL, NAME_SCOPE, name, scope, ADLC_NO_LOC);
        VEC_PUSH(front->arena, *scopes, scope);
    }
    return scope;
}

static void add_defaults(struct front *front, struct scope_settings *scope)
{
    const struct flat_component *component =
        scope->component != NULL ? scope->component->flat : NULL;

    for (size_t i = 0; component != NULL && i < component->attribute_count; i++) {
        const struct flat_attribute *attribute = &component->attributes[i];
        struct flat_setting flat = {scope->scope, attribute->name, attribute->init, NULL,
                                    attribute->loc, false, false};
        const struct front_setting *set =
            names_get(&front->names, scope->scope, NAME_SETTING, attribute->name);

        if (attribute->init != NULL && (set == NULL || set->value == NULL)) {
            VEC_PUSH(front->arena, scope->settings, flat);
        }
    }
}

static int compare_settings(const void *a, const void *b)
{
    const struct flat_setting *x = a;
    const struct flat_setting *y = b;

    return strcmp(x->attribute, y->attribute);
}

static void make_effective(struct front *front)
{
    scope_vec scopes = {NULL, 0, 0};
    flat_setting_vec out = {NULL, 0, 0};

    for (size_t i = 0; i < front->settings.count; i++) {
        const struct front_setting *setting = front->settings.items[i];
        const struct front_setting *last = names_get(
            &front->names, setting->subject.scope, NAME_SETTING, setting->attribute);
        struct flat_setting flat = {setting->subject.scope, setting->attribute, setting->value,
                                    setting->dtb, setting->loc, setting->for_compiler, false};
        struct scope_settings *scope;

        if (setting->value == NULL) {
            continue;
        }
        scope = get_scope(front, &scopes, setting->subject.scope);
        if (last == setting) {
            VEC_PUSH(front->arena, scope->settings, flat);
        }
    }
    for (size_t i = 0; i < front->nodes.count; i++) {
        const struct front_node *node = front->nodes.items[i];

        for (size_t j = 0; j < node->component->flat->attribute_count; j++) {
            if (node->component->flat->attributes[j].init != NULL) {
                (void)get_scope(front, &scopes, node->name);
            }
        }
    }
    for (size_t i = 0; i < scopes.count; i++) {
        struct scope_settings *scope = scopes.items[i];

        add_defaults(front, scope);
        qsort(scope->settings.items, scope->settings.count, sizeof(scope->settings.items[0]),
              compare_settings);
        for (size_t j = 0; j < scope->settings.count; j++) {
            VEC_PUSH(front->arena, out, scope->settings.items[j]);
        }
    }
    for (size_t i = 0; i < out.count; i++) {
        (void)names_add(&front->names, out.items[i].scope, NAME_EFFECTIVE,
                        out.items[i].attribute, &out.items[i], out.items[i].loc);
    }
    front->assembly->effective = out.items;
    front->assembly->effective_count = out.count;
}

// ---------------------------------------------------------------------------------------------
// Used declarations

typedef VEC(const struct flat_struct *) struct_vec;

static void use_struct(struct front *front, struct_vec *out, const struct flat_type *type)
{
    const struct flat_struct *structure = type->structure;

    if (structure == NULL || names_add(&front->names, structure, NAME_USED, structure->name,
                                       NULL, ADLC_NO_LOC) != NULL) {
        return;
    }
    VEC_PUSH(front->arena, *out, structure);
    for (size_t i = 0; i < structure->field_count; i++) {
        use_struct(front, out, &structure->fields[i].type);
    }
}

static void use_components(struct front *front)
{
    VEC(const struct flat_component *) out = {NULL, 0, 0};
    struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->instance_count; i++) {
        const struct flat_component *component = a->instances[i].component;

        if (names_add(&front->names, component, NAME_USED, component->name, NULL,
                      ADLC_NO_LOC) == NULL) {
            VEC_PUSH(front->arena, out, component);
        }
    }
    a->components = out.items;
    a->component_count = out.count;
}

static void use_connectors(struct front *front)
{
    VEC(const struct flat_connector *) out = {NULL, 0, 0};
    struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->connection_count; i++) {
        const struct flat_connector *connector = a->connections[i].connector;

        if (names_add(&front->names, connector, NAME_USED, connector->name, NULL,
                      ADLC_NO_LOC) == NULL) {
            VEC_PUSH(front->arena, out, connector);
        }
    }
    a->connectors = out.items;
    a->connector_count = out.count;
}

/// Procedures that components provide, then those they use, component after component.
static void use_procedures(struct front *front)
{
    VEC(const struct flat_procedure *) out = {NULL, 0, 0};
    struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->component_count; i++) {
        const struct flat_component *component = a->components[i];

        for (size_t j = 0; j < 2 * component->interface_count; j++) {
            const struct flat_interface *interface =
                &component->interfaces[j % component->interface_count];
            enum flat_interface_kind kind =
                j < component->interface_count ? FLAT_PROVIDES : FLAT_USES;

            if (interface->kind == kind && interface->procedure != NULL &&
                names_add(&front->names, interface->procedure, NAME_USED, interface->type, NULL,
                          ADLC_NO_LOC) == NULL) {
                VEC_PUSH(front->arena, out, interface->procedure);
            }
        }
    }
    a->procedures = out.items;
    a->procedure_count = out.count;
}

static void use_structs(struct front *front)
{
    struct_vec out = {NULL, 0, 0};
    struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->component_count; i++) {
        for (size_t j = 0; j < a->components[i]->attribute_count; j++) {
            use_struct(front, &out, &a->components[i]->attributes[j].type);
        }
    }
    for (size_t i = 0; i < a->procedure_count; i++) {
        const struct flat_procedure *procedure = a->procedures[i];

        for (size_t j = 0; j < procedure->attribute_count; j++) {
            use_struct(front, &out, &procedure->attributes[j].type);
        }
        for (size_t j = 0; j < procedure->method_count; j++) {
            const struct flat_method *method = &procedure->methods[j];

            use_struct(front, &out, &method->returns);
            for (size_t k = 0; k < method->parameter_count; k++) {
                use_struct(front, &out, &method->parameters[k].type);
            }
        }
    }
    a->structs = out.items;
    a->struct_count = out.count;
}

static void list_input_files(struct front *front)
{
    VEC(const char *) out = {NULL, 0, 0};

    for (size_t i = 1; i < front->map->files.count; i++) {
        const struct adlc_source_file *file = &front->map->files.items[i];

        if (file->path[0] != '<') {
            VEC_PUSH(front->arena, out, file->path);
        }
    }
    if (front->assembly->dtb_path != NULL) {
        VEC_PUSH(front->arena, out, front->assembly->dtb_path);
    }
    front->assembly->input_files = out.items;
    front->assembly->input_file_count = out.count;
}

void flat_finish(struct front *front)
{
    front->assembly->queries = front->queries.items;
    front->assembly->query_count = front->queries.count;
    front->assembly->schedule = front->slots.items;
    front->assembly->slot_count = front->slots.count;
    for (size_t i = 0; i < front->spec->assemblies.count; i++) {
        if (front->assembly->name == NULL) {
            front->assembly->name = front->spec->assemblies.items[i]->name.text;
        }
    }
    make_explicit(front);
    make_effective(front);
    use_components(front);
    use_connectors(front);
    use_procedures(front);
    use_structs(front);
    list_input_files(front);
}
