// SPDX-License-Identifier: BSD-2-Clause
// Values: numbers with C's operators and precedence (plus `**`), strings, lists, dicts. Since ADL
// has no variables, everything is computed while it is parsed.

#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define DICT_MAX_KEYS 10000u

typedef __int128 wide;

#define WIDE_MIN ((wide)INT64_MIN)
#define WIDE_MAX ((wide)UINT64_MAX)

/// An operand of an expression: an integer, a float, or something without operators.
struct operand {
    bool is_float;
    const struct flat_value *other;   ///< string, list or dict; then the rest does not count
    wide integer;
    double number;
    struct adlc_loc loc;
};

static bool parse_ternary(struct parser *p, struct operand *out);
static bool parse_unary(struct parser *p, struct operand *out);

static const struct flat_value *operand_value(struct parser *p, const struct operand *operand)
{
    struct flat_value *value;

    if (operand->other != NULL) {
        return operand->other;
    }
    if (operand->is_float && !__builtin_isfinite(operand->number)) {
        diag_error(p->diag, operand->loc, "number-range", "the number is too large");
        return NULL;
    }
    value = flat_value_new(p->arena, operand->is_float ? FLAT_FLOAT : FLAT_INT, operand->loc);
    value->number = operand->number;
    value->integer = (int64_t)(uint64_t)operand->integer;
    value->is_huge = operand->integer > INT64_MAX;
    return value;
}

static bool range_error(struct parser *p, struct operand *out)
{
    if (p->unevaluated != 0) {
        out->integer = 0;
        return true;
    }
    diag_error(p->diag, out->loc, "number-range", "the number does not fit in 64 bits");
    return false;
}

static bool check_range(struct parser *p, struct operand *out)
{
    return (out->integer >= WIDE_MIN && out->integer <= WIDE_MAX) || range_error(p, out);
}

static bool operator_error(struct parser *p, const struct operand *a, const char *what)
{
    if (p->unevaluated != 0) {
        return true;
    }
    diag_error(p->diag, a->loc, "expression", "%s", what);
    return false;
}

// ---------------------------------------------------------------------------------------------
// Literals

static bool parse_number(struct parser *p, struct operand *out)
{
    const struct token *token = parse_peek(p);
    bool hex = token->len > 1 && (token->text[1] == 'x' || token->text[1] == 'X');

    out->loc = token->loc;
    if (memchr(token->text, '.', token->len) != NULL) {
        out->is_float = true;
        out->number = strtod(token->text, NULL);
    } else {
        for (const char *s = token->text + (hex ? 2 : 0); *s != '\0'; s++) {
            int digit = *s <= '9' ? *s - '0' : (*s | 0x20) - 'a' + 10;

            if (digit < 0 || digit > 15) {
                break;   // malformed, and reported by the lexer
            }
            out->integer = out->integer * (hex ? 16 : 10) + digit;
            if (out->integer > WIDE_MAX) {
                parse_advance(p);
                return range_error(p, out);
            }
        }
    }
    parse_advance(p);
    return true;
}

static const struct flat_value *parse_string(struct parser *p)
{
    struct flat_value *value = flat_value_new(p->arena, FLAT_STRING, parse_peek(p)->loc);
    size_t start = p->pos;
    size_t len = 0;
    char *text;

    while (parse_peek(p)->kind == TOKEN_STRING) {
        len += parse_peek(p)->len;
        parse_advance(p);
    }
    text = arena_alloc(p->arena, len + 1);
    len = 0;
    for (size_t i = start; i < p->pos; i++) {
        memcpy(text + len, p->tokens[i].text, p->tokens[i].len);
        len += p->tokens[i].len;
    }
    value->string = arena_intern_n(p->arena, text, len);
    value->string_len = len;
    value->loc = parse_span(p, value->loc);
    return value;
}

