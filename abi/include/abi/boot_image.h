// SPDX-License-Identifier: BSD-2-Clause
// The packed boot image: what imgpack writes and the boot code reads. Little endian.
//
//     image + 0                 boot code; its first 64 bytes are an AArch64 Linux Image header
//     image + 64                struct boot_platform: the board that the boot code was built for
//     image + table_offset      struct boot_image, then its entries (table_offset: end of boot code)
//     image + entry.offset      contents: kernel segments, device tree, user image
//
// The user image begins at a page boundary of the image, so that it can be used where it lies.
#ifndef ABI_BOOT_IMAGE_H
#define ABI_BOOT_IMAGE_H

#include <stdint.h>

#define BOOT_IMAGE_MAGIC          0x454741494f424b52u ///< "RKBOIAGE"
#define BOOT_IMAGE_VERSION        1u
#define BOOT_IMAGE_PAGE           4096u
#define BOOT_IMAGE_CHECKSUM_BLOCK 64u
#define BOOT_IMAGE_MAX_ENTRIES    32u

#define BOOT_PLATFORM_OFFSET 64u
#define BOOT_PLATFORM_MAGIC  0x414c504f424b52u ///< "RKBOPLA"

enum boot_arch {
    BOOT_ARCH_AARCH64 = 1,
};

/// What the boot code knows about its board.
struct boot_platform {
    uint64_t magic;
    uint32_t arch;  ///< enum boot_arch
    uint32_t cores; ///< that the boot code starts
    uint64_t ram_base;
    uint64_t ram_size;
    uint64_t guest_base; ///< part of RAM that only guests use; size 0: none
    uint64_t guest_size;
    uint64_t code_size; ///< bytes of the boot code with its data: table_offset of the image
    char name[24];
};
_Static_assert(sizeof(struct boot_platform) == 80, "boot platform layout");

struct boot_image {
    uint64_t magic;
    uint32_t version;
    uint32_t arch;         ///< enum boot_arch
    uint64_t size;         ///< of the whole image
    uint64_t load_address; ///< where the image would like to be
    uint64_t kernel_entry; ///< virtual
    uint64_t user_entry;   ///< virtual
    uint32_t entry_count;
    uint32_t reserved;
    uint64_t checksum; ///< of this header with 0 here, and the entries
};
_Static_assert(sizeof(struct boot_image) == 64, "boot image header");

enum boot_entry_kind {
    BOOT_ENTRY_KERNEL =
        1,           ///< a segment of the kernel: copied to paddr, the rest of its memory cleared
    BOOT_ENTRY_DTB,  ///< device tree, at most one
    BOOT_ENTRY_USER, ///< initialiser's memory image and the payload; exactly one
};

struct boot_entry {
    uint32_t kind; ///< enum boot_entry_kind
    uint32_t reserved;
    uint64_t offset;      ///< in the image, a multiple of BOOT_IMAGE_CHECKSUM_BLOCK
    uint64_t file_size;   ///< bytes in the image; padded with zeros to a checksum block
    uint64_t memory_size; ///< at least file_size; user image: equal, a multiple of BOOT_IMAGE_PAGE
    uint64_t paddr;       ///< kernel: where it must be; else 0, the boot code chooses
    uint64_t vaddr;       ///< kernel, user image
    uint64_t checksum;    ///< of the contents, see below
};
_Static_assert(sizeof(struct boot_entry) == 56, "boot image entry");

// Checksum: the contents, padded with zeros to blocks of 64 bytes, are eight columns of 64-bit
// words. Each column is summed modulo 2^64; the sums are folded into one word with
// boot_checksum_fold(). It finds damage, not attacks.

static inline uint64_t boot_checksum_fold(const uint64_t lanes[8], uint64_t size)
{
    uint64_t hash = size;

    for (int i = 0; i < 8; i++) {
        hash = (hash ^ lanes[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

#endif
