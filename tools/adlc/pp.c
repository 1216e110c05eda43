// SPDX-License-Identifier: BSD-2-Clause
// The directives: conditions, definitions, includes. Text between directives collects in
// `pending` and is expanded when a definition changes or the file ends, so that macro calls may
// go over several lines and over conditional directives.

#include "pp.h"

#include <string.h>

#define PP_MAX_INCLUDE_DEPTH 100u
#define PP_BUDGET            600000u  ///< tokens that the macros of one file may produce
#define PP_MAX_FILE_TOKENS   2000000u  ///< ends of lines included

/// One open #if.
struct pp_group {
    struct adlc_loc loc;
    bool outer_active;    ///< the text around the #if counts
    bool taken;           ///< a branch was already chosen
    bool active;
    bool saw_else;
};

struct pp_file {
    struct pp_unit *unit;
    struct pp_lexer lexer;
    VEC(struct pp_group) groups;
    bool active;
};

static void process_file(struct pp_unit *unit, uint32_t index);

void pp_env_init(struct pp_env *env, struct arena *arena, struct adlc_source_map *map,
                 struct adlc_diag *diag)
{
    memset(env, 0, sizeof(*env));
    env->arena = arena;
    env->map = map;
    env->diag = diag;
    env->word_import = arena_intern(arena, "import");
    env->word_include = arena_intern(arena, "include");
}

/// Expand what has collected and move it to the output.
static void flush_pending(struct pp_unit *unit)
{
    struct pp_token *list = pp_expand(unit, unit->pending);

    unit->pending = NULL;
    unit->pending_last = &unit->pending;
    *unit->last = list;
    for (; list != NULL; list = list->next) {
        unit->last = &list->next;
    }
}

/// The rest of a directive's line as a NULL-terminated list.
static struct pp_token *directive_line(struct pp_file *f)
{
    struct pp_token *first = NULL;
    struct pp_token **last = &first;

    for (;;) {
        struct pp_token *token = pp_lex(&f->lexer);

        if (token->kind == PP_NEWLINE || token->kind == PP_END) {
            *last = NULL;
            return first;
        }
        *last = token;
        last = &token->next;
    }
}

static void check_no_more(struct pp_file *f, const struct pp_token *token, const char *directive)
{
    if (token != NULL) {
        diag_warning(f->unit->env->diag, token->loc, "directive-extra-text",
                     "extra text after #%s is ignored", directive);
    }
}

// ---------------------------------------------------------------------------------------------
// Conditions

static void update_active(struct pp_file *f)
{
    f->active = true;
    if (f->groups.count != 0) {
        const struct pp_group *top = &f->groups.items[f->groups.count - 1];

        f->active = top->outer_active && top->active;
    }
    f->lexer.quiet = !f->active;
}

static bool defined_condition(struct pp_file *f, struct pp_token *line, struct adlc_loc loc,
                              const char *directive)
{
    if (line == NULL || line->kind != PP_IDENTIFIER) {
        diag_error(f->unit->env->diag, line != NULL ? line->loc : loc, "bad-condition",
                   "#%s needs the name of a macro", directive);
        return false;
    }
    check_no_more(f, line->next, directive);
    return (pp_macro_find(f->unit, line->text) != NULL) == (directive[2] == 'd');
}

static void open_group(struct pp_file *f, struct pp_token *line, struct adlc_loc loc,
                       const char *directive)
{
    struct pp_group group = {loc, f->active, false, false, false};

    if (f->active) {
        group.active = strcmp(directive, "if") == 0 ? pp_condition(f->unit, line, loc)
                                                    : defined_condition(f, line, loc, directive);
    }
    group.taken = group.active || !f->active;
    VEC_PUSH(f->unit->env->arena, f->groups, group);
    update_active(f);
}

