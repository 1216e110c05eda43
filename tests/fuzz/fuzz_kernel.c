// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the kernel's system calls on the fake machine: the input is a history of several threads
// (tests/unit/kernel/kernel_script.c); the kernel's invariants hold throughout.
#include "../unit/kernel/kernel_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)kernel_script_run(data, size);
    return 0;
}
