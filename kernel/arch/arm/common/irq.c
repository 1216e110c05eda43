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
    gic_set_masked(irq, masked);
}

void arch_irq_unmask_after_ack(word_t irq)
{
    gic_set_masked(irq, false);
}

/// Whether the call names a core, as its fifth word.
static bool has_core(word_t label)
{
#if CONFIG_MAX_NUM_NODES > 1
    return label == ARMIRQIssueIRQHandlerTriggerCore;
#else
    (void)label;
    return false;
#endif
}

static void set_core(const struct invocation *invocation, word_t irq, word_t number)
{
#if CONFIG_MAX_NUM_NODES > 1
    if (has_core(invocation->label)) {
        gic_set_target(irq, &kernel_cores[number]);
    }
#else
    (void)invocation;
    (void)irq;
    (void)number;
#endif
}

enum status arch_irq_control_decode(struct core *core, struct invocation *invocation)
{
    const bool with_core = has_core(invocation->label);
    if (invocation->label != ARMIRQIssueIRQHandlerTrigger && !with_core) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < (with_core ? 5 : 4) || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t number = invocation_word(core, invocation, 4);
    if (with_core && number >= CONFIG_MAX_NUM_NODES) {
        return error_range(core, 0, CONFIG_MAX_NUM_NODES - 1);
    }
    word_t irq = invocation_word(core, invocation, 0);
    word_t trigger = invocation_word(core, invocation, 1);
    enum status status =
        irq_control_issue(core, invocation, irq, invocation_word(core, invocation, 2),
                          invocation_word(core, invocation, 3) & 0xff, invocation->extra[0]);
    if (status == STATUS_OK) {
        gic_set_edge(irq, trigger != 0);
        set_core(invocation, irq, number);
    }
    return status;
}
