// SPDX-License-Identifier: BSD-2-Clause
// Registers that are nobody's: debug, performance monitors and the physical timer trap from a guest's EL1
// and do not exist for native threads. What binding and unbinding a VCPU does to its threads, and which
// list registers take an interrupt.
#include "task.h"

#include <abi/extensions.h>

#define ROOT seL4_CapInitThreadCNode
#define GUEST_IPA 0x40000000u
#define EL1H_MASKED 0x3c5u
#define EC_SYSTEM_REGISTER 0x18u
#define ESR_EC(esr) ((esr) >> 26)
#define REGISTERS 36

// MRS and MSR with x0 (DDI 0487, C6.2), and the ISS of either without the register (D17.2.37).
#define ENCODE(op0, op1, crn, crm, op2) \
    ((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define MRS(encoding) (0xd5200000u | (encoding))
#define MSR(encoding) (0xd5000000u | (encoding))
#define HVC 0xd4000002u

#define PMCR_EL0 ENCODE(3u, 3u, 9u, 12u, 0u)
#define PMCNTENSET_EL0 ENCODE(3u, 3u, 9u, 12u, 1u)
#define PMCCNTR_EL0 ENCODE(3u, 3u, 9u, 13u, 0u)
#define PMUSERENR_EL0 ENCODE(3u, 3u, 9u, 14u, 0u)
#define PMINTENSET_EL1 ENCODE(3u, 0u, 9u, 14u, 1u)
#define PMCCFILTR_EL0 ENCODE(3u, 3u, 14u, 15u, 7u)
#define CNTP_TVAL_EL0 ENCODE(3u, 3u, 14u, 2u, 0u)
#define CNTP_CTL_EL0 ENCODE(3u, 3u, 14u, 2u, 1u)
#define CNTP_CVAL_EL0 ENCODE(3u, 3u, 14u, 2u, 2u)
#define CNTV_CTL_EL0 ENCODE(3u, 3u, 14u, 3u, 1u)
#define MDSCR_EL1 ENCODE(2u, 0u, 0u, 2u, 2u)
#define DBGBVR0_EL1 ENCODE(2u, 0u, 0u, 0u, 4u)
#define DBGBCR0_EL1 ENCODE(2u, 0u, 0u, 0u, 5u)
#define DBGWVR0_EL1 ENCODE(2u, 0u, 0u, 0u, 6u)
#define DBGWCR0_EL1 ENCODE(2u, 0u, 0u, 0u, 7u)
#define MDRAR_EL1 ENCODE(2u, 0u, 1u, 0u, 0u)
#define OSLAR_EL1 ENCODE(2u, 0u, 1u, 0u, 4u)
#define OSLSR_EL1 ENCODE(2u, 0u, 1u, 1u, 4u)
#define SCTLR_EL1 ENCODE(3u, 0u, 1u, 0u, 0u)
#define TPIDR2_EL0 ENCODE(3u, 3u, 13u, 0u, 5u)
#define TPIDR_EL1 ENCODE(3u, 0u, 13u, 0u, 4u)

static const uint32_t guest_instructions[] = {
    MRS(PMCR_EL0),      MSR(PMCR_EL0),      MSR(PMCNTENSET_EL0), MRS(PMCCNTR_EL0),   MSR(PMCCNTR_EL0),
    MSR(PMUSERENR_EL0), MSR(PMINTENSET_EL1), MSR(PMCCFILTR_EL0), MSR(CNTP_TVAL_EL0), MSR(CNTP_CTL_EL0),
    MRS(CNTP_CTL_EL0),  MSR(CNTP_CVAL_EL0), MRS(MDSCR_EL1),      MSR(MDSCR_EL1),     MSR(DBGBVR0_EL1),
    MSR(DBGBCR0_EL1),   MSR(DBGWVR0_EL1),   MSR(DBGWCR0_EL1),    MRS(MDRAR_EL1),     MSR(OSLAR_EL1),
    MRS(OSLSR_EL1),
};

static const uint32_t native_instructions[] = {
    MRS(PMCR_EL0),     MRS(PMCCNTR_EL0),  MSR(PMCCNTR_EL0),  MSR(PMCNTENSET_EL0), MSR(PMUSERENR_EL0),
    MSR(CNTP_CTL_EL0), MRS(CNTP_CTL_EL0), MSR(CNTP_CVAL_EL0), MSR(CNTV_CTL_EL0),  MRS(CNTV_CTL_EL0),
    MSR(MDSCR_EL1),    MSR(DBGBVR0_EL1),  MRS(SCTLR_EL1),    MSR(TPIDR_EL1),     MSR(TPIDR2_EL0),
};

static seL4_CPtr endpoint, reply;

static seL4_UserContext registers(const struct task_thread *thread)
{
    seL4_UserContext context = { 0 };
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread->tcb, 0, 0, REGISTERS, &context), seL4_NoError);
    return context;
}

