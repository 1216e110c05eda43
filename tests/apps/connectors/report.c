// SPDX-License-Identifier: BSD-2-Clause
// Prints and counts results. It has the highest priority, so that lines stay whole.
#include <camkes.h>
#include <stdio.h>

static unsigned checks;
static unsigned failed;
static int finished;

void results_check(const char *instance, const char *name, bool ok, const char *why)
{
    checks++;
    if (ok) {
        printf("PASS %s.%s\n", instance, name);
    } else {
        failed++;
        printf("FAIL %s.%s: %s\n", instance, name, why);
    }
}

void results_finish(void)
{
    // Every client is a tester.
    finished++;
    if (finished == (int)results_num_badges()) {
        printf("SUMMARY: %u checks, %u failed\n", checks, failed);
    }
}
