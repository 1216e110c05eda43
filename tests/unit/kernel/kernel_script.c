// SPDX-License-Identifier: BSD-2-Clause
// The interpreter of random histories (see kernel_script.h). Bytes choose among values that make
// sense at their place most of the time, so that calls get far, and are taken as they are now and
// then.
#include "kernel_script.h"
#include "kernel_check.h"
#include "kernel_harness.h"
#include <string.h>

enum {
    WINDOW = 96,      // slots of the root CNode that calls name
    MESSAGE_WORDS = 8,
    CHECK_EVERY = 8,
    ENTRIES_MAX = 4000,
    IDLE_MAX = 8,
    TRIES_PREEMPTED = 1000,
    TRIES_MAX = 100000,
    LABELS = 128,
};

enum { BUFFER_MSG = 1, BUFFER_CAP_WORDS = 122, BUFFER_RECEIVE = 125 };

static struct {
    const uint8_t *data;
    size_t size;
    unsigned entries;
    unsigned since_check;
} script;

// ---- bytes -------------------------------------------------------------------------------------

static uint8_t byte(void)
{
    if (script.size == 0) {
        return 0;
    }
    script.size--;
    return *script.data++;
}

static word_t raw_word(void)
{
    word_t value = 0;
    for (unsigned i = 0; i < sizeof(value); i++) {
        value = value << 8 | byte();
    }
    return value;
}

/// A number that is not what is expected.
static word_t odd_word(void)
{
    static const word_t numbers[] = {
        0, 1, 2, 3, 5, 11, 12, 16, 31, 63, 64, 65, 127, 255, 256, 257, 1023, 1024, 4095, 4096,
        UINT64_C(0x7fffffffffffffff), UINT64_C(0x8000000000000000), ~UINT64_C(0), ~UINT64_C(0) - 1,
        UINT64_C(0xffffffffff), UINT64_C(0x10000000000), BIT(48), BIT(47) - 1,
    };
    const uint8_t b = byte();
    return b >= 0xf0 ? raw_word() : numbers[b % ARRAY_SIZE(numbers)];
}

static word_t slot_number(void)
{
    return byte() % WINDOW;
}

/// A slot with a cap of one of two types (CAP_NULL: of any), if there is one; now and then any
/// slot.
static word_t slot_of_type(enum cap_type a, enum cap_type b)
{
    const word_t start = slot_number();

    if (byte() >= 0xf8) {
        return start;
    }
    for (word_t i = 0; i < WINDOW; i++) {
        const word_t slot = (start + i) % WINDOW;
        const enum cap_type type = cap_type(cap_at(slot));
        if (type != CAP_NULL && (a == CAP_NULL || type == a || type == b)) {
            return slot;
        }
    }
    return start;
}

/// An untyped that a pool of ASIDs may be made of, if there is one.
static word_t slot_of_page_untyped(void)
{
    const word_t start = slot_number();

    for (word_t i = 0; i < WINDOW; i++) {
        const word_t slot = (start + i) % WINDOW;
        if (cap_type(cap_at(slot)) == CAP_UNTYPED
            && untyped_size_bits(cap_at(slot)) == seL4_ASIDPoolBits) {
            return slot;
        }
    }
    return start;
}

static word_t empty_slot(void)
{
    const word_t start = slot_number();

    for (word_t i = 0; i < WINDOW; i++) {
        if (cap_is_null(cap_at((start + i) % WINDOW))) {
            return (start + i) % WINDOW;
        }
    }
    return start;
}

