// SPDX-License-Identifier: BSD-2-Clause
// What the tests of several cores share (test_smp*.c).
#ifndef TESTS_KERNEL_TEST_SMP_H
#define TESTS_KERNEL_TEST_SMP_H

#include "task.h"

#if CONFIG_MAX_NUM_NODES > 1
#define LAST_CORE (CONFIG_MAX_NUM_NODES - 1)

/// Waits in a way that an emulator that runs its cores in turns lets the others go on.
void smp_wait_us(seL4_Word microseconds);
void smp_wait_ms(seL4_Word milliseconds);
/// Waits until a number changes; false when it does not within some seconds.
bool smp_changes(volatile seL4_Word *number);
/// Whether a number is the same after some milliseconds.
bool smp_stands_still(volatile seL4_Word *number);
/// A thread's core, budget and period (microseconds).
void smp_set_core(const struct task_thread *thread, seL4_Word core, seL4_Word budget,
                  seL4_Word period);
/// Makes a thread of priority 200 and starts it on a core.
void smp_start_on(struct task_thread *thread, seL4_Word core, seL4_CPtr fault_ep,
                  void (*function)(seL4_Word), seL4_Word argument);
/// A message or fault; false when none comes within some seconds.
bool smp_receive(seL4_CPtr endpoint, seL4_CPtr reply, seL4_MessageInfo_t *info);

/// Objects and threads of several cores; guests on several cores. Parts of the topic smp.
void test_smp_objects(void);
void test_smp_guests(void);
#endif

#endif
