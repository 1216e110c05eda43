// SPDX-License-Identifier: BSD-2-Clause
// Random calls of everything but the firmware and the domains, by a thread whose CSpace holds all kinds of
// objects and nothing else: what the fuzzer on the build machine can't reach is the architecture's half of
// the kernel. The kernel must live (debug kernels check themselves), and all memory must come back.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define ROUNDS 48
#define CALLS 400
#define NODE_BITS 6
#define SLOTS (1u << NODE_BITS)
// Slots that fill() uses.
#define FIRST_TCB 5u
#define FIRST_SC 13u
#define FIRST_VSPACE 18u
#define FIRST_TABLE 23u
#define NODE_SLOT 31u
#define NOWHERE ((seL4_Word)1 << 40) ///< no cap of the thread: waiting there tells that it is done
#define GUEST_RAM 0x40000000u
#define ENDPOINT_TYPE 4 ///< of seL4_DebugCapIdentify()

static seL4_Word state;
static seL4_Word succeeded[nArchInvocationLabels]; ///< calls, by label

static seL4_Word next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/// A word that a decoder could stumble over.
static seL4_Word random_word(void)
{
    static const seL4_Word values[] = {
        0, 1, 2, 3, 4, 5, 8, 12, 13, 21, 27, 30, 31, 47, 63, 64, 65, 255, 256, 1000, 1023, 1024, 4095,
        4096, 8192, 0x200000, 0x400000, 0x40000000, 1ul << 39, (1ul << 40) - 4096, 1ul << 40, 1ul << 47,
        1ul << 63, ~0ul, ~0ul << 12, 1ul << 32, 0x3c5, 0x100000000 | 40, 0x1f00001b,
    };
    const seL4_Word choice = next_random();
    switch (choice & 7) {
    case 0:
        return next_random();
    case 1:
    case 2:
        return choice >> 8 & (SLOTS - 1);
    case 3:
        return (choice >> 8 & 0x3ff) << 12;
    case 4:
        return choice >> 8 & 0xf;
    default:
        return values[(choice >> 8) % (sizeof(values) / sizeof(values[0]))];
    }
}

