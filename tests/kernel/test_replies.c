// SPDX-License-Identifier: BSD-2-Clause
// Answers to faults of native threads: which registers they set, and whether the thread goes on. Failed
// lookups in fault messages. What SPSR a thread gets, and which registers CopyRegisters takes.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define REGISTERS 36
#define STOP 1 ///< a message label other than 0: the thread does not go on
#define PATTERN 0xa000u
// Of the SPSR: flags, and what every native thread has (mode EL0t; SErrors are masked in release builds).
#define SPSR_FLAGS 0xf0000000u
#define SPSR_NATIVE (CONFIG_DEBUG_BUILD ? 0x40u : 0x140u)

static seL4_CPtr endpoint, reply;
static struct task_thread thread;
static volatile seL4_Word result;
static seL4_Word message[seL4_UnknownSyscall_Length]; ///< of the last fault

static void start(void (*function)(seL4_Word), seL4_Word argument)
{
    result = 0;
    task_thread_start(&thread, function, argument);
}

/// The next fault, its words in `message`. Returns its length.
static seL4_Word receive(seL4_Word label)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    for (int i = 0; i < seL4_UnknownSyscall_Length; i++) {
        message[i] = seL4_GetMR(i);
    }
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), label);
    return seL4_MessageInfo_get_length(info);
}

/// Answers with words that count up from PATTERN.
static void answer(seL4_Word label, seL4_Word length)
{
    for (seL4_Word i = 0; i < length; i++) {
        seL4_SetMR((int)i, PATTERN + i);
    }
    seL4_Send(reply, seL4_MessageInfo_new(label, 0, 0, length));
}

static seL4_UserContext registers(void)
{
    seL4_UserContext context = { 0 };
    CHECK_EQUAL(seL4_TCB_ReadRegisters(thread.tcb, 0, 0, REGISTERS, &context), seL4_NoError);
    return context;
}

/// It does not run, whatever its program counter is.
static void check_stopped(void)
{
    seL4_Word badge;
    task_let_run(1);
    CHECK_EQUAL(seL4_MessageInfo_get_label(seL4_NBRecv(endpoint, &badge, reply)), seL4_Fault_NullFault);
    CHECK_EQUAL(badge, 0);
    CHECK_EQUAL(result, 0);
}

// ---- which registers ----------------------------------------------------------------------------

static void call_unknown(seL4_Word number)
{
    register seL4_Word x7 __asm__("x7") = number;
    __asm__ volatile("svc #0" : : "r"(x7) : "memory");
    result = 1;
    for (;;) {
        seL4_Yield();
    }
}

static void run_undefined(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile(".inst 0x00000000");
    result = 1;
    for (;;) {
        seL4_Yield();
    }
}

/// Registers beyond those that the answer sets are as they were.
static unsigned differences_from(const seL4_UserContext *a, const seL4_UserContext *b)
{
    unsigned different = 0;
    for (unsigned i = 0; i < REGISTERS; i++) {
        different += ((const seL4_Word *)a)[i] != ((const seL4_Word *)b)[i];
    }
    return different;
}

static void test_unknown_syscall(void)
{
    start(call_unknown, -200ul);
    CHECK_EQUAL(receive(seL4_Fault_UnknownSyscall), seL4_UnknownSyscall_Length);
    const seL4_UserContext before = registers();
    CHECK_EQUAL(message[seL4_UnknownSyscall_SPSR] & ~(seL4_Word)SPSR_FLAGS, SPSR_NATIVE);
    // All of them, and the thread stops.
    answer(STOP, seL4_UnknownSyscall_SPSR + 1);
    seL4_UserContext after = registers();
    const seL4_Word *x = &after.x0;
    for (seL4_Word i = 0; i < 8; i++) {
        CHECK_EQUAL(x[i], PATTERN + i);
    }
    CHECK_EQUAL(after.pc, PATTERN + seL4_UnknownSyscall_FaultIP);
    CHECK_EQUAL(after.sp, PATTERN + seL4_UnknownSyscall_SP);
    CHECK_EQUAL(after.x30, PATTERN + seL4_UnknownSyscall_LR);
    CHECK_EQUAL(after.spsr, SPSR_NATIVE);
    // pc, sp, x30 and x0 to x7; SPSR where the flags were set.
    CHECK_EQUAL(differences_from(&before, &after), 11 + (before.spsr != after.spsr));
    check_stopped();
    // A short answer sets the first ones only, and none but 0 lets the thread go on.
    start(call_unknown, -200ul);
    (void)receive(seL4_Fault_UnknownSyscall);
    const seL4_UserContext again = registers();
    answer(~0ul >> 12, 2);
    after = registers();
    CHECK(after.x0 == PATTERN && after.x1 == PATTERN + 1 && after.pc == again.pc);
    CHECK(differences_from(&again, &after) <= 2);
    check_stopped();
    // Words beyond the twelve are nothing.
    start(call_unknown, -200ul);
    (void)receive(seL4_Fault_UnknownSyscall);
    answer(STOP, 40);
    after = registers();
    CHECK(after.x9 == again.x9 && after.x28 == again.x28);
    // Resumed, the thread goes where the answer has put it.
    CHECK_EQUAL(seL4_TCB_Resume(thread.tcb), seL4_NoError);
    CHECK_EQUAL(receive(seL4_Fault_VMFault), seL4_VMFault_Length);
    CHECK_EQUAL(message[seL4_VMFault_IP], PATTERN + seL4_UnknownSyscall_FaultIP);
    CHECK_EQUAL(message[seL4_VMFault_PrefetchFault], 1);
}

