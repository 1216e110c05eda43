// SPDX-License-Identifier: BSD-2-Clause
// Facts about QEMU's Arm "virt" machine with 2 GiB of RAM, for kernel, boot code and tools.
// Constants only: assembly and linker scripts include it too.
#ifndef PLAT_H
#define PLAT_H

#define PLAT_NAME "qemu-arm-virt"

// RAM, and the part of it that is kept for guests whose memory sits at its own address: the kernel hands
// it out as device memory and never touches it.
#define PLAT_RAM_BASE 0x40000000
#ifndef PLAT_RAM_SIZE // a build for measuring has more
#define PLAT_RAM_SIZE 0x80000000
#endif
#define PLAT_GUEST_RAM_BASE 0x40000000
#define PLAT_GUEST_RAM_SIZE 0x20000000

// Where the kernel's image lies; the boot code puts the device tree and the user image behind it.
#define PLAT_KERNEL_BASE 0x60000000

// Console: a PL011.
#define PLAT_UART_BASE 0x09000000
#define PLAT_UART_SIZE 0x1000
#define PLAT_UART_IRQ 33

// Interrupt controller: a distributor and what a GICv2 or a GICv3 (GIC_VERSION) with virtualisation has.
#define PLAT_GICD_BASE 0x08000000
#define PLAT_GIC_SIZE 0x10000
#define PLAT_MAX_IRQ 287
#define PLAT_GICC_BASE 0x08010000
#define PLAT_GICH_BASE 0x08030000
#define PLAT_GICV_BASE 0x08040000
#define PLAT_GITS_BASE 0x08080000
#define PLAT_GITS_SIZE 0x20000
#define PLAT_GICR_BASE 0x080a0000
#define PLAT_GICR_SIZE 0xf60000
// Whether a guest's end of an interrupt that is linked to a physical one brings that one back at once when
// its line is still on. QEMU 7.2 only looks at a GICv2's line again when something else happens.
#define PLAT_GICV2_LINKED_END 0
#define PLAT_GICV3_LINKED_END 1

// Generic timer (interrupts are GIC INTIDs). CNTFRQ tells the frequency.
#define PLAT_PPI_VGIC_MAINTENANCE 25
#define PLAT_PPI_HYP_TIMER 26
#define PLAT_PPI_VIRTUAL_TIMER 27

#endif
