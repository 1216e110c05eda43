// SPDX-License-Identifier: BSD-2-Clause
// Registers that the distributor of a GICv2 and distributor and redistributors of a GICv3 have in
// common, for the tables in vgic_v2.c and vgic_v3.c.
#include "vgic_regs.h"

#include "vgic_state.h"

#define ICFGR_SGIS 0xaaaaaaaau

void vgic_store_ctlr(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t ctlr = (uint32_t)value & (VGIC_CTLR_ENABLE_GROUP0 | VGIC_CTLR_ENABLE_GROUP1);

    (void)offset;
    (void)size;
    if (ctlr != vgic->ctlr) {
        vgic->ctlr = ctlr;
        vgic_update_all(vgic);
    }
}

/// Bits of irqs [first, first + 32) for which `flag` is set.
static uint32_t gather_flag(struct vgic *vgic, uint32_t first, uint8_t flag)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < 32 && first + i < vgic->irq_count; i++) {
        if ((vgic_irq(vgic, vgic->current, first + i)->flags & flag) != 0) {
            bits |= UINT32_C(1) << i;
        }
    }
    return bits;
}

/// Sets or clears `flag` of the interrupts whose bit is set in `bits`.
static void change_flag(struct vgic *vgic, uint32_t first, uint32_t bits, uint8_t flag, bool set)
{
    for (; bits != 0; bits &= bits - 1) {
        uint32_t irq = first + (uint32_t)__builtin_ctz(bits);
        if (irq >= vgic->irq_count) {
            return;
        }
        struct vgic_irq *state = vgic_irq(vgic, vgic->current, irq);
        uint8_t flags = set ? state->flags | flag : state->flags & (uint8_t)~flag;
        if (flags != state->flags) {
            state->flags = flags;
            vgic_update(vgic, vgic->current, irq);
        }
    }
}

/// SGIs of a GICv2 are enabled for ever and their pending state changes by SPENDSGIR and CPENDSGIR
/// only.
static uint32_t without_sgis(const struct vgic *vgic, uint32_t first, uint64_t value)
{
    return first == 0 && vgic->version == 2 ? (uint32_t)value & 0xffff0000u : (uint32_t)value;
}

uint64_t vgic_load_group(void *context, uint32_t offset, uint8_t size)
{
    (void)size;
    return gather_flag(context, offset * 8u, VGIC_IRQ_GROUP1);
}

void vgic_store_group(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    (void)size;
    change_flag(context, offset * 8u, (uint32_t)value, VGIC_IRQ_GROUP1, true);
    change_flag(context, offset * 8u, ~(uint32_t)value, VGIC_IRQ_GROUP1, false);
}

uint64_t vgic_load_enable(void *context, uint32_t offset, uint8_t size)
{
    (void)size;
    return gather_flag(context, offset * 8u, VGIC_IRQ_ENABLED);
}

void vgic_store_set_enable(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    (void)size;
    change_flag(context, offset * 8u, (uint32_t)value, VGIC_IRQ_ENABLED, true);
}

void vgic_store_clear_enable(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    uint32_t first = offset * 8u;

    (void)size;
    change_flag(context, first, without_sgis(context, first, value), VGIC_IRQ_ENABLED, false);
}

uint64_t vgic_load_pending(void *context, uint32_t offset, uint8_t size)
{
    struct vgic *vgic = context;
    uint32_t first = offset * 8u;
    uint32_t bits = 0;

    (void)size;
    vgic_learn_all(vgic);
    for (uint32_t i = 0; i < 32 && first + i < vgic->irq_count; i++) {
        const struct vgic_irq *state = vgic_irq(vgic, vgic->current, first + i);
        if (vgic_irq_pending(vgic, vgic->current, first + i, state)) {
            bits |= UINT32_C(1) << i;
        }
    }
    return bits | vgic_direct_bits(vgic, first, VGIC_DIRECT_PENDING | VGIC_DIRECT_LINE);
}

