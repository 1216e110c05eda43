// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer's interrupt, delivered by the kernel through a linked list register.
#include <arch/vtimer.h>

#define LR_STATE (VGIC_LR_PENDING | VGIC_LR_ACTIVE)
#define LR_NUMBER_MASK 63u
#define PRIORITY_MASK 31u
#define KEPT                                                                                       \
    (ROOKERY_TIMER_ON | ROOKERY_TIMER_FORWARD | ROOKERY_TIMER_GROUP1                               \
     | ((word_t)PRIORITY_MASK << ROOKERY_TIMER_PRIORITY_SHIFT)                                     \
     | ((word_t)LR_NUMBER_MASK << ROOKERY_TIMER_LR_SHIFT))

static unsigned number_of(word_t control)
{
    return (unsigned)(control >> ROOKERY_TIMER_LR_SHIFT) & LR_NUMBER_MASK;
}

static vgic_lr_t lr_read(const struct core *core, const struct vcpu *vcpu, unsigned index)
{
    return core->arch.vcpu == vcpu ? vgic_read_list_register(index)
                                   : vcpu->vgic.list_registers[index];
}

static void lr_write(const struct core *core, struct vcpu *vcpu, unsigned index, vgic_lr_t value)
{
    vcpu->vgic.list_registers[index] = value; // inject_idle() of vcpu.c goes by it
    if (core->arch.vcpu == vcpu) {
        vgic_write_list_register(index, value);
    }
}

/// Ends the physical interrupt in the guest's place.
static void end_physical(const struct core *core, const struct vcpu *vcpu)
{
    if (core->arch.vcpu == vcpu) {
        gic_set_active(IRQ_VIRTUAL_TIMER, false);
    }
}

/// A pending list register for the interrupt with the priority and group of `control`. Where the
/// link can't be relied on (VGIC_LINKED_END), a maintenance interrupt tells us the end.
static vgic_lr_t linked_value(word_t control)
{
    word_t priority = (control >> ROOKERY_TIMER_PRIORITY_SHIFT) & PRIORITY_MASK;
    word_t group = (control & ROOKERY_TIMER_GROUP1) != 0;
#if VGIC_LINKED_END
    return vgic_linked_list_register_value(IRQ_VIRTUAL_TIMER, priority, group, IRQ_VIRTUAL_TIMER);
#else
    return vgic_list_register_value(IRQ_VIRTUAL_TIMER, priority, group);
#endif
}

bool vtimer_take_ended(struct core *core)
{
    struct vcpu *vcpu = core->arch.vcpu;
    if (!core->arch.vcpu_active || !vtimer_is_on(vcpu)) {
        return false;
    }
    unsigned index = number_of(vcpu->timer_control);
    if ((vgic_read_list_register(index) & (LR_STATE | VGIC_LR_EOI)) != VGIC_LR_EOI) {
        return false;
    }
    vgic_write_list_register(index, 0);
    gic_set_active(IRQ_VIRTUAL_TIMER, false);
    return true;
}

bool vtimer_owns(const struct vcpu *vcpu, unsigned list_register)
{
    return vtimer_is_on(vcpu) && number_of(vcpu->timer_control) == list_register;
}

vgic_lr_t vtimer_state(const struct core *core, const struct vcpu *vcpu)
{
    return vtimer_is_on(vcpu) ? lr_read(core, vcpu, number_of(vcpu->timer_control)) & LR_STATE : 0;
}

void vtimer_deliver(struct core *core, struct vcpu *vcpu)
{
    const word_t control = vcpu->timer_control;
    if ((control & (ROOKERY_TIMER_ON | ROOKERY_TIMER_FORWARD))
        != (ROOKERY_TIMER_ON | ROOKERY_TIMER_FORWARD)) {
        return;
    }
    if (vtimer_state(core, vcpu) == 0) {
        vgic_write_list_register(number_of(control), linked_value(control));
    }
    gic_set_active(IRQ_VIRTUAL_TIMER, true);
}

static bool is_in_saved_register(const struct vcpu *vcpu)
{
    return vtimer_is_on(vcpu)
           && (vcpu->vgic.list_registers[number_of(vcpu->timer_control)] & LR_STATE) != 0;
}

void vtimer_unloaded(const struct vcpu *vcpu)
{
    // Also when it has ended and vtimer_take_ended() is still to come.
    if (vtimer_is_on(vcpu)) {
        gic_set_active(IRQ_VIRTUAL_TIMER, false);
    }
}

void vtimer_loaded(const struct vcpu *vcpu)
{
    if (is_in_saved_register(vcpu)) {
        gic_set_active(IRQ_VIRTUAL_TIMER, true);
    }
}

static void turn_off(struct core *core, struct vcpu *vcpu)
{
    unsigned index = number_of(vcpu->timer_control);
    vgic_lr_t value = lr_read(core, vcpu, index);
    bool busy = (value & LR_STATE) != 0;
    if (busy) {
        // As if the VMM had injected it: no link, a maintenance interrupt at the end.
        lr_write(core, vcpu, index, vgic_unlinked_list_register_value(value));
    } else {
        lr_write(core, vcpu, index, 0);
    }
    end_physical(core, vcpu);
    vcpu->timer_masked = busy;
    vcpu->timer_control = 0;
}

static void change(struct core *core, struct vcpu *vcpu, unsigned index, word_t value)
{
    bool forward = (value & ROOKERY_TIMER_FORWARD) != 0;
    vgic_lr_t state = lr_read(core, vcpu, index) & LR_STATE;
    if (state != 0
        && ((value & ROOKERY_TIMER_CLEAR) != 0 || (state == VGIC_LR_PENDING && !forward))) {
        lr_write(core, vcpu, index, 0);
        end_physical(core, vcpu);
    } else if (state == VGIC_LR_PENDING) {
        lr_write(core, vcpu, index, linked_value(value));
    }
    vcpu->timer_masked = !forward;
    vcpu->timer_control = value & KEPT;
}

enum status vtimer_write(struct core *core, struct vcpu *vcpu, word_t value)
{
    unsigned index = number_of(value);
    bool was_on = vtimer_is_on(vcpu);
    if ((value & ~(KEPT | ROOKERY_TIMER_CLEAR)) != 0) {
        return error_invalid_argument(core, 1);
    }
    if ((value & ROOKERY_TIMER_ON) == 0) {
        if (was_on) {
            turn_off(core, vcpu);
        }
        return STATUS_OK;
    }
    if (index >= vgic_list_register_count()) {
        return error_range(core, 0, vgic_list_register_count() - 1);
    }
    index = (unsigned)arch_safe_index(index, vgic_list_register_count());
    if (was_on && index != number_of(vcpu->timer_control)) {
        return error_invalid_argument(core, 1);
    }
    if (!was_on && (lr_read(core, vcpu, index) & LR_STATE) != 0) {
        return error_set(core, seL4_DeleteFirst);
    }
    change(core, vcpu, index, value);
    return STATUS_OK;
}
