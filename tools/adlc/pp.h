// SPDX-License-Identifier: BSD-2-Clause
// The preprocessor: C directives and macros over ADL tokens. It runs inside the compiler, so that
// every token knows where it was written and which macros it came through, and no program has to
// be started per file. docs/adl.md, "Preprocessing", says what is supported.

#ifndef ADLC_PP_H
#define ADLC_PP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "diag.h"
#include "source.h"
#include "vec.h"

enum pp_kind {
    PP_END,
    PP_NEWLINE,      ///< only from the lexer, between directives' tokens
    PP_IDENTIFIER,
    PP_NUMBER,       ///< starts with a digit; may be malformed
    PP_STRING,       ///< with its quotes, escapes as written
    PP_ANGLE,        ///< <path> after `import` or `include`
    PP_PUNCTUATOR,
    PP_OTHER,        ///< a character that ADL does not know
    PP_PLACEHOLDER,  ///< inside macro substitution only: an empty argument next to ##
};

/// Macros that must not expand again at this token.
struct pp_hide {
    const char *macro;
    uint32_t depth;
    const struct pp_hide *next;
};

struct pp_token {
    struct pp_token *next;
    const char *text;            ///< interned
    const struct pp_hide *hide;
    struct adlc_loc loc;
    uint32_t len;
    uint8_t kind;
    bool space;                  ///< white space before it
    bool first;                  ///< first token of its line
};

struct pp_macro {
    const char *name;
    bool function_like;
    bool variadic;               ///< the last parameter takes all remaining arguments
    bool builtin;                ///< __FILE__, __LINE__
    const char **params;
    size_t param_count;
    struct pp_token *body;       ///< array of body_count tokens
    size_t body_count;
    struct adlc_loc loc;
    struct pp_macro *bucket;     ///< next macro of the same hash bucket
};

#define PP_BUCKETS 512u

/// What all files of a run share.
struct pp_env {
    struct arena *arena;
    struct adlc_source_map *map;
    struct adlc_diag *diag;
    const char *const *include_dirs;
    size_t include_dir_count;
    const char *const *defines;  ///< NAME or NAME=VALUE
    size_t define_count;
    uint32_t *define_files;      ///< source file of each option, made on first use
    const char *word_import;     ///< interned words that pp_env_init() sets
    const char *word_include;
    VEC(const char *) functions; ///< macros with parameters at the end of the last file, for suggestions
    bool no_files;               ///< #include finds nothing (fuzzing)
    bool broken;                 ///< set by errors after which the text makes no sense any more
};

void pp_env_init(struct pp_env *env, struct arena *arena, struct adlc_source_map *map,
                 struct adlc_diag *diag);

/// Preprocess one file. Returns the tokens, linked by `next`, the last one PP_END.
/// Errors are reported; the result can be used anyhow. Every file that was read is in the map.
struct pp_token *pp_run(struct pp_env *env, uint32_t file);

// ---------------------------------------------------------------------------------------------
// Parts of the preprocessor

/// A file being cut into tokens, with line continuations taken out.
struct pp_lexer {
    struct pp_env *env;
    uint32_t file;
    const char *text;            ///< size bytes, then NUL
    size_t size;
    size_t pos;
    const uint32_t *splices;     ///< position (in `text`) behind each removed continuation
    const uint8_t *splice_sizes; ///< bytes removed there: 2 or 3
    size_t splice_count;
    size_t splice_next;          ///< first splice behind `pos`
    size_t removed;              ///< bytes removed before `pos`
    uint32_t line;               ///< line of the last token
    bool one_line;               ///< inside a directive: strings end with the line
    bool quiet;                  ///< inside a skipped group: say nothing
    bool at_start;               ///< no token on this line yet
    const char *previous;        ///< text of the last token
    struct adlc_loc long_string; ///< the last string over several lines
};

void pp_lexer_init(struct pp_lexer *lexer, struct pp_env *env, uint32_t file);

/// Lexer over `text` (no line continuations), for ## and -D; positions are in `file`.
void pp_lexer_init_text(struct pp_lexer *lexer, struct pp_env *env, uint32_t file,
                        const char *text, size_t size);

/// Next token: PP_NEWLINE at each line end, PP_END for ever at the end.
struct pp_token *pp_lex(struct pp_lexer *lexer);

/// State of one translation unit.
struct pp_unit {
    struct pp_env *env;
    struct pp_macro *macros[PP_BUCKETS];
    VEC(uint32_t) once;          ///< files with #pragma once
    struct pp_token *first;      ///< finished output
    struct pp_token **last;
    struct pp_token *pending;    ///< text not yet expanded
    struct pp_token **pending_last;
    size_t budget;               ///< tokens that macros may still make
    bool exhausted;
    unsigned include_depth;
    unsigned argument_depth;
};

struct pp_macro *pp_macro_find(struct pp_unit *unit, const char *name);
void pp_macro_undefine(struct pp_unit *unit, const char *name);

/// Take a definition from the tokens after `#define`; reports errors.
void pp_macro_define(struct pp_unit *unit, struct pp_token *tokens, struct adlc_loc where);

/// Expand all macros in a NULL-terminated list. Consumes the list.
struct pp_token *pp_expand(struct pp_unit *unit, struct pp_token *list);

/// New token with the same content; `next` is NULL.
struct pp_token *pp_token_copy(struct pp_unit *unit, const struct pp_token *token);

bool pp_token_is(const struct pp_token *token, const char *punctuator);

/// Value of the condition of #if or #elif. `tokens` is NULL-terminated; reports errors.
bool pp_condition(struct pp_unit *unit, struct pp_token *tokens, struct adlc_loc where);

#endif