static void test_user_exception(void)
{
    start(run_undefined, 0);
    CHECK_EQUAL(receive(seL4_Fault_UserException), seL4_UserException_Length);
    CHECK_EQUAL(message[seL4_UserException_Number], 0x02000000);
    CHECK_EQUAL(message[seL4_UserException_Code], 0);
    const seL4_Word at = message[seL4_UserException_FaultIP];
    const seL4_UserContext before = registers();
    CHECK_EQUAL(before.pc, at);
    CHECK_EQUAL(before.sp, message[seL4_UserException_SP]);
    CHECK_EQUAL(before.spsr, message[seL4_UserException_SPSR]);
    // Nothing is set: the same again.
    answer(0, 0);
    (void)receive(seL4_Fault_UserException);
    CHECK_EQUAL(message[seL4_UserException_FaultIP], at);
    // Mode and masks are not the handler's choice.
    seL4_SetMR(seL4_UserException_FaultIP, 0x1000);
    seL4_SetMR(seL4_UserException_SP, 0x2000);
    seL4_SetMR(seL4_UserException_SPSR, SPSR_FLAGS | 0x3c5);
    seL4_Send(reply, seL4_MessageInfo_new(STOP, 0, 0, 3));
    const seL4_UserContext after = registers();
    CHECK(after.pc == 0x1000 && after.sp == 0x2000 && after.x0 == before.x0);
    CHECK_EQUAL(after.spsr, SPSR_FLAGS | SPSR_NATIVE);
    check_stopped();
}

static void read_nothing(seL4_Word address)
{
    result = probe_read(address);
    for (;;) {
        seL4_Yield();
    }
}

static void run_breakpoint(seL4_Word unused)
{
    (void)unused;
    __asm__ volatile("brk #0");
    result = 1;
    for (;;) {
        seL4_Yield();
    }
}

static void send_nowhere(seL4_Word cptr)
{
    seL4_Send(cptr, seL4_MessageInfo_new(0, 0, 0, 0));
    result = 1;
    for (;;) {
        seL4_Yield();
    }
}

/// Of these answers nothing counts: the thread goes on where it was, with what it had.
static void test_ignored(void (*function)(seL4_Word), seL4_Word argument, seL4_Word label)
{
    start(function, argument);
    (void)receive(label);
    const seL4_UserContext before = registers();
    answer(STOP, 12);
    (void)receive(label);
    const seL4_UserContext after = registers();
    CHECK_EQUAL(differences_from(&before, &after), 0);
    CHECK_EQUAL(result, 0);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
}

/// A handler that has no reply object hears of the fault, and that was it: nobody can answer.
static void test_handler_waits(void)
{
    seL4_Word badge;
    for (int round = 0; round < 2; round++) {
        if (round == 0) {
            start(run_undefined, 0);
        } else {
            CHECK_EQUAL(seL4_TCB_Resume(thread.tcb), seL4_NoError);
            task_let_run(1); // it waits already
        }
        seL4_MessageInfo_t info = seL4_Wait(endpoint, &badge);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
        check_stopped();
    }
}

// ---- lookups ------------------------------------------------------------------------------------

static void wait_nowhere(seL4_Word cptr)
{
    seL4_Word badge;
    seL4_Wait(cptr, &badge);
    result = 1;
    for (;;) {
        seL4_Yield();
    }
}

/// The lookup of `cptr` fails, in a send and in a receive: type and up to three details.
static void check_lookup(seL4_Word cptr, seL4_Word type, seL4_Word count, seL4_Word a, seL4_Word b,
                         seL4_Word c)
{
    static void (*const ways[])(seL4_Word) = { send_nowhere, wait_nowhere };
    const seL4_Word details[] = { a, b, c };
    for (seL4_Word phase = 0; phase < 2; phase++) {
        start(ways[phase], cptr);
        CHECK_EQUAL(receive(seL4_Fault_CapFault), seL4_CapFault_LookupFailureType + 1 + count);
        CHECK_EQUAL(message[seL4_CapFault_IP], registers().pc);
        CHECK_EQUAL(message[seL4_CapFault_Addr], cptr);
        CHECK_EQUAL(message[seL4_CapFault_InRecvPhase], phase);
        CHECK_EQUAL(message[seL4_CapFault_LookupFailureType], type);
        for (seL4_Word i = 0; i < count; i++) {
            CHECK_EQUAL(message[seL4_CapFault_BitsLeft + i], details[i]);
        }
        CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    }
}

