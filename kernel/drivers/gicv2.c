// SPDX-License-Identifier: BSD-2-Clause
// Interrupt controller GICv2 (IHI 0048B): distributor, CPU interface and the virtual interface's
// control registers (GICH). Acknowledge, mask, end: an interrupt is masked until its handler has
// acknowledged it.
#include <arch/drivers.h>
#include <arch/mmu.h>
#include <gic_distributor.h>
#include <kernel/kernel.h>

#include <plat.h>

// Distributor.
#define GICD_ITARGETSR 0x800
#define GICD_SGIR 0xf00
#define GICD_ICPIDR2 0xfe8
#define SGIR_TARGETS_SHIFT 16
#define ICPIDR2_VERSION(id) ((id) >> 4 & 0xf)
#define GICD_CPENDSGIR 0xf10
// CPU interface.
#define GICC_CTLR 0x00
#define GICC_PMR 0x04
#define GICC_BPR 0x08
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10
// Virtual interface control.
#define GICH_HCR 0x00
#define GICH_VTR 0x04
#define GICH_VMCR 0x08
#define GICH_EISR 0x20
#define GICH_APR 0xf0
#define GICH_LR 0x100

#define INTID_MASK 0x3ff
#define HCR_ENABLE 1u
#define LR_HARDWARE (1u << 31)
#define LR_PHYSICAL_SHIFT 10
#define LR_PHYSICAL_MASK (INTID_MASK << LR_PHYSICAL_SHIFT)

static volatile uint32_t *interface;
static volatile uint32_t *virtual_interface;
static unsigned list_register_count;

const struct gic_range gic_ranges[] = {
    { PLAT_GICD_BASE, PLAT_GIC_SIZE },
    { PLAT_GICC_BASE, PLAT_GIC_SIZE },
    { PLAT_GICH_BASE, PLAT_GIC_SIZE },
};
const unsigned gic_range_count = ARRAY_SIZE(gic_ranges);

void gic_init_distributor(void)
{
    gic_distributor = mmu_map_device(PLAT_GICD_BASE, 0x1000);
    // A GICv3 has nothing there.
    if (ICPIDR2_VERSION(gic_distributor[GICD_ICPIDR2 / 4]) != 2) {
        kernel_panic("this kernel needs a GICv2 (GIC_VERSION)", __FILE__, __LINE__);
    }
    interface = mmu_map_device(PLAT_GICC_BASE, 0x2000);
    virtual_interface = mmu_map_device(PLAT_GICH_BASE, 0x1000);

    gic_distributor[GICD_CTLR / 4] = 0;
    gic_distributor_reset();
    for (unsigned i = GIC_SHARED_FIRST; i < gic_line_count; i += 4) {
        gic_distributor[(GICD_ITARGETSR + i) / 4] = 0x01010101u;
    }
    gic_distributor[GICD_CTLR / 4] = 1;
}

void gic_init_core(void)
{
    gic_distributor[GICD_ICENABLER / 4] = ~0u;
    gic_distributor[GICD_ICPENDR / 4] = ~0u;
    gic_distributor[GICD_ICACTIVER / 4] = ~0u;
    for (unsigned i = 0; i < 32; i += 4) {
        gic_distributor[(GICD_IPRIORITYR + i) / 4] = GIC_PRIORITY_ALL;
    }
    interface[GICC_PMR / 4] = GIC_PMR_OPEN;
    interface[GICC_BPR / 4] = 0;
    interface[GICC_CTLR / 4] = 1;

    list_register_count = (virtual_interface[GICH_VTR / 4] & 0x3f) + 1;
    virtual_interface[GICH_HCR / 4] = 0;
    for (unsigned i = 0; i < list_register_count; i++) {
        virtual_interface[GICH_LR / 4 + i] = 0;
    }
    gic_set_masked(IRQ_HYP_TIMER, false);
    gic_set_masked(IRQ_VGIC_MAINTENANCE, false);
#if CONFIG_MAX_NUM_NODES > 1
    // Targets of the banked interrupts: each core reads its own bit.
    arch_current_core()->arch.gic_target = gic_distributor[GICD_ITARGETSR / 4] & 0xff;
    gic_distributor[GICD_IPRIORITYR / 4] = GIC_PRIORITY_ALL_AND_IPI;
    gic_set_masked(IRQ_IPI, false);
#endif
}

bool gic_is_sgi_target(word_t target)
{
    return target < 8;
}

void gic_send_sgi(word_t irq, word_t target)
{
    // What the other core is to see is visible before the interrupt.
    __asm__ volatile("dsb ishst" : : : "memory");
    gic_distributor[GICD_SGIR / 4] = 1u << (SGIR_TARGETS_SHIFT + target) | (uint32_t)irq;
}

#if CONFIG_MAX_NUM_NODES > 1
void gic_send_ipi(const struct core *target)
{
    // What the other core is to see is visible before the interrupt.
    __asm__ volatile("dsb ishst" : : : "memory");
    gic_distributor[GICD_SGIR / 4] = target->arch.gic_target << SGIR_TARGETS_SHIFT | IRQ_IPI;
}

