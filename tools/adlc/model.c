// SPDX-License-Identifier: BSD-2-Clause
// Building blocks of the system model: objects, caps, regions, mappings, notifications, interrupts.

#include "model.h"

#include <stdarg.h>
#include <string.h>

#include "vm_platform.h"

#define MAX_DEVICE_SIZE    (1ull << 34) ///< of one range of device memory
#define MAX_DEVICE_ADDRESS (1ull << 48)

void model_init(struct model *model, struct arena *arena, struct adlc_diag *diag)
{
    memset(model, 0, sizeof(*model));
    model->arena = arena;
    model->diag = diag;
    model->arch = SYSTEM_ARCH_AARCH64;
    model->core_count = 1;
    model->origin = MODEL_NONE;
}

const char *model_printf(struct model *model, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(model->arena, format, args);
    va_end(args);
    return text;
}

uint32_t model_new_object(struct model *model, enum system_object_type type, uint8_t size_bits,
                          const char *name)
{
    struct model_object object = { .type = type, .size_bits = size_bits, .name = name };

    VEC_PUSH(model->arena, model->objects, object);
    return (uint32_t)(model->objects.count - 1);
}

uint32_t model_new_fixed(struct model *model, enum system_object_type type, uint8_t size_bits,
                         uint64_t paddr, const char *name)
{
    uint32_t object = model_new_object(model, type, size_bits, name);

    model->objects.items[object].flags = SYSTEM_OBJECT_FIXED;
    model->objects.items[object].address = paddr;
    return object;
}

// ---------------------------------------------------------------------------------------------
// Origins

static void new_origin(struct model *model, const struct model_origin *origin)
{
    model->origin = MODEL_NONE;
    model->next_origin = *origin;
}

/// Index of the origin of what is made now. Only origins that explain something are kept.
static uint32_t current_origin(struct model *model)
{
    const struct model_origin *origin = &model->next_origin;

    if (model->origin != MODEL_NONE || origin->name == NULL) {
        return model->origin;
    }
    for (size_t i = model->origins.count; i > 0; i--) {
        const struct model_origin *other = &model->origins.items[i - 1];
        if (other->kind == origin->kind && strcmp(other->name, origin->name) == 0) {
            model->origin = (uint32_t)(i - 1);
            return model->origin;
        }
    }
    VEC_PUSH(model->arena, model->origins, *origin);
    model->origin = (uint32_t)(model->origins.count - 1);
    return model->origin;
}

void model_origin_connection(struct model *model, const struct model_connection *connection)
{
    size_t capacity = connection->from_count + connection->to_count;
    uint32_t *instances = ARENA_NEW_ARRAY(model->arena, uint32_t, capacity);
    struct model_origin origin = {
        .kind = MODEL_ORIGIN_CONNECTION,
        .name = connection->flat->name,
        .detail = connection->flat->connector->name,
        .instances = instances,
    };

    for (size_t i = 0; i < capacity; i++) {
        const struct model_end *end = i < connection->from_count
                                          ? &connection->from[i]
                                          : &connection->to[i - connection->from_count];
        if (end->instance != NULL) {
            instances[origin.instance_count++] = end->instance->index;
        }
    }
    new_origin(model, &origin);
}

void model_origin_instance(struct model *model, const struct model_instance *instance,
                           enum model_origin_kind kind, const char *attribute)
{
    uint32_t *instances = ARENA_NEW_ARRAY(model->arena, uint32_t, 1);
    struct model_origin origin = {
        .kind = kind,
        .name = model_printf(model, "%s.%s", instance->name, attribute),
        .detail = "",
        .instances = instances,
        .instance_count = 1,
    };

    instances[0] = instance->index;
    new_origin(model, &origin);
}

void model_origin_none(struct model *model)
{
    model->origin = MODEL_NONE;
    model->next_origin.name = NULL;
}

static const struct model_origin *origin_at(const struct model *model, const uint32_t *origins,
                                            size_t count, size_t index)
{
    return index < count && origins[index] < model->origins.count
               ? &model->origins.items[origins[index]]
               : NULL;
}

const struct model_origin *model_cap_origin(const struct model *model, size_t cap)
{
    return origin_at(model, model->cap_origins.items, model->cap_origins.count, cap);
}

const struct model_origin *model_mapping_origin(const struct model *model, size_t mapping)
{
    return origin_at(model, model->mapping_origins.items, model->mapping_origins.count, mapping);
}

// ---------------------------------------------------------------------------------------------
// Caps, regions, mappings

uint32_t model_reserve_slots(struct model *model, struct model_instance *instance, uint32_t count)
{
    (void)model;
    uint32_t first = instance->cspace->next_slot;

    instance->cspace->next_slot += count;
    return first;
}

