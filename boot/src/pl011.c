// SPDX-License-Identifier: BSD-2-Clause
// Console on a PL011 that the firmware or the emulator has set up (DDI 0183, 3.3).
#include <boot/boot.h>

#include <plat.h>

#define UARTDR        0x00u
#define UARTFR        0x18u
#define UARTFR_TXFF   (1u << 5)
#define UARTCR        0x30u
#define UARTCR_UARTEN 1u
#define UARTCR_TXE    (1u << 8)

static volatile uint32_t *uart_register(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(PLAT_UART_BASE + offset);
}

void uart_put(char c)
{
    volatile uint32_t *control = uart_register(UARTCR);

    if ((*control & (UARTCR_UARTEN | UARTCR_TXE)) != (UARTCR_UARTEN | UARTCR_TXE)) {
        *control |= UARTCR_UARTEN | UARTCR_TXE;
    }
    while ((*uart_register(UARTFR) & UARTFR_TXFF) != 0) {
        __asm__ volatile("yield");
    }
    *uart_register(UARTDR) = (uint8_t)c;
}
