// SPDX-License-Identifier: BSD-2-Clause
// The boards that the compiler knows, one file each.

#include "vm_platform.h"

#include <string.h>

// No board: for looking at the code that an architecture's components get. It has no memory, so nothing
// can be linked for it.
#define PLATFORM_NONE(suffix, architecture)                             \
    static const char *const keep_devices_##suffix[] = { NULL };        \
    static const struct platform platform_none_##suffix = {             \
        .name = "none",                                                 \
        .arch = architecture,                                           \
        .irq_count = 1020,                                              \
        .keep_devices = keep_devices_##suffix,                          \
    }

PLATFORM_NONE(aarch64, SYSTEM_ARCH_AARCH64);
PLATFORM_NONE(arm, SYSTEM_ARCH_ARM);
PLATFORM_NONE(x86_64, SYSTEM_ARCH_X86_64);
PLATFORM_NONE(ia32, SYSTEM_ARCH_IA32);

static const struct platform *const platforms[] = {
    &platform_qemu_arm_virt,
    &platform_pc99,
    &platform_pc99_ia32,
    &platform_none_aarch64,
    &platform_none_arm,
    &platform_none_x86_64,
    &platform_none_ia32,
};

#define PLATFORM_COUNT (sizeof(platforms) / sizeof(platforms[0]))

const struct platform *platform_find(const char *name, enum system_arch arch)
{
    for (size_t i = 0; i < PLATFORM_COUNT; i++) {
        if (strcmp(platforms[i]->name, name) == 0 && platforms[i]->arch == arch) {
            return platforms[i];
        }
    }
    return NULL;
}

const char *platform_list(struct arena *arena, enum system_arch arch)
{
    const char *list = "";

    for (size_t i = 0; i < PLATFORM_COUNT; i++) {
        if (platforms[i]->arch == arch) {
            list = arena_printf(arena, "%s%s'%s'", list, list[0] != '\0' ? ", " : "",
                                platforms[i]->name);
        }
    }
    return list;
}
