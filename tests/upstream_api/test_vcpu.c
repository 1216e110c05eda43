// SPDX-License-Identifier: BSD-2-Clause
// Virtual CPUs: their registers, injected interrupts, and a guest with its faults.
#include "api.h"

#define SCTLR_RESET 0x30d00800u
#define VMPIDR 0x80000003u
#define GUEST_START 0x40
#define GUEST_NOWHERE 0x7f00000000u
#define SPSR_EL1H 0x3c5u
#define IRQ_VIRTUAL_TIMER 27
// Syndrome of a data abort with an instruction that is described: the register.
#define SYNDROME_VALID(fsr) (((fsr) >> 24) & 1)
#define SYNDROME_REGISTER(fsr) (((fsr) >> 16) & 31)

static seL4_CPtr vcpu, endpoint, reply;
static struct api_thread *thread;

static seL4_Word read(seL4_Word field)
{
    seL4_ARM_VCPU_ReadRegs_t answer = seL4_ARM_VCPU_ReadRegs(vcpu, field);
    EQUAL(answer.error, seL4_NoError);
    return answer.value;
}

static void write(seL4_Word field, seL4_Word value)
{
    SUCCEEDS(seL4_ARM_VCPU_WriteRegs(vcpu, field, value));
}

static void check_registers(void)
{
    for (seL4_Word i = 0; i < seL4_VCPUReg_Num; i++) {
        write(i, 0x11110000 + i);
    }
    for (seL4_Word i = 0; i < seL4_VCPUReg_Num; i++) {
        EQUAL(read(i), 0x11110000 + i);
    }
    CALL(seL4_ARM_VCPU_ReadRegs(vcpu, seL4_VCPUReg_Num).error, seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_Num, 0), seL4_InvalidArgument);
    ANSWER(0, 1);
}

static void check_arguments(void)
{
    CALL(seL4_ARM_VCPU_SetTCB(vcpu, endpoint), seL4_IllegalOperation);
    SUCCEEDS(seL4_ARM_VCPU_AckVPPI(vcpu, IRQ_VIRTUAL_TIMER));
    SUCCEEDS(seL4_ARM_VCPU_SetTCB(vcpu, thread->tcb));
    SUCCEEDS(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 0, 0, 0));
    SUCCEEDS(seL4_ARM_VCPU_InjectIRQ(vcpu, 41, 31, 1, 1));
    CALL(seL4_ARM_VCPU_InjectIRQ(vcpu, 1024, 0, 0, 2), seL4_RangeError);
    ANSWER(0, 0);
    ANSWER(1, 1023);
    CALL(seL4_ARM_VCPU_InjectIRQ(vcpu, 42, 32, 0, 2), seL4_RangeError);
    ANSWER(1, 31);
    CALL(seL4_ARM_VCPU_InjectIRQ(vcpu, 42, 0, 2, 2), seL4_RangeError);
    ANSWER(1, 1);
    CALL(seL4_ARM_VCPU_InjectIRQ(vcpu, 42, 0, 0, 64), seL4_RangeError);
    CALL(seL4_ARM_VCPU_AckVPPI(vcpu, 28), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(seL4_ARM_VCPU_AckVPPI(vcpu, 2000), seL4_InvalidArgument);
    ANSWER(0, 0);
}

/// The guest's next fault.
static seL4_Fault_t next_fault(seL4_Word label, seL4_Word length)
{
    seL4_MessageInfo_t info = seL4_Recv(endpoint, 0, reply);
    seL4_Fault_t fault = seL4_getFault(info);
    EQUAL(seL4_MessageInfo_get_label(info), label);
    EQUAL(seL4_MessageInfo_get_length(info), length);
    return fault;
}

static seL4_UserContext registers(void)
{
    seL4_UserContext context;
    SUCCEEDS(seL4_TCB_ReadRegisters(thread->tcb, 0, 0, REGISTERS, &context));
    return context;
}

