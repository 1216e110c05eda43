// SPDX-License-Identifier: BSD-2-Clause
// No guest leaves anything behind for another one. One guest writes a value to every system register that
// it can, then another, with a new VCPU, reads all of them. Both are done a second time with the inverted
// value: no register may read differently then. Whatever the CPU has is in this, known to the kernel or not.
#include "task.h"

#include <abi/extensions.h>

#define ROOT seL4_CapInitThreadCNode
#define EL1H_MASKED 0x3c5u
#define GUEST_DATA 0x50000000u
#define MRS_X9 0xd5300009u // of op0 2, and the lowest of the others
#define MSR_X9 0xd5100009u
#define VALUE 0x5a5a5a5a5a5a5a5au

/// Registers are numbered by op0 (2 or 3), op1, CRn, CRm and op2, as in an instruction's bits 19 to 5.
#define REGISTERS 0x8000u
#define REGISTER(op0, op1, crn, crm, op2) \
    (((op0) - 2) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/// What the guests find at GUEST_DATA.
struct shared {
    seL4_Word values[REGISTERS]; ///< read, or written; ~0 where there is no such register
    unsigned char left_out[REGISTERS];
};

static seL4_CPtr endpoint, reply, frame;
static struct shared *shared;
static seL4_Word first_values[REGISTERS];

/// Left out in writing: what the guest stands on. SCTLR_EL1 and VBAR_EL1, and PSTATE with the registers of
/// exceptions, which are in its thread's context.
static bool is_vital(seL4_Word number)
{
    return number == REGISTER(3u, 0u, 1u, 0u, 0u) || number == REGISTER(3u, 0u, 12u, 0u, 0u)
           || (number & ~(seL4_Word)0x7f) == REGISTER(3u, 0u, 4u, 0u, 0u)
           || (number & ~(seL4_Word)7) == REGISTER(3u, 3u, 4u, 2u, 0u);
}

/// Left out in reading: counters, what is left of the virtual timer, and random numbers.
static bool changes_by_itself(seL4_Word number)
{
    return (number & ~(seL4_Word)7) == REGISTER(3u, 3u, 14u, 0u, 0u)
           || number == REGISTER(3u, 3u, 14u, 3u, 0u)
           || (number & ~(seL4_Word)7) == REGISTER(3u, 3u, 2u, 4u, 0u);
}

/// Answers the guest's traps until it is at its end. Returns how many there were.
static unsigned serve(void)
{
    seL4_Word badge;
    unsigned traps = 0;
    for (;;) {
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        const seL4_Word label = seL4_MessageInfo_get_label(info);
        if (label == seL4_Fault_VCPUFault) {
            traps++;
            seL4_Send(reply, seL4_MessageInfo_new(ROOKERY_REPLY_STEP, 0, 0, 0));
        } else if (label == seL4_Fault_VPPIEvent) {
            seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0)); // not acknowledged: the only one
        } else {
            CHECK_EQUAL(label, seL4_Fault_UnknownSyscall);
            CHECK_EQUAL(seL4_GetMR(0), 0x7101);
            return traps;
        }
    }
}

/// A new guest that executes `code`, for instruction and value see start.S. Who writes has an interrupt
/// pending, too.
static void start_guest(struct task_thread *guest, const char *code, seL4_Word instruction, seL4_Word value)
{
    seL4_Word entry;
    seL4_CPtr copy = task_slot();
    seL4_CPtr vspace = test_vcpu_memory(&entry);
    seL4_CPtr vcpu = task_object(seL4_ARM_VCPUObject, 0);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, frame, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(task_map(vspace, copy, GUEST_DATA, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    task_thread_create(guest, 150, endpoint);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest->tcb, endpoint, seL4_CapNull, 0, vspace, 0), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetTLSBase(guest->tcb, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vcpu, guest->tcb), seL4_NoError);
    if (value != 0) {
        CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 40 + (value & 1), 0, TASK_VIRQ_GROUP, 0), seL4_NoError);
    }
    seL4_UserContext context = {
        .pc = entry + (seL4_Word)(code - guest_code),
        .spsr = EL1H_MASKED,
        .x0 = instruction,
        .x1 = value,
        .x2 = GUEST_DATA,
        .x3 = GUEST_DATA + __builtin_offsetof(struct shared, left_out),
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest->tcb, 1, 0, 7, &context), seL4_NoError);
}

