// SPDX-License-Identifier: BSD-2-Clause
// Reply objects and call chains: passive servers run on their clients' scheduling contexts, which
// come back with the answer or when a link of the chain is deleted.
#include "kernel_threads.h"

/// Client -> front server -> back server, both servers passive and waiting.
struct chain {
    struct player client;
    struct player front;
    struct player back;
    word_t front_endpoint;
    word_t back_endpoint;
    word_t front_reply;
    word_t back_reply;
    struct sched_context *sc; ///< of the client
};

static struct chain make_chain(void)
{
    struct chain chain = {
        .front = make_passive_player(120),
        .back = make_passive_player(140),
        .front_endpoint = make(seL4_EndpointObject, 0),
        .back_endpoint = make(seL4_EndpointObject, 0),
        .front_reply = make(seL4_ReplyObject, 0),
        .back_reply = make(seL4_ReplyObject, 0),
    };
    park_server(chain.front, chain.front_endpoint, chain.front_reply);
    park_server(chain.back, chain.back_endpoint, chain.back_reply);
    chain.client = make_player_with(100, 2000, 10000, 2, 0);
    chain.sc = cap_pointer(cap_at(chain.client.sched_context));
    return chain;
}

/// The client called, the front server called the back server.
static struct chain make_busy_chain(void)
{
    struct chain chain = make_chain();
    root_sleep();
    assert_runs(chain.client);
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(1, 0), 0));
    assert_runs(chain.front);
    assert_false(sys(seL4_SysCall, chain.back_endpoint, info(2, 0), 0));
    assert_runs(chain.back);
    return chain;
}

static struct reply *reply_at(word_t slot)
{
    return cap_pointer(cap_at(slot));
}

/// Registers behind the end of a message are the sender's own.
static void test_only_the_message_arrives(void **state)
{
    (void)state;
    struct chain chain = make_chain();
    root_sleep();
    assert_runs(chain.client);
    set_words(1, 0x5ec, 0x5ec, 0x5ec);
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(1, 1), 0));
    assert_runs(chain.front);
    assert_int_equal(reg(chain.front.tcb, REGISTER_MESSAGE_0), 1);
    assert_int_not_equal(reg(chain.front.tcb, REGISTER_MESSAGE_1), 0x5ec);
    assert_int_not_equal(reg(chain.front.tcb, REGISTER_MESSAGE_3), 0x5ec);
    set_words(0xbad, 0xbad, 0xbad, 0xbad);
    assert_false(sys(seL4_SysReplyRecv, chain.front_endpoint, info(0, 0), chain.front_reply));
    assert_runs(chain.client);
    assert_int_not_equal(reg(chain.client.tcb, REGISTER_MESSAGE_0), 0xbad);
    assert_int_not_equal(reg(chain.client.tcb, REGISTER_MESSAGE_3), 0xbad);
}

static void test_donation_and_return(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    assert_ptr_equal(chain.back.tcb->sched_context, chain.sc);
    assert_null(chain.front.tcb->sched_context);
    assert_null(chain.client.tcb->sched_context);
    assert_ptr_equal(chain.sc->reply, reply_at(chain.back_reply));
    assert_false(sys(seL4_SysReplyRecv, chain.back_endpoint, info(3, 0), chain.back_reply));
    assert_runs(chain.front);
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc);
    assert_int_equal(got_label(chain.front.tcb), 3);
    assert_false(sys(seL4_SysReplyRecv, chain.front_endpoint, info(4, 0), chain.front_reply));
    assert_runs(chain.client);
    assert_ptr_equal(chain.client.tcb->sched_context, chain.sc);
    assert_null(chain.sc->reply);
    assert_int_equal(got_label(chain.client.tcb), 4);
}

static void test_reply_without_receive(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    assert_false(
        sys(seL4_SysSend, chain.back_reply, info(3, 0), 0)); // loses its context with the reply
    assert_runs(chain.front);
    assert_int_equal(chain.back.tcb->state, THREAD_RUNNING);
    assert_null(chain.back.tcb->sched_context);
}

static void test_servers_use_the_clients_budget(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    run_for_us(2000);
    interrupt();
    assert_ptr_equal(current(), harness_core()->idle);
    assert_true(chain.back.tcb->in_release_queue);
    run_for_us(7900);
    assert_ptr_equal(current(), harness_core()->idle);
    run_for_us(200);
    assert_runs(chain.back);
    assert_false(sys(seL4_SysReplyRecv, chain.back_endpoint, info(3, 0), chain.back_reply));
    assert_runs(chain.front);
}

