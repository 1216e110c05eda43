// SPDX-License-Identifier: BSD-2-Clause
// AArch64 state of a virtual machine and of a virtual CPU, embedded in the generic structures.
#ifndef VMM_ARCH_VM_ARCH_H
#define VMM_ARCH_VM_ARCH_H

#include <stdint.h>
#include <vmm/arch/vgic.h>

struct vcpu_arch {
    uint32_t unknown_faults; ///< of which the first was logged
    uint32_t serrors;        ///< as above
    uint64_t last_exception; ///< number of the fault that made it take an exception last
    uint32_t exceptions_in_a_row; ///< without another fault in between
};

struct vm_arch {
    struct vgic gic;
    uint16_t irq_of_intid[VGIC_MAX_IRQS]; ///< index in config->irqs, or VM_NO_IRQ
};

#endif
