// SPDX-License-Identifier: BSD-2-Clause
// Memory layout of the kernel objects and of the per-core state.
#ifndef KERNEL_OBJECTS_H
#define KERNEL_OBJECTS_H

#include <arch/context.h> // struct arch_tcb, struct arch_core
#include <kernel/cap.h>
#include <kernel/time_queue.h>
#include <sel4/types.h>

/// A slot of a CNode or TCB: a cap and its place in the derivation list. The list holds every cap in
/// pre-order of derivation: what was derived from a cap stands behind it (see cspace.c).
struct slot {
    struct cap cap;
    word_t previous; ///< struct slot *
    word_t next;     ///< struct slot * | flags below (slots are 32-byte aligned)
};
_Static_assert(sizeof(struct slot) == BIT(seL4_SlotBits), "slot size");

#define SLOT_REVOCABLE 1u    ///< caps copied from this one are its children
#define SLOT_FIRST_BADGED 2u ///< first of its badge: copies of it with that badge are its children

static inline struct slot *slot_next(const struct slot *slot)
{
    return (struct slot *)(uintptr_t)(slot->next & ~(word_t)3);
}

static inline struct slot *slot_previous(const struct slot *slot)
{
    return (struct slot *)(uintptr_t)slot->previous;
}

struct tcb;
struct reply;
struct notification;
struct sched_context;

/// A queue of threads, linked by tcb.queue_next and tcb.queue_previous. NULL ends.
struct tcb_queue {
    struct tcb *head;
    struct tcb *tail;
};

enum tcb_slot {
    TCB_SLOT_CSPACE = 0,
    TCB_SLOT_VSPACE,
    TCB_SLOT_IPC_BUFFER,
    TCB_SLOT_FAULT_ENDPOINT,
    TCB_SLOT_TIMEOUT_ENDPOINT,
    TCB_SLOT_COUNT,
};
#define TCB_SLOT_RADIX 3 ///< TCB_SLOT_COUNT fits into 2^3 slots

enum thread_state {
    THREAD_INACTIVE = 0,
    THREAD_RUNNING,
    THREAD_RESTART,    ///< runnable; its system call or faulting instruction is executed again
    THREAD_BLOCKED_ON_RECEIVE,
    THREAD_BLOCKED_ON_SEND,
    THREAD_BLOCKED_ON_REPLY,
    THREAD_BLOCKED_ON_NOTIFICATION,
    THREAD_BLOCKED_IN_GUEST_IDLE, ///< a VCPU in WFI, see abi/extensions.h
    THREAD_IDLE,
};

/// A pending fault of a thread: label of the message and its words besides the registers.
struct fault {
    word_t label;    ///< seL4_Fault_*; seL4_Fault_NullFault: none
    word_t words[4]; ///< VMFault: address, prefetch, FSR. CapFault: cptr, in receive phase.
                     ///< UnknownSyscall: number. UserException: number, code. VCPUFault: HSR.
                     ///< VGICMaintenance: index. VPPIEvent: IRQ. Timeout: badge.
};

/// Why a cap lookup failed (seL4_LookupFailureType and its words).
struct lookup_failure {
    word_t type;
    word_t bits_left;
    word_t bits_found;  ///< DepthMismatch
    word_t guard_found; ///< GuardMismatch
    word_t guard_bits;  ///< GuardMismatch
};

struct tcb {
    struct slot slots[1 << TCB_SLOT_RADIX];
    struct arch_tcb arch; ///< registers, VCPU
    enum thread_state state;
    bool in_ready_queue;
    bool in_release_queue;
    uint8_t priority;
    uint8_t max_priority; ///< MCP
    uint8_t domain;
    word_t flags;         ///< seL4_TCBFlag_*
    word_t core_number;
    // Blocked on an endpoint or notification.
    word_t blocking_object; ///< struct endpoint * or struct notification *
    word_t blocking_badge;
    bool blocking_can_grant;
    bool blocking_can_grant_reply;
    bool blocking_is_call;
    struct reply *reply; ///< BLOCKED_ON_RECEIVE: to receive with; BLOCKED_ON_REPLY: to be answered by
    // Queues of endpoints, notifications and ready threads (a thread is in one at a time).
    struct tcb *queue_next;
    struct tcb *queue_previous;
    struct tcb *queue_group; ///< sorted queues: of the first of a priority the last one, and the reverse
    struct sched_context *sched_context;
    struct sched_context *yield_to; ///< whose consumed time this thread waits for
    bool yield_is_call;             ///< YieldTo was a Call: it wants the answer
    bool in_wake_queue;             ///< of sched_wake_at()
    struct time_node release_node;  ///< in core.release
    struct time_node wake_node;     ///< in core.wake
    struct notification *bound_notification;
    word_t ipc_buffer_vaddr;
    struct fault fault;
    struct lookup_failure lookup_failure; ///< of a CapFault
    word_t badged_cancel; ///< number of the CancelBadgedSends in which it was preempted
#if CONFIG_DEBUG_BUILD
    char name[32];
    struct tcb *debug_next; ///< all threads of the system, for DumpScheduler
    struct tcb *debug_previous;
#endif
};
_Static_assert(sizeof(struct tcb) <= BIT(seL4_TCBBits), "TCB size");

