// SPDX-License-Identifier: BSD-2-Clause
// Growth of arena-owned arrays: doubles, the old block stays in the arena.

#include "vec.h"

#include <string.h>

void *vec_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t item_size)
{
    size_t wanted = *capacity == 0 ? 4 : *capacity * 2;
    void *bigger = arena_alloc_array(a, wanted, item_size);

    if (count != 0) {
        memcpy(bigger, items, count * item_size);
    }
    *capacity = wanted;
    return bigger;
}
