// SPDX-License-Identifier: BSD-2-Clause
// Calls to the firmware through SMC caps.
#ifndef ARCH_SMC_H
#define ARCH_SMC_H

#include <kernel/kernel.h>

#define SMC_REGISTERS 8

/// Invocation of an SMC cap (arm/common/smc.c).
enum status smc_decode(struct core *core, struct invocation *invocation);
/// Makes the call with x0 to x7, and gets the firmware's x0 to x7. On arch/host the firmware adds one
/// to each word.
void smc_call(word_t x[SMC_REGISTERS]);

#endif