static const struct flat_value *parse_list(struct parser *p)
{
    struct flat_value *value = flat_value_new(p->arena, FLAT_LIST, parse_peek(p)->loc);
    VEC(const struct flat_value *) items = {NULL, 0, 0};

    if (!parse_open(p, "[")) {
        return NULL;
    }
    while (!parse_is(p, "]")) {
        const struct flat_value *item = parse_value(p);

        if (item == NULL) {
            return NULL;
        }
        VEC_PUSH(p->arena, items, item);
        if (!parse_accept(p, ",") && !parse_is(p, "]")) {
            parse_error_expected(p, "',' or ']'");
            return NULL;
        }
    }
    (void)parse_close(p, "]");
    value->items = items.items;
    value->count = items.count;
    value->loc = parse_span(p, value->loc);
    return value;
}

/// A key of a dict as text: strings as they are, integers in decimal.
static const char *parse_key(struct parser *p, struct adlc_loc *loc)
{
    const struct flat_value *key = parse_value(p);

    if (key == NULL) {
        return NULL;
    }
    *loc = key->loc;
    if (key->kind == FLAT_STRING) {
        return key->string;
    }
    if (key->kind != FLAT_INT) {
        diag_error(p->diag, key->loc, "dict-key", "a key must be a string or an integer");
        return NULL;
    }
    if (key->is_huge) {
        return arena_intern(p->arena, arena_printf(p->arena, "%llu",
                                                   (unsigned long long)key->integer));
    }
    return arena_intern(p->arena, arena_printf(p->arena, "%lld", (long long)key->integer));
}

static const struct flat_value *parse_dict(struct parser *p)
{
    struct flat_value *value = flat_value_new(p->arena, FLAT_DICT, parse_peek(p)->loc);
    VEC(const struct flat_value *) items = {NULL, 0, 0};
    VEC(const char *) keys = {NULL, 0, 0};
    struct adlc_loc loc;

    (void)parse_open(p, "{");
    while (!parse_is(p, "}")) {
        const char *key = parse_key(p, &loc);
        const struct flat_value *item;

        if (key == NULL || !parse_expect(p, ":")) {
            return NULL;
        }
        if (keys.count >= DICT_MAX_KEYS) {
            diag_error(p->diag, loc, "too-many-keys", "a dict has at most %u keys", DICT_MAX_KEYS);
            return NULL;
        }
        item = parse_value(p);
        if (item == NULL) {
            return NULL;
        }
        for (size_t i = 0; i < keys.count; i++) {
            if (keys.items[i] == key) {
                diag_error(p->diag, loc, "duplicate-key", "key \"%s\" occurs twice", key);
            }
        }
        VEC_PUSH(p->arena, items, item);
        VEC_PUSH(p->arena, keys, key);
        if (!parse_accept(p, ",") && !parse_is(p, "}")) {
            parse_error_expected(p, "',' or '}'");
            return NULL;
        }
    }
    (void)parse_close(p, "}");
    value->items = items.items;
    value->keys = keys.items;
    value->count = items.count;
    value->loc = parse_span(p, value->loc);
    return value;
}

static bool parse_word_value(struct parser *p, struct operand *out)
{
    const struct token *token = parse_peek(p);

    if (parse_accept_word(p, "true") || parse_accept_word(p, "True")) {
        out->integer = 1;
        return true;
    }
    if (parse_accept_word(p, "false") || parse_accept_word(p, "False")) {
        return true;
    }
    diag_error(p->diag, token->loc, "syntax",
               "expected a value; '%.60s' is neither a macro nor a number", token->text);
    return false;
}

static bool parse_primary(struct parser *p, struct operand *out)
{
    const struct token *token = parse_peek(p);

    memset(out, 0, sizeof(*out));
    out->loc = token->loc;
    if (token->kind == TOKEN_NUMBER) {
        return parse_number(p, out);
    }
    if (token->kind == TOKEN_WORD) {
        return parse_word_value(p, out);
    }
    if (token->kind == TOKEN_STRING) {
        out->other = parse_string(p);
    } else if (parse_is(p, "[")) {
        out->other = parse_list(p);
    } else if (parse_is(p, "{")) {
        out->other = parse_dict(p);
    } else if (parse_is(p, "(")) {
        (void)parse_open(p, "(");
        if (!parse_ternary(p, out) || !parse_close(p, ")")) {
            return false;
        }
        out->loc = parse_span(p, token->loc);
        return true;
    } else {
        parse_error_expected(p, "a value");
        return false;
    }
    if (out->other != NULL) {
        out->loc = out->other->loc;
    }
    return out->other != NULL;
}

