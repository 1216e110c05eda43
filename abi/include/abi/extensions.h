// SPDX-License-Identifier: BSD-2-Clause
// What Rookery's kernel offers beyond the upstream API. Announced by a chunk of extra boot info
// with id SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS; a program that finds no such chunk, or not the
// bit that it wants, must work without.
#ifndef ABI_EXTENSIONS_H
#define ABI_EXTENSIONS_H

#include <stdint.h>

/// Payload of the boot info chunk, after its seL4_BootInfoHeader.
struct rookery_extensions {
    uint64_t features; ///< ROOKERY_EXTENSION_* bits
};

/// The kernel itself handles WFI of a VCPU. A trapped WFI (EC 0x01, ISS bit 0 clear) sends no
/// VCPUFault: the thread becomes blocked on WFI. It is not schedulable and consumes no budget,
/// until one of:
///
///  1. its virtual timer fires: CNTV_CTL has ENABLE set and IMASK clear, and CNTVCT (with the
///     VCPU's CNTVOFF) reaches CNTV_CVAL. The kernel keeps this time in its own timer queue while
///     the VCPU is not loaded. If the VCPU's VPPI 27 is masked (a VPPIEvent was sent and not yet
///     acknowledged by AckVPPI) the timer does not wake it;
///  2. VCPU.InjectIRQ is called on it, or one of its list registers is pending already;
///  3. TCB.Resume or TCB.WriteRegisters is called on it. TCB.Suspend ends the wait too: the thread
///     is then suspended, with its PC at the WFI.
///
/// In cases 1 and 2 it continues after the WFI (PC + 4). A WFI with a pending list register or an
/// expired, unmasked timer continues at once. After case 1 the timer's VPPIEvent follows in the
/// usual way as soon as the VCPU runs again. WFE (ISS bit 0 set) continues at once at PC + 4; it
/// sends no fault either.
#define ROOKERY_EXTENSION_WFI_IN_KERNEL (UINT64_C(1) << 0)

/// An emulated memory access takes one fault and one reply, without reading and writing registers.
///
///  * The VMFault message of a thread with a VCPU has a fifth word when FSR (ESR_EL2) is a data
///    abort with ISV = 1 and WnR = 1, a store (length 5): MR4 = value of general register SRT (ISS
///    bits 20:16), 0 for register 31.
///  * The VCPUFault message of a trapped MSR (EC 0x18 with ISS bit 0 = 0) has length 2: MR1 = value
///    of general register Rt (ISS bits 9:5), 0 for register 31.
///  * A reply to a VMFault or VCPUFault whose label is ROOKERY_REPLY_STEP makes the kernel add 4 to
///    the thread's PC before it resumes it. With length 2, it also writes MR1 to general register
///    MR0 (0..30; 31 and everything above: none). Any other label keeps the upstream meaning:
///    resume unchanged.
#define ROOKERY_EXTENSION_STEP_REPLY (UINT64_C(1) << 1)

#define ROOKERY_REPLY_STEP UINT64_C(0x526b) ///< message label

/// VCPU.SetTCB puts the VCPU into its state at creation: system registers, virtual timer (off, VPPI
/// 27 not masked) and the whole virtual interrupt interface (list registers, GICH_HCR, VMCR and
/// active priorities). Upstream keeps all of that, so a VMM can't take back what a guest left in
/// its list registers. A VMM that restarts its guest suspends the TCB and calls SetTCB again with
/// the same TCB.
#define ROOKERY_EXTENSION_VCPU_RESET (UINT64_C(1) << 2)

/// A call (HVC, SMC) takes one fault and one reply, without reading and writing registers.
///
///  * The VCPUFault message of an SMC (EC 0x17) has length 5: MR1..MR4 = x0..x3. (The
///    UnknownSyscall message of an HVC has x0..x7 anyway.)
///  * A reply to a VCPUFault or UnknownSyscall whose label is ROOKERY_REPLY_RESULTS writes
///    MR0..MR(length - 1) to x0..x(length - 1), length at most 4 (more: ignored), and resumes the
///    thread at the instruction after the one that faulted.
#define ROOKERY_EXTENSION_RESULTS_REPLY (UINT64_C(1) << 3)

#define ROOKERY_REPLY_RESULTS UINT64_C(0x526c) ///< message label

