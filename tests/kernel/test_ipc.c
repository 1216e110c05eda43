// SPDX-License-Identifier: BSD-2-Clause
// Call and reply, long messages, cap transfer, notifications.
#include "task.h"

static seL4_CPtr endpoint;
static struct task_thread server;

static void serve(seL4_Word reply)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    for (;;) {
        seL4_Word length = seL4_MessageInfo_get_length(info);
        seL4_Word sum = badge;
        for (seL4_Word i = 0; i < length; i++) {
            sum += seL4_GetMR((int)i);
        }
        seL4_SetMR(0, sum);
        seL4_SetMR(1, seL4_MessageInfo_get_label(info));
        info = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(3, 0, 0, 2), &badge, reply);
    }
}

static volatile seL4_Word answered;

static void call_once(seL4_Word cap)
{
    (void)seL4_Call(cap, seL4_MessageInfo_new(77, 0, 0, 0));
    answered++;
    for (;;) {
        seL4_Yield();
    }
}

/// The caller's message comes once, by Recv or (without a reply object) by Wait, whoever comes first.
static void take_call(seL4_CPtr reply, bool by_wait, bool caller_first)
{
    seL4_Word badge;
    if (caller_first) {
        task_let_run(1);
    }
    seL4_MessageInfo_t info = by_wait ? seL4_Wait(endpoint, &badge) : seL4_Recv(endpoint, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), 77);
    (void)seL4_NBWait(endpoint, &badge);
    CHECK_EQUAL(badge, 0);
}

/// A call that nobody can answer, because it may not have an answer or there is no reply object, is the
/// caller's end: it stops. Resumed, it makes its call again. What is sent to the reply object goes nowhere.
static void test_unanswerable(void)
{
    struct task_thread caller;
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr write_only = task_slot();
    seL4_CPtr answerable = task_slot();
    endpoint = task_object(seL4_EndpointObject, 0);
    CHECK_EQUAL(seL4_CNode_Mint(seL4_CapInitThreadCNode, write_only, 64, seL4_CapInitThreadCNode, endpoint,
                                64, seL4_CanWrite, 5), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Mint(seL4_CapInitThreadCNode, answerable, 64, seL4_CapInitThreadCNode, endpoint,
                                64, seL4_CapRights_new(1, 0, 0, 1), 6), seL4_NoError);
    task_thread_create(&caller, 200, 0);
    task_thread_set_budget(&caller, 500, 5000, 0, 0); // leaves time for this thread
    for (int i = 0; i < 8; i++) {
        const bool by_wait = (i & 1) != 0;
        const bool can_be_answered = (i & 2) != 0;
        answered = 0;
        task_thread_start(&caller, call_once, can_be_answered ? answerable : write_only);
        take_call(reply, by_wait, (i & 4) != 0);
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
        task_let_run(1);
        CHECK_EQUAL(answered, can_be_answered && !by_wait);
        if (answered == 0) {
            CHECK_EQUAL(seL4_TCB_Resume(caller.tcb), seL4_NoError);
            take_call(reply, by_wait, (i & 4) == 0);
        }
        CHECK_EQUAL(seL4_TCB_Suspend(caller.tcb), seL4_NoError);
    }
    task_thread_delete(&caller);
    task_delete(reply);
    task_delete(endpoint);
}

void test_ipc(void)
{
    seL4_CPtr badged = task_slot();
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr other = task_slot();
    seL4_Word badge;

    endpoint = task_object(seL4_EndpointObject, 0);
    CHECK_EQUAL(seL4_CNode_Mint(seL4_CapInitThreadCNode, badged, 64, seL4_CapInitThreadCNode,
                                endpoint, 64, seL4_AllRights, 1000),
                seL4_NoError);
    task_thread_create(&server, 255, 0);
    task_thread_start(&server, serve, server.reply);
    seL4_Yield();

    for (int i = 0; i < 5; i++) {
        for (int word = 0; word < 120; word++) {
            seL4_SetMR(word, (seL4_Word)word);
        }
        seL4_MessageInfo_t info =
            seL4_Call(badged, seL4_MessageInfo_new(17, 0, 0, i == 0 ? 120 : 3));
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), 3);
        CHECK_EQUAL(seL4_MessageInfo_get_length(info), 2);
        CHECK_EQUAL(seL4_GetMR(0), 1000 + (i == 0 ? 119 * 120 / 2 : 3));
        CHECK_EQUAL(seL4_GetMR(1), 17);
    }

    // Badges of a notification add up.
    CHECK_EQUAL(seL4_CNode_Mint(seL4_CapInitThreadCNode, other, 64, seL4_CapInitThreadCNode,
                                notification, 64, seL4_AllRights, 6),
                seL4_NoError);
    seL4_Signal(other);
    seL4_Signal(other);
    seL4_Wait(notification, &badge);
    CHECK_EQUAL(badge, 6);
    (void)seL4_Poll(notification, &badge);
    CHECK_EQUAL(badge, 0);

    // Passive server: its context taken away, calls still work.
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(server.sc, server.tcb), seL4_NoError);
    seL4_SetMR(0, 5);
    (void)seL4_Call(badged, seL4_MessageInfo_new(1, 0, 0, 1));
    CHECK_EQUAL(seL4_GetMR(0), 1005);
    CHECK_EQUAL(seL4_TCB_Suspend(server.tcb), seL4_NoError);
    test_unanswerable();
}
