// SPDX-License-Identifier: BSD-2-Clause
// Compositions, configurations, assemblies and their schedules.

#include <string.h>

#include "parse.h"

/// Whether the '{' before the current word was forgotten: parse_body() says so.
static bool starts_body(const struct parser *p)
{
    return parse_peek(p)->reserved && parse_peek(p)->first;
}

/// "name {" or "reference ;" or "{": what follows the words `composition` and `configuration`.
/// Sets *is_ref; the '{' is not taken.
static bool parse_block_head(struct parser *p, bool inside, struct ast_name *name,
                             struct ast_ref *ref, bool *is_ref)
{
    const struct token *token = parse_peek(p);
    size_t start = p->pos;

    *is_ref = false;
    if (!inside && (token->kind != TOKEN_WORD || starts_body(p))) {
        diag_error(p->diag, name->loc, "syntax",
                   "outside of an assembly this needs a name; is there an 'assembly {' missing?");
    }
    if (token->kind != TOKEN_WORD || starts_body(p)) {
        return true;
    }
    if (!parse_ref(p, ref, "a name or '{'")) {
        return false;
    }
    if (token->first && !parse_is(p, "{") && !parse_is(p, ";")) {
        p->pos = start;
        return true;
    }
    if (inside && !parse_is(p, "{")) {
        *is_ref = true;
        return parse_end_statement(p);
    }
    *name = ref->parts.items[0];
    return true;
}

// ---------------------------------------------------------------------------------------------
// Compositions

static struct ast_instance *parse_instance(struct parser *p)
{
    struct ast_instance *instance = ARENA_NEW(p->arena, struct ast_instance);

    if (parse_is(p, "{")) {
        instance->inline_body = parse_component_body(p);
        if (instance->inline_body == NULL) {
            return NULL;
        }
        instance->inline_body->name.text = arena_intern(
            p->arena, arena_printf(p->arena, "camkes_anon_component_%u",
                                   p->spec->anonymous_components++));
    } else if (!parse_ref(p, &instance->type, "the name of a component")) {
        return NULL;
    }
    if (!parse_name(p, &instance->name, "the name of an instance")) {
        return NULL;
    }
    return instance;
}

static bool parse_ends(struct parser *p, struct ast_connection *connection)
{
    if (!parse_open(p, "(")) {
        return false;
    }
    while (!parse_is(p, ")")) {
        struct ast_end end;

        memset(&end, 0, sizeof(end));
        end.is_from = parse_accept_word(p, "from");
        if (!end.is_from && !parse_accept_word(p, "to")) {
            parse_error_expected(p, "'from' or 'to'");
            return false;
        }
        if (!parse_ref(p, &end.ref, "instance.interface")) {
            return false;
        }
        VEC_PUSH(p->arena, connection->ends, end);
        if (!parse_accept(p, ",") && !parse_is(p, ")")) {
            parse_error_expected(p, "',' or ')'");
            return false;
        }
    }
    return parse_close(p, ")");
}

static bool parse_connection(struct parser *p, struct ast_composition *composition)
{
    struct ast_connection *connection = ARENA_NEW(p->arena, struct ast_connection);

    if (parse_is(p, "{")) {
        connection->inline_body = parse_connector_body(p);
        if (connection->inline_body == NULL) {
            return false;
        }
        connection->inline_body->name.text = arena_intern(
            p->arena, arena_printf(p->arena, "camkes_anon_connector_%u",
                                   p->spec->anonymous_connectors++));
        connection->inline_body->name.loc = parse_peek(p)->loc;
    } else if (!parse_ref(p, &connection->type, "the name of a connector")) {
        return false;
    }
    if (!parse_name(p, &connection->name, "the name of a connection") ||
        !parse_ends(p, connection)) {
        return false;
    }
    VEC_PUSH(p->arena, composition->connections, connection);
    return parse_end_statement(p);
}

struct group_parse {
    struct ast_composition *composition;
    struct ast_group *group;
};

