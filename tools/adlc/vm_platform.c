// SPDX-License-Identifier: BSD-2-Clause
// Board facts that the compiler uses; see vm_platform.h.

#include "vm_platform.h"

#include <string.h>

// The timer, the fixed clock that the PL011 refers to, and what a guest finds its firmware and its
// interrupt controller by. Left out of QEMU's tree although a guest's kernel would like them:
// flash@0 and platform-bus@c000000 (no memory behind them in a guest), pmu (its counters are not
// the guest's).
static const char *const keep_qemu_arm_virt[] = { "/timer", "/apb-pclk", "/intc@8000000", NULL };

static const struct platform platforms[] = {
    {
        .name = "qemu-arm-virt",
        .arch = SYSTEM_ARCH_AARCH64,
        .ram = { 0x40000000, 0x80000000 },
        .guest_ram = { 0x40000000, 0x20000000 },
        .kernel = { 0x60000000, 0x800000 },
        .gic_distributor = { 0x08000000, 0x1000 },
        .gic_cpu = { 0x08010000, 0x2000 },
        .gic_vcpu = { 0x08040000, 0x2000 },
        .gic_version = 2,
        .irq_count = 288,
        .cpu_compatible = "arm,cortex-a53",
        .keep_devices = keep_qemu_arm_virt,
    },
};

const struct platform *platform_find(const char *name, enum system_arch arch)
{
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        if (strcmp(platforms[i].name, name) == 0 && platforms[i].arch == arch) {
            return &platforms[i];
        }
    }
    return NULL;
}

const char *const *platform_names(size_t *count)
{
    static const char *names[sizeof(platforms) / sizeof(platforms[0])];

    *count = sizeof(platforms) / sizeof(platforms[0]);
    for (size_t i = 0; i < *count; i++) {
        names[i] = platforms[i].name;
    }
    return names;
}
