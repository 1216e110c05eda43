// SPDX-License-Identifier: BSD-2-Clause
// A guest's device tree as text, for people, and the command that completes one.

#include "guest_dtb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libfdt.h>

#define MAX_DEPTH 32

static bool is_text(const char *value, int length)
{
    bool start = true; // at the start of a string

    if (length <= 1 || value[length - 1] != '\0') {
        return false;
    }
    for (int i = 0; i < length; i++) {
        if (value[i] == '\0') {
            if (start) {
                return false;
            }
            start = true;
        } else if (value[i] < 0x20 || value[i] > 0x7e) {
            return false;
        } else {
            start = false;
        }
    }
    return true;
}

static void print_text(const char *value, int length, FILE *out)
{
    for (int i = 0; i < length; i += (int)strlen(value + i) + 1) {
        fprintf(out, "%s\"", i != 0 ? ", " : " = ");
        for (const char *at = value + i; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\') {
                fputc('\\', out);
            }
            fputc(*at, out);
        }
        fputc('"', out);
    }
}

static void print_value(const void *value, int length, FILE *out)
{
    const uint8_t *bytes = value;

    if (length == 0) {
        return;
    }
    if (length == 1 && bytes[0] == 0) {
        fputs(" = \"\"", out);
    } else if (is_text(value, length)) {
        print_text(value, length, out);
    } else if (length % 4 == 0) {
        fputs(" = <", out);
        for (int i = 0; i < length; i += 4) {
            fdt32_t cell;
            memcpy(&cell, bytes + i, sizeof(cell));
            fprintf(out, "%s0x%" PRIx32, i != 0 ? " " : "", fdt32_to_cpu(cell));
        }
        fputc('>', out);
    } else {
        fputs(" = [", out);
        for (int i = 0; i < length; i++) {
            fprintf(out, "%s%02x", i != 0 ? " " : "", bytes[i]);
        }
        fputc(']', out);
    }
}

static void print_node(const void *fdt, int offset, int depth, FILE *out)
{
    const char *node = fdt_get_name(fdt, offset, NULL);
    int property;
    int child;

    if (depth > MAX_DEPTH) {
        return;
    }
    fprintf(out, "%*s%s {\n", depth * 4, "", depth == 0 ? "/" : node);
    fdt_for_each_property_offset(property, fdt, offset) {
        const char *name;
        int length;
        const void *value = fdt_getprop_by_offset(fdt, property, &name, &length);
        if (value != NULL) {
            fprintf(out, "%*s%s", depth * 4 + 4, "", name);
            print_value(value, length, out);
            fputs(";\n", out);
        }
    }
    fdt_for_each_subnode(child, fdt, offset) {
        fputc('\n', out);
        print_node(fdt, child, depth + 1, out);
    }
    fprintf(out, "%*s};\n", depth * 4, "");
}

void guest_dtb_print(const void *fdt, FILE *out)
{
    fputs("/dts-v1/;\n\n", out);
    print_node(fdt, 0, 0, out);
}

// ---------------------------------------------------------------------------------------------
// adlc guest-dtb

struct guest_dtb_arguments {
    const char *model;
    const char *vm;
    const char *initrd;
    const char *bootargs;
    const char *output;
};

static bool parse_arguments(int argc, char **argv, struct guest_dtb_arguments *arguments)
{
    const char *ignored = NULL;
    struct {
        const char *name;
        const char **value;
    } options[] = {
        { "--model", &arguments->model },       { "--vm", &arguments->vm },
        { "--initrd", &arguments->initrd },     { "--bootargs", &arguments->bootargs },
        { "-o", &arguments->output },
        // The board's tree went into the model at `adlc gen`.
        { "--dtb", &ignored },
    };

    for (int i = 1; i < argc; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof(options) / sizeof(options[0]) && !known; j++) {
            if (strcmp(argv[i], options[j].name) == 0 && i + 1 < argc) {
                *options[j].value = argv[++i];
                known = true;
            }
        }
        if (!known) {
            fprintf(stderr, "adlc: error: guest-dtb: unknown argument '%s'\n", argv[i]);
            return false;
        }
    }
    if (arguments->model == NULL || arguments->vm == NULL || arguments->output == NULL) {
        fputs("usage: adlc guest-dtb --model model.bin --vm INSTANCE [--initrd FILE] "
              "[--bootargs TEXT] -o FILE.dtb\n", stderr);
        return false;
    }
    return true;
}

