// SPDX-License-Identifier: BSD-2-Clause
// Lowering of guests. All objects of a VM are made at build time; the VMM finds their caps in a
// const table (vmm/config.h) and creates nothing at run time.

#include "vm.h"

#include <inttypes.h>
#include <string.h>

#include "lower.h"
#include "vm_platform.h"

#define ENTROPY_LENGTH 512u      ///< bytes of the entropy fill, count of seed bytes included
#define EXTENSIONS_OFFSET 2048u  ///< in the same page
#define EXTENSIONS_LENGTH 64u
#define EXTENSIONS_CHUNK 0x526b7279u ///< SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS
#define SHARED_CORE_BUDGET_US 500u
#define DTB_ALIGNMENT         8u ///< boot protocol of AArch64
#define INSTRUCTION_ALIGNMENT 4u

// ---------------------------------------------------------------------------------------------
// Attributes

/// A VM's structs: the current one and the one with the older names, which settings fall back to.
struct vm_attributes {
    struct model *model;
    const struct model_instance *instance;
    const struct flat_value *current;
    const struct flat_value *legacy;
};

static const struct flat_value *vm_field(const struct vm_attributes *attributes, const char *name,
                                         const char *legacy_name)
{
    const struct flat_value *value = flat_value_get(attributes->current, name);

    if (value == NULL || (value->kind == FLAT_STRING && value->string[0] == '\0')) {
        const struct flat_value *legacy =
            legacy_name != NULL ? flat_value_get(attributes->legacy, legacy_name) : NULL;
        return legacy != NULL ? legacy : value;
    }
    return value;
}

static uint64_t vm_number(const struct vm_attributes *attributes, const char *name,
                          const char *legacy_name, uint64_t fallback)
{
    const struct flat_value *value = vm_field(attributes, name, legacy_name);
    uint64_t number;

    if (value == NULL || (value->kind == FLAT_STRING && value->string[0] == '\0')) {
        return fallback;
    }
    if (value->kind == FLAT_INT) {
        return (uint64_t)value->integer;
    }
    if (value->kind == FLAT_STRING && strcmp(value->string, "-1") == 0) {
        return UINT64_MAX;
    }
    if (value->kind == FLAT_STRING && flat_parse_number(value->string, &number)) {
        return number;
    }
    diag_error(attributes->model->diag, value->loc, "setting-format",
               "instance '%s': %s is not a constant C expression", attributes->instance->name,
               name);
    return fallback;
}

static const char *vm_string(const struct vm_attributes *attributes, const char *name,
                             const char *legacy_name, const char *fallback)
{
    const struct flat_value *value = vm_field(attributes, name, legacy_name);

    if (value == NULL || value->kind != FLAT_STRING || value->string[0] == '\0') {
        return fallback;
    }
    return value->string;
}

static bool vm_bool(const struct vm_attributes *attributes, const char *name, bool fallback)
{
    const struct flat_value *value = flat_value_get(attributes->current, name);

    if (value == NULL) {
        return fallback;
    }
    if (value->kind == FLAT_INT) {
        return value->integer != 0;
    }
    if (value->kind == FLAT_STRING && value->string[0] != '\0') {
        return strcmp(value->string, "true") == 0 || strcmp(value->string, "True") == 0
               || strcmp(value->string, "1") == 0;
    }
    return fallback;
}

static void read_addresses(struct model *model, const struct model_instance *instance,
                           struct model_vm *vm)
{
    struct vm_attributes attributes = {
        .model = model,
        .instance = instance,
        .current = flat_setting_dict(model->flat, instance->name, "vm_address_config"),
        .legacy = flat_setting_dict(model->flat, instance->name, "linux_address_config"),
    };

    vm->ram_base = vm_number(&attributes, "ram_base", "linux_ram_base", 0);
    vm->ram_paddr = vm_number(&attributes, "ram_paddr_base", "linux_ram_paddr_base", vm->ram_base);
    vm->ram_size = vm_number(&attributes, "ram_size", "linux_ram_size", 0);
    vm->dtb_addr = vm_number(&attributes, "dtb_addr", "dtb_addr", 0);
    vm->initrd_addr = vm_number(&attributes, "initrd_addr", "initrd_addr", 0);
    vm->entry_addr = vm_number(&attributes, "kernel_entry_addr", NULL, UINT64_MAX);
}

