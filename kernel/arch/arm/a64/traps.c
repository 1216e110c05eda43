// SPDX-License-Identifier: BSD-2-Clause
// Exceptions of threads and guests: which fault each becomes, fault messages and their answers
// (sel4-abi, faults), WFI of guests, and the kernel's own exceptions, which are fatal.
#include <abi/extensions.h>
#include <arch/context_ops.h>
#include <arch/quick_fault.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>

// PAR_EL1 and HPFAR_EL2.
#define PAR_FAILED BIT(0)
#define PAR_ADDRESS (MASK(48) & ~MASK(12))
#define HPFAR_ADDRESS(hpfar) (((hpfar) & (MASK(44) & ~MASK(4))) << 8)

#define WFX_IS_WFE BIT(0)
#define FAULT_STATUS_PERMISSION 0x0c // of a fault status code without its level
#define FAULT_STATUS_EXTERNAL 0x10
#define ISS_SRT(esr) ((unsigned)((esr) >> 16) & 0x1f)
#define ISS_RT(esr) ((unsigned)((esr) >> 5) & 0x1f)
#define ISS_MRS BIT(0)
#define ZERO_REGISTER 31

// ---- aborts -------------------------------------------------------------------------------------

/// Intermediate physical address of the guest's virtual address `far` through its stage 1. Returns
/// false when the guest's tables do not translate it (any more).
static bool translate_guest_address(const struct tcb *tcb, word_t far, word_t *ipa)
{
    word_t saved = sysreg_read(par_el1);
    if ((tcb->arch.registers[CONTEXT_SPSR] & 0xf) == SPSR_EL0T) {
        __asm__ volatile("at s1e0r, %0; isb" : : "r"(far) : "memory");
    } else {
        __asm__ volatile("at s1e1r, %0; isb" : : "r"(far) : "memory");
    }
    word_t par = sysreg_read(par_el1);
    sysreg_write(par_el1, saved);
    *ipa = (par & PAR_ADDRESS) | (far & MASK(12));
    return (par & PAR_FAILED) == 0;
}

/// Address that a VMFault reports: the IPA for a guest. Returns false when the access must be
/// repeated.
static bool abort_address(const struct tcb *tcb, word_t esr, word_t *address)
{
    word_t far = sysreg_read(far_el2);
    unsigned status = ESR_DFSC(esr) & ~3u;
    if (tcb->arch.vcpu == NULL) {
        *address = far;
        return true;
    }
    word_t page = HPFAR_ADDRESS(sysreg_read(hpfar_el2));
    if (esr & ESR_S1PTW) {
        // The guest's tables are not mapped: FAR is the address that it wanted to translate.
        *address = page;
        return true;
    }
    if (status == FAULT_STATUS_EXTERNAL || status == FAULT_STATUS_PERMISSION) {
        // HPFAR_EL2 is not valid for these.
        return translate_guest_address(tcb, far, address);
    }
    *address = page | (far & MASK(12));
    return true;
}

static void handle_abort(struct core *core, word_t esr, bool is_instruction)
{
    struct fault fault = { .label = seL4_Fault_VMFault, .words = { 0, is_instruction, esr } };
    if (abort_address(core->current, esr, &fault.words[0])) {
        kernel_handle_fault(core, &fault);
    }
}

// ---- WFI and WFE of a guest ---------------------------------------------------------------------

static void step(struct tcb *tcb)
{
    tcb->arch.registers[CONTEXT_FAULT_PC] += 4;
    tcb->arch.registers[CONTEXT_PC] = tcb->arch.registers[CONTEXT_FAULT_PC];
}

