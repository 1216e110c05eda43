// SPDX-License-Identifier: BSD-2-Clause
// Exits of an AArch64 guest: which fault message means what, and the ways to continue after it.
#include <sel4/arch/aarch64.h>
#include <abi/extensions.h>
#include <vmm/log.h>

#include "arm.h"
#include "guest_regs.h"

#define ISS_WFX_IS_WFE 1u

enum vcpu_action arm_stop(struct vcpu *vcpu, const char *why)
{
    arch_vcpu_report(vcpu, why);
    vm_stop(vcpu->vm);
    return VCPU_DROP;
}

/// arm_step() by a system call.
static __attribute__((noinline)) enum vcpu_action step_slowly(struct vcpu *vcpu, uint64_t pc)
{
    pc += INSTRUCTION_SIZE;
    if (!kernel_regs_write(vcpu->config->tcb, &pc, 1)) {
        return arm_stop(vcpu, "its registers can't be written");
    }
    return VCPU_RESUME;
}

enum vcpu_action arm_step(struct vcpu *vcpu, uint64_t pc)
{
    struct vm *vm = vcpu->vm;

    if ((vm->extensions & ROOKERY_EXTENSION_STEP_REPLY) == 0) {
        return step_slowly(vcpu, pc);
    }
    vm->answer.label = ROOKERY_REPLY_STEP;
    return VCPU_RESUME;
}

