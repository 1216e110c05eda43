// SPDX-License-Identifier: BSD-2-Clause
// The binary forms of the model: system.bin for the initialiser (abi/system_image.h) and model.bin,
// which carries the lowered model from `adlc gen` to `adlc link`.

#ifndef ADLC_WRITE_SYSTEM_H
#define ADLC_WRITE_SYSTEM_H

#include "model.h"

/// A growing byte buffer, owned by malloc; zero-initialise.
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_pad(struct buffer *buffer, size_t alignment);
void buffer_release(struct buffer *buffer);

/// Write a file; 0, or -1 with errno set.
int buffer_write_file(const struct buffer *buffer, const char *path);

/// Read a whole file; 0, or -1 with errno set.
int buffer_read_file(struct buffer *buffer, const char *path);

/// Append system.bin for the model. `page_count` donated pages follow it in the payload, behind the
/// padding that page_offset in the header accounts for.
void write_system(const struct model *model, uint64_t page_count, struct buffer *out);

/// Take the tables of a system.bin into a model (after model_init()). Every index and offset is
/// checked. Returns NULL, or what is wrong. `page_count` gets the donated pages; may be NULL.
const char *read_system(struct model *model, const uint8_t *data, size_t size,
                        uint64_t *page_count);

/// model.bin: instances and platform, then a system.bin without page tables and donated pages.
void write_model(const struct model *model, struct buffer *out);

/// Counterpart of write_model(): also fills model->instances (name, cnode, vspace, is_vm, and the
/// guest's device tree, which stays in `data`).
const char *read_model(struct model *model, const uint8_t *data, size_t size);

#endif
