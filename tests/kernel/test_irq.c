// SPDX-License-Identifier: BSD-2-Clause
// Interrupt handlers: issue, errors, and delivery of the console's transmit interrupt.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define UART_IRQ 33
#define UART_IMSC (0x38 / 4)
#define UART_ICR (0x44 / 4)
#define UART_TX (1u << 5)

/// Time for an interrupt to come.
static void wait_a_little(void)
{
    for (seL4_Word end = task_us() + 20; task_us() < end;) {
    }
}

/// The console's transmit interrupt, `times` times.
static void take_interrupts(seL4_CPtr handler, seL4_CPtr notification, int times)
{
    volatile uint32_t *uart = task_console();
    seL4_Word badge;
    for (int i = 0; i < times; i++) {
        uart[UART_IMSC] = UART_TX;
        uart[0] = '.';
        (void)seL4_Wait(notification, &badge);
        CHECK_EQUAL(badge, 2);
        uart[UART_IMSC] = 0;
        uart[UART_ICR] = UART_TX;
        CHECK_EQUAL(seL4_IRQHandler_Ack(handler), seL4_NoError);
    }
}

/// The line stays asserted. Level-triggered, the interrupt comes again after each acknowledgement, and not
/// before; edge-triggered, it does not. Without a notification it goes nowhere.
static void test_trigger(seL4_CPtr notification, bool is_edge)
{
    volatile uint32_t *uart = task_console();
    const seL4_Word again = is_edge ? 0 : 2;
    seL4_CPtr handler = task_slot();
    seL4_Word badge;
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, is_edge, ROOT, handler, 64),
                seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_SetNotification(handler, notification), seL4_NoError);
    uart[UART_IMSC] = UART_TX;
    uart[0] = '.';
    (void)seL4_Wait(notification, &badge);
    CHECK_EQUAL(badge, 2);
    for (int i = 0; i < 3; i++) {
        (void)seL4_Poll(notification, &badge);
        CHECK_EQUAL(badge, 0);
        CHECK_EQUAL(seL4_IRQHandler_Ack(handler), seL4_NoError);
        wait_a_little();
        (void)seL4_Poll(notification, &badge);
        CHECK_EQUAL(badge, again);
    }
    CHECK_EQUAL(seL4_IRQHandler_Clear(handler), seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_Ack(handler), seL4_NoError);
    wait_a_little();
    (void)seL4_Poll(notification, &badge);
    CHECK_EQUAL(badge, 0);
    uart[UART_IMSC] = 0;
    uart[UART_ICR] = UART_TX;
    task_delete(handler);
}

/// Each core in turn gets it.
static void test_cores(seL4_CPtr notification)
{
#if CONFIG_MAX_NUM_NODES > 1
    for (seL4_Word core = CONFIG_MAX_NUM_NODES; core-- > 0;) {
        seL4_CPtr handler = task_slot();
        CHECK_EQUAL(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, UART_IRQ, 0, ROOT, handler,
                                                   64, core), seL4_NoError);
        CHECK_EQUAL(seL4_IRQHandler_SetNotification(handler, notification), seL4_NoError);
        take_interrupts(handler, notification, 2);
        CHECK_EQUAL(seL4_CNode_Delete(ROOT, handler, 64), seL4_NoError);
    }
#else
    (void)notification;
#endif
}