/// Text of the tree next to the blob: x.dtb gives x.dts.
static int write_text(const struct buffer *tree, const char *output)
{
    size_t length = strlen(output);
    char *path = malloc(length + 5);

    if (path == NULL) {
        return -1;
    }
    memcpy(path, output, length + 1);
    if (length > 4 && strcmp(path + length - 4, ".dtb") == 0) {
        path[length - 1] = 's';
    } else {
        memcpy(path + length, ".dts", 5);
    }
    FILE *file = fopen(path, "w");
    free(path);
    if (file == NULL) {
        return -1;
    }
    guest_dtb_print(tree->data, file);
    return fclose(file);
}

/// The instance of this name in the model, with its tree; NULL after printing an error.
static const struct model_instance *find_vm(struct model *model,
                                            const struct guest_dtb_arguments *arguments)
{
    struct model_instance *instance = model_find_instance(model, arguments->vm);

    if (instance == NULL || instance->guest_dtb_size == 0) {
        fprintf(stderr, "adlc: error: %s: there is no virtual machine '%s'\n", arguments->model,
                arguments->vm);
        for (size_t i = 0; i < model->instance_count; i++) {
            if (model->instances[i].guest_dtb_size != 0) {
                fprintf(stderr, "adlc: note: there is '%s'\n", model->instances[i].name);
            }
        }
        return NULL;
    }
    return instance;
}

static int finish(const struct model_instance *instance,
                  const struct guest_dtb_arguments *arguments)
{
    struct buffer base = { 0 };
    struct buffer tree = { 0 };
    struct stat initrd = { 0 };

    if (arguments->initrd != NULL && stat(arguments->initrd, &initrd) != 0) {
        fprintf(stderr, "adlc: error: %s: %s\n", arguments->initrd, strerror(errno));
        return 1;
    }
    buffer_append(&base, instance->guest_dtb, instance->guest_dtb_size);
    const char *error = guest_dtb_finish(
        &base, instance->guest_dtb_addr, (uint64_t)initrd.st_size,
        arguments->bootargs != NULL ? arguments->bootargs : "", &tree);
    if (error != NULL) {
        fprintf(stderr, "adlc: error: device tree of %s: %s\n", arguments->vm, error);
    } else if (buffer_write_file(&tree, arguments->output) != 0
               || write_text(&tree, arguments->output) != 0) {
        error = strerror(errno);
        fprintf(stderr, "adlc: error: %s: %s\n", arguments->output, error);
    }
    buffer_release(&base);
    buffer_release(&tree);
    return error == NULL ? 0 : 1;
}

int adlc_guest_dtb(int argc, char **argv)
{
    struct guest_dtb_arguments arguments = { 0 };
    struct arena arena = { 0 };
    struct adlc_diag diag;
    struct model model;
    struct buffer file = { 0 };
    int status = 1;

    if (!parse_arguments(argc, argv, &arguments)) {
        return 2;
    }
    arena_init(&arena);
    diag_init(&diag, &arena, NULL);
    model_init(&model, &arena, &diag);
    const char *error =
        buffer_read_file(&file, arguments.model) != 0 ? strerror(errno)
                                                      : read_model(&model, file.data, file.size);
    if (error != NULL) {
        fprintf(stderr, "adlc: error: %s: %s\n", arguments.model, error);
    } else {
        const struct model_instance *instance = find_vm(&model, &arguments);
        status = instance != NULL ? finish(instance, &arguments) : 1;
    }
    buffer_release(&file);
    arena_release(&arena);
    return status;
}
