// SPDX-License-Identifier: BSD-2-Clause
// Entry of the root task: x0 is the address of the boot info, the kernel gives no stack.
    .section .text.start, "ax"
    .global _start
_start:
    adrp    x1, init_stack_top
    add     x1, x1, :lo12:init_stack_top
    mov     sp, x1
    bl      init_main
1:  b       1b

    .section .bss.stack, "aw", @nobits
    .balign 16
    .space  16384
    .global init_stack_top
init_stack_top:
