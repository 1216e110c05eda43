// SPDX-License-Identifier: BSD-2-Clause
// What the settings of an x86 virtual machine give its VMM: I/O ports, interrupts, PCI devices,
// frames, memory and functions to call at start. The compiler emits the table, the functions read
// it. Indexes count from 0 in the order of the settings. Without such settings there is nothing of
// anything.
#ifndef CAMKES_VM_X86_H
#define CAMKES_VM_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

// --- Setting `ram` ---

int ram_num_untypeds(void);

/// Untyped `ut` of 2^*size_bits bytes of RAM at *paddr. 0; -1 when there is none, then nothing is written.
int ram_get_untyped(int ut, uintptr_t *paddr, int *size_bits, seL4_CPtr *cap);

// --- Setting `exclude_paddr` ---

int exclude_paddr_num_regions(void);

/// Guest-physical addresses [*paddr, *paddr + *bytes) that the guest must have nothing at. Both 0
/// when there is no such region.
void exclude_paddr_get_region(int region_num, uintptr_t *paddr, size_t *bytes);

// --- Setting `init_cons` ---

int init_cons_num_connections(void);

/// Address of the function to call at start; 0 when there is none.
uintptr_t init_cons_init_function(int con);

/// Whether the entry has an event: its badge on the VMM's notification, and the address of the
/// function for it. 1, or 0 and nothing is written.
int init_cons_has_interrupt(int con, uintptr_t *badge, uintptr_t *fun);

// --- Setting `vm_ioports` ---

/// Ranges that belong to a PCI device, and those that the guest gets at once.
int ioports_num_pci_ioports(void);
int ioports_num_nonpci_ioports(void);

/// Name of range `num` among those of PCI devices (the others), ports [*start, *end), and a cap to them. NULL
/// when there is none, then nothing is written.
const char *ioports_get_pci_ioport(int num, seL4_CPtr *cap, uint16_t *start, uint16_t *end);
const char *ioports_get_nonpci_ioport(int num, seL4_CPtr *cap, uint16_t *start, uint16_t *end);

/// Cap to the range that has all ports from `start` to `end`, both included; 0 when there is none.
seL4_CPtr ioports_get_ioport(uint16_t start, uint16_t end);

// --- Setting `pci_devices` ---

int pci_devices_num_devices(void);

/// Name and address of a device. *iospace_cap is its I/O space when pci_devices_iospace is set, else 0. NULL
/// when there is no such device, then nothing is written.
const char *pci_devices_get_device(int pci_dev, uint8_t *bus, uint8_t *dev, uint8_t *fun,
                                   seL4_CPtr *iospace_cap);

/// Memory ranges of a device; 0 for one that does not exist.
int pci_devices_num_device_mem(int pci_dev);

/// Name of the device's interrupt in vm_irqs; NULL when it has none.
const char *pci_devices_get_device_irq(int pci_dev);

/// Memory range `mem` of a device, in frames of 2^*page_bits bytes. 0; -1 when there is none, then nothing is
/// written.
int pci_devices_get_device_mem(int pci_dev, int mem, uintptr_t *paddr, size_t *size, int *page_bits);

/// Cap to the frame of a device that begins at `paddr`; 0 when there is none.
seL4_CPtr pci_devices_get_device_mem_frame(uintptr_t paddr);

// --- Setting `guest_mappings` ---

int guest_mappings_num_guestmaps(void);

/// Memory range `num` at *frame. 0; -1 when there is none, then nothing is written.
int guest_mappings_get_guest_map(int num, uint64_t *frame, uint64_t *size);

/// Cap to the frame of a range that begins at `paddr`; 0 when there is none.
seL4_CPtr guest_mappings_get_mapping_mem_frame(uintptr_t paddr);

// --- Setting `vm_irqs` ---

int irqs_num_irqs(void);

/// Name of interrupt `irq`, which comes in at pin *source of I/O APIC *ioapic and goes to the guest as *dest,
/// and its handler cap, not bound to a notification. NULL when there is none, then nothing is written.
const char *irqs_get_irq(int irq, seL4_CPtr *irq_handler, uint8_t *ioapic, uint8_t *source, int *level_trig,
                         int *active_low, uint8_t *dest);

// --- The table ---

struct camkes_vm_untyped {
    uint64_t paddr;
    seL4_CPtr cap;
    uint8_t size_bits;
};

/// [base, base + size).
struct camkes_vm_range {
    uint64_t base;
    uint64_t size;
    uint8_t page_bits; ///< of frames; 0 where there are none
};

struct camkes_vm_init {
    void (*init)(void);
    seL4_Word (*badge)(void); ///< NULL: badge_value
    seL4_Word badge_value;
    void (*irq)(void);        ///< NULL: no event
};

struct camkes_vm_ports {
    const char *name;
    seL4_CPtr cap;
    uint16_t first;           ///< both included
    uint16_t last;
    bool is_pci;
};

struct camkes_vm_device {
    const char *name;
    const char *irq;          ///< NULL: none
    const struct camkes_vm_range *memory;
    size_t memory_count;
    seL4_CPtr iospace;        ///< 0: none
    uint8_t bus;
    uint8_t device;
    uint8_t function;
};

struct camkes_vm_frame {
    uint64_t paddr;
    seL4_CPtr cap;
};

struct camkes_vm_irq {
    const char *name;
    seL4_CPtr handler;
    uint8_t ioapic;
    uint8_t source;
    bool level_trig;
    bool active_low;
    uint8_t dest;
};

struct camkes_vm_x86 {
    const struct camkes_vm_untyped *ram;
    const struct camkes_vm_range *excluded;
    const struct camkes_vm_init *inits;
    const struct camkes_vm_ports *ports;
    const struct camkes_vm_device *devices;
    const struct camkes_vm_frame *device_frames;
    const struct camkes_vm_range *mappings;
    const struct camkes_vm_frame *mapping_frames;
    const struct camkes_vm_irq *irqs;
    size_t ram_count;
    size_t excluded_count;
    size_t init_count;
    size_t port_count;
    size_t device_count;
    size_t device_frame_count;
    size_t mapping_count;
    size_t mapping_frame_count;
    size_t irq_count;
};

/// Emitted by the compiler when an instance has such settings.
extern const struct camkes_vm_x86 camkes_vm_x86 __attribute__((weak));

#endif