void model_cap_at(struct model *model, struct model_instance *instance, uint32_t slot,
                  uint32_t object, uint32_t rights, uint64_t badge)
{
    struct system_cap cap = {
        .cnode = instance->cnode,
        .slot = slot,
        .object = object,
        .rights = rights,
        .badge = badge,
    };

    VEC_PUSH(model->arena, model->caps, cap);
    VEC_PUSH(model->arena, model->cap_origins, current_origin(model));
}

uint32_t model_instance_cap(struct model *model, struct model_instance *instance, uint32_t object,
                            uint32_t rights, uint64_t badge)
{
    uint32_t slot = model_reserve_slots(model, instance, 1);

    model_cap_at(model, instance, slot, object, rights, badge);
    return slot;
}

static struct model_space *space_of(const struct model *model, uint32_t vspace)
{
    for (size_t i = 0; i < model->spaces.count; i++) {
        if (model->spaces.items[i]->vspace == vspace) {
            return model->spaces.items[i];
        }
    }
    return NULL;
}

void model_find_spaces(struct model *model)
{
    model->spaces.count = 0;
    for (uint32_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        instance->space = space_of(model, instance->vspace);
        if (instance->space == NULL) {
            const char *name = model->objects.items[instance->vspace].name;
            const char *dot = strrchr(name, '.');
            size_t length = dot != NULL ? (size_t)(dot - name) : strlen(name);
            instance->space = ARENA_NEW(model->arena, struct model_space);
            instance->space->name = arena_strndup(model->arena, name, length);
            instance->space->vspace = instance->vspace;
            instance->space->first = i;
            VEC_PUSH(model->arena, model->spaces, instance->space);
        }
        instance->space->member_count++;
    }
}

bool model_in_group(const struct model_instance *instance)
{
    return strcmp(instance->space->name, instance->name) != 0;
}

struct model_instance *model_instance_of(struct model *model, const struct flat_instance *flat)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        if (model->instances[i].flat == flat) {
            return &model->instances[i];
        }
    }
    return NULL;
}

struct model_instance *model_find_instance(struct model *model, const char *name)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        if (strcmp(model->instances[i].name, name) == 0) {
            return &model->instances[i];
        }
    }
    return NULL;
}

static struct model_region *new_region(struct model *model, const char *name, uint64_t size,
                                       uint8_t frame_bits)
{
    struct model_region *region = ARENA_NEW(model->arena, struct model_region);

    region->name = name;
    region->frame_bits = frame_bits;
    region->frame_count = (uint32_t)((size + (1ull << frame_bits) - 1) >> frame_bits);
    region->size = (uint64_t)region->frame_count << frame_bits;
    region->frames = ARENA_NEW_ARRAY(model->arena, uint32_t, region->frame_count);
    VEC_PUSH(model->arena, model->regions, region);
    return region;
}

struct model_region *model_ram_region(struct model *model, const char *name, uint64_t size,
                                      uint8_t frame_bits, bool fixed, uint64_t paddr)
{
    struct model_region *region = new_region(model, name, size, frame_bits);

    region->fixed = fixed;
    region->paddr = paddr;
    for (uint32_t i = 0; i < region->frame_count; i++) {
        uint64_t offset = (uint64_t)i << frame_bits;
        region->frames[i] =
            fixed ? model_new_fixed(model, SYSTEM_OBJECT_FRAME, frame_bits, paddr + offset, name)
                  : model_new_object(model, SYSTEM_OBJECT_FRAME, frame_bits, name);
    }
    return region;
}

struct model_region *model_shared_region(struct model *model, const char *name, uint64_t size)
{
    if (size == 0) {
        size = MODEL_PAGE_SIZE;
    }
    bool large = size % MODEL_LARGE_PAGE_SIZE == 0;

    return model_ram_region(model, name, size, large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS,
                            false, 0);
}

/// The frame of an earlier fixed region at `paddr`. False when the page lies in a frame of another
/// size or inside a larger frame; *frame is MODEL_NONE when nothing covers the page.
static bool find_fixed_frame(const struct model *model, uint64_t paddr, uint8_t frame_bits,
                             uint32_t *frame)
{
    uint64_t size = 1ull << frame_bits;

    *frame = MODEL_NONE;
    for (size_t i = 0; i < model->regions.count; i++) {
        const struct model_region *region = model->regions.items[i];
        if (!region->fixed || paddr + size <= region->paddr
            || paddr >= region->paddr + region->size) {
            continue;
        }
        if (region->frame_bits != frame_bits || paddr < region->paddr) {
            return false;
        }
        *frame = region->frames[(paddr - region->paddr) >> frame_bits];
        return true;
    }
    return true;
}

