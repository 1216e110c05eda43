// SPDX-License-Identifier: BSD-2-Clause
// Kernels of several cores: a ticket lock around all of the kernel, and calls to a core that waits
// for it. vectors.S takes the lock with smp_enter() and gives it back on the way to a thread.
#include <arch/context_ops.h>
#include <arch/drivers.h>
#include <arch/smp.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>

// In vectors.S: the next ticket, and the one whose turn it is, in cache lines of their own; how many
// cores sleep while they wait, next to the latter.
extern uint32_t kernel_lock_next, kernel_lock_owner, kernel_lock_sleepers;
// In head.S: cores wait in their boot code until it is set.
extern uint32_t kernel_cores_go;

// After so many WFEs that ended without what they waited for, a core sleeps in a WFI. Hardware does
// not get there: its WFE ends when something happens. An emulator's may end at once, and the core
// would take the time of the one that it waits for.
#define WFE_LIMIT 300u

static void wait_for_event(void)
{
    // An emulator that runs its cores in turns gets to the next one.
    __asm__ volatile("wfe" : : : "memory");
}

static void send_event(void)
{
    __asm__ volatile("dsb ish; sev" : : : "memory");
}

/// Reads the owner so that its next change is an event for this core.
static uint32_t watch_owner(void)
{
    uint32_t value;
    __asm__ volatile("ldaxr %w0, [%1]" : "=r"(value) : "r"(&kernel_lock_owner) : "memory");
    return value;
}

// ---- sleeping -----------------------------------------------------------------------------------

// Who makes the condition true first writes it and then looks whether somebody sleeps; who wants to
// sleep first says so and then looks at the condition once more. A barrier or an exclusive access is
// between the two, on both sides, so one of them sees the other.

static void sleep_begin(struct core *core)
{
    // An old one would end the sleep at once. What it was for is seen to in sleep_over().
    gic_clear_ipi();
    core->arch.ipi_taken = true;
    __atomic_store_n(&core->arch.sleeps, true, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&kernel_lock_sleepers, 1, __ATOMIC_SEQ_CST);
}

static void sleep_end(struct core *core)
{
    __atomic_fetch_sub(&kernel_lock_sleepers, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&core->arch.sleeps, false, __ATOMIC_RELAXED);
}

/// The wait is over: IPIs that it took may have been for something else, too.
static void sleep_over(struct core *core)
{
    if (UNLIKELY(core->arch.ipi_taken)) {
        core->arch.ipi_taken = false;
        gic_send_ipi(core);
    }
}

void smp_wake_next(void)
{
    uint32_t owner = __atomic_load_n(&kernel_lock_owner, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct core *core = &kernel_cores[i];
        if (__atomic_load_n(&core->arch.sleeps, __ATOMIC_SEQ_CST) && core->arch.ticket == owner) {
            gic_send_ipi(core);
        }
    }
}

// ---- the lock and calls -------------------------------------------------------------------------

static struct smp_call *call_for(const struct core *core)
{
    return __atomic_load_n(&core->arch.call, __ATOMIC_SEQ_CST);
}

/// Does what the holder of the lock asks for.
static void serve_call(struct core *core)
{
    struct smp_call *call = call_for(core);
    if (call != NULL) {
        struct core *caller = call->caller;
        call->function(core, call->argument);
        __atomic_store_n(&core->arch.call, NULL, __ATOMIC_SEQ_CST); // `call` is the caller's again
        send_event();
        if (__atomic_load_n(&caller->arch.sleeps, __ATOMIC_SEQ_CST)) {
            gic_send_ipi(caller);
        }
    }
}

static void sleep_until_turn(struct core *core)
{
    sleep_begin(core);
    if (__atomic_load_n(&kernel_lock_owner, __ATOMIC_SEQ_CST) != core->arch.ticket
        && call_for(core) == NULL) {
        gic_wait_for_ipi();
    }
    sleep_end(core);
}

static void sleep_until_served(struct core *core, const struct core *target)
{
    sleep_begin(core);
    if (call_for(target) != NULL) {
        gic_wait_for_ipi();
    }
    sleep_end(core);
}

bool smp_serve_interrupt(struct core *core)
{
    if (call_for(core) == NULL) {
        return false;
    }
    core->arch.rewind = 0;
    core->arch.displaced = false;
    // What other IPIs were for is seen below. One that comes later interrupts the thread again.
    gic_clear_ipi();
    serve_call(core);
    return !core->arch.displaced && !arch_irq_pending(core)
           && __atomic_load_n(&core->action, __ATOMIC_ACQUIRE) == SCHEDULER_RESUME_CURRENT;
}

