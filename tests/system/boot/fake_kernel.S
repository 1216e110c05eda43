// SPDX-License-Identifier: BSD-2-Clause
// A "kernel" that only reports how it was entered: registers x0 to x5, exception level, MMU, own number, one
// word each of the device tree and the user image, in hexadecimal on the PL011. Ends with PSCI SYSTEM_OFF.
#define UART 0x09000000

    .section .text.start, "ax"
    .global _start
_start:
    mrs     x9, tpidr_el1
    cbnz    x9, secondary
    adr     x20, words
    stp     x0, x1, [x20]
    stp     x2, x3, [x20, #16]
    stp     x4, x5, [x20, #32]
    adr     x9, _start
    mrs     x10, currentel
    stp     x9, x10, [x20, #48]
    mrs     x9, sctlr_el2
    mrs     x10, tcr_el2
    stp     x9, x10, [x20, #64]
    mrs     x9, mair_el2
    adr     x10, bss_word
    ldr     x10, [x10]
    stp     x9, x10, [x20, #80]
    // The one-to-one map is still there: look at what the addresses hold.
    ldr     x9, [x0]
    ldr     w10, [x4]
    stp     x9, x10, [x20, #96]
    adr     x9, secondary_count
    ldr     w11, expected_secondaries
1:  ldr     w10, [x9]
    yield
    cmp     w10, w11
    b.lo    1b
    str     x10, [x20, #112]
    mov     x21, #15
2:  ldr     x0, [x20], #8
    bl      print
    subs    x21, x21, #1
    b.ne    2b
    mov     w0, #10
    bl      put
    ldr     w0, =0x84000008
    smc     #0
    b       .

secondary:
    adr     x9, secondary_count
3:  ldaxr   w10, [x9]
    add     w10, w10, #1
    stlxr   w11, w10, [x9]
    cbnz    w11, 3b
4:  wfe
    b       4b

// Prints x0 and a space. Clobbers x0 to x4.
print:
    mov     x3, x30
    mov     x1, x0
    mov     x2, #60
5:  lsr     x0, x1, x2
    and     x0, x0, #15
    cmp     x0, #10
    add     x4, x0, #'0'
    add     x0, x0, #('a' - 10)
    csel    x0, x4, x0, lo
    bl      put
    subs    x2, x2, #4
    b.ge    5b
    mov     w0, #' '
    bl      put
    ret     x3

put:
    ldr     x5, =UART
6:  ldr     w6, [x5, #0x18]
    tbnz    w6, #5, 6b
    str     w0, [x5]
    ret

    .ltorg
    .balign 8
expected_secondaries:
    .word   SECONDARIES
    .data
    .balign 8
words:
    .fill   16, 8, 0
secondary_count:
    .word   0
    .bss
    .balign 8
    .space  0x3000
bss_word:
    .space  8
