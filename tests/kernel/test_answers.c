// SPDX-License-Identifier: BSD-2-Clause
// What every object answers to calls that it does not have, to messages that are too short, and to
// arguments that it can't take: error and message registers, as the interface's tables say.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define VSPACE seL4_CapInitThreadVSpace
#define ATTRIBUTES seL4_ARM_Default_VMAttributes
#define IRQ 60
#define GUEST_RAM 0x40000000u

/// One object of each kind.
static struct {
    seL4_CPtr untyped, tcb, handler, sc, notification, frame, table, vspace, vcpu, endpoint;
} object;

/// The last call's error came with these message registers.
static void check_words(seL4_Word error, seL4_Word expected, seL4_Word count, seL4_Word w0,
                        seL4_Word w1)
{
    CHECK_EQUAL(error, expected);
    CHECK(count < 1 || seL4_GetMR(0) == w0);
    CHECK(count < 2 || seL4_GetMR(1) == w1);
}

static void create_objects(void)
{
    object.untyped = task_object(seL4_UntypedObject, 13);
    object.tcb = task_object(seL4_TCBObject, 0);
    object.sc = task_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    object.notification = task_object(seL4_NotificationObject, 0);
    object.frame = task_object(seL4_ARM_SmallPageObject, 0);
    object.table = task_object(seL4_ARM_PageTableObject, 0);
    object.vspace = task_vspace();
    object.vcpu = task_object(seL4_ARM_VCPUObject, 0);
    object.endpoint = task_object(seL4_EndpointObject, 0);
    object.handler = task_slot();
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, IRQ, ROOT, object.handler, 64),
                seL4_NoError);
}

static void delete_objects(void)
{
    const seL4_CPtr *caps = &object.untyped;
    for (unsigned i = 0; i < sizeof(object) / sizeof(*caps); i++) {
        task_delete(caps[i]);
    }
}

/// A call with as many words and caps as it needs, or fewer.
static seL4_Word short_call(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word words)
{
    for (unsigned i = 0; i < 3; i++) {
        seL4_SetCap((int)i, ROOT);
    }
    for (int i = 4; i < 8; i++) {
        seL4_SetMR(i, 0);
    }
    return SEL4_INVOKE(service, label, caps, words, 0, 0, 0, 0);
}

/// Words and caps that each call takes at least.
static void test_truncated(void)
{
    const struct {
        seL4_CPtr service;
        seL4_Word label, words, caps;
    } calls[] = {
        { object.untyped, UntypedRetype, 6, 1 },
        { object.tcb, TCBReadRegisters, 2, 0 },
        { object.tcb, TCBWriteRegisters, 2, 0 },
        { object.tcb, TCBCopyRegisters, 1, 1 },
        { object.tcb, TCBConfigure, 3, 3 },
        { object.tcb, TCBSetPriority, 1, 1 },
        { object.tcb, TCBSetMCPriority, 1, 1 },
        { object.tcb, TCBSetSchedParams, 2, 3 },
        { object.tcb, TCBSetTimeoutEndpoint, 0, 1 },
        { object.tcb, TCBSetIPCBuffer, 1, 1 },
        { object.tcb, TCBSetSpace, 2, 3 },
        { object.tcb, TCBBindNotification, 0, 1 },
        { object.tcb, TCBSetTLSBase, 1, 0 },
        { object.tcb, TCBSetFlags, 2, 0 },
        { ROOT, CNodeRevoke, 2, 0 },
        { ROOT, CNodeDelete, 2, 0 },
        { ROOT, CNodeCancelBadgedSends, 2, 0 },
        { seL4_CapIRQControl, IRQIssueIRQHandler, 3, 1 },
        { seL4_CapIRQControl, ARMIRQIssueIRQHandlerTrigger, 4, 1 },
#if CONFIG_MAX_NUM_NODES > 1
        { seL4_CapIRQControl, ARMIRQIssueIRQHandlerTriggerCore, 5, 1 },
#else
        { seL4_CapIRQControl, ARMIRQIssueSGISignal, 4, 1 },
#endif
        { object.handler, IRQSetIRQHandler, 0, 1 },
        { seL4_CapDomain, DomainSetSet, 1, 1 },
        { seL4_CapDomain, DomainScheduleConfigure, 3, 0 },
        { seL4_CapDomain, DomainScheduleSetStart, 1, 0 },
        { task_info->schedcontrol.start, SchedControlConfigureFlags, 5, 1 },
        { object.sc, SchedContextBind, 0, 1 },
        { object.sc, SchedContextUnbindObject, 0, 1 },
        { object.vspace, ARMVSpaceClean_Data, 2, 0 },
        { object.vspace, ARMVSpaceUnify_Instruction, 2, 0 },
#if CONFIG_ALLOW_SMC_CALLS
        { seL4_CapSMC, ARMSMCCall, 8, 0 },
#endif
        { object.table, ARMPageTableMap, 2, 1 },
        { object.frame, ARMPageMap, 3, 1 },
        { object.frame, ARMPageClean_Data, 2, 0 },
        { object.frame, ARMPageUnify_Instruction, 2, 0 },
        { seL4_CapASIDControl, ARMASIDControlMakePool, 2, 2 },
        { seL4_CapInitThreadASIDPool, ARMASIDPoolAssign, 0, 1 },
        { object.vcpu, ARMVCPUSetTCB, 0, 1 },
        { object.vcpu, ARMVCPUInjectIRQ, 1, 0 },
        { object.vcpu, ARMVCPUReadReg, 1, 0 },
        { object.vcpu, ARMVCPUWriteReg, 2, 0 },
        { object.vcpu, ARMVCPUAckVPPI, 1, 0 },
    };
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        seL4_Word words = calls[i].words;
        seL4_Word caps = calls[i].caps;
        bool right = words == 0
                     || short_call(calls[i].service, calls[i].label, caps, words - 1)
                            == seL4_TruncatedMessage;
        right &= caps == 0
                 || short_call(calls[i].service, calls[i].label, caps - 1, words)
                        == seL4_TruncatedMessage;
        if (!CHECK(right)) {
            task_print_number("label", calls[i].label);
        }
    }
}

