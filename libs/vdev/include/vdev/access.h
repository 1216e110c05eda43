// SPDX-License-Identifier: BSD-2-Clause
// One decoded access of a guest to a device: what a device model sees instead of trap registers.
#ifndef VDEV_ACCESS_H
#define VDEV_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

struct access {
    uint64_t offset; ///< from the start of the device's window
    uint64_t value;  ///< store: what the guest writes, zero-extended; load: what the device answers
    uint8_t size;    ///< bytes: 1, 2, 4 or 8
    bool is_store;
};

enum access_result {
    ACCESS_OK,
    ACCESS_UNMAPPED, ///< nothing there: the guest gets an external abort
};

/// All ones in the low `size` bytes (1, 2, 4 or 8).
static inline uint64_t access_mask(uint8_t size)
{
    return size >= 8 ? UINT64_MAX : (UINT64_C(1) << (size * 8u)) - 1u;
}

#endif