static void next_group(struct pp_file *f, struct pp_token *line, struct adlc_loc loc,
                       const char *directive)
{
    struct pp_group *top;

    if (f->groups.count == 0 || f->groups.items[f->groups.count - 1].saw_else) {
        diag_error(f->unit->env->diag, loc, "unmatched-directive", "#%s %s", directive,
                   f->groups.count == 0 ? "without #if" : "after #else");
        return;
    }
    top = &f->groups.items[f->groups.count - 1];
    if (strcmp(directive, "else") == 0) {
        top->saw_else = true;
        top->active = !top->taken;
        check_no_more(f, top->outer_active ? line : NULL, directive);
    } else {
        top->active = !top->taken && pp_condition(f->unit, line, loc);
    }
    top->taken = top->taken || top->active;
    update_active(f);
}

static void close_group(struct pp_file *f, struct adlc_loc loc)
{
    if (f->groups.count == 0) {
        diag_error(f->unit->env->diag, loc, "unmatched-directive", "#endif without #if");
        return;
    }
    f->groups.count--;
    update_active(f);
}

// ---------------------------------------------------------------------------------------------
// Includes

/// Name inside the quotes or angle brackets of an include, or NULL.
static const char *include_name(struct pp_unit *unit, struct pp_token *line, bool *angle)
{
    struct arena *arena = unit->env->arena;

    if (line != NULL && line->kind == PP_IDENTIFIER) {
        line = pp_expand(unit, line);
    }
    if (line != NULL && (line->kind == PP_STRING || line->kind == PP_ANGLE) && line->len > 2) {
        *angle = line->kind == PP_ANGLE;
        return arena_strndup(arena, line->text + 1, line->len - 2u);
    }
    if (pp_token_is(line, "<")) {
        const char *name = "";

        *angle = true;
        for (line = line->next; line != NULL; line = line->next) {
            if (pp_token_is(line, ">")) {
                return *name != '\0' ? name : NULL;
            }
            name = arena_printf(arena, "%s%s%s", name, line->space && *name != '\0' ? " " : "",
                                line->text);
        }
    }
    return NULL;
}

static const char *find_include(const struct pp_file *f, const char *name, bool angle)
{
    const struct pp_env *env = f->unit->env;
    const struct adlc_source_file *file = source_file(env->map, f->lexer.file);
    const char *path;

    if (env->no_files) {
        return NULL;
    }
    if (!angle) {
        path = source_join(env->arena, source_dirname(env->arena, file->path), name);
        if (source_exists(path)) {
            return path;
        }
    }
    for (size_t i = 0; i < env->include_dir_count; i++) {
        path = source_join(env->arena, env->include_dirs[i], name);
        if (source_exists(path)) {
            return path;
        }
    }
    return NULL;
}

static void include_file(struct pp_file *f, struct pp_token *line, struct adlc_loc loc)
{
    struct pp_unit *unit = f->unit;
    struct adlc_loc name_loc = line != NULL ? line->loc : loc;
    const char *reason = "";
    const char *name;
    const char *path;
    bool angle = false;
    uint32_t index;

    flush_pending(unit);
    name = include_name(unit, line, &angle);
    if (name == NULL) {
        diag_error(unit->env->diag, name_loc, "bad-include",
                   "#include needs \"FILE\" or <FILE>");
        return;
    }
    path = find_include(f, name, angle);
    if (path == NULL) {
        diag_error(unit->env->diag, name_loc, "include-not-found",
                   "cannot find the included file '%s'", name);
        return;
    }
    index = source_load(unit->env->map, path, &reason);
    if (index == 0) {
        diag_error(unit->env->diag, name_loc, "include-not-found", "cannot read '%s': %s", path,
                   reason);
        return;
    }
    if (unit->include_depth >= PP_MAX_INCLUDE_DEPTH) {
        if (!unit->exhausted) {
            diag_error(unit->env->diag, name_loc, "include-too-deep",
                       "files include each other too deeply");
        }
        unit->exhausted = true;
        return;
    }
    if (!unit->exhausted) {
        process_file(unit, index);
    }
}

