// SPDX-License-Identifier: BSD-2-Clause
// Lines that the VMM prints about its guest. Never on a hot path, never without a limit for what a
// guest can provoke.
#ifndef VMM_LOG_H
#define VMM_LOG_H

#include <base/compiler.h>

/// Prints one line (the newline is added). The component prints it on its console, unit tests keep
/// or drop it.
void vm_log(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
