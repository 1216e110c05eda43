// SPDX-License-Identifier: BSD-2-Clause
// What the kernel test task offers its tests: checks that name their place, slots, objects and
// threads.
#ifndef TESTS_KERNEL_TASK_H
#define TESTS_KERNEL_TASK_H

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

extern const seL4_BootInfo *task_info;

/// Counts a check; prints place and expression when it fails.
#define CHECK(e) task_check(!!(e), #e, __FILE__, __LINE__)
/// As CHECK(a == b), with the values.
#define CHECK_EQUAL(a, b) task_check_equal((seL4_Word)(a), (seL4_Word)(b), #a, __FILE__, __LINE__)

bool task_check(bool ok, const char *text, const char *file, unsigned line);
bool task_check_equal(seL4_Word a, seL4_Word b, const char *text, const char *file, unsigned line);
void task_print(const char *text);
void task_print_word(const char *label, seL4_Word value);   ///< hexadecimal
void task_print_number(const char *label, seL4_Word value); ///< decimal
/// Registers of the console (PL011), mapped in this task.
volatile uint32_t *task_console(void);
/// The device untyped that begins at an address, or seL4_CapNull.
seL4_CPtr task_device_untyped(seL4_Word paddr);
/// The counter of the generic timer (CNTVCT_EL0).
seL4_Word task_counter(void);

/// Microseconds of the counter.
seL4_Word task_us(void);
/// Whether instructions are the only clock (-icount): times can be compared with what they must be.
bool task_time_is_counted(void);
/// Lets threads of priority 2 and above run for some time. This task's own thread is at 255 otherwise.
void task_let_run(seL4_Word milliseconds);
/// The same until a number has reached a value; false when it does not within some seconds.
bool task_let_reach(const volatile seL4_Word *number, seL4_Word value);

/// Next free slot of the root CNode; so many in a row.
seL4_CPtr task_slot(void);
seL4_CPtr task_slots(seL4_Word count);
/// A copy with a badge.
seL4_CPtr task_badged(seL4_CPtr cap, seL4_Word badge);
/// Whether a slot of the root CNode is empty.
bool task_is_empty(seL4_CPtr slot);
/// Deletes what is in a slot of the root CNode.
void task_delete(seL4_CPtr slot);
/// A new object from ordinary memory (type, user size). Stops the task on failure.
seL4_CPtr task_object(seL4_Word type, seL4_Word size_bits);
/// A free range of virtual addresses, 2 MiB aligned.
seL4_Word task_vaddr(seL4_Word bytes);
/// Maps a new 4 KiB frame at a new address of this task's VSpace, with tables as needed.
void *task_page(seL4_CPtr *frame);
/// Maps a frame, adding tables that the kernel asks for. Returns the final error.
seL4_Error task_map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights,
                    seL4_ARM_VMAttributes attributes);
/// A new VSpace with an ASID.
seL4_CPtr task_vspace(void);

/// A thread of this task with a stack, IPC buffer and scheduling context of its own.
struct task_thread {
    seL4_CPtr tcb;
    seL4_CPtr sc;
    seL4_CPtr reply;
    seL4_CPtr buffer_frame;
    seL4_IPCBuffer *buffer;
    seL4_Word stack_top;
};

/// Makes it (not running). Faults go to `fault_ep` (0: none).
void task_thread_create(struct task_thread *thread, seL4_Word priority, seL4_CPtr fault_ep);
/// Makes it with other scheduling parameters (microseconds, SchedControl flags).
void task_thread_set_budget(const struct task_thread *thread, seL4_Word budget, seL4_Word period,
                            seL4_Word refills, seL4_Word flags);
/// Takes its scheduling context away: from now on it runs on its callers'.
void task_thread_make_passive(const struct task_thread *thread);
/// Deletes thread, scheduling context and reply object.
void task_thread_delete(const struct task_thread *thread);
/// Starts it at `function(argument)`.
void task_thread_start(struct task_thread *thread, void (*function)(seL4_Word), seL4_Word argument);

// Assembler.
void thread_start(void);
void signal_forever(void); ///< in the image's first page: x0 is a notification
void wait_forever(void);   ///< x0 is a notification
seL4_Word probe_read(seL4_Word address);
void probe_write(seL4_Word address, seL4_Word value);
seL4_Word fp_hold(seL4_Word value, seL4_Word yields);
extern const char guest_code[], guest_hold[], guest_errors[], guest_ticks[], guest_tick_masked[];
extern const char guest_faults[], guest_collect[], guest_wait[], guest_active[], guest_sweep[];
#if GIC_VERSION == 2
extern const char guest_scribble[], guest_look[];
#endif
extern const char guest_code_end[];
extern const char load_own[], load_own_end[];

#if GIC_VERSION == 3
// start.S: a guest that uses what traps, and single accesses of a native thread.
extern const char guest_interface[];
void probe_icc_iar1(seL4_Word unused);
void probe_icc_sgi1r(seL4_Word value);
void probe_icc_sre(seL4_Word unused);
void probe_ich_hcr(seL4_Word value);
#endif

/// Group of the guests' interrupts: group 0 would come as a FIQ to a guest with system registers.
#define TASK_VIRQ_GROUP (GIC_VERSION == 3 ? 1 : 0)

/// A VSpace with the guest's code and what it needs of the virtual CPU interface, where guest_code
/// expects it (test_vcpu.c). Returns the address of its first instruction in `entry`.
seL4_CPtr test_vcpu_memory(seL4_Word *entry);
/// The frame of a GICv2's virtual CPU interface.
seL4_CPtr test_vcpu_gicv(void);

// Topics, one file each.
void test_boot(void);
void test_cspace(void);
void test_vspace(void);
void test_untyped(void);
void test_cnode(void);
void test_threads(void);
void test_ipc(void);
void test_transfer(void);
void test_notification(void);
void test_sched(void);
void test_chains(void);
void test_domains(void);
void test_caches(void);
void test_faults(void);
void test_vcpu(void);
void test_fault_paths(void);
void test_replies(void);
void test_traps(void);
void test_leaks(void);
void test_random(void);
void test_vtimer(void);
void test_irq(void);
void test_smc(void);
void test_answers(void);
void test_smp(void);
/// The only topic of a build with TASK_PROVOKE: an exception of the kernel.
void test_provoke(void);
/// For measuring: the only topic of a build with TASK_LATENCY. `untyped` has 1 GiB.
void test_latency(seL4_CPtr untyped);

#endif
