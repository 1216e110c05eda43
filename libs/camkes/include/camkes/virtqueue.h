// SPDX-License-Identifier: BSD-2-Clause
// Channels of seL4VirtQueues: shared memory with a peer, and signals in both directions. Each end
// registers itself before pre_init() runs.
#ifndef CAMKES_VIRTQUEUE_H
#define CAMKES_VIRTQUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

enum camkes_virtqueue_role {
    CAMKES_VIRTQUEUE_DRIVER,
    CAMKES_VIRTQUEUE_DEVICE,
};

struct camkes_virtqueue_channel {
    int64_t id;               ///< setting <interface>_id
    const char *name;         ///< interface
    size_t queue_length;
    void *buffer;             ///< shared with the peer; starts as zeros
    size_t buffer_size;
    void (*notify)(void);     ///< signals the peer
    seL4_CPtr notification;   ///< where the peer's signals arrive
    seL4_Word badge;          ///< of the peer's signals
    enum camkes_virtqueue_role role;
    struct camkes_virtqueue_channel *next;
};

/// Called by generated constructors. Keeps `channel`.
void camkes_virtqueue_register(struct camkes_virtqueue_channel *channel);

/// The channel with this id and role; NULL when there is none.
const struct camkes_virtqueue_channel *camkes_virtqueue_find(int64_t id,
                                                             enum camkes_virtqueue_role role);

/// First channel; follow `next` for the others.
const struct camkes_virtqueue_channel *camkes_virtqueue_first(void);

#endif
