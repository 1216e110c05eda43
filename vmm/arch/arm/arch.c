// SPDX-License-Identifier: BSD-2-Clause
// Set-up and reset of an AArch64 virtual machine: interrupt controller, VCPU registers, the
// physical interrupts behind virtual ones.
#include <sel4/arch/aarch64.h>
#include <abi/extensions.h>
#include <vmm/arch/vgic_v2.h>
#include <vmm/arch/vgic_v3.h>
#include <vmm/log.h>

#include "arm.h"
#include "guest_regs.h"

#define DEFAULT_IRQ_LINES 256u
#define DEFAULT_LIST_REGISTERS 4u

#define SCTLR_RESET UINT64_C(0x30d00800) ///< RES1 bits; MMU, caches and alignment checks off
#define VIRTUAL_TIMER_INTID 27u
#define MPIDR_RES1 (UINT64_C(1) << 31)
#define MPIDR_AFFINITY_LOW 0xffffffu ///< Aff2, Aff1, Aff0; Aff3 is 0 in what the table can say

/// Registers at the start of a CPU. VMPIDR_EL2 is set apart.
static const struct {
    uint32_t reg;
    uint64_t value;
} reset_values[] = {
    { seL4_VCPUReg_SCTLR, SCTLR_RESET },
    { seL4_VCPUReg_CPACR, 0 },
    { seL4_VCPUReg_TTBR0, 0 },
    { seL4_VCPUReg_TTBR1, 0 },
    { seL4_VCPUReg_TCR, 0 },
    { seL4_VCPUReg_MAIR, 0 },
    { seL4_VCPUReg_AMAIR, 0 },
    { seL4_VCPUReg_CIDR, 0 },
    { seL4_VCPUReg_AFSR0, 0 },
    { seL4_VCPUReg_AFSR1, 0 },
    { seL4_VCPUReg_ESR, 0 },
    { seL4_VCPUReg_FAR, 0 },
    { seL4_VCPUReg_PAR, 0 },
    { seL4_VCPUReg_VBAR, 0 },
    { seL4_VCPUReg_TPIDR_EL1, 0 },
    { seL4_VCPUReg_SP_EL1, 0 },
    { seL4_VCPUReg_ELR_EL1, 0 },
    { seL4_VCPUReg_SPSR_EL1, 0 },
    { seL4_VCPUReg_CNTV_CTL, 0 },
    { seL4_VCPUReg_CNTV_CVAL, 0 },
    { seL4_VCPUReg_CNTVOFF, 0 },
    { seL4_VCPUReg_CNTKCTL_EL1, 0 },
};

static bool gic_inject(void *context, uint32_t vcpu, uint32_t lr,
                       const struct vgic_injection *injection)
{
    const struct kernel_interrupt interrupt = {
        .intid = injection->irq,
        .priority = injection->priority,
        .group = injection->group,
        .quiet = injection->quiet,
        .replace = injection->replace,
    };
    struct vm *vm = context;
    struct vcpu *target = &vm->vcpus[vcpu];

    switch (kernel_vcpu_inject(target->config->vcpu, lr, &interrupt)) {
    case KERNEL_INJECT_OK:
        vcpu_wake(target);
        return true;
    case KERNEL_INJECT_ACTIVE:
        return false;
    default:
        vm_log("%s: list register %u of CPU %u takes no interrupt", vm->config->name, lr, vcpu);
        return false;
    }
}

static uint32_t gic_empty(void *context, uint32_t vcpu, uint32_t ask)
{
    struct vm *vm = context;
    uint64_t empty = 0;

    if (!kernel_vcpu_empty(vm->vcpus[vcpu].config->vcpu, ask, &empty)) {
        vm_log("%s: list registers of CPU %u can't be looked at", vm->config->name, vcpu);
    }
    return (uint32_t)empty;
}

static void gic_retire(void *context, uint32_t vcpu, uint32_t irq)
{
    struct vm *vm = context;
    uint32_t index = vm->arch.irq_of_intid[irq];

    if (index != VM_NO_IRQ) {
        kernel_irq_ack(vm->config->irqs[index].handler);
    } else if (irq < VGIC_PRIVATE_IRQS) {
        kernel_vcpu_ack_vppi(vm->vcpus[vcpu].config->vcpu, irq);
    }
}

static bool gic_direct(void *context, uint32_t vcpu, const struct vgic_direct *direct)
{
    const struct vm *vm = context;
    uint64_t value = 0;

    if (direct != NULL) {
        value = ROOKERY_TIMER_ON | (uint64_t)direct->lr << ROOKERY_TIMER_LR_SHIFT
                | (uint64_t)direct->priority << ROOKERY_TIMER_PRIORITY_SHIFT
                | (direct->group ? ROOKERY_TIMER_GROUP1 : 0)
                | (direct->forward ? ROOKERY_TIMER_FORWARD : 0)
                | (direct->clear ? ROOKERY_TIMER_CLEAR : 0);
    }
    return kernel_vcpu_write(vm->vcpus[vcpu].config->vcpu, ROOKERY_VCPU_TIMER, value);
}

