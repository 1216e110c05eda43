// SPDX-License-Identifier: BSD-2-Clause
// The VM component: its control thread is the VMM.
#include <base/fmt.h>
#include <camkes.h>
#include <stdarg.h>
#include <stdio.h>

#include "modules.h"

#define LINE_SIZE 256u

void vm_log(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;

    va_start(args, format);
    (void)fmt_vprint(line, sizeof(line), format, args);
    va_end(args);
    (void)puts(line);
}

int run(void)
{
    static struct vm vm;

    if (!vm_init(&vm, &vm_config)) {
        return -1;
    }
    vm.reset_hook = modules_reset;
    modules_init(&vm);
    // A guest that can't be started leaves a VMM that still handles events.
    (void)vm_start(&vm);
    vm_run(&vm);
}