enum endpoint_state { ENDPOINT_IDLE = 0, ENDPOINT_SEND, ENDPOINT_RECEIVE };

struct endpoint {
    word_t head_state; ///< struct tcb * | enum endpoint_state
    word_t tail;       ///< struct tcb *
};
_Static_assert(sizeof(struct endpoint) == BIT(seL4_EndpointBits), "endpoint size");

enum notification_state { NOTIFICATION_IDLE = 0, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };

struct notification {
    struct tcb_queue queue;
    word_t badge; ///< accumulated, when active
    struct tcb *bound_tcb;
    struct sched_context *sched_context;
    word_t state; ///< enum notification_state
    word_t reserved[2];
};
_Static_assert(sizeof(struct notification) == BIT(seL4_NotificationBits), "notification size");

/// A reply object: one link of a call chain. A chain runs from the scheduling context that was donated
/// along it (head: the newest call) through `previous` to the oldest.
struct reply {
    struct tcb *tcb;        ///< the caller that waits for this reply, or the receiver that offers it
    struct reply *previous; ///< older call on the same scheduling context
    word_t next;            ///< newer struct reply *, or struct sched_context * | 1 when this is the head
    word_t reserved;
};
_Static_assert(sizeof(struct reply) == BIT(seL4_ReplyBits), "reply size");

struct refill {
    ticks_t time;   ///< not usable before
    ticks_t amount;
};

/// A scheduling context; refill_max refills follow it (at least two are inside the object).
struct sched_context {
    ticks_t period; ///< 0: round robin with its budget
    ticks_t consumed;
    word_t core_number;
    struct tcb *tcb;
    struct reply *reply; ///< head of the call chain
    struct notification *notification;
    word_t badge;
    struct tcb *yield_from; ///< thread that yielded to this one
    uint32_t refill_max;    ///< 0: not configured
    uint32_t refill_head;
    uint32_t refill_tail;
    uint32_t sporadic;
    word_t reserved[2];
    struct refill refills[];
};
_Static_assert(sizeof(struct sched_context) + 2 * sizeof(struct refill) == seL4_CoreSchedContextBytes,
               "scheduling context size");

/// What a failed invocation tells the caller (message registers of the error reply).
struct error {
    word_t code;     ///< enum seL4_Error
    word_t argument; ///< InvalidArgument, InvalidCapability: number; FailedLookup: 1 source
    word_t minimum;  ///< RangeError; NotEnoughMemory: bytes left
    word_t maximum;
};

struct ready_queues {
    word_t summary[CONFIG_NUM_DOMAINS]; ///< bit i: bitmap[domain][i] is not 0
    word_t bitmap[CONFIG_NUM_DOMAINS][CONFIG_NUM_PRIORITIES / 64];
    struct tcb_queue queue[CONFIG_NUM_DOMAINS][CONFIG_NUM_PRIORITIES];
};

enum scheduler_action {
    SCHEDULER_RESUME_CURRENT = 0,
    SCHEDULER_CHOOSE_NEW,
    SCHEDULER_SWITCH_TO, ///< core->scheduler_candidate
};

/// One entry of the domain schedule. Duration 0 ends the schedule (in entry 0: domain 0 for ever).
struct domain_entry {
    word_t domain;
    ticks_t duration;
};
#define DOMAIN_SCHEDULE_LENGTH 256

#define TICKS_NEVER (~(ticks_t)0)

/// A CancelBadgedSends that was preempted. There is one at a time; the next one begins when it is done
/// (endpoint.c).
struct badged_cancel {
    struct endpoint *endpoint;
    struct tcb *next; ///< first sender that was not looked at; NULL: there is nothing left to do
    word_t badge;
    word_t number;    ///< of all that ever began
};

/// Everything that belongs to one core. There is no other mutable scheduling state in the kernel. What
/// every entry uses comes first, within reach of one load.
struct core {
    word_t number;
    struct tcb *current;
    struct tcb *idle;
    struct sched_context *current_sc;
    ticks_t now;      ///< when the kernel was entered last
    ticks_t consumed; ///< by current_sc since it was charged last
    bool reprogram_timer;
    enum scheduler_action action;
    struct tcb *scheduler_candidate;
    ticks_t next_event;     ///< first of release queue, wake queue and domain end; 0: work it out
    ticks_t deadline;       ///< what the timer was set to last
    ticks_t minimum_budget; ///< least amount of a usable refill
    word_t domain;
    struct arch_core arch;
    struct ready_queues ready;
    struct time_queue release; ///< threads out of budget, by the time of their next refill
    ticks_t domain_end;   ///< when the next entry of the schedule begins; TICKS_NEVER or 0: never
    word_t domain_index;  ///< running entry
    word_t domain_start;  ///< entry that follows the last one
    struct domain_entry domain_schedule[DOMAIN_SCHEDULE_LENGTH];
    struct time_queue wake; ///< sched_wake_at()
    word_t reply_length;    ///< message words of the running invocation's answer
    bool reply_wanted;      ///< the running invocation is a Call
    word_t work_units; ///< since the last look for interrupts in a long operation
    struct error error;
    struct lookup_failure lookup_failure;
    struct fault fault;
#if CONFIG_DEBUG_BUILD
    struct tcb *debug_threads; ///< list of all threads (of core 0 only)
#endif
};

#endif
