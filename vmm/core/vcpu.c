// SPDX-License-Identifier: BSD-2-Clause
// Virtual CPUs: start, stop, and the fault that is kept unanswered while one waits for an
// interrupt.
#include <vmm/arch_if.h>
#include <vmm/log.h>

bool vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t argument)
{
    if (!arch_vcpu_prepare(vcpu, entry, argument) || !kernel_thread_resume(vcpu->config->tcb)) {
        return false;
    }
    vcpu->state = VCPU_RUNNING;
    return true;
}

void vcpu_stop(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;

    if (vcpu->state == VCPU_OFF) {
        return;
    }
    if (!kernel_thread_suspend(vcpu->config->tcb)) {
        vm_log("%s: CPU %u can't be suspended", vm->config->name, vcpu->index);
    }
    if (vcpu->state == VCPU_WAITING) {
        vm->free_replies[vm->free_reply_count++] = vcpu->reply;
    }
    vcpu->state = VCPU_OFF;
}

void vcpu_wait(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;

    // There is one reply object more than VCPUs, so a free one is always left for the next receive.
    vcpu->state = VCPU_WAITING;
    vcpu->reply = vm->reply;
    vm->reply = vm->free_replies[--vm->free_reply_count];
}

void vcpu_wake(struct vcpu *vcpu)
{
    static const struct kernel_answer resume = { .label = 0 };
    struct vm *vm = vcpu->vm;

    if (vcpu->state != VCPU_WAITING) {
        return;
    }
    vcpu->state = VCPU_RUNNING;
    kernel_reply(vcpu->reply, &resume);
    vm->free_replies[vm->free_reply_count++] = vcpu->reply;
}
