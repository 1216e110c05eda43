// SPDX-License-Identifier: BSD-2-Clause
// ADL's lexical rules (docs/adl.md, "Words, numbers, strings") on top of preprocessing tokens.

#include "lex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "vec.h"

typedef VEC(struct token) token_vec;

// Sorted. `us` and `ticks` are words only inside a schedule, so they are not here.
static const char *const reserved_words[] = {
    "Dataport",   "Dataports", "Event",       "Events",        "False",      "Procedure",
    "Procedures", "True",      "assembly",    "attribute",     "binary_semaphore",
    "char",       "component", "composition", "configuration", "connection", "connector",
    "consumes",   "control",   "dataport",    "emits",         "export",     "false",
    "from",       "group",     "hardware",    "has",           "import",     "in",
    "include",    "inout",     "int",         "int64_t",       "integer",    "maybe",
    "mutex",      "out",       "procedure",   "provides",      "refin",      "schedule",
    "semaphore",  "signed",    "string",      "struct",        "thread",     "threads",
    "to",         "true",      "uint64_t",    "unsigned",      "uses",       "void",
    "with",
};

bool lex_is_reserved(const char *word)
{
    return names_in_list(word, reserved_words, sizeof(reserved_words) / sizeof(reserved_words[0]));
}

/// Length of the number at the start of `text`: 0x digits, digits, or digits.digits.
static size_t number_length(const char *text)
{
    size_t len;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        len = strspn(text + 2, "0123456789abcdefABCDEF");
        return len == 0 ? 0 : len + 2;
    }
    len = strspn(text, "0123456789");
    if (text[len] == '.' && strspn(text + len + 1, "0123456789") != 0) {
        len += 1 + strspn(text + len + 1, "0123456789");
    }
    return len;
}

/// C's numbers can do more.
static const char *number_advice(const char *text, size_t len, const char *rest)
{
    if (len != 0 && rest[strspn(rest, "uUlL")] == '\0') {
        return ": there are no suffixes";
    }
    if (len != 0 && text[1] != 'x' && text[1] != 'X' && (rest[0] == 'e' || rest[0] == 'E')) {
        return ": there are no exponents; 10 ** 3 is a power";
    }
    return "";
}

static void lex_number(struct arena *arena, struct adlc_diag *diag, const struct pp_token *pp,
                       struct token *token, token_vec *out)
{
    size_t len = number_length(pp->text);
    const char *rest = pp->text + len;

    token->kind = TOKEN_NUMBER;
    if (len > 1 && pp->text[0] == '0' && strspn(pp->text, "0123456789") == len) {
        diag_error(diag, pp->loc, "bad-number",
                   "a decimal number cannot start with 0 (octal numbers do not exist in ADL)");
    } else if (len == 0 || (*rest != '\0' && strcmp(rest, "us") != 0 &&
                            strcmp(rest, "ticks") != 0)) {
        diag_error(diag, pp->loc, "bad-number", "'%.60s' is not a number%s", pp->text,
                   number_advice(pp->text, len, rest));
        len = 0;
    }
    if (len == 0) {
        VEC_PUSH(arena, *out, *token);
        return;
    }
    token->text = arena_intern_n(arena, pp->text, len);
    token->len = len;
    VEC_PUSH(arena, *out, *token);
    if (*rest != '\0' && (strcmp(rest, "us") == 0 || strcmp(rest, "ticks") == 0)) {
        token->kind = TOKEN_WORD;
        token->text = arena_intern(arena, rest);
        token->len = strlen(rest);
        token->first = false;
        VEC_PUSH(arena, *out, *token);
    }
}

/// Content of a string: \" is a quote, \\ a backslash, any other backslash stands for itself.
static void lex_string(struct arena *arena, const struct pp_token *pp, struct token *token)
{
    char *text = arena_alloc(arena, pp->len);
    size_t out = 0;

    for (size_t i = 1; i + 1 < pp->len; i++) {
        if (pp->text[i] == '\\' && i + 2 < pp->len &&
            (pp->text[i + 1] == '"' || pp->text[i + 1] == '\\')) {
            i++;
        }
        text[out++] = pp->text[i];
    }
    token->kind = TOKEN_STRING;
    token->text = arena_intern_n(arena, text, out);
    token->len = out;
}

/// The code point of a UTF-8 sequence (the preprocessor took it as one character), or its only byte.
static uint32_t code_point(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t value = s[0];

    if (s[0] >= 0xc0 && s[1] != '\0') {
        value = s[0] & (s[0] >= 0xf0 ? 0x07u : s[0] >= 0xe0 ? 0x0fu : 0x1fu);
        for (size_t i = 1; s[i] != '\0'; i++) {
            value = value << 6 | (s[i] & 0x3fu);
        }
    }
    return value;
}

/// What cannot be seen in the message: spaces, marks without width, byte order marks.
static bool is_invisible(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f) ||
           (code >= 0x205f && code <= 0x206f) || code == 0x3000 || code == 0xfeff;
}

static void lex_stray(struct adlc_diag *diag, const struct pp_token *pp)
{
    uint32_t code = code_point(pp->text);

    if (is_invisible(code)) {
        diag_error(diag, pp->loc, "stray-character", "stray character U+%04" PRIX32, code);
    } else if (code == '\'' || (code >= 0x2018 && code <= 0x201f)) {
        diag_error(diag, pp->loc, "stray-character", "stray %s : strings are between plain \"",
                   pp->text);
    } else if (code >= 0x80 && pp->text[1] != '\0') {
        diag_error(diag, pp->loc, "stray-character",
                   "stray '%s' (U+%04" PRIX32 "): outside of strings and comments there is only ASCII",
                   pp->text, code);
    } else {
        diag_error(diag, pp->loc, "stray-character", "stray '%s'", pp->text);
    }
}

struct token_list lex_tokens(struct arena *arena, struct adlc_diag *diag,
                             const struct pp_token *tokens)
{
    token_vec out = {NULL, 0, 0};
    struct token_list list;

    for (const struct pp_token *pp = tokens; pp != NULL; pp = pp->next) {
        struct token token = {TOKEN_SYMBOL, false, pp->first, pp->text, pp->len, pp->loc};

        switch ((enum pp_kind)pp->kind) {
        case PP_IDENTIFIER:
            token.kind = TOKEN_WORD;
            token.reserved = lex_is_reserved(pp->text);
            break;
        case PP_NUMBER:
            lex_number(arena, diag, pp, &token, &out);
            continue;
        case PP_STRING:
            lex_string(arena, pp, &token);
            break;
        case PP_ANGLE:
            token.kind = TOKEN_ANGLE;
            token.text = arena_intern_n(arena, pp->text + 1, pp->len - 2u);
            token.len = pp->len - 2u;
            break;
        case PP_OTHER:
            lex_stray(diag, pp);
            continue;
        case PP_END:
            token.kind = TOKEN_END;
            break;
        case PP_PUNCTUATOR:
        case PP_NEWLINE:
        case PP_PLACEHOLDER:
            break;
        }
        VEC_PUSH(arena, out, token);
    }
    list.items = out.items;
    list.count = out.count;
    return list;
}
