// SPDX-License-Identifier: BSD-2-Clause
// `adlc audit`: reads model.bin, or a payload together with the model.bin that it was linked from,
// and prints the audit or checks rules.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "write_system.h"

#define MAX_RULE_FILES 16u

struct audit_job {
    const char *file;
    const char *model_path; ///< for a payload
    const char *output;     ///< NULL: standard output
    const char *rules[MAX_RULE_FILES];
    size_t rule_count;
    bool json;

    struct arena arena;
    struct adlc_diag diag;
    struct model model;     ///< what is audited
    struct model origins;   ///< the model.bin of a payload
    struct buffer data;
    struct buffer model_data;
};

static int usage_error(const char *text, const char *value)
{
    fprintf(stderr, "adlc: error: audit: %s '%s'\n", text, value);
    fputs("usage: adlc audit [--json] [-o FILE] [--deny RULES]... model.bin\n"
          "       adlc audit [...] --model model.bin payload.bin\n", stderr);
    return 2;
}

static int parse_arguments(struct audit_job *job, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            job->json = true;
            continue;
        }
        if (argv[i][0] != '-') {
            if (job->file != NULL) {
                return usage_error("one file is audited at a time, so what is", argv[i]);
            }
            job->file = argv[i];
            continue;
        }
        if (value == NULL) {
            return usage_error("unknown option, or one without its value:", argv[i]);
        }
        if (strcmp(argv[i], "--model") == 0) {
            job->model_path = value;
        } else if (strcmp(argv[i], "-o") == 0) {
            job->output = value;
        } else if (strcmp(argv[i], "--deny") == 0) {
            if (job->rule_count == MAX_RULE_FILES) {
                return usage_error("too many rule files:", value);
            }
            job->rules[job->rule_count++] = value;
        } else {
            return usage_error("unknown option", argv[i]);
        }
        i++;
    }
    return job->file != NULL ? 0 : usage_error("missing argument", "model.bin");
}

static bool file_error(const char *path, const char *what)
{
    fprintf(stderr, "adlc: error: %s: %s\n", path, what);
    return false;
}

// ---------------------------------------------------------------------------------------------
// Payloads: the same caps and mappings in another order

/// A cap by its place: whose CNode, which slot; or a mapping: whose VSpace, which address.
struct place {
    const char *space;
    uint64_t at;
    size_t index;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = strcmp(a->space, b->space);

    return order != 0 ? order : a->at < b->at ? -1 : a->at > b->at;
}

static const struct place *find_place(const struct place *places, size_t count, const char *space,
                                      uint64_t at)
{
    struct place key = { space, at, 0 };

    return count != 0 ? bsearch(&key, places, count, sizeof(key), compare_places) : NULL;
}

static const char *object_name(const struct model *model, uint32_t object)
{
    return model->objects.items[object].name;
}

static void adopt_caps(struct model *model, const struct model *from)
{
    size_t count = from->caps.count;
    struct place *places = ARENA_NEW_ARRAY(model->arena, struct place, count);

    for (size_t i = 0; i < count; i++) {
        const struct system_cap *cap = &from->caps.items[i];
        places[i] = (struct place){ object_name(from, cap->cnode), cap->slot, i };
    }
    if (count != 0) {
        qsort(places, count, sizeof(places[0]), compare_places);
    }
    for (size_t i = 0; i < model->caps.count; i++) {
        const struct system_cap *cap = &model->caps.items[i];
        const struct place *place =
            find_place(places, count, object_name(model, cap->cnode), cap->slot);
        uint32_t origin = MODEL_NONE;
        if (place != NULL && place->index < from->cap_origins.count) {
            const struct system_cap *other = &from->caps.items[place->index];
            if (strcmp(object_name(model, cap->object), object_name(from, other->object)) == 0
                && (cap->rights & ~other->rights) == 0 && cap->badge == other->badge) {
                origin = from->cap_origins.items[place->index];
            }
        }
        VEC_PUSH(model->arena, model->cap_origins, origin);
    }
}

static void adopt_mappings(struct model *model, const struct model *from)
{
    size_t count = from->mappings.count;
    struct place *places = ARENA_NEW_ARRAY(model->arena, struct place, count);

    for (size_t i = 0; i < count; i++) {
        const struct system_mapping *mapping = &from->mappings.items[i];
        places[i] = (struct place){ object_name(from, mapping->vspace), mapping->vaddr, i };
    }
    if (count != 0) {
        qsort(places, count, sizeof(places[0]), compare_places);
    }
    for (size_t i = 0; i < model->mappings.count; i++) {
        const struct system_mapping *mapping = &model->mappings.items[i];
        const struct place *place =
            find_place(places, count, object_name(model, mapping->vspace), mapping->vaddr);
        uint32_t origin = MODEL_NONE;
        if (place != NULL && place->index < from->mapping_origins.count) {
            const struct system_mapping *other = &from->mappings.items[place->index];
            if (strcmp(object_name(model, mapping->frame), object_name(from, other->frame)) == 0
                && (mapping->flags & ~other->flags) == 0) {
                origin = from->mapping_origins.items[place->index];
            }
        }
        VEC_PUSH(model->arena, model->mapping_origins, origin);
    }
}

