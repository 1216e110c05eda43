# SPDX-License-Identifier: BSD-2-Clause
# Sources of the VMM, relative to this folder.

# Everything that makes no system call: also built on the host, for unit tests and fuzzers.
set(VMM_MODEL_SOURCES
    core/dtb.c core/entropy.c core/event.c core/images.c core/memory.c core/vcpu.c core/vm.c
    arch/arm/abort.c arch/arm/arch.c arch/arm/exit.c arch/arm/inject.c arch/arm/linux_boot.c
    arch/arm/psci.c arch/arm/smccc.c arch/arm/sysreg.c arch/arm/vgic.c
    arch/arm/vgic_direct.c arch/arm/vgic_regs.c arch/arm/vgic_v2.c
    arch/arm/vgic_v3.c)

# Only in the component.
set(VMM_COMPONENT_SOURCES
    core/kernel_sel4.c component/files.c component/modules.c component/vm_main.c)