static void read_images(struct model *model, const struct model_instance *instance,
                        struct model_vm *vm)
{
    struct vm_attributes attributes = {
        .model = model,
        .instance = instance,
        .current = flat_setting_dict(model->flat, instance->name, "vm_image_config"),
        .legacy = flat_setting_dict(model->flat, instance->name, "linux_image_config"),
    };

    vm->kernel_name = vm_string(&attributes, "kernel_name", "linux_name", "linux");
    vm->dtb_name = vm_string(&attributes, "dtb_name", "dtb_name", "linux-dtb");
    vm->initrd_name = vm_string(&attributes, "initrd_name", "initrd_name", "linux-initrd");
    vm->bootargs = vm_string(&attributes, "kernel_bootcmdline", "linux_bootcmdline", "");
    vm->stdout_path = vm_string(&attributes, "kernel_stdout", "linux_stdout", "");
    if (vm_string(&attributes, "dtb_base_name", "dtb_base_name", "")[0] != '\0') {
        diag_warning(model->diag, instance->flat->loc, "dtb-base",
                     "instance '%s': dtb_base_name has no effect: the guest's device tree is made "
                     "at build time from the board's (--dtb)", instance->name);
    }
    vm->provide_dtb = vm_bool(&attributes, "provide_dtb", true);
    vm->generate_dtb = vm_bool(&attributes, "generate_dtb", false);
    vm->provide_initrd = vm_bool(&attributes, "provide_initrd", true);
    vm->clean_cache = vm_bool(&attributes, "clean_cache", false);
    vm->one_to_one = vm->ram_base == vm->ram_paddr;
}

static void read_vcpus(struct model *model, const struct model_instance *instance,
                       struct model_vm *vm)
{
    int64_t wanted = flat_setting_int(model->flat, instance->name, "num_vcpus", 1);
    uint32_t limit = model->core_count < VM_MAX_VCPUS ? model->core_count : VM_MAX_VCPUS;

    if (wanted < 1) {
        diag_error(model->diag, flat_setting_loc(model->flat, instance->name, "num_vcpus"),
                   "setting-range", "instance '%s': num_vcpus is %lld, but a guest has a CPU at least",
                   instance->name, (long long)wanted);
        wanted = 1;
    }
    if (wanted > limit) {
        diag_warning(model->diag, flat_setting_loc(model->flat, instance->name, "num_vcpus"),
                     "vcpus-capped",
                     "instance '%s': num_vcpus is %lld, capped to %u (NUM_NODES is %u)",
                     instance->name, (long long)wanted, limit, model->core_count);
        wanted = limit;
    }
    vm->vcpu_count = (uint32_t)wanted;
    int64_t prio = flat_setting_int(model->flat, instance->name, "base_prio", 100);
    if (prio < 1 || prio > 255) {
        diag_error(model->diag, flat_setting_loc(model->flat, instance->name, "base_prio"),
                   "setting-range", "instance '%s': base_prio = %lld is not in the range 1 to 255",
                   instance->name, (long long)prio);
        prio = 100;
    }
    vm->base_prio = (uint32_t)prio;
}

// ---------------------------------------------------------------------------------------------
// RAM

/// Whether untyped_mmios entries cover [base, base + size) without a hole.
static bool is_covered(struct model *model, const struct model_instance *instance, uint64_t base,
                       uint64_t size)
{
    uint64_t at = base;
    bool progress = true;

    while (progress && at - base < size) {
        uint64_t numbers[2];
        progress = false;
        for (size_t i = 0; lower_number_list(model, instance, "untyped_mmios", i, numbers, 2);
             i++) {
            if (numbers[1] < 12 || numbers[1] > 47) {
                continue;
            }
            uint64_t end = numbers[0] + (1ull << numbers[1]);
            if (at >= numbers[0] && at < end) {
                at = end;
                progress = true;
            }
        }
    }
    return at - base >= size;
}

static void map_ram(struct model *model, struct model_instance *instance, uint64_t offset,
                    uint64_t size, uint8_t frame_bits)
{
    struct model_vm *vm = instance->vm;
    uint32_t rw = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED;

    if (size == 0) {
        return;
    }
    struct model_region *region =
        model_ram_region(model, model_printf(model, "%s.ram", instance->name), size, frame_bits,
                         vm->ram_fixed, vm->ram_paddr + offset);
    model_map_frames(model, vm->guest_vspace, region, vm->ram_base + offset,
                     rw | SYSTEM_MAPPING_EXECUTE);
    model_map_frames(model, instance->vspace, region, MODEL_VADDR_GUEST_RAM + offset, rw);
}

