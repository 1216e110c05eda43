// SPDX-License-Identifier: BSD-2-Clause
// Cutting a file into preprocessing tokens; keeps the position of each in the file as written.

#include "pp.h"

#include <string.h>

#define MAX_PATH_LENGTH 4096u  ///< of <file> after import and include

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static struct adlc_loc lexer_loc(struct pp_lexer *lexer, size_t pos, size_t len);

/// Take backslash-newline out of the text and remember where.
static void lexer_splice(struct pp_lexer *lexer, const char *text, size_t size)
{
    struct arena *arena = lexer->env->arena;
    size_t count = 0;
    size_t out = 0;
    char *copy;
    uint32_t *splices;
    uint8_t *sizes;

    for (const char *at = memchr(text, '\\', size); at != NULL;
         at = memchr(at + 1, '\\', size - (size_t)(at + 1 - text))) {
        count += at[1] == '\n' || (at[1] == '\r' && at[2] == '\n');
    }
    lexer->text = text;
    lexer->size = size;
    if (count == 0) {
        return;
    }
    copy = arena_alloc(arena, size + 1);
    splices = ARENA_NEW_ARRAY(arena, uint32_t, count);
    sizes = ARENA_NEW_ARRAY(arena, uint8_t, count);
    count = 0;
    for (size_t i = 0; i < size;) {
        size_t skip = 0;

        if (text[i] == '\\') {
            skip = text[i + 1] == '\n' ? 2 : 0;
            skip = text[i + 1] == '\r' && text[i + 2] == '\n' ? 3 : skip;
        }
        if (skip != 0) {
            splices[count] = (uint32_t)out;
            sizes[count++] = (uint8_t)skip;
            i += skip;
        } else {
            copy[out++] = text[i++];
        }
    }
    lexer->text = copy;
    lexer->size = out;
    lexer->splices = splices;
    lexer->splice_sizes = sizes;
    lexer->splice_count = count;
}

void pp_lexer_init_text(struct pp_lexer *lexer, struct pp_env *env, uint32_t file,
                        const char *text, size_t size)
{
    memset(lexer, 0, sizeof(*lexer));
    lexer->env = env;
    lexer->file = file;
    lexer->text = text;
    lexer->size = size;
    lexer->line = 1;
    lexer->at_start = true;
}

void pp_lexer_init(struct pp_lexer *lexer, struct pp_env *env, uint32_t file)
{
    const struct adlc_source_file *source = source_file(env->map, file);
    const char *nul;

    pp_lexer_init_text(lexer, env, file, source->text, source->size);
    lexer_splice(lexer, source->text, source->size);
    nul = memchr(lexer->text, '\0', lexer->size);
    if (nul != NULL) {
        struct pp_lexer probe = *lexer;

        diag_error(env->diag, lexer_loc(&probe, (size_t)(nul - lexer->text), 1), "nul-character",
                   "the file holds a NUL character: it is no text");
        lexer->size = 0;
        env->broken = true;
    }
    if (lexer->size >= 3 && memcmp(lexer->text, "\xef\xbb\xbf", 3) == 0) {
        lexer->pos = 3;
    }
}

/// Position of text[pos]; positions must be asked for in growing order.
static struct adlc_loc lexer_loc(struct pp_lexer *lexer, size_t pos, size_t len)
{
    const struct adlc_source_file *source = source_file(lexer->env->map, lexer->file);
    struct adlc_loc loc = {.file = (uint16_t)lexer->file};
    const char *newline = memchr(lexer->text + pos, '\n', len);
    size_t offset;

    while (lexer->splice_next < lexer->splice_count &&
           lexer->splices[lexer->splice_next] <= pos) {
        lexer->removed += lexer->splice_sizes[lexer->splice_next++];
    }
    offset = pos + lexer->removed;
    while (lexer->line < source->line_count && source->lines[lexer->line] <= offset) {
        lexer->line++;
    }
    if (newline != NULL) {
        len = (size_t)(newline - (lexer->text + pos));
    }
    loc.line = lexer->line;
    loc.col = (uint32_t)(offset - source->lines[lexer->line - 1] + 1);
    loc.len = (uint16_t)(len > UINT16_MAX ? UINT16_MAX : (len == 0 ? 1 : len));
    return loc;
}

/// Skip blanks and comments; stops before a line end. True when there was any.
static bool skip_blanks(struct pp_lexer *lexer)
{
    const char *text = lexer->text;
    size_t start = lexer->pos;

    while (lexer->pos < lexer->size) {
        char c = text[lexer->pos];

        if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            lexer->pos++;
        } else if (c == '/' && text[lexer->pos + 1] == '/') {
            while (lexer->pos < lexer->size && text[lexer->pos] != '\n') {
                lexer->pos++;
            }
        } else if (c == '/' && text[lexer->pos + 1] == '*') {
            const char *end = strstr(text + lexer->pos + 2, "*/");

            if (end == NULL) {
                if (!lexer->quiet) {
                    diag_error(lexer->env->diag, lexer_loc(lexer, lexer->pos, 2),
                               "unterminated-comment", "comment has no end '*/'");
                    lexer->env->broken = true;
                }
                lexer->pos = lexer->size;
            } else {
                lexer->pos = (size_t)(end - text) + 2;
            }
        } else {
            break;
        }
    }
    return lexer->pos != start;
}

