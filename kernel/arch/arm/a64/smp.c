// SPDX-License-Identifier: BSD-2-Clause
// Kernels of several cores: a ticket lock around all of the kernel, and calls to a core that waits
// for it. vectors.S takes the lock with smp_enter() and gives it back on the way to a thread.
#include <arch/context_ops.h>
#include <arch/drivers.h>
#include <arch/smp.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>

// In vectors.S: the next ticket, and the one whose turn it is, in cache lines of their own.
extern uint32_t kernel_lock_next, kernel_lock_owner;
// In head.S: cores wait in their boot code until it is set.
extern uint32_t kernel_cores_go;

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

/// Does what the holder of the lock asks for.
static void serve_call(struct core *core)
{
    struct smp_call *call = __atomic_load_n(&core->arch.call, __ATOMIC_ACQUIRE);
    if (call != NULL) {
        call->function(core, call->argument);
        __atomic_store_n(&core->arch.call, NULL, __ATOMIC_RELEASE);
        send_event();
    }
}

bool smp_enter(struct core *core, word_t rewind)
{
    core->arch.rewind = rewind;
    core->arch.displaced = false;
    uint32_t ticket = __atomic_fetch_add(&kernel_lock_next, 1, __ATOMIC_RELAXED);
    while (watch_owner() != ticket) {
        serve_call(core);
        wait_for_event();
    }
    return core->arch.displaced;
}

bool smp_lock_is_wanted(void)
{
    // The executing core holds it: any later ticket is somebody else's.
    return __atomic_load_n(&kernel_lock_next, __ATOMIC_RELAXED)
           != __atomic_load_n(&kernel_lock_owner, __ATOMIC_RELAXED) + 1;
}

void smp_call_core(struct core *target, struct smp_call *call)
{
    ASSERT(target != arch_current_core());
    __atomic_store_n(&target->arch.call, call, __ATOMIC_RELEASE);
    send_event();
    gic_send_ipi(target);
    while (__atomic_load_n(&target->arch.call, __ATOMIC_ACQUIRE) != NULL) {
        wait_for_event();
    }
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
        struct smp_call call = { leave_core, tcb };
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

bool smp_call_vcpu_core(struct core *core, const struct tcb *tcb, struct smp_call *call)
{
    struct core *home = &kernel_cores[tcb->core_number];
    if (home == core || tcb->arch.vcpu == NULL || home->arch.vcpu != tcb->arch.vcpu) {
        return false;
    }
    smp_call_core(home, call);
    return true;
}

static void leave_vspace(struct core *core, void *argument)
{
    (void)argument;
    vspace_leave(core);
}

void smp_drop_vmid(struct core *core, word_t vmid)
{
    struct smp_call call = { leave_vspace, NULL };
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
    __atomic_store_n(&kernel_cores_go, 1, __ATOMIC_RELEASE);
    send_event();
}

void smp_boot_core(word_t number)
{
    struct core *core = &kernel_cores[number];
    boot_init_core(core);
    (void)smp_enter(core, 0);
    boot_init_core_hardware(core);
    klog("kernel: core %lu\n", (unsigned long)number);
    sched_update_time(core);
    schedule_and_activate(core);
}
