// SPDX-License-Identifier: BSD-2-Clause
// Messages of short faults and their answers, inline for the fast path: the same words as
// arch_fault_message() and arch_fault_reply() in traps.c give (sel4-abi, faults; abi/extensions.h).
#ifndef ARCH_QUICK_FAULT_H
#define ARCH_QUICK_FAULT_H

#include <abi/extensions.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <kernel/sched.h>
#include <sel4/arch/aarch64.h>

#define QUICK_CALL_REGISTERS 4u ///< arguments that an SMC's message carries, and results
_Static_assert((int)seL4_VMFault_Length == (int)seL4_FastMessageRegisters
                   && QUICK_CALL_REGISTERS == seL4_FastMessageRegisters,
               "one word is left for the buffer");

/// Whether a VMFault's message carries the value of a store: a data abort on a write, with valid
/// syndrome.
static inline bool fsr_has_value(word_t fsr)
{
    return ESR_EC(fsr) == EC_DATA_ABORT && (fsr & (ESR_ISV | ESR_WNR)) == (ESR_ISV | ESR_WNR);
}

/// Whether the fault is one that these functions know.
static inline bool quick_fault_is_known(word_t label)
{
    return (label >= seL4_Fault_VMFault && label <= seL4_Fault_VPPIEvent)
           || label == seL4_Fault_UnknownSyscall;
}

/// Whether they know the answer to a fault (label and length of the answer). Message words beyond
/// the registers are not looked at.
static inline bool quick_fault_reply_is_known(word_t fault_label, word_t label)
{
    return (fault_label >= seL4_Fault_VMFault && fault_label <= seL4_Fault_VPPIEvent)
           || (fault_label == seL4_Fault_UnknownSyscall && label == ROOKERY_REPLY_RESULTS);
}

/// The message of an UnknownSyscall.
static inline unsigned quick_fault_call(const word_t *registers, word_t number, word_t *message,
                                        struct tcb *handler)
{
    for (unsigned i = 0; i < seL4_FastMessageRegisters; i++) {
        message[i] = registers[i];
    }
    word_t *buffer = arch_ipc_buffer(handler, true);
    if (buffer == NULL) {
        return seL4_FastMessageRegisters;
    }
    buffer += BUFFER_MESSAGE;
    for (unsigned i = seL4_FastMessageRegisters; i < 8; i++) {
        buffer[seL4_UnknownSyscall_X0 + i] = registers[i];
    }
    buffer[seL4_UnknownSyscall_FaultIP] = registers[CONTEXT_FAULT_PC];
    buffer[seL4_UnknownSyscall_SP] = registers[CONTEXT_SP];
    buffer[seL4_UnknownSyscall_LR] = registers[REGISTER_LR];
    buffer[seL4_UnknownSyscall_SPSR] = registers[CONTEXT_SPSR];
    buffer[seL4_UnknownSyscall_Syscall] = number;
    return seL4_UnknownSyscall_Length;
}

/// Writes the fifth word of a message; returns the message's length.
static inline unsigned quick_fault_fifth(struct tcb *handler, word_t value)
{
    word_t *buffer = arch_ipc_buffer(handler, true);
    if (buffer == NULL) {
        return seL4_FastMessageRegisters;
    }
    buffer[BUFFER_MESSAGE + seL4_FastMessageRegisters] = value;
    return seL4_FastMessageRegisters + 1;
}

/// Writes the message of a known fault for its handler; returns its length.
static inline unsigned quick_fault_message(const struct tcb *tcb, const struct fault *fault,
                                           struct tcb *handler)
{
    const word_t *registers = tcb->arch.registers;
    word_t *message = &handler->arch.registers[REGISTER_MESSAGE_0];
    if (LIKELY(fault->label == seL4_Fault_VMFault)) {
        word_t fsr = fault->words[2];
        message[seL4_VMFault_IP] = registers[CONTEXT_FAULT_PC];
        message[seL4_VMFault_Addr] = fault->words[0];
        message[seL4_VMFault_PrefetchFault] = fault->words[1];
        message[seL4_VMFault_FSR] = fsr;
        if (tcb->arch.vcpu == NULL || !fsr_has_value(fsr)) {
            return seL4_VMFault_Length;
        }
        word_t srt = fsr >> 16 & 31;
        return quick_fault_fifth(handler, srt == 31 ? 0 : registers[srt]);
    }
    if (fault->label == seL4_Fault_UnknownSyscall) {
        return quick_fault_call(registers, fault->words[0], message, handler);
    }
    const word_t esr = fault->words[0];
    message[0] = esr;
    if (fault->label != seL4_Fault_VCPUFault) {
        return 1;
    }
    if (ESR_EC(esr) == EC_SYSREG && (esr & 1) == 0) { // MSR
        word_t rt = esr >> 5 & 31;
        message[1] = rt == 31 ? 0 : registers[rt];
        return 2;
    }
    if (ESR_EC(esr) != EC_SMC64) {
        return 1;
    }
    for (unsigned i = 1; i < seL4_FastMessageRegisters; i++) { // SMC
        message[i] = registers[i - 1];
    }
    return quick_fault_fifth(handler, registers[QUICK_CALL_REGISTERS - 1]);
}

/// Applies the answer that is in the registers of `answerer`; the thread continues at its PC then.
static inline void quick_fault_reply(struct tcb *tcb, const struct tcb *answerer,
                                     word_t fault_label, word_t label, word_t length)
{
    const word_t *message = &answerer->arch.registers[REGISTER_MESSAGE_0];
    if (UNLIKELY(label == ROOKERY_REPLY_EXCEPTION) && tcb->arch.vcpu != NULL
        && (fault_label == seL4_Fault_VMFault || fault_label == seL4_Fault_VCPUFault)) {
        const struct guest_exception exception = {
            .esr = length > 0 ? message[0] : 0,
            .far = length > 1 ? message[1] : 0,
            .flags = length > 2 ? message[2] : 0,
        };
        vcpu_take_exception(arch_current_core(), tcb, &exception); // this core's, so is its VCPU
        return;
    }
    word_t pc = tcb->arch.registers[CONTEXT_FAULT_PC];
    bool steps = fault_label == seL4_Fault_VMFault || fault_label == seL4_Fault_VCPUFault;
    bool calls = fault_label == seL4_Fault_VCPUFault || fault_label == seL4_Fault_UnknownSyscall;
    if (steps && label == ROOKERY_REPLY_STEP) {
        if (length >= 2 && message[0] < 31) {
            tcb->arch.registers[message[0]] = message[1];
        }
        pc += 4;
    } else if (calls && label == ROOKERY_REPLY_RESULTS) {
        for (unsigned i = 0; i < QUICK_CALL_REGISTERS && i < length; i++) {
            tcb->arch.registers[i] = message[i];
        }
        pc += 4;
    }
    tcb->arch.registers[CONTEXT_FAULT_PC] = pc;
    tcb->arch.registers[CONTEXT_PC] = pc;
}

#endif
