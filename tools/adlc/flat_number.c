// SPDX-License-Identifier: BSD-2-Clause
// Numbers that stand in strings as C source: constant expressions of unsigned 64-bit integers.

#include <stdlib.h>
#include <string.h>

#include "flat.h"

#define NUMBER_MAX_DEPTH 32u

struct number_parser {
    const char *at;
    unsigned depth;
    bool failed;
};

static uint64_t parse_level(struct number_parser *p, int level);

static void skip_spaces(struct number_parser *p)
{
    p->at += strspn(p->at, " \t\n");
}

/// The word at *at, without it and the spaces behind it: its length.
static size_t word_length(const char *at)
{
    return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

/// Bits of an integer type that consists of this word alone, or that the word is a part of; 0: no such word.
static unsigned word_bits(const char *word, size_t length)
{
    static const struct {
        const char *word;
        unsigned bits;
    } words[] = {
        {"char", 8},      {"short", 16},    {"int", 32},       {"signed", 32},   {"unsigned", 32},
        {"long", 64},     {"uint8_t", 8},   {"uint16_t", 16},  {"uint32_t", 32}, {"uint64_t", 64},
        {"int64_t", 64},  {"size_t", 64},   {"uintptr_t", 64}, {"seL4_Word", 64},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0) {
            return words[i].bits;
        }
    }
    return 0;
}

/// A cast to an integer type, "(unsigned long)", at the current place: skips it and returns its mask.
static bool take_cast(struct number_parser *p, uint64_t *mask)
{
    const char *at = p->at + 1;
    unsigned bits = 0;

    if (*p->at != '(') {
        return false;
    }
    for (;;) {
        at += strspn(at, " \t\n");
        size_t length = word_length(at);
        unsigned word = word_bits(at, length);
        if (word == 0) {
            break;
        }
        // "unsigned char" is narrower than "unsigned", "unsigned long" wider.
        bits = bits == 0 || bits == 32 ? word : word == 32 ? bits : word > bits ? word : bits;
        at += length;
    }
    if (bits == 0 || *at != ')') {
        return false;
    }
    p->at = at + 1;
    *mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    return true;
}

static uint64_t parse_atom(struct number_parser *p)
{
    uint64_t value = 0;
    uint64_t mask;
    char *end;

    skip_spaces(p);
    if (++p->depth > NUMBER_MAX_DEPTH) {
        p->failed = true;
    }
    if (p->failed) {
        return 0;
    }
    if (take_cast(p, &mask)) {
        value = parse_atom(p) & mask;
    } else if (*p->at == '(') {
        p->at++;
        value = parse_level(p, 0);
        skip_spaces(p);
        p->failed = p->failed || *p->at != ')';
        p->at += !p->failed;
    } else if (*p->at == '~') {
        p->at++;
        value = ~parse_atom(p);
    } else if (*p->at == '-') {
        p->at++;
        value = 0 - parse_atom(p);
    } else if (*p->at >= '0' && *p->at <= '9') {
        value = strtoull(p->at, &end, 0);
        p->at = end + strspn(end, "uUlL");
    } else {
        p->failed = true;
    }
    p->depth--;
    return value;
}

/// Operator of a level at the current place, 0 when there is none.
static char take_operator(struct number_parser *p, int level)
{
    static const char *const operators[] = {"|", "&", "<>", "+-", "*/%"};
    char c;

    skip_spaces(p);
    c = *p->at;
    if (c == '\0' || strchr(operators[level], c) == NULL) {
        return 0;
    }
    if (level == 2) {
        if (p->at[1] != c) {
            return 0;
        }
        p->at++;
    }
    p->at++;
    return c;
}

static uint64_t apply(struct number_parser *p, char op, uint64_t a, uint64_t b)
{
    switch (op) {
    case '|':
        return a | b;
    case '&':
        return a & b;
    case '<':
        return b < 64 ? a << b : 0;
    case '>':
        return b < 64 ? a >> b : 0;
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    default:
        if (b == 0) {
            p->failed = true;
            return 0;
        }
        return op == '/' ? a / b : a % b;
    }
}

static uint64_t parse_level(struct number_parser *p, int level)
{
    uint64_t value = level == 4 ? parse_atom(p) : parse_level(p, level + 1);
    char op;

    while (!p->failed && (op = take_operator(p, level)) != 0) {
        uint64_t right = level == 4 ? parse_atom(p) : parse_level(p, level + 1);

        value = apply(p, op, value, right);
    }
    return value;
}

bool flat_parse_number(const char *text, uint64_t *value)
{
    struct number_parser p = {text, 0, false};
    uint64_t number = parse_level(&p, 0);

    skip_spaces(&p);
    if (p.failed || *p.at != '\0') {
        return false;
    }
    *value = number;
    return true;
}
