// SPDX-License-Identifier: BSD-2-Clause
// Lowering of an instance's settings: locks, memory, devices, interrupts, objects for run time.

#include "lower.h"

#include <string.h>

#include "layout.h"

#define MAX_UNTYPEDS     65536u ///< of one size and instance
#define MAX_POOL_OBJECTS 4096u

bool lower_parse_numbers(const char *text, uint64_t *numbers, size_t count)
{
    char part[128];

    for (size_t i = 0; i < count; i++) {
        const char *end = i + 1 < count ? strchr(text, ':') : text + strlen(text);
        if (end == NULL || (size_t)(end - text) >= sizeof(part)) {
            return false;
        }
        memcpy(part, text, (size_t)(end - text));
        part[end - text] = '\0';
        if (!flat_parse_number(part, &numbers[i])) {
            return false;
        }
        text = *end != '\0' ? end + 1 : end;
    }
    return true;
}

bool lower_number_list(const struct model *model, const struct model_instance *instance,
                       const char *attribute, size_t index, uint64_t *numbers, size_t count)
{
    const struct flat_value *list = flat_setting_list(model->flat, instance->name, attribute);

    if (list == NULL || index >= list->count) {
        return false;
    }
    const struct flat_value *item = list->items[index];
    if (count == 1 && item->kind == FLAT_INT) {
        numbers[0] = (uint64_t)item->integer;
        return true;
    }
    if (item->kind == FLAT_STRING && lower_parse_numbers(item->string, numbers, count)) {
        return true;
    }
    diag_error(model->diag, item->loc, "setting-format",
               "instance '%s': entry %zu of %s is not %s", instance->name, index, attribute,
               count == 1 ? "a number"
                          : count == 2 ? "\"paddr:size_bits\"" : "\"paddr:size:size_bits\"");
    memset(numbers, 0, count * sizeof(numbers[0]));
    return true;
}

static void lower_locks(struct model *model, struct model_instance *instance)
{
    const struct flat_component *component = instance->flat->component;

    for (size_t i = 0; i < component->lock_count; i++) {
        const struct flat_lock *flat = &component->locks[i];
        struct model_lock lock = { .flat = flat };
        int64_t fallback = flat->kind == FLAT_BINARY_SEMAPHORE ? 0 : 1;
        lock.notification =
            model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                             model_printf(model, "%s.%s", instance->name, flat->name));
        lock.slot = model_instance_cap(model, instance, lock.notification,
                                       MODEL_RIGHT_READ | MODEL_RIGHT_WRITE, 0);
        lock.value = flat_setting_int(model->flat, instance->name,
                                      model_printf(model, "%s_value", flat->name), fallback);
        VEC_PUSH(model->arena, instance->locks, lock);
    }
}

static void add_untyped(struct model *model, struct model_instance *instance, uint32_t object,
                        uint8_t bits, bool device, uint64_t paddr)
{
    struct model_untyped untyped = {
        .object = object,
        .slot = model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, 0),
        .size_bits = bits,
        .device = device,
        .paddr = paddr,
    };

    VEC_PUSH(model->arena, instance->untypeds, untyped);
}

/// The setting may be there although it changes nothing.
static void acknowledge(const struct model *model, const struct model_instance *instance,
                        const char *attribute)
{
    (void)flat_setting(model->flat, instance->name, attribute);
}

/// Value of a setting that says how many of something there are; 0 after an error.
static int64_t pool_count(const struct model *model, const struct model_instance *instance,
                          const char *attribute, unsigned limit)
{
    int64_t count = flat_setting_int(model->flat, instance->name, attribute, 0);

    if (count >= 0 && count <= limit) {
        return count;
    }
    diag_error(model->diag, flat_setting_loc(model->flat, instance->name, attribute),
               "setting-range", "instance '%s': %s = %lld is not in the range 0 to %u",
               instance->name, attribute, (long long)count, limit);
    return 0;
}

static void lower_pool(struct model *model, struct model_instance *instance, const char *attribute,
                       uint8_t bits)
{
    int64_t count = pool_count(model, instance, attribute, MAX_UNTYPEDS);

    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, attribute);
    for (int64_t i = 0; i < count; i++) {
        uint32_t object = model_new_object(model, SYSTEM_OBJECT_UNTYPED, bits,
                                           model_printf(model, "%s.%s", instance->name, attribute));
        add_untyped(model, instance, object, bits, false, 0);
    }
    model_origin_none(model);
}