/// A CSpace of two levels: 56 bits of guard and 4 of index, then in slot 1 a CNode that needs more bits
/// than there are, and in slot 2 one with a guard.
static void test_lookups(void)
{
    seL4_CPtr untyped = task_object(seL4_UntypedObject, 13);
    seL4_CPtr root = task_slots(3);
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 4, ROOT, 0, 0, root, 1), seL4_NoError);
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 6, ROOT, 0, 0, root + 1, 1),
                seL4_NoError);
    CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 2, ROOT, 0, 0, root + 2, 1),
                seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(root, 1, 4, ROOT, root + 1, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Mint(root, 2, 4, ROOT, root + 2, 64, seL4_AllRights,
                                seL4_CNode_CapData_new(1, 2).words[0]), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, endpoint, root, seL4_CNode_CapData_new(0, 56).words[0],
                                  seL4_CapInitThreadVSpace, 0), seL4_NoError);
    check_lookup(0x100, seL4_GuardMismatch, 3, 64, 0, 56);
    check_lookup(0x1a, seL4_DepthMismatch, 2, 4, 6, 0);
    check_lookup(0x2a, seL4_GuardMismatch, 3, 4, 1, 2);
    // An empty slot is found. Nothing can be received on it; sending through it is no fault.
    start(wait_nowhere, 0x26);
    CHECK_EQUAL(receive(seL4_Fault_CapFault), seL4_CapFault_BitsLeft + 1);
    CHECK_EQUAL(message[seL4_CapFault_LookupFailureType], seL4_MissingCapability);
    CHECK_EQUAL(message[seL4_CapFault_BitsLeft], 0);
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    start(send_nowhere, 0x26);
    CHECK(task_let_reach(&result, 1));
    CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), seL4_NoError);
    // The CSpace goes away.
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, untyped, 64), seL4_NoError);
    check_lookup(0x26, seL4_InvalidRoot, 0, 0, 0, 0);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, endpoint, ROOT, 0, seL4_CapInitThreadVSpace, 0),
                seL4_NoError);
    task_delete(untyped);
}

// ---- registers ----------------------------------------------------------------------------------

static void test_spsr(void)
{
    static const seL4_Word modes[] = { 0x3c0, 0x3c4, 0x3c5, 0x3c8, 0x3c9, 0x3cd, 0x1f, 0x1d0 };
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        seL4_UserContext context = { .spsr = ~0ul << 22 | modes[i] };
        CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 0, 0, 3, &context), seL4_NoError);
        CHECK_EQUAL(registers().spsr, SPSR_FLAGS | SPSR_NATIVE);
    }
}

/// "Frame" are the first 17 of the context, "integer" the others.
static void test_copy_registers(void)
{
    const seL4_Word frame_count = 17;
    seL4_CPtr source = task_object(seL4_TCBObject, 0);
    seL4_UserContext context;
    seL4_Word *words = (seL4_Word *)&context;
    for (seL4_Word flags = 0; flags < 4; flags++) {
        for (seL4_Word i = 0; i < REGISTERS; i++) {
            words[i] = 0x1000 + i;
        }
        CHECK_EQUAL(seL4_TCB_WriteRegisters(source, 0, 0, REGISTERS, &context), seL4_NoError);
        context = (seL4_UserContext){ .spsr = SPSR_FLAGS };
        CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 0, 0, REGISTERS, &context), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_CopyRegisters(thread.tcb, source, 0, 0, flags & 1, flags >> 1, 0),
                    seL4_NoError);
        context = registers();
        for (seL4_Word i = 0; i < REGISTERS; i++) {
            const bool copied = (i < frame_count ? flags & 1 : flags >> 1) != 0;
            if (&words[i] == &context.spsr) {
                CHECK_EQUAL(words[i], SPSR_NATIVE | (copied ? 0 : SPSR_FLAGS));
            } else {
                CHECK_EQUAL(words[i], copied ? 0x1000 + i : 0);
            }
        }
    }
    task_delete(source);
}

/// Nobody to tell: the thread stops, and nothing else.
static void test_no_handler(void)
{
    CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, seL4_CapNull, ROOT, 0, seL4_CapInitThreadVSpace, 0),
                seL4_NoError);
    start(run_undefined, 0);
    check_stopped();
    CHECK_EQUAL(seL4_TCB_SetTLSBase(thread.tcb, thread.stack_top), seL4_NoError);
    start(send_nowhere, seL4_CapNull);
    CHECK(task_let_reach(&result, 1));
}

void test_replies(void)
{
    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    task_thread_create(&thread, 200, endpoint);
    task_thread_set_budget(&thread, 500, 5000, 0, 0); // leaves time for this thread
    test_unknown_syscall();
    test_user_exception();
    test_ignored(read_nothing, task_vaddr(4096), seL4_Fault_VMFault);
    test_ignored(run_breakpoint, 0, seL4_Fault_VCPUFault);
    test_ignored(send_nowhere, 1ul << 40, seL4_Fault_CapFault);
    test_handler_waits();
    test_lookups();
    test_spsr();
    test_copy_registers();
    CHECK_EQUAL(seL4_TCB_SetTLSBase(thread.tcb, thread.stack_top), seL4_NoError);
    test_no_handler();
    task_thread_delete(&thread);
    task_delete(endpoint);
    task_delete(reply);
}
