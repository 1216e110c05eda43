// SPDX-License-Identifier: BSD-2-Clause
// Distributor, redistributors and SGI registers of a virtual GICv3 (ARM IHI 0069H, chapter 12), as
// tables over the state of vgic.c.
//
// It is the view of a GIC that supports a single security state (GICD_CTLR.DS is 1) and no legacy
// operation (GICD_CTLR.ARE is 1): registers of interrupts 0 to 31 are in the redistributors, and
// the distributor's are reserved; so are those for Secure state and for GICv2 targets and SGIs.
#include <vmm/arch/vgic_v3.h>

#include "vgic_regs.h"
#include "vgic_state.h"

#define CTLR_ARE (UINT32_C(1) << 4)
#define CTLR_DS (UINT32_C(1) << 6)

// GICD_TYPER: 10 bits of interrupt number; SPIs have one target (No1N).
#define TYPER_ID_BITS (UINT32_C(9) << 19)
#define TYPER_NO_1_OF_N (UINT32_C(1) << 25)

#define IIDR 0x0000043bu ///< GIC-500, r0p0

// GICR_TYPER
#define REDIST_LAST (UINT64_C(1) << 4)
#define REDIST_NUMBER_SHIFT 8u
#define REDIST_AFFINITY_SHIFT 32u

// GICR_WAKER
#define WAKER_PROCESSOR_SLEEP (UINT32_C(1) << 1)
#define WAKER_CHILDREN_ASLEEP (UINT32_C(1) << 2)

// GICD_IROUTER: Aff3 39:32, IRM 31 (reserved here), Aff2 23:16, Aff1 15:8, Aff0 7:0.
#define ROUTE_LOW 0x00ffffffu

static uint64_t load_iidr(void *context, uint32_t offset, uint8_t size)
{
    (void)context;
    (void)offset;
    (void)size;
    return IIDR;
}

