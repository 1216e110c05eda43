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

/// Histories are not worth much when they do not get into all of the calls: each has to succeed at least
/// once. ROOKERY_RANDOM_TABLE prints how often each one did.
static void test_all_labels(void **state)
{
    static const char *const names[] = {
        "",
#define INVOCATION(name) #name,
#include "../../../abi/invocations.def"
#undef INVOCATION
    };
    unsigned missing = 0;

    (void)state;
    for (unsigned label = 1; label < sizeof(names) / sizeof(names[0]); label++) {
        const unsigned long count = kernel_script_succeeded(label);
        if (getenv("ROOKERY_RANDOM_TABLE") != NULL) {
            (void)fprintf(stderr, "%8lu %s\n", count, names[label]);
        }
        if (count == 0) {
            (void)fprintf(stderr, "no successful call of %s\n", names[label]);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random), cmocka_unit_test(test_all_labels) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
