// SPDX-License-Identifier: BSD-2-Clause
// Loading, saving and switching of VCPUs. States of a VCPU on a core:
//   not loaded -> active                 vcpu_switch() to its thread
//   active     -> loaded, not active     vcpu_switch(NULL): a thread without VCPU runs
//   loaded     -> active                 vcpu_switch() back: only what was switched off
//   loaded     -> not loaded             vcpu_switch() to another VCPU, or its end
// While loaded and not active, SCTLR, CPACR and the virtual timer are in `registers`, the rest in
// hardware.
#include <arch/context_ops.h>
#include <arch/smp.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>
#include <arch/vtimer.h>

#define HCR_NATIVE_BASE                                                                          \
    (HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_DC | HCR_TSC | HCR_TACR | HCR_TTLB    \
     | HCR_TVM | HCR_TGE | HCR_RW)
#define HCR_VCPU_BASE                                                                            \
    (HCR_VM | HCR_RW | HCR_SWIO | HCR_AMO | HCR_IMO | HCR_FMO | HCR_TSC | HCR_TWE | HCR_TWI      \
     | HCR_TIDCP | HCR_TLOR | HCR_SHARED)
// A VCPU may go on at another core, and its guest knows nothing of that: what it does to its core's TLB
// and instruction cache, and barriers for its core alone, are for all cores.
#define HCR_SHARED (CONFIG_MAX_NUM_NODES > 1 ? HCR_FB | HCR_BSU_INNER : 0)

// Native threads: as a new VCPU, and EL0 may use DC ZVA.
#define SCTLR_NATIVE (SCTLR_EL1_RESET | SCTLR_DZE)
#define CNTKCTL_NATIVE (CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN)
#define VMPIDR_RES1 BIT(31)

static bool has_keys; // pointer authentication
static bool has_ras;
static bool has_sme;
static word_t hcr_native;
static word_t hcr_vcpu;

// Registers that are only saved when another VCPU is loaded.
#define BULK_REGISTERS(X)                                                                        \
    X(TTBR0, ttbr0_el1)                                                                          \
    X(TTBR1, ttbr1_el1)                                                                          \
    X(TCR, tcr_el1)                                                                              \
    X(MAIR, mair_el1)                                                                            \
    X(AMAIR, amair_el1)                                                                          \
    X(CIDR, contextidr_el1)                                                                      \
    X(ACTLR, actlr_el1)                                                                          \
    X(AFSR0, afsr0_el1)                                                                          \
    X(AFSR1, afsr1_el1)                                                                          \
    X(ESR, esr_el1)                                                                              \
    X(FAR, far_el1)                                                                              \
    X(PAR, par_el1)                                                                              \
    X(VBAR, vbar_el1)                                                                            \
    X(TPIDR_EL1, tpidr_el1)                                                                      \
    X(VMPIDR_EL2, vmpidr_el2)                                                                    \
    X(SP_EL1, sp_el1)                                                                            \
    X(ELR_EL1, elr_el1)                                                                          \
    X(SPSR_EL1, spsr_el1)

// Keys IA, IB, DA, DB, GA, low and high halves, by encoding: assemblers for ARMv8.0 lack the names.
#define KEY_REGISTERS(X)                                                                         \
    X(0, s3_0_c2_c1_0)                                                                           \
    X(1, s3_0_c2_c1_1)                                                                           \
    X(2, s3_0_c2_c1_2)                                                                           \
    X(3, s3_0_c2_c1_3)                                                                           \
    X(4, s3_0_c2_c2_0)                                                                           \
    X(5, s3_0_c2_c2_1)                                                                           \
    X(6, s3_0_c2_c2_2)                                                                           \
    X(7, s3_0_c2_c2_3)                                                                           \
    X(8, s3_0_c2_c3_0)                                                                           \
    X(9, s3_0_c2_c3_1)

