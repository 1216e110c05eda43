// SPDX-License-Identifier: BSD-2-Clause
// Calls of the guest to its firmware by the SMC Calling Convention 1.1 (ARM DEN 0028), by HVC or
// SMC.
#include "arm.h"

#define SMCCC_VERSION 0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u

#define SMCCC_VERSION_1_1 0x10001u
#define SMCCC_SUCCESS 0u
#define SMCCC_NOT_SUPPORTED UINT64_MAX

enum vcpu_action arm_smccc(struct vcpu *vcpu, uint64_t x[8])
{
    enum vcpu_action action = VCPU_RESUME;

    switch ((uint32_t)x[0]) {
    case SMCCC_VERSION:
        x[0] = SMCCC_VERSION_1_1;
        return action;
    case SMCCC_ARCH_FEATURES:
        x[0] = (uint32_t)x[1] == SMCCC_VERSION || (uint32_t)x[1] == SMCCC_ARCH_FEATURES
                   ? SMCCC_SUCCESS
                   : SMCCC_NOT_SUPPORTED;
        return action;
    default:
        if (!psci_call(vcpu, x, &action)) {
            x[0] = SMCCC_NOT_SUPPORTED;
        }
        return action;
    }
}
