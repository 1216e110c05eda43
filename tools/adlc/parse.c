// SPDX-License-Identifier: BSD-2-Clause
// Core of the parser: token access, errors and recovery, top-level statements.

#include "parse.h"

#define MAX_LISTED_WORDS 4u

#include <string.h>

#define PARSE_MAX_NESTING 100u

const struct token *parse_peek(const struct parser *p)
{
    return &p->tokens[p->pos];
}

const struct token *parse_peek_next(const struct parser *p)
{
    return &p->tokens[p->pos + 1 < p->count ? p->pos + 1 : p->count - 1];
}

void parse_advance(struct parser *p)
{
    if (p->pos + 1 < p->count) {
        p->pos++;
    }
}

bool parse_next_is(const struct parser *p, const char *symbol)
{
    const struct token *next = parse_peek_next(p);

    return next->kind == TOKEN_SYMBOL && strcmp(next->text, symbol) == 0;
}

bool parse_is(const struct parser *p, const char *symbol)
{
    const struct token *token = parse_peek(p);

    return token->kind == TOKEN_SYMBOL && strcmp(token->text, symbol) == 0;
}

bool parse_is_word(const struct parser *p, const char *word)
{
    const struct token *token = parse_peek(p);

    return token->kind == TOKEN_WORD && strcmp(token->text, word) == 0;
}

bool parse_accept(struct parser *p, const char *symbol)
{
    if (!parse_is(p, symbol)) {
        return false;
    }
    parse_advance(p);
    return true;
}

bool parse_accept_word(struct parser *p, const char *word)
{
    if (!parse_is_word(p, word)) {
        return false;
    }
    parse_advance(p);
    return true;
}

static const char *describe(struct parser *p, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_END:
        return "the end of the file";
    case TOKEN_STRING:
        return "a string";
    case TOKEN_ANGLE:
        return "'<'";
    case TOKEN_WORD:
    case TOKEN_NUMBER:
    case TOKEN_SYMBOL:
        break;
    }
    return arena_printf(p->arena, "'%.60s'", token->text);
}

static bool after_long_string(const struct parser *p)
{
    const struct token *token = &p->tokens[p->pos == 0 ? 0 : p->pos - 1];

    return token->kind == TOKEN_STRING && strchr(token->text, '\n') != NULL;
}

/// Add a note when a string that goes over several lines is what makes the current token surprising.
static void note_long_string(const struct parser *p)
{
    if (p->pos > 0 && after_long_string(p)) {
        diag_note(p->diag, p->tokens[p->pos - 1].loc,
                  "the string before it goes over several lines; is its closing '\"' missing?");
    }
}

/// Just behind the previous token, where something is missing.
static struct adlc_loc after_previous(const struct parser *p)
{
    const struct token *token = parse_peek(p);
    struct adlc_loc loc;

    if (p->pos == 0 || after_long_string(p)) {
        return token->loc;
    }
    loc = p->tokens[p->pos - 1].loc;
    if (loc.macro == 0) {
        loc.col += loc.len;
        loc.len = 1;
        loc.macro = token->loc.macro;
    }
    return loc;
}

void parse_error_expected(struct parser *p, const char *what)
{
    const struct token *token = parse_peek(p);
    bool missing = token->first || token->kind == TOKEN_END;

    if (p->gave_up) {
        return;
    }
    diag_error(p->diag, missing ? after_previous(p) : token->loc, "syntax",
               "expected %s before %s", what, describe(p, token));
    note_long_string(p);
}

