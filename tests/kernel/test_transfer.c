// SPDX-License-Identifier: BSD-2-Clause
// Messages with capabilities, the combined calls NBSendRecv and NBSendWait, and what a thread's
// flags and thread-local storage register do.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode

static seL4_CPtr endpoint, other_endpoint, notification;

// ---- capabilities in messages -------------------------------------------------------------------

/// What the receiver saw last.
static struct {
    seL4_Word rounds;
    seL4_Word badge;
    seL4_MessageInfo_t info;
    seL4_Word badges[3];
} volatile got;
static seL4_CPtr receive_slot;

static void receive(seL4_Word reply)
{
    seL4_Word badge;
    for (;;) {
        seL4_SetCapReceivePath(ROOT, receive_slot, seL4_WordBits);
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        got.badge = badge;
        got.info = info;
        for (int i = 0; i < 3; i++) {
            got.badges[i] = seL4_GetBadge(i);
        }
        got.rounds++;
    }
}

static void send_caps(seL4_CPtr through, seL4_CPtr a, seL4_CPtr b, seL4_CPtr c, seL4_Word count)
{
    seL4_Word before = got.rounds;
    seL4_SetCap(0, a);
    seL4_SetCap(1, b);
    seL4_SetCap(2, c);
    seL4_Send(through, seL4_MessageInfo_new(1, 0, count, 2));
    task_let_run(1);
    CHECK_EQUAL(got.rounds, before + 1);
}

static void check_got(seL4_Word caps, seL4_Word unwrapped)
{
    CHECK_EQUAL(seL4_MessageInfo_get_extraCaps(got.info), caps);
    CHECK_EQUAL(seL4_MessageInfo_get_capsUnwrapped(got.info), unwrapped);
    CHECK_EQUAL(seL4_MessageInfo_get_label(got.info), 1);
    CHECK_EQUAL(seL4_MessageInfo_get_length(got.info), 2);
}

static void test_cap_transfer(void)
{
    struct task_thread receiver;
    seL4_CPtr same[2] = { task_badged(endpoint, 0x111), task_badged(endpoint, 0x222) };
    seL4_CPtr other = task_badged(other_endpoint, 0x333);
    seL4_CPtr without_grant = task_slot();
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, without_grant, 64, ROOT, endpoint, 64, seL4_ReadWrite, 9),
                seL4_NoError);
    receive_slot = task_slot();
    task_thread_create(&receiver, 200, 0);
    task_thread_start(&receiver, receive, receiver.reply);
    task_let_run(1);
    // Caps of the endpoint itself arrive as badges, another one in the receive slot.
    send_caps(endpoint, same[0], other, same[1], 3);
    check_got(3, 1 | 4);
    CHECK_EQUAL(got.badges[0], 0x111);
    CHECK_EQUAL(got.badges[2], 0x222);
    CHECK(!task_is_empty(receive_slot));
    // The slot is taken, and there is only one: the transfer ends there.
    send_caps(endpoint, same[1], other, same[0], 3);
    check_got(1, 1);
    CHECK_EQUAL(got.badges[0], 0x222);
    task_delete(receive_slot);
    task_let_run(1);
    send_caps(endpoint, other, notification, same[0], 3);
    check_got(1, 0);
    task_delete(receive_slot);
    send_caps(endpoint, notification, 0, 0, 1);
    check_got(1, 0);
    // What came is a child of what was sent.
    CHECK(!task_is_empty(receive_slot));
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, notification, 64), seL4_NoError);
    CHECK(task_is_empty(receive_slot));
    // Without the right to grant there is only the message.
    send_caps(without_grant, same[0], notification, other, 3);
    check_got(0, 0);
    CHECK_EQUAL(got.badge, 9);
    // An original untyped with children can't be copied.
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 8);
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, task_slot(), 1),
                seL4_NoError);
    send_caps(endpoint, same[0], untyped, 0, 2);
    check_got(1, 1);
    task_thread_delete(&receiver);
    for (int i = 0; i < 2; i++) {
        task_delete(same[i]);
    }
    task_delete(other);
    task_delete(without_grant);
}

