// SPDX-License-Identifier: BSD-2-Clause
// The Power State Coordination Interface 1.0 (ARM DEN 0022D): the guest's CPUs on and off, the
// machine off and around.
#include <vmm/log.h>

#include "arm.h"
#include "guest_regs.h"

// Function numbers; those with a 64-bit form have it at | PSCI_64.
#define PSCI_64 0x40000000u
#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_SUSPEND 0x84000001u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0x84000003u
#define PSCI_AFFINITY_INFO 0x84000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_FEATURES 0x8400000au
#define SMCCC_VERSION 0x80000000u

#define PSCI_1_0 0x10000u
#define PSCI_NO_TRUSTED_OS 2u ///< MIGRATE_INFO_TYPE: nothing to migrate

#define PSCI_SUCCESS 0
#define PSCI_NOT_SUPPORTED (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON (-4)
#define PSCI_INTERNAL_FAILURE (-6)
#define PSCI_INVALID_ADDRESS (-9)

#define AFFINITY_ON 0
#define AFFINITY_OFF 1

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

bool psci_has(uint32_t function)
{
    switch (function) {
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
        return true;
    default:
        return false;
    }
}

static int64_t cpu_on(struct vm *vm, uint64_t target, uint64_t entry, uint64_t argument)
{
    if ((target & ~MPIDR_AFFINITY) != 0) {
        return PSCI_INVALID_PARAMETERS;
    }
    for (uint32_t i = 0; i < vm->config->vcpu_count; i++) {
        if ((vm->vcpus[i].config->mpidr & MPIDR_AFFINITY) != target) {
            continue;
        }
        if (vm->vcpus[i].state != VCPU_OFF) {
            return PSCI_ALREADY_ON;
        }
        if (entry % INSTRUCTION_SIZE != 0 || !vm_ram_holds(vm, entry, INSTRUCTION_SIZE)) {
            return PSCI_INVALID_ADDRESS;
        }
        return vcpu_start(&vm->vcpus[i], entry, argument) ? PSCI_SUCCESS : PSCI_INTERNAL_FAILURE;
    }
    return PSCI_INVALID_PARAMETERS;
}

/// State of all CPUs that share the affinity fields from `level` up.
static int64_t affinity_info(const struct vm *vm, uint64_t target, uint64_t level)
{
    bool found = false;

    if ((target & ~MPIDR_AFFINITY) != 0 || level > 3) {
        return PSCI_INVALID_PARAMETERS;
    }
    uint64_t mask =
        MPIDR_AFFINITY & (level == 3 ? UINT64_C(0xff) << 32 : ~UINT64_C(0) << (8 * level));
    for (uint32_t i = 0; i < vm->config->vcpu_count; i++) {
        if (((vm->vcpus[i].config->mpidr ^ target) & mask) != 0) {
            continue;
        }
        if (vm->vcpus[i].state != VCPU_OFF) {
            return AFFINITY_ON;
        }
        found = true;
    }
    return found ? AFFINITY_OFF : PSCI_INVALID_PARAMETERS;
}

static int64_t features(uint32_t function)
{
    // CPU_SUSPEND: flags 0 = original power state format, no OS-initiated mode.
    return psci_has(function) || function == SMCCC_VERSION ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

/// The calls after which the caller does not run on. True: it was one of them.
static bool power_call(struct vcpu *vcpu, uint32_t function)
{
    struct vm *vm = vcpu->vm;

    switch (function) {
    case PSCI_CPU_OFF:
        vcpu_stop(vcpu);
        arm_vcpu_off(vcpu);
        return true;
    case PSCI_SYSTEM_OFF:
        vm_log("%s: the guest powered off", vm->config->name);
        vm_stop(vm);
        return true;
    case PSCI_SYSTEM_RESET:
        vm_log("%s: the guest reboots", vm->config->name);
        vm_stop(vm);
        vm_request_restart(vm);
        return true;
    default:
        return false;
    }
}

bool psci_call(struct vcpu *vcpu, uint64_t x[8], enum vcpu_action *action)
{
    struct vm *vm = vcpu->vm;
    uint32_t function = (uint32_t)x[0];
    int64_t result = PSCI_SUCCESS;

    if (!psci_has(function)) {
        return false;
    }
    *action = VCPU_RESUME;
    if (power_call(vcpu, function)) {
        *action = VCPU_DROP;
        return true;
    }
    // 32-bit calls have 32-bit arguments.
    uint64_t mask = (function & PSCI_64) != 0 ? UINT64_MAX : UINT32_MAX;
    switch (function & ~PSCI_64) {
    case PSCI_VERSION:
        result = PSCI_1_0;
        break;
    case PSCI_CPU_SUSPEND:
        // Any power state may be served by a shallower one: this is a wait for an interrupt. Where
        // the VCPU can't be kept waiting the call returns at once, as after a wake-up.
        *action = arm_may_wait(vcpu) ? VCPU_KEEP : VCPU_RESUME;
        break;
    case PSCI_CPU_ON:
        result = cpu_on(vm, x[1] & mask, x[2] & mask, x[3] & mask);
        break;
    case PSCI_AFFINITY_INFO:
        result = affinity_info(vm, x[1] & mask, x[2] & mask);
        break;
    case PSCI_MIGRATE_INFO_TYPE:
        result = PSCI_NO_TRUSTED_OS;
        break;
    default: // PSCI_FEATURES
        result = features((uint32_t)x[1]);
        break;
    }
    x[0] = (uint64_t)result;
    return true;
}