struct adlc_loc vm_ram_loc(const struct model *model, const struct model_instance *instance)
{
    struct adlc_loc loc = flat_setting_loc(model->flat, instance->name, "vm_address_config");

    return loc.file != 0 ? loc
                         : flat_setting_loc(model->flat, instance->name, "linux_address_config");
}

static void check_address(struct model *model, const struct model_instance *instance,
                          const char *what, uint64_t address, uint64_t alignment)
{
    const struct model_vm *vm = instance->vm;

    if (address < vm->ram_base || address - vm->ram_base >= vm->ram_size) {
        diag_error(model->diag, vm_ram_loc(model, instance), "vm-address",
                   "instance '%s': %s 0x%" PRIx64 " is not in the guest's RAM, 0x%" PRIx64
                   " to 0x%" PRIx64, instance->name, what, address, vm->ram_base,
                   vm->ram_base + (vm->ram_size - 1));
    } else if (address % alignment != 0) {
        diag_error(model->diag, vm_ram_loc(model, instance), "vm-address",
                   "instance '%s': %s 0x%" PRIx64 " is not a multiple of %" PRIu64, instance->name,
                   what, address, alignment);
    }
}

/// What the VMM would find when it starts the guest.
static void check_addresses(struct model *model, const struct model_instance *instance)
{
    const struct model_vm *vm = instance->vm;

    if (vm->provide_dtb || vm->generate_dtb) {
        check_address(model, instance, "dtb_addr", vm->dtb_addr, DTB_ALIGNMENT);
    }
    if (vm->provide_initrd) {
        check_address(model, instance, "initrd_addr", vm->initrd_addr, 1);
    }
    if (vm->entry_addr != UINT64_MAX) {
        check_address(model, instance, "kernel_entry_addr", vm->entry_addr, INSTRUCTION_ALIGNMENT);
    }
}

static void lower_ram(struct model *model, struct model_instance *instance)
{
    struct model_vm *vm = instance->vm;
    const struct platform_range *board = &model->platform->ram;
    struct adlc_loc loc = vm_ram_loc(model, instance);
    uint64_t limit = MODEL_VADDR_END - MODEL_VADDR_GUEST_RAM;
    if (vm->ram_size == 0 || (vm->ram_base | vm->ram_size) % MODEL_PAGE_SIZE != 0
        || vm->ram_size > limit || vm->ram_base > (1ull << 40) - vm->ram_size) {
        diag_error(model->diag, loc, "vm-ram",
                   "instance '%s': guest RAM of 0x%" PRIx64 " bytes at 0x%" PRIx64
                   " is not possible: it must be whole pages below 2^40",
                   instance->name, vm->ram_size, vm->ram_base);
        return;
    }
    check_addresses(model, instance);
    vm->ram_fixed = vm->ram_paddr % MODEL_PAGE_SIZE == 0
                    && is_covered(model, instance, vm->ram_paddr, vm->ram_size);
    if (vm->ram_fixed
        && (vm->ram_paddr < board->base || vm->ram_size > board->size
            || vm->ram_paddr - board->base > board->size - vm->ram_size)) {
        diag_error(model->diag, loc, "memory",
                   "instance '%s': the board has no RAM for 0x%" PRIx64 " bytes at 0x%" PRIx64
                   ": its RAM is 0x%" PRIx64 " to 0x%" PRIx64, instance->name, vm->ram_size,
                   vm->ram_paddr, board->base, board->base + board->size - 1);
        return;
    }
    bool aligned = vm->ram_base % MODEL_LARGE_PAGE_SIZE == 0
                   && (!vm->ram_fixed || vm->ram_paddr % MODEL_LARGE_PAGE_SIZE == 0);
    uint64_t large = aligned ? vm->ram_size & ~(uint64_t)(MODEL_LARGE_PAGE_SIZE - 1) : 0;
    map_ram(model, instance, 0, large, MODEL_LARGE_PAGE_BITS);
    map_ram(model, instance, large, vm->ram_size - large, MODEL_PAGE_BITS);
}

// ---------------------------------------------------------------------------------------------
// Devices and interrupts

static bool overlaps_ram(const struct model_vm *vm, uint64_t ipa, uint64_t size)
{
    return ipa < vm->ram_base + vm->ram_size && vm->ram_base < ipa + size;
}

