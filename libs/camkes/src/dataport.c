// SPDX-License-Identifier: BSD-2-Clause
// Portable pointers into dataports.
#include <camkes/dataport.h>

#include <camkes/runtime.h>

dataport_ptr_t dataport_wrap_ptr(void *ptr)
{
    for (size_t i = 0; i < camkes_instance.dataport_count; i++) {
        const struct camkes_dataport *port = &camkes_instance.dataports[i];
        uintptr_t offset = (uintptr_t)ptr - (uintptr_t)port->address;

        if (offset < port->size) {
            return (dataport_ptr_t){ .id = port->id, .offset = (off_t)offset };
        }
    }
    return (dataport_ptr_t){ .id = UINT32_MAX, .offset = 0 };
}

void *dataport_unwrap_ptr(dataport_ptr_t ptr)
{
    for (size_t i = 0; i < camkes_instance.dataport_count; i++) {
        const struct camkes_dataport *port = &camkes_instance.dataports[i];

        if (port->id == ptr.id) {
            return ptr.offset >= 0 && (uint64_t)ptr.offset < port->size
                       ? (char *)port->address + ptr.offset
                       : NULL;
        }
    }
    return NULL;
}