/// arm_step_with() by system calls.
static __attribute__((noinline)) enum vcpu_action step_with_slowly(struct vcpu *vcpu, uint64_t pc,
                                                                   uint32_t number, uint64_t value)
{
    uint64_t words[KERNEL_REGS_WORDS];

    if (number >= REGS_ZERO) {
        return step_slowly(vcpu, pc);
    }
    // Only the front part of the context, up to the register, is moved.
    uint32_t index = regs_index(number);
    if (!kernel_regs_read(vcpu->config->tcb, words, index + 1)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    words[REGS_PC] = pc + INSTRUCTION_SIZE;
    words[index] = value;
    if (!kernel_regs_write(vcpu->config->tcb, words, index + 1)) {
        return arm_stop(vcpu, "its registers can't be written");
    }
    return VCPU_RESUME;
}

enum vcpu_action arm_step_with(struct vcpu *vcpu, uint64_t pc, uint32_t number, uint64_t value)
{
    struct vm *vm = vcpu->vm;

    if ((vm->extensions & ROOKERY_EXTENSION_STEP_REPLY) == 0) {
        return step_with_slowly(vcpu, pc, number, value);
    }
    // The kernel drops what goes to REGS_ZERO.
    vm->answer.label = ROOKERY_REPLY_STEP;
    vm->answer.length = 2;
    vm->answer.word[0] = number;
    vm->answer.word[1] = value;
    return VCPU_RESUME;
}

/// Continues after an instruction whose address the message does not have.
static enum vcpu_action step_unknown_pc(struct vcpu *vcpu)
{
    uint64_t pc = 0;

    if ((vcpu->vm->extensions & ROOKERY_EXTENSION_STEP_REPLY) == 0
        && !kernel_regs_read(vcpu->config->tcb, &pc, 1)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    return arm_step(vcpu, pc);
}

/// True when the guest's virtual timer is armed: then only the kernel knows when it fires.
static bool timer_armed(const struct vcpu *vcpu)
{
    uint64_t control = 0;

    // ENABLE set, IMASK clear. A timer that can't be read counts as armed: never sleep through it.
    return !kernel_vcpu_read(vcpu->config->vcpu, seL4_VCPUReg_CNTV_CTL, &control)
           || (control & 3u) == 1u;
}

bool arm_may_wait(const struct vcpu *vcpu)
{
    return (vcpu->vm->extensions & ROOKERY_EXTENSION_WFI_IN_KERNEL) == 0
           && !vgic_pending(&vcpu->vm->arch.gic, vcpu->index) && !timer_armed(vcpu);
}

/// WFI and WFE reach us only from a kernel without ROOKERY_EXTENSION_WFI_IN_KERNEL.
static enum vcpu_action handle_wfx(struct vcpu *vcpu, uint32_t esr)
{
    enum vcpu_action action = step_unknown_pc(vcpu);

    if (action != VCPU_RESUME || (esr & ISS_WFX_IS_WFE) != 0 || !arm_may_wait(vcpu)) {
        return action;
    }
    vcpu_wait(vcpu);
    return VCPU_KEEP;
}

/// True when a call can be answered with its results. A kernel that handles WFI keeps no call
/// waiting (arm_may_wait()), so none of these is.
static bool has_results_reply(const struct vm *vm)
{
    const uint64_t both = ROOKERY_EXTENSION_RESULTS_REPLY | ROOKERY_EXTENSION_WFI_IN_KERNEL;

    return (vm->extensions & both) == both;
}

/// Makes a call of ours, which has at most four arguments and one result.
static enum vcpu_action quick_call(struct vcpu *vcpu, uint64_t x0, uint64_t x1, uint64_t x2,
                                   uint64_t x3)
{
    uint64_t x[8] = { x0, x1, x2, x3 };
    enum vcpu_action action = arm_smccc(vcpu, x);

    if (action == VCPU_RESUME) {
        vcpu->vm->answer.label = ROOKERY_REPLY_RESULTS;
        vcpu->vm->answer.length = 1;
        vcpu->vm->answer.word[0] = x[0];
    }
    return action;
}

/// The secure monitor call that the assembly lets the guest make itself, or NULL. The function is
/// W0 (DEN 0028, 2.5).
static const struct vm_config_smc *forwarded_smc(const struct vm_config *config, uint64_t x0)
{
    for (uint32_t i = 0; i < config->smc_count; i++) {
        if (config->smcs[i].function == (uint32_t)x0) {
            return &config->smcs[i];
        }
    }
    return NULL;
}

/// Makes a call of the guest to the machine's firmware. False when it is not allowed to.
static bool forward_smc(const struct vm_config *config, uint64_t x[8])
{
    const struct vm_config_smc *smc = forwarded_smc(config, x[0]);

    if (smc == NULL) {
        return false;
    }
    x[0] = smc->function;
    return kernel_smc(smc->cap, x);
}

/// Makes a call (HVC or SMC) whose arguments are in the thread's registers. `step`: the PC is still
/// at the instruction.
static enum vcpu_action handle_register_call(struct vcpu *vcpu, bool may_forward, bool step)
{
    const uint32_t results = REGS_X0 + 1; // pc, sp, spsr, x0
    uint64_t words[REGS_X0 + 8];

    if (!kernel_regs_read(vcpu->config->tcb, words, REGS_X0 + 8)) {
        return arm_stop(vcpu, "its registers can't be read");
    }

    enum vcpu_action action = VCPU_RESUME;
    uint32_t written = results;
    bool quick = step && (vcpu->vm->extensions & ROOKERY_EXTENSION_STEP_REPLY) != 0;
    uint64_t *x = &words[REGS_X0];
    if (may_forward && forward_smc(vcpu->vm->config, x)) {
        written = REGS_X0 + 8;
        quick = false;
    } else {
        action = arm_smccc(vcpu, x);
    }

    if (action == VCPU_DROP) {
        return action;
    }
    if (quick && action == VCPU_RESUME) {
        // Our own calls have one result.
        return arm_step_with(vcpu, words[REGS_PC], 0, x[0]);
    }
    if (step) {
        words[REGS_PC] += INSTRUCTION_SIZE;
    }
    if (!kernel_regs_write(vcpu->config->tcb, words, written)) {
        return arm_stop(vcpu, "its registers can't be written");
    }
    if (action == VCPU_KEEP) {
        vcpu_wait(vcpu);
    }
    return action;
}

/// An SMC whose message has the arguments, of which our own calls have at most four. False: it
/// needs more registers than these, and nothing was done.
static bool handle_quick_smc(struct vcpu *vcpu, const struct kernel_message *message,
                             enum vcpu_action *action)
{
    struct vm *vm = vcpu->vm;

    if (message->length < 5 || !has_results_reply(vm)
        || forwarded_smc(vm->config, message->word[1]) != NULL) {
        return false;
    }
    *action = quick_call(vcpu, message->word[1], message->word[2], message->word[3],
                         kernel_message_word(4));
    return true;
}

/// An HVC arrives as an unknown system call: all we need is in the message and goes back in the
/// reply.
static enum vcpu_action handle_hypercall(struct vcpu *vcpu, const struct kernel_message *message)
{
    struct kernel_answer *answer = &vcpu->vm->answer;
    uint64_t words[REGS_X0 + 8];
    uint64_t *x = &words[REGS_X0];

    if (message->length < seL4_UnknownSyscall_Length) {
        return arm_stop(vcpu, "unknown system call with a short message");
    }
    if (has_results_reply(vcpu->vm)) {
        return quick_call(vcpu, message->word[0], message->word[1], message->word[2],
                          message->word[3]);
    }
    for (uint32_t i = 0; i < 8; i++) {
        x[i] = i < 4 ? message->word[i] : kernel_message_word(seL4_UnknownSyscall_X0 + i);
    }
    // The fault's address is that of the HVC, the reply's the one to go on at.
    words[REGS_PC] = kernel_message_word(seL4_UnknownSyscall_FaultIP) + INSTRUCTION_SIZE;
    words[REGS_SP] = kernel_message_word(seL4_UnknownSyscall_SP);
    words[REGS_SPSR] = kernel_message_word(seL4_UnknownSyscall_SPSR);

    enum vcpu_action action = arm_smccc(vcpu, x);
    if (action == VCPU_KEEP) {
        // The fault that is kept will be answered without a message.
        if (!kernel_regs_write(vcpu->config->tcb, words, REGS_X0 + 1)) {
            return arm_stop(vcpu, "its registers can't be written");
        }
        vcpu_wait(vcpu);
        return action;
    }
    if (action == VCPU_RESUME) {
        answer->length = seL4_UnknownSyscall_FaultIP + 1;
        for (uint32_t i = 0; i < 8; i++) {
            answer->word[i] = x[i];
        }
        answer->word[seL4_UnknownSyscall_FaultIP] = words[REGS_PC];
    }
    return action;
}

/// An HVC whose x7 happened to be the number of a kernel call, on the guest's empty CSpace: the
/// call that the guest meant does not exist.
static enum vcpu_action handle_cap_fault(struct vcpu *vcpu, const struct kernel_message *message)
{
    uint64_t words[REGS_X0 + 1];

    if (!kernel_regs_read(vcpu->config->tcb, words, REGS_X0 + 1)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    words[REGS_PC] = message->word[seL4_CapFault_IP] + INSTRUCTION_SIZE;
    words[REGS_X0] = UINT64_MAX;
    if (!kernel_regs_write(vcpu->config->tcb, words, REGS_X0 + 1)) {
        return arm_stop(vcpu, "its registers can't be written");
    }
    return VCPU_RESUME;
}

static enum vcpu_action handle_vcpu_fault(struct vcpu *vcpu, const struct kernel_message *message)
{
    uint32_t esr = (uint32_t)message->word[0];
    enum vcpu_action action;

    switch (esr_class(esr)) {
    case EC_WFX:
        return handle_wfx(vcpu, esr);
    case EC_HVC64: // the return address of an HVC is the next instruction already
        return handle_register_call(vcpu, false, false);
    case EC_SMC64:
        if (handle_quick_smc(vcpu, message, &action)) {
            return action;
        }
        return handle_register_call(vcpu, true, true);
    case EC_SYSREG:
        return arm_sysreg(vcpu, message);
    case EC_ILLEGAL_STATE:
        return arm_inject(vcpu, EXCEPTION_SYNC, esr_of_class(EC_ILLEGAL_STATE));
    case EC_SERROR:
        if (vcpu->arch.serrors == 0) {
            vm_log("%s: SError 0x%x of CPU %u goes to the guest (more are not logged)",
                   vcpu->vm->config->name, esr, vcpu->index);
        }
        vcpu->arch.serrors++;
        return arm_inject(vcpu, EXCEPTION_SERROR, esr);
    default:
        if (vcpu->arch.unknown_faults == 0) {
            vm_log("%s: trap 0x%x of CPU %u becomes an undefined instruction",
                   vcpu->vm->config->name, esr, vcpu->index);
        }
        vcpu->arch.unknown_faults++;
        return arm_inject_undefined(vcpu);
    }
}

enum vcpu_action arch_vcpu_fault(struct vcpu *vcpu, const struct kernel_message *message)
{
    struct vm *vm = vcpu->vm;

    switch (message->label) {
    case seL4_Fault_VMFault:
        return arm_memory_fault(vcpu, message);
    case seL4_Fault_VGICMaintenance:
        // All ones: the kernel found no list register that ended.
        vgic_end(&vm->arch.gic, vcpu->index,
                 message->word[0] < VGIC_MAX_LRS ? (uint32_t)message->word[0] : VGIC_MAX_LRS);
        return VCPU_RESUME;
    case seL4_Fault_VPPIEvent:
        vgic_pend_physical(&vm->arch.gic, vcpu->index, (uint32_t)message->word[0]);
        return VCPU_RESUME;
    case seL4_Fault_UnknownSyscall:
        return handle_hypercall(vcpu, message);
    case seL4_Fault_VCPUFault:
        return handle_vcpu_fault(vcpu, message);
    case seL4_Fault_CapFault:
        return handle_cap_fault(vcpu, message);
    case seL4_Fault_UserException:
        return arm_inject_undefined(vcpu);
    default:
        vm_log("%s: CPU %u sent fault %llu", vm->config->name, vcpu->index,
               (unsigned long long)message->label);
        return arm_stop(vcpu, "a fault that no VCPU sends");
    }
}