void gic_clear_ipi(void)
{
    // One bit per sending core.
    ((volatile uint8_t *)gic_distributor)[GICD_CPENDSGIR + IRQ_IPI] = 0xff;
    // What was written before an IPI that is forgotten is seen from here on.
    __asm__ volatile("dsb sy" : : : "memory");
}

void gic_wait_for_ipi(void)
{
    interface[GICC_PMR / 4] = GIC_PMR_IPI_ONLY;
    __asm__ volatile("dsb sy; wfi" : : : "memory");
    interface[GICC_PMR / 4] = GIC_PMR_OPEN;
}

void gic_set_target(word_t irq, const struct core *target)
{
    if (irq >= 32 && irq < gic_line_count) {
        volatile uint32_t *targets = &gic_distributor[(GICD_ITARGETSR + irq / 4 * 4) / 4];
        unsigned shift = 8 * (irq % 4);
        *targets = (*targets & ~(0xffu << shift)) | target->arch.gic_target << shift;
    }
}
#endif

void gic_set_masked(word_t irq, bool masked)
{
    if (irq < gic_line_count || irq < 32) {
        word_t base = masked ? GICD_ICENABLER : GICD_ISENABLER;
        gic_distributor[(base + irq / 32 * 4) / 4] = 1u << (irq % 32);
    }
}

void gic_set_active(word_t irq, bool active)
{
    word_t base = active ? GICD_ISACTIVER : GICD_ICACTIVER;
    gic_distributor[(base + irq / 32 * 4) / 4] = 1u << (irq % 32);
}

word_t gic_acknowledge(struct core *core)
{
    uint32_t value = interface[GICC_IAR / 4];
    if ((value & INTID_MASK) >= GIC_SPECIAL) {
        return ARCH_IRQ_NONE;
    }
    core->arch.acknowledged = value;
    return value & INTID_MASK;
}

void gic_end(struct core *core, word_t irq)
{
    ASSERT((core->arch.acknowledged & INTID_MASK) == irq);
    interface[GICC_EOIR / 4] = (uint32_t)core->arch.acknowledged;
}

unsigned vgic_list_register_count(void)
{
    return list_register_count;
}

void vgic_set_enabled(bool enabled)
{
    virtual_interface[GICH_HCR / 4] = enabled ? HCR_ENABLE : 0;
}

void vgic_save(struct vgic_state *state)
{
    state->vmcr = virtual_interface[GICH_VMCR / 4];
    state->apr = virtual_interface[GICH_APR / 4];
    for (unsigned i = 0; i < list_register_count; i++) {
        state->list_registers[i] = virtual_interface[GICH_LR / 4 + i];
    }
}

void vgic_restore(const struct vgic_state *state)
{
    virtual_interface[GICH_VMCR / 4] = state->vmcr;
    virtual_interface[GICH_APR / 4] = state->apr;
    for (unsigned i = 0; i < list_register_count; i++) {
        virtual_interface[GICH_LR / 4 + i] = state->list_registers[i];
    }
}

vgic_lr_t vgic_read_list_register(unsigned index)
{
    return virtual_interface[GICH_LR / 4 + index];
}

void vgic_write_list_register(unsigned index, vgic_lr_t value)
{
    virtual_interface[GICH_LR / 4 + index] = value;
}

bool vgic_is_pending(void)
{
    for (unsigned i = 0; i < list_register_count; i++) {
        if (vgic_read_list_register(i) & VGIC_LR_PENDING) {
            return true;
        }
    }
    return false;
}

vgic_lr_t vgic_list_register_value(word_t virq, word_t priority, word_t group)
{
    return (vgic_lr_t)((group << 30) | VGIC_LR_PENDING | (priority << 23) | VGIC_LR_EOI | virq);
}

vgic_lr_t vgic_linked_list_register_value(word_t virq, word_t priority, word_t group, word_t irq)
{
    return LR_HARDWARE
           | (vgic_lr_t)((group << 30) | VGIC_LR_PENDING | (priority << 23)
                        | (irq << LR_PHYSICAL_SHIFT) | virq);
}

vgic_lr_t vgic_unlinked_list_register_value(vgic_lr_t value)
{
    return (value & ~(LR_HARDWARE | LR_PHYSICAL_MASK)) | VGIC_LR_EOI;
}

int vgic_take_ended(void)
{
    for (unsigned word = 0; word * 32 < list_register_count; word++) {
        uint32_t ended = virtual_interface[GICH_EISR / 4 + word];
        if (ended != 0) {
            unsigned index = word * 32 + (unsigned)__builtin_ctz(ended);
            vgic_lr_t value = vgic_read_list_register(index);
            vgic_write_list_register(index, value & ~VGIC_LR_EOI);
            return (int)index;
        }
    }
    return -1;
}
