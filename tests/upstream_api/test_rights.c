// SPDX-License-Identifier: BSD-2-Clause
// Rights of endpoint, notification and reply caps.
#include "api.h"

// What the caller leaves in api_result.
enum { EXTRA_CAPS, LABEL, WORD };

static seL4_CPtr receive_slot, named_reply;

static void call_and_signal(seL4_Word cap)
{
    seL4_SetCapReceivePath(ROOT, receive_slot, DEPTH);
    seL4_MessageInfo_t info = seL4_Call(cap, seL4_MessageInfo_new(1, 0, 0, 0));
    api_result[EXTRA_CAPS] = seL4_MessageInfo_get_extraCaps(info);
    api_result[LABEL] = seL4_MessageInfo_get_label(info);
    api_result[WORD] = seL4_GetMR(0);
    seL4_Signal(api_notification);
}

static void receive_and_signal(seL4_Word cap)
{
    seL4_Recv(cap, 0, named_reply);
    seL4_Signal(api_notification);
}

/// A call that is received through one cap and answered, with a cap, through another one.
static void check_reply(struct api_thread *thread, seL4_CPtr call, seL4_CPtr receive, seL4_CPtr reply,
                        seL4_CPtr reply_by, seL4_Word caps)
{
    receive_slot = api_slot();
    api_start(thread, call_and_signal, call);
    (void)seL4_Recv(receive, 0, reply);
    seL4_SetCap(0, api_notification);
    seL4_SetMR(0, 5);
    seL4_Send(reply_by, seL4_MessageInfo_new(9, 0, 1, 1));
    (void)api_wait();
    EQUAL(api_result[EXTRA_CAPS], caps);
    EQUAL(api_is_empty(receive_slot), caps == 0);
    EQUAL(api_result[LABEL], 9);
    EQUAL(api_result[WORD], 5);
    api_stop(thread);
}

static void check_call_fails(struct api_thread *thread, seL4_CPtr cap)
{
    api_start(thread, call_and_signal, cap);
    (void)api_wait();
    EQUAL(api_result[LABEL], seL4_InvalidCapability);
    EQUAL(api_result[WORD], 0);
    api_stop(thread);
}

/// Receiving through `cap` faults at `address`.
static seL4_Fault_t check_receive_faults(struct api_thread *thread, seL4_CPtr cap, seL4_CPtr address,
                                         seL4_CPtr faults, seL4_CPtr reply)
{
    api_start(thread, receive_and_signal, cap);
    seL4_MessageInfo_t info = seL4_Recv(faults, 0, reply);
    seL4_Fault_t fault = seL4_getFault(info);
    EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    EQUAL(seL4_Fault_CapFault_get_Addr(fault), address);
    EQUAL(seL4_Fault_CapFault_get_InRecvPhase(fault), 1);
    api_stop(thread);
    return fault;
}

void test_rights(void)
{
    seL4_CPtr endpoint = api_object(seL4_EndpointObject, 0);
    seL4_CPtr read_only = api_copy(endpoint, seL4_CanRead);
    seL4_CPtr write_only = api_copy(endpoint, seL4_CanWrite);
    seL4_CPtr reply = api_object(seL4_ReplyObject, 0);
    seL4_CPtr faults = api_object(seL4_EndpointObject, 0);
    seL4_CPtr fault_reply = api_object(seL4_ReplyObject, 0);
    struct api_thread *thread = api_thread(254, 10000, 10000, faults);

    check_reply(thread, endpoint, endpoint, reply, reply, 1);
    check_reply(thread, endpoint, endpoint, reply, api_copy(reply, seL4_NoRights), 0);
    check_call_fails(thread, read_only);
    check_call_fails(thread, api_copy(api_notification, seL4_CanRead));
    named_reply = reply;
    seL4_Fault_t fault = check_receive_faults(thread, write_only, write_only, faults, fault_reply);
    EQUAL(seL4_Fault_CapFault_get_LookupFailureType(fault), seL4_MissingCapability);
    named_reply = api_notification; // no reply cap
    (void)check_receive_faults(thread, endpoint, api_notification, faults, fault_reply);
}
