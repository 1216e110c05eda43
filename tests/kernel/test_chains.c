// SPDX-License-Identifier: BSD-2-Clause
// Passive servers: a client's scheduling context travels along a chain of calls and back. What becomes
// of the chain when the context is unbound or deleted, or a thread or a reply object in the middle of
// it goes away.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define SERVERS 4

/// Server i takes calls on endpoints[i] and asks server i + 1; the last one answers by itself.
static seL4_CPtr endpoints[SERVERS];
static struct task_thread servers[SERVERS];
static struct task_thread client;
static seL4_CPtr gate; ///< the last server waits here when `hold` is set
static volatile bool hold, spins;
static volatile seL4_Word arrived, answers, answer;

static void serve(seL4_Word number)
{
    seL4_Word badge;
    seL4_CPtr reply = servers[number].reply;
    (void)seL4_Recv(endpoints[number], &badge, reply);
    for (;;) {
        seL4_Word value = seL4_GetMR(0);
        if (number + 1 < SERVERS) {
            seL4_SetMR(0, 10 * value + number);
            (void)seL4_Call(endpoints[number + 1], seL4_MessageInfo_new(0, 0, 0, 1));
            value = seL4_GetMR(0);
        } else {
            arrived++;
            if (hold) {
                (void)seL4_Wait(gate, &badge);
            }
            while (spins) {
            }
        }
        seL4_SetMR(0, value + 1);
        (void)seL4_ReplyRecv(endpoints[number], seL4_MessageInfo_new(0, 0, 0, 1), &badge, reply);
    }
}

static void ask(seL4_Word count)
{
    seL4_Word badge;
    for (seL4_Word i = 0; i < count; i++) {
        seL4_SetMR(0, i + 1);
        (void)seL4_Call(endpoints[0], seL4_MessageInfo_new(0, 0, 0, 1));
        answer = seL4_GetMR(0);
        answers++;
    }
    (void)seL4_Wait(gate, &badge);
}

static seL4_Word expected(seL4_Word value)
{
    for (seL4_Word i = 0; i + 1 < SERVERS; i++) {
        value = 10 * value + i;
    }
    return value + SERVERS;
}

static void start_servers(void)
{
    for (seL4_Word i = 0; i < SERVERS; i++) {
        endpoints[i] = task_object(seL4_EndpointObject, 0);
        task_thread_create(&servers[i], 100 + 10 * i, 0);
        task_thread_start(&servers[i], serve, i);
    }
    gate = task_object(seL4_NotificationObject, 0);
    task_thread_create(&client, 90, 0);
    task_let_run(1);
    for (int i = 0; i < SERVERS; i++) {
        task_thread_make_passive(&servers[i]);
    }
    arrived = answers = answer = 0;
    hold = spins = false;
}

static void stop_servers(void)
{
    for (int i = 0; i < SERVERS; i++) {
        (void)seL4_CNode_Delete(ROOT, servers[i].tcb, seL4_WordBits);
        (void)seL4_CNode_Delete(ROOT, servers[i].sc, seL4_WordBits);
        (void)seL4_CNode_Delete(ROOT, servers[i].reply, seL4_WordBits);
        task_delete(endpoints[i]);
    }
    (void)seL4_CNode_Delete(ROOT, client.sc, seL4_WordBits);
    (void)seL4_CNode_Delete(ROOT, client.reply, seL4_WordBits);
    (void)seL4_CNode_Delete(ROOT, client.tcb, seL4_WordBits);
    task_delete(gate);
}

/// Whether a thread has no scheduling context: a spare one can be bound to it.
static bool is_passive(const struct task_thread *thread)
{
    seL4_CPtr spare = task_object(seL4_SchedContextObject, 7);
    CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start, spare, 1000, 1000, 0, 0),
                seL4_NoError);
    seL4_Error error = seL4_SchedContext_Bind(spare, thread->tcb);
    task_delete(spare);
    return error == seL4_NoError;
}

static void start_client(seL4_Word count)
{
    task_thread_start(&client, ask, count);
    task_let_run(2);
}

// ---- undisturbed --------------------------------------------------------------------------------

static void test_calls(void)
{
    start_servers();
    start_client(3);
    CHECK_EQUAL(answers, 3);
    CHECK_EQUAL(answer, expected(3));
    CHECK_EQUAL(arrived, 3);
    for (int i = 0; i < SERVERS; i++) {
        CHECK(is_passive(&servers[i]));
    }
    CHECK(!is_passive(&client));
    stop_servers();
}