static void map_window(struct model *model, struct model_instance *instance, const char *name,
                       uint64_t ipa, uint64_t paddr, uint64_t size, struct adlc_loc loc)
{
    struct model_vm *vm = instance->vm;

    for (size_t i = 0; i < vm->windows.count; i++) {
        const struct model_vm_window *other = &vm->windows.items[i];
        if (paddr >= other->paddr && paddr - other->paddr < other->size
            && size <= other->size - (paddr - other->paddr)) {
            return; // mapped already: a page that two nodes share
        }
    }
    if (overlaps_ram(vm, ipa, size)) {
        diag_error(model->diag, loc, "vm-overlap",
                   "instance '%s': device memory 0x%" PRIx64 " (%s) overlaps the guest's RAM",
                   instance->name, ipa, name);
        return;
    }
    struct model_region *region = model_device_region(
        model, model_printf(model, "%s.%s", instance->name, name), paddr, size, loc);
    if (region == NULL) {
        return;
    }
    uint64_t base = ipa & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    struct model_vm_window window = {
        .name = name,
        .ipa = base,
        .paddr = region->paddr,
        .size = region->size,
    };
    // Per page, since earlier windows may hold some of the pages already.
    for (uint32_t i = 0; i < region->frame_count; i++) {
        uint64_t at = base + ((uint64_t)i << region->frame_bits);
        bool mapped = false;
        for (size_t j = 0; j < model->mappings.count && !mapped; j++) {
            const struct system_mapping *mapping = &model->mappings.items[j];
            mapped = mapping->vspace == vm->guest_vspace && mapping->vaddr == at;
        }
        if (!mapped) {
            struct system_mapping mapping = {
                .vspace = vm->guest_vspace,
                .frame = region->frames[i],
                .vaddr = at,
                .flags = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE,
                .cnode = MODEL_NONE,
                .slot = MODEL_NONE,
            };
            model_add_mapping(model, &mapping);
        }
    }
    VEC_PUSH(model->arena, vm->windows, window);
}

static void add_irq(struct model *model, struct model_instance *instance, uint32_t number,
                    enum system_irq_trigger trigger, struct adlc_loc loc)
{
    struct model_vm *vm = instance->vm;

    if (number < 32 || number >= model->platform->irq_count) {
        diag_error(model->diag, loc, "irq-range",
                   "instance '%s': interrupt %u can't be passed through: the board's shared "
                   "interrupts are 32 to %u", instance->name, number,
                   model->platform->irq_count - 1);
        return;
    }
    for (size_t i = 0; i < vm->irqs.count; i++) {
        if (vm->irqs.items[i].number == number) {
            return; // named twice, e.g. by the node and by `irqs`
        }
    }
    // The VMM wants one bit per interrupt and nothing else in the badge.
    uint64_t badge = model_next_badge(model, instance, loc) & ~instance->badge_base;
    uint32_t slot = model_instance_irq(model, instance, number, trigger,
                                       model_global_notification(model, instance), badge, loc);
    struct model_vm_irq irq = {
        .number = number, .slot = slot, .badge = badge, .trigger = trigger
    };
    VEC_PUSH(model->arena, vm->irqs, irq);
}

static void lower_dtb_node(struct model *model, struct model_instance *instance,
                           const struct flat_dtb_node *node, struct adlc_loc loc)
{
    for (size_t i = 0; i < node->reg_count; i++) {
        if (node->regs[i].size != 0) {
            map_window(model, instance, node->path, node->regs[i].base, node->regs[i].base,
                       node->regs[i].size, loc);
        }
    }
    uint32_t cells = node->interrupt_cells != 0 ? node->interrupt_cells : 3;
    for (size_t i = 0; cells <= node->interrupt_cell_total
                       && i <= node->interrupt_cell_total - cells; i += cells) {
        uint32_t number;
        enum system_irq_trigger trigger;
        if (!model_decode_interrupt(&node->interrupts[i], cells, &number, &trigger)) {
            diag_error(model->diag, loc, "irq-format",
                       "instance '%s': the interrupts of device tree node '%s' are not understood",
                       instance->name, node->path);
            return;
        }
        add_irq(model, instance, number, trigger, loc);
    }
}

