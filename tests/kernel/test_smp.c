// SPDX-License-Identifier: BSD-2-Clause
// Several cores: messages and signals between them, control of threads that run elsewhere, migration,
// TLB maintenance, budgets, and all of it at once. This task's own thread stays on core 0.
#include "test_smp.h"

#include <abi/extensions.h>

#if CONFIG_MAX_NUM_NODES > 1
#define ROUNDS 300

static volatile seL4_Word progress[CONFIG_MAX_NUM_NODES];
static seL4_CPtr endpoint;
static seL4_CPtr done;

static seL4_Word frequency(void)
{
    seL4_Word value;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

void smp_wait_us(seL4_Word microseconds)
{
    seL4_Word end = task_counter() + frequency() * microseconds / 1000000;
    while (task_counter() < end) {
        // An emulator that runs its cores in turns gets to the next one; doing that all the time
        // costs it far more than the instructions.
        for (volatile int i = 0; i < 1000; i++) {
        }
        __asm__ volatile("yield");
    }
}

void smp_wait_ms(seL4_Word milliseconds)
{
    smp_wait_us(milliseconds * 1000);
}

bool smp_changes(volatile seL4_Word *number)
{
    seL4_Word old = *number;
    for (int i = 0; i < 100000 && *number == old; i++) {
        smp_wait_us(100);
    }
    return *number != old;
}

/// Waits until a number that only grows is that large.
static bool reaches(const volatile seL4_Word *number, seL4_Word value)
{
    for (int i = 0; i < 100000 && *number < value; i++) {
        smp_wait_us(100);
    }
    return *number >= value;
}

bool smp_stands_still(volatile seL4_Word *number)
{
    seL4_Word old = *number;
    smp_wait_ms(5);
    return *number == old;
}

void smp_set_core(const struct task_thread *thread, seL4_Word core, seL4_Word budget,
                  seL4_Word period)
{
    CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start + core, thread->sc,
                                            budget, period, 0, 7),
                seL4_NoError);
}

void smp_start_on(struct task_thread *thread, seL4_Word core, seL4_CPtr fault_ep,
                  void (*function)(seL4_Word), seL4_Word argument)
{
    task_thread_create(thread, 200, fault_ep);
    smp_set_core(thread, core, 10000, 10000);
    task_thread_start(thread, function, argument);
}

bool smp_receive(seL4_CPtr from, seL4_CPtr reply, seL4_MessageInfo_t *info)
{
    seL4_Word badge;
    for (int i = 0; i < 100000; i++) {
        *info = seL4_NBRecv(from, &badge, reply);
        if (seL4_MessageInfo_get_label(*info) != 0) {
            return true;
        }
        smp_wait_us(20);
    }
    return false;
}

static void spin(seL4_Word number)
{
    for (;;) {
        progress[number]++;
    }
}

static void spin_with_calls(seL4_Word number)
{
    for (;;) {
        progress[number]++;
        seL4_Yield();
        seL4_Signal(done);
    }
}

// ---- messages and signals -----------------------------------------------------------------------

static void serve(seL4_Word reply)
{
    seL4_Word badge;
    (void)seL4_Recv(endpoint, &badge, reply);
    for (;;) {
        seL4_SetMR(0, seL4_GetMR(0) + 1);
        (void)seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, reply);
    }
}

static void test_messages(void)
{
    static struct task_thread server;
    unsigned right = 0;
    endpoint = task_object(seL4_EndpointObject, 0);
    task_thread_create(&server, 200, 0);
    smp_set_core(&server, 1, 10000, 10000);
    task_thread_start(&server, serve, server.reply);
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        seL4_SetMR(0, i);
        (void)seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        right += seL4_GetMR(0) == i + 1;
    }
    CHECK_EQUAL(right, ROUNDS);
    // A passive server comes to its caller's core and its context.
    smp_wait_ms(1);
    CHECK_EQUAL(seL4_SchedContext_Unbind(server.sc), seL4_NoError);
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        seL4_SetMR(0, i);
        (void)seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        right += seL4_GetMR(0) == i + 1;
    }
    CHECK_EQUAL(right, 2 * ROUNDS);
    CHECK_EQUAL(seL4_TCB_Suspend(server.tcb), seL4_NoError);
}

static seL4_CPtr ping;

