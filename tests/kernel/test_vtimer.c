// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer's interrupt delivered by the kernel (ROOKERY_EXTENSION_VIRTUAL_TIMER), and
// calls that are answered with results (ROOKERY_EXTENSION_RESULTS_REPLY).
#include "task.h"

#include <abi/extensions.h>

#define ROOT seL4_CapInitThreadCNode
#define EL1H_MASKED 0x3c5u
#define LIST_REGISTER 3u
#define PRIORITY 0x10u
#define TIMER_INTID 27u
#define OFF 0u
#define OWNED (ROOKERY_TIMER_ON | ((seL4_Word)LIST_REGISTER << ROOKERY_TIMER_LR_SHIFT))
#define DELIVERED                                                                                  \
    (OWNED | ROOKERY_TIMER_FORWARD | (TASK_VIRQ_GROUP != 0 ? ROOKERY_TIMER_GROUP1 : 0)             \
     | ((seL4_Word)PRIORITY << ROOKERY_TIMER_PRIORITY_SHIFT))

static seL4_CPtr endpoint, reply;

struct guest {
    struct task_thread thread;
    seL4_CPtr vcpu;
};

static seL4_Word timer_read(seL4_CPtr vcpu)
{
    seL4_ARM_VCPU_ReadRegs_t result =
        seL4_ARM_VCPU_ReadRegs(vcpu, (seL4_VCPUReg)ROOKERY_VCPU_TIMER);
    CHECK_EQUAL(result.error, seL4_NoError);
    return result.value;
}

static seL4_Error timer_write(seL4_CPtr vcpu, seL4_Word value)
{
    return seL4_ARM_VCPU_WriteRegs(vcpu, (seL4_VCPUReg)ROOKERY_VCPU_TIMER, value);
}

static void create(struct guest *guest, const char *code, seL4_Word timer, seL4_Word x0,
                   seL4_Word x1)
{
    seL4_Word entry;
    seL4_CPtr vspace = test_vcpu_memory(&entry);

    guest->vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(&guest->thread, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest->thread.tcb, endpoint, ROOT, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(guest->vcpu, guest->thread.tcb), seL4_NoError);
    CHECK_EQUAL(timer_write(guest->vcpu, timer), seL4_NoError);
    seL4_UserContext context = {
        .pc = entry + (seL4_Word)(code - guest_code),
        .spsr = EL1H_MASKED,
        .x0 = x0,
        .x1 = x1,
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest->thread.tcb, 1, 0, 5, &context), seL4_NoError);
}

static void destroy(struct guest *guest)
{
    CHECK_EQUAL(seL4_TCB_Suspend(guest->thread.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, guest->vcpu, 64), seL4_NoError);
}

static seL4_Word next_fault(void)
{
    seL4_Word badge;
    return seL4_MessageInfo_get_label(seL4_Recv(endpoint, &badge, reply));
}

/// The guest's next hypercall; nothing else may come before it.
static void check_hypercall(seL4_Word function)
{
    CHECK_EQUAL(next_fault(), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), function);
}

static void answer(seL4_Word label, seL4_Word length)
{
    seL4_Send(reply, seL4_MessageInfo_new(label, 0, 0, length));
}

static void test_values(void)
{
    struct guest guest;
    create(&guest, guest_ticks, OFF, 1, 1000);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.thread.tcb), seL4_NoError);
    CHECK_EQUAL(timer_read(guest.vcpu) & UINT32_MAX, OFF);
    CHECK_EQUAL(timer_write(guest.vcpu, (seL4_Word)1 << 40), seL4_InvalidArgument);
    CHECK_EQUAL(timer_write(guest.vcpu, ROOKERY_TIMER_ON | (63u << ROOKERY_TIMER_LR_SHIFT)),
                seL4_RangeError);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest.vcpu, 40, 0, 0, LIST_REGISTER), seL4_NoError);
    CHECK_EQUAL(timer_write(guest.vcpu, OWNED), seL4_DeleteFirst);
    CHECK_EQUAL(timer_write(guest.vcpu, ROOKERY_TIMER_ON), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest.vcpu, 41, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest.vcpu, 41, 0, 0, 1), seL4_NoError);
    CHECK_EQUAL(timer_write(guest.vcpu, DELIVERED), seL4_InvalidArgument);
    CHECK_EQUAL(timer_read(guest.vcpu) & UINT32_MAX, ROOKERY_TIMER_ON);
    CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(guest.vcpu, TIMER_INTID), seL4_NoError);
    CHECK_EQUAL(timer_write(guest.vcpu, OFF), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest.vcpu, 41, 0, 0, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(guest.vcpu, guest.thread.tcb), seL4_NoError);
    CHECK_EQUAL(timer_write(guest.vcpu, DELIVERED), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(guest.vcpu, guest.thread.tcb), seL4_NoError);
    CHECK_EQUAL(timer_read(guest.vcpu) & UINT32_MAX, OFF);
    CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(guest.vcpu, (seL4_VCPUReg)(ROOKERY_VCPU_EMPTY + 1), 0),
                seL4_InvalidArgument);
    destroy(&guest);
}

/// Five ticks without a message.
static void test_ticks(seL4_Word in_wfi)
{
    struct guest guest;
    create(&guest, guest_ticks, DELIVERED, in_wfi, 20000);
    check_hypercall(0x3001);
    CHECK_EQUAL(seL4_GetMR(1), 5);
    CHECK_EQUAL(timer_read(guest.vcpu), DELIVERED);
    destroy(&guest);
}

