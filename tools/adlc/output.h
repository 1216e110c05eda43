// SPDX-License-Identifier: BSD-2-Clause
// Files that `adlc gen` writes. Those that would not change are left alone, so that a build after it does
// nothing.

#ifndef ADLC_OUTPUT_H
#define ADLC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "diag.h"

/// A text file in the making, in memory.
struct output_text {
    FILE *file;    ///< write here
    char *text;
    size_t size;
};

void output_open(struct output_text *text);

/// Write it to `path` (NULL: nowhere) and release it. False after an error.
bool output_close(struct output_text *text, struct adlc_diag *diag, const char *path);

/// Write bytes to `path` (NULL: nowhere). False after an error.
bool output_write(struct adlc_diag *diag, const char *path, const void *data, size_t size);

#endif
