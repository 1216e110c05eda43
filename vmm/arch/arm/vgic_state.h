// SPDX-License-Identifier: BSD-2-Clause
// What the two halves of the virtual GICv2 share: vgic_v2.c (delivery) and vgic_regs.c (registers).
#ifndef VMM_ARM_VGIC_STATE_H
#define VMM_ARM_VGIC_STATE_H

#include <vmm/arch/vgic_v2.h>

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
    if (irq < VGIC_SGIS) {
        return vgic->vcpus[vcpu].sgi_sources[irq] != 0;
    }
    return (state->flags & VGIC_IRQ_LATCH) != 0
           || (state->flags & (VGIC_IRQ_LINE | VGIC_IRQ_EDGE)) == VGIC_IRQ_LINE;
}

/// Recomputes whether the interrupt is to be delivered, after any change of its state.
void vgic_update(struct vgic *vgic, uint32_t vcpu, uint32_t irq);

/// Recomputes all interrupts, after a change of GICD_CTLR.
void vgic_update_all(struct vgic *vgic);

/// Tells the source of a physical interrupt that it may fire again, if that is due.
void vgic_retire(struct vgic *vgic, uint32_t vcpu, uint32_t irq);

/// Fills list registers of all VCPUs that have new interrupts.
void vgic_flush(struct vgic *vgic);

#endif
