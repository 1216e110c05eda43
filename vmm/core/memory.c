// SPDX-License-Identifier: BSD-2-Clause
// The VMM's view of guest RAM. No other code turns a guest address into a pointer.
#include <base/checked.h>
#include <vmm/vm.h>

bool vm_ram_holds(const struct vm *vm, uint64_t address, uint64_t size)
{
    return address >= vm->config->ram_base
           && range_fits(address - vm->config->ram_base, size, vm->config->ram_size);
}

void *vm_ram_view(const struct vm *vm, uint64_t address, uint64_t size)
{
    if (!vm_ram_holds(vm, address, size)) {
        return NULL;
    }
    return vm->config->ram_view + (address - vm->config->ram_base);
}
