// SPDX-License-Identifier: BSD-2-Clause
// Look-ups in the table of an x86 virtual machine.
#include <camkes/vm_x86.h>

static const struct camkes_vm_x86 no_vm;

static const struct camkes_vm_x86 *table(void)
{
    return &camkes_vm_x86 != NULL ? &camkes_vm_x86 : &no_vm;
}

static bool is_index(int index, size_t count)
{
    return index >= 0 && (size_t)index < count;
}

int ram_num_untypeds(void)
{
    return (int)table()->ram_count;
}

int ram_get_untyped(int ut, uintptr_t *paddr, int *size_bits, seL4_CPtr *cap)
{
    if (!is_index(ut, table()->ram_count)) {
        return -1;
    }
    const struct camkes_vm_untyped *untyped = &table()->ram[ut];
    *paddr = (uintptr_t)untyped->paddr;
    *size_bits = untyped->size_bits;
    *cap = untyped->cap;
    return 0;
}

int exclude_paddr_num_regions(void)
{
    return (int)table()->excluded_count;
}

void exclude_paddr_get_region(int region_num, uintptr_t *paddr, size_t *bytes)
{
    bool exists = is_index(region_num, table()->excluded_count);

    *paddr = exists ? (uintptr_t)table()->excluded[region_num].base : 0;
    *bytes = exists ? (size_t)table()->excluded[region_num].size : 0;
}

int init_cons_num_connections(void)
{
    return (int)table()->init_count;
}

uintptr_t init_cons_init_function(int con)
{
    return is_index(con, table()->init_count) ? (uintptr_t)table()->inits[con].init : 0;
}

int init_cons_has_interrupt(int con, uintptr_t *badge, uintptr_t *fun)
{
    if (!is_index(con, table()->init_count) || table()->inits[con].irq == NULL) {
        return 0;
    }
    const struct camkes_vm_init *init = &table()->inits[con];
    *badge = init->badge != NULL ? init->badge() : init->badge_value;
    *fun = (uintptr_t)init->irq;
    return 1;
}

static int count_ports(bool is_pci)
{
    int count = 0;

    for (size_t i = 0; i < table()->port_count; i++) {
        count += table()->ports[i].is_pci == is_pci;
    }
    return count;
}

static const char *get_ports(bool is_pci, int num, seL4_CPtr *cap, uint16_t *start, uint16_t *end)
{
    for (size_t i = 0; i < table()->port_count; i++) {
        const struct camkes_vm_ports *ports = &table()->ports[i];
        if (ports->is_pci == is_pci && num-- == 0) {
            *cap = ports->cap;
            *start = ports->first;
            *end = (uint16_t)(ports->last + 1u);
            return ports->name;
        }
    }
    return NULL;
}

int ioports_num_pci_ioports(void)
{
    return count_ports(true);
}

int ioports_num_nonpci_ioports(void)
{
    return count_ports(false);
}

const char *ioports_get_pci_ioport(int num, seL4_CPtr *cap, uint16_t *start, uint16_t *end)
{
    return get_ports(true, num, cap, start, end);
}

const char *ioports_get_nonpci_ioport(int num, seL4_CPtr *cap, uint16_t *start, uint16_t *end)
{
    return get_ports(false, num, cap, start, end);
}

seL4_CPtr ioports_get_ioport(uint16_t start, uint16_t end)
{
    for (size_t i = 0; i < table()->port_count; i++) {
        const struct camkes_vm_ports *ports = &table()->ports[i];
        if (start <= end && start >= ports->first && end <= ports->last) {
            return ports->cap;
        }
    }
    return 0;
}

static const struct camkes_vm_device *device_at(int index)
{
    return is_index(index, table()->device_count) ? &table()->devices[index] : NULL;
}

int pci_devices_num_devices(void)
{
    return (int)table()->device_count;
}

const char *pci_devices_get_device(int pci_dev, uint8_t *bus, uint8_t *dev, uint8_t *fun,
                                   seL4_CPtr *iospace_cap)
{
    const struct camkes_vm_device *device = device_at(pci_dev);

    if (device == NULL) {
        return NULL;
    }
    *bus = device->bus;
    *dev = device->device;
    *fun = device->function;
    *iospace_cap = device->iospace;
    return device->name;
}

int pci_devices_num_device_mem(int pci_dev)
{
    const struct camkes_vm_device *device = device_at(pci_dev);

    return device != NULL ? (int)device->memory_count : 0;
}

const char *pci_devices_get_device_irq(int pci_dev)
{
    const struct camkes_vm_device *device = device_at(pci_dev);

    return device != NULL ? device->irq : NULL;
}

int pci_devices_get_device_mem(int pci_dev, int mem, uintptr_t *paddr, size_t *size, int *page_bits)
{
    const struct camkes_vm_device *device = device_at(pci_dev);

    if (device == NULL || !is_index(mem, device->memory_count)) {
        return -1;
    }
    *paddr = (uintptr_t)device->memory[mem].base;
    *size = (size_t)device->memory[mem].size;
    *page_bits = device->memory[mem].page_bits;
    return 0;
}

static seL4_CPtr find_frame(const struct camkes_vm_frame *frames, size_t count, uintptr_t paddr)
{
    for (size_t i = 0; i < count; i++) {
        if (frames[i].paddr == paddr) {
            return frames[i].cap;
        }
    }
    return 0;
}

seL4_CPtr pci_devices_get_device_mem_frame(uintptr_t paddr)
{
    return find_frame(table()->device_frames, table()->device_frame_count, paddr);
}

int guest_mappings_num_guestmaps(void)
{
    return (int)table()->mapping_count;
}

int guest_mappings_get_guest_map(int num, uint64_t *frame, uint64_t *size)
{
    if (!is_index(num, table()->mapping_count)) {
        return -1;
    }
    *frame = table()->mappings[num].base;
    *size = table()->mappings[num].size;
    return 0;
}

seL4_CPtr guest_mappings_get_mapping_mem_frame(uintptr_t paddr)
{
    return find_frame(table()->mapping_frames, table()->mapping_frame_count, paddr);
}

int irqs_num_irqs(void)
{
    return (int)table()->irq_count;
}

const char *irqs_get_irq(int irq, seL4_CPtr *irq_handler, uint8_t *ioapic, uint8_t *source, int *level_trig,
                         int *active_low, uint8_t *dest)
{
    if (!is_index(irq, table()->irq_count)) {
        return NULL;
    }
    const struct camkes_vm_irq *entry = &table()->irqs[irq];
    *irq_handler = entry->handler;
    *ioapic = entry->ioapic;
    *source = entry->source;
    *level_trig = entry->level_trig;
    *active_low = entry->active_low;
    *dest = entry->dest;
    return entry->name;
}
