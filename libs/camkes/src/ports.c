// SPDX-License-Identifier: BSD-2-Clause
// Access to I/O ports through their cap.
#include <camkes/ports.h>

#include <stdbool.h>

#include <sel4/sel4.h>

#include <camkes/runtime.h>

/// Labels of the x86_64 MCS interface with VT-x for 32-bit guests.
enum port_label {
    PORT_IN8 = 55,
    PORT_IN16,
    PORT_IN32,
    PORT_OUT8,
    PORT_OUT16,
    PORT_OUT32,
};

/// 0, 1, 2 for 8, 16, 32 bits.
static unsigned width_index(unsigned width)
{
    return width == 8 ? 0 : width == 16 ? 1 : 2;
}

static bool is_inside(const struct camkes_ports *ports, uint32_t port, unsigned width)
{
    return port >= ports->first && port <= ports->last && width / 8 - 1 <= ports->last - port;
}

static void report(const struct camkes_ports *ports, const char *what, int error)
{
    camkes_error_t description = {
        .type = CE_SYSCALL_FAILED,
        .instance = get_instance_name(),
        .interface = ports->interface,
        .description = what,
        .error = error,
    };

    (void)camkes_report_error(ports->handler != NULL ? *ports->handler : NULL, &description);
}

/// One message: `length` words, the answer's first word in *value.
static bool call(const struct camkes_ports *ports, enum port_label label, uint32_t port,
                 seL4_Word length, uint32_t *value)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new((seL4_Word)label, 0, 0, length);

    seL4_SetMR(0, port);
    if (length > 1) {
        seL4_SetMR(1, *value);
    }
    info = seL4_Call(ports->cap, info);
    if (seL4_MessageInfo_get_label(info) != seL4_NoError) {
        report(ports, "the kernel refused an access to an I/O port",
               (int)seL4_MessageInfo_get_label(info));
        return false;
    }
    *value = (uint32_t)seL4_GetMR(0);
    return true;
}

uint32_t camkes_port_read(const struct camkes_ports *ports, uint32_t port, unsigned width)
{
    uint32_t value = UINT32_MAX;

    if (!is_inside(ports, port, width)) {
        report(ports, "a read of an I/O port outside the range", seL4_RangeError);
        return UINT32_MAX;
    }
    if (!call(ports, PORT_IN8 + width_index(width), port, 1, &value)) {
        return UINT32_MAX;
    }
    return width == 32 ? value : value & ((1u << width) - 1);
}

void camkes_port_write(const struct camkes_ports *ports, uint32_t port, unsigned width,
                       uint32_t value)
{
    if (!is_inside(ports, port, width)) {
        report(ports, "a write to an I/O port outside the range", seL4_RangeError);
        return;
    }
    (void)call(ports, PORT_OUT8 + width_index(width), port, 2, &value);
}

const struct camkes_ports *camkes_ports_find(uint32_t port)
{
    if (&camkes_port_table == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < camkes_port_table.count; i++) {
        const struct camkes_ports *ports = &camkes_port_table.ranges[i];
        if (port >= ports->first && port <= ports->last) {
            return ports;
        }
    }
    return NULL;
}