static void answer_signals(seL4_Word unused)
{
    seL4_Word badge;
    (void)unused;
    for (;;) {
        seL4_Wait(ping, &badge);
        progress[0]++;
        seL4_Signal(done);
    }
}

static void test_signals(void)
{
    static struct task_thread thread;
    seL4_Word badge;
    ping = task_object(seL4_NotificationObject, 0);
    progress[0] = 0;
    smp_start_on(&thread, LAST_CORE, 0, answer_signals, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        seL4_Signal(ping);
        seL4_Wait(done, &badge);
    }
    CHECK_EQUAL(progress[0], ROUNDS);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
}

// ---- threads that run elsewhere -----------------------------------------------------------------

static void test_control(void)
{
#if CONFIG_DEBUG_BUILD
    static struct task_thread other;
    task_thread_create(&other, 200, 0);
    smp_set_core(&other, LAST_CORE, 10000, 10000);
    CHECK_EQUAL(seL4_DebugGetThreadAffinity(other.tcb), LAST_CORE);
#endif
    static struct task_thread thread;
    seL4_UserContext context = { 0 };
    smp_start_on(&thread, 1, 0, spin, 1);
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    CHECK(smp_stands_still(&progress[1]));
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, 36, &context), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Resume(thread.tcb), seL4_NoError);
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 50), seL4_NoError);
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_SchedContext_Unbind(thread.sc), seL4_NoError);
    CHECK(smp_stands_still(&progress[1]));
    CHECK_EQUAL(seL4_SchedContext_Bind(thread.sc, thread.tcb), seL4_NoError);
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, thread.tcb, 64), seL4_NoError);
    CHECK(smp_stands_still(&progress[1]));
}

static volatile seL4_Word fp_result[CONFIG_MAX_NUM_NODES];

static volatile bool is_over;

static void hold_fp(seL4_Word value)
{
    seL4_Word result = 0;
    while (!is_over) {
        // Few yields: each makes an emulator that runs its cores in turns change its plans.
        result |= fp_hold(0xf00d0000 + value, 2) ^ (0xf00d0000 + value);
        smp_wait_us(50);
        progress[value]++;
    }
    fp_result[value] = 1 + result;
    for (;;) {
        progress[value]++;
        seL4_Signal(done); // its IPC buffer is found by a thread-local variable
        smp_wait_us(50);
    }
}

static void test_migration(void)
{
    static struct task_thread threads[2];
    is_over = false;
    for (seL4_Word i = 0; i < 2; i++) {
        fp_result[i] = 0;
        smp_start_on(&threads[i], 1, 0, hold_fp, i);
        CHECK(smp_changes(&progress[i]));
    }
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        smp_set_core(&threads[i & 1], 1 + (i >> 1) % LAST_CORE, 10000, 10000);
        if (i % 16 == 15) {
            CHECK(smp_changes(&progress[i & 1]));
        }
    }
    is_over = true;
    for (unsigned i = 0; i < 2; i++) {
        while (fp_result[i] == 0) {
            smp_wait_us(100);
        }
        CHECK_EQUAL(fp_result[i], 1);
        CHECK(smp_changes(&progress[i]));
        CHECK_EQUAL(seL4_TCB_Suspend(threads[i].tcb), seL4_NoError);
    }
}

// ---- memory -------------------------------------------------------------------------------------

static void read_forever(seL4_Word address)
{
    for (;;) {
        (void)probe_read(address);
        if (++progress[1] % 128 == 0) {
            // The other core waits for this one at each flush. An emulator that runs its cores in turns
            // would let this one run to the end of its turn first.
            __asm__ volatile("yield");
        }
    }
}

static void test_shootdown(void)
{
    static struct task_thread thread;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)task_page(&frame);
    seL4_Word badge;
    smp_start_on(&thread, 1, faults, read_forever, page);
    for (unsigned i = 0; i < 20; i++) {
        CHECK(smp_changes(&progress[1]));
        CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), seL4_NoError);
        seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), page);
        CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, frame, page, seL4_ReadWrite,
                             seL4_ARM_Default_VMAttributes), seL4_NoError);
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    }
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
}

