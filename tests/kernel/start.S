// SPDX-License-Identifier: BSD-2-Clause
// Entry of the kernel test task: stack, thread-local storage, main. And the guests that vcpu tests
// run.

    .section .text.start, "ax"
    .global _start
_start:
    adrp    x1, main_stack_top
    add     x1, x1, :lo12:main_stack_top
    mov     sp, x1
    adrp    x1, main_tls
    add     x1, x1, :lo12:main_tls
    msr     tpidr_el0, x1
    bl      task_main
1:  b       1b

    .global signal_forever
signal_forever:
    mov     x20, x0
1:  mov     x0, x20
    mov     x1, #0
    mov     x7, #-5             // Send
    svc     #0
    b       1b

    .global wait_forever
wait_forever:
    mov     x20, x0
1:  mov     x0, x20
    mov     x7, #-9             // Wait
    svc     #0
    b       1b

    // First instruction of every thread that task.c starts: x0 argument, x1 function.
    .global thread_start
thread_start:
    blr     x1
1:  b       1b

    // Reads one word: the address is checked by a fault in tests.
    .global probe_read
probe_read:
    ldr     x0, [x0]
    ret
    // Copied to the first page of an address space: reads its own word (at load_own + 64), 1,000
    // times between two yields, x1 times, and ends with an undefined instruction. x0 is 0 then, unless
    // another space's word was there.
    .balign 128
    .global load_own, load_own_end
load_own:
    mov     x3, x0
    mov     x0, #0
1:  mov     x2, #1000
2:  ldr     x4, load_own + 64
    eor     x4, x4, x3
    orr     x0, x0, x4
    subs    x2, x2, #1
    b.ne    2b
    mov     x7, #-11            // Yield
    svc     #0
    subs    x1, x1, #1
    b.ne    1b
    udf     #0
    .balign 64
    .quad   0
load_own_end:

    .global probe_write
probe_write:
    str     x1, [x0]
    ret

    // Loads d8 with x0, yields x1 times, returns d8.
    .global fp_hold
    .arch_extension fp
fp_hold:
    fmov    d8, x0
    mov     x9, x1
1:  cbz     x9, 2f
    mov     x7, #-11            // Yield
    svc     #0
    sub     x9, x9, #1
    b       1b
2:  fmov    x0, d8
    ret

// ---- the guests' interrupt controller: GICC registers from x22, or system registers ---------------

#if GIC_VERSION == 3
    .macro  GIC_ENABLE
    mov     x0, #0xf0
    msr     icc_pmr_el1, x0
    mov     x0, #1
    msr     icc_igrpen1_el1, x0
    isb
    .endm
    .macro  GIC_ACKNOWLEDGE number
    mrs     x\number, icc_iar1_el1
    .endm
    .macro  GIC_END number
    msr     icc_eoir1_el1, x\number
    .endm