static void lower_gic(struct model *model, struct model_instance *instance)
{
    struct guest_gic *gic = &instance->vm->gic;

    // Without a tree there is no guest: guest_dtb_build() says so.
    if (model->flat->dtb == NULL || platform_is_x86(model->platform)) {
        return;
    }
    if (!guest_gic_find(model->arena, model->flat->dtb, instance->vm->vcpu_count, gic)) {
        diag_error(model->diag, instance->flat->loc, "gic-missing",
                   "instance '%s': the board's device tree has neither a GICv2 with virtualisation "
                   "nor a GICv3", instance->name);
        return;
    }
    if (gic->version == 2) {
        map_window(model, instance, "gicv", gic->cpu.base, gic->vcpu.base, gic->vcpu.size,
                   instance->flat->loc);
    }
}

static void lower_devices(struct model *model, struct model_instance *instance)
{
    struct model_vm *vm = instance->vm;
    const struct flat_assembly *flat = model->flat;
    uint64_t numbers[3];

    model_origin_instance(model, instance, MODEL_ORIGIN_GUEST, "interrupt controller");
    lower_gic(model, instance);
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "dtb");
    vm->dtb = flat_setting_dtb(flat, instance->name, "dtb");
    for (size_t i = 0; vm->dtb != NULL && i < vm->dtb->node_count; i++) {
        lower_dtb_node(model, instance, &vm->dtb->nodes[i],
                       flat_setting_loc(flat, instance->name, "dtb"));
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "untyped_mmios");
    for (size_t i = 0; lower_number_list(model, instance, "untyped_mmios", i, numbers, 2); i++) {
        uint64_t size = numbers[1] < 48 ? 1ull << numbers[1] : 0;
        if (size >= MODEL_PAGE_SIZE
            && !(numbers[0] < vm->ram_paddr + vm->ram_size && vm->ram_paddr < numbers[0] + size)) {
            map_window(model, instance, "mmio", numbers[0], numbers[0], size,
                       flat_setting_loc(flat, instance->name, "untyped_mmios"));
        }
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "mmios");
    for (size_t i = 0; lower_number_list(model, instance, "mmios", i, numbers, 3); i++) {
        if (numbers[1] != 0) {
            map_window(model, instance, "mmio", numbers[0], numbers[0], numbers[1],
                       flat_setting_loc(flat, instance->name, "mmios"));
        }
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "irqs");
    for (size_t i = 0; lower_number_list(model, instance, "irqs", i, numbers, 1); i++) {
        add_irq(model, instance, (uint32_t)numbers[0], SYSTEM_IRQ_LEVEL,
                flat_setting_loc(flat, instance->name, "irqs"));
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "dtb_irqs");
    for (size_t i = 0; lower_number_list(model, instance, "dtb_irqs", i, numbers, 1); i++) {
        add_irq(model, instance, (uint32_t)numbers[0], SYSTEM_IRQ_LEVEL,
                flat_setting_loc(flat, instance->name, "dtb_irqs"));
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_SETTING, "allowed_smc_functions");
    for (size_t i = 0; lower_number_list(model, instance, "allowed_smc_functions", i, numbers, 1);
         i++) {
        uint32_t object = model_new_object(model, SYSTEM_OBJECT_SMC, 0,
                                           model_printf(model, "%s.smc", instance->name));
        struct model_vm_smc smc = {
            .function = numbers[0],
            .slot = model_instance_cap(model, instance, object, MODEL_RIGHTS_ALL, numbers[0]),
        };
        VEC_PUSH(model->arena, vm->smcs, smc);
    }
    model_origin_none(model);
}

// ---------------------------------------------------------------------------------------------
// VCPUs and the VMM's own objects

/// Core of a VCPU: as `vcpu_affinity` says. Else the first one runs where its VMM runs, the next ones
/// on the cores after it.
static uint8_t vcpu_core(struct model *model, const struct model_instance *instance, uint32_t index)
{
    uint32_t first = model->threads.items[instance->threads.items[0].thread].spec.core;
    uint64_t core;

    if (!lower_number_list(model, instance, "vcpu_affinity", index, &core, 1)) {
        return (uint8_t)((first + index) % model->core_count);
    }
    if (core >= model->core_count) {
        diag_warning(model->diag, flat_setting_loc(model->flat, instance->name, "vcpu_affinity"),
                     "affinity-capped",
                     "instance '%s': core %llu does not exist (NUM_NODES is %u); using core 0",
                     instance->name, (unsigned long long)core, model->core_count);
        return 0;
    }
    return (uint8_t)core;
}

