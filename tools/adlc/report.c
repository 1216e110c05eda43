// SPDX-License-Identifier: BSD-2-Clause
// Labels and the capDL-like view of the model. Runs of equal neighbours are one line.

#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---------------------------------------------------------------------------------------------
// Names

const char *report_arch_name(enum system_arch arch)
{
    switch (arch) {
    case SYSTEM_ARCH_AARCH64:
        return "aarch64";
    case SYSTEM_ARCH_ARM:
        return "arm";
    case SYSTEM_ARCH_X86_64:
        return "x86_64";
    case SYSTEM_ARCH_IA32:
        return "ia32";
    }
    return "unknown";
}

const char *report_type_name(enum system_object_type type)
{
    static const char *const names[] = {
        [SYSTEM_OBJECT_UNTYPED] = "ut",
        [SYSTEM_OBJECT_TCB] = "tcb",
        [SYSTEM_OBJECT_ENDPOINT] = "ep",
        [SYSTEM_OBJECT_NOTIFICATION] = "notification",
        [SYSTEM_OBJECT_CNODE] = "cnode",
        [SYSTEM_OBJECT_SCHED_CONTEXT] = "sc",
        [SYSTEM_OBJECT_REPLY] = "reply",
        [SYSTEM_OBJECT_FRAME] = "frame",
        [SYSTEM_OBJECT_PAGE_TABLE] = "pt",
        [SYSTEM_OBJECT_VSPACE] = "vspace",
        [SYSTEM_OBJECT_VCPU] = "vcpu",
        [SYSTEM_OBJECT_IRQ_HANDLER] = "irq",
        [SYSTEM_OBJECT_ASID_POOL] = "asid_pool",
        [SYSTEM_OBJECT_SCHED_CONTROL] = "sched_control",
        [SYSTEM_OBJECT_SMC] = "smc",
        [SYSTEM_OBJECT_IO_PORTS] = "io_ports",
        [SYSTEM_OBJECT_IO_SPACE] = "io_space",
    };

    return names[type];
}

/// A name in a list that is sorted by it.
struct named {
    const char *name;
    uint32_t index;
};

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

/// Names of instances and groups, sorted, each once: for report_owner().
static void make_owners(struct model *model)
{
    size_t count = model->instance_count + model->spaces.count;
    struct named *named = ARENA_NEW_ARRAY(model->arena, struct named, count);

    // Instances first: a space of one instance has the same name.
    for (size_t i = 0; i < count; i++) {
        named[i].name = i < model->instance_count
                            ? model->instances[i].name
                            : model->spaces.items[i - model->instance_count]->name;
        named[i].index = (uint32_t)i;
    }
    qsort(named, count, sizeof(named[0]), compare_named);
    model->owners = ARENA_NEW_ARRAY(model->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(named[i].name, named[i - 1].name) != 0) {
            model->owners[model->owner_count++] = named[i].name;
        }
    }
}

