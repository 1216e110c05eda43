// SPDX-License-Identifier: BSD-2-Clause
// Counts the calls of a callback.
#include <camkes.h>

static int calls;
static seL4_Word last;

void back_callback(seL4_Word badge)
{
    calls++;
    last = badge;
}

int count_calls(uint64_t *badge)
{
    *badge = last == back_notification_badge() ? 1 : last;
    return calls;
}
