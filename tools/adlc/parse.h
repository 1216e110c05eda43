// SPDX-License-Identifier: BSD-2-Clause
// The parser: recursive descent with one token of lookahead and recovery at ';' and '}'.

#ifndef ADLC_PARSE_H
#define ADLC_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "ast.h"
#include "diag.h"
#include "lex.h"

/// Called for each import statement, in order.
typedef void parse_import_fn(void *context, const char *path, bool angle, struct adlc_loc loc);

struct parser {
    struct arena *arena;
    struct adlc_diag *diag;
    struct ast_spec *spec;
    struct token *tokens;        ///< the parser splits "<-" inside expressions
    size_t count;
    size_t pos;
    unsigned nesting;            ///< of expressions, lists and bodies
    unsigned brackets;           ///< open in the current statement, for recovery
    bool gave_up;                ///< the rest of the file is skipped without a word
    unsigned unevaluated;        ///< inside an operand of ?:, && or || that does not count
    const char *const *macros;   ///< with parameters, for suggestions
    size_t macro_count;
    parse_import_fn *import;
    void *import_context;
};

/// Parse one file's tokens into `spec`.
void parse_file(struct parser *p);

// ---------------------------------------------------------------------------------------------
// Shared by the parser's files. Functions that return bool or a pointer return false or NULL after
// they reported an error.

const struct token *parse_peek(const struct parser *p);
const struct token *parse_peek_next(const struct parser *p);
bool parse_is(const struct parser *p, const char *symbol);
bool parse_next_is(const struct parser *p, const char *symbol);
bool parse_is_word(const struct parser *p, const char *word);
bool parse_accept(struct parser *p, const char *symbol);
bool parse_accept_word(struct parser *p, const char *word);
bool parse_expect(struct parser *p, const char *symbol);

/// Report "expected WHAT before TOKEN" at the current token.
void parse_error_expected(struct parser *p, const char *what);

/// Report that the current token is none of `words`, which start a WHAT: with a suggestion when one
/// of them or a macro is near.
void parse_error_word(struct parser *p, const char *const *words, size_t count, const char *what);

/// Report that the current token is no "FILE" or <FILE>.
void parse_error_file(struct parser *p);

/// End of a statement. A ';' that is missing at the end of a line is reported and assumed.
bool parse_end_statement(struct parser *p);

/// Skip to behind the next ';' or to the '}' that closes the current body.
void parse_sync(struct parser *p);

/// An identifier that is not reserved. `what` is used in the error, e.g. "the name of a component".
bool parse_name(struct parser *p, struct ast_name *name, const char *what);

/// a.b.c
bool parse_ref(struct parser *p, struct ast_ref *ref, const char *what);

/// Span from `start` to the token before the current one, when that is on the same line.
struct adlc_loc parse_span(const struct parser *p, struct adlc_loc start);

/// Take an opening or closing bracket inside a statement; errors between them are recovered from
/// better. As parse_expect().
bool parse_open(struct parser *p, const char *symbol);
bool parse_close(struct parser *p, const char *symbol);

/// Take the current token.
void parse_advance(struct parser *p);

/// '{' ... '}' around statements: calls `statement` until the brace closes.
bool parse_body(struct parser *p, bool (*statement)(struct parser *p, void *context),
                void *context);

/// Enter one level of nesting; false (and an error) when there are too many. Pair with leave.
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);

/// Numbers, strings, lists, dicts, and operators between numbers.
const struct flat_value *parse_value(struct parser *p);

/// A value that must be an integer from 0 to `max`.
bool parse_integer(struct parser *p, uint64_t max, const char *what, uint64_t *value);

bool parse_attribute(struct parser *p, struct ast_attribute *attribute);
bool parse_struct_body(struct parser *p, struct ast_struct *structure);
bool parse_include(struct parser *p, ast_include_vec *includes);

bool parse_struct(struct parser *p);
bool parse_procedure(struct parser *p);
bool parse_connector(struct parser *p);
bool parse_component(struct parser *p);
struct ast_component *parse_component_body(struct parser *p);
struct ast_connector *parse_connector_body(struct parser *p);

/// After the word `composition` or `configuration`.
struct ast_composition *parse_composition(struct parser *p, bool inside);
struct ast_configuration *parse_configuration(struct parser *p, bool inside);
bool parse_assembly(struct parser *p);

#endif
