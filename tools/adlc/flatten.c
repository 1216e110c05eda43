// SPDX-License-Identifier: BSD-2-Clause
// From nested compositions to one flat list of instances, connections and settings. Order: a
// composition's own items first, then those of its compound instances, one after the other.

#include "flatten.h"

#include <string.h>

#define FLATTEN_MAX_INSTANCES   4096u
#define FLATTEN_MAX_CONNECTIONS 65536u
#define FLATTEN_MAX_SETTINGS    262144u
#define FLATTEN_MAX_DEPTH       64u

/// A reference such as `composition shared;` stands for a declaration at the top level.
static const struct ast_composition *real_composition(const struct front *front,
                                                      const struct ast_composition *composition)
{
    const struct ast_ref *ref = &composition->ref;

    return composition->is_ref ? names_get(&front->names, NULL, NAME_COMPOSITION,
                                           ref->parts.items[ref->parts.count - 1].text)
                               : composition;
}

static const struct ast_configuration *
real_configuration(const struct front *front, const struct ast_configuration *configuration)
{
    const struct ast_ref *ref = &configuration->ref;

    return configuration->is_ref ? names_get(&front->names, NULL, NAME_CONFIGURATION,
                                             ref->parts.items[ref->parts.count - 1].text)
                                 : configuration;
}

static const struct ast_composition *node_composition(const struct front *front,
                                                      const struct front_node *node)
{
    return node->component->composition != NULL
               ? real_composition(front, node->component->composition)
               : NULL;
}

// ---------------------------------------------------------------------------------------------
// Instances

static void report_duplicate(struct front *front, const struct name_entry *old,
                             struct ast_name name, const char *what)
{
    diag_error(front->diag, name.loc, "duplicate-name", "%s '%s' is declared twice", what,
               name.text);
    diag_note(front->diag, old->loc, "'%s' was declared here first", name.text);
}

static struct front_node *add_instance(struct front *front, const struct ast_instance *ast,
                                       struct front_node *scope)
{
    struct front_node *node = ARENA_NEW(front->arena, struct front_node);
    const struct name_entry *old;

    node->ast = ast;
    node->component = ast->component;
    node->parent = scope;
    node->name = front_join(front, scope != NULL ? scope->name : NULL, ast->name.text);
    node->address_space = node->name;
    if (ast->group != NULL) {
        node->address_space =
            front_join(front, scope != NULL ? scope->name : NULL, ast->group->name.text);
    }
    node->index = front->nodes.count;
    old = names_add(&front->names, scope, NAME_INSTANCE, ast->name.text, node, ast->name.loc);
    if (old != NULL) {
        report_duplicate(front, old, ast->name, "instance");
        return NULL;
    }
    (void)names_add(&front->names, NULL, NAME_FULL, node->name, node, ast->name.loc);
    VEC_PUSH(front->arena, front->nodes, node);
    return node;
}

static void add_groups(struct front *front, const struct ast_composition *composition,
                       struct front_node *scope)
{
    for (size_t i = 0; i < composition->groups.count; i++) {
        const struct ast_group *group = composition->groups.items[i];
        const struct name_entry *old;

        // A group is entered with no thing: it is found, but it is no instance.
        old = names_add(&front->names, scope, NAME_INSTANCE, group->name.text, NULL,
                        group->name.loc);
        if (old != NULL) {
            report_duplicate(front, old, group->name, "group");
        }
    }
}

/// Whether another one would be one too many of what there are `count` of. Said once in all: then there
/// is no use in going on.
static bool too_many(struct front *front, struct adlc_loc loc, const char *id, size_t count,
                     unsigned limit, const char *what)
{
    if (count < limit) {
        return false;
    }
    if (!front->too_many) {
        diag_error(front->diag, loc, id, "the assembly has more than %u %s", limit, what);
    }
    front->too_many = true;
    return true;
}

/// Instances of one composition, without what is inside compound ones.
static void add_own_instances(struct front *front, const struct ast_composition *composition,
                              struct front_node *scope)
{
    add_groups(front, composition, scope);
    for (size_t i = 0; i < composition->instances.count; i++) {
        const struct ast_instance *ast = composition->instances.items[i];

        if (too_many(front, ast->name.loc, "too-many-instances", front->nodes.count,
                     FLATTEN_MAX_INSTANCES, "instances")) {
            return;
        }
        (void)add_instance(front, ast, scope);
    }
}

