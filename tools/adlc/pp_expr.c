// SPDX-License-Identifier: BSD-2-Clause
// Conditions of #if and #elif: C's integer constant expressions, in 64 bits.

#include "pp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PP_MAX_NESTING 100u

struct condition {
    struct pp_unit *unit;
    const struct pp_token *token;   ///< next token, NULL at the end
    struct adlc_loc where;          ///< position of the last token seen
    unsigned nesting;
    unsigned unevaluated;           ///< inside an operand that does not count
    bool failed;
};

static int64_t parse_ternary(struct condition *c);

static void condition_error(struct condition *c, const char *what)
{
    if (!c->failed) {
        diag_error(c->unit->env->diag, c->token != NULL ? c->token->loc : c->where,
                   "bad-condition", "%s in the condition", what);
    }
    c->failed = true;
}

static void advance(struct condition *c)
{
    c->where = c->token->loc;
    c->token = c->token->next;
}

static bool accept(struct condition *c, const char *punctuator)
{
    if (!pp_token_is(c->token, punctuator)) {
        return false;
    }
    advance(c);
    return true;
}

static int64_t parse_number(struct condition *c)
{
    const char *text = c->token->text;
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 0);
    while (*end == 'u' || *end == 'U' || *end == 'l' || *end == 'L') {
        end++;
    }
    if (*end != '\0' || errno != 0) {
        condition_error(c, "bad number");
    }
    advance(c);
    return (int64_t)value;
}

static int64_t parse_primary(struct condition *c)
{
    int64_t value = 0;

    if (c->failed) {
        return 0;
    }
    if (c->token == NULL) {
        condition_error(c, "a value is missing");
    } else if (c->token->kind == PP_NUMBER) {
        value = parse_number(c);
    } else if (c->token->kind == PP_IDENTIFIER) {
        // A name that is no macro counts as 0.
        value = strcmp(c->token->text, "true") == 0;
        advance(c);
    } else if (accept(c, "(")) {
        value = parse_ternary(c);
        if (!accept(c, ")")) {
            condition_error(c, "')' is missing");
        }
    } else {
        condition_error(c, "unexpected text");
    }
    return value;
}

static int64_t parse_unary(struct condition *c)
{
    int64_t value = 0;

    if (++c->nesting > PP_MAX_NESTING) {
        condition_error(c, "too much nesting");
    }
    if (c->failed) {
        c->nesting--;
        return 0;
    }
    if (accept(c, "!")) {
        value = !parse_unary(c);
    } else if (accept(c, "-")) {
        value = (int64_t)(0 - (uint64_t)parse_unary(c));
    } else if (accept(c, "+")) {
        value = parse_unary(c);
    } else if (accept(c, "~")) {
        value = ~parse_unary(c);
    } else {
        value = parse_primary(c);
    }
    c->nesting--;
    return value;
}

struct operator_row {
    const char *text;
    int level;
};

static const struct operator_row operators[] = {
    {"||", 1}, {"&&", 2}, {"|", 3},  {"^", 4},  {"&", 5},  {"==", 6}, {"!=", 6},
    {"<", 7},  {">", 7},  {"<=", 7}, {">=", 7}, {"<-", 7}, {"<<", 8}, {">>", 8},
    {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static int operator_level(const struct pp_token *token)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (pp_token_is(token, operators[i].text)) {
            return operators[i].level;
        }
    }
    return 0;
}

static int64_t divide(struct condition *c, int64_t a, int64_t b, bool remainder)
{
    if (b == 0) {
        if (c->unevaluated == 0) {
            condition_error(c, "division by zero");
        }
        return 0;
    }
    if (b == -1) {
        return remainder ? 0 : (int64_t)(0 - (uint64_t)a);
    }
    return remainder ? a % b : a / b;
}

