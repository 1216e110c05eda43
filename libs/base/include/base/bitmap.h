// SPDX-License-Identifier: BSD-2-Clause
// Sets of small numbers in an array of 64-bit words. Bits from `bits` on are never set.
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/bits.h>

#define BITMAP_WORDS(bits) (((bits) + 63u) / 64u)

/// Declare a bitmap that holds `bits` bits.
#define BITMAP_DECLARE(name, bits) uint64_t name[BITMAP_WORDS(bits)]

static inline bool bitmap_get(const uint64_t *map, size_t bit)
{
    return (map[bit / 64] >> (bit % 64)) & 1;
}

static inline void bitmap_set(uint64_t *map, size_t bit)
{
    map[bit / 64] |= BIT64(bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
    map[bit / 64] &= ~BIT64(bit % 64);
}

static inline void bitmap_put(uint64_t *map, size_t bit, bool value)
{
    if (value) {
        bitmap_set(map, bit);
    } else {
        bitmap_clear(map, bit);
    }
}

static inline void bitmap_zero(uint64_t *map, size_t bits)
{
    for (size_t i = 0; i < BITMAP_WORDS(bits); i++) {
        map[i] = 0;
    }
}

/// First bit at or after `from` that is set (bitmap_next) or clear (bitmap_next_clear); `bits` when
/// there is none.
static inline size_t bitmap_next(const uint64_t *map, size_t bits, size_t from)
{
    for (size_t word = from / 64; from < bits; word++, from = word * 64) {
        uint64_t left = map[word] & ~bits_mask((unsigned)(from % 64));

        if (left != 0) {
            size_t bit = word * 64 + bits_lowest(left);

            return bit < bits ? bit : bits;
        }
    }
    return bits;
}

static inline size_t bitmap_next_clear(const uint64_t *map, size_t bits, size_t from)
{
    for (size_t word = from / 64; from < bits; word++, from = word * 64) {
        uint64_t left = ~map[word] & ~bits_mask((unsigned)(from % 64));

        if (left != 0) {
            size_t bit = word * 64 + bits_lowest(left);

            return bit < bits ? bit : bits;
        }
    }
    return bits;
}

static inline size_t bitmap_count(const uint64_t *map, size_t bits)
{
    size_t count = 0;

    for (size_t i = 0; i < BITMAP_WORDS(bits); i++) {
        count += bits_count(map[i]);
    }
    return count;
}

#define bitmap_for_each(bit, map, bits)                                      \
    for (size_t bit = bitmap_next((map), (bits), 0); bit < (size_t)(bits);   \
         bit = bitmap_next((map), (bits), bit + 1))

#endif
