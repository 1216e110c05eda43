// SPDX-License-Identifier: BSD-2-Clause
// A small guest at EL1: hypercalls, emulated accesses, virtual timer and interrupts, WFI in the
// kernel.
#include "task.h"

#include <abi/extensions.h>

#define ROOT seL4_CapInitThreadCNode
#define GUEST_IPA 0x40000000u
#define GUEST_GICC 0x08010000u
#define GICV_PADDR 0x08040000u
#define EL1H_MASKED 0x3c5u

static struct task_thread guest;
static seL4_CPtr endpoint, reply, vcpu;

static seL4_MessageInfo_t next_fault(void)
{
    seL4_Word badge;
    return seL4_Recv(endpoint, &badge, reply);
}

static void answer(seL4_Word label, seL4_Word length)
{
    seL4_Send(reply, seL4_MessageInfo_new(label, 0, 0, length));
}

/// A guest's address space with its code.
static seL4_CPtr create_memory(void)
{
    seL4_CPtr vspace = task_vspace();
    for (seL4_Word at = 0; at < (seL4_Word)(guest_code_end - guest_code); at += 4096) {
        seL4_CPtr frame;
        seL4_CPtr copy = task_slot();
        volatile char *page = task_page(&frame);
        for (int i = 0; i < 4096; i++) {
            page[i] = guest_code[at + (seL4_Word)i];
        }
        CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, 4096), seL4_NoError);
        CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, frame, 64, seL4_AllRights), seL4_NoError);
        CHECK_EQUAL(
            task_map(vspace, copy, GUEST_IPA + at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
            seL4_NoError);
    }
    return vspace;
}

#if GIC_VERSION == 2
seL4_CPtr test_vcpu_gicv(void)
{
    static seL4_CPtr gicv;
    if (gicv == seL4_CapNull) {
        gicv = task_slot();
        CHECK_EQUAL(seL4_Untyped_Retype(task_device_untyped(GICV_PADDR), seL4_ARM_SmallPageObject,
                                        0, ROOT, 0, 0, gicv, 1),
                    seL4_NoError);
    }
    return gicv;
}
#endif

seL4_CPtr test_vcpu_memory(seL4_Word *entry)
{
    seL4_CPtr vspace = create_memory();
    *entry = GUEST_IPA;
#if GIC_VERSION == 2
    seL4_CPtr copy = task_slot();
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, test_vcpu_gicv(), 64, seL4_AllRights),
                seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, GUEST_GICC, seL4_ReadWrite, 0), seL4_NoError);
#endif
    return vspace;
}

static void create_guest(void)
{
    seL4_Word entry;
    seL4_CPtr vspace = test_vcpu_memory(&entry);

    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(&guest, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest.tcb, endpoint, ROOT, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest.tcb), seL4_NoError);
    seL4_UserContext context = { .pc = entry, .spsr = EL1H_MASKED };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest.tcb, 1, 0, 3, &context), seL4_NoError);
}

static void check_hypercall(seL4_Word function)
{
    seL4_MessageInfo_t info = next_fault();
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), function);
}

/// Steps over the hypercall with x0 = value.
static void answer_hypercall(seL4_Word value)
{
    seL4_SetMR(0, value);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4);
    answer(0, seL4_UnknownSyscall_FaultIP + 1);
}

static void test_emulated_access(void)
{
    seL4_MessageInfo_t info = next_fault();
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 4);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), 0x0c000008);
    CHECK((seL4_GetMR(seL4_VMFault_FSR) >> 24) & 1);
    seL4_SetMR(0, (seL4_GetMR(seL4_VMFault_FSR) >> 16) & 31);
    seL4_SetMR(1, 0xcafe);
    answer(ROOKERY_REPLY_STEP, 2);

    info = next_fault();
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 5);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), 0x0c00000c);
    CHECK_EQUAL(seL4_GetMR(4), 0xcafe);
    answer(ROOKERY_REPLY_STEP, 0);
}

