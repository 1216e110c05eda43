// SPDX-License-Identifier: BSD-2-Clause
// Collecting diagnostics and printing them: position, message, source line, caret, macro notes.

#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "vec.h"

#define DIAG_MAX_ERRORS   20u
#define DIAG_MAX_WARNINGS 200u
#define DIAG_LINE_WINDOW  160u  ///< longer source lines are shown in part
#define DIAG_MACRO_LEVELS 6u    ///< macro notes per message

void diag_init(struct adlc_diag *d, struct arena *arena, const struct adlc_source_map *map)
{
    memset(d, 0, sizeof(*d));
    d->arena = arena;
    d->map = map;
    d->max_errors = DIAG_MAX_ERRORS;
    d->max_warnings = DIAG_MAX_WARNINGS;
}

/// The same complaint at the same place says nothing new (a macro may repeat it).
static bool diag_is_repeated(const struct adlc_diag *d, const struct adlc_message *message)
{
    for (size_t i = d->message_count; i > 0; i--) {
        const struct adlc_message *old = &d->messages[i - 1];

        if (old->severity != ADLC_NOTE && old->loc.file == message->loc.file &&
            old->loc.line == message->loc.line && old->loc.col == message->loc.col &&
            strcmp(old->text, message->text) == 0) {
            return true;
        }
    }
    return false;
}

void diag_vreport(struct adlc_diag *d, enum adlc_severity severity, struct adlc_loc loc,
                  const char *id, const char *format, va_list args)
{
    struct adlc_message message = {severity, loc, id, NULL};

    if (severity == ADLC_NOTE && d->last_dropped) {
        return;
    }
    if (severity == ADLC_ERROR && d->errors >= d->max_errors) {
        d->errors++;
        d->dropped_errors++;
        d->last_dropped = true;
        return;
    }
    if (severity == ADLC_WARNING && d->warnings >= d->max_warnings) {
        d->warnings++;
        d->dropped_warnings++;
        d->last_dropped = true;
        return;
    }
    message.text = arena_vprintf(d->arena, format, args);
    if (severity != ADLC_NOTE) {
        d->last_dropped = diag_is_repeated(d, &message);
        d->errors += severity == ADLC_ERROR && !d->last_dropped;
        d->warnings += severity == ADLC_WARNING && !d->last_dropped;
        if (d->last_dropped) {
            return;
        }
    }
    if (d->message_count == d->message_capacity) {
        d->messages = vec_grow(d->arena, d->messages, d->message_count, &d->message_capacity,
                               sizeof(*d->messages));
    }
    d->messages[d->message_count++] = message;
}

void diag_error(struct adlc_diag *d, struct adlc_loc loc, const char *id, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    diag_vreport(d, ADLC_ERROR, loc, id, format, args);
    va_end(args);
}

void diag_warning(struct adlc_diag *d, struct adlc_loc loc, const char *id, const char *format,
                  ...)
{
    va_list args;

    va_start(args, format);
    diag_vreport(d, d->warnings_as_errors ? ADLC_ERROR : ADLC_WARNING, loc, id, format, args);
    va_end(args);
}

void diag_note(struct adlc_diag *d, struct adlc_loc loc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    diag_vreport(d, ADLC_NOTE, loc, NULL, format, args);
    va_end(args);
}

bool diag_is_full(const struct adlc_diag *d)
{
    return d->errors >= d->max_errors;
}

size_t diag_error_count(const struct adlc_diag *d)
{
    return d->errors;
}

const char *diag_loc_text(const struct adlc_diag *d, struct adlc_loc loc)
{
    const struct adlc_source_file *file = source_file(d->map, loc.file);

    return file == NULL ? "?" : arena_printf(d->arena, "%s:%u", file->path, (unsigned)loc.line);
}

// ---------------------------------------------------------------------------------------------
// Text output

struct diag_printer {
    FILE *out;
    bool colour;
};

static const char *severity_name(enum adlc_severity severity)
{
    switch (severity) {
    case ADLC_ERROR:
        return "error";
    case ADLC_WARNING:
        return "warning";
    case ADLC_NOTE:
        break;
    }
    return "note";
}