static uint32_t gic_direct_state(void *context, uint32_t vcpu)
{
    const struct vm *vm = context;
    uint64_t value = 0;

    if (!kernel_vcpu_read(vm->vcpus[vcpu].config->vcpu, ROOKERY_VCPU_TIMER, &value)) {
        return 0;
    }
    return ((value & ROOKERY_TIMER_PENDING) != 0 ? VGIC_DIRECT_PENDING : 0)
           | ((value & ROOKERY_TIMER_ACTIVE) != 0 ? VGIC_DIRECT_ACTIVE : 0)
           | ((value & ROOKERY_TIMER_LINE) != 0 ? VGIC_DIRECT_LINE : 0);
}

static const struct vgic_ops gic_ops = {
    .inject = gic_inject,
    .empty = gic_empty,
    .retire = gic_retire,
    .direct = gic_direct,
    .direct_state = gic_direct_state,
};

/// Puts a part of the interrupt controller on the bus.
static bool add_gic_window(struct vm *vm, const char *name, uint64_t base, uint64_t size,
                           bus_handler *handler)
{
    struct bus_device window = {
        .name = name,
        .base = base,
        .size = size,
        .handler = handler,
        .context = &vm->arch.gic,
    };

    if (bus_add(&vm->bus, &window) != BUS_OK) {
        vm_log("%s: no place for the %s at 0x%llx", vm->config->name, name,
               (unsigned long long)base);
        return false;
    }
    return true;
}

static bool add_gic_windows(struct vm *vm)
{
    const struct vm_config_gic *gic = &vm->config->gic;
    uint64_t redist_size = (uint64_t)vm->config->vcpu_count * VGIC_V3_REDIST_SIZE;

    if (gic->version == 2) {
        return add_gic_window(vm, "gic distributor", gic->dist_ipa, VGIC_V2_DIST_SIZE,
                              vgic_v2_access);
    }
    if (gic->redist_size < redist_size) {
        vm_log("%s: 0x%llx bytes are too few for %u redistributors", vm->config->name,
               (unsigned long long)gic->redist_size, vm->config->vcpu_count);
        return false;
    }
    return add_gic_window(vm, "gic distributor", gic->dist_ipa, VGIC_V3_DIST_SIZE,
                          vgic_v3_dist_access)
           && add_gic_window(vm, "gic redistributors", gic->redist_ipa, redist_size,
                             vgic_v3_redist_access);
}

static bool has_extensions(const struct vm *vm, uint64_t all)
{
    return (vm->extensions & all) == all;
}

static bool init_gic(struct vm *vm)
{
    const struct vm_config *config = vm->config;
    const struct vm_config_gic *gic = &config->gic;
    uint32_t affinities[VM_CONFIG_MAX_VCPUS];
    struct vgic_setup setup = {
        .version = gic->version,
        .vcpu_count = config->vcpu_count,
        .irq_count = gic->irq_lines != 0 ? gic->irq_lines : DEFAULT_IRQ_LINES,
        .lr_count = gic->list_registers != 0 ? gic->list_registers : DEFAULT_LIST_REGISTERS,
        .affinities = affinities,
    };

    for (uint32_t i = 0; i < config->vcpu_count; i++) {
        affinities[i] = config->vcpus[i].mpidr & MPIDR_AFFINITY_LOW;
    }

    if (!vgic_init(&vm->arch.gic, &setup, &gic_ops, vm)) {
        vm_log("%s: no virtual GIC of version %u with %u CPUs and %u interrupts", config->name,
               setup.version, setup.vcpu_count, setup.irq_count);
        return false;
    }
    if ((vm->extensions & ROOKERY_EXTENSION_VIRTUAL_TIMER) != 0) {
        vgic_set_direct(&vm->arch.gic, VIRTUAL_TIMER_INTID);
    }
    // A VCPU that waits for an interrupt here, not in the kernel, needs to know of each end.
    vm->arch.gic.quiet = has_extensions(vm, ROOKERY_EXTENSION_QUIET_INJECT
                                                | ROOKERY_EXTENSION_WFI_IN_KERNEL);
    vm->arch.gic.replace = (vm->extensions & ROOKERY_EXTENSION_INJECT_REPLACE) != 0;
    return add_gic_windows(vm);
}

bool arch_vm_init(struct vm *vm)
{
    const struct vm_config *config = vm->config;

    if (!init_gic(vm)) {
        return false;
    }
    for (uint32_t i = 0; i < VGIC_MAX_IRQS; i++) {
        vm->arch.irq_of_intid[i] = VM_NO_IRQ;
    }
    for (uint32_t i = 0; i < config->irq_count; i++) {
        uint32_t intid = config->irqs[i].intid;
        if (intid < VGIC_SGIS || intid >= vm->arch.gic.irq_count) {
            vm_log("%s: the virtual GIC has no interrupt %u", config->name, intid);
            return false;
        }
        vm->arch.irq_of_intid[intid] = (uint16_t)i;
    }
    return true;
}

