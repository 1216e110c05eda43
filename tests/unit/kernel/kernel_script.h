// SPDX-License-Identifier: BSD-2-Clause
// Turns bytes into a history of the system: system calls of several threads, interrupts, faults and
// time. Used by the fuzzer and by a test with random bytes.
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/// Boots, makes a small system of threads and objects, and plays the bytes until they end or
/// everybody waits for ever. Aborts when the kernel's state becomes inconsistent. Returns the
/// kernel entries made.
unsigned kernel_script_run(const uint8_t *data, size_t size);

/// Calls with an invocation label that succeeded in all runs of this process.
unsigned long kernel_script_succeeded(uint64_t label);

#endif
