// SPDX-License-Identifier: BSD-2-Clause
// Settings of x86 virtual machines: their capabilities and table entries. The front end checked all fields
// (vm_settings.c); here it is about what belongs to whom.

#include "vm_x86.h"

#include <string.h>

#include "lower.h"
#include "vm_platform.h"

#define PINS_PER_IOAPIC 256u

struct vm_lowering {
    struct model *model;
    struct model_instance *instance;
    struct model_vm_x86 *vm;
};

static const char *const settings[] = { "vm_ioports",     "vm_irqs", "pci_devices",  "init_cons",
                                        "guest_mappings", "ram",     "exclude_paddr" };

/// The list of a setting, NULL when it is not set or is an attribute of the component's own.
static const struct flat_value *list_of(const struct vm_lowering *lowering, const char *setting)
{
    const struct model_instance *instance = lowering->instance;

    return flat_component_attribute(instance->flat->component, setting) == NULL
               ? flat_setting_list(lowering->model->flat, instance->name, setting)
               : NULL;
}

static uint64_t number_of(const struct flat_value *record, const char *field, uint64_t fallback)
{
    const struct flat_value *value = flat_value_get(record, field);

    return value != NULL ? (uint64_t)value->integer : fallback;
}

static const char *text_of(const struct flat_value *record, const char *field)
{
    const struct flat_value *value = flat_value_get(record, field);

    return value != NULL ? value->string : NULL;
}

static void lower_ports(const struct vm_lowering *lowering, const struct flat_value *record)
{
    struct model_vm_ports ports = {
        .name = text_of(record, "name"),
        .first = (uint16_t)number_of(record, "start", 0),
        .last = (uint16_t)(number_of(record, "end", 1) - 1),
        .is_pci = flat_value_get(record, "pci_device") != NULL,
    };

    ports.slot = lower_io_ports(lowering->model, lowering->instance, ports.first, ports.last,
                                record->loc);
    VEC_PUSH(lowering->model->arena, lowering->vm->ports, ports);
}

static void lower_irq(const struct vm_lowering *lowering, const struct flat_value *record)
{
    struct model_vm_pin pin = {
        .name = text_of(record, "name"),
        .ioapic = (uint8_t)number_of(record, "ioapic", 0), // a PC without the field has one
        .source = (uint8_t)number_of(record, "source", 0),
        .level_trig = number_of(record, "level_trig", 0) != 0,
        .active_low = number_of(record, "active_low", 0) != 0,
        .dest = (uint8_t)number_of(record, "dest", 0),
    };

    pin.slot = model_instance_irq(lowering->model, lowering->instance,
                                  pin.ioapic * PINS_PER_IOAPIC + pin.source,
                                  pin.level_trig ? SYSTEM_IRQ_LEVEL : SYSTEM_IRQ_EDGE, MODEL_NONE,
                                  0, record->loc);
    VEC_PUSH(lowering->model->arena, lowering->vm->irqs, pin);
}

/// Frames of a range, each once. False after an error.
static bool add_frames(const struct vm_lowering *lowering, const struct model_vm_range *range,
                       const char *what, model_vm_frame_vec *frames, struct adlc_loc loc)
{
    struct model *model = lowering->model;
    uint64_t unit = 1ull << range->page_bits;

    if (range->base % unit != 0 || range->size > (1ull << 30) * (unit >> 12)) {
        diag_error(model->diag, loc, "device-range",
                   "instance '%s': 0x%llx bytes at 0x%llx can't be had in frames of 0x%llx bytes",
                   lowering->instance->name, (unsigned long long)range->size,
                   (unsigned long long)range->base, (unsigned long long)unit);
        return false;
    }
    for (uint64_t at = range->base; at < range->base + range->size; at += unit) {
        bool found = false;
        for (size_t i = 0; i < frames->count && !found; i++) {
            const struct model_vm_frame *other = &frames->items[i];
            found = other->paddr == at && other->bits == range->page_bits;
            if (!found && at < other->paddr + (1ull << other->bits) && other->paddr < at + unit) {
                diag_error(model->diag, loc, "device-overlap",
                           "instance '%s': memory at 0x%llx is already used in frames of another "
                           "size", lowering->instance->name, (unsigned long long)at);
                return false;
            }
        }
        if (found) {
            continue;
        }
        uint32_t object = model_new_fixed(
            model, SYSTEM_OBJECT_FRAME, range->page_bits, at,
            model_printf(model, "%s.%s", lowering->instance->name, what));
        struct model_vm_frame frame = {
            .paddr = at,
            .bits = range->page_bits,
            .slot = model_instance_cap(model, lowering->instance, object,
                                       MODEL_RIGHT_READ | MODEL_RIGHT_WRITE, 0),
        };
        VEC_PUSH(model->arena, *frames, frame);
    }
    return true;
}

static void lower_range(const struct vm_lowering *lowering, const struct flat_value *record,
                        const char *what, model_vm_range_vec *ranges, model_vm_frame_vec *frames)
{
    struct model_vm_range range = {
        .base = number_of(record, "paddr", 0),
        .size = number_of(record, "size", 0),
        .page_bits = (uint8_t)number_of(record, "page_bits", 12),
    };

    if (add_frames(lowering, &range, what, frames, record->loc)) {
        VEC_PUSH(lowering->model->arena, *ranges, range);
    }
}