static const char *severity_colour(enum adlc_severity severity)
{
    switch (severity) {
    case ADLC_ERROR:
        return "\033[1;31m";
    case ADLC_WARNING:
        return "\033[1;35m";
    case ADLC_NOTE:
        break;
    }
    return "\033[1;36m";
}

/// Length of the UTF-8 sequence at `text`, or 0 when it is none.
static size_t utf8_length(const unsigned char *text)
{
    if (text[0] < 0x80) {
        return 1;
    }
    if (text[0] >= 0xc2 && text[0] < 0xe0 && (text[1] & 0xc0) == 0x80) {
        return 2;
    }
    if ((text[0] & 0xf0) == 0xe0 && (text[1] & 0xc0) == 0x80 && (text[2] & 0xc0) == 0x80 &&
        !(text[0] == 0xe0 && text[1] < 0xa0) && !(text[0] == 0xed && text[1] >= 0xa0)) {
        return 3;
    }
    if (text[0] >= 0xf0 && text[0] < 0xf5 && (text[1] & 0xc0) == 0x80 &&
        (text[2] & 0xc0) == 0x80 && (text[3] & 0xc0) == 0x80 &&
        !(text[0] == 0xf0 && text[1] < 0x90) && !(text[0] == 0xf4 && text[1] >= 0x90)) {
        return 4;
    }
    return 0;
}

/// Write source text so that a terminal can't be upset by it: no control characters (those from
/// U+0080 to U+009F included), and nothing that is no UTF-8.
static void print_clean(FILE *out, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t i = 0; i < len;) {
        size_t n = utf8_length(s + i);
        bool control = s[i] < 0x20 ? s[i] != '\t' : s[i] == 0x7f || (s[i] == 0xc2 && s[i + 1] < 0xa0);

        if (n == 0 || control || n > len - i) {
            (void)fputc('?', out);
            n = n == 0 || n > len - i ? 1 : n;
        } else {
            (void)fwrite(s + i, 1, n, out);
        }
        i += n;
    }
}

static bool is_utf8_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void print_caret(const struct diag_printer *p, const char *text, size_t len, size_t col,
                        size_t span, enum adlc_severity severity)
{
    (void)fputs("      | ", p->out);
    for (size_t i = 0; i < col && i < len; i++) {
        if (!is_utf8_tail(text[i])) {
            (void)fputc(text[i] == '\t' ? '\t' : ' ', p->out);
        }
    }
    if (p->colour) {
        (void)fputs(severity_colour(severity), p->out);
    }
    (void)fputc('^', p->out);
    for (size_t i = 1; i < span && col + i < len; i++) {
        if (!is_utf8_tail(text[col + i])) {
            (void)fputc('~', p->out);
        }
    }
    (void)fprintf(p->out, "%s\n", p->colour ? "\033[0m" : "");
}

static void print_source(const struct diag_printer *p, const struct adlc_source_file *file,
                         struct adlc_loc loc, enum adlc_severity severity)
{
    const char *text;
    size_t len;
    size_t col = loc.col > 0 ? loc.col - 1u : 0;

    if (!source_line(file, loc.line, &text, &len)) {
        return;
    }
    if (len > DIAG_LINE_WINDOW) {
        size_t skip = col > DIAG_LINE_WINDOW / 2 ? col - DIAG_LINE_WINDOW / 2 : 0;

        if (skip > len - DIAG_LINE_WINDOW) {
            skip = len - DIAG_LINE_WINDOW;
        }
        while (skip > 0 && is_utf8_tail(text[skip])) {
            skip--;
        }
        text += skip;
        len = DIAG_LINE_WINDOW;
        col -= skip < col ? skip : col;
    }
    (void)fprintf(p->out, "%5u | ", (unsigned)loc.line);
    print_clean(p->out, text, len);
    (void)fputc('\n', p->out);
    print_caret(p, text, len, col > len ? len : col, loc.len == 0 ? 1u : loc.len, severity);
}

