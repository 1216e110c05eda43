// SPDX-License-Identifier: BSD-2-Clause
// Never waits.
#include <camkes.h>

int run(void)
{
    for (;;) {
        __asm__ volatile("" : : : "memory");
    }
}
