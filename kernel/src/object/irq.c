// SPDX-License-Identifier: BSD-2-Clause
// Interrupts as user level sees them: IRQControl issues handler caps, a handler ties an interrupt
// to a notification (seL4 API: IRQControl and IRQHandler methods).
#include <kernel/kernel.h>

/// Interrupt numbers that any supported controller has (GIC: 1020).
#define IRQ_COUNT 1024

/// Per interrupt: whether a handler cap was issued, and the notification cap to signal. The slots
/// are ordinary slots of the derivation list.
static bool irq_active[IRQ_COUNT];
static struct slot irq_slots[IRQ_COUNT] __attribute__((aligned(sizeof(struct slot))));

void irq_reset(void)
{
    ASSERT(arch_max_irq < IRQ_COUNT);
    for (word_t irq = 0; irq < IRQ_COUNT; irq++) {
        irq_active[irq] = false;
        irq_slots[irq] = (struct slot){ .cap = cap_null() };
    }
}

struct slot *irq_notification_slot(word_t irq)
{
    ASSERT(irq <= arch_max_irq);
    return &irq_slots[irq];
}

bool irq_is_active(word_t irq)
{
    return irq <= arch_max_irq && (irq_active[irq] || arch_irq_is_reserved(irq));
}

static void invoke_issue(struct slot *control, struct slot *target, word_t irq)
{
    struct cap cap = cap_new(CAP_IRQ_HANDLER, 0);
    cap.words[1] = irq;
    irq_active[irq] = true;
    arch_irq_mask(irq, false);
    slot_insert(cap, control, target);
}

enum status irq_control_issue(struct core *core, struct invocation *invocation, word_t irq,
                              word_t index, word_t depth, struct slot *root)
{
    struct slot *slot;

    if (irq > arch_max_irq) {
        return error_range(core, 0, arch_max_irq);
    }
    irq = arch_safe_index(irq, arch_max_irq + 1);
    if (irq_is_active(irq)) {
        return error_set(core, seL4_RevokeFirst);
    }
    enum status status = cspace_lookup_target(core, root->cap, index, depth, false, &slot);
    if (status == STATUS_OK) {
        status = slot_require_empty(core, slot);
    }
    if (status != STATUS_OK) {
        return status;
    }
    invoke_issue(invocation->slot, slot, irq);
    return STATUS_OK;
}

enum status irq_control_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label != IRQIssueIRQHandler) {
        return arch_irq_control_decode(core, invocation);
    }
    if (invocation->length < 3 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    return irq_control_issue(core, invocation, invocation_word(core, invocation, 0),
                             invocation_word(core, invocation, 1),
                             invocation_word(core, invocation, 2), invocation->extra[0]);
}

static void invoke_set_handler(struct core *core, struct slot *source, word_t irq)
{
    // The slot is emptied first: `source` may be the last other cap of the same notification, but
    // it is not the one in the interrupt's slot, which nobody can name.
    const struct cap cap = source->cap;
    slot_delete_simple(core, &irq_slots[irq]);
    slot_insert(cap, source, &irq_slots[irq]);
}

static enum status decode_set_handler(struct core *core, struct invocation *invocation, word_t irq)
{
    struct slot *source = invocation->extra[0];

    if (source == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (cap_type(source->cap) != CAP_NOTIFICATION
        || (cap_rights(source->cap) & RIGHT_WRITE) == 0) {
        return error_invalid_capability(core, 0);
    }
    const enum status status = slot_wake_waiters(core, &irq_slots[irq]);
    if (status != STATUS_OK) {
        return status;
    }
    invoke_set_handler(core, source, irq);
    return STATUS_OK;
}

static enum status clear_handler(struct core *core, word_t irq)
{
    const enum status status = slot_wake_waiters(core, &irq_slots[irq]);
    if (status == STATUS_OK) {
        slot_delete_simple(core, &irq_slots[irq]);
    }
    return status;
}

enum status irq_handler_decode(struct core *core, struct invocation *invocation)
{
    const word_t irq = invocation->cap.words[1];

    switch (invocation->label) {
    case IRQAckIRQ:
        arch_irq_unmask_after_ack(irq);
        return STATUS_OK;
    case IRQSetIRQHandler:
        return decode_set_handler(core, invocation, irq);
    case IRQClearIRQHandler:
        return clear_handler(core, irq);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

void irq_deliver(struct core *core, word_t irq)
{
    if (irq > arch_max_irq) {
        return;
    }
    // Masked until the handler acknowledges. One that nobody handles stays masked.
    arch_irq_mask(irq, true);
    const struct cap cap = irq_slots[irq].cap;
    if (irq_active[irq] && cap_type(cap) == CAP_NOTIFICATION) {
        notification_signal(core, cap_pointer(cap), cap_badge(cap));
    }
}

void irq_handler_finalise(struct core *core, word_t irq)
{
    arch_irq_mask(irq, true);
    slot_delete_simple(core, &irq_slots[irq]);
}

void irq_handler_deleted(struct core *core, word_t irq)
{
    (void)core;
    irq_active[irq] = false;
}
