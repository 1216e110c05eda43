// SPDX-License-Identifier: BSD-2-Clause
// Page tables, order of objects and the proof that the system fits; see layout.h. AArch64 with
// three-level tables: the root covers 1 GiB per entry, then 2 MiB, then 4 KiB.

#include "layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <abi/system_object_bits.h>
#include <sel4/arch/aarch64.h>

#include "vm_platform.h"

#define LEVEL1_BITS 30u ///< bytes that one page table of the second level covers
#define LEVEL2_BITS 21u ///< and of the third

unsigned layout_object_bits(const struct model_object *object)
{
    return system_object_bits(object->type, object->size_bits, object->flags);
}

// ---------------------------------------------------------------------------------------------
// Page tables

/// A mapping by where it is, for sorting.
struct placed {
    uint32_t vspace;
    uint8_t bits;
    uint64_t vaddr;
};

static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;

    if (a->vspace != b->vspace) {
        return a->vspace < b->vspace ? -1 : 1;
    }
    return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

static bool check_placed(const struct model *model, const struct placed *placed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = model->objects.items[placed[i].vspace].name;
        uint64_t size = 1ull << placed[i].bits;
        if (placed[i].vaddr % size != 0 || placed[i].vaddr > seL4_UserVSpaceTop) {
            fprintf(stderr, "adlc: error: %s: a mapping at 0x%" PRIx64 " is misplaced\n", name,
                    placed[i].vaddr);
            return false;
        }
        if (i + 1 < count && placed[i + 1].vspace == placed[i].vspace
            && placed[i + 1].vaddr - placed[i].vaddr < size) {
            fprintf(stderr, "adlc: error: %s: two mappings overlap at 0x%" PRIx64 "\n", name,
                    placed[i + 1].vaddr);
            return false;
        }
    }
    return true;
}

/// One page table per run of neighbours (in sorted order) that share the bits above `level`.
static void add_tables(struct model *model, const struct placed *placed, size_t count,
                       unsigned level)
{
    uint32_t vspace = MODEL_NONE;
    uint64_t covered = 0;
    const char *name = NULL;

    for (size_t i = 0; i < count; i++) {
        uint64_t base = placed[i].vaddr >> level << level;
        if (placed[i].bits >= level || (placed[i].vspace == vspace && base == covered)) {
            continue;
        }
        if (placed[i].vspace != vspace) {
            name = model_printf(model, "%s.pt", model->objects.items[placed[i].vspace].name);
        }
        vspace = placed[i].vspace;
        covered = base;
        struct system_page_table table = {
            .vspace = vspace,
            .page_table = model_new_object(model, SYSTEM_OBJECT_PAGE_TABLE, 0, name),
            .vaddr = base,
        };
        VEC_PUSH(model->arena, model->page_tables, table);
    }
}

bool layout_page_tables(struct model *model)
{
    size_t count = model->mappings.count;
    struct placed *placed = ARENA_NEW_ARRAY(model->arena, struct placed, count);

    for (size_t i = 0; i < count; i++) {
        const struct system_mapping *mapping = &model->mappings.items[i];
        placed[i].vspace = mapping->vspace;
        placed[i].vaddr = mapping->vaddr;
        placed[i].bits = model->objects.items[mapping->frame].size_bits;
    }
    qsort(placed, count, sizeof(placed[0]), compare_placed);
    if (!check_placed(model, placed, count)) {
        return false;
    }
    add_tables(model, placed, count, LEVEL1_BITS);
    add_tables(model, placed, count, LEVEL2_BITS);
    return true;
}

// ---------------------------------------------------------------------------------------------
// Slots

