// SPDX-License-Identifier: BSD-2-Clause
// ADL tokens, made from what the preprocessor leaves.

#ifndef ADLC_LEX_H
#define ADLC_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "diag.h"
#include "pp.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,     ///< identifier or reserved word
    TOKEN_NUMBER,   ///< well-formed: 0x... , decimal digits, or digits "." digits
    TOKEN_STRING,   ///< `text` is the content without quotes and escapes
    TOKEN_ANGLE,    ///< `text` is the path between the brackets
    TOKEN_SYMBOL,
};

struct token {
    enum token_kind kind;
    bool reserved;      ///< TOKEN_WORD: a reserved word of ADL
    bool first;         ///< first token on its line
    const char *text;   ///< interned
    size_t len;
    struct adlc_loc loc;
};

struct token_list {
    struct token *items;   ///< the last one is TOKEN_END
    size_t count;
};

/// Turn preprocessed text into ADL tokens. Reports malformed numbers and stray characters.
struct token_list lex_tokens(struct arena *arena, struct adlc_diag *diag,
                             const struct pp_token *tokens);

/// Whether `word` is reserved.
bool lex_is_reserved(const char *word);

#endif
