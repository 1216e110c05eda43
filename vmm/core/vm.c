// SPDX-License-Identifier: BSD-2-Clause
// Life of a virtual machine: set-up from the table, start, stop, restart from pristine images.
//
// States (enum vm_state): STOPPED -> RUNNING by vm_start(); RUNNING -> STOPPED by vm_stop(), which
// the guest's power off, its reboot, and an error of the guest or of the kernel lead to. A stopped
// machine's VMM goes on receiving events, so that the rest of the system never waits for it.
#include <sel4/types.h>

#include <abi/extensions.h>
#include <base/checked.h>
#include <base/compiler.h>
#include <vmm/arch_if.h>
#include <vmm/log.h>
#include <vmm/vm.h>

/// Reads the kernel's announcement from the boot info chunk that the initialiser left for us.
static uint64_t read_extensions(const struct vm_config *config)
{
    seL4_BootInfoHeader header;
    struct rookery_extensions extensions;

    if (config->extensions == NULL
        || config->extensions_size < sizeof(header) + sizeof(extensions)) {
        return 0;
    }
    __builtin_memcpy(&header, config->extensions, sizeof(header));
    __builtin_memcpy(&extensions, config->extensions + sizeof(header), sizeof(extensions));
    if (header.id != SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS
        || header.len < sizeof(header) + sizeof(extensions)) {
        return 0;
    }
    return extensions.features;
}

/// What is wrong with the table, or NULL. adlc made it; this catches a table of another version.
static const char *check_config(const struct vm_config *config)
{
    uint64_t unused;

    if (config->version != VM_CONFIG_VERSION) {
        return "its table is of another version";
    }
    if (config->vcpu_count == 0 || config->vcpu_count > VM_CONFIG_MAX_VCPUS) {
        return "it has no CPUs, or more than a VM can have";
    }
    if (config->reply_count < config->vcpu_count + 1) {
        return "there are too few reply objects";
    }
    if (config->ram_view == NULL || config->ram_size == 0
        || !checked_add_u64(config->ram_base, config->ram_size, &unused)) {
        return "it has no RAM";
    }
    if ((config->fault_badge & config->fault_badge_mask) != config->fault_badge
        || config->fault_badge == 0
        || (config->fault_badge_mask & (VM_CONFIG_MAX_VCPUS - 1u)) != 0) {
        return "the badges of its faults are ambiguous";
    }
    for (uint32_t i = 0; i < config->irq_count; i++) {
        uint64_t badge = config->irqs[i].badge;
        if (badge == 0 || (badge & (badge - 1)) != 0 || (badge & config->fault_badge) != 0) {
            return "an interrupt's badge is not one bit of its own";
        }
    }
    return NULL;
}

bool vm_init(struct vm *vm, const struct vm_config *config)
{
    const char *problem = check_config(config);

    if (problem != NULL) {
        vm_log("%s: can't be run: %s", config->name != NULL ? config->name : "vm", problem);
        return false;
    }
    *vm = (struct vm){
        .config = config,
        .state = VM_STOPPED,
        .extensions = read_extensions(config),
        .reply = config->replies[0],
    };
    bus_init(&vm->bus);
    for (uint32_t i = 1; i <= config->vcpu_count; i++) {
        vm->free_replies[vm->free_reply_count++] = config->replies[i];
    }
    for (uint32_t i = 0; i < config->vcpu_count; i++) {
        vm->vcpus[i] = (struct vcpu){
            .vm = vm,
            .index = i,
            .state = VCPU_OFF,
            .config = &config->vcpus[i],
        };
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(vm->irq_of_bit); i++) {
        vm->irq_of_bit[i] = VM_NO_IRQ;
    }
    for (uint32_t i = 0; i < config->irq_count; i++) {
        vm->irq_of_bit[__builtin_ctzll(config->irqs[i].badge)] = (uint16_t)i;
    }
    return arch_vm_init(vm);
}

bool vm_start(struct vm *vm)
{
    struct vm_images images;

    arch_vm_reset(vm);
    if (!vm_load_images(vm, &images)) {
        vm_log("%s: the guest is not started", vm->config->name);
        return false;
    }
    vm->boot_count++;
    vm->state = VM_RUNNING;
    if (!vcpu_start(&vm->vcpus[0], images.entry, images.dtb)) {
        vm_log("%s: the boot CPU can't be started", vm->config->name);
        vm_stop(vm);
        return false;
    }
    return true;
}

void vm_stop(struct vm *vm)
{
    for (uint32_t i = 0; i < vm->config->vcpu_count; i++) {
        vcpu_stop(&vm->vcpus[i]);
    }
    vm->state = VM_STOPPED;
}

void vm_request_restart(struct vm *vm)
{
    vm->restart_wanted = true;
}

bool vm_restart(struct vm *vm)
{
    vm_stop(vm);
    vm->restart_wanted = false;
    bus_reset(&vm->bus);
    if (vm->reset_hook != NULL) {
        vm->reset_hook(vm);
    }
    return vm_start(vm);
}