/// Labels of each type of cap, by seL4_DebugCapIdentify()'s number.
static const struct {
    seL4_Word type, first, last;
} methods[] = {
    { 1, ARMPageMap, ARMPageGetAddress },
    { 2, UntypedRetype, UntypedRetype },
    { 3, ARMPageTableMap, ARMPageTableMap },
    { 9, ARMVSpaceClean_Data, ARMVSpaceUnify_Instruction },
    { 10, CNodeCancelBadgedSends, CNodeRotate },
    { 11, ARMASIDControlMakePool, ARMASIDControlMakePool },
    { 12, TCBReadRegisters, TCBSetFlags },
    { 13, ARMASIDPoolAssign, ARMASIDPoolAssign },
    { 14, ARMIRQIssueIRQHandlerTrigger, nArchInvocationLabels - 1 },
    { 15, ARMVCPUSetTCB, ARMVCPUAckVPPI },
    { 16, IRQAckIRQ, IRQClearIRQHandler },
    { 22, SchedContextBind, SchedContextYieldTo },
    { 24, SchedControlConfigureFlags, SchedControlConfigureFlags },
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/// The cap's type; release kernels don't tell.
static seL4_Word type_of(seL4_CPtr cap)
{
#if CONFIG_DEBUG_BUILD
    return seL4_DebugCapIdentify(cap);
#else
    (void)cap;
    return ENDPOINT_TYPE;
#endif
}

/// Mostly one that the cap has; seldom one that takes everything away.
static seL4_Word random_label(seL4_Word type)
{
    const seL4_Word choice = next_random();
    for (unsigned i = 0; i < METHODS && (choice & 0xf) != 0; i++) {
        if (methods[i].type == type) {
            return methods[i].first + (choice >> 4) % (methods[i].last - methods[i].first + 1);
        }
    }
    return (choice & 0x3f0) == 0 ? choice >> 10 : (choice >> 10) % nArchInvocationLabels;
}

static void note_answer(seL4_Word type, seL4_Word label, seL4_Word error)
{
    for (unsigned i = 0; i < METHODS; i++) {
        if (methods[i].type == type && label >= methods[i].first && label <= methods[i].last) {
            succeeded[label] += error == seL4_NoError;
        }
    }
}

/// A cap that the call could be about.
static seL4_CPtr likely_cap(seL4_Word label)
{
    const seL4_Word choice = next_random();
    switch (label) {
    case ARMPageMap:
    case ARMPageTableMap:
        return (choice & 8) != 0 ? FIRST_VSPACE + (choice & 1) : SLOTS - 3 + (choice & 1);
    case TCBCopyRegisters:
    case TCBSetPriority:
    case TCBSetMCPriority:
    case SchedContextBind:
    case SchedContextUnbindObject:
    case ARMVCPUSetTCB:
        return FIRST_TCB + choice % 3;
    case SchedControlConfigureFlags:
        return FIRST_SC + choice % 3;
    case ARMASIDControlMakePool:
        return 3 + (choice & 1); // untypeds of a page
    default:
        return NODE_SLOT;
    }
}

/// Words and caps of a message.
static void set_message(seL4_Word label)
{
    for (int k = 0; k < 8; k++) {
        seL4_SetMR(k, random_word());
    }
    // Slots of the CNode, often enough.
    if ((next_random() & 1) != 0) {
        seL4_SetMR(1, NODE_BITS);
        seL4_SetMR(3, NODE_BITS);
    }
    for (int k = 0; k < 3; k++) {
        const seL4_Word choice = next_random();
        seL4_SetCap(k, (choice & 1) == 0 ? likely_cap(label) : (choice >> 8) % SLOTS);
    }
    if (label == ARMPageMap && (next_random() & 1) != 0) {
        seL4_SetMR(0, (next_random() & 0x1ff) << 12);
    }
    if (label == UntypedRetype && (next_random() & 3) != 0) {
        const seL4_Word choice = next_random();
        const seL4_Word words[] = { choice % seL4_ObjectTypeCount, choice >> 8 & 0xf, 0, 0,
                                    40 + (choice >> 16 & 0xf), 1 + (choice >> 20 & 3) };
        for (int k = 0; k < 6; k++) {
            seL4_SetMR(k, words[k]);
        }
    }
}

static void random_calls(seL4_Word seed)
{
    seL4_Word badge;
    state = seed;
    for (int i = 0; i < CALLS; i++) {
        const seL4_Word choice = next_random();
        const seL4_CPtr cap = (choice & 7) == 0 ? NODE_SLOT : (choice >> 8) % ((choice & 8) ? SLOTS : 40);
        const seL4_Word type = type_of(cap);
        const seL4_Word label = random_label(type);
        set_message(label);
        const seL4_MessageInfo_t info =
            seL4_MessageInfo_new(label, 0, next_random() % 4, next_random() % 40);
        if (type == ENDPOINT_TYPE) {
            seL4_NBSend(cap, info); // a call could wait for ever
        } else {
            note_answer(type, label, seL4_MessageInfo_get_label(seL4_Call(cap, info)));
        }
    }
    for (;;) {
        seL4_Wait(NOWHERE, &badge);
    }
}

// ---- what it has --------------------------------------------------------------------------------

/// Objects of `untyped` in the slots of `node`, by its own numbers.
static void fill(seL4_CPtr node, seL4_CPtr untyped, seL4_CPtr device)
{
    static const struct {
        seL4_Word type, bits, count;
    } objects[] = {
        { seL4_UntypedObject, 14, 2 },     { seL4_UntypedObject, 12, 2 },   { seL4_TCBObject, 0, 3 },
        { seL4_EndpointObject, 0, 1 },     { seL4_NotificationObject, 0, 2 }, { seL4_CapTableObject, 4, 2 },
        { seL4_SchedContextObject, 8, 3 }, { seL4_ReplyObject, 0, 2 },      { seL4_ARM_VSpaceObject, 0, 2 },
        { seL4_ARM_SmallPageObject, 0, 3 }, { seL4_ARM_PageTableObject, 0, 4 },
        { seL4_ARM_VCPUObject, 0, 2 },     { seL4_ARM_LargePageObject, 0, 1 },
    };
    const seL4_CPtr own[] = { seL4_CapIRQControl, seL4_CapASIDControl };
    seL4_Word slot = 1;
    for (unsigned i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        CHECK_EQUAL(seL4_Untyped_Retype(untyped, objects[i].type, objects[i].bits, ROOT, node, 64, slot,
                                        objects[i].count), seL4_NoError);
        slot += objects[i].count;
    }
    CHECK_EQUAL(seL4_Untyped_Retype(device, seL4_ARM_SmallPageObject, 0, ROOT, node, 64, slot++, 1),
                seL4_NoError);
    CHECK_EQUAL(slot, NODE_SLOT);
    CHECK_EQUAL(seL4_CNode_Copy(node, slot++, NODE_BITS, ROOT, node, 64, seL4_AllRights), seL4_NoError);
    for (unsigned i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        CHECK_EQUAL(seL4_CNode_Copy(node, slot++, NODE_BITS, ROOT, task_info->schedcontrol.start + i, 64,
                                    seL4_AllRights), seL4_NoError);
    }
    // IRQControl can't be copied; its children are made for it.
    CHECK_EQUAL(seL4_IRQControl_Get(own[0], 60, node, slot++, NODE_BITS), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Copy(node, slot++, NODE_BITS, ROOT, own[1], 64, seL4_AllRights), seL4_NoError);
    CHECK(slot < SLOTS);
}

/// An ASID pool, tables for the first 2 MiB of both address spaces, and threads with time, so that they run
/// and guests can be made.
static void prepare(seL4_CPtr node, seL4_CPtr pool_memory, seL4_CPtr faults)
{
    seL4_CPtr slots = task_slots(3);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pool_memory, node, SLOTS - 1, NODE_BITS),
                seL4_NoError);
    for (seL4_Word i = 0; i < 2; i++) {
        CHECK_EQUAL(seL4_CNode_Move(ROOT, slots, 64, node, SLOTS - 1, NODE_BITS), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Move(ROOT, slots + 1, 64, node, FIRST_VSPACE + i, NODE_BITS), seL4_NoError);
        CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(slots, slots + 1), seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Move(node, SLOTS - 1, NODE_BITS, ROOT, slots, 64), seL4_NoError);
        for (seL4_Word table = FIRST_TABLE + 2 * i; table < FIRST_TABLE + 2 * i + 2; table++) {
            CHECK_EQUAL(seL4_CNode_Move(ROOT, slots, 64, node, table, NODE_BITS), seL4_NoError);
            CHECK_EQUAL(seL4_ARM_PageTable_Map(slots, slots + 1, 0, seL4_ARM_Default_VMAttributes),
                        seL4_NoError);
            CHECK_EQUAL(seL4_CNode_Move(node, table, NODE_BITS, ROOT, slots, 64), seL4_NoError);
        }
        CHECK_EQUAL(seL4_CNode_Copy(node, SLOTS - 2 - i, NODE_BITS, ROOT, slots + 1, 64, seL4_AllRights),
                    seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Copy(ROOT, slots + 2, 64, node, FIRST_SC + i, NODE_BITS, seL4_AllRights),
                    seL4_NoError);
        CHECK_EQUAL(seL4_SchedControl_Configure(task_info->schedcontrol.start, slots + 2, 500, 2000, 0, 0),
                    seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Copy(ROOT, slots, 64, node, FIRST_TCB + i, NODE_BITS, seL4_AllRights),
                    seL4_NoError);
        CHECK_EQUAL(seL4_TCB_SetSpace(slots, faults, node, 0, slots + 1, 0), seL4_NoError);
        CHECK_EQUAL(seL4_TCB_SetSchedParams(slots, seL4_CapInitThreadTCB, 1, 1, slots + 2, faults),
                    seL4_NoError);
        CHECK_EQUAL(seL4_CNode_Move(node, FIRST_VSPACE + i, NODE_BITS, ROOT, slots + 1, 64), seL4_NoError);
        task_delete(slots);
        task_delete(slots + 2);
    }
}

