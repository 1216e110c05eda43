// SPDX-License-Identifier: BSD-2-Clause
// Interrupts: handlers, software-generated ones, and a device of QEMU's virt machine. Calls of the firmware.
#include "api.h"

#define IRQ_BADGE 5
#define SGI 5
// What no GIC of this machine has, and what the kernel keeps for itself.
#define NO_IRQ 1020
#define IRQ_MAINTENANCE 25
#define IRQ_HYP_TIMER 26
#define IRQ_VIRTUAL_TIMER 27
// The real-time clock, a PL031 (Arm DDI 0224): alarm, interrupt mask, status and clear, and identification.
#define RTC_PADDR 0x9010000u
#define RTC_IRQ 34
enum { RTC_DR = 0x00 / 4, RTC_MR = 0x04 / 4, RTC_IMSC = 0x10 / 4, RTC_RIS = 0x14 / 4, RTC_ICR = 0x1c / 4,
       RTC_ID = 0xfe0 / 4 };
#define RTC_ID_VALUE 0x31

static seL4_Error get(seL4_Word irq, seL4_CPtr slot)
{
    return seL4_IRQControl_Get(seL4_CapIRQControl, irq, ROOT, slot, DEPTH);
}

static void check_control(seL4_CPtr notification)
{
    seL4_CPtr slot = api_slot(), handler = api_slot();
    CALL(get(NO_IRQ, slot), seL4_RangeError);
    ANSWER(0, 0);
    CALL(get(IRQ_MAINTENANCE, slot), seL4_RevokeFirst);
    CALL(get(IRQ_HYP_TIMER, slot), seL4_RevokeFirst);
    CALL(get(IRQ_VIRTUAL_TIMER, slot), seL4_RevokeFirst);
    CALL(get(RTC_IRQ, notification), seL4_DeleteFirst);
    SUCCEEDS(get(RTC_IRQ, handler));
    CALL(get(RTC_IRQ, slot), seL4_RevokeFirst);
    CALL(seL4_IRQHandler_SetNotification(handler, api_endpoint), seL4_InvalidCapability);
    SUCCEEDS(seL4_IRQHandler_SetNotification(handler, notification));
    SUCCEEDS(seL4_IRQHandler_Ack(handler));
    SUCCEEDS(seL4_IRQHandler_Clear(handler));
    SUCCEEDS(seL4_CNode_Delete(ROOT, handler, DEPTH));
}

#if API_CORES == 1
static void check_sgi(seL4_CPtr notification, seL4_CPtr badged)
{
    seL4_CPtr handler = api_slot(), sgi = api_slot();
    seL4_Word badge = 0;
    SUCCEEDS(get(SGI, handler));
    SUCCEEDS(seL4_IRQHandler_SetNotification(handler, badged));
    CALL(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 16, 0, ROOT, sgi, DEPTH), seL4_RangeError);
    SUCCEEDS(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, SGI, 0, ROOT, sgi, DEPTH));
    for (int i = 0; i < 2; i++) {
        seL4_Signal(sgi);
        seL4_Wait(notification, &badge);
        EQUAL(badge, IRQ_BADGE);
        SUCCEEDS(seL4_IRQHandler_Ack(handler));
    }
    SUCCEEDS(seL4_CNode_Delete(ROOT, sgi, DEPTH));
    SUCCEEDS(seL4_CNode_Delete(ROOT, handler, DEPTH));
}

static seL4_Error get_level(seL4_Word irq, seL4_CPtr slot)
{
    return seL4_IRQControl_GetTrigger(seL4_CapIRQControl, irq, 0, ROOT, slot, DEPTH);
}
#else
static void check_sgi(seL4_CPtr notification, seL4_CPtr badged)
{
    // Kernels of several cores use these interrupts themselves.
    (void)notification;
    (void)badged;
}

static seL4_Error get_level(seL4_Word irq, seL4_CPtr slot)
{
    CALL(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, irq, 0, ROOT, slot, DEPTH, API_CORES),
         seL4_InvalidArgument);
    return seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, irq, 0, ROOT, slot, DEPTH, API_CORES - 1);
}
#endif

static void check_device(seL4_CPtr notification, seL4_CPtr badged)
{
    seL4_CPtr frame = api_device_frame(RTC_PADDR);
    seL4_CPtr handler = api_slot();
    seL4_Word address = api_address(), badge = 0;
    volatile seL4_Uint32 *rtc = (volatile seL4_Uint32 *)address;
    EQUAL(seL4_ARM_Page_GetAddress(frame).paddr, RTC_PADDR);
    SUCCEEDS(api_map(VSPACE, frame, address, seL4_ReadWrite, 0));
    EQUAL(rtc[RTC_ID], RTC_ID_VALUE);
    SUCCEEDS(get_level(RTC_IRQ, handler));
    SUCCEEDS(seL4_IRQHandler_SetNotification(handler, badged));
    SUCCEEDS(seL4_IRQHandler_Ack(handler));
    rtc[RTC_IMSC] = 1;
    rtc[RTC_MR] = rtc[RTC_DR] + 1; // in at most a second
    seL4_Wait(notification, &badge);
    EQUAL(badge, IRQ_BADGE);
    EQUAL(rtc[RTC_RIS], 1);
    rtc[RTC_ICR] = 1;
    SUCCEEDS(seL4_IRQHandler_Ack(handler));
    seL4_Poll(notification, &badge);
    EQUAL(badge, 0);
    rtc[RTC_IMSC] = 0;
    SUCCEEDS(seL4_CNode_Delete(ROOT, handler, DEPTH));
}

void test_irq(void)
{
    seL4_CPtr notification = api_object(seL4_NotificationObject, 0);
    seL4_CPtr badged = api_mint(notification, seL4_CanWrite, IRQ_BADGE);
    check_control(badged);
    check_sgi(notification, badged);
    check_device(notification, badged);
}

void test_smc(void)
{
#if defined(CONFIG_ALLOW_SMC_CALLS) && CONFIG_ALLOW_SMC_CALLS + 0
    // PSCI (Arm DEN 0022): its version, and a function that the badged cap is not for.
    enum { PSCI_VERSION = 0x84000000, PSCI_SYSTEM_RESET = 0x84000009 };
    seL4_ARM_SMCContext call = { .x0 = PSCI_VERSION }, result = { 0 };
    SUCCEEDS(seL4_ARM_SMC_Call(seL4_CapSMC, &call, &result));
    CHECK(result.x0 >> 16 == 0 || result.x0 >> 16 == 1); // major version
    seL4_CPtr badged = api_mint(seL4_CapSMC, seL4_AllRights, PSCI_VERSION);
    SUCCEEDS(seL4_ARM_SMC_Call(badged, &call, &result));
    call.x0 = PSCI_SYSTEM_RESET;
    CALL(seL4_ARM_SMC_Call(badged, &call, &result), seL4_IllegalOperation);
#endif
}
