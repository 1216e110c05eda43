// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the boot code offer each other.
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <abi/boot_image.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A range of physical memory, [base, base + size).
struct range {
    uint64_t base;
    uint64_t size;
};

/// Where the parts of an image go.
struct boot_plan {
    uint64_t dtb;  ///< physical address, page aligned
    uint64_t user; ///< physical address, page aligned
    uint64_t user_end;
};

/// Why an image cannot be booted.
enum boot_error {
    BOOT_OK = 0,
    BOOT_BAD_MAGIC,
    BOOT_BAD_VERSION,
    BOOT_BAD_CHECKSUM,
    BOOT_BAD_RANGE,  ///< a part lies outside the image
    BOOT_BAD_KERNEL, ///< segments, entry or alignment make no sense
    BOOT_NO_ROOM,    ///< the parts do not fit into RAM
};

/// Checks a table of which `available` bytes may be read (its whole image when known, else SIZE_MAX).
enum boot_error boot_check_image(const struct boot_image *image, size_t available);
/// Text for people.
const char *boot_error_text(enum boot_error error);
/// Decides where device tree and user image go: behind the kernel, clear of the image itself.
enum boot_error boot_plan(const struct boot_image *image, struct range self, struct boot_plan *plan);

// Architecture (aarch64/).

/// Builds the tables: RAM and devices at their own addresses, the kernel's window at its. Returns the root.
uint64_t boot_build_tables(const struct boot_image *image);
void boot_enable_mmu(uint64_t root);
/// Copies; addresses and bytes are multiples of 16.
void boot_copy(void *to, const void *from, size_t bytes);
/// Zeroes memory; address and bytes are multiples of 16.
void boot_clear(void *at, size_t bytes);
void boot_clean_range(uint64_t start, uint64_t end);
void boot_enter_kernel(uint64_t entry, uint64_t user_start, uint64_t user_end, uint64_t offset,
                       uint64_t user_entry, uint64_t dtb, uint64_t dtb_size) __attribute__((noreturn));
void boot_main(uint64_t exception_level, uint64_t firmware_dtb);
void boot_secondary_main(uint64_t core);
uint64_t boot_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
void boot_secondary_entry(void);

/// Console, polled. Messages of a good boot appear in debug builds only.
void boot_print(const char *text);
void boot_print_hex(uint64_t value);

#endif
