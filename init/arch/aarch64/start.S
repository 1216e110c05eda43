// SPDX-License-Identifier: BSD-2-Clause
// Entry of the root task: the kernel gives x0 = boot info and no stack.
    .section .text.start, "ax"
    .global _start
_start:
    adrp    x9, init_stack_top
    add     x9, x9, :lo12:init_stack_top
    mov     sp, x9
    mov     x29, xzr
    mov     x30, xzr
    b       init_start

    .section .bss.stack, "aw", %nobits
    .balign 16
    .space  16384
init_stack_top:
