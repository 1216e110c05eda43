// SPDX-License-Identifier: BSD-2-Clause
// Interrupt controller GICv3 (IHI 0069H): distributor with affinity routing, redistributors, and the
// CPU interface and virtual interface control in system registers. Everything is in group 1.
// Acknowledge, mask, end: an interrupt is masked until its handler has acknowledged it.
#include <arch/drivers.h>
#include <arch/mmu.h>
#include <arch/sysreg.h>
#include <gic_distributor.h>
#include <kernel/kernel.h>

#include <plat.h>

// Distributor.
#define GICD_IROUTER 0x6000
// One bit each in the views of one and of two security states: group 1 (non-secure), affinity
// routing.
#define CTLR_GROUP1 BIT(1)
#define CTLR_ARE BIT(4)
#define CTLR_WRITE_PENDING BIT(31)

// Redistributor: a page of controls, and one with the registers of SGIs and PPIs, at the offsets of
// the distributor's. With virtual LPIs two more.
#define GICR_PAGE_BYTES 0x10000
#define GICR_CTLR 0x0000
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define CTLR_GICR_WRITE_PENDING BIT(3)
#define TYPER_VIRTUAL_LPIS BIT(1)
#define TYPER_LAST BIT(4)
#define WAKER_PROCESSOR_SLEEP BIT(1)
#define WAKER_CHILDREN_ASLEEP BIT(2)
#define MAX_REDISTRIBUTORS (PLAT_GICR_SIZE / (2 * GICR_PAGE_BYTES))

// CPU interface.
#define SRE_ENABLE BIT(0)
#define SRE_NO_FIQ_BYPASS BIT(1)
#define SRE_NO_IRQ_BYPASS BIT(2)
#define SRE_ALL (SRE_ENABLE | SRE_NO_FIQ_BYPASS | SRE_NO_IRQ_BYPASS)

// Virtual interface control.
#define HCR_ENABLE 1u
#define VTR_PREEMPTION_BITS(vtr) ((unsigned)((vtr) >> 26 & 7) + 1)
#define LR_PHYSICAL_SHIFT 32
#define LR_PRIORITY_SHIFT 51 // the upper five of eight bits
#define LR_GROUP_SHIFT 60
#define LR_HARDWARE BIT(61)
#define LR_PHYSICAL_MASK (MASK(13) << LR_PHYSICAL_SHIFT)

struct redistributor {
    uint32_t affinity; ///< Aff3 to Aff0, from the top byte
    volatile uint32_t *control;
    volatile uint32_t *banked; ///< registers of SGIs and PPIs
};

static struct redistributor redistributors[MAX_REDISTRIBUTORS];
static unsigned redistributor_count;
/// Registers of each core's SGIs and PPIs.
static volatile uint32_t *banked_registers[CONFIG_MAX_NUM_NODES];
static unsigned list_register_count;
static unsigned active_priority_count;

const struct gic_range gic_ranges[] = {
    { PLAT_GICD_BASE, PLAT_GIC_SIZE },
    { PLAT_GITS_BASE, PLAT_GITS_SIZE },
    { PLAT_GICR_BASE, PLAT_GICR_SIZE },
};
const unsigned gic_range_count = ARRAY_SIZE(gic_ranges);

// ---- boot ---------------------------------------------------------------------------------------

static void write_distributor_control(uint32_t value)
{
    gic_distributor[GICD_CTLR / 4] = value;
    while (gic_distributor[GICD_CTLR / 4] & CTLR_WRITE_PENDING) {
    }
}

static void find_redistributors(void)
{
    word_t offset = 0;
    uint32_t type = 0;
    redistributor_count = 0;
    while ((type & TYPER_LAST) == 0 && offset + 2 * GICR_PAGE_BYTES <= PLAT_GICR_SIZE) {
        struct redistributor *found = &redistributors[redistributor_count++];
        paddr_t at = PLAT_GICR_BASE + offset;
        found->control = mmu_map_device(at, 0x1000);
        found->banked = mmu_map_device(at + GICR_PAGE_BYTES, 0x1000);
        type = found->control[GICR_TYPER / 4];
        found->affinity = found->control[GICR_TYPER / 4 + 1];
        offset += (type & TYPER_VIRTUAL_LPIS ? 4 : 2) * GICR_PAGE_BYTES;
    }
}

void gic_init_distributor(void)
{
    if ((sysreg_read(id_aa64pfr0_el1) & PFR0_GIC_MASK) == 0) {
        kernel_panic("this kernel needs a GICv3 (GIC_VERSION)", __FILE__, __LINE__);
    }
    gic_distributor = mmu_map_device(PLAT_GICD_BASE, PLAT_GIC_SIZE);
    find_redistributors();

    write_distributor_control(0);
    write_distributor_control(CTLR_ARE);
    gic_distributor_reset();
    for (unsigned i = GIC_SHARED_FIRST; i < gic_line_count; i += 32) {
        gic_distributor[(GICD_IGROUPR + i / 8) / 4] = ~0u;
    }
    write_distributor_control(CTLR_ARE | CTLR_GROUP1);
}

/// Affinity of the executing core, as GICR_TYPER has it.
static uint32_t own_affinity(void)
{
    word_t mpidr = sysreg_read(mpidr_el1);
    return (uint32_t)((mpidr >> 8 & 0xff000000u) | (mpidr & 0xffffffu));
}

static void route(word_t irq, uint32_t affinity)
{
    gic_distributor[(GICD_IROUTER + 8 * irq) / 4] = affinity & 0xffffffu;
    gic_distributor[(GICD_IROUTER + 8 * irq) / 4 + 1] = affinity >> 24;
}

/// Wakes the executing core's redistributor and turns its SGIs and PPIs off.
static void init_redistributor(uint32_t affinity)
{
    struct redistributor *own = NULL;
    for (unsigned i = 0; i < redistributor_count; i++) {
        if (redistributors[i].affinity == affinity) {
            own = &redistributors[i];
        }
    }
    if (own == NULL) {
        kernel_panic("no GIC redistributor has this core's affinity", __FILE__, __LINE__);
    }
    banked_registers[arch_current_core()->number] = own->banked;
    own->control[GICR_WAKER / 4] &= ~(uint32_t)WAKER_PROCESSOR_SLEEP;
    while (own->control[GICR_WAKER / 4] & WAKER_CHILDREN_ASLEEP) {
    }
    own->banked[GICD_IGROUPR / 4] = ~0u;
    own->banked[GICD_ICENABLER / 4] = ~0u;
    while (own->control[GICR_CTLR / 4] & CTLR_GICR_WRITE_PENDING) {
    }
    own->banked[GICD_ICPENDR / 4] = ~0u;
    own->banked[GICD_ICACTIVER / 4] = ~0u;
    for (unsigned i = 0; i < 32; i += 4) {
        own->banked[(GICD_IPRIORITYR + i) / 4] = GIC_PRIORITY_ALL;
    }
}

static void init_virtual_interface(void)
{
    word_t type = sysreg_read(ich_vtr_el2);
    unsigned bits = VTR_PREEMPTION_BITS(type);
    list_register_count = (type & 0x1f) + 1;
    // A bit for each preemption priority.
    active_priority_count = bits <= 5 ? 1 : 1u << (bits - 5);
    sysreg_write(ich_hcr_el2, 0);
    vgic_restore(&(struct vgic_state){ .vmcr = 0 });
}

void gic_init_core(void)
{
    const uint32_t affinity = own_affinity();
    // Without SRE_EL2.Enable, EL1's accesses to ICC_SRE_EL1 trap, where they can: a guest has the
    // system registers and nothing else.
    sysreg_write(icc_sre_el2, SRE_ALL);
    isb();
    sysreg_write(icc_sre_el1, SRE_ALL);
    isb();
    init_redistributor(affinity);
    sysreg_write(icc_pmr_el1, GIC_PMR_OPEN);
    sysreg_write(icc_bpr1_el1, 0);
    sysreg_write(icc_ctlr_el1, 0); // the end of an interrupt also deactivates it
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
    init_virtual_interface();
    gic_set_masked(IRQ_HYP_TIMER, false);
    gic_set_masked(IRQ_VGIC_MAINTENANCE, false);
    if (arch_current_core()->number == 0) {
        for (unsigned i = 32; i < gic_line_count; i++) {
            route(i, affinity);
        }
    }
#if CONFIG_MAX_NUM_NODES > 1
    arch_current_core()->arch.gic_target = affinity;
    banked_registers[arch_current_core()->number][GICD_IPRIORITYR / 4] =
        GIC_PRIORITY_ALL_AND_IPI;
    gic_set_masked(IRQ_IPI, false);
#endif
}

