// SPDX-License-Identifier: BSD-2-Clause
// System registers that a kernel may trap: debug, performance monitors, LORegion,
// implementation-defined and identification registers. The guest's CPU has none of those functions,
// and answers as such a CPU would. With a virtual GICv3 those of its CPU interface that generate
// SGIs, and ICC_SRE_EL1.
#include <abi/extensions.h>
#include <vmm/arch/vgic_v3.h>

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
    { EXACT & ~ANY_OP2,             ENCODING(3, 0, 5, 3, 0),   false, 0 }, // ERRIDR_EL1: no records
    { EXACT & ~ANY_OP2,             ENCODING(3, 0, 5, 4, 0),   false, 0 }, // ERX*_EL1
    { EXACT & ~ANY_OP2,             ENCODING(3, 0, 5, 5, 0),   false, 0 }, // ERXMISC*_EL1
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

#define ICC_SGI1R_EL1 ENCODING(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1 ENCODING(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1 ENCODING(3, 0, 12, 11, 7)
#define ICC_SRE_EL1 ENCODING(3, 0, 12, 12, 5)
#define SRE_SYSTEM_REGISTERS 7u ///< SRE, DFB, DIB: there is no other interface

/// Which SGI register a write is to. False: to none.
static bool is_sgi_write(uint32_t iss, enum vgic_v3_sgi *which)
{
    switch (iss & (EXACT | ISS_READ)) {
    case ICC_SGI1R_EL1:
        *which = VGIC_V3_SGI1;
        return true;
    case ICC_ASGI1R_EL1:
        *which = VGIC_V3_ASGI1;
        return true;
    case ICC_SGI0R_EL1:
        *which = VGIC_V3_SGI0;
        return true;
    default:
        return false;
    }
}

/// A write to a register that generates SGIs.
static enum vcpu_action write_sgi(struct vcpu *vcpu, const struct kernel_message *message,
                                  uint32_t number, enum vgic_v3_sgi which)
{
    struct vgic *vgic = &vcpu->vm->arch.gic;
    uint64_t words[KERNEL_REGS_WORDS];
    uint32_t count = number < REGS_ZERO ? regs_index(number) + 1u : 1u;

    if (message->length >= 2 && (vcpu->vm->extensions & ROOKERY_EXTENSION_STEP_REPLY) != 0) {
        vgic_v3_send_sgi(vgic, vcpu->index, which, message->word[1]);
        return arm_step(vcpu, 0);
    }
    if (!kernel_regs_read(vcpu->config->tcb, words, count)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    vgic_v3_send_sgi(vgic, vcpu->index, which, number < REGS_ZERO ? words[count - 1u] : 0);
    return arm_step(vcpu, words[REGS_PC]);
}

enum vcpu_action arm_sysreg(struct vcpu *vcpu, const struct kernel_message *message)
{
    uint32_t iss = (uint32_t)message->word[0] & ESR_ISS_MASK;
    struct sysreg_answer answer = sysreg_lookup(iss);
    enum vgic_v3_sgi sgi;
    uint64_t pc = 0;

    if (vcpu->vm->config->gic.version == 3) {
        if (is_sgi_write(iss, &sgi)) {
            return write_sgi(vcpu, message, ISS_RT(iss), sgi);
        }
        if ((iss & EXACT) == ICC_SRE_EL1) {
            answer = (struct sysreg_answer){ .value = SRE_SYSTEM_REGISTERS };
        }
    }
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