// ---------------------------------------------------------------------------------------------
// Operators

static bool is_zero(const struct operand *a)
{
    return a->is_float ? !(a->number < 0 || a->number > 0) : a->integer == 0;
}

static double as_double(const struct operand *a)
{
    return a->is_float ? a->number : (double)a->integer;
}

static double power_double(double base, wide exponent)
{
    double result = 1;
    bool negative = exponent < 0;

    if (negative) {
        exponent = -exponent;
    }
    for (; exponent != 0; exponent /= 2) {
        result *= exponent % 2 != 0 ? base : 1;
        base *= base;
    }
    return negative ? 1 / result : result;
}

/// a ** b. Integer unless an operand is a float or the exponent is negative.
static bool apply_power(struct parser *p, struct operand *a, const struct operand *b)
{
    wide result = 1;

    if (a->other != NULL || b->other != NULL || b->is_float) {
        return operator_error(p, a, "'**' needs numbers, and an integer as the exponent");
    }
    if (a->is_float || b->integer < 0) {
        if (is_zero(a) && b->integer < 0) {
            return operator_error(p, a, "division by zero");
        }
        a->number = power_double(as_double(a), b->integer);
        a->is_float = true;
        return true;
    }
    if (a->integer == 0 || a->integer == 1) {
        a->integer = b->integer == 0 ? 1 : a->integer;
        return true;
    }
    if (a->integer == -1) {
        a->integer = b->integer % 2 == 0 ? 1 : -1;
        return true;
    }
    for (wide i = 0; i < b->integer; i++) {
        if (__builtin_mul_overflow(result, a->integer, &result) || result < WIDE_MIN ||
            result > WIDE_MAX) {
            return range_error(p, a);
        }
    }
    a->integer = result;
    return true;
}

/// primary [ ** unary ]: binds tighter than a sign on its left, and to the right.
static bool parse_power(struct parser *p, struct operand *out)
{
    struct operand exponent;
    bool good;

    if (!parse_primary(p, out)) {
        return false;
    }
    if (!parse_accept(p, "**")) {
        return true;
    }
    if (!parse_enter(p)) {
        return false;
    }
    good = parse_unary(p, &exponent) && apply_power(p, out, &exponent);
    out->loc = parse_span(p, out->loc);
    parse_leave(p);
    return good;
}

static bool apply_unary(struct parser *p, char op, struct operand *out)
{
    if (out->other != NULL || (op == '~' && out->is_float)) {
        return operator_error(p, out, op == '~' ? "this operator needs an integer"
                                                : "this operator needs a number");
    }
    switch (op) {
    case '-':
        out->integer = -out->integer;
        out->number = -out->number;
        break;
    case '~':
        out->integer = -out->integer - 1;
        break;
    case '!':
        out->integer = is_zero(out);
        out->is_float = false;
        break;
    default:
        break;
    }
    return check_range(p, out);
}

static bool parse_unary(struct parser *p, struct operand *out)
{
    const struct token *token = parse_peek(p);
    struct adlc_loc loc = token->loc;
    bool good;

    if (token->kind != TOKEN_SYMBOL || token->len != 1 || strchr("-+~!", token->text[0]) == NULL) {
        return parse_power(p, out);
    }
    parse_advance(p);
    if (!parse_enter(p)) {
        return false;
    }
    good = parse_unary(p, out) && apply_unary(p, token->text[0], out);
    out->loc = parse_span(p, loc);
    parse_leave(p);
    return good;
}

