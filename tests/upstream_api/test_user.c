// SPDX-License-Identifier: BSD-2-Clause
// What code at user level may do, and floating point.
#include "api.h"

#define FAULT_BADGE 0xf
#define ANY_FAULT (-1)
#define FLOATING_ROUNDS 1000

static volatile double results[2];

static void done(void)
{
    seL4_Signal(api_badged);
}

static void write_byte(seL4_Word address)
{
    *(volatile char *)address = *(volatile char *)address;
    done();
}

static void read_word(seL4_Word address)
{
    (void)*(volatile seL4_Word *)address;
    done();
}

static void maintain_caches(seL4_Word address)
{
    __asm__ volatile("dc cvac, %0; dc civac, %0; dc cvau, %0; ic ivau, %0; dsb sy; isb"
                     ::"r"(address) : "memory");
    done();
}

static void read_frequency(seL4_Word unused)
{
    seL4_Word value;
    (void)unused;
    __asm__ volatile("mrs %0, ctr_el0; mrs %0, cntfrq_el0" : "=r"(value));
    done();
}

static void read_control(seL4_Word unused)
{
    seL4_Word value;
    (void)unused;
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(value));
    done();
}

static void breakpoint(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile("brk #0");
    done();
}

static void monitor_call(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile("smc #0");
    done();
}

static void hypervisor_call(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile("hvc #0");
    done();
}

/// Runs one of them with the notification bound to this thread: which fault it had, 0 for none.
static seL4_Word fault_of(struct api_thread *thread, seL4_CPtr endpoint, seL4_CPtr reply,
                          api_function function, seL4_Word argument)
{
    seL4_Word badge = 0;
    api_start(thread, function, argument);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    api_stop(thread);
    EQUAL(badge == FAULT_BADGE || badge == API_BADGE, 1);
    return badge == FAULT_BADGE ? seL4_MessageInfo_get_label(info) : 0;
}

static void check_allowed(void)
{
    seL4_CPtr endpoint = api_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = api_object(seL4_ReplyObject, 0);
    struct api_thread *thread =
        api_thread(254, 10000, 10000, api_mint(endpoint, seL4_AllRights, FAULT_BADGE));
    seL4_Word write_only = api_address(), no_rights = api_address();
    SUCCEEDS(api_map(VSPACE, api_object(seL4_ARM_SmallPageObject, 0), write_only, seL4_CanWrite, 0));
    SUCCEEDS(api_map(VSPACE, api_object(seL4_ARM_SmallPageObject, 0), no_rights, seL4_NoRights, 0));
    const struct {
        api_function function;
        seL4_Word argument;
        int fault;
    } cases[] = {
        { write_byte, (seL4_Word)api_info, 0 },
        { read_word, write_only, seL4_Fault_VMFault },
        { read_word, no_rights, seL4_Fault_VMFault },
        { maintain_caches, (seL4_Word)&results, 0 },
        { read_frequency, 0, 0 },
        { read_control, 0, ANY_FAULT },
        { breakpoint, 0, ANY_FAULT },
        { monitor_call, 0, ANY_FAULT },
        { hypervisor_call, 0, seL4_Fault_UserException },
    };
    SUCCEEDS(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, api_notification));
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        seL4_Word fault = fault_of(thread, endpoint, reply, cases[i].function, cases[i].argument);
        if (cases[i].fault == ANY_FAULT) {
            CHECK(fault != 0);
        } else {
            EQUAL(fault, cases[i].fault);
        }
    }
    SUCCEEDS(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB));
}

static double compute(seL4_Word start, int yields)
{
    double value = (double)start;
    for (int i = 0; i < FLOATING_ROUNDS; i++) {
        value = value * 1.0001 + 1;
        if (yields && i % 100 == 0) {
            seL4_Yield();
        }
    }
    return value;
}

static void compute_and_signal(seL4_Word which)
{
    results[which] = compute(which + 1, 1);
    done();
}

void test_user(void)
{
    check_allowed();
    struct api_thread *a = api_thread(200, 5000, 5000, 0);
    struct api_thread *b = api_thread(200, 5000, 5000, 0);
    api_start(a, compute_and_signal, 0);
    api_start(b, compute_and_signal, 1);
    while (results[0] == 0 || results[1] == 0) {
        (void)api_wait();
    }
    CHECK(results[0] == compute(1, 0));
    CHECK(results[1] == compute(2, 0));
    api_stop(a);
    api_stop(b);
    seL4_Poll(api_notification, 0);
    EQUAL(seL4_MessageInfo_get_label(seL4_Call(VSPACE, seL4_MessageInfo_new(ARMPageMap, 0, 0, 0))),
          seL4_IllegalOperation);
}