/// The kernel itself delivers the interrupt of a VCPU's virtual timer (INTID 27), through a list
/// register that is linked to the physical interrupt: the guest's end of interrupt ends the
/// physical one. There is neither a VPPIEvent nor a maintenance fault. A VMM asks for it per VCPU,
/// by VCPU.WriteReg with register number ROOKERY_VCPU_TIMER; a kernel without this extension
/// answers InvalidArgument. The value is made of ROOKERY_TIMER_*:
///
///  * ON: the kernel owns list register LR (RangeError: the machine does not have it; DeleteFirst:
///    it holds an interrupt). While it does, InjectIRQ to it answers IllegalOperation; all other
///    list registers are the VMM's as before. INTID 27 must be in none of those. A VPPIEvent that
///    was not acknowledged counts as acknowledged. Written again with ON: changes the rest of the
///    value; LR must be the same (InvalidArgument) until ON was off.
///  * FORWARD: the guest has enabled INTID 27 and its group in the distributor. When the timer's
///    output is on and the list register is empty, the kernel makes INTID 27 pending in it, with
///    GROUP1 and PRIORITY. Without FORWARD the output neither interrupts the guest nor wakes it
///    from WFI, and what is pending (not yet acknowledged) in the list register is taken back. A
///    new PRIORITY or GROUP1 applies to what is pending, too.
///  * CLEAR (not kept): what is in the list register, pending or active, is dropped. If the timer's
///    output is on, it becomes pending anew.
///  * Without ON: the kernel goes back to VPPIEvent. What the list register holds stays there,
///    pending or active, as if VPPIEvent had been sent and the VMM had injected it with InjectIRQ:
///    at its end comes a VGICMaintenance fault, and AckVPPI is due then. ACTIVE or PENDING of the
///    value read before tell the VMM that this is so.
///
/// VCPU.ReadReg gives the value written last and the state: PENDING or ACTIVE when the list
/// register holds the interrupt (never both), LINE when the timer's output is on. A new VCPU, and
/// one after SetTCB, has 0. A blocked or preempted VCPU keeps its state: list register and physical
/// active state move with it.
#define ROOKERY_EXTENSION_VIRTUAL_TIMER (UINT64_C(1) << 4)

#define ROOKERY_VCPU_TIMER UINT64_C(0x1000) ///< VCPU register number

#define ROOKERY_TIMER_ON (UINT64_C(1) << 0)
#define ROOKERY_TIMER_FORWARD (UINT64_C(1) << 1)
#define ROOKERY_TIMER_CLEAR (UINT64_C(1) << 2)
#define ROOKERY_TIMER_GROUP1 (UINT64_C(1) << 3)
#define ROOKERY_TIMER_PRIORITY_SHIFT 8 ///< 5 bits, as InjectIRQ
#define ROOKERY_TIMER_LR_SHIFT 16      ///< 6 bits
#define ROOKERY_TIMER_PENDING (UINT64_C(1) << 32) ///< read only, as the two below
#define ROOKERY_TIMER_ACTIVE (UINT64_C(1) << 33)
#define ROOKERY_TIMER_LINE (UINT64_C(1) << 34)

/// An exception that the VMM makes the guest take (an access to nothing, an undefined instruction) is
/// one reply, without reading and writing registers. A reply to a VMFault, VCPUFault or UserException
/// of a thread with a VCPU, with label ROOKERY_REPLY_EXCEPTION, makes it take an exception to EL1 as
/// the CPU does (AArch64.TakeException, ARM DDI 0487), with the PC of the fault as its return address:
/// MR0 (32 bits) goes to ESR_EL1; MR1 to FAR_EL1 where MR2 has ROOKERY_EXCEPTION_FAR; the vector is
/// that of a synchronous exception or, where MR2 has ROOKERY_EXCEPTION_SERROR, of an SError. Missing
/// words are 0. MR0 names the class of an abort (EC 0x20, 0x24) as from a lower exception level: the
/// kernel makes it one from the same level (0x21, 0x25) when the thread was at EL1.
#define ROOKERY_EXTENSION_EXCEPTION_REPLY (UINT64_C(1) << 5)

#define ROOKERY_REPLY_EXCEPTION UINT64_C(0x526d) ///< message label

#define ROOKERY_EXCEPTION_FAR (UINT64_C(1) << 0)
#define ROOKERY_EXCEPTION_SERROR (UINT64_C(1) << 1)

/// The end of an interrupt that nobody waits for costs no exit.
///
///  * VCPU.InjectIRQ with ROOKERY_INJECT_QUIET in MR0: the guest's end of the interrupt sends no
///    VGICMaintenance fault. Where the list register holds the same interrupt and that one is active,
///    it becomes pending besides (without the bit: DeleteFirst).
///  * VCPU.ReadReg of ROOKERY_VCPU_EMPTY gives the set of list registers (bit i: register i) that hold
///    no interrupt, neither pending nor active.
///  * VCPU.WriteReg of ROOKERY_VCPU_EMPTY with a set of list registers asks for the VGICMaintenance
///    fault at the end of what they hold now; its answer has one word, the set that ReadReg gives. Bits
///    of registers that the machine does not have, or that the kernel owns, do nothing.
#define ROOKERY_EXTENSION_QUIET_INJECT (UINT64_C(1) << 6)

#define ROOKERY_INJECT_QUIET (UINT64_C(1) << 40)
#define ROOKERY_VCPU_EMPTY UINT64_C(0x1001) ///< VCPU register number

/// An interrupt can take the list register of a less urgent one. VCPU.InjectIRQ with
/// ROOKERY_INJECT_REPLACE in MR0 succeeds only if the list register holds an interrupt that is pending,
/// not acknowledged, and replaces that. Else it answers DeleteFirst and changes nothing. (Without the
/// bit, as upstream: it succeeds unless the list register holds an active interrupt.)
#define ROOKERY_EXTENSION_INJECT_REPLACE (UINT64_C(1) << 7)

#define ROOKERY_INJECT_REPLACE (UINT64_C(1) << 41)

#endif