struct model_region *model_device_region(struct model *model, const char *name, uint64_t paddr,
                                         uint64_t size, struct adlc_loc loc)
{
    uint64_t base = paddr & ~(uint64_t)(MODEL_PAGE_SIZE - 1);

    if (size == 0 || size > MAX_DEVICE_SIZE || paddr > MAX_DEVICE_ADDRESS - size) {
        diag_error(model->diag, loc, "device-range",
                   "%s: 0x%llx bytes at 0x%llx are no range of device memory", name,
                   (unsigned long long)size, (unsigned long long)paddr);
        return NULL;
    }
    uint64_t end = (paddr + size + MODEL_PAGE_SIZE - 1) & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    bool large = base % MODEL_LARGE_PAGE_SIZE == 0 && end % MODEL_LARGE_PAGE_SIZE == 0;
    uint8_t bits = large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS;
    uint32_t count = (uint32_t)((end - base) >> bits);
    uint32_t *frames = ARENA_NEW_ARRAY(model->arena, uint32_t, count);

    for (uint32_t i = 0; i < count; i++) {
        if (!find_fixed_frame(model, base + ((uint64_t)i << bits), bits, &frames[i])) {
            diag_error(model->diag, loc, "device-overlap",
                       "%s: device memory at 0x%llx is already used in frames of another size",
                       name, (unsigned long long)(base + ((uint64_t)i << bits)));
            return NULL;
        }
    }
    struct model_region *region = new_region(model, name, end - base, bits);
    region->device = true;
    region->fixed = true;
    region->paddr = base;
    for (uint32_t i = 0; i < count; i++) {
        region->frames[i] = frames[i];
        if (frames[i] == MODEL_NONE) {
            region->frames[i] = model_new_fixed(model, SYSTEM_OBJECT_FRAME, bits,
                                                base + ((uint64_t)i << bits), name);
        }
    }
    return region;
}

void model_add_mapping(struct model *model, const struct system_mapping *mapping)
{
    VEC_PUSH(model->arena, model->mappings, *mapping);
    VEC_PUSH(model->arena, model->mapping_origins, current_origin(model));
}

static void map_one(struct model *model, uint32_t vspace, uint32_t frame, uint64_t vaddr,
                    uint32_t flags, uint32_t cnode, uint32_t slot)
{
    struct system_mapping mapping = {
        .vspace = vspace,
        .frame = frame,
        .vaddr = vaddr,
        .flags = flags,
        .cnode = cnode,
        .slot = slot,
    };

    model_add_mapping(model, &mapping);
}

void model_map_frames(struct model *model, uint32_t vspace, const struct model_region *region,
                      uint64_t vaddr, uint32_t flags)
{
    for (uint32_t i = 0; i < region->frame_count; i++) {
        map_one(model, vspace, region->frames[i], vaddr + ((uint64_t)i << region->frame_bits),
                flags, MODEL_NONE, MODEL_NONE);
    }
}

uint64_t model_map_region(struct model *model, struct model_instance *instance,
                          const struct model_region *region, uint32_t flags, uint32_t *first_slot)
{
    struct model_space *space = instance->space;
    uint64_t *next = region->device ? &space->next_device : &space->next_shared;
    uint64_t align = 1ull << region->frame_bits;
    uint64_t vaddr = (*next + align - 1) & ~(align - 1);

    for (size_t i = 0; first_slot == NULL && i < space->places.count; i++) {
        const struct model_place *place = &space->places.items[i];
        if (place->region == region && place->flags == flags) {
            return place->vaddr;
        }
    }
    // A page stays free behind each region, so that an overrun faults.
    *next = vaddr + region->size + MODEL_PAGE_SIZE;
    if (first_slot == NULL) {
        struct model_place place = { .region = region, .flags = flags, .vaddr = vaddr };
        if (model_in_group(instance)) {
            VEC_PUSH(model->arena, space->places, place);
        }
        model_map_frames(model, instance->vspace, region, vaddr, flags);
        return vaddr;
    }
    *first_slot = model_reserve_slots(model, instance, region->frame_count);
    for (uint32_t i = 0; i < region->frame_count; i++) {
        map_one(model, instance->vspace, region->frames[i],
                vaddr + ((uint64_t)i << region->frame_bits), flags, instance->cnode,
                *first_slot + i);
    }
    return vaddr;
}

uint32_t model_access_flags(const char *access)
{
    uint32_t flags = 0;

    if (access == NULL) {
        return SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE;
    }
    for (const char *at = access; *at != '\0'; at++) {
        if (*at == 'R') {
            flags |= SYSTEM_MAPPING_READ;
        } else if (*at == 'W') {
            flags |= SYSTEM_MAPPING_WRITE;
        } else if (*at == 'X') {
            flags |= SYSTEM_MAPPING_EXECUTE;
        }
    }
    return flags;
}