/// One word of a message, by what it means.
static word_t word_of_kind(char kind)
{
    static const uint8_t depths[] = { 64, 64, 64, 64, 64, 64, 3, 2 };

    switch (kind) {
    case 'e':
        return empty_slot();
    case 'o':
        return slot_of_type(CAP_NULL, CAP_NULL);
    case 'E':
        return slot_of_type(CAP_ENDPOINT, CAP_ENDPOINT);
    case 'R':
        return ROOT;
    case 'C':
        return slot_of_type(CAP_CNODE, CAP_CNODE);
    case 'S':
        return slot_of_type(CAP_SCHED_CONTEXT, CAP_SCHED_CONTEXT);
    case 'T':
        return slot_of_type(CAP_THREAD, CAP_THREAD);
    case 'F':
        return slot_of_type(CAP_FRAME, CAP_FRAME);
    case 'V':
        return slot_of_type(CAP_VSPACE, CAP_VSPACE);
    case 'P':
        return slot_of_page_untyped();
    case 'N':
        return slot_of_type(CAP_NOTIFICATION, CAP_NOTIFICATION);
    default:
        break;
    }
    const uint8_t b = byte();
    switch (kind) {
    case 's':
        return b % WINDOW;
    case 'd':
        return depths[b % ARRAY_SIZE(depths)];
    case 't':
        return b % (seL4_ObjectTypeCount + 1);
    case 'z':
        return b < 0xf0 ? b % 14 : b % 22;
    case 'c':
        return 1 + b % 5;
    case 'r':
        return b % 16;
    case 'x':
        return RIGHTS_ALL;
    case 'b':
        return b % 5;
    case 'g':
        return seL4_CNode_CapData_new(b & 3, b % 4 == 0 ? 54 : (b >> 2) % 10).words[0];
    case 'p':
        return b < 0xf0 ? b % 8 * 30 : 255;
    case 'u':
        return (word_t)(b + 1) * 37;
    case 'U':
        return 10000 + (word_t)b * 100;
    case 'v':
        // Few, so that tables, frames and buffers meet at the same addresses.
        return ((word_t)(b & 7) << 12) | ((word_t)(b >> 3 & 1) << 21) | ((word_t)(b >> 4 == 15) << 30);
    case 'i':
        return 32 + b % 4;
    case 'f':
        return b % 4;
    case 'y':
        return seL4_VPPI_VirtualTimer;
    case 'm':
        return (word_t)(b + 1) * 16;
    case '0':
        return 0;
    default:
        return odd_word();
    }
}

// ---- calls -------------------------------------------------------------------------------------