static bool is_recursive(struct front *front, const struct front_node *node)
{
    unsigned depth = 0;

    for (const struct front_node *outer = node->parent; outer != NULL; outer = outer->parent) {
        depth++;
        if (depth > FLATTEN_MAX_DEPTH) {
            diag_error(front->diag, node->ast->name.loc, "too-deep",
                       "components are nested too deeply");
            return true;
        }
        if (outer->component == node->component) {
            diag_error(front->diag, node->ast->name.loc, "recursive-component",
                       "component '%s' contains itself", node->component->name.text);
            return true;
        }
    }
    return false;
}

static void add_nested_instances(struct front *front, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        struct front_node *node = front->nodes.items[i];
        const struct ast_composition *composition = node_composition(front, node);
        size_t inner = front->nodes.count;

        if (composition == NULL || is_recursive(front, node)) {
            continue;
        }
        add_own_instances(front, composition, node);
        add_nested_instances(front, inner, front->nodes.count);
    }
}

// ---------------------------------------------------------------------------------------------
// References to interfaces

/// Report a group where an instance is needed.
static bool is_group(struct front *front, const struct front_node *scope,
                     const struct ast_name *name)
{
    const struct name_entry *entry =
        names_find(&front->names, scope, NAME_INSTANCE, name->text);

    if (entry == NULL || entry->thing != NULL) {
        return false;
    }
    diag_error(front->diag, name->loc, "group-as-instance", "'%s' is a group, not an instance",
               name->text);
    diag_note(front->diag, entry->loc, "'%s' is declared here", name->text);
    return true;
}

static void unknown_instance(struct front *front, const struct front_node *scope,
                             const struct ast_name *name)
{
    if (is_group(front, scope, name)) {
        return;
    }
    front_unknown(front, name->loc, "unknown-instance", "instance", name->text,
                  names_nearest(&front->names, scope, NAME_INSTANCE, name->text));
}

struct front_node *flatten_find_node(struct front *front, struct front_node *scope,
                                     const struct ast_ref *ref, size_t *used, size_t parts)
{
    struct front_node *node = NULL;
    size_t i = 0;

    for (; i < parts; i++) {
        const struct ast_name *name = &ref->parts.items[i];
        const struct front_node *inside = node != NULL ? node : scope;
        const struct name_entry *entry = names_find(&front->names, inside, NAME_INSTANCE,
                                                    name->text);

        if (entry == NULL) {
            break;
        }
        if (entry->thing == NULL) {
            if (node != NULL || i + 1 == parts) {
                break;
            }
            continue;
        }
        node = entry->thing;
    }
    *used = i;
    return node;
}

static bool resolve_end(struct front *front, struct front_node *scope, const struct ast_ref *ref,
                        struct front_end *end)
{
    size_t parts = ref->parts.count;
    const struct ast_name *last = &ref->parts.items[parts - 1];
    size_t used = 0;

    end->loc = ref->loc;
    end->node = parts == 1 ? scope
                           : flatten_find_node(front, scope, ref, &used, parts - 1);
    if (parts == 1 && scope == NULL) {
        diag_error(front->diag, ref->loc, "bad-end",
                   "'%s' does not name an instance and an interface (instance.interface)",
                   last->text);
        return false;
    }
    if (end->node == NULL || (parts > 1 && used < parts - 1)) {
        unknown_instance(front, end->node != NULL ? end->node : scope, &ref->parts.items[used]);
        return false;
    }
    end->interface = front_interface(front, end->node->component, last->text);
    if (end->interface == NULL) {
        const char *near = names_nearest(&front->names, end->node->component, NAME_INTERFACE,
                                         last->text);

        front_unknown(front, last->loc, "unknown-interface", "interface", last->text, near);
        diag_note(front->diag, end->node->component->name.loc,
                  "component '%s' of instance '%s' is declared here",
                  end->node->component->name.text, end->node->name);
        return false;
    }
    end->name = front_join(front, end->node->name, last->text);
    return true;
}

