# SPDX-License-Identifier: BSD-2-Clause
# QEMU's Arm "virt" machine: what the build needs to know beyond plat.h.
set(ROOKERY_ARCH aarch64)
set(ROOKERY_CPU cortex-a53)
set(ROOKERY_MAX_CORES 8)
set(GIC_VERSION 2 CACHE STRING "Interrupt controller of qemu-arm-virt: 2 (GICv2) or 3 (GICv3)")
if(NOT GIC_VERSION MATCHES "^[23]$")
    message(FATAL_ERROR "GIC_VERSION is ${GIC_VERSION}: qemu-arm-virt has a GICv2 (2) or a GICv3 (3)")
endif()
# Kernel drivers of this board (kernel/drivers), and its device tree.
set(ROOKERY_KERNEL_DRIVERS gicv${GIC_VERSION} gic_distributor generic_timer pl011)
set(ROOKERY_PLATFORM_DTS "${CMAKE_CURRENT_LIST_DIR}/plat.dts")
if(GIC_VERSION EQUAL 3)
    set(ROOKERY_PLATFORM_DTS "${CMAKE_CURRENT_LIST_DIR}/plat-gicv3.dts")
endif()
if(NOT AARCH64)
    message(FATAL_ERROR "qemu-arm-virt is built for AArch64 only: pass -DAARCH64=TRUE")
endif()