/// How calls look: cap type, label, what the extra caps and the words are (word_of_kind()). For
/// extra caps, s is any slot with a cap.
static const struct shape {
    enum cap_type type;
    word_t label;
    const char *caps;
    const char *words;
} shapes[] = {
    { CAP_UNTYPED, UntypedRetype, "R", "tz00ec" },
    { CAP_UNTYPED, UntypedRetype, "R", "tz00ec" },
    { CAP_UNTYPED, UntypedRetype, "C", "tz00sc" },
    { CAP_UNTYPED, UntypedRetype, "s", "tzsdsc" },
    { CAP_CNODE, CNodeRevoke, "", "od" },
    { CAP_CNODE, CNodeDelete, "", "od" },
    { CAP_CNODE, CNodeDelete, "", "od" },
    { CAP_CNODE, CNodeCancelBadgedSends, "", "Ed" },
    { CAP_CNODE, CNodeCopy, "R", "edodr" },
    { CAP_CNODE, CNodeCopy, "R", "edodx" },
    { CAP_CNODE, CNodeCopy, "C", "sdsdx" },
    { CAP_CNODE, CNodeMint, "R", "edEdxb" },
    { CAP_CNODE, CNodeMint, "R", "edodrb" },
    { CAP_CNODE, CNodeMint, "R", "edCdrg" },
    { CAP_CNODE, CNodeMove, "R", "edod" },
    { CAP_CNODE, CNodeMove, "C", "sdsd" },
    { CAP_CNODE, CNodeMutate, "R", "edodg" },
    { CAP_CNODE, CNodeRotate, "RR", "edgodgod" },
    { CAP_CNODE, CNodeRotate, "RR", "od0od0od" },
    { CAP_CNODE, CNodeRotate, "CC", "sd0sd0sd" },
    { CAP_THREAD, TCBReadRegisters, "", "fw" },
    { CAP_THREAD, TCBWriteRegisters, "", "fwwwww" },
    { CAP_THREAD, TCBCopyRegisters, "T", "r" },
    { CAP_THREAD, TCBCopyRegisters, "s", "w" },
    { CAP_THREAD, TCBConfigure, "RVF", "00v" },
    { CAP_THREAD, TCBConfigure, "CVF", "g0v" },
    { CAP_THREAD, TCBConfigure, "sss", "gwv" },
    { CAP_THREAD, TCBConfigure, "Rss", "0wv" },
    { CAP_THREAD, TCBSetPriority, "T", "p" },
    { CAP_THREAD, TCBSetMCPriority, "T", "p" },
    { CAP_THREAD, TCBSetPriority, "s", "p" },
    { CAP_THREAD, TCBSetSchedParams, "TSE", "pp" },
    { CAP_THREAD, TCBSetSchedParams, "sss", "pp" },
    { CAP_THREAD, TCBSetTimeoutEndpoint, "E", "" },
    { CAP_THREAD, TCBSetTimeoutEndpoint, "s", "" },
    { CAP_THREAD, TCBSetIPCBuffer, "F", "v" },
    { CAP_THREAD, TCBSetIPCBuffer, "s", "v" },
    { CAP_THREAD, TCBSetSpace, "ERV", "00" },
    { CAP_THREAD, TCBSetSpace, "sRs", "0w" },
    { CAP_THREAD, TCBSetSpace, "sss", "gw" },
    { CAP_THREAD, TCBSuspend, "", "" },
    { CAP_THREAD, TCBResume, "", "" },
    { CAP_THREAD, TCBBindNotification, "N", "" },
    { CAP_THREAD, TCBBindNotification, "s", "" },
    { CAP_THREAD, TCBUnbindNotification, "", "" },
    { CAP_THREAD, TCBSetTLSBase, "", "w" },
    { CAP_THREAD, TCBSetFlags, "", "ff" },
    { CAP_IRQ_CONTROL, IRQIssueIRQHandler, "R", "isd" },
    { CAP_IRQ_CONTROL, ARMIRQIssueIRQHandlerTrigger, "R", "ifsd" },
    { CAP_IRQ_CONTROL, ARMIRQIssueSGISignal, "R", "ffsd" },
    { CAP_IRQ_HANDLER, IRQAckIRQ, "", "" },
    { CAP_IRQ_HANDLER, IRQSetIRQHandler, "N", "" },
    { CAP_IRQ_HANDLER, IRQSetIRQHandler, "s", "" },
    { CAP_IRQ_HANDLER, IRQClearIRQHandler, "", "" },
    { CAP_DOMAIN, DomainSetSet, "T", "f" },
    { CAP_DOMAIN, DomainSetSet, "s", "f" },
    { CAP_DOMAIN, DomainScheduleConfigure, "", "ffu" },
    { CAP_DOMAIN, DomainScheduleConfigure, "", "0fu" },
    { CAP_DOMAIN, DomainScheduleSetStart, "", "0" },
    { CAP_DOMAIN, DomainScheduleSetStart, "", "f" },
    { CAP_SCHED_CONTROL, SchedControlConfigureFlags, "S", "uUfbf" },
    { CAP_SCHED_CONTROL, SchedControlConfigureFlags, "S", "uUfbf" },
    { CAP_SCHED_CONTROL, SchedControlConfigureFlags, "s", "uufbf" },
    { CAP_SCHED_CONTROL, SchedControlConfigureFlags, "s", "u0fbf" },
    { CAP_SCHED_CONTEXT, SchedContextBind, "T", "" },
    { CAP_SCHED_CONTEXT, SchedContextBind, "N", "" },
    { CAP_SCHED_CONTEXT, SchedContextUnbind, "", "" },
    { CAP_SCHED_CONTEXT, SchedContextUnbindObject, "T", "" },
    { CAP_SCHED_CONTEXT, SchedContextUnbindObject, "N", "" },
    { CAP_SCHED_CONTEXT, SchedContextConsumed, "", "" },
    { CAP_SCHED_CONTEXT, SchedContextYieldTo, "", "" },
    { CAP_VSPACE, ARMVSpaceClean_Data, "", "vv" },
    { CAP_VSPACE, ARMVSpaceInvalidate_Data, "", "vv" },
    { CAP_VSPACE, ARMVSpaceCleanInvalidate_Data, "", "vv" },
    { CAP_VSPACE, ARMVSpaceUnify_Instruction, "", "vv" },
    { CAP_PAGE_TABLE, ARMPageTableMap, "V", "vf" },
    { CAP_PAGE_TABLE, ARMPageTableMap, "s", "vf" },
    { CAP_PAGE_TABLE, ARMPageTableUnmap, "", "" },
    { CAP_FRAME, ARMPageMap, "V", "vrf" },
    { CAP_FRAME, ARMPageMap, "s", "vrf" },
    { CAP_FRAME, ARMPageUnmap, "", "" },
    { CAP_FRAME, ARMPageClean_Data, "", "fm" },
    { CAP_FRAME, ARMPageInvalidate_Data, "", "fm" },
    { CAP_FRAME, ARMPageCleanInvalidate_Data, "", "fm" },
    { CAP_FRAME, ARMPageUnify_Instruction, "", "fm" },
    { CAP_FRAME, ARMPageUnify_Instruction, "", "fw" },
    { CAP_FRAME, ARMPageGetAddress, "", "" },
    { CAP_ASID_CONTROL, ARMASIDControlMakePool, "PR", "ed" },
    { CAP_ASID_CONTROL, ARMASIDControlMakePool, "sR", "sd" },
    { CAP_ASID_POOL, ARMASIDPoolAssign, "V", "" },
    { CAP_ASID_POOL, ARMASIDPoolAssign, "s", "" },
    { CAP_SMC, ARMSMCCall, "", "bwwwwwww" },
    { CAP_VCPU, ARMVCPUSetTCB, "T", "" },
    { CAP_VCPU, ARMVCPUSetTCB, "s", "" },
    { CAP_VCPU, ARMVCPUInjectIRQ, "", "w" },
    { CAP_VCPU, ARMVCPUReadReg, "", "w" },
    { CAP_VCPU, ARMVCPUWriteReg, "", "ww" },
    { CAP_VCPU, ARMVCPUAckVPPI, "", "y" },
    { CAP_VCPU, ARMVCPUAckVPPI, "", "w" },
};

