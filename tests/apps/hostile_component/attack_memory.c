// SPDX-License-Identifier: BSD-2-Clause
// Attacks without system calls: addresses that belong to others, and instructions of the kernel.
#include "attempt.h"

#include <camkes.h>
#include <camkes/runtime.h>

extern int run(void);

void attack_addresses(void)
{
    static const uint64_t bases[] = {
        0,                  // nothing
        0x8000000,          // interrupt controller, by its physical address
        0x8010000,          //
        0x8030000,          //
        0x9000000,          // serial port
        0x40000000,         // RAM
        0x60000000,         // the kernel
        0x2100000000,       // behind the shared memory
        0x3000000000,       // where others have devices
        0x4000000000,       // and guests
        0x7ffffff000,       // below the kernel's window
        0x8000000000,       // the kernel's window of physical memory
        0x8009000000,       //
        0x8060000000,       // its code and data
        0x8060100000,       //
        0x80bffff000,       //
        0xfffffff000,       //
        0xfffffffff000,     //
        0x1000000000000,    // not an address
        0x8000000000000000, //
        0xffff000000000000, //
        0xfffffffffffffff0, //
    };

    for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        attempt_read(bases[i]);
        attempt_write(bases[i]);
        attempt_jump(bases[i]);
    }
    for (unsigned i = 0; i < 500; i++) {
        attempt_write(0x8000000000 + attempt_random() % 0x8000000000);
        attempt_read(0x8000000000 | (attempt_random() & ~UINT64_C(7)));
    }
    // Its own code is not writable, its own data not executable; the pages around stacks are not there.
    attempt_write((uint64_t)(uintptr_t)run & ~UINT64_C(7));
    attempt_jump((uint64_t)(uintptr_t)seL4_GetIPCBuffer());
    attempt_jump((uint64_t)(uintptr_t)&attempt_calls);
    attempt_jump((uint64_t)(uintptr_t)fs_buf);
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        const struct camkes_thread *thread = &camkes_instance.threads[i];
        attempt_write(thread->stack_base - 8);
    }
}

void attack_instructions(void)
{
    ATTEMPT_INSTRUCTION("hvc #0");
    ATTEMPT_INSTRUCTION("smc #0");
    ATTEMPT_INSTRUCTION("brk #1");
    ATTEMPT_INSTRUCTION("eret");
    ATTEMPT_INSTRUCTION(".word 0");
    ATTEMPT_INSTRUCTION("mrs x0, sctlr_el1");
    ATTEMPT_INSTRUCTION("msr sctlr_el1, x0");
    ATTEMPT_INSTRUCTION("msr vbar_el1, x0");
    ATTEMPT_INSTRUCTION("msr ttbr0_el1, x0");
    ATTEMPT_INSTRUCTION("mrs x0, hcr_el2");
    ATTEMPT_INSTRUCTION("msr hcr_el2, x0");
    ATTEMPT_INSTRUCTION("msr ttbr0_el2, x0");
    ATTEMPT_INSTRUCTION("msr vttbr_el2, x0");
    ATTEMPT_INSTRUCTION("mrs x0, esr_el2");
    ATTEMPT_INSTRUCTION("msr daifset, #15");
    ATTEMPT_INSTRUCTION("msr cnthp_cval_el2, x0");
    ATTEMPT_INSTRUCTION("msr cntp_ctl_el0, x0");
    ATTEMPT_INSTRUCTION("msr pmcr_el0, x0");
    ATTEMPT_INSTRUCTION("tlbi alle2");
    ATTEMPT_INSTRUCTION("tlbi vmalle1");
    ATTEMPT_INSTRUCTION("ic iallu");
    ATTEMPT_INSTRUCTION("dc ivac, x0");
    ATTEMPT_INSTRUCTION("dc isw, x0");
    ATTEMPT_INSTRUCTION("at s1e2r, x0");
    // Cleaning the kernel's lines (dc civac) is not among these: the emulator has no caches, and looks at no
    // address.
    ATTEMPT_INSTRUCTION("mov x0, #0x8000000000\n\tdc zva, x0");
    ATTEMPT_INSTRUCTION("mov x0, #0x8000000000\n\tldxr x1, [x0]");
    ATTEMPT_INSTRUCTION("mov x0, #1\n\tldxr x1, [x0]");
}
