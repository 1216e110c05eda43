// SPDX-License-Identifier: BSD-2-Clause
// `adlc gen` after the front end: lower, make the guests' device trees, and write model.bin, the
// list of instances, the views and the instances' C files.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adlc.h"
#include "guest_dtb.h"
#include "layout.h"
#include "model.h"
#include "output.h"
#include "report.h"
#include "vm.h"
#include "vm_platform.h"
#include "write_system.h"

static void make_guest_trees(struct model *model)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        struct buffer tree = { 0 };
        if (instance->is_vm && guest_dtb_build(model, instance, &tree)) {
            void *copy = arena_alloc(model->arena, tree.size);
            memcpy(copy, tree.data, tree.size);
            instance->guest_dtb = copy;
            instance->guest_dtb_size = tree.size;
            instance->guest_dtb_addr = instance->vm->dtb_addr;
        }
        buffer_release(&tree);
    }
}

/// NULL without a directory: then nothing is written.
static const char *view_path(struct model *model, const char *directory, const char *name)
{
    return directory != NULL ? model_printf(model, "%s/%s", directory, name) : NULL;
}

static void write_views(struct model *model, const char *directory)
{
    struct buffer binary = { 0 };
    struct output_text text;

    write_model(model, &binary);
    (void)output_write(model->diag, view_path(model, directory, "model.bin"), binary.data, binary.size);
    buffer_release(&binary);

    output_open(&text);
    for (size_t i = 0; i < model->instance_count; i++) {
        fprintf(text.file, "%s %s %s\n", model->instances[i].name,
                model->instances[i].flat->component->name, model->instances[i].space->name);
    }
    (void)output_close(&text, model->diag, view_path(model, directory, "instances.txt"));

    output_open(&text);
    report_json(model, NULL, text.file);
    (void)output_close(&text, model->diag, view_path(model, directory, "model.json"));

    output_open(&text);
    report_dot(model, text.file);
    (void)output_close(&text, model->diag, view_path(model, directory, "system.dot"));

    output_open(&text);
    report_svg(model, text.file);
    (void)output_close(&text, model->diag, view_path(model, directory, "system.svg"));
}

/// Whether the system can fit into the board's memory at all; adlc link proves it with the
/// programs.
static void check_memory(struct model *model)
{
    struct layout_result result;
    struct adlc_loc loc = ADLC_NO_LOC;

    if (model->platform->ram.size == 0) {
        return; // platform "none": code only
    }
    layout_fit_early(model, &result);
    if (result.fits) {
        return;
    }
    if (result.failed != MODEL_NONE) {
        const char *name = model->objects.items[result.failed].name;
        const char *owner = report_owner(model, name);
        if (owner != NULL) {
            const struct model_instance *instance = model_find_instance(model, owner);
            loc = instance != NULL ? vm_ram_loc(model, instance) : loc;
            if (strcmp(name + strlen(owner), ".heap") == 0) {
                loc = flat_setting_loc(model->flat, owner, "heap_size");
            }
            loc = instance != NULL && loc.file == 0 ? instance->flat->loc : loc;
        }
        diag_error(model->diag, loc, "memory", "the system does not fit: %s; no place for '%s'",
                   result.reason, name);
    } else {
        diag_error(model->diag, loc, "memory", "the system does not fit: %s", result.reason);
    }
    report_usage_notes(model, &result);
}

static uint32_t core_option(struct flat_assembly *assembly, const struct gen_options *options)
{
    const char *text = options->cores;
    uint64_t cores = 1;

    if (text != NULL && (!flat_parse_number(text, &cores) || cores < 1 || cores > 255)) {
        diag_error(assembly->diag, ADLC_NO_LOC, "option-cores", "--set cores=%s: not 1 to 255",
                   text);
        return 1;
    }
    return (uint32_t)cores;
}

int adlc_gen(struct flat_assembly *assembly, const struct gen_options *options)
{
    struct lower_options lower = {
        .platform = options->platform,
        .arch = options->arch,
        .core_count = core_option(assembly, options),
    };
    struct model *model;

    flat_forget_reads(assembly);
    model = model_lower(assembly, &lower);
    if (diag_error_count(assembly->diag) == 0) {
        check_memory(model);
    }
    if (diag_error_count(assembly->diag) == 0) {
        make_guest_trees(model);
    }
    if (diag_error_count(assembly->diag) == 0) {
        write_views(model, options->output_dir);
        (void)emit_model(model, options->output_dir);
        flat_report_unread(assembly);
    }
    return diag_error_count(assembly->diag) == 0 ? 0 : 1;
}