/// Message words and caps into the current thread's registers and buffer, as far as it has one.
static void put(word_t label, const word_t *caps, word_t cap_count, const word_t *words,
                word_t word_count)
{
    struct tcb *tcb = harness_core()->current;
    word_t *buffer = arch_ipc_buffer(tcb, true);

    arch_set_register(tcb, REGISTER_MESSAGE_INFO,
                      seL4_MessageInfo_new(label, 0, cap_count, word_count).words[0]);
    for (word_t i = 0; i < word_count; i++) {
        if (i < seL4_FastMessageRegisters) {
            arch_set_register(tcb, message_register(i), words[i]);
        } else if (buffer != NULL) {
            buffer[BUFFER_MSG + i] = words[i];
        }
    }
    for (word_t i = 0; i < cap_count && buffer != NULL; i++) {
        buffer[BUFFER_CAP_WORDS + i] = caps[i];
    }
}

/// Where caps that come with a message go.
static void put_receive_slot(void)
{
    word_t *buffer = arch_ipc_buffer(harness_core()->current, true);

    if (buffer != NULL) {
        buffer[BUFFER_RECEIVE] = byte() % 8 != 0 ? ROOT : slot_number();
        buffer[BUFFER_RECEIVE + 1] = slot_number();
        buffer[BUFFER_RECEIVE + 2] = word_of_kind('d');
    }
}

static const struct shape *choose_shape(word_t cptr)
{
    const enum cap_type type = cap_type(cap_at(cptr));
    unsigned fitting = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++) {
        fitting += shapes[i].type == type;
    }
    const uint8_t b = byte();
    if (fitting == 0 || b >= 0xf8) {
        return &shapes[b % ARRAY_SIZE(shapes)];
    }
    unsigned n = b % fitting;
    for (unsigned i = 0;; i++) {
        if (shapes[i].type == type && n-- == 0) {
            return &shapes[i];
        }
    }
}

/// Calls of each label that succeeded, in all histories of this process.
static unsigned long succeeded[LABELS];

unsigned long kernel_script_succeeded(word_t label)
{
    return label < LABELS ? succeeded[label] : 0;
}

