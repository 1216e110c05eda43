// SPDX-License-Identifier: BSD-2-Clause
// Command line of adlc: options, sub-commands, depfile. Exit status: 0 fine, 1 the input has
// errors, 2 wrong use or a file that cannot be written.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adlc.h"
#include "audit.h"
#include "guest_dtb.h"
#include "link.h"
#include "source.h"
#include "vec.h"

enum colour_mode { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct command_line {
    struct arena *arena;
    const char *command;
    struct flat_options flat;
    struct gen_options gen;
    VEC(const char *) import_dirs;
    VEC(const char *) defines;
    bool json;
    bool warnings_as_errors;
    enum colour_mode colour;
};

static const char usage_text[] =
    "usage: adlc COMMAND [OPTION]... FILE.camkes\n"
    "\n"
    "commands\n"
    "  check   report errors and warnings\n"
    "  flat    show the flattened assembly\n"
    "  gen     make the system model, code and reports (-o DIR)\n"
    "\n"
    "options of these\n"
    "  -I DIR               search DIR for import <...> and #include; may be repeated\n"
    "  -D NAME[=VALUE]      define a macro\n"
    "  --dtb FILE           device tree blob of the platform, for dtb queries\n"
    "  --gpio-list FILE     pin list of the platform, for gpio queries\n"
    "  --json               flat: print JSON; check and gen: print messages as JSON\n"
    "  --color=WHEN         colour messages: auto, always or never\n"
    "  -Werror              treat warnings as errors\n"
    "  --lenient            settings that nothing reads are warnings instead of errors\n"
    "  -o DIR               gen: output directory\n"
    "  --depfile FILE       gen: write a make rule with all files that were read\n"
    "  --platform NAME      gen: platform\n"
    "  --arch ARCH          gen: aarch64 (default), arm, x86_64 or ia32\n"
    "  --set cores=N        gen: cores that the kernel is built for (1)\n"
    "\n"
    "commands with arguments of their own\n"
    "  link    put compiled instances into the system image\n"
    "          adlc link --model model.bin -o payload.bin [--reports DIR] [--image-size BYTES]\n"
    "              INSTANCE=FILE.elf... GROUP=FILE.elf...\n"
    "  dump    show a system image as text\n"
    "          adlc dump payload.bin\n"
    "  audit   show who reaches what, or check rules about it\n"
    "          adlc audit [--json] [-o FILE] [--deny RULES]... model.bin\n"
    "          adlc audit [...] --model model.bin payload.bin\n"
    "  guest-dtb  complete the device tree of a virtual machine\n"
    "          adlc guest-dtb --model model.bin --vm INSTANCE [--initrd FILE] [--bootargs TEXT]\n"
    "              -o FILE.dtb\n";

static int usage_error(const char *what, const char *which)
{
    (void)fprintf(stderr, "adlc: %s '%s'\nTry 'adlc --help'.\n", what, which);
    return 2;
}

// ---------------------------------------------------------------------------------------------
// Options

struct value_option {
    const char *name;
    const char **target;
};

/// Options that take one value. Returns 0 when argv[*i] is none of them, 1 when taken, 2 on errors.
static int parse_value_option(struct command_line *line, int argc, char **argv, int *i)
{
    const struct value_option options[] = {
        {"--dtb", &line->flat.dtb},
        {"--gpio-list", &line->flat.gpio_list},
        {"-o", &line->gen.output_dir},
        {"--depfile", &line->gen.depfile},
        {"--platform", &line->gen.platform},
        {"--arch", &line->gen.arch},
    };

    for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
        size_t len = strlen(options[k].name);

        if (strncmp(argv[*i], options[k].name, len) != 0) {
            continue;
        }
        if (argv[*i][len] == '=' && len > 2) {
            *options[k].target = argv[*i] + len + 1;
            return 1;
        }
        if (argv[*i][len] == '\0') {
            if (*i + 1 >= argc) {
                return usage_error("a value is missing after", argv[*i]);
            }
            *options[k].target = argv[++*i];
            return 1;
        }
    }
    return 0;
}

