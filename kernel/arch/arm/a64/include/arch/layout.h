// SPDX-License-Identifier: BSD-2-Clause
// Numbers that C and assembler share: the order of saved registers, places in struct tcb and struct
// core (checked by static assertions in context.c), the kernel's address space and stacks.
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

// Words of arch_tcb.registers after x0 to x30.
#define CONTEXT_SP 31
#define CONTEXT_PC 32
#define CONTEXT_SPSR 33
#define CONTEXT_FAULT_PC 34
#define CONTEXT_TPIDR 35
#define CONTEXT_TPIDRRO 36
#define CONTEXT_WORDS 38 // even: 16-byte multiples

#define CONTEXT_FP_WORDS 66

// Offsets in bytes.
#define TCB_REGISTERS 256
#define TCB_FP (TCB_REGISTERS + CONTEXT_WORDS * 8)
#define CORE_NUMBER 0
#define CORE_CURRENT 8 // followed by idle

#define KERNEL_STACK_BITS 13

// Kernel virtual addresses: all RAM at WINDOW_BASE + PA, kernel devices in pages from DEVICE_BASE.
#define WINDOW_BASE 0x8000000000
#define DEVICE_BASE 0x20000000000

#endif
