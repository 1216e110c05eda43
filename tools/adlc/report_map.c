// SPDX-License-Identifier: BSD-2-Clause
// The memory map, the table of what takes memory, JSON and the graph.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "vm.h"
#include "vm_platform.h"

// ---------------------------------------------------------------------------------------------
// Who takes how much

/// Sum over objects that belong to one owner and are of one type.
struct usage_row {
    const char *owner;
    enum system_object_type type;
    bool fixed;
    uint64_t count;
    uint64_t bytes;
};

static int compare_rows(const void *left, const void *right)
{
    const struct usage_row *a = left;
    const struct usage_row *b = right;

    if (a->bytes != b->bytes) {
        return a->bytes > b->bytes ? -1 : 1;
    }
    int order = strcmp(a->owner, b->owner);
    return order != 0 ? order : (int)a->type - (int)b->type;
}

static size_t collect_usage(struct model *model, struct usage_row **rows)
{
    // A row per owner (the last: shared), type and kind of place; then those that have something.
    size_t types = SYSTEM_OBJECT_LAST + 1;
    size_t capacity = (model->instance_count + model->spaces.count + 1) * types * 2;
    size_t count = 0;

    *rows = ARENA_NEW_ARRAY(model->arena, struct usage_row, capacity);
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *object = &model->objects.items[i];
        unsigned bits = layout_object_bits(object);
        if (bits == 0) {
            continue;
        }
        uint32_t owner = report_owner_number(model, object->name);
        bool fixed = (object->flags & SYSTEM_OBJECT_FIXED) != 0;
        size_t place = owner != MODEL_NONE ? owner : model->owner_count;
        struct usage_row *row = *rows + (place * types + object->type) * 2 + fixed;
        row->owner = owner != MODEL_NONE ? model->owners[owner] : "(shared)";
        row->type = object->type;
        row->fixed = fixed;
        row->count++;
        row->bytes += 1ull << bits;
    }
    for (size_t i = 0; i < capacity; i++) {
        if ((*rows)[i].count != 0) {
            (*rows)[count++] = (*rows)[i];
        }
    }
    qsort(*rows, count, sizeof((*rows)[0]), compare_rows);
    return count;
}

void report_usage(struct model *model, const struct layout_result *result, FILE *out)
{
    struct usage_row *rows;
    size_t count = collect_usage(model, &rows);

    fprintf(out, "%12s  %8s  %-14s %s\n", "KiB", "objects", "type", "owner");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%12.1f  %8" PRIu64 "  %-14s %s%s\n", (double)rows[i].bytes / 1024.0,
                rows[i].count, report_type_name(rows[i].type), rows[i].owner,
                rows[i].fixed ? " (at fixed addresses)" : "");
    }
    fprintf(out, "%12.1f  %8s  %-14s %s\n", (double)result->ram_image / 1024.0, "-", "image",
            "initialiser, contents of the instances' files");
    fprintf(out, "%12.1f  %8s  %-14s %s\n", (double)result->ram_kernel / 1024.0, "-", "kernel",
            "kernel and root task (upper bound)");
    fprintf(out, "%12.1f  %8s  %-14s %s\n", (double)result->ram_total / 1024.0, "-", "board",
            "ordinary RAM in all");
}

void report_usage_notes(struct model *model, const struct layout_result *result)
{
    struct adlc_loc loc = ADLC_NO_LOC;
    struct usage_row *rows;
    size_t count = collect_usage(model, &rows);

    diag_note(model->diag, loc, "the board has %" PRIu64 " KiB of ordinary RAM, of which the "
              "kernel and the root task take at most %" PRIu64 ", and %" PRIu64 " KiB for guests",
              result->ram_total >> 10, result->ram_kernel >> 10, result->guest_ram_total >> 10);
    for (size_t i = 0; i < count && i < 8; i++) {
        diag_note(model->diag, loc, "%" PRIu64 " KiB: %s, %" PRIu64 " %s%s%s", rows[i].bytes >> 10,
                  rows[i].owner, rows[i].count, report_type_name(rows[i].type),
                  rows[i].count == 1 ? "" : "s", rows[i].fixed ? " at fixed addresses" : "");
    }
}

// ---------------------------------------------------------------------------------------------
// Address spaces

static int compare_vaddr(const void *left, const void *right)
{
    const struct system_mapping *const *a = left;
    const struct system_mapping *const *b = right;

    return (*a)->vaddr < (*b)->vaddr ? -1 : (*a)->vaddr > (*b)->vaddr;
}

