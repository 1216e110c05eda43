// SPDX-License-Identifier: BSD-2-Clause
// Declarations: types, attributes, structs, procedures, connectors, components.

#include <string.h>

#include "parse.h"

// ---------------------------------------------------------------------------------------------
// Types

static void set_type(struct ast_type *type, enum flat_type_kind kind, const char *name)
{
    type->kind = kind;
    type->name = name;
}

static bool parse_signed_type(struct parser *p, struct ast_type *type, bool is_signed)
{
    if (parse_accept_word(p, "char")) {
        set_type(type, is_signed ? FLAT_TYPE_SIGNED_CHAR : FLAT_TYPE_UNSIGNED_CHAR,
                 is_signed ? "signed char" : "unsigned char");
        return true;
    }
    if (!parse_accept_word(p, "int")) {
        (void)parse_accept_word(p, "integer");
    }
    set_type(type, is_signed ? FLAT_TYPE_INT : FLAT_TYPE_UNSIGNED,
             is_signed ? "int" : "unsigned int");
    return true;
}

static bool parse_struct_type(struct parser *p, struct ast_type *type)
{
    struct ast_name name;

    if (!parse_name(p, &name, "the name of a struct")) {
        return false;
    }
    set_type(type, FLAT_TYPE_NAMED, name.text);
    type->struct_keyword = true;
    type->loc = name.loc;
    return true;
}

static bool parse_anonymous_type(struct parser *p, struct ast_type *type)
{
    struct ast_struct *structure = ARENA_NEW(p->arena, struct ast_struct);

    structure->name.loc = parse_peek(p)->loc;
    structure->name.text = arena_intern(
        p->arena, arena_printf(p->arena, AST_ANONYMOUS_STRUCT "%u", p->spec->anonymous_structs++));
    set_type(type, FLAT_TYPE_STRUCT, structure->name.text);
    type->anonymous = structure;
    return parse_struct_body(p, structure);
}

static bool parse_type(struct parser *p, struct ast_type *type)
{
    static const struct {
        const char *word;
        enum flat_type_kind kind;
        const char *name;
    } rows[] = {
        {"int", FLAT_TYPE_INT, "int"},           {"integer", FLAT_TYPE_INT, "int"},
        {"char", FLAT_TYPE_CHAR, "char"},        {"string", FLAT_TYPE_STRING, "string"},
        {"int64_t", FLAT_TYPE_INT64, "int64_t"}, {"uint64_t", FLAT_TYPE_UINT64, "uint64_t"},
    };
    struct ast_ref ref;

    memset(type, 0, sizeof(*type));
    type->loc = parse_peek(p)->loc;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (parse_accept_word(p, rows[i].word)) {
            set_type(type, rows[i].kind, rows[i].name);
            return true;
        }
    }
    if (parse_accept_word(p, "signed")) {
        return parse_signed_type(p, type, true);
    }
    if (parse_accept_word(p, "unsigned")) {
        return parse_signed_type(p, type, false);
    }
    if (parse_accept_word(p, "struct")) {
        return parse_struct_type(p, type);
    }
    if (parse_is(p, "{")) {
        return parse_anonymous_type(p, type);
    }
    if (!parse_ref(p, &ref, "a type")) {
        return false;
    }
    set_type(type, FLAT_TYPE_NAMED, ref.parts.items[ref.parts.count - 1].text);
    type->loc = ref.loc;
    return true;
}

static bool parse_array_mark(struct parser *p, bool *array)
{
    *array = parse_accept(p, "[");
    return !*array || parse_expect(p, "]");
}

/// type name [ "[]" ] [ "=" value ]
bool parse_attribute(struct parser *p, struct ast_attribute *attribute)
{
    memset(attribute, 0, sizeof(*attribute));
    if (!parse_type(p, &attribute->type) ||
        !parse_name(p, &attribute->name, "the name of an attribute") ||
        !parse_array_mark(p, &attribute->array)) {
        return false;
    }
    if (parse_accept(p, "=")) {
        attribute->init = parse_value(p);
        if (attribute->init == NULL) {
            return false;
        }
    }
    return true;
}

