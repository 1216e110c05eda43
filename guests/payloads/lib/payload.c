// SPDX-License-Identifier: BSD-2-Clause
// Console, reports, exceptions, PSCI and timer for bare-metal guests.
#include "payload.h"

#include <stdarg.h>

struct expected expected;
static bool expecting;
void (*volatile interrupt_handler)(uint32_t intid);
volatile uint64_t interrupt_count[1024];
static unsigned checks;
static unsigned failures;

void handle_exception(uint64_t kind, struct frame *frame);

static void put(char c)
{
    if (c == '\n') {
        put('\r');
    }
    while (read32(UART_BASE + 0x18) & 0x20) { // UARTFR.TXFF
    }
    write32(UART_BASE, (uint8_t)c);
}

static void put_number(uint64_t value, unsigned base, unsigned width, char fill)
{
    char digits[24];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count < width && count < sizeof(digits)) {
        digits[count++] = fill;
    }
    while (count > 0) {
        put(digits[--count]);
    }
}

static void print_one(const char **format, va_list *arguments)
{
    const char *at = *format;
    char fill = ' ';
    unsigned width = 0;
    if (*at == '0') {
        fill = '0';
        at++;
    }
    while (*at >= '0' && *at <= '9') {
        width = width * 10 + (unsigned)(*at++ - '0');
    }
    bool is_long = false;
    while (*at == 'l') {
        is_long = true;
        at++;
    }
    switch (*at) {
    case 's': {
        for (const char *s = va_arg(*arguments, const char *); *s != '\0'; s++) {
            put(*s);
        }
        break;
    }
    case 'd': {
        int64_t value = is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
        if (value < 0) {
            put('-');
            value = -value;
        }
        put_number((uint64_t)value, 10, width, fill);
        break;
    }
    case 'u':
        put_number(is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned), 10, width, fill);
        break;
    case 'x':
        put_number(is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned), 16, width, fill);
        break;
    default:
        put(*at);
        break;
    }
    *format = at + 1;
}

static void print_list(const char *format, va_list *arguments)
{
    while (*format != '\0') {
        if (*format == '%') {
            format++;
            print_one(&format, arguments);
        } else {
            put(*format++);
        }
    }
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_list(format, &arguments);
    va_end(arguments);
}

void check(bool ok, const char *format, ...)
{
    checks++;
    if (ok) {
        return;
    }
    failures++;
    va_list arguments;
    va_start(arguments, format);
    print("FAIL: ");
    print_list(format, &arguments);
    print("\n");
    va_end(arguments);
}

void finish(void)
{
    print("SUMMARY: %u checks, %u failed\n", checks, failures);
    for (;;) {
        power_off();
    }
}

void power_off(void)
{
    (void)hvc(0x84000008, 0, 0, 0);
}

void expect_exceptions(bool on)
{
    expecting = on;
    expected.count = 0;
    expected.return_to = 0;
}

static void handle_interrupt(void)
{
    uint32_t intid = gic_acknowledge();
    if (intid >= 1020) {
        return;
    }
    interrupt_count[intid]++;
    if (interrupt_handler != NULL) {
        interrupt_handler(intid);
    } else if (intid == TIMER_PPI) {
        timer_off();
    }
    gic_end(intid);
}

void handle_exception(uint64_t kind, struct frame *frame)
{
    uint64_t esr, far;
    if ((kind & 3) == 1) {
        handle_interrupt();
        return;
    }
    __asm__ volatile("mrs %0, esr_el1\n\tmrs %1, far_el1" : "=r"(esr), "=r"(far));
    if (expecting && (kind & 3) != 2) {
        expected.count++;
        expected.esr = esr;
        expected.far = far;
        frame->elr = expected.return_to != 0 ? expected.return_to : frame->elr + 4;
        return;
    }
    print("unexpected exception %lu: esr 0x%lx far 0x%lx elr 0x%lx\n", kind, esr, far, frame->elr);
    failures++;
    finish();
}

#define SMCCC_CALL(instruction)                                                                       \
    register uint64_t r0 __asm__("x0") = x0;                                                          \
    register uint64_t r1 __asm__("x1") = x1;                                                          \
    register uint64_t r2 __asm__("x2") = x2;                                                          \
    register uint64_t r3 __asm__("x3") = x3;                                                          \
    register uint64_t r7 __asm__("x7") = 0;                                                           \
    __asm__ volatile(instruction " #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r7) : : "memory", \
                     "x4", "x5", "x6", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",     \
                     "x17");                                                                           \
    return (struct smc_result){ r0, r1, r2, r3 }

struct smc_result hvc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    SMCCC_CALL("hvc");
}

struct smc_result smc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    SMCCC_CALL("smc");
}

struct smc_result hvc_x7(uint64_t x0, uint64_t x1, uint64_t x7)
{
    register uint64_t r0 __asm__("x0") = x0;
    register uint64_t r1 __asm__("x1") = x1;
    register uint64_t r2 __asm__("x2") = 0;
    register uint64_t r3 __asm__("x3") = 0;
    register uint64_t r7 __asm__("x7") = x7;
    __asm__ volatile("hvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r7) : : "memory", "x4", "x5",
                     "x6", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");
    return (struct smc_result){ r0, r1, r2, r3 };
}

uint64_t counter_frequency(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

void timer_set(uint64_t ticks_from_now)
{
    __asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
                     : : "r"(counter() + ticks_from_now), "r"(1ul) : "memory");
}

void timer_off(void)
{
    __asm__ volatile("msr cntv_ctl_el0, xzr\n\tisb" : : : "memory");
}

uint64_t random_next(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}