static bool apply_float(struct parser *p, const char *op, struct operand *a,
                        const struct operand *b)
{
    double x = as_double(a);
    double y = as_double(b);
    bool compares = true;

    switch (op[0]) {
    case '<':
        a->integer = op[1] == '=' ? x <= y : x < y;
        break;
    case '>':
        a->integer = op[1] == '=' ? x >= y : x > y;
        break;
    case '=':
        a->integer = !(x < y || x > y);
        break;
    case '!':
        a->integer = x < y || x > y;
        break;
    default:
        compares = false;
        break;
    }
    if (op[1] == op[0] && op[0] != '=') {
        return operator_error(p, a, "shifts need integers");
    }
    a->is_float = !compares;
    if (compares) {
        return true;
    }
    switch (op[0]) {
    case '+':
        a->number = x + y;
        return true;
    case '-':
        a->number = x - y;
        return true;
    case '*':
        a->number = x * y;
        return true;
    case '/':
        a->number = is_zero(b) ? 0 : x / y;
        return !is_zero(b) || operator_error(p, a, "division by zero");
    default:
        return operator_error(p, a, "this operator needs integers");
    }
}

/// Quotient rounded down, and the remainder that goes with it (as the reference has it).
static wide floor_divide(wide a, wide b, wide *remainder)
{
    wide quotient = a / b;

    *remainder = a % b;
    if (*remainder != 0 && (*remainder < 0) != (b < 0)) {
        *remainder += b;
        quotient--;
    }
    return quotient;
}

static bool apply_shift(struct parser *p, bool left, struct operand *a, const struct operand *b)
{
    if (b->integer < 0) {
        return operator_error(p, a, "shift by a negative number");
    }
    if (!left) {
        a->integer = b->integer > 63 ? (a->integer < 0 ? -1 : 0) : a->integer >> (int)b->integer;
        return true;
    }
    if (b->integer > 63) {
        return a->integer == 0 || range_error(p, a);
    }
    if (__builtin_mul_overflow(a->integer, (wide)1 << (int)b->integer, &a->integer)) {
        return range_error(p, a);
    }
    return check_range(p, a);
}

static bool apply_compare(const char *op, struct operand *a, wide b)
{
    switch (op[0]) {
    case '<':
        a->integer = op[1] == '=' ? a->integer <= b : a->integer < b;
        return true;
    case '>':
        a->integer = op[1] == '=' ? a->integer >= b : a->integer > b;
        return true;
    case '=':
        a->integer = a->integer == b;
        return true;
    default:
        a->integer = a->integer != b;
        return true;
    }
}

static bool apply_integer(struct parser *p, const char *op, struct operand *a,
                          const struct operand *b)
{
    wide remainder = 0;

    switch (op[0]) {
    case '|':
        a->integer |= b->integer;
        return true;
    case '^':
        a->integer ^= b->integer;
        return check_range(p, a);
    case '&':
        a->integer &= b->integer;
        return true;
    case '+':
        a->integer += b->integer;
        return check_range(p, a);
    case '-':
        a->integer -= b->integer;
        return check_range(p, a);
    case '*':
        if (__builtin_mul_overflow(a->integer, b->integer, &a->integer)) {
            return range_error(p, a);
        }
        return check_range(p, a);
    case '/':
    case '%':
        if (b->integer == 0) {
            return operator_error(p, a, "division by zero");
        }
        a->integer = floor_divide(a->integer, b->integer, &remainder);
        a->integer = op[0] == '%' ? remainder : a->integer;
        return check_range(p, a);
    default:
        if (op[0] == op[1] && op[0] != '=') {
            return apply_shift(p, op[0] == '<', a, b);
        }
        return apply_compare(op, a, b->integer);
    }
}

