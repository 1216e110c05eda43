// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer's interrupt, delivered by the kernel (abi/extensions.h,
// ROOKERY_EXTENSION_VIRTUAL_TIMER): a list register that is linked to the physical interrupt.
//
// Physical and virtual state go together. While the list register of a loaded VCPU is pending or
// active, the physical interrupt is active at the distributor, so it does not come again; the
// guest's end of interrupt ends both, with the kernel's help where VGIC_LINKED_END is 0. Of a
// VCPU that is not loaded only the saved list register is left: unloading clears the physical
// active state and loading sets it again.
#ifndef ARCH_VTIMER_H
#define ARCH_VTIMER_H

#include <abi/extensions.h>
#include <arch/vcpu.h>

/// Whether the kernel delivers the interrupt.
static inline bool vtimer_is_on(const struct vcpu *vcpu)
{
    return (vcpu->timer_control & ROOKERY_TIMER_ON) != 0;
}

/// Whether the kernel owns this list register.
bool vtimer_owns(const struct vcpu *vcpu, unsigned list_register);

/// State of the list register that the kernel owns: VGIC_LR_PENDING, VGIC_LR_ACTIVE or 0.
vgic_lr_t vtimer_state(const struct core *core, const struct vcpu *vcpu);

/// Makes the interrupt pending for the guest if it is to be forwarded and is not there yet. The
/// timer's output is on, the VCPU is loaded. Called after the physical interrupt's end, or where it
/// has not been acknowledged.
void vtimer_deliver(struct core *core, struct vcpu *vcpu);

/// A maintenance interrupt: ends the physical interrupt if the guest has ended the virtual one.
/// Returns whether it was that.
bool vtimer_take_ended(struct core *core);

/// After the list registers of a VCPU were saved, and after they were loaded again.
void vtimer_unloaded(const struct vcpu *vcpu);
void vtimer_loaded(const struct vcpu *vcpu);

/// VCPU.WriteReg of ROOKERY_VCPU_TIMER. The caller applies vcpu->timer_masked to the hardware.
enum status vtimer_write(struct core *core, struct vcpu *vcpu, word_t value);

#endif
