// SPDX-License-Identifier: BSD-2-Clause
// Random histories of the system, always the same ones. The fuzzer does more of it.
#include "kernel_harness.h"
#include "kernel_script.h"
#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 500, BYTES = 4096 };

static uint64_t random_state;
static volatile unsigned long current_run; ///< for the debugger

static uint8_t random_byte(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint8_t)(random_state >> 24);
}

/// ROOKERY_RANDOM_SEED and ROOKERY_RANDOM_RUNS choose other histories.
static unsigned long setting(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? strtoul(value, NULL, 0) : otherwise;
}

static void test_random(void **state)
{
    static uint8_t bytes[BYTES];
    const unsigned long seed = setting("ROOKERY_RANDOM_SEED", 1);
    const unsigned long runs = setting("ROOKERY_RANDOM_RUNS", RUNS);
    unsigned long entries = 0;

    (void)state;
    for (unsigned long run = seed; run < seed + runs; run++) {
        random_state = run * 0x9e3779b97f4a7c15u;
        for (unsigned i = 0; i < BYTES; i++) {
            bytes[i] = random_byte();
        }
        current_run = run;
        entries += kernel_script_run(bytes, BYTES);
    }
    (void)fprintf(stderr, "%lu runs, %lu kernel entries\n", runs, entries);
    assert_true(entries > runs * 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