/// A lookup of a cap to send that fails is a CapFault of the sender, or nothing for NBSend.
static void send_bad_cap(seL4_Word through)
{
    seL4_SetCap(0, ~0ul >> 1);
    seL4_NBSend(through, seL4_MessageInfo_new(0, 0, 1, 0));
    got.rounds = 100;
    seL4_SetCap(0, ~0ul >> 1);
    seL4_Send(through, seL4_MessageInfo_new(0, 0, 1, 0));
    got.rounds = 200;
}

static void test_bad_caps(void)
{
    struct task_thread thread;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    task_thread_create(&thread, 200, faults);
    task_thread_start(&thread, send_bad_cap, endpoint);
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(got.rounds, 100);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 7);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), ~0ul >> 1);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_InRecvPhase), 0);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_LookupFailureType), seL4_GuardMismatch);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_BitsLeft), seL4_WordBits);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_GuardMismatch_GuardFound), 0);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_GuardMismatch_BitsFound),
                seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS);
    task_thread_delete(&thread);
    task_delete(faults);
    task_delete(reply);
}

// ---- combined calls -----------------------------------------------------------------------------

/// Answers "value + 1" to `other_endpoint`, without replies: by NBSendRecv.
static void relay(seL4_Word reply)
{
    seL4_Word badge;
    (void)seL4_Recv(endpoint, &badge, reply);
    for (;;) {
        seL4_SetMR(0, seL4_GetMR(0) + 1);
        (void)seL4_NBSendRecv(other_endpoint, seL4_MessageInfo_new(5, 0, 0, 1), endpoint, &badge,
                              reply);
    }
}

/// The same with NBSendWait: it takes no calls.
static void relay_without_reply(seL4_Word unused)
{
    seL4_Word badge;
    (void)unused;
    seL4_Wait(endpoint, &badge);
    for (;;) {
        seL4_SetMR(0, seL4_GetMR(0) + 2);
        (void)seL4_NBSendWait(other_endpoint, seL4_MessageInfo_new(6, 0, 0, 1), endpoint, &badge);
    }
}

static void test_combined(void (*function)(seL4_Word), seL4_Word label, seL4_Word step)
{
    struct task_thread thread;
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    task_thread_create(&thread, 200, 0);
    task_thread_start(&thread, function, thread.reply);
    task_let_run(1);
    for (seL4_Word i = 0; i < 5; i++) {
        seL4_SetMR(0, 10 * i);
        seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        // Waiting here is what lets it run; its send finds us.
        seL4_MessageInfo_t info = seL4_Recv(other_endpoint, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), label);
        CHECK_EQUAL(seL4_GetMR(0), 10 * i + step);
    }
    // Nobody waits: the answer is dropped, and the thread receives again.
    seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
    task_let_run(1);
    (void)seL4_NBRecv(other_endpoint, &badge, reply);
    CHECK_EQUAL(badge, 0);
    seL4_SetMR(0, 7);
    seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
    (void)seL4_Recv(other_endpoint, &badge, reply);
    CHECK_EQUAL(seL4_GetMR(0), 7 + step);
    task_thread_delete(&thread);
    task_delete(reply);
}

/// Objects that the send half may name; others are passed over. The receive half is the same.
static void test_send_halves(void)
{
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_CPtr tcb = task_object(seL4_TCBObject, 0);
    seL4_CPtr badged = task_badged(notification, 3);
    seL4_Word badge;
    // A signal to the notification that is then received from.
    (void)seL4_NBSendWait(badged, seL4_MessageInfo_new(0, 0, 0, 0), notification, &badge);
    CHECK_EQUAL(badge, 3);
    (void)seL4_NBSendRecv(badged, seL4_MessageInfo_new(0, 0, 0, 0), notification, &badge, reply);
    CHECK_EQUAL(badge, 3);
    // Not a TCB: it is not suspended, and the wait ends by what was there before.
    seL4_Signal(badged);
    (void)seL4_NBSendWait(tcb, seL4_MessageInfo_new(TCBResume, 0, 0, 0), notification, &badge);
    CHECK_EQUAL(badge, 3);
    task_delete(badged);
    task_delete(tcb);
    task_delete(reply);
}