void vgic_store_set_pending(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    uint32_t first = offset * 8u;

    (void)size;
    change_flag(context, first, without_sgis(context, first, value), VGIC_IRQ_LATCH, true);
}

void vgic_store_clear_pending(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t first = offset * 8u;
    uint32_t bits = without_sgis(vgic, first, value);

    (void)size;
    vgic_learn_all(vgic);
    change_flag(vgic, first, bits, VGIC_IRQ_LATCH, false);
    vgic_direct_clear(vgic, first, bits, false);
    for (; bits != 0; bits &= bits - 1) {
        uint32_t irq = first + (uint32_t)__builtin_ctz(bits);
        // A physical interrupt that the guest takes back won't come to an end: let it fire again
        // now.
        if (irq < vgic->irq_count && vgic_irq(vgic, vgic->current, irq)->lr == 0) {
            vgic_retire(vgic, vgic->current, irq);
        }
    }
}

uint64_t vgic_load_active(void *context, uint32_t offset, uint8_t size)
{
    struct vgic *vgic = context;
    uint32_t first = offset * 8u;
    uint32_t bits = gather_flag(vgic, first, VGIC_IRQ_ACTIVE);

    (void)size;
    vgic_learn_all(vgic);
    for (uint32_t i = 0; i < 32 && first + i < vgic->irq_count; i++) {
        if (vgic_irq(vgic, vgic->current, first + i)->lr != 0) {
            bits |= UINT32_C(1) << i;
        }
    }
    return bits | vgic_direct_bits(vgic, first, VGIC_DIRECT_ACTIVE);
}

void vgic_store_set_active(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    (void)size;
    vgic_learn_all(context);
    change_flag(context, offset * 8u, (uint32_t)value, VGIC_IRQ_ACTIVE, true);
}

void vgic_store_clear_active(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    (void)size;
    vgic_learn_all(context);
    change_flag(context, offset * 8u, (uint32_t)value, VGIC_IRQ_ACTIVE, false);
    vgic_direct_clear(context, offset * 8u, (uint32_t)value, true);
}

uint64_t vgic_load_priority(void *context, uint32_t offset, uint8_t size)
{
    struct vgic *vgic = context;
    uint64_t value = 0;

    for (uint32_t i = 0; i < size && offset + i < vgic->irq_count; i++) {
        value |= (uint64_t)vgic_irq(vgic, vgic->current, offset + i)->priority << (8u * i);
    }
    return value;
}

void vgic_store_priority(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;

    for (uint32_t i = 0; i < size && offset + i < vgic->irq_count; i++) {
        vgic_irq(vgic, vgic->current, offset + i)->priority = (uint8_t)(value >> (8u * i))
                                                              & VGIC_PRIORITY_MASK;
        vgic_update(vgic, vgic->current, offset + i);
    }
}

uint64_t vgic_load_config(void *context, uint32_t offset, uint8_t size)
{
    struct vgic *vgic = context;
    uint32_t first = offset * 4u;
    uint32_t value = 0;

    (void)size;
    if (first < VGIC_SGIS) {
        return ICFGR_SGIS;
    }
    for (uint32_t i = 0; i < 16 && first + i < vgic->irq_count; i++) {
        if ((vgic_irq(vgic, vgic->current, first + i)->flags & VGIC_IRQ_EDGE) != 0) {
            value |= UINT32_C(2) << (2u * i);
        }
    }
    return value;
}

void vgic_store_config(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t first = offset * 4u;

    (void)size;
    for (uint32_t i = 0; i < 16 && first + i < vgic->irq_count; i++) {
        if (first + i >= VGIC_SGIS) {
            bool edge = (value & (UINT64_C(2) << (2u * i))) != 0;
            change_flag(vgic, first + i, 1, VGIC_IRQ_EDGE, edge);
        }
    }
}