static bool attribute_statement(struct parser *p, ast_attribute_vec *attributes)
{
    struct ast_attribute attribute;

    if (!parse_attribute(p, &attribute)) {
        return false;
    }
    VEC_PUSH(p->arena, *attributes, attribute);
    return parse_end_statement(p);
}

static bool struct_member(struct parser *p, void *context)
{
    struct ast_struct *structure = context;

    (void)parse_accept_word(p, "attribute");
    return attribute_statement(p, &structure->fields);
}

bool parse_struct_body(struct parser *p, struct ast_struct *structure)
{
    return parse_body(p, struct_member, structure);
}

bool parse_struct(struct parser *p)
{
    struct ast_struct *structure = ARENA_NEW(p->arena, struct ast_struct);

    if (!parse_name(p, &structure->name, "the name of a struct") ||
        !parse_struct_body(p, structure)) {
        return false;
    }
    VEC_PUSH(p->arena, p->spec->structs, structure);
    return true;
}

bool parse_include(struct parser *p, ast_include_vec *includes)
{
    const struct token *token = parse_peek(p);
    struct flat_include include = {NULL, token->loc};

    if (token->kind == TOKEN_ANGLE) {
        include.text = arena_printf(p->arena, "<%s>", token->text);
        parse_advance(p);
    } else if (token->kind == TOKEN_STRING) {
        const struct flat_value *path = parse_value(p);

        if (path == NULL) {
            return false;
        }
        include.text = arena_printf(p->arena, "\"%s\"", path->string);
    } else {
        parse_error_file(p);
        return false;
    }
    include.text = arena_intern(p->arena, include.text);
    VEC_PUSH(p->arena, *includes, include);
    return parse_end_statement(p);
}

// ---------------------------------------------------------------------------------------------
// Procedures

static void parse_direction(struct parser *p, enum flat_direction *direction)
{
    *direction = FLAT_IN;
    if (parse_accept_word(p, "out")) {
        *direction = FLAT_OUT;
    } else if (parse_accept_word(p, "inout")) {
        *direction = FLAT_INOUT;
    } else if (parse_accept_word(p, "refin")) {
        *direction = FLAT_REFIN;
    } else {
        (void)parse_accept_word(p, "in");
    }
}

