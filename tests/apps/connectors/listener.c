// SPDX-License-Identifier: BSD-2-Clause
// Takes signals in every way there is. The threads that take them have a higher priority than
// run(), the one that emits later has a lower one.
#include "check.h"

static void check_wait_and_poll(void)
{
    trigger_now('w', 1);
    w_wait();
    trigger_later('w');
    w_wait();
    CHECK("wait", w_poll() == 0);
    CHECK("poll_before", p_poll() == 0);
    trigger_now('p', 1);
    CHECK("poll_takes_one", p_poll() == 1 && p_poll() == 0);
    trigger_now('p', 5);
    CHECK("signals_become_one", p_poll() == 1 && p_poll() == 0);
}

static void on_signal(void *arg)
{
    (*(int *)arg)++;
    (void)called_post();
}

static void check_callback(void)
{
    int calls = 0;

    CHECK("register", c_reg_callback(on_signal, &calls) == 0 && calls == 0);
    CHECK("register_twice", c_reg_callback(on_signal, &calls) == -1);
    trigger_now('c', 1);
    CHECK("callback", calls == 1);
    trigger_now('c', 1);
    CHECK("callback_only_once", calls == 1);
    CHECK("register_late_calls_at_once", c_reg_callback(on_signal, &calls) == 0 && calls == 2);
    CHECK("register_again", c_reg_callback(on_signal, &calls) == 0 && calls == 2);
    (void)called_wait();
    (void)called_wait();
    trigger_later('c');
    (void)called_wait();
    CHECK("callback_from_below", calls == 3 && c_poll() == 0);
    trigger_now('2', 1);
    CHECK("two_consumers", left_poll() == 1 && right_poll() == 1 && left_poll() == 0);
    right_reg_callback(on_signal, &calls);
    trigger_now('2', 1);
    CHECK("consumers_are_apart", left_poll() == 1 && right_poll() == 0 && calls == 4);
}

static void check_native(void)
{
    CHECK("native_poll_before", n_poll() == 0);
    trigger_now('n', 2);
    CHECK("native_poll", n_poll() == 1 && n_poll() == 0);
    trigger_later('n');
    n_wait();
    CHECK("native_wait", n_poll() == 0);
}

static void check_global(void)
{
    seL4_Word g1 = g1_notification_badge();
    seL4_Word g2 = g2_notification_badge();
    seL4_Word base = 1 << 16;
    seL4_Word badge = 0;

    CHECK("one_notification", g1_notification() == g2_notification() && g1_notification() != 0);
    CHECK("badge_base", (g1 & base) != 0 && (g2 & base) != 0);
    CHECK("badge_bits", __builtin_popcountll(g1) == 2 && __builtin_popcountll(g2) == 2 && g1 != g2);
    CHECK("badge_mask", ((g1 | g2) & 1 << 1) == 0);
    (void)seL4_Poll(g1_notification(), &badge);
    CHECK("global_poll_before", badge == 0);
    trigger_now('g', 1);
    trigger_now('h', 3);
    (void)seL4_Wait(g1_notification(), &badge);
    CHECK("global_both", badge == (g1 | g2));
    trigger_later('h');
    (void)seL4_Wait(g1_notification(), &badge);
    CHECK("global_wait", badge == g2);
}

static void check_global_callback(void)
{
    uint64_t badge = 0;

    CHECK("global_callback_before", back_count_calls(&badge) == 0);
    trigger_now('b', 1);
    CHECK("global_callback", back_count_calls(&badge) == 1 && badge == 1);
    trigger_now('b', 1);
    CHECK("global_callback_again", back_count_calls(&badge) == 2 && badge == 1);
}

int run(void)
{
    check_wait_and_poll();
    check_callback();
    check_native();
    check_global();
    check_global_callback();
    CHECK("not_connected", nobody_wait == NULL && nobody_reg_callback == NULL);
    report_finish();
    return 0;
}
