// SPDX-License-Identifier: BSD-2-Clause
// Parts of imgpack: files in memory, ELF segments, the image and its table.
#ifndef IMGPACK_H
#define IMGPACK_H

#include <abi/boot_image.h>
#include <boot/image.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Bytes of a file, or of a part that is being put together. Owns `data`.
struct blob {
    const char *name; ///< file name for messages; borrowed
    uint8_t *data;
    size_t size;
};

/// One loadable segment; `data` points into the file.
struct segment {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t memory_size;
    uint64_t file_size;
    const uint8_t *data;
};

#define IMGPACK_MAX_SEGMENTS 16

/// The loadable segments of an ELF file.
struct elf {
    uint64_t entry;
    size_t count;
    struct segment segments[IMGPACK_MAX_SEGMENTS];
};

/// What an image is made of.
struct parts {
    struct blob boot;    ///< ELF
    struct blob kernel;  ///< ELF
    struct blob dtb;     ///< may be empty: no device tree
    struct blob init;    ///< ELF
    struct blob payload; ///< may be empty
    uint64_t load;       ///< address, 0: behind the kernel
};

/// Print "imgpack: <file>: <reason>" to stderr and return false.
bool imgpack_error(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Each returns false after printing an error.
bool blob_read(struct blob *blob, const char *path);
bool blob_write(const struct blob *blob, const char *path);
bool blob_resize(struct blob *blob, size_t size); ///< new bytes are zero
void blob_release(struct blob *blob);

/// Read the loadable segments of an AArch64 executable, sorted by address. Those without memory are
/// left out.
bool elf_read(const struct blob *file, struct elf *elf);

/// Flat memory image of all segments, from the page of the lowest address on, whole pages.
bool elf_flatten(const struct blob *file, const struct elf *elf, struct blob *image,
                 uint64_t *base);

/// Join the parts. The image is checked with the boot code's own reader.
bool image_make(const struct parts *parts, struct blob *image);

/// Read and check an image of any origin: table, checksums, plan for its load address.
bool image_check(const struct blob *image, struct boot_table *table, struct boot_plan *plan);

/// Print what is in an image.
void image_print(const struct blob *image, const struct boot_table *table,
                 const struct boot_plan *plan, FILE *out);

#endif
