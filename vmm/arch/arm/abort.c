// SPDX-License-Identifier: BSD-2-Clause
// Stage-2 faults (ARM DDI 0487, D17.2.37, ISS of data aborts): a decoded access goes to the device
// bus, all else becomes the external abort that a real machine answers with when nothing is there.
#include <sel4/arch/aarch64.h>
#include <vmm/log.h>

#include "arm.h"
#include "guest_regs.h"

#define ISS_ISV (UINT32_C(1) << 24)
#define ISS_SAS(esr) (((esr) >> 22) & 3u)
#define ISS_SSE (UINT32_C(1) << 21)
#define ISS_SRT(esr) (((esr) >> 16) & 31u)
#define ISS_SF (UINT32_C(1) << 15)
#define ISS_CM (UINT32_C(1) << 8)
#define ISS_S1PTW (UINT32_C(1) << 7)
#define ISS_WNR (UINT32_C(1) << 6)
#define ISS_FSC_TYPE(esr) (((esr) >> 2) & 15u) ///< fault status without its two level bits
#define FSC_TYPE_TRANSLATION 1u

#define MAX_LOGGED_HOLES 8u

static void log_hole(struct vcpu *vcpu, const char *what, uint64_t pc, uint64_t address)
{
    struct vm *vm = vcpu->vm;

    if (vm->logged_holes < MAX_LOGGED_HOLES) {
        vm->logged_holes++;
        vm_log("%s: %s 0x%llx by CPU %u at pc 0x%llx: external abort%s", vm->config->name, what,
               (unsigned long long)address, vcpu->index, (unsigned long long)pc,
               vm->logged_holes == MAX_LOGGED_HOLES ? " (more are not logged)" : "");
    }
}

/// Value of the register that a store takes its data from.
static bool store_value(struct vcpu *vcpu, const struct kernel_message *message, uint32_t number,
                        uint64_t *value)
{
    uint64_t words[KERNEL_REGS_WORDS];

    if (number == REGS_ZERO) {
        *value = 0;
        return true;
    }
    if (message->length > seL4_VMFault_Length) {
        *value = kernel_message_word(seL4_VMFault_Length);
        return true;
    }
    uint32_t index = regs_index(number);
    if (!kernel_regs_read(vcpu->config->tcb, words, index + 1)) {
        return false;
    }
    *value = words[index];
    return true;
}

static uint64_t extend(uint64_t value, uint32_t esr, uint8_t size)
{
    if (__builtin_expect((esr & ISS_SSE) != 0, 0) && size < 8) {
        uint64_t sign = UINT64_C(1) << (size * 8u - 1u);
        value = (value ^ sign) - sign;
    }
    return (esr & ISS_SF) != 0 ? value : (uint32_t)value;
}

static enum vcpu_action device_access(struct vcpu *vcpu, const struct kernel_message *message,
                                      uint32_t esr)
{
    struct vm *vm = vcpu->vm;
    uint64_t pc = message->word[seL4_VMFault_IP];
    uint64_t address = message->word[seL4_VMFault_Addr];
    uint32_t number = ISS_SRT(esr);
    struct access access = {
        .size = (uint8_t)(1u << ISS_SAS(esr)),
        .is_store = (esr & ISS_WNR) != 0,
    };

    if (access.is_store) {
        if (!store_value(vcpu, message, number, &access.value)) {
            return arm_stop(vcpu, "its registers can't be read");
        }
        access.value &= access_mask(access.size);
    }
    vm->arch.gic.current = vcpu->index;
    if (bus_access(&vm->bus, address, &access) != ACCESS_OK) {
        log_hole(vcpu, access.is_store ? "store to" : "load from", pc, address);
        return arm_inject_abort(vcpu, false, access.is_store, false);
    }
    if (access.is_store) {
        return arm_step(vcpu, pc);
    }
    return arm_step_with(vcpu, pc, number, extend(access.value, esr, access.size));
}

enum vcpu_action arm_memory_fault(struct vcpu *vcpu, const struct kernel_message *message)
{
    uint64_t pc = message->word[seL4_VMFault_IP];
    uint64_t address = message->word[seL4_VMFault_Addr];
    uint32_t esr = (uint32_t)message->word[seL4_VMFault_FSR];
    bool table_walk = (esr & ISS_S1PTW) != 0;

    if (message->word[seL4_VMFault_PrefetchFault] != 0) {
        log_hole(vcpu, "fetch from", pc, address);
        return arm_inject_abort(vcpu, true, false, table_walk);
    }
    if (table_walk || ISS_FSC_TYPE(esr) != FSC_TYPE_TRANSLATION) {
        log_hole(vcpu, table_walk ? "page table at" : "access that the machine refuses:", pc,
                 address);
        return arm_inject_abort(vcpu, false, (esr & ISS_WNR) != 0, table_walk);
    }
    if ((esr & ISS_CM) != 0) {
        // Cache maintenance where no memory is: nothing to do.
        return arm_step(vcpu, pc);
    }
    if ((esr & ISS_ISV) == 0 || (esr & ESR_IL) == 0) {
        // An instruction that the CPU does not decode for us (write-back, pair, exclusive, SIMD),
        // or a 16-bit one of a 32-bit program. Drivers do not touch devices with those.
        log_hole(vcpu, "undecoded access to", pc, address);
        return arm_inject_abort(vcpu, false, (esr & ISS_WNR) != 0, false);
    }
    return device_access(vcpu, message, esr);
}
