// SPDX-License-Identifier: BSD-2-Clause
// Interrupt handlers: issue, errors, and delivery of the console's transmit interrupt.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define UART_IRQ 33
#define UART_IMSC (0x38 / 4)
#define UART_ICR (0x44 / 4)
#define UART_TX (1u << 5)

void test_irq(void)
{
    seL4_CPtr handler = task_slot();
    seL4_CPtr second = task_slot();
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = task_slot();
    seL4_Word badge;

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

    volatile uint32_t *uart = task_console();
    for (int i = 0; i < 3; i++) {
        uart[UART_IMSC] = UART_TX;
        uart[0] = '.';
        (void)seL4_Wait(notification, &badge);
        CHECK_EQUAL(badge, 2);
        uart[UART_IMSC] = 0;
        uart[UART_ICR] = UART_TX;
        CHECK_EQUAL(seL4_IRQHandler_Ack(handler), seL4_NoError);
    }
    task_print("\n");
    CHECK_EQUAL(seL4_IRQHandler_Clear(handler), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, handler, 64), seL4_NoError);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, UART_IRQ, ROOT, second, 64), seL4_NoError);
    CHECK_EQUAL(seL4_CNode_Delete(ROOT, second, 64), seL4_NoError);
}
