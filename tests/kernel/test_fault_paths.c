// SPDX-License-Identifier: BSD-2-Clause
// The kernel sends a fault and takes its answer on two ways: a short one (fastpath.c) when the handler
// waits, and the general one. A guest with one exit of each kind runs on both; all messages and
// answers must be the same, word for word.
#include "task.h"

#include <abi/extensions.h>

#define GUEST_IPA 0x40000000u
#define EL1H_MASKED 0x3c5u
#define HOLE 0x0d000000u // answered with an exception
#define MAX_FAULTS 20
#define MAX_WORDS 16

struct message {
    seL4_Word badge, label, length;
    seL4_Word words[MAX_WORDS];
};

/// The answer that a message gets.
struct answer {
    seL4_Word label, length;
    seL4_Word words[4];
};

static struct message seen[2][MAX_FAULTS];
static unsigned seen_count[2];
static seL4_CPtr endpoint, reply;

static void record(struct message *message, seL4_MessageInfo_t info, seL4_Word badge)
{
    message->badge = badge;
    message->label = seL4_MessageInfo_get_label(info);
    message->length = seL4_MessageInfo_get_length(info);
    for (seL4_Word i = 0; i < message->length && i < MAX_WORDS; i++) {
        message->words[i] = seL4_GetMR((int)i);
    }
}

static struct answer answer_to(const struct message *message)
{
    const struct answer exception = { ROOKERY_REPLY_EXCEPTION, 3,
                                      { 0x24u << 26 | 1u << 25 | 0x410, 0x77, ROOKERY_EXCEPTION_FAR } };
    seL4_Word fsr = message->words[seL4_VMFault_FSR];
    switch (message->label) {
    case seL4_Fault_VMFault:
        if (message->words[seL4_VMFault_Addr] == HOLE) {
            return exception;
        }
        return (struct answer){ ROOKERY_REPLY_STEP, 2, { fsr >> 16 & 31, 0x9abc } };
    case seL4_Fault_UnknownSyscall:
        return (struct answer){ ROOKERY_REPLY_RESULTS, 2, { 0x51, 0x52 } };
    case seL4_Fault_VCPUFault:
        if (message->words[0] >> 26 == 0x17 && message->words[1] == 0x4003) {
            return (struct answer){ ROOKERY_REPLY_EXCEPTION, 3,
                                    { 0x2fu << 26, 0, ROOKERY_EXCEPTION_SERROR } };
        }
        if (message->words[0] >> 26 == 0x17) {
            return (struct answer){ ROOKERY_REPLY_RESULTS, 4, { 0x61, 0x62, 0x63, 0x64 } };
        }
        if ((message->words[0] & 1) == 0) { // MSR
            return (struct answer){ ROOKERY_REPLY_STEP, 0, { 0 } };
        }
        return (struct answer){ ROOKERY_REPLY_STEP, 2, { 9, 0x1234 } };
    default:
        CHECK(!"a fault that the guest does not have");
        return (struct answer){ 0, 0, { 0 } };
    }
}

static bool is_last(const struct message *message)
{
    return message->label == seL4_Fault_UnknownSyscall && message->words[0] == 0x4004;
}

/// Runs the guest and records its faults. `quick`: this thread waits in the call that answers; else the
/// guest, whose priority is higher then, runs on and faults before this thread waits.
static void run_guest(unsigned round, bool quick)
{
    struct task_thread guest;
    seL4_Word entry, badge;
    seL4_CPtr vspace = test_vcpu_memory(&entry);
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);

    task_thread_create(&guest, 200, endpoint);
    // Without a CSpace every HVC is a fault.
    CHECK_EQUAL(seL4_TCB_SetSpace(guest.tcb, endpoint, seL4_CapNull, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB,
                                     quick ? 255 : 150),
                seL4_NoError);
    seL4_UserContext context = { .pc = GUEST_IPA + (seL4_Word)(guest_faults - guest_code),
                                 .spsr = EL1H_MASKED };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest.tcb, 1, 0, 3, &context), seL4_NoError);

    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    unsigned count = 0;
    for (;;) {
        struct message *message = &seen[round][count++];
        record(message, info, badge);
        if (is_last(message) || count == MAX_FAULTS) {
            break;
        }
        struct answer answer = answer_to(message);
        for (int i = 0; i < 4; i++) {
            seL4_SetMR(i, answer.words[i]);
        }
        seL4_MessageInfo_t answer_info = seL4_MessageInfo_new(answer.label, 0, 0, answer.length);
        if (quick) {
            info = seL4_ReplyRecv(endpoint, answer_info, &badge, reply);
        } else {
            seL4_Send(reply, answer_info);
            info = seL4_Recv(endpoint, &badge, reply);
        }
    }
    seen_count[round] = count;
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vcpu, 64), seL4_NoError);
}

/// What the guest saw of an exception that it was made to take: the hypercall of its handler.
static void check_exception(const struct message *message, seL4_Word vector, seL4_Word esr,
                            seL4_Word far)
{
    CHECK_EQUAL(message->label, seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(message->words[0], vector);
    CHECK_EQUAL(message->words[1], esr);
    CHECK_EQUAL(message->words[3] & 0x3cf, EL1H_MASKED);
    CHECK_EQUAL(message->words[4], far);
    CHECK_EQUAL(message->words[seL4_UnknownSyscall_SPSR] & 0x3cf, EL1H_MASKED);
}

void test_fault_paths(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    run_guest(0, true);
    run_guest(1, false);
    CHECK_EQUAL(seen_count[0], 17);
    CHECK_EQUAL(seen_count[1], seen_count[0]);
    for (unsigned i = 0; i < seen_count[0]; i++) {
        const struct message *quick = &seen[0][i];
        const struct message *general = &seen[1][i];
        CHECK_EQUAL(quick->badge, general->badge);
        CHECK_EQUAL(quick->label, general->label);
        CHECK_EQUAL(quick->length, general->length);
        for (seL4_Word word = 0; word < quick->length && word < MAX_WORDS; word++) {
            CHECK_EQUAL(quick->words[word], general->words[word]);
        }
    }
    // And what they should be.
    CHECK_EQUAL(seen[0][0].words[4], 0x1101);
    CHECK_EQUAL(seen[0][1].words[4], 0x1130);
    CHECK_EQUAL(seen[0][2].length, 4); // a load
    CHECK_EQUAL(seen[0][3].words[4], 0);
    CHECK_EQUAL(seen[0][4].length, 4); // no syndrome
    CHECK_EQUAL(seen[0][5].words[3], 0x1103);
    CHECK_EQUAL(seen[0][6].words[1], 0x4002);
    CHECK_EQUAL(seen[0][6].words[2], 0x52); // the hypercall's second result
    CHECK_EQUAL(seen[0][7].length, 2); // MSR
    CHECK_EQUAL(seen[0][7].words[1], 0x9abc); // the answer to the second store
    CHECK_EQUAL(seen[0][8].words[1], 0);
    const seL4_Word abort_esr = 0x25u << 26 | 1u << 25 | 0x410;
    check_exception(&seen[0][11], 0x4010, abort_esr, 0x77);
    CHECK_EQUAL(seen[0][11].words[2], seen[0][10].words[seL4_VMFault_IP]);
    check_exception(&seen[0][13], 0x4010, abort_esr, 0x77);
    CHECK_EQUAL(seen[0][13].words[2], HOLE);
    check_exception(&seen[0][15], 0x4011, 0x2fu << 26, 0x77);
    CHECK_EQUAL(seen[0][16].words[1], 0x9abc); // what the load and the register read gave
    CHECK_EQUAL(seen[0][16].words[2], 0x1234);
}
