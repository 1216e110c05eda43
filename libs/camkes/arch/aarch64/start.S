// SPDX-License-Identifier: BSD-2-Clause
// Entry of every thread of a component: x0 = index of the thread, x1 = its IPC buffer, sp = top of
// its stack. Takes the thread's TLS block from the top of the stack and goes on in C.

    .section .text._camkes_start, "ax"
    .global _camkes_start
    .type _camkes_start, %function
_camkes_start:
    mov     x29, xzr
    mov     x30, xzr
    ldr     x2, =__camkes_tls_reserve
    sub     x2, sp, x2
    and     sp, x2, #-64
    mov     x2, sp
    b       camkes_start
    .size _camkes_start, . - _camkes_start

    .section .note.GNU-stack, "", %progbits