static void print_span(const struct model *model, const struct system_mapping *first,
                       const struct system_mapping *last, FILE *out)
{
    const struct model_object *frame = &model->objects.items[first->frame];
    uint64_t end = last->vaddr + (1ull << model->objects.items[last->frame].size_bits);

    fprintf(out, "  %012" PRIx64 "-%012" PRIx64 " %9" PRIu64 "K %c%c%c %s %s", first->vaddr, end,
            (end - first->vaddr) >> 10, (first->flags & SYSTEM_MAPPING_READ) != 0 ? 'r' : '-',
            (first->flags & SYSTEM_MAPPING_WRITE) != 0 ? 'w' : '-',
            (first->flags & SYSTEM_MAPPING_EXECUTE) != 0 ? 'x' : '-',
            (first->flags & SYSTEM_MAPPING_CACHED) != 0 ? "cached  " : "uncached", frame->name);
    if ((frame->flags & SYSTEM_OBJECT_FIXED) != 0) {
        fprintf(out, " (at %" PRIx64 ")", frame->address);
    }
    fputc('\n', out);
}

static void print_vspace(struct model *model, uint32_t vspace, FILE *out)
{
    const struct system_mapping **found =
        ARENA_NEW_ARRAY(model->arena, const struct system_mapping *, model->mappings.count);
    size_t count = 0;

    for (size_t i = 0; i < model->mappings.count; i++) {
        if (model->mappings.items[i].vspace == vspace) {
            found[count++] = &model->mappings.items[i];
        }
    }
    qsort(found, count, sizeof(found[0]), compare_vaddr);
    fprintf(out, "\n%s\n", model->objects.items[vspace].name);
    for (size_t i = 0; i < count;) {
        size_t last = i;
        const char *name = model->objects.items[found[i]->frame].name;
        while (last + 1 < count && found[last + 1]->flags == found[i]->flags
               && found[last + 1]->vaddr
                      == found[last]->vaddr
                             + (1ull << model->objects.items[found[last]->frame].size_bits)
               && strcmp(model->objects.items[found[last + 1]->frame].name, name) == 0) {
            last++;
        }
        print_span(model, found[i], found[last], out);
        i = last + 1;
    }
}

void report_memory_map(struct model *model, const struct report_link *link, FILE *out)
{
    const struct layout_result *result = link->result;

    fprintf(out, "Memory of %s (%s)\n\n", model->platform->name, report_arch_name(model->arch));
    fprintf(out, "ordinary RAM %" PRIu64 " KiB: kernel at most %" PRIu64 ", image %" PRIu64
            " (payload %" PRIu64 "), objects %" PRIu64 ", free %" PRIu64 "\n",
            result->ram_total >> 10, result->ram_kernel >> 10, result->ram_image >> 10,
            link->payload_size >> 10, result->ram_objects >> 10, result->ram_free >> 10);
    fprintf(out, "RAM kept for guests %" PRIu64 " KiB, used %" PRIu64 "\n",
            result->guest_ram_total >> 10, result->guest_ram >> 10);
    fprintf(out, "root task slots %" PRIu64 " of %" PRIu64 ", objects %zu, caps %zu, mappings %zu, "
            "page tables %zu\n", result->slots_used, result->slots_total, model->objects.count,
            model->caps.count, model->mappings.count, model->page_tables.count);
    fprintf(out, "donated pages %" PRIu64 ", read-only pages shared %zu\n\n",
            link->reserve->page_count, link->shared_pages);
    fprintf(out, "%-24s %10s %10s %10s %10s\n", "instance (bytes)", "text", "rodata", "data",
            "bss");
    for (size_t i = 0; i < model->spaces.count; i++) {
        const struct elf_usage *usage = &link->usage[i];
        fprintf(out, "%-24s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
                model->spaces.items[i]->name, usage->text, usage->rodata, usage->data, usage->bss);
    }
    fputc('\n', out);
    report_usage(model, result, out);
    for (size_t i = 0; i < model->objects.count; i++) {
        if (model->objects.items[i].type == SYSTEM_OBJECT_VSPACE) {
            print_vspace(model, (uint32_t)i, out);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// JSON

static void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void json_thread(const struct model_thread *thread, FILE *out)
{
    const struct system_thread *spec = &thread->spec;

    fputs("    { \"name\": ", out);
    json_string(out, thread->name);
    fprintf(out, ", \"priority\": %u, \"max_priority\": %u, \"domain\": %u, \"core\": %u, "
            "\"budget_us\": %" PRIu64 ", \"period_us\": %" PRIu64 ", \"entry\": %" PRIu64
            ", \"stack_top\": %" PRIu64 ", \"ipc_buffer\": %" PRIu64 ", \"started\": %s }",
            spec->priority, spec->max_priority, spec->domain, spec->core, spec->budget_us,
            spec->period_us, spec->ip, spec->sp, spec->ipc_buffer_vaddr,
            (spec->flags & SYSTEM_THREAD_RESUME) != 0 ? "true" : "false");
}

/// Sizes of the program of a space.
static void json_program(const struct model *model, const struct report_link *link,
                         const struct model_space *space, FILE *out)
{
    for (size_t i = 0; i < model->spaces.count; i++) {
        const struct elf_usage *usage = &link->usage[i];
        if (model->spaces.items[i] == space) {
            fprintf(out, ", \"text\": %" PRIu64 ", \"rodata\": %" PRIu64 ", \"data\": %" PRIu64
                    ", \"bss\": %" PRIu64, usage->text, usage->rodata, usage->data, usage->bss);
        }
    }
}

static void json_instances(const struct model *model, const struct report_link *link, FILE *out)
{
    fputs("  \"instances\": [\n", out);
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *instance = &model->instances[i];
        fputs("    { \"name\": ", out);
        json_string(out, instance->name);
        if (instance->flat != NULL) {
            fputs(", \"component\": ", out);
            json_string(out, instance->flat->component->name);
        }
        fprintf(out, ", \"vm\": %s, \"cnode_bits\": %u", instance->is_vm ? "true" : "false",
                model->objects.items[instance->cnode].size_bits);
        if (model_in_group(instance)) {
            fputs(", \"group\": ", out);
            json_string(out, instance->space->name);
        } else if (link != NULL) {
            json_program(model, link, instance->space, out);
        }
        fprintf(out, " }%s\n", i + 1 < model->instance_count ? "," : "");
    }
    fputs("  ],\n", out);
}

/// Programs of groups; empty without any.
static void json_groups(const struct model *model, const struct report_link *link, FILE *out)
{
    const char *comma = "";

    fputs("  \"groups\": [", out);
    for (size_t i = 0; i < model->spaces.count; i++) {
        const struct model_space *space = model->spaces.items[i];
        if (!model_in_group(&model->instances[space->first])) {
            continue;
        }
        fprintf(out, "%s\n    { \"name\": ", comma);
        json_string(out, space->name);
        fprintf(out, ", \"members\": %u", space->member_count);
        if (link != NULL) {
            json_program(model, link, space, out);
        }
        fputs(" }", out);
        comma = ",";
    }
    fputs(comma[0] != '\0' ? "\n  ],\n" : "],\n", out);
}

static void json_ends(const struct model_end *ends, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i != 0 ? ", " : "", out);
        json_string(out, ends[i].flat->name);
    }
}