static void native_enter(void)
{
    sysreg_write(sctlr_el1, SCTLR_NATIVE);
    sysreg_write(cpacr_el1, CPACR_FPEN);
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntvoff_el2, 0);
    sysreg_write(cntkctl_el1, CNTKCTL_NATIVE);
    sysreg_write(hcr_el2, hcr_native);
}

void vcpu_init_core(struct core *core)
{
    word_t isar1 = sysreg_read(id_aa64isar1_el1);
    word_t isar2 = sysreg_read(s3_0_c0_c6_2);
    word_t counters = (sysreg_read(pmcr_el0) >> 11) & 0x1f;

    // ISAR1: APA, API, GPA, GPI; ISAR2: GPA3, APA3.
    has_keys = (isar1 & 0xff000ff0u) != 0 || (isar2 & 0xff00u) != 0;
    has_ras = ((sysreg_read(id_aa64pfr0_el1) >> 28) & 0xf) != 0;
    // SME traps, but for TPIDR2_EL0.
    has_sme = ((sysreg_read(id_aa64pfr1_el1) >> 24) & 0xf) != 0;
    // The keys in the registers are the loaded VCPU's: signing by a native thread (PACGA, which
    // SCTLR does not turn off) traps.
    hcr_native = HCR_NATIVE_BASE;
    // Error records (ERRSELR_EL1, ERX*) are the machine's.
    hcr_vcpu = HCR_VCPU_BASE | (has_keys ? HCR_API | HCR_APK : 0) | (has_ras ? HCR_TERR : 0);

    sysreg_write(vpidr_el2, sysreg_read(midr_el1));
    sysreg_write(vmpidr_el2, VMPIDR_RES1);
    sysreg_write(hstr_el2, 0);
    sysreg_write(actlr_el2, 0); // EL1 may not write registers of the implementation (Cortex-A)
    sysreg_write(mdscr_el1, 0);
    // Debug and performance registers trap; a guest can neither see nor leave anything there.
    sysreg_write(mdcr_el2, MDCR_TDRA | MDCR_TDOSA | MDCR_TDA | MDCR_TPM | MDCR_TPMCR
                               | MDCR_TPMS | MDCR_TTRF | counters);
    core->arch.vcpu = NULL;
    core->arch.vcpu_active = false;
    core->arch.timer_masked = true;
    native_enter();
}

void vcpu_create(struct vcpu *vcpu)
{
    vcpu->registers[seL4_VCPUReg_SCTLR] = SCTLR_EL1_RESET;
    vcpu->registers[seL4_VCPUReg_CPACR] = CPACR_FPEN;
    vcpu->registers[seL4_VCPUReg_ACTLR] = sysreg_read(actlr_el1);
    vcpu->registers[seL4_VCPUReg_VMPIDR_EL2] = VMPIDR_RES1;
}

void vcpu_reset(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    arch_clear_memory(vcpu, BIT(seL4_VCPUBits));
    vcpu->tcb = tcb;
    vcpu_create(vcpu);
}

// ---- switching ----------------------------------------------------------------------------------

/// Interrupts from other cores (inject_idle()) go into the hardware.
static void load_due_list_registers(struct vcpu *vcpu)
{
    while (UNLIKELY(vcpu->list_registers_due != 0)) {
        unsigned index = (unsigned)__builtin_ctzll(vcpu->list_registers_due);
        vcpu->list_registers_due &= vcpu->list_registers_due - 1;
        vgic_write_list_register(index, vcpu->vgic.list_registers[index]);
    }
}

static void timer_set_masked(struct core *core, bool masked)
{
    if (core->arch.timer_masked != masked) {
        core->arch.timer_masked = masked;
        gic_set_masked(IRQ_VIRTUAL_TIMER, masked);
    }
}

