// SPDX-License-Identifier: BSD-2-Clause
// Growing arrays whose memory belongs to an arena. A vector is any struct with the members
// `items` (pointer), `count` and `capacity`; VEC(type) declares one.

#ifndef ADLC_VEC_H
#define ADLC_VEC_H

#include <stddef.h>

#include "arena.h"

#define VEC(type)        \
    struct {             \
        type *items;     \
        size_t count;    \
        size_t capacity; \
    }

/// Make room for one more item; used by VEC_PUSH.
void *vec_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t item_size);

/// Append `value`. `vec` is an lvalue of a VEC type.
#define VEC_PUSH(a, vec, value)                                                            \
    do {                                                                                   \
        if ((vec).count == (vec).capacity) {                                               \
            (vec).items = vec_grow((a), (vec).items, (vec).count, &(vec).capacity,         \
                                   sizeof(*(vec).items));                                  \
        }                                                                                  \
        (vec).items[(vec).count++] = (value);                                              \
    } while (0)

#endif