// ---- interrupts ---------------------------------------------------------------------------------

bool gic_is_sgi_target(word_t target)
{
    return target <= UINT32_MAX;
}

void gic_send_sgi(word_t irq, word_t target)
{
    // What the other core is to see is visible before the interrupt.
    __asm__ volatile("dsb ishst" : : : "memory");
    sysreg_write(icc_sgi1r_el1, (target >> 24 & 0xff) << 48 | (target >> 16 & 0xff) << 32
                                    | (target >> 8 & 0xff) << 16 | (target >> 4 & 0xf) << 44
                                    | irq << 24 | BIT(target & 0xf));
    isb();
}

/// Writes the bit of an interrupt in a register that exists once for 32 of them.
static void write_bit(word_t registers, word_t irq)
{
    if (irq < 32) {
        banked_registers[arch_current_core()->number][registers / 4] = 1u << irq;
    } else if (irq < gic_line_count) {
        gic_distributor[(registers + irq / 32 * 4) / 4] = 1u << (irq % 32);
    }
}

#if CONFIG_MAX_NUM_NODES > 1
void gic_send_ipi(const struct core *target)
{
    gic_send_sgi(IRQ_IPI, target->arch.gic_target);
}

void gic_clear_ipi(void)
{
    write_bit(GICD_ICPENDR, IRQ_IPI);
    // What was written before an IPI that is forgotten is seen from here on.
    __asm__ volatile("dsb sy" : : : "memory");
}

void gic_wait_for_ipi(void)
{
    sysreg_write(icc_pmr_el1, GIC_PMR_IPI_ONLY);
    __asm__ volatile("isb; dsb sy; wfi" : : : "memory");
    sysreg_write(icc_pmr_el1, GIC_PMR_OPEN);
    isb();
}

void gic_set_target(word_t irq, const struct core *target)
{
    if (irq >= 32 && irq < gic_line_count) {
        route(irq, target->arch.gic_target);
    }
}
#endif

void gic_set_masked(word_t irq, bool masked)
{
    write_bit(masked ? GICD_ICENABLER : GICD_ISENABLER, irq);
}

void gic_set_active(word_t irq, bool active)
{
    write_bit(active ? GICD_ISACTIVER : GICD_ICACTIVER, irq);
}

word_t gic_acknowledge(struct core *core)
{
    word_t irq = sysreg_read(icc_iar1_el1);
    if (irq >= GIC_SPECIAL) {
        return ARCH_IRQ_NONE;
    }
    // The line to the CPU is off (IHI 0069H, 4.1).
    dsb_sy();
    core->arch.acknowledged = irq;
    return irq;
}

void gic_end(struct core *core, word_t irq)
{
    ASSERT(core->arch.acknowledged == irq);
    sysreg_write(icc_eoir1_el1, irq);
    isb();
}

// ---- virtual interface --------------------------------------------------------------------------

// From the last to the first: a switch enters at the last one that the hardware has.
#define LIST_REGISTERS(X) \
    X(15) X(14) X(13) X(12) X(11) X(10) X(9) X(8) X(7) X(6) X(5) X(4) X(3) X(2) X(1) X(0)

unsigned vgic_list_register_count(void)
{
    return list_register_count;
}

void vgic_set_enabled(bool enabled)
{
    sysreg_write(ich_hcr_el2, enabled ? HCR_ENABLE : 0);
}

