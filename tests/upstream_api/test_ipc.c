// SPDX-License-Identifier: BSD-2-Clause
// Calls to a server: message words, badges, caps, rights and donated scheduling contexts.
#include "api.h"

#define REPLY_LABEL 77
#define LABEL_ALL_BITS 0xfffffffffffffu
#define CLIENT_BADGE 0x42
#define NO_GRANT_BADGE 0x43

// What the server leaves in api_result.
enum { BADGE, LABEL, LENGTH, EXTRA_CAPS, UNWRAPPED, CAP_BADGE, SUM, TLS };

static seL4_CPtr server_reply, receive_slot;

/// Word `i` counts `i + 1` times.
static seL4_Word sum_of(seL4_Word count, seL4_Word first)
{
    seL4_Word sum = 0;
    for (seL4_Word i = 0; i < count; i++) {
        sum += (first + i) * (i + 1);
    }
    return sum;
}

static void set_words(seL4_Word count, seL4_Word first)
{
    for (seL4_Word i = 0; i < count; i++) {
        seL4_SetMR((int)i, first + i);
    }
}

static void note_message(seL4_MessageInfo_t info, seL4_Word badge)
{
    seL4_Word sum = 0;
    for (seL4_Word i = 0; i < seL4_MessageInfo_get_length(info); i++) {
        sum += seL4_GetMR((int)i) * (i + 1);
    }
    api_result[BADGE] = badge;
    api_result[LABEL] = seL4_MessageInfo_get_label(info);
    api_result[LENGTH] = seL4_MessageInfo_get_length(info);
    api_result[EXTRA_CAPS] = seL4_MessageInfo_get_extraCaps(info);
    api_result[UNWRAPPED] = seL4_MessageInfo_get_capsUnwrapped(info);
    api_result[CAP_BADGE] = seL4_GetBadge(0);
    api_result[SUM] = sum;
    api_result[TLS] = (seL4_Word)api_tls_probe;
}

/// Answers each message with the words 1000, 1001...: as many as came if those are all, else 6.
static void server(seL4_Word unused)
{
    seL4_Word badge;
    (void)unused;
    seL4_SetCapReceivePath(ROOT, receive_slot, DEPTH);
    seL4_MessageInfo_t info = seL4_Recv(api_endpoint, &badge, server_reply);
    for (;;) {
        note_message(info, badge);
        seL4_Word length = api_result[LENGTH] == seL4_MsgMaxLength ? seL4_MsgMaxLength : 6;
        set_words(length, 1000);
        info = seL4_ReplyRecv(api_endpoint, seL4_MessageInfo_new(REPLY_LABEL, 0, 0, length), &badge,
                              server_reply);
    }
}

static seL4_MessageInfo_t call(seL4_CPtr cap, seL4_Word label, seL4_Word caps, seL4_Word length)
{
    seL4_MessageInfo_t info = seL4_Call(cap, seL4_MessageInfo_new(label, 0, caps, length));
    EQUAL(seL4_MessageInfo_get_label(info), REPLY_LABEL);
    return info;
}

static void check_words(seL4_CPtr client)
{
    set_words(6, 50);
    seL4_MessageInfo_t info = seL4_Call(client, seL4_MessageInfo_new(0x1234, 0, 0, 6));
    api_keep(0);
    EQUAL(seL4_MessageInfo_get_label(info), REPLY_LABEL);
    EQUAL(seL4_MessageInfo_get_length(info), 6);
    ANSWER(0, 1000);
    ANSWER(5, 1005);
    EQUAL(api_result[BADGE], CLIENT_BADGE);
    EQUAL(api_result[LABEL], 0x1234);
    EQUAL(api_result[LENGTH], 6);
    EQUAL(api_result[EXTRA_CAPS], 0);
    EQUAL(api_result[SUM], sum_of(6, 50));
    EQUAL(api_result[TLS], 0x1234567);
    set_words(seL4_MsgMaxLength, 3);
    info = seL4_Call(client, seL4_MessageInfo_new(LABEL_ALL_BITS, 0, 0, seL4_MsgMaxLength));
    EQUAL(seL4_GetMR(seL4_MsgMaxLength - 1), 1000 + seL4_MsgMaxLength - 1);
    EQUAL(seL4_MessageInfo_get_length(info), seL4_MsgMaxLength);
    EQUAL(api_result[SUM], sum_of(seL4_MsgMaxLength, 3));
    EQUAL(api_result[LABEL], LABEL_ALL_BITS);
    (void)call(client, 0, 0, seL4_MsgMaxLength + 7);
    EQUAL(api_result[LENGTH], seL4_MsgMaxLength);
    seL4_Word mr[4] = { 7, 8, 9, 10 };
    info = seL4_CallWithMRs(client, seL4_MessageInfo_new(5, 0, 0, 4), &mr[0], &mr[1], &mr[2], &mr[3]);
    EQUAL(api_result[SUM], sum_of(4, 7));
    EQUAL(mr[0], 1000);
    EQUAL(mr[3], 1003);
    EQUAL(seL4_MessageInfo_get_length(info), 6);
}

