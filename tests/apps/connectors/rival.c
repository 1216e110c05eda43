// SPDX-License-Identifier: BSD-2-Clause
// Calls the partner at the same time as another member does.
#include <camkes.h>

static int finished;

int finished_twice(int value)
{
    (void)value;
    return __atomic_load_n(&finished, __ATOMIC_ACQUIRE);
}

int run(void)
{
    for (int i = 0; i < rounds; i++) {
        (void)service_visit(1);
        if (i % 16 == 0) {
            seL4_Yield();
        }
    }
    __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
    return 0;
}
