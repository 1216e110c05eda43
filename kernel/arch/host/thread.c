// SPDX-License-Identifier: BSD-2-Clause
// Threads of the fake machine: contexts, fault messages in the format of AArch64, switching, and
// VCPUs that only remember what was written to them.
#include <arch/host.h>
#include <sel4/arch/aarch64.h>
#include <string.h>

enum {
    SPSR_CONDITION_FLAGS_LOW = 28,
    SPSR_USER = 0x140, // EL0t, SError and FIQ masked
    SCTLR_RESET = 0x34d58820,
    INJECT_PRIORITY_MAX = 31,
};

/// Order of seL4_UserContext.
static const uint8_t user_context[] = {
    REGISTER_FAULT_PC, REGISTER_SP, REGISTER_SPSR, 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 29, 30,
    9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    REGISTER_TPIDR, REGISTER_TPIDRRO,
};
_Static_assert(sizeof(user_context) * sizeof(word_t) == sizeof(seL4_UserContext), "user context");

const word_t arch_user_context_words = ARRAY_SIZE(user_context);
const word_t arch_frame_register_count = 17;

void arch_tcb_create(struct tcb *tcb)
{
    memset(&tcb->arch, 0, sizeof(tcb->arch));
    tcb->arch.registers[REGISTER_SPSR] = SPSR_USER;
}

void arch_tcb_create_idle(struct tcb *tcb)
{
    arch_tcb_create(tcb);
}

void arch_set_restart_pc(struct tcb *tcb)
{
    tcb->arch.registers[REGISTER_PC] = tcb->arch.registers[REGISTER_FAULT_PC];
}

word_t arch_user_context_get(const struct tcb *tcb, word_t i)
{
    ASSERT(i < ARRAY_SIZE(user_context));
    return tcb->arch.registers[user_context[i]];
}

static word_t sanitise_spsr(const struct tcb *tcb, word_t value)
{
    if (tcb->arch.vcpu != NULL) {
        const word_t mode = value & 0x1f;
        if (mode == 0 || mode == 4 || mode == 5) {
            return value;
        }
    }
    return (value & (MASK(4) << SPSR_CONDITION_FLAGS_LOW)) | SPSR_USER;
}

void arch_user_context_set(struct tcb *tcb, word_t i, word_t value)
{
    ASSERT(i < ARRAY_SIZE(user_context));
    const unsigned which = user_context[i];
    tcb->arch.registers[which] = which == REGISTER_SPSR ? sanitise_spsr(tcb, value) : value;
    if (which == REGISTER_FAULT_PC) {
        tcb->arch.registers[REGISTER_PC] = value;
    }
}

void arch_after_register_write(struct core *core, struct tcb *tcb, word_t arch_flags)
{
    (void)core;
    (void)tcb;
    (void)arch_flags;
}

void arch_set_tls_base(struct tcb *tcb, word_t value)
{
    tcb->arch.registers[REGISTER_TPIDR] = value;
}

void arch_set_tcb_flags(struct core *core, struct tcb *tcb)
{
    (void)core;
    (void)tcb;
}

// ---- faults ------------------------------------------------------------------------------------

/// Registers in the messages of UnknownSyscall, UserException and Timeout replies.
static const uint8_t unknown_syscall[] = {
    0, 1, 2, 3, 4, 5, 6, 7, REGISTER_FAULT_PC, REGISTER_SP, REGISTER_LR, REGISTER_SPSR,
};
static const uint8_t user_exception[] = { REGISTER_FAULT_PC, REGISTER_SP, REGISTER_SPSR };

word_t arch_fault_message(struct tcb *tcb, const struct fault *fault,
                          void (*put)(void *context, word_t i, word_t value), void *context)
{
    word_t length = 0;

    switch (fault->label) {
    case seL4_Fault_UnknownSyscall:
        for (; length < ARRAY_SIZE(unknown_syscall); length++) {
            put(context, length, tcb->arch.registers[unknown_syscall[length]]);
        }
        put(context, length++, fault->words[0]);
        break;
    case seL4_Fault_UserException:
        for (; length < ARRAY_SIZE(user_exception); length++) {
            put(context, length, tcb->arch.registers[user_exception[length]]);
        }
        put(context, length++, fault->words[0]);
        put(context, length++, fault->words[1]);
        break;
    case seL4_Fault_VMFault:
        put(context, length++, tcb->arch.registers[REGISTER_FAULT_PC]);
        put(context, length++, fault->words[0]);
        put(context, length++, fault->words[1]);
        put(context, length++, fault->words[2]);
        break;
    default: // VGICMaintenance, VCPUFault, VPPIEvent
        put(context, length++, fault->words[0]);
        break;
    }
    return length;
}

/// Writes a register that a fault handler chose.
static void put_register(struct tcb *tcb, unsigned which, word_t value)
{
    tcb->arch.registers[which] = which == REGISTER_SPSR ? sanitise_spsr(tcb, value) : value;
}

bool arch_fault_reply(struct tcb *tcb, const struct fault *fault, word_t label, word_t length,
                      word_t (*get)(void *context, word_t i), void *context)
{
    const uint8_t *registers;
    word_t count;

    switch (fault->label) {
    case seL4_Fault_UnknownSyscall:
        registers = unknown_syscall;
        count = ARRAY_SIZE(unknown_syscall);
        break;
    case seL4_Fault_UserException:
        registers = user_exception;
        count = ARRAY_SIZE(user_exception);
        break;
    case seL4_Fault_Timeout:
        registers = user_context;
        count = seL4_TimeoutReply_Length;
        break;
    default:
        return true;
    }
    for (word_t i = 0; i < length && i < count; i++) {
        put_register(tcb, registers[i], get(context, i));
    }
    return label == 0;
}

// ---- switching ---------------------------------------------------------------------------------

