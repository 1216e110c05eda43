// SPDX-License-Identifier: BSD-2-Clause
// Diagnostics of all passes: positions in what the user wrote, errors, warnings and notes with the
// source line and a caret, as text or as JSON. Passes report and carry on; after each pass the
// driver asks diag_error_count().

#ifndef ADLC_DIAG_H
#define ADLC_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"

struct adlc_source_map;

/// A span in a source file. `file` is an index into the source map; 0 means "no position".
/// Lines and columns count from 1; `len` is at least 1 for a real span.
/// `macro` is not 0 when the text came out of a macro that was used on this line.
struct adlc_loc {
    uint16_t file;
    uint16_t len;
    uint32_t line;
    uint32_t col;
    uint32_t macro;
};

#define ADLC_NO_LOC ((struct adlc_loc){0, 0, 0, 0, 0})

enum adlc_severity { ADLC_NOTE, ADLC_WARNING, ADLC_ERROR };

/// One message, kept until diag_flush().
struct adlc_message {
    enum adlc_severity severity;
    struct adlc_loc loc;
    const char *id;    ///< stable message id such as "unknown-setting"; NULL for notes
    const char *text;  ///< owned by the arena
};

/// Collects the messages of a run. At most `max_errors` errors are kept; the rest is counted.
struct adlc_diag {
    struct arena *arena;                 ///< borrowed
    const struct adlc_source_map *map;   ///< borrowed; may be NULL
    struct adlc_message *messages;       ///< owned by the arena
    size_t message_count;
    size_t message_capacity;
    size_t errors;
    size_t warnings;
    size_t dropped_errors;
    size_t max_errors;                   ///< 20 unless changed
    size_t max_warnings;                 ///< 200 unless changed
    size_t dropped_warnings;
    bool warnings_as_errors;             ///< -Werror
    bool last_dropped;                   ///< notes of a dropped message are dropped too
};

void diag_init(struct adlc_diag *d, struct arena *arena, const struct adlc_source_map *map);

/// Report an error at `loc`. `id` is a string literal in kebab case: the stable message id.
void diag_error(struct adlc_diag *d, struct adlc_loc loc, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// Report a warning; it becomes an error with -Werror.
void diag_warning(struct adlc_diag *d, struct adlc_loc loc, const char *id, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/// Add a note to the message reported last ("declared here").
void diag_note(struct adlc_diag *d, struct adlc_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void diag_vreport(struct adlc_diag *d, enum adlc_severity severity, struct adlc_loc loc,
                  const char *id, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));

/// Number of errors so far, dropped ones included.
size_t diag_error_count(const struct adlc_diag *d);

/// Whether further errors would not be kept, so that nothing costly is needed for their text.
bool diag_is_full(const struct adlc_diag *d);

/// Write all messages to `out`: text (with colours if `colour`) or, if `json`, one JSON document.
void diag_flush(struct adlc_diag *d, FILE *out, bool json, bool colour);

/// "file:line" of a position for use inside generated comments and reports; "?" when unknown.
const char *diag_loc_text(const struct adlc_diag *d, struct adlc_loc loc);

/// Write `text` as a JSON string with quotes; bytes that are no UTF-8 become U+FFFD.
void diag_json_string(FILE *out, const char *text);

/// The candidate nearest to `name` by edit distance, or NULL when none is near enough
/// to be what the user meant. `candidates` may hold NULL entries, which are skipped.
const char *diag_nearest(const char *name, const char *const *candidates, size_t count);

#endif
