// SPDX-License-Identifier: BSD-2-Clause
// The kernel's own address space at EL2.
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <kernel/types.h>

/// Builds the tables of the kernel window, once at boot.
void mmu_init_tables(void);
/// Makes the executing core use the tables.
void mmu_enable(void);
/// Maps device pages for the kernel for ever. `at` and `bytes` are multiples of 4 KiB. Boot only.
void *mmu_map_device(paddr_t at, word_t bytes);

#endif
