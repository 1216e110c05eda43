// SPDX-License-Identifier: BSD-2-Clause
// Modules of the VMM: the table that DEFINE_MODULE fills, event handlers and reboot hooks.
#include "modules.h"

#define MAX_HOOKS 8u

// Made by the linker around section _vmm_module; absent when no module is linked in.
extern const struct vmm_module __start__vmm_module[] WEAK;
extern const struct vmm_module __stop__vmm_module[] WEAK;

/// Badge of the event that restarts the guest, in assemblies that connect one (component VM's
/// interface `restart_event`). Declared here, not taken from camkes.h, because it may be absent.
seL4_Word restart_event_notification_badge(void) WEAK;

static vm_t *modules_vm;

static struct event_handler {
    async_event_handler_fn_t handler;
    void *cookie;
} handlers[VM_MAX_ASYNC];
static uint32_t handler_count;

static struct reboot_hook {
    void (*hook)(vm_t *vm, void *cookie);
    void *cookie;
} hooks[MAX_HOOKS];
static uint32_t hook_count;

static void run_handler(struct vm *vm, uint64_t badge, void *cookie)
{
    const struct event_handler *entry = cookie;

    (void)badge;
    (void)entry->handler(vm, entry->cookie);
}

int register_async_event_handler(seL4_Word badge, async_event_handler_fn_t handler, void *cookie)
{
    if (handler_count >= VM_MAX_ASYNC || modules_vm == NULL || handler == NULL) {
        return -1;
    }
    handlers[handler_count] = (struct event_handler){ .handler = handler, .cookie = cookie };
    if (!vm_register_async(modules_vm, badge, run_handler, &handlers[handler_count])) {
        return -1;
    }
    handler_count++;
    return 0;
}

int register_reboot_hook(void (*hook)(vm_t *vm, void *cookie), void *cookie)
{
    if (hook_count >= MAX_HOOKS || hook == NULL) {
        return -1;
    }
    hooks[hook_count++] = (struct reboot_hook){ .hook = hook, .cookie = cookie };
    return 0;
}

void restart_guest(vm_t *vm)
{
    vm_log("%s: the guest is restarted", vm->config->name);
    vm_request_restart(vm);
}

static int handle_restart_event(vm_t *vm, void *cookie)
{
    (void)cookie;
    restart_guest(vm);
    return 0;
}

static void restart_event_init(vm_t *vm)
{
    if (restart_event_notification_badge == NULL) {
        return;
    }
    seL4_Word badge = restart_event_notification_badge();
    if (register_async_event_handler(badge, handle_restart_event, NULL) != 0) {
        vm_log("%s: the restart event can't be handled", vm->config->name);
    }
}

void modules_init(vm_t *vm)
{
    const struct vmm_module *modules = __start__vmm_module;
    size_t count = ((uintptr_t)__stop__vmm_module - (uintptr_t)modules) / sizeof(*modules);

    modules_vm = vm;
    restart_event_init(vm);
    for (size_t i = 0; i < count; i++) {
        vm_log("module name: %s", modules[i].name);
        modules[i].init(vm, modules[i].cookie);
    }
}

void modules_reset(vm_t *vm)
{
    for (uint32_t i = 0; i < hook_count; i++) {
        hooks[i].hook(vm, hooks[i].cookie);
    }
}
