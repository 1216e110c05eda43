// SPDX-License-Identifier: BSD-2-Clause
// The one interface through which generic kernel code uses an architecture. Each architecture provides
// arch/context.h (struct arch_tcb, struct arch_core, and the inline accessors marked below) and the
// functions declared here. `host` provides them as plain memory operations for tests.
#ifndef KERNEL_ARCH_IF_H
#define KERNEL_ARCH_IF_H

#include <kernel/objects.h>

struct invocation;

// ---- cores --------------------------------------------------------------------------------------

/// State of the executing core. Inline in arch/context.h is not possible (struct core is not complete
/// there): arch/core.h defines it as a static inline.
#include <arch/core.h>

/// Halts all cores. Used by kernel_panic().
NORETURN void arch_halt(void);
/// Prints one character on the debug console (a no-op in builds without CONFIG_PRINTING).
void arch_debug_putchar(char c);

// ---- registers of a thread ----------------------------------------------------------------------
// arch/context.h: enum arch_register { REGISTER_CAP, REGISTER_BADGE (same one), REGISTER_MESSAGE_INFO,
// REGISTER_MESSAGE_0..3, REGISTER_REPLY, REGISTER_SEND_DESTINATION, ... };
//   static inline word_t arch_get_register(const struct tcb *, enum arch_register);   in arch/core.h
//   static inline void arch_set_register(struct tcb *, enum arch_register, word_t);   in arch/core.h

///   static inline word_t arch_safe_index(word_t i, word_t count);   in arch/core.h: for every index that
///   user level chose, after the check of its range

/// Initial registers of a new TCB (user mode, nothing else).
void arch_tcb_create(struct tcb *tcb);
/// The thread continues at the instruction that caused its system call or fault.
void arch_set_restart_pc(struct tcb *tcb);
/// The idle thread's context.
void arch_tcb_create_idle(struct tcb *tcb);
/// Number of words of seL4_UserContext; word i of it, sanitised on set.
#define ARCH_USER_CONTEXT_WORDS arch_user_context_words
extern const word_t arch_user_context_words;
word_t arch_user_context_get(const struct tcb *tcb, word_t i);
void arch_user_context_set(struct tcb *tcb, word_t i, word_t value);
/// First so many context words are the "frame" registers of TCB_CopyRegisters, the rest "integer".
extern const word_t arch_frame_register_count;
/// After registers of the running thread were changed by itself or before it runs again.
void arch_after_register_write(struct core *core, struct tcb *tcb, word_t arch_flags);
void arch_set_tls_base(struct tcb *tcb, word_t value);
void arch_set_tcb_flags(struct core *core, struct tcb *tcb);

// ---- faults -------------------------------------------------------------------------------------

/// Word i of the message of an architecture fault, UnknownSyscall, UserException or Timeout reply format.
/// Writes all words through `put` and returns the length.
word_t arch_fault_message(struct tcb *tcb, const struct fault *fault,
                          void (*put)(void *context, word_t i, word_t value), void *context);
/// Applies the answer to a fault: `length` words read with `get`. Returns whether the thread restarts.
bool arch_fault_reply(struct tcb *tcb, const struct fault *fault, word_t label, word_t length,
                      word_t (*get)(void *context, word_t i), void *context);

// ---- memory -------------------------------------------------------------------------------------

/// Kernel pointer to physical memory (RAM that the kernel window maps) and back.
void *arch_phys_to_virt(paddr_t at);
paddr_t arch_virt_to_phys(const void *pointer);
/// Zeroes RAM [at, at+bytes), fast.
void arch_clear_memory(void *at, word_t bytes);
/// Cleans caches of new memory where the architecture's user mappings need it.
void arch_clean_memory(void *at, word_t bytes);
/// Kernel view of a thread's IPC buffer, or NULL (none, not a readable/writable RAM frame).
word_t *arch_ipc_buffer(const struct tcb *tcb, bool write);
/// Whether a cap may be a thread's VSpace, and whether a frame cap may be its IPC buffer at vaddr.
NODISCARD enum status arch_check_vspace(struct core *core, struct cap cap, word_t argument_number);
NODISCARD enum status arch_check_ipc_buffer(struct core *core, word_t vaddr, struct cap cap);

