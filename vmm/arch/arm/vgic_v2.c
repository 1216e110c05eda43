// SPDX-License-Identifier: BSD-2-Clause
// The distributor of a virtual GICv2 (ARM IHI 0048B, section 4.3), as a table over the state of
// vgic.c. It is the view of a GIC without Security Extensions: both groups exist, group 0 is the
// one after reset.
#include <vmm/arch/vgic_v2.h>

#include "vgic_regs.h"
#include "vgic_state.h"

#define TYPER_CPUS_SHIFT 5u
#define IIDR 0x0200043bu ///< GIC-400, r0p0

static uint64_t load_typer(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;

    (void)offset;
    (void)size;
    return ((vgic->irq_count + 31u) / 32u - 1u) | (vgic->vcpu_count - 1u) << TYPER_CPUS_SHIFT;
}

static uint64_t load_iidr(void *context, uint32_t offset, uint8_t size)
{
    (void)context;
    (void)offset;
    (void)size;
    return IIDR;
}

/// Identification registers 0xfd0..0xfff: GIC-400, architecture revision 2.
static uint64_t load_id(void *context, uint32_t offset, uint8_t size)
{
    static const uint8_t ids[12] = { 0x04, 0x00, 0x00, 0x00, 0x90, 0xb4,
                                     0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    (void)context;
    (void)size;
    return ids[offset / 4u];
}

static uint64_t load_ctlr(void *context, uint32_t offset, uint8_t size)
{
    (void)offset;
    (void)size;
    return ((const struct vgic *)context)->ctlr;
}

/// Private interrupts target the CPU that reads. A GIC with one CPU has no target registers.
static uint64_t load_targets(void *context, uint32_t offset, uint8_t size)
{
    struct vgic *vgic = context;
    uint64_t value = 0;

    if (vgic->vcpu_count == 1) {
        return 0;
    }
    for (uint32_t i = 0; i < size && offset + i < vgic->irq_count; i++) {
        uint32_t irq = offset + i;
        uint64_t targets = irq < VGIC_PRIVATE_IRQS
                               ? UINT64_C(1) << vgic->current
                               : vgic->spis[irq - VGIC_PRIVATE_IRQS].targets;
        value |= targets << (8u * i);
    }
    return value;
}

static void store_targets(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t all = (UINT32_C(1) << vgic->vcpu_count) - 1u;

    if (vgic->vcpu_count == 1) {
        return;
    }
    for (uint32_t i = 0; i < size && offset + i < vgic->irq_count; i++) {
        uint32_t irq = offset + i;
        if (irq >= VGIC_PRIVATE_IRQS) {
            vgic->spis[irq - VGIC_PRIVATE_IRQS].targets = (uint8_t)((value >> (8u * i)) & all);
            vgic_update(vgic, vgic->current, irq);
        }
    }
}

static void store_sgir(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct vgic *vgic = context;
    uint32_t all = (UINT32_C(1) << vgic->vcpu_count) - 1u;
    uint32_t self = UINT32_C(1) << vgic->current;
    uint32_t sgi = (uint32_t)value & 0xfu;
    uint32_t targets = 0;

    (void)offset;
    (void)size;
    switch ((value >> 24) & 3u) {
    case 0:
        targets = (uint32_t)(value >> 16) & 0xffu & all;
        break;
    case 1:
        targets = all & ~self;
        break;
    case 2:
        targets = self;
        break;
    default: // reserved
        break;
    }
    for (; targets != 0; targets &= targets - 1) {
        uint32_t vcpu = (uint32_t)__builtin_ctz(targets);
        vgic->vcpus[vcpu].sgi_sources[sgi] |= (uint8_t)self;
        vgic_update(vgic, vcpu, sgi);
    }
}

static uint64_t load_sgi_sources(void *context, uint32_t offset, uint8_t size)
{
    const struct vgic *vgic = context;
    uint64_t value = 0;

    for (uint32_t i = 0; i < size; i++) {
        value |= (uint64_t)vgic->vcpus[vgic->current].sgi_sources[offset + i] << (8u * i);
    }
    return value;
}

static void change_sgi_sources(struct vgic *vgic, uint32_t offset, uint8_t size, uint64_t value,
                               bool set)
{
    uint32_t all = (UINT32_C(1) << vgic->vcpu_count) - 1u;

    for (uint32_t i = 0; i < size; i++) {
        uint8_t *sources = &vgic->vcpus[vgic->current].sgi_sources[offset + i];
        uint8_t bits = (uint8_t)((value >> (8u * i)) & all);
        *sources = set ? *sources | bits : *sources & (uint8_t)~bits;
        vgic_update(vgic, vgic->current, offset + i);
    }
}

static void store_clear_sgi(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    change_sgi_sources(context, offset, size, value, false);
}

static void store_set_sgi(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    change_sgi_sources(context, offset, size, value, true);
}

#define BYTES (REGS_W8 | REGS_W32)

// clang-format off
static const struct regs_row rows[] = {
    // offset size  widths  load                store                          IHI 0048B, GICD_*
    { 0x000, 0x004, REGS_W32, load_ctlr,         vgic_store_ctlr          }, // 4.3.1  CTLR
    { 0x004, 0x004, REGS_W32, load_typer,        NULL                     }, // 4.3.2  TYPER
    { 0x008, 0x004, REGS_W32, load_iidr,         NULL                     }, // 4.3.3  IIDR
    { 0x080, 0x080, REGS_W32, vgic_load_group,   vgic_store_group         }, // 4.3.4  IGROUPR
    { 0x100, 0x080, REGS_W32, vgic_load_enable,  vgic_store_set_enable    }, // 4.3.5  ISENABLER
    { 0x180, 0x080, REGS_W32, vgic_load_enable,  vgic_store_clear_enable  }, // 4.3.6  ICENABLER
    { 0x200, 0x080, REGS_W32, vgic_load_pending, vgic_store_set_pending   }, // 4.3.7  ISPENDR
    { 0x280, 0x080, REGS_W32, vgic_load_pending, vgic_store_clear_pending }, // 4.3.8  ICPENDR
    { 0x300, 0x080, REGS_W32, vgic_load_active,  vgic_store_set_active    }, // 4.3.9  ISACTIVER
    { 0x380, 0x080, REGS_W32, vgic_load_active,  vgic_store_clear_active  }, // 4.3.10 ICACTIVER
    { 0x400, 0x3fc, BYTES,   vgic_load_priority, vgic_store_priority      }, // 4.3.11 IPRIORITYR
    { 0x800, 0x3fc, BYTES,   load_targets,      store_targets            }, // 4.3.12 ITARGETSR
    { 0xc00, 0x100, REGS_W32, vgic_load_config,  vgic_store_config        }, // 4.3.13 ICFGR
    { 0xf00, 0x004, REGS_W32, NULL,              store_sgir               }, // 4.3.15 SGIR
    { 0xf10, 0x010, BYTES,   load_sgi_sources,  store_clear_sgi          }, // 4.3.16 CPENDSGIR
    { 0xf20, 0x010, BYTES,   load_sgi_sources,  store_set_sgi            }, // 4.3.17 SPENDSGIR
    { 0xfd0, 0x030, REGS_W32, load_id,           NULL                     }, // 4.3.18 identification
};
// clang-format on

static const struct regs_table table = REGS_TABLE(rows);

enum access_result vgic_v2_access(void *context, struct access *access)
{
    struct vgic *vgic = context;

    (void)regs_access(&table, vgic, access);
    vgic_flush(vgic);
    return ACCESS_OK;
}