/// WFI or WFE of a guest's 32-bit program, in T32 code: half as long, and it may be in an IT block
/// (DDI 0487, G1.4). It does nothing, as the manual allows.
static void skip_short_wait(struct tcb *tcb)
{
    word_t *spsr = &tcb->arch.registers[CONTEXT_SPSR];
    const word_t state = (*spsr >> 8 & 0xfc) | (*spsr >> 25 & 3);
    const word_t next = (state & 7) == 0 ? 0 : (state & 0xe0) | (state << 1 & 0x1f);

    *spsr = (*spsr & ~(SPSR_IT_UPPER | SPSR_IT_LOWER)) | (next & 0xfc) << 8 | (next & 3) << 25;
    tcb->arch.registers[CONTEXT_PC] = tcb->arch.registers[CONTEXT_FAULT_PC] + 2;
}

static void handle_wait(struct core *core, struct tcb *tcb, word_t esr)
{
    ticks_t wake_at;
    if ((esr & ESR_IL) == 0) {
        skip_short_wait(tcb);
        return;
    }
    if (esr & WFX_IS_WFE) {
        // What it waits for may be done by another virtual CPU on this core.
        step(tcb);
        sched_let_equals_go(core);
        return;
    }
    if (!vcpu_must_wait(core, tcb->arch.vcpu, &wake_at)) {
        step(tcb);
        return;
    }
    // Its program counter stays at the WFI until something wakes it.
    sched_update_time(core);
    if (sched_check_budget_restart(core)) {
        thread_set_state(core, tcb, THREAD_BLOCKED_IN_GUEST_IDLE);
        if (wake_at != TICKS_NEVER) {
            sched_wake_at(core, tcb, wake_at);
        }
    }
    schedule_and_activate(core);
}

void arch_guest_idle_timeout(struct core *core, struct tcb *tcb)
{
    sched_wake_cancel(core, tcb);
    tcb->arch.vcpu->timer_due = true;
    step(tcb);
    thread_set_state(core, tcb, THREAD_RUNNING);
    sched_make_ready(core, tcb);
}

// ---- dispatch -----------------------------------------------------------------------------------

static void handle_other(struct core *core, word_t esr)
{
    struct fault fault = { .label = seL4_Fault_VCPUFault, .words = { esr } };
    if (ESR_EC(esr) == EC_UNKNOWN) {
        fault = (struct fault){ .label = seL4_Fault_UserException, .words = { esr, 0 } };
    }
    kernel_handle_fault(core, &fault);
}

/// HVC is a system call of the VCPU's thread. A thread without CSpace has nothing to call: whatever
/// its guest asks for, its own VMM hears of it and nobody else (Yield and the debug calls need no
/// cap).
static void handle_hvc(struct core *core, struct tcb *tcb)
{
    const word_t number = tcb->arch.registers[REGISTER_SYSCALL];
    if (cap_is_null(tcb->slots[TCB_SLOT_CSPACE].cap)) {
        struct fault fault = { .label = seL4_Fault_UnknownSyscall, .words = { number } };
        kernel_handle_fault(core, &fault);
        return;
    }
    kernel_handle_syscall(core, (int64_t)number);
}

void arch_handle_sync(struct core *core, word_t esr)
{
    struct tcb *tcb = core->current;
    if (LIKELY(ESR_EC(esr) == EC_DATA_ABORT)) {
        handle_abort(core, esr, false); // most exits of a guest
        return;
    }
    switch (ESR_EC(esr)) {
    case EC_HVC64:
        tcb->arch.registers[CONTEXT_FAULT_PC] = tcb->arch.registers[CONTEXT_PC] - 4;
        handle_hvc(core, tcb);
        return;
    case EC_INSTRUCTION_ABORT:
        handle_abort(core, esr, true);
        return;
    case EC_WFX:
        if (tcb->arch.vcpu != NULL) {
            handle_wait(core, tcb, esr);
            return;
        }
        break;
    case EC_FP:
        if (fp_take(core)) {
            return;
        }
        break;
    default:
        break;
    }
    handle_other(core, esr);
}

void arch_handle_serror(struct core *core, word_t esr)
{
    // Asynchronous: caused by a device access of the thread that runs, as far as can be known.
    struct fault fault = { .label = seL4_Fault_VCPUFault, .words = { esr } };
    kernel_handle_fault(core, &fault);
}

