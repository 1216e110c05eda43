// SPDX-License-Identifier: BSD-2-Clause
// Registers of threads: initial state, the API's order of them, thread-local storage registers, and
// the FP unit, which is switched lazily.
#include <arch/context_ops.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>

_Static_assert(offsetof(struct tcb, arch.registers) == TCB_REGISTERS, "vectors.S");
_Static_assert(offsetof(struct core, number) == CORE_NUMBER, "vectors.S");
_Static_assert(offsetof(struct core, current) == CORE_CURRENT, "vectors.S");
_Static_assert(offsetof(struct core, idle) == CORE_CURRENT + 8, "vectors.S");
_Static_assert(offsetof(struct tcb, arch.fp) % 16 == 0, "FP area alignment");

// SError is masked in release builds only, as the interface says.
#define SPSR_USER (SPSR_EL0T | SPSR_F | (CONFIG_DEBUG_BUILD ? 0 : SPSR_A))

// seL4_UserContext: registers by place. The program counter is that of the fault or system call.
static const uint8_t user_context_order[] = {
    CONTEXT_FAULT_PC, CONTEXT_SP, CONTEXT_SPSR, 0,  1,  2,  3,  4,  5,  6,  7,  8,
    16,               17,         18,           29, 30, 9,  10, 11, 12, 13, 14, 15,
    19,               20,         21,           22, 23, 24, 25, 26, 27, 28, CONTEXT_TPIDR,
    CONTEXT_TPIDRRO,
};
_Static_assert(sizeof(user_context_order) == sizeof(seL4_UserContext) / sizeof(seL4_Word),
               "user context");

const word_t arch_user_context_words = ARRAY_SIZE(user_context_order);
const word_t arch_frame_register_count = 17;

/// A mode that a VCPU's thread may be in. One that the CPU does not have would make the return from
/// the kernel illegal: it would not leave EL2.
static bool is_guest_mode(word_t mode)
{
    return mode == SPSR_EL0T || mode == SPSR_EL1T || mode == SPSR_EL1H
           || (mode == SPSR_USER32
               && (sysreg_read(id_aa64pfr0_el1) & PFR0_EL0_MASK) == PFR0_EL0_AARCH32);
}

word_t context_sanitise_spsr(const struct tcb *tcb, word_t spsr)
{
    if (tcb->arch.vcpu != NULL && is_guest_mode(spsr & SPSR_MODE_MASK)) {
        return spsr & UINT32_MAX;
    }
    return (spsr & SPSR_NZCV) | SPSR_USER;
}

void arch_tcb_create(struct tcb *tcb)
{
    tcb->arch.registers[CONTEXT_SPSR] = SPSR_USER;
}

void arch_tcb_create_idle(struct tcb *tcb)
{
    // vectors.S never enters it: the core waits inside the kernel.
    tcb->arch.registers[CONTEXT_SPSR] = SPSR_USER;
}

void arch_set_restart_pc(struct tcb *tcb)
{
    tcb->arch.registers[CONTEXT_PC] = tcb->arch.registers[CONTEXT_FAULT_PC];
}

// ---- TPIDR_EL0 and TPIDRRO_EL0: in the hardware while their thread was the last to run ----------

static struct core *tls_core(const struct tcb *tcb)
{
    struct core *core = arch_current_core();
    return core->arch.tls_owner == tcb ? core : NULL;
}

static void tls_save(struct tcb *owner)
{
    owner->arch.registers[CONTEXT_TPIDR] = sysreg_read(tpidr_el0);
    owner->arch.registers[CONTEXT_TPIDRRO] = sysreg_read(tpidrro_el0);
}

static void tls_switch(struct core *core, struct tcb *tcb)
{
    struct tcb *owner = core->arch.tls_owner;
    if (owner == tcb) {
        return;
    }
    if (owner != NULL) {
        tls_save(owner);
    }
    core->arch.tls_owner = tcb;
    sysreg_write(tpidr_el0, tcb->arch.registers[CONTEXT_TPIDR]);
    sysreg_write(tpidrro_el0, tcb->arch.registers[CONTEXT_TPIDRRO]);
}

void tls_release(struct core *core, struct tcb *tcb)
{
    if (core->arch.tls_owner == tcb) {
        tls_save(tcb);
        core->arch.tls_owner = NULL;
    }
}

