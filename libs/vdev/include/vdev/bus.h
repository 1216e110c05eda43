// SPDX-License-Identifier: BSD-2-Clause
// A bus: device windows in guest-physical address space, sorted by address, and the dispatch of one
// access to the device that it falls in.
#ifndef VDEV_BUS_H
#define VDEV_BUS_H

#include <stddef.h>
#include <stdint.h>
#include <vdev/access.h>

/// Windows that one bus can hold. Test builds make it small.
#ifndef BUS_MAX_DEVICES
#define BUS_MAX_DEVICES 32u
#endif

/// Performs one access; `access->offset` is from the window's start and the whole access is inside
/// it.
typedef enum access_result bus_handler(void *context, struct access *access);

struct bus_device {
    const char *name;     ///< borrowed for the life of the bus
    uint64_t base;        ///< guest-physical address
    uint64_t size;        ///< bytes, not 0
    bus_handler *handler;
    void *context;        ///< borrowed, handed to the handler
    void (*reset)(void *context); ///< NULL: nothing to reset
};

struct bus {
    struct bus_device devices[BUS_MAX_DEVICES]; ///< by rising base, no overlaps
    size_t count;
    size_t last; ///< index of the window that was hit last
};

enum bus_error {
    BUS_OK,
    BUS_FULL,    ///< BUS_MAX_DEVICES windows are there already
    BUS_INVALID, ///< size 0, no handler, or base + size wraps around
    BUS_OVERLAP, ///< a window that is there covers part of this one
};

void bus_init(struct bus *bus);

/// Adds a copy of `device`.
enum bus_error bus_add(struct bus *bus, const struct bus_device *device);

/// The window that holds `address`, or NULL.
const struct bus_device *bus_find(struct bus *bus, uint64_t address);

/// Performs an access at guest-physical `address`: sets access->offset and calls the window's
/// handler. A load's value is cut to the access size. Not in a window, or not entirely in it:
/// ACCESS_UNMAPPED.
enum access_result bus_access(struct bus *bus, uint64_t address, struct access *access);

/// Resets all devices by rising address.
void bus_reset(struct bus *bus);

#endif
