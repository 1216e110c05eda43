// SPDX-License-Identifier: BSD-2-Clause
// Checks that the whole kernel state is consistent.
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include <kernel/kernel.h>

/// Checks every slot that can be found from `root` (slots of a CNode), every object behind them and
/// every queue. Prints what is wrong and aborts. Call between kernel entries.
void kernel_check(struct core *core, struct slot *root, word_t root_slots);

/// Number of slots with a cap that the last check found.
word_t kernel_check_count(void);

#endif
