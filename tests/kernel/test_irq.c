// SPDX-License-Identifier: BSD-2-Clause
// Interrupt handlers: issue, errors, and delivery of the console's transmit interrupt.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode
#define UART_IRQ 33
#define UART_PADDR 0x09000000u
#define UART_IMSC (0x38 / 4)
#define UART_ICR (0x44 / 4)
#define UART_TX (1u << 5)

/// A device frame at an address, cut out of the device untyped around it.
static seL4_CPtr device_frame(seL4_Word paddr)
{
    for (seL4_Word i = 0; i < task_info->untyped.end - task_info->untyped.start; i++) {
        const seL4_UntypedDesc *entry = &task_info->untypedList[i];
        seL4_Word offset = paddr - entry->paddr;
        if (entry->isDevice && paddr >= entry->paddr && offset < (seL4_Word)1 << entry->sizeBits) {
            seL4_CPtr slot = task_slot();
            CHECK_EQUAL(offset, 0);
            CHECK_EQUAL(seL4_Untyped_Retype(task_info->untyped.start + i, seL4_ARM_SmallPageObject, 0, ROOT, 0,
                                            0, slot, 1), seL4_NoError);
            return slot;
        }
    }
    CHECK(!"no untyped for the device");
    return 0;
}

void test_irq(void)
{
    seL4_CPtr handler = task_slot();
    seL4_CPtr second = task_slot();
    seL4_CPtr notification = task_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = task_slot();
    seL4_Word badge;

    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 26, ROOT, second, 64), seL4_RevokeFirst);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 5000, ROOT, second, 64), seL4_RangeError);
    CHECK_EQUAL(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, 0, ROOT, handler, 64), seL4_NoError);
    CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, UART_IRQ, ROOT, second, 64), seL4_RevokeFirst);
    CHECK_EQUAL(seL4_CNode_Mint(ROOT, badged, 64, ROOT, notification, 64, seL4_AllRights, 2), seL4_NoError);
    CHECK_EQUAL(seL4_IRQHandler_SetNotification(handler, badged), seL4_NoError);

    volatile uint32_t *uart = (volatile uint32_t *)task_vaddr(4096);
    seL4_CPtr frame = device_frame(UART_PADDR);
    CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, frame, (seL4_Word)uart, seL4_ReadWrite,
                         seL4_ARM_ExecuteNever), seL4_NoError);
    for (int i = 0; i < 3; i++) {
        uart[UART_IMSC] = UART_TX;
        task_print(""); // nothing printed: the interrupt follows the next character
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
