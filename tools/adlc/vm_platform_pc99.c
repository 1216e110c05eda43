// SPDX-License-Identifier: BSD-2-Clause
// A PC (x86_64 and ia32): descriptions for it are checked, lowered and written out. Nothing is
// linked for it, so it has no memory here.

#include "vm_platform.h"

static const char *const keep_devices[] = { NULL };

// Interrupts are numbered I/O APIC * 256 + pin, and message signalled ones 0x8000 + handle.
#define PC99_IRQ_COUNT 0x10000u

const struct platform platform_pc99 = {
    .name = "pc99",
    .arch = SYSTEM_ARCH_X86_64,
    .irq_count = PC99_IRQ_COUNT,
    .keep_devices = keep_devices,
};

const struct platform platform_pc99_ia32 = {
    .name = "pc99",
    .arch = SYSTEM_ARCH_IA32,
    .irq_count = PC99_IRQ_COUNT,
    .keep_devices = keep_devices,
};
