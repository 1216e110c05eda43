// SPDX-License-Identifier: BSD-2-Clause
// Log lines of the VMM: one line per event, prefixed with the VM's name. Never on a hot path.
#ifndef VMM_LOG_H
#define VMM_LOG_H

/// Prints one line (the newline is added). The component prints it on its console, unit tests drop it.
void vmm_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
