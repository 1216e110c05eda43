// SPDX-License-Identifier: BSD-2-Clause
// One of several clients of the same server.
#include <stdlib.h>

#include "check.h"

enum { VISITS = 500 };

int run(void)
{
    uint64_t *badges = NULL;
    size_t count = 0;
    bool good = true;

    CHECK("sender_id", count_who() == badge);
    for (int i = 1; i <= VISITS; i++) {
        good = good && count_add(1) == i;
        if (i % 16 == 0) {
            seL4_Yield();
        }
    }
    CHECK("counted_alone", good);
    int largest = count_badges(&count, &badges);
    CHECK("badges", count == 3 && largest == 77 && badges[0] == 1 && badges[1] == 77
                        && badges[2] == 2);
    free(badges);
    report_finish();
    return 0;
}
