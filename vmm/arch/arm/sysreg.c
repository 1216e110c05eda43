// SPDX-License-Identifier: BSD-2-Clause
// System registers that a kernel may trap: debug, performance monitors, LORegion,
// implementation-defined and identification registers. The guest's CPU has none of those functions,
// and answers as such a CPU would.
#include "arm.h"
#include "guest_regs.h"

// ISS of a trapped MSR or MRS: Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, Rt 9:5, CRm 4:1, read 0.
#define ISS_READ 1u
#define ISS_RT(iss) (((iss) >> 5) & 31u)
#define ENCODING(op0, op1, crn, crm, op2)                                                          \
    (((uint32_t)(op0) << 20) | ((uint32_t)(op2) << 17) | ((uint32_t)(op1) << 14)                   \
     | ((uint32_t)(crn) << 10) | ((uint32_t)(crm) << 1))

#define ANY_OP0 ENCODING(3, 0, 0, 0, 0)
#define ANY_OP1 ENCODING(0, 7, 0, 0, 0)
#define ANY_CRN ENCODING(0, 0, 15, 0, 0)
#define ANY_CRM ENCODING(0, 0, 0, 15, 0)
#define ANY_OP2 ENCODING(0, 0, 0, 0, 7)
#define EXACT (ANY_OP0 | ANY_OP1 | ANY_CRN | ANY_CRM | ANY_OP2)

struct sysreg_rule {
    uint32_t mask;
    uint32_t match;
    bool undefined;
    uint64_t value;
};

// The first rule that matches counts. What no rule names is undefined.
// clang-format off
static const struct sysreg_rule rules[] = {
    { EXACT,                        ENCODING(2, 0, 1, 1, 4),   false, 8 }, // OSLSR_EL1: has a lock
    { ANY_OP0 | ANY_OP1,            ENCODING(2, 0, 0, 0, 0),   false, 0 }, // debug
    { ANY_OP0 | ANY_OP1,            ENCODING(2, 3, 0, 0, 0),   false, 0 }, // debug channel, EL0
    { ANY_OP0,                      ENCODING(2, 0, 0, 0, 0),   true,  0 }, // trace: none
    { EXACT & ~(ANY_CRM | ANY_OP2), ENCODING(3, 0, 0, 0, 0),   false, 0 }, // identification
    { EXACT,                        ENCODING(3, 0, 1, 0, 1),   false, 0 }, // ACTLR_EL1
    { EXACT & ~ANY_OP2,             ENCODING(3, 0, 10, 4, 0),  false, 0 }, // LORegion
    { EXACT & ~ANY_OP2,             ENCODING(3, 0, 9, 14, 0),  false, 0 }, // PMINTENSET/CLR_EL1
    { EXACT & ~ANY_OP2,             ENCODING(3, 3, 9, 12, 0),  false, 0 }, // PMCR_EL0 ..
    { EXACT & ~ANY_OP2,             ENCODING(3, 3, 9, 13, 0),  false, 0 }, // PMCCNTR_EL0 ..
    { EXACT & ~ANY_OP2,             ENCODING(3, 3, 9, 14, 0),  false, 0 }, // PMUSERENR_EL0 ..
    { (EXACT & ~(ANY_OP2 | ANY_CRM)) | ENCODING(0, 0, 0, 8, 0),
                                    ENCODING(3, 3, 14, 8, 0),  false, 0 }, // PMEV* (CRm 8..15)
    { EXACT & ~ANY_OP2,             ENCODING(3, 3, 14, 2, 0),  false, 0 }, // physical timer
    { ANY_OP0 | ANY_CRN,            ENCODING(3, 0, 11, 0, 0),  false, 0 }, // implementation
    { ANY_OP0 | ANY_CRN,            ENCODING(3, 0, 15, 0, 0),  false, 0 }, // defined
    { ANY_OP0 | ANY_CRN,            ENCODING(1, 0, 7, 0, 0),   false, 0 }, // cache maintenance
};
// clang-format on

struct sysreg_answer sysreg_lookup(uint32_t iss)
{
    for (uint32_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if ((iss & rules[i].mask) == rules[i].match) {
            return (struct sysreg_answer){ .undefined = rules[i].undefined,
                                           .value = rules[i].value };
        }
    }
    return (struct sysreg_answer){ .undefined = true };
}

enum vcpu_action arm_sysreg(struct vcpu *vcpu, uint32_t esr)
{
    uint32_t iss = esr & ESR_ISS_MASK;
    struct sysreg_answer answer = sysreg_lookup(iss);
    uint64_t pc = 0;

    if (answer.undefined) {
        return arm_inject_undefined(vcpu);
    }
    if (!kernel_regs_read(vcpu->config->tcb, &pc, 1)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    if ((iss & ISS_READ) == 0) {
        return arm_step(vcpu, pc);
    }
    return arm_step_with(vcpu, pc, ISS_RT(iss), answer.value);
}