/// 'a', 'b' or 'c'
static const char *list_words(const struct parser *p, const char *const *words, size_t count)
{
    const char *list = "";

    for (size_t i = 0; i < count; i++) {
        list = arena_printf(p->arena, "%s%s'%s'", list,
                            i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
    }
    return list;
}

void parse_error_word(struct parser *p, const char *const *words, size_t count, const char *what)
{
    const struct token *token = parse_peek(p);
    bool is_call = parse_next_is(p, "(");
    const char *near = NULL;
    const char *kind = "";
    bool list = count != 0 && count <= MAX_LISTED_WORDS;

    if (token->kind != TOKEN_WORD) {
        parse_error_expected(p, list ? list_words(p, words, count) : what);
        return;
    }
    near = diag_nearest(token->text, words, count);
    if (near == NULL && is_call) {
        near = diag_nearest(token->text, p->macros, p->macro_count);
        kind = "the macro ";
    }
    if (near != NULL) {
        diag_error(p->diag, token->loc, "syntax", "'%.60s' does not start %s; did you mean %s'%s'?",
                   token->text, what, kind, near);
    } else {
        diag_error(p->diag, token->loc, "syntax", "'%.60s' does not start %s%s%s%s", token->text,
                   what, is_call ? ", and there is no such macro" : "",
                   list ? "; expected " : "", list ? list_words(p, words, count) : "");
    }
}

void parse_error_file(struct parser *p)
{
    if (parse_is(p, "<")) {
        diag_error(p->diag, parse_peek(p)->loc, "syntax", "this '<' has no '>' on its line");
    } else {
        parse_error_expected(p, "\"FILE\" or <FILE>");
    }
}

bool parse_expect(struct parser *p, const char *symbol)
{
    if (parse_accept(p, symbol)) {
        return true;
    }
    parse_error_expected(p, arena_printf(p->arena, "'%s'", symbol));
    return false;
}

bool parse_open(struct parser *p, const char *symbol)
{
    if (!parse_expect(p, symbol)) {
        return false;
    }
    p->brackets++;
    return true;
}

bool parse_close(struct parser *p, const char *symbol)
{
    if (!parse_expect(p, symbol)) {
        return false;
    }
    p->brackets -= p->brackets > 0;
    return true;
}

bool parse_end_statement(struct parser *p)
{
    const struct token *token = parse_peek(p);

    if (parse_accept(p, ";")) {
        return true;
    }
    diag_error(p->diag, after_previous(p), "syntax", "expected ';' before %s",
               describe(p, token));
    note_long_string(p);
    return token->first || token->kind == TOKEN_END || parse_is(p, "}");
}

/// Whether a declaration starts here, on a line of its own: `component NAME {` is no instance.
static bool starts_declaration(const struct parser *p)
{
    static const char *const words[] = {"assembly", "procedure", "connector", "import"};
    const struct token *token = parse_peek(p);

    if ((parse_is_word(p, "component") || parse_is_word(p, "struct")) && token->first &&
        p->pos + 2 < p->count && p->tokens[p->pos + 1].kind == TOKEN_WORD &&
        strcmp(p->tokens[p->pos + 2].text, "{") == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (token->kind == TOKEN_WORD && token->first && strcmp(token->text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

void parse_sync(struct parser *p)
{
    unsigned inside = p->brackets;   // opened before the error, inside the broken statement
    unsigned opened = 0;             // opened since

    p->brackets = 0;
    for (; parse_peek(p)->kind != TOKEN_END; parse_advance(p)) {
        if (starts_declaration(p)) {
            return;
        }
        if (parse_is(p, "{") || parse_is(p, "(") || parse_is(p, "[")) {
            opened++;
        } else if (parse_is(p, "}") || parse_is(p, ")") || parse_is(p, "]")) {
            bool brace = parse_is(p, "}");

            if (opened == 0 && inside == 0 && brace) {
                return;
            }
            if (opened == 0) {
                inside -= inside > 0;
                continue;
            }
            opened--;
            if (opened == 0 && inside == 0 && brace && parse_peek_next(p)->first) {
                parse_advance(p);
                return;
            }
        } else if (parse_is(p, ";") && opened == 0) {
            parse_advance(p);
            return;
        }
    }
}

bool parse_name(struct parser *p, struct ast_name *name, const char *what)
{
    const struct token *token = parse_peek(p);

    name->loc = token->loc;
    if (token->kind != TOKEN_WORD) {
        parse_error_expected(p, what);
        return false;
    }
    if (token->reserved) {
        diag_error(p->diag, token->loc, "reserved-word", "'%s' is a reserved word; expected %s",
                   token->text, what);
        return false;
    }
    name->text = token->text;
    parse_advance(p);
    return true;
}

struct adlc_loc parse_span(const struct parser *p, struct adlc_loc start)
{
    struct adlc_loc end = p->tokens[p->pos == 0 ? 0 : p->pos - 1].loc;

    if (end.file == start.file && end.line == start.line && end.macro == 0 && start.macro == 0 &&
        end.col > start.col) {
        uint32_t len = end.col + end.len - start.col;

        start.len = (uint16_t)(len < UINT16_MAX ? len : UINT16_MAX);
    }
    return start;
}

bool parse_ref(struct parser *p, struct ast_ref *ref, const char *what)
{
    struct ast_name name;

    memset(ref, 0, sizeof(*ref));
    do {
        if (!parse_name(p, &name, what)) {
            return false;
        }
        VEC_PUSH(p->arena, ref->parts, name);
        ref->loc = parse_span(p, ref->parts.items[0].loc);
    } while (parse_accept(p, "."));
    return true;
}

/// The '{' of a body. When it is missing where a line ends, what follows is the body all the same.
static bool open_body(struct parser *p)
{
    const struct token *token = parse_peek(p);
    bool goes_on = token->first && token->kind == TOKEN_WORD && !starts_declaration(p);

    return parse_expect(p, "{") || goes_on;
}

bool parse_body(struct parser *p, bool (*statement)(struct parser *p, void *context),
                void *context)
{
    struct adlc_loc open = parse_peek(p)->loc;
    bool has_brace = parse_is(p, "{");

    if (!open_body(p) || !parse_enter(p)) {
        return false;
    }
    while (!parse_is(p, "}")) {
        size_t before = p->pos;

        if (parse_peek(p)->kind == TOKEN_END || starts_declaration(p)) {
            if (!p->gave_up) {
                diag_error(p->diag, after_previous(p), "syntax", "expected '}' before %s",
                           describe(p, parse_peek(p)));
            }
            if (!p->gave_up && has_brace) {
                diag_note(p->diag, open, "to match this '{'");
            }
            parse_leave(p);
            return true;
        }
        p->brackets = 0;
        if (!statement(p, context)) {
            parse_sync(p);
        }
        if (p->pos == before && !parse_is(p, "}") && !starts_declaration(p)) {
            parse_advance(p);
        }
    }
    parse_advance(p);
    parse_leave(p);
    return true;
}

bool parse_enter(struct parser *p)
{
    if (p->nesting >= PARSE_MAX_NESTING) {
        if (!p->gave_up) {
            diag_error(p->diag, parse_peek(p)->loc, "too-deep", "nested too deeply");
        }
        p->gave_up = true;
        p->pos = p->count - 1;
        return false;
    }
    p->nesting++;
    return true;
}

void parse_leave(struct parser *p)
{
    p->nesting--;
}

// ---------------------------------------------------------------------------------------------
// Top level

static bool parse_import(struct parser *p)
{
    const struct token *token = parse_peek(p);
    const char *path = "";
    bool angle = token->kind == TOKEN_ANGLE;

    if (!angle && token->kind != TOKEN_STRING) {
        parse_error_file(p);
        return false;
    }
    while (parse_peek(p)->kind == token->kind) {
        path = arena_printf(p->arena, "%s%s", path, parse_peek(p)->text);
        parse_advance(p);
    }
    if (!parse_end_statement(p)) {
        return false;
    }
    p->import(p->import_context, path, angle, token->loc);
    return true;
}

static bool top_composition(struct parser *p)
{
    struct ast_composition *composition = parse_composition(p, false);

    if (composition == NULL) {
        return false;
    }
    VEC_PUSH(p->arena, p->spec->compositions, composition);
    return true;
}

static bool top_configuration(struct parser *p)
{
    struct ast_configuration *configuration = parse_configuration(p, false);

    if (configuration == NULL) {
        return false;
    }
    VEC_PUSH(p->arena, p->spec->configurations, configuration);
    return true;
}

struct top_row {
    const char *word;
    bool (*parse)(struct parser *p);
};

static const struct top_row top_rows[] = {
    {"import", parse_import},           {"assembly", parse_assembly},
    {"component", parse_component},     {"procedure", parse_procedure},
    {"connector", parse_connector},     {"struct", parse_struct},
    {"composition", top_composition},   {"configuration", top_configuration},
};

static void parse_error_top(struct parser *p)
{
    const char *words[sizeof(top_rows) / sizeof(top_rows[0])];
    const struct token *token = parse_peek(p);

    for (size_t i = 0; i < sizeof(top_rows) / sizeof(top_rows[0]); i++) {
        words[i] = top_rows[i].word;
    }
    if (parse_is(p, "}")) {
        diag_error(p->diag, token->loc, "syntax", "this '}' closes nothing");
    } else if (token->kind == TOKEN_WORD) {
        parse_error_word(p, words, sizeof(words) / sizeof(words[0]), "a declaration");
    } else {
        diag_error(p->diag, token->loc, "syntax", "%s does not start a declaration",
                   describe(p, token));
    }
}

static bool parse_top(struct parser *p)
{
    if (parse_accept(p, ";")) {
        return true;
    }
    for (size_t i = 0; i < sizeof(top_rows) / sizeof(top_rows[0]); i++) {
        if (parse_accept_word(p, top_rows[i].word)) {
            return top_rows[i].parse(p);
        }
    }
    parse_error_top(p);
    return false;
}

void parse_file(struct parser *p)
{
    while (parse_peek(p)->kind != TOKEN_END) {
        size_t before = p->pos;

        p->brackets = 0;
        if (!parse_top(p)) {
            parse_sync(p);
            while (parse_is(p, "}")) {
                parse_advance(p);
            }
        }
        if (p->pos == before) {
            parse_advance(p);
        }
    }
}
