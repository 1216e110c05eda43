// SPDX-License-Identifier: BSD-2-Clause
// What the settings of an x86 virtual machine become: capabilities in its VMM's CSpace, and the
// table by which the VMM finds them (camkes/vm_x86.h).

#ifndef ADLC_VM_X86_H
#define ADLC_VM_X86_H

#include "model.h"

struct model_vm_ports {
    const char *name;
    uint32_t slot;
    uint16_t first; ///< both included
    uint16_t last;
    bool is_pci;
};

struct model_vm_range {
    uint64_t base;
    uint64_t size;
    uint8_t page_bits; ///< 0: no frames
};

struct model_vm_frame {
    uint64_t paddr;
    uint8_t bits;
    uint32_t slot;
};

typedef VEC(struct model_vm_range) model_vm_range_vec;
typedef VEC(struct model_vm_frame) model_vm_frame_vec;

struct model_vm_device {
    const char *name;
    const char *irq;        ///< NULL: none
    uint8_t bus;
    uint8_t device;
    uint8_t function;
    uint32_t iospace_slot;  ///< 0: none
    model_vm_range_vec memory;
};

struct model_vm_pin {
    const char *name;
    uint32_t slot;
    uint8_t ioapic;
    uint8_t source;
    bool level_trig;
    bool active_low;
    uint8_t dest;
};

struct model_vm_init {
    const char *init;
    const char *badge;      ///< name of a function; NULL: badge_value
    uint64_t badge_value;
    const char *irq;        ///< NULL: no event
};

struct model_vm_x86 {
    VEC(struct model_untyped) ram;
    model_vm_range_vec excluded;
    VEC(struct model_vm_init) inits;
    VEC(struct model_vm_ports) ports;
    VEC(struct model_vm_device) devices;
    model_vm_frame_vec device_frames;
    model_vm_range_vec mappings;
    model_vm_frame_vec mapping_frames;
    VEC(struct model_vm_pin) irqs;
};

#endif