/// Identification registers 0xffd0..0xffff of distributor and redistributor: GIC-500, architecture
/// revision 3. `part`: low byte of the part number.
static uint32_t identification(uint32_t offset, uint8_t part)
{
    static const uint8_t ids[12] = { 0x44, 0x00, 0x00, 0x00, 0x00, 0xb4,
                                     0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    return offset == 0x10u ? part : ids[offset / 4u];
}

// --- Distributor -----------------------------------------------------------------------------

static uint64_t load_ctlr(void *context, uint32_t offset, uint8_t size)
{
    (void)offset;
    (void)size;
    return ((const struct vgic *)context)->ctlr | CTLR_ARE | CTLR_DS;
}

static uint64_t load_typer(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;

    (void)offset;
    (void)size;
    return ((vgic->irq_count + 31u) / 32u - 1u) | TYPER_ID_BITS | TYPER_NO_1_OF_N;
}

static uint64_t load_dist_id(void *context, uint32_t offset, uint8_t size)
{
    (void)context;
    (void)size;
    return identification(offset, 0x92);
}

/// VCPU with an affinity, as a set.
static uint8_t vcpu_at(const struct vgic *vgic, uint32_t affinity)
{
    for (uint32_t i = 0; i < vgic->vcpu_count; i++) {
        if (vgic->vcpus[i].affinity == affinity) {
            return (uint8_t)(1u << i);
        }
    }
    return 0;
}

static uint64_t load_route(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;
    uint32_t irq = offset / 8u;

    if (irq < VGIC_PRIVATE_IRQS || irq >= vgic->irq_count) {
        return 0;
    }
    uint32_t affinity = vgic->routes[irq - VGIC_PRIVATE_IRQS];
    uint64_t route = (uint64_t)(affinity >> 24) << 32 | (affinity & ROUTE_LOW);
    (void)size;
    return route >> (8u * (offset % 8u));
}

static void store_route(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t irq = offset / 8u;

    if (irq < VGIC_PRIVATE_IRQS || irq >= vgic->irq_count) {
        return;
    }
    uint32_t *affinity = &vgic->routes[irq - VGIC_PRIVATE_IRQS];
    bool is_low = offset % 8u == 0;
    uint32_t low = is_low ? (uint32_t)value & ROUTE_LOW : *affinity & ROUTE_LOW;
    uint32_t high = *affinity >> 24;
    if (!is_low) {
        high = (uint32_t)value & 0xffu;
    } else if (size == 8) {
        high = (uint32_t)(value >> 32) & 0xffu;
    }
    *affinity = high << 24 | low;
    vgic->spis[irq - VGIC_PRIVATE_IRQS].targets = vcpu_at(vgic, *affinity);
    vgic_update(vgic, 0, irq);
}

#define BYTES (REGS_W8 | REGS_W32)
#define WORDS (REGS_W32 | REGS_W64)

// clang-format off
static const struct regs_row dist_rows[] = {
    // offset  size    widths    load                store                       IHI 0069H, GICD_*
    { 0x0000, 0x0004, REGS_W32, load_ctlr,          vgic_store_ctlr },          // CTLR
    { 0x0004, 0x0004, REGS_W32, load_typer,         NULL },                     // TYPER
    { 0x0008, 0x0004, REGS_W32, load_iidr,          NULL },                     // IIDR
    { 0x0080, 0x0080, REGS_W32, vgic_load_group,    vgic_store_group },         // IGROUPR
    { 0x0100, 0x0080, REGS_W32, vgic_load_enable,   vgic_store_set_enable },    // ISENABLER
    { 0x0180, 0x0080, REGS_W32, vgic_load_enable,   vgic_store_clear_enable },  // ICENABLER
    { 0x0200, 0x0080, REGS_W32, vgic_load_pending,  vgic_store_set_pending },   // ISPENDR
    { 0x0280, 0x0080, REGS_W32, vgic_load_pending,  vgic_store_clear_pending }, // ICPENDR
    { 0x0300, 0x0080, REGS_W32, vgic_load_active,   vgic_store_set_active },    // ISACTIVER
    { 0x0380, 0x0080, REGS_W32, vgic_load_active,   vgic_store_clear_active },  // ICACTIVER
    { 0x0400, 0x03fc, BYTES,    vgic_load_priority, vgic_store_priority },      // IPRIORITYR
    { 0x0c00, 0x0100, REGS_W32, vgic_load_config,   vgic_store_config },        // ICFGR
    { 0x6000, 0x1fe0, WORDS,    load_route,         store_route },              // IROUTER
    { 0xffd0, 0x0030, REGS_W32, load_dist_id,       NULL },                     // identification
};
// clang-format on

static const struct regs_table dist_table = REGS_TABLE(dist_rows);

/// True for the parts of the distributor's arrays that the redistributors have instead: interrupts
/// 0 to 31.
static bool is_private(uint64_t offset)
{
    if (offset < 0x400u) {
        return offset >= 0x80u && offset % 0x80u < 4u;
    }
    return offset < 0x420u || (offset >= 0xc00u && offset < 0xc08u);
}

enum access_result vgic_v3_dist_access(void *context, struct access *access)
{
    struct vgic *vgic = context;

    if (is_private(access->offset)) {
        access->value = 0;
        return ACCESS_OK;
    }
    (void)regs_access(&dist_table, vgic, access);
    vgic_flush(vgic);
    return ACCESS_OK;
}

// --- Redistributors --------------------------------------------------------------------------

static uint64_t load_redist_typer(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;
    uint32_t index = vgic->current;
    uint64_t typer = (uint64_t)vgic->vcpus[index].affinity << REDIST_AFFINITY_SHIFT
                     | (uint64_t)index << REDIST_NUMBER_SHIFT
                     | (index + 1u == vgic->vcpu_count ? REDIST_LAST : 0);

    (void)size;
    return typer >> (8u * offset);
}

static uint64_t load_waker(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;

    (void)offset;
    (void)size;
    return vgic->vcpus[vgic->current].asleep ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
}

/// What is in the list registers when the guest goes to sleep is delivered: it can't be taken back.
static void store_waker(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;

    (void)offset;
    (void)size;
    vgic_set_asleep(vgic, vgic->current, (value & WAKER_PROCESSOR_SLEEP) != 0);
}

static uint64_t load_redist_id(void *context, uint32_t offset, uint8_t size)
{
    (void)context;
    (void)size;
    return identification(offset, 0x93);
}

// clang-format off
static const struct regs_row redist_rows[] = {
    // offset   size    widths    load                store              IHI 0069H, GICR_*, RD_base
    { 0x00000, 0x0004, REGS_W32, NULL,               NULL },                     // CTLR
    { 0x00004, 0x0004, REGS_W32, load_iidr,          NULL },                     // IIDR
    { 0x00008, 0x0008, WORDS,    load_redist_typer,  NULL },                     // TYPER
    { 0x00014, 0x0004, REGS_W32, load_waker,         store_waker },              // WAKER
    { 0x0ffd0, 0x0030, REGS_W32, load_redist_id,     NULL },                     // identification
    // SGI_base
    { 0x10080, 0x0004, REGS_W32, vgic_load_group,    vgic_store_group },         // IGROUPR0
    { 0x10100, 0x0004, REGS_W32, vgic_load_enable,   vgic_store_set_enable },    // ISENABLER0
    { 0x10180, 0x0004, REGS_W32, vgic_load_enable,   vgic_store_clear_enable },  // ICENABLER0
    { 0x10200, 0x0004, REGS_W32, vgic_load_pending,  vgic_store_set_pending },   // ISPENDR0
    { 0x10280, 0x0004, REGS_W32, vgic_load_pending,  vgic_store_clear_pending }, // ICPENDR0
    { 0x10300, 0x0004, REGS_W32, vgic_load_active,   vgic_store_set_active },    // ISACTIVER0
    { 0x10380, 0x0004, REGS_W32, vgic_load_active,   vgic_store_clear_active },  // ICACTIVER0
    { 0x10400, 0x0020, BYTES,    vgic_load_priority, vgic_store_priority },      // IPRIORITYR0..7
    { 0x10c00, 0x0008, REGS_W32, vgic_load_config,   vgic_store_config },        // ICFGR0, 1
};
// clang-format on

static const struct regs_table redist_table = REGS_TABLE(redist_rows);

enum access_result vgic_v3_redist_access(void *context, struct access *access)
{
    struct vgic *vgic = context;
    uint64_t index = access->offset / VGIC_V3_REDIST_SIZE;
    struct access inside = *access;

    if (index >= vgic->vcpu_count) {
        return ACCESS_UNMAPPED;
    }
    vgic->current = (uint32_t)index;
    inside.offset = access->offset % VGIC_V3_REDIST_SIZE;
    (void)regs_access(&redist_table, vgic, &inside);
    access->value = inside.value;
    vgic_flush(vgic);
    return ACCESS_OK;
}

// --- SGIs ------------------------------------------------------------------------------------

// ICC_SGI1R_EL1: Aff3 55:48, RS 47:44, IRM 40, Aff2 39:32, INTID 27:24, Aff1 23:16, target list
// 15:0.
#define SGI_ALL_BUT_SELF (UINT64_C(1) << 40)

/// VCPUs that a write names.
static uint32_t sgi_targets(const struct vgic *vgic, uint32_t vcpu, uint64_t value)
{
    uint32_t cluster = (uint32_t)(value >> 48 & 0xffu) << 24 | (uint32_t)(value >> 32 & 0xffu) << 16
                       | (uint32_t)(value >> 16 & 0xffu) << 8;
    uint32_t range = (uint32_t)(value >> 44 & 0xfu);
    uint32_t targets = 0;

    if ((value & SGI_ALL_BUT_SELF) != 0) {
        return ((UINT32_C(1) << vgic->vcpu_count) - 1u) & ~(UINT32_C(1) << vcpu);
    }
    for (uint32_t i = 0; i < vgic->vcpu_count; i++) {
        uint32_t affinity = vgic->vcpus[i].affinity;
        uint32_t level0 = affinity & 0xffu;
        if (affinity - level0 == cluster && level0 / 16u == range
            && (value >> (level0 % 16u) & 1u) != 0) {
            targets |= UINT32_C(1) << i;
        }
    }
    return targets;
}

void vgic_v3_send_sgi(struct vgic *vgic, uint32_t vcpu, enum vgic_v3_sgi which, uint64_t value)
{
    uint32_t sgi = (uint32_t)(value >> 24) & 0xfu;

    for (uint32_t targets = sgi_targets(vgic, vcpu, value); targets != 0; targets &= targets - 1) {
        uint32_t target = (uint32_t)__builtin_ctz(targets);
        struct vgic_irq *state = vgic_irq(vgic, target, sgi);
        // With one security state only ICC_SGI1R_EL1 reaches interrupts of group 1.
        if (which == VGIC_V3_SGI1 || (state->flags & VGIC_IRQ_GROUP1) == 0) {
            state->flags |= VGIC_IRQ_LATCH;
            vgic_update(vgic, target, sgi);
        }
    }
    vgic_flush(vgic);
}