/// -I DIR, -IDIR, -D X, -DX, --set X. As parse_value_option().
static int parse_list_option(struct command_line *line, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    const char *value;

    if (strncmp(arg, "-I", 2) != 0 && strncmp(arg, "-D", 2) != 0 && strcmp(arg, "--set") != 0) {
        return 0;
    }
    if (arg[2] != '\0' && arg[1] != '-') {
        value = arg + 2;
    } else if (*i + 1 < argc) {
        value = argv[++*i];
    } else {
        return usage_error("a value is missing after", arg);
    }
    if (arg[1] == 'I') {
        VEC_PUSH(line->arena, line->import_dirs, value);
    } else if (arg[1] == 'D') {
        VEC_PUSH(line->arena, line->defines, value);
    } else if (strncmp(value, "cores=", 6) == 0) {
        line->gen.cores = value + 6;
    } else {
        return usage_error("--set knows cores=N only, not", value);
    }
    return 1;
}

static bool parse_flag(struct command_line *line, const char *arg)
{
    if (strcmp(arg, "--json") == 0) {
        line->json = true;
    } else if (strcmp(arg, "-Werror") == 0) {
        line->warnings_as_errors = true;
    } else if (strcmp(arg, "--lenient") == 0) {
        line->flat.lenient = true;
    } else if (strcmp(arg, "--color=auto") == 0) {
        line->colour = COLOUR_AUTO;
    } else if (strcmp(arg, "--color=always") == 0) {
        line->colour = COLOUR_ALWAYS;
    } else if (strcmp(arg, "--color=never") == 0) {
        line->colour = COLOUR_NEVER;
    } else {
        return false;
    }
    return true;
}

static int parse_arguments(struct command_line *line, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        int taken = parse_list_option(line, argc, argv, &i);

        if (taken == 0) {
            taken = parse_value_option(line, argc, argv, &i);
        }
        if (taken == 2) {
            return 2;
        }
        if (taken == 1 || parse_flag(line, argv[i])) {
            continue;
        }
        if (argv[i][0] == '-') {
            return usage_error("unknown option", argv[i]);
        }
        if (line->flat.file != NULL) {
            return usage_error("there is one input file, so what is", argv[i]);
        }
        line->flat.file = argv[i];
    }
    line->flat.import_dirs = line->import_dirs.items;
    line->flat.import_dir_count = line->import_dirs.count;
    line->flat.defines = line->defines.items;
    line->flat.define_count = line->defines.count;
    if (line->flat.file == NULL) {
        return usage_error("an input file is missing for", line->command);
    }
    if (strcmp(line->command, "gen") == 0 && line->gen.output_dir == NULL) {
        return usage_error("an output directory (-o DIR) is missing for", line->command);
    }
    return 0;
}

// ---------------------------------------------------------------------------------------------
// Commands

static void put_end_names(const struct flat_end *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s%s", i == 0 ? "" : ", ", ends[i].name);
    }
}

/// `adlc flat` without --json: what there is and how it is connected.
static void print_summary(const struct flat_assembly *a)
{
    for (size_t i = 0; i < a->instance_count; i++) {
        (void)printf("instance %s: %s%s\n", a->instances[i].name,
                     a->instances[i].component->name,
                     a->instances[i].hardware ? " (hardware)" : "");
    }
    for (size_t i = 0; i < a->connection_count; i++) {
        const struct flat_connection *connection = &a->connections[i];

        (void)printf("connection %s: %s (", connection->name, connection->connector->name);
        put_end_names(connection->from, connection->from_count);
        (void)printf(" -> ");
        put_end_names(connection->to, connection->to_count);
        (void)printf(")\n");
    }
}

static bool make_directory(struct arena *arena, const char *path)
{
    char *copy = arena_strndup(arena, path, strlen(path));

    for (char *s = copy + 1; *s != '\0'; s++) {
        if (*s == '/') {
            *s = '\0';
            (void)mkdir(copy, 0777);
            *s = '/';
        }
    }
    if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
        (void)fprintf(stderr, "adlc: cannot make the directory '%s': %s\n", path,
                      strerror(errno));
        return false;
    }
    return true;
}

