// SPDX-License-Identifier: BSD-2-Clause
// Image header, entry from the firmware, entry of secondary cores, jump to the kernel, exception
// vectors.
#include <boot/handover_offsets.h>
#include <plat.h>

// SCTLR_EL2: bits that are RES1, and MMU, data cache, instruction cache (DDI 0487, D19.2.120).
#define SCTLR_RES1 0x30c50830
#define SCTLR_MMU_ON (SCTLR_RES1 | 0x1005)
#define HCR_RW_HIGH 0x8000 // bits 31:16 of HCR_EL2.RW
#define CPTR_RES1 0x33ff   // RES1 bits; nothing is trapped

    .macro  load_address register, symbol
    adrp    \register, \symbol
    add     \register, \register, :lo12:\symbol
    .endm

    // \register = bytes of the smallest data cache line; rounds \address down to one.
    .macro  align_to_line address, register, scratch
    mrs     \scratch, ctr_el0
    ubfx    \scratch, \scratch, #16, #4
    mov     \register, #4
    lsl     \register, \register, \scratch
    sub     \scratch, \register, #1
    bic     \address, \address, \scratch
    .endm

    // Linux's arm64 boot protocol, Documentation/arch/arm64/booting.rst. imgpack fills in the two
    // sizes.
    .section .head, "ax"
    .global boot_head
boot_head:
    b       start
    .long   0
    .quad   0               // text_offset
    .quad   0               // image_size
    .quad   2               // flags: little endian, 4 KiB pages, near the start of RAM
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .text
    // x0: the firmware's device tree.
start:
    msr     daifset, #0xf
    mov     x19, x0
    mrs     x20, currentel
    cmp     x20, #(2 << 2)
    b.ne    wrong_level
    msr     spsel, #1
    bl      set_up_level
    mrs     x9, sctlr_el2
    tbnz    x9, #0, mmu_is_on

    // What is written with the MMU off must not be hidden by lines that the loader left in the
    // caches.
    load_address x0, boot_head
    load_address x1, boot_end
    bl      invalidate_data
    bl      relocate
    load_address x9, boot_stack_top
    mov     sp, x9
    mov     x29, xzr
    mov     x0, x19
    bl      boot_main
    b       halt

wrong_level:
    bl      relocate
    load_address x9, boot_stack_top
    mov     sp, x9
    lsr     x0, x20, #2
    bl      boot_wrong_level
halt:
    wfe
    b       halt

mmu_is_on:
    bl      relocate
    load_address x9, boot_stack_top
    mov     sp, x9
    bl      boot_mmu_is_on
    b       halt

    // Adds the load address to the pointers that the linker listed; all are R_AARCH64_RELATIVE. The
    // image is linked at 0. Running twice does no harm. Clobbers x9 to x13.
relocate:
    load_address x9, boot_rela_start
    load_address x10, boot_rela_end
    adrp    x11, boot_head
