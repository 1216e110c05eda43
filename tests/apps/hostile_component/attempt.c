// SPDX-License-Identifier: BSD-2-Clause
// What the attacking thread does to get into trouble, in assembly where the place to go on must be known.
#include "attempt.h"

#include <stdio.h>

volatile uintptr_t attempt_landing;
volatile uint64_t attempt_faults;
volatile uint64_t attempt_waits;
uint64_t attempt_calls;
unsigned attempt_breaches;

uint64_t attempt_random(void)
{
    // Marsaglia's xorshift64*.
    static uint64_t state = 0x9e3779b97f4a7c15;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

void attempt_syscall(int64_t number, struct attempt_call *call)
{
    register uint64_t *words __asm__("x10") = call->x;
    register int64_t value __asm__("x11") = number;

    attempt_calls++;
    __asm__ volatile("adr x9, 1f\n\t"
                     "str x9, [%2]\n\t"
                     "ldp x0, x1, [%0]\n\t"
                     "ldp x2, x3, [%0, #16]\n\t"
                     "ldp x4, x5, [%0, #32]\n\t"
                     "ldr x6, [%0, #48]\n\t"
                     "mov x7, %1\n\t"
                     "ldr x8, [%0, #64]\n\t"
                     "svc #0\n"
                     "1:\n\t"
                     "stp x0, x1, [%0]\n\t"
                     "stp x2, x3, [%0, #16]\n\t"
                     "stp x4, x5, [%0, #32]\n\t"
                     "str x6, [%0, #48]\n\t"
                     :
                     : "r"(words), "r"(value), "r"(&attempt_landing)
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "memory");
}

void attempt_must_fault(uint64_t before, const char *what, uint64_t address)
{
    if (attempt_faults == before) {
        attempt_breaches++;
        printf("BREACH: %s 0x%llx\n", what, (unsigned long long)address);
    }
}

void attempt_read(uint64_t address)
{
    uint64_t before = attempt_faults;

    __asm__ volatile("adr x9, 1f\n\tstr x9, [%1]\n\tldr x9, [%0]\n1:"
                     :
                     : "r"(address), "r"(&attempt_landing)
                     : "x9", "memory");
    attempt_must_fault(before, "read", address);
}

void attempt_write(uint64_t address)
{
    uint64_t before = attempt_faults;

    __asm__ volatile("adr x9, 1f\n\tstr x9, [%1]\n\tstr x9, [%0]\n1:"
                     :
                     : "r"(address), "r"(&attempt_landing)
                     : "x9", "memory");
    attempt_must_fault(before, "write", address);
}

void attempt_jump(uint64_t address)
{
    uint64_t before = attempt_faults;

    __asm__ volatile("adr x9, 1f\n\tstr x9, [%1]\n\tbr %0\n1:"
                     :
                     : "r"(address), "r"(&attempt_landing)
                     : "x9", "memory");
    attempt_must_fault(before, "jump", address);
}
