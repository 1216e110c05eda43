// SPDX-License-Identifier: BSD-2-Clause
// Several cores: the kernel lock, calls to another core, and inter-processor interrupts. One core is
// in the kernel at a time; the others run threads, sleep, or wait for the lock. Who holds the lock
// may have another core do something: it is interrupted, and does it while it waits for the lock.
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <kernel/kernel.h>

/// What the holder of the lock wants another core to do.
struct smp_call {
    void (*function)(struct core *core, void *argument); ///< `core`: the one that executes it
    void *argument;
    struct core *caller; ///< set by smp_call_core()
};

/// Takes the lock; called on every way into the kernel. `rewind`: bytes by which the current
/// thread's program counter is behind the instruction that would have to be executed again. Returns
/// whether the current thread was taken off meanwhile (sched_displace()): its entry does not count.
bool smp_enter(struct core *core, word_t rewind);
/// An interrupt came while a thread ran; the lock is not taken. Does what the holder of the lock asks
/// for. Returns whether there is nothing else to do, so that the thread goes on.
bool smp_serve_interrupt(struct core *core);
/// Called by vectors.S after it gave the lock back while cores sleep: wakes the one whose turn it is.
void smp_wake_next(void);
/// Has `target` (another core) execute the call, and waits until it is done.
void smp_call_core(struct core *target, struct smp_call *call);
/// Whether a thread belongs to another core and its VCPU is in that one's hardware.
bool smp_vcpu_is_remote(const struct core *core, const struct tcb *tcb);
/// No core's page tables are those of a VMID any more.
void smp_drop_vmid(struct core *core, word_t vmid);
/// A core that the boot code started, in its own stack.
void smp_boot_core(word_t number);
/// Lets the other cores in. The executing core holds the lock then.
void smp_start(struct core *core);

#endif
