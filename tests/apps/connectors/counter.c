// SPDX-License-Identifier: BSD-2-Clause
// Counts for each client on its own.
#include <camkes.h>
#include <stdlib.h>

static int sums[128];

int count_add(int n)
{
    int *sum = &sums[count_get_sender_id() % 128];

    *sum += n;
    return *sum;
}

seL4_Word count_who(void)
{
    return count_get_sender_id();
}

int count_badges(size_t *badges_sz, uint64_t **badges)
{
    int count = (int)count_num_badges();

    *badges = calloc((size_t)count, sizeof(**badges));
    *badges_sz = (size_t)count;
    for (int i = 0; i < count; i++) {
        (*badges)[i] = count_enumerate_badge((unsigned)i);
    }
    return count_largest_badge();
}