/// The client's context pays for what the servers do; its budget ends in the last one.
static void test_budget(void)
{
    seL4_Word badge;
    seL4_CPtr timeouts = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    start_servers();
    task_thread_set_budget(&client, 20000, 200000, 0, 0);
    CHECK_EQUAL(seL4_TCB_SetTimeoutEndpoint(servers[SERVERS - 1].tcb, timeouts), seL4_NoError);
    spins = true;
    start_client(1);
    seL4_MessageInfo_t info = seL4_Recv(timeouts, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
    CHECK_EQUAL(seL4_GetMR(seL4_Timeout_Data), 7);
    CHECK(seL4_GetMR(seL4_Timeout_Consumed) >= 1000);
    CHECK_EQUAL(arrived, 1);
    CHECK(is_passive(&client));
    CHECK(!is_passive(&servers[SERVERS - 1]));
    // The handler lets it finish: with more time, it answers.
    spins = false;
    task_thread_set_budget(&client, 10000, 10000, 0, 0);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    task_let_run(2);
    CHECK_EQUAL(answers, 1);
    CHECK_EQUAL(answer, expected(1));
    CHECK(!is_passive(&client));
    stop_servers();
    task_delete(timeouts);
    task_delete(reply);
}

// ---- the context leaves -------------------------------------------------------------------------

/// Gives a thread time for a moment.
static void lend_time(const struct task_thread *thread)
{
    seL4_CPtr spare = task_object(seL4_SchedContextObject, 7);
    CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start, spare, 5000, 5000, 0, 0),
                seL4_NoError);
    CHECK_EQUAL(seL4_SchedContext_Bind(spare, thread->tcb), seL4_NoError);
    task_let_run(1);
    task_delete(spare);
}

/// The context goes away in the last server, which waits. Everybody up the chain is answered in turn
/// but needs time of their own.
static void test_unbind(bool by_deletion)
{
    start_servers();
    hold = true;
    start_client(1);
    CHECK_EQUAL(arrived, 1);
    CHECK(is_passive(&client));
    if (by_deletion) {
        task_delete(client.sc);
    } else {
        CHECK_EQUAL(seL4_SchedContext_Unbind(client.sc), seL4_NoError);
    }
    for (int i = 0; i < SERVERS; i++) {
        CHECK(is_passive(&servers[i]));
    }
    hold = false;
    seL4_Signal(gate);
    task_let_run(1);
    CHECK_EQUAL(answers, 0);
    for (int i = SERVERS - 1; i >= 0; i--) {
        lend_time(&servers[i]);
    }
    lend_time(&client);
    CHECK_EQUAL(answers, 1);
    CHECK_EQUAL(answer, expected(1));
    if (!by_deletion) {
        CHECK_EQUAL(seL4_SchedContext_Bind(client.sc, client.tcb), seL4_NoError);
    }
    stop_servers();
}

// ---- a thread or a reply object leaves ----------------------------------------------------------

enum victim { VICTIM_THREAD, VICTIM_REPLY, VICTIM_CLIENT, VICTIM_LAST };

/// The chain breaks where the victim was; below, the context stays where it is.
static void test_break(enum victim victim)
{
    start_servers();
    hold = true;
    start_client(1);
    CHECK_EQUAL(arrived, 1);
    switch (victim) {
    case VICTIM_THREAD:
        task_delete(servers[1].tcb);
        break;
    case VICTIM_REPLY: // of the call from server 1 to server 2
        task_delete(servers[2].reply);
        break;
    case VICTIM_CLIENT:
        task_delete(client.tcb);
        break;
    default:
        task_delete(servers[SERVERS - 1].tcb);
        break;
    }
    CHECK_EQUAL(answers, 0);
    if (victim != VICTIM_LAST) {
        CHECK(!is_passive(&servers[SERVERS - 1]));
    }
    hold = false;
    seL4_Signal(gate);
    task_let_run(2);
    // Nobody was answered who should not have been, and the rest works: the last server serves again.
    CHECK_EQUAL(answers, 0);
    if (victim != VICTIM_LAST) {
        (void)seL4_SchedContext_Unbind(client.sc);
        CHECK(is_passive(&servers[SERVERS - 1]));
        arrived = 0;
        struct task_thread other;
        seL4_CPtr first = endpoints[0];
        task_thread_create(&other, 80, 0);
        endpoints[0] = endpoints[SERVERS - 1];
        task_thread_start(&other, ask, 1);
        task_let_run(2);
        endpoints[0] = first;
        CHECK_EQUAL(arrived, 1);
        CHECK_EQUAL(answers, 1);
        CHECK_EQUAL(answer, 2);
        task_thread_delete(&other);
    }
    stop_servers();
}

/// The context comes back to whom the answer goes; a client that was suspended meanwhile keeps
/// nothing.
static void test_suspended_client(void)
{
    start_servers();
    hold = true;
    start_client(1);
    CHECK_EQUAL(seL4_TCB_Suspend(client.tcb), seL4_NoError);
    hold = false;
    seL4_Signal(gate);
    task_let_run(2);
    CHECK_EQUAL(answers, 0);
    // Server 0's answer found nobody: the context stays with it.
    CHECK(is_passive(&client));
    CHECK(!is_passive(&servers[0]));
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(client.sc, servers[0].tcb), seL4_NoError);
    CHECK_EQUAL(seL4_SchedContext_Bind(client.sc, client.tcb), seL4_NoError);
    task_thread_start(&client, ask, 1);
    task_let_run(2);
    CHECK_EQUAL(answers, 1);
    CHECK_EQUAL(answer, expected(1));
    stop_servers();
}

void test_chains(void)
{
    test_calls();
    test_budget();
    test_unbind(false);
    test_unbind(true);
    test_break(VICTIM_THREAD);
    test_break(VICTIM_REPLY);
    test_break(VICTIM_CLIENT);
    test_break(VICTIM_LAST);
    test_suspended_client();
}