static void test_delete_newest_reply(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    // What the server does with the cap of its own reply object: the context goes back at once.
    put_message(CNodeDelete, NO_WORDS, WORDS(chain.back_reply, DEPTH));
    assert_false(sys(seL4_SysSend, ROOT, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc);
    assert_int_equal(chain.front.tcb->state, THREAD_INACTIVE);
    assert_ptr_equal(chain.sc->reply, reply_at(chain.front_reply));
    assert_ptr_equal(current(), harness_core()->idle);
}

static void test_delete_older_reply(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    put_message(CNodeDelete, NO_WORDS, WORDS(chain.front_reply, DEPTH));
    assert_true(sys(seL4_SysSend, ROOT, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_int_equal(chain.client.tcb->state, THREAD_INACTIVE);
    assert_null(chain.client.tcb->sched_context);
    assert_false(sys(seL4_SysReplyRecv, chain.back_endpoint, info(3, 0), chain.back_reply));
    assert_runs(chain.front); // it keeps the context: nobody is up the chain any more
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc);
    assert_null(chain.sc->reply);
}

static void test_suspend_the_caller_in_the_middle(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    assert_true(sys(seL4_SysSend, chain.front.cap, info(TCBSuspend, 0), 0));
    assert_int_equal(chain.front.tcb->state, THREAD_INACTIVE);
    assert_null(reply_at(chain.back_reply)->tcb);
    assert_ptr_equal(chain.back.tcb->sched_context, chain.sc);
    assert_null(chain.sc->reply);
    // The answer has nobody to go to; the server keeps running on what it has.
    assert_true(sys(seL4_SysSend, chain.back_reply, info(3, 0), 0));
    assert_int_equal(chain.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
}

static void test_delete_server_thread(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    put_message(CNodeDelete, NO_WORDS, WORDS(chain.back.cap, DEPTH));
    assert_false(sys(seL4_SysSend, ROOT, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_null(chain.sc->tcb);
    assert_ptr_equal(current(), harness_core()->idle);
    assert_int_equal(chain.front.tcb->state, THREAD_BLOCKED_ON_REPLY);
    // The answer can still be given through the reply object: the context goes to the front server.
    struct core *core = harness_core();
    reply_clear(core, reply_at(chain.back_reply));
    schedule_and_activate(core);
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc);
}

static void test_delete_context_in_use(void **state)
{
    (void)state;
    struct chain chain = make_busy_chain();
    put_message(CNodeDelete, NO_WORDS, WORDS(chain.client.sched_context, DEPTH));
    assert_false(sys(seL4_SysSend, ROOT, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_null(chain.back.tcb->sched_context);
    assert_int_equal(reply_at(chain.back_reply)->next, 0);
    assert_ptr_equal(current(), harness_core()->idle);
    assert_null(harness_core()->current_sc);
}

static void test_reply_object_reused(void **state)
{
    (void)state;
    struct chain chain = make_chain();
    struct player other = make_player(100);
    root_sleep();
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(1, 0), 0));
    assert_runs(chain.front);
    // Receiving again with a reply object that holds a caller: the caller is never answered.
    assert_false(sys(seL4_SysRecv, chain.front_endpoint, 0, chain.front_reply));
    assert_int_equal(chain.client.tcb->state, THREAD_INACTIVE);
    assert_runs(other);
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc); // it keeps what the caller lent
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(1, 0), 0));
    assert_runs(chain.front);
    assert_non_null(other.tcb->sched_context); // the server had one: nothing was lent
}

static void test_call_waits_for_server(void **state)
{
    (void)state;
    struct chain chain = make_chain();
    struct player second = make_player(90);
    root_sleep();
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(1, 0), 0));
    assert_runs(chain.front);
    run_for_us(2000);
    interrupt(); // the first client's budget ends in the server
    assert_runs(second);
    assert_false(sys(seL4_SysCall, chain.front_endpoint, info(2, 0), 0));
    assert_ptr_equal(current(), harness_core()->idle);
    run_for_us(9000);
    assert_runs(chain.front);
    assert_true(sys(seL4_SysReplyRecv, chain.front_endpoint, info(3, 0), chain.front_reply));
    // The client was answered; the server goes on with the second on that one's context.
    assert_runs(chain.front);
    assert_int_equal(got_label(chain.front.tcb), 2);
    assert_ptr_equal(chain.front.tcb->sched_context, cap_pointer(cap_at(second.sched_context)));
}

static void test_nbsend_recv_donates(void **state)
{
    (void)state;
    struct chain chain = make_chain();
    word_t idle_endpoint = make(seL4_EndpointObject, 0);
    word_t reply = make(seL4_ReplyObject, 0);
    root_sleep();
    arch_set_register(current(), REGISTER_SEND_DESTINATION, chain.front_endpoint);
    assert_false(sys(seL4_SysNBSendRecv, idle_endpoint, info(7, 0), reply));
    assert_runs(chain.front);
    assert_ptr_equal(chain.front.tcb->sched_context, chain.sc);
    assert_null(chain.sc->reply);
}

static void test_plain_send_does_not_donate(void **state)
{
    (void)state;
    struct chain chain = make_chain();
    root_sleep();
    assert_true(sys(seL4_SysSend, chain.front_endpoint, info(7, 0), 0));
    assert_runs(chain.client);
    assert_int_equal(chain.front.tcb->state, THREAD_RUNNING);
    assert_null(chain.front.tcb->sched_context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_the_message_arrives, harness_setup),
        cmocka_unit_test_setup(test_donation_and_return, harness_setup),
        cmocka_unit_test_setup(test_reply_without_receive, harness_setup),
        cmocka_unit_test_setup(test_servers_use_the_clients_budget, harness_setup),
        cmocka_unit_test_setup(test_delete_newest_reply, harness_setup),
        cmocka_unit_test_setup(test_delete_older_reply, harness_setup),
        cmocka_unit_test_setup(test_suspend_the_caller_in_the_middle, harness_setup),
        cmocka_unit_test_setup(test_delete_server_thread, harness_setup),
        cmocka_unit_test_setup(test_delete_context_in_use, harness_setup),
        cmocka_unit_test_setup(test_reply_object_reused, harness_setup),
        cmocka_unit_test_setup(test_call_waits_for_server, harness_setup),
        cmocka_unit_test_setup(test_nbsend_recv_donates, harness_setup),
        cmocka_unit_test_setup(test_plain_send_does_not_donate, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
