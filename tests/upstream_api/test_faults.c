// SPDX-License-Identifier: BSD-2-Clause
// Fault messages and what their replies do.
#include "api.h"

#define FAULT_BADGE 0xfa17
// Syndromes (Arm ARM, D17.2.37 ESR_EL1): class, write bit, and kind of fault without the level.
#define SYNDROME_CLASS(fsr) ((fsr) >> 26)
#define SYNDROME_WRITE(fsr) (((fsr) >> 6) & 1)
#define SYNDROME_KIND(fsr) (((fsr) >> 2) & 0xf)
#define CLASS_INSTRUCTION_ABORT 0x20
#define CLASS_DATA_ABORT 0x24
#define KIND_TRANSLATION 1
#define KIND_PERMISSION 3

static seL4_CPtr endpoint, reply;
static struct api_thread *thread;
static volatile seL4_Word loaded, after;

static void read_and_signal(seL4_Word address)
{
    fault_read(address, &loaded);
    seL4_Signal(api_notification);
}

static void jump(seL4_Word address)
{
    ((api_function)address)(0);
}

static void undefined_and_signal(seL4_Word unused)
{
    (void)unused;
    after = fault_undefined();
    seL4_Signal(api_notification);
}

static void system_call_and_signal(seL4_Word unused)
{
    (void)unused;
    after = fault_system_call();
    seL4_Signal(api_notification);
}

static void send_and_signal(seL4_Word cap)
{
    seL4_Send(cap, seL4_MessageInfo_new(0, 0, 0, 0));
    after = 1;
    seL4_Signal(api_notification);
}

static void wait_for(seL4_Word cap)
{
    seL4_Wait(cap, 0);
}

/// Starts the thread and receives the fault that it has; its words are in api_mr.
static seL4_Fault_t provoke(api_function function, seL4_Word argument, seL4_Word label)
{
    seL4_Word badge = 0;
    api_start(thread, function, argument);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    seL4_Fault_t fault = seL4_getFault(info);
    api_keep(0);
    api_result[0] = seL4_MessageInfo_get_length(info);
    EQUAL(badge, FAULT_BADGE);
    EQUAL(seL4_MessageInfo_get_label(info), label);
    return fault;
}

static void answer(seL4_Word length)
{
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, length));
}

static void check_page(void)
{
    seL4_Word address = api_address(), read_only = api_address();
    seL4_Fault_t fault = provoke(read_and_signal, address + 8, seL4_Fault_VMFault);
    seL4_Word fsr = seL4_Fault_VMFault_get_FSR(fault);
    EQUAL(api_result[0], seL4_VMFault_Length);
    EQUAL(seL4_Fault_VMFault_get_IP(fault), fault_read_at);
    EQUAL(seL4_Fault_VMFault_get_Addr(fault), address + 8);
    EQUAL(seL4_Fault_VMFault_get_PrefetchFault(fault), seL4_DataFault);
    EQUAL(SYNDROME_CLASS(fsr), CLASS_DATA_ABORT);
    EQUAL(SYNDROME_WRITE(fsr), 0);
    EQUAL(SYNDROME_KIND(fsr), KIND_TRANSLATION);
    seL4_CPtr frame = api_object(seL4_ARM_SmallPageObject, 0);
    SUCCEEDS(api_map(VSPACE, frame, address, seL4_AllRights, 0));
    *(volatile seL4_Word *)(address + 8) = 0xabcdef;
    answer(0);
    (void)api_wait();
    EQUAL(loaded, 0xabcdef);
    api_stop(thread);

    // A mapping has no more rights than the cap.
    SUCCEEDS(seL4_ARM_Page_Map(api_copy(frame, seL4_CanRead), VSPACE, read_only, seL4_AllRights,
                               ATTRIBUTES | seL4_ARM_ExecuteNever));
    fault = provoke(fault_write, read_only, seL4_Fault_VMFault);
    EQUAL(seL4_Fault_VMFault_get_IP(fault), fault_write_at);
    EQUAL(seL4_Fault_VMFault_get_Addr(fault), read_only);
    EQUAL(SYNDROME_WRITE(seL4_Fault_VMFault_get_FSR(fault)), 1);
    EQUAL(SYNDROME_KIND(seL4_Fault_VMFault_get_FSR(fault)), KIND_PERMISSION);
    api_stop(thread);
    fault = provoke(jump, read_only + 0x10, seL4_Fault_VMFault);
    EQUAL(seL4_Fault_VMFault_get_IP(fault), read_only + 0x10);
    EQUAL(seL4_Fault_VMFault_get_Addr(fault), read_only + 0x10);
    EQUAL(seL4_Fault_VMFault_get_PrefetchFault(fault), seL4_InstructionFault);
    EQUAL(SYNDROME_CLASS(seL4_Fault_VMFault_get_FSR(fault)), CLASS_INSTRUCTION_ABORT);
    api_stop(thread);
}

