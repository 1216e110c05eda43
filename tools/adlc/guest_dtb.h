// SPDX-License-Identifier: BSD-2-Clause
// The device tree of a guest, made at build time from the board's: memory, CPUs, PSCI, timer,
// interrupt controller, passed-through devices and /chosen with places for what is known only at
// boot.

#ifndef ADLC_GUEST_DTB_H
#define ADLC_GUEST_DTB_H

#include "model.h"
#include "write_system.h"

/// Build the tree of a VM instance from the assembly's device tree. False after reporting to
/// model->diag. /chosen has linux,initrd-start and -end with equal values when an initrd is
/// allowed; guest_dtb_finish() completes or removes them. rng-seed (64 bytes) and kaslr-seed (8)
/// are zeros that the VMM fills in at boot.
bool guest_dtb_build(struct model *model, const struct model_instance *instance,
                     struct buffer *out);

/// Complete a tree: `initrd_size` 0 means that there is none; `more_bootargs` (may be "") are
/// appended to the command line. The initrd must lie in RAM and beside the tree itself, which the
/// guest finds at `dtb_addr`. Returns NULL, or what is wrong.
const char *guest_dtb_finish(const struct buffer *base, uint64_t dtb_addr, uint64_t initrd_size,
                             const char *more_bootargs, struct buffer *out);

/// Print a tree as device tree source.
void guest_dtb_print(const void *fdt, FILE *out);

/// `adlc guest-dtb`: argv[0] is "guest-dtb". Returns the exit status.
int adlc_guest_dtb(int argc, char **argv);

#endif
