// SPDX-License-Identifier: BSD-2-Clause
// The VM component: its control thread is the VMM.
#include <camkes.h>
#include <stdarg.h>
#include <stdio.h>

#include "modules.h"

/// Badge of the event that restarts the guest, in assemblies that connect one.
seL4_Word restart_event_notification_badge(void) WEAK;

int run(void);

void vm_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

static int handle_restart_event(vm_t *vm, void *cookie)
{
    (void)cookie;
    restart_guest(vm);
    return 0;
}

int run(void)
{
    static struct vm vm;

    if (!vm_init(&vm, &vm_config)) {
        return -1;
    }
    vm.reset_hook = modules_reset;
    modules_init(&vm);
    if (restart_event_notification_badge != NULL
        && register_async_event_handler(restart_event_notification_badge(), handle_restart_event, NULL) != 0) {
        vm_log("%s: the restart event can't be handled", vm_config.name);
    }
    // A guest that can't be started leaves a VMM that still handles events.
    (void)vm_start(&vm);
    vm_run(&vm);
}
