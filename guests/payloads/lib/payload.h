// SPDX-License-Identifier: BSD-2-Clause
// What every bare-metal guest uses: console, reports, exceptions, PSCI, timer; gic.h has the
// interrupt controller.
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gic.h"

#define UART_BASE 0x09000000ul
#define RAM_BASE 0x40000000ul
#define RAM_SIZE 0x20000000ul
#define TIMER_PPI 27u

/// Registers that the exception entry saved; changes are restored.
struct frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t padding;
};

// Console.
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Counts a check; prints it when it failed.
void check(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// Prints SUMMARY and powers the VM off.
__attribute__((noreturn)) void finish(void);
void power_off(void);

// Exceptions. An expected synchronous exception is counted and its instruction skipped.
struct expected {
    volatile uint64_t count;    ///< synchronous exceptions since expect_exceptions(true)
    volatile uint64_t esr;      ///< of the last one
    volatile uint64_t far;
    volatile uint64_t return_to; ///< not 0: continue there instead of skipping
};
extern struct expected expected;
void expect_exceptions(bool on);
/// Called for each interrupt that the GIC acknowledges; NULL: counted only.
extern void (*volatile interrupt_handler)(uint32_t intid);
extern volatile uint64_t interrupt_count[1024];

// PSCI (DEN 0022) and SMCCC.
#define PSCI_CPU_OFF 0x84000002ul
#define PSCI_CPU_ON 0xc4000003ul
#define PSCI_AFFINITY_INFO 0xc4000004ul
struct smc_result {
    uint64_t x0, x1, x2, x3;
};
struct smc_result hvc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);
struct smc_result smc(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);
/// HVC with x7 as given (x7 is the system call number of the kernel below).
struct smc_result hvc_x7(uint64_t x0, uint64_t x1, uint64_t x7);

// Device access.
static inline uint32_t read32(uint64_t at)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
    return value;
}

static inline void write32(uint64_t at, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(at) : "memory");
}

static inline void write64(uint64_t at, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(at) : "memory");
}

static inline uint8_t read8(uint64_t at)
{
    uint32_t value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
    return (uint8_t)value;
}

static inline void write8(uint64_t at, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(at) : "memory");
}

// Time: under `-icount shift=0` one instruction is one nanosecond and the counter runs at 62.5 MHz.
static inline uint64_t counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

uint64_t counter_frequency(void);
void timer_set(uint64_t ticks_from_now);
void timer_off(void);

static inline void interrupts_on(void)
{
    __asm__ volatile("msr daifclr, #2" : : : "memory");
}

static inline void interrupts_off(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}

static inline void wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

/// Deterministic pseudo-random numbers.
uint64_t random_next(void);

int main(void);

#endif