/// End of the string literal that starts at `pos`: behind its closing quote. 0 when it has none.
static size_t string_end(const struct pp_lexer *lexer, size_t pos)
{
    for (size_t i = pos + 1; i < lexer->size; i++) {
        char c = lexer->text[i];

        if (c == '"') {
            return i + 1;
        }
        if (c == '\n' && (lexer->one_line || lexer->quiet)) {
            return 0;
        }
        if (c == '\\' && (lexer->text[i + 1] == '"' || lexer->text[i + 1] == '\\')) {
            i++;
        }
    }
    return 0;
}

static size_t line_end(const struct pp_lexer *lexer, size_t pos)
{
    while (pos < lexer->size && lexer->text[pos] != '\n') {
        pos++;
    }
    return pos;
}

/// Length of the punctuator at `s`, or 0.
static size_t punctuator_length(const char *s)
{
    static const char pairs[][3] = {"->", "<-", "<<", ">>", "<=", ">=", "==",
                                    "!=", "&&", "||", "**", "##"};

    if (s[0] == '.' && s[1] == '.' && s[2] == '.') {
        return 3;
    }
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (s[0] == pairs[i][0] && s[1] == pairs[i][1]) {
            return 2;
        }
    }
    return s[0] != '\0' && strchr("{}()[];:,.=<>+-*/%&|^!~?#", s[0]) != NULL ? 1 : 0;
}

static size_t number_end(const struct pp_lexer *lexer, size_t pos)
{
    while (is_word(lexer->text[pos]) ||
           (lexer->text[pos] == '.' && lexer->text[pos + 1] != '.')) {
        pos++;
    }
    return pos;
}

static size_t other_end(const struct pp_lexer *lexer, size_t pos)
{
    pos++;
    while (pos < lexer->size && ((unsigned char)lexer->text[pos] & 0xc0) == 0x80) {
        pos++;
    }
    return pos;
}

static enum pp_kind lex_one(struct pp_lexer *lexer, size_t start, size_t *end)
{
    const char *text = lexer->text;
    char c = text[start];

    if (c == '"') {
        *end = string_end(lexer, start);
        if (*end != 0) {
            return PP_STRING;
        }
        if (!lexer->quiet) {
            diag_error(lexer->env->diag, lexer_loc(lexer, start, 1), "unterminated-string",
                       "string has no closing '\"'");
            if (lexer->long_string.file != 0) {
                diag_note(lexer->env->diag, lexer->long_string,
                          "a string began here and went on over the end of the line; is its "
                          "closing '\"' the one that is missing?");
            }
            lexer->env->broken = true;
        }
        *end = line_end(lexer, start);
        return PP_STRING;
    }
    if (is_digit(c)) {
        *end = number_end(lexer, start);
        return PP_NUMBER;
    }
    if (is_word(c)) {
        for (*end = start; is_word(text[*end]); (*end)++) {
        }
        return PP_IDENTIFIER;
    }
    if (c == '<' && lexer->previous != NULL &&
        (lexer->previous == lexer->env->word_import ||
         lexer->previous == lexer->env->word_include)) {
        size_t limit = lexer->size - start < MAX_PATH_LENGTH ? lexer->size - start
                                                             : MAX_PATH_LENGTH;
        const char *close = memchr(text + start, '>', limit);

        if (close != NULL && memchr(text + start, '\n', (size_t)(close - text) - start) == NULL) {
            *end = (size_t)(close - text) + 1;
            return PP_ANGLE;
        }
    }
    *end = start + punctuator_length(text + start);
    if (*end != start) {
        return PP_PUNCTUATOR;
    }
    *end = other_end(lexer, start);
    return PP_OTHER;
}

/// Text of a string literal that lost its closing quote gets one back.
static const char *token_text(struct pp_lexer *lexer, enum pp_kind kind, size_t start, size_t end,
                              uint32_t *len)
{
    const char *text = lexer->text + start;
    size_t size = end - start;

    if (kind == PP_STRING && (size < 2 || text[size - 1] != '"')) {
        char *closed = arena_alloc(lexer->env->arena, size + 2);

        memcpy(closed, text, size);
        closed[size] = '"';
        *len = (uint32_t)size + 1;
        return closed;
    }
    *len = (uint32_t)size;
    return arena_intern_n(lexer->env->arena, text, size);
}

struct pp_token *pp_lex(struct pp_lexer *lexer)
{
    struct pp_token *token = ARENA_NEW(lexer->env->arena, struct pp_token);
    size_t end;

    token->space = skip_blanks(lexer);
    token->first = lexer->at_start;
    if (lexer->pos >= lexer->size) {
        token->kind = PP_END;
        token->text = "";
        token->loc = lexer_loc(lexer, lexer->size, 0);
        return token;
    }
    if (lexer->text[lexer->pos] == '\n') {
        token->kind = PP_NEWLINE;
        token->text = "\n";
        token->loc = lexer_loc(lexer, lexer->pos, 0);
        lexer->pos++;
        lexer->at_start = true;
        lexer->previous = NULL;
        return token;
    }
    token->kind = (uint8_t)lex_one(lexer, lexer->pos, &end);
    token->text = token_text(lexer, token->kind, lexer->pos, end, &token->len);
    token->loc = lexer_loc(lexer, lexer->pos, end - lexer->pos);
    if (token->kind == PP_STRING && memchr(token->text, '\n', token->len) != NULL) {
        lexer->long_string = token->loc;
    }
    lexer->pos = end;
    lexer->at_start = false;
    lexer->previous = token->text;
    return token;
}
