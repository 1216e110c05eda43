// SPDX-License-Identifier: BSD-2-Clause
// Messages between threads: blocking and non-blocking sends, order of receivers, badges, rights,
// long messages, cap transfer with unwrapping, and what happens to waiting threads when an endpoint
// goes away.
#include "kernel_threads.h"

#define BADGE 0x1234

struct pair {
    struct player low;
    struct player high;
    word_t endpoint;
    word_t badged; ///< all rights, BADGE
    word_t reply;
};

static struct pair make_pair(void)
{
    struct pair pair = {
        .low = make_player(100),
        .high = make_player(101),
        .endpoint = make(seL4_EndpointObject, 0),
        .badged = new_slot(),
        .reply = make(seL4_ReplyObject, 0),
    };
    assert_int_equal(cnode_mint(pair.badged, pair.endpoint, ALL_RIGHTS, BADGE), seL4_NoError);
    return pair;
}

/// The high thread waits; the low one runs.
static struct pair make_waiting_pair(void)
{
    struct pair pair = make_pair();
    root_sleep();
    assert_runs(pair.high);
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    assert_runs(pair.low);
    return pair;
}

static void test_send_to_waiting_receiver(void **state)
{
    (void)state;
    struct pair pair = make_waiting_pair();
    set_words(11, 22, 33, 44);
    assert_false(sys(seL4_SysSend, pair.badged, info(77, 3), 0)); // preempted by the receiver
    assert_runs(pair.high);
    assert_int_equal(got_label(pair.high.tcb), 77);
    assert_int_equal(got_length(pair.high.tcb), 3);
    assert_int_equal(got_badge(pair.high.tcb), BADGE);
    assert_int_equal(got_word(pair.high.tcb, 0), 11);
    assert_int_equal(got_word(pair.high.tcb, 2), 33);
    assert_int_equal(pair.low.tcb->state, THREAD_RUNNING);
}

static void test_receiver_finds_waiting_sender(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    root_sleep();
    set_words(5, 0, 0, 0);
    assert_false(sys(seL4_SysSend, pair.badged, info(1, 1), 0));
    assert_runs(pair.low);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_SEND);
    assert_false(sys(seL4_SysWait, pair.endpoint, 0, 0)); // the sender goes on first
    assert_runs(pair.high);
    assert_int_equal(pair.low.tcb->state, THREAD_RUNNING);
    assert_int_equal(got_badge(pair.low.tcb), BADGE);
    assert_int_equal(got_word(pair.low.tcb, 0), 5);
}

static void test_nonblocking(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    root_sleep();
    assert_true(sys(seL4_SysNBSend, pair.badged, info(1, 0), 0)); // nobody waits: dropped
    assert_true(sys(seL4_SysNBRecv, pair.endpoint, 0, pair.reply));
    assert_int_equal(answer.badge, 0);
    assert_true(sys(seL4_SysNBWait, pair.endpoint, 0, 0));
    assert_int_equal(answer.badge, 0);
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    assert_runs(pair.low);
    assert_false(sys(seL4_SysNBSend, pair.badged, info(9, 0), 0));
    assert_runs(pair.high);
    assert_int_equal(got_label(pair.high.tcb), 9);
}

static void test_queue_by_priority(void **state)
{
    (void)state;
    word_t endpoint = make(seL4_EndpointObject, 0);
    struct player players[] = { make_player(10), make_player(30), make_player(20),
                                make_player(30) };
    root_sleep();
    for (unsigned i = 0; i < 4; i++) { // 30 (first), 30 (second), 20, 10 run in this order
        assert_false(sys(seL4_SysWait, endpoint, 0, 0));
    }
    assert_ptr_equal(current(), harness_core()->idle);
    static const unsigned order[] = { 1, 3, 2, 0 };
    const struct tcb *waiting = (struct tcb *)(uintptr_t)(
        ((struct endpoint *)cap_pointer(cap_at(endpoint)))->head_state & ~(word_t)3);
    for (unsigned i = 0; i < 4; i++) {
        assert_ptr_equal(waiting, players[order[i]].tcb);
        waiting = waiting->queue_next;
    }
}