static seL4_Word next_fault(void)
{
    seL4_Word badge;
    return seL4_MessageInfo_get_label(seL4_Recv(endpoint, &badge, reply));
}

static void answer(seL4_Word label, seL4_Word length)
{
    seL4_Send(reply, seL4_MessageInfo_new(label, 0, 0, length));
}

/// A page with these instructions and an HVC behind them.
static volatile uint32_t *write_code(seL4_CPtr *frame, const uint32_t *code, unsigned count)
{
    volatile uint32_t *page = task_page(frame);
    for (unsigned i = 0; i < count; i++) {
        page[i] = code[i];
    }
    page[count] = HVC;
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(*frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(*frame, 0, 4096), seL4_NoError);
    return page;
}

// ---- registers that trap ------------------------------------------------------------------------

/// The ISS of a trapped MRS or MSR with x0.
static seL4_Word iss_of(uint32_t instruction)
{
    const seL4_Word op0 = instruction >> 19 & 3, op1 = instruction >> 16 & 7, crn = instruction >> 12 & 15;
    const seL4_Word crm = instruction >> 8 & 15, op2 = instruction >> 5 & 7, reads = instruction >> 21 & 1;
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1 | reads;
}

static void test_guest(void)
{
    enum { COUNT = sizeof(guest_instructions) / sizeof(guest_instructions[0]) };
    struct task_thread guest;
    seL4_CPtr frame;
    seL4_CPtr copy = task_slot();
    seL4_CPtr vspace = task_vspace();
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    (void)write_code(&frame, guest_instructions, COUNT);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, frame, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, GUEST_IPA, seL4_CanRead, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    task_thread_create(&guest, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest.tcb, endpoint, seL4_CapNull, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest.tcb), seL4_NoError);
    seL4_UserContext context = { .pc = GUEST_IPA, .spsr = EL1H_MASKED };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest.tcb, 1, 0, 3, &context), seL4_NoError);
    for (unsigned i = 0; i < COUNT; i++) {
        bool good = CHECK_EQUAL(next_fault(), seL4_Fault_VCPUFault);
        const seL4_Word esr = seL4_GetMR(0);
        good = good && CHECK_EQUAL(ESR_EC(esr), EC_SYSTEM_REGISTER)
               && CHECK_EQUAL(esr & 0x1ffffff, iss_of(guest_instructions[i]))
               && CHECK_EQUAL(registers(&guest).pc, GUEST_IPA + 4 * i);
        if (!good) {
            task_print_number("instruction ", i);
            task_print("\n");
            break;
        }
        answer(ROOKERY_REPLY_STEP, 0);
    }
    CHECK_EQUAL(next_fault(), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_FaultIP), GUEST_IPA + 4 * COUNT);
    task_thread_delete(&guest);
    task_delete(vcpu);
    task_delete(vspace);
}

static void test_native(void)
{
    enum { COUNT = sizeof(native_instructions) / sizeof(native_instructions[0]) };
    struct task_thread thread;
    seL4_CPtr frame;
    const seL4_Word code = (seL4_Word)write_code(&frame, native_instructions, COUNT);
    task_thread_create(&thread, 150, endpoint);
    for (unsigned i = 0; i < COUNT; i++) {
        seL4_UserContext context = { .pc = code + 4 * i };
        CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 1, &context), seL4_NoError);
        const seL4_Word label = next_fault();
        if (!CHECK(label == seL4_Fault_UserException || label == seL4_Fault_VCPUFault)
            || !CHECK_EQUAL(registers(&thread).pc, code + 4 * i)) {
            task_print_number("instruction ", i);
            task_print("\n");
        }
    }
    task_thread_delete(&thread);
    task_delete(frame);
}

// ---- a VCPU and its thread ----------------------------------------------------------------------

/// What is left of the SPSR with this mode.
static seL4_Word spsr_of(const struct task_thread *thread, seL4_Word mode)
{
    seL4_UserContext context = { .spsr = 0x3c0 | mode };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread->tcb, 0, 0, 3, &context), seL4_NoError);
    return registers(thread).spsr;
}

/// What a new VCPU has in its registers, and one that is bound anew.
static void test_first_values(void)
{
    struct task_thread thread;
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(&thread, 100, 0);
    for (int round = 0; round < 2; round++) {
        for (seL4_Word i = 0; i < seL4_VCPUReg_Num; i++) {
            seL4_Word expected = 0;
            switch (i) {
            case seL4_VCPUReg_SCTLR:
                expected = 0x34d58820;
                break;
            case seL4_VCPUReg_CPACR:
                expected = 3 << 20;
                break;
            case seL4_VCPUReg_VMPIDR_EL2:
                expected = 0x80000000;
                break;
            case seL4_VCPUReg_ACTLR:
                continue; // the CPU's
            default:
                break;
            }
            CHECK_EQUAL(seL4_ARM_VCPU_ReadRegs(vcpu, i).value, expected);
            CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(vcpu, i, 0x1234), seL4_NoError);
        }
        // The extension VCPU_RESET: what the last guest left is gone.
        CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, thread.tcb), seL4_NoError);
    }
    task_thread_delete(&thread);
    task_delete(vcpu);
}