static void vcpu_enable(struct core *core, struct vcpu *vcpu)
{
    sysreg_write(sctlr_el1, vcpu->registers[seL4_VCPUReg_SCTLR]);
    sysreg_write(cpacr_el1, vcpu->registers[seL4_VCPUReg_CPACR]);
    sysreg_write(cntkctl_el1, vcpu->registers[seL4_VCPUReg_CNTKCTL_EL1]);
    sysreg_write(cntvoff_el2, vcpu->registers[seL4_VCPUReg_CNTVOFF]);
    sysreg_write(cntv_cval_el0, vcpu->registers[seL4_VCPUReg_CNTV_CVAL]);
    timer_set_masked(core, vcpu->timer_masked);
    sysreg_write(cntv_ctl_el0, vcpu->registers[seL4_VCPUReg_CNTV_CTL]);
    sysreg_write(hcr_el2, hcr_vcpu);
    load_due_list_registers(vcpu);
    vgic_set_enabled(true);
    core->arch.vcpu_active = true;
    if (UNLIKELY(vcpu->timer_due)) {
        // The interrupt would come at once and do just this.
        vcpu->timer_due = false;
        isb();
        if ((sysreg_read(cntv_ctl_el0) & TIMER_OUTPUT_BITS) == TIMER_OUTPUT) {
            vtimer_deliver(core, vcpu);
        }
    }
}

static void vcpu_disable(struct core *core, struct vcpu *vcpu)
{
    vcpu->registers[seL4_VCPUReg_SCTLR] = sysreg_read(sctlr_el1);
    vcpu->registers[seL4_VCPUReg_CPACR] = sysreg_read(cpacr_el1);
    vcpu->registers[seL4_VCPUReg_CNTKCTL_EL1] = sysreg_read(cntkctl_el1);
    vcpu->registers[seL4_VCPUReg_CNTV_CVAL] = sysreg_read(cntv_cval_el0);
    vcpu->registers[seL4_VCPUReg_CNTV_CTL] = sysreg_read(cntv_ctl_el0);
    vgic_set_enabled(false);
    native_enter();
    core->arch.vcpu_active = false;
}

#define SAVE_BULK(name, sysreg) vcpu->registers[seL4_VCPUReg_##name] = sysreg_read(sysreg);
#define SAVE_KEY(number, sysreg) vcpu->keys[number] = sysreg_read(sysreg);
#define RESTORE_BULK(name, sysreg) sysreg_write(sysreg, vcpu->registers[seL4_VCPUReg_##name]);
#define RESTORE_KEY(number, sysreg) sysreg_write(sysreg, vcpu->keys[number]);

static void vcpu_save(struct vcpu *vcpu)
{
    BULK_REGISTERS(SAVE_BULK)
    vcpu->csselr = sysreg_read(csselr_el1);
    if (has_keys) {
        KEY_REGISTERS(SAVE_KEY)
    }
    if (has_ras) {
        vcpu->vdisr = sysreg_read(s3_4_c12_c1_1);
    }
    if (has_sme) {
        vcpu->tpidr2 = sysreg_read(s3_3_c13_c0_5);
    }
    vgic_save(&vcpu->vgic);
    vtimer_unloaded(vcpu);
}

static void vcpu_restore(struct vcpu *vcpu)
{
    BULK_REGISTERS(RESTORE_BULK)
    sysreg_write(csselr_el1, vcpu->csselr);
    if (has_keys) {
        KEY_REGISTERS(RESTORE_KEY)
    }
    if (has_ras) {
        sysreg_write(s3_4_c12_c1_1, vcpu->vdisr);
    }
    if (has_sme) {
        sysreg_write(s3_3_c13_c0_5, vcpu->tpidr2);
    }
    vgic_restore(&vcpu->vgic);
    vtimer_loaded(vcpu);
    // Two VCPUs of one guest share a VMID but may use the same ASID for different things. The VMID
    // that counts is the one that vspace_switch() has written.
    __asm__ volatile("isb; tlbi vmalle1; dsb nsh; isb" : : : "memory");
}

/// Takes the loaded VCPU out of the hardware, keeping its state.
static void vcpu_unload(struct core *core)
{
    struct vcpu *vcpu = core->arch.vcpu;
    if (vcpu == NULL) {
        return;
    }
    if (core->arch.vcpu_active) {
        vcpu_disable(core, vcpu);
    }
    load_due_list_registers(vcpu);
    vcpu_save(vcpu);
    core->arch.vcpu = NULL;
}

