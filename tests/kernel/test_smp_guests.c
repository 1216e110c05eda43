// SPDX-License-Identifier: BSD-2-Clause
// Several cores and VCPUs: guests that go from core to core keep their registers, pending interrupts and
// virtual timer, and a guest's thread that waits is woken from another core.
#include "test_smp.h"

#include <abi/extensions.h>

#if CONFIG_MAX_NUM_NODES > 1
#define ROOT seL4_CapInitThreadCNode
#define EL1H_MASKED 0x3c5u
#define TIMER_INTID 27u
#define TIMER_DELIVERED                                                                            \
    (ROOKERY_TIMER_ON | ((seL4_Word)3 << ROOKERY_TIMER_LR_SHIFT) | ROOKERY_TIMER_FORWARD           \
     | (TASK_VIRQ_GROUP != 0 ? ROOKERY_TIMER_GROUP1 : 0)                                           \
     | ((seL4_Word)0x10 << ROOKERY_TIMER_PRIORITY_SHIFT))

struct guest {
    struct task_thread thread;
    seL4_CPtr vcpu;
    seL4_CPtr faults;
    seL4_CPtr reply;
};

/// A guest on a core, not running yet. Arguments are its first registers.
static void create(struct guest *guest, seL4_Word core, const char *code, seL4_Word x0, seL4_Word x1,
                   seL4_Word x2)
{
    seL4_Word entry;
    seL4_CPtr vspace = test_vcpu_memory(&entry);
    guest->faults = task_object(seL4_EndpointObject, 0);
    guest->reply = task_object(seL4_ReplyObject, 0);
    guest->vcpu = task_object(seL4_ARM_VCPUObject, 0);
    task_thread_create(&guest->thread, 150, guest->faults);
    smp_set_core(&guest->thread, core, 10000, 10000);
    CHECK_EQUAL(seL4_TCB_SetSpace(guest->thread.tcb, guest->faults, ROOT, 0, vspace, 0),
                seL4_NoError);
    CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(guest->vcpu, guest->thread.tcb), seL4_NoError);
    seL4_UserContext context = {
        .pc = entry + (seL4_Word)(code - guest_code),
        .spsr = EL1H_MASKED,
        .x0 = x0,
        .x1 = x1,
        .x2 = x2,
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(guest->thread.tcb, 0, 0, 6, &context), seL4_NoError);
}

static void start(const struct guest *guest)
{
    CHECK_EQUAL(seL4_TCB_Resume(guest->thread.tcb), seL4_NoError);
}

static void destroy(const struct guest *guest)
{
    task_delete(guest->vcpu);
    CHECK_EQUAL(seL4_TCB_Suspend(guest->thread.tcb), seL4_NoError);
}

static void move(const struct guest *guest, seL4_Word turn)
{
    smp_set_core(&guest->thread, 1 + turn % LAST_CORE, 10000, 10000);
}

/// A fault that is there already; 0 if none is.
static seL4_Word look_for_fault(const struct guest *guest)
{
    seL4_Word badge;
    return seL4_MessageInfo_get_label(seL4_NBRecv(guest->faults, &badge, guest->reply));
}

/// Serves the guest's virtual timer as a VMM does without the kernel's help. False: another fault.
static bool serve_timer(const struct guest *guest, seL4_Word fault)
{
    if (fault == seL4_Fault_VPPIEvent) {
        CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(guest->vcpu, TIMER_INTID, 0, TASK_VIRQ_GROUP, 0),
                    seL4_NoError);
    } else if (fault == seL4_Fault_VGICMaintenance) {
        CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(guest->vcpu, TIMER_INTID), seL4_NoError);
    } else {
        return false;
    }
    seL4_Send(guest->reply, seL4_MessageInfo_new(0, 0, 0, 0));
    return true;
}

/// Moves the guest from core to core until it makes a hypercall. False when it does not.
static bool move_until_call(const struct guest *guest, seL4_Word function, seL4_Word pause_us)
{
    for (seL4_Word i = 0; i < 20000; i++) {
        seL4_Word fault = look_for_fault(guest);
        if (fault == 0 || serve_timer(guest, fault)) {
            move(guest, i);
            smp_wait_us(pause_us);
            continue;
        }
        return CHECK_EQUAL(fault, seL4_Fault_UnknownSyscall) && CHECK_EQUAL(seL4_GetMR(0), function);
    }
    return CHECK(!"the guest makes no progress");
}

/// Two guests with different registers on the same cores, both moving.
static void test_registers(void)
{
    struct guest guests[2];
    static const seL4_Word values[2] = { 0x12340, 0x5a5a0 };
    seL4_Word others[2] = { 0, 0 };
    for (seL4_Word i = 0; i < 2; i++) {
        create(&guests[i], 1, guest_hold, values[i], 3000, 0);
        start(&guests[i]);
    }
    bool ended[2] = { false, false };
    seL4_Word moves = 0;
    for (seL4_Word i = 0; i < 20000 && !(ended[0] && ended[1]); i++) {
        seL4_Word which = i & 1;
        if (ended[which]) {
            continue;
        }
        seL4_Word fault = look_for_fault(&guests[which]);
        if (fault == 0) {
            move(&guests[which], i / 2);
            moves++;
            smp_wait_us(100);
            continue;
        }
        CHECK_EQUAL(fault, seL4_Fault_UnknownSyscall);
        CHECK_EQUAL(seL4_GetMR(0), 0x2001);
        CHECK_EQUAL(seL4_GetMR(1), 0);
        others[which] = seL4_GetMR(2);
        ended[which] = true;
    }
    task_print_number("moves of two guests: ", moves);
    task_print("\n");
    CHECK(moves >= 10);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(ended[i]);
        CHECK_EQUAL(others[i], values[i]);
        destroy(&guests[i]);
    }
}