/// Returns the label.
static word_t put_shaped_call(word_t cptr)
{
    const struct shape *shape = choose_shape(cptr);
    const uint8_t oddities = byte();
    word_t caps[seL4_MsgMaxExtraCaps];
    word_t words[MESSAGE_WORDS];
    word_t cap_count = strlen(shape->caps);
    word_t word_count = strlen(shape->words);

    for (word_t i = 0; i < cap_count; i++) {
        caps[i] = word_of_kind(shape->caps[i] == 's' ? 'o' : shape->caps[i]);
    }
    for (word_t i = 0; i < word_count; i++) {
        const bool is_odd = oddities >= 0xe0 && (oddities & 7) == i;
        words[i] = is_odd ? odd_word() : word_of_kind(shape->words[i]);
    }
    if (oddities == 0xdf && word_count > 0) {
        word_count--;
    }
    if (oddities == 0xde && cap_count > 0) {
        cap_count--;
    }
    put(shape->label, caps, cap_count, words, word_count);
    return shape->label;
}

static void check_sometimes(void)
{
    script.since_check++;
    if (script.since_check >= CHECK_EVERY) {
        script.since_check = 0;
        kernel_check(harness_core(), root_slot(0), BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
    }
}

static void system_call(int64_t number, word_t cptr)
{
    struct core *core = harness_core();
    struct tcb *tcb = core->current;
    const word_t pc = arch_get_register(tcb, REGISTER_PC);

    arch_set_register(tcb, REGISTER_CAP, cptr);
    // A preempted call is made again as long as its thread runs; every try is a kernel entry.
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        host_timer_advance(3);
        if (tries == TRIES_PREEMPTED) {
            host_preempt_every(0); // a large CNode: on with it
        }
        arch_set_register(tcb, REGISTER_FAULT_PC, pc);
        arch_set_register(tcb, REGISTER_PC, pc + 4);
        kernel_handle_syscall(core, number);
        script.entries++;
        check_sometimes();
        if (core->current != tcb || arch_get_register(tcb, REGISTER_PC) != pc
            || host_irq_waits(core)) {
            return;
        }
    }
    fail_msg("a system call is preempted for ever");
}

static void call_cap(void)
{
    const word_t cptr = byte() % 4 == 0 ? ROOT : slot_of_type(CAP_NULL, CAP_NULL);
    const struct tcb *caller = harness_core()->current;
    const word_t label = put_shaped_call(cptr);
    const enum cap_type type = cap_type(cap_at(cptr));
    system_call(seL4_SysCall, cptr);
    const bool is_object = type != CAP_NULL && type != CAP_ENDPOINT && type != CAP_NOTIFICATION
                           && type != CAP_REPLY;
    if (is_object && harness_core()->current == caller
        && MESSAGE_LABEL(arch_get_register(caller, REGISTER_MESSAGE_INFO)) == seL4_NoError) {
        succeeded[label]++;
    }
}

static void message_call(void)
{
    static const int8_t numbers[] = {
        seL4_SysCall, seL4_SysReplyRecv, seL4_SysNBSendRecv, seL4_SysNBSendWait, seL4_SysSend,
        seL4_SysNBSend, seL4_SysRecv, seL4_SysNBRecv, seL4_SysWait, seL4_SysNBWait, seL4_SysYield,
        seL4_SysReplyRecv, seL4_SysRecv, -40,
    };
    struct tcb *tcb = harness_core()->current;
    const int64_t number = numbers[byte() % ARRAY_SIZE(numbers)];
    const uint8_t b = byte();
    const word_t caps[] = { slot_number(), slot_number(), slot_number() };
    const word_t words[] = { b, 2, 3, 4, 5, 6 };

    put(b & 3, caps, (b >> 2) & 3, words, (b >> 4) % 7);
    put_receive_slot();
    arch_set_register(tcb, REGISTER_REPLY, slot_of_type(CAP_REPLY, CAP_REPLY));
    if (number == seL4_SysNBSendWait) {
        arch_set_register(tcb, REGISTER_REPLY, slot_of_type(CAP_ENDPOINT, CAP_NOTIFICATION));
    }
    arch_set_register(tcb, REGISTER_SEND_DESTINATION, slot_of_type(CAP_ENDPOINT, CAP_NOTIFICATION));
    system_call(number, slot_of_type(CAP_ENDPOINT, CAP_NOTIFICATION));
}

// ---- other events ------------------------------------------------------------------------------

static void take_interrupt(void)
{
    kernel_handle_interrupt(harness_core());
    script.entries++;
    check_sometimes();
}

