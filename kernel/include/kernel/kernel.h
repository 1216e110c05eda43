// SPDX-License-Identifier: BSD-2-Clause
// What the generic kernel's parts offer each other, a section per file. `decode` functions check
// everything and change nothing until they call their `invoke`, which cannot fail (but may be preempted).
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <kernel/arch_if.h>
#include <kernel/objects.h>

/// One system call on a cap, as the decoders see it.
struct invocation {
    word_t label;
    word_t length;            ///< message words, at most seL4_MsgMaxLength
    word_t cptr;              ///< as the caller named the cap
    struct slot *slot;        ///< where the invoked cap lives
    struct cap cap;           ///< the invoked cap
    struct slot *extra[seL4_MsgMaxExtraCaps]; ///< extra caps; NULL from the first missing one on
    const word_t *buffer;     ///< message words of the caller's IPC buffer (msg[0]), or NULL
    bool is_blocking;
    bool is_call;
    bool can_donate;
};

// ---- error.c: how operations report failure ----------------------------------------------------

/// Records an error for the caller of the current invocation. Returns STATUS_ERROR.
enum status error_set(struct core *core, enum seL4_Error code);
enum status error_invalid_argument(struct core *core, word_t number);
enum status error_invalid_capability(struct core *core, word_t number);
enum status error_range(struct core *core, word_t minimum, word_t maximum);
/// FailedLookup from core->lookup_failure; `source` tells that the source cap's lookup failed.
enum status error_failed_lookup(struct core *core, bool source);

// ---- syscall.c ---------------------------------------------------------------------------------

/// Handles system call `number` (enum seL4_Syscall_ID) of core->current. Registers are read with
/// arch_get_register(). When it returns, schedule_and_activate() has been done.
void kernel_handle_syscall(struct core *core, int64_t number);
/// Delivers core->current's fault and schedules.
void kernel_handle_fault(struct core *core, const struct fault *fault);
/// Handles the interrupt that arch_irq_acknowledge() returns, and schedules.
void kernel_handle_interrupt(struct core *core);

/// Message word i of an invocation (from registers, then the IPC buffer; 0 when beyond).
word_t invocation_word(const struct core *core, const struct invocation *invocation, word_t i);

/// Decodes an invocation on any object but endpoint, notification and reply.
enum status object_decode(struct core *core, struct invocation *invocation);
/// Writes word i of the current invocation's answer. Returns false where it does not fit.
void invocation_reply_word(struct core *core, word_t i, word_t value);
/// Number of words that the answer of a successful invocation has (0 at its start).
void invocation_reply_length(struct core *core, word_t length);

/// For long operations: STATUS_PREEMPTED when an interrupt waits or the budget is used up. Looks only at
/// every so-manieth call (core->work_units counts), for steps of a few hundred instructions.
enum status preemption_point(struct core *core);
#ifndef WORK_UNITS_PER_PREEMPTION_POINT
#define WORK_UNITS_PER_PREEMPTION_POINT 16
#endif
/// The same for steps of some thousand instructions: looks at every call.
enum status preemption_step(struct core *core);

// ---- cspace.c: slots, lookup, derivation list, deletion -------------------------------------------

/// Finds the slot of `cptr` (64 bits resolved) in a thread's CSpace; else STATUS_LOOKUP.
NODISCARD enum status cspace_lookup_slot(struct core *core, struct tcb *tcb, word_t cptr,
                                         struct slot **slot);
/// Finds a slot in the CNode `root` resolving exactly `depth` bits; else STATUS_ERROR is set (errors as
/// CNode invocations report them: `source` tells which lookup it is).
NODISCARD enum status cspace_lookup_target(struct core *core, struct cap root, word_t index,
                                           word_t depth, bool source, struct slot **slot);
/// STATUS_ERROR DeleteFirst unless the slot is empty.
NODISCARD enum status slot_require_empty(struct core *core, const struct slot *slot);

/// Puts a cap derived from `source` into the empty `target`.
void slot_insert(struct cap cap, struct slot *source, struct slot *target);
/// Puts a new object's cap into the empty `target` as a child of `parent`.
void slot_insert_child(struct cap cap, struct slot *parent, struct slot *target);
/// Puts a first cap (boot) into an empty slot with no parent.
void slot_insert_first(struct cap cap, struct slot *target);
/// Moves a cap with its place in the derivation list; `cap` replaces it.
void slot_move(struct cap cap, struct slot *source, struct slot *target);
void slot_swap(struct cap cap1, struct slot *slot1, struct cap cap2, struct slot *slot2);
/// Empties a slot and takes it out of the derivation list. The object is not looked at.
void slot_unlink(struct slot *slot);
/// Deletes the cap in a slot, finalising its object if it is the last cap of it.
NODISCARD enum status slot_delete(struct core *core, struct slot *slot);
/// Deletes everything derived from the cap in a slot.
NODISCARD enum status slot_revoke(struct core *core, struct slot *slot);
/// Before the last cap of an endpoint, notification or interrupt goes: wakes who waits there. Preempted, it
/// leaves the cap without rights, so that nobody waits anew, and goes on when it is called again.
NODISCARD enum status slot_wake_waiters(struct core *core, struct slot *slot);
/// Deletes a cap whose deletion never has to delete others (reply, endpoint, notification, frame ...).
/// slot_wake_waiters() comes first.
void slot_delete_simple(struct core *core, struct slot *slot);
bool slot_has_children(const struct slot *slot);
/// Whether this is the only cap to its object.
bool slot_is_final(const struct slot *slot);
/// Cancels sends with the badge of an endpoint cap is in endpoint.c.
enum status cnode_decode(struct core *core, struct invocation *invocation);

