// SPDX-License-Identifier: BSD-2-Clause
// The boards that the compiler knows, one file each.

#include "vm_platform.h"

#include <string.h>

static const struct platform *const platforms[] = {
    &platform_qemu_arm_virt,
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

const char *const *platform_names(size_t *count)
{
    static const char *names[PLATFORM_COUNT];

    *count = PLATFORM_COUNT;
    for (size_t i = 0; i < PLATFORM_COUNT; i++) {
        names[i] = platforms[i]->name;
    }
    return names;
}