static void json_connections(const struct model *model, FILE *out)
{
    fputs("  \"connections\": [\n", out);
    for (size_t i = 0; i < model->connection_count; i++) {
        const struct model_connection *connection = &model->connections[i];
        fputs("    { \"name\": ", out);
        json_string(out, connection->flat->name);
        fputs(", \"connector\": ", out);
        json_string(out, connection->flat->connector->name);
        fputs(", \"from\": [", out);
        json_ends(connection->from, connection->from_count, out);
        fputs("], \"to\": [", out);
        json_ends(connection->to, connection->to_count, out);
        fprintf(out, "] }%s\n", i + 1 < model->connection_count ? "," : "");
    }
    fputs("  ],\n", out);
}

static void json_objects(const struct model *model, FILE *out)
{
    fputs("  \"objects\": {", out);
    for (unsigned type = SYSTEM_OBJECT_UNTYPED; type <= SYSTEM_OBJECT_LAST; type++) {
        size_t count = 0;
        for (size_t i = 0; i < model->objects.count; i++) {
            count += model->objects.items[i].type == (enum system_object_type)type;
        }
        fprintf(out, "%s\"%s\": %zu", type != SYSTEM_OBJECT_UNTYPED ? ", " : " ",
                report_type_name((enum system_object_type)type), count);
    }
    fputs(" },\n", out);
}

/// Bytes of RAM of each owner: its objects and the pages of its program, without guest RAM.
static const uint64_t *owned_bytes(struct model *model)
{
    uint64_t *bytes = ARENA_NEW_ARRAY(model->arena, uint64_t,
                                      model->instance_count + model->spaces.count);

    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *object = &model->objects.items[i];
        uint32_t owner = report_owner_number(model, object->name);
        if (owner == MODEL_NONE || (object->flags & SYSTEM_OBJECT_FIXED) != 0
            || strcmp(object->name + strlen(model->owners[owner]), ".ram") == 0) {
            continue;
        }
        unsigned bits = layout_object_bits(object);
        bool donated = (object->flags & SYSTEM_OBJECT_DONATED) != 0;
        bytes[owner] += donated ? MODEL_PAGE_SIZE : bits != 0 ? 1ull << bits : 0;
    }
    return bytes;
}

