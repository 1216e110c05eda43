// SPDX-License-Identifier: BSD-2-Clause
// Entry from the boot loader (boot protocol): EL2, the loader's MMU tables with this image mapped
// at its virtual address. x0, x1 user image [start, end) physical; x2 its phys - virt; x3 its
// entry; x4, x5 device tree address and size.
#include <arch/layout.h>

    .section .text.start, "ax"
    .global _start
_start:
    msr     daifset, #0xf
    // No exception of the kernel finds a stale context as its stack.
    msr     spsel, #1
#if CONFIG_MAX_NUM_NODES > 1
    mrs     x19, tpidr_el1
    cbnz    x19, secondary
#endif
    adrp    x9, kernel_stacks + (1 << KERNEL_STACK_BITS)
    mov     sp, x9

    adrp    x9, kernel_bss_start
    add     x9, x9, :lo12:kernel_bss_start
    adrp    x10, kernel_image_end
    add     x10, x10, :lo12:kernel_image_end
1:  stp     xzr, xzr, [x9], #16
    cmp     x9, x10
    b.lo    1b

    mov     x29, xzr
    bl      arch_boot
    b       leave_kernel

#if CONFIG_MAX_NUM_NODES > 1
    // Another core: waits until the first one has set up what they share. TPIDR_EL1 is its number.
secondary:
    adrp    x9, kernel_cores_go
    add     x9, x9, :lo12:kernel_cores_go
1:  wfe
    ldar    w10, [x9]
    cbz     w10, 1b
    adrp    x9, kernel_stacks + (1 << KERNEL_STACK_BITS)
    add     x9, x9, x19, lsl #KERNEL_STACK_BITS
    mov     sp, x9
    mov     x29, xzr
    bl      mmu_enable
    mov     x0, x19
    bl      smp_boot_core
    b       leave_kernel

    // Not in .bss: the first core clears that while the others wait.
    .data
    .balign 4
    .global kernel_cores_go
kernel_cores_go:
    .long   0
#endif