/// Turns of a VCPU that shares its core with others of its VM are short: they may wait, spinning,
/// for what only that one can do.
static uint32_t default_vcpu_budget(const struct model_vm *vm, uint32_t index)
{
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        if (i != index && vm->vcpus[i].core == vm->vcpus[index].core) {
            return SHARED_CORE_BUDGET_US;
        }
    }
    return DEFAULT_BUDGET_US;
}

static void lower_vcpu(struct model *model, struct model_instance *instance, uint32_t index)
{
    struct model_vm *vm = instance->vm;
    struct model_vcpu *vcpu = &vm->vcpus[index];
    const char *name = model_printf(model, "%s.vcpu%u", instance->name, index);
    struct model_thread entry = { .name = name };
    struct system_thread *spec = &entry.spec;
    struct system_vcpu binding;

    spec->tcb = model_new_object(model, SYSTEM_OBJECT_TCB, 0, model_printf(model, "%s.tcb", name));
    spec->cnode = MODEL_NONE;
    spec->vspace = vm->guest_vspace;
    spec->ipc_buffer = MODEL_NONE;
    spec->priority = (uint8_t)(vm->base_prio - 1);
    spec->max_priority = spec->priority;
    spec->domain = (uint8_t)lower_thread_setting(model, instance, NULL, "domain", 0);
    spec->core = (uint8_t)vcpu->core;
    spec->bound_notification = MODEL_NONE;
    spec->timeout_endpoint = MODEL_NONE;
    spec->fault_endpoint = vm->fault_endpoint;
    spec->fault_badge = MODEL_VCPU_BADGE | index;
    lower_budget(model, instance, "vcpu", default_vcpu_budget(vm, index), spec);
    spec->sched_context = lower_sched_context(model, model_printf(model, "%s.sc", name), spec);
    VEC_PUSH(model->arena, model->threads, entry);

    binding.tcb = spec->tcb;
    binding.vcpu = model_new_object(model, SYSTEM_OBJECT_VCPU, 0, name);
    VEC_PUSH(model->arena, model->vcpus, binding);

    vcpu->tcb_slot = model_instance_cap(model, instance, spec->tcb, MODEL_RIGHTS_ALL, 0);
    vcpu->vcpu_slot = model_instance_cap(model, instance, binding.vcpu, MODEL_RIGHTS_ALL, 0);
    vcpu->sched_context_slot =
        model_instance_cap(model, instance, spec->sched_context, MODEL_RIGHTS_ALL, 0);
    vcpu->mpidr = index;
}

/// One page for what is known only at boot: the random seed and the kernel's extensions.
static void lower_boot_page(struct model *model, struct model_instance *instance)
{
    struct model_vm *vm = instance->vm;
    struct model_region *page =
        model_ram_region(model, model_printf(model, "%s.boot_page", instance->name),
                         MODEL_PAGE_SIZE, MODEL_PAGE_BITS, false, 0);
    struct system_fill entropy = {
        .frame = page->frames[0],
        .kind = SYSTEM_FILL_ENTROPY,
        .offset = 0,
        .length = ENTROPY_LENGTH,
    };
    struct system_fill extensions = {
        .frame = page->frames[0],
        .kind = SYSTEM_FILL_BOOT_INFO,
        .offset = EXTENSIONS_OFFSET,
        .length = EXTENSIONS_LENGTH,
        .argument = EXTENSIONS_CHUNK,
    };

    VEC_PUSH(model->arena, model->fills, entropy);
    VEC_PUSH(model->arena, model->fills, extensions);
    vm->entropy_vaddr = model_map_region(model, instance, page,
                                         SYSTEM_MAPPING_READ | SYSTEM_MAPPING_CACHED, NULL);
    vm->extensions_vaddr = vm->entropy_vaddr + EXTENSIONS_OFFSET;
}

