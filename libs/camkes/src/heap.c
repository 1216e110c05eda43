// SPDX-License-Identifier: BSD-2-Clause
// Memory for the C library's malloc(): the array that the compiler emits in the size of the setting
// heap_size. Programs without malloc() link none of this.
#include <camkes/runtime.h>

#include <errno.h>
#include <unistd.h>

static size_t heap_used;

void *sbrk(ptrdiff_t increment)
{
    void *previous = camkes_heap + heap_used;

    // malloc() holds the C library's lock here.
    if (increment < 0 ? (size_t)0 - (size_t)increment > heap_used
                      : (size_t)increment > camkes_heap_size - heap_used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap_used += (size_t)increment;
    return previous;
}
