// SPDX-License-Identifier: BSD-2-Clause
// Facts about QEMU's Arm "virt" machine for the compiler; addresses come from the board's folder.

#include "../../plat/qemu-arm-virt/plat.h"

#include "vm_platform.h"

// The timer, the fixed clock that the PL011 refers to, and the interrupt controller. Left out of
// QEMU's tree although a guest's kernel would like them: flash@0 and platform-bus@c000000 (no
// memory behind them in a guest), pmu (its counters are not the guest's).
static const char *const keep_devices[] = { "/timer", "/apb-pclk", "/intc@8000000", NULL };

static const uint32_t kernel_irqs[] = {
    PLAT_PPI_VGIC_MAINTENANCE, PLAT_PPI_HYP_TIMER, PLAT_PPI_VIRTUAL_TIMER, 0,
};

const struct platform platform_qemu_arm_virt = {
    .name = PLAT_NAME,
    .arch = SYSTEM_ARCH_AARCH64,
    .ram = { PLAT_RAM_BASE, PLAT_RAM_SIZE },
    .guest_ram = { PLAT_GUEST_RAM_BASE, PLAT_GUEST_RAM_SIZE },
    .kernel = { PLAT_KERNEL_BASE, 0x800000 },
    .timer_hz = 62500000,
    .irq_count = PLAT_MAX_IRQ + 1,
    .kernel_irqs = kernel_irqs,
    .cpu_compatible = "arm,cortex-a53",
    .keep_devices = keep_devices,
};
