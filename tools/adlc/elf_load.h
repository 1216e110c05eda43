// SPDX-License-Identifier: BSD-2-Clause
// Loads the ELF file of an instance, or that of a group, into the model: contents become donated
// pages of the payload, zero pages become RAM frames, and all of it is mapped with the rights of its
// segment.

#ifndef ADLC_ELF_LOAD_H
#define ADLC_ELF_LOAD_H

#include "model.h"
#include "write_system.h"

/// The donated pages, in order of their index, and which frame object carries each read-only one.
struct payload {
    struct buffer pages;    ///< page_count * 4096 bytes
    uint32_t *objects;      ///< owned by malloc: frame object of each page
    bool *read_only;        ///< owned by malloc: may be shared
    uint32_t *places;       ///< owned by malloc: hash table over page index + 1
    size_t capacity;        ///< of `objects` and `read_only`
    size_t place_capacity;  ///< of `places`, a power of two
    size_t shared_count;    ///< pages that were found again
};

/// What one ELF file takes, for the report.
struct elf_usage {
    uint64_t text;  ///< bytes mapped executable
    uint64_t rodata;
    uint64_t data;  ///< writable with contents
    uint64_t bss;   ///< writable zeros
    uint64_t entry;
};

void payload_release(struct payload *payload);

/// Number of pages.
size_t payload_count(const struct payload *payload);

/// Load `path` into an address space. The threads of an instance with its own start at the file's
/// entry; those of a member of a group at the symbol "camkes_start.<instance>". Returns false after
/// printing what is wrong to stderr.
bool elf_load(struct model *model, const struct model_space *space, const char *path,
              struct payload *payload, struct elf_usage *usage);

#endif
