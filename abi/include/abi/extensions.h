// SPDX-License-Identifier: BSD-2-Clause
// What Rookery's kernel offers beyond the upstream API. Announced by a chunk of extra boot info with id
// SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS; a program that finds no such chunk, or not the bit that it
// wants, must work without.
#ifndef ABI_EXTENSIONS_H
#define ABI_EXTENSIONS_H

#include <stdint.h>

/// Payload of the boot info chunk, after its seL4_BootInfoHeader.
struct rookery_extensions {
    uint64_t features; ///< ROOKERY_EXTENSION_* bits
};

/// The kernel itself handles WFI of a VCPU. A trapped WFI (EC 0x01, ISS bit 0 clear) sends no VCPUFault:
/// the thread becomes blocked on WFI. It is not schedulable and consumes no budget, until one of:
///
///  1. its virtual timer fires: CNTV_CTL has ENABLE set and IMASK clear, and CNTVCT (with the VCPU's
///     CNTVOFF) reaches CNTV_CVAL. The kernel keeps this time in its own timer queue while the VCPU is not
///     loaded. If the VCPU's VPPI 27 is masked (a VPPIEvent was sent and not yet acknowledged by
///     AckVPPI) the timer does not wake it;
///  2. VCPU.InjectIRQ is called on it, or one of its list registers is pending already;
///  3. TCB.Resume or TCB.WriteRegisters is called on it. TCB.Suspend ends the wait too: the thread is
///     then suspended, with its PC at the WFI.
///
/// In cases 1 and 2 it continues after the WFI (PC + 4). A WFI with a pending list register or an expired,
/// unmasked timer continues at once. After case 1 the timer's VPPIEvent follows in the usual way as soon as
/// the VCPU runs again. WFE (ISS bit 0 set) continues at once at PC + 4; it sends no fault either.
#define ROOKERY_EXTENSION_WFI_IN_KERNEL (UINT64_C(1) << 0)

/// An emulated memory access takes one fault and one reply, without reading and writing registers.
///
///  * The VMFault message of a thread with a VCPU has a fifth word when FSR (ESR_EL2) is a data abort
///    with ISV = 1 (length 5): MR4 = value of general register SRT (ISS bits 20:16), 0 for register 31.
///  * A reply to a VMFault or VCPUFault whose label is ROOKERY_REPLY_STEP makes the kernel add 4 to the
///    thread's PC before it resumes it. With length 2, it also writes MR1 to general register MR0 (0..30;
///    31 and everything above: none). Any other label keeps the upstream meaning: resume unchanged.
#define ROOKERY_EXTENSION_STEP_REPLY (UINT64_C(1) << 1)

#define ROOKERY_REPLY_STEP UINT64_C(0x526b) ///< message label

/// VCPU.SetTCB puts the VCPU into its state at creation: system registers, virtual timer (off, VPPI 27
/// not masked) and the whole virtual interrupt interface (list registers, GICH_HCR, VMCR and active
/// priorities). Upstream keeps all of that, so a VMM can't take back what a guest left in its list
/// registers. A VMM that restarts its guest suspends the TCB and calls SetTCB again with the same TCB.
#define ROOKERY_EXTENSION_VCPU_RESET (UINT64_C(1) << 2)

#endif
