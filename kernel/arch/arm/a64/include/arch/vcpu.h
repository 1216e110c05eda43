// SPDX-License-Identifier: BSD-2-Clause
// Virtual CPUs: the EL1 state of a guest, its virtual interrupts and its virtual timer (sel4-abi,
// VCPU API). A VCPU stays loaded in the hardware while threads without one run; only what would
// disturb those is switched ("active" or not).
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <arch/drivers.h>
#include <kernel/kernel.h>
#include <sel4/arch/aarch64.h>

#define VCPU_KEY_REGISTERS 10

struct vcpu {
    struct tcb *tcb;                         ///< bound thread (it points back), or NULL
    word_t registers[seL4_VCPUReg_Num];      ///< stale while loaded, see vcpu_read_register()
    word_t keys[VCPU_KEY_REGISTERS];         ///< pointer authentication, where the CPU has it
    word_t csselr;
    word_t vdisr;                            ///< where the CPU has the RAS extension
    word_t tpidr2;                           ///< where the CPU has the SME
    bool timer_masked;    ///< VPPIEvent sent and not acknowledged (AckVPPI), or not to be forwarded
    bool timer_due;       ///< it woke the guest from WFI: look at it when the VCPU is active again
    word_t timer_control; ///< ROOKERY_VCPU_TIMER
    struct vgic_state vgic;
    word_t list_registers_due; ///< bit per list register of `vgic` that goes into the hardware when the
                               ///< VCPU is active again: another core filled it
};
_Static_assert(sizeof(struct vcpu) <= BIT(seL4_VCPUBits), "VCPU size");

/// Finds out what the CPU has; per core, at boot. Sets the native state.
void vcpu_init_core(struct core *core);
/// A new VCPU, in zeroed memory.
void vcpu_create(struct vcpu *vcpu);
/// Back to the state of a new VCPU.
void vcpu_reset(struct vcpu *vcpu);
/// Makes `vcpu` (NULL: none) the active one of the core.
void vcpu_switch(struct core *core, struct vcpu *vcpu);
/// Takes a VCPU out of the executing core's hardware, if it is there, keeping its state.
void vcpu_give_up(struct core *core, struct vcpu *vcpu);
/// Takes the thread's VCPU away from it.
void vcpu_dissociate_tcb(struct core *core, struct tcb *tcb);
/// The VCPU object goes away.
void vcpu_finalise(struct core *core, struct vcpu *vcpu);
enum status vcpu_decode(struct core *core, struct invocation *invocation);

/// Registers by enum seL4_VCPUReg (in range). The VCPU is in no other core's hardware.
word_t vcpu_read_register(const struct core *core, const struct vcpu *vcpu, word_t field);
void vcpu_write_register(struct core *core, struct vcpu *vcpu, word_t field, word_t value);

/// What ROOKERY_REPLY_EXCEPTION says.
struct guest_exception {
    word_t esr;
    word_t far;
    word_t flags;
};
/// Makes the VCPU of a thread take an exception at EL1. The VCPU is in no other core's hardware.
void vcpu_take_exception(struct core *core, struct tcb *tcb,
                         const struct guest_exception *exception);

/// Maintenance interrupt and virtual timer interrupt of the active VCPU.
void vcpu_handle_maintenance(struct core *core);
void vcpu_handle_timer(struct core *core);
/// After the virtual timer interrupt's end at the interrupt controller.
void vcpu_timer_ended(struct core *core);
/// Trapped WFI or WFE of the current thread. Returns whether the thread has to wait.
bool vcpu_must_wait(struct core *core, struct vcpu *vcpu, ticks_t *wake_at);

#endif