uint32_t model_global_notification(struct model *model, struct model_instance *instance)
{
    if (instance->notification == MODEL_NONE) {
        instance->notification =
            model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                             model_printf(model, "%s.notification", instance->name));
        instance->notification_slot =
            model_instance_cap(model, instance, instance->notification, MODEL_RIGHT_READ, 0);
    }
    return instance->notification;
}

uint64_t model_next_badge(struct model *model, struct model_instance *instance,
                          struct adlc_loc loc)
{
    uint64_t taken = instance->badge_used | instance->badge_base | MODEL_VCPU_BADGE;

    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t badge = 1ull << bit;
        if ((badge & instance->badge_mask) != 0 && (badge & taken) == 0) {
            instance->badge_used |= badge;
            return badge | instance->badge_base;
        }
    }
    diag_error(model->diag, loc, "badges-exhausted",
               "no badge bit is left on the notification of instance '%s'", instance->name);
    diag_note(model->diag, loc,
              "its global_endpoint_base is 0x%llx and its global_endpoint_mask 0x%llx",
              (unsigned long long)instance->badge_base, (unsigned long long)instance->badge_mask);
    return 0;
}

static bool is_kernel_irq(const struct platform *platform, uint32_t number)
{
    for (const uint32_t *irq = platform->kernel_irqs; irq != NULL && *irq != 0; irq++) {
        if (*irq == number) {
            return true;
        }
    }
    return false;
}

uint32_t model_instance_irq(struct model *model, struct model_instance *instance, uint32_t number,
                            enum system_irq_trigger trigger, uint32_t notification, uint64_t badge,
                            struct adlc_loc loc)
{
    if (number >= model->platform->irq_count) {
        diag_error(model->diag, loc, "irq-range",
                   "instance '%s' asks for interrupt %u, but the board's end at %u", instance->name,
                   number, model->platform->irq_count - 1);
        return MODEL_NONE;
    }
    if (is_kernel_irq(model->platform, number)) {
        diag_error(model->diag, loc, "irq-range",
                   "instance '%s' asks for interrupt %u, which the kernel keeps", instance->name,
                   number);
        return MODEL_NONE;
    }
    for (size_t i = 0; i < model->irqs.count; i++) {
        const struct model_object *other = &model->objects.items[model->irqs.items[i].handler];
        if (other->address == number) {
            diag_error(model->diag, loc, "irq-taken",
                       "instance '%s' asks for interrupt %u, which already belongs to %s",
                       instance->name, number, other->name);
            return MODEL_NONE;
        }
    }
    uint32_t object = model_new_object(model, SYSTEM_OBJECT_IRQ_HANDLER, 0,
                                       model_printf(model, "%s.irq%u", instance->name, number));
    model->objects.items[object].address = number;
    struct system_irq irq = {
        .handler = object,
        .notification = notification,
        .badge = badge,
        .trigger = trigger,
    };
    // It comes in on the core where the instance is at home.
    if (instance->threads.count != 0) {
        irq.core = model->threads.items[instance->threads.items[0].thread].spec.core;
    }
    VEC_PUSH(model->arena, model->irqs, irq);
    struct model_instance_irq entry = {
        .number = number,
        .slot = model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, 0),
        .badge = notification == MODEL_NONE ? 0 : badge,
        .trigger = trigger,
    };
    VEC_PUSH(model->arena, instance->irqs, entry);
    return entry.slot;
}

bool model_decode_interrupt(const uint32_t *cells, uint32_t cell_count, uint32_t *number,
                            enum system_irq_trigger *trigger)
{
    if (cell_count == 1) {
        *number = cells[0];
        *trigger = SYSTEM_IRQ_LEVEL;
        return true;
    }
    // GIC binding: <type number flags>; type 0 is an SPI (from INTID 32), 1 a PPI (from 16).
    if (cell_count < 3 || cells[0] > 1 || cells[1] >= 988) {
        return false;
    }
    *number = cells[1] + (cells[0] == 0 ? 32 : 16);
    *trigger = (cells[2] & 0xf) <= 2 ? SYSTEM_IRQ_EDGE : SYSTEM_IRQ_LEVEL;
    return true;
}

const struct model_instance_thread *model_end_thread(const struct model_end *end, uint32_t number)
{
    if (end->instance == NULL || number >= end->thread_count) {
        return NULL;
    }
    return &end->instance->threads.items[end->first_thread + number];
}

uint64_t model_cnode_guard(const struct model_instance *instance)
{
    // seL4_CNode_CapData_new(0, 64 - bits): no guard bits set, size in bits 5:0.
    return (64u - instance->cnode_bits) & 0x3f;
}
