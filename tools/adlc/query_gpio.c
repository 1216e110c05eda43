// SPDX-License-Identifier: BSD-2-Clause
// Pin lists. The file is a list of entries in the block style of YAML 1.1 (chapter 8): "- key:
// value", more keys below the first one; comments; nothing nested. A key of its own may stand above
// the list.

#include "query_gpio.h"

#include <string.h>

#define MAX_PINS    2000u
#define INDENT_OPEN SIZE_MAX ///< the entry's first key decides

struct pin_parser {
    struct front *front;
    gpio_pin_vec *pins;
    uint32_t file;
    uint32_t line;
    const char *start;        ///< of the line
    size_t indent;            ///< of the keys of the entry that is being read
    struct flat_value *entry; ///< NULL before the first
    bool in_list;             ///< a list has begun: a key alone can't stand above it any more
    bool failed;
};

static struct adlc_loc loc_at(const struct pin_parser *p, const char *at, size_t len)
{
    struct adlc_loc loc = {
        .file = (uint16_t)p->file,
        .len = (uint16_t)(len < 1 ? 1 : len < 1000 ? len : 1000),
        .line = p->line,
        .col = (uint32_t)(at - p->start) + 1,
    };

    return loc;
}

static void syntax_error(struct pin_parser *p, const char *at, size_t len, const char *what)
{
    diag_error(p->front->diag, loc_at(p, at, len), "pin-list", "%s", what);
    p->failed = true;
}

static struct flat_value *new_value(struct pin_parser *p, enum flat_value_kind kind,
                                    const char *at, size_t len)
{
    return flat_value_new(p->front->arena, kind, loc_at(p, at, len));
}

static const struct flat_value *text_value(struct pin_parser *p, const char *at, size_t len)
{
    struct flat_value *value = new_value(p, FLAT_STRING, at, len);

    value->string = arena_intern_n(p->front->arena, at, len);
    value->string_len = len;
    return value;
}

/// Length of a plain scalar: up to a comment or the end, without spaces at the end.
static size_t plain_length(const char *at, const char *end)
{
    const char *stop = at;

    while (stop < end && !(*stop == '#' && stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))) {
        stop++;
    }
    while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    return (size_t)(stop - at);
}

static bool is_blank(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    return at == end || *at == '#';
}

static const struct flat_value *scalar(struct pin_parser *p, const char *at, const char *end)
{
    size_t len = plain_length(at, end);
    uint64_t number;

    if (*at == '"' || *at == '\'') {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));

        if (close == NULL || memchr(at, '\\', (size_t)(close - at)) != NULL ||
            !is_blank(close + 1, end)) {
            syntax_error(p, at, len, "a quoted text ends on its line and has no escapes");
            return NULL;
        }
        return text_value(p, at + 1, (size_t)(close - at - 1));
    }
    if (strchr("[]{}&*!|>%@`", *at) != NULL || (at[0] == '-' && len > 1 && at[1] == ' ')) {
        syntax_error(p, at, len, "values are numbers and texts: nothing is nested in a pin list");
        return NULL;
    }
    const char *text = arena_strndup(p->front->arena, at, len);
    bool is_true = strcmp(text, "true") == 0;
    if (is_true || strcmp(text, "false") == 0 ||
        (*at >= '0' && *at <= '9' && flat_parse_number(text, &number))) {
        struct flat_value *value = new_value(p, FLAT_INT, at, len);

        number = is_true ? 1 : text[0] == 'f' ? 0 : number;
        value->integer = (int64_t)number;
        value->is_huge = number > INT64_MAX;
        return value;
    }
    return text_value(p, at, len);
}