// ---------------------------------------------------------------------------------------------
// Directives

static void pragma(struct pp_file *f, const struct pp_token *line)
{
    if (line != NULL && strcmp(line->text, "once") == 0) {
        VEC_PUSH(f->unit->env->arena, f->unit->once, f->lexer.file);
    }
}

static void undefine(struct pp_file *f, const struct pp_token *line, struct adlc_loc loc)
{
    if (line == NULL || line->kind != PP_IDENTIFIER) {
        diag_error(f->unit->env->diag, line != NULL ? line->loc : loc, "bad-define",
                   "#undef needs the name of a macro");
        return;
    }
    check_no_more(f, line->next, "undef");
    flush_pending(f->unit);
    pp_macro_undefine(f->unit, line->text);
}

static void user_message(struct pp_file *f, const struct pp_token *line, struct adlc_loc loc,
                         bool error)
{
    struct arena *arena = f->unit->env->arena;
    const char *text = "";

    for (; line != NULL; line = line->next) {
        text = arena_printf(arena, "%s%s%s", text, line->space && *text != '\0' ? " " : "",
                            line->text);
    }
    if (error) {
        diag_error(f->unit->env->diag, loc, "user-error", "#error %s", text);
    } else {
        diag_warning(f->unit->env->diag, loc, "user-warning", "#warning %s", text);
    }
}

static void active_directive(struct pp_file *f, const struct pp_token *word,
                             struct pp_token *line)
{
    struct pp_env *env = f->unit->env;

    if (strcmp(word->text, "define") == 0) {
        flush_pending(f->unit);
        pp_macro_define(f->unit, line, word->loc);
    } else if (strcmp(word->text, "undef") == 0) {
        undefine(f, line, word->loc);
    } else if (strcmp(word->text, "include") == 0) {
        include_file(f, line, word->loc);
    } else if (strcmp(word->text, "pragma") == 0) {
        pragma(f, line);
    } else if (strcmp(word->text, "error") == 0) {
        user_message(f, line, word->loc, true);
    } else if (strcmp(word->text, "warning") == 0) {
        user_message(f, line, word->loc, false);
    } else if (strcmp(word->text, "line") != 0 && word->kind != PP_NUMBER) {
        diag_error(env->diag, word->loc, "unknown-directive",
                   "unknown preprocessing directive '#%s'", word->text);
    }
}

static void directive(struct pp_file *f)
{
    struct pp_token *word;
    struct pp_token *line;

    f->lexer.one_line = true;
    line = directive_line(f);
    f->lexer.one_line = false;
    if (line == NULL) {
        return;
    }
    word = line;
    line = line->next;
    if (strcmp(word->text, "if") == 0 || strcmp(word->text, "ifdef") == 0 ||
        strcmp(word->text, "ifndef") == 0) {
        open_group(f, line, word->loc, word->text);
    } else if (strcmp(word->text, "elif") == 0 || strcmp(word->text, "else") == 0) {
        next_group(f, line, word->loc, word->text);
    } else if (strcmp(word->text, "endif") == 0) {
        check_no_more(f, f->active ? line : NULL, word->text);
        close_group(f, word->loc);
    } else if (f->active) {
        active_directive(f, word, line);
    }
}

static bool is_once(const struct pp_unit *unit, uint32_t index)
{
    for (size_t i = 0; i < unit->once.count; i++) {
        if (unit->once.items[i] == index) {
            return true;
        }
    }
    return false;
}

