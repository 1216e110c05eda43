// SPDX-License-Identifier: BSD-2-Clause
// What delivery (vgic.c, vgic_direct.c) offers to the registers (vgic_regs.c, vgic_v2.c,
// vgic_v3.c).
#ifndef VMM_ARM_VGIC_STATE_H
#define VMM_ARM_VGIC_STATE_H

#include <vmm/arch/vgic.h>

#define VGIC_IRQ_ENABLED 0x01u
#define VGIC_IRQ_LATCH 0x02u    ///< pending by an edge, by software, or by a physical interrupt
#define VGIC_IRQ_LINE 0x04u     ///< level of the line
#define VGIC_IRQ_ACTIVE 0x08u   ///< set active by ISACTIVER
#define VGIC_IRQ_EDGE 0x10u
#define VGIC_IRQ_GROUP1 0x20u
#define VGIC_IRQ_PHYSICAL 0x40u ///< ops->retire() is due

#define VGIC_CTLR_ENABLE_GROUP0 1u
#define VGIC_CTLR_ENABLE_GROUP1 2u

/// Priority bits that the virtual CPU interface has.
#define VGIC_PRIORITY_MASK 0xf8u

/// State of interrupt `irq` (below irq_count) as `vcpu` sees it.
static inline struct vgic_irq *vgic_irq(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    return irq < VGIC_PRIVATE_IRQS ? &vgic->vcpus[vcpu].irqs[irq]
                                   : &vgic->spis[irq - VGIC_PRIVATE_IRQS];
}

/// True when the interrupt is pending in the distributor (not only in a list register).
static inline bool vgic_irq_pending(const struct vgic *vgic, uint32_t vcpu, uint32_t irq,
                                    const struct vgic_irq *state)
{
    if (irq < VGIC_SGIS && vgic->vcpus[vcpu].sgi_sources[irq] != 0) {
        return true;
    }
    return (state->flags & VGIC_IRQ_LATCH) != 0
           || (state->flags & (VGIC_IRQ_LINE | VGIC_IRQ_EDGE)) == VGIC_IRQ_LINE;
}

/// lr_irq: in use, but by no interrupt of ours: left from before a reset, or the kernel's.
#define VGIC_LR_STUCK 0xffffu

/// True when GICD_CTLR forwards the interrupt's group.
static inline bool vgic_group_forwarded(const struct vgic *vgic, const struct vgic_irq *state)
{
    uint32_t bit = (state->flags & VGIC_IRQ_GROUP1) != 0 ? VGIC_CTLR_ENABLE_GROUP1
                                                         : VGIC_CTLR_ENABLE_GROUP0;
    return (vgic->ctlr & bit) != 0;
}

/// Recomputes whether the interrupt is to be delivered, after any change of its state.
void vgic_update(struct vgic *vgic, uint32_t vcpu, uint32_t irq);

/// Recomputes all interrupts, after a change of vgic->ctlr.
void vgic_update_all(struct vgic *vgic);

/// Tells the source of a physical interrupt that it may fire again, if that is due.
void vgic_retire(struct vgic *vgic, uint32_t vcpu, uint32_t irq);

/// GICR_WAKER: an `asleep` VCPU gets nothing new.
void vgic_set_asleep(struct vgic *vgic, uint32_t vcpu, bool asleep);

/// Learns which quiet list registers are empty: before registers say what is pending or active.
void vgic_learn_all(struct vgic *vgic);

/// Fills list registers of all VCPUs that have new interrupts.
void vgic_flush(struct vgic *vgic);

// vgic_direct.c; vgic->direct_irq is not 0 for the first two.

/// Decides anew who delivers the direct interrupt, after a change of its state.
void vgic_direct_update(struct vgic *vgic, uint32_t vcpu);

/// The kernel delivers no more; what its list register holds is ours.
void vgic_direct_stop(struct vgic *vgic, uint32_t vcpu);

/// True when the kernel delivers an interrupt among [first, first + count) to vgic->current.
bool vgic_direct_holds(const struct vgic *vgic, uint32_t first, uint32_t count);

/// Bit of the direct interrupt among [first, first + 32) when it has one of `states`
/// (VGIC_DIRECT_*).
uint32_t vgic_direct_bits(const struct vgic *vgic, uint32_t first, uint32_t states);

/// A write of `bits` to ICPENDR, or ICACTIVER (`active`).
void vgic_direct_clear(struct vgic *vgic, uint32_t first, uint32_t bits, bool active);

#endif