1:  cmp     x9, x10
    b.hs    2f
    ldr     x12, [x9]
    ldr     x13, [x9, #16]
    add     x13, x13, x11
    str     x13, [x11, x12]
    add     x9, x9, #24
    b       1b
2:  ret

    // Registers of EL2 that the firmware may have left in any state. Clobbers x9.
set_up_level:
    mov     x9, #HCR_RW_HIGH << 16
    msr     hcr_el2, x9
    mov     x9, #CPTR_RES1
    msr     cptr_el2, x9
    load_address x9, vectors
    msr     vbar_el2, x9
    isb
    ret

    // Invalidates [x0, x1) in the data caches. Clobbers x0, x9, x10.
invalidate_data:
    align_to_line x0, x9, x10
1:  dc      ivac, x0
    add     x0, x0, x9
    cmp     x0, x1
    b.lo    1b
    dsb     sy
    ret

    // boot_clean_data(start, size): writes dirty lines back to memory.
    .global boot_clean_data
boot_clean_data:
    add     x1, x0, x1
    align_to_line x0, x9, x10
1:  add     x10, x0, x9, lsl #2     // four lines a turn
    cmp     x10, x1
    b.hi    2f
    dc      cvac, x0
    add     x0, x0, x9
    dc      cvac, x0
    add     x0, x0, x9
    dc      cvac, x0
    add     x0, x0, x9
    dc      cvac, x0
    mov     x0, x10
    b       1b
2:  cmp     x0, x1
    b.hs    3f
    dc      cvac, x0
    add     x0, x0, x9
    b       2b
3:
    dsb     sy
    ret

    // boot_clear_blocks(start, end): multiples of 256, with the MMU on. DC ZVA where it clears 64 bytes.
    .global boot_clear_blocks
boot_clear_blocks:
    mrs     x9, dczid_el0
    and     x9, x9, #0x1f
    cmp     x9, #4
    b.ne    2f
1:  dc      zva, x0
    add     x9, x0, #64
    dc      zva, x9
    add     x9, x0, #128
    dc      zva, x9
    add     x9, x0, #192
    dc      zva, x9
    add     x0, x0, #256
    cmp     x0, x1
    b.lo    1b
    ret
2:  movi    v0.2d, #0
3:  .rept   8
    stp     q0, q0, [x0], #32
    .endr
    cmp     x0, x1
    b.lo    3b
    ret

    // boot_mmu_enable(tables, tcr, mair)
    .global boot_mmu_enable
boot_mmu_enable:
    msr     mair_el2, x2
    msr     tcr_el2, x1
    msr     ttbr0_el2, x0
    isb
    tlbi    alle2
    ic      iallu
    dsb     sy
    isb
    mov     x9, #(SCTLR_MMU_ON & 0xffff)
    movk    x9, #(SCTLR_MMU_ON >> 16), lsl #16
    msr     sctlr_el2, x9
    isb
    ret

    // boot_enter_kernel(handover, core): never returns.
    .global boot_enter_kernel
boot_enter_kernel:
    msr     tpidr_el1, x1
    mov     x9, x0
    ic      iallu
    dsb     sy
    isb
    ldp     x0, x1, [x9, #HANDOVER_ARGUMENTS]
    ldp     x2, x3, [x9, #HANDOVER_ARGUMENTS + 16]
    ldp     x4, x5, [x9, #HANDOVER_ARGUMENTS + 32]
    ldr     x10, [x9, #HANDOVER_ENTRY]
    br      x10

    // Where PSCI starts a secondary core: EL2, MMU off, x0 = number of the core.
    .global boot_secondary_start
boot_secondary_start:
    msr     daifset, #0xf
    msr     spsel, #1
    mov     x20, x0
    bl      set_up_level
    load_address x21, boot_handover
    ldr     x0, [x21, #HANDOVER_TABLES]
    ldp     x1, x2, [x21, #HANDOVER_TCR]
    bl      boot_mmu_enable
    // Tells the first core, which waits in smp.c.
    add     x9, x21, #HANDOVER_READY
    add     x9, x9, x20, lsl #2
    mov     w10, #1
    stlr    w10, [x9]
    sev
    mov     x0, x21
    mov     x1, x20
    b       boot_enter_kernel

    // boot_copy_blocks(to, from, size): size is a multiple of 64 and not 0.
    .global boot_copy_blocks
boot_copy_blocks:
    tbz     x2, #6, 2f
    ld1     {v0.2d-v3.2d}, [x1], #64
    subs    x2, x2, #64
    st1     {v0.2d-v3.2d}, [x0], #64
    b.eq    3f
2:  ld1     {v0.2d-v3.2d}, [x1], #64
    ld1     {v4.2d-v7.2d}, [x1], #64
    subs    x2, x2, #128
    st1     {v0.2d-v3.2d}, [x0], #64
    st1     {v4.2d-v7.2d}, [x0], #64
    b.ne    2b
3:  ret

    // boot_sum_blocks(from, size, lanes): a boot_sum_fn.
    .global boot_sum_blocks
boot_sum_blocks:
    cbz     x1, 3f
    ld1     {v16.2d-v19.2d}, [x2]
    tbz     x1, #6, 2f
    ld1     {v0.2d-v3.2d}, [x0], #64
    add     v16.2d, v16.2d, v0.2d
    add     v17.2d, v17.2d, v1.2d
    add     v18.2d, v18.2d, v2.2d
    add     v19.2d, v19.2d, v3.2d
    subs    x1, x1, #64
    b.eq    4f
2:  ld1     {v0.2d-v3.2d}, [x0], #64
    ld1     {v4.2d-v7.2d}, [x0], #64
    subs    x1, x1, #128
    add     v16.2d, v16.2d, v0.2d
    add     v17.2d, v17.2d, v1.2d
    add     v18.2d, v18.2d, v2.2d
    add     v19.2d, v19.2d, v3.2d
    add     v16.2d, v16.2d, v4.2d
    add     v17.2d, v17.2d, v5.2d
    add     v18.2d, v18.2d, v6.2d
    add     v19.2d, v19.2d, v7.2d
    b.ne    2b
4:  st1     {v16.2d-v19.2d}, [x2]
3:  ret

    // Any exception here is a bug or broken memory: says what and where.
    .balign 2048
vectors:
    .rept 16
    .balign 128
    b       exception
    .endr
exception:
    load_address x9, boot_stack_top
    mov     sp, x9
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    bl      boot_exception
    b       halt