/// With `pci_devices_iospace` the device gets an I/O space of the VM's domain.
static uint32_t lower_device_space(const struct vm_lowering *lowering,
                                   const struct model_vm_device *device)
{
    struct model *model = lowering->model;
    const char *name = lowering->instance->name;
    int64_t domain = flat_setting_int(model->flat, name, "iospace_domain", -1);

    if (flat_setting_int(model->flat, name, "pci_devices_iospace", 0) == 0) {
        return 0;
    }
    if (domain < 0 || domain > UINT16_MAX) {
        diag_error(model->diag, flat_setting_loc(model->flat, name, "pci_devices_iospace"),
                   "setting-range",
                   "instance '%s': pci_devices_iospace needs an iospace_domain from 0 to 65535",
                   name);
        return 0;
    }
    uint32_t object =
        model_new_object(model, SYSTEM_OBJECT_IO_SPACE, 0,
                         model_printf(model, "%s.iospace_%x:%x.%x", name, device->bus,
                                      device->device, device->function));
    model->objects.items[object].address =
        SYSTEM_IO_SPACE(domain, device->bus, device->device, device->function);
    return model_instance_cap(model, lowering->instance, object, MODEL_RIGHTS_ALL, 0);
}

static void lower_device(const struct vm_lowering *lowering, const struct flat_value *record)
{
    const struct flat_value *memory = flat_value_get(record, "memory");
    struct model_vm_device device = {
        .name = text_of(record, "name"),
        .irq = text_of(record, "irq"),
        .bus = (uint8_t)number_of(record, "bus", 0),
        .device = (uint8_t)number_of(record, "dev", 0),
        .function = (uint8_t)number_of(record, "fun", 0),
    };

    device.iospace_slot = lower_device_space(lowering, &device);
    for (size_t i = 0; memory != NULL && i < memory->count; i++) {
        lower_range(lowering, memory->items[i], "pci_device", &device.memory,
                    &lowering->vm->device_frames);
    }
    VEC_PUSH(lowering->model->arena, lowering->vm->devices, device);
}

static void lower_mapping(const struct vm_lowering *lowering, const struct flat_value *record)
{
    lower_range(lowering, record, "guest_mapping", &lowering->vm->mappings,
                &lowering->vm->mapping_frames);
}

static void lower_init(const struct vm_lowering *lowering, const struct flat_value *record)
{
    const struct flat_value *badge = flat_value_get(record, "badge");
    struct model_vm_init init = {
        .init = text_of(record, "init"),
        .irq = text_of(record, "irq"),
    };

    if (badge != NULL && badge->kind == FLAT_INT) {
        init.badge_value = (uint64_t)badge->integer;
    } else if (badge != NULL && !flat_parse_number(badge->string, &init.badge_value)) {
        init.badge = model_printf(lowering->model, "%.*s", (int)strlen(badge->string) - 2,
                                  badge->string); // without "()"
    }
    VEC_PUSH(lowering->model->arena, lowering->vm->inits, init);
}

static void lower_ram(const struct vm_lowering *lowering, const struct flat_value *record)
{
    struct model *model = lowering->model;
    uint64_t paddr = (uint64_t)record->items[0]->integer;
    uint8_t bits = (uint8_t)record->items[1]->integer;

    if (paddr % (1ull << bits) != 0) {
        diag_error(model->diag, record->loc, "device-range",
                   "instance '%s': memory of 2^%u bytes can't be at 0x%llx: it must be aligned",
                   lowering->instance->name, bits, (unsigned long long)paddr);
        return;
    }
    struct model_untyped untyped = {
        .object = model_new_fixed(model, SYSTEM_OBJECT_UNTYPED, bits, paddr,
                                  model_printf(model, "%s.ram", lowering->instance->name)),
        .size_bits = bits,
        .paddr = paddr,
    };
    untyped.slot = model_instance_cap(model, lowering->instance, untyped.object, MODEL_RIGHTS_ALL,
                                      0);
    VEC_PUSH(model->arena, lowering->vm->ram, untyped);
}

static void lower_excluded(const struct vm_lowering *lowering, const struct flat_value *record)
{
    struct model_vm_range range = {
        .base = (uint64_t)record->items[0]->integer,
        .size = (uint64_t)record->items[1]->integer,
    };

    VEC_PUSH(lowering->model->arena, lowering->vm->excluded, range);
}

void lower_vm_x86(struct model *model, struct model_instance *instance)
{
    static void (*const lower[])(const struct vm_lowering *, const struct flat_value *) = {
        lower_ports,   lower_irq, lower_device,   lower_init,
        lower_mapping, lower_ram, lower_excluded,
    };
    struct vm_lowering lowering = { .model = model, .instance = instance };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const struct flat_value *list = list_of(&lowering, settings[i]);
        if (list == NULL || list->count == 0) {
            continue;
        }
        if (!platform_is_x86(model->platform)) {
            diag_error(model->diag, list->loc, "setting-unsupported",
                       "instance '%s': setting '%s' is for virtual machines on x86", instance->name,
                       settings[i]);
            continue;
        }
        if (lowering.vm == NULL) {
            lowering.vm = ARENA_NEW(model->arena, struct model_vm_x86);
            instance->vm_x86 = lowering.vm;
        }
        model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, settings[i]);
        for (size_t j = 0; j < list->count; j++) {
            lower[i](&lowering, list->items[j]);
        }
        model_origin_none(model);
    }
}
