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
}