static void pass_time(void)
{
    const uint8_t b = byte();
    host_timer_advance(b >= 0xf8 ? (ticks_t)(b - 0xf0) * 1000000 : (ticks_t)(b + 1) * 200);
    take_interrupt();
}

static void guest_wait(void)
{
    struct core *core = harness_core();

    if (core->current->arch.vcpu != NULL) {
        host_guest_wait(core, (ticks_t)byte() * 300);
        script.entries++;
        check_sometimes();
    }
}

static void fault(void)
{
    static const uint8_t labels[] = { seL4_Fault_UserException, seL4_Fault_VMFault,
                                      seL4_Fault_VCPUFault };
    const struct fault fault = { labels[byte() % ARRAY_SIZE(labels)], { byte(), 1, 2, 3 } };

    kernel_handle_fault(harness_core(), &fault);
    script.entries++;
    check_sometimes();
}

/// Everybody waits. What a thread outside could do happens: a thread gets a scheduling context, is
/// put into the running domain and resumed. Returns false when there is no thread to help.
static bool revive(void)
{
    struct core *core = harness_core();
    const word_t slot = slot_of_type(CAP_THREAD, CAP_THREAD);

    if (cap_type(cap_at(slot)) != CAP_THREAD) {
        return false;
    }
    struct tcb *tcb = thread_at(slot);
    for (word_t i = 0; i < WINDOW && tcb->sched_context == NULL; i++) {
        if (cap_type(cap_at(i)) == CAP_SCHED_CONTEXT) {
            struct sched_context *sc = cap_pointer(cap_at(i));
            if (sc->tcb == NULL && sc->notification == NULL && sc->refill_max != 0) {
                sched_context_bind_tcb(core, sc, tcb);
            }
        }
    }
    sched_set_domain(core, tcb, core->domain);
    thread_restart(core, tcb);
    schedule_and_activate(core);
    return true;
}

static void step(void)
{
    const uint8_t b = byte();

    // Sometimes the time is up when the thread enters the kernel by itself.
    if ((b & 7) == 0) {
        host_timer_advance((ticks_t)byte() * 100);
    } else {
        while (host_irq_waits(harness_core())) {
            take_interrupt();
        }
    }
    if (harness_core()->current == harness_core()->idle) {
        pass_time();
    } else if (b < 0x90) {
        call_cap();
    } else if (b < 0xe0) {
        message_call();
    } else if (b < 0xe8) {
        host_irq_raise(32 + b % 4);
    } else if (b < 0xf4) {
        pass_time();
    } else if (b < 0xf8) {
        fault();
    } else if (b < 0xfb) {
        guest_wait();
    } else {
        host_preempt_every(b % 4);
    }
}

// ---- the system at the start -------------------------------------------------------------------

enum { ACTIVE_THREADS = 2, PASSIVE_THREADS = 3, ENDPOINTS = 3, NOTIFICATIONS = 2 };

/// Slots of what the system starts with.
struct objects {
    word_t endpoint[ENDPOINTS];
    word_t notification[NOTIFICATIONS];
};

/// Objects in the window beside the boot caps.
static struct objects make_objects(void)
{
    static const struct {
        uint8_t type;
        uint8_t size;
        uint8_t count;
    } kinds[] = {
        { seL4_UntypedObject, 16, 2 },      { seL4_CapTableObject, 3, 1 },
        { seL4_CapTableObject, 2, 1 },      { seL4_SchedContextObject, 8, 1 },
        { seL4_ARM_VCPUObject, 0, 1 },      { seL4_ARM_VSpaceObject, 0, 1 },
        { seL4_ARM_PageTableObject, 0, 2 }, { seL4_ReplyObject, 0, 1 },
        { seL4_ARM_SmallPageObject, 0, 2 },
    };
    struct objects objects;

    for (unsigned i = 0; i < ENDPOINTS; i++) {
        objects.endpoint[i] = make(seL4_EndpointObject, 0);
    }
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        objects.notification[i] = make(seL4_NotificationObject, 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        for (unsigned n = 0; n < kinds[i].count; n++) {
            (void)make(kinds[i].type, kinds[i].size);
        }
    }
    return objects;
}

/// Slot of a cap of an object.
static word_t first_of(enum cap_type type, const void *object)
{
    word_t slot = 0;
    while (cap_type(cap_at(slot)) != type || cap_pointer(cap_at(slot)) != object) {
        slot++;
    }
    return slot;
}