void arch_kernel_exception(word_t kind, word_t esr, word_t elr, word_t far)
{
    static const char *const kinds[] = { "synchronous exception", "IRQ", "FIQ", "SError" };
    klog("%s in the kernel: ESR 0x%lx ELR 0x%lx FAR 0x%lx\n", kinds[kind], (unsigned long)esr,
         (unsigned long)elr, (unsigned long)far);
    kernel_panic("exception in the kernel", __FILE__, __LINE__);
}

// ---- fault messages -----------------------------------------------------------------------------

static word_t put_registers(const struct tcb *tcb, const uint8_t *which, word_t count,
                            void (*put)(void *context, word_t i, word_t value), void *context)
{
    for (word_t i = 0; i < count; i++) {
        put(context, i, tcb->arch.registers[which[i]]);
    }
    return count;
}

static const uint8_t unknown_syscall_registers[] = {
    0, 1, 2, 3, 4, 5, 6, 7, CONTEXT_FAULT_PC, CONTEXT_SP, REGISTER_LR, CONTEXT_SPSR,
};
static const uint8_t user_exception_registers[] = { CONTEXT_FAULT_PC, CONTEXT_SP, CONTEXT_SPSR };

static word_t vm_fault_message(const struct tcb *tcb, const struct fault *fault,
                               void (*put)(void *context, word_t i, word_t value), void *context)
{
    word_t fsr = fault->words[2];
    put(context, seL4_VMFault_IP, tcb->arch.registers[CONTEXT_FAULT_PC]);
    put(context, seL4_VMFault_Addr, fault->words[0]);
    put(context, seL4_VMFault_PrefetchFault, fault->words[1]);
    put(context, seL4_VMFault_FSR, fsr);
    if (tcb->arch.vcpu == NULL || !fsr_has_value(fsr)) {
        return seL4_VMFault_Length;
    }
    // ROOKERY_EXTENSION_STEP_REPLY: the value of an emulated store comes along.
    unsigned srt = ISS_SRT(fsr);
    put(context, seL4_VMFault_Length, srt == ZERO_REGISTER ? 0 : tcb->arch.registers[srt]);
    return seL4_VMFault_Length + 1;
}

/// What comes along with a VCPUFault: the arguments of an SMC (ROOKERY_EXTENSION_RESULTS_REPLY), the
/// value of an MSR (ROOKERY_EXTENSION_STEP_REPLY). Returns how many words.
static word_t put_vcpu_arguments(const struct tcb *tcb, word_t esr,
                                 void (*put)(void *context, word_t i, word_t value), void *context)
{
    if (ESR_EC(esr) == EC_SYSREG && !(esr & ISS_MRS)) {
        unsigned rt = ISS_RT(esr);
        put(context, 1, rt == ZERO_REGISTER ? 0 : tcb->arch.registers[rt]);
        return 1;
    }
    if (ESR_EC(esr) != EC_SMC64) {
        return 0;
    }
    for (word_t i = 0; i < QUICK_CALL_REGISTERS; i++) {
        put(context, 1 + i, tcb->arch.registers[i]);
    }
    return QUICK_CALL_REGISTERS;
}

word_t arch_fault_message(struct tcb *tcb, const struct fault *fault,
                          void (*put)(void *context, word_t i, word_t value), void *context)
{
    word_t i;
    switch (fault->label) {
    case seL4_Fault_UnknownSyscall:
        i = put_registers(tcb, unknown_syscall_registers, ARRAY_SIZE(unknown_syscall_registers),
                          put, context);
        put(context, i, fault->words[0]);
        return i + 1;
    case seL4_Fault_UserException:
        i = put_registers(tcb, user_exception_registers, ARRAY_SIZE(user_exception_registers), put,
                          context);
        put(context, i, fault->words[0]);
        put(context, i + 1, fault->words[1]);
        return i + 2;
    case seL4_Fault_VMFault:
        return vm_fault_message(tcb, fault, put, context);
    case seL4_Fault_VCPUFault:
        put(context, 0, fault->words[0]);
        return 1 + put_vcpu_arguments(tcb, fault->words[0], put, context);
    case seL4_Fault_VGICMaintenance:
    case seL4_Fault_VPPIEvent:
        put(context, 0, fault->words[0]);
        return 1;
    default:
        return 0;
    }
}

