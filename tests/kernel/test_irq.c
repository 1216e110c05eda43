// SPDX-License-Identifier: BSD-2-Clause
// Interrupt handlers: issue, errors, and delivery of the console's transmit interrupt.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define UART_IRQ 33
#define UART_IMSC (0x38 / 4)
#define UART_ICR (0x44 / 4)
#define UART_TX (1u << 5)

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
    task_print("\n");
}