/// What each instance has; what the members of a group have together is listed under the group's
/// name.
static void json_memory(struct model *model, FILE *out)
{
    const uint64_t *bytes = owned_bytes(model);
    const char *comma = "";

    fputs("  \"memory\": {", out);
    for (size_t i = 0; i < model->instance_count + model->spaces.count; i++) {
        size_t space = i - model->instance_count;
        if (i >= model->instance_count
            && !model_in_group(&model->instances[model->spaces.items[space]->first])) {
            continue;
        }
        const char *name = i < model->instance_count ? model->instances[i].name
                                                     : model->spaces.items[space]->name;
        uint32_t owner = report_owner_number(model, model_printf(model, "%s.", name));
        fprintf(out, "%s ", comma);
        json_string(out, name);
        fprintf(out, ": %" PRIu64, owner != MODEL_NONE ? bytes[owner] : 0);
        comma = ",";
    }
    fputs(" },\n", out);
}

void report_json(struct model *model, const struct report_link *link, FILE *out)
{
    fputs("{\n  \"platform\": ", out);
    json_string(out, model->platform->name);
    fprintf(out, ",\n  \"arch\": \"%s\",\n  \"cores\": %u,\n", report_arch_name(model->arch),
            model->core_count);
    json_instances(model, link, out);
    json_groups(model, link, out);
    if (model->flat != NULL) {
        json_connections(model, out);
    }
    fputs("  \"threads\": [\n", out);
    for (size_t i = 0; i < model->threads.count; i++) {
        json_thread(&model->threads.items[i], out);
        fputs(i + 1 < model->threads.count ? ",\n" : "\n", out);
    }
    fputs("  ],\n  \"irqs\": [", out);
    for (size_t i = 0; i < model->irqs.count; i++) {
        fprintf(out, "%s%" PRIu64, i != 0 ? ", " : "",
                model->objects.items[model->irqs.items[i].handler].address);
    }
    fputs("],\n", out);
    json_objects(model, out);
    json_memory(model, out);
    if (link != NULL) {
        fprintf(out, "  \"ram\": { \"total\": %" PRIu64 ", \"kernel\": %" PRIu64 ", \"image\": %"
                PRIu64 ", \"objects\": %" PRIu64 ", \"free\": %" PRIu64 ", \"guest\": %" PRIu64
                " },\n", link->result->ram_total, link->result->ram_kernel, link->result->ram_image,
                link->result->ram_objects, link->result->ram_free, link->result->guest_ram);
        fprintf(out, "  \"payload\": { \"bytes\": %" PRIu64 ", \"pages\": %" PRIu64
                ", \"shared_pages\": %zu },\n", link->payload_size, link->reserve->page_count,
                link->shared_pages);
    }
    fprintf(out, "  \"caps\": %zu,\n  \"mappings\": %zu,\n  \"page_tables\": %zu\n}\n",
            model->caps.count, model->mappings.count, model->page_tables.count);
}

// ---------------------------------------------------------------------------------------------
// Graph

void report_dot(const struct model *model, FILE *out)
{
    fputs("digraph system {\n    rankdir=LR;\n    node [shape=box];\n", out);
    for (size_t i = 0; i < model->flat->instance_count; i++) {
        const struct flat_instance *instance = &model->flat->instances[i];
        fprintf(out, "    \"%s\" [label=\"%s\\n%s\"%s];\n", instance->name, instance->name,
                instance->component->name, instance->hardware ? ", style=dashed" : "");
    }
    for (size_t i = 0; i < model->spaces.count; i++) {
        const struct model_space *space = model->spaces.items[i];
        if (!model_in_group(&model->instances[space->first])) {
            continue;
        }
        fprintf(out, "    subgraph \"cluster_%s\" {\n        label=\"group %s\";\n", space->name,
                space->name);
        for (size_t j = 0; j < model->instance_count; j++) {
            if (model->instances[j].space == space) {
                fprintf(out, "        \"%s\";\n", model->instances[j].name);
            }
        }
        fputs("    }\n", out);
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *instance = &model->instances[i];
        if (instance->vm != NULL) {
            fprintf(out, "    \"%s guest\" [shape=ellipse, label=\"guest\\n%" PRIu64
                    " MiB, %u VCPU\"];\n", instance->name, instance->vm->ram_size >> 20,
                    instance->vm->vcpu_count);
            fprintf(out, "    \"%s guest\" -> \"%s\" [label=\"faults\", style=dotted];\n",
                    instance->name, instance->name);
        }
    }
    for (size_t i = 0; i < model->flat->connection_count; i++) {
        const struct flat_connection *connection = &model->flat->connections[i];
        for (size_t j = 0; j < connection->from_count; j++) {
            for (size_t k = 0; k < connection->to_count; k++) {
                fprintf(out, "    \"%s\" -> \"%s\" [label=\"%s\\n%s\"];\n",
                        connection->from[j].instance->name, connection->to[k].instance->name,
                        connection->name, connection->connector->name);
            }
        }
    }
    fputs("}\n", out);
}