/// A change of permissions is nothing that a thread elsewhere notices.
static void test_permissions(void)
{
    static struct task_thread thread;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)task_page(&frame);
    seL4_Word badge;
    unsigned right = 0;
    smp_start_on(&thread, 1, faults, read_forever, page);
    CHECK(smp_changes(&progress[1]));
    for (unsigned i = 0; i < ROUNDS; i++) {
        right += seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, page,
                                   i & 1 ? seL4_ReadWrite : seL4_CanRead,
                                   seL4_ARM_Default_VMAttributes) == seL4_NoError;
    }
    CHECK_EQUAL(right, ROUNDS);
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_MessageInfo_get_label(seL4_NBRecv(faults, &badge, reply)), 0);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    *(volatile seL4_Word *)page = 1; // the last change was to writable
}

/// An address space that another core uses goes away under its thread.
static void test_vspace_deletion(void)
{
    static struct task_thread thread;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr vspace = task_vspace();
    seL4_CPtr frame;
    seL4_CPtr copy = task_slot();
    seL4_Word badge;
    volatile uint32_t *code = task_page(&frame);
    code[0] = 0x14000000; // b .
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(seL4_CapInitThreadCNode, copy, 64, seL4_CapInitThreadCNode, frame,
                                64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, 0x400000, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    task_thread_create(&thread, 200, faults);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, faults, seL4_CapInitThreadCNode, 0, vspace, 0),
                seL4_NoError);
    smp_set_core(&thread, LAST_CORE, 10000, 10000);
    seL4_UserContext context = { .pc = 0x400000 };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 1, &context), seL4_NoError);
    smp_wait_ms(5);
    CHECK_EQUAL(seL4_CNode_Revoke(seL4_CapInitThreadCNode, vspace, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vspace, 64), seL4_NoError);
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
}

// ---- time ---------------------------------------------------------------------------------------

/// Whether both contexts get about a tenth of 200 ms. A busy build machine may stop a core of its
/// emulator for longer than that, so a few tries are allowed.
static bool get_a_tenth(const struct task_thread threads[2])
{
    for (unsigned i = 0; i < 2; i++) {
        (void)seL4_SchedContext_Consumed(threads[i].sc);
    }
    smp_wait_ms(200);
    bool good = true;
    for (unsigned i = 0; i < 2; i++) {
        seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(threads[i].sc);
        CHECK_EQUAL(used.error, seL4_NoError);
        task_print_number("of 200 ms, 10 percent: us ", used.consumed);
        task_print("\n");
        good = good && used.consumed > 1000 && used.consumed < 60000;
    }
    return good;
}

static void test_budgets(void)
{
    static struct task_thread threads[2];
    bool good = false;
    for (unsigned i = 0; i < 2; i++) {
        task_thread_create(&threads[i], 200, 0);
        smp_set_core(&threads[i], 1 + i % LAST_CORE, 1000, 10000);
        task_thread_start(&threads[i], spin, i);
        CHECK(smp_changes(&progress[i]));
    }
    for (unsigned i = 0; i < 20 && !good; i++) {
        good = get_a_tenth(threads);
    }
    CHECK(good);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQUAL(seL4_TCB_Suspend(threads[i].tcb), seL4_NoError);
        CHECK(smp_stands_still(&progress[i]));
    }
}

// ---- everything at once -------------------------------------------------------------------------

static void call_forever(seL4_Word number)
{
    for (;;) {
        seL4_SetMR(0, number);
        (void)seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        if (seL4_GetMR(0) == number + 1) {
            progress[number]++;
        }
    }
}