static int64_t apply(struct condition *c, const char *op, int64_t a, int64_t b)
{
    uint64_t ua = (uint64_t)a;
    uint64_t ub = (uint64_t)b;

    switch (op[0]) {
    case '|':
        return op[1] == '|' ? a != 0 || b != 0 : a | b;
    case '&':
        return op[1] == '&' ? a != 0 && b != 0 : a & b;
    case '^':
        return a ^ b;
    case '=':
        return a == b;
    case '!':
        return a != b;
    case '<':
        if (op[1] == '<') {
            return ub < 64 ? (int64_t)(ua << ub) : 0;
        }
        if (op[1] == '-') {
            return a < (int64_t)(0 - ub);
        }
        return op[1] == '=' ? a <= b : a < b;
    case '>':
        if (op[1] == '>') {
            ub = ub < 63 ? ub : 63;
            return (int64_t)(a < 0 ? ~(~ua >> ub) : ua >> ub);
        }
        return op[1] == '=' ? a >= b : a > b;
    case '+':
        return (int64_t)(ua + ub);
    case '-':
        return (int64_t)(ua - ub);
    case '*':
        return (int64_t)(ua * ub);
    default:
        return divide(c, a, b, op[0] == '%');
    }
}

static int64_t parse_binary(struct condition *c, int min_level)
{
    int64_t left = parse_unary(c);

    for (;;) {
        int level = operator_level(c->token);
        const char *op;
        bool skip;
        int64_t right;

        if (c->failed || level == 0 || level < min_level) {
            return left;
        }
        op = c->token->text;
        skip = (strcmp(op, "||") == 0 && left != 0) || (strcmp(op, "&&") == 0 && left == 0);
        advance(c);
        c->unevaluated += skip;
        right = parse_binary(c, level + 1);
        c->unevaluated -= skip;
        left = apply(c, op, left, right);
    }
}

static int64_t parse_ternary(struct condition *c)
{
    int64_t value;
    int64_t yes;
    int64_t no;

    if (++c->nesting > PP_MAX_NESTING) {
        condition_error(c, "too much nesting");
    }
    value = c->failed ? 0 : parse_binary(c, 1);
    if (!c->failed && accept(c, "?")) {
        c->unevaluated += value == 0;
        yes = parse_ternary(c);
        c->unevaluated -= value == 0;
        if (!accept(c, ":")) {
            condition_error(c, "':' is missing");
        }
        c->unevaluated += value != 0;
        no = parse_ternary(c);
        c->unevaluated -= value != 0;
        value = value != 0 ? yes : no;
    }
    c->nesting--;
    return value;
}

static struct pp_token *defined_result(struct pp_unit *unit, const struct pp_token *word,
                                       const char *name)
{
    struct pp_token *number = pp_token_copy(unit, word);

    number->kind = PP_NUMBER;
    number->text = pp_macro_find(unit, name) != NULL ? "1" : "0";
    number->len = 1;
    return number;
}

/// Replace `defined X` and `defined(X)` by 1 or 0, before macros are expanded.
static struct pp_token *replace_defined(struct pp_unit *unit, struct pp_token *tokens)
{
    struct pp_token *first = NULL;
    struct pp_token **last = &first;

    while (tokens != NULL) {
        struct pp_token *token = tokens;
        struct pp_token *name = token->next;
        bool paren = pp_token_is(name, "(");

        tokens = token->next;
        if (token->kind == PP_IDENTIFIER && strcmp(token->text, "defined") == 0) {
            name = paren ? name->next : name;
            if (name != NULL && name->kind == PP_IDENTIFIER &&
                (!paren || pp_token_is(name->next, ")"))) {
                tokens = paren ? name->next->next : name->next;
                token = defined_result(unit, token, name->text);
            }
        }
        *last = token;
        last = &token->next;
    }
    *last = NULL;
    return first;
}

bool pp_condition(struct pp_unit *unit, struct pp_token *tokens, struct adlc_loc where)
{
    struct condition c = {unit, NULL, where, 0, 0, false};
    int64_t value;

    c.token = pp_expand(unit, replace_defined(unit, tokens));
    value = parse_ternary(&c);
    if (!c.failed && c.token != NULL) {
        condition_error(&c, "unexpected text");
    }
    return !c.failed && value != 0;
}
