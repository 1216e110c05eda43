// SPDX-License-Identifier: BSD-2-Clause
// Names inside declarations: duplicates, types, procedures, components and connectors that are
// referred to. References may go forward. Fills in the flat declarations.

#include <stdlib.h>
#include <string.h>

#include "front.h"

#define MAX_STRUCT_DEPTH  100u
#define MAX_STRUCT_FIELDS 1024u

bool front_is_c_keyword(const char *word)
{
    static const char *const words[] = {
        "NULL",     "_Alignas",  "_Alignof",       "_Atomic",       "_Bool",    "_Complex",
        "_Generic", "_Imaginary", "_Noreturn",     "_Static_assert", "_Thread_local", "asm",
        "auto",     "bool",      "break",          "case",          "char",     "const",
        "continue", "default",   "do",             "double",        "else",     "enum",
        "extern",   "float",     "for",            "goto",          "if",       "inline",
        "int",      "long",      "register",       "restrict",      "return",   "short",
        "signed",   "sizeof",    "static",         "struct",        "switch",   "typedef",
        "typeof",   "union",     "unsigned",       "void",          "volatile", "while",
    };

    return names_in_list(word, words, sizeof(words) / sizeof(words[0]));
}

void front_unknown(struct front *front, struct adlc_loc loc, const char *id, const char *what,
                   const char *name, const char *suggestion)
{
    if (suggestion != NULL) {
        diag_error(front->diag, loc, id, "unknown %s '%s'; did you mean '%s'?", what, name,
                   suggestion);
    } else {
        diag_error(front->diag, loc, id, "unknown %s '%s'", what, name);
    }
}

const char *front_join(struct front *front, const char *a, const char *b)
{
    if (a == NULL) {
        return b;
    }
    return arena_intern(front->arena, arena_printf(front->arena, "%s.%s", a, b));
}

/// Add a name of a declaration's part or of a declaration; reports duplicates.
static bool declare(struct front *front, const void *scope, enum name_kind kind,
                    const char *what, struct ast_name name, void *thing)
{
    const struct name_entry *old;

    if (name.text == NULL) {
        return true;
    }
    old = names_add(&front->names, scope, kind, name.text, thing, name.loc);
    if (old == NULL) {
        return true;
    }
    diag_error(front->diag, name.loc, "duplicate-name", "%s '%s' is declared twice", what,
               name.text);
    diag_note(front->diag, old->loc, "'%s' was declared here first", name.text);
    return false;
}

static void reject_c_keyword(struct front *front, const char *what, struct ast_name name)
{
    if (name.text != NULL && front_is_c_keyword(name.text)) {
        diag_error(front->diag, name.loc, "c-keyword", "%s cannot be called '%s', a word of C",
                   what, name.text);
    }
}

static void declare_all(struct front *front)
{
    struct ast_spec *spec = front->spec;

    for (size_t i = 0; i < spec->structs.count; i++) {
        struct ast_name name = spec->structs.items[i]->name;

        (void)declare(front, NULL, NAME_STRUCT, "struct", name, spec->structs.items[i]);
        if (name.text != NULL &&
            strncmp(name.text, AST_ANONYMOUS_STRUCT, strlen(AST_ANONYMOUS_STRUCT)) == 0) {
            diag_error(front->diag, name.loc, "name-clash",
                       "structs without a name get names such as '%s'", name.text);
        }
    }
    for (size_t i = 0; i < spec->procedures.count; i++) {
        (void)declare(front, NULL, NAME_PROCEDURE, "procedure", spec->procedures.items[i]->name,
                      spec->procedures.items[i]);
    }
    for (size_t i = 0; i < spec->connectors.count; i++) {
        (void)declare(front, NULL, NAME_CONNECTOR, "connector", spec->connectors.items[i]->name,
                      spec->connectors.items[i]);
    }
    for (size_t i = 0; i < spec->components.count; i++) {
        (void)declare(front, NULL, NAME_COMPONENT, "component", spec->components.items[i]->name,
                      spec->components.items[i]);
    }
    for (size_t i = 0; i < spec->compositions.count; i++) {
        (void)declare(front, NULL, NAME_COMPOSITION, "composition",
                      spec->compositions.items[i]->name, spec->compositions.items[i]);
    }
    for (size_t i = 0; i < spec->configurations.count; i++) {
        (void)declare(front, NULL, NAME_CONFIGURATION, "configuration",
                      spec->configurations.items[i]->name, spec->configurations.items[i]);
    }
    for (size_t i = 0; i < spec->assemblies.count; i++) {
        (void)declare(front, NULL, NAME_ASSEMBLY, "assembly", spec->assemblies.items[i]->name,
                      spec->assemblies.items[i]);
    }
}

