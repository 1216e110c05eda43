// SPDX-License-Identifier: BSD-2-Clause
// What the files of vmm/arch/arm offer each other.
#ifndef VMM_ARM_ARM_H
#define VMM_ARM_ARM_H

#include <vmm/arch_if.h>

// Exception classes, bits 31:26 of ESR_ELx (ARM DDI 0487, D17.2.37).
#define EC_UNKNOWN 0x00u
#define EC_WFX 0x01u
#define EC_FP_ACCESS 0x07u
#define EC_ILLEGAL_STATE 0x0eu
#define EC_HVC64 0x16u
#define EC_SMC64 0x17u
#define EC_SYSREG 0x18u
#define EC_SVE_ACCESS 0x19u
#define EC_INSTRUCTION_ABORT_LOWER 0x20u
#define EC_DATA_ABORT_LOWER 0x24u
#define EC_DATA_ABORT_SAME 0x25u
#define EC_SERROR 0x2fu

#define ESR_EC_SHIFT 26u
#define ESR_IL (UINT32_C(1) << 25)
#define ESR_ISS_MASK 0x01ffffffu

static inline uint32_t esr_class(uint32_t esr)
{
    return (esr >> ESR_EC_SHIFT) & 0x3fu;
}

/// Syndrome of class `class` with nothing in its ISS, for a 32-bit instruction.
static inline uint32_t esr_of_class(uint32_t class)
{
    return (class << ESR_EC_SHIFT) | ESR_IL;
}

/// Bytes of an A64 instruction.
#define INSTRUCTION_SIZE 4u

/// Start of each group of vectors of one kind, added to the part of VBAR_EL1 for the exception
/// level.
enum exception_kind {
    EXCEPTION_SYNC = 0x000,
    EXCEPTION_SERROR = 0x180,
};

// abort.c

/// A stage-2 fault: an access to a device, or to nothing.
enum vcpu_action arm_memory_fault(struct vcpu *vcpu, const struct kernel_message *message);

// inject.c

/// Makes the guest take an exception at EL1, as its CPU would: ESR_EL1, ELR_EL1, SPSR_EL1, FAR_EL1
/// and the vector. A guest that can't even fetch its own vector is stopped.
enum vcpu_action arm_inject(struct vcpu *vcpu, enum exception_kind kind, uint32_t esr);

/// Undefined instruction.
enum vcpu_action arm_inject_undefined(struct vcpu *vcpu);

/// Synchronous external abort: `write` for data, `instruction` for a fetch. The faulting virtual
/// address is not known, and ESR_EL1.FnV says so.
enum vcpu_action arm_inject_abort(struct vcpu *vcpu, bool instruction, bool write, bool table_walk);

// exit.c

/// Reports a VCPU that can't go on and stops its VM.
enum vcpu_action arm_stop(struct vcpu *vcpu, const char *why);

/// Continues after the faulting instruction. `pc`: its address.
enum vcpu_action arm_step(struct vcpu *vcpu, uint64_t pc);

/// Continues after the faulting instruction with `value` in general register `number` (REGS_ZERO:
/// none).
enum vcpu_action arm_step_with(struct vcpu *vcpu, uint64_t pc, uint32_t number, uint64_t value);

/// True when the VCPU can be kept waiting for an interrupt: none is there for it, and its virtual
/// timer is not armed. We have no timer of our own, so a VCPU with an armed timer has to go on:
/// nothing would wake it. Always false on a kernel that handles WFI itself.
bool arm_may_wait(const struct vcpu *vcpu);

// arch.c

/// Takes interrupts back that a CPU was to handle that the guest just switched off. Without
/// ROOKERY_EXTENSION_VCPU_RESET they wait until it is on again.
void arm_vcpu_off(struct vcpu *vcpu);

// sysreg.c

/// A trapped MRS or MSR.
enum vcpu_action arm_sysreg(struct vcpu *vcpu, const struct kernel_message *message);

struct sysreg_answer {
    bool undefined; ///< the CPU has no such register
    uint64_t value; ///< what a read gives; writes are ignored
};

/// What a trapped access to a system register does. `iss` as in ESR_ELx.
struct sysreg_answer sysreg_lookup(uint32_t iss);

// smccc.c, psci.c

/// A call by the SMC Calling Convention (ARM DEN 0028): x0 is replaced by the result. The action
/// VCPU_KEEP asks the caller to let the VCPU wait and to continue it after the call.
enum vcpu_action arm_smccc(struct vcpu *vcpu, uint64_t x[8]);

/// A PSCI call (ARM DEN 0022D, version 1.0). False: not a PSCI function that exists here.
bool psci_call(struct vcpu *vcpu, uint64_t x[8], enum vcpu_action *action);

/// True for the function numbers that psci_call() implements.
bool psci_has(uint32_t function);

#endif
