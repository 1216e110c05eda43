// SPDX-License-Identifier: BSD-2-Clause
// The DomainSet cap: moving threads between domains, editing the schedule and starting it.
#include "kernel_threads.h"

static word_t set(word_t thread, word_t domain)
{
    return call(seL4_CapDomain, DomainSetSet, WORDS(thread), WORDS(domain));
}

static word_t entry(word_t index, word_t domain, word_t duration)
{
    return call(seL4_CapDomain, DomainScheduleConfigure, NO_WORDS, WORDS(index, domain, duration));
}

static word_t start(word_t index)
{
    return call(seL4_CapDomain, DomainScheduleSetStart, NO_WORDS, WORDS(index));
}

static void test_set(void **state)
{
    const struct player player = make_player(100);

    (void)state;
    assert_int_equal(call(seL4_CapDomain, DomainSetSet, WORDS(player.cap), NO_WORDS),
                     seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapDomain, DomainSetSet, NO_WORDS, WORDS(1)), seL4_TruncatedMessage);
    assert_int_equal(set(player.cap, CONFIG_NUM_DOMAINS), seL4_InvalidArgument);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(set(ROOT, 1), seL4_InvalidArgument);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(seL4_CapDomain, CNodeDelete, WORDS(player.cap), WORDS(1)),
                     seL4_IllegalOperation);
    assert_int_equal(set(player.cap, 3), 0);
    assert_int_equal(player.tcb->domain, 3);
    // Nothing of another domain runs, not even when this one is idle.
    root_sleep();
    assert_ptr_equal(current(), harness_core()->idle);
}

static void test_schedule_errors(void **state)
{
    const word_t last = DOMAIN_SCHEDULE_LENGTH - 1;

    (void)state;
    assert_int_equal(call(seL4_CapDomain, DomainScheduleConfigure, NO_WORDS, WORDS(1, 0)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapDomain, DomainScheduleSetStart, NO_WORDS, NO_WORDS),
                     seL4_TruncatedMessage);
    assert_int_equal(entry(last, 0, 100), seL4_RangeError);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(answer.mr[1], last - 1);
    assert_int_equal(entry(1, CONFIG_NUM_DOMAINS, 100), seL4_RangeError);
    assert_int_equal(answer.mr[1], CONFIG_NUM_DOMAINS - 1);
    assert_int_equal(entry(1, 1, 0), seL4_InvalidArgument);
    assert_int_equal(entry(0, 0, 0), seL4_InvalidArgument); // the running schedule begins there
    assert_int_equal(entry(5, 0, 0), 0);
    assert_int_equal(start(last), seL4_RangeError);
    assert_int_equal(start(5), seL4_InvalidArgument);
    assert_int_equal(answer.mr[0], 0);
}

static void test_schedule_runs(void **state)
{
    const struct player red = make_player(100);
    const struct player blue = make_player(50);
    const word_t slice_us = 20000;
    const word_t slice = arch_us_to_ticks(slice_us);

    (void)state;
    assert_int_equal(set(red.cap, 1), 0);
    assert_int_equal(set(blue.cap, 2), 0);
    assert_int_equal(entry(10, 1, slice), 0);
    assert_int_equal(entry(11, 2, 2 * slice), 0);
    assert_int_equal(entry(12, 0, 0), 0);
    assert_root_runs();
    assert_int_equal(start(10), NOT_ANSWERED);
    // The priority of the other domain's thread does not matter, nor does that of the root task.
    assert_runs(red);
    run_for_us(slice_us - 1000);
    assert_runs(red);
    run_for_us(2000);
    assert_runs(blue);
    run_for_us(2 * slice_us);
    assert_runs(red);
    run_for_us(slice_us);
    assert_runs(blue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_set, harness_setup),
        cmocka_unit_test_setup(test_schedule_errors, harness_setup),
        cmocka_unit_test_setup(test_schedule_runs, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
