// SPDX-License-Identifier: BSD-2-Clause
// Asks a kernel that was built to be broken (KERNEL_TEST_FAULTS) for an exception of its own. The
// emulator's console is the choice: one digit. Or has the machine stopped.
#include "task.h"

#define CHOICE_HALT 9

void test_provoke(void)
{
    static volatile seL4_Word own;
    volatile uint32_t *console = task_console();
    while (console[0x18 / 4] & (1u << 4)) { // receive FIFO empty
    }
    const seL4_Word choice = (console[0] & 0xff) - '0';
    if (choice == CHOICE_HALT) {
#if CONFIG_DEBUG_BUILD
        seL4_DebugNameThread(seL4_CapInitThreadTCB, "halting");
        seL4_DebugHalt();
#endif
        task_print("the kernel goes on\n");
        return;
    }
    register seL4_Word x0 __asm__("x0") = choice;
    register seL4_Word x2 __asm__("x2") = (seL4_Word)&own;
    register seL4_Word x7 __asm__("x7") = TASK_PROVOKE_SYSCALL;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x2), "r"(x7) : "memory");
    task_print("the kernel goes on\n");
}