/// Labels that an object does not have; what is no object at all.
static void test_unknown_labels(void)
{
    const seL4_CPtr services[] = {
        object.untyped, object.tcb, ROOT, seL4_CapIRQControl, object.handler, seL4_CapDomain,
        object.sc, task_info->schedcontrol.start, object.frame, object.table, object.vspace,
        seL4_CapASIDControl, seL4_CapInitThreadASIDPool, object.vcpu,
#if CONFIG_ALLOW_SMC_CALLS
        seL4_CapSMC,
#endif
    };
    for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        CHECK_EQUAL(short_call(services[i], InvalidInvocation, 0, 0), seL4_IllegalOperation);
        CHECK_EQUAL(short_call(services[i], nArchInvocationLabels, 0, 0), seL4_IllegalOperation);
        CHECK_EQUAL(short_call(services[i], ~0ul >> 12, 3, 8), seL4_IllegalOperation);
    }
    check_words(short_call(task_slot(), UntypedRetype, 0, 0), seL4_InvalidCapability, 1, 0, 0);
}

/// Caps of the wrong kind, by the number of the argument.
static void test_wrong_caps(void)
{
    seL4_CPtr tcb = object.tcb;
    seL4_CPtr weak = task_slot();
    check_words(seL4_TCB_SetPriority(tcb, ROOT, 1), seL4_InvalidCapability, 1, 1, 0);
    check_words(seL4_TCB_SetSchedParams(tcb, ROOT, 1, 1, 0, 0), seL4_InvalidCapability, 1, 1, 0);
    check_words(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, ROOT, 0),
                seL4_InvalidCapability, 1, 2, 0);
    check_words(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, 0, ROOT),
                seL4_InvalidCapability, 1, 3, 0);
    check_words(seL4_TCB_SetTimeoutEndpoint(tcb, object.notification), seL4_InvalidCapability, 1, 1,
                0);
    // A fault handler's cap must be one that can be answered through.
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, weak, 64, ROOT, object.endpoint, 64, seL4_ReadWrite),
                seL4_NoError);
    check_words(seL4_TCB_SetSpace(tcb, weak, ROOT, 0, VSPACE, 0), seL4_InvalidCapability, 1, 1, 0);
    CHECK_EQUAL(seL4_TCB_SetSpace(tcb, 0, object.sc, 0, VSPACE, 0), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, ROOT, 0), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(object.vcpu, ROOT), seL4_IllegalOperation);
    check_words(seL4_ARM_Page_Map(object.frame, ROOT, 0, seL4_ReadWrite, ATTRIBUTES),
                seL4_InvalidCapability, 1, 1, 0);
    check_words(seL4_ARM_PageTable_Map(object.table, ROOT, 0, ATTRIBUTES), seL4_InvalidCapability, 1,
                1, 0);
    check_words(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, tcb), seL4_InvalidCapability, 1,
                1, 0);
    check_words(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, VSPACE),
                seL4_InvalidCapability, 1, 1, 0);
    check_words(seL4_IRQHandler_SetNotification(object.handler, tcb), seL4_InvalidCapability, 1, 0,
                0);
    task_delete(weak);
}