static bool group_member(struct parser *p, void *context)
{
    struct group_parse *state = context;
    struct ast_instance *instance;

    if (!parse_accept_word(p, "component")) {
        parse_error_expected(p, "'component'");
        return false;
    }
    instance = parse_instance(p);
    if (instance == NULL) {
        return false;
    }
    instance->group = state->group;
    VEC_PUSH(p->arena, state->composition->instances, instance);
    return parse_end_statement(p);
}

static bool parse_group(struct parser *p, struct ast_composition *composition)
{
    struct group_parse state = {composition, ARENA_NEW(p->arena, struct ast_group)};

    state.group->name.loc = parse_peek(p)->loc;
    if (parse_peek(p)->kind != TOKEN_WORD) {
        state.group->name.text = arena_intern(
            p->arena,
            arena_printf(p->arena, "camkes_anon_group_%u", p->spec->anonymous_groups++));
    } else if (!parse_name(p, &state.group->name, "the name of a group")) {
        return false;
    }
    VEC_PUSH(p->arena, composition->groups, state.group);
    return parse_body(p, group_member, &state);
}

static bool parse_export(struct parser *p, struct ast_composition *composition)
{
    struct ast_export export;

    memset(&export, 0, sizeof(export));
    if (!parse_ref(p, &export.source, "instance.interface") || !parse_expect(p, "->") ||
        !parse_ref(p, &export.alias, "the name of an interface")) {
        return false;
    }
    VEC_PUSH(p->arena, composition->exports, export);
    return parse_end_statement(p);
}

static bool composition_member(struct parser *p, void *context)
{
    struct ast_composition *composition = context;
    struct ast_instance *instance;

    if (parse_accept(p, ";")) {
        return true;
    }
    if (parse_accept_word(p, "component")) {
        instance = parse_instance(p);
        if (instance == NULL) {
            return false;
        }
        VEC_PUSH(p->arena, composition->instances, instance);
        return parse_end_statement(p);
    }
    if (parse_accept_word(p, "connection")) {
        return parse_connection(p, composition);
    }
    if (parse_accept_word(p, "group")) {
        return parse_group(p, composition);
    }
    if (parse_accept_word(p, "export")) {
        return parse_export(p, composition);
    }
    static const char *const words[] = {"component", "connection", "group", "export"};
    parse_error_word(p, words, sizeof(words) / sizeof(words[0]), "a part of a composition");
    return false;
}

struct ast_composition *parse_composition(struct parser *p, bool inside)
{
    struct ast_composition *composition = ARENA_NEW(p->arena, struct ast_composition);

