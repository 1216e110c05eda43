// SPDX-License-Identifier: BSD-2-Clause
// What vm_main.c asks of modules.c.
#ifndef VMM_COMPONENT_MODULES_H
#define VMM_COMPONENT_MODULES_H

#include "include/vmlinux.h"

/// Runs all modules that were linked in.
void modules_init(vm_t *vm);

/// Runs all reboot hooks (a vm_reset_hook).
void modules_reset(vm_t *vm);

#endif
