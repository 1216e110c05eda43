// SPDX-License-Identifier: BSD-2-Clause
// Debug system calls. They exist only in kernels that were built with them (CONFIG_PRINTING,
// CONFIG_DEBUG_BUILD); a program uses the same configuration.
#ifndef SEL4_DEBUG_H
#define SEL4_DEBUG_H

#include <sel4/syscalls.h>

#if CONFIG_PRINTING

/// Write one character to the kernel's console.
static inline void seL4_DebugPutChar(char c)
{
    struct sel4_syscall_regs regs = { .cap = (unsigned char)c };

    sel4_syscall(seL4_SysDebugPutChar, &regs);
}

static inline void seL4_DebugPutString(const char *text)
{
    for (; *text != '\0'; text++) {
        seL4_DebugPutChar(*text);
    }
}

/// Print the state of all threads on the kernel's console.
static inline void seL4_DebugDumpScheduler(void)
{
    struct sel4_syscall_regs regs = { .cap = 0 };

    sel4_syscall(seL4_SysDebugDumpScheduler, &regs);
}

#endif

#if CONFIG_DEBUG_BUILD

/// Stop the machine.
static inline void seL4_DebugHalt(void)
{
    struct sel4_syscall_regs regs = { .cap = 0 };

    sel4_syscall(seL4_SysDebugHalt, &regs);
}

static inline void seL4_DebugSnapshot(void)
{
    struct sel4_syscall_regs regs = { .cap = 0 };

    sel4_syscall(seL4_SysDebugSnapshot, &regs);
}

/// Kernel's number of the cap type behind `cap`; 0 when there is no cap.
static inline seL4_Uint32 seL4_DebugCapIdentify(seL4_CPtr cap)
{
    struct sel4_syscall_regs regs = { .cap = cap };

    sel4_syscall(seL4_SysDebugCapIdentify, &regs);
    return (seL4_Uint32)regs.cap;
}

/// Give a thread a name for the kernel's messages. Overwrites message words from 0 on.
static inline void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    struct sel4_syscall_regs regs = { .cap = tcb };
    char *words = (char *)seL4_GetIPCBuffer()->msg;
    size_t limit = sizeof(seL4_GetIPCBuffer()->msg) - 1;
    size_t length = 0;

    while (length < limit && name[length] != '\0') {
        words[length] = name[length];
        length++;
    }
    words[length] = '\0';
    sel4_syscall(seL4_SysDebugNameThread, &regs);
}

#if CONFIG_MAX_NUM_NODES > 1

/// Send software-generated interrupt `irq` (0..15) to a core.
static inline void seL4_DebugSendIPI(seL4_Uint8 target, unsigned irq)
{
    struct sel4_syscall_regs regs = { .cap = target, .info = irq };

    sel4_syscall(seL4_SysDebugSendIPI, &regs);
}

/// Number of the core that a thread belongs to.
static inline seL4_Word seL4_DebugGetThreadAffinity(seL4_TCB tcb)
{
    struct sel4_syscall_regs regs = { .cap = tcb };

    sel4_syscall(seL4_SysDebugGetThreadAffinity, &regs);
    return regs.cap;
}

#endif

#endif

#endif
