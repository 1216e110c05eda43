// SPDX-License-Identifier: BSD-2-Clause
// Reading source files once, line tables, and positions. See source.h.

#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Tokens in one run that can remember which macro they came from; later ones just don't.
#define SOURCE_MAX_EXPANSIONS (1u << 21)

#define MAX_FOLDER_FILES 5000u
#define SOURCE_MAX_FILES 60000u  ///< a position has 16 bits for the file

void source_map_init(struct adlc_source_map *map, struct arena *arena)
{
    const struct adlc_source_file no_file = {0};
    const struct adlc_expansion no_expansion = {0};

    memset(map, 0, sizeof(*map));
    map->arena = arena;
    VEC_PUSH(arena, map->files, no_file);
    VEC_PUSH(arena, map->expansions, no_expansion);
}

static void source_index_lines(struct adlc_source_map *map, struct adlc_source_file *file)
{
    size_t count = 1;
    size_t line = 1;

    for (size_t i = 0; i < file->size; i++) {
        count += file->text[i] == '\n';
    }
    file->lines = ARENA_NEW_ARRAY(map->arena, uint32_t, count);
    file->line_count = count;
    for (size_t i = 0; i < file->size; i++) {
        if (file->text[i] == '\n') {
            file->lines[line++] = (uint32_t)(i + 1);
        }
    }
}

/// Read the whole stream, at most SOURCE_MAX_SIZE bytes. The result is malloc'ed.
static char *source_read(FILE *stream, size_t *size, const char **reason)
{
    size_t capacity = 16384;
    char *text = malloc(capacity);

    *size = 0;
    while (text != NULL) {
        size_t got = fread(text + *size, 1, capacity - *size, stream);
        char *bigger;

        *size += got;
        if (got == 0) {
            break;
        }
        if (*size > SOURCE_MAX_SIZE) {
            free(text);
            *reason = "the file is larger than 16 MiB";
            return NULL;
        }
        if (*size == capacity) {
            capacity *= 2;
            bigger = realloc(text, capacity);
            if (bigger == NULL) {
                free(text);
            }
            text = bigger;
        }
    }
    if (text == NULL) {
        *reason = "out of memory";
        return NULL;
    }
    if (ferror(stream)) {
        *reason = strerror(errno);
        free(text);
        return NULL;
    }
    return text;
}

static uint32_t source_add(struct adlc_source_map *map, const char *path, const char *real_path,
                           const char *text, size_t size)
{
    struct adlc_source_file file = {0};

    file.path = arena_strndup(map->arena, path, strlen(path));
    file.real_path = arena_strndup(map->arena, real_path, strlen(real_path));
    file.text = arena_strndup(map->arena, text, size);
    file.size = size;
    source_index_lines(map, &file);
    VEC_PUSH(map->arena, map->files, file);
    return (uint32_t)(map->files.count - 1);
}

uint32_t source_load(struct adlc_source_map *map, const char *path, const char **reason)
{
    char *real_path = realpath(path, NULL);
    FILE *stream = NULL;
    char *text = NULL;
    uint32_t index = 0;
    size_t size = 0;
    struct stat info;

    if (real_path == NULL) {
        *reason = strerror(errno);
        return 0;
    }
    for (size_t i = 1; i < map->files.count; i++) {
        if (strcmp(map->files.items[i].real_path, real_path) == 0) {
            free(real_path);
            return (uint32_t)i;
        }
    }
    if (map->files.count >= SOURCE_MAX_FILES) {
        *reason = "there are too many files";
        goto done;
    }
    stream = fopen(path, "rb");
    if (stream == NULL) {
        *reason = strerror(errno);
        goto done;
    }
    if (fstat(fileno(stream), &info) == 0 && S_ISDIR(info.st_mode)) {
        *reason = "it is a directory";
        goto done;
    }
    text = source_read(stream, &size, reason);
    if (text != NULL) {
        index = source_add(map, path, real_path, text, size);
    }
done:
    if (stream != NULL) {
        (void)fclose(stream);
    }
    free(text);
    free(real_path);
    return index;
}

bool source_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool source_is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

uint32_t source_add_text(struct adlc_source_map *map, const char *name, const char *text,
                         size_t size)
{
    return source_add(map, name, name, text, size);
}

const struct adlc_source_file *source_file(const struct adlc_source_map *map, uint32_t index)
{
    return map != NULL && index != 0 && index < map->files.count ? &map->files.items[index] : NULL;
}

void source_position(const struct adlc_source_file *file, size_t offset, uint32_t *line,
                     uint32_t *col)
{
    size_t low = 0;
    size_t high = file->line_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (file->lines[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *line = (uint32_t)(low + 1);
    *col = (uint32_t)(offset - file->lines[low] + 1);
}

bool source_line(const struct adlc_source_file *file, uint32_t line, const char **text,
                 size_t *len)
{
    size_t start;
    size_t end;

    if (line == 0 || line > file->line_count) {
        return false;
    }
    start = file->lines[line - 1];
    end = line < file->line_count ? file->lines[line] - 1u : file->size;
    if (end > start && file->text[end - 1] == '\r') {
        end--;
    }
    *text = file->text + start;
    *len = end - start;
    return true;
}

uint32_t source_add_expansion(struct adlc_source_map *map, const char *macro,
                              struct adlc_loc spelling, uint32_t parent)
{
    struct adlc_expansion expansion = {macro, spelling};

    if (map->expansions.count >= SOURCE_MAX_EXPANSIONS) {
        return parent;
    }
    expansion.spelling.macro = parent;
    VEC_PUSH(map->arena, map->expansions, expansion);
    return (uint32_t)(map->expansions.count - 1);
}

const char *source_dirname(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return ".";
    }
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

const char *source_join(struct arena *arena, const char *dir, const char *name)
{
    size_t len = strlen(dir);

    if (name[0] == '/' || strcmp(dir, ".") == 0) {
        return name;
    }
    return arena_printf(arena, "%s%s%s", dir, len > 0 && dir[len - 1] == '/' ? "" : "/", name);
}

static int compare_file_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *source_nearest(struct arena *arena, const char *folder, const char *name)
{
    VEC(const char *) names = {NULL, 0, 0};
    DIR *dir = opendir(folder[0] != '\0' ? folder : ".");
    const struct dirent *entry;

    while (dir != NULL && names.count < MAX_FOLDER_FILES && (entry = readdir(dir)) != NULL) {
        VEC_PUSH(arena, names, arena_intern(arena, entry->d_name));
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    if (names.count != 0) {
        qsort(names.items, names.count, sizeof(names.items[0]), compare_file_names);
    }
    return diag_nearest(name, names.items, names.count);
}
