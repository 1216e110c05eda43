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

static uint64_t parse_atom(struct number_parser *p)
{
    uint64_t value = 0;
    char *end;

    skip_spaces(p);
    if (++p->depth > NUMBER_MAX_DEPTH) {
        p->failed = true;
    }
    if (p->failed) {
        return 0;
    }
    if (*p->at == '(') {
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
