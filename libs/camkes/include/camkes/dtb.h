// SPDX-License-Identifier: BSD-2-Clause
// What seL4VMDTBPassthrough tells a VMM about the device tree nodes that its guest gets.
#ifndef CAMKES_DTB_H
#define CAMKES_DTB_H

#include <stddef.h>
#include <stdint.h>

#include <camkes/io.h>

/// Paths of the nodes of the setting `dtb`.
char **camkes_dtb_get_node_paths(size_t *count);

/// Interrupts of node `node_index`; NULL and 0 behind the last node.
ps_irq_t *camkes_dtb_get_irqs(int node_index, size_t *num_irqs);

/// Settings plat_keep_devices and plat_keep_devices_and_subtree.
char **camkes_dtb_get_plat_keep_devices(size_t *count);
char **camkes_dtb_get_plat_keep_devices_and_subtree(size_t *count);

/// IRQHandler cap of an interrupt number; 0: none.
seL4_CPtr camkes_dtb_get_irq_cap(int irq);

/// Untyped memory of the instance. `n` behind the last gives 0 and leaves the outputs alone.
unsigned camkes_dtb_untyped_count(void);
seL4_CPtr camkes_dtb_get_nth_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr);

#endif