static void test_stress(void)
{
    static struct task_thread server, callers[2], busy;
    endpoint = task_object(seL4_EndpointObject, 0);
    task_thread_create(&server, 210, 0);
    smp_set_core(&server, LAST_CORE, 10000, 10000);
    task_thread_start(&server, serve, server.reply);
    for (seL4_Word i = 0; i < 2; i++) {
        smp_start_on(&callers[i], 1 + i % LAST_CORE, 0, call_forever, i);
    }
    smp_start_on(&busy, 1, 0, spin_with_calls, LAST_CORE);
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        seL4_Word core = 1 + i % LAST_CORE;
        CHECK_EQUAL(seL4_TCB_Suspend(busy.tcb), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_Suspend(callers[i % 2].tcb), seL4_NoError);
        smp_set_core(&busy, core, 10000, 10000);
        smp_set_core(&callers[i % 2], core, 5000, 10000);
        smp_set_core(&server, LAST_CORE - i % LAST_CORE, 10000, 10000);
        CHECK_EQUAL(seL4_TCB_SetPriority(busy.tcb, seL4_CapInitThreadTCB, 190 + i % 20),
                    seL4_NoError);
        CHECK_EQUAL(seL4_TCB_Resume(busy.tcb), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_Resume(callers[i % 2].tcb), seL4_NoError);
    }
    CHECK_EQUAL(seL4_TCB_SetPriority(busy.tcb, seL4_CapInitThreadTCB, 100), seL4_NoError);
    CHECK(smp_changes(&progress[0]));
    CHECK(smp_changes(&progress[1]));
    CHECK_EQUAL(seL4_TCB_Suspend(callers[0].tcb), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(callers[1].tcb), seL4_NoError);
    CHECK(smp_changes(&progress[LAST_CORE]));
    CHECK_EQUAL(seL4_TCB_Suspend(busy.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(server.tcb), seL4_NoError);
}

// ---- virtual interrupts -------------------------------------------------------------------------

#define GUEST_IPA 0x40000000u
#define EL1H_MASKED 0x3c5u

#define GUEST_GICC 0x08010000u

static seL4_CPtr vcpu;
static volatile bool may_ask;
static volatile seL4_Word empty_registers;

/// Asks for the end of what the list registers in `ask` hold, or for nothing.
static void ask_for_empty(seL4_Word ask)
{
    progress[1]++;
    while (!may_ask) {
        __asm__ volatile("yield");
    }
    seL4_SetMR(0, ROOKERY_VCPU_EMPTY);
    seL4_SetMR(1, ask);
    (void)seL4_Call(vcpu, seL4_MessageInfo_new(ask != 0 ? ARMVCPUWriteReg : ARMVCPUReadReg, 0, 0,
                                               ask != 0 ? 2 : 1));
    empty_registers = seL4_GetMR(0);
    for (;;) {
        progress[1]++;
    }
}

/// A guest on core 1 that runs `code`.
static void create_guest(struct task_thread *guest, const uint32_t *code, unsigned count,
                         seL4_CPtr fault_ep)
{
    seL4_CPtr frame;
    seL4_CPtr copy = task_slot();
    seL4_CPtr vspace = task_vspace();
    volatile uint32_t *page = task_page(&frame);
    for (unsigned i = 0; i < count; i++) {
        page[i] = code[i];
    }
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(seL4_CapInitThreadCNode, copy, 64, seL4_CapInitThreadCNode, frame, 64,
                                seL4_AllRights),
                seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, GUEST_IPA, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
#if GIC_VERSION == 2
    copy = task_slot();
    CHECK_EQUAL(seL4_CNode_Copy(seL4_CapInitThreadCNode, copy, 64, seL4_CapInitThreadCNode,
                                test_vcpu_gicv(), 64, seL4_AllRights),
                seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, GUEST_GICC, seL4_ReadWrite, 0), seL4_NoError);
#endif
    vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(guest, 150, fault_ep);
    smp_set_core(guest, 1, 10000, 10000);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest->tcb, fault_ep, seL4_CapInitThreadCNode, 0, vspace, 0),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest->tcb), seL4_NoError);
    seL4_UserContext context = { .pc = GUEST_IPA, .spsr = EL1H_MASKED, .x0 = GUEST_GICC };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest->tcb, 1, 0, 4, &context), seL4_NoError);
}

static void inject_quietly(void)
{
    seL4_SetMR(0, 40 | (seL4_Word)TASK_VIRQ_GROUP << 24 | (seL4_Word)1 << 32 | ROOKERY_INJECT_QUIET);
    CHECK_EQUAL(seL4_MessageInfo_get_label(
                    seL4_Call(vcpu, seL4_MessageInfo_new(ARMVCPUInjectIRQ, 0, 0, 1))),
                seL4_NoError);
}

