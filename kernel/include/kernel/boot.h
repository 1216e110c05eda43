// SPDX-License-Identifier: BSD-2-Clause
// Building the first task: its CNode, boot info and untyped memory. Used by the architectures' boot
// code.
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <kernel/kernel.h>

/// A range of physical memory.
struct boot_range {
    paddr_t start;
    paddr_t end; ///< exclusive
};

#define BOOT_MAX_RANGES 32

/// Memory that nothing uses yet, in ascending order.
struct boot_ranges {
    struct boot_range range[BOOT_MAX_RANGES];
    unsigned count;
};

struct boot_state {
    struct slot *root;       ///< slots of the root CNode
    word_t next_slot;        ///< first free dynamic slot
    seL4_BootInfo *info;
    struct boot_ranges free; ///< RAM for boot objects, later untypeds
};

/// Adds a range (not overlapping, behind the others).
void boot_ranges_add(struct boot_ranges *ranges, paddr_t start, paddr_t end);
/// Takes [start, end) out of the ranges.
void boot_ranges_remove(struct boot_ranges *ranges, paddr_t start, paddr_t end);
/// Takes 2^size_bits zeroed, aligned bytes from the top of free RAM. Panics when there is none.
void *boot_alloc(struct boot_state *boot, unsigned size_bits);
/// Puts a cap into the next slot of the root CNode.
void boot_provide_cap(struct boot_state *boot, struct cap cap);
/// Makes untypeds of ranges, the largest aligned pieces, as long as the list in the boot info has
/// room.
void boot_provide_untypeds(struct boot_state *boot, const struct boot_ranges *ranges, bool device);
/// Root CNode, with the caps that do not depend on the architecture.
void boot_create_cnode(struct boot_state *boot);
/// Scheduling control caps of all cores.
void boot_provide_sched_control(struct boot_state *boot);
/// The root thread with its scheduling context, ready to run; its VSpace and IPC buffer are in
/// their slots.
struct tcb *boot_create_thread(struct core *core, struct boot_state *boot, word_t ipc_buffer_vaddr);
/// Fills in the rest of the boot info. Call when all caps are there.
void boot_finish_info(struct boot_state *boot);

#endif