static void lower_pools(struct model *model, struct model_instance *instance)
{
    for (unsigned bits = 4; bits <= 47; bits++) {
        const char *simple = model_printf(model, "simple_untyped%u_pool", bits);
        if (!instance->is_vm) {
            lower_pool(model, instance, simple, (uint8_t)bits);
        } else {
            acknowledge(model, instance, simple);
        }
        lower_pool(model, instance, model_printf(model, "untyped%u_pool", bits), (uint8_t)bits);
    }
}

/// Settings by which the reference's components get what they make objects of. Here the objects are
/// made when a component starts, a VMM's guest too, and nobody needs to be told.
static void acknowledge_plumbing(const struct model *model, const struct model_instance *instance)
{
    static const char *const of_vms[] = {
        "asid_pool", "tcb_pool", "tcb_pool_domains", "ep_pool", "notification_pool",
        "allocator_mempool_size", "simple_extra_bootinfo", "cnode_size_bits",
    };

    acknowledge(model, instance, "simple");
    for (size_t i = 0; instance->is_vm && i < sizeof(of_vms) / sizeof(of_vms[0]); i++) {
        acknowledge(model, instance, of_vms[i]);
    }
}

static void lower_memory_settings(struct model *model, struct model_instance *instance)
{
    uint64_t numbers[3];

    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "untyped_mmios");
    for (size_t i = 0; lower_number_list(model, instance, "untyped_mmios", i, numbers, 2); i++) {
        if (numbers[1] < 4 || numbers[1] > 47 || numbers[0] % (1ull << numbers[1]) != 0) {
            diag_error(model->diag, flat_setting_loc(model->flat, instance->name, "untyped_mmios"),
                       "device-range",
                       "instance '%s': untyped_mmios entry %zu is not aligned to its size",
                       instance->name, i);
            continue;
        }
        const char *name = model_printf(model, "%s.untyped_mmio", instance->name);
        uint32_t object = model_new_fixed(model, SYSTEM_OBJECT_UNTYPED, (uint8_t)numbers[1],
                                          numbers[0], name);
        add_untyped(model, instance, object, (uint8_t)numbers[1], true, numbers[0]);
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "mmios");
    for (size_t i = 0; lower_number_list(model, instance, "mmios", i, numbers, 3); i++) {
        struct adlc_loc loc = flat_setting_loc(model->flat, instance->name, "mmios");
        struct model_region *region =
            model_device_region(model, model_printf(model, "%s.mmio", instance->name), numbers[0],
                                numbers[1], loc);
        if (region == NULL) {
            continue;
        }
        struct model_instance_mmio mmio = {
            .paddr = region->paddr,
            .size = region->size,
            .frame_count = region->frame_count,
            .frame_bits = region->frame_bits,
        };
        mmio.vaddr = model_map_region(model, instance, region,
                                      SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE, &mmio.first_slot);
        VEC_PUSH(model->arena, instance->mmios, mmio);
    }
    model_origin_none(model);
}

static void lower_irq_settings(struct model *model, struct model_instance *instance)
{
    uint64_t number;

    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "irqs");
    for (size_t i = 0; lower_number_list(model, instance, "irqs", i, &number, 1); i++) {
        (void)model_instance_irq(model, instance, (uint32_t)number, SYSTEM_IRQ_LEVEL, MODEL_NONE, 0,
                                 flat_setting_loc(model->flat, instance->name, "irqs"));
    }
    model_origin_none(model);
    if (flat_setting_int(model->flat, instance->name, "asid_pool", 0) != 0) {
        uint32_t pool = model_new_object(model, SYSTEM_OBJECT_ASID_POOL, 0,
                                         model_printf(model, "%s.asid_pool", instance->name));
        instance->asid_pool_slot = model_instance_cap(model, instance, pool, MODEL_RIGHTS_ALL, 0);
    }
}

static void lower_object_pool(struct model *model, struct model_instance *instance,
                              const char *attribute, enum system_object_type type)
{
    int64_t count = pool_count(model, instance, attribute, MAX_POOL_OBJECTS);

    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, attribute);
    for (int64_t i = 0; i < count; i++) {
        uint32_t object = model_new_object(model, type, 0,
                                           model_printf(model, "%s.%s", instance->name, attribute));
        struct model_pool_object entry = {
            .type = type,
            .slot = model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, 0),
        };
        VEC_PUSH(model->arena, instance->pool, entry);
    }
    model_origin_none(model);
}

static void lower_object_pools(struct model *model, struct model_instance *instance)
{
    uint64_t domain;

    lower_object_pool(model, instance, "tcb_pool", SYSTEM_OBJECT_TCB);
    lower_object_pool(model, instance, "ep_pool", SYSTEM_OBJECT_ENDPOINT);
    lower_object_pool(model, instance, "notification_pool", SYSTEM_OBJECT_NOTIFICATION);
    for (size_t i = 0; lower_number_list(model, instance, "tcb_pool_domains", i, &domain, 1); i++) {
        if (domain != 0) {
            diag_error(model->diag,
                       flat_setting_loc(model->flat, instance->name, "tcb_pool_domains"),
                       "setting-unsupported",
                       "instance '%s': threads of the pool can only be in domain 0",
                       instance->name);
            return;
        }
    }
}