static void check_caps(seL4_CPtr client, seL4_CPtr no_grant)
{
    seL4_Word badge = 0;
    seL4_SetCap(0, api_badged);
    (void)call(client, 1, 1, 0);
    EQUAL(api_result[EXTRA_CAPS], 1);
    EQUAL(api_result[UNWRAPPED], 0);
    seL4_Signal(receive_slot);
    seL4_Poll(api_notification, &badge);
    EQUAL(badge, API_BADGE);
    // A cap of the endpoint itself comes as its badge.
    seL4_SetCap(0, client);
    (void)call(client, 1, 1, 0);
    EQUAL(api_result[EXTRA_CAPS], 1);
    EQUAL(api_result[UNWRAPPED], 1);
    EQUAL(api_result[CAP_BADGE], CLIENT_BADGE);
    seL4_SetCap(0, api_badged);
    (void)call(client, 1, 1, 0);
    EQUAL(api_result[EXTRA_CAPS], 0); // the receive slot is in use
    SUCCEEDS(seL4_CNode_Delete(ROOT, receive_slot, DEPTH));
    seL4_SetCap(0, api_badged);
    (void)call(no_grant, 1, 1, 0);
    EQUAL(api_result[BADGE], NO_GRANT_BADGE);
    EQUAL(api_result[EXTRA_CAPS], 0);
    EQUAL(api_is_empty(receive_slot), 1);
}

/// The server without a scheduling context of its own runs on its caller's.
static void check_donation(const struct api_thread *thread, seL4_CPtr client)
{
    EQUAL(seL4_SchedContext_Consumed(thread->sc).error, seL4_NoError);
    SUCCEEDS(seL4_SchedContext_UnbindObject(thread->sc, thread->tcb));
    CALL(seL4_SchedContext_UnbindObject(thread->sc, thread->tcb), seL4_IllegalOperation);
    seL4_SetMR(0, 6);
    (void)call(client, 4, 0, 1);
    EQUAL(api_result[SUM], 6);
    SUCCEEDS(seL4_SchedContext_Bind(thread->sc, thread->tcb));
    CALL(seL4_SchedContext_Bind(thread->sc, thread->tcb), seL4_IllegalOperation);
    SUCCEEDS(seL4_SchedContext_Unbind(thread->sc));
    CALL(seL4_SchedContext_Bind(thread->sc, api_endpoint), seL4_InvalidCapability);
    ANSWER(0, 1);
    EQUAL(seL4_SchedContext_YieldTo(thread->sc).error, seL4_IllegalOperation); // not bound
    CALL(seL4_SchedContext_Unbind(seL4_CapInitThreadSC), seL4_IllegalOperation);
}

void test_ipc(void)
{
    server_reply = api_object(seL4_ReplyObject, 0);
    receive_slot = api_slot();
    seL4_CPtr client = api_mint(api_endpoint, seL4_AllRights, CLIENT_BADGE);
    seL4_CPtr no_grant = api_mint(api_endpoint, seL4_CapRights_new(1, 0, 0, 1), NO_GRANT_BADGE);
    struct api_thread *thread = api_thread(254, 10000, 10000, 0);
    api_start(thread, server, 0);
    check_words(client);
    check_caps(client, no_grant);
    seL4_NBSend(client, seL4_MessageInfo_new(3, 0, 0, 0)); // who replies to nobody goes on
    seL4_SetMR(0, 5);
    (void)call(client, 4, 0, 1);
    check_donation(thread, client);
    api_stop(thread);
    SUCCEEDS(seL4_CNode_CancelBadgedSends(ROOT, client, DEPTH));
    CALL(seL4_CNode_CancelBadgedSends(ROOT, no_grant, DEPTH), seL4_IllegalOperation);
}