// ---------------------------------------------------------------------------------------------
// Types and structs

static const char *const type_names[] = {
    "bool", "char", "double", "float", "int", "int16_t", "int32_t",
    "int64_t", "int8_t", "integer", "intptr_t", "ptrdiff_t", "signed", "size_t",
    "ssize_t", "string", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "uintptr_t",
    "unsigned",
};

static bool is_c_type(const char *name)
{
    return names_in_list(name, type_names, sizeof(type_names) / sizeof(type_names[0]));
}

static void resolve_struct(struct front *front, struct ast_struct *structure);

static const char *nearest_type_name(const char *name)
{
    return diag_nearest(name, type_names, sizeof(type_names) / sizeof(type_names[0]));
}

static void unknown_type(struct front *front, const struct ast_type *type)
{
    const char *near = names_nearest(&front->names, NULL, NAME_STRUCT, type->name);

    if (near == NULL && !type->struct_keyword) {
        near = nearest_type_name(type->name);
    }
    front_unknown(front, type->loc, "unknown-type", type->struct_keyword ? "struct" : "type",
                  type->name, near);
}

/// Whether two words differ by one letter more, one less, another one, or two that changed places.
static bool is_slip(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    if (*a == '\0' || *b == '\0') {
        return strlen(a) + strlen(b) == 1;
    }
    return strcmp(a + 1, b) == 0 || strcmp(a, b + 1) == 0 || strcmp(a + 1, b + 1) == 0 ||
           (a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0);
}

/// Any C type will do, but a name next to a known one is rather a slip.
static void doubt_type(struct front *front, const struct ast_type *type)
{
    static const char *const words[] = {"int", "char", "string", "signed", "unsigned", "void"};
    const char *longer = arena_printf(front->arena, "%s_t", type->name);
    const char *near = is_c_type(longer) ? longer : NULL;

    for (size_t i = 0; near == NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        near = is_slip(type->name, words[i]) ? words[i] : NULL;
    }
    if (near != NULL) {
        diag_warning(front->diag, type->loc, "doubtful-type",
                     "type '%s' is taken as a type of C that an include declares; did you mean '%s'?",
                     type->name, near);
    }
}

/// How the type of something is looked up.
enum type_use {
    USE_ATTRIBUTE,    ///< must be known: its values are checked
    USE_C,            ///< a struct of that name, else any C type
};

static struct flat_type resolve_type(struct front *front, const struct ast_type *type,
                                     enum type_use use)
{
    struct flat_type flat = {type->kind, type->name, NULL};
    struct ast_struct *structure = type->anonymous;

    if (type->kind == FLAT_TYPE_NAMED) {
        structure = names_get(&front->names, NULL, NAME_STRUCT, type->name);
        if (structure == NULL
            && (type->struct_keyword || (use == USE_ATTRIBUTE && !is_c_type(type->name)))) {
            unknown_type(front, type);
        } else if (structure == NULL && use == USE_C && !type->struct_keyword) {
            doubt_type(front, type);
        }
    }
    if (structure != NULL) {
        resolve_struct(front, structure);
        flat.kind = FLAT_TYPE_STRUCT;
        flat.structure = structure->flat;
        flat.c_name = arena_intern(front->arena,
                                   arena_printf(front->arena, "struct %s", structure->name.text));
    }
    return flat;
}

static const struct flat_attribute *resolve_attributes(struct front *front, const void *scope,
                                                       const ast_attribute_vec *attributes,
                                                       const char *what, enum type_use use)
{
    struct flat_attribute *flat =
        ARENA_NEW_ARRAY(front->arena, struct flat_attribute, attributes->count);

    for (size_t i = 0; i < attributes->count; i++) {
        const struct ast_attribute *ast = &attributes->items[i];

        flat[i].name = ast->name.text;
        flat[i].type = resolve_type(front, &ast->type, use);
        flat[i].array = ast->array;
        flat[i].loc = ast->name.loc;
        flat[i].init = ast->init;
        reject_c_keyword(front, arena_printf(front->arena, "%s %s",
                                             what[0] == 'a' ? "an" : "a", what),
                         ast->name);
        (void)declare(front, scope, NAME_FIELD, what, ast->name, &flat[i]);
        if (ast->init != NULL && use == USE_ATTRIBUTE) {
            flat[i].init = value_check(front, &flat[i], ast->init);
        }
    }
    return flat;
}

