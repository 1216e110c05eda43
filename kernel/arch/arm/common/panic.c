// SPDX-License-Identifier: BSD-2-Clause
// The end of a kernel that found itself broken: says where, and stops.
#include <kernel/kernel.h>

void kernel_panic(const char *message, const char *file, unsigned line)
{
    klog("kernel panic: %s at %s:%u\n", message, file, line);
    arch_halt();
}