/// A new guest executes `instruction` for each register, with `value` in x9.
static void sweep(struct task_thread *guest, uint32_t instruction, seL4_Word value)
{
    const bool writes = instruction == MSR_X9;
    for (seL4_Word i = 0; i < REGISTERS; i++) {
        shared->values[i] = 0;
        shared->left_out[i] = writes ? is_vital(i) : changes_by_itself(i);
    }
    CHECK_EQUAL(seL4_ARM_Page_CleanInvalidate_Data(frame, 0, sizeof(*shared)), seL4_NoError);
    start_guest(guest, guest_sweep, instruction, value);
    // Debug and performance monitor registers at least trap.
    CHECK(serve() > 20);
    CHECK_EQUAL(seL4_ARM_Page_CleanInvalidate_Data(frame, 0, sizeof(*shared)), seL4_NoError);
}

static void report(seL4_Word number, seL4_Word first, seL4_Word second)
{
    task_print_number("a register keeps what another guest wrote: op0 ", (number >> 14) + 2);
    task_print_number(" op1 ", number >> 11 & 7);
    task_print_number(" CRn ", number >> 7 & 15);
    task_print_number(" CRm ", number >> 3 & 15);
    task_print_number(" op2 ", number & 7);
    task_print_word(": ", first);
    task_print_word(", ", second);
    task_print("\n");
}

static void compare(void)
{
    unsigned leaks = 0;
    for (seL4_Word i = 0; i < REGISTERS; i++) {
        if (shared->values[i] != first_values[i] && !changes_by_itself(i)) {
            report(i, first_values[i], shared->values[i]);
            leaks++;
        }
    }
    CHECK_EQUAL(leaks, 0);
}

/// The sweep does write: these hold what the writer was given, in its own VCPU.
static void check_written(seL4_Word value)
{
    CHECK_EQUAL(shared->values[REGISTER(3u, 3u, 13u, 0u, 2u)], value); // TPIDR_EL0
    CHECK_EQUAL(shared->values[REGISTER(3u, 0u, 13u, 0u, 4u)], value); // TPIDR_EL1
    CHECK_EQUAL(shared->values[REGISTER(3u, 4u, 1u, 1u, 0u)], ~0ul);   // HCR_EL2
}

#if GIC_VERSION == 2
/// The same of what a GICv2's virtual CPU interface has in memory: what the reader sees of it in `words`.
static void read_interface(seL4_Word value, seL4_Word words[6])
{
    struct task_thread guests[2];
    seL4_Word badge;
    for (int reads = 0; reads < 2; reads++) {
        start_guest(&guests[reads], reads ? guest_look : guest_scribble, 0, reads ? 0 : value);
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
        CHECK_EQUAL(seL4_GetMR(0), 0x7201 + (seL4_Word)reads);
        for (int i = 0; i < 6; i++) {
            words[i] = seL4_GetMR(1 + i);
        }
        if (reads == 0) {
            CHECK_EQUAL(words[1], value & 0xf8); // the writer's priority mask, of 32 priorities
            CHECK(value == VALUE || words[4] == 40 + (value & 1)); // with its group enabled
        }
    }
    for (int i = 0; i < 2; i++) {
        task_thread_delete(&guests[i]);
    }
}

static void test_interface(void)
{
    seL4_Word first[6], second[6];
    read_interface(VALUE, first);
    read_interface(~VALUE, second);
    for (int i = 0; i < 6; i++) {
        CHECK_EQUAL(first[i], second[i]);
    }
    CHECK(first[0] == 0 && first[1] == 0 && first[4] == 1023);
}
#else
static void test_interface(void)
{
    // Its registers are system registers.
}
#endif

void test_leaks(void)
{
    struct task_thread guests[4];
    const seL4_Word vaddr = task_vaddr(sizeof(*shared));
    endpoint = task_object(seL4_EndpointObject, 0);
    reply = task_object(seL4_ReplyObject, 0);
    frame = task_object(seL4_ARM_LargePageObject, 0);
    CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, frame, vaddr, seL4_ReadWrite,
                         seL4_ARM_Default_VMAttributes), seL4_NoError);
    shared = (struct shared *)vaddr;
    sweep(&guests[0], MSR_X9, VALUE);
    check_written(VALUE);
    sweep(&guests[1], MRS_X9, 0);
    for (seL4_Word i = 0; i < REGISTERS; i++) {
        first_values[i] = shared->values[i];
    }
    sweep(&guests[2], MSR_X9, ~VALUE);
    check_written(~VALUE);
    sweep(&guests[3], MRS_X9, 0);
    compare();
    test_interface();
    for (int i = 0; i < 4; i++) {
        task_thread_delete(&guests[i]);
    }
    task_delete(frame);
    task_delete(endpoint);
    task_delete(reply);
}