static void test_call_and_reply(void **state)
{
    (void)state;
    struct pair pair = make_waiting_pair();
    set_words(1, 2, 3, 4);
    assert_false(sys(seL4_SysCall, pair.badged, info(50, 4), 0));
    assert_runs(pair.high);
    assert_int_equal(pair.low.tcb->state, THREAD_BLOCKED_ON_REPLY);
    assert_int_equal(got_word(pair.high.tcb, 3), 4);
    set_words(9, 8, 7, 6);
    assert_false(sys(seL4_SysReplyRecv, pair.endpoint, info(51, 2), pair.reply));
    assert_runs(pair.low);
    assert_int_equal(got_label(pair.low.tcb), 51);
    assert_int_equal(got_length(pair.low.tcb), 2);
    assert_int_equal(got_word(pair.low.tcb, 0), 9);
    assert_int_equal(got_word(pair.low.tcb, 1), 8);
    assert_int_equal(got_badge(pair.low.tcb), 0);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

static void test_call_needs_grant_right(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t write_only = new_slot();
    assert_int_equal(cnode_mint(write_only, pair.endpoint, RIGHT_WRITE, 1), seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    assert_false(sys(seL4_SysCall, write_only, info(50, 0), 0));
    assert_runs(pair.high);
    assert_int_equal(got_label(pair.high.tcb), 50);
    assert_int_equal(pair.low.tcb->state, THREAD_INACTIVE); // can't be answered
    assert_true(sys(seL4_SysSend, pair.reply, info(0, 0), 0)); // and nobody is
}

static void test_rights(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t fault_endpoint = make(seL4_EndpointObject, 0);
    word_t read_only = new_slot();
    word_t write_only = new_slot();
    assert_int_equal(cnode_mint(read_only, pair.endpoint, RIGHT_READ, 0), seL4_NoError);
    assert_int_equal(cnode_mint(write_only, pair.endpoint, RIGHT_WRITE, 0), seL4_NoError);
    assert_int_equal(call(pair.high.cap, TCBSetSpace,
                          WORDS(fault_endpoint, ROOT, seL4_CapInitThreadVSpace),
                          WORDS(seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS, 0)), seL4_NoError);
    root_sleep();
    assert_true(sys(seL4_SysCall, read_only, info(1, 0), 0));
    assert_int_equal(answer.label, seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 0);
    assert_true(sys(seL4_SysSend, read_only, info(1, 0), 0)); // nothing happens
    assert_false(sys(seL4_SysRecv, write_only, 0, pair.reply));
    assert_runs(pair.low); // the other one sent a cap fault
    assert_true(sys(seL4_SysWait, fault_endpoint, 0, 0));
    assert_int_equal(answer.label, seL4_Fault_CapFault);
    assert_int_equal(answer.mr[seL4_CapFault_Addr], write_only);
    assert_int_equal(answer.mr[seL4_CapFault_InRecvPhase], 1);
    assert_int_equal(answer.mr[seL4_CapFault_LookupFailureType], seL4_MissingCapability);
}

static void test_long_message(void **state)
{
    (void)state;
    struct pair pair = make_waiting_pair();
    word_t words[seL4_MsgMaxLength];
    for (word_t i = 0; i < seL4_MsgMaxLength; i++) {
        words[i] = 1000 + i;
    }
    put_message(3, NO_WORDS, words, seL4_MsgMaxLength);
    word_t message_info = reg(pair.low.tcb, REGISTER_MESSAGE_INFO);
    assert_false(sys(seL4_SysSend, pair.badged, message_info | 0x7f, 0)); // 127 words: cut to 120
    assert_int_equal(got_length(pair.high.tcb), seL4_MsgMaxLength);
    for (word_t i = 0; i < seL4_MsgMaxLength; i++) {
        assert_int_equal(got_word(pair.high.tcb, i), 1000 + i);
    }
}

static void test_long_message_without_buffer(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    assert_int_equal(call(pair.high.cap, TCBSetIPCBuffer, WORDS(0), WORDS(0)), seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    put_message(3, NO_WORDS, WORDS(1, 2, 3, 4, 5, 6));
    assert_false(sys(seL4_SysSend, pair.badged, reg(pair.low.tcb, REGISTER_MESSAGE_INFO), 0));
    assert_int_equal(got_length(pair.high.tcb), 4);
}

// ---- caps ---------------------------------------------------------------------------------------

static void set_receive_slot(struct player player, word_t slot)
{
    word_t *buffer = arch_ipc_buffer(player.tcb, true);
    buffer[BUFFER_RECEIVE_CNODE] = ROOT;
    buffer[BUFFER_RECEIVE_CNODE + 1] = slot;
    buffer[BUFFER_RECEIVE_CNODE + 2] = DEPTH;
}

static word_t received_caps(struct player player)
{
    return MESSAGE_EXTRA_CAPS(reg(player.tcb, REGISTER_MESSAGE_INFO));
}

static word_t unwrapped_caps(struct player player)
{
    return (reg(player.tcb, REGISTER_MESSAGE_INFO) >> MESSAGE_CAPS_UNWRAPPED_SHIFT) & 7;
}

static void test_cap_transfer(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t gift = make(seL4_NotificationObject, 0);
    word_t target = new_slot();
    set_receive_slot(pair.high, target);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    put_message(0, WORDS(pair.badged, gift, gift), NO_WORDS);
    assert_false(sys(seL4_SysSend, pair.badged, reg(pair.low.tcb, REGISTER_MESSAGE_INFO), 0));
    assert_runs(pair.high);
    assert_int_equal(unwrapped_caps(pair.high), 1); // the endpoint's own cap arrives as its badge
    assert_int_equal(arch_ipc_buffer(pair.high.tcb, false)[BUFFER_CAPS], BADGE);
    assert_int_equal(received_caps(pair.high), 2);  // one receive slot: stops at the third cap
    assert_int_equal(cap_type(cap_at(target)), CAP_NOTIFICATION);
    assert_ptr_equal(cap_pointer(cap_at(target)), cap_pointer(cap_at(gift)));
}

static void test_cap_transfer_needs_grant(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t gift = make(seL4_NotificationObject, 0);
    word_t target = new_slot();
    word_t no_grant = new_slot();
    assert_int_equal(cnode_mint(no_grant, pair.endpoint, RIGHT_WRITE | RIGHT_GRANT_REPLY, 1),
                     seL4_NoError);
    set_receive_slot(pair.high, target);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    put_message(0, WORDS(gift), NO_WORDS);
    assert_false(sys(seL4_SysCall, no_grant, reg(pair.low.tcb, REGISTER_MESSAGE_INFO), 0));
    assert_runs(pair.high);
    assert_int_equal(received_caps(pair.high), 0);
    assert_int_equal(cap_type(cap_at(target)), CAP_NULL);
}

static void test_cap_transfer_to_full_slot(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t gift = make(seL4_NotificationObject, 0);
    set_receive_slot(pair.high, gift);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    set_words(8, 0, 0, 0);
    put_message(0, WORDS(gift), WORDS(8));
    assert_false(sys(seL4_SysSend, pair.badged, reg(pair.low.tcb, REGISTER_MESSAGE_INFO), 0));
    assert_int_equal(received_caps(pair.high), 0);
    assert_int_equal(got_word(pair.high.tcb, 0), 8); // the words arrive all the same
}

static void test_reply_with_cap(void **state)
{
    (void)state;
    struct pair pair = make_waiting_pair();
    word_t target = new_slot();
    set_receive_slot(pair.low, target);
    assert_false(sys(seL4_SysCall, pair.badged, info(0, 0), 0));
    put_message(0, WORDS(pair.badged), NO_WORDS);
    assert_false(sys(seL4_SysReplyRecv, pair.endpoint, reg(pair.high.tcb, REGISTER_MESSAGE_INFO),
                     pair.reply));
    assert_runs(pair.low);
    assert_int_equal(received_caps(pair.low), 1);
    assert_int_equal(cap_type(cap_at(target)), CAP_ENDPOINT);
    assert_int_equal(cap_badge(cap_at(target)), BADGE);
}

static void test_bad_extra_cap_is_a_fault(void **state)
{
    (void)state;
    struct pair pair = make_waiting_pair();
    put_message(0, WORDS(BIT(60)), NO_WORDS);
    assert_true(sys(seL4_SysNBSend, pair.badged, reg(pair.low.tcb, REGISTER_MESSAGE_INFO), 0));
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_RECEIVE); // nothing was sent
    assert_false(
        sys(seL4_SysSend, pair.badged, reg(pair.low.tcb, REGISTER_MESSAGE_INFO) | 0x80, 0));
    assert_int_equal(pair.low.tcb->state, THREAD_INACTIVE); // cap fault without a handler
}

// ---- two-phase calls ----------------------------------------------------------------------------

static void test_nbsend_recv(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t other = make(seL4_EndpointObject, 0);
    word_t other_reply = make(seL4_ReplyObject, 0);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    set_words(6, 0, 0, 0);
    arch_set_register(current(), REGISTER_SEND_DESTINATION, pair.badged);
    assert_false(sys(seL4_SysNBSendRecv, other, info(4, 1), other_reply));
    assert_runs(pair.high);
    assert_int_equal(got_label(pair.high.tcb), 4);
    assert_int_equal(got_word(pair.high.tcb, 0), 6);
    assert_int_equal(pair.low.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    assert_ptr_equal(pair.low.tcb->reply, cap_pointer(cap_at(other_reply)));
}

static void test_nbsend_wait(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t notification = make(seL4_NotificationObject, 0);
    root_sleep();
    assert_false(sys(seL4_SysRecv, pair.endpoint, 0, pair.reply));
    set_words(3, 0, 0, 0);
    // Destination of the send in the reply register, of the wait in the cap register.
    assert_false(sys(seL4_SysNBSendWait, notification, info(2, 1), pair.badged));
    assert_runs(pair.high);
    assert_int_equal(got_label(pair.high.tcb), 2);
    assert_int_equal(got_word(pair.high.tcb, 0), 3);
    assert_int_equal(pair.low.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
    assert_false(sys(seL4_SysNBSendWait, pair.endpoint, info(0, 0), notification));
    assert_runs(pair.low);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

static void test_first_phase_is_restricted(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t notification = make(seL4_NotificationObject, 0);
    root_sleep();
    arch_set_register(current(), REGISTER_MESSAGE_INFO, info(TCBSuspend, 0));
    assert_false(sys(seL4_SysNBSendWait, notification, info(TCBSuspend, 0), pair.low.cap));
    assert_runs(pair.low); // not suspended
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
}

/// A long operation in the first phase is made again, with all of the call, until it is done.
static void test_first_phase_is_preempted(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t notification = make(seL4_NotificationObject, 0);
    word_t copies[4];
    for (unsigned i = 0; i < 4; i++) {
        copies[i] = new_slot();
        assert_int_equal(cnode_mint(copies[i], pair.endpoint, ALL_RIGHTS, 7), seL4_NoError);
    }
    root_sleep();
    host_preempt_every(1);
    set_words(pair.endpoint, DEPTH, 0, 0);
    assert_false(sys(seL4_SysNBSendWait, notification, info(CNodeRevoke, 2), ROOT));
    host_preempt_every(0);
    assert_true(answer.restarts > 2);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
    assert_true(cap_is_null(cap_at(copies[0])));
    assert_true(cap_is_null(cap_at(copies[3])));
    assert_false(cap_is_null(cap_at(pair.endpoint)));
    assert_runs(pair.low);
}

static void test_bad_first_cap_still_receives(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    root_sleep();
    assert_false(sys(seL4_SysNBSendWait, pair.endpoint, info(0, 0), BIT(60)));
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

// ---- cancelling ---------------------------------------------------------------------------------

static void test_delete_endpoint_restarts_waiters(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t first = make(seL4_EndpointObject, 0);
    root_sleep();
    word_t pc = reg(current(), REGISTER_PC);
    assert_false(sys(seL4_SysSend, first, info(0, 0), 0));
    assert_runs(pair.low);
    root_wake();
    assert_int_equal(cnode_delete(first), seL4_NoError);
    assert_int_equal(pair.high.tcb->state, THREAD_RESTART);
    root_sleep();
    assert_runs(pair.high); // executes its call again
    assert_int_equal(reg(current(), REGISTER_PC), pc);
}

static void test_cancel_badged_sends(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t other = new_slot();
    assert_int_equal(cnode_mint(other, pair.endpoint, ALL_RIGHTS, 2), seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysSend, pair.badged, info(0, 0), 0));
    assert_false(sys(seL4_SysSend, other, info(0, 0), 0));
    assert_ptr_equal(current(), harness_core()->idle);
    interrupt();
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_SEND);
    struct core *core = harness_core();
    // It is preempted after the first sender, and the repeated call goes on with the second one.
    struct endpoint *endpoint = cap_pointer(cap_at(other));
    const struct badged_cancel *progress = &kernel_badged_cancel;
    assert_int_equal(endpoint_cancel_badged(core, endpoint, 2), STATUS_PREEMPTED);
    assert_ptr_equal(progress->next, pair.low.tcb);
    assert_int_equal(pair.low.tcb->state, THREAD_BLOCKED_ON_SEND);
    assert_int_equal(endpoint_cancel_badged(core, endpoint, 2), STATUS_OK);
    assert_int_equal(pair.low.tcb->state, THREAD_RESTART);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_SEND);
    schedule_and_activate(core);
    assert_runs(pair.low);
}

/// The only sender that is still to be looked at gets in front of the others between two parts.
static void test_cancel_badged_sends_reordered(void **state)
{
    (void)state;
    struct pair pair = make_pair();
    word_t other = new_slot();
    assert_int_equal(cnode_mint(other, pair.endpoint, ALL_RIGHTS, 2), seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysSend, pair.badged, info(0, 0), 0));
    assert_false(sys(seL4_SysSend, other, info(0, 0), 0));
    interrupt();
    struct core *core = harness_core();
    struct endpoint *endpoint = cap_pointer(cap_at(other));
    assert_int_equal(endpoint_cancel_badged(core, endpoint, 2), STATUS_PREEMPTED);
    assert_ptr_equal(kernel_badged_cancel.next, pair.low.tcb);
    tcb_set_priority(core, pair.low.tcb, (uint8_t)(pair.high.tcb->priority + 1));
    assert_int_equal(pair.low.tcb->state, THREAD_RESTART);
    assert_null(kernel_badged_cancel.next);
    assert_int_equal(endpoint_cancel_badged(core, endpoint, 2), STATUS_OK);
    assert_int_equal(pair.high.tcb->state, THREAD_BLOCKED_ON_SEND);
}

/// Who changes priorities of senders between all parts does not keep the call from its end.
static void test_cancel_badged_sends_disturbed(void **state)
{
    (void)state;
    enum { SENDERS = 8 };
    word_t endpoint_cap = make(seL4_EndpointObject, 0);
    word_t badged = new_slot();
    struct tcb *senders[SENDERS];
    for (word_t i = 0; i < SENDERS; i++) {
        senders[i] = make_player(100).tcb;
    }
    assert_int_equal(cnode_mint(badged, endpoint_cap, ALL_RIGHTS, BADGE), seL4_NoError);
    root_sleep();
    for (word_t i = 0; i < SENDERS; i++) {
        assert_false(sys(seL4_SysSend, i < SENDERS - 1 ? badged : endpoint_cap, info(0, 0), 0));
    }
    interrupt();
    struct core *core = harness_core();
    struct endpoint *endpoint = cap_pointer(cap_at(endpoint_cap));
    unsigned entries = 0;
    for (; endpoint_cancel_badged(core, endpoint, BADGE + 1) == STATUS_PREEMPTED; entries++) {
        assert_true(entries < 2 * SENDERS);
        tcb_set_priority(core, senders[entries % SENDERS], (uint8_t)(101 + entries));
    }
    assert_true(entries >= SENDERS / 2);
    for (word_t i = 0; i < SENDERS; i++) {
        assert_int_equal(senders[i]->state, THREAD_BLOCKED_ON_SEND);
    }
}

/// One entry of a thread's CancelBadgedSends. Returns whether the call is done.
static bool cancel_once(struct tcb *caller, struct endpoint *endpoint, word_t badge)
{
    struct core *core = harness_core();
    struct tcb *old = core->current;
    core->current = caller;
    const enum status status = endpoint_cancel_badged(core, endpoint, badge);
    core->current = old;
    return status == STATUS_OK;
}

/// Two threads that are preempted after every sender do not make each other begin again.
static void test_cancel_badged_sends_in_turns(void **state)
{
    (void)state;
    enum { SENDERS = 8 };
    word_t endpoint_cap = make(seL4_EndpointObject, 0);
    struct tcb *senders[SENDERS];
    struct tcb *callers[2] = { make_passive_player(10).tcb, make_passive_player(11).tcb };
    word_t badged[SENDERS];
    for (word_t i = 0; i < SENDERS; i++) { // the first badges are nobody's
        senders[i] = make_player(100).tcb;
        badged[i] = new_slot();
        assert_int_equal(cnode_mint(badged[i], endpoint_cap, ALL_RIGHTS, 1 + i), seL4_NoError);
    }
    root_sleep();
    for (word_t i = 0; i < SENDERS; i++) {
        assert_false(sys(seL4_SysSend, badged[i], info(0, 0), 0));
    }
    interrupt(); // and it stays pending
    struct endpoint *endpoint = cap_pointer(cap_at(endpoint_cap));
    bool done[2] = { false, false };
    unsigned entries = 0;
    for (; !done[0] || !done[1]; entries++) {
        assert_true(entries < 4 * SENDERS);
        const unsigned who = done[entries & 1] ? ~entries & 1 : entries & 1;
        done[who] = cancel_once(callers[who], endpoint, SENDERS - 1 + who);
        assert_true(kernel_badged_cancel.next != NULL || done[0] || done[1]);
    }
    for (word_t i = 0; i < SENDERS; i++) {
        assert_int_equal(senders[i]->state,
                         i < SENDERS - 2 ? THREAD_BLOCKED_ON_SEND : THREAD_RESTART);
    }
    // A call that somebody else finished is done; the same call made anew is not.
    assert_int_equal(callers[0]->badged_cancel | callers[1]->badged_cancel, 0);
    assert_false(cancel_once(callers[0], endpoint, 1));
    assert_false(cancel_once(callers[1], endpoint, 2));
    for (entries = 0; !cancel_once(callers[1], endpoint, 2); entries++) {
        assert_true(entries < 2 * SENDERS);
    }
    assert_int_equal(senders[0]->state, THREAD_RESTART);
    assert_int_equal(senders[1]->state, THREAD_RESTART);
    assert_true(cancel_once(callers[0], endpoint, 1));
    assert_false(cancel_once(callers[0], endpoint, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_send_to_waiting_receiver, harness_setup),
        cmocka_unit_test_setup(test_receiver_finds_waiting_sender, harness_setup),
        cmocka_unit_test_setup(test_nonblocking, harness_setup),
        cmocka_unit_test_setup(test_queue_by_priority, harness_setup),
        cmocka_unit_test_setup(test_call_and_reply, harness_setup),
        cmocka_unit_test_setup(test_call_needs_grant_right, harness_setup),
        cmocka_unit_test_setup(test_rights, harness_setup),
        cmocka_unit_test_setup(test_long_message, harness_setup),
        cmocka_unit_test_setup(test_long_message_without_buffer, harness_setup),
        cmocka_unit_test_setup(test_cap_transfer, harness_setup),
        cmocka_unit_test_setup(test_cap_transfer_needs_grant, harness_setup),
        cmocka_unit_test_setup(test_cap_transfer_to_full_slot, harness_setup),
        cmocka_unit_test_setup(test_reply_with_cap, harness_setup),
        cmocka_unit_test_setup(test_bad_extra_cap_is_a_fault, harness_setup),
        cmocka_unit_test_setup(test_nbsend_recv, harness_setup),
        cmocka_unit_test_setup(test_nbsend_wait, harness_setup),
        cmocka_unit_test_setup(test_first_phase_is_restricted, harness_setup),
        cmocka_unit_test_setup(test_first_phase_is_preempted, harness_setup),
        cmocka_unit_test_setup(test_bad_first_cap_still_receives, harness_setup),
        cmocka_unit_test_setup(test_delete_endpoint_restarts_waiters, harness_setup),
        cmocka_unit_test_setup(test_cancel_badged_sends, harness_setup),
        cmocka_unit_test_setup(test_cancel_badged_sends_reordered, harness_setup),
        cmocka_unit_test_setup(test_cancel_badged_sends_disturbed, harness_setup),
        cmocka_unit_test_setup(test_cancel_badged_sends_in_turns, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
