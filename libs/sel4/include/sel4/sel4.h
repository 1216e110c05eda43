// SPDX-License-Identifier: BSD-2-Clause
// Everything a user program needs of the seL4 API (16.0.0, MCS): types, system calls, invocations,
// faults and boot info. Works without a C library.
#ifndef SEL4_SEL4_H
#define SEL4_SEL4_H

#include <sel4/types.h>
#include <sel4/arch.h>
#include <sel4/bootinfo.h>
#include <sel4/macros.h>

#include <sel4/ipc_buffer.h>
#include <sel4/syscalls.h>
#include <sel4/invocations.h>
#include <sel4/arch/invocations.h>
#include <sel4/faults.h>
#include <sel4/debug.h>

#endif
