// SPDX-License-Identifier: BSD-2-Clause
// TCBs: registers, priorities, address spaces, buffers and flags.
#include "api.h"

// Of a register that tests write: its number in seL4_UserContext plus this.
#define PATTERN 0x1000

static seL4_UserContext pattern(void)
{
    seL4_UserContext context;
    for (unsigned i = 0; i < REGISTERS; i++) {
        ((seL4_Word *)&context)[i] = PATTERN + i;
    }
    context.spsr = 0;
    return context;
}

static void check_registers(seL4_CPtr tcb)
{
    seL4_UserContext written = pattern(), read;
    unsigned different = 0;
    SUCCEEDS(seL4_TCB_WriteRegisters(tcb, 0, 0, REGISTERS, &written));
    SUCCEEDS(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &read));
    read.spsr = 0;
    for (unsigned i = 0; i < REGISTERS; i++) {
        different += ((seL4_Word *)&read)[i] != ((seL4_Word *)&written)[i];
    }
    EQUAL(different, 0);
    CALL(seL4_TCB_ReadRegisters(tcb, 0, 0, 0, &read), seL4_RangeError);
    ANSWER(0, 1);
    ANSWER(1, REGISTERS);
    CALL(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS + 1, &read), seL4_RangeError);
    CALL(seL4_TCB_ReadRegisters(seL4_CapInitThreadTCB, 0, 0, 1, &read), seL4_IllegalOperation);
    CALL(seL4_TCB_WriteRegisters(seL4_CapInitThreadTCB, 0, 0, 1, &written), seL4_IllegalOperation);
    seL4_CPtr other = api_object(seL4_TCBObject, 0);
    SUCCEEDS(seL4_TCB_CopyRegisters(other, tcb, 0, 0, 1, 1, 0));
    SUCCEEDS(seL4_TCB_ReadRegisters(other, 0, 0, REGISTERS, &read));
    EQUAL(read.pc, written.pc);
    EQUAL(read.x0, written.x0);
    EQUAL(read.x9, written.x9);
    EQUAL(read.x28, written.x28);
    SUCCEEDS(seL4_CNode_Delete(ROOT, other, DEPTH));
}

/// A message as stubs of release 16.0.0 send it: only so many registers as are written.
static seL4_Word call_registers(seL4_CPtr tcb, seL4_Word label, seL4_Word count, seL4_Word words)
{
    seL4_SetMR(0, 0);
    seL4_SetMR(1, count);
    for (seL4_Word i = 2; i < words; i++) {
        seL4_SetMR((int)i, 0x2000 + i - 2);
    }
    seL4_MessageInfo_t info = seL4_Call(tcb, seL4_MessageInfo_new(label, 0, 0, words));
    api_keep(0);
    api_result[0] = seL4_MessageInfo_get_length(info);
    return seL4_MessageInfo_get_label(info);
}

static void check_short_messages(seL4_CPtr tcb)
{
    seL4_UserContext read;
    EQUAL(call_registers(tcb, TCBWriteRegisters, 4, 6), seL4_NoError);
    EQUAL(call_registers(tcb, TCBReadRegisters, 4, 2), seL4_NoError);
    EQUAL(api_result[0], 4);
    ANSWER(0, 0x2000);
    ANSWER(3, 0x2003);
    SUCCEEDS(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &read));
    EQUAL(read.x1, pattern().x1);
    EQUAL(read.x28, pattern().x28);
    EQUAL(call_registers(tcb, TCBWriteRegisters, 5, 6), seL4_TruncatedMessage);
    EQUAL(call_registers(tcb, TCBWriteRegisters, 0, 2), seL4_NoError);
    EQUAL(call_registers(tcb, TCBSetPriority, 0, 1), seL4_TruncatedMessage); // no authority
}

static void check_priorities(seL4_CPtr tcb, seL4_CPtr authority)
{
    CALL(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, seL4_MaxPrio + 1), seL4_RangeError);
    ANSWER(0, seL4_MinPrio);
    ANSWER(1, seL4_MaxPrio);
    CALL(seL4_TCB_SetPriority(tcb, authority, 101), seL4_RangeError);
    ANSWER(1, 100); // its maximum controlled priority
    CALL(seL4_TCB_SetPriority(tcb, api_endpoint, 1), seL4_InvalidCapability);
    ANSWER(0, 1);
    SUCCEEDS(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 10));
    SUCCEEDS(seL4_TCB_SetMCPriority(tcb, seL4_CapInitThreadTCB, 10));
}

static seL4_Error configure(seL4_CPtr tcb, seL4_CPtr cspace, seL4_CPtr vspace, seL4_Word buffer,
                            seL4_CPtr frame)
{
    return seL4_TCB_Configure(tcb, cspace, 0, vspace, 0, buffer, frame);
}

static void check_spaces(seL4_CPtr tcb, const struct api_thread *thread)
{
    seL4_Word buffer = (seL4_Word)thread->buffer;
    CALL(configure(tcb, ROOT, VSPACE, buffer + 8, thread->frame), seL4_AlignmentError);
    CALL(configure(tcb, ROOT, VSPACE, buffer, api_endpoint), seL4_IllegalOperation);
    CALL(configure(tcb, api_endpoint, VSPACE, buffer, thread->frame), seL4_IllegalOperation);
    CALL(configure(tcb, ROOT, api_endpoint, buffer, thread->frame), seL4_IllegalOperation);
    SUCCEEDS(seL4_TCB_SetIPCBuffer(tcb, 0, 0));
    SUCCEEDS(seL4_TCB_SetIPCBuffer(tcb, buffer, thread->frame));
    SUCCEEDS(seL4_TCB_SetSpace(tcb, api_endpoint, ROOT, 0, VSPACE, 0));
    CALL(seL4_TCB_SetSpace(tcb, api_notification, ROOT, 0, VSPACE, 0), seL4_InvalidCapability);
    ANSWER(0, 1);
    SUCCEEDS(seL4_TCB_SetTimeoutEndpoint(tcb, api_endpoint));
    CALL(seL4_TCB_SetTimeoutEndpoint(tcb, api_notification), seL4_InvalidCapability);
    ANSWER(0, 1);
}

static void check_flags(seL4_CPtr tcb)
{
    seL4_TCB_SetFlags_t flags = seL4_TCB_SetFlags(tcb, 0, 0);
    EQUAL(flags.error, seL4_NoError);
    EQUAL(flags.flags, 0);
    flags = seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled);
    EQUAL(flags.flags, seL4_TCBFlag_fpuDisabled);
    flags = seL4_TCB_SetFlags(tcb, seL4_TCBFlag_fpuDisabled, 0x100); // one that does not exist is left out
    EQUAL(flags.flags, 0);
}

void test_threads(void)
{
    struct api_thread *thread = api_thread(100, 5000, 50000, 0);
    seL4_CPtr tcb = api_object(seL4_TCBObject, 0);
    check_registers(thread->tcb);
    check_short_messages(thread->tcb);
    check_priorities(tcb, thread->tcb);
    check_spaces(tcb, thread);
    check_flags(tcb);
    SUCCEEDS(seL4_CNode_Delete(ROOT, tcb, DEPTH));
}
