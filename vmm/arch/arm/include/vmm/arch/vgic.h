// SPDX-License-Identifier: BSD-2-Clause
// A virtual interrupt controller: the state of all interrupts, and the queue that feeds the list
// registers of the hardware's virtual CPU interface. Its registers are those of a GICv2
// (vgic_v2.h) or of a GICv3 (vgic_v3.h). A plain model: its owner does the injecting, so it runs on
// the host.
//
// What the owner's kernel lets us know about a list register is "in use" from the injection to the
// maintenance event of its end, or, for a quiet one, until we ask; not whether the guest has
// acknowledged it yet. So an interrupt in a list register reads as active, can't be taken back by
// ICPENDR, ICENABLER or ICACTIVER, and one that becomes pending again meanwhile is delivered once
// more after its end. Only a more urgent interrupt takes its place, if the kernel finds that it is
// still pending there.
#ifndef VMM_ARCH_VGIC_H
#define VMM_ARCH_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#define VGIC_MAX_VCPUS 8u
#define VGIC_MAX_IRQS 1024u
#define VGIC_SPECIAL_IRQS 1020u ///< the numbers from here on name no interrupt
#define VGIC_MAX_LRS 16u
#define VGIC_SGIS 16u
#define VGIC_PRIVATE_IRQS 32u

/// State of one interrupt: 4 bytes, because there is one for each number.
struct vgic_irq {
    uint8_t priority;
    uint8_t targets; ///< SPIs: set of VCPUs
    uint8_t flags;   ///< VGIC_IRQ_*
    uint8_t lr;      ///< 0: in no list register, else its index + 1
};

/// How the kernel is to deliver the direct interrupt of a VCPU.
struct vgic_direct {
    uint8_t lr;       ///< list register for the kernel's own use
    uint8_t priority; ///< the 5-bit field
    bool group;
    bool forward; ///< enabled, and its group is forwarded
    bool clear;   ///< drop what is pending or active in the list register
};

// What vgic_ops.direct_state() says.
#define VGIC_DIRECT_PENDING 1u ///< the list register holds it, not yet acknowledged
#define VGIC_DIRECT_ACTIVE 2u  ///< the list register holds it, acknowledged
#define VGIC_DIRECT_LINE 4u    ///< its source asserts it

struct vgic_injection {
    uint32_t irq;
    uint32_t priority; ///< the 5-bit field
    uint32_t group;
    bool quiet;        ///< no maintenance event at its end
    bool replace;      ///< in place of an interrupt that is pending there, else not at all
};

/// What an interrupt in a list register came from.
struct vgic_origin {
    uint8_t priority; ///< that it was injected with
    uint8_t sender;   ///< GICv2: of an SGI, as in sgi_sources
    bool latched;     ///< VGIC_IRQ_LATCH was set
};

struct vgic_ops {
    /// Makes an interrupt pending in list register `lr` of `vcpu`. False: the list register is in use
    /// after all (left over from before a reset), or holds nothing that could be replaced. A quiet one
    /// may go where the same interrupt is already: it becomes pending there once more.
    bool (*inject)(void *context, uint32_t vcpu, uint32_t lr,
                   const struct vgic_injection *injection);
    /// The set of list registers that hold nothing. Asks for the maintenance event of what those in the
    /// set `ask` hold. Needed where vgic.quiet is set.
    uint32_t (*empty)(void *context, uint32_t vcpu, uint32_t ask);
    /// An interrupt from vgic_pend_physical() is over: its source may fire again.
    void (*retire)(void *context, uint32_t vcpu, uint32_t irq);
    /// The two below may be NULL without vgic_set_direct(). Turns delivery by the kernel on, or
    /// changes it; NULL: off. What the list register holds then stays there, as if inject() had put
    /// it there after vgic_pend_physical(). False: the kernel refused.
    bool (*direct)(void *context, uint32_t vcpu, const struct vgic_direct *direct);
    /// VGIC_DIRECT_* of a VCPU for which it is on.
    uint32_t (*direct_state)(void *context, uint32_t vcpu);
};