word_t arch_user_context_get(const struct tcb *tcb, word_t i)
{
    unsigned which = user_context_order[i];
    if (which == CONTEXT_TPIDR && tls_core(tcb) != NULL) {
        return sysreg_read(tpidr_el0);
    }
    if (which == CONTEXT_TPIDRRO && tls_core(tcb) != NULL) {
        return sysreg_read(tpidrro_el0);
    }
    return tcb->arch.registers[which];
}

void arch_user_context_set(struct tcb *tcb, word_t i, word_t value)
{
    unsigned which = user_context_order[i];
    switch (which) {
    case CONTEXT_FAULT_PC:
        tcb->arch.registers[CONTEXT_PC] = value;
        break;
    case CONTEXT_SPSR:
        value = context_sanitise_spsr(tcb, value);
        break;
    case CONTEXT_TPIDR:
        if (tls_core(tcb) != NULL) {
            sysreg_write(tpidr_el0, value);
        }
        break;
    case CONTEXT_TPIDRRO:
        if (tls_core(tcb) != NULL) {
            sysreg_write(tpidrro_el0, value);
        }
        break;
    default:
        break;
    }
    tcb->arch.registers[which] = value;
}

void arch_set_tls_base(struct tcb *tcb, word_t value)
{
    if (tls_core(tcb) != NULL) {
        sysreg_write(tpidr_el0, value);
    }
    tcb->arch.registers[CONTEXT_TPIDR] = value;
}

void arch_after_register_write(struct core *core, struct tcb *tcb, word_t arch_flags)
{
    // All registers are loaded from the TCB on the way out.
    (void)core;
    (void)tcb;
    (void)arch_flags;
}

// ---- FP unit ------------------------------------------------------------------------------------

#define CPTR_BASE (CPTR_RES1 | CPTR_TZ | CPTR_TTA | CPTR_TAM)

static void fp_set_trap(struct core *core, bool traps)
{
    if (core->arch.fp_traps != traps) {
        core->arch.fp_traps = traps;
        sysreg_write(cptr_el2, traps ? CPTR_BASE | CPTR_TFP : CPTR_BASE);
    }
}

/// The first switch of a core writes CPTR_EL2: nobody owns the unit then, and `fp_traps` is false.
void fp_switch(struct core *core, const struct tcb *tcb)
{
    fp_set_trap(core, core->arch.fp_owner != tcb);
}

bool fp_take(struct core *core)
{
    struct tcb *tcb = core->current;
    if (tcb->flags & seL4_TCBFlag_fpuDisabled) {
        return false;
    }
    fp_set_trap(core, false);
    isb();
    if (core->arch.fp_owner != tcb) {
        if (core->arch.fp_owner != NULL) {
            fp_save(core->arch.fp_owner->arch.fp);
        }
        fp_restore(tcb->arch.fp);
        core->arch.fp_owner = tcb;
    }
    return true;
}

void fp_release(struct core *core, struct tcb *tcb, bool keep)
{
    if (core->arch.fp_owner != tcb) {
        return;
    }
    if (keep) {
        fp_set_trap(core, false);
        isb();
        fp_save(tcb->arch.fp);
    }
    core->arch.fp_owner = NULL;
    fp_set_trap(core, true);
}

void arch_set_tcb_flags(struct core *core, struct tcb *tcb)
{
    if (tcb->flags & seL4_TCBFlag_fpuDisabled) {
        fp_release(core, tcb, true);
    }
}

// ---- switching ----------------------------------------------------------------------------------

void arch_switch_to_thread(struct core *core, struct tcb *tcb)
{
    vspace_switch(core, tcb);
    if (tcb->arch.vcpu != NULL || core->arch.vcpu_active) {
        vcpu_switch(core, tcb->arch.vcpu);
    }
    tls_switch(core, tcb);
    fp_switch(core, tcb);
}

void arch_switch_to_idle(struct core *core)
{
    // Virtual interrupts would end the wait for a physical one again and again.
    vcpu_switch(core, NULL);
}

void arch_tcb_finalise(struct core *core, struct tcb *tcb)
{
    vcpu_dissociate_tcb(core, tcb);
    fp_release(core, tcb, false);
    if (core->arch.tls_owner == tcb) {
        core->arch.tls_owner = NULL;
    }
}
