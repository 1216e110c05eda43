// SPDX-License-Identifier: BSD-2-Clause
// Output of a component: stdout and stderr of the C library, and the plain console.
#include <camkes/runtime.h>

#include <base/fmt.h>
#include <stdio.h>

static putchar_func user_putchar;

static void console_put(void *context, char c)
{
    (void)context;
#if CONFIG_PRINTING
    seL4_DebugPutChar(c);
#else
    (void)c;
#endif
}

void camkes_console_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fmt_vwrite(console_put, NULL, format, args);
    va_end(args);
}

void set_putchar(putchar_func putchar_fn)
{
    user_putchar = putchar_fn;
}

static int stdio_put(char c, FILE *file)
{
    putchar_func put = user_putchar;

    (void)file;
    if (put != NULL) {
        put((unsigned char)c);
    } else {
        console_put(NULL, c);
    }
    return (unsigned char)c;
}

static int stdio_get(FILE *file)
{
    (void)file;
    return EOF;
}

static FILE output = FDEV_SETUP_STREAM(stdio_put, NULL, NULL, _FDEV_SETUP_WRITE);
static FILE input = FDEV_SETUP_STREAM(NULL, stdio_get, NULL, _FDEV_SETUP_READ);

FILE *const stdin = &input;
FILE *const stdout = &output;
FILE *const stderr = &output;
