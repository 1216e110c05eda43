// SPDX-License-Identifier: BSD-2-Clause
// The configuration of the kernel interface that this build speaks. The build passes overrides
// with -D; the numbers of labels and object types follow these values (seL4 16.0.0 API).
#ifndef SEL4_CONFIG_H
#define SEL4_CONFIG_H

/// Cores that the kernel is built for. More than one makes it an SMP kernel.
#ifndef CONFIG_MAX_NUM_NODES
#define CONFIG_MAX_NUM_NODES 1
#endif

/// 1: DebugPutChar and DebugDumpScheduler exist.
#ifndef CONFIG_PRINTING
#define CONFIG_PRINTING 0
#endif

/// 1: DebugHalt, CapIdentify, Snapshot and NameThread exist, kernel asserts are verbose.
#ifndef CONFIG_DEBUG_BUILD
#define CONFIG_DEBUG_BUILD 0
#endif

/// 1: the root task has an SMC cap, which allows calls to the firmware (AArch64).
#ifndef CONFIG_ALLOW_SMC_CALLS
#define CONFIG_ALLOW_SMC_CALLS 1
#endif

#if CONFIG_MAX_NUM_NODES > 1
#define CONFIG_ENABLE_SMP_SUPPORT 1
#endif

#define CONFIG_KERNEL_MCS 1
#define CONFIG_ARM_HYPERVISOR_SUPPORT 1
#define CONFIG_NUM_PRIORITIES 256
#define CONFIG_NUM_DOMAINS 16
#define CONFIG_RETYPE_FAN_OUT_LIMIT 256
#define CONFIG_BOOT_THREAD_TIME_SLICE_MS 5
#define CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS 230
#define CONFIG_HAVE_FPU 1
#define CONFIG_LIB_SEL4_INLINE_INVOCATIONS 1

#if defined(__aarch64__) || defined(ROOKERY_ABI_AARCH64)
#define CONFIG_ARCH_AARCH64 1
#define CONFIG_WORD_SIZE 64
#define CONFIG_ARM_PA_SIZE_BITS_40 1
#define CONFIG_AARCH64_VSPACE_S2_START_L1 1
#endif

/// Size of the root task's CNode, 2^n slots of 32 bytes.
#ifndef CONFIG_ROOT_CNODE_SIZE_BITS
#define CONFIG_ROOT_CNODE_SIZE_BITS 17
#endif

#endif