// ---------------------------------------------------------------------------------------------
// Exports

/// Where an exported interface of `node` leads. Key of NAME_EXPORT: the node and the name.
struct front_export {
    struct front_end inner;
    struct adlc_loc loc;
};

struct front_end front_chase_export(const struct front *front, struct front_end end)
{
    struct adlc_loc loc = end.loc;

    for (unsigned depth = 0; depth <= FLATTEN_MAX_DEPTH; depth++) {
        const struct front_export *export =
            names_get(&front->names, end.node, NAME_EXPORT, end.interface->name.text);

        if (export == NULL) {
            break;
        }
        end = export->inner;
    }
    end.loc = loc;
    return end;
}

static const char *interface_type(const struct ast_interface *interface)
{
    return interface->type.parts.items[interface->type.parts.count - 1].text;
}

static void add_export(struct front *front, struct front_node *scope,
                       const struct ast_export *ast)
{
    struct front_export *export = ARENA_NEW(front->arena, struct front_export);
    const struct ast_name *alias = &ast->alias.parts.items[ast->alias.parts.count - 1];
    const struct ast_interface *outer;
    const struct name_entry *old;

    if (scope == NULL) {
        diag_error(front->diag, ast->source.loc, "bad-export",
                   "only the composition of a component can export interfaces");
        return;
    }
    outer = front_interface(front, scope->component, alias->text);
    if (outer == NULL || ast->alias.parts.count != 1) {
        front_unknown(front, alias->loc, "unknown-interface", "interface", alias->text,
                      names_nearest(&front->names, scope->component, NAME_INTERFACE,
                                    alias->text));
        return;
    }
    export->loc = ast->source.loc;
    if (!resolve_end(front, scope, &ast->source, &export->inner)) {
        return;
    }
    if (export->inner.node == scope) {
        diag_error(front->diag, ast->source.loc, "bad-export",
                   "an export names an interface of an instance inside the component");
        return;
    }
    if (export->inner.interface->kind != outer->kind ||
        interface_type(export->inner.interface) != interface_type(outer)) {
        diag_error(front->diag, ast->source.loc, "bad-export",
                   "'%s' cannot be exported as '%s': the interfaces differ in kind or type",
                   export->inner.name, alias->text);
        diag_note(front->diag, outer->name.loc, "'%s' is declared here", alias->text);
        diag_note(front->diag, export->inner.interface->name.loc, "'%s' is declared here",
                  export->inner.interface->name.text);
        return;
    }
    old = names_add(&front->names, scope, NAME_EXPORT, alias->text, export, alias->loc);
    if (old != NULL) {
        diag_error(front->diag, alias->loc, "bad-export", "'%s' is exported twice", alias->text);
        diag_note(front->diag, old->loc, "'%s' was exported here first", alias->text);
    }
}

// ---------------------------------------------------------------------------------------------
// Connections

static void add_connection(struct front *front, const struct ast_connection *ast,
                           struct front_node *scope)
{
    struct front_connection *connection = ARENA_NEW(front->arena, struct front_connection);
    const struct name_entry *old;

    connection->name = front_join(front, scope != NULL ? scope->name : NULL, ast->name.text);
    connection->connector = ast->connector;
    connection->loc = ast->name.loc;
    connection->merged_into = front->connections.count;
    old = names_add(&front->names, scope, NAME_CONNECTION, ast->name.text, connection,
                    ast->name.loc);
    if (old != NULL) {
        report_duplicate(front, old, ast->name, "connection");
        return;
    }
    for (size_t i = 0; i < ast->ends.count; i++) {
        struct front_end end;

        if (!resolve_end(front, scope, &ast->ends.items[i].ref, &end)) {
            continue;
        }
        end = front_chase_export(front, end);
        if (ast->ends.items[i].is_from) {
            VEC_PUSH(front->arena, connection->from, end);
        } else {
            VEC_PUSH(front->arena, connection->to, end);
        }
    }
    VEC_PUSH(front->arena, front->connections, connection);
}