/// Number of the owner that is called like the first `length` bytes of `text`.
static uint32_t find_owner(const struct model *model, const char *text, size_t length)
{
    size_t low = 0;
    size_t high = model->owner_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *name = model->owners[middle];
        int order = strncmp(name, text, length);
        if (order == 0 && name[length] == '\0') {
            return (uint32_t)middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return MODEL_NONE;
}

uint32_t report_owner_number(struct model *model, const char *object_name)
{
    uint32_t owner = MODEL_NONE;

    if (model->owners == NULL) {
        make_owners(model);
    }
    for (size_t length = strlen(object_name); length > 0 && owner == MODEL_NONE; length--) {
        if (object_name[length] == '.') {
            owner = find_owner(model, object_name, length);
        }
    }
    return owner;
}

const char *report_owner(struct model *model, const char *object_name)
{
    uint32_t owner = report_owner_number(model, object_name);

    return owner != MODEL_NONE ? model->owners[owner] : NULL;
}

const char *const *report_labels(struct model *model)
{
    size_t count = model->objects.count;
    const char **labels = ARENA_NEW_ARRAY(model->arena, const char *, count);
    struct named *named = ARENA_NEW_ARRAY(model->arena, struct named, count);

    for (size_t i = 0; i < count; i++) {
        named[i].name = model->objects.items[i].name;
        named[i].index = (uint32_t)i;
    }
    qsort(named, count, sizeof(named[0]), compare_named);
    for (size_t i = 0; i < count;) {
        size_t next = i + 1;
        while (next < count && strcmp(named[next].name, named[i].name) == 0) {
            next++;
        }
        for (size_t j = i; j < next; j++) {
            labels[named[j].index] = next - i == 1
                                         ? named[j].name
                                         : model_printf(model, "%s[%zu]", named[j].name, j - i);
        }
        i = next;
    }
    return labels;
}

/// Number of a label "name[n]"; -1 when it has none. *length is that of the name.
static long label_number(const char *label, size_t *length)
{
    const char *bracket = strrchr(label, '[');

    if (bracket == NULL) {
        *length = strlen(label);
        return -1;
    }
    *length = (size_t)(bracket - label);
    return strtol(bracket + 1, NULL, 10);
}

/// Whether `next` is the label after `label`: the same name, one number up.
static bool follows(const char *label, const char *next)
{
    size_t length;
    size_t next_length;
    long number = label_number(label, &length);
    long next_number = label_number(next, &next_length);

    return number >= 0 && next_number == number + 1 && length == next_length
           && strncmp(label, next, length) == 0;
}

/// "name[3..9]", or just the label when first and last are the same.
static void print_run(const char *first, const char *last, FILE *out)
{
    size_t length;
    long from = label_number(first, &length);
    long to = label_number(last, &length);

    if (from == to) {
        fputs(first, out);
    } else {
        fprintf(out, "%.*s[%ld..%ld]", (int)length, first, from, to);
    }
}

static void print_size(uint64_t size, FILE *out)
{
    if (size >= 1u << 30 && size % (1u << 30) == 0) {
        fprintf(out, "%" PRIu64 "G", size >> 30);
    } else if (size >= 1u << 20 && size % (1u << 20) == 0) {
        fprintf(out, "%" PRIu64 "M", size >> 20);
    } else if (size % 1024 == 0) {
        fprintf(out, "%" PRIu64 "k", size >> 10);
    } else {
        fprintf(out, "%" PRIu64, size);
    }
}

// ---------------------------------------------------------------------------------------------
// Objects

static void print_object(const struct model_object *object, FILE *out)
{
    fprintf(out, " = %s", report_type_name(object->type));
    switch (object->type) {
    case SYSTEM_OBJECT_CNODE:
        fprintf(out, " (%u bits)", object->size_bits);
        break;
    case SYSTEM_OBJECT_UNTYPED:
    case SYSTEM_OBJECT_FRAME:
    case SYSTEM_OBJECT_SCHED_CONTEXT:
        fputs(" (", out);
        print_size(1ull << object->size_bits, out);
        if ((object->flags & SYSTEM_OBJECT_FIXED) != 0) {
            fprintf(out, ", paddr: 0x%" PRIx64, object->address);
        }
        if ((object->flags & SYSTEM_OBJECT_DONATED) != 0) {
            fprintf(out, ", page: %" PRIu64, object->address);
        }
        fputs(")", out);
        break;
    case SYSTEM_OBJECT_IRQ_HANDLER:
        fprintf(out, " (%" PRIu64 ")", object->address);
        break;
    case SYSTEM_OBJECT_SCHED_CONTROL:
        fprintf(out, " (core: %" PRIu64 ")", object->address);
        break;
    case SYSTEM_OBJECT_IO_PORTS:
        fprintf(out, " (ports: [0x%x..0x%x])", SYSTEM_IO_PORTS_FIRST(object->address),
                SYSTEM_IO_PORTS_LAST(object->address));
        break;
    case SYSTEM_OBJECT_IO_SPACE:
        fprintf(out, " (domain: %u, pci: %02x:%02x.%x)", (unsigned)(object->address >> 16),
                (unsigned)(object->address >> 8 & 0xff), (unsigned)(object->address >> 3 & 0x1f),
                (unsigned)(object->address & 7));
        break;
    default:
        break;
    }
    fputc('\n', out);
}

static bool continues(const struct model_object *a, const struct model_object *b)
{
    uint64_t step = 0;

    if ((a->flags & SYSTEM_OBJECT_FIXED) != 0) {
        step = 1ull << a->size_bits;
    } else if ((a->flags & SYSTEM_OBJECT_DONATED) != 0) {
        step = 1;
    }
    return a->type == b->type && a->size_bits == b->size_bits && a->flags == b->flags
           && b->address == a->address + step;
}

static void print_objects(const struct model *model, const char *const *labels, FILE *out)
{
    fputs("objects {\n", out);
    for (size_t i = 0; i < model->objects.count;) {
        size_t last = i;
        while (last + 1 < model->objects.count && follows(labels[last], labels[last + 1])
               && continues(&model->objects.items[last], &model->objects.items[last + 1])) {
            last++;
        }
        fputs("    ", out);
        print_run(labels[i], labels[last], out);
        print_object(&model->objects.items[i], out);
        i = last + 1;
    }
    fputs("}\n\n", out);
}

// ---------------------------------------------------------------------------------------------
// Caps and mappings

static int compare_caps(const void *left, const void *right)
{
    const struct system_cap *a = left;
    const struct system_cap *b = right;

    if (a->cnode != b->cnode) {
        return a->cnode < b->cnode ? -1 : 1;
    }
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static void print_rights(uint32_t rights, FILE *out)
{
    if ((rights & 2) != 0) {
        fputc('R', out);
    }
    if ((rights & 1) != 0) {
        fputc('W', out);
    }
    if ((rights & 4) != 0) {
        fputc('G', out);
    }
    if ((rights & 8) != 0) {
        fputc('P', out);
    }
}

static void print_caps(struct model *model, const char *const *labels, FILE *out)
{
    size_t count = model->caps.count;
    struct system_cap *caps = ARENA_NEW_ARRAY(model->arena, struct system_cap, count);

    if (count != 0) {
        memcpy(caps, model->caps.items, count * sizeof(caps[0]));
        qsort(caps, count, sizeof(caps[0]), compare_caps);
    }
    fputs("caps {\n", out);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || caps[i].cnode != caps[i - 1].cnode) {
            fprintf(out, "%s    %s {\n", i != 0 ? "    }\n" : "", labels[caps[i].cnode]);
        }
        fprintf(out, "        0x%x: %s (", caps[i].slot, labels[caps[i].object]);
        print_rights(caps[i].rights, out);
        if (model->objects.items[caps[i].object].type == SYSTEM_OBJECT_CNODE) {
            fprintf(out, ", guard: 0x%" PRIx64 ", guard_size: %" PRIu64, caps[i].badge >> 6,
                    caps[i].badge & 0x3f);
        } else if (caps[i].badge != 0) {
            fprintf(out, ", badge: 0x%" PRIx64, caps[i].badge);
        }
        fputs(")\n", out);
    }
    fprintf(out, "%s}\n\n", count != 0 ? "    }\n" : "");
}