static void test_asid_control(void)
{
    seL4_CPtr target = task_slot();
    seL4_CPtr page = task_object(seL4_UntypedObject, 12);
    seL4_CPtr copy = task_slot();
    check_words(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, object.untyped, ROOT, target, 64),
                seL4_InvalidCapability, 1, 1, 0); // too large
    check_words(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, object.frame, ROOT, target, 64),
                seL4_InvalidCapability, 1, 1, 0);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, page, ROOT, object.tcb, 64),
                seL4_DeleteFirst);
    check_words(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, page, ROOT, target, 65),
                seL4_RangeError, 2, 1, 64);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, page, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, page, ROOT, target, 64),
                seL4_RevokeFirst);
    task_delete(page);
    task_delete(copy);
}

/// Tables and address spaces: copies only of what is in use, and no copy when it is taken out.
static void test_tables(void)
{
    seL4_CPtr copy = task_slot();
    seL4_CPtr fresh = task_object(seL4_ARM_VSpaceObject, 0);
    seL4_CPtr table = object.table;
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, table, 64, seL4_AllRights),
                seL4_IllegalOperation);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, fresh, 64, seL4_AllRights),
                seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetSpace(object.tcb, 0, ROOT, 0, fresh, 0), seL4_IllegalOperation);
    check_words(seL4_ARM_PageTable_Map(table, fresh, 0, ATTRIBUTES), seL4_InvalidCapability, 1, 1,
                0);
    check_words(seL4_ARM_PageTable_Map(table, object.vspace, seL4_UserVSpaceTop + 1, ATTRIBUTES),
                seL4_InvalidArgument, 1, 0, 0);
    CHECK_EQUAL(seL4_ARM_PageTable_Map(table, object.vspace, 0, ATTRIBUTES), seL4_NoError);
    check_words(seL4_ARM_PageTable_Map(table, object.vspace, 0, ATTRIBUTES), seL4_InvalidCapability,
                1, 0, 0);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, copy, 64, ROOT, table, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_PageTable_Unmap(table), seL4_RevokeFirst);
    task_delete(copy);
    CHECK_EQUAL(seL4_ARM_PageTable_Unmap(table), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_PageTable_Unmap(table), seL4_NoError);
    task_delete(fresh);
}

static void test_frames(void)
{
    seL4_CPtr frame = object.frame;
    seL4_Word top = seL4_UserVSpaceTop - 4095;
    check_words(seL4_ARM_Page_Map(frame, object.vspace, seL4_UserVSpaceTop + 1, seL4_ReadWrite,
                                  ATTRIBUTES), seL4_InvalidArgument, 1, 0, 0);
    CHECK_EQUAL(seL4_ARM_Page_Map(frame, object.vspace, 8, seL4_ReadWrite, ATTRIBUTES),
                seL4_AlignmentError);
    CHECK_EQUAL(task_map(object.vspace, frame, top, seL4_ReadWrite, ATTRIBUTES), seL4_NoError);
    check_words(seL4_ARM_Page_Map(frame, object.vspace, 0, seL4_ReadWrite, ATTRIBUTES),
                seL4_InvalidArgument, 1, 0, 0);
    check_words(seL4_ARM_Page_Map(frame, VSPACE, top, seL4_ReadWrite, ATTRIBUTES),
                seL4_InvalidCapability, 1, 1, 0);
    CHECK_EQUAL(seL4_ARM_Page_Map(frame, object.vspace, top, seL4_CanRead, 0), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), seL4_NoError);
    CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), seL4_NoError);
}

