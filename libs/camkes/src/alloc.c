// SPDX-License-Identifier: BSD-2-Clause
// The pool of kernel objects of an instance: a table and a flag for each object.
#include <camkes/alloc.h>

static size_t pool_count(void)
{
    return &camkes_pool != NULL ? camkes_pool.count : 0;
}

static bool take(size_t index)
{
    return !__atomic_exchange_n(&camkes_pool.taken[index], true, __ATOMIC_ACQUIRE);
}

/// The smallest untyped that is large enough and looks free; the count of objects when there is
/// none.
static size_t find(seL4_Word type, size_t size_bits)
{
    size_t best = pool_count();

    for (size_t i = 0; i < pool_count(); i++) {
        const struct camkes_pool_object *object = &camkes_pool.objects[i];
        bool fits = object->type == type && !object->is_device
                    && (type != seL4_UntypedObject || object->size_bits >= size_bits);
        if (fits && !__atomic_load_n(&camkes_pool.taken[i], __ATOMIC_RELAXED)
            && (best == pool_count() || object->size_bits < camkes_pool.objects[best].size_bits)) {
            best = i;
        }
    }
    return best;
}

seL4_CPtr camkes_alloc(seL4_Word type, size_t size_bits, unsigned flags)
{
    if (flags != 0) {
        return 0;
    }
    for (;;) {
        size_t index = find(type, size_bits);
        if (index == pool_count()) {
            return 0;
        }
        if (take(index)) {
            return camkes_pool.objects[index].cap;
        }
        // Another thread was faster: what is left?
    }
}

seL4_CPtr camkes_alloc_device(uint64_t paddr, size_t *size_bits)
{
    for (size_t i = 0; i < pool_count(); i++) {
        const struct camkes_pool_object *object = &camkes_pool.objects[i];
        if (object->is_device && object->paddr == paddr && take(i)) {
            *size_bits = object->size_bits;
            return object->cap;
        }
    }
    return 0;
}

void camkes_free(seL4_CPtr cap)
{
    for (size_t i = 0; i < pool_count(); i++) {
        if (camkes_pool.objects[i].cap == cap) {
            __atomic_store_n(&camkes_pool.taken[i], false, __ATOMIC_RELEASE);
        }
    }
}

unsigned camkes_pool_untyped_count(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < pool_count(); i++) {
        count += camkes_pool.objects[i].type == seL4_UntypedObject;
    }
    return count;
}

seL4_CPtr camkes_pool_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr)
{
    for (size_t i = 0; i < pool_count(); i++) {
        const struct camkes_pool_object *object = &camkes_pool.objects[i];
        if (object->type == seL4_UntypedObject && n-- == 0) {
            *size_bits = object->size_bits;
            *paddr = (uintptr_t)object->paddr;
            return object->cap;
        }
    }
    return 0;
}