/// Add a key to the current entry.
static void add_key(struct pin_parser *p, const char *key, const char *at, size_t len,
                    const struct flat_value *value)
{
    struct flat_value *entry = p->entry;
    const struct flat_value **items =
        ARENA_NEW_ARRAY(p->front->arena, const struct flat_value *, entry->count + 1);
    const char **keys = ARENA_NEW_ARRAY(p->front->arena, const char *, entry->count + 1);

    if (flat_value_get(entry, key) != NULL) {
        syntax_error(p, at, len, "this entry has the key already");
        return;
    }
    for (size_t i = 0; i < entry->count; i++) {
        items[i] = entry->items[i];
        keys[i] = entry->keys[i];
    }
    items[entry->count] = value;
    keys[entry->count] = key;
    entry->items = items;
    entry->keys = keys;
    entry->count++;
}

/// "key: value" at `at`.
static void parse_pair(struct pin_parser *p, const char *at, const char *end)
{
    const char *colon = memchr(at, ':', (size_t)(end - at));
    size_t len = plain_length(at, end);

    if (colon == NULL || colon == at || (colon + 1 < end && colon[1] != ' ' && colon[1] != '\t')) {
        syntax_error(p, at, len, "a pin list is made of lines 'key: value'");
        return;
    }
    const char *value_at = colon + 1;
    while (value_at < end && (*value_at == ' ' || *value_at == '\t')) {
        value_at++;
    }
    if (is_blank(value_at, end)) {
        syntax_error(p, at, len, "this key has no value on its line");
        return;
    }
    const struct flat_value *value = scalar(p, value_at, end);
    if (value != NULL) {
        add_key(p, arena_intern_n(p->front->arena, at, (size_t)(colon - at)), at,
                (size_t)(colon - at), value);
    }
}

static void new_entry(struct pin_parser *p, const char *at)
{
    if (p->pins->count >= MAX_PINS) {
        syntax_error(p, at, 1, "a pin list has at most 2000 entries");
        return;
    }
    p->entry = new_value(p, FLAT_DICT, at, 1);
    p->in_list = true;
    VEC_PUSH(p->front->arena, *p->pins, p->entry);
}

static void parse_line(struct pin_parser *p, const char *end)
{
    const char *at = p->start;

    while (at < end && *at == ' ') {
        at++;
    }
    if (is_blank(at, end) || (end - p->start >= 3 && memcmp(p->start, "---", 3) == 0)) {
        return;
    }
    if (*at == '\t') {
        syntax_error(p, at, 1, "lines are indented with spaces");
        return;
    }
    if (*at == '-' && (at + 1 == end || at[1] == ' ')) {
        new_entry(p, at);
        at++;
        while (at < end && *at == ' ') {
            at++;
        }
        p->indent = is_blank(at, end) ? INDENT_OPEN : (size_t)(at - p->start);
        if (!p->failed && p->indent != INDENT_OPEN) {
            parse_pair(p, at, end);
        }
        return;
    }
    if (p->indent == INDENT_OPEN && at > p->start) {
        p->indent = (size_t)(at - p->start);
    }
    if (!p->in_list && at == p->start && plain_length(at, end) > 1 &&
        at[plain_length(at, end) - 1] == ':') {
        p->in_list = true; // the key above the list
        return;
    }
    if (p->entry == NULL || (size_t)(at - p->start) != p->indent) {
        syntax_error(p, at, plain_length(at, end),
                     "expected '- key: value', or a key under the first one of the entry");
        return;
    }
    parse_pair(p, at, end);
}

/// Every entry has a name, and no two have the same.
static void check_names(struct pin_parser *p)
{
    for (size_t i = 0; i < p->pins->count && !p->failed; i++) {
        const struct flat_value *pin = p->pins->items[i];
        const struct flat_value *name = flat_value_get(pin, "name");

        if (name == NULL || name->kind != FLAT_STRING) {
            diag_error(p->front->diag, pin->loc, "pin-list", "this pin has no 'name'");
            p->failed = true;
            return;
        }
        for (size_t j = 0; j < i; j++) {
            const struct flat_value *other = flat_value_get(p->pins->items[j], "name");

            if (other->string == name->string) {
                diag_error(p->front->diag, name->loc, "pin-list", "there is a pin '%s' already",
                           name->string);
                diag_note(p->front->diag, other->loc, "the other one is here");
                p->failed = true;
                return;
            }
        }
    }
}

