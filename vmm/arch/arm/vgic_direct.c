// SPDX-License-Identifier: BSD-2-Clause
// The interrupt that the kernel can deliver by itself (the virtual timer's): when it does, and what
// the distributor's registers say about it meanwhile.
//
// The kernel delivers it while nothing is special about it: it is level-sensitive, and neither in a
// list register of ours, nor made pending or active by software, nor on its way through
// vgic_pend_physical(). Else it goes the way of all others; a list register that the kernel used
// is then ours, with what it holds.
#include <stddef.h>

#include "vgic_state.h"

#define SPECIAL                                                                                    \
    (VGIC_IRQ_LATCH | VGIC_IRQ_LINE | VGIC_IRQ_ACTIVE | VGIC_IRQ_EDGE | VGIC_IRQ_PHYSICAL)

static bool tell(struct vgic *vgic, uint32_t vcpu, uint32_t lr, bool clear)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, vgic->direct_irq);
    struct vgic_direct direct = {
        .lr = (uint8_t)lr,
        .priority = state->priority >> 3,
        .group = (state->flags & VGIC_IRQ_GROUP1) != 0,
        .forward = (state->flags & VGIC_IRQ_ENABLED) != 0 && vgic_group_forwarded(vgic, state)
                   && !cpu->asleep,
        .clear = clear,
    };
    uint32_t key = (uint32_t)direct.priority << 2 | (uint32_t)direct.group << 1 | direct.forward;

    if (cpu->direct_lr == lr + 1 && cpu->direct_key == key && !clear) {
        return true;
    }
    cpu->direct_key = (uint8_t)key;
    return vgic->ops->direct(vgic->context, vcpu, &direct);
}

static void turn_on(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    if (cpu->free_lrs == 0) {
        return;
    }
    uint32_t lr = 31u - (uint32_t)__builtin_clz(cpu->free_lrs);
    if (tell(vgic, vcpu, lr, false)) {
        cpu->direct_lr = (uint8_t)(lr + 1);
        cpu->lr_irq[lr] = VGIC_LR_STUCK;
        cpu->free_lrs &= ~(UINT32_C(1) << lr);
    }
}

void vgic_direct_stop(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    struct vgic_irq *state = vgic_irq(vgic, vcpu, vgic->direct_irq);

    if (cpu->direct_lr == 0) {
        return;
    }
    uint32_t lr = cpu->direct_lr - 1u;
    uint32_t held = vgic->ops->direct_state(vgic->context, vcpu);
    cpu->direct_lr = 0;
    (void)vgic->ops->direct(vgic->context, vcpu, NULL);
    vgic->dirty |= UINT32_C(1) << vcpu;
    if ((held & (VGIC_DIRECT_PENDING | VGIC_DIRECT_ACTIVE)) == 0) {
        cpu->free_lrs |= UINT32_C(1) << lr;
        return;
    }
    state->lr = (uint8_t)(lr + 1);
    state->flags |= VGIC_IRQ_PHYSICAL;
    cpu->lr_irq[lr] = (uint16_t)vgic->direct_irq;
    cpu->kept_lrs &= ~(UINT32_C(1) << lr);
    cpu->origins[lr] = (struct vgic_origin){
        .priority = (uint8_t)(cpu->direct_key >> 2 << 3), // the kernel was told
        .latched = true,
    };
}

void vgic_direct_update(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, vgic->direct_irq);

    if ((state->flags & SPECIAL) != 0 || state->lr != 0) {
        vgic_direct_stop(vgic, vcpu);
    } else if (cpu->direct_lr == 0) {
        turn_on(vgic, vcpu);
    } else {
        (void)tell(vgic, vcpu, cpu->direct_lr - 1u, false);
    }
}

bool vgic_direct_holds(const struct vgic *vgic, uint32_t first, uint32_t count)
{
    uint32_t irq = vgic->direct_irq;

    return irq != 0 && irq - first < count && vgic->vcpus[vgic->current].direct_lr != 0;
}

uint32_t vgic_direct_bits(const struct vgic *vgic, uint32_t first, uint32_t states)
{
    if (!vgic_direct_holds(vgic, first, 32)
        || (vgic->ops->direct_state(vgic->context, vgic->current) & states) == 0) {
        return 0;
    }
    return UINT32_C(1) << (vgic->direct_irq - first);
}

void vgic_direct_clear(struct vgic *vgic, uint32_t first, uint32_t bits, bool active)
{
    if (!vgic_direct_holds(vgic, first, 32) || (bits >> (vgic->direct_irq - first) & 1u) == 0) {
        return;
    }
    uint32_t state = vgic->ops->direct_state(vgic->context, vgic->current);
    // Pending because of the line: it stays so.
    bool drop = active ? (state & VGIC_DIRECT_ACTIVE) != 0
                       : (state & (VGIC_DIRECT_PENDING | VGIC_DIRECT_LINE)) == VGIC_DIRECT_PENDING;
    if (drop) {
        (void)tell(vgic, vgic->current, vgic->vcpus[vgic->current].direct_lr - 1u, true);
    }
}

void vgic_set_direct(struct vgic *vgic, uint32_t irq)
{
    vgic->direct_irq = irq;
    for (uint32_t vcpu = 0; vcpu < vgic->vcpu_count; vcpu++) {
        vgic_update(vgic, vcpu, irq);
    }
}
