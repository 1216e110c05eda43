// SPDX-License-Identifier: BSD-2-Clause
// The boot image: the boot code, then this table at the page after it, then what the table describes.
// imgpack writes it, the boot code reads it. Little endian; offsets count from the start of the table.
#ifndef ABI_BOOT_IMAGE_H
#define ABI_BOOT_IMAGE_H

#include <stdint.h>

#define BOOT_IMAGE_MAGIC UINT64_C(0x544f4f42594b4f52) ///< "ROKYBOOT"
#define BOOT_IMAGE_VERSION 1u
#define BOOT_IMAGE_MAX_SEGMENTS 8u

/// A loadable part of the kernel.
struct boot_segment {
    uint64_t offset;    ///< of its bytes in the image, 16-byte aligned
    uint64_t file_size; ///< bytes in the image; the rest up to memory_size is zero
    uint64_t memory_size;
    uint64_t paddr;     ///< where it goes, 16-byte aligned
    uint64_t vaddr;
};

struct boot_image {
    uint64_t magic;
    uint32_t version;
    uint32_t segment_count;
    uint64_t size;         ///< bytes from the table's start to the end of the last part
    uint64_t kernel_entry; ///< virtual
    uint64_t dtb_offset;   ///< board's device tree
    uint64_t dtb_size;
    uint64_t user_offset;  ///< user image: initialiser and payload
    uint64_t user_size;    ///< bytes in the image, whole pages
    uint64_t user_vaddr;   ///< where the initialiser is linked, page aligned
    uint64_t user_entry;   ///< virtual
    uint64_t ram_base;     ///< RAM of the board that may be used: where everything has to fit
    uint64_t ram_size;
    struct boot_segment segments[BOOT_IMAGE_MAX_SEGMENTS];
    uint32_t checksum;     ///< two's complement sum of all 32-bit words before it is 0
    uint32_t reserved;
};
_Static_assert(sizeof(struct boot_image) == 12 * 8 + 8 * 40 + 8, "boot image table");

#endif
