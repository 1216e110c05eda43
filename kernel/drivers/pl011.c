// SPDX-License-Identifier: BSD-2-Clause
// Debug console on a PL011 (DDI 0183), polled. The firmware or emulator has set it up. Release
// builds never touch the device.
#include <arch/drivers.h>
#include <arch/mmu.h>
#include <kernel/kernel.h>

#include <plat.h>

#if CONFIG_PRINTING
#define UART_DR 0x00
#define UART_FR 0x18
#define UART_FR_TXFF BIT(5)

static volatile uint32_t *uart;

void uart_init(void)
{
    uart = mmu_map_device(PLAT_UART_BASE, 0x1000);
}

void arch_debug_putchar(char c)
{
    if (uart == NULL) {
        return;
    }
    if (c == '\n') {
        arch_debug_putchar('\r');
    }
    while (uart[UART_FR / 4] & UART_FR_TXFF) {
        // The transmitter drains by itself.
    }
    uart[UART_DR / 4] = (unsigned char)c;
}
#else
void uart_init(void)
{
}

void arch_debug_putchar(char c)
{
    (void)c;
}
#endif