void vcpu_give_up(struct core *core, struct vcpu *vcpu)
{
    if (core->arch.vcpu == vcpu) {
        vcpu_unload(core);
    }
}

void vcpu_switch(struct core *core, struct vcpu *vcpu)
{
    if (vcpu == NULL) {
        if (core->arch.vcpu_active) {
            vcpu_disable(core, core->arch.vcpu);
        }
        return;
    }
    if (core->arch.vcpu != vcpu) {
        vcpu_unload(core);
        core->arch.vcpu = vcpu;
        vcpu_restore(vcpu);
    } else if (core->arch.vcpu_active) {
        return;
    }
    vcpu_enable(core, vcpu);
}

/// The thread runs nowhere else, and its VCPU is in no other core's hardware.
static void stop_remote(struct core *core, struct tcb *tcb)
{
#if CONFIG_MAX_NUM_NODES > 1
    if (tcb != NULL) {
        arch_remote_stall(core, tcb);
    }
#else
    (void)core;
    (void)tcb;
#endif
}

// ---- binding ------------------------------------------------------------------------------------

static void vcpu_dissociate(struct core *core, struct vcpu *vcpu, struct tcb *tcb)
{
    stop_remote(core, tcb);
    if (core->arch.vcpu == vcpu) {
        vcpu_unload(core);
    }
    vcpu->tcb = NULL;
    tcb->arch.vcpu = NULL;
    // Without a VCPU the thread runs at EL0 only.
    tcb->arch.registers[CONTEXT_SPSR] =
        context_sanitise_spsr(tcb, tcb->arch.registers[CONTEXT_SPSR]);
}

void vcpu_dissociate_tcb(struct core *core, struct tcb *tcb)
{
    if (tcb->arch.vcpu != NULL) {
        vcpu_dissociate(core, tcb->arch.vcpu, tcb);
    }
}

void vcpu_finalise(struct core *core, struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    if (tcb != NULL) {
        // A thread that waits in the guest's WFI has nothing left to wait for.
        if (tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
            thread_suspend(core, tcb);
        }
        vcpu_dissociate(core, vcpu, tcb);
    }
    if (core->arch.vcpu == vcpu) {
        vcpu_unload(core);
    }
}

static void vcpu_associate(struct core *core, struct vcpu *vcpu, struct tcb *tcb)
{
    if (tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        thread_suspend(core, tcb);
    }
    if (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        thread_suspend(core, vcpu->tcb);
    }
    stop_remote(core, tcb);
    vcpu_dissociate_tcb(core, tcb);
    if (vcpu->tcb != NULL) {
        vcpu_dissociate(core, vcpu, vcpu->tcb);
    }
    if (core->arch.vcpu == vcpu) {
        vcpu_unload(core);
    }
    // ROOKERY_EXTENSION_VCPU_RESET: a VMM gets rid of what the last guest left.
    vcpu_reset(vcpu);
    vcpu->tcb = tcb;
    tcb->arch.vcpu = vcpu;
    if (core->current == tcb) {
        vcpu_switch(core, vcpu);
    }
}

// ---- interrupts ---------------------------------------------------------------------------------

/// Whether a fault can be sent for the current thread now. Otherwise the level of the interrupt
/// brings it back when the VCPU runs the next time.
static bool can_fault(const struct core *core)
{
    return core->arch.vcpu_active && thread_is_schedulable(core->current)
        && core->current->arch.vcpu != NULL && !core->current->in_ready_queue
        && !core->current->in_release_queue;
}

void vcpu_handle_maintenance(struct core *core)
{
    if (vtimer_take_ended(core) || !can_fault(core)) {
        return;
    }
    int index = vgic_take_ended();
    struct fault fault = {
        .label = seL4_Fault_VGICMaintenance,
        .words = { index < 0 ? ~(word_t)0 : (word_t)index },
    };
    (void)fault_send(core, core->current, &fault);
}