/// One virtual CPU's list registers and the interrupts that could go into them.
struct vgic_vcpu {
    uint64_t ready[VGIC_MAX_IRQS / 64]; ///< interrupts to deliver that are in no list register
    uint32_t ready_words;               ///< bit i: ready[i] is not 0
    uint32_t free_lrs;                  ///< bit i: list register i is not in use
    uint32_t quiet_lrs;                 ///< in use as far as we know: no event will tell its end
    uint32_t again_lrs;                 ///< of those: their interrupt is pending again
    uint32_t kept_lrs;                  ///< of those in use: can't be replaced, it was acknowledged
    uint16_t lr_irq[VGIC_MAX_LRS];      ///< interrupt in each list register in use
    struct vgic_origin origins[VGIC_MAX_LRS];
    uint8_t direct_lr;                  ///< list register that the kernel uses, + 1; 0: none
    uint8_t direct_key;                 ///< what the kernel was told last
    bool asleep;                        ///< GICR_WAKER: nothing new goes into its list registers
    uint16_t last;                      ///< injected last: equal priorities take turns
    uint32_t affinity;                  ///< GICv3: Aff3..Aff0, a byte each
    uint8_t sgi_sources[VGIC_SGIS];     ///< GICv2: pending SGIs, set of sending VCPUs
    struct vgic_irq irqs[VGIC_PRIVATE_IRQS];
};

/// What a virtual interrupt controller is made of.
struct vgic_setup {
    uint32_t version;    ///< whose registers: 2 or 3
    uint32_t vcpu_count; ///< 1..VGIC_MAX_VCPUS
    uint32_t irq_count;  ///< 32..1024, rounded up to a multiple of 32, at most VGIC_SPECIAL_IRQS
    uint32_t lr_count;   ///< 1..; more than VGIC_MAX_LRS are not used
    /// GICv3: of each VCPU, Aff3..Aff0 with a byte each. Borrowed for vgic_init(); NULL: Aff0 is
    /// the VCPU's index.
    const uint32_t *affinities;
};

struct vgic {
    uint32_t version;
    uint32_t vcpu_count;
    uint32_t irq_count; ///< multiple of 32, or VGIC_SPECIAL_IRQS
    uint32_t lr_count;
    uint32_t ctlr;       ///< GICD_CTLR
    uint32_t current;    ///< VCPU whose private interrupts an access means
    uint32_t dirty;      ///< VCPUs with new ready interrupts
    bool quiet;          ///< the owner's kernel can inject quietly
    bool replace;        ///< the owner's kernel can replace what is pending
    uint32_t direct_irq; ///< private interrupt that the kernel can deliver, 0: none
    const struct vgic_ops *ops; ///< borrowed
    void *context;              ///< borrowed, for ops
    struct vgic_vcpu vcpus[VGIC_MAX_VCPUS];
    struct vgic_irq spis[VGIC_MAX_IRQS - VGIC_PRIVATE_IRQS];
    uint32_t routes[VGIC_MAX_IRQS - VGIC_PRIVATE_IRQS]; ///< GICv3: affinity that an SPI goes to
};

/// False: a number is out of range.
bool vgic_init(struct vgic *vgic, const struct vgic_setup *setup, const struct vgic_ops *ops,
               void *context);

/// From now on the kernel can deliver private interrupt `irq` (16..31) of each VCPU by itself. Such
/// an interrupt does not come through vgic_pend_physical() while nothing is special about it, and
/// the registers show its true state.
void vgic_set_direct(struct vgic *vgic, uint32_t irq);

/// Reset. Interrupts from vgic_pend_physical() are retired. `lrs_cleared`: the list
/// registers are empty now; else those in use stay in use until their maintenance event.
void vgic_reset(struct vgic *vgic, bool lrs_cleared);

/// Learns which quiet list registers of a VCPU are empty. To be called before they are cleared.
void vgic_learn(struct vgic *vgic, uint32_t vcpu);

/// The list registers of one VCPU were cleared by a reset of that VCPU: what was in them is pending
/// again.
void vgic_vcpu_reset(struct vgic *vgic, uint32_t vcpu);

/// The same for a VCPU that was switched off: it gets no interrupts before vgic_vcpu_reset() or
/// vgic_reset().
void vgic_vcpu_off(struct vgic *vgic, uint32_t vcpu);

/// Level of an interrupt line; for an interrupt that is configured as edge, a rising line makes it
/// pending. `vcpu` matters for private interrupts only. Numbers out of range are ignored, as in the
/// two below.
void vgic_set_line(struct vgic *vgic, uint32_t vcpu, uint32_t irq, bool level);

/// An interrupt whose source stays silent until ops->retire() is called: at the guest's end of it,
/// or when the guest clears it while pending.
void vgic_pend_physical(struct vgic *vgic, uint32_t vcpu, uint32_t irq);

/// Maintenance event: the guest ended the interrupt in list register `lr`. An index out of range or
/// of a register not in use only refills.
void vgic_end(struct vgic *vgic, uint32_t vcpu, uint32_t lr);

/// True when a list register of `vcpu` is in use or an interrupt waits for one.
bool vgic_pending(const struct vgic *vgic, uint32_t vcpu);

#endif
