// SPDX-License-Identifier: BSD-2-Clause
// Exceptions that the VMM makes a guest take: what AArch64.TakeException of the architecture manual
// (ARM DDI 0487, D1.3) does to EL1, done by the kernel (ROOKERY_EXTENSION_EXCEPTION_REPLY) or with
// the VCPU's registers.
#include <abi/extensions.h>
#include <sel4/arch/aarch64.h>

#include "arm.h"
#include "guest_regs.h"

#define SCTLR_SPAN (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)

#define ISS_FNV (UINT32_C(1) << 10)
#define ISS_WNR (UINT32_C(1) << 6)
#define FSC_EXTERNAL 0x10u
#define FSC_EXTERNAL_ON_WALK 0x14u

/// Part of the vector table for an exception taken from `pstate` to EL1.
static uint32_t vector_group(uint64_t pstate)
{
    if ((pstate & PSTATE_AARCH32) != 0) {
        return 0x600;
    }
    switch (pstate & PSTATE_MODE_MASK) {
    case PSTATE_MODE_EL0:
        return 0x400;
    case PSTATE_MODE_EL1T:
        return 0x000;
    default:
        return 0x200;
    }
}

/// PSTATE in the handler.
static uint64_t handler_pstate(uint64_t pstate, uint64_t sctlr)
{
    uint64_t next =
        (pstate & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT)) | PSTATE_DAIF | PSTATE_MODE_EL1H;

    if ((sctlr & SCTLR_SPAN) == 0) {
        next |= PSTATE_PAN;
    }
    if ((sctlr & SCTLR_DSSBS) != 0) {
        next |= PSTATE_SSBS;
    }
    return next;
}

static bool from_el0(uint64_t pstate)
{
    return (pstate & PSTATE_AARCH32) != 0 || (pstate & PSTATE_MODE_MASK) == PSTATE_MODE_EL0;
}

/// `frame`: pc, sp, spsr of the thread, replaced.
static enum vcpu_action take(struct vcpu *vcpu, uint64_t frame[3], enum exception_kind kind,
                             uint32_t esr, bool set_far)
{
    uint64_t vcpu_cap = vcpu->config->vcpu;
    uint64_t vbar = 0;
    uint64_t sctlr = 0;

    if (!kernel_vcpu_read(vcpu_cap, seL4_VCPUReg_VBAR, &vbar)
        || !kernel_vcpu_read(vcpu_cap, seL4_VCPUReg_SCTLR, &sctlr)) {
        return arm_stop(vcpu, "its system registers can't be read");
    }
    uint64_t vector = vbar + vector_group(frame[REGS_SPSR]) + kind;
    if (vector == frame[REGS_PC]) {
        // The same fault would follow for ever.
        return arm_stop(vcpu, "it faults on the first instruction of its own exception vector");
    }

    bool done = kernel_vcpu_write(vcpu_cap, seL4_VCPUReg_ESR, esr)
                && kernel_vcpu_write(vcpu_cap, seL4_VCPUReg_ELR_EL1, frame[REGS_PC])
                && kernel_vcpu_write(vcpu_cap, seL4_VCPUReg_SPSR_EL1, frame[REGS_SPSR])
                && (!set_far || kernel_vcpu_write(vcpu_cap, seL4_VCPUReg_FAR, 0));
    frame[REGS_SPSR] = handler_pstate(frame[REGS_SPSR], sctlr);
    frame[REGS_PC] = vector;
    if (!done || !kernel_regs_write(vcpu->config->tcb, frame, 3)) {
        return arm_stop(vcpu, "its registers can't be written");
    }
    return VCPU_RESUME;
}

/// After so many exceptions without another exit in between, one is done with the registers: that
/// finds a guest that can't even fetch its own vector.
#define LOOKS_CLOSER_AFTER 256u

/// Leaves the exception to the kernel. False: it can't, or it is time to look closer.
static bool take_by_reply(struct vcpu *vcpu, enum exception_kind kind, uint32_t esr, bool set_far)
{
    struct kernel_answer *answer = &vcpu->vm->answer;
    bool in_a_row = vcpu->faults == vcpu->arch.last_exception + 1;

    vcpu->arch.last_exception = vcpu->faults;
    vcpu->arch.exceptions_in_a_row = in_a_row ? vcpu->arch.exceptions_in_a_row + 1 : 0;
    if ((vcpu->vm->extensions & ROOKERY_EXTENSION_EXCEPTION_REPLY) == 0
        || vcpu->arch.exceptions_in_a_row % LOOKS_CLOSER_AFTER == LOOKS_CLOSER_AFTER - 1) {
        return false;
    }
    answer->label = ROOKERY_REPLY_EXCEPTION;
    answer->length = 3;
    answer->word[0] = esr;
    answer->word[1] = 0;
    answer->word[2] = (set_far ? ROOKERY_EXCEPTION_FAR : 0)
                      | (kind == EXCEPTION_SERROR ? ROOKERY_EXCEPTION_SERROR : 0);
    return true;
}

enum vcpu_action arm_inject(struct vcpu *vcpu, enum exception_kind kind, uint32_t esr)
{
    uint64_t frame[3];

    if (take_by_reply(vcpu, kind, esr, false)) {
        return VCPU_RESUME;
    }

    if (!kernel_regs_read(vcpu->config->tcb, frame, 3)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    return take(vcpu, frame, kind, esr, false);
}

enum vcpu_action arm_inject_undefined(struct vcpu *vcpu)
{
    return arm_inject(vcpu, EXCEPTION_SYNC, esr_of_class(EC_UNKNOWN));
}

enum vcpu_action arm_inject_abort(struct vcpu *vcpu, bool instruction, bool write, bool table_walk)
{
    uint64_t frame[3];
    uint32_t esr =
        esr_of_class(instruction ? EC_INSTRUCTION_ABORT_LOWER : EC_DATA_ABORT_LOWER);

    if (!instruction && write) {
        esr |= ISS_WNR;
    }
    // FnV does not exist for aborts on a table walk: FAR_EL1 is 0 there, which is the best we know.
    esr |= table_walk ? FSC_EXTERNAL_ON_WALK : (FSC_EXTERNAL | ISS_FNV);
    if (take_by_reply(vcpu, EXCEPTION_SYNC, esr, true)) {
        return VCPU_RESUME;
    }
    if (!kernel_regs_read(vcpu->config->tcb, frame, 3)) {
        return arm_stop(vcpu, "its registers can't be read");
    }
    if (!from_el0(frame[REGS_SPSR])) {
        // The class of the same abort from EL1.
        esr += (EC_DATA_ABORT_SAME - EC_DATA_ABORT_LOWER) << ESR_EC_SHIFT;
    }
    return take(vcpu, frame, EXCEPTION_SYNC, esr, true);
}