static void put_make_name(FILE *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == ' ' || *name == '#' || *name == '\\') {
            (void)fputc('\\', out);
        } else if (*name == '$') {
            (void)fputc('$', out);
        }
        (void)fputc(*name, out);
    }
}

static bool write_depfile(const struct command_line *line, const struct flat_assembly *a)
{
    FILE *out = fopen(line->gen.depfile, "w");

    if (out == NULL) {
        (void)fprintf(stderr, "adlc: cannot write '%s': %s\n", line->gen.depfile,
                      strerror(errno));
        return false;
    }
    put_make_name(out, source_join(line->arena, line->gen.output_dir, "model.bin"));
    (void)fputc(':', out);
    for (size_t i = 0; i < a->input_file_count; i++) {
        (void)fputs(" \\\n ", out);
        put_make_name(out, a->input_files[i]);
    }
    (void)fputc('\n', out);
    return fclose(out) == 0;
}

static int run_gen(struct command_line *line, struct flat_assembly *a)
{
    if (!make_directory(line->arena, line->gen.output_dir) ||
        (line->gen.depfile != NULL && !write_depfile(line, a))) {
        return 2;
    }
    return adlc_gen(a, &line->gen);
}

static int run_command(struct command_line *line, struct adlc_diag *diag,
                       struct adlc_source_map *map)
{
    struct flat_assembly *a = flat_build(line->arena, map, diag, &line->flat);

    if (a == NULL) {
        return 1;
    }
    if (strcmp(line->command, "flat") == 0 && line->json) {
        flat_write_json(a, stdout);
    } else if (strcmp(line->command, "flat") == 0) {
        print_summary(a);
    } else if (strcmp(line->command, "gen") == 0) {
        return run_gen(line, a);
    }
    return 0;
}

static int run(struct command_line *line)
{
    struct adlc_source_map map;
    struct adlc_diag diag;
    bool json_messages = line->json && strcmp(line->command, "flat") != 0;
    bool colour = line->colour == COLOUR_ALWAYS ||
                  (line->colour == COLOUR_AUTO && isatty(STDERR_FILENO) == 1);
    int status;

    source_map_init(&map, line->arena);
    diag_init(&diag, line->arena, &map);
    diag.warnings_as_errors = line->warnings_as_errors;
    status = run_command(line, &diag, &map);
    if (status == 0 && diag_error_count(&diag) != 0) {
        status = 1;
    }
    diag_flush(&diag, json_messages ? stdout : stderr, json_messages, colour);
    if (fflush(stdout) != 0) {
        (void)fprintf(stderr, "adlc: cannot write the output: %s\n", strerror(errno));
        status = 2;
    }
    return status;
}

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

int main(int argc, char **argv)
{
    struct command_line line;
    struct arena arena;
    int status;

    // Messages are written in small pieces.
    (void)setvbuf(stderr, NULL, _IOFBF, 65536);
    if (argc < 2) {
        (void)fputs(usage_text, stderr);
        return 2;
    }
    if (is_help(argv[1]) || (argc > 2 && is_help(argv[2]))) {
        (void)fputs(usage_text, stdout);
        return 0;
    }
    if (strcmp(argv[1], "link") == 0) {
        return adlc_link(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "dump") == 0) {
        return adlc_dump(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "audit") == 0) {
        return adlc_audit(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "guest-dtb") == 0) {
        return adlc_guest_dtb(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "flat") != 0 && strcmp(argv[1], "check") != 0 &&
        strcmp(argv[1], "gen") != 0) {
        return usage_error("unknown command", argv[1]);
    }
    arena_init(&arena);
    memset(&line, 0, sizeof(line));
    line.arena = &arena;
    line.command = argv[1];
    line.gen.arch = "aarch64";
    status = parse_arguments(&line, argc, argv);
    if (status == 0) {
        status = run(&line);
    }
    arena_release(&arena);
    return status;
}
