// SPDX-License-Identifier: BSD-2-Clause
// Member of a compound or of a group. They call each other over both:
// left -> couple.second -> couple.first -> right.
#include <string.h>

#include "check.h"

int mine_add(int a, int b)
{
    return a + b + step;
}

int run(void)
{
    volatile uint32_t *words = (volatile uint32_t *)common;
    const char *name = get_instance_name();
    bool is_second = strcmp(name, "couple.second") == 0;
    bool is_first = strcmp(name, "couple.first") == 0;
    int next = is_first ? 400 : is_second ? 10 : 20;

    CHECK("label", strcmp(label, is_first || is_second ? "a couple" : "group") == 0);
    if (strcmp(name, "right") == 0) {
        CHECK("other_is_not_there", other_add == NULL);
    } else {
        CHECK("other", other_add(1, 2) == 3 + next);
    }
    // All four share this memory.
    (void)__atomic_add_fetch(&words[0], (uint32_t)step, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 1000 && words[0] != 730; i++) {
        seL4_Yield();
    }
    CHECK("common_memory", words[0] == 730);
    report_finish();
    return 0;
}
