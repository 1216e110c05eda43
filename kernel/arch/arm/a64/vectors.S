// SPDX-License-Identifier: BSD-2-Clause
// EL2 exception vectors, entry and exit. While a thread runs, SP_EL2 points to the registers in its
// TCB, so entry saves into the TCB with no other memory access; the kernel's stack is then set up
// anew.
#include <arch/layout.h>

// Saves x0-x30, SP_EL0, PC and SPSR. Afterwards x22 is the PC; x0-x20 still hold the thread's
// values.
.macro SAVE_REGISTERS
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x21, sp_el0
    stp     x30, x21, [sp, #240]
    mrs     x22, elr_el2
    mrs     x23, spsr_el2
    stp     x22, x23, [sp, #(CONTEXT_PC * 8)]
.endm

// x0 = struct core *, SP = top of the core's stack. Clobbers x1 and x2 of the thread.
.macro ENTER_KERNEL
    mrs     x0, tpidr_el2
    ldr     x1, [x0, #CORE_NUMBER]
    adrp    x2, kernel_stacks + (1 << KERNEL_STACK_BITS)
    add     x2, x2, x1, lsl #KERNEL_STACK_BITS
    mov     sp, x2
.endm

// Takes the kernel lock. `rewind`: bytes to rewind the thread's PC by (smp.c). x0 is the core again.
// The labels are for tests/perf/lock_hold.c.
.macro LOCK_KERNEL rewind, kind
#if CONFIG_MAX_NUM_NODES > 1
    mov     x1, \rewind
    bl      smp_enter
lock_taken_by_\kind:
    cbnz    w0, enter_displaced
    mrs     x0, tpidr_el2
#endif
.endm

// Gives the kernel lock back, in the core's stack. Clobbers what C functions do.
.macro UNLOCK_KERNEL way
#if CONFIG_MAX_NUM_NODES > 1
    adrp    x2, kernel_lock_owner
    add     x2, x2, :lo12:kernel_lock_owner
    ldr     w3, [x2]
    add     w3, w3, #1
lock_released_to_\way:
    stlr    w3, [x2]
    // The load comes after the store (smp.c, sleeping). An LDAR would do, but QEMU on x86 lets it
    // overtake an STLR: the next owner then sleeps for ever.
    dmb     ish
    ldr     w3, [x2, #4]
    cbz     w3, 77f
    bl      smp_wake_next
77:
#endif
.endm

.macro VECTOR_SYNC
    .balign 0x80
    SAVE_REGISTERS
    mrs     x25, esr_el2
    lsr     x26, x25, #26
    cmp     x26, #0x15              // SVC from AArch64
    b.ne    enter_sync
    sub     x22, x22, #4            // the SVC itself
    str     x22, [sp, #(CONTEXT_FAULT_PC * 8)]
    b       enter_syscall
.endm

.macro VECTOR_INTERRUPT target
    .balign 0x80
    SAVE_REGISTERS
    str     x22, [sp, #(CONTEXT_FAULT_PC * 8)]
    b       \target
.endm

.macro VECTOR_KERNEL kind
    .balign 0x80
    mov     x0, #\kind
    b       kernel_exception
.endm

    .section .text.vectors, "ax"
    .balign 0x800
    .global arch_vectors
arch_vectors:
    // From EL2 itself, on SP_EL0 and on SP_EL2: all fatal.
    VECTOR_KERNEL 0
    VECTOR_KERNEL 1
    VECTOR_KERNEL 2
    VECTOR_KERNEL 3
    VECTOR_KERNEL 0
    VECTOR_KERNEL 1
    VECTOR_KERNEL 2
    VECTOR_KERNEL 3
    // From EL1 and EL0 in AArch64.
    VECTOR_SYNC
    VECTOR_INTERRUPT enter_interrupt
    VECTOR_INTERRUPT enter_interrupt
    VECTOR_INTERRUPT enter_serror
    // From EL0 in AArch32 (a guest's 32-bit programs). Their SVC never comes here.
    VECTOR_SYNC
    VECTOR_INTERRUPT enter_interrupt
    VECTOR_INTERRUPT enter_interrupt
    VECTOR_INTERRUPT enter_serror
    .balign 0x80

    .text
enter_syscall:
    mov     x20, x7
    ENTER_KERNEL
    LOCK_KERNEL #4, syscall
    mov     x1, x20
    bl      kernel_handle_syscall
    b       leave_kernel

enter_sync:
    str     x22, [sp, #(CONTEXT_FAULT_PC * 8)]
    ENTER_KERNEL
#if CONFIG_MAX_NUM_NODES > 1
    cmp     x26, #0x16              // HVC: the PC is behind it
    mov     x1, #4
    csel    x1, x1, xzr, eq
    LOCK_KERNEL x1, exception
#endif
    mov     x1, x25
    bl      arch_handle_sync
    b       leave_kernel

enter_interrupt:
    ENTER_KERNEL
#if CONFIG_MAX_NUM_NODES > 1
    bl      smp_serve_interrupt
    cbnz    w0, resume_thread       // that was all
    mrs     x0, tpidr_el2
#endif
    LOCK_KERNEL xzr, interrupt
    bl      kernel_handle_interrupt
    b       leave_kernel

enter_serror:
    ENTER_KERNEL
    LOCK_KERNEL xzr, serror
    mrs     x1, esr_el2
    bl      arch_handle_serror
    // Falls through.

    .global leave_kernel
leave_kernel:
    mrs     x0, tpidr_el2
    ldp     x1, x2, [x0, #CORE_CURRENT]     // current, idle
    cmp     x1, x2
    b.eq    idle
    UNLOCK_KERNEL thread
#if CONFIG_MAX_NUM_NODES > 1
resume_thread:
    mrs     x0, tpidr_el2
    ldr     x1, [x0, #CORE_CURRENT]         // only this core changes it
#endif
    add     sp, x1, #TCB_REGISTERS
    ldp     x22, x23, [sp, #(CONTEXT_PC * 8)]
    ldp     x30, x21, [sp, #240]
    msr     elr_el2, x22
    msr     spsr_el2, x23
    msr     sp_el0, x21
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    eret
    // No speculation past the ERET.
    dsb     nsh
    isb

    // Nobody to run: the core waits here, on its stack, with interrupts masked. A pending one wakes
    // it.
idle:
    UNLOCK_KERNEL idle
    dsb     sy
    wfi
#if CONFIG_MAX_NUM_NODES > 1
    mrs     x0, tpidr_el2
    mov     x1, xzr
    bl      smp_enter
lock_taken_by_idle:
    // The current thread was taken off this core while it waited for the lock: as an interrupt.
enter_displaced:
    mrs     x0, tpidr_el2
#endif
    bl      kernel_handle_interrupt
    b       leave_kernel

    // A fault of the kernel itself. The stack may be what is broken.
kernel_exception:
    adrp    x1, panic_stack + (1 << KERNEL_STACK_BITS)
    mov     sp, x1
    mrs     x1, esr_el2
    mrs     x2, elr_el2
    mrs     x3, far_el2
    b       arch_kernel_exception

    // void fp_save(word_t *area), void fp_restore(const word_t *area): the FP unit is enabled.
    .arch_extension fp
    .arch_extension simd
    .global fp_save
fp_save:
    stp     q0, q1, [x0, #0]
    stp     q2, q3, [x0, #32]
    stp     q4, q5, [x0, #64]
    stp     q6, q7, [x0, #96]
    stp     q8, q9, [x0, #128]
    stp     q10, q11, [x0, #160]
    stp     q12, q13, [x0, #192]
    stp     q14, q15, [x0, #224]
    stp     q16, q17, [x0, #256]
    stp     q18, q19, [x0, #288]
    stp     q20, q21, [x0, #320]
    stp     q22, q23, [x0, #352]
    stp     q24, q25, [x0, #384]
    stp     q26, q27, [x0, #416]
    stp     q28, q29, [x0, #448]
    stp     q30, q31, [x0, #480]
    mrs     x1, fpsr
    mrs     x2, fpcr
    add     x0, x0, #512
    stp     x1, x2, [x0]
    ret

    .global fp_restore
fp_restore:
    ldp     q0, q1, [x0, #0]
    ldp     q2, q3, [x0, #32]
    ldp     q4, q5, [x0, #64]
    ldp     q6, q7, [x0, #96]
    ldp     q8, q9, [x0, #128]
    ldp     q10, q11, [x0, #160]
    ldp     q12, q13, [x0, #192]
    ldp     q14, q15, [x0, #224]
    ldp     q16, q17, [x0, #256]
    ldp     q18, q19, [x0, #288]
    ldp     q20, q21, [x0, #320]
    ldp     q22, q23, [x0, #352]
    ldp     q24, q25, [x0, #384]
    ldp     q26, q27, [x0, #416]
    ldp     q28, q29, [x0, #448]
    ldp     q30, q31, [x0, #480]
    add     x0, x0, #512
    ldp     x1, x2, [x0]
    msr     fpsr, x1
    msr     fpcr, x2
    ret

    .bss
    .balign (1 << KERNEL_STACK_BITS)
    .global kernel_stacks
kernel_stacks:
    .skip   (1 << KERNEL_STACK_BITS) * CONFIG_MAX_NUM_NODES
panic_stack:
    .skip   (1 << KERNEL_STACK_BITS)
#if CONFIG_MAX_NUM_NODES > 1
    .global kernel_lock_next, kernel_lock_owner, kernel_lock_sleepers
kernel_lock_next:
    .skip   64
kernel_lock_owner:
    .skip   4
kernel_lock_sleepers:
    .skip   60
#endif