static bool can_reset_vcpus(const struct vm *vm)
{
    return (vm->extensions & ROOKERY_EXTENSION_VCPU_RESET) != 0;
}

void arch_vm_reset(struct vm *vm)
{
    bool clean = vm->boot_count == 0;

    if (!clean && can_reset_vcpus(vm)) {
        clean = true;
        for (uint32_t i = 0; i < vm->config->vcpu_count; i++) {
            const struct vm_config_vcpu *vcpu = vm->vcpus[i].config;
            clean = kernel_vcpu_bind(vcpu->vcpu, vcpu->tcb) && clean;
        }
    }
    vgic_reset(&vm->arch.gic, clean);
}

bool arch_vcpu_prepare(struct vcpu *vcpu, uint64_t entry, uint64_t argument)
{
    const struct vm_config_vcpu *config = vcpu->config;
    uint64_t words[KERNEL_REGS_WORDS] = { 0 };

    vgic_learn(&vcpu->vm->arch.gic, vcpu->index);
    if (can_reset_vcpus(vcpu->vm) && kernel_vcpu_bind(config->vcpu, config->tcb)) {
        vgic_vcpu_reset(&vcpu->vm->arch.gic, vcpu->index);
    }
    for (uint32_t i = 0; i < sizeof(reset_values) / sizeof(reset_values[0]); i++) {
        if (!kernel_vcpu_write(config->vcpu, reset_values[i].reg, reset_values[i].value)) {
            vm_log("%s: register %u of CPU %u can't be set", vcpu->vm->config->name,
                   reset_values[i].reg, vcpu->index);
            return false;
        }
    }
    if (!kernel_vcpu_write(config->vcpu, seL4_VCPUReg_VMPIDR_EL2, MPIDR_RES1 | config->mpidr)) {
        return false;
    }
    words[REGS_PC] = entry;
    words[REGS_SPSR] = PSTATE_DAIF | PSTATE_MODE_EL1H;
    words[REGS_X0] = argument;
    return kernel_regs_write(config->tcb, words, KERNEL_REGS_WORDS);
}

void arm_vcpu_off(struct vcpu *vcpu)
{
    const struct vm_config_vcpu *config = vcpu->config;

    vgic_learn(&vcpu->vm->arch.gic, vcpu->index);
    if (can_reset_vcpus(vcpu->vm) && kernel_vcpu_bind(config->vcpu, config->tcb)) {
        vgic_vcpu_off(&vcpu->vm->arch.gic, vcpu->index);
    }
}

void arch_physical_irq(struct vm *vm, uint32_t index)
{
    vgic_pend_physical(&vm->arch.gic, 0, vm->config->irqs[index].intid);
}

void arch_irq_line(void *context, uint32_t irq, bool level)
{
    struct vm *vm = context;

    vgic_set_line(&vm->arch.gic, 0, irq, level);
}

void arch_vcpu_report(struct vcpu *vcpu, const char *why)
{
    static const struct {
        const char *name;
        uint32_t reg;
    } system[] = {
        { "sctlr", seL4_VCPUReg_SCTLR }, { "vbar", seL4_VCPUReg_VBAR },
        { "esr", seL4_VCPUReg_ESR },     { "far", seL4_VCPUReg_FAR },
        { "elr", seL4_VCPUReg_ELR_EL1 }, { "spsr", seL4_VCPUReg_SPSR_EL1 },
    };
    const char *name = vcpu->vm->config->name;
    uint64_t words[KERNEL_REGS_WORDS];

    vm_log("%s: CPU %u can't go on: %s", name, vcpu->index, why);
    if (kernel_regs_read(vcpu->config->tcb, words, KERNEL_REGS_WORDS)) {
        vm_log("%s:   pc %016llx  sp_el0 %016llx  pstate %08llx", name,
               (unsigned long long)words[REGS_PC], (unsigned long long)words[REGS_SP],
               (unsigned long long)words[REGS_SPSR]);
        for (uint32_t i = 0; i < 30; i += 3) {
            vm_log("%s:   x%-2u %016llx  x%-2u %016llx  x%-2u %016llx", name, i,
                   (unsigned long long)words[regs_index(i)], i + 1,
                   (unsigned long long)words[regs_index(i + 1)], i + 2,
                   (unsigned long long)words[regs_index(i + 2)]);
        }
        vm_log("%s:   x30 %016llx", name, (unsigned long long)words[regs_index(30)]);
    }
    for (uint32_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
        uint64_t value = 0;
        if (kernel_vcpu_read(vcpu->config->vcpu, system[i].reg, &value)) {
            vm_log("%s:   %s_el1 %016llx", name, system[i].name, (unsigned long long)value);
        }
    }
}
