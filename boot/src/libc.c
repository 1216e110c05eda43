// SPDX-License-Identifier: BSD-2-Clause
// The four functions that compilers call on their own; the initialiser uses this file too.
#include <stddef.h>
#include <stdint.h>

// The loops below must not become calls of the functions themselves.
#if defined(__clang__)
#define PLAIN_LOOP __attribute__((no_builtin))
#else
#define PLAIN_LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

PLAIN_LOOP void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *bytes = to;
    const uint8_t *source = from;

    for (size_t i = 0; i < size; i++) {
        bytes[i] = source[i];
    }
    return to;
}

PLAIN_LOOP void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *bytes = to;
    const uint8_t *source = from;

    if ((uintptr_t)to <= (uintptr_t)from) {
        return memcpy(to, from, size);
    }
    for (size_t i = size; i > 0; i--) {
        bytes[i - 1] = source[i - 1];
    }
    return to;
}

PLAIN_LOOP void *memset(void *to, int value, size_t size)
{
    uint8_t *bytes = to;

    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)value;
    }
    return to;
}

PLAIN_LOOP int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a;
    const uint8_t *right = b;

    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}