/// A word before a type and a name.
static bool is_unknown_direction(const struct parser *p)
{
    static const char *const types[] = {"int",      "integer", "signed",   "unsigned",
                                        "char",     "string",  "uint64_t", "int64_t"};
    const struct token *next = parse_peek_next(p);

    if (parse_peek(p)->kind != TOKEN_WORD || parse_peek(p)->reserved || next->kind != TOKEN_WORD) {
        return false;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(next->text, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_parameters(struct parser *p, struct ast_method *method)
{
    if (!parse_open(p, "(")) {
        return false;
    }
    if (parse_is_word(p, "void")) {
        parse_advance(p);
        return parse_close(p, ")");
    }
    while (!parse_is(p, ")")) {
        struct ast_parameter parameter;

        memset(&parameter, 0, sizeof(parameter));
        parse_direction(p, &parameter.direction);
        if (is_unknown_direction(p)) {
            diag_error(p->diag, parse_peek(p)->loc, "syntax",
                       "'%.60s' is no direction; expected 'in', 'out', 'inout' or 'refin'",
                       parse_peek(p)->text);
            return false;
        }
        if (!parse_type(p, &parameter.type) ||
            !parse_name(p, &parameter.name, "the name of a parameter") ||
            !parse_array_mark(p, &parameter.array)) {
            return false;
        }
        VEC_PUSH(p->arena, method->parameters, parameter);
        if (!parse_accept(p, ",") && !parse_is(p, ")")) {
            parse_error_expected(p, "',' or ')'");
            return false;
        }
    }
    return parse_close(p, ")");
}

static bool procedure_member(struct parser *p, void *context)
{
    struct ast_procedure *procedure = context;
    struct ast_method method;

    if (parse_accept_word(p, "include")) {
        return parse_include(p, &procedure->includes);
    }
    if (parse_accept_word(p, "attribute")) {
        return attribute_statement(p, &procedure->attributes);
    }
    memset(&method, 0, sizeof(method));
    method.returns.loc = parse_peek(p)->loc;
    if (parse_accept_word(p, "void")) {
        set_type(&method.returns, FLAT_TYPE_VOID, "void");
    } else if (!parse_type(p, &method.returns)) {
        return false;
    }
    if (!parse_name(p, &method.name, "the name of a method")) {
        return false;
    }
    if (!parse_is(p, "(")) {
        // The grammar also lets attributes stand here without the word `attribute`.
        struct ast_attribute attribute = {method.name, method.returns, false, NULL};

        if (!parse_is(p, "[") && !parse_is(p, "=") && !parse_is(p, ";")) {
            return parse_expect(p, "(");
        }
        if (!parse_array_mark(p, &attribute.array)) {
            return false;
        }
        if (parse_accept(p, "=") && (attribute.init = parse_value(p)) == NULL) {
            return false;
        }
        VEC_PUSH(p->arena, procedure->attributes, attribute);
        return parse_end_statement(p);
    }
    if (!parse_parameters(p, &method)) {
        return false;
    }
    VEC_PUSH(p->arena, procedure->methods, method);
    return parse_end_statement(p);
}

bool parse_procedure(struct parser *p)
{
    struct ast_procedure *procedure = ARENA_NEW(p->arena, struct ast_procedure);

    if (!parse_name(p, &procedure->name, "the name of a procedure") ||
        !parse_body(p, procedure_member, procedure)) {
        return false;
    }
    VEC_PUSH(p->arena, p->spec->procedures, procedure);
    return true;
}

// ---------------------------------------------------------------------------------------------
// Connectors

struct connector_parse {
    struct ast_connector *connector;
    bool has_from;
    bool has_to;
};

static bool parse_connector_kind(struct parser *p, struct flat_connector_side *side)
{
    static const struct {
        const char *word;
        enum flat_connector_kind kind;
        bool multiple;
    } rows[] = {
        {"Procedure", FLAT_KIND_PROCEDURE, false}, {"Procedures", FLAT_KIND_PROCEDURE, true},
        {"Event", FLAT_KIND_EVENT, false},         {"Events", FLAT_KIND_EVENT, true},
        {"Dataport", FLAT_KIND_DATAPORT, false},   {"Dataports", FLAT_KIND_DATAPORT, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (parse_accept_word(p, rows[i].word)) {
            side->kind = rows[i].kind;
            side->multiple = rows[i].multiple;
            return true;
        }
    }
    parse_error_expected(p, "Procedure, Event or Dataport (or their plurals)");
    return false;
}

static bool parse_connector_side(struct parser *p, struct flat_connector_side *side)
{
    uint64_t threads = 1;

    side->hardware = parse_accept_word(p, "hardware");
    if (!parse_connector_kind(p, side)) {
        return false;
    }
    if (parse_accept_word(p, "with")) {
        if (!parse_integer(p, 255, "the number of threads", &threads)) {
            return false;
        }
        if (!parse_accept_word(p, "thread") && !parse_accept_word(p, "threads")) {
            parse_error_expected(p, "'threads'");
            return false;
        }
    }
    side->threads = (unsigned)threads;
    return parse_end_statement(p);
}

static bool connector_member(struct parser *p, void *context)
{
    struct connector_parse *state = context;
    struct adlc_loc loc = parse_peek(p)->loc;
    bool from = parse_accept_word(p, "from");
    bool *seen = from ? &state->has_from : &state->has_to;

    if (from || parse_accept_word(p, "to")) {
        if (*seen) {
            diag_error(p->diag, loc, "syntax", "a connector has only one '%s'",
                       from ? "from" : "to");
            return false;
        }
        *seen = true;
        return parse_connector_side(p, from ? &state->connector->from : &state->connector->to);
    }
    if (parse_accept_word(p, "attribute")) {
        return attribute_statement(p, &state->connector->attributes);
    }
    parse_error_expected(p, "'from', 'to' or 'attribute'");
    return false;
}

struct ast_connector *parse_connector_body(struct parser *p)
{
    struct connector_parse state = {ARENA_NEW(p->arena, struct ast_connector), false, false};
    struct adlc_loc open = parse_peek(p)->loc;
    size_t errors = diag_error_count(p->diag);

    if (!parse_body(p, connector_member, &state)) {
        return NULL;
    }
    if ((!state.has_from || !state.has_to) && diag_error_count(p->diag) == errors) {
        diag_error(p->diag, open, "syntax", "this connector has no '%s'",
                   state.has_from ? "to" : "from");
    }
    return state.connector;
}

bool parse_connector(struct parser *p)
{
    struct ast_connector *connector;
    struct ast_name name;

    if (!parse_name(p, &name, "the name of a connector")) {
        return false;
    }
    connector = parse_connector_body(p);
    if (connector == NULL) {
        return false;
    }
    connector->name = name;
    VEC_PUSH(p->arena, p->spec->connectors, connector);
    return true;
}

// ---------------------------------------------------------------------------------------------
// Components

static bool add_interface(struct parser *p, struct ast_component *component,
                          struct ast_interface *interface)
{
    if (!parse_name(p, &interface->name, "the name of an interface")) {
        return false;
    }
    VEC_PUSH(p->arena, component->interfaces, *interface);
    return parse_end_statement(p);
}

static bool parse_dataport(struct parser *p, struct ast_component *component,
                           struct ast_interface *interface)
{
    if (!parse_ref(p, &interface->type, "the type of a dataport")) {
        return false;
    }
    interface->is_buf = strcmp(interface->type.parts.items[0].text, "Buf") == 0;
    if (parse_is(p, "(")) {
        if (!interface->is_buf) {
            diag_error(p->diag, interface->type.loc, "syntax", "only Buf takes a size");
            return false;
        }
        interface->has_buf_size = true;
        (void)parse_open(p, "(");
        if (!parse_integer(p, INT64_MAX, "the size of a dataport", &interface->buf_size) ||
            !parse_close(p, ")")) {
            return false;
        }
    }
    return add_interface(p, component, interface);
}

static bool parse_interface(struct parser *p, struct ast_component *component, bool *matched)
{
    static const struct {
        const char *word;
        enum flat_interface_kind kind;
        bool may_be_optional;
    } rows[] = {
        {"uses", FLAT_USES, true},          {"provides", FLAT_PROVIDES, false},
        {"emits", FLAT_EMITS, false},       {"consumes", FLAT_CONSUMES, true},
        {"dataport", FLAT_DATAPORT, true},
    };
    struct adlc_loc loc = parse_peek(p)->loc;
    struct ast_interface interface;

    memset(&interface, 0, sizeof(interface));
    interface.optional = parse_accept_word(p, "maybe");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!parse_accept_word(p, rows[i].word)) {
            continue;
        }
        *matched = true;
        interface.kind = rows[i].kind;
        if (interface.optional && !rows[i].may_be_optional) {
            diag_error(p->diag, loc, "syntax", "'maybe' has no meaning for '%s'", rows[i].word);
        }
        if (interface.kind == FLAT_DATAPORT) {
            return parse_dataport(p, component, &interface);
        }
        return parse_ref(p, &interface.type, "the type of an interface") &&
               add_interface(p, component, &interface);
    }
    if (interface.optional) {
        *matched = true;
        parse_error_expected(p, "'uses', 'consumes' or 'dataport'");
        return false;
    }
    return true;
}

static bool parse_lock(struct parser *p, struct ast_component *component)
{
    static const char *const locks[] = {"mutex", "semaphore", "binary_semaphore"};
    struct flat_lock lock;
    struct ast_name name;

    memset(&lock, 0, sizeof(lock));
    if (parse_accept_word(p, "semaphore")) {
        lock.kind = FLAT_SEMAPHORE;
    } else if (parse_accept_word(p, "binary_semaphore")) {
        lock.kind = FLAT_BINARY_SEMAPHORE;
    } else if (!parse_accept_word(p, "mutex")) {
        parse_error_word(p, locks, sizeof(locks) / sizeof(locks[0]), "the declaration of a lock");
        return false;
    }
    if (!parse_name(p, &name, "a name")) {
        return false;
    }
    lock.name = name.text;
    lock.loc = name.loc;
    VEC_PUSH(p->arena, component->locks, lock);
    return parse_end_statement(p);
}

static bool component_part(struct parser *p, struct ast_component *component,
                           struct adlc_loc loc, bool composition)
{
    if (composition ? component->composition != NULL : component->configuration != NULL) {
        diag_error(p->diag, loc, "duplicate-block", "a component has only one %s",
                   composition ? "composition" : "configuration");
    }
    if (composition) {
        component->composition = parse_composition(p, true);
        return component->composition != NULL;
    }
    component->configuration = parse_configuration(p, true);
    return component->configuration != NULL;
}

static bool parse_flag(struct parser *p, struct adlc_loc loc, bool *flag,
                       struct adlc_loc *flag_loc)
{
    *flag = true;
    *flag_loc = loc;
    return parse_end_statement(p);
}

static void member_error(struct parser *p)
{
    static const char *const words[] = {
        "control", "hardware", "include", "attribute",   "uses",          "provides", "emits",
        "maybe",   "consumes", "has",     "composition", "configuration", "dataport",
    };

    parse_error_word(p, words, sizeof(words) / sizeof(words[0]), "a member of a component");
}

static bool component_member(struct parser *p, void *context)
{
    struct ast_component *component = context;
    struct adlc_loc loc = parse_peek(p)->loc;
    struct ast_attribute attribute;
    bool matched = false;
    bool good;

    if (parse_accept(p, ";")) {
        return true;
    }
    if (parse_accept_word(p, "control")) {
        return parse_flag(p, loc, &component->control, &component->control_loc);
    }
    if (parse_accept_word(p, "hardware")) {
        return parse_flag(p, loc, &component->hardware, &component->hardware_loc);
    }
    if (parse_accept_word(p, "include")) {
        return parse_include(p, &component->includes);
    }
    if (parse_accept_word(p, "attribute")) {
        if (!parse_attribute(p, &attribute)) {
            return false;
        }
        VEC_PUSH(p->arena, component->attributes, attribute);
        return parse_end_statement(p);
    }
    if (parse_accept_word(p, "has")) {
        return parse_lock(p, component);
    }
    if (parse_accept_word(p, "composition")) {
        return component_part(p, component, loc, true);
    }
    if (parse_accept_word(p, "configuration")) {
        return component_part(p, component, loc, false);
    }
    good = parse_interface(p, component, &matched);
    if (matched) {
        return good;
    }
    member_error(p);
    return false;
}

struct ast_component *parse_component_body(struct parser *p)
{
    struct ast_component *component = ARENA_NEW(p->arena, struct ast_component);

    component->loc = parse_peek(p)->loc;
    component->name.loc = component->loc;
    return parse_body(p, component_member, component) ? component : NULL;
}

bool parse_component(struct parser *p)
{
    struct adlc_loc loc = p->tokens[p->pos - 1].loc;
    struct ast_component *component;
    struct ast_name name;

    if (!parse_name(p, &name, "the name of a component")) {
        return false;
    }
    component = parse_component_body(p);
    if (component == NULL) {
        return false;
    }
    component->name = name;
    component->loc = loc;
    VEC_PUSH(p->arena, p->spec->components, component);
    return true;
}
