// SPDX-License-Identifier: BSD-2-Clause
// What the AArch64 files offer each other about a thread's registers and its FP unit.
#ifndef ARCH_CONTEXT_OPS_H
#define ARCH_CONTEXT_OPS_H

#include <kernel/kernel.h>

/// The SPSR that a thread may have: EL1 and 32-bit user modes only with a VCPU.
word_t context_sanitise_spsr(const struct tcb *tcb, word_t spsr);
/// Sets which FP owner traps; called when the current thread or its flags change.
void fp_switch(struct core *core, const struct tcb *tcb);
/// Gives the FP unit to the current thread. Returns false when its flags forbid that.
bool fp_take(struct core *core);
/// Writes the owner's registers back to its TCB and takes the unit away, if it is `tcb`'s.
void fp_release(struct core *core, struct tcb *tcb, bool keep);

/// Writes TPIDR_EL0 and TPIDRRO_EL0 back to the TCB of their owner, if that is `tcb`.
void tls_release(struct core *core, struct tcb *tcb);

/// Assembler: FP registers to and from arch_tcb.fp. The unit must not trap.
void fp_save(word_t *area);
void fp_restore(const word_t *area);

/// Exceptions that vectors.S does not send to the generic kernel itself.
void arch_handle_sync(struct core *core, word_t esr);
void arch_handle_serror(struct core *core, word_t esr);
/// An exception of the kernel itself; `kind`: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError.
NORETURN void arch_kernel_exception(word_t kind, word_t esr, word_t elr, word_t far);
/// Called by head.S with the boot protocol's registers.
void arch_boot(paddr_t user_start, paddr_t user_end, word_t phys_minus_virt, word_t user_entry,
               paddr_t dtb, word_t dtb_bytes);
/// The executing core's own registers, and its part of the devices.
void boot_init_core(struct core *core);
void boot_init_core_hardware(struct core *core);

#endif
