// SPDX-License-Identifier: BSD-2-Clause
// The system call instruction: one function for calls that exchange a message, one for those with
// plain register arguments. Register use of AArch64: x0 cap or badge, x1 message info, x2..x5 message
// words, x6 reply object, x7 number, x8 destination of NBSendRecv. Of x86_64: RDI, RSI, R10 R8 R9 R15,
// R12, RDX, R13.
#ifndef SEL4_ARCH_SYSCALLS_H
#define SEL4_ARCH_SYSCALLS_H

#include <sel4/types.h>

/// Registers of one system call, in and out.
struct sel4_syscall_regs {
    seL4_Word cap;       ///< in: cap pointer; out: badge
    seL4_Word info;      ///< in and out: message info
    seL4_Word mr0;       ///< in and out: message words 0..3; single fields, so that
    seL4_Word mr1;       ///< the compiler keeps them in registers
    seL4_Word mr2;
    seL4_Word mr3;
    seL4_Word reply;     ///< in: reply object
    seL4_Word send_cap;  ///< in: destination of NBSendRecv
};

#if defined(__aarch64__) && !defined(SEL4_EXTERNAL_SYSCALLS)

static inline __attribute__((always_inline)) void sel4_syscall(int number,
                                                               struct sel4_syscall_regs *regs)
{
    register seL4_Word x0 __asm__("x0");
    register seL4_Word x1 __asm__("x1");
    register seL4_Word x2 __asm__("x2");
    register seL4_Word x3 __asm__("x3");
    register seL4_Word x4 __asm__("x4");
    register seL4_Word x5 __asm__("x5");
    register seL4_Word x6 __asm__("x6");
    register seL4_Word x7 __asm__("x7");
    register seL4_Word x8 __asm__("x8");

    x0 = regs->cap;
    x1 = regs->info;
    x2 = regs->mr0;
    x3 = regs->mr1;
    x4 = regs->mr2;
    x5 = regs->mr3;
    x6 = regs->reply;
    x7 = (seL4_Word)(int64_t)number;
    x8 = regs->send_cap;
    // The kernel reads and writes the IPC buffer, so memory is clobbered.
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6)
                     : "r"(x7), "r"(x8)
                     : "memory");
    regs->cap = x0;
    regs->info = x1;
    regs->mr0 = x2;
    regs->mr1 = x3;
    regs->mr2 = x4;
    regs->mr3 = x5;
}

#elif defined(__x86_64__) && !defined(SEL4_EXTERNAL_SYSCALLS) && !defined(ROOKERY_ABI_AARCH64)

static inline __attribute__((always_inline)) void sel4_syscall(int number,
                                                               struct sel4_syscall_regs *regs)
{
    register seL4_Word mr0 __asm__("r10") = regs->mr0;
    register seL4_Word mr1 __asm__("r8") = regs->mr1;
    register seL4_Word mr2 __asm__("r9") = regs->mr2;
    register seL4_Word mr3 __asm__("r15") = regs->mr3;
    register seL4_Word reply __asm__("r12") = regs->reply;
    register seL4_Word send_cap __asm__("r13") = regs->send_cap;
    seL4_Word number_word = (seL4_Word)(int64_t)number;

    // The kernel returns with RSP as it was given, in RBX; SYSCALL overwrites RCX and R11.
    __asm__ volatile("movq %%rsp, %%rbx\n\tsyscall\n\tmovq %%rbx, %%rsp"
                     : "+D"(regs->cap), "+S"(regs->info), "+r"(mr0), "+r"(mr1), "+r"(mr2),
                       "+r"(mr3), "+r"(reply), "+d"(number_word)
                     : "r"(send_cap)
                     : "rbx", "rcx", "r11", "memory");
    regs->mr0 = mr0;
    regs->mr1 = mr1;
    regs->mr2 = mr2;
    regs->mr3 = mr3;
}

#else

/// Given by the program: unit tests on the build machine play the kernel, and for 32-bit targets
/// there is none.
void sel4_syscall(int number, struct sel4_syscall_regs *regs);

#endif

#endif