static void run_round(struct task_thread *thread, seL4_Word seed, seL4_CPtr memory, seL4_CPtr device)
{
    enum { UNTYPED_BITS = 23 };
    seL4_CPtr slots = task_slots(4);
    seL4_CPtr faults = task_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = task_object(seL4_ReplyObject, 0);
    seL4_Word badge;
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_UntypedObject, UNTYPED_BITS - 1, ROOT, 0, 0, slots, 1),
                seL4_NoError);
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_CapTableObject, NODE_BITS, ROOT, 0, 0, slots + 1, 1),
                seL4_NoError);
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_UntypedObject, seL4_ASIDPoolBits, ROOT, 0, 0, slots + 2, 1),
                seL4_NoError);
    // As the CSpace, 58 bits of guard and 6 of index; without a guard where it is a CNode to work on.
    fill(slots + 1, slots, device);
    prepare(slots + 1, slots + 2, faults);
    CHECK_EQUAL(seL4_TCB_SetSpace(thread->tcb, faults, slots + 1,
                                  seL4_CNode_CapData_new(0, seL4_WordBits - NODE_BITS).words[0],
                                  seL4_CapInitThreadVSpace, 0), seL4_NoError);
    task_thread_start(thread, random_calls, seed);
    seL4_MessageInfo_t info = seL4_Recv(faults, &badge, reply);
    while (seL4_GetMR(seL4_CapFault_Addr) != NOWHERE
           || seL4_MessageInfo_get_label(info) != seL4_Fault_CapFault) {
        info = seL4_Recv(faults, &badge, reply); // of a thread that it has started, and nobody answers
    }
    task_let_run(1);
    CHECK_EQUAL(seL4_TCB_Suspend(thread->tcb), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, memory, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Revoke(ROOT, device, 64), seL4_NoError);
    CHECK(task_is_empty(slots) && task_is_empty(slots + 1) && task_is_empty(slots + 2));
    CHECK_EQUAL(seL4_Untyped_Retype(memory, seL4_UntypedObject, UNTYPED_BITS, ROOT, 0, 0, slots, 1),
                seL4_NoError);
    task_delete(slots);
    task_delete(faults);
    task_delete(reply);
}

/// Debug kernels: enough different calls have succeeded for this to be worth anything.
static void check_variety(void)
{
#if CONFIG_DEBUG_BUILD
    unsigned kinds = 0;
    for (unsigned i = 0; i < nArchInvocationLabels; i++) {
        task_print_number(" ", succeeded[i]);
        kinds += succeeded[i] != 0;
    }
    task_print("\n");
    CHECK(kinds >= 25);
#endif
}

void test_random(void)
{
    struct task_thread thread;
    seL4_CPtr memory = task_object(seL4_UntypedObject, 23);
    seL4_CPtr device = task_slot();
    CHECK_EQUAL(seL4_Untyped_Retype(task_device_untyped(GUEST_RAM), seL4_UntypedObject, 21, ROOT, 0, 0,
                                    device, 1), seL4_NoError);
    task_thread_create(&thread, 200, 0);
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        run_round(&thread, 0x9e3779b97f4a7c15 * (i + 1), memory, device);
    }
    check_variety();
    task_thread_delete(&thread);
    task_delete(memory);
    task_delete(device);
}
