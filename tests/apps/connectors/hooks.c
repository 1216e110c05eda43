// SPDX-License-Identifier: BSD-2-Clause
// Writes down in which order its hooks run.
#include <string.h>

#include "check.h"

static char steps[16];

static void step(char letter)
{
    steps[strlen(steps)] = letter;
}

static void __attribute__((constructor)) before_all(void)
{
    step('c');
}

void pre_init(void)
{
    step('p');
}

void memory__init(void)
{
    step('m');
}

static volatile bool order_is_initialised;

void order__init(void)
{
    // Another hook may run between these lines, but not the next step.
    for (int i = 0; i < 20; i++) {
        seL4_Yield();
    }
    order_is_initialised = true;
}

static volatile bool signal_is_initialised;

void signal__init(void)
{
    signal_is_initialised = true;
}

void post_init(void)
{
    step(order_is_initialised && signal_is_initialised ? 'q' : '?');
}

char *order_steps(void)
{
    return strdup(steps);
}

int run(void)
{
    step('r');
    CHECK("order", strcmp(steps, "cpmqr") == 0);
    signal_wait();
    step('s');
    CHECK("instance_name",
          strcmp(get_instance_name(), "hooks") == 0 && get_instance_affinity() == 0);
    done_emit();
    report_finish();
    return 0;
}