void vgic_save(struct vgic_state *state)
{
#define SAVE(n)                                                \
    case n:                                                    \
        state->list_registers[n] = sysreg_read(ich_lr##n##_el2); \
        __attribute__((fallthrough));
    state->vmcr = (uint32_t)sysreg_read(ich_vmcr_el2);
    switch (list_register_count - 1) {
        LIST_REGISTERS(SAVE)
    default:
        break;
    }
#define SAVE_PRIORITIES(n)                                                      \
    state->active_priorities[0][n] = (uint32_t)sysreg_read(ich_ap0r##n##_el2); \
    state->active_priorities[1][n] = (uint32_t)sysreg_read(ich_ap1r##n##_el2);
    SAVE_PRIORITIES(0)
    if (UNLIKELY(active_priority_count > 1)) {
        SAVE_PRIORITIES(1)
        if (active_priority_count > 2) {
            SAVE_PRIORITIES(2)
            SAVE_PRIORITIES(3)
        }
    }
}

void vgic_restore(const struct vgic_state *state)
{
#define RESTORE(n)                                                \
    case n:                                                       \
        sysreg_write(ich_lr##n##_el2, state->list_registers[n]); \
        __attribute__((fallthrough));
    sysreg_write(ich_vmcr_el2, state->vmcr);
    switch (list_register_count - 1) {
        LIST_REGISTERS(RESTORE)
    default:
        break;
    }
#define RESTORE_PRIORITIES(n)                                        \
    sysreg_write(ich_ap0r##n##_el2, state->active_priorities[0][n]); \
    sysreg_write(ich_ap1r##n##_el2, state->active_priorities[1][n]);
    RESTORE_PRIORITIES(0)
    if (UNLIKELY(active_priority_count > 1)) {
        RESTORE_PRIORITIES(1)
        if (active_priority_count > 2) {
            RESTORE_PRIORITIES(2)
            RESTORE_PRIORITIES(3)
        }
    }
}

vgic_lr_t vgic_read_list_register(unsigned index)
{
#define READ(n) \
    case n:     \
        return sysreg_read(ich_lr##n##_el2);
    switch (index) {
        LIST_REGISTERS(READ)
    default:
        return 0;
    }
}

void vgic_write_list_register(unsigned index, vgic_lr_t value)
{
#define WRITE(n)                                \
    case n:                                     \
        sysreg_write(ich_lr##n##_el2, value); \
        break;
    switch (index) {
        LIST_REGISTERS(WRITE)
    default:
        break;
    }
}

bool vgic_is_pending(void)
{
#define COLLECT(n)                           \
    case n:                                  \
        all |= sysreg_read(ich_lr##n##_el2); \
        __attribute__((fallthrough));
    vgic_lr_t all = 0;
    switch (list_register_count - 1) {
        LIST_REGISTERS(COLLECT)
    default:
        break;
    }
    return (all & VGIC_LR_PENDING) != 0;
}

static vgic_lr_t pending_value(word_t virq, word_t priority, word_t group)
{
    return VGIC_LR_PENDING | group << LR_GROUP_SHIFT | priority << LR_PRIORITY_SHIFT | virq;
}

vgic_lr_t vgic_list_register_value(word_t virq, word_t priority, word_t group)
{
    return pending_value(virq, priority, group) | VGIC_LR_EOI;
}

vgic_lr_t vgic_linked_list_register_value(word_t virq, word_t priority, word_t group, word_t irq)
{
    return pending_value(virq, priority, group) | LR_HARDWARE | irq << LR_PHYSICAL_SHIFT;
}

vgic_lr_t vgic_unlinked_list_register_value(vgic_lr_t value)
{
    return (value & ~(LR_HARDWARE | LR_PHYSICAL_MASK)) | VGIC_LR_EOI;
}

int vgic_take_ended(void)
{
    uint32_t ended = (uint32_t)sysreg_read(ich_eisr_el2);
    if (ended == 0) {
        return -1;
    }
    unsigned index = (unsigned)__builtin_ctz(ended);
    vgic_write_list_register(index, vgic_read_list_register(index) & ~VGIC_LR_EOI);
    return (int)index;
}
