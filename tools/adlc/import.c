// SPDX-License-Identifier: BSD-2-Clause
// Reading the main file and, depth first and in place, everything it imports. A file that was read
// before, also by #include, is not read again; so imports may repeat and form cycles.

#include <string.h>

#include "front.h"
#include "lex.h"
#include "parse.h"
#include "pp.h"

#define IMPORT_MAX_DEPTH 200u
#define MAX_LISTED_DIRS  10u

struct import_state {
    struct front *front;
    struct pp_env pp;
    const char *dir;        ///< of the file being parsed
    unsigned depth;
};

static void import_statement(void *context, const char *path, bool angle, struct adlc_loc loc);

static void import_file(struct import_state *state, uint32_t file)
{
    struct front *front = state->front;
    const char *outer_dir = state->dir;
    struct token_list tokens;
    struct parser parser;

    state->pp.broken = false;
    tokens = lex_tokens(front->arena, front->diag, pp_run(&state->pp, file));
    if (state->pp.broken) {
        return;
    }
    memset(&parser, 0, sizeof(parser));
    parser.arena = front->arena;
    parser.diag = front->diag;
    parser.spec = front->spec;
    parser.tokens = tokens.items;
    parser.count = tokens.count;
    parser.macros = state->pp.functions.items;
    parser.macro_count = state->pp.functions.count;
    parser.import = import_statement;
    parser.import_context = state;
    state->dir = source_dirname(front->arena, source_file(front->map, file)->path);
    state->depth++;
    parse_file(&parser);
    state->depth--;
    state->dir = outer_dir;
}

static const char *find_import(const struct import_state *state, const char *path, bool angle)
{
    const struct flat_options *options = state->front->options;
    const char *candidate;

    if (state->pp.no_files) {
        return NULL;
    }
    if (!angle) {
        candidate = source_join(state->front->arena, state->dir, path);
        return source_exists(candidate) ? candidate : NULL;
    }
    for (size_t i = 0; i < options->import_dir_count; i++) {
        candidate = source_join(state->front->arena, options->import_dirs[i], path);
        if (source_exists(candidate)) {
            return candidate;
        }
    }
    return NULL;
}

/// Where a file was looked for, and the one that was perhaps meant.
static void note_import_dirs(const struct import_state *state, const char *path)
{
    const struct flat_options *options = state->front->options;
    struct arena *arena = state->front->arena;
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    const char *folder = arena_strndup(arena, path, (size_t)(name - path));
    const char *list = "";

    for (size_t i = 0; i < options->import_dir_count && !state->pp.no_files; i++) {
        const char *dir = options->import_dirs[i];
        const char *near = source_nearest(arena, source_join(arena, dir, folder), name);

        if (near != NULL) {
            diag_note(state->front->diag, ADLC_NO_LOC, "there is a file <%s%s> in '%s'", folder,
                      near, dir);
        }
        if (i < MAX_LISTED_DIRS) {
            list = arena_printf(arena, "%s%s'%s'", list, i == 0 ? "" : ", ", dir);
        }
    }
    diag_note(state->front->diag, ADLC_NO_LOC, "looked in %s%s",
              options->import_dir_count == 0 ? "no directory: there is no -I" : list,
              options->import_dir_count > MAX_LISTED_DIRS ? " and more -I directories" : "");
}

static void import_not_found(const struct import_state *state, const char *path, bool angle,
                             struct adlc_loc loc)
{
    struct adlc_diag *diag = state->front->diag;
    const char *candidate = source_join(state->front->arena, state->dir, path);

    if (!angle && !state->pp.no_files && source_is_directory(candidate)) {
        diag_error(diag, loc, "import-not-found", "cannot read '%s': it is a directory", candidate);
        return;
    }
    diag_error(diag, loc, "import-not-found", "cannot find the imported file '%s'", path);
    if (angle) {
        note_import_dirs(state, path);
    } else {
        diag_note(diag, ADLC_NO_LOC, "looked in '%s'; import <FILE> looks in the -I directories",
                  state->dir);
    }
}

static void import_statement(void *context, const char *path, bool angle, struct adlc_loc loc)
{
    struct import_state *state = context;
    struct front *front = state->front;
    const char *found = find_import(state, path, angle);
    size_t files_before = front->map->files.count;
    const char *reason = "";
    uint32_t file;

    if (found == NULL) {
        import_not_found(state, path, angle, loc);
        return;
    }
    file = source_load(front->map, found, &reason);
    if (file == 0) {
        diag_error(front->diag, loc, "import-not-found", "cannot read '%s': %s", found, reason);
        return;
    }
    if (front->map->files.count == files_before) {
        return;
    }
    if (state->depth >= IMPORT_MAX_DEPTH) {
        diag_error(front->diag, loc, "import-too-deep", "imports are nested too deeply");
        return;
    }
    import_file(state, file);
}

static void state_init(struct import_state *state, struct front *front)
{
    memset(state, 0, sizeof(*state));
    state->front = front;
    state->dir = ".";
    pp_env_init(&state->pp, front->arena, front->map, front->diag);
    state->pp.include_dirs = front->options->import_dirs;
    state->pp.include_dir_count = front->options->import_dir_count;
    state->pp.defines = front->options->defines;
    state->pp.define_count = front->options->define_count;
}

void import_spec(struct front *front)
{
    struct import_state state;
    const char *reason = "";
    uint32_t file;

    state_init(&state, front);
    file = source_load(front->map, front->options->file, &reason);
    if (file == 0) {
        diag_error(front->diag, ADLC_NO_LOC, "cannot-read", "cannot read '%s': %s",
                   front->options->file, reason);
        return;
    }
    import_file(&state, file);
}

void import_text(struct front *front, uint32_t file)
{
    struct import_state state;

    state_init(&state, front);
    state.pp.no_files = true;
    import_file(&state, file);
}

// ---------------------------------------------------------------------------------------------
// Forgotten imports

/// Whether a file has the words "KIND NAME".
static bool declares(struct front *front, const char *path, const char *kind, const char *name)
{
    const char *reason = NULL;
    uint32_t file = source_load(front->map, path, &reason);
    size_t kind_len = strlen(kind);
    size_t name_len = strlen(name);

    if (file == 0) {
        return false;
    }
    const char *at = source_file(front->map, file)->text;
    while ((at = strstr(at, kind)) != NULL) {
        const char *word = at + kind_len + strspn(at + kind_len, " \t");

        if (word != at + kind_len && strncmp(word, name, name_len) == 0 &&
            strchr(" \t\r\n{", word[name_len]) != NULL) {
            return true;
        }
        at += kind_len;
    }
    return false;
}

void import_note_missing(struct front *front, const char *kind, const char *name)
{
    const char *const files[] = {
        "std_connector.camkes",
        "global-connectors.camkes",
        "vm-connectors.camkes",
        arena_printf(front->arena, "%s.idl4", name),
        arena_printf(front->arena, "%s.camkes", name),
        arena_printf(front->arena, "%s/%s.camkes", name, name),
    };
    size_t dirs = front->options->import_dir_count;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !diag_is_full(front->diag); i++) {
        for (size_t j = 0; j < dirs; j++) {
            const char *path =
                source_join(front->arena, front->options->import_dirs[j], files[i]);

            if (source_exists(path)) {
                if (declares(front, path, kind, name)) {
                    diag_note(front->diag, ADLC_NO_LOC, "it is declared in <%s>: import that",
                              files[i]);
                    return;
                }
                break;
            }
        }
    }
}