static void add_own_connections(struct front *front, const struct ast_composition *composition,
                                struct front_node *scope)
{
    for (size_t i = 0; i < composition->connections.count; i++) {
        if (too_many(front, composition->connections.items[i]->name.loc, "too-many-connections",
                     front->connections.count, FLATTEN_MAX_CONNECTIONS, "connections")) {
            return;
        }
        add_connection(front, composition->connections.items[i], scope);
    }
}

// ---------------------------------------------------------------------------------------------
// Settings

static void unknown_target(struct front *front, const struct front_node *scope,
                           const struct ast_name *name)
{
    const char *near = names_nearest(&front->names, scope, NAME_INSTANCE, name->text);

    if (is_group(front, scope, name)) {
        return;
    }
    if (near == NULL) {
        near = names_nearest(&front->names, scope, NAME_CONNECTION, name->text);
    }
    if (near == NULL && scope != NULL) {
        near = names_nearest(&front->names, scope->component, NAME_INTERFACE, name->text);
    }
    if (front->options->lenient) {
        diag_warning(front->diag, name->loc, "unknown-instance",
                     "there is no instance or connection '%s': this setting has no effect",
                     name->text);
        return;
    }
    front_unknown(front, name->loc, "unknown-instance", "instance or connection", name->text,
                  near);
}

static void unknown_part(struct front *front, const struct front_node *node,
                         const struct ast_name *name)
{
    const char *near = names_nearest(&front->names, node->component, NAME_INTERFACE, name->text);

    if (near == NULL) {
        near = names_nearest(&front->names, node, NAME_INSTANCE, name->text);
    }
    front_unknown(front, name->loc, "unknown-interface", "interface or nested instance",
                  name->text, near);
    diag_note(front->diag, node->component->name.loc,
              "component '%s' of instance '%s' is declared here", node->component->name.text,
              node->name);
}

bool flatten_subject(struct front *front, struct front_node *scope, const struct ast_ref *ref,
                     size_t parts, struct front_subject *subject)
{
    const struct ast_name *name = &ref->parts.items[0];
    size_t used = 0;

    memset(subject, 0, sizeof(*subject));
    subject->node = flatten_find_node(front, scope, ref, &used, parts);
    if (used == parts && subject->node != NULL) {
        subject->scope = subject->node->name;
        return true;
    }
    if (subject->node != NULL && used + 1 < parts) {
        unknown_part(front, subject->node, &ref->parts.items[used]);
        return false;
    }
    if (subject->node == NULL && parts == 1) {
        subject->connection = names_get(&front->names, scope, NAME_CONNECTION, name->text);
        if (subject->connection != NULL) {
            subject->scope = subject->connection->name;
            return true;
        }
        subject->node = scope;
    }
    if (subject->node == NULL || (subject->node == scope && parts > 1)) {
        unknown_target(front, scope, &ref->parts.items[used < parts ? used : 0]);
        return false;
    }
    name = &ref->parts.items[parts - 1];
    subject->interface = front_interface(front, subject->node->component, name->text);
    if (subject->interface == NULL) {
        if (subject->node == scope) {
            unknown_target(front, scope, name);
        } else {
            unknown_part(front, subject->node, name);
        }
        return false;
    }
    subject->scope = front_join(front, subject->node->name, name->text);
    return true;
}

static bool reference_source(struct front *front, struct front_node *scope,
                             struct front_setting *setting)
{
    const struct ast_ref *source = &setting->ast->source;

    if (source->parts.count > 1) {
        return flatten_subject(front, scope, source, source->parts.count - 1, &setting->source);
    }
    if (scope == NULL) {
        diag_error(front->diag, source->loc, "bad-reference",
                   "a reference outside of a component names an instance and its attribute");
        return false;
    }
    setting->source.node = scope;
    setting->source.scope = scope->name;
    return true;
}

static void add_setting(struct front *front, const struct ast_setting *ast,
                        struct front_node *scope)
{
    struct front_setting *setting = ARENA_NEW(front->arena, struct front_setting);
    const struct ast_ref *target = &ast->target;

    setting->ast = ast;
    setting->attribute = target->parts.items[target->parts.count - 1].text;
    setting->loc = target->loc;
    for (const struct front_node *node = scope; node != NULL; node = node->parent) {
        setting->depth++;
    }
    if (!flatten_subject(front, scope, target, target->parts.count - 1, &setting->subject)) {
        return;
    }
    if (ast->kind == AST_REFERENCE) {
        setting->source_ok = reference_source(front, scope, setting);
    }
    VEC_PUSH(front->arena, front->settings, setting);
}

