// SPDX-License-Identifier: BSD-2-Clause
// What the files that load a guest's images share.
#ifndef VMM_CORE_IMAGES_H
#define VMM_CORE_IMAGES_H

#include <vmm/vm.h>

/// A range of guest RAM that an image takes.
struct image_range {
    const char *what; ///< for messages
    uint64_t base;    ///< IPA
    uint64_t size;    ///< bytes; 0: nothing
};

/// Fills the seeds and the place of the initial RAM disk in a device tree that was loaded to
/// `view`. Only properties that are there already are written, in place. False (and a log line): it
/// is malformed.
bool dtb_patch(struct vm *vm, void *view, uint64_t size, const struct image_range *initrd);

/// `size` random bytes for the guest, different for each `purpose` and each start of the guest.
/// False: the boot loader gave no entropy, nothing was written.
bool entropy_fill(const struct vm *vm, uint32_t purpose, uint8_t *to, uint32_t size);

#endif
