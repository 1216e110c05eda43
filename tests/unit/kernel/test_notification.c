// SPDX-License-Identifier: BSD-2-Clause
// Notifications: accumulation of badges, waiting, binding to threads, lending a scheduling context
// to a passive thread, and deletion while threads wait.
#include "kernel_threads.h"

struct cast {
    struct player low;
    struct player high;
    word_t notification;
    word_t bit0; ///< badge 1
    word_t bit1; ///< badge 2
};

static struct cast make_cast(void)
{
    struct cast cast = {
        .low = make_player(100),
        .high = make_player(101),
        .notification = make(seL4_NotificationObject, 0),
        .bit0 = new_slot(),
        .bit1 = new_slot(),
    };
    assert_int_equal(cnode_mint(cast.bit0, cast.notification, ALL_RIGHTS, 1), seL4_NoError);
    assert_int_equal(cnode_mint(cast.bit1, cast.notification, ALL_RIGHTS, 2), seL4_NoError);
    return cast;
}

static void test_badges_accumulate(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    root_sleep();
    assert_true(sys(seL4_SysNBWait, cast.notification, 0, 0));
    assert_int_equal(answer.badge, 0);
    assert_true(sys(seL4_SysSend, cast.bit0, info(0, 0), 0));
    assert_true(sys(seL4_SysNBSend, cast.bit1, info(0, 0), 0));
    assert_true(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_int_equal(answer.badge, 3);
    assert_int_equal(answer.info, 0);
    assert_true(sys(seL4_SysNBWait, cast.notification, 0, 0));
    assert_int_equal(answer.badge, 0);
}

static void test_signal_wakes_highest_waiter(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    struct player lowest = make_player(50);
    root_sleep();
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_false(sys(seL4_SysRecv, cast.notification, 0, 0)); // Recv works too
    assert_runs(lowest);
    assert_false(sys(seL4_SysNBSend, cast.bit1, info(0, 0), 0));
    assert_runs(cast.high);
    assert_int_equal(got_badge(cast.high.tcb), 2);
    assert_int_equal(cast.low.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
}

static void test_call_on_notification_is_a_signal(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    root_sleep();
    assert_true(sys(seL4_SysCall, cast.bit0, info(9, 2), 0));
    assert_int_equal(answer.label, seL4_NoError);
    assert_int_equal(answer.length, 0);
    assert_true(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_int_equal(answer.badge, 1);
}

static void test_rights(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t read_only = new_slot();
    word_t write_only = new_slot();
    assert_int_equal(cnode_mint(read_only, cast.notification, RIGHT_READ, 1), seL4_NoError);
    assert_int_equal(cnode_mint(write_only, cast.notification, RIGHT_WRITE, 1), seL4_NoError);
    root_sleep();
    assert_true(sys(seL4_SysCall, read_only, info(0, 0), 0));
    assert_int_equal(answer.label, seL4_InvalidCapability);
    assert_false(sys(seL4_SysWait, write_only, 0, 0));
    assert_int_equal(cast.high.tcb->state, THREAD_INACTIVE); // cap fault, no handler
}

static void test_bound_notification(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t endpoint = make(seL4_EndpointObject, 0);
    word_t reply = make(seL4_ReplyObject, 0);
    assert_int_equal(call(cast.high.cap, TCBBindNotification, WORDS(cast.notification), NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(cast.low.cap, TCBBindNotification, WORDS(cast.notification), NO_WORDS),
                     seL4_IllegalOperation);
    root_sleep();
    assert_false(sys(seL4_SysRecv, endpoint, 0, reply));
    assert_runs(cast.low);
    // Somebody else's bound notification can't be waited for.
    assert_false(sys(seL4_SysNBSend, cast.bit1, info(0, 0), 0));
    assert_runs(cast.high); // taken off the endpoint
    assert_int_equal(got_badge(cast.high.tcb), 2);
    assert_int_equal(reg(cast.high.tcb, REGISTER_MESSAGE_INFO), 0);
    assert_null(((struct reply *)cap_pointer(cap_at(reply)))->tcb);
    // An active one is taken before the endpoint is looked at, blocking or not.
    assert_true(sys(seL4_SysNBSend, cast.bit0, info(0, 0), 0));
    assert_true(sys(seL4_SysRecv, endpoint, 0, reply));
    assert_int_equal(answer.badge, 1);
    assert_true(sys(seL4_SysNBSend, cast.bit0, info(0, 0), 0));
    assert_true(sys(seL4_SysNBRecv, endpoint, 0, reply));
    assert_int_equal(answer.badge, 1);
    assert_true(sys(seL4_SysCall, cast.high.cap, info(TCBUnbindNotification, 0), 0));
    assert_int_equal(answer.label, seL4_NoError);
    assert_true(sys(seL4_SysCall, cast.high.cap, info(TCBUnbindNotification, 0), 0));
    assert_int_equal(answer.label, seL4_IllegalOperation);
}

static void test_foreign_bound_notification(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    assert_int_equal(call(cast.low.cap, TCBBindNotification, WORDS(cast.notification), NO_WORDS),
                     seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_int_equal(cast.high.tcb->state, THREAD_INACTIVE);
}

/// A passive thread below the players that waits for the notification, which has a scheduling
/// context.
static struct player make_lent(struct cast *cast, word_t *sched_context, word_t period_us)
{
    struct player passive = make_passive_player(120);
    struct player spare = make_player_with(1, 1000, period_us, 0, 0);
    *sched_context = spare.sched_context;
    assert_int_equal(call(spare.sched_context, SchedContextUnbind, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(*sched_context, SchedContextBind, WORDS(cast->notification), NO_WORDS),
                     seL4_NoError);
    return passive;
}

static void test_lends_context(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t sc_cap;
    struct player passive = make_lent(&cast, &sc_cap, 1000);
    struct sched_context *sc = cap_pointer(cap_at(sc_cap));
    // It gets its first time by donation: a client's context brings it to its wait.
    struct player starter = make_player(130);
    assert_int_equal(call(starter.sched_context, SchedContextUnbind, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(starter.sched_context, SchedContextBind, WORDS(passive.cap), NO_WORDS),
                     seL4_NoError);
    root_sleep();
    assert_runs(passive);
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_runs(cast.high);
    root_wake();
    assert_int_equal(
        call(starter.sched_context, SchedContextUnbindObject, WORDS(passive.cap), NO_WORDS),
        seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysNBSend, cast.bit0, info(0, 0), 0));
    assert_runs(passive); // on the notification's context
    assert_ptr_equal(passive.tcb->sched_context, sc);
    assert_true(sys(seL4_SysNBWait, cast.notification, 0, 0)); // polling keeps it
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));  // waiting gives it back
    assert_null(passive.tcb->sched_context);
    assert_null(sc->tcb);
    assert_runs(cast.high);
    assert_false(sys(seL4_SysNBSend, cast.bit1, info(0, 0), 0));
    assert_runs(passive);
    assert_int_equal(got_badge(passive.tcb), 2);
}

static void test_lent_context_out_of_budget(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t sc_cap;
    struct player passive = make_lent(&cast, &sc_cap, 10000);
    struct player starter = make_player(130);
    assert_int_equal(call(starter.sched_context, SchedContextUnbind, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(starter.sched_context, SchedContextBind, WORDS(passive.cap), NO_WORDS),
                     seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));
    root_wake();
    assert_int_equal(
        call(starter.sched_context, SchedContextUnbindObject, WORDS(passive.cap), NO_WORDS),
        seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysNBSend, cast.bit0, info(0, 0), 0));
    assert_runs(passive);
    run_for_us(1000);
    interrupt();
    assert_runs(cast.high); // the lent budget is used up
    assert_true(passive.tcb->in_release_queue);
    run_for_us(9500);
    assert_runs(passive);
}

static void test_delete_wakes_waiters(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    root_sleep();
    assert_false(sys(seL4_SysWait, cast.notification, 0, 0));
    assert_runs(cast.low);
    root_wake();
    assert_int_equal(cnode_revoke(cast.notification), seL4_NoError);
    assert_int_equal(cnode_delete(cast.notification), seL4_NoError);
    assert_int_equal(cast.high.tcb->state, THREAD_RESTART);
}

static void test_delete_unbinds(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t sc_cap;
    (void)make_lent(&cast, &sc_cap, 1000);
    assert_int_equal(call(cast.low.cap, TCBBindNotification, WORDS(cast.notification), NO_WORDS),
                     seL4_NoError);
    assert_int_equal(cnode_revoke(cast.notification), seL4_NoError);
    assert_int_equal(cnode_delete(cast.notification), seL4_NoError);
    assert_null(cast.low.tcb->bound_notification);
    assert_null(((struct sched_context *)cap_pointer(cap_at(sc_cap)))->notification);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_badges_accumulate, harness_setup),
        cmocka_unit_test_setup(test_signal_wakes_highest_waiter, harness_setup),
        cmocka_unit_test_setup(test_call_on_notification_is_a_signal, harness_setup),
        cmocka_unit_test_setup(test_rights, harness_setup),
        cmocka_unit_test_setup(test_bound_notification, harness_setup),
        cmocka_unit_test_setup(test_foreign_bound_notification, harness_setup),
        cmocka_unit_test_setup(test_lends_context, harness_setup),
        cmocka_unit_test_setup(test_lent_context_out_of_budget, harness_setup),
        cmocka_unit_test_setup(test_delete_wakes_waiters, harness_setup),
        cmocka_unit_test_setup(test_delete_unbinds, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