static void add_own_settings(struct front *front, const struct ast_configuration *configuration,
                             struct front_node *scope)
{
    for (size_t i = 0; i < configuration->settings.count; i++) {
        if (too_many(front, configuration->settings.items[i]->target.loc, "too-many-settings",
                     front->settings.count, FLATTEN_MAX_SETTINGS, "settings")) {
            return;
        }
        add_setting(front, configuration->settings.items[i], scope);
    }
}

// ---------------------------------------------------------------------------------------------
// Walking

static void top_compositions(struct front *front,
                             void (*add)(struct front *, const struct ast_composition *,
                                         struct front_node *))
{
    for (size_t i = 0; i < front->spec->assemblies.count; i++) {
        const struct ast_assembly *assembly = front->spec->assemblies.items[i];

        for (size_t j = 0; j < assembly->compositions.count; j++) {
            add(front, real_composition(front, assembly->compositions.items[j]), NULL);
        }
    }
}

/// Call `add` for the composition of each compound instance, in the order of nesting.
static void nested_compositions(struct front *front, const struct front_node *scope,
                                void (*add)(struct front *, const struct ast_composition *,
                                            struct front_node *))
{
    for (size_t i = 0; i < front->nodes.count; i++) {
        struct front_node *node = front->nodes.items[i];

        if (node->parent == scope && node->component->composition != NULL) {
            add(front, node_composition(front, node), node);
            nested_compositions(front, node, add);
        }
    }
}

static void nested_configurations(struct front *front, const struct front_node *scope)
{
    for (size_t i = 0; i < front->nodes.count; i++) {
        struct front_node *node = front->nodes.items[i];

        if (node->parent != scope) {
            continue;
        }
        if (node->component->configuration != NULL) {
            add_own_settings(front, real_configuration(front, node->component->configuration),
                             node);
        }
        if (node->component->composition != NULL) {
            nested_configurations(front, node);
        }
    }
}

static void add_exports(struct front *front, const struct ast_composition *composition,
                        struct front_node *scope)
{
    for (size_t i = 0; i < composition->exports.count; i++) {
        add_export(front, scope, &composition->exports.items[i]);
    }
}

static void add_schedule(struct front *front, const struct ast_assembly *assembly,
                         const struct ast_assembly **first)
{
    if (!assembly->has_schedule) {
        return;
    }
    if (*first != NULL) {
        diag_error(front->diag, assembly->schedule_loc, "duplicate-block",
                   "there is only one schedule for all assemblies");
        diag_note(front->diag, (*first)->schedule_loc, "the first one is here");
        return;
    }
    *first = assembly;
    if (assembly->slots.count == 0) {
        diag_error(front->diag, assembly->schedule_loc, "schedule", "the schedule is empty");
    }
    for (size_t i = 0; i < assembly->slots.count; i++) {
        VEC_PUSH(front->arena, front->slots, assembly->slots.items[i]);
    }
}

void flatten_spec(struct front *front)
{
    const struct ast_assembly *scheduled = NULL;

    if (front->spec->assemblies.count == 0) {
        diag_error(front->diag, ADLC_NO_LOC, "no-assembly", "'%s' declares no assembly",
                   front->options->file);
        return;
    }
    top_compositions(front, add_own_instances);
    add_nested_instances(front, 0, front->nodes.count);
    if (diag_error_count(front->diag) != 0) {
        return;
    }
    top_compositions(front, add_exports);
    nested_compositions(front, NULL, add_exports);
    top_compositions(front, add_own_connections);
    nested_compositions(front, NULL, add_own_connections);
    for (size_t i = 0; i < front->spec->assemblies.count; i++) {
        const struct ast_assembly *assembly = front->spec->assemblies.items[i];

        add_schedule(front, assembly, &scheduled);
        for (size_t j = 0; j < assembly->configurations.count; j++) {
            add_own_settings(front, real_configuration(front, assembly->configurations.items[j]),
                             NULL);
        }
    }
    nested_configurations(front, NULL);
}
