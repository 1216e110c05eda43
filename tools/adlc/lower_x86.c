// SPDX-License-Identifier: BSD-2-Clause
// What only x86 has: I/O ports and I/O spaces of instances.

#include "lower.h"

#include <string.h>

#include "report.h"
#include "vm_platform.h"

uint32_t lower_io_ports(struct model *model, struct model_instance *instance, uint64_t first,
                        uint64_t last, struct adlc_loc loc)
{
    uint64_t address = SYSTEM_IO_PORTS(first, last);
    uint32_t object = MODEL_NONE;

    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *other = &model->objects.items[i];
        if (other->type != SYSTEM_OBJECT_IO_PORTS) {
            continue;
        }
        if (other->address == address) {
            object = (uint32_t)i;
        } else if (first <= SYSTEM_IO_PORTS_LAST(other->address)
                   && last >= SYSTEM_IO_PORTS_FIRST(other->address)) {
            // The kernel gives each port out once.
            diag_error(model->diag, loc, "ioport-overlap",
                       "instance '%s': I/O ports 0x%x to 0x%x overlap 0x%x to 0x%x of '%s'",
                       instance->name, (unsigned)first, (unsigned)last,
                       SYSTEM_IO_PORTS_FIRST(other->address), SYSTEM_IO_PORTS_LAST(other->address),
                       report_owner(model, other->name));
            return MODEL_NONE;
        }
    }
    if (object == MODEL_NONE) {
        object = model_new_object(model, SYSTEM_OBJECT_IO_PORTS, 0,
                                  model_printf(model, "%s.ports_0x%x", instance->name,
                                               (unsigned)first));
        model->objects.items[object].address = address;
    }
    return model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, 0);
}

/// Text of a setting on x86; NULL when it is not set, or after an error on other platforms.
static const char *x86_setting(struct model *model, const struct model_instance *instance,
                               const char *attribute, struct adlc_loc *loc)
{
    const struct flat_value *value = flat_setting(model->flat, instance->name, attribute);

    if (value == NULL || value->kind != FLAT_STRING || value->string[0] == '\0') {
        return NULL;
    }
    *loc = value->loc;
    if (!platform_is_x86(model->platform)) {
        diag_error(model->diag, value->loc, "setting-unsupported",
                   "instance '%s': setting '%s' is not supported on this platform", instance->name,
                   attribute);
        return NULL;
    }
    return value->string;
}

/// The next part of a list with commas; NULL at the end.
static const char *next_part(struct model *model, const char **text)
{
    size_t length = strcspn(*text, ",");

    if (**text == '\0') {
        return NULL;
    }
    const char *part = arena_strndup(model->arena, *text, length);
    *text += length + ((*text)[length] == ',');
    return part;
}

static void lower_port_setting(struct model *model, struct model_instance *instance)
{
    struct adlc_loc loc;
    const char *text = x86_setting(model, instance, "ioports", &loc);
    const char *part;
    uint64_t numbers[2];

    while (text != NULL && (part = next_part(model, &text)) != NULL) {
        if (!lower_parse_numbers(part, numbers, 2) || numbers[0] > numbers[1]
            || numbers[1] > UINT16_MAX) {
            diag_error(model->diag, loc, "setting-format",
                       "this must have the form \"first_port:last_port\"");
            return;
        }
        struct model_io_ports ports = {
            .slot = lower_io_ports(model, instance, numbers[0], numbers[1], loc),
            .first = (uint16_t)numbers[0],
            .last = (uint16_t)numbers[1],
        };
        VEC_PUSH(model->arena, instance->io_ports, ports);
    }
}

static void lower_space_setting(struct model *model, struct model_instance *instance)
{
    struct adlc_loc loc;
    const char *text = x86_setting(model, instance, "iospaces", &loc);
    const char *part;
    uint64_t n[4];

    while (text != NULL && (part = next_part(model, &text)) != NULL) {
        if (!lower_parse_numbers(part, n, 4) || n[0] > UINT16_MAX || n[1] > 255 || n[2] > 31
            || n[3] > 7) {
            diag_error(model->diag, loc, "setting-format",
                       "this must have the form \"domain:bus:device:function\"");
            return;
        }
        uint32_t object = model_new_object(model, SYSTEM_OBJECT_IO_SPACE, 0,
                                           model_printf(model, "%s.iospace_%s", instance->name,
                                                        part));
        model->objects.items[object].address = SYSTEM_IO_SPACE(n[0], n[1], n[2], n[3]);
        struct model_io_space space = {
            .slot = model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, 0),
            .address = model->objects.items[object].address,
        };
        VEC_PUSH(model->arena, instance->io_spaces, space);
    }
}

void lower_x86_settings(struct model *model, struct model_instance *instance)
{
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "ioports");
    lower_port_setting(model, instance);
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "iospaces");
    lower_space_setting(model, instance);
    model_origin_none(model);
    lower_vm_x86(model, instance);
}
