// SPDX-License-Identifier: BSD-2-Clause
// Calls through passive servers.
#include "check.h"

int run(void)
{
    bool good = true;

    for (int i = 0; i < 1000; i++) {
        good = good && below_ping(start + i) == start + i + 2;
    }
    CHECK("passive_chain", good);
    report_finish();
    return 0;
}
