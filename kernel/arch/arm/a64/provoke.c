// SPDX-License-Identifier: BSD-2-Clause
// Only in kernels built to be broken (KERNEL_TEST_FAULTS, tests/kernel/run.py): exceptions of the
// kernel itself, each of which must end in the panic that names it.
#include <arch/layout.h>
#include <kernel/kernel.h>

extern char kernel_image_start[];
void arch_provoke_exception(word_t kind);

static volatile uint32_t code[1] = { 0xd65f03c0u }; // ret, in writable memory

void arch_provoke_exception(word_t kind)
{
    switch (kind) {
    case 0: // kernel text is read-only
        *(volatile uint32_t *)(void *)kernel_image_start = 0;
        break;
    case 1: // data is not executable
        ((void (*)(void))(uintptr_t)code)();
        break;
    case 2: // what is not mapped
        (void)*(volatile word_t *)(uintptr_t)0x400000;
        break;
    case 3: // a user's address is nothing to the kernel, whatever the user has mapped there
        (void)*(volatile word_t *)(uintptr_t)arch_get_register(arch_current_core()->current,
                                                              REGISTER_MESSAGE_0);
        break;
    case 4:
        __asm__ volatile(".inst 0x00000000");
        break;
    case 5: { // constants are read-only
        static const word_t constant = 5;
        *(volatile word_t *)(uintptr_t)&constant = 6;
        break;
    }
    default:
        break;
    }
}