/// Five ticks of 1 ms while the guest moves, in WFI or spinning; delivered by the kernel, or by this task.
static void test_timer(seL4_Word in_wfi, bool delivered)
{
    struct guest guest;
    seL4_Word frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    create(&guest, 1, guest_ticks, in_wfi, frequency / 1000, 0);
    if (delivered) {
        CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(guest.vcpu, (seL4_VCPUReg)ROOKERY_VCPU_TIMER,
                                            TIMER_DELIVERED), seL4_NoError);
    }
    seL4_Word begin = task_us();
    start(&guest);
    if (move_until_call(&guest, 0x3001, 150)) {
        CHECK_EQUAL(seL4_GetMR(1), 5);
        CHECK(task_us() - begin >= 5000);
        if (task_time_is_counted()) {
            CHECK(task_us() - begin < 20000);
        }
    }
    destroy(&guest);
}

static void inject(const struct guest *guest, seL4_Word irq, seL4_Word list_register)
{
    seL4_SetMR(0, irq | (seL4_Word)TASK_VIRQ_GROUP << 24 | list_register << 32
                      | ROOKERY_INJECT_QUIET);
    CHECK_EQUAL(seL4_MessageInfo_get_label(
                    seL4_Call(guest->vcpu, seL4_MessageInfo_new(ARMVCPUInjectIRQ, 0, 0, 1))),
                seL4_NoError);
}

/// Interrupts that wait in list registers move along: given to the waiting and to the running guest.
static void test_pending(void)
{
    struct guest guest;
    seL4_MessageInfo_t info;
    create(&guest, 1, guest_collect, 100, 0, 0);
    start(&guest);
    CHECK(smp_receive(guest.faults, guest.reply, &info));
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(seL4_GetMR(0), 0x5001);
    inject(&guest, 40, 0);
    move(&guest, 1);
    seL4_Send(guest.reply, seL4_MessageInfo_new(ROOKERY_REPLY_RESULTS, 0, 0, 0));
    inject(&guest, 41, 1);
    for (seL4_Word i = 0; i < 6; i++) {
        move(&guest, i);
        smp_wait_us(10);
    }
    CHECK(move_until_call(&guest, 0x5003, 50));
    inject(&guest, 42, 2);
    move(&guest, 2);
    seL4_Send(guest.reply, seL4_MessageInfo_new(ROOKERY_REPLY_RESULTS, 0, 0, 0));
    if (move_until_call(&guest, 0x5002, 50)) {
        seL4_Word set = 0;
        for (int i = 1; i <= 3; i++) {
            seL4_Word number = seL4_GetMR(i);
            set |= CHECK(number >= 40 && number <= 42) ? 1ul << (number - 40) : 0;
        }
        CHECK_EQUAL(set, 7);
    }
    destroy(&guest);
}

#define SIGNALS 60

/// A guest's thread waits for the notification that is bound to it; another guest is on its core.
static void test_bound_notification(void)
{
    struct guest guest, other;
    seL4_CPtr ping = task_object(seL4_NotificationObject, 0);
    seL4_CPtr pong = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = task_badged(ping, 4);
    seL4_Word badge;
    seL4_Word rounds = 0;
    create(&other, 1, guest_hold, 0x77000, 1ul << 60, 0);
    create(&guest, 1, guest_wait, ping, task_badged(pong, 1), SIGNALS);
    CHECK_EQUAL(seL4_TCB_BindNotification(guest.thread.tcb, ping), seL4_NoError);
    start(&other);
    start(&guest);
    for (; rounds < SIGNALS; rounds++) {
        seL4_Signal(badged);
        badge = 0;
        for (int i = 0; i < 100000 && badge == 0; i++) {
            seL4_Poll(pong, &badge);
            smp_wait_us(10);
            if (i == 0 && rounds % 4 == 3) {
                move(&guest, rounds);
                move(&other, rounds);
            }
        }
        if (!CHECK(badge != 0)) {
            break;
        }
    }
    seL4_MessageInfo_t info;
    CHECK(smp_receive(guest.faults, guest.reply, &info));
    CHECK_EQUAL(seL4_GetMR(0), 0x6001);
    CHECK_EQUAL(seL4_GetMR(1), 4 * SIGNALS);
    CHECK_EQUAL(seL4_GetMR(2), 0);
    CHECK_EQUAL(look_for_fault(&other), 0);
    destroy(&guest);
    destroy(&other);
}

void test_smp_guests(void)
{
    test_registers();
    test_timer(0, true);
    test_timer(1, true);
    test_timer(0, false);
    test_timer(1, false);
    test_pending();
    test_bound_notification();
}
#endif
