// SPDX-License-Identifier: BSD-2-Clause
// SMC caps: calls to the firmware at EL3 in the name of user level (Arm DEN 0028). A cap with a badge
// allows one function. What the firmware does then (turn the machine off, write to memory) is the
// affair of whoever handed out the cap.
#include <arch/smc.h>

enum status smc_decode(struct core *core, struct invocation *invocation)
{
    word_t x[SMC_REGISTERS];

    if (invocation->label != ARMSMCCall) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < SMC_REGISTERS) {
        return error_set(core, seL4_TruncatedMessage);
    }
    for (unsigned i = 0; i < SMC_REGISTERS; i++) {
        x[i] = invocation_word(core, invocation, i);
    }
    const word_t allowed = cap_badge(invocation->cap);
    if (allowed != 0 && x[0] != allowed) {
        return error_set(core, seL4_IllegalOperation);
    }
    smc_call(x);
    for (unsigned i = 0; i < SMC_REGISTERS; i++) {
        invocation_reply_word(core, i, x[i]);
    }
    invocation_reply_length(core, SMC_REGISTERS);
    return STATUS_OK;
}