void arch_switch_to_thread(struct core *core, struct tcb *tcb)
{
    const struct cap vspace = tcb->slots[TCB_SLOT_VSPACE].cap;
    const word_t asid = cap_type(vspace) == CAP_VSPACE ? host_cap_asid(vspace) : 0;

    core->arch.address_space = host_asid_root(asid) != NULL ? asid : 0;
    core->arch.vcpu = tcb->arch.vcpu;
}

void arch_switch_to_idle(struct core *core)
{
    core->arch.address_space = 0;
    core->arch.vcpu = NULL;
}

void arch_remote_stall(struct core *core, struct tcb *tcb)
{
    (void)core;
    (void)tcb;
}

void arch_thread_leave(struct core *core, struct tcb *tcb)
{
    (void)core;
    (void)tcb;
}

void arch_remote_reschedule(struct core *core, word_t target)
{
    (void)core;
    (void)target;
}

void host_guest_wait(struct core *core, ticks_t ticks)
{
    struct tcb *tcb = core->current;

    ASSERT(tcb->arch.vcpu != NULL);
    sched_update_time(core);
    if (sched_check_budget_restart(core)) {
        thread_set_state(core, tcb, THREAD_BLOCKED_IN_GUEST_IDLE);
        sched_wake_at(core, tcb, core->now + ticks);
    }
    schedule_and_activate(core);
}

void arch_guest_idle_timeout(struct core *core, struct tcb *tcb)
{
    sched_wake_cancel(core, tcb);
    thread_set_state(core, tcb, THREAD_RUNNING);
    sched_make_ready(core, tcb);
}

void arch_tcb_finalise(struct core *core, struct tcb *tcb)
{
    (void)core;
    if (tcb->arch.vcpu != NULL) {
        host_vcpu_unbind(tcb->arch.vcpu);
    }
}

// ---- VCPUs -------------------------------------------------------------------------------------

void host_vcpu_create(struct vcpu *vcpu)
{
    _Static_assert(ARRAY_SIZE(vcpu->registers) == seL4_VCPUReg_Num, "VCPU registers");
    vcpu->registers[seL4_VCPUReg_SCTLR] = SCTLR_RESET;
}

void host_vcpu_unbind(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    struct core *core = arch_current_core();

    if (core->arch.vcpu == vcpu) {
        core->arch.vcpu = NULL;
    }
    if (tcb != NULL) {
        if (tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
            thread_suspend(core, tcb); // nothing is left that could wake it
        }
        tcb->arch.vcpu = NULL;
        vcpu->tcb = NULL;
        put_register(tcb, REGISTER_SPSR, tcb->arch.registers[REGISTER_SPSR]);
    }
}

static enum status decode_set_tcb(struct core *core, struct invocation *invocation,
                                  struct vcpu *vcpu)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (cap_type(invocation->extra[0]->cap) != CAP_THREAD) {
        return error_set(core, seL4_IllegalOperation);
    }
    struct tcb *tcb = cap_pointer(invocation->extra[0]->cap);
    host_vcpu_unbind(vcpu);
    if (tcb->arch.vcpu != NULL) {
        host_vcpu_unbind(tcb->arch.vcpu);
    }
    vcpu->tcb = tcb;
    tcb->arch.vcpu = vcpu;
    return STATUS_OK;
}

static enum status decode_inject(struct core *core, struct invocation *invocation,
                                 struct vcpu *vcpu)
{
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t word = invocation_word(core, invocation, 0);
    const word_t irq = cap_field(word, 0, 16);
    const word_t priority = cap_field(word, 16, 8);
    const word_t group = cap_field(word, 24, 8);
    const word_t index = cap_field(word, 32, 8);
    if (irq > 1023) {
        return error_range(core, 0, 1023);
    }
    if (priority > INJECT_PRIORITY_MAX) {
        return error_range(core, 0, INJECT_PRIORITY_MAX);
    }
    if (group > 1) {
        return error_range(core, 0, 1);
    }
    if (index >= HOST_LIST_REGISTERS) {
        return error_range(core, 0, HOST_LIST_REGISTERS - 1);
    }
    vcpu->list_registers[index] = word;
    if (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        arch_guest_idle_timeout(core, vcpu->tcb);
    }
    return STATUS_OK;
}

static enum status decode_register(struct core *core, struct invocation *invocation,
                                   struct vcpu *vcpu)
{
    const bool is_write = invocation->label == ARMVCPUWriteReg;

    if (invocation->length < (is_write ? 2 : 1)) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t field = invocation_word(core, invocation, 0);
    if (field >= seL4_VCPUReg_Num) {
        return error_invalid_argument(core, 1);
    }
    if (is_write) {
        vcpu->registers[field] = invocation_word(core, invocation, 1);
    } else {
        invocation_reply_word(core, 0, vcpu->registers[field]);
        invocation_reply_length(core, 1);
    }
    return STATUS_OK;
}

enum status host_vcpu_decode(struct core *core, struct invocation *invocation)
{
    struct vcpu *vcpu = cap_pointer(invocation->cap);

    switch (invocation->label) {
    case ARMVCPUSetTCB:
        return decode_set_tcb(core, invocation, vcpu);
    case ARMVCPUInjectIRQ:
        return decode_inject(core, invocation, vcpu);
    case ARMVCPUReadReg:
    case ARMVCPUWriteReg:
        return decode_register(core, invocation, vcpu);
    case ARMVCPUAckVPPI:
        if (invocation->length < 1) {
            return error_set(core, seL4_TruncatedMessage);
        }
        if (invocation_word(core, invocation, 0) != seL4_VPPI_VirtualTimer) {
            return error_invalid_argument(core, 0);
        }
        vcpu->vppi_masked = false;
        return STATUS_OK;
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}