bool smp_enter(struct core *core, word_t rewind)
{
    core->arch.rewind = rewind;
    core->arch.displaced = false;
    uint32_t ticket = __atomic_fetch_add(&kernel_lock_next, 1, __ATOMIC_RELAXED);
    core->arch.ticket = ticket;
    for (unsigned tries = 0; watch_owner() != ticket; tries++) {
        serve_call(core);
        if (tries < WFE_LIMIT || !core->arch.can_sleep) {
            wait_for_event();
        } else {
            sleep_until_turn(core);
        }
    }
    sleep_over(core);
    return core->arch.displaced;
}

bool arch_lock_is_wanted(void)
{
    // The executing core holds it: any later ticket is somebody else's.
    return __atomic_load_n(&kernel_lock_next, __ATOMIC_RELAXED)
           != __atomic_load_n(&kernel_lock_owner, __ATOMIC_RELAXED) + 1;
}

void smp_call_core(struct core *target, struct smp_call *call)
{
    ASSERT(target != arch_current_core());
    struct core *core = arch_current_core();
    call->caller = core;
    __atomic_store_n(&target->arch.call, call, __ATOMIC_SEQ_CST);
    send_event();
    gic_send_ipi(target);
    for (unsigned tries = 0; call_for(target) != NULL; tries++) {
        if (tries < WFE_LIMIT) {
            wait_for_event();
        } else {
            sleep_until_served(core, target);
        }
    }
    sleep_over(core);
}

// ---- threads ------------------------------------------------------------------------------------

/// What the executing core's hardware holds of a thread goes to memory.
static void give_up_thread(struct core *core, struct tcb *tcb)
{
    fp_release(core, tcb, true);
    tls_release(core, tcb);
    if (tcb->arch.vcpu != NULL) {
        vcpu_give_up(core, tcb->arch.vcpu);
    }
}

/// smp_call: the thread leaves this core.
static void leave_core(struct core *core, void *argument)
{
    struct tcb *tcb = argument;
    give_up_thread(core, tcb);
    if (core->current == tcb) {
        tcb->arch.registers[CONTEXT_PC] -= core->arch.rewind;
        core->arch.rewind = 0;
        core->arch.displaced = true;
        sched_displace(core);
    }
}

static bool is_on_core(const struct core *home, const struct tcb *tcb)
{
    return home->current == tcb || home->arch.fp_owner == tcb || home->arch.tls_owner == tcb
           || (tcb->arch.vcpu != NULL && home->arch.vcpu == tcb->arch.vcpu);
}

void arch_remote_stall(struct core *core, struct tcb *tcb)
{
    struct core *home = &kernel_cores[tcb->core_number];
    if (home != core && is_on_core(home, tcb)) {
        struct smp_call call = { .function = leave_core, .argument = tcb };
        smp_call_core(home, &call);
    }
}

void arch_thread_leave(struct core *core, struct tcb *tcb)
{
    if (tcb->core_number == core->number) {
        give_up_thread(core, tcb);
    } else {
        arch_remote_stall(core, tcb);
    }
}

void arch_remote_reschedule(struct core *core, word_t target)
{
    struct core *other = &kernel_cores[target];
    if (other != core) {
        other->action = SCHEDULER_CHOOSE_NEW;
        gic_send_ipi(other);
    }
}

bool smp_vcpu_is_remote(const struct core *core, const struct tcb *tcb)
{
    const struct core *home = &kernel_cores[tcb->core_number];
    return home != core && tcb->arch.vcpu != NULL && home->arch.vcpu == tcb->arch.vcpu;
}

static void leave_vspace(struct core *core, void *argument)
{
    (void)argument;
    vspace_leave(core);
}

void smp_drop_vmid(struct core *core, word_t vmid)
{
    struct smp_call call = { .function = leave_vspace, .argument = NULL };
    for (unsigned i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct core *other = &kernel_cores[i];
        if (other != core && vspace_vmid(other) == vmid) {
            smp_call_core(other, &call);
        }
    }
}

// ---- boot ---------------------------------------------------------------------------------------

void smp_start(struct core *core)
{
    (void)smp_enter(core, 0);
    core->arch.can_sleep = true;
    __atomic_store_n(&kernel_cores_go, 1, __ATOMIC_RELEASE);
    send_event();
}

void smp_boot_core(word_t number)
{
    struct core *core = &kernel_cores[number];
    boot_init_core(core);
    (void)smp_enter(core, 0);
    boot_init_core_hardware(core);
    core->arch.can_sleep = true;
    klog("kernel: core %lu\n", (unsigned long)number);
    sched_update_time(core);
    schedule_and_activate(core);
}
