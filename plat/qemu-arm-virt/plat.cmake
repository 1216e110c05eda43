# SPDX-License-Identifier: BSD-2-Clause
# QEMU's Arm "virt" machine: what the build needs to know beyond plat.h.
set(ROOKERY_ARCH aarch64)
set(ROOKERY_CPU cortex-a53)
# Kernel drivers of this board (kernel/drivers).
set(ROOKERY_KERNEL_DRIVERS gicv2 generic_timer pl011)
if(NOT AARCH64)
    message(FATAL_ERROR "qemu-arm-virt is built for AArch64 only: pass -DAARCH64=TRUE")
endif()
