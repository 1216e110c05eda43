// SPDX-License-Identifier: BSD-2-Clause
// The event loop: one receive for the faults of all virtual CPUs and for everything that is
// signalled to the control thread's notification (passed-through interrupts, events of other
// components).
#include <vmm/arch_if.h>
#include <vmm/log.h>

bool vm_register_async(struct vm *vm, uint64_t badge, vm_async_handler *handler, void *cookie)
{
    if (badge == 0 || vm->async_count >= VM_MAX_ASYNC) {
        return false;
    }
    vm->async[vm->async_count++] = (struct vm_async){
        .badge = badge,
        .handler = handler,
        .cookie = cookie,
    };
    return true;
}

static void handle_notification(struct vm *vm, uint64_t badge)
{
    uint64_t unknown = 0;

    for (uint64_t bits = badge; bits != 0; bits &= bits - 1) {
        uint32_t irq = vm->irq_of_bit[__builtin_ctzll(bits)];
        if (irq != VM_NO_IRQ) {
            arch_physical_irq(vm, irq);
        } else {
            unknown |= bits & -bits;
        }
    }
    if (unknown == 0) {
        return;
    }
    for (uint32_t i = 0; i < vm->async_count; i++) {
        if ((badge & vm->async[i].badge) == vm->async[i].badge) {
            unknown &= ~vm->async[i].badge;
            vm->async[i].handler(vm, badge, vm->async[i].cookie);
        }
    }
    if ((unknown & ~vm->unknown_badges) != 0) {
        vm->unknown_badges |= unknown;
        vm_log("%s: Unknown badge 0x%llx", vm->config->name, (unsigned long long)unknown);
    }
}

static bool handle_fault(struct vm *vm, uint64_t index, const struct kernel_message *message)
{
    if (index >= vm->config->vcpu_count || vm->vcpus[index].state != VCPU_RUNNING) {
        // A message that was on its way when the VCPU was stopped: nobody waits for the answer.
        return false;
    }
    struct vcpu *vcpu = &vm->vcpus[index];
    vcpu->faults++;
    vm->answer.label = 0;
    vm->answer.length = 0;
    return arch_vcpu_fault(vcpu, message) == VCPU_RESUME;
}

bool vm_dispatch(struct vm *vm, const struct kernel_message *message)
{
    const struct vm_config *config = vm->config;
    bool answer = false;

    if ((message->badge & config->fault_badge_mask) == config->fault_badge) {
        answer = handle_fault(vm, message->badge & ~config->fault_badge_mask, message);
    } else {
        handle_notification(vm, message->badge);
    }
    if (vm->restart_wanted) {
        (void)vm_restart(vm);
        answer = false;
    }
    return answer;
}

void vm_run(struct vm *vm)
{
    struct kernel_message message;
    bool answer = false;

    for (;;) {
        if (answer) {
            kernel_reply_receive(vm->config->fault_endpoint, vm->reply, &vm->answer, &message);
        } else {
            kernel_receive(vm->config->fault_endpoint, vm->reply, &message);
        }
        answer = vm_dispatch(vm, &message);
    }
}
