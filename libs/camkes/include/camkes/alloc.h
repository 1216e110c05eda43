// SPDX-License-Identifier: BSD-2-Clause
// Kernel objects that settings give an instance for run time: tcb_pool, ep_pool, notification_pool,
// untypedN_pool, simple_untypedN_pool and untyped_mmios.
#ifndef CAMKES_ALLOC_H
#define CAMKES_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/sel4.h>

struct camkes_pool_object {
    seL4_CPtr cap;
    uint32_t type;     ///< seL4_TCBObject, seL4_EndpointObject, ...
    uint8_t size_bits; ///< untypeds
    bool is_device;    ///< untypeds of device memory, at `paddr`
    uint64_t paddr;
};

struct camkes_pool {
    const struct camkes_pool_object *objects;
    bool *taken; ///< per object
    size_t count;
};

/// The table of this instance, emitted by the compiler when it has any.
extern const struct camkes_pool camkes_pool __attribute__((weak));

/// Take an object of the pool: the smallest free untyped with at least `size_bits`, or any free
/// object of another type. `flags` must be 0. Returns its cap, or 0 when there is none. Safe in all
/// threads.
seL4_CPtr camkes_alloc(seL4_Word type, size_t size_bits, unsigned flags);

/// Take the untyped of device memory at `paddr`; *size_bits gets its size. 0: none, or taken.
seL4_CPtr camkes_alloc_device(uint64_t paddr, size_t *size_bits);

/// Give an object back. What was made of it or done to it is the caller's to undo before (revoke
/// it).
void camkes_free(seL4_CPtr cap);

/// Untypeds of the pool, taken or not. `n` behind the last gives 0 and leaves the outputs alone;
/// *paddr is 0 for ordinary memory.
unsigned camkes_pool_untyped_count(void);
seL4_CPtr camkes_pool_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr);

#endif