#else
    .macro  GIC_ENABLE
    mov     x22, #0x08010000
    mov     w0, #0xf0
    str     w0, [x22, #4]       // PMR
    mov     w0, #1
    str     w0, [x22]           // CTLR
    .endm
    .macro  GIC_ACKNOWLEDGE number
    ldr     w\number, [x22, #0xc]
    .endm
    .macro  GIC_END number
    str     w\number, [x22, #0x10]
    .endm
#endif

// ---- guest: EL1, stage 1 off, at the IPA where its frame is mapped ------------------------------

    .section .rodata.guest, "a"
    .balign 4096
    .global guest_code, guest_code_end
guest_code:
    // 1. A hypercall with arguments, as PSCI does.
    mov     x0, #0x1001
    mov     x1, #0x22
    mov     x7, #0
    hvc     #0
    mov     x19, x0             // answer
    // 2. A load and a store that the VMM emulates.
    mov     x20, #0x0c000000
    ldr     w21, [x20, #8]
    str     w21, [x20, #12]
    // 3. Report both.
    mov     x0, #0x1002
    mov     x1, x19
    mov     x2, x21
    mov     x7, #0
    hvc     #0
    // 4. Vectors, GIC CPU interface, FP, then timer interrupts, waiting in WFI.
    adr     x0, guest_vectors
    msr     vbar_el1, x0
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    mov     x0, #0x5a5a
    fmov    d8, x0
    GIC_ENABLE
    mov     x23, #0             // interrupts taken
    mrs     x0, cntfrq_el0
    mov     x1, #1000
    udiv    x24, x0, x1         // ticks of 1 ms
    msr     cntv_tval_el0, x24
    mov     x0, #1
    msr     cntv_ctl_el0, x0
    msr     daifclr, #2
1:  wfi
    cmp     x23, #5
    b.lo    1b
    wfe
    // 5. Report.
    msr     daifset, #2
    mov     x0, #0x1003
    mov     x1, x23
    fmov    x2, d8
    mov     x7, #0
    hvc     #0
    // 6. An SMC, then wait for an interrupt that the VMM injects while the guest sleeps.
    mov     x0, #0x1004
    smc     #0
    msr     daifclr, #2
2:  wfi
    cmp     x25, #40
    b.ne    2b
    mov     x0, #0x1005
    mov     x7, #0
    hvc     #0
    // 7. Many emulated loads, then many hypercalls, for the count of instructions.
    mov     x26, #1000
3:  ldr     w21, [x20, #8]
    subs    x26, x26, #1
    b.ne    3b
    mov     x26, #1000
4:  mov     x0, #0x1006
    mov     x7, #0
    hvc     #0
    subs    x26, x26, #1
    b.ne    4b
    mov     x0, #0x1007
    hvc     #0
5:  b       5b

    // Another guest: fills its registers with x0, lets another guest run x1 times, checks them; reports
    // the differences in x1.
    .macro  HOLD register
    msr     \register, x19
    .endm
    .macro  SAME register
    mrs     x1, \register
    eor     x1, x1, x19
    orr     x20, x20, x1
    .endm
    .global guest_hold
guest_hold:
    mov     x19, x0
    mov     x21, x1
    mov     x2, #(3 << 20)
    msr     cpacr_el1, x2
    isb
    fmov    d8, x19
    fmov    d31, x19
    mov     sp, x19
    HOLD    tpidr_el0
    HOLD    tpidrro_el0
    HOLD    tpidr_el1
    HOLD    vbar_el1
    HOLD    elr_el1
    HOLD    spsr_el1
    HOLD    mair_el1
    HOLD    contextidr_el1
    HOLD    ttbr0_el1
    HOLD    ttbr1_el1
    HOLD    esr_el1
    HOLD    far_el1
    HOLD    cntv_cval_el0
    HOLD    par_el1
    HOLD    tcr_el1
    HOLD    cntkctl_el1
    HOLD    sp_el0
    mrs     x22, id_aa64isar1_el1
    ands    x22, x22, #0xff0        // pointer authentication
    b.eq    1f
    HOLD    s3_0_c2_c1_0            // APIAKeyLo_EL1
    HOLD    s3_0_c2_c1_3            // APIBKeyHi_EL1
    HOLD    s3_0_c2_c2_0            // APDAKeyLo_EL1
    HOLD    s3_0_c2_c2_3            // APDBKeyHi_EL1
    HOLD    s3_0_c2_c3_0            // APGAKeyLo_EL1
    HOLD    s3_0_c2_c3_1            // APGAKeyHi_EL1
1:  mov     x20, #0
1:  yield                       // an emulator that runs its cores in turns gets to the next one
    mov     x7, #-11            // Yield
    hvc     #0
    SAME    tpidr_el0
    SAME    tpidrro_el0
    SAME    tpidr_el1
    SAME    vbar_el1
    SAME    elr_el1
    SAME    spsr_el1
    SAME    mair_el1
    SAME    contextidr_el1
    SAME    ttbr0_el1
    SAME    ttbr1_el1
    SAME    esr_el1
    SAME    far_el1
    SAME    cntv_cval_el0
    SAME    par_el1
    SAME    tcr_el1
    SAME    cntkctl_el1
    SAME    sp_el0
    cbz     x22, 2f
    SAME    s3_0_c2_c1_0
    SAME    s3_0_c2_c1_3
    SAME    s3_0_c2_c2_0
    SAME    s3_0_c2_c2_3
    SAME    s3_0_c2_c3_0
    SAME    s3_0_c2_c3_1
2:
    mov     x1, sp
    eor     x1, x1, x19
    orr     x20, x20, x1
    fmov    x1, d8
    eor     x1, x1, x19
    orr     x20, x20, x1
    fmov    x1, d31
    eor     x1, x1, x19
    orr     x20, x20, x1
    subs    x21, x21, #1
    b.ne    1b
    mov     x0, #0x2001
    mov     x1, x20
    mov     x2, x19
    mov     x7, #0
    hvc     #0
2:  b       2b

    // A guest that tells whether its CPU has the RAS extension, and then reads ERRIDR_EL1.
    .global guest_errors
guest_errors:
    mrs     x1, id_aa64pfr0_el1
    ubfx    x1, x1, #28, #4
    mov     x0, #0x4001
    mov     x7, #0
    hvc     #0
    mrs     x1, s3_0_c5_c3_0
1:  b       1b

    // A guest that takes five timer interrupts, in WFI when x0 is not 0, spinning else. The tick is
    // x1. Then it reports how many it took, and how often it looked.
    .global guest_ticks
guest_ticks:
    mov     x26, x0
    mov     x24, x1
    adr     x0, guest_vectors
    msr     vbar_el1, x0
    GIC_ENABLE
    mov     x23, #0
    mov     x19, #0
    msr     cntv_tval_el0, x24
    mov     x0, #1
    msr     cntv_ctl_el0, x0
1:  msr     daifset, #2             // no interrupt between the look and the WFI
    cmp     x23, #5
    b.hs    3f
    cbz     x26, 2f
    wfi
2:  msr     daifclr, #2
    yield
    add     x19, x19, #1
    b       1b
3:
    mov     x0, #0x3001
    mov     x1, x23
    mov     x2, x19
    mov     x7, #0
    hvc     #0
4:  b       4b

    // A guest that lets its timer fire with interrupts masked at the CPU, and reports.
    .global guest_tick_masked
guest_tick_masked:
    GIC_ENABLE
    msr     cntv_tval_el0, xzr
    mov     x0, #1
    msr     cntv_ctl_el0, x0
    isb
    wfi
    mov     x0, #0x3002         // it is pending
    mov     x7, #0
    hvc     #0
    GIC_ACKNOWLEDGE 19          // active now
    mov     x0, #0x3003
    mov     x1, x19
    mov     x7, #0
    hvc     #0
    msr     cntv_ctl_el0, xzr
    GIC_END 19
    mov     x0, #100            // time for a maintenance interrupt
3:  subs    x0, x0, #1
    b.ne    3b
    mov     x0, #0x3004
    mov     x7, #0
    hvc     #0
4:  b       4b

    // A guest that calls, spins x0 times with interrupts masked, calls again, and then takes three
    // interrupts, which it reports.
    .global guest_collect
guest_collect:
    mov     x20, x0
    GIC_ENABLE
    mov     x0, #0x5001
    mov     x7, #0
    hvc     #0
1:  yield
    subs    x20, x20, #1
    b.ne    1b
    mov     x0, #0x5003
    hvc     #0
    GIC_ACKNOWLEDGE 23
    GIC_END 23
    GIC_ACKNOWLEDGE 24
    GIC_END 24
    GIC_ACKNOWLEDGE 25
    GIC_END 25
    mov     x0, #0x5002
    mov     x1, x23
    mov     x2, x24
    mov     x3, x25
    hvc     #0
2:  b       2b

    // A guest that calls, takes an interrupt and reports it, ends it after that, and does so once more.
    .global guest_active
guest_active:
    GIC_ENABLE
    mov     x0, #0x7001
    mov     x1, #0
    mov     x7, #0
    hvc     #0
    GIC_ACKNOWLEDGE 23
    mov     x0, #0x7002
    mov     x1, x23
    hvc     #0
    GIC_END 23
    mov     x0, #100            // time for a maintenance interrupt
1:  subs    x0, x0, #1
    b.ne    1b
    GIC_ACKNOWLEDGE 23
    mov     x0, #0x7003
    mov     x1, x23
    hvc     #0
2:  b       2b

#if GIC_VERSION == 2
    // A guest that writes x1 to registers of its CPU interface, and one that reads them: CTLR, PMR, BPR,
    // ABPR, HPPIR and APR.
    .global guest_scribble, guest_look
guest_scribble:
    mov     x22, #0x08010000
    str     w1, [x22]
    str     w1, [x22, #4]
    str     w1, [x22, #8]
    str     w1, [x22, #0x1c]
    str     w1, [x22, #0xd0]
    mov     x0, #0x7201
    b       1f
guest_look:
    mov     x0, #0x7202
1:  mov     x22, #0x08010000
    ldr     w1, [x22]
    ldr     w2, [x22, #4]
    ldr     w3, [x22, #8]
    ldr     w4, [x22, #0x1c]
    ldr     w5, [x22, #0x18]
    ldr     w6, [x22, #0xd0]
    mov     x7, #0
    hvc     #0
2:  b       2b
#endif

    // A guest that executes instruction x0, of op0 2, with x1 in x9, for each of 2^15 system registers,
    // except where a byte at x3 is not 0. What is in x9 then goes to x2.
    .global guest_sweep
guest_sweep:
    mov     x20, x0
    mov     x21, x1
    mov     x22, x2
    mov     x23, x3
    adr     x0, guest_sweep_vectors
    msr     vbar_el1, x0
    isb
    adr     x25, 2f
    mov     x24, #0
1:  ldrb    w4, [x23, x24]
    cbnz    w4, 3f
    add     w4, w20, w24, lsl #5
    str     w4, [x25]
    dc      cvau, x25
    dsb     ish
    ic      ivau, x25
    dsb     ish
    isb
    mov     x9, x21
2:  nop
    str     x9, [x22, x24, lsl #3]
3:  add     x24, x24, #1
    tbz     x24, #15, 1b
    mov     x0, #0x7101
    mov     x7, #0
    hvc     #0
4:  b       4b

    // A guest with a CSpace: waits for notification x0 and signals x1, x2 times; reports the sum of the
    // badges, and changes of a register of its VCPU.
    .global guest_wait
guest_wait:
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x23, #0
    mov     x24, #0
    msr     tpidr_el1, x19
1:  mov     x0, x19
    mov     x7, #-9             // Wait
    hvc     #0
    add     x23, x23, x0
    mrs     x25, tpidr_el1
    eor     x25, x25, x19
    orr     x24, x24, x25
    mov     x0, x20
    mov     x1, #0
    mov     x7, #-5             // Send
    hvc     #0
    subs    x21, x21, #1
    b.ne    1b
    mov     x0, #0x6001
    mov     x1, x23
    mov     x2, x24
    mov     x7, #0
    hvc     #0
2:  b       2b

#if GIC_VERSION == 3
    // A guest that asks for the kind of its interface and sends SGI 5 to core 1, in the three ways that
    // there are.
    .global guest_interface
guest_interface:
    mrs     x1, icc_sre_el1
    mov     x0, #0x4001
    mov     x7, #0
    hvc     #0
    mov     x3, #2
    movk    x3, #0x500, lsl #16
    msr     icc_sgi1r_el1, x3
    msr     icc_asgi1r_el1, x3
    msr     icc_sgi0r_el1, x3
    mov     x0, #0x4002
    hvc     #0
5:  b       5b

    // EL0 of a native thread: each reads or writes one register and returns.
    .section .text, "ax"
    .macro  PROBE name, instruction:vararg
    .global \name
\name:
    \instruction
    ret
    .endm
    PROBE   probe_icc_iar1, mrs x0, icc_iar1_el1
    PROBE   probe_icc_sgi1r, msr icc_sgi1r_el1, x0
    PROBE   probe_icc_sre, mrs x0, icc_sre_el1
    PROBE   probe_ich_hcr, msr ich_hcr_el2, x0
    .section .rodata.guest, "a"
#endif

    // A guest with one exit of each kind, with values in its registers that tell them apart.
    .global guest_faults
guest_faults:
    adr     x0, guest_fault_vectors
    msr     vbar_el1, x0
    isb
    mov     x20, #0x0c000000
    mov     x1, #0x1101
    mov     x2, #0x1102
    mov     x3, #0x1103
    mov     x4, #0x1104
    mov     x5, #0x1105
    mov     x6, #0x1106
    mov     x7, #0
    mov     x21, #0x1121
    mov     x30, #0x1130
    str     w1, [x20, #4]
    strb    w30, [x20, #9]
    ldr     x6, [x20, #16]
    str     xzr, [x20, #24]
    str     x21, [x20], #8      // written back: no syndrome
    mov     x0, #0x4001
    hvc     #0
    mov     x0, #0x4002
    smc     #0
    msr     s2_0_c0_c0_4, x30   // DBGBVR0_EL1 traps
    msr     s2_0_c0_c0_4, xzr
    mrs     x9, s2_0_c0_c0_4
    // Answered with exceptions, after which it goes on at x28.
    mov     x8, #0x0d000000
    adr     x28, 1f
    ldr     w9, [x8]
1:  adr     x28, 2f
    br      x8
2:  adr     x28, 3f
    mov     x0, #0x4003
    smc     #0
3:  mov     x0, #0x4004
    mov     x1, x6
    mov     x2, x9
    hvc     #0
4:  b       4b

    .balign 0x800
guest_fault_vectors:
    .skip   0x200
    mov     x0, #0x4010         // synchronous, from EL1h
5:  mrs     x1, esr_el1
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    mrs     x4, far_el1
    hvc     #0
    msr     elr_el1, x28
    eret
    .balign 0x80
    .skip   0x100
    mov     x0, #0x4011         // SError
    b       5b

    .balign 0x800
guest_sweep_vectors:
    .skip   0x200
    mrs     x10, elr_el1        // synchronous: no such register
    add     x10, x10, #4
    msr     elr_el1, x10
    mov     x9, #-1
    eret

    .balign 0x800
guest_vectors:
    .skip   0x280
    // IRQ from EL1h.
    GIC_ACKNOWLEDGE 25
    add     x23, x23, #1
    msr     cntv_tval_el0, x24
    cmp     x23, #5
    b.lo    1f
    msr     cntv_ctl_el0, xzr
1:  GIC_END 25
    eret
    .balign 4096
guest_code_end:

    .bss
    .balign 16
    .skip   16384
main_stack_top:
main_tls:
    .skip   64
