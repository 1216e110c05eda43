// SPDX-License-Identifier: BSD-2-Clause
// The memory functions that a freestanding C compiler calls by itself.
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

#define WORD_ALIGNED(x) (((x) & (sizeof(uint64_t) - 1)) == 0)
// Compiled with -fno-tree-loop-distribute-patterns: the loops must not become calls of themselves.

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *byte = to;
    if (WORD_ALIGNED((uintptr_t)to)) {
        uint64_t *word = to;
        uint64_t pattern = (unsigned char)value * UINT64_C(0x0101010101010101);
        for (; bytes >= sizeof(*word); bytes -= sizeof(*word)) {
            *word++ = pattern;
        }
        byte = (unsigned char *)word;
    }
    while (bytes-- > 0) {
        *byte++ = (unsigned char)value;
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    if (WORD_ALIGNED((uintptr_t)to | (uintptr_t)from)) {
        uint64_t *target_word = to;
        const uint64_t *source_word = from;
        for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t)) {
            *target_word++ = *source_word++;
        }
        target = (unsigned char *)target_word;
        source = (const unsigned char *)source_word;
    }
    while (bytes-- > 0) {
        *target++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    if (target <= source) {
        while (bytes-- > 0) {
            *target++ = *source++;
        }
    } else {
        while (bytes-- > 0) {
            target[bytes] = source[bytes];
        }
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    for (size_t i = 0; i < bytes; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}