void vcpu_handle_timer(struct core *core)
{
    if (!can_fault(core) || vtimer_is_on(core->arch.vcpu)) {
        return;
    }
    struct vcpu *vcpu = core->arch.vcpu;
    vcpu->timer_masked = true;
    timer_set_masked(core, true);
    struct fault fault = { .label = seL4_Fault_VPPIEvent, .words = { IRQ_VIRTUAL_TIMER } };
    (void)fault_send(core, core->current, &fault);
}

void vcpu_timer_ended(struct core *core)
{
    if (core->arch.vcpu_active && vtimer_is_on(core->arch.vcpu)) {
        vtimer_deliver(core, core->arch.vcpu);
    }
}

/// Whether the virtual timer's output is (or at `*at` will be) on and reaches the VMM
/// or, if the kernel delivers it, the guest: not while the guest handles the last one.
static bool timer_can_fire(const struct core *core, const struct vcpu *vcpu, ticks_t *at)
{
    word_t control = vcpu->registers[seL4_VCPUReg_CNTV_CTL];
    *at = vcpu->registers[seL4_VCPUReg_CNTV_CVAL] + vcpu->registers[seL4_VCPUReg_CNTVOFF];
    return (control & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE && !vcpu->timer_masked
           && vtimer_state(core, vcpu) != VGIC_LR_ACTIVE;
}

bool vcpu_must_wait(struct core *core, struct vcpu *vcpu, ticks_t *wake_at)
{
    ticks_t at;

    ASSERT(core->arch.vcpu == vcpu && core->arch.vcpu_active);
    if (vgic_is_pending()) {
        return false;
    }
    for (unsigned i = 0; CONFIG_MAX_NUM_NODES > 1 && i < vgic_list_register_count(); i++) {
        // Other cores look at the copy while the guest waits (inject_idle()).
        vcpu->vgic.list_registers[i] = vgic_read_list_register(i);
    }
    vcpu->registers[seL4_VCPUReg_CNTV_CTL] = sysreg_read(cntv_ctl_el0);
    vcpu->registers[seL4_VCPUReg_CNTV_CVAL] = sysreg_read(cntv_cval_el0);
    *wake_at = TICKS_NEVER;
    if (timer_can_fire(core, vcpu, &at)) {
        if (at <= arch_timer_now()) {
            return false;
        }
        *wake_at = at;
    }
    return true;
}

// ---- invocations --------------------------------------------------------------------------------

static enum status decode_set_tcb(struct core *core, struct invocation *invocation,
                                  struct vcpu *vcpu)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (cap_type(invocation->extra[0]->cap) != CAP_THREAD) {
        return error_set(core, seL4_IllegalOperation);
    }
    vcpu_associate(core, vcpu, cap_pointer(invocation->extra[0]->cap));
    return STATUS_OK;
}

/// Whether a list register with value `old` takes an interrupt (ROOKERY_EXTENSION_INJECT_REPLACE,
/// ROOKERY_EXTENSION_QUIET_INJECT); `value` is what to write then.
static bool takes_interrupt(vgic_lr_t old, vgic_lr_t *value, bool replace)
{
    const bool is_quiet = (*value & VGIC_LR_EOI) == 0;
    if (replace) {
        return (old & (VGIC_LR_ACTIVE | VGIC_LR_PENDING)) == VGIC_LR_PENDING;
    }
    if ((old & VGIC_LR_ACTIVE) == 0) {
        return true;
    }
    // Active, and pending again.
    *value |= old & (VGIC_LR_ACTIVE | VGIC_LR_EOI);
    return is_quiet && ((old ^ *value) & VGIC_LR_INTID) == 0;
}

static void inject(struct core *core, struct vcpu *vcpu, unsigned index, vgic_lr_t value)
{
    if (core->arch.vcpu == vcpu) {
        vgic_write_list_register(index, value);
    } else {
        vcpu->vgic.list_registers[index] = value;
    }
    if (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        arch_guest_idle_timeout(core, vcpu->tcb);
    }
}