static void print_one(const struct diag_printer *p, const struct adlc_diag *d,
                      enum adlc_severity severity, struct adlc_loc loc, const char *text,
                      const char *id)
{
    const struct adlc_source_file *file = source_file(d->map, loc.file);
    const char *bold = p->colour ? "\033[1m" : "";
    const char *off = p->colour ? "\033[0m" : "";

    if (file != NULL) {
        (void)fprintf(p->out, "%s%s:%u:%u:%s ", bold, file->path, (unsigned)loc.line,
                      (unsigned)loc.col, off);
    } else {
        (void)fprintf(p->out, "%sadlc:%s ", bold, off);
    }
    (void)fprintf(p->out, "%s%s:%s ", p->colour ? severity_colour(severity) : "",
                  severity_name(severity), off);
    print_clean(p->out, text, strlen(text));
    if (id != NULL) {
        (void)fprintf(p->out, " [%s]", id);
    }
    (void)fputc('\n', p->out);
    if (file != NULL) {
        print_source(p, file, loc, severity);
    }
}

/// Positions of the macro bodies that a token passed through, outermost first.
static size_t macro_chain(const struct adlc_diag *d, uint32_t macro,
                          const struct adlc_expansion *chain[DIAG_MACRO_LEVELS], size_t *skipped)
{
    size_t total = 0;
    size_t count = 0;

    *skipped = 0;
    if (d->map == NULL) {
        return 0;
    }
    for (uint32_t i = macro; i != 0; i = d->map->expansions.items[i].spelling.macro) {
        total++;
    }
    if (total > DIAG_MACRO_LEVELS) {
        *skipped = total - DIAG_MACRO_LEVELS;
    }
    for (uint32_t i = macro; i != 0; i = d->map->expansions.items[i].spelling.macro) {
        total--;
        if (total < DIAG_MACRO_LEVELS) {
            chain[total] = &d->map->expansions.items[i];
            count++;
        }
    }
    return count;
}

static void print_macro_notes(const struct diag_printer *p, const struct adlc_diag *d,
                              uint32_t macro)
{
    const struct adlc_expansion *chain[DIAG_MACRO_LEVELS];
    size_t skipped;
    size_t count = macro_chain(d, macro, chain, &skipped);

    for (size_t i = 0; i < count; i++) {
        char text[160];

        (void)snprintf(text, sizeof(text), "expanded from macro '%.100s'", chain[i]->macro);
        print_one(p, d, ADLC_NOTE, chain[i]->spelling, text, NULL);
    }
    if (skipped != 0) {
        (void)fprintf(p->out, "adlc: note: %zu more macro levels not shown\n", skipped);
    }
}

static void flush_text(const struct adlc_diag *d, FILE *out, bool colour)
{
    const struct diag_printer p = {out, colour};

    for (size_t i = 0; i < d->message_count; i++) {
        const struct adlc_message *m = &d->messages[i];

        print_one(&p, d, m->severity, m->loc, m->text, m->id);
        print_macro_notes(&p, d, m->loc.macro);
    }
    if (d->dropped_errors != 0) {
        (void)fprintf(out, "adlc: %zu more error%s not shown\n", d->dropped_errors,
                      d->dropped_errors == 1 ? "" : "s");
    }
    if (d->dropped_warnings != 0) {
        (void)fprintf(out, "adlc: %zu more warning%s not shown\n", d->dropped_warnings,
                      d->dropped_warnings == 1 ? "" : "s");
    }
}

// ---------------------------------------------------------------------------------------------
// JSON output

void diag_json_string(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    (void)fputc('"', out);
    while (*s != '\0') {
        size_t len = utf8_length(s);

        if (len == 0) {
            (void)fputs("\\ufffd", out);
            s++;
            continue;
        }
        if (*s == '"' || *s == '\\') {
            (void)fprintf(out, "\\%c", *s);
        } else if (*s == '\n') {
            (void)fputs("\\n", out);
        } else if (*s == '\t') {
            (void)fputs("\\t", out);
        } else if (*s == '\r') {
            (void)fputs("\\r", out);
        } else if (*s < 0x20 || *s == 0x7f) {
            (void)fprintf(out, "\\u%04x", *s);
        } else {
            (void)fwrite(s, 1, len, out);
        }
        s += len;
    }
    (void)fputc('"', out);
}