struct model_region *lower_contiguous_ram(struct model *model, const char *name, uint64_t wanted,
                                          uint64_t paddr)
{
    uint64_t size = (wanted + MODEL_PAGE_SIZE - 1) & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    bool large = size % MODEL_LARGE_PAGE_SIZE == 0 && paddr % MODEL_LARGE_PAGE_SIZE == 0;
    uint64_t align = large ? MODEL_LARGE_PAGE_SIZE : MODEL_PAGE_SIZE;

    if (model->dma_end == 0) {
        model->dma_end = layout_ram_end(model->platform);
    }
    if (paddr == 0) {
        model->dma_end = (model->dma_end - size) & ~(align - 1);
        paddr = model->dma_end;
    }
    return model_ram_region(model, name, size, large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS,
                            true, paddr);
}

/// `dma_pool`: bytes of contiguous memory, at dma_pool_paddr or at the end of the board's RAM.
static void lower_dma(struct model *model, struct model_instance *instance)
{
    const struct flat_assembly *flat = model->flat;
    struct adlc_loc loc = flat_setting_loc(flat, instance->name, "dma_pool");
    int64_t wanted = flat_setting_int(flat, instance->name, "dma_pool", 0);
    int64_t paddr = flat_setting_int(flat, instance->name, "dma_pool_paddr", 0);
    struct model_dma *dma = &instance->dma;

    if (wanted == 0) {
        return;
    }
    if (wanted < 0 || wanted > (int64_t)1 << 30 || paddr < 0 || paddr % MODEL_PAGE_SIZE != 0) {
        diag_error(model->diag, loc, "setting-range",
                   "instance '%s': dma_pool is at most 1 GiB, and dma_pool_paddr the address of a "
                   "page", instance->name);
        return;
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "dma_pool");
    const struct model_region *region = lower_contiguous_ram(
        model, model_printf(model, "%s.dma_pool", instance->name), (uint64_t)wanted,
        (uint64_t)paddr);
    dma->cached = flat_setting_int(flat, instance->name, "dma_pool_cached", 0) != 0;
    dma->paddr = region->paddr;
    dma->size = region->size;
    dma->vaddr = model_map_region(model, instance, region,
                                  SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE
                                      | (dma->cached ? SYSTEM_MAPPING_CACHED : 0), NULL);
    model_origin_none(model);
}

/// `single_threaded`: the author promises that no code runs beside the control thread. That holds
/// when no connection brings a thread; other interfaces get theirs all the same.
static void check_single_threaded(struct model *model, const struct model_instance *instance)
{
    if (flat_setting_int(model->flat, instance->name, "single_threaded", 0) == 0) {
        return;
    }
    for (size_t i = 0; i < instance->threads.count; i++) {
        const struct model_instance_thread *thread = &instance->threads.items[i];
        if (thread->kind == MODEL_THREAD_INTERFACE) {
            diag_warning(model->diag,
                         flat_setting_loc(model->flat, instance->name, "single_threaded"),
                         "single-threaded",
                         "instance '%s' is single_threaded, but its interface '%s' runs in a thread "
                         "of its own",
                         instance->name, thread->end->interface->name);
            return;
        }
    }
}

static const char *const unsupported_settings[] = { "smmu" };

void lower_settings(struct model *model, struct model_instance *instance)
{
    lower_locks(model, instance);
    lower_pools(model, instance);
    lower_x86_settings(model, instance);
    acknowledge_plumbing(model, instance);
    if (instance->is_vm) {
        return; // a VM's devices and interrupts are its guest's: vm.c reads these settings
    }
    lower_memory_settings(model, instance);
    lower_irq_settings(model, instance);
    lower_object_pools(model, instance);
    lower_dma(model, instance);
    check_single_threaded(model, instance);
    for (size_t i = 0; i < sizeof(unsupported_settings) / sizeof(unsupported_settings[0]); i++) {
        const struct flat_value *value =
            flat_setting(model->flat, instance->name, unsupported_settings[i]);
        if (value != NULL && (value->kind != FLAT_INT || value->integer != 0)
            && (value->kind != FLAT_LIST || value->count != 0)) {
            diag_error(model->diag, value->loc, "setting-unsupported",
                       "instance '%s': setting '%s' is not supported on this platform",
                       instance->name, unsupported_settings[i]);
        }
    }
}
