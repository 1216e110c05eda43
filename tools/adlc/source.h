// SPDX-License-Identifier: BSD-2-Clause
// Source files in memory, their lines, and the record of macro expansions that positions refer to.

#ifndef ADLC_SOURCE_H
#define ADLC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "diag.h"
#include "vec.h"

/// Largest input file in bytes.
#define SOURCE_MAX_SIZE (16u * 1024u * 1024u)

struct adlc_source_file {
    const char *path;       ///< as it was opened
    const char *real_path;  ///< canonical path: the identity of the file
    const char *text;       ///< size bytes, then NUL
    size_t size;
    uint32_t *lines;        ///< offset of the start of each line
    size_t line_count;
};

/// One token that a macro body gave. `spelling.macro` is the expansion that contained the macro's
/// name, or 0.
struct adlc_expansion {
    const char *macro;
    struct adlc_loc spelling;
};

struct adlc_source_map {
    struct arena *arena;                  ///< borrowed
    VEC(struct adlc_source_file) files;   ///< index 0 is no file
    VEC(struct adlc_expansion) expansions;  ///< index 0 is no expansion
};

void source_map_init(struct adlc_source_map *map, struct arena *arena);

/// Load a file, or find it again by its canonical path. Returns its index, or 0 with `*reason` set
/// to a string that says why not.
uint32_t source_load(struct adlc_source_map *map, const char *path, const char **reason);

/// Whether `path` names an existing regular file (or pipe or device, but no directory).
bool source_exists(const char *path);
bool source_is_directory(const char *path);

/// The file in a folder whose name is nearest to `name`, NULL when none is near. Independent of the
/// folder's order.
const char *source_nearest(struct arena *arena, const char *folder, const char *name);

/// Add text that is in no file, e.g. of the command line. `text` is copied.
uint32_t source_add_text(struct adlc_source_map *map, const char *name, const char *text,
                         size_t size);

const struct adlc_source_file *source_file(const struct adlc_source_map *map, uint32_t index);

/// Line and column of a byte of a file.
void source_position(const struct adlc_source_file *file, size_t offset, uint32_t *line,
                     uint32_t *col);

/// Text of a line without its line end. False when there is no such line.
bool source_line(const struct adlc_source_file *file, uint32_t line, const char **text,
                 size_t *len);

/// Remember that a token at `spelling` in the body of `macro` was expanded. Returns the id for
/// adlc_loc.macro.
uint32_t source_add_expansion(struct adlc_source_map *map, const char *macro,
                              struct adlc_loc spelling, uint32_t parent);

/// Directory part of a path: "." when it has none.
const char *source_dirname(struct arena *arena, const char *path);

/// "dir/name", or just "name" when dir is "." or name is absolute.
const char *source_join(struct arena *arena, const char *dir, const char *name);

#endif
