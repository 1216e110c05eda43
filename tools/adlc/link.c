// SPDX-License-Identifier: BSD-2-Clause
// `adlc link`: model.bin and one ELF file per instance become the payload of the image; and `adlc
// dump`, which prints a payload.

#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elf_load.h"
#include "layout.h"
#include "report.h"
#include "vm_platform.h"
#include "write_system.h"

struct link_job {
    const char *model_path;
    const char *output;
    const char *reports; ///< directory, or NULL
    uint64_t image_size;
    char **elfs; ///< "space=path"
    int elf_count;

    struct arena arena;
    struct adlc_diag diag;
    struct model model;
    struct buffer model_file;
    struct payload payload;
    struct elf_usage *usage; ///< per space
    struct buffer system;
    struct layout_reserve reserve;
    struct layout_result result;
};

static bool usage_error(const char *text, const char *value)
{
    fprintf(stderr, "adlc: error: link: %s '%s'\n", text, value);
    fputs("usage: adlc link --model model.bin -o payload.bin [--reports DIR] [--image-size BYTES] "
          "INSTANCE=FILE.elf... GROUP=FILE.elf...\n", stderr);
    return false;
}

static bool parse_arguments(struct link_job *job, int argc, char **argv)
{
    job->image_size = LAYOUT_IMAGE_SIZE;
    job->elfs = arena_alloc_array(&job->arena, (size_t)argc, sizeof(job->elfs[0]));
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool is_option = argv[i][0] == '-';
        if (is_option && value == NULL) {
            return usage_error("a value is missing after", argv[i]);
        }
        if (strcmp(argv[i], "--model") == 0) {
            job->model_path = value;
        } else if (strcmp(argv[i], "-o") == 0) {
            job->output = value;
        } else if (strcmp(argv[i], "--reports") == 0) {
            job->reports = value;
        } else if (strcmp(argv[i], "--image-size") == 0) {
            if (!flat_parse_number(value, &job->image_size)) {
                return usage_error("this is no number:", value);
            }
        } else if (is_option || strchr(argv[i], '=') == NULL) {
            return usage_error("unknown argument", argv[i]);
        }
        if (is_option) {
            i++;
        } else {
            job->elfs[job->elf_count++] = argv[i];
        }
    }
    if (job->model_path == NULL || job->output == NULL) {
        return usage_error("missing option", job->model_path == NULL ? "--model" : "-o");
    }
    return true;
}

static bool load_model(struct link_job *job)
{
    if (buffer_read_file(&job->model_file, job->model_path) != 0) {
        fprintf(stderr, "adlc: error: %s: %s\n", job->model_path, strerror(errno));
        return false;
    }
    const char *error = read_model(&job->model, job->model_file.data, job->model_file.size);
    if (error == NULL && job->model.platform->ram.size == 0) {
        error = model_printf(&job->model, "it was made for platform '%s', for which nothing can be "
                             "linked", job->model.platform->name);
    }
    if (error != NULL) {
        fprintf(stderr, "adlc: error: %s: %s\n", job->model_path, error);
        return false;
    }
    job->usage =
        arena_alloc_array(&job->arena, job->model.spaces.count, sizeof(job->usage[0]));
    return true;
}

/// Path of the ELF of an instance or group, or NULL.
static const char *elf_of(const struct link_job *job, const char *space)
{
    size_t length = strlen(space);

    for (int i = 0; i < job->elf_count; i++) {
        if (strncmp(job->elfs[i], space, length) == 0 && job->elfs[i][length] == '=') {
            return job->elfs[i] + length + 1;
        }
    }
    return NULL;
}

static bool load_elfs(struct link_job *job)
{
    bool ok = true;

    // In the order of the instances, not of the command line: the result must not depend on it.
    for (size_t i = 0; i < job->model.spaces.count; i++) {
        const struct model_space *space = job->model.spaces.items[i];
        bool group = model_in_group(&job->model.instances[space->first]);
        const char *path = elf_of(job, space->name);
        if (path == NULL) {
            fprintf(stderr, "adlc: error: link: %s '%s' has no ELF file\n",
                    group ? "group" : "instance", space->name);
            ok = false;
        } else {
            ok = elf_load(&job->model, space, path, &job->payload, &job->usage[i]) && ok;
        }
    }
    for (int i = 0; i < job->elf_count; i++) {
        size_t length = strcspn(job->elfs[i], "=");
        bool known = false;
        for (size_t j = 0; j < job->model.spaces.count && !known; j++) {
            const char *name = job->model.spaces.items[j]->name;
            known = strlen(name) == length && strncmp(name, job->elfs[i], length) == 0;
        }
        if (!known) {
            fprintf(stderr, "adlc: error: link: there is no instance or group '%.*s'\n",
                    (int)length, job->elfs[i]);
            ok = false;
        }
    }
    return ok;
}

