// SPDX-License-Identifier: BSD-2-Clause
// The control thread writes to the kernel's memory. Its instance says so once, and its other thread goes on.
#include <camkes.h>
#include <stdio.h>

static void other(void *context)
{
    (void)context;
    printf("offender: the other thread goes on\n");
}

int run(void)
{
    (void)other_reg_callback(other, NULL);
    go_emit();
    *(volatile uint64_t *)0x8060000000 = 1;
    printf("BREACH: wrote to the kernel\n");
    return 0;
}