static int compare_slots(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

bool layout_check_slots(struct model *model)
{
    size_t capacity = model->caps.count + model->mappings.count;
    uint64_t *used = ARENA_NEW_ARRAY(model->arena, uint64_t, capacity);
    size_t count = 0;

    for (size_t i = 0; i < model->caps.count; i++) {
        used[count++] = (uint64_t)model->caps.items[i].cnode << 32 | model->caps.items[i].slot;
    }
    for (size_t i = 0; i < model->mappings.count; i++) {
        const struct system_mapping *mapping = &model->mappings.items[i];
        if (mapping->cnode != MODEL_NONE && mapping->slot != MODEL_NONE) {
            used[count++] = (uint64_t)mapping->cnode << 32 | mapping->slot;
        }
    }
    qsort(used, count, sizeof(used[0]), compare_slots);
    for (size_t i = 0; i < count; i++) {
        const struct model_object *cnode = &model->objects.items[used[i] >> 32];
        uint32_t slot = (uint32_t)used[i];
        if (cnode->type != SYSTEM_OBJECT_CNODE || slot == 0 || slot >> cnode->size_bits != 0) {
            fprintf(stderr, "adlc: error: %s has no slot 0x%x\n", cnode->name, slot);
            return false;
        }
        if (i != 0 && used[i] == used[i - 1]) {
            fprintf(stderr, "adlc: error: %s: slot 0x%x is used twice\n", cnode->name, slot);
            return false;
        }
    }
    return true;
}

// ---------------------------------------------------------------------------------------------
// Order

struct sort_key {
    unsigned rank;  ///< 0 fixed, 1 needs memory, 2 neither
    unsigned bits;
    uint64_t address;
    uint32_t index; ///< keeps the sort stable
};

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left;
    const struct sort_key *b = right;

    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->rank == 0 && a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    if (a->rank == 1 && a->bits != b->bits) {
        return a->bits > b->bits ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static void renumber(uint32_t *reference, const uint32_t *moved)
{
    if (*reference != MODEL_NONE) {
        *reference = moved[*reference];
    }
}

static void renumber_model(struct model *model, const uint32_t *moved)
{
    for (size_t i = 0; i < model->caps.count; i++) {
        renumber(&model->caps.items[i].cnode, moved);
        renumber(&model->caps.items[i].object, moved);
    }
    for (size_t i = 0; i < model->page_tables.count; i++) {
        renumber(&model->page_tables.items[i].vspace, moved);
        renumber(&model->page_tables.items[i].page_table, moved);
    }
    for (size_t i = 0; i < model->mappings.count; i++) {
        renumber(&model->mappings.items[i].vspace, moved);
        renumber(&model->mappings.items[i].frame, moved);
        renumber(&model->mappings.items[i].cnode, moved);
    }
    for (size_t i = 0; i < model->threads.count; i++) {
        struct system_thread *thread = &model->threads.items[i].spec;
        renumber(&thread->tcb, moved);
        renumber(&thread->cnode, moved);
        renumber(&thread->vspace, moved);
        renumber(&thread->ipc_buffer, moved);
        renumber(&thread->sched_context, moved);
        renumber(&thread->bound_notification, moved);
        renumber(&thread->fault_endpoint, moved);
        renumber(&thread->timeout_endpoint, moved);
    }
    for (size_t i = 0; i < model->vcpus.count; i++) {
        renumber(&model->vcpus.items[i].vcpu, moved);
        renumber(&model->vcpus.items[i].tcb, moved);
    }
    for (size_t i = 0; i < model->irqs.count; i++) {
        renumber(&model->irqs.items[i].handler, moved);
        renumber(&model->irqs.items[i].notification, moved);
    }
    for (size_t i = 0; i < model->fills.count; i++) {
        renumber(&model->fills.items[i].frame, moved);
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        renumber(&model->instances[i].cnode, moved);
        renumber(&model->instances[i].vspace, moved);
    }
    for (size_t i = 0; i < model->spaces.count; i++) {
        renumber(&model->spaces.items[i]->vspace, moved);
    }
}

/// Keys of all objects in the order for the initialiser; from the arena.
static struct sort_key *sorted_keys(const struct model *model)
{
    size_t count = model->objects.count;
    struct sort_key *keys = ARENA_NEW_ARRAY(model->arena, struct sort_key, count);

    for (size_t i = 0; i < count; i++) {
        const struct model_object *object = &model->objects.items[i];
        keys[i].index = (uint32_t)i;
        keys[i].bits = layout_object_bits(object);
        keys[i].address = object->address;
        keys[i].rank = (object->flags & SYSTEM_OBJECT_FIXED) != 0 ? 0 : keys[i].bits != 0 ? 1 : 2;
    }
    if (count != 0) {
        qsort(keys, count, sizeof(keys[0]), compare_keys);
    }
    return keys;
}

void layout_sort(struct model *model)
{
    size_t count = model->objects.count;
    const struct sort_key *keys = sorted_keys(model);
    struct model_object *sorted = ARENA_NEW_ARRAY(model->arena, struct model_object, count);
    uint32_t *moved = ARENA_NEW_ARRAY(model->arena, uint32_t, count);

    for (size_t i = 0; i < count; i++) {
        sorted[i] = model->objects.items[keys[i].index];
        moved[keys[i].index] = (uint32_t)i;
    }
    if (count != 0) {
        memcpy(model->objects.items, sorted, count * sizeof(sorted[0]));
    }
    renumber_model(model, moved);
}

// ---------------------------------------------------------------------------------------------
// Fit

#define MAX_RANGES 64u
#define MAX_UNTYPEDS CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS
/// RAM that the kernel takes from the end for the root task: CNode, page tables, boot info and the
/// device tree in it.
#define ROOT_TASK_RESERVE                                                                          \
    (((uint64_t)1 << (CONFIG_ROOT_CNODE_SIZE_BITS + seL4_SlotBits)) + 0x200000)

uint64_t layout_ram_end(const struct platform *platform)
{
    return platform->ram.base + platform->ram.size - ROOT_TASK_RESERVE;
}

struct range_list {
    struct platform_range items[MAX_RANGES];
    size_t count;
};

/// Take [base, base + size) out of the ranges. False when that makes too many pieces.
static bool subtract(struct range_list *list, uint64_t base, uint64_t size)
{
    for (size_t i = 0; i < list->count; i++) {
        struct platform_range *range = &list->items[i];
        uint64_t end = range->base + range->size;
        if (base + size <= range->base || base >= end) {
            continue;
        }
        uint64_t left = base > range->base ? base - range->base : 0;
        uint64_t right = end > base + size ? end - (base + size) : 0;
        if (left != 0 && right != 0) {
            if (list->count == MAX_RANGES) {
                return false;
            }
            list->items[list->count++] = (struct platform_range){ base + size, right };
            range->size = left;
        } else if (left != 0) {
            range->size = left;
        } else {
            range->base = base + size;
            range->size = right;
        }
    }
    return true;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct platform_range *a = left;
    const struct platform_range *b = right;

    return a->base < b->base ? -1 : a->base > b->base;
}

struct untyped {
    uint64_t size;
    uint64_t used;
};

/// Cut the ranges into naturally aligned powers of two, as the kernel does.
static size_t make_untypeds(const struct range_list *list, struct untyped *untypeds)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        uint64_t base = list->items[i].base;
        uint64_t left = list->items[i].size;
        while (left >= MODEL_PAGE_SIZE && count < MAX_UNTYPEDS) {
            uint64_t size = MODEL_PAGE_SIZE;
            while (size * 2 <= left && base % (size * 2) == 0) {
                size *= 2;
            }
            untypeds[count++].size = size;
            base += size;
            left -= size;
        }
    }
    return count;
}