static bool find_object(const struct model *model, enum system_object_type type, const char *name,
                        uint32_t *object)
{
    for (size_t i = 0; i < model->objects.count; i++) {
        if (model->objects.items[i].type == type
            && strcmp(model->objects.items[i].name, name) == 0) {
            *object = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/// Instances and origins of a payload come from the model that it was linked from.
static const char *adopt_model(struct model *model, const struct model *from)
{
    if (model->arch != from->arch) {
        return "the payload is for another architecture than the model";
    }
    model->platform = from->platform;
    model->core_count = from->core_count;
    model->instance_count = from->instance_count;
    model->instances =
        ARENA_NEW_ARRAY(model->arena, struct model_instance, from->instance_count);
    for (size_t i = 0; i < from->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        *instance = from->instances[i];
        if (!find_object(model, SYSTEM_OBJECT_CNODE,
                         object_name(from, from->instances[i].cnode), &instance->cnode)
            || !find_object(model, SYSTEM_OBJECT_VSPACE,
                            object_name(from, from->instances[i].vspace), &instance->vspace)) {
            return "the payload was not linked from this model";
        }
    }
    model_find_spaces(model);
    model->origins.items = from->origins.items;
    model->origins.count = model->origins.capacity = from->origins.count;
    adopt_caps(model, from);
    adopt_mappings(model, from);
    return NULL;
}

static bool load(struct audit_job *job)
{
    uint64_t magic = 0;
    const char *error;

    if (buffer_read_file(&job->data, job->file) != 0) {
        return file_error(job->file, strerror(errno));
    }
    if (job->data.size >= sizeof(magic)) {
        memcpy(&magic, job->data.data, sizeof(magic));
    }
    if (magic != SYSTEM_IMAGE_MAGIC) {
        error = read_model(&job->model, job->data.data, job->data.size);
        return error == NULL || file_error(job->file, error);
    }
    if (job->model_path == NULL) {
        return file_error(job->file, "a payload does not say what its connections are: give the "
                                     "model that it was linked from with --model");
    }
    error = read_system(&job->model, job->data.data, job->data.size, NULL);
    if (error != NULL) {
        return file_error(job->file, error);
    }
    if (buffer_read_file(&job->model_data, job->model_path) != 0) {
        return file_error(job->model_path, strerror(errno));
    }
    error = read_model(&job->origins, job->model_data.data, job->model_data.size);
    if (error != NULL) {
        return file_error(job->model_path, error);
    }
    error = adopt_model(&job->model, &job->origins);
    return error == NULL || file_error(job->file, error);
}

// ---------------------------------------------------------------------------------------------
// The command

static bool print_audit(const struct audit_job *job, const struct audit *audit)
{
    FILE *out = job->output != NULL ? fopen(job->output, "w") : stdout;

    if (out == NULL) {
        return file_error(job->output, strerror(errno));
    }
    if (job->json) {
        audit_json(audit, out);
    } else {
        audit_text(audit, out);
    }
    // cppcheck-suppress useClosedFile
    if ((job->output != NULL ? fclose(out) : fflush(out)) != 0) {
        return file_error(job->output != NULL ? job->output : "standard output", strerror(errno));
    }
    return true;
}

static bool check_rules(struct audit_job *job, const struct audit *audit)
{
    size_t broken = 0;

    for (size_t i = 0; i < job->rule_count; i++) {
        struct buffer text = { 0 };
        if (buffer_read_file(&text, job->rules[i]) != 0) {
            return file_error(job->rules[i], strerror(errno));
        }
        buffer_append(&text, "", 1);
        broken += audit_rules(audit, job->rules[i], (const char *)text.data, stderr);
        buffer_release(&text);
    }
    return broken == 0;
}

static int run(struct audit_job *job, int argc, char **argv)
{
    struct audit audit;
    int status = parse_arguments(job, argc, argv);

    if (status != 0) {
        return status;
    }
    if (!load(job)) {
        return 1;
    }
    const char *error = audit_build(&audit, &job->model);
    if (error != NULL) {
        (void)file_error(job->file, error);
        return 1;
    }
    if ((job->rule_count == 0 || job->json || job->output != NULL) && !print_audit(job, &audit)) {
        return 2;
    }
    return check_rules(job, &audit) ? 0 : 1;
}

int adlc_audit(int argc, char **argv)
{
    struct audit_job *job = calloc(1, sizeof(*job));

    if (job == NULL) {
        perror("adlc");
        return 2;
    }
    arena_init(&job->arena);
    diag_init(&job->diag, &job->arena, NULL);
    model_init(&job->model, &job->arena, &job->diag);
    model_init(&job->origins, &job->arena, &job->diag);
    int status = run(job, argc, argv);
    buffer_release(&job->data);
    buffer_release(&job->model_data);
    arena_release(&job->arena);
    free(job);
    return status;
}