// ---- flags, thread-local storage ----------------------------------------------------------------

static volatile seL4_Word fp_result;

static void use_fp(seL4_Word value)
{
    for (;;) {
        fp_result = fp_hold(value, 0);
        seL4_Yield();
    }
}

static void test_fp_flag(void)
{
    struct task_thread thread;
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    task_thread_create(&thread, 200, faults);
    seL4_TCB_SetFlags_t flags = seL4_TCB_SetFlags(thread.tcb, 0, 0);
    CHECK_EQUAL(flags.flags, 0);
    flags = seL4_TCB_SetFlags(thread.tcb, ~0ul, ~0ul); // cleared, then set; unknown ones are ignored
    CHECK_EQUAL(flags.error, seL4_NoError);
    CHECK_EQUAL(flags.flags, seL4_TCBFlag_fpuDisabled);
    task_thread_set_budget(&thread, 500, 5000, 0, 0); // leaves time for this thread
    task_thread_start(&thread, use_fp, 0x1234);
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
    CHECK_EQUAL(seL4_GetMR(0) >> 26, 0x07); // access to FP registers
    flags = seL4_TCB_SetFlags(thread.tcb, seL4_TCBFlag_fpuDisabled, 0);
    CHECK_EQUAL(flags.flags, 0);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK(task_let_reach(&fp_result, 0x1234));
    // Off again while it has the unit.
    flags = seL4_TCB_SetFlags(thread.tcb, 0, seL4_TCBFlag_fpuDisabled);
    CHECK_EQUAL(flags.flags, seL4_TCBFlag_fpuDisabled);
    info = seL4_Recv(faults, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
    task_thread_delete(&thread);
    task_delete(faults);
    task_delete(reply);
}

static volatile seL4_Word tls_result;

static void read_tls(seL4_Word unused)
{
    (void)unused;
    for (;;) {
        seL4_Word value;
        __asm__ volatile("mrs %0, tpidr_el0" : "=r"(value));
        tls_result = value;
        __asm__ volatile("mov x7, #-11; svc #0" : : : "x7", "memory"); // Yield, without TLS
    }
}

static void test_tls(void)
{
    struct task_thread thread;
    seL4_UserContext context;
    task_thread_create(&thread, 200, 0);
    task_thread_set_budget(&thread, 500, 5000, 0, 0);
    task_thread_start(&thread, read_tls, 0);
    CHECK(task_let_reach(&tls_result, 1));
    CHECK_EQUAL(tls_result, thread.stack_top);
    CHECK_EQUAL(seL4_TCB_SetTLSBase(thread.tcb, 0xabcdef0123456789), seL4_NoError);
    CHECK(task_let_reach(&tls_result, 0xabcdef0123456789));
    CHECK_EQUAL(tls_result, 0xabcdef0123456789);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 1, 0, 36, &context), seL4_NoError);
    CHECK_EQUAL(context.tpidr_el0, 0xabcdef0123456789);
    context.tpidr_el0 = 0x42;
    context.tpidrro_el0 = 0x43;
    tls_result = 0;
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 36, &context), seL4_NoError);
    CHECK(task_let_reach(&tls_result, 1));
    CHECK_EQUAL(tls_result, 0x42);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, 36, &context), seL4_NoError);
    CHECK_EQUAL(context.tpidrro_el0, 0x43);
    task_thread_delete(&thread);
    // This thread's own.
    seL4_Word own;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(own));
    CHECK_EQUAL(seL4_TCB_SetTLSBase(seL4_CapInitThreadTCB, own), seL4_NoError);
}

void test_transfer(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    other_endpoint = task_object(seL4_EndpointObject, 0);
    notification = task_object(seL4_NotificationObject, 0);
    test_cap_transfer();
    test_bad_caps();
    test_combined(relay, 5, 1);
    test_combined(relay_without_reply, 6, 2);
    test_send_halves();
    test_fp_flag();
    test_tls();
    task_delete(endpoint);
    task_delete(other_endpoint);
    task_delete(notification);
}