/// Serves the virtual timer until the guest has had five interrupts.
static void test_timer(void)
{
    unsigned events = 0;
    unsigned ends = 0;
    for (;;) {
        seL4_MessageInfo_t info = next_fault();
        switch (seL4_MessageInfo_get_label(info)) {
        case seL4_Fault_VPPIEvent:
            CHECK_EQUAL(seL4_GetMR(0), 27);
            CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 27, 0, TASK_VIRQ_GROUP, 0), seL4_NoError);
            events++;
            break;
        case seL4_Fault_VGICMaintenance:
            CHECK_EQUAL(seL4_GetMR(0), 0);
            CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(vcpu, 27), seL4_NoError);
            ends++;
            break;
        case seL4_Fault_UnknownSyscall:
            CHECK_EQUAL(seL4_GetMR(0), 0x1003);
            CHECK_EQUAL(seL4_GetMR(1), 5);
            CHECK_EQUAL(seL4_GetMR(2), 0x5a5a);
            CHECK_EQUAL(events, 5);
            CHECK(ends >= 4);
            answer_hypercall(0);
            return;
        default:
            task_print_word("  unexpected fault ", seL4_MessageInfo_get_label(info));
            task_print_word(" ", seL4_GetMR(0));
            CHECK(!"unexpected fault of the guest");
            return;
        }
        answer(0, 0);
    }
}

static void test_registers(void)
{
    seL4_ARM_VCPU_ReadRegs_t value = seL4_ARM_VCPU_ReadRegs(vcpu, seL4_VCPUReg_CPACR);
    CHECK_EQUAL(value.error, seL4_NoError);
    CHECK_EQUAL(value.value, 3u << 20);
    CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_TPIDR_EL1, 0x77), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_ReadRegs(vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0x77);
    CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_Num, 0), seL4_InvalidArgument);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 27, 32, 0, 0), seL4_RangeError);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 27, 0, 0, 200), seL4_RangeError);
    CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(vcpu, 26), seL4_InvalidArgument);
}

/// Counts what an exit to this task and back costs (ticks of 16 instructions under -icount
/// shift=0).
static void measure(void)
{
    seL4_Word mr[4] = { 0, 0, 0, 0 };
    seL4_Word badge;
    seL4_Word start = task_counter();
    seL4_MessageInfo_t info =
        seL4_RecvWithMRs(endpoint, &badge, reply, &mr[0], &mr[1], &mr[2], &mr[3]);
    unsigned accesses = 0;
    while (seL4_MessageInfo_get_label(info) == seL4_Fault_VMFault) {
        mr[0] = (mr[3] >> 16) & 31;
        mr[1] = accesses++;
        info = seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(ROOKERY_REPLY_STEP, 0, 0, 2),
                                     &badge, &mr[0], &mr[1], &mr[2], &mr[3], reply);
    }
    task_print_number("1000 emulated loads: ticks ", task_counter() - start);
    CHECK_EQUAL(accesses, 1000);
    start = task_counter();
    unsigned calls = 0;
    while (mr[0] == 0x1006) {
        calls++;
        seL4_Word next = seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4;
        for (int i = 4; i < seL4_UnknownSyscall_FaultIP; i++) {
            seL4_SetMR(i, 0);
        }
        seL4_SetMR(seL4_UnknownSyscall_FaultIP, next);
        info = seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 9), &badge, &mr[0],
                                     &mr[1], &mr[2], &mr[3], reply);
    }
    task_print_number(", 1000 hypercalls: ticks ", task_counter() - start);
    task_print("\n");
    CHECK_EQUAL(calls, 1000);
    CHECK_EQUAL(mr[0], 0x1007);
}

/// Two guests that yield to each other keep their own registers.
static void test_isolation(void)
{
    static struct task_thread guests[2];
    static const seL4_Word values[2] = { 0x12340, 0x5a5a0 };
    seL4_CPtr vcpus[2];
    seL4_Word badge;

    for (int i = 0; i < 2; i++) {
        seL4_CPtr vspace = create_memory();
        vcpus[i] = task_object(seL4_ARM_VCPUObject, 0);
        task_thread_create(&guests[i], 150, endpoint);
        CHECK_EQUAL(seL4_TCB_SetSpace(guests[i].tcb, endpoint, ROOT, 0, vspace, 0), seL4_NoError);
        CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[i], guests[i].tcb), seL4_NoError);
        seL4_UserContext context = {
            .pc = GUEST_IPA + (seL4_Word)(guest_hold - guest_code),
            .spsr = EL1H_MASKED,
            .x0 = values[i],
            .x1 = 50,
        };
        CHECK_EQUAL(seL4_TCB_WriteRegisters(guests[i].tcb, 1, 0, 5, &context), seL4_NoError);
    }
    for (int i = 0; i < 2; i++) {
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
        CHECK_EQUAL(seL4_GetMR(0), 0x2001);
        CHECK_EQUAL(seL4_GetMR(1), 0);
        CHECK(seL4_GetMR(2) == values[0] || seL4_GetMR(2) == values[1]);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(seL4_TCB_Suspend(guests[i].tcb), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Delete(ROOT, vcpus[i], 64), seL4_NoError);
    }
}

