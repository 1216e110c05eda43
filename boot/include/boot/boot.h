// SPDX-License-Identifier: BSD-2-Clause
// Interfaces between the parts of the boot code.
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <boot/image.h>

#include <base/compiler.h>
#include <fdt/fdt.h>
#include <sel4/config.h>

#define BOOT_MAX_CORES 8

/// What a core needs to enter the kernel. Secondary cores read it with the MMU off.
struct boot_handover {
    uint64_t arguments[6]; ///< x0..x5 of the kernel's boot protocol
    uint64_t entry;        ///< virtual
    uint64_t tables;
    uint64_t tcr;
    uint64_t mair;
    uint32_t ready[BOOT_MAX_CORES];
};
extern struct boot_handover boot_handover;

/// Ends of the boot code's own memory, from the linker script.
extern char boot_head[], boot_end[];

/// The board that this boot code is for; at image + BOOT_PLATFORM_OFFSET.
extern const struct boot_platform boot_platform;

// --- Console (src/console.c, src/pl011.c) -----------------------------------------------------

void uart_put(char c);

/// A line of progress; nothing in builds without CONFIG_PRINTING.
void boot_say(const char *format, ...) PRINTF_LIKE(1, 2);

/// An error: printed always; stops the machine.
NORETURN void boot_fail(const char *format, ...) PRINTF_LIKE(1, 2);

// --- The firmware's device tree (src/firmware.c) ------------------------------------------------

#define BOOT_SEED_MAX 64

/// Entropy that the firmware gave.
struct boot_seeds {
    uint8_t rng[BOOT_SEED_MAX];
    uint32_t rng_size;
    uint8_t kaslr[8];
    uint32_t kaslr_size;
};

/// Take the seeds out of the firmware's device tree, of which at most `limit` bytes are readable.
/// Leaves `seeds` empty when there is none.
void boot_seeds_read(const void *blob, uint64_t limit, struct boot_seeds *seeds);

/// Zero the seeds in the firmware's device tree at `blob`: its memory may become a guest's, and
/// what comes from the seeds is for others too.
void boot_seeds_wipe(void *blob, uint64_t limit);

/// Write them over the placeholders of the packed tree. Returns NULL or what is wrong with the
/// tree.
const char *boot_seeds_write(void *blob, uint64_t size, const struct boot_seeds *seeds);

/// Bytes of RAM from `base` on by the firmware's device tree; UINT64_MAX when it does not say.
uint64_t boot_firmware_ram(const void *blob, uint64_t limit, uint64_t base);

// --- Memory (arch/aarch64/mmu.c, start.S) -----------------------------------------------------

/// Build tables that map RAM and the console one to one, and turn MMU and caches on.
void mmu_start(void);

/// Map the kernel's window: from its first 2 MiB block to the end of that 1 GiB, as far as there is
/// RAM.
void mmu_map_kernel(struct boot_range kernel, uint64_t offset);

void boot_mmu_enable(uint64_t tables, uint64_t tcr, uint64_t mair);
void boot_clean_data(uint64_t start, uint64_t size);
/// Zero [start, end), multiples of BOOT_CLEAR_BLOCK.
void boot_clear_blocks(uint64_t start, uint64_t end);
#define BOOT_CLEAR_BLOCK 256u
void boot_copy_blocks(uint64_t to, const void *from, uint64_t size);
void boot_sum_blocks(const uint8_t *from, uint64_t size, uint64_t lanes[8]);

// --- Cores (arch/aarch64/smp.c) ---------------------------------------------------------------

/// Start cores 1 to `count` - 1, whose numbers the device tree knows, and wait until they are about
/// to enter the kernel.
void smp_start(const void *dtb, uint64_t dtb_size, unsigned count);

NORETURN void boot_enter_kernel(struct boot_handover *handover, uint64_t core);

// --- Called from start.S ----------------------------------------------------------------------

extern char boot_secondary_start[];
NORETURN void boot_main(uint64_t firmware_dtb);
NORETURN void boot_wrong_level(uint64_t level);
NORETURN void boot_mmu_is_on(void);
NORETURN void boot_exception(uint64_t syndrome, uint64_t at, uint64_t address);

#endif