bool gpio_parse(struct front *front, uint32_t file, gpio_pin_vec *pins)
{
    struct pin_parser p = {.front = front, .pins = pins, .file = file};
    const struct adlc_source_file *source = source_file(front->map, file);
    const char *at = source->text;
    const char *stop = at + source->size;

    while (at < stop && !p.failed) {
        const char *end = memchr(at, '\n', (size_t)(stop - at));

        end = end != NULL ? end : stop;
        p.line++;
        p.start = at;
        parse_line(&p, end > at && end[-1] == '\r' ? end - 1 : end);
        at = end + 1;
    }
    if (!p.failed) {
        check_names(&p);
    }
    return !p.failed;
}

bool gpio_load(struct front *front, gpio_pin_vec *pins)
{
    const char *reason = NULL;
    uint32_t file = source_load(front->map, front->options->gpio_list, &reason);

    if (file == 0) {
        diag_error(front->diag, ADLC_NO_LOC, "pin-list", "cannot read the pin list '%s': %s",
                   front->options->gpio_list, reason);
        return false;
    }
    return gpio_parse(front, file, pins);
}

// ---------------------------------------------------------------------------------------------
// Queries

static bool same_value(const struct flat_value *a, const struct flat_value *b)
{
    return a != NULL && a->kind == b->kind &&
           (a->kind == FLAT_INT ? a->integer == b->integer && a->is_huge == b->is_huge
                                : a->kind == FLAT_STRING && strcmp(a->string, b->string) == 0);
}

/// Whether a pin has the name, or all fields of the dict.
static bool pin_matches(const struct flat_value *pin, const struct flat_value *wanted)
{
    if (wanted->kind == FLAT_STRING) {
        return same_value(flat_value_get(pin, "name"), wanted);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        if (!same_value(flat_value_get(pin, wanted->keys[i]), wanted->items[i])) {
            return false;
        }
    }
    return true;
}

static void no_pin(struct front *front, const gpio_pin_vec *pins, const struct flat_value *wanted)
{
    const struct flat_value *name =
        wanted->kind == FLAT_STRING ? wanted : flat_value_get(wanted, "name");
    const char **names = ARENA_NEW_ARRAY(front->arena, const char *, pins->count);
    const char *near = NULL;

    for (size_t i = 0; i < pins->count; i++) {
        names[i] = flat_value_get(pins->items[i], "name")->string;
    }
    if (name != NULL && name->kind == FLAT_STRING) {
        near = diag_nearest(name->string, names, pins->count);
    }
    diag_error(front->diag, wanted->loc, "query-no-pin", "no pin of '%s' matches%s%s%s",
               front->options->gpio_list, near != NULL ? "; did you mean '" : "",
               near != NULL ? near : "", near != NULL ? "'?" : "");
}

static bool select_pin(struct front *front, const gpio_pin_vec *pins,
                       const struct flat_value *wanted, gpio_pin_vec *found)
{
    if (wanted->kind != FLAT_STRING && (wanted->kind != FLAT_DICT || wanted->count == 0)) {
        diag_error(front->diag, wanted->loc, "query-argument",
                   "a pin is given by its name, or by a dict of its fields");
        return false;
    }
    for (size_t i = 0; i < pins->count; i++) {
        if (pin_matches(pins->items[i], wanted)) {
            VEC_PUSH(front->arena, *found, pins->items[i]);
            return true;
        }
    }
    no_pin(front, pins, wanted);
    return false;
}

bool gpio_select(struct front *front, const gpio_pin_vec *pins, const struct flat_value *arg,
                 gpio_pin_vec *found)
{
    const struct flat_value *wanted = flat_value_get(arg, "pins");
    bool good = true;

    if (wanted == NULL || wanted->kind != FLAT_LIST || arg->count != 1) {
        diag_error(front->diag, arg->loc, "query-argument",
                   "a gpio query has the form gpio({\"pins\" : [PIN, ...]})");
        return false;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        good = select_pin(front, pins, wanted->items[i], found) && good;
    }
    return good;
}