#if GIC_VERSION == 3
// ISS of a trapped register, without Rt: Op0, Op2, Op1, CRn, CRm; the lowest bit is set for a read.
#define ISS(op0, op1, crn, crm, op2)                                                               \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define ISS_RT 0x3e0u
#define ISS_READ 1u
#define EC_SYSTEM_REGISTER 0x18u

/// The next fault is the trapped access of a register.
static void check_trapped_register(seL4_Word access)
{
    CHECK_EQUAL(seL4_GetMR(0) >> 26, EC_SYSTEM_REGISTER);
    CHECK_EQUAL(seL4_GetMR(0) & 0x1ffffff & ~(seL4_Word)ISS_RT, access);
}

/// A guest sees system registers (told by the hardware, or by a trap), and its SGIs are the VMM's.
static void test_interface(void)
{
    static const seL4_Word sends[] = { ISS(3, 0, 12, 11, 5), ISS(3, 0, 12, 11, 6),
                                       ISS(3, 0, 12, 11, 7) };
    static struct task_thread sender;
    seL4_UserContext context;
    seL4_CPtr vspace = create_memory();
    seL4_CPtr own = task_object(seL4_ARM_VCPUObject, 0);

    task_thread_create(&sender, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(sender.tcb, endpoint, ROOT, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(own, sender.tcb), seL4_NoError);
    context = (seL4_UserContext){
        .pc = GUEST_IPA + (seL4_Word)(guest_interface - guest_code),
        .spsr = EL1H_MASKED,
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(sender.tcb, 1, 0, 3, &context), seL4_NoError);
    seL4_MessageInfo_t info = next_fault();
    if (seL4_MessageInfo_get_label(info) == seL4_Fault_VCPUFault) {
        check_trapped_register(ISS(3, 0, 12, 12, 5) | ISS_READ);
        seL4_SetMR(0, 1);
        seL4_SetMR(1, 7);
        answer(ROOKERY_REPLY_STEP, 2);
        info = next_fault();
    }
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), 0x4001);
    CHECK_EQUAL(seL4_GetMR(1) & 1, 1);
    answer_hypercall(0);
    for (unsigned i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
        info = next_fault();
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
        check_trapped_register(sends[i]);
        CHECK_EQUAL((seL4_GetMR(0) & ISS_RT) >> 5, 3);
        CHECK_EQUAL(seL4_MessageInfo_get_length(info), 2);
        CHECK_EQUAL(seL4_GetMR(1), 0x5000002);
        CHECK_EQUAL(seL4_TCB_ReadRegisters(sender.tcb, 0, 0, 36, &context), seL4_NoError);
        CHECK_EQUAL(context.x3, 0x5000002);
        answer(ROOKERY_REPLY_STEP, 0);
    }
    check_hypercall(0x4002);
    CHECK_EQUAL(seL4_TCB_Suspend(sender.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, own, 64), seL4_NoError);
}

/// To EL0 of a native thread the registers do not exist, with a guest's state in them or not.
static void test_native(void)
{
    static void (*const probes[])(seL4_Word) = { probe_icc_iar1, probe_icc_sgi1r, probe_icc_sre,
                                                 probe_ich_hcr };
    static struct task_thread thread;
    task_thread_create(&thread, 150, endpoint);
    for (unsigned i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        task_thread_start(&thread, probes[i], 0);
        seL4_MessageInfo_t info = next_fault();
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
        CHECK_EQUAL(seL4_GetMR(0), (seL4_Word)probes[i]);
    }
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
}

static void test_system_registers(void)
{
    test_interface();
    test_native();
}
#else
static void test_system_registers(void)
{
}
#endif

/// The machine's error records are nothing for a guest: its accesses trap where there are any.
static void test_error_records(void)
{
    create_guest();
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
    seL4_UserContext context = {
        .pc = GUEST_IPA + (seL4_Word)(guest_errors - guest_code), .spsr = EL1H_MASKED,
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest.tcb, 1, 0, 3, &context), seL4_NoError);
    check_hypercall(0x4001);
    if (seL4_GetMR(1) != 0) {
        answer_hypercall(0);
        CHECK_EQUAL(seL4_MessageInfo_get_label(next_fault()), seL4_Fault_VCPUFault);
        CHECK_EQUAL(seL4_GetMR(0) >> 26, 0x18);
    }
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, vcpu, 64), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
}