#if CONFIG_MAX_NUM_NODES > 1
/// An interrupt for a VCPU that is in another core's hardware.
struct injection {
    unsigned index;
    vgic_lr_t value;
    bool replace;
    bool is_refused; ///< the list register does not take it
};

/// smp_call: fills a list register of the executing core.
static void inject_here(struct core *core, void *argument)
{
    struct injection *injection = argument;
    load_due_list_registers(core->arch.vcpu);
    injection->is_refused = !takes_interrupt(vgic_read_list_register(injection->index),
                                             &injection->value, injection->replace);
    if (!injection->is_refused) {
        vgic_write_list_register(injection->index, injection->value);
    }
}

/// The VCPU waits in its guest's WFI: its core gets the interrupt when it wakes up, which it need not
/// be waited for.
static enum status inject_idle(struct core *core, struct vcpu *vcpu, unsigned index,
                               vgic_lr_t value, bool replace)
{
    if (!takes_interrupt(vcpu->vgic.list_registers[index], &value, replace)) {
        return error_set(core, seL4_DeleteFirst);
    }
    vcpu->vgic.list_registers[index] = value;
    vcpu->list_registers_due |= BIT(index);
    arch_guest_idle_timeout(core, vcpu->tcb);
    return STATUS_OK;
}

/// Returns whether the VCPU is in another core's hardware; `status` is how it went then.
static bool inject_remote(struct core *core, struct vcpu *vcpu, unsigned index, vgic_lr_t value,
                          bool replace, enum status *status)
{
    if (vcpu->tcb == NULL || !smp_vcpu_is_remote(core, vcpu->tcb)) {
        return false;
    }
    if (vcpu->tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        *status = inject_idle(core, vcpu, index, value, replace);
        return true;
    }
    struct injection injection = { index, value, replace, false };
    struct smp_call call = { .function = inject_here, .argument = &injection };
    smp_call_core(&kernel_cores[vcpu->tcb->core_number], &call);
    *status = injection.is_refused ? error_set(core, seL4_DeleteFirst) : STATUS_OK;
    return true;
}
#else
static bool inject_remote(struct core *core, struct vcpu *vcpu, unsigned index, vgic_lr_t value,
                          bool replace, enum status *status)
{
    (void)replace;
    (void)core;
    (void)vcpu;
    (void)index;
    (void)value;
    (void)status;
    return false;
}
#endif

static enum status decode_inject(struct core *core, struct invocation *invocation,
                                 struct vcpu *vcpu)
{
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t word = invocation_word(core, invocation, 0);
    word_t virq = word & 0xffff;
    word_t priority = (word >> 16) & 0xff;
    word_t group = (word >> 24) & 0xff;
    word_t index = (word >> 32) & 0xff;
    if (virq > 1023) {
        return error_range(core, 0, 1023);
    }
    if (priority > 31) {
        return error_range(core, 0, 31);
    }
    if (group > 1) {
        return error_range(core, 0, 1);
    }
    if (index >= vgic_list_register_count()) {
        return error_range(core, 0, vgic_list_register_count() - 1);
    }
    unsigned lr = (unsigned)arch_safe_index(index, vgic_list_register_count());
    if (vtimer_owns(vcpu, lr)) {
        return error_set(core, seL4_IllegalOperation);
    }
    vgic_lr_t value = vgic_list_register_value(virq, priority, group);
    if ((word & ROOKERY_INJECT_QUIET) != 0) {
        value &= ~(vgic_lr_t)VGIC_LR_EOI;
    }
    const bool replace = (word & ROOKERY_INJECT_REPLACE) != 0;
    enum status status;
    if (inject_remote(core, vcpu, lr, value, replace, &status)) {
        return status;
    }
    vgic_lr_t old =
        core->arch.vcpu == vcpu ? vgic_read_list_register(lr) : vcpu->vgic.list_registers[lr];
    if (!takes_interrupt(old, &value, replace)) {
        return error_set(core, seL4_DeleteFirst);
    }
    inject(core, vcpu, lr, value);
    return STATUS_OK;
}

