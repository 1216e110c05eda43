// SPDX-License-Identifier: BSD-2-Clause
// What the compiler must know about a board that its device tree does not say: what the kernel
// keeps, and which nodes a guest's device tree keeps.

#ifndef ADLC_VM_PLATFORM_H
#define ADLC_VM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/system_image.h>

#include "arena.h"

struct platform_range {
    uint64_t base;
    uint64_t size;
};

struct platform {
    const char *name;
    enum system_arch arch;
    struct platform_range ram;        ///< all RAM of the board
    struct platform_range
        guest_ram; ///< part of `ram` that the kernel hands out as device memory,
                   ///< so that guests can have it at its own address; size 0: none
    struct platform_range kernel;     ///< RAM that kernel image and its boot-time data take at most
    uint64_t timer_hz;                ///< of the timer that the kernel counts with
    uint32_t irq_count;               ///< interrupts of the board: INTIDs below this
    const uint32_t *kernel_irqs;      ///< those that the kernel keeps, then 0; NULL: none
    const char *cpu_compatible;       ///< for the guest's cpu nodes when the device tree has none
    const char *const *keep_devices;  ///< NULL-terminated: node paths a guest's device tree keeps
};

extern const struct platform platform_qemu_arm_virt;
extern const struct platform platform_pc99;
extern const struct platform platform_pc99_ia32;

/// Whether it is a PC: I/O ports, I/O spaces, interrupts through I/O APICs.
static inline bool platform_is_x86(const struct platform *platform)
{
    return platform->arch == SYSTEM_ARCH_X86_64 || platform->arch == SYSTEM_ARCH_IA32;
}

/// Facts about a board, or NULL when there is none of this name for this architecture.
const struct platform *platform_find(const char *name, enum system_arch arch);

/// The boards of an architecture, for messages: "'a', 'b'".
const char *platform_list(struct arena *arena, enum system_arch arch);

#endif
