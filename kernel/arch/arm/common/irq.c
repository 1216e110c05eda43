// SPDX-License-Identifier: BSD-2-Clause
// Interrupts on Arm: the generic kernel's view of the interrupt controller, and IRQControl's Arm
// calls.
#include <arch/drivers.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <kernel/kernel.h>

#include <plat.h>

const word_t arch_max_irq = PLAT_MAX_IRQ;

bool arch_irq_is_reserved(word_t irq)
{
    return (CONFIG_MAX_NUM_NODES > 1 && irq == IRQ_IPI) || irq == IRQ_VGIC_MAINTENANCE
           || irq == IRQ_HYP_TIMER || irq == IRQ_VIRTUAL_TIMER;
}

bool arch_irq_pending(struct core *core)
{
    (void)core;
    return (sysreg_read(isr_el1) & ISR_I) != 0;
}

word_t arch_irq_acknowledge(struct core *core)
{
    return gic_acknowledge(core);
}

void arch_irq_handle_reserved(struct core *core, word_t irq)
{
    switch (irq) {
    case IRQ_VGIC_MAINTENANCE:
        vcpu_handle_maintenance(core);
        break;
    case IRQ_VIRTUAL_TIMER:
        vcpu_handle_timer(core);
        break;
    case IRQ_HYP_TIMER:
        // The timer holds its line until it has a new deadline.
        core->reprogram_timer = true;
        break;
    default:
        break;
    }
}

void arch_irq_end(struct core *core, word_t irq)
{
    gic_end(core, irq);
    if (irq == IRQ_VIRTUAL_TIMER) {
        vcpu_timer_ended(core);
    }
}

void arch_irq_mask(word_t irq, bool masked)
{
    // Software-generated interrupts of several cores: each core has its own mask, and the handler
    // may be anywhere. They come once, so there is nothing to hold back.
    if (CONFIG_MAX_NUM_NODES == 1 || irq >= GIC_SGI_COUNT) {
        gic_set_masked(irq, masked);
    }
}

void arch_irq_unmask_after_ack(word_t irq)
{
    arch_irq_mask(irq, false);
}

static enum status decode_trigger(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 4 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t irq = invocation_word(core, invocation, 0);
    word_t trigger = invocation_word(core, invocation, 1);
    enum status status =
        irq_control_issue(core, invocation, irq, invocation_word(core, invocation, 2),
                          invocation_word(core, invocation, 3) & 0xff, invocation->extra[0]);
    if (status == STATUS_OK) {
        gic_set_edge(irq, trigger != 0);
    }
    return status;
}

#if CONFIG_MAX_NUM_NODES > 1
void arch_debug_send_ipi(word_t target, word_t irq)
{
    // Cores are numbered as the platform's interrupt controller numbers them.
    if (target < CONFIG_MAX_NUM_NODES && irq < GIC_SGI_COUNT) {
        gic_send_sgi(irq, target);
    }
}

static enum status decode_trigger_core(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 5 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t irq = invocation_word(core, invocation, 0);
    word_t target = invocation_word(core, invocation, 4);
    if (target >= CONFIG_MAX_NUM_NODES) {
        return error_invalid_argument(core, 4);
    }
    enum status status = decode_trigger(core, invocation);
    if (status == STATUS_OK) {
        gic_set_target(irq, &kernel_cores[arch_safe_index(target, CONFIG_MAX_NUM_NODES)]);
    }
    return status;
}
#else
static enum status decode_sgi_signal(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 4 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t irq = invocation_word(core, invocation, 0);
    word_t target = invocation_word(core, invocation, 1);
    struct slot *slot;
    if (irq >= GIC_SGI_COUNT) {
        return error_range(core, 0, GIC_SGI_COUNT - 1);
    }
    if (!gic_is_sgi_target(target)) {
        return error_invalid_argument(core, 1);
    }
    enum status status = cspace_lookup_target(
        core, invocation->extra[0]->cap, invocation_word(core, invocation, 2),
        invocation_word(core, invocation, 3) & 0xff, false, &slot);
    if (status == STATUS_OK) {
        status = slot_require_empty(core, slot);
    }
    if (status == STATUS_OK) {
        slot_insert(sgi_cap_new(irq, target), invocation->slot, slot);
    }
    return status;
}
#endif

enum status arch_irq_control_decode(struct core *core, struct invocation *invocation)
{
    switch (invocation->label) {
    case ARMIRQIssueIRQHandlerTrigger:
        return decode_trigger(core, invocation);
#if CONFIG_MAX_NUM_NODES > 1
    case ARMIRQIssueIRQHandlerTriggerCore:
        return decode_trigger_core(core, invocation);
#else
    case ARMIRQIssueSGISignal:
        return decode_sgi_signal(core, invocation);
#endif
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}
