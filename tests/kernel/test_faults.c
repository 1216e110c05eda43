// SPDX-License-Identifier: BSD-2-Clause
// Faults of native threads: messages and replies.
#include "task.h"

static volatile seL4_Word result;

static void read_nothing(seL4_Word address)
{
    result = probe_read(address);
    seL4_Yield();
    for (;;) {
    }
}

static void call_unknown(seL4_Word number)
{
    register seL4_Word x0 __asm__("x0") = 11;
    register seL4_Word x7 __asm__("x7") = number;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x7) : "memory");
    result = x0;
    for (;;) {
        seL4_Yield();
    }
}

static void run_undefined(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile(".inst 0x00000000");
    result = 77;
    for (;;) {
        seL4_Yield();
    }
}

/// PACGA signs with a key that no native thread has; what is in the registers is a guest's.
static void sign(seL4_Word value)
{
    seL4_Word signature;
    __asm__ volatile(".inst 0x9ac03000" : : : "memory"); // pacga x0, x0, x0
    __asm__ volatile("mov %0, x0" : "=r"(signature));
    result = signature | value;
    for (;;) {
        seL4_Yield();
    }
}

/// 32-bit user mode on any CPU: where it is not there the thread must not return to it.
static void test_32_bit_mode(seL4_CPtr endpoint, seL4_CPtr reply)
{
    struct task_thread thread;
    seL4_Word badge;
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    seL4_CPtr vspace = task_vspace();

    task_thread_create(&thread, 255, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, endpoint, seL4_CapInitThreadCNode, 0, vspace, 0),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, thread.tcb), seL4_NoError);
    seL4_UserContext context = { .pc = 0x1000, .spsr = 0x1d0 };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 3, &context), seL4_NoError);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vcpu, 64), seL4_NoError);
}

/// A guest's 32-bit program that waits: an instruction of two bytes, also in an IT block.
static void test_short_wait(seL4_CPtr endpoint, seL4_CPtr reply)
{
    static const uint16_t code[] = {
        0xbf30, // wfi
        0x4280, // cmp r0, r0
        0xbf04, // itt eq
        0xbf30, // wfieq
        0x2007, // moveq r0, #7
        0x6008, // str r0, [r1]
    };
    struct task_thread thread;
    seL4_Word badge;
    seL4_CPtr frame;
    seL4_CPtr copy = task_slot();
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    seL4_CPtr vspace = task_vspace();
    volatile uint16_t *page = task_page(&frame);
    for (unsigned i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
        page[i] = code[i];
    }
    CHECK_EQUAL(seL4_ARM_Page_Clean_Data(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(seL4_CapInitThreadCNode, copy, 64, seL4_CapInitThreadCNode, frame, 64,
                                seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, 0x1000, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    task_thread_create(&thread, 255, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, endpoint, seL4_CapInitThreadCNode, 0, vspace, 0),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, thread.tcb), seL4_NoError);
    seL4_UserContext context = { .pc = 0x1000, .spsr = 0x1f0, .x1 = 0x9000 };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 0, 0, 5, &context), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, 5, &context), seL4_NoError);
    if ((context.spsr & 0x10) != 0) { // else the CPU has no such mode
        CHECK_EQUAL(seL4_TCB_Resume(thread.tcb), seL4_NoError);
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
        CHECK_EQUAL(seL4_MessageInfo_get_length(info), seL4_VMFault_Length + 1);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_IP), 0x100a);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), 0x9000);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Length), 7);
    }
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, vcpu, 64), seL4_NoError);
}

/// Numbers that are no system calls of this build are faults, and tell the number.
static void test_unknown_numbers(seL4_CPtr endpoint, seL4_CPtr reply)
{
    static const seL4_Word numbers[] = {
        0, 1, ~0ul >> 1, 1ul << 32, -20, -25, -29, -33, -34, -1000,
#if !CONFIG_PRINTING
        seL4_SysDebugPutChar, seL4_SysDebugDumpScheduler,
#endif
#if !CONFIG_DEBUG_BUILD
        seL4_SysDebugHalt, seL4_SysDebugCapIdentify, seL4_SysDebugSnapshot, seL4_SysDebugNameThread,
#endif
#if !CONFIG_DEBUG_BUILD || CONFIG_MAX_NUM_NODES == 1
        seL4_SysDebugSendIPI, seL4_SysDebugGetThreadAffinity,
#endif
    };
    struct task_thread thread;
    seL4_Word badge;
    task_thread_create(&thread, 200, endpoint);
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        task_thread_start(&thread, call_unknown, numbers[i]);
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
        CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_Syscall), numbers[i]);
        CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    }
    task_thread_delete(&thread);
}

void test_faults(void)
{
    seL4_CPtr endpoint = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    struct task_thread thread;
    seL4_Word badge;
    seL4_Word vaddr = task_vaddr(4096);

    // An address without memory: map it, let the thread go on.
    task_thread_create(&thread, 200, endpoint);
    task_thread_start(&thread, read_nothing, vaddr + 0x18);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 4);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_IP), (seL4_Word)probe_read);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), vaddr + 0x18);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_PrefetchFault), 0);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_FSR) >> 26, 0x24);
    seL4_CPtr frame = task_object(seL4_ARM_SmallPageObject, 0);
    CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, frame, vaddr, seL4_ReadWrite,
                         seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    ((volatile seL4_Word *)vaddr)[3] = 0x99;
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 200),
                seL4_NoError);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_Yield();
    CHECK_EQUAL(result, 0x99);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);

    // An unknown system call: the answer changes x0 and steps over it.
    task_thread_create(&thread, 200, endpoint);
    task_thread_start(&thread, call_unknown, 0x1234);
    info = seL4_Recv(endpoint, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), seL4_UnknownSyscall_Length);
    CHECK_EQUAL(seL4_GetMR(0), 11);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_Syscall), 0x1234);
    seL4_SetMR(0, 55);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 12));
    seL4_Yield();
    CHECK_EQUAL(result, 55);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);

    task_thread_create(&thread, 200, endpoint);
    task_thread_start(&thread, run_undefined, 0);
    info = seL4_Recv(endpoint, &badge, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    seL4_SetMR(0, seL4_GetMR(0) + 4);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 1));
    seL4_Yield();
    CHECK_EQUAL(result, 77);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);

    // Where the CPU has no pointer authentication it is undefined.
    task_thread_create(&thread, 200, endpoint);
    task_thread_start(&thread, sign, 1);
    info = seL4_Recv(endpoint, &badge, reply);
    CHECK(seL4_MessageInfo_get_label(info) == seL4_Fault_UserException
          || (seL4_MessageInfo_get_label(info) == seL4_Fault_VCPUFault
              && seL4_GetMR(0) >> 26 == 0x09));
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    test_32_bit_mode(endpoint, reply);
    test_short_wait(endpoint, reply);
    test_unknown_numbers(endpoint, reply);
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
}
