// SPDX-License-Identifier: BSD-2-Clause
// Calls in its first hook: the answer comes when the server has initialised itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool answered_after_post_init;
static unsigned characters;

void pre_init(void)
{
    char *steps = order_steps();

    answered_after_post_init = steps != NULL && strncmp(steps, "cpmq", 4) == 0;
    free(steps);
    signal_emit();
}

static void take_character(int c)
{
    characters += c == 'x';
}

int run(void)
{
    CHECK("call_in_pre_init", answered_after_post_init);
    done_wait();
    char *steps = order_steps();
    CHECK("server_ran", steps != NULL && strcmp(steps, "cpmqrs") == 0);
    free(steps);
    set_putchar(take_character);
    printf("x%dx\n", 1);
    set_putchar(NULL);
    CHECK("set_putchar", characters == 2);
    report_finish();
    return 0;
}