/// An interrupt from here for a guest that waits on core 1: a thread there that keeps the guest from
/// running sees its list register full.
static void test_due_list_register(void)
{
    static const uint32_t code[] = {
        0xd503207f, // WFI
        0x17ffffff, // B to it
    };
    static struct task_thread guest, other;
    create_guest(&guest, code, 2, 0);
    smp_wait_ms(5);
    progress[1] = 0;
    may_ask = false;
    smp_start_on(&other, 1, 0, ask_for_empty, 0);
    CHECK(reaches(&progress[1], 1));
    inject_quietly();
    may_ask = true;
    CHECK(reaches(&progress[1], 2));
    CHECK_EQUAL(empty_registers & 7, 5);
    CHECK_EQUAL(seL4_TCB_Suspend(other.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vcpu, 64), seL4_NoError);
}

#if GIC_VERSION == 2
/// The guest waits while its interrupt is active. A thread on its core asks for the interrupt's end;
/// then it comes again, from here.
static void test_asked_for_end(void)
{
    static const uint32_t code[] = {
        0x52800021, 0xb9000001, // MOV W1, #1; STR W1, [X0]: CTLR
        0x52801fe1, 0xb9000401, // MOV W1, #255; STR W1, [X0, #4]: PMR
        0xd503207f, 0xb9400c02, // WFI; LDR W2, [X0, #12]: IAR
        0xd503207f, 0xb9001002, // WFI; STR W2, [X0, #16]: EOIR
        0xb9400c02, 0xb9001002, // IAR; EOIR
        0x17fffffa,             // B to the first WFI
    };
    static struct task_thread guest, other;
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    seL4_CPtr fault_ep = task_object(seL4_EndpointObject, 0);
    create_guest(&guest, code, 11, fault_ep);
    smp_wait_ms(5);
    inject_quietly();
    smp_wait_ms(5);
    progress[1] = 0;
    may_ask = true;
    smp_start_on(&other, 1, 0, ask_for_empty, 2);
    CHECK(smp_changes(&progress[1]));
    smp_wait_ms(1);
    CHECK_EQUAL(empty_registers & 7, 5);
    inject_quietly();
    CHECK_EQUAL(seL4_TCB_Suspend(other.tcb), seL4_NoError);
    for (int i = 0; i < 10000 && seL4_MessageInfo_get_label(info) == 0; i++) {
        smp_wait_ms(1);
        info = seL4_NBRecv(fault_ep, &badge, guest.reply);
    }
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VGICMaintenance);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vcpu, 64), seL4_NoError);
}
#else
static void test_asked_for_end(void)
{
}
#endif

// ---- long operations ----------------------------------------------------------------------------

#define SENDERS 36 // more than a core looks at before it gives way to another one

static seL4_CPtr cancelled[2];

static void send_once(seL4_Word cap)
{
    seL4_Send(cap, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void cancel_forever(seL4_Word number)
{
    for (;;) {
        (void)seL4_CNode_CancelBadgedSends(seL4_CapInitThreadCNode, cancelled[number], 64);
        progress[number]++;
    }
}

/// Two cores cancel sends of different badges in one queue. Neither keeps the other one from its end.
static void test_cancel_on_two_cores(void)
{
    static struct task_thread senders[SENDERS], callers[2];
    endpoint = task_object(seL4_EndpointObject, 0);
    seL4_CPtr badged = task_badged(endpoint, 1);
    for (unsigned i = 0; i < SENDERS; i++) {
        smp_start_on(&senders[i], 1, 0, send_once, badged);
    }
    smp_wait_ms(20);
    for (seL4_Word i = 0; i < 2; i++) {
        cancelled[i] = task_badged(endpoint, 2 + i);
        smp_start_on(&callers[i], i == 0 ? 1 : LAST_CORE, 0, cancel_forever, i);
    }
    smp_wait_ms(20); // until they have met
    CHECK(smp_changes(&progress[0]));
    CHECK(smp_changes(&progress[1]));
    for (unsigned i = 0; i < 2; i++) {
        task_thread_delete(&callers[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        task_thread_delete(&senders[i]);
    }
}

void test_smp(void)
{
    done = task_object(seL4_NotificationObject, 0);
    test_messages();
    test_signals();
    test_control();
    test_migration();
    test_shootdown();
    test_permissions();
    test_vspace_deletion();
    test_budgets();
    test_due_list_register();
    test_asked_for_end();
    test_cancel_on_two_cores();
    test_stress();
    test_smp_objects();
    test_smp_guests();
}
#else
void test_smp(void)
{
    CHECK_EQUAL(task_info->numNodes, 1);
}
#endif
