// SPDX-License-Identifier: BSD-2-Clause
// Arithmetic that says when it does not fit, and range checks that can't overflow.
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>

// Each returns false, with *result unspecified, when the exact result does not fit.

static inline NODISCARD bool checked_add_u64(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline NODISCARD bool checked_sub_u64(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_sub_overflow(a, b, result);
}

static inline NODISCARD bool checked_mul_u64(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

static inline NODISCARD bool checked_add_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline NODISCARD bool checked_mul_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

static inline NODISCARD bool checked_add_i64(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

/// Whether [offset, offset + length) lies in [0, size).
static inline bool range_fits(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/// Whether [base, base + size) holds `address`; base + size may be 2^64.
static inline bool range_has(uint64_t base, uint64_t size, uint64_t address)
{
    return address >= base && address - base < size;
}

/// Whether two ranges share a byte. Neither wraps.
static inline bool range_overlaps(uint64_t base_a, uint64_t size_a, uint64_t base_b,
                                  uint64_t size_b)
{
    return size_a != 0 && size_b != 0
           && (range_has(base_a, size_a, base_b) || range_has(base_b, size_b, base_a));
}

#endif