static void resolve_struct(struct front *front, struct ast_struct *structure)
{
    if (structure->flat != NULL) {
        if (structure->resolving) {
            diag_error(front->diag, structure->name.loc, "recursive-struct",
                       "struct '%s' contains itself", structure->name.text);
        }
        return;
    }
    structure->flat = ARENA_NEW(front->arena, struct flat_struct);
    if (front->depth >= MAX_STRUCT_DEPTH) {
        diag_error(front->diag, structure->name.loc, "too-deep", "structs are nested too deeply");
        return;
    }
    if (structure->fields.count > MAX_STRUCT_FIELDS) {
        diag_error(front->diag, structure->name.loc, "too-many-fields",
                   "a struct has at most %u fields", MAX_STRUCT_FIELDS);
        return;
    }
    structure->resolving = true;
    front->depth++;
    structure->flat->name = structure->name.text;
    structure->flat->loc = structure->name.loc;
    structure->flat->fields =
        resolve_attributes(front, structure, &structure->fields, "field", USE_ATTRIBUTE);
    structure->flat->field_count = structure->fields.count;
    front->depth--;
    structure->resolving = false;
}

// ---------------------------------------------------------------------------------------------
// Procedures and connectors

static void resolve_method(struct front *front, const struct ast_method *ast,
                           struct flat_method *flat)
{
    struct flat_parameter *parameters =
        ARENA_NEW_ARRAY(front->arena, struct flat_parameter, ast->parameters.count);

    flat->name = ast->name.text;
    flat->loc = ast->name.loc;
    flat->returns = resolve_type(front, &ast->returns, USE_C);
    flat->parameters = parameters;
    flat->parameter_count = ast->parameters.count;
    reject_c_keyword(front, "a method", ast->name);
    for (size_t i = 0; i < ast->parameters.count; i++) {
        const struct ast_parameter *parameter = &ast->parameters.items[i];

        parameters[i].name = parameter->name.text;
        parameters[i].direction = parameter->direction;
        parameters[i].type = resolve_type(front, &parameter->type, USE_C);
        parameters[i].array = parameter->array;
        parameters[i].loc = parameter->name.loc;
        reject_c_keyword(front, "a parameter", parameter->name);
        (void)declare(front, ast, NAME_FIELD, "parameter", parameter->name, &parameters[i]);
    }
    // In C an array is two parameters.
    for (size_t i = 0; i < ast->parameters.count; i++) {
        struct ast_name length = ast->parameters.items[i].name;

        if (ast->parameters.items[i].array) {
            length.text = arena_intern(front->arena,
                                       arena_printf(front->arena, "%s_sz", length.text));
            (void)declare(front, ast, NAME_FIELD, "the length of an array,", length, NULL);
        }
    }
}

static void resolve_procedure(struct front *front, struct ast_procedure *procedure)
{
    struct flat_procedure *flat = ARENA_NEW(front->arena, struct flat_procedure);
    struct flat_method *methods =
        ARENA_NEW_ARRAY(front->arena, struct flat_method, procedure->methods.count);

    procedure->flat = flat;
    flat->name = procedure->name.text;
    flat->loc = procedure->name.loc;
    flat->includes = procedure->includes.items;
    flat->include_count = procedure->includes.count;
    flat->methods = methods;
    flat->method_count = procedure->methods.count;
    for (size_t i = 0; i < procedure->methods.count; i++) {
        const struct ast_method *method = &procedure->methods.items[i];

        resolve_method(front, method, &methods[i]);
        (void)declare(front, &procedure->methods, NAME_FIELD, "method", method->name,
                      &methods[i]);
    }
    flat->attributes = resolve_attributes(front, procedure, &procedure->attributes, "attribute",
                                          USE_ATTRIBUTE);
    flat->attribute_count = procedure->attributes.count;
}

static void resolve_connector(struct front *front, struct ast_connector *connector)
{
    struct flat_connector *flat = ARENA_NEW(front->arena, struct flat_connector);

    connector->flat = flat;
    flat->name = connector->name.text;
    flat->loc = connector->name.loc;
    flat->from = connector->from;
    flat->to = connector->to;
    // Types of connector attributes are C types that only the connector itself understands.
    flat->attributes =
        resolve_attributes(front, connector, &connector->attributes, "attribute", USE_C);
    flat->attribute_count = connector->attributes.count;
}

// ---------------------------------------------------------------------------------------------
// Components