/// Only who has a VCPU may be at EL1. One VCPU has one thread and the other way round.
static void test_binding(void)
{
    static const seL4_Word guest_modes[] = { 0x0, 0x4, 0x5 };
    static const seL4_Word bad_modes[] = { 0x8, 0x9, 0xc, 0xd, 0x1, 0x13, 0x1f };
    struct task_thread threads[2];
    seL4_CPtr vcpus[2];
    for (int i = 0; i < 2; i++) {
        task_thread_create(&threads[i], 100, 0);
        vcpus[i] = task_object(seL4_ARM_VCPUObject, 0);
    }
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[0], threads[0].tcb), seL4_NoError);
    for (unsigned i = 0; i < sizeof(guest_modes) / sizeof(guest_modes[0]); i++) {
        CHECK_EQUAL(spsr_of(&threads[0], guest_modes[i]), 0x3c0 | guest_modes[i]);
        CHECK_EQUAL(spsr_of(&threads[1], guest_modes[i]) & 0x9f, 0);
    }
    for (unsigned i = 0; i < sizeof(bad_modes) / sizeof(bad_modes[0]); i++) {
        CHECK_EQUAL(spsr_of(&threads[0], bad_modes[i]) & 0x9f, 0);
    }
    CHECK_EQUAL(spsr_of(&threads[0], 5), EL1H_MASKED);
    // Another thread gets it: the first one is an ordinary one again.
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[0], threads[1].tcb), seL4_NoError);
    CHECK_EQUAL(registers(&threads[0]).spsr & 0x9f, 0);
    CHECK_EQUAL(spsr_of(&threads[0], 5) & 0x9f, 0);
    CHECK_EQUAL(spsr_of(&threads[1], 5), EL1H_MASKED);
    // The thread gets another one, then that goes to the first thread: this one has none at all.
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[1], threads[1].tcb), seL4_NoError);
    CHECK_EQUAL(spsr_of(&threads[1], 5), EL1H_MASKED);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[1], threads[0].tcb), seL4_NoError);
    CHECK_EQUAL(registers(&threads[1]).spsr & 0x9f, 0);
    CHECK_EQUAL(spsr_of(&threads[1], 5) & 0x9f, 0);
    // Either's end is the end of the link.
    CHECK_EQUAL(spsr_of(&threads[0], 5), EL1H_MASKED);
    task_delete(vcpus[1]);
    CHECK_EQUAL(registers(&threads[0]).spsr & 0x9f, 0);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[0], threads[0].tcb), seL4_NoError);
    task_thread_delete(&threads[0]);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpus[0], threads[1].tcb), seL4_NoError);
    CHECK_EQUAL(spsr_of(&threads[1], 5), EL1H_MASKED);
    task_delete(vcpus[0]);
    task_thread_delete(&threads[1]);
}

// ---- list registers -----------------------------------------------------------------------------

static void check_hypercall(seL4_Word function, seL4_Word argument)
{
    CHECK_EQUAL(next_fault(), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), function);
    CHECK_EQUAL(seL4_GetMR(1), argument);
}

/// A pending interrupt may be replaced, an active one not before its end, of which a fault tells.
static void test_injection(void)
{
    struct task_thread guest;
    seL4_Word entry;
    seL4_CPtr vspace = test_vcpu_memory(&entry);
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(&guest, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest.tcb, endpoint, seL4_CapNull, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest.tcb), seL4_NoError);
    seL4_UserContext context = { .pc = entry + (seL4_Word)(guest_active - guest_code),
                                 .spsr = EL1H_MASKED };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest.tcb, 1, 0, 3, &context), seL4_NoError);
    check_hypercall(0x7001, 0);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 44, 0, TASK_VIRQ_GROUP, 1), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 45, 0, TASK_VIRQ_GROUP, 1), seL4_NoError);
    answer(ROOKERY_REPLY_RESULTS, 0);
    check_hypercall(0x7002, 45);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 46, 0, TASK_VIRQ_GROUP, 1), seL4_DeleteFirst);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 45, 0, TASK_VIRQ_GROUP, 1), seL4_DeleteFirst);
    answer(ROOKERY_REPLY_RESULTS, 0);
    CHECK_EQUAL(next_fault(), seL4_Fault_VGICMaintenance);
    CHECK_EQUAL(seL4_GetMR(seL4_VGICMaintenance_IDX), 1);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 46, 0, TASK_VIRQ_GROUP, 1), seL4_NoError);
    answer(0, 0);
    check_hypercall(0x7003, 46);
    task_thread_delete(&guest);
    task_delete(vcpu);
    task_delete(vspace);
}

void test_traps(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    test_guest();
    test_native();
    test_first_values();
    test_binding();
    test_injection();
    task_delete(endpoint);
    task_delete(reply);
}
