// SPDX-License-Identifier: BSD-2-Clause
// Single bits, fields, rounding to powers of two, minimum and maximum.
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#define BIT64(n) (UINT64_C(1) << (n))
#define BIT32(n) (UINT32_C(1) << (n))
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/// The `n` low bits set; n is 0..64.
static inline uint64_t bits_mask(unsigned n)
{
    return n >= 64 ? UINT64_MAX : BIT64(n) - 1;
}

/// Bits [low, low + width) of `value`; low + width is at most 64.
static inline uint64_t bits_get(uint64_t value, unsigned low, unsigned width)
{
    return (value >> low) & bits_mask(width);
}

/// `value` with bits [low, low + width) replaced by `field`.
static inline uint64_t bits_set(uint64_t value, unsigned low, unsigned width, uint64_t field)
{
    uint64_t mask = bits_mask(width) << low;

    return (value & ~mask) | ((field << low) & mask);
}

static inline bool bits_is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/// Rounding to a multiple of `to`, a power of two. Rounding up wraps to 0 at the end of the range.
static inline uint64_t bits_round_down(uint64_t value, uint64_t to)
{
    return value & ~(to - 1);
}

static inline uint64_t bits_round_up(uint64_t value, uint64_t to)
{
    return (value + (to - 1)) & ~(to - 1);
}

static inline bool bits_is_aligned(uint64_t value, uint64_t to)
{
    return (value & (to - 1)) == 0;
}

/// Position of the lowest and highest set bit; 64 when there is none.
static inline unsigned bits_lowest(uint64_t value)
{
    return value == 0 ? 64 : (unsigned)__builtin_ctzll(value);
}

static inline unsigned bits_highest(uint64_t value)
{
    return value == 0 ? 64 : 63 - (unsigned)__builtin_clzll(value);
}

static inline unsigned bits_count(uint64_t value)
{
    unsigned count = 0;

    // Not __builtin_popcountll: without FP registers that is a call into the compiler's library.
    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

/// Smallest n with 2^n >= value; 0 for 0 and 1, 64 above 2^63.
static inline unsigned bits_log2_up(uint64_t value)
{
    return value <= 1 ? 0 : bits_highest(value - 1) + 1;
}

/// Two's complement number in the low `width` bits (1..64).
static inline int64_t bits_sign_extend(uint64_t value, unsigned width)
{
    uint64_t sign = BIT64(width - 1);

    value &= bits_mask(width);
    return (int64_t)((value ^ sign) - sign);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