static void resolve_interface(struct front *front, struct ast_component *component,
                              const struct ast_interface *ast, struct flat_interface *flat)
{
    const struct ast_name *type = &ast->type.parts.items[ast->type.parts.count - 1];

    flat->name = ast->name.text;
    flat->kind = ast->kind;
    flat->type = type->text;
    flat->optional = ast->optional;
    flat->is_buf = ast->is_buf;
    flat->has_buf_size = ast->has_buf_size;
    flat->buf_size = ast->buf_size;
    flat->loc = ast->name.loc;
    if (ast->kind == FLAT_USES || ast->kind == FLAT_PROVIDES) {
        const struct ast_procedure *procedure =
            names_get(&front->names, NULL, NAME_PROCEDURE, type->text);

        if (procedure == NULL) {
            front_unknown(front, type->loc, "unknown-procedure", "procedure", type->text,
                          names_nearest(&front->names, NULL, NAME_PROCEDURE, type->text));
            import_note_missing(front, "procedure", type->text);
        } else {
            flat->procedure = procedure->flat;
        }
    }
    if (ast->has_buf_size && ast->buf_size == 0) {
        diag_error(front->diag, ast->type.loc, "number-range", "a dataport cannot be empty");
    }
    reject_c_keyword(front, "an interface", ast->name);
    (void)declare(front, component, NAME_INTERFACE, "interface", ast->name,
                  (void *)(uintptr_t)ast);
}

static void resolve_component_flags(struct front *front, const struct ast_component *component)
{
    if (component->control && component->hardware) {
        diag_error(front->diag, component->control_loc, "control-hardware",
                   "component '%s' cannot be both control and hardware", component->name.text);
        diag_note(front->diag, component->hardware_loc, "declared as hardware here");
    }
    if (component->hardware && component->locks.count != 0) {
        diag_error(front->diag, component->locks.items[0].loc, "hardware-lock",
                   "hardware component '%s' cannot have a mutex or semaphore",
                   component->name.text);
        diag_note(front->diag, component->hardware_loc, "declared as hardware here");
    }
    if (component->hardware && component->composition != NULL) {
        diag_error(front->diag, component->composition->loc, "hardware-composition",
                   "hardware component '%s' cannot have a composition", component->name.text);
    }
}

static void resolve_composition(struct front *front, struct ast_composition *composition);

static const char *ref_text(struct front *front, const struct ast_ref *ref)
{
    const char *text = NULL;

    for (size_t i = 0; i < ref->parts.count; i++) {
        text = front_join(front, text, ref->parts.items[i].text);
    }
    return text;
}

static void resolve_exports(struct front *front, const struct ast_composition *composition,
                            struct flat_component *flat)
{
    struct flat_export *exports =
        ARENA_NEW_ARRAY(front->arena, struct flat_export, composition->exports.count);

    for (size_t i = 0; i < composition->exports.count; i++) {
        exports[i].source = ref_text(front, &composition->exports.items[i].source);
        exports[i].alias = ref_text(front, &composition->exports.items[i].alias);
        exports[i].loc = composition->exports.items[i].source.loc;
    }
    flat->exports = exports;
    flat->export_count = composition->exports.count;
}

static void resolve_component(struct front *front, struct ast_component *component)
{
    struct flat_component *flat = ARENA_NEW(front->arena, struct flat_component);
    struct flat_interface *interfaces =
        ARENA_NEW_ARRAY(front->arena, struct flat_interface, component->interfaces.count);

    component->flat = flat;
    flat->name = component->name.text;
    flat->loc = component->loc;
    flat->control = component->control;
    flat->hardware = component->hardware;
    flat->has_composition = component->composition != NULL;
    flat->locks = component->locks.items;
    flat->lock_count = component->locks.count;
    flat->includes = component->includes.items;
    flat->include_count = component->includes.count;
    flat->interfaces = interfaces;
    flat->interface_count = component->interfaces.count;
    for (size_t i = 0; i < component->interfaces.count; i++) {
        resolve_interface(front, component, &component->interfaces.items[i], &interfaces[i]);
    }
    for (size_t i = 0; i < component->locks.count; i++) {
        struct ast_name name = {component->locks.items[i].name, component->locks.items[i].loc};

        reject_c_keyword(front, "a lock", name);
        (void)declare(front, component, NAME_LOCK, "lock", name, &component->locks.items[i]);
    }
    flat->attributes = resolve_attributes(front, component, &component->attributes, "attribute",
                                          USE_ATTRIBUTE);
    flat->attribute_count = component->attributes.count;
    resolve_component_flags(front, component);
    if (component->composition != NULL) {
        resolve_composition(front, component->composition);
        resolve_exports(front, component->composition, flat);
    }
}

