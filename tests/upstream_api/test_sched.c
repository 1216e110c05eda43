// SPDX-License-Identifier: BSD-2-Clause
// Scheduling contexts, domains, time that runs out, and threads of other cores.
#include "api.h"

#define EXTRA_REFILLS seL4_MaxExtraRefills(8)
#define TIMEOUT_BADGE 0x71e

static volatile seL4_Word spins;

static seL4_Error configure(seL4_CPtr sc, seL4_Word budget, seL4_Word period, seL4_Word refills,
                            seL4_Word flags)
{
    return seL4_SchedControl_ConfigureFlags(api_info->schedcontrol.start, sc, budget, period, refills, 0,
                                            flags);
}

static void check_contexts(const struct api_thread *thread, seL4_CPtr tcb)
{
    seL4_CPtr sc = api_object(seL4_SchedContextObject, 8);
    seL4_CPtr small = api_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    SUCCEEDS(configure(sc, 1000, 5000, EXTRA_REFILLS, 0));
    CALL(configure(sc, 1000, 5000, EXTRA_REFILLS + 1, 0), seL4_RangeError);
    ANSWER(0, 0);
    ANSWER(1, EXTRA_REFILLS);
    SUCCEEDS(configure(small, 1000, 5000, 0, seL4_SchedContext_Sporadic));
    CALL(configure(small, 1000, 5000, seL4_MaxExtraRefills(seL4_MinSchedContextBits) + 1, 0),
         seL4_RangeError);
    CALL(configure(sc, 5001, 5000, 0, 0), seL4_RangeError);
    CALL(configure(sc, 0, 5000, 0, 0), seL4_RangeError);
    CALL(configure(sc, 1000, ~(seL4_Word)0, 0, 0), seL4_RangeError);
    CALL(configure(api_endpoint, 1000, 5000, 0, 0), seL4_InvalidCapability);
    ANSWER(0, 1);
    SUCCEEDS(seL4_SchedContext_Bind(sc, api_notification));
    SUCCEEDS(seL4_SchedContext_UnbindObject(sc, api_notification));
    EQUAL(seL4_SchedContext_Consumed(seL4_CapInitThreadSC).error, seL4_NoError);
    CALL(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, thread->sc, 0), seL4_IllegalOperation);
    CALL(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, api_endpoint, 0), seL4_InvalidCapability);
    ANSWER(0, 2);
}

static void check_domains(seL4_CPtr tcb)
{
    SUCCEEDS(seL4_DomainSet_Set(seL4_CapDomain, 0, tcb));
    CALL(seL4_DomainSet_Set(seL4_CapDomain, 200, tcb), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(seL4_DomainSet_Set(seL4_CapDomain, 0, api_endpoint), seL4_InvalidArgument);
    ANSWER(0, 1);
}

static void spin(seL4_Word unused)
{
    (void)unused;
    for (;;) {
        spins++;
    }
}

static void signal_and_stop(seL4_Word value)
{
    api_result[0] = value;
    seL4_Signal(api_notification);
}

static void check_timeout(void)
{
    seL4_CPtr endpoint = api_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = api_object(seL4_ReplyObject, 0);
    struct api_thread *thread = api_thread(254, 5000, 100000, 0);
    seL4_Word badge = 0;
    SUCCEEDS(seL4_TCB_SetTimeoutEndpoint(thread->tcb, api_mint(endpoint, seL4_AllRights, TIMEOUT_BADGE)));
    api_start(thread, spin, 0);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    seL4_Fault_t fault = seL4_getFault(info);
    EQUAL(badge, TIMEOUT_BADGE);
    EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
    EQUAL(seL4_MessageInfo_get_length(info), seL4_Timeout_Length);
    EQUAL(seL4_Fault_Timeout_get_data(fault), API_SC_BADGE);
    CHECK(seL4_Fault_Timeout_get_consumed(fault) >= 4900); // microseconds
    CHECK(spins > 0);
    // The reply can set the registers.
    info = seL4_TimeoutReply_new(1, api_context(thread, signal_and_stop, 0x123), seL4_TimeoutReply_Length);
    seL4_Send(reply, info);
    (void)api_wait();
    EQUAL(api_result[0], 0x123);
    api_stop(thread);
}

void test_sched(void)
{
    struct api_thread *thread = api_thread(100, 5000, 50000, 0);
    seL4_CPtr tcb = api_object(seL4_TCBObject, 0);
    check_contexts(thread, tcb);
    check_domains(tcb);
    check_timeout();
    SUCCEEDS(seL4_CNode_Delete(ROOT, tcb, DEPTH));
}

void test_cores(void)
{
    for (seL4_Word core = 1; core < api_info->numNodes; core++) {
        struct api_thread *thread = api_thread(254, 0, 0, 0);
        thread->sc = api_object(seL4_SchedContextObject, 8);
        SUCCEEDS(seL4_SchedControl_ConfigureFlags(api_info->schedcontrol.start + core, thread->sc, 10000,
                                                  10000, 0, 0, 0));
        SUCCEEDS(seL4_SchedContext_Bind(thread->sc, thread->tcb));
        api_start(thread, signal_and_stop, 0x100 + core);
        (void)api_wait();
        EQUAL(api_result[0], 0x100 + core);
        api_stop(thread);
    }
}
