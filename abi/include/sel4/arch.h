// SPDX-License-Identifier: BSD-2-Clause
// The part of the binary interface of the architecture that a program is compiled for. Programs that
// play an AArch64 kernel or its user on the build machine define ROOKERY_ABI_AARCH64 or
// SEL4_EXTERNAL_SYSCALLS. For 32-bit targets there is no such part: types, system calls with a
// sel4_syscall() from elsewhere, and invocations without registers and times.
#ifndef SEL4_ARCH_H
#define SEL4_ARCH_H

#if defined(__aarch64__) || defined(ROOKERY_ABI_AARCH64) || defined(SEL4_EXTERNAL_SYSCALLS)
#include <sel4/arch/aarch64.h>
/// 1: seL4_UserContext and the architecture's faults are known.
#define SEL4_ARCH_KNOWN 1
/// 1: faults of virtual CPUs exist.
#define SEL4_ARCH_AARCH64 1
#elif defined(__x86_64__)
#include <sel4/arch/x86_64.h>
#define SEL4_ARCH_KNOWN 1
#define SEL4_ARCH_AARCH64 0
#else
#include <sel4/types.h>
#define SEL4_ARCH_KNOWN 0
#define SEL4_ARCH_AARCH64 0
#endif

#endif
