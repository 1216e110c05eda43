// SPDX-License-Identifier: BSD-2-Clause
// A member that is called through the kernel, and writes where it is told.
#include <camkes.h>

static int in_our_memory;

uintptr_t poke_poke(uintptr_t place, int value)
{
    *(int *)place = value;
    in_our_memory = value;
    return (uintptr_t)&in_our_memory;
}

seL4_CPtr poke_control_slot(void)
{
    return camkes_this_thread()->tcb;
}

uintptr_t poke_own_dataport(void)
{
    return (uintptr_t)common;
}
