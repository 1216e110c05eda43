// SPDX-License-Identifier: BSD-2-Clause
// Reads the table of a boot image and decides where its parts go. No hardware: imgpack and the unit
// tests use it too.
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <abi/boot_image.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A range of physical memory.
struct boot_range {
    uint64_t base;
    uint64_t size;
};

/// A checked boot image. Entries are borrowed from the image.
struct boot_table {
    const struct boot_image *header;
    const struct boot_entry *entries;
    const struct boot_entry *user;
    const struct boot_entry *dtb; ///< NULL: none
    struct boot_range kernel;     ///< physical, all segments
    uint64_t kernel_offset;       ///< virtual - physical, the same for all segments
    uint64_t kernel_entry_segment_end;
};

/// Where everything goes.
struct boot_plan {
    struct boot_range dtb; ///< size 0: none
    struct boot_range user;
    bool is_user_in_place;
};

/// Check the table at `image + table_offset` of an image with at most `limit` readable bytes.
/// Returns NULL, or the reason why it can't be used. Contents are checked by boot_entry_checksum().
const char *boot_table_check(const uint8_t *image, uint64_t limit, uint64_t table_offset,
                             uint32_t arch, struct boot_table *table);

/// Checksum of `size` bytes that are followed by zeros up to a checksum block. `sum` adds whole
/// blocks to the eight lanes.
typedef void (*boot_sum_fn)(const uint8_t *from, uint64_t size, uint64_t lanes[8]);
uint64_t boot_checksum(const uint8_t *from, uint64_t size, boot_sum_fn sum);

/// The plain implementation of boot_sum_fn.
void boot_sum_plain(const uint8_t *from, uint64_t size, uint64_t lanes[8]);

/// Checksum of a table: its header with the checksum field zero, and its entries.
uint64_t boot_table_checksum(const struct boot_image *header, const struct boot_entry *entries);

/// Choose places for the parts of an image loaded at `load`. `firmware_dtb` is kept free (size 0:
/// none). Returns NULL or the reason why there is no place.
const char *boot_plan_make(const struct boot_table *table, const struct boot_platform *platform,
                           uint64_t load, struct boot_range firmware_dtb, struct boot_plan *plan);

#endif
