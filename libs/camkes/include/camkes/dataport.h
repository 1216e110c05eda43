// SPDX-License-Identifier: BSD-2-Clause
// Shared memory between components: portable pointers into it, ordering, and frame caps of
// dataports.
#ifndef CAMKES_DATAPORT_H
#define CAMKES_DATAPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sel4/types.h>

/// One mapped dataport; the number is the same on all sides of a connection.
struct camkes_dataport {
    uint32_t id;
    void *address;
    size_t size;
};

/// A dataport of this type has a page, unless settings say otherwise.
typedef struct {
    char content[4096];
} Buf;

/// A place in a dataport that another component can find in its own mapping.
typedef struct dataport_ptr {
    uint32_t id;
    off_t offset;
} dataport_ptr_t;

/// Portable form of a pointer into a dataport of this component; id is UINT32_MAX when it is in
/// none.
dataport_ptr_t dataport_wrap_ptr(void *ptr);

/// The pointer in this component; NULL when the place is in no dataport of it.
void *dataport_unwrap_ptr(dataport_ptr_t ptr);

/// Order accesses to a dataport: what follows an acquire happens after what the peer did before its
/// release.
static inline void camkes_dataport_acquire(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void camkes_dataport_release(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/// Frames of a dataport of seL4SharedDataWithCaps, in order of address.
typedef struct dataport_caps_handle {
    seL4_CPtr first_cap;
    uint32_t count;
    uint32_t frame_bits;  ///< log2 of the size of one frame
    uint64_t size;        ///< bytes
    uint64_t id;          ///< setting <interface>_id, 0 without one
    seL4_CapRights_t rights;
} dataport_caps_handle_t;

/// Cap of frame `n`; 0 behind the last one.
static inline seL4_CPtr dataport_get_nth_frame_cap(const dataport_caps_handle_t *handle, uint32_t n)
{
    return n < handle->count ? handle->first_cap + n : 0;
}

static inline uint32_t dataport_get_num_frame_caps(const dataport_caps_handle_t *handle)
{
    return handle->count;
}

static inline uint64_t dataport_get_id(const dataport_caps_handle_t *handle)
{
    return handle->id;
}

static inline uint64_t dataport_get_size(const dataport_caps_handle_t *handle)
{
    return handle->size;
}

static inline uint32_t dataport_get_frame_size_bits(const dataport_caps_handle_t *handle)
{
    return handle->frame_bits;
}

static inline seL4_CapRights_t dataport_get_rights(const dataport_caps_handle_t *handle)
{
    return handle->rights;
}

#endif
