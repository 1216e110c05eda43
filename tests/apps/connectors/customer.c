// SPDX-License-Identifier: BSD-2-Clause
// Client of servers that signal back and share memory with it.
#include <string.h>

#include "check.h"

/// Waits for the instance's notification; which bits came.
static seL4_Word wait_badge(void)
{
    seL4_Word badge = 0;

    (void)seL4_Wait(timer_notification(), &badge);
    return badge;
}

static bool no_signal(void)
{
    seL4_Word badge = 0;

    (void)seL4_Poll(timer_notification(), &badge);
    return badge == 0;
}

/// The buffers are volatile, so no functions of the C library on them.
static void write_word(volatile void *buffer)
{
    volatile char *text = buffer;

    for (size_t i = 0; i <= strlen(word); i++) {
        text[i] = word[i];
    }
}

static bool written(const volatile void *buffer, const char *expected)
{
    const volatile char *text = buffer;
    bool same = true;

    for (size_t i = 0; i <= strlen(expected); i++) {
        same = same && text[i] == expected[i];
    }
    return same;
}

static const char *shouted(void)
{
    return strcmp(word, "bread") == 0 ? "BREAD" : "SOME CHEESE";
}

static void check_timer(void)
{
    seL4_Word bits = timer_notification_badge() | serial_notification_badge()
                     | signal_notification_badge() | both_notification_badge();

    CHECK("one_notification", timer_notification() == serial_notification()
                                  && timer_notification() == both_notification());
    CHECK("badges_differ", __builtin_popcountll(bits & ~(seL4_Word)1) == 4);
    CHECK("time_server_knows_client", timer_order(0) > 0 && no_signal());
    (void)timer_order(3);
    timer_wait_notification();
    CHECK("time_server_signals_once", no_signal());
    (void)timer_order(1);
    CHECK("time_server_badge", wait_badge() == timer_notification_badge());
    (void)signal_order(1);
    (void)timer_order(1);
    CHECK("two_signals",
          wait_badge() == (timer_notification_badge() | signal_notification_badge()));
    CHECK("call_signal", signal_order(41) == 42 && wait_badge() == signal_notification_badge());
}

int run(void)
{
    int serial_size = (int)serial_get_size();

    check_timer();
    for (int i = 0; i < 20; i++) {
        seL4_Yield();
    }
    write_word(serial_get_buf());
    CHECK("serial_server_sees_buffer", serial_order(5) == serial_size + 5);
    CHECK("serial_server_badge", wait_badge() == serial_notification_badge());
    CHECK("serial_server_writes", written(serial_buf, shouted()));
    CHECK("buffer_size", serial_size == (strcmp(word, "bread") == 0 ? 4096 : 16384));
    write_word(port_buf);
    CHECK("rpc_dataport", port_order(0) == (int)port_get_size() && written(port_buf, shouted()));
    write_word(both_buf);
    CHECK("rpc_dataport_signal", both_order(1) == (int)both_get_size() + 1
                                     && wait_badge() == both_notification_badge()
                                     && written(both_buf, shouted()));
    CHECK("no_signal_is_left", no_signal());
    report_finish();
    return 0;
}
