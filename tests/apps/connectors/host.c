// SPDX-License-Identifier: BSD-2-Clause
// Calls a partner directly and neighbours through the kernel; all of them are in one address space.
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { ROUNDS = 500 };

static int in_our_memory;

static int constructed;

static __attribute__((constructor)) void construct(void)
{
    constructed++;
}

int answer_twice(int value)
{
    return 2 * value;
}

static void on_visit(void *arg)
{
    (void)arg;
    (void)callbacks_post();
}

static void check_direct_calls(void)
{
    char *thread = NULL;
    char *name = service_names(&thread);

    // Partner has a lower priority than us: it had to finish its initialisation first.
    CHECK("names", name != NULL && strcmp(name, "partner") == 0 && thread != NULL
                       && strcmp(thread, "host_0_control") == 0);
    free(name);
    free(thread);
    CHECK("sender", service_who() == 9);
    CHECK("callback", visited_reg_callback(on_visit, NULL) == 0);
    int before = service_visit(0);
    CHECK("event_from_the_callee", callbacks_wait() == 0);
    CHECK("visit", before >= 0 && service_visit(5) >= before + 5);
    CHECK("mutual_calls", service_back(21) == 42);
    CHECK("shared_cspace", service_control_slot() != camkes_this_thread()->tcb);
    for (int i = 0; i < ROUNDS; i++) {
        (void)service_visit(1);
    }
    // The rival's rounds and ours, none lost: it says when it has finished.
    while (service_back(-1) == 0) {
        seL4_Yield();
    }
    CHECK("counts_of_both", service_visit(0) == 5 + ROUNDS + 500);
}

static void check_pointers(void)
{
    int *theirs = (int *)left_poke((uintptr_t)&in_our_memory, 7);

    CHECK("written_by_a_neighbour", in_our_memory == 7);
    CHECK("neighbours_memory", theirs != NULL && *theirs == 7);
    *theirs = 8;
    int *lent = (int *)service_lend();
    CHECK("partners_memory", strcmp((const char *)lent, "lent") == 0);
    CHECK("dataport_at_one_place", service_own_dataport() == (uintptr_t)common
                                       && left_own_dataport() == (uintptr_t)common);
    CHECK("other_rights_other_place", right_own_dataport() != (uintptr_t)common);
    memcpy((void *)common, "seen by all", sizeof("seen by all"));
    CHECK("the_same_memory", strcmp((const char *)right_own_dataport(), "seen by all") == 0);
    // Two threads with equal names for their own caps: each has a capability space of its own.
    CHECK("own_cspaces", left_control_slot() == right_control_slot());
}

int run(void)
{
    CHECK("constructed_once", constructed == 1);
    check_direct_calls();
    check_pointers();
    report_finish();
    return 0;
}
