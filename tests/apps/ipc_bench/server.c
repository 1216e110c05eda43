// SPDX-License-Identifier: BSD-2-Clause
// Answers calls, once on its own time and once on the caller's, and sends notifications back.
#include <camkes.h>

int passive_ping(int value)
{
    return value + 1;
}

int active_ping(int value)
{
    return value + 1;
}

static void on_tick(void *unused)
{
    (void)unused;
    tock_emit();
    (void)tick_reg_callback(on_tick, NULL);
}

void tick__init(void)
{
    (void)tick_reg_callback(on_tick, NULL);
}