/// The set of empty list registers; asks for the end of what those in `ask` hold.
static seL4_Word empty_list_registers(seL4_Word ask)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(ask != 0 ? ARMVCPUWriteReg : ARMVCPUReadReg, 0, 0,
                                                   ask != 0 ? 2 : 1);
    seL4_SetMR(0, ROOKERY_VCPU_EMPTY);
    seL4_SetMR(1, ask);
    info = seL4_Call(vcpu, info);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_NoError);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 1);
    return seL4_GetMR(0);
}

static void inject_quietly(seL4_Word irq, seL4_Word index)
{
    seL4_SetMR(0, irq | (seL4_Word)TASK_VIRQ_GROUP << 24 | index << 32 | ROOKERY_INJECT_QUIET);
    CHECK_EQUAL(seL4_MessageInfo_get_label(
                    seL4_Call(vcpu, seL4_MessageInfo_new(ARMVCPUInjectIRQ, 0, 0, 1))),
                seL4_NoError);
}

static seL4_Error replace(seL4_Word irq, seL4_Word priority, seL4_Word list_register)
{
    seL4_SetMR(0, irq | priority << 16 | (seL4_Word)TASK_VIRQ_GROUP << 24 | list_register << 32
                      | ROOKERY_INJECT_REPLACE);
    return (seL4_Error)seL4_MessageInfo_get_label(
        seL4_Call(vcpu, seL4_MessageInfo_new(ARMVCPUInjectIRQ, 0, 0, 1)));
}

/// List register 1 holds a pending interrupt, list register 2 none. The guest takes what is there at
/// the end.
static void test_replace(void)
{
    CHECK_EQUAL(replace(41, 0, 2), seL4_DeleteFirst);
    CHECK_EQUAL(replace(41, 32, 1), seL4_RangeError);
    CHECK_EQUAL(replace(41, 0, 1), seL4_NoError);
    CHECK_EQUAL(replace(40, 0, 1), seL4_NoError);
}

void test_vcpu(void)
{
    seL4_UserContext context;

    create_guest();
    check_hypercall(0x1001);
    answer_hypercall(0xabc);
    test_emulated_access();
    check_hypercall(0x1002);
    CHECK_EQUAL(seL4_GetMR(1), 0xabc);
    CHECK_EQUAL(seL4_GetMR(2), 0xcafe);
    answer_hypercall(0);
    test_timer();

    seL4_MessageInfo_t info = next_fault();
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
    CHECK_EQUAL(seL4_GetMR(0) >> 26, 0x17);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 5);
    CHECK_EQUAL(seL4_GetMR(1), 0x1004);
    test_registers();
    answer(ROOKERY_REPLY_STEP, 0);

    // The guest sleeps in WFI; this thread goes below it and comes back when nobody is ready.
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 100),
                seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(guest.tcb, 0, 0, 36, &context), seL4_NoError);
    seL4_Word all = empty_list_registers(0);
    CHECK_EQUAL(all >> 1 & 3, 3);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 0, TASK_VIRQ_GROUP, 1), seL4_NoError);
    test_replace();
    inject_quietly(40, 1); // in place of the pending one
    info = next_fault(); // its end sends none
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), 0x1005);
    seL4_Word next = seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4;
    CHECK_EQUAL(empty_list_registers(0), all);
    inject_quietly(41, 2);
    CHECK_EQUAL(empty_list_registers(0), all & ~(seL4_Word)4);
    CHECK_EQUAL(empty_list_registers(4), all & ~(seL4_Word)4);
    CHECK_EQUAL(empty_list_registers(~(seL4_Word)0), all & ~(seL4_Word)4);
    seL4_SetMR(0, 0);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, next);
    answer(0, seL4_UnknownSyscall_FaultIP + 1);
    // With its interrupts on, the guest takes it at once; the end that was asked for comes as a fault.
    info = next_fault();
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VGICMaintenance);
    CHECK_EQUAL(seL4_GetMR(0), 2);
    CHECK_EQUAL(empty_list_registers(0), all);
    answer(0, 0);
    measure();
    test_system_registers();
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, vcpu, 64), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_Suspend(guest.tcb), seL4_NoError);
    test_isolation();
    test_error_records();
}