// ---- object and cap rules for architecture types ------------------------------------------------

unsigned arch_object_size_bits(word_t type); ///< 0: no such type
bool arch_object_is_frame(word_t type);
struct cap arch_object_create(struct core *core, word_t type, paddr_t at, word_t user_size_bits,
                              bool device);
NODISCARD enum status arch_cap_derive(struct core *core, struct slot *slot, struct cap cap,
                                      struct cap *out);
struct cap arch_cap_mask_rights(struct cap cap, word_t rights);
struct cap arch_cap_update_data(bool preserve, word_t data, struct cap cap);
bool arch_cap_same_region(struct cap a, struct cap b);
bool arch_cap_same_object(struct cap a, struct cap b);
bool arch_cap_is_physical(struct cap cap, paddr_t *base, word_t *bytes); ///< for untyped containment
struct cap arch_cap_finalise(struct core *core, struct cap cap, bool final);
enum status arch_decode(struct core *core, struct invocation *invocation);
enum status arch_irq_control_decode(struct core *core, struct invocation *invocation);
/// Unbinds the VCPU and other architecture state of a thread that is deleted.
void arch_tcb_finalise(struct core *core, struct tcb *tcb);

// ---- interrupts and time ------------------------------------------------------------------------

/// Highest interrupt number that a handler may have.
extern const word_t arch_max_irq;
/// Whether the kernel keeps this interrupt for itself.
bool arch_irq_is_reserved(word_t irq);
bool arch_irq_pending(struct core *core);
/// Takes the highest pending interrupt; ARCH_IRQ_NONE when there is none.
word_t arch_irq_acknowledge(struct core *core);
#define ARCH_IRQ_NONE (~(word_t)0)
/// Handles an interrupt that the kernel keeps (timer: nothing more to do, the budget check sees it;
/// VCPU maintenance and virtual timer; inter-processor interrupts).
void arch_irq_handle_reserved(struct core *core, word_t irq);
/// Ends an interrupt at the interrupt controller (priority drop).
void arch_irq_end(struct core *core, word_t irq);
void arch_irq_mask(word_t irq, bool masked);
/// Handler acknowledged: the interrupt may come again.
void arch_irq_unmask_after_ack(word_t irq);

ticks_t arch_timer_now(void);
void arch_timer_set_deadline(struct core *core, ticks_t at);
ticks_t arch_us_to_ticks(uint64_t microseconds);
uint64_t arch_ticks_to_us(ticks_t ticks);
uint64_t arch_max_us(void);            ///< largest period that converts without overflow
ticks_t arch_kernel_wcet_ticks(void);  ///< time that entering and leaving may take: minimum budget / 2

/// The time of sched_wake_at() has come. The architecture wakes the thread (state, sched_make_ready()).
void arch_guest_idle_timeout(struct core *core, struct tcb *tcb);

// ---- switching ----------------------------------------------------------------------------------

/// Makes a thread's address space, FP owner and VCPU the core's current ones.
void arch_switch_to_thread(struct core *core, struct tcb *tcb);
void arch_switch_to_idle(struct core *core);
// Kernels of several cores only. Everything but the way to the lock runs on one core at a time.
/// Whether another core waits for the lock, which the executing core holds.
bool arch_lock_is_wanted(void);
/// A thread that runs on another core leaves it (sched_displace()), as if it had not entered the
/// kernel, and all of its registers are in its TCB. Nothing to do for threads of the executing core.
void arch_remote_stall(struct core *core, struct tcb *tcb);
/// The thread's core is about to change: as arch_remote_stall(), and for the executing core's threads
/// what the hardware still holds of them goes to memory.
void arch_thread_leave(struct core *core, struct tcb *tcb);
/// Another core has to make its choice again.
void arch_remote_reschedule(struct core *core, word_t target);
/// DebugSendIPI: software-generated interrupt `irq` to core `target`; nothing where there is no such.
void arch_debug_send_ipi(word_t target, word_t irq);

#endif