#if CONFIG_MAX_NUM_NODES == 1
/// A cap that sends a software-generated interrupt: this core gets what it sends to itself.
static void test_sgi(void)
{
    seL4_CPtr slots = task_slots(4);
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = task_badged(notification, 4);
    seL4_Word badge;
    CHECK_EQUAL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 16, 0, ROOT, slots, 64),
                seL4_RangeError);
    CHECK_EQUAL(seL4_GetMR(1), 15);
    CHECK_EQUAL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, ~0ul, ROOT, slots, 64),
                seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), 1);
    CHECK_EQUAL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, 0, ROOT, badged, 64),
                seL4_DeleteFirst);
    CHECK_EQUAL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, 0, ROOT, slots, 64),
                seL4_NoError);
    // As often as one likes, and beside the handler's cap of the same number.
    CHECK_EQUAL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, 0, ROOT, slots + 1, 64),
                seL4_NoError);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 5, ROOT, slots + 2, 64), seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_SetNotification(slots + 2, badged), seL4_NoError);
    for (int i = 0; i < 6; i++) {
        if (i % 3 == 0) {
            seL4_Signal(slots);
        } else if (i % 3 == 1) {
            seL4_NBSend(slots + 1, seL4_MessageInfo_new(17, 0, 0, 3));
        } else {
            seL4_MessageInfo_t info = seL4_Call(slots, seL4_MessageInfo_new(0, 0, 0, 0));
            CHECK_EQUAL(info.words[0], 0);
        }
        seL4_Wait(notification, &badge);
        CHECK_EQUAL(badge, 4);
        CHECK_EQUAL(seL4_IRQHandler_Ack(slots + 2), seL4_NoError);
    }
    // In the first half of a combined call, too.
    (void)seL4_NBSendWait(slots, seL4_MessageInfo_new(0, 0, 0, 0), notification, &badge);
    CHECK_EQUAL(badge, 4);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, slots + 3, 64, ROOT, slots, 64, seL4_NoRights), seL4_NoError);
#if CONFIG_DEBUG_BUILD
    CHECK_EQUAL(seL4_DebugCapIdentify(slots + 3), 27);
#endif
    for (int i = 0; i < 4; i++) {
        task_delete(slots + i);
    }
    task_delete(notification);
    task_delete(badged);
}
#else
static void test_sgi(void)
{
    seL4_CPtr slot = task_slot();
    CHECK_EQUAL(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, UART_IRQ, 0, ROOT, slot, 64,
                                               CONFIG_MAX_NUM_NODES), seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), 4);
    // The kernel's own.
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 0, ROOT, slot, 64), seL4_RevokeFirst);
#if CONFIG_DEBUG_BUILD
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_Word badge;
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 5, ROOT, slot, 64), seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_SetNotification(slot, task_badged(notification, 4)), seL4_NoError);
    for (seL4_Uint8 core = 0; core < CONFIG_MAX_NUM_NODES; core++) {
        seL4_DebugSendIPI(core, 5);
        seL4_Wait(notification, &badge);
        CHECK_EQUAL(badge, 4);
        CHECK_EQUAL(seL4_IRQHandler_Ack(slot), seL4_NoError);
    }
    seL4_DebugSendIPI(CONFIG_MAX_NUM_NODES, 5); // no such core, no such interrupt
    seL4_DebugSendIPI(1, 16);
    CHECK_EQUAL(seL4_DebugGetThreadAffinity(seL4_CapInitThreadTCB), 0);
    task_delete(slot);
    task_delete(notification);
#endif
}
#endif

void test_irq(void)
{
    seL4_CPtr handler = task_slot();
    seL4_CPtr second = task_slot();
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = task_slot();

    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 26, ROOT, second, 64), seL4_RevokeFirst);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 5000, ROOT, second, 64), seL4_RangeError);
    // The call with a trigger checks the same: reserved, out of range, far out of range.
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, 26, 1, ROOT, second, 64),
                seL4_RevokeFirst);
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, 5000, 1, ROOT, second, 64),
                seL4_RangeError);
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, 1ul << 40, 1, ROOT, second, 64),
                seL4_RangeError);
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, 0, ROOT, handler, 64),
                seL4_NoError);
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, 0, ROOT, second, 64),
                seL4_RevokeFirst);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, UART_IRQ, ROOT, second, 64),
                seL4_RevokeFirst);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, badged, 64, ROOT, notification, 64, seL4_AllRights, 2),
                seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_SetNotification(handler, badged), seL4_NoError);

    take_interrupts(handler, badged, 3);
    CHECK_EQUAL(seL4_IRQHandler_Clear(handler), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, handler, 64), seL4_NoError);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, UART_IRQ, ROOT, second, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, second, 64), seL4_NoError);
    test_cores(badged);
    test_trigger(badged, false);
    test_trigger(badged, true);
    task_print("\n");
    test_sgi();
}
