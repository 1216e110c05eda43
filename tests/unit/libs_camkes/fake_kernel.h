// SPDX-License-Identifier: BSD-2-Clause
// A kernel for tests of user-level libraries: endpoints and notifications between POSIX threads.
// Cap numbers are the objects' own; a test gives a cap its endpoint and badge.
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <sel4/sel4.h>

enum { FAKE_KERNEL_CAPS = 256 };

/// Forget all caps. No thread may be in a system call.
void fake_kernel_reset(void);

/// `cap` names endpoint or notification number `object`, with a badge.
void fake_kernel_cap(seL4_CPtr cap, unsigned object, seL4_Word badge);

/// Give the calling thread an IPC buffer. Threads that make system calls call it first.
void fake_kernel_enter(void);

/// Send a message of raw words to `cap` as a caller would; returns the answer's info, its words in
/// `words`.
seL4_MessageInfo_t fake_kernel_raw_call(seL4_CPtr cap, seL4_Word *words, seL4_Word length);

/// Signals that a notification's waiters have not taken yet.
seL4_Word fake_kernel_pending(unsigned object);

#endif