/// Ticks of length 0: the timer's output is on at the end of each interrupt, and the next one comes at
/// once, not when something else makes the interrupt controller look at the line.
static void test_line_at_end(void)
{
    struct guest guest;
    create(&guest, guest_ticks, DELIVERED, 0, 0);
    check_hypercall(0x3001);
    CHECK_EQUAL(seL4_GetMR(1), 5);
    task_print_number("looks for five interrupts: ", seL4_GetMR(2));
    task_print("\n");
    CHECK(seL4_GetMR(2) < 1000);
    destroy(&guest);
}

/// Two guests that tick at the same time on one core.
static void test_two(void)
{
    struct guest guests[2];
    create(&guests[0], guest_ticks, DELIVERED, 1, 10000);
    create(&guests[1], guest_ticks, DELIVERED, 0, 13000);
    for (int i = 0; i < 2; i++) {
        check_hypercall(0x3001);
        CHECK_EQUAL(seL4_GetMR(1), 5);
    }
    destroy(&guests[0]);
    destroy(&guests[1]);
}

/// The pending and the active interrupt as the VMM sees and changes them.
static void test_states(void)
{
    struct guest guest;
    create(&guest, guest_tick_masked, DELIVERED, 0, 0);
    check_hypercall(0x3002);
    CHECK_EQUAL(timer_read(guest.vcpu), DELIVERED | ROOKERY_TIMER_PENDING | ROOKERY_TIMER_LINE);
    // Taken back, and there again when it is forwarded again and the guest runs.
    CHECK_EQUAL(timer_write(guest.vcpu, OWNED), seL4_NoError);
    CHECK_EQUAL(timer_read(guest.vcpu), OWNED | ROOKERY_TIMER_LINE);
    CHECK_EQUAL(timer_write(guest.vcpu, DELIVERED), seL4_NoError);
    answer(ROOKERY_REPLY_RESULTS, 0);
    check_hypercall(0x3003);
    CHECK_EQUAL(seL4_GetMR(1), TIMER_INTID);
    CHECK_EQUAL(timer_read(guest.vcpu), DELIVERED | ROOKERY_TIMER_ACTIVE | ROOKERY_TIMER_LINE);
    // An active one is not taken back by disabling it.
    CHECK_EQUAL(timer_write(guest.vcpu, OWNED), seL4_NoError);
    CHECK_EQUAL(timer_read(guest.vcpu), OWNED | ROOKERY_TIMER_ACTIVE | ROOKERY_TIMER_LINE);
    CHECK_EQUAL(timer_write(guest.vcpu, DELIVERED), seL4_NoError);
    answer(ROOKERY_REPLY_RESULTS, 0);
    check_hypercall(0x3004);
    CHECK_EQUAL(timer_read(guest.vcpu), DELIVERED);
    destroy(&guest);

    // Dropped: its output makes it pending anew.
    create(&guest, guest_tick_masked, DELIVERED, 0, 0);
    check_hypercall(0x3002);
    answer(ROOKERY_REPLY_RESULTS, 0);
    check_hypercall(0x3003);
    CHECK_EQUAL(timer_write(guest.vcpu, DELIVERED | ROOKERY_TIMER_CLEAR), seL4_NoError);
    CHECK_EQUAL(timer_read(guest.vcpu), DELIVERED | ROOKERY_TIMER_LINE);
    destroy(&guest);
}

/// Without ON the list register is the VMM's again, with what it holds.
static void test_hand_over(void)
{
    struct guest guest;
    create(&guest, guest_tick_masked, DELIVERED, 0, 0);
    check_hypercall(0x3002);
    CHECK_EQUAL(timer_write(guest.vcpu, OFF), seL4_NoError);
    answer(ROOKERY_REPLY_RESULTS, 0);
    check_hypercall(0x3003);
    CHECK_EQUAL(seL4_GetMR(1), TIMER_INTID);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest.vcpu, 40, 0, 0, LIST_REGISTER), seL4_DeleteFirst);
    answer(ROOKERY_REPLY_RESULTS, 0);
    CHECK_EQUAL(next_fault(), seL4_Fault_VGICMaintenance);
    CHECK_EQUAL(seL4_GetMR(0), LIST_REGISTER);
    CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(guest.vcpu, TIMER_INTID), seL4_NoError);
    answer(0, 0);
    check_hypercall(0x3004);
    destroy(&guest);
}

/// Results of a call: registers beyond them keep their values.
static void test_results(void)
{
    seL4_UserContext context;
    struct guest guest;
    create(&guest, guest_ticks, DELIVERED, 0, 100);
    check_hypercall(0x3001);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(guest.thread.tcb, 0, 0, 36, &context), seL4_NoError);
    seL4_Word pc = context.pc;
    seL4_Word x22 = context.x22;
    for (unsigned i = 0; i < 6; i++) {
        seL4_SetMR((int)i, 0x100 + i);
    }
    answer(ROOKERY_REPLY_RESULTS, 6);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.thread.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(guest.thread.tcb, 0, 0, 36, &context), seL4_NoError);
    CHECK_EQUAL(context.x0, 0x100);
    CHECK_EQUAL(context.x3, 0x103);
    CHECK(context.x4 != 0x104);
    CHECK_EQUAL(context.x22, x22);
    CHECK_EQUAL(context.pc, pc + 4);
    destroy(&guest);
}

void test_vtimer(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    test_values();
    test_ticks(1);
    test_ticks(0);
    test_line_at_end();
    test_two();
    test_states();
    test_hand_over();
    test_results();
}