static void process_file(struct pp_unit *unit, uint32_t index)
{
    struct pp_file f = {0};
    size_t count = 0;

    if (is_once(unit, index)) {
        return;
    }
    f.unit = unit;
    f.active = true;
    unit->include_depth++;
    pp_lexer_init(&f.lexer, unit->env, index);
    for (;;) {
        struct pp_token *token = pp_lex(&f.lexer);

        if (token->kind == PP_END) {
            break;
        }
        if (++count > PP_MAX_FILE_TOKENS) {
            diag_error(unit->env->diag, token->loc, "file-too-long",
                       "the file has more than %u words, numbers and symbols",
                       PP_MAX_FILE_TOKENS);
            unit->env->broken = true;
            break;
        }
        if (token->first && pp_token_is(token, "#")) {
            directive(&f);
        } else if (token->kind != PP_NEWLINE && f.active) {
            *unit->pending_last = token;
            unit->pending_last = &token->next;
        }
    }
    flush_pending(unit);
    for (size_t i = 0; i < f.groups.count; i++) {
        diag_error(unit->env->diag, f.groups.items[i].loc, "unterminated-condition",
                   "this condition has no #endif");
    }
    unit->include_depth--;
}

// ---------------------------------------------------------------------------------------------
// Units

static void define_builtin(struct pp_unit *unit, const char *name)
{
    struct pp_token *token = ARENA_NEW(unit->env->arena, struct pp_token);
    struct pp_macro *macro;

    token->kind = PP_IDENTIFIER;
    token->text = arena_intern(unit->env->arena, name);
    pp_macro_define(unit, token, ADLC_NO_LOC);
    macro = pp_macro_find(unit, token->text);
    macro->builtin = true;
}

/// The text of a -D option as a source file of its own, made once per run.
static uint32_t option_file(struct pp_env *env, size_t index, const char *option)
{
    const char *equals = strchr(option, '=');
    size_t name_len = equals != NULL ? (size_t)(equals - option) : strlen(option);
    char *text = arena_printf(env->arena, "%.*s %s", (int)name_len, option,
                              equals != NULL ? equals + 1 : "1");

    if (env->define_files == NULL) {
        env->define_files = ARENA_NEW_ARRAY(env->arena, uint32_t, env->define_count + 1);
    }
    if (env->define_files[index] == 0) {
        env->define_files[index] = source_add_text(env->map, "<command line>", text,
                                                   strlen(text));
    }
    return env->define_files[index];
}

static void define_option(struct pp_unit *unit, size_t index, const char *option)
{
    struct pp_file f = {0};

    f.unit = unit;
    pp_lexer_init(&f.lexer, unit->env, option_file(unit->env, index, option));
    f.lexer.one_line = true;
    pp_macro_define(unit, directive_line(&f), ADLC_NO_LOC);
}

/// Buckets come from the names' text: the order is the same in every run.
static void list_functions(struct pp_unit *unit)
{
    unit->env->functions.count = 0;
    for (size_t i = 0; i < PP_BUCKETS; i++) {
        for (const struct pp_macro *macro = unit->macros[i]; macro != NULL; macro = macro->bucket) {
            if (macro->function_like) {
                VEC_PUSH(unit->env->arena, unit->env->functions, macro->name);
            }
        }
    }
}

struct pp_token *pp_run(struct pp_env *env, uint32_t file)
{
    struct pp_unit *unit = ARENA_NEW(env->arena, struct pp_unit);
    struct pp_token *end = ARENA_NEW(env->arena, struct pp_token);
    const struct adlc_source_file *source = source_file(env->map, file);

    unit->env = env;
    unit->last = &unit->first;
    unit->pending_last = &unit->pending;
    unit->budget = PP_BUDGET;
    define_builtin(unit, "__FILE__");
    define_builtin(unit, "__LINE__");
    define_option(unit, 0, "CAMKES_TOOL_PROCESSING");
    for (size_t i = 0; i < env->define_count; i++) {
        define_option(unit, i + 1, env->defines[i]);
    }
    process_file(unit, file);
    end->kind = PP_END;
    end->text = "";
    end->first = true;
    end->loc.file = file;
    source_position(source, source->size, &end->loc.line, &(uint32_t){0});
    end->loc.col = 1;
    end->loc.len = 1;
    *unit->last = end;
    list_functions(unit);
    return unit->first;
}