static void get_registers(struct tcb *tcb, const uint8_t *which, word_t count,
                          word_t (*get)(void *context, word_t i), void *context)
{
    for (word_t i = 0; i < count; i++) {
        word_t value = get(context, i);
        if (which[i] == CONTEXT_SPSR) {
            value = context_sanitise_spsr(tcb, value);
        }
        tcb->arch.registers[which[i]] = value;
    }
}

static word_t minimum(word_t a, word_t b)
{
    return a < b ? a : b;
}

/// ROOKERY_EXTENSION_STEP_REPLY: completes an emulated access or instruction.
static void step_reply(struct tcb *tcb, word_t length, word_t (*get)(void *context, word_t i),
                       void *context)
{
    if (length >= 2) {
        word_t which = get(context, 0);
        word_t value = get(context, 1);
        if (which < ZERO_REGISTER) {
            tcb->arch.registers[which] = value;
        }
    }
    step(tcb);
}

/// ROOKERY_EXTENSION_RESULTS_REPLY: completes a call.
static void results_reply(struct tcb *tcb, word_t length,
                          word_t (*get)(void *context, word_t i), void *context)
{
    for (word_t i = 0; i < minimum(length, QUICK_CALL_REGISTERS); i++) {
        tcb->arch.registers[i] = get(context, i);
    }
    step(tcb);
}

/// ROOKERY_EXTENSION_EXCEPTION_REPLY: the guest takes an exception.
static void exception_reply(struct tcb *tcb, word_t length,
                            word_t (*get)(void *context, word_t i), void *context)
{
    struct core *core = arch_current_core();
    const struct guest_exception exception = {
        .esr = length > 0 ? get(context, 0) : 0,
        .far = length > 1 ? get(context, 1) : 0,
        .flags = length > 2 ? get(context, 2) : 0,
    };
#if CONFIG_MAX_NUM_NODES > 1
    arch_remote_stall(core, tcb); // its VCPU leaves the hardware there
#endif
    vcpu_take_exception(core, tcb, &exception);
}

bool arch_fault_reply(struct tcb *tcb, const struct fault *fault, word_t label, word_t length,
                      word_t (*get)(void *context, word_t i), void *context)
{
    if (label == ROOKERY_REPLY_EXCEPTION && tcb->arch.vcpu != NULL
        && (fault->label == seL4_Fault_VMFault || fault->label == seL4_Fault_VCPUFault
            || fault->label == seL4_Fault_UserException)) {
        exception_reply(tcb, length, get, context);
        return true;
    }
    switch (fault->label) {
    case seL4_Fault_UnknownSyscall:
        if (label == ROOKERY_REPLY_RESULTS) {
            results_reply(tcb, length, get, context);
            return true;
        }
        get_registers(tcb, unknown_syscall_registers,
                      minimum(length, ARRAY_SIZE(unknown_syscall_registers)), get, context);
        return label == 0;
    case seL4_Fault_UserException:
        get_registers(tcb, user_exception_registers,
                      minimum(length, ARRAY_SIZE(user_exception_registers)), get, context);
        return label == 0;
    case seL4_Fault_Timeout:
        for (word_t i = 0; i < minimum(length, seL4_TimeoutReply_Length); i++) {
            arch_user_context_set(tcb, i, get(context, i));
        }
        return label == 0;
    case seL4_Fault_VMFault:
    case seL4_Fault_VCPUFault:
        if (label == ROOKERY_REPLY_STEP) {
            step_reply(tcb, length, get, context);
        } else if (label == ROOKERY_REPLY_RESULTS && fault->label == seL4_Fault_VCPUFault) {
            results_reply(tcb, length, get, context);
        }
        return true;
    default:
        return true;
    }
}
