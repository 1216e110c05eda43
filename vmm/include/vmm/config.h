// SPDX-License-Identifier: BSD-2-Clause
// The static description of one VM: `adlc` emits one `const struct vm_config vm_config` per VMM
// instance. Everything that the VMM works with exists when it starts; it makes no kernel object at
// run time.
#ifndef VMM_CONFIG_H
#define VMM_CONFIG_H

#include <stdint.h>

/// Raised whenever the table's layout changes; adlc writes it, the VMM checks it.
#define VM_CONFIG_VERSION 2u

#define VM_CONFIG_MAX_VCPUS 8u
#define VM_CONFIG_ENTRY_DEFAULT UINT64_MAX ///< entry: where the kernel image's header says
#define VM_CONFIG_NO_CAP 0u                ///< a cap slot that is not there

enum vm_config_flags {
    VM_CONFIG_PROVIDE_DTB = 1u << 0,    ///< load dtb_name from the file server
    VM_CONFIG_GENERATE_DTB = 1u << 1,   ///< it was made by adlc (only the console line differs)
    VM_CONFIG_PROVIDE_INITRD = 1u << 2, ///< load initrd_name
    VM_CONFIG_CLEAN_CACHE = 1u << 3,    ///< clean loaded images to memory before the guest starts
    VM_CONFIG_ONE_TO_ONE = 1u << 4,     ///< guest RAM is mapped at IPA == PA (for logs only)
};

/// One virtual CPU. The TCB has the guest's VSpace, no CSpace, the VCPU bound to it, its fault
/// endpoint badged as `fault_badge` says, and is not started. Index 0 is the boot CPU.
struct vm_config_vcpu {
    uint64_t tcb;           ///< cap: TCB
    uint64_t vcpu;          ///< cap: VCPU
    uint64_t sched_context; ///< cap: scheduling context (0: not given to the VMM)
    uint32_t core;          ///< physical core that it runs on
    uint32_t mpidr; ///< affinity fields of VMPIDR_EL2 (bits 31, 30 and 24 are the VMM's business)
};

enum vm_config_trigger {
    VM_CONFIG_TRIGGER_LEVEL = 0, ///< same values as enum system_irq_trigger
    VM_CONFIG_TRIGGER_EDGE = 1,
};

/// A physical interrupt that is passed through to the guest with the same number.
struct vm_config_irq {
    uint32_t intid;   ///< GIC interrupt number (SPI: 32 and up)
    uint32_t trigger; ///< enum vm_config_trigger
    uint64_t handler; ///< cap: IRQHandler, its notification is the one bound to the control thread
    uint64_t badge; ///< exactly one bit, its own and outside of fault_badge: no other interrupt or
                    ///< event shares it
};

/// The guest's interrupt controller. The distributor window is left unmapped in the guest's VSpace
/// and emulated. Version 2: the CPU interface window is the hardware's GICV, mapped. Version 3: the
/// redistributors' window, one redistributor of 0x20000 bytes after the other, is emulated too; the
/// CPU interface is the hardware's system registers.
struct vm_config_gic {
    uint32_t version;    ///< 2 or 3
    uint32_t irq_lines;  ///< interrupt numbers the guest sees, 32..1020; 0: 256
    uint64_t dist_ipa;
    uint64_t dist_size;  ///< at least 0x1000
    uint64_t cpu_ipa;    ///< version 2
    uint64_t cpu_size;
    uint64_t redist_ipa; ///< version 3
    uint64_t redist_size; ///< at least 0x20000 for each VCPU
    uint32_t list_registers; ///< of the hardware (GICH_VTR or ICH_VTR_EL2); 0: 4
    uint32_t reserved;
};

/// The generic timer's interrupts as the guest's device tree names them.
struct vm_config_timer {
    uint32_t secure_ppi;       ///< 29
    uint32_t physical_ppi;     ///< 30
    uint32_t virtual_ppi;      ///< 27: the one that works
    uint32_t hypervisor_ppi;   ///< 26
};

/// A device window that is mapped straight into the guest. The VMM needs it for messages only.
struct vm_config_window {
    const char *name; ///< path of the device tree node or "mmio"
    uint64_t ipa;
    uint64_t size;
};

/// A secure monitor call that the guest may make: forwarded with the given cap, x0..x7 in and out.
struct vm_config_smc {
    uint64_t function; ///< value of x0
    uint64_t cap;      ///< cap: SMC, badged with the function
};

struct vm_config {
    uint32_t version;  ///< VM_CONFIG_VERSION
    uint32_t flags;    ///< enum vm_config_flags
    const char *name;  ///< instance name, for messages

    // Guest RAM: one contiguous range, mapped read-write-execute in the guest at ram_base and
    // read-write in the VMM at ram_view.
    uint64_t ram_base; ///< IPA
    uint64_t ram_size; ///< bytes
    uint8_t *ram_view; ///< VMM address of ram_base (0x4000000000)

    // Files of the file server, by name. NULL or "": none.
    const char *kernel_name;
    const char *dtb_name;
    const char *initrd_name;
    uint64_t entry;       ///< IPA or VM_CONFIG_ENTRY_DEFAULT
    uint64_t dtb_addr;    ///< IPA
    uint64_t initrd_addr; ///< IPA

    const struct vm_config_vcpu *vcpus;
    uint32_t vcpu_count; ///< 1..VM_CONFIG_MAX_VCPUS
    uint32_t irq_count;
    const struct vm_config_irq *irqs;
    const struct vm_config_window *windows;
    const struct vm_config_smc *smcs;
    uint32_t window_count;
    uint32_t smc_count;

    struct vm_config_gic gic;
    struct vm_config_timer timer;

    // Caps of the VMM's control thread.
    uint64_t fault_endpoint; ///< cap: Endpoint, Read; every VCPU's faults arrive here
    /// VCPU i's fault endpoint cap has badge `fault_badge + i`. At least one bit of fault_badge
    /// never appears in a badge of the notification that is bound to the control thread, so one
    /// Recv tells the two apart: (badge & fault_badge_mask) == fault_badge.
    uint64_t fault_badge;
    uint64_t fault_badge_mask;
    uint64_t vspace;         ///< cap: the VMM's own VSpace (cache maintenance); 0: none
    const uint64_t *replies; ///< caps: Reply objects, vcpu_count + 1 of them
    uint32_t reply_count;
    uint32_t base_prio;      ///< for messages

    /// Frame (or part of one) with a SYSTEM_FILL_ENTROPY fill: eight bytes with the count of seed
    /// bytes, then the bytes. NULL: none. adlc gives at least 8 + 64 bytes.
    const uint8_t *entropy;
    uint64_t entropy_size;
    /// Frame (or part of one) with a SYSTEM_FILL_BOOT_INFO fill of chunk
    /// SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS; zeros when the kernel offers none. NULL: none.
    const uint8_t *extensions;
    uint64_t extensions_size;
};

/// The instance's table, emitted by adlc.
extern const struct vm_config vm_config;

#endif
