// SPDX-License-Identifier: BSD-2-Clause
// Ranges of x86 I/O ports, what seL4HardwareIOPort and the setting `ioports` give. On other
// architectures nothing has such a range.
#ifndef CAMKES_PORTS_H
#define CAMKES_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

#include <camkes/error.h>

struct camkes_ports {
    const char *interface; ///< for messages
    seL4_CPtr cap;
    uint16_t first;        ///< both included
    uint16_t last;
    camkes_error_handler_t *handler; ///< variable with the own error handler; NULL: none
};

/// Read `width` bits (8, 16 or 32) at `port`. All bits 1, as from a port without a device, after
/// reporting CE_SYSCALL_FAILED, when they are not all in the range or the kernel refuses.
uint32_t camkes_port_read(const struct camkes_ports *ports, uint32_t port, unsigned width);

/// Write `width` bits of `value`. Errors as above; then nothing is written.
void camkes_port_write(const struct camkes_ports *ports, uint32_t port, unsigned width,
                       uint32_t value);

/// Ranges of the setting `ioports`; emitted by the compiler when there are any.
struct camkes_port_table {
    const struct camkes_ports *ranges;
    size_t count;
};
extern const struct camkes_port_table camkes_port_table __attribute__((weak));

/// The range of the setting `ioports` that has this port, or NULL.
const struct camkes_ports *camkes_ports_find(uint32_t port);

/// A device's I/O space from the setting `iospaces`.
struct camkes_iospace {
    seL4_CPtr cap;
    uint16_t domain;
    uint8_t bus;
    uint8_t device;
    uint8_t function;
};

struct camkes_iospace_table {
    const struct camkes_iospace *spaces;
    size_t count;
};
extern const struct camkes_iospace_table camkes_iospace_table __attribute__((weak));

#endif