    composition->loc = p->tokens[p->pos - 1].loc;
    composition->name.loc = composition->loc;
    if (!parse_block_head(p, inside, &composition->name, &composition->ref,
                          &composition->is_ref)) {
        return NULL;
    }
    if (composition->is_ref || parse_body(p, composition_member, composition)) {
        return composition;
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------
// Configurations

static const struct flat_value *make_list(struct parser *p, struct adlc_loc loc,
                                          const struct flat_value *const *items, size_t count)
{
    struct flat_value *list = flat_value_new(p->arena, FLAT_LIST, loc);

    list->items = items;
    list->count = count;
    return list;
}

/// { "[" key "]" }: NULL in *keys when there is none.
static bool parse_keys(struct parser *p, const struct flat_value **keys)
{
    VEC(const struct flat_value *) items = {NULL, 0, 0};
    struct adlc_loc loc = parse_peek(p)->loc;

    *keys = NULL;
    while (parse_accept(p, "[")) {
        const struct flat_value *key = parse_value(p);

        if (key == NULL) {
            return false;
        }
        if (key->kind != FLAT_INT && key->kind != FLAT_STRING) {
            diag_error(p->diag, key->loc, "dict-key", "a key must be a string or an integer");
            return false;
        }
        VEC_PUSH(p->arena, items, key);
        if (!parse_expect(p, "]")) {
            return false;
        }
    }
    if (items.count != 0) {
        *keys = make_list(p, loc, items.items, items.count);
    }
    return true;
}

/// Most names with a bracket that are no query were meant to be macros.
static bool check_query_name(struct parser *p, const struct ast_name *name)
{
    static const char *const names[] = {"dtb", "gpio"};
    const size_t count = sizeof(names) / sizeof(names[0]);
    const char *near = diag_nearest(name->text, names, count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(name->text, names[i]) == 0) {
            return true;
        }
    }
    if (near == NULL) {
        near = diag_nearest(name->text, p->macros, p->macro_count);
    }
    diag_error(p->diag, name->loc, "unknown-query", "'%.60s' is neither a macro nor a query%s%s%s",
               name->text, near != NULL ? "; did you mean '" : " ('dtb', 'gpio')",
               near != NULL ? near : "", near != NULL ? "'?" : "");
    return false;
}

static bool parse_query(struct parser *p, struct ast_setting *setting)
{
    const struct flat_value **items = ARENA_NEW_ARRAY(p->arena, const struct flat_value *, 1);
    const struct flat_value *args = NULL;
    struct adlc_loc loc = parse_peek(p)->loc;

    setting->kind = AST_QUERY;
    if (!parse_name(p, &setting->function, "the name of a query") ||
        !check_query_name(p, &setting->function) || !parse_open(p, "(")) {
        return false;
    }
    if (!parse_is(p, ")")) {
        args = parse_value(p);
        if (args == NULL) {
            return false;
        }
        if (args->kind == FLAT_DICT) {
            items[0] = args;
            args = make_list(p, args->loc, items, 1);
        }
        if (args->kind != FLAT_LIST) {
            diag_error(p->diag, args->loc, "query-argument",
                       "the argument of a query must be a dict or a list of dicts");
            return false;
        }
    } else {
        args = make_list(p, loc, NULL, 0);
    }
    for (size_t i = 0; i < args->count; i++) {
        if (args->items[i]->kind != FLAT_DICT) {
            diag_error(p->diag, args->items[i]->loc, "query-argument",
                       "the argument of a query must be a dict or a list of dicts");
            return false;
        }
    }
    setting->args = args;
    return parse_close(p, ")") && parse_keys(p, &setting->keys);
}

static bool parse_setting_value(struct parser *p, struct ast_setting *setting)
{
    const struct token *token = parse_peek(p);

    if (parse_accept(p, "<-")) {
        setting->kind = AST_REFERENCE;
        return parse_ref(p, &setting->source, "an attribute") && parse_keys(p, &setting->keys);
    }
    if (!parse_accept(p, "=")) {
        parse_error_expected(p, "'=' or '<-'");
        return false;
    }
    token = parse_peek(p);
    if (token->kind == TOKEN_WORD && !token->reserved && parse_next_is(p, "(")) {
        return parse_query(p, setting);
    }
    setting->kind = AST_VALUE;
    setting->value = parse_value(p);
    return setting->value != NULL;
}

static bool configuration_member(struct parser *p, void *context)
{
    struct ast_configuration *configuration = context;
    struct ast_setting *setting;

    if (parse_accept(p, ";")) {
        return true;
    }
    if (parse_peek(p)->kind == TOKEN_WORD && parse_next_is(p, "(")) {
        parse_error_word(p, NULL, 0, "a setting");
        return false;
    }
    setting = ARENA_NEW(p->arena, struct ast_setting);
    if (!parse_ref(p, &setting->target, "instance.attribute")) {
        return false;
    }
    if (setting->target.parts.count < 2) {
        diag_error(p->diag, setting->target.loc, "syntax",
                   "a setting has the form instance.attribute = value");
        return false;
    }
    if (!parse_setting_value(p, setting)) {
        return false;
    }
    VEC_PUSH(p->arena, configuration->settings, setting);
    return parse_end_statement(p);
}

struct ast_configuration *parse_configuration(struct parser *p, bool inside)
{
    struct ast_configuration *configuration = ARENA_NEW(p->arena, struct ast_configuration);

