// SPDX-License-Identifier: BSD-2-Clause
// Things that fault or wait for ever, made survivable: the instance's control thread sets the attacking
// thread behind the instruction.
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

/// Registers of a system call: x0 to x8 without the number in x7.
struct attempt_call {
    uint64_t x[9];
};

/// Where the attacking thread goes on when what it tries faults or waits.
extern volatile uintptr_t attempt_landing;
/// Faults of the attacking thread so far, and times it had to be called back from waiting. Only the control
/// thread writes them.
extern volatile uint64_t attempt_faults;
extern volatile uint64_t attempt_waits;
/// System calls so far.
extern uint64_t attempt_calls;
/// Things that worked and must not; each has printed a line.
extern unsigned attempt_breaches;

/// The next number of a fixed sequence.
uint64_t attempt_random(void);

/// Any system call; x0 to x6 are the results.
void attempt_syscall(int64_t number, struct attempt_call *call);

/// Each counts a breach when it does not fault.
void attempt_read(uint64_t address);
void attempt_write(uint64_t address);
void attempt_jump(uint64_t address);

/// The same for an instruction that only the kernel may use.
#define ATTEMPT_INSTRUCTION(text)                                                                  \
    do {                                                                                           \
        uint64_t before_ = attempt_faults;                                                         \
        __asm__ volatile("adr x9, 1f\n\tstr x9, [%0]\n\t" text "\n1:"                              \
                         :                                                                         \
                         : "r"(&attempt_landing)                                                   \
                         : "x0", "x1", "x2", "x3", "x9", "memory");                                \
        attempt_must_fault(before_, text, 0);                                                      \
    } while (0)

/// Report a breach unless there was a fault since there were `before`.
void attempt_must_fault(uint64_t before, const char *what, uint64_t address);

// The attacks, each with its own line of output by the caller.
void attack_addresses(void);
void attack_instructions(void);
void attack_numbers(void);
void attack_slots(void);
void attack_file_server(void);
/// Its own threads, with everything: does not come back.
void attack_itself(void);

#endif
