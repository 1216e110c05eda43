// SPDX-License-Identifier: BSD-2-Clause
// Exceptions that a VMM makes its guest take: ROOKERY_REPLY_EXCEPTION (abi/extensions.h), what
// AArch64.TakeException of the architecture manual (ARM DDI 0487, D1.3) does to EL1.
#include <abi/extensions.h>
#include <arch/context_ops.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>

#define SCTLR_SPAN BIT(23)
#define SCTLR_DSSBS BIT(44)

#define SPSR_SSBS BIT(12)
#define SPSR_PAN BIT(22)
#define SPSR_DIT BIT(24)
#define SPSR_DAIF (UINT64_C(15) << 6)
#define SPSR_EL_MASK 0xcu // of the mode: exception level, 0 in 32-bit user mode too

#define ESR_SAME_LEVEL BIT(26) // lowest bit of the class of an abort
#define VECTOR_SERROR 0x180

static word_t vector_group(word_t spsr)
{
    if ((spsr & SPSR_USER32) != 0) {
        return 0x600;
    }
    switch (spsr & SPSR_MODE_MASK) {
    case SPSR_EL0T:
        return 0x400;
    case SPSR_EL1T:
        return 0x000;
    default:
        return 0x200;
    }
}

static word_t handler_spsr(word_t spsr, word_t sctlr)
{
    word_t next = (spsr & (SPSR_NZCV | SPSR_PAN | SPSR_DIT)) | SPSR_DAIF | SPSR_EL1H;
    if ((sctlr & SCTLR_SPAN) == 0) {
        next |= SPSR_PAN;
    }
    if ((sctlr & SCTLR_DSSBS) != 0) {
        next |= SPSR_SSBS;
    }
    return next;
}

void vcpu_take_exception(struct core *core, struct tcb *tcb, const struct guest_exception *exception)
{
    struct vcpu *vcpu = tcb->arch.vcpu;
    word_t *registers = tcb->arch.registers;
    const word_t spsr = registers[CONTEXT_SPSR];
    word_t esr = exception->esr & UINT32_MAX;

    if ((spsr & SPSR_EL_MASK) != 0
        && (ESR_EC(esr) == EC_DATA_ABORT || ESR_EC(esr) == EC_INSTRUCTION_ABORT)) {
        esr |= ESR_SAME_LEVEL;
    }
    vcpu_write_register(core, vcpu, seL4_VCPUReg_ESR, esr);
    vcpu_write_register(core, vcpu, seL4_VCPUReg_ELR_EL1, registers[CONTEXT_FAULT_PC]);
    vcpu_write_register(core, vcpu, seL4_VCPUReg_SPSR_EL1, spsr);
    if ((exception->flags & ROOKERY_EXCEPTION_FAR) != 0) {
        vcpu_write_register(core, vcpu, seL4_VCPUReg_FAR, exception->far);
    }
    registers[CONTEXT_FAULT_PC] =
        vcpu_read_register(core, vcpu, seL4_VCPUReg_VBAR) + vector_group(spsr)
        + ((exception->flags & ROOKERY_EXCEPTION_SERROR) != 0 ? VECTOR_SERROR : 0);
    registers[CONTEXT_PC] = registers[CONTEXT_FAULT_PC];
    registers[CONTEXT_SPSR] = context_sanitise_spsr(
        tcb, handler_spsr(spsr, vcpu_read_register(core, vcpu, seL4_VCPUReg_SCTLR)));
}