static bool check_fit(struct link_job *job)
{
    struct layout_reserve reserve = {
        .image_size = job->image_size,
        .payload_size =
            ((job->system.size + MODEL_PAGE_SIZE - 1) & ~(uint64_t)(MODEL_PAGE_SIZE - 1))
            + job->payload.pages.size,
        .page_count = payload_count(&job->payload),
    };

    job->reserve = reserve;
    layout_fit(&job->model, &job->reserve, &job->result);
    if (job->result.fits) {
        return true;
    }
    fprintf(stderr, "adlc: error: the system does not fit: %s\n", job->result.reason);
    if (job->result.failed != MODEL_NONE) {
        const struct model_object *object = &job->model.objects.items[job->result.failed];
        fprintf(stderr, "adlc: note: no place for %s (%s, 2^%u bytes", object->name,
                report_type_name(object->type), layout_object_bits(object));
        if ((object->flags & SYSTEM_OBJECT_FIXED) != 0) {
            fprintf(stderr, " at 0x%llx", (unsigned long long)object->address);
        }
        fputs(")\n", stderr);
    }
    fprintf(stderr, "adlc: note: slots of the root task: %llu of %llu\n\n",
            (unsigned long long)job->result.slots_used,
            (unsigned long long)job->result.slots_total);
    report_usage(&job->model, &job->result, stderr);
    return false;
}

static bool write_output(struct link_job *job)
{
    struct buffer out = { 0 };

    buffer_append(&out, job->system.data, job->system.size);
    buffer_pad(&out, MODEL_PAGE_SIZE);
    buffer_append(&out, job->payload.pages.data, job->payload.pages.size);
    bool ok = buffer_write_file(&out, job->output) == 0;
    if (!ok) {
        fprintf(stderr, "adlc: error: %s: %s\n", job->output, strerror(errno));
    }
    buffer_release(&out);
    return ok;
}

static FILE *open_report(const struct link_job *job, const char *name)
{
    const char *path = arena_printf((struct arena *)&job->arena, "%s/%s", job->reports, name);
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        fprintf(stderr, "adlc: error: %s: %s\n", path, strerror(errno));
    }
    return file;
}

static bool write_reports(struct link_job *job)
{
    struct report_link link = {
        .reserve = &job->reserve,
        .result = &job->result,
        .usage = job->usage,
        .shared_pages = job->payload.shared_count,
        .payload_size = job->reserve.payload_size,
    };
    FILE *file;
    bool ok = true;

    if (job->reports == NULL) {
        return true;
    }
    if ((file = open_report(job, "system.cdl")) != NULL) {
        report_cdl(&job->model, file);
        ok = fclose(file) == 0 && ok;
    } else {
        ok = false;
    }
    if ((file = open_report(job, "memory-map.txt")) != NULL) {
        report_memory_map(&job->model, &link, file);
        ok = fclose(file) == 0 && ok;
    } else {
        ok = false;
    }
    if ((file = open_report(job, "model.json")) != NULL) {
        report_json(&job->model, &link, file);
        ok = fclose(file) == 0 && ok;
    } else {
        ok = false;
    }
    return ok;
}

static bool run_link(struct link_job *job)
{
    if (!load_model(job) || !load_elfs(job)
        || !layout_check_slots(&job->model) || !layout_page_tables(&job->model)) {
        return false;
    }
    layout_sort(&job->model);
    write_system(&job->model, payload_count(&job->payload), &job->system);
    return check_fit(job) && write_output(job) && write_reports(job);
}

int adlc_link(int argc, char **argv)
{
    struct link_job *job = calloc(1, sizeof(*job));

    if (job == NULL) {
        perror("adlc");
        return 1;
    }
    arena_init(&job->arena);
    diag_init(&job->diag, &job->arena, NULL);
    model_init(&job->model, &job->arena, &job->diag);
    int status = !parse_arguments(job, argc, argv) ? 2 : run_link(job) ? 0 : 1;
    payload_release(&job->payload);
    buffer_release(&job->model_file);
    buffer_release(&job->system);
    arena_release(&job->arena);
    free(job);
    return status;
}

int adlc_dump(int argc, char **argv)
{
    struct buffer file = { 0 };
    struct arena arena = { 0 };
    struct adlc_diag diag;
    struct model model;
    uint64_t pages = 0;

    if (argc != 2) {
        fputs("usage: adlc dump payload.bin\n", stderr);
        return 2;
    }
    arena_init(&arena);
    diag_init(&diag, &arena, NULL);
    model_init(&model, &arena, &diag);
    const char *error = buffer_read_file(&file, argv[1]) != 0
                            ? strerror(errno)
                            : read_system(&model, file.data, file.size, &pages);
    if (error != NULL) {
        fprintf(stderr, "adlc: error: %s: %s\n", argv[1], error);
    } else {
        printf("// %zu bytes, %llu donated pages\n", file.size, (unsigned long long)pages);
        report_cdl(&model, stdout);
    }
    buffer_release(&file);
    arena_release(&arena);
    return error == NULL ? 0 : 1;
}