/// Whether a register's value is in the hardware now.
static bool is_live(const struct core *core, const struct vcpu *vcpu, word_t field)
{
    switch (field) {
    case seL4_VCPUReg_SCTLR:
    case seL4_VCPUReg_CPACR:
    case seL4_VCPUReg_CNTV_CTL:
    case seL4_VCPUReg_CNTV_CVAL:
    case seL4_VCPUReg_CNTVOFF:
    case seL4_VCPUReg_CNTKCTL_EL1:
        return core->arch.vcpu == vcpu && core->arch.vcpu_active;
    default:
        return core->arch.vcpu == vcpu;
    }
}

#define VCPU_ALL_REGISTERS(X)                                                                    \
    BULK_REGISTERS(X)                                                                            \
    X(SCTLR, sctlr_el1)                                                                          \
    X(CPACR, cpacr_el1)                                                                          \
    X(CNTV_CTL, cntv_ctl_el0)                                                                    \
    X(CNTV_CVAL, cntv_cval_el0)                                                                  \
    X(CNTVOFF, cntvoff_el2)                                                                      \
    X(CNTKCTL_EL1, cntkctl_el1)

word_t vcpu_read_register(const struct core *core, const struct vcpu *vcpu, word_t field)
{
    if (!is_live(core, vcpu, field)) {
        return vcpu->registers[field];
    }
#define READ_LIVE(name, sysreg) \
    case seL4_VCPUReg_##name:   \
        return sysreg_read(sysreg);
    switch (field) {
        VCPU_ALL_REGISTERS(READ_LIVE)
    default:
        return 0;
    }
}

void vcpu_write_register(struct core *core, struct vcpu *vcpu, word_t field, word_t value)
{
    vcpu->registers[field] = value;
    if (!is_live(core, vcpu, field)) {
        return;
    }
#define WRITE_LIVE(name, sysreg)     \
    case seL4_VCPUReg_##name:        \
        sysreg_write(sysreg, value); \
        break;
    switch (field) {
        VCPU_ALL_REGISTERS(WRITE_LIVE)
    default:
        break;
    }
}

/// A thread in the guest's WFI wakes by its timer; what decides about that has changed.
static void update_idle_wake(struct core *core, struct vcpu *vcpu)
{
    ticks_t at;
    struct tcb *tcb = vcpu->tcb;
    if (tcb != NULL && tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE) {
        if (timer_can_fire(core, vcpu, &at)) {
            sched_wake_at(core, tcb, at);
        } else {
            sched_wake_cancel(core, tcb);
        }
    }
}

/// vcpu->timer_masked has changed.
static void apply_timer_mask(struct core *core, struct vcpu *vcpu)
{
    if (core->arch.vcpu == vcpu && core->arch.vcpu_active) {
        timer_set_masked(core, vcpu->timer_masked);
    }
    update_idle_wake(core, vcpu);
}