void vm_lower(struct model *model, struct model_instance *instance)
{
    struct model_vm *vm = ARENA_NEW(model->arena, struct model_vm);

    instance->vm = vm;
    read_addresses(model, instance, vm);
    read_images(model, instance, vm);
    read_vcpus(model, instance, vm);

    vm->guest_vspace =
        model_new_object(model, SYSTEM_OBJECT_VSPACE, 0,
                         model_printf(model, "%s.guest_vspace", instance->name));
    vm->fault_endpoint =
        model_new_object(model, SYSTEM_OBJECT_ENDPOINT, 0,
                         model_printf(model, "%s.vcpu_faults", instance->name));
    vm->fault_slot =
        model_instance_cap(model, instance, vm->fault_endpoint, MODEL_RIGHT_READ, 0);
    vm->reply_count = vm->vcpu_count + 2;
    for (uint32_t i = 0; i < vm->reply_count; i++) {
        uint32_t reply =
            model_new_object(model, SYSTEM_OBJECT_REPLY, 0,
                             model_printf(model, "%s.vcpu_reply%u", instance->name, i));
        vm->reply_slots[i] = model_instance_cap(model, instance, reply, MODEL_RIGHTS_ALL, 0);
    }
    model_origin_instance(model, instance, MODEL_ORIGIN_GUEST, "guest");
    lower_ram(model, instance);
    model_origin_none(model);
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        vm->vcpus[i].core = vcpu_core(model, instance, i);
    }
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        lower_vcpu(model, instance, i);
    }
    lower_devices(model, instance);
    lower_boot_page(model, instance);

    // One Recv of the control thread takes guest faults and all events.
    struct model_instance_thread *control = &instance->threads.items[0];
    model->threads.items[control->thread].spec.bound_notification =
        model_global_notification(model, instance);
}

// ---------------------------------------------------------------------------------------------
// vm_config

