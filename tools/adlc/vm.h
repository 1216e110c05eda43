// SPDX-License-Identifier: BSD-2-Clause
// Guests: the objects behind a VM instance (guest VSpace, VCPUs, RAM, passed-through devices) and
// what its attributes say. Lowered once from the settings; the emitter turns it into `vm_config`.

#ifndef ADLC_VM_H
#define ADLC_VM_H

#include "guest_gic.h"
#include "model.h"

#define VM_MAX_VCPUS 8u

struct model_vcpu {
    uint32_t tcb_slot;
    uint32_t vcpu_slot;
    uint32_t sched_context_slot;
    uint32_t core;
    uint32_t mpidr; ///< affinity fields
};

/// Device memory mapped into the guest.
struct model_vm_window {
    const char *name;
    uint64_t ipa;
    uint64_t paddr;
    uint64_t size;
};

struct model_vm_irq {
    uint32_t number;
    uint32_t slot;
    uint64_t badge; ///< one bit
    enum system_irq_trigger trigger;
};

struct model_vm_smc {
    uint64_t function;
    uint32_t slot;
};

struct model_vm {
    // From vm_address_config / linux_address_config.
    uint64_t ram_base;
    uint64_t ram_paddr;
    uint64_t ram_size;
    bool ram_fixed;       ///< RAM frames are those at ram_paddr
    uint64_t dtb_addr;
    uint64_t initrd_addr;
    uint64_t entry_addr;  ///< UINT64_MAX: as the kernel image says

    // From vm_image_config / linux_image_config.
    const char *kernel_name;
    const char *dtb_name;
    const char *initrd_name;
    const char *bootargs;
    const char *stdout_path;
    bool provide_dtb;
    bool generate_dtb;
    bool provide_initrd;
    bool clean_cache;
    bool one_to_one;

    uint32_t base_prio;
    uint32_t vcpu_count;
    struct model_vcpu vcpus[VM_MAX_VCPUS];

    uint32_t guest_vspace;     ///< object
    uint32_t fault_endpoint;   ///< object
    uint32_t fault_slot;       ///< read
    uint32_t reply_slots[VM_MAX_VCPUS + 2];
    uint32_t reply_count;
    uint64_t entropy_vaddr;
    uint64_t extensions_vaddr;

    struct guest_gic gic;
    const struct flat_dtb_result *dtb; ///< passed-through nodes, or NULL
    VEC(struct model_vm_window) windows;
    VEC(struct model_vm_irq) irqs;
    VEC(struct model_vm_smc) smcs;
};

/// Create everything behind a VM instance; sets instance->vm.
void vm_lower(struct model *model, struct model_instance *instance);

/// Where the description says how large a VM's guest is, for messages.
struct adlc_loc vm_ram_loc(const struct model *model, const struct model_instance *instance);

#endif