/// Whether the timer's output is on: at once where it can be read, else worked out.
static bool timer_output(const struct core *core, const struct vcpu *vcpu)
{
    word_t control = vcpu_read_register(core, vcpu, seL4_VCPUReg_CNTV_CTL);
    ticks_t at = vcpu_read_register(core, vcpu, seL4_VCPUReg_CNTV_CVAL)
                 + vcpu_read_register(core, vcpu, seL4_VCPUReg_CNTVOFF);
    return (control & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE && at <= arch_timer_now();
}

static enum status decode_timer(struct core *core, struct invocation *invocation,
                                struct vcpu *vcpu, bool is_write)
{
    if (is_write) {
        enum status status = vtimer_write(core, vcpu, invocation_word(core, invocation, 1));
        if (status == STATUS_OK) {
            apply_timer_mask(core, vcpu);
        }
        return status;
    }
    vgic_lr_t state = vtimer_state(core, vcpu);
    invocation_reply_word(core, 0,
                          vcpu->timer_control
                              | ((state & VGIC_LR_PENDING) ? ROOKERY_TIMER_PENDING : 0)
                              | ((state & VGIC_LR_ACTIVE) ? ROOKERY_TIMER_ACTIVE : 0)
                              | (timer_output(core, vcpu) ? ROOKERY_TIMER_LINE : 0));
    invocation_reply_length(core, 1);
    return STATUS_OK;
}

/// ROOKERY_VCPU_EMPTY: asks for maintenance at the end of what the list registers in `ask` hold (a read:
/// none), and answers with the set of empty ones.
static void empty_list_registers(struct core *core, struct vcpu *vcpu, word_t ask)
{
    const bool is_loaded = core->arch.vcpu == vcpu;
    word_t empty = 0;
    for (unsigned i = 0; i < vgic_list_register_count(); i++) {
        vgic_lr_t value =
            is_loaded ? vgic_read_list_register(i) : vcpu->vgic.list_registers[i];
        if ((value & (VGIC_LR_PENDING | VGIC_LR_ACTIVE)) == 0) {
            empty |= BIT(i);
        } else if ((ask & BIT(i)) != 0 && !vtimer_owns(vcpu, i)) {
            value |= VGIC_LR_EOI;
            vcpu->vgic.list_registers[i] = value; // inject_idle() goes by it
            if (is_loaded) {
                vgic_write_list_register(i, value);
            }
        }
    }
    invocation_reply_word(core, 0, empty);
    invocation_reply_length(core, 1);
}

static enum status decode_register(struct core *core, struct invocation *invocation,
                                   struct vcpu *vcpu)
{
    bool is_write = invocation->label == ARMVCPUWriteReg;
    if (invocation->length < (is_write ? 2 : 1)) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t field = invocation_word(core, invocation, 0);
    if (field == ROOKERY_VCPU_TIMER) {
        return decode_timer(core, invocation, vcpu, is_write);
    }
    if (field == ROOKERY_VCPU_EMPTY) {
        empty_list_registers(core, vcpu, is_write ? invocation_word(core, invocation, 1) : 0);
        return STATUS_OK;
    }
    if (field >= seL4_VCPUReg_Num) {
        return error_invalid_argument(core, 1);
    }
    field = arch_safe_index(field, seL4_VCPUReg_Num);
    if (is_write) {
        vcpu_write_register(core, vcpu, field, invocation_word(core, invocation, 1));
        update_idle_wake(core, vcpu);
    } else {
        invocation_reply_word(core, 0, vcpu_read_register(core, vcpu, field));
        invocation_reply_length(core, 1);
    }
    return STATUS_OK;
}

static enum status decode_ack_timer(struct core *core, struct invocation *invocation,
                                    struct vcpu *vcpu)
{
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (invocation_word(core, invocation, 0) != seL4_VPPI_VirtualTimer) {
        return error_invalid_argument(core, 0);
    }
    if (!vtimer_is_on(vcpu)) {
        vcpu->timer_masked = false;
        apply_timer_mask(core, vcpu);
    }
    return STATUS_OK;
}

enum status vcpu_decode(struct core *core, struct invocation *invocation)
{
    struct vcpu *vcpu = cap_pointer(invocation->cap);
    if (invocation->label != ARMVCPUInjectIRQ) {
        stop_remote(core, vcpu->tcb);
    }
    if (core->arch.vcpu == vcpu) {
        load_due_list_registers(vcpu); // whoever asks for list registers sees all of them
    }
    switch (invocation->label) {
    case ARMVCPUSetTCB:
        return decode_set_tcb(core, invocation, vcpu);
    case ARMVCPUInjectIRQ:
        return decode_inject(core, invocation, vcpu);
    case ARMVCPUReadReg:
    case ARMVCPUWriteReg:
        return decode_register(core, invocation, vcpu);
    case ARMVCPUAckVPPI:
        return decode_ack_timer(core, invocation, vcpu);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}
