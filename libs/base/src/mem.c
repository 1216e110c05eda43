// SPDX-License-Identifier: BSD-2-Clause
// The memory functions that compilers call on their own, for programs without a C library.
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *at, int value, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    for (size_t i = 0; i < bytes; i++) {
        target[i] = source[i];
    }
    return to;
}

void *memset(void *at, int value, size_t bytes)
{
    uint8_t *target = at;
    for (size_t i = 0; i < bytes; i++) {
        target[i] = (uint8_t)value;
    }
    return at;
}