// ---- object.c: per-type rules of caps --------------------------------------------------------------

/// The cap that a copy of `cap` gets; STATUS_ERROR (IllegalOperation, RevokeFirst) when none may be made.
NODISCARD enum status cap_derive(struct core *core, struct slot *slot, struct cap cap, struct cap *out);
/// Applies rights (CNode_Copy, Mint, cap transfer).
struct cap cap_mask_rights(struct cap cap, word_t rights);
/// Applies a badge or guard; `preserve` is set for Mutate and Rotate. Null cap: not permitted.
struct cap cap_update_data(bool preserve, word_t data, struct cap cap);
/// Whether two caps designate the same object or `b` lies within `a` (untyped, IRQ control).
bool cap_same_region(struct cap a, struct cap b);
/// Whether two caps designate exactly the same object.
bool cap_same_object(struct cap a, struct cap b);
/// Bytes of an object of a type (seL4_*Object), 0 for an unknown type or a bad user size.
unsigned object_size_bits(word_t type, word_t user_size_bits);
/// Initialises an object in zeroed memory and returns its cap.
struct cap object_create(struct core *core, word_t type, paddr_t at, word_t user_size_bits, bool device);
/// Takes an object apart when a cap to it is deleted. Returns the cap that remains (a zombie, or null)
/// and, in `cleanup`, what has to be done after the slot is empty (interrupt handlers). `exposed`: the
/// caller can deal with neither, the cap is of a type that leaves nothing (slot_delete_simple()).
struct cap cap_finalise(struct core *core, struct cap cap, bool final, bool exposed, struct cap *cleanup);
void cap_post_delete(struct core *core, struct cap cleanup);

// ---- object/untyped.c, irq.c, domain.c ---------------------------------------------------------------

enum status untyped_decode(struct core *core, struct invocation *invocation);
enum status irq_control_decode(struct core *core, struct invocation *invocation);
enum status irq_handler_decode(struct core *core, struct invocation *invocation);
/// Sends interrupt `irq` to its handler's notification.
void irq_deliver(struct core *core, word_t irq);
/// Forgets the handler when its last cap goes; masks the interrupt.
void irq_handler_finalise(struct core *core, word_t irq);
void irq_handler_deleted(struct core *core, word_t irq);
/// Whether a handler cap was issued, and marking it so (used by the architecture's IRQControl calls).
bool irq_is_active(word_t irq);
/// Common second half of IRQControl calls: checks number and destination slot, issues the cap.
enum status irq_control_issue(struct core *core, struct invocation *invocation, word_t irq,
                              word_t index, word_t depth, struct slot *root);
/// The slot that holds the notification cap of an interrupt (irq <= arch_max_irq).
struct slot *irq_notification_slot(word_t irq);
/// No interrupt has a handler (kernel_reset()).
void irq_reset(void);
enum status domain_decode(struct core *core, struct invocation *invocation);

// ---- ipc.c, object/endpoint.c, notification.c, reply.c ---------------------------------------------

void ipc_send(struct core *core, struct tcb *sender, struct endpoint *endpoint, bool is_blocking,
              bool is_call, word_t badge, bool can_grant, bool can_grant_reply, bool can_donate);
/// Receive on an endpoint or notification cap (Recv, NBRecv, Wait...). `reply` may be NULL.
void ipc_receive(struct core *core, struct tcb *receiver, struct cap cap, bool is_blocking,
                 struct reply *reply);