/// A server without a scheduling context of its own that waits on an endpoint.
static void make_server(word_t endpoint, word_t priority)
{
    const word_t thread = make_thread(priority);
    const word_t reply = make(seL4_ReplyObject, 0);
    struct tcb *tcb = thread_at(thread);

    const word_t context = first_of(CAP_SCHED_CONTEXT, tcb->sched_context);
    assert_int_equal(call(context, SchedContextUnbind, NO_WORDS, NO_WORDS), 0);
    ipc_receive(harness_core(), tcb, cap_at(endpoint), true, cap_pointer(cap_at(reply)));
}

/// Two levels of tables and a mapped frame, so that mappings are possible from the start.
static void make_mappings(void)
{
    const word_t tables[] = { make(seL4_ARM_PageTableObject, 0), make(seL4_ARM_PageTableObject, 0) };
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);

    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        (void)call(tables[i], ARMPageTableMap, WORDS(seL4_CapInitThreadVSpace), WORDS(0x1000, 0));
    }
    assert_int_equal(call(frame, ARMPageMap, WORDS(seL4_CapInitThreadVSpace),
                          WORDS(0x1000, RIGHT_READ | RIGHT_WRITE, 0)),
                     0);
}

static void make_system(void)
{
    const struct objects objects = make_objects();
    make_mappings();
    const word_t handler = new_slot();

    for (unsigned i = 0; i < ACTIVE_THREADS; i++) {
        const word_t thread = make_thread(254 - i);
        assert_int_equal(call(thread, TCBResume, NO_WORDS, NO_WORDS), 0);
        // Threads report their faults to an endpoint, as long as the history does not change that.
        assert_int_equal(call(thread, TCBSetSpace,
                              WORDS(objects.endpoint[i], ROOT, seL4_CapInitThreadVSpace),
                              WORDS(0, 0)),
                         0);
        assert_int_equal(call(thread, TCBSetTimeoutEndpoint, WORDS(objects.endpoint[i]), NO_WORDS),
                         0);
        assert_int_equal(call(thread, TCBBindNotification, WORDS(objects.notification[i]),
                              NO_WORDS),
                         0);
    }
    for (unsigned i = 0; i < PASSIVE_THREADS; i++) {
        make_server(objects.endpoint[i], 254);
    }
    assert_int_equal(call(seL4_CapIRQControl, IRQIssueIRQHandler, WORDS(ROOT),
                          WORDS(33, handler, 64)),
                     0);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(objects.notification[0]), NO_WORDS), 0);
    // The root task competes with the others.
    assert_int_equal(call(seL4_CapInitThreadTCB, TCBSetPriority, WORDS(seL4_CapInitThreadTCB),
                          WORDS(254)),
                     0);
    assert_true(new_slot() < WINDOW);
}

/// At the end everything is taken back: whatever happened, no untyped keeps a child.
static void tear_down(void)
{
    struct core *core = harness_core();

    host_preempt_every(0);
    const seL4_BootInfo *info = harness_boot_info();
    for (word_t slot = info->untyped.start; slot < info->untyped.end; slot++) {
        if (cap_type(cap_at(slot)) != CAP_UNTYPED) {
            continue;
        }
        while (slot_has_children(root_slot(slot))) {
            // As a thread would that is always there.
            if (slot_revoke(core, root_slot(slot)) == STATUS_OK) {
                break;
            }
        }
    }
    schedule_and_activate(core);
    kernel_check(core, root_slot(0), BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
}

unsigned kernel_script_run(const uint8_t *data, size_t size)
{
    script.data = data;
    script.size = size;
    script.entries = 0;
    script.since_check = 0;
    harness_checks(false);
    harness_setup(NULL);
    make_system();
    harness_checks(true);
    unsigned idle = 0;
    while (script.size > 0 && script.entries < ENTRIES_MAX && idle < IDLE_MAX) {
        step();
        idle = harness_core()->current == harness_core()->idle ? idle + 1 : 0;
        if (idle > 1 && !revive()) {
            break;
        }
    }
    kernel_check(harness_core(), root_slot(0), BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
    tear_down();
    return script.entries;
}
