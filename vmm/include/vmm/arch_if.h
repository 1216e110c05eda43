// SPDX-License-Identifier: BSD-2-Clause
// What vmm/core asks of vmm/arch/<architecture>.
#ifndef VMM_ARCH_IF_H
#define VMM_ARCH_IF_H

#include <vmm/vm.h>

/// Adds the architecture's devices (the interrupt controller) to the bus. False (and a log line):
/// the table asks for something that does not exist.
bool arch_vm_init(struct vm *vm);

/// Puts interrupt controller and virtual CPUs into their reset state. All VCPUs are OFF.
void arch_vm_reset(struct vm *vm);

/// Sets a VCPU's registers for a start at `entry`. The VCPU is OFF. False: the kernel refused.
bool arch_vcpu_prepare(struct vcpu *vcpu, uint64_t entry, uint64_t argument);

/// Handles a fault of a VCPU and fills vm->answer.
enum vcpu_action arch_vcpu_fault(struct vcpu *vcpu, const struct kernel_message *message);

/// A passed-through physical interrupt arrived: entry `index` of config->irqs.
void arch_physical_irq(struct vm *vm, uint32_t index);

/// Sets the level of an emulated device's interrupt line.
void arch_irq_line(void *vm, uint32_t irq, bool level);

/// What an image's header says about where it goes.
struct arch_image {
    uint64_t load;  ///< IPA of the first byte of the image
    uint64_t entry; ///< IPA of the first instruction
    uint64_t size;  ///< bytes of RAM it needs from `load` on, at least the file's
};

/// Bytes of a kernel image that arch_kernel_header() looks at.
#define ARCH_KERNEL_HEADER_SIZE 64u

/// Reads the header of an (uncompressed) kernel image of `file_size` bytes (0: not known yet).
/// Returns NULL, or what is wrong with it.
const char *arch_kernel_header(const struct vm *vm, const uint8_t header[ARCH_KERNEL_HEADER_SIZE],
                               uint64_t file_size, struct arch_image *image);

/// Logs the registers of a VCPU that can't go on.
void arch_vcpu_report(struct vcpu *vcpu, const char *why);

#endif
