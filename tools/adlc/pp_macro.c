// SPDX-License-Identifier: BSD-2-Clause
// Macro definitions and their expansion: arguments, # and ##, variadic macros (also GNU's named
// ones), rescanning with hide sets. Work is bounded, so no input can make it run for ever.

#include "pp.h"

#include <string.h>

#define PP_MAX_PARAMS         256u
#define PP_MAX_HIDE_DEPTH     200u  ///< macros nested inside each other's replacement
#define PP_MAX_ARGUMENT_DEPTH 100u  ///< macro calls nested in arguments

struct pp_list {
    struct pp_token *first;
    struct pp_token **last;
};

struct pp_call {
    const struct pp_macro *macro;
    const struct pp_token *name;     ///< the token that named the macro
    struct pp_token **raw;           ///< arguments as written
    struct pp_token **expanded;      ///< arguments after expansion, made when first needed
    bool *is_expanded;
};

static void list_init(struct pp_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_add(struct pp_list *list, struct pp_token *token)
{
    token->next = NULL;
    *list->last = token;
    list->last = &token->next;
}

bool pp_token_is(const struct pp_token *token, const char *punctuator)
{
    return token != NULL && token->kind == PP_PUNCTUATOR && strcmp(token->text, punctuator) == 0;
}

/// Count work against the budget of the unit; reports once when it is used up.
static void spend(struct pp_unit *unit, size_t work, struct adlc_loc loc)
{
    if (unit->budget > work) {
        unit->budget -= work;
    } else if (!unit->exhausted) {
        unit->exhausted = true;
        unit->env->broken = true;
        diag_error(unit->env->diag, loc, "macro-too-large",
                   "macros expand to more text than the compiler accepts");
    }
}

static struct pp_token *copy_to(struct pp_unit *unit, const struct pp_token *token,
                                struct adlc_loc loc)
{
    struct pp_token *copy = ARENA_NEW(unit->env->arena, struct pp_token);

    *copy = *token;
    copy->next = NULL;
    copy->loc = loc;
    spend(unit, 1, loc);
    return copy;
}

struct pp_token *pp_token_copy(struct pp_unit *unit, const struct pp_token *token)
{
    return copy_to(unit, token, token->loc);
}

// ---------------------------------------------------------------------------------------------
// The table of macros

static size_t macro_bucket(const char *name)
{
    return (size_t)(((uintptr_t)name >> 4) * 2654435761u >> 7) % PP_BUCKETS;
}

struct pp_macro *pp_macro_find(struct pp_unit *unit, const char *name)
{
    struct pp_macro *macro = unit->macros[macro_bucket(name)];

    while (macro != NULL && macro->name != name) {
        macro = macro->bucket;
    }
    return macro;
}

void pp_macro_undefine(struct pp_unit *unit, const char *name)
{
    struct pp_macro **link = &unit->macros[macro_bucket(name)];

    while (*link != NULL) {
        if ((*link)->name == name) {
            *link = (*link)->bucket;
            return;
        }
        link = &(*link)->bucket;
    }
}

static bool same_definition(const struct pp_macro *a, const struct pp_macro *b)
{
    if (a->function_like != b->function_like || a->variadic != b->variadic ||
        a->param_count != b->param_count || a->body_count != b->body_count) {
        return false;
    }
    for (size_t i = 0; i < a->param_count; i++) {
        if (a->params[i] != b->params[i]) {
            return false;
        }
    }
    for (size_t i = 0; i < a->body_count; i++) {
        if (strcmp(a->body[i].text, b->body[i].text) != 0 ||
            (i != 0 && a->body[i].space != b->body[i].space)) {
            return false;
        }
    }
    return true;
}

static bool define_param_error(struct pp_unit *unit, struct adlc_loc loc, const char *what)
{
    diag_error(unit->env->diag, loc, "bad-define", "%s in the parameters of a macro", what);
    return false;
}

/// Read "a, b, rest...)" after the opening parenthesis; *tokens ends behind the closing one.
static bool define_params(struct pp_unit *unit, struct pp_macro *macro, struct pp_token **tokens)
{
    struct pp_token *token = *tokens;
    const char *names[PP_MAX_PARAMS];

    if (pp_token_is(token, ")")) {
        *tokens = token->next;
        return true;
    }
    for (;;) {
        const char *name = NULL;

        if (token == NULL || macro->param_count >= PP_MAX_PARAMS) {
            return define_param_error(unit, macro->loc, "missing ')'");
        }
        if (token->kind == PP_IDENTIFIER) {
            name = token->text;
            for (size_t i = 0; i < macro->param_count; i++) {
                if (names[i] == name) {
                    return define_param_error(unit, token->loc, "a name is used twice");
                }
            }
            token = token->next;
        }
        if (pp_token_is(token, "...")) {
            macro->variadic = true;
            token = token->next;
            name = name != NULL ? name : arena_intern(unit->env->arena, "__VA_ARGS__");
        }
        if (name == NULL) {
            return define_param_error(unit, token != NULL ? token->loc : macro->loc,
                                      "a name is missing");
        }
        names[macro->param_count++] = name;
        if (pp_token_is(token, ")")) {
            break;
        }
        if (!pp_token_is(token, ",") || macro->variadic) {
            return define_param_error(unit, token != NULL ? token->loc : macro->loc,
                                      "',' or ')' is missing");
        }
        token = token->next;
    }
    macro->params = ARENA_NEW_ARRAY(unit->env->arena, const char *, macro->param_count);
    memcpy(macro->params, names, macro->param_count * sizeof(names[0]));
    *tokens = token->next;
    return true;
}

static size_t macro_param(const struct pp_macro *macro, const struct pp_token *token)
{
    if (token->kind == PP_IDENTIFIER) {
        for (size_t i = 0; i < macro->param_count; i++) {
            if (macro->params[i] == token->text) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

static bool define_body(struct pp_unit *unit, struct pp_macro *macro, struct pp_token *tokens)
{
    size_t count = 0;

    for (struct pp_token *token = tokens; token != NULL; token = token->next) {
        count++;
    }
    macro->body = ARENA_NEW_ARRAY(unit->env->arena, struct pp_token, count);
    for (struct pp_token *token = tokens; token != NULL; token = token->next) {
        macro->body[macro->body_count++] = *token;
    }
    if (count != 0 &&
        (pp_token_is(&macro->body[0], "##") || pp_token_is(&macro->body[count - 1], "##"))) {
        diag_error(unit->env->diag, macro->loc, "bad-define",
                   "'##' cannot be first or last in the body of macro '%s'", macro->name);
        return false;
    }
    for (size_t i = 0; macro->function_like && i < count; i++) {
        if (pp_token_is(&macro->body[i], "#") &&
            (i + 1 == count || macro_param(macro, &macro->body[i + 1]) == SIZE_MAX)) {
            diag_error(unit->env->diag, macro->body[i].loc, "bad-define",
                       "'#' is not followed by a parameter of macro '%s'", macro->name);
            return false;
        }
    }
    return true;
}

void pp_macro_define(struct pp_unit *unit, struct pp_token *tokens, struct adlc_loc where)
{
    struct pp_macro *macro = ARENA_NEW(unit->env->arena, struct pp_macro);
    struct pp_macro *old;
    size_t bucket;

    if (tokens == NULL || tokens->kind != PP_IDENTIFIER ||
        strcmp(tokens->text, "defined") == 0) {
        diag_error(unit->env->diag, tokens != NULL ? tokens->loc : where, "bad-define",
                   "'#define' needs the name of a macro");
        return;
    }
    macro->name = tokens->text;
    macro->loc = tokens->loc;
    tokens = tokens->next;
    if (pp_token_is(tokens, "(") && !tokens->space) {
        macro->function_like = true;
        tokens = tokens->next;
        if (!define_params(unit, macro, &tokens)) {
            return;
        }
    }
    if (!define_body(unit, macro, tokens)) {
        return;
    }
    old = pp_macro_find(unit, macro->name);
    if (old != NULL && !same_definition(old, macro)) {
        diag_warning(unit->env->diag, macro->loc, "macro-redefined", "macro '%s' is redefined",
                     macro->name);
        diag_note(unit->env->diag, old->loc, "the previous definition is here");
    }
    pp_macro_undefine(unit, macro->name);
    bucket = macro_bucket(macro->name);
    macro->bucket = unit->macros[bucket];
    unit->macros[bucket] = macro;
}

// ---------------------------------------------------------------------------------------------
// Hide sets

static bool hide_contains(const struct pp_hide *hide, const char *macro)
{
    while (hide != NULL && hide->macro != macro) {
        hide = hide->next;
    }
    return hide != NULL;
}

static const struct pp_hide *hide_add(struct pp_unit *unit, const struct pp_hide *hide,
                                      const char *macro)
{
    struct pp_hide *more;

    if (hide_contains(hide, macro)) {
        return hide;
    }
    unit->budget -= unit->budget > 0;
    more = ARENA_NEW(unit->env->arena, struct pp_hide);
    more->macro = macro;
    more->depth = hide != NULL ? hide->depth + 1 : 1;
    more->next = hide;
    return more;
}

static const struct pp_hide *hide_union(struct pp_unit *unit, const struct pp_hide *a,
                                        const struct pp_hide *b)
{
    if (a == NULL || a == b) {
        return b;
    }
    for (; b != NULL; b = b->next) {
        a = hide_add(unit, a, b->macro);
    }
    return a;
}

static const struct pp_hide *hide_intersection(struct pp_unit *unit, const struct pp_hide *a,
                                               const struct pp_hide *b)
{
    const struct pp_hide *both = NULL;

    if (a == b) {
        return a;
    }
    for (; a != NULL; a = a->next) {
        if (hide_contains(b, a->macro)) {
            both = hide_add(unit, both, a->macro);
        }
    }
    return both;
}

// ---------------------------------------------------------------------------------------------
// Substitution

/// A token made from the body of `macro`: it stands where the macro was used.
static struct pp_token *body_token(struct pp_unit *unit, const struct pp_call *call,
                                   const struct pp_token *body)
{
    struct adlc_loc loc = call->name->loc;

    loc.macro = source_add_expansion(unit->env->map, call->macro->name, body->loc, loc.macro);
    return copy_to(unit, body, loc);
}

static struct pp_token *stringify(struct pp_unit *unit, const struct pp_call *call,
                                  const struct pp_token *hash, const struct pp_token *arg)
{
    struct pp_token *token = body_token(unit, call, hash);
    size_t size = 3;
    size_t out = 0;
    char *text;

    for (const struct pp_token *t = arg; t != NULL; t = t->next) {
        size += 2 * (size_t)t->len + 1;
    }
    spend(unit, size / 16, token->loc);
    text = arena_alloc(unit->env->arena, size);
    text[out++] = '"';
    for (const struct pp_token *t = arg; t != NULL; t = t->next) {
        if (t != arg && (t->space || t->first)) {
            text[out++] = ' ';
        }
        for (uint32_t i = 0; i < t->len; i++) {
            if (t->kind == PP_STRING && (t->text[i] == '"' || t->text[i] == '\\')) {
                text[out++] = '\\';
            }
            text[out++] = t->text[i];
        }
    }
    text[out++] = '"';
    token->kind = PP_STRING;
    token->text = arena_intern_n(unit->env->arena, text, out);
    token->len = (uint32_t)out;
    return token;
}

/// a ## b. The result takes the place of `left`.
static void paste(struct pp_unit *unit, const struct pp_call *call, struct pp_token *left,
                  const struct pp_token *right)
{
    struct pp_lexer lexer;
    struct pp_token *result;
    char *text;

    if (right->kind == PP_PLACEHOLDER) {
        return;
    }
    if (left->kind == PP_PLACEHOLDER) {
        struct pp_token *next = left->next;
        bool space = left->space;

        *left = *right;
        left->next = next;
        left->space = space;
        return;
    }
    spend(unit, ((size_t)left->len + right->len) / 16, call->name->loc);
    if (unit->exhausted) {
        return;
    }
    text = arena_printf(unit->env->arena, "%s%s", left->text, right->text);
    pp_lexer_init_text(&lexer, unit->env, left->loc.file, text, strlen(text));
    lexer.quiet = true;
    result = pp_lex(&lexer);
    if (result->kind <= PP_NEWLINE || lexer.pos != lexer.size) {
        diag_error(unit->env->diag, call->name->loc, "bad-paste",
                   "joining '%s' and '%s' does not give one token", left->text, right->text);
        diag_note(unit->env->diag, call->macro->loc, "macro '%s' is defined here",
                  call->macro->name);
        return;
    }
    left->kind = result->kind;
    left->text = result->text;
    left->len = result->len;
    left->hide = hide_intersection(unit, left->hide, right->hide);
}

static struct pp_token *list_tail(const struct pp_list *list)
{
    return list->first == NULL
               ? NULL
               : (struct pp_token *)((char *)list->last - offsetof(struct pp_token, next));
}

static void add_argument(struct pp_unit *unit, struct pp_list *out, const struct pp_token *arg,
                         const struct pp_token *param)
{
    bool first = true;

    for (; arg != NULL && !unit->exhausted; arg = arg->next) {
        struct pp_token *copy = pp_token_copy(unit, arg);

        if (first) {
            copy->space = param->space;
            copy->first = false;
            first = false;
        }
        list_add(out, copy);
    }
}

static void add_raw_argument(struct pp_unit *unit, struct pp_list *out, struct pp_call *call,
                             size_t param, const struct pp_token *body)
{
    if (call->raw[param] == NULL) {
        struct pp_token *placeholder = body_token(unit, call, body);

        placeholder->kind = PP_PLACEHOLDER;
        placeholder->text = "";
        placeholder->len = 0;
        list_add(out, placeholder);
    } else {
        add_argument(unit, out, call->raw[param], body);
    }
}

static const struct pp_token *expanded_argument(struct pp_unit *unit, struct pp_call *call,
                                                size_t param)
{
    if (!call->is_expanded[param]) {
        struct pp_list copy;

        list_init(&copy);
        for (const struct pp_token *t = call->raw[param]; t != NULL; t = t->next) {
            list_add(&copy, pp_token_copy(unit, t));
        }
        unit->argument_depth++;
        call->expanded[param] = pp_expand(unit, copy.first);
        unit->argument_depth--;
        call->is_expanded[param] = true;
    }
    return call->expanded[param];
}

/// The part of the body that starts at `##`: body[i + 1] joins what is at the end of `out`.
static void substitute_paste(struct pp_unit *unit, struct pp_call *call, struct pp_list *out,
                             size_t i)
{
    const struct pp_token *body = &call->macro->body[i + 1];
    size_t param = macro_param(call->macro, body);
    struct pp_token *left = list_tail(out);
    struct pp_list right;
    struct pp_token *first;

    list_init(&right);
    if (param == SIZE_MAX) {
        list_add(&right, body_token(unit, call, body));
    } else if (call->macro->variadic && param + 1 == call->macro->param_count &&
               pp_token_is(left, ",")) {
        // GNU: `, ## args` drops the comma when there are no arguments and joins nothing.
        if (call->raw[param] != NULL) {
            add_argument(unit, out, call->raw[param], body);
        } else {
            left->kind = PP_PLACEHOLDER;
            left->text = "";
            left->len = 0;
        }
        return;
    } else {
        add_raw_argument(unit, &right, call, param, body);
    }
    first = right.first;
    if (left == NULL || first == NULL) {
        return;
    }
    paste(unit, call, left, first);
    if (first->next != NULL) {
        *out->last = first->next;
        out->last = right.last;
    }
}

static void substitute(struct pp_unit *unit, struct pp_call *call, struct pp_list *out)
{
    const struct pp_macro *macro = call->macro;

    for (size_t i = 0; i < macro->body_count && !unit->exhausted; i++) {
        const struct pp_token *body = &macro->body[i];
        size_t param = macro->function_like ? macro_param(macro, body) : SIZE_MAX;
        bool joins = i + 1 < macro->body_count && pp_token_is(body + 1, "##");

        if (pp_token_is(body, "##") && i > 0) {
            substitute_paste(unit, call, out, i);
            i++;
        } else if (macro->function_like && pp_token_is(body, "#")) {
            param = macro_param(macro, body + 1);
            list_add(out, stringify(unit, call, body, call->raw[param]));
            i++;
        } else if (param == SIZE_MAX) {
            list_add(out, body_token(unit, call, body));
        } else if (joins) {
            add_raw_argument(unit, out, call, param, body);
        } else {
            add_argument(unit, out, expanded_argument(unit, call, param), body);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Calls

/// Cut the arguments of a call out of the list. `*rest` is at the '('; afterwards behind the ')'.
/// Returns the number of arguments, or SIZE_MAX when the ')' is missing.
static size_t collect_arguments(struct pp_unit *unit, const struct pp_macro *macro,
                                struct pp_token **rest, struct pp_token ***arguments,
                                struct pp_token **close)
{
    VEC(struct pp_token *) found = {NULL, 0, 0};
    struct pp_list current;
    struct pp_token *token = (*rest)->next;
    size_t depth = 0;

    list_init(&current);
    while (token != NULL) {
        struct pp_token *next = token->next;
        bool variadic = macro->variadic && found.count + 1 >= macro->param_count;

        if (depth == 0 && pp_token_is(token, ")")) {
            VEC_PUSH(unit->env->arena, found, current.first);
            *arguments = found.items;
            *close = token;
            *rest = next;
            return found.count;
        }
        if (depth == 0 && pp_token_is(token, ",") && !variadic) {
            VEC_PUSH(unit->env->arena, found, current.first);
            list_init(&current);
        } else {
            depth += pp_token_is(token, "(");
            depth -= pp_token_is(token, ")");
            list_add(&current, token);
        }
        token = next;
    }
    return SIZE_MAX;
}

static bool check_argument_count(struct pp_unit *unit, const struct pp_macro *macro,
                                 const struct pp_token *name, size_t count)
{
    size_t wanted = macro->param_count;

    if (count == wanted || (macro->variadic && count + 1 == wanted)) {
        return true;
    }
    diag_error(unit->env->diag, name->loc, "macro-arguments",
               "macro '%s' takes %s%zu argument%s, but %zu %s given", macro->name,
               macro->variadic ? "at least " : "", macro->variadic ? wanted - 1 : wanted,
               (macro->variadic ? wanted - 1 : wanted) == 1 ? "" : "s", count,
               count == 1 ? "is" : "are");
    diag_note(unit->env->diag, macro->loc, "macro '%s' is defined here", macro->name);
    return false;
}

/// Read the arguments of a call. False when this is no valid call.
static bool call_arguments(struct pp_unit *unit, struct pp_call *call, struct pp_token **rest,
                           const struct pp_hide **hide)
{
    struct arena *arena = unit->env->arena;
    const struct pp_macro *macro = call->macro;
    struct pp_token **arguments = NULL;
    struct pp_token *close = NULL;
    size_t count = collect_arguments(unit, macro, rest, &arguments, &close);
    size_t slots = macro->param_count;

    if (count == SIZE_MAX) {
        diag_error(unit->env->diag, call->name->loc, "macro-arguments",
                   "the call of macro '%s' has no closing ')'", macro->name);
        unit->env->broken = true;
        *rest = NULL;
        return false;
    }
    if (count == 1 && arguments[0] == NULL && macro->param_count == 0) {
        count = 0;
    }
    if (!check_argument_count(unit, macro, call->name, count)) {
        return false;
    }
    call->raw = ARENA_NEW_ARRAY(arena, struct pp_token *, slots);
    call->expanded = ARENA_NEW_ARRAY(arena, struct pp_token *, slots);
    call->is_expanded = ARENA_NEW_ARRAY(arena, bool, slots);
    for (size_t i = 0; i < count; i++) {
        call->raw[i] = arguments[i];
    }
    *hide = hide_intersection(unit, *hide, close->hide);
    return true;
}

static void expand_builtin(struct pp_unit *unit, struct pp_token *token)
{
    const struct adlc_source_file *file = source_file(unit->env->map, token->loc.file);
    const char *text;

    if (strcmp(token->text, "__LINE__") == 0) {
        token->kind = PP_NUMBER;
        text = arena_printf(unit->env->arena, "%u", (unsigned)token->loc.line);
    } else {
        token->kind = PP_STRING;
        text = arena_printf(unit->env->arena, "\"%s\"", file != NULL ? file->path : "");
    }
    token->text = arena_intern(unit->env->arena, text);
    token->len = (uint32_t)strlen(text);
}

/// Replace the macro call that starts at `name`; `rest` is what follows the name. Returns the list
/// to go on with, or NULL with *plain set when `name` is to stay as it is.
static struct pp_token *expand_call(struct pp_unit *unit, const struct pp_macro *macro,
                                    struct pp_token *name, struct pp_token *rest, bool *plain)
{
    struct pp_call call = {macro, name, NULL, NULL, NULL};
    const struct pp_hide *hide = name->hide;
    struct pp_list out;
    bool first = true;

    *plain = false;
    if (hide != NULL && hide->depth > PP_MAX_HIDE_DEPTH) {
        diag_error(unit->env->diag, name->loc, "macro-too-deep", "macros are nested too deeply");
        unit->env->broken = true;
        *plain = true;
        return rest;
    }
    if (macro->function_like && !call_arguments(unit, &call, &rest, &hide)) {
        return rest;
    }
    list_init(&out);
    substitute(unit, &call, &out);
    hide = hide_add(unit, hide, macro->name);
    for (struct pp_token *t = out.first; t != NULL; t = t->next) {
        t->hide = hide_union(unit, t->hide, hide);
        if (first) {
            t->space = name->space;
            t->first = name->first;
        }
        first = false;
    }
    *out.last = rest;
    return out.first;
}

struct pp_token *pp_expand(struct pp_unit *unit, struct pp_token *list)
{
    struct pp_list out;

    list_init(&out);
    if (unit->argument_depth > PP_MAX_ARGUMENT_DEPTH) {
        if (list != NULL && !unit->exhausted) {
            unit->exhausted = true;
            unit->env->broken = true;
            diag_error(unit->env->diag, list->loc, "macro-too-deep",
                       "macro calls are nested too deeply");
        }
        return list;
    }
    while (list != NULL) {
        struct pp_token *token = list;
        struct pp_token *rest = token->next;
        const struct pp_macro *macro = NULL;
        bool plain = true;

        if (token->kind == PP_IDENTIFIER && !unit->exhausted) {
            macro = pp_macro_find(unit, token->text);
        }
        if (macro != NULL && macro->builtin) {
            expand_builtin(unit, token);
        } else if (macro != NULL && !hide_contains(token->hide, macro->name) &&
                   (!macro->function_like || pp_token_is(rest, "("))) {
            rest = expand_call(unit, macro, token, rest, &plain);
        }
        if (plain && token->kind != PP_PLACEHOLDER) {
            list_add(&out, token);
        }
        list = rest;
    }
    return out.first;
}