static int compare_mappings(const void *left, const void *right)
{
    const struct system_mapping *a = left;
    const struct system_mapping *b = right;

    if (a->vspace != b->vspace) {
        return a->vspace < b->vspace ? -1 : 1;
    }
    return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

static bool mapping_continues(const struct model *model, const struct system_mapping *a,
                              const struct system_mapping *b)
{
    uint64_t size = 1ull << model->objects.items[a->frame].size_bits;
    bool slots = a->slot == MODEL_NONE ? b->slot == MODEL_NONE : b->slot == a->slot + 1;

    return a->vspace == b->vspace && b->vaddr == a->vaddr + size && a->flags == b->flags
           && a->cnode == b->cnode && slots
           && model->objects.items[b->frame].size_bits == model->objects.items[a->frame].size_bits;
}

static void print_mapping_run(const struct model *model, const char *const *labels,
                              const struct system_mapping *first,
                              const struct system_mapping *last, FILE *out)
{
    uint64_t end = last->vaddr + (1ull << model->objects.items[last->frame].size_bits);

    fprintf(out, "        0x%010" PRIx64 "..0x%010" PRIx64 ": ", first->vaddr, end);
    print_run(labels[first->frame], labels[last->frame], out);
    fprintf(out, " (%s%s%s%s", (first->flags & SYSTEM_MAPPING_READ) != 0 ? "R" : "",
            (first->flags & SYSTEM_MAPPING_WRITE) != 0 ? "W" : "",
            (first->flags & SYSTEM_MAPPING_EXECUTE) != 0 ? "X" : "",
            (first->flags & SYSTEM_MAPPING_CACHED) != 0 ? ", cached" : ", uncached");
    if (first->slot != MODEL_NONE) {
        fprintf(out, ", caps in %s from 0x%x", labels[first->cnode], first->slot);
    }
    fputs(")\n", out);
}

static void print_mappings(struct model *model, const char *const *labels, FILE *out)
{
    size_t count = model->mappings.count;
    struct system_mapping *sorted = ARENA_NEW_ARRAY(model->arena, struct system_mapping, count);

    if (count != 0) {
        memcpy(sorted, model->mappings.items, count * sizeof(sorted[0]));
        qsort(sorted, count, sizeof(sorted[0]), compare_mappings);
    }
    fputs("mappings {\n", out);
    for (size_t i = 0; i < count;) {
        size_t last = i;
        if (i == 0 || sorted[i].vspace != sorted[i - 1].vspace) {
            fprintf(out, "%s    %s {\n", i != 0 ? "    }\n" : "", labels[sorted[i].vspace]);
        }
        while (last + 1 < count && mapping_continues(model, &sorted[last], &sorted[last + 1])
               && follows(labels[sorted[last].frame], labels[sorted[last + 1].frame])) {
            last++;
        }
        print_mapping_run(model, labels, &sorted[i], &sorted[last], out);
        i = last + 1;
    }
    fprintf(out, "%s}\n\n", count != 0 ? "    }\n" : "");
}

static void print_tables(const struct model *model, const char *const *labels, FILE *out)
{
    fputs("page_tables {\n", out);
    for (size_t i = 0; i < model->page_tables.count; i++) {
        const struct system_page_table *table = &model->page_tables.items[i];
        fprintf(out, "    %s: %s at 0x%" PRIx64 "\n", labels[table->vspace],
                labels[table->page_table], table->vaddr);
    }
    fputs("}\n\n", out);
}

// ---------------------------------------------------------------------------------------------
// Threads and the rest

static void print_thread(const struct model_thread *thread, const char *const *labels, FILE *out)
{
    const struct system_thread *spec = &thread->spec;

    fprintf(out, "    %s {\n        tcb: %s, vspace: %s", thread->name, labels[spec->tcb],
            labels[spec->vspace]);
    if (spec->cnode != MODEL_NONE) {
        fprintf(out, ", cspace: %s", labels[spec->cnode]);
    }
    fprintf(out,
            "\n        ip: 0x%" PRIx64 ", sp: 0x%" PRIx64 ", x0: 0x%" PRIx64 ", x1: 0x%" PRIx64,
            spec->ip, spec->sp, spec->argument[0], spec->argument[1]);
    if (spec->ipc_buffer != MODEL_NONE) {
        fprintf(out, ", ipc_buffer: %s at 0x%" PRIx64, labels[spec->ipc_buffer],
                spec->ipc_buffer_vaddr);
    }
    fprintf(out, "\n        prio: %u, max_prio: %u, domain: %u, core: %u, %s\n", spec->priority,
            spec->max_priority, spec->domain, spec->core,
            (spec->flags & SYSTEM_THREAD_RESUME) != 0 ? "resume" : "suspended");
    if (spec->sched_context != MODEL_NONE) {
        fprintf(out, "        sc: %s (budget: %" PRIu64 " us, period: %" PRIu64
                ", refills: %u, badge: 0x%" PRIx64 ")\n", labels[spec->sched_context],
                spec->budget_us, spec->period_us, 2 + spec->extra_refills,
                spec->sched_context_badge);
    }
    if (spec->fault_endpoint != MODEL_NONE) {
        fprintf(out, "        fault_ep: %s (badge: 0x%" PRIx64 ")\n", labels[spec->fault_endpoint],
                spec->fault_badge);
    }
    if (spec->bound_notification != MODEL_NONE) {
        fprintf(out, "        bound_notification: %s\n", labels[spec->bound_notification]);
    }
    fputs("    }\n", out);
}

static void print_rest(const struct model *model, const char *const *labels, FILE *out)
{
    fputs("vcpus {\n", out);
    for (size_t i = 0; i < model->vcpus.count; i++) {
        fprintf(out, "    %s: %s\n", labels[model->vcpus.items[i].vcpu],
                labels[model->vcpus.items[i].tcb]);
    }
    fputs("}\n\n", out);
    if (model->schedule.count != 0) {
        fputs("schedule {\n", out);
        for (size_t i = 0; i < model->schedule.count; i++) {
            fprintf(out, "    domain %u: %" PRIu64 " ticks\n", model->schedule.items[i].domain,
                    model->schedule.items[i].ticks);
        }
        fputs("}\n\n", out);
    }
    fputs("irqs {\n", out);
    for (size_t i = 0; i < model->irqs.count; i++) {
        const struct system_irq *irq = &model->irqs.items[i];
        fprintf(out, "    %s (%s, core: %u)", labels[irq->handler],
                irq->trigger == SYSTEM_IRQ_EDGE ? "edge" : "level", irq->core);
        if (irq->notification != MODEL_NONE) {
            fprintf(out, " -> %s (badge: 0x%" PRIx64 ")", labels[irq->notification], irq->badge);
        }
        fputc('\n', out);
    }
    fputs("}\n\nfills {\n", out);
    for (size_t i = 0; i < model->fills.count; i++) {
        const struct system_fill *fill = &model->fills.items[i];
        fprintf(out, "    %s [%u, +%u): %s", labels[fill->frame], fill->offset, fill->length,
                fill->kind == SYSTEM_FILL_ENTROPY ? "entropy" : "boot info");
        if (fill->kind == SYSTEM_FILL_BOOT_INFO) {
            fprintf(out, " (chunk 0x%" PRIx64 ")", fill->argument);
        }
        fputc('\n', out);
    }
    fputs("}\n", out);
}

void report_cdl(struct model *model, FILE *out)
{
    const char *const *labels = report_labels(model);

    fprintf(out, "arch %s\n\n", report_arch_name(model->arch));
    print_objects(model, labels, out);
    print_caps(model, labels, out);
    print_tables(model, labels, out);
    print_mappings(model, labels, out);
    fputs("threads {\n", out);
    for (size_t i = 0; i < model->threads.count; i++) {
        print_thread(&model->threads.items[i], labels, out);
    }
    fputs("}\n\n", out);
    print_rest(model, labels, out);
}