    configuration->loc = p->tokens[p->pos - 1].loc;
    configuration->name.loc = configuration->loc;
    if (!parse_block_head(p, inside, &configuration->name, &configuration->ref,
                          &configuration->is_ref)) {
        return NULL;
    }
    if (configuration->is_ref || parse_body(p, configuration_member, configuration)) {
        return configuration;
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------
// Assemblies

static bool parse_slot(struct parser *p, struct ast_assembly *assembly)
{
    struct flat_slot slot;

    memset(&slot, 0, sizeof(slot));
    slot.loc = parse_peek(p)->loc;
    if (!parse_open(p, "(") || !parse_integer(p, 255, "a domain", &slot.domain) ||
        !parse_expect(p, ",") ||
        !parse_integer(p, INT64_MAX, "the length of a slot", &slot.length)) {
        return false;
    }
    if (parse_accept_word(p, "us")) {
        slot.unit = FLAT_SLOT_US;
        slot.unit_written = true;
    } else if (parse_accept_word(p, "ticks") || parse_accept_word(p, "tick")) {
        slot.unit_written = true;
    }
    if (slot.length == 0) {
        diag_error(p->diag, slot.loc, "schedule", "a slot of the schedule cannot be empty");
    }
    VEC_PUSH(p->arena, assembly->slots, slot);
    return parse_close(p, ")");
}

static bool schedule_member(struct parser *p, void *context)
{
    if (!parse_open(p, "[")) {
        return false;
    }
    while (!parse_is(p, "]")) {
        if (!parse_slot(p, context)) {
            return false;
        }
        if (!parse_accept(p, ",") && !parse_is(p, "]")) {
            parse_error_expected(p, "',' or ']'");
            return false;
        }
    }
    (void)parse_close(p, "]");
    (void)parse_accept(p, ";");
    return true;
}

static bool assembly_schedule(struct parser *p, struct ast_assembly *assembly,
                              struct adlc_loc loc)
{
    if (assembly->has_schedule) {
        diag_error(p->diag, loc, "duplicate-block", "an assembly has only one schedule");
        diag_note(p->diag, assembly->schedule_loc, "the first one is here");
    }
    assembly->has_schedule = true;
    assembly->schedule_loc = loc;
    return parse_body(p, schedule_member, assembly);
}

static bool assembly_member(struct parser *p, void *context)
{
    struct ast_assembly *assembly = context;
    struct adlc_loc loc = parse_peek(p)->loc;

    if (parse_accept(p, ";")) {
        return true;
    }
    if (parse_accept_word(p, "composition")) {
        struct ast_composition *composition = parse_composition(p, true);

        if (composition != NULL) {
            VEC_PUSH(p->arena, assembly->compositions, composition);
        }
        return composition != NULL;
    }
    if (parse_accept_word(p, "configuration")) {
        struct ast_configuration *configuration = parse_configuration(p, true);

        if (configuration != NULL) {
            VEC_PUSH(p->arena, assembly->configurations, configuration);
        }
        return configuration != NULL;
    }
    if (parse_accept_word(p, "schedule")) {
        return assembly_schedule(p, assembly, loc);
    }
    static const char *const words[] = {"composition", "configuration", "schedule"};
    parse_error_word(p, words, sizeof(words) / sizeof(words[0]), "a part of an assembly");
    return false;
}

bool parse_assembly(struct parser *p)
{
    struct ast_assembly *assembly = ARENA_NEW(p->arena, struct ast_assembly);

    assembly->loc = p->tokens[p->pos - 1].loc;
    if (parse_peek(p)->kind == TOKEN_WORD && !starts_body(p) &&
        !parse_name(p, &assembly->name, "the name of an assembly")) {
        return false;
    }
    if (!parse_body(p, assembly_member, assembly)) {
        return false;
    }
    if (assembly->compositions.count > 1) {
        diag_error(p->diag, assembly->compositions.items[1]->loc, "duplicate-block",
                   "an assembly has only one composition");
    }
    if (assembly->configurations.count > 1) {
        diag_error(p->diag, assembly->configurations.items[1]->loc, "duplicate-block",
                   "an assembly has only one configuration");
    }
    VEC_PUSH(p->arena, p->spec->assemblies, assembly);
    return true;
}