const struct flat_attribute *front_attribute(const struct front *front,
                                             const struct ast_component *component,
                                             const char *name)
{
    return names_get(&front->names, component, NAME_FIELD, name);
}

const struct ast_interface *front_interface(const struct front *front,
                                            const struct ast_component *component,
                                            const char *name)
{
    return names_get(&front->names, component, NAME_INTERFACE, name);
}

// ---------------------------------------------------------------------------------------------
// Compositions

static void resolve_instance(struct front *front, struct ast_instance *instance)
{
    const struct ast_name *type;

    if (instance->inline_body != NULL) {
        instance->component = instance->inline_body;
        if (!instance->component->checked) {
            instance->component->checked = true;
            resolve_component(front, instance->component);
        }
        return;
    }
    type = &instance->type.parts.items[instance->type.parts.count - 1];
    instance->component = names_get(&front->names, NULL, NAME_COMPONENT, type->text);
    if (instance->component == NULL) {
        front_unknown(front, type->loc, "unknown-component", "component", type->text,
                      names_nearest(&front->names, NULL, NAME_COMPONENT, type->text));
        import_note_missing(front, "component", type->text);
    }
}

static void resolve_connection(struct front *front, struct ast_connection *connection)
{
    const struct ast_name *type;

    if (connection->inline_body != NULL) {
        connection->connector = connection->inline_body;
        if (connection->connector->flat == NULL) {
            resolve_connector(front, connection->connector);
        }
        return;
    }
    type = &connection->type.parts.items[connection->type.parts.count - 1];
    connection->connector = names_get(&front->names, NULL, NAME_CONNECTOR, type->text);
    if (connection->connector == NULL) {
        front_unknown(front, type->loc, "unknown-connector", "connector", type->text,
                      names_nearest(&front->names, NULL, NAME_CONNECTOR, type->text));
        import_note_missing(front, "connector", type->text);
    }
}

static void resolve_composition(struct front *front, struct ast_composition *composition)
{
    const struct ast_name *name;

    if (composition->is_ref) {
        name = &composition->ref.parts.items[composition->ref.parts.count - 1];
        if (names_get(&front->names, NULL, NAME_COMPOSITION, name->text) == NULL) {
            front_unknown(front, name->loc, "unknown-composition", "composition", name->text,
                          names_nearest(&front->names, NULL, NAME_COMPOSITION, name->text));
        }
        return;
    }
    for (size_t i = 0; i < composition->instances.count; i++) {
        resolve_instance(front, composition->instances.items[i]);
    }
    for (size_t i = 0; i < composition->connections.count; i++) {
        resolve_connection(front, composition->connections.items[i]);
    }
}

static void resolve_configuration(struct front *front,
                                  const struct ast_configuration *configuration)
{
    const struct ast_name *name;

    if (configuration == NULL || !configuration->is_ref) {
        return;
    }
    name = &configuration->ref.parts.items[configuration->ref.parts.count - 1];
    if (names_get(&front->names, NULL, NAME_CONFIGURATION, name->text) == NULL) {
        front_unknown(front, name->loc, "unknown-configuration", "configuration", name->text,
                      names_nearest(&front->names, NULL, NAME_CONFIGURATION, name->text));
    }
}

void resolve_spec(struct front *front)
{
    struct ast_spec *spec = front->spec;

    declare_all(front);
    for (size_t i = 0; i < spec->structs.count; i++) {
        resolve_struct(front, spec->structs.items[i]);
    }
    for (size_t i = 0; i < spec->procedures.count; i++) {
        resolve_procedure(front, spec->procedures.items[i]);
    }
    for (size_t i = 0; i < spec->connectors.count; i++) {
        resolve_connector(front, spec->connectors.items[i]);
    }
    for (size_t i = 0; i < spec->components.count; i++) {
        resolve_component(front, spec->components.items[i]);
        resolve_configuration(front, spec->components.items[i]->configuration);
    }
    for (size_t i = 0; i < spec->compositions.count; i++) {
        resolve_composition(front, spec->compositions.items[i]);
    }
    for (size_t i = 0; i < spec->assemblies.count; i++) {
        const struct ast_assembly *assembly = spec->assemblies.items[i];

        for (size_t j = 0; j < assembly->compositions.count; j++) {
            resolve_composition(front, assembly->compositions.items[j]);
        }
        for (size_t j = 0; j < assembly->configurations.count; j++) {
            resolve_configuration(front, assembly->configurations.items[j]);
        }
    }
}