/// Takes a thread out of whatever it waits for (leaves it inactive).
void ipc_cancel(struct core *core, struct tcb *tcb);
/// Wakes everybody who waits on an endpoint (it is going away). Goes on where it stopped when it is
/// called again.
NODISCARD enum status endpoint_cancel_all(struct core *core, struct endpoint *endpoint);
NODISCARD enum status endpoint_cancel_badged(struct core *core, struct endpoint *endpoint, word_t badge);
void notification_signal(struct core *core, struct notification *notification, word_t badge);
NODISCARD enum status notification_cancel_all(struct core *core, struct notification *notification);
void notification_bind(struct notification *notification, struct tcb *tcb);
void notification_unbind(struct tcb *tcb);
/// Unbinds the notification from its thread and scheduling context (it is going away).
void notification_unbind_all(struct core *core, struct notification *notification);
/// Answers through a reply object: message or fault answer, and returns the donated context.
void reply_send(struct core *core, struct tcb *sender, struct reply *reply, bool can_grant);
/// Detaches a reply object (it is going away).
void reply_clear(struct core *core, struct reply *reply);
/// Sends a thread's fault to its handler. Returns false when it has none (the thread stays inactive).
bool fault_send(struct core *core, struct tcb *tcb, const struct fault *fault);
/// Sends a timeout fault, if the thread has a timeout endpoint.
bool fault_send_timeout(struct core *core, struct tcb *tcb);
/// Copies a message with its caps; `badge` is what the receiver sees.
void ipc_transfer(struct core *core, struct tcb *sender, struct endpoint *endpoint, word_t badge,
                  bool can_grant, struct tcb *receiver);

// ---- sched.c, object/sched_context.c, object/tcb.c --------------------------------------------------

/// Chooses who runs next and prepares it; called last on every way out of the kernel.
void schedule_and_activate(struct core *core);
void sched_make_ready(struct core *core, struct tcb *tcb);      ///< possibly switching to it
void sched_enqueue(struct core *core, struct tcb *tcb);
void sched_append(struct core *core, struct tcb *tcb);
void sched_dequeue(struct core *core, struct tcb *tcb);
void sched_release_remove(struct core *core, struct tcb *tcb);
void sched_reschedule(struct core *core);                       ///< the choice must be made again
/// The thread belongs to another core from now on (it is in no queue).
void sched_set_core(struct core *core, struct tcb *tcb, word_t number);
/// The core's current thread stops running there at once; ready, it goes to the front of its queue.
void sched_displace(struct core *core);
bool thread_is_runnable(const struct tcb *tcb);
bool thread_is_schedulable(const struct tcb *tcb);              ///< runnable, with budget configured
void thread_set_state(struct core *core, struct tcb *tcb, enum thread_state state);
void thread_suspend(struct core *core, struct tcb *tcb);
void thread_restart(struct core *core, struct tcb *tcb);
/// Charges the time since the last entry; false when the current thread's budget is used up (it has then
/// been taken off the processor and the call must be restarted).
bool sched_check_budget_restart(struct core *core);
/// Reads the clock at kernel entry.
void sched_update_time(struct core *core);

/// Calls arch_guest_idle_timeout(core, tcb) when the clock reaches `at`. One time per thread; a new one
/// replaces the old.
void sched_wake_at(struct core *core, struct tcb *tcb, ticks_t at);
void sched_wake_cancel(struct core *core, struct tcb *tcb);
/// Moves a thread to a domain (checked by the caller).
void sched_set_domain(struct core *core, struct tcb *tcb, word_t domain);
/// Sets an entry of the domain schedule (index < DOMAIN_SCHEDULE_LENGTH, domain < CONFIG_NUM_DOMAINS). The
/// running entry keeps its time.
void sched_domain_configure(word_t index, word_t domain, ticks_t duration);
/// The schedule goes on at an entry with a duration, now, and starts over there.
void sched_domain_set_start(struct core *core, word_t index);

enum status tcb_decode(struct core *core, struct invocation *invocation);
enum status sched_context_decode(struct core *core, struct invocation *invocation);
enum status sched_control_decode(struct core *core, struct invocation *invocation);
void sched_context_unbind_all(struct core *core, struct sched_context *sc);
void sched_context_unbind_tcb(struct core *core, struct sched_context *sc);
void sched_context_bind_tcb(struct core *core, struct sched_context *sc, struct tcb *tcb);
void sched_context_donate(struct core *core, struct sched_context *sc, struct tcb *tcb);
/// Configures a context outside of any call (root task, idle threads).
void sched_context_setup(struct core *core, struct sched_context *sc, ticks_t budget, ticks_t period,
                         uint32_t refill_max);
/// Stops a thread for deletion of its TCB: suspend, unbind, forget.
void tcb_finalise(struct core *core, struct tcb *tcb);

// ---- boot.c: state that exists once -----------------------------------------------------------------

extern struct core kernel_cores[CONFIG_MAX_NUM_NODES];
extern struct badged_cancel kernel_badged_cancel;
/// Clears all global state (start of boot, and every unit test).
void kernel_reset(void);

// ---- debug.c ------------------------------------------------------------------------------------------

/// A TCB was created (object.c): debug builds put it into the list that DumpScheduler prints.
void debug_thread_created(struct tcb *tcb);

/// Debug builds print, others do nothing. Supports %s %c %d %u %x %lx %lu %p with width and 0.
__attribute__((format(printf, 1, 2))) void klog(const char *format, ...);

#endif