static bool inside(const struct platform_range *range, uint64_t base, uint64_t size)
{
    return base >= range->base && base - range->base < range->size
           && size <= range->size - (base - range->base);
}

/// Fixed objects: no two at one place, none over kernel or image; those in ordinary RAM are cut out
/// of it.
static bool fit_fixed(const struct model *model, struct range_list *ram,
                      struct layout_result *result)
{
    const struct platform *platform = model->platform;
    uint64_t end = 0;

    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *object = &model->objects.items[i];
        if ((object->flags & SYSTEM_OBJECT_FIXED) == 0) {
            break;
        }
        uint64_t size = 1ull << layout_object_bits(object);
        result->failed = (uint32_t)i;
        if (object->address < end) {
            result->reason = "two objects at fixed addresses overlap";
            return false;
        }
        end = object->address + size;
        if (inside(&platform->guest_ram, object->address, size)) {
            result->guest_ram += size;
        } else if (inside(&platform->ram, object->address, size)) {
            bool is_free = false;
            for (size_t j = 0; j < ram->count && !is_free; j++) {
                is_free = inside(&ram->items[j], object->address, size);
            }
            if (!is_free || !subtract(ram, object->address, size)) {
                result->reason = "RAM at a fixed address is taken by the kernel or the image";
                return false;
            }
            result->ram_objects += size;
        }
    }
    result->failed = MODEL_NONE;
    return true;
}

static bool fit_objects(const struct model *model, const struct range_list *ram,
                        struct layout_result *result)
{
    static struct untyped untypeds[MAX_UNTYPEDS];

    memset(untypeds, 0, sizeof(untypeds));
    size_t count = make_untypeds(ram, untypeds);
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *object = &model->objects.items[i];
        unsigned bits = layout_object_bits(object);
        if (bits == 0 || (object->flags & SYSTEM_OBJECT_FIXED) != 0) {
            continue;
        }
        uint64_t size = 1ull << bits;
        bool found = false;
        for (size_t j = 0; j < count && !found; j++) {
            uint64_t at = (untypeds[j].used + size - 1) & ~(size - 1);
            if (at <= untypeds[j].size && size <= untypeds[j].size - at) {
                untypeds[j].used = at + size;
                found = true;
            }
        }
        result->ram_objects += size;
        if (!found) {
            result->failed = (uint32_t)i;
            result->reason = "the board has too little RAM for the objects";
            return false;
        }
    }
    for (size_t j = 0; j < count; j++) {
        result->ram_free += untypeds[j].size - untypeds[j].used;
    }
    return true;
}