static void json_position(const struct adlc_diag *d, FILE *out, struct adlc_loc loc)
{
    const struct adlc_source_file *file = source_file(d->map, loc.file);

    if (file == NULL) {
        (void)fputs("\"file\": null", out);
        return;
    }
    (void)fputs("\"file\": ", out);
    diag_json_string(out, file->path);
    (void)fprintf(out, ", \"line\": %u, \"column\": %u, \"length\": %u", (unsigned)loc.line,
                  (unsigned)loc.col, (unsigned)(loc.len == 0 ? 1 : loc.len));
}

static void json_message(const struct adlc_diag *d, FILE *out, const struct adlc_message *m)
{
    (void)fprintf(out, "{\"severity\": \"%s\", \"id\": ", severity_name(m->severity));
    if (m->id != NULL) {
        diag_json_string(out, m->id);
    } else {
        (void)fputs("null", out);
    }
    (void)fputs(", ", out);
    json_position(d, out, m->loc);
    (void)fputs(", \"message\": ", out);
    diag_json_string(out, m->text);
}

static void json_macro_notes(const struct adlc_diag *d, FILE *out, uint32_t macro, bool *first)
{
    const struct adlc_expansion *chain[DIAG_MACRO_LEVELS];
    size_t skipped;
    size_t count = macro_chain(d, macro, chain, &skipped);

    for (size_t i = 0; i < count; i++) {
        char text[160];
        struct adlc_message note = {ADLC_NOTE, chain[i]->spelling, NULL, text};

        (void)snprintf(text, sizeof(text), "expanded from macro '%.100s'", chain[i]->macro);
        (void)fputs(*first ? "\n    " : ",\n    ", out);
        *first = false;
        json_message(d, out, &note);
        (void)fputc('}', out);
    }
}

static void flush_json(const struct adlc_diag *d, FILE *out)
{
    (void)fprintf(out, "{\"errors\": %zu, \"warnings\": %zu, \"messages\": [", d->errors,
                  d->warnings);
    for (size_t i = 0; i < d->message_count;) {
        bool first = true;
        const struct adlc_message *m = &d->messages[i];

        (void)fputs(i == 0 ? "\n  " : ",\n  ", out);
        json_message(d, out, m);
        (void)fputs(", \"notes\": [", out);
        json_macro_notes(d, out, m->loc.macro, &first);
        for (i++; i < d->message_count && d->messages[i].severity == ADLC_NOTE; i++) {
            (void)fputs(first ? "\n    " : ",\n    ", out);
            first = false;
            json_message(d, out, &d->messages[i]);
            (void)fputc('}', out);
        }
        (void)fputs("]}", out);
    }
    (void)fputs("\n]}\n", out);
}

void diag_flush(struct adlc_diag *d, FILE *out, bool json, bool colour)
{
    if (json) {
        flush_json(d, out);
    } else {
        flush_text(d, out, colour);
    }
    d->message_count = 0;
    d->dropped_errors = 0;
    d->dropped_warnings = 0;
}

// ---------------------------------------------------------------------------------------------
// Suggestions

#define NEAREST_MAX_LENGTH 64u

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/// Edit distance with swaps of neighbours counted as one edit; names are at most 64 bytes.
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_MAX_LENGTH + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= b_len; j++) {
        last[j] = j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *reuse = before;

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] != b[j - 1];

            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < row[j]) {
                row[j] = before[j - 2] + 1;
            }
        }
        before = last;
        last = row;
        row = reuse;
    }
    return last[b_len];
}

const char *diag_nearest(const char *name, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t len = strlen(name);
    size_t limit = len < 3 ? 1 : len / 3 + 1;

    if (len == 0 || len > NEAREST_MAX_LENGTH) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t other;
        size_t distance;

        if (candidates[i] == NULL || strcmp(candidates[i], name) == 0) {
            continue;
        }
        other = strlen(candidates[i]);
        if (other > NEAREST_MAX_LENGTH || other > len + limit || len > other + limit) {
            continue;
        }
        distance = edit_distance(name, len, candidates[i], other);
        // Half of another word is no slip, unless it begins alike.
        if (2 * distance >= len && candidates[i][0] != name[0]) {
            continue;
        }
        if (distance <= limit && distance < len && (best == NULL || distance < limit)) {
            best = candidates[i];
            limit = distance;
        }
    }
    return best;
}