static void test_vcpu_arguments(void)
{
    seL4_CPtr vcpu = object.vcpu;
    unsigned count = 0;
    check_words(seL4_ARM_VCPU_InjectIRQ(vcpu, 1024, 0, 0, 0), seL4_RangeError, 2, 0, 1023);
    check_words(seL4_ARM_VCPU_InjectIRQ(vcpu, 1023, 32, 0, 0), seL4_RangeError, 2, 0, 31);
    check_words(seL4_ARM_VCPU_InjectIRQ(vcpu, 1023, 31, 2, 0), seL4_RangeError, 2, 0, 1);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 1023, 31, 1, 255), seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(0), 0);
    count = (unsigned)seL4_GetMR(1) + 1;
    CHECK(count >= 1 && count <= 64);
    CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vcpu, 1023, 31, 1, (seL4_Uint8)(count - 1)), seL4_NoError);
    check_words(seL4_ARM_VCPU_InjectIRQ(vcpu, 1023, 31, 1, (seL4_Uint8)count), seL4_RangeError, 2, 0,
                count - 1);
    check_words(SEL4_INVOKE(vcpu, ARMVCPUReadReg, 0, 1, seL4_VCPUReg_Num, 0, 0, 0),
                seL4_InvalidArgument, 1, 1, 0);
    check_words(seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_Num, 0), seL4_InvalidArgument, 1, 1, 0);
    check_words(seL4_ARM_VCPU_AckVPPI(vcpu, 26), seL4_InvalidArgument, 1, 0, 0);
    CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(vcpu, 27), seL4_NoError);
}

static seL4_CPtr buffer_endpoint;
static volatile seL4_Word received_length;

static void wait_for_message(seL4_Word reply)
{
    seL4_Word badge;
    received_length = seL4_MessageInfo_get_length(seL4_Recv(buffer_endpoint, &badge, reply));
    for (;;) {
        (void)seL4_Recv(buffer_endpoint, &badge, reply);
    }
}

/// The kernel writes to an IPC buffer: not to a device's memory (guest RAM is), nowhere but where the
/// page is, and not to what is read-only.
static void test_ipc_buffers(void)
{
    seL4_CPtr device = task_slot();
    seL4_CPtr frame;
    seL4_CPtr read_only = task_slot();
    volatile seL4_Word *page = task_page(&frame);
    seL4_CPtr vspace = object.vspace;
    CHECK_EQUAL(seL4_Untyped_Retype(task_device_untyped(GUEST_RAM), seL4_ARM_SmallPageObject, 0, ROOT,
                                    0, 0, device, 1), seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(object.tcb, 0x1000, device), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_Configure(object.tcb, ROOT, 0, vspace, 0, 0x1000, device),
                seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(object.tcb, 0x1000, object.tcb), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(object.tcb, (seL4_Word)page + 512, frame),
                seL4_AlignmentError);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(object.tcb, 0, object.tcb), seL4_NoError);
    // A message of 20 words to a thread whose buffer is read-only ends with its registers.
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, read_only, 64, ROOT, frame, 64, seL4_CanRead), seL4_NoError);
    struct task_thread thread;
    task_thread_create(&thread, 254, 0);
    CHECK_EQUAL(seL4_TCB_SetIPCBuffer(thread.tcb, (seL4_Word)page, read_only), seL4_NoError);
    task_thread_start(&thread, wait_for_message, thread.reply);
    task_let_run(1);
    for (int i = 0; i < 20; i++) {
        seL4_SetMR(i, 0x5500 + (seL4_Word)i);
    }
    seL4_NBSend(buffer_endpoint, seL4_MessageInfo_new(3, 0, 0, 20));
    task_let_run(1);
    CHECK_EQUAL(received_length, 4);
    for (int i = 0; i < 512; i++) {
        if (!CHECK_EQUAL(page[i], 0)) {
            break;
        }
    }
    task_thread_delete(&thread);
    task_delete(device);
    task_delete(read_only);
    task_delete(frame);
}

void test_answers(void)
{
    create_objects();
    buffer_endpoint = task_object(seL4_EndpointObject, 0);
    test_unknown_labels();
    test_truncated();
    test_wrong_caps();
    test_asid_control();
    test_tables();
    test_frames();
    test_vcpu_arguments();
    test_ipc_buffers();
    delete_objects();
}
