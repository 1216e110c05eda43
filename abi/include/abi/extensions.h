// SPDX-License-Identifier: BSD-2-Clause
// What Rookery's kernel offers beyond the upstream API. Announced by a chunk of extra boot info with id
// SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS; a program that finds no such chunk, or not the bit that it
// wants, must work without.
#ifndef ABI_EXTENSIONS_H
#define ABI_EXTENSIONS_H

#include <stdint.h>

/// Payload of the boot info chunk, after its seL4_BootInfoHeader.
struct rookery_extensions {
    uint64_t features; ///< ROOKERY_EXTENSION_* bits
};

#endif
