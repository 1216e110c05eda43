// SPDX-License-Identifier: BSD-2-Clause
// seL4HardwareIOPort: a range of x86 I/O ports. The range is the setting <interface>_attributes of
// the hardware component, "first:last"; the user gets functions for it and a cap to it.

#include <inttypes.h>
#include <string.h>

#include "../lower.h"
#include "../vm_platform.h"
#include "common.h"

struct ioport_end {
    uint32_t slot;
    uint64_t address; ///< of the object: first and last port
};

static bool port_range(struct model *model, const struct model_end *hardware, uint64_t *numbers)
{
    const struct flat_value *value = flat_interface_setting(
        model->flat, hardware->flat->instance, end_name(hardware), "_attributes");

    if (value == NULL) {
        diag_error(model->diag, hardware->flat->loc, "ioport-range",
                   "'%s': set %s_attributes of the hardware component to \"first:last\"",
                   hardware->flat->name, end_name(hardware));
        return false;
    }
    if (value->kind != FLAT_STRING || !lower_parse_numbers(value->string, numbers, 2)
        || numbers[0] > numbers[1] || numbers[1] > UINT16_MAX) {
        diag_error(model->diag, value->loc, "setting-format",
                   "this must have the form \"first_port:last_port\"");
        return false;
    }
    return true;
}

static void ioport_lower(struct model *model, struct model_connection *connection)
{
    struct model_end *hardware = &connection->to[0];
    uint64_t numbers[2];

    if (!platform_is_x86(model->platform)) {
        diag_error(model->diag, connection->flat->loc, "ioport-architecture",
                   "connection '%s': platform '%s' has no I/O ports; only x86 has",
                   connection->flat->name, model->platform->name);
        return;
    }
    if (!port_range(model, hardware, numbers)) {
        return;
    }
    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        struct ioport_end *priv = ARENA_NEW(model->arena, struct ioport_end);
        from->priv = priv;
        priv->address = SYSTEM_IO_PORTS(numbers[0], numbers[1]);
        priv->slot = lower_io_ports(model, from->instance, numbers[0], numbers[1],
                                    hardware->flat->loc);
    }
}

static void emit_access(struct emitter *emitter, const char *name, unsigned width)
{
    const char *const port_names[] = { "camkes_port", "camkes_offset" };

    for (unsigned i = 0; i < 2; i++) {
        const char *suffix = i == 0 ? "" : "_offset";
        const char *base = i == 0 ? "" : emit_text(emitter, "camkes_ports_%s.first + (uint32_t)",
                                                   name);
        emit_h(emitter, "uint%u_t %s_in%u%s(uint16_t %s);\n"
               "void %s_out%u%s(uint16_t %s, uint%u_t value);\n", width, name, width, suffix,
               port_names[i], name, width, suffix, port_names[i], width);
        emit_c(emitter, "\nuint%u_t %s_in%u%s(uint16_t %s)\n{\n"
               "    return (uint%u_t)camkes_port_read(&camkes_ports_%s, %s%s, %u);\n}\n\n"
               "void %s_out%u%s(uint16_t %s, uint%u_t camkes_value)\n{\n"
               "    camkes_port_write(&camkes_ports_%s, %s%s, %u, camkes_value);\n}\n",
               width, name, width, suffix, port_names[i], width, name, base, port_names[i], width,
               name, width, suffix, port_names[i], width, name, base, port_names[i], width);
    }
}

static void ioport_emit_from(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct ioport_end *priv = from->priv;
    const char *name = end_name(from);

    (void)model;
    connector_emit_error_handler(emitter, name);
    emit_c(emitter, "\nstatic const struct camkes_ports camkes_ports_%s = {\n"
           "    .interface = \"%s\",\n    .cap = %u,\n    .first = 0x%x,\n    .last = 0x%x,\n"
           "    .handler = &camkes_error_handler_%s,\n};\n",
           name, name, priv->slot, SYSTEM_IO_PORTS_FIRST(priv->address),
           SYSTEM_IO_PORTS_LAST(priv->address), name);
    emit_access(emitter, name, 8);
    emit_access(emitter, name, 16);
    emit_access(emitter, name, 32);
    emit_h(emitter, "/// 1 when the port belongs to the range, else 0.\n"
           "int %s_in_range(unsigned int port);\n", name);
    emit_c(emitter, "\nint %s_in_range(unsigned int camkes_port)\n{\n"
           "    return camkes_port >= camkes_ports_%s.first\n"
           "        && camkes_port <= camkes_ports_%s.last;\n}\n",
           name, name, name);
}

const struct connector_ops connector_hardware_ioport = {
    .name = "seL4HardwareIOPort",
    .lower = ioport_lower,
    .emit_from = ioport_emit_from,
};