static void emit_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f || c == '?') {
            fprintf(out, "\\%03o", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void emit_field_string(FILE *out, const char *field, const char *text)
{
    fprintf(out, "    .%s = ", field);
    emit_string(out, text);
    fputs(",\n", out);
}

static void emit_tables(const struct model_vm *vm, FILE *out)
{
    fputs("static const struct vm_config_vcpu vm_vcpus[] = {\n", out);
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        const struct model_vcpu *vcpu = &vm->vcpus[i];
        fprintf(out,
                "    { .tcb = %u, .vcpu = %u, .sched_context = %u, .core = %u, .mpidr = 0x%x },\n",
                vcpu->tcb_slot, vcpu->vcpu_slot, vcpu->sched_context_slot, vcpu->core, vcpu->mpidr);
    }
    fputs("};\n\nstatic const uint64_t vm_replies[] = {", out);
    for (uint32_t i = 0; i < vm->reply_count; i++) {
        fprintf(out, "%s %u", i != 0 ? "," : "", vm->reply_slots[i]);
    }
    fputs(" };\n", out);
    if (vm->irqs.count != 0) {
        fputs("\nstatic const struct vm_config_irq vm_irqs_table[] = {\n", out);
        for (size_t i = 0; i < vm->irqs.count; i++) {
            const struct model_vm_irq *irq = &vm->irqs.items[i];
            fprintf(out,
                    "    { .intid = %u, .trigger = %s, .handler = %u, .badge = 0x%" PRIx64 " },\n",
                    irq->number,
                    irq->trigger == SYSTEM_IRQ_EDGE ? "VM_CONFIG_TRIGGER_EDGE"
                                                    : "VM_CONFIG_TRIGGER_LEVEL",
                    irq->slot, irq->badge);
        }
        fputs("};\n", out);
    }
    if (vm->windows.count != 0) {
        fputs("\nstatic const struct vm_config_window vm_windows[] = {\n", out);
        for (size_t i = 0; i < vm->windows.count; i++) {
            const struct model_vm_window *window = &vm->windows.items[i];
            fputs("    { .name = ", out);
            emit_string(out, window->name);
            fprintf(out, ", .ipa = 0x%" PRIx64 ", .size = 0x%" PRIx64 " },\n", window->ipa,
                    window->size);
        }
        fputs("};\n", out);
    }
    if (vm->smcs.count != 0) {
        fputs("\nstatic const struct vm_config_smc vm_smcs[] = {\n", out);
        for (size_t i = 0; i < vm->smcs.count; i++) {
            fprintf(out, "    { .function = 0x%" PRIx64 ", .cap = %u },\n",
                    vm->smcs.items[i].function, vm->smcs.items[i].slot);
        }
        fputs("};\n", out);
    }
}

static void emit_flags(const struct model_vm *vm, FILE *out)
{
    // The tree is always made by adlc; generate_dtb only says that no other file is expected.
    fprintf(out, "    .flags = 0%s%s%s%s%s,\n",
            vm->provide_dtb || vm->generate_dtb ? " | VM_CONFIG_PROVIDE_DTB" : "",
            vm->generate_dtb ? " | VM_CONFIG_GENERATE_DTB" : "",
            vm->provide_initrd ? " | VM_CONFIG_PROVIDE_INITRD" : "",
            vm->clean_cache ? " | VM_CONFIG_CLEAN_CACHE" : "",
            vm->one_to_one ? " | VM_CONFIG_ONE_TO_ONE" : "");
}

static void emit_memory(const struct model_vm *vm, FILE *out)
{
    fprintf(out, "    .ram_base = 0x%" PRIx64 ",\n    .ram_size = 0x%" PRIx64 ",\n", vm->ram_base,
            vm->ram_size);
    fprintf(out, "    .ram_view = (uint8_t *)0x%" PRIx64 ",\n", (uint64_t)MODEL_VADDR_GUEST_RAM);
    emit_field_string(out, "kernel_name", vm->kernel_name);
    emit_field_string(out, "dtb_name", vm->dtb_name);
    emit_field_string(out, "initrd_name", vm->initrd_name);
    if (vm->entry_addr == UINT64_MAX) {
        fputs("    .entry = VM_CONFIG_ENTRY_DEFAULT,\n", out);
    } else {
        fprintf(out, "    .entry = 0x%" PRIx64 ",\n", vm->entry_addr);
    }
    fprintf(out, "    .dtb_addr = 0x%" PRIx64 ",\n    .initrd_addr = 0x%" PRIx64 ",\n",
            vm->dtb_addr, vm->initrd_addr);
}

static void emit_counts(const struct model_vm *vm, FILE *out)
{
    fprintf(out, "    .vcpus = vm_vcpus,\n    .vcpu_count = %u,\n", vm->vcpu_count);
    fprintf(out, "    .irq_count = %zu,\n    .window_count = %zu,\n    .smc_count = %zu,\n",
            vm->irqs.count, vm->windows.count, vm->smcs.count);
    if (vm->irqs.count != 0) {
        fputs("    .irqs = vm_irqs_table,\n", out);
    }
    if (vm->windows.count != 0) {
        fputs("    .windows = vm_windows,\n", out);
    }
    if (vm->smcs.count != 0) {
        fputs("    .smcs = vm_smcs,\n", out);
    }
}

void vm_emit_config(const struct model *model, const struct model_instance *instance, FILE *out)
{
    const struct model_vm *vm = instance->vm;
    const struct guest_gic *gic = &vm->gic;

    fputs("\n// The virtual machine, as vmm/config.h describes it.\n#include <vmm/config.h>\n\n",
          out);
    emit_tables(vm, out);
    fputs("\nconst struct vm_config vm_config = {\n    .version = VM_CONFIG_VERSION,\n", out);
    emit_flags(vm, out);
    emit_field_string(out, "name", instance->name);
    emit_memory(vm, out);
    emit_counts(vm, out);
    fprintf(out,
            "    .gic = { .version = %u, .irq_lines = %u, .dist_ipa = 0x%" PRIx64
            ", .dist_size = 0x%" PRIx64 ",\n             .cpu_ipa = 0x%" PRIx64
            ", .cpu_size = 0x%" PRIx64 ",\n             .redist_ipa = 0x%" PRIx64
            ", .redist_size = 0x%" PRIx64 " },\n",
            gic->version, model->platform->irq_count, gic->distributor.base, gic->distributor.size,
            gic->cpu.base, gic->cpu.size, gic->redistributors.base, gic->redistributors.size);
    fputs("    .timer = { .secure_ppi = 29, .physical_ppi = 30, .virtual_ppi = 27, "
          ".hypervisor_ppi = 26 },\n", out);
    fprintf(out, "    .fault_endpoint = %u,\n    .fault_badge = 0x%" PRIx64
            ",\n    .fault_badge_mask = 0x%" PRIx64 ",\n    .vspace = %u,\n",
            vm->fault_slot, (uint64_t)MODEL_VCPU_BADGE, ~(uint64_t)0xff, instance->vspace_slot);
    fprintf(out, "    .replies = vm_replies,\n    .reply_count = %u,\n    .base_prio = %u,\n",
            vm->reply_count, vm->base_prio);
    fprintf(out, "    .entropy = (const uint8_t *)0x%" PRIx64 ",\n    .entropy_size = %u,\n",
            vm->entropy_vaddr, ENTROPY_LENGTH);
    fprintf(out,
            "    .extensions = (const uint8_t *)0x%" PRIx64 ",\n    .extensions_size = %u,\n};\n",
            vm->extensions_vaddr, EXTENSIONS_LENGTH);
}