static void check_exception(void)
{
    (void)provoke(undefined_and_signal, 0, seL4_Fault_UserException);
    EQUAL(api_result[0], seL4_UserException_Length);
    ANSWER(seL4_UserException_FaultIP, fault_undefined_at);
    CHECK(thread->stack_top - api_mr[seL4_UserException_SP] < PAGE_BYTES);
    for (int i = 0; i <= seL4_UserException_SPSR; i++) {
        seL4_SetMR(i, api_mr[i]);
    }
    seL4_SetMR(seL4_UserException_FaultIP, (seL4_Word)fault_undefined_at + 4);
    answer(seL4_UserException_SPSR + 1);
    (void)api_wait();
    EQUAL(after, 99);
    api_stop(thread);
}

static void check_system_call(void)
{
    seL4_Fault_t fault = provoke(system_call_and_signal, 0, seL4_Fault_UnknownSyscall);
    EQUAL(api_result[0], seL4_UnknownSyscall_Length);
    EQUAL(seL4_Fault_UnknownSyscall_get_X0(fault), 100);
    EQUAL(seL4_Fault_UnknownSyscall_get_X6(fault), 106);
    EQUAL(seL4_Fault_UnknownSyscall_get_X7(fault), -200);
    EQUAL(seL4_Fault_UnknownSyscall_get_Syscall(fault), -200);
    EQUAL(seL4_Fault_UnknownSyscall_get_FaultIP(fault), fault_system_call_at);
    CHECK(thread->stack_top - seL4_Fault_UnknownSyscall_get_SP(fault) < PAGE_BYTES);
    for (int i = 0; i <= seL4_UnknownSyscall_SPSR; i++) {
        seL4_SetMR(i, api_mr[i]);
    }
    seL4_SetMR(seL4_UnknownSyscall_X0, 4711);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, (seL4_Word)fault_system_call_at + 4);
    answer(seL4_UnknownSyscall_SPSR + 1);
    (void)api_wait();
    EQUAL(after, 4711);
    api_stop(thread);
}

static void check_caps(void)
{
    const seL4_Word outside = (seL4_Word)1 << 40;
    const seL4_CPtr empty = api_slot();
    seL4_Fault_t fault = provoke(send_and_signal, outside, seL4_Fault_CapFault);
    EQUAL(seL4_Fault_CapFault_get_Addr(fault), outside);
    EQUAL(seL4_Fault_CapFault_get_InRecvPhase(fault), 0);
    EQUAL(seL4_Fault_CapFault_get_LookupFailureType(fault), seL4_GuardMismatch);
    ANSWER(seL4_CapFault_BitsLeft, seL4_WordBits);
    ANSWER(seL4_CapFault_GuardMismatch_GuardFound, 0);
    ANSWER(seL4_CapFault_GuardMismatch_BitsFound, seL4_WordBits - api_info->initThreadCNodeSizeBits);
    api_stop(thread);
    fault = provoke(wait_for, empty, seL4_Fault_CapFault);
    EQUAL(seL4_Fault_CapFault_get_Addr(fault), empty);
    EQUAL(seL4_Fault_CapFault_get_InRecvPhase(fault), 1);
    EQUAL(seL4_Fault_CapFault_get_LookupFailureType(fault), seL4_MissingCapability);
    api_stop(thread);
    // Sending through the null cap is no fault.
    after = 0;
    api_start(thread, send_and_signal, seL4_CapNull);
    (void)api_wait();
    EQUAL(after, 1);
    api_stop(thread);
}

void test_faults(void)
{
    endpoint = api_object(seL4_EndpointObject, 0);
    reply = api_object(seL4_ReplyObject, 0);
    seL4_CPtr handler = api_mint(endpoint, seL4_CapRights_new(1, 1, 0, 1), FAULT_BADGE);
    thread = api_thread(254, 10000, 10000, handler);
    // A fault handler's cap needs the right to grant.
    CALL(seL4_TCB_SetSchedParams(api_object(seL4_TCBObject, 0), seL4_CapInitThreadTCB, 1, 1, 0,
                                 api_copy(endpoint, seL4_CanWrite)), seL4_InvalidCapability);
    check_page();
    check_exception();
    check_system_call();
    check_caps();
}