static bool apply_binary(struct parser *p, const char *op, struct operand *a,
                         const struct operand *b)
{
    if (a->other != NULL || b->other != NULL) {
        return operator_error(p, a, arena_printf(p->arena, "'%s' needs numbers", op));
    }
    if (op[0] == op[1] && (op[0] == '|' || op[0] == '&')) {
        a->integer = op[0] == '|' ? !is_zero(a) || !is_zero(b) : !is_zero(a) && !is_zero(b);
        a->is_float = false;
        return true;
    }
    return a->is_float || b->is_float ? apply_float(p, op, a, b) : apply_integer(p, op, a, b);
}

static int operator_level(const struct token *token)
{
    static const struct {
        const char *text;
        int level;
    } rows[] = {
        {"||", 1}, {"&&", 2}, {"|", 3},  {"^", 4},  {"&", 5},  {"==", 6}, {"!=", 6},
        {"<", 7},  {">", 7},  {"<=", 7}, {">=", 7}, {"<-", 7}, {"<<", 8}, {">>", 8},
        {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
    };

    if (token->kind == TOKEN_SYMBOL) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (strcmp(token->text, rows[i].text) == 0) {
                return rows[i].level;
            }
        }
    }
    return 0;
}

/// Take the operator at the current token. "<-" here means '<' and a sign.
static const char *take_operator(struct parser *p)
{
    struct token *token = &p->tokens[p->pos];

    if (strcmp(token->text, "<-") == 0) {
        token->text = "-";
        token->len = 1;
        return "<";
    }
    parse_advance(p);
    return token->text;
}

static bool parse_binary(struct parser *p, int min_level, struct operand *left)
{
    if (!parse_unary(p, left)) {
        return false;
    }
    for (;;) {
        int level = operator_level(parse_peek(p));
        struct operand right;
        const char *op;
        bool skip;
        bool good;

        if (level == 0 || level < min_level) {
            return true;
        }
        op = take_operator(p);
        skip = left->other == NULL && ((strcmp(op, "||") == 0 && !is_zero(left)) ||
                                       (strcmp(op, "&&") == 0 && is_zero(left)));
        p->unevaluated += skip;
        good = parse_binary(p, level + 1, &right);
        p->unevaluated -= skip;
        left->loc = parse_span(p, left->loc);
        if (!good || !apply_binary(p, op, left, &right)) {
            return false;
        }
    }
}

static bool parse_branches(struct parser *p, struct operand *out)
{
    struct operand yes;
    struct operand no;
    bool chosen = !is_zero(out);
    bool good;

    p->unevaluated += !chosen;
    good = parse_ternary(p, &yes) && parse_expect(p, ":");
    p->unevaluated -= !chosen;
    if (!good) {
        return false;
    }
    p->unevaluated += chosen;
    good = parse_ternary(p, &no);
    p->unevaluated -= chosen;
    *out = chosen ? yes : no;
    return good;
}

static bool parse_ternary(struct parser *p, struct operand *out)
{
    struct adlc_loc loc = parse_peek(p)->loc;
    bool good;

    if (!parse_enter(p)) {
        return false;
    }
    good = parse_binary(p, 1, out);
    if (good && parse_accept(p, "?")) {
        if (out->other != NULL) {
            diag_error(p->diag, out->loc, "expression", "the condition of '?:' must be a number");
            good = false;
        }
        good = good && parse_branches(p, out);
        out->loc = parse_span(p, loc);
    }
    parse_leave(p);
    return good;
}

const struct flat_value *parse_value(struct parser *p)
{
    struct operand operand;

    return parse_ternary(p, &operand) ? operand_value(p, &operand) : NULL;
}

bool parse_integer(struct parser *p, uint64_t max, const char *what, uint64_t *value)
{
    const struct flat_value *number = parse_value(p);

    if (number == NULL) {
        return false;
    }
    if (number->kind != FLAT_INT || (number->integer < 0 && !number->is_huge) ||
        (uint64_t)number->integer > max) {
        diag_error(p->diag, number->loc, "number-range", "%s must be an integer from 0 to %llu",
                   what, (unsigned long long)max);
        return false;
    }
    *value = (uint64_t)number->integer;
    return true;
}
