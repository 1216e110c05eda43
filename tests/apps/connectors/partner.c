// SPDX-License-Identifier: BSD-2-Clause
// Called directly: its code runs on the threads of others, with its own locks and interfaces.
#include <string.h>

#include "check.h"

static int counter;
static bool is_ready;
static seL4_CPtr own_slot;
static char lent[] = "lent";

static int constructed;

static __attribute__((constructor)) void construct(void)
{
    constructed++;
}

void post_init(void)
{
    own_slot = camkes_this_thread()->tcb;
    is_ready = true;
}

int service_visit(int by)
{
    (void)m_lock();
    int value = counter;
    seL4_Yield(); // others come in between, were it not for the lock
    counter = value + by;
    (void)m_unlock();
    if (by == 0) {
        visited_emit();
    }
    return value + by;
}

seL4_Word service_who(void)
{
    return service_get_sender_id();
}

char *service_names(char **thread)
{
    *thread = strdup(camkes_this_thread()->name);
    CHECK("initialised_before_the_first_call", is_ready);
    return strdup(get_instance_name());
}

uintptr_t service_lend(void)
{
    return (uintptr_t)lent;
}

uintptr_t service_own_dataport(void)
{
    return (uintptr_t)common;
}

seL4_CPtr service_control_slot(void)
{
    return own_slot;
}

int service_back(int value)
{
    return value < 0 ? rival_twice(0) : answer_twice(value);
}

int run(void)
{
    CHECK("own_thread", strcmp(camkes_this_thread()->name, "partner_0_control") == 0);
    CHECK("constructed_once", constructed == 1);
    CHECK("badges", service_num_badges() == 2 && service_enumerate_badge(0) == 9
                        && service_enumerate_badge(1) == 1 && service_largest_badge() == 9);
    report_finish();
    return 0;
}