static uint64_t count_slots(const struct model *model, const struct layout_reserve *reserve)
{
    uint64_t image_pages = (reserve->image_size + reserve->payload_size) / MODEL_PAGE_SIZE + 1;
    uint64_t paging = image_pages / 512 + 4;

    // Every object has a cap of its own, donated ones that of the image. Each mapping may use a
    // copy; a thread one of its IPC buffer's and of two fault endpoints; an interrupt one of its
    // notification.
    return seL4_NumInitialCaps + paging + image_pages + MAX_UNTYPEDS
           + (model->objects.count - reserve->page_count) + model->mappings.count
           + 3 * model->threads.count + model->irqs.count;
}

void layout_fit(const struct model *model, const struct layout_reserve *reserve,
                struct layout_result *result)
{
    const struct platform *platform = model->platform;
    struct range_list ram = { .count = 1 };
    uint64_t image = (reserve->image_size + reserve->payload_size + MODEL_PAGE_SIZE - 1)
                     & ~(uint64_t)(MODEL_PAGE_SIZE - 1);

    memset(result, 0, sizeof(*result));
    result->failed = MODEL_NONE;
    result->ram_total = platform->ram.size - platform->guest_ram.size;
    result->guest_ram_total = platform->guest_ram.size;
    result->ram_kernel = platform->kernel.size + ROOT_TASK_RESERVE;
    result->ram_image = image;
    result->slots_total = (uint64_t)1 << CONFIG_ROOT_CNODE_SIZE_BITS;
    result->slots_used = count_slots(model, reserve);

    ram.items[0] = platform->ram;
    if (result->ram_kernel + image > result->ram_total) {
        result->reason = "the image is larger than the board's RAM";
        return;
    }
    // The boot loader puts the image behind the kernel; the kernel takes the root task's objects
    // from the end of RAM.
    (void)subtract(&ram, platform->guest_ram.base, platform->guest_ram.size);
    (void)subtract(&ram, platform->kernel.base, platform->kernel.size + image);
    (void)subtract(&ram, platform->ram.base + platform->ram.size - ROOT_TASK_RESERVE,
                   ROOT_TASK_RESERVE);
    if (!fit_fixed(model, &ram, result)) {
        return;
    }
    qsort(ram.items, ram.count, sizeof(ram.items[0]), compare_ranges);
    if (!fit_objects(model, &ram, result)) {
        return;
    }
    if (model->objects.count > SYSTEM_IMAGE_MAX_OBJECTS) {
        result->reason = "more objects than the initialiser has room for";
        return;
    }
    if (result->slots_used > result->slots_total) {
        result->reason = "the root CNode has too few slots";
        return;
    }
    result->fits = true;
}

/// Frames for the heaps, which `adlc link` will find in the programs: no more large ones than there
/// are sure to be.
static void add_heaps(struct model *model)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *instance = &model->instances[i];
        const char *name = model_printf(model, "%s.heap", instance->name);
        uint64_t left = instance->heap_size;
        while (left >= MODEL_PAGE_SIZE) {
            bool large = left >= 2 * MODEL_LARGE_PAGE_SIZE;
            (void)model_new_object(model, SYSTEM_OBJECT_FRAME,
                                   large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS, name);
            left -= large ? MODEL_LARGE_PAGE_SIZE : MODEL_PAGE_SIZE;
        }
    }
}

void layout_fit_early(struct model *model, struct layout_result *result)
{
    const struct layout_reserve reserve = { .image_size = LAYOUT_IMAGE_SIZE };
    size_t objects = model->objects.count;

    add_heaps(model);
    const struct sort_key *keys = sorted_keys(model);
    struct model sorted = *model;

    sorted.objects.items =
        ARENA_NEW_ARRAY(model->arena, struct model_object, model->objects.count);
    for (size_t i = 0; i < model->objects.count; i++) {
        sorted.objects.items[i] = model->objects.items[keys[i].index];
    }
    layout_fit(&sorted, &reserve, result);
    if (result->failed != MODEL_NONE) {
        result->failed = keys[result->failed].index;
    }
    if (result->fits) {
        model->objects.count = objects;
    }
}
