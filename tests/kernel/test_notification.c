// SPDX-License-Identifier: BSD-2-Clause
// Notifications: order of those who wait, polling, binding, and delivery through Recv.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define WAITERS 4

static seL4_CPtr notification, endpoint;
static volatile seL4_Word order[WAITERS];
static volatile seL4_Word woken;

static void wait_once(seL4_Word number)
{
    seL4_Word badge;
    seL4_Wait(notification, &badge);
    order[woken] = number;
    woken++;
    for (;;) {
        seL4_Wait(endpoint, &badge);
    }
}

static const seL4_Word priorities[WAITERS] = { 100, 150, 120, 150 };

/// Who waits with the highest priority is woken first, of equals the one who waits longest.
static void test_order(bool with_change)
{
    static const seL4_Word expected[2][WAITERS] = { { 1, 3, 2, 0 }, { 0, 1, 2, 3 } };
    struct task_thread threads[WAITERS];
    woken = 0;
    for (seL4_Word i = 0; i < WAITERS; i++) {
        task_thread_create(&threads[i], priorities[i], 0);
        task_thread_start(&threads[i], wait_once, i);
        task_let_run(1);
    }
    if (with_change) {
        CHECK_EQUAL(seL4_TCB_SetPriority(threads[0].tcb, seL4_CapInitThreadTCB, 180), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_SetPriority(threads[3].tcb, seL4_CapInitThreadTCB, 20), seL4_NoError);
    }
    for (seL4_Word i = 0; i < WAITERS; i++) {
        CHECK_EQUAL(woken, i);
        seL4_Signal(notification);
        task_let_run(1);
        CHECK_EQUAL(woken, i + 1);
        CHECK_EQUAL(order[i], expected[with_change][i]);
    }
    for (seL4_Word i = 0; i < WAITERS; i++) {
        task_thread_delete(&threads[i]);
    }
}

static void test_poll(void)
{
    seL4_CPtr bits[3] = { task_badged(notification, 1), task_badged(notification, 4),
                          task_badged(notification, 1ul << 63) };
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge = 99;
    (void)seL4_Poll(notification, &badge);
    CHECK_EQUAL(badge, 0);
    for (int i = 0; i < 3; i++) {
        seL4_Signal(bits[i]);
    }
    seL4_Signal(bits[0]);
    (void)seL4_NBRecv(notification, &badge, reply);
    CHECK_EQUAL(badge, 1ul << 63 | 5);
    (void)seL4_NBRecv(notification, &badge, reply);
    CHECK_EQUAL(badge, 0);
    // A signal is a Call without words, too: it ends at once.
    seL4_MessageInfo_t info = seL4_Call(bits[1], seL4_MessageInfo_new(7, 0, 0, 2));
    CHECK_EQUAL(info.words[0], 0);
    (void)seL4_Poll(notification, &badge);
    CHECK_EQUAL(badge, 4);
    // Rights: to send through, to receive with.
    seL4_CPtr write_only = task_slot();
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, write_only, 64, ROOT, notification, 64, seL4_CanWrite, 8),
                seL4_NoError);
    seL4_CPtr read_only = task_slot();
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, read_only, 64, ROOT, notification, 64, seL4_CanRead, 8),
                seL4_NoError);
    info = seL4_Call(read_only, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_InvalidCapability);
    seL4_Signal(write_only);
    (void)seL4_Poll(read_only, &badge);
    CHECK_EQUAL(badge, 8);
    for (int i = 0; i < 3; i++) {
        task_delete(bits[i]);
    }
    task_delete(reply);
    task_delete(write_only);
    task_delete(read_only);
}

// ---- bound --------------------------------------------------------------------------------------

static volatile seL4_Word got_badge, got_length, rounds;

static void receive_forever(seL4_Word reply)
{
    seL4_Word badge;
    for (;;) {
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        got_badge = badge;
        got_length = seL4_MessageInfo_get_length(info);
        rounds++;
    }
}

static void test_binding(void)
{
    struct task_thread receiver, other;
    seL4_CPtr badged = task_badged(notification, 0x40);
    seL4_CPtr message = task_badged(endpoint, 0x77);
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    task_thread_create(&receiver, 200, 0);
    CHECK_EQUAL(seL4_TCB_UnbindNotification(receiver.tcb), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_BindNotification(receiver.tcb, endpoint), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_BindNotification(receiver.tcb, notification), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_BindNotification(receiver.tcb, notification), seL4_IllegalOperation);
    rounds = 0;
    // Active before the thread waits; while it waits; and messages in between.
    seL4_Signal(badged);
    task_thread_start(&receiver, receive_forever, receiver.reply);
    task_let_run(1);
    CHECK_EQUAL(rounds, 1);
    CHECK_EQUAL(got_badge, 0x40);
    seL4_Signal(badged);
    task_let_run(1);
    CHECK_EQUAL(rounds, 2);
    CHECK_EQUAL(got_badge, 0x40);
    CHECK_EQUAL(got_length, 0);
    seL4_Send(message, seL4_MessageInfo_new(0, 0, 0, 3));
    task_let_run(1);
    CHECK_EQUAL(rounds, 3);
    CHECK_EQUAL(got_badge, 0x77);
    CHECK_EQUAL(got_length, 3);
    // Nobody else waits for it, or gets it bound.
    task_thread_create(&other, 100, faults);
    CHECK_EQUAL(seL4_TCB_BindNotification(other.tcb, notification), seL4_IllegalOperation);
    task_thread_start(&other, wait_once, 0);
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_InRecvPhase), 1);
    // Unbound, the endpoint's receiver does not hear of it, and the other one may wait.
    CHECK_EQUAL(seL4_TCB_UnbindNotification(receiver.tcb), seL4_NoError);
    woken = 0;
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    task_let_run(1);
    CHECK_EQUAL(seL4_TCB_BindNotification(receiver.tcb, notification), seL4_IllegalOperation);
    seL4_Signal(badged);
    task_let_run(1);
    CHECK_EQUAL(woken, 1);
    CHECK_EQUAL(rounds, 3);
    task_thread_delete(&receiver);
    task_thread_delete(&other);
    task_delete(badged);
    task_delete(message);
    task_delete(faults);
    task_delete(reply);
}

/// The object goes away under one who waits, and one to whom it is bound.
static void test_deletion(void)
{
    struct task_thread waiter, bound;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    task_thread_create(&waiter, 200, faults);
    task_thread_create(&bound, 200, 0);
    task_thread_start(&waiter, wait_once, 0);
    task_let_run(1);
    task_delete(notification);
    // It makes its call again, and there is no cap any more.
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), notification);
    notification = task_object(seL4_NotificationObject, 0);
    CHECK_EQUAL(seL4_TCB_BindNotification(bound.tcb, notification), seL4_NoError);
    task_delete(notification);
    CHECK_EQUAL(seL4_TCB_UnbindNotification(bound.tcb), seL4_IllegalOperation);
    notification = task_object(seL4_NotificationObject, 0);
    CHECK_EQUAL(seL4_TCB_BindNotification(bound.tcb, notification), seL4_NoError);
    task_thread_delete(&bound);
    CHECK_EQUAL(seL4_TCB_BindNotification(waiter.tcb, notification), seL4_NoError);
    task_thread_delete(&waiter);
    task_delete(faults);
    task_delete(reply);
}

void test_notification(void)
{
    notification = task_object(seL4_NotificationObject, 0);
    endpoint = task_object(seL4_EndpointObject, 0);
    test_order(false);
    test_order(true);
    test_poll();
    test_binding();
    test_deletion();
    task_delete(notification);
    task_delete(endpoint);
}
