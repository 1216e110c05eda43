// SPDX-License-Identifier: BSD-2-Clause
// Entry of the root task and of its threads, and instructions whose address must be known.

// Symbol of the next instruction.
.macro label name
    .global \name
\name:
.endm

    .text
label _start            // x0: boot info
    mov x29, #0
    mov x30, #0
    ldr x19, =stack_top
    mov sp, x19
    bl api_main
1:  b 1b

label thread_entry      // x0: struct api_thread
    bl api_thread_main
1:  b 1b

label fault_read        // x0: address, x1: where the result goes
label fault_read_at
    ldr x3, [x0]
    str x3, [x1]
    ret

label fault_write
label fault_write_at
    str x1, [x0]
    ret

label fault_undefined   // 99, when who handles the fault skips one instruction
    mov x0, #0
label fault_undefined_at
    udf #0
    mov x0, #99
    ret

label fault_system_call // what who handles the fault puts into x0
    mov x0, #100
    mov x1, #101
    mov x2, #102
    mov x3, #103
    mov x4, #104
    mov x5, #105
    mov x6, #106
    mov x7, #-200
label fault_system_call_at
    svc #0
    ret

// A guest: a call, registers of EL1, a load from nowhere (x9), and a virtual timer that has run out.
label guest_entry
    msr tpidr_el1, x0
    add x0, x0, #1
label guest_hvc_at
    hvc #7
.macro write register, value
    mov x1, #\value
    msr \register, x1
.endm
    write cpacr_el1, 0x100000
    write ttbr0_el1, 0x2000
    write ttbr1_el1, 0x3000
    write tcr_el1, 0x19
    write mair_el1, 0x44
    write contextidr_el1, 0x777
    write esr_el1, 0x1b
    write far_el1, 0x1c
    write par_el1, 0xd000
    write vbar_el1, 0xe800
    write tpidr_el1, 0x1f
    write elr_el1, 0x1234
    write spsr_el1, 0x3c4
    write cntv_cval_el0, 0x5555
    write cntkctl_el1, 3
    mov x1, #0x1110
    mov sp, x1
    mrs x20, mpidr_el1
    add x0, x0, #1
label guest_load_at
    ldr w5, [x9]
    add x0, x0, #1
    write cntv_cval_el0, 0
    write cntv_ctl_el0, 1
1:  b 1b

    .section .bss
    .balign 16
    .space 65536
stack_top:

    .section .note.GNU-stack, "", %progbits
