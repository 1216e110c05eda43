// SPDX-License-Identifier: BSD-2-Clause
// Entry of the boot image: the arm64 Image header (Linux, Documentation/arm64/booting), then the code that
// firmware or `qemu -kernel` enters at EL2 with the MMU off and x0 = its device tree.
    .section .start, "ax"
    .global _start
_start:
    b       enter
    .word   0
    .quad   0                       // text_offset
    .quad   0                       // image_size: imgpack writes it
    .quad   0xa                     // little endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

enter:
    msr     daifset, #15
    adrp    x1, boot_stack_top
    add     sp, x1, :lo12:boot_stack_top
    mov     x1, x0
    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    bl      boot_main               // (exception level, firmware's device tree)
1:  wfe
    b       1b

// boot_enable_mmu(root table): translation and caches on.
    .global boot_enable_mmu
boot_enable_mmu:
    // 0 nGnRnE, 1 nGnRE, 2 GRE, 3 normal non-cacheable, 4 write-back, 5 write-through.
    ldr     x1, =0x0000bbff440c0400
    msr     mair_el2, x1
    // 48-bit addresses (T0SZ 16), 4 KiB granule, walks write-back inner shareable, PS from the CPU.
    mrs     x2, id_aa64mmfr0_el1
    and     x2, x2, #7
    cmp     x2, #5
    mov     x3, #5
    csel    x2, x2, x3, lo
    ldr     x1, =0x80803510
    orr     x1, x1, x2, lsl #16
    msr     tcr_el2, x1
    msr     ttbr0_el2, x0
    dsb     sy
    isb
    tlbi    alle2
    ic      iallu
    dsb     sy
    isb
    mrs     x1, sctlr_el2
    ldr     x2, =0x30c50830         // RES1 bits
    orr     x1, x1, x2
    mov     x2, #0x1005             // M, C, I
    orr     x1, x1, x2
    bic     x1, x1, #2              // no alignment checks
    msr     sctlr_el2, x1
    isb
    ret

// boot_enter_kernel(entry, x0..x5 of the boot protocol): x0 is the entry, the rest moves down by one.
    .global boot_enter_kernel
boot_enter_kernel:
    mov     x9, x0
    mov     x0, x1
    mov     x1, x2
    mov     x2, x3
    mov     x3, x4
    mov     x4, x5
    mov     x5, x6
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    br      x9

// boot_clean_range(start, end): data written there reaches memory, for what reads it with caches off and
// for instruction fetches.
    .global boot_clean_range
boot_clean_range:
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x3, x3, x2
    sub     x4, x3, #1
    bic     x0, x0, x4
1:  cmp     x0, x1
    b.hs    2f
    dc      civac, x0
    add     x0, x0, x3
    b       1b
2:  dsb     sy
    ret

// boot_copy(to, from, bytes): 64 bytes a round; all 16-byte aligned, bytes rounded up to 16 by the caller.
    .global boot_copy
boot_copy:
    subs    x2, x2, #64
    b.lo    2f
1:  ldp     x3, x4, [x1]
    ldp     x5, x6, [x1, #16]
    ldp     x7, x8, [x1, #32]
    ldp     x9, x10, [x1, #48]
    stp     x3, x4, [x0]
    stp     x5, x6, [x0, #16]
    stp     x7, x8, [x0, #32]
    stp     x9, x10, [x0, #48]
    add     x1, x1, #64
    add     x0, x0, #64
    subs    x2, x2, #64
    b.hs    1b
2:  adds    x2, x2, #64
    b.eq    4f
3:  ldp     x3, x4, [x1], #16
    stp     x3, x4, [x0], #16
    subs    x2, x2, #16
    b.hi    3b
4:  ret

// boot_clear(at, bytes)
    .global boot_clear
boot_clear:
    cbz     x1, 6f
5:  stp     xzr, xzr, [x0], #16
    subs    x1, x1, #16
    b.hi    5b
6:  ret

// PSCI by SMC: boot_smc(function, argument1, argument2, argument3).
    .global boot_smc
boot_smc:
    smc     #0
    ret

// A secondary core, started by PSCI with x0 = its boot_secondary structure: {stack, root table, logical id}.
    .global boot_secondary_entry
boot_secondary_entry:
    msr     daifset, #15
    ldp     x1, x19, [x0]
    ldr     x20, [x0, #16]
    mov     sp, x1
    mov     x21, x30
    mov     x0, x19
    bl      boot_enable_mmu
    msr     tpidr_el1, x20
    mov     x0, x20
    bl      boot_secondary_main
7:  wfe
    b       7b