static void go_on(seL4_UserContext context, char *from)
{
    context.pc = (seL4_Word)from + 4;
    SUCCEEDS(seL4_TCB_WriteRegisters(thread->tcb, 0, 0, REGISTERS, &context));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void start_guest(void)
{
    seL4_UserContext context = { .pc = (seL4_Word)guest_entry, .spsr = SPSR_EL1H, .x0 = GUEST_START,
                                 .x9 = GUEST_NOWHERE };
    for (seL4_Word i = 0; i < seL4_VCPUReg_Num; i++) {
        write(i, 0);
    }
    write(seL4_VCPUReg_SCTLR, SCTLR_RESET);
    write(seL4_VCPUReg_VMPIDR_EL2, VMPIDR);
    SUCCEEDS(seL4_TCB_WriteRegisters(thread->tcb, 1, 0, REGISTERS, &context));
}

/// The guest's HVC is a system call of the VCPU's thread: one that does not exist.
static void check_call(void)
{
    seL4_Fault_t fault = next_fault(seL4_Fault_UnknownSyscall, seL4_UnknownSyscall_Length);
    EQUAL(seL4_Fault_UnknownSyscall_get_X0(fault), GUEST_START + 1);
    EQUAL(seL4_Fault_UnknownSyscall_get_FaultIP(fault), guest_hvc_at);
    EQUAL(seL4_Fault_UnknownSyscall_get_SPSR(fault), SPSR_EL1H);
    EQUAL(registers().x0, GUEST_START + 1);
    EQUAL(read(seL4_VCPUReg_TPIDR_EL1), GUEST_START);
    go_on(registers(), guest_hvc_at);
}

/// What start.S writes into registers of EL1, and a load from where nothing is.
static void check_load(void)
{
    static const struct {
        seL4_Word field, value;
    } expected[] = {
        { seL4_VCPUReg_SCTLR, SCTLR_RESET },   { seL4_VCPUReg_CPACR, 0x100000 },
        { seL4_VCPUReg_TTBR0, 0x2000 },        { seL4_VCPUReg_TTBR1, 0x3000 },
        { seL4_VCPUReg_TCR, 0x19 },            { seL4_VCPUReg_MAIR, 0x44 },
        { seL4_VCPUReg_CIDR, 0x777 },          { seL4_VCPUReg_ESR, 0x1b },
        { seL4_VCPUReg_FAR, 0x1c },            { seL4_VCPUReg_PAR, 0xd000 },
        { seL4_VCPUReg_VBAR, 0xe800 },         { seL4_VCPUReg_TPIDR_EL1, 0x1f },
        { seL4_VCPUReg_VMPIDR_EL2, VMPIDR },   { seL4_VCPUReg_SP_EL1, 0x1110 },
        { seL4_VCPUReg_ELR_EL1, 0x1234 },      { seL4_VCPUReg_SPSR_EL1, 0x3c4 },
        { seL4_VCPUReg_CNTV_CTL, 0 },          { seL4_VCPUReg_CNTV_CVAL, 0x5555 },
        { seL4_VCPUReg_CNTVOFF, 0 },           { seL4_VCPUReg_CNTKCTL_EL1, 3 },
    };
    seL4_Fault_t fault = next_fault(seL4_Fault_VMFault, seL4_VMFault_Length);
    EQUAL(seL4_Fault_VMFault_get_Addr(fault), GUEST_NOWHERE);
    EQUAL(seL4_Fault_VMFault_get_IP(fault), guest_load_at);
    EQUAL(SYNDROME_VALID(seL4_Fault_VMFault_get_FSR(fault)), 1);
    EQUAL(SYNDROME_REGISTER(seL4_Fault_VMFault_get_FSR(fault)), 5);
    for (unsigned i = 0; i < COUNT_OF(expected); i++) {
        EQUAL(read(expected[i].field), expected[i].value);
    }
    EQUAL(registers().x20, VMPIDR); // as the guest sees its MPIDR
    EQUAL(registers().x0, GUEST_START + 2);
    go_on(registers(), guest_load_at);
}

static void check_timer(void)
{
    seL4_Fault_t fault = next_fault(seL4_Fault_VPPIEvent, seL4_VPPIEvent_Length);
    EQUAL(seL4_Fault_VPPIEvent_get_irq(fault), IRQ_VIRTUAL_TIMER);
    EQUAL(registers().x0, GUEST_START + 3);
    write(seL4_VCPUReg_CNTV_CTL, 0);
    SUCCEEDS(seL4_ARM_VCPU_AckVPPI(vcpu, IRQ_VIRTUAL_TIMER));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    api_stop(thread);
}

void test_vcpu(void)
{
    vcpu = api_object(seL4_ARM_VCPUObject, 0);
    endpoint = api_object(seL4_EndpointObject, 0);
    reply = api_object(seL4_ReplyObject, 0);
    thread = api_thread(254, 10000, 10000, endpoint);
    check_registers();
    check_arguments();
    start_guest();
    check_call();
    check_load();
    check_timer();
    SUCCEEDS(seL4_CNode_Delete(ROOT, vcpu, DEPTH));
}
