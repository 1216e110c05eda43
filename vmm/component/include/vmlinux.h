// SPDX-License-Identifier: BSD-2-Clause
// What modules of a VMM (sources that an application adds with DeclareCAmkESARMVM) may use: they
// register themselves, add devices to the bus and handlers for events.
#ifndef VMLINUX_H
#define VMLINUX_H

#include <base/compiler.h>
#include <sel4/types.h>
#include <vmm/arch_if.h>
#include <vmm/log.h>
#include <vmm/vm.h>

typedef struct vm vm_t;

/// Runs once, before the guest's images are loaded.
typedef void (*vmm_module_init)(vm_t *vm, void *cookie);

struct vmm_module {
    const char *name;
    void *cookie;
    vmm_module_init init;
};

/// Adds a module to the VMM that this file is linked into. `cookie` is handed to `init`.
#define DEFINE_MODULE(name_, cookie_, init_)                                                     \
    static const struct vmm_module vmm_module_##name_ USED SECTION("_vmm_module") = {            \
        .name = #name_, .cookie = (cookie_), .init = (init_)                                     \
    }

/// Runs when all bits of its badge are in a received notification. The result is not used.
typedef int (*async_event_handler_fn_t)(vm_t *vm, void *cookie);

/// Registers a handler for the events of a badge. 0, or -1 when there are too many or the badge is
/// 0.
int register_async_event_handler(seL4_Word badge, async_event_handler_fn_t handler, void *cookie);

/// Runs before the guest is started again, after all its CPUs were stopped. 0, or -1 when there are
/// too many.
int register_reboot_hook(void (*hook)(vm_t *vm, void *cookie), void *cookie);

/// Starts the guest anew from its images as soon as the current event is handled.
void restart_guest(vm_t *vm);

#endif
