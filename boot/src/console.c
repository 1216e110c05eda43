// SPDX-License-Identifier: BSD-2-Clause
// Messages of the boot code.
#include <boot/boot.h>

#include <base/fmt.h>

static void put(void *context, char c)
{
    (void)context;
    if (c == '\n') {
        uart_put('\r');
    }
    uart_put(c);
}

void boot_say(const char *format, ...)
{
#if CONFIG_PRINTING
    va_list args;

    va_start(args, format);
    (void)fmt_write(put, NULL, "boot: ");
    (void)fmt_vwrite(put, NULL, format, args);
    (void)fmt_write(put, NULL, "\n");
    va_end(args);
#else
    (void)format;
#endif
}

void boot_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fmt_write(put, NULL, "boot: error: ");
    (void)fmt_vwrite(put, NULL, format, args);
    (void)fmt_write(put, NULL, "\nboot: stopped\n");
    va_end(args);
    for (;;) {
        __asm__ volatile("wfe");
    }
}
