// SPDX-License-Identifier: BSD-2-Clause
// Dispatch of guest accesses to device windows: a sorted array, binary search, and a one-entry
// cache, because a guest driver touches the same device many times in a row.
#include <vdev/bus.h>

void bus_init(struct bus *bus)
{
    bus->count = 0;
    bus->last = 0;
    bus->devices[0].size = 0;
}

static bool device_holds(const struct bus_device *device, uint64_t address)
{
    return address - device->base < device->size;
}

enum bus_error bus_add(struct bus *bus, const struct bus_device *device)
{
    if (device->size == 0 || device->handler == NULL
        || device->size - 1 > UINT64_MAX - device->base) {
        return BUS_INVALID;
    }
    if (bus->count >= BUS_MAX_DEVICES) {
        return BUS_FULL;
    }

    size_t place = 0;
    while (place < bus->count && bus->devices[place].base < device->base) {
        place++;
    }
    if (place > 0 && device_holds(&bus->devices[place - 1], device->base)) {
        return BUS_OVERLAP;
    }
    if (place < bus->count && device_holds(device, bus->devices[place].base)) {
        return BUS_OVERLAP;
    }

    for (size_t i = bus->count; i > place; i--) {
        bus->devices[i] = bus->devices[i - 1];
    }
    bus->devices[place] = *device;
    bus->count++;
    bus->last = 0;
    return BUS_OK;
}

static __attribute__((noinline)) const struct bus_device *search(struct bus *bus, uint64_t address)
{
    size_t low = 0;
    size_t high = bus->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct bus_device *device = &bus->devices[middle];
        if (address < device->base) {
            high = middle;
        } else if (device_holds(device, address)) {
            bus->last = middle;
            return device;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct bus_device *bus_find(struct bus *bus, uint64_t address)
{
    const struct bus_device *last = &bus->devices[bus->last];

    // Without any window the first one has size 0.
    return device_holds(last, address) ? last : search(bus, address);
}

enum access_result bus_access(struct bus *bus, uint64_t address, struct access *access)
{
    const struct bus_device *device = bus_find(bus, address);

    if (device == NULL) {
        return ACCESS_UNMAPPED;
    }
    access->offset = address - device->base;
    if (access->size > device->size - access->offset) {
        return ACCESS_UNMAPPED;
    }
    if (access->is_store) {
        return device->handler(device->context, access);
    }

    access->value = 0;
    enum access_result result = device->handler(device->context, access);
    access->value &= access_mask(access->size);
    return result;
}

void bus_reset(struct bus *bus)
{
    for (size_t i = 0; i < bus->count; i++) {
        if (bus->devices[i].reset != NULL) {
            bus->devices[i].reset(bus->devices[i].context);
        }
    }
}
