// SPDX-License-Identifier: BSD-2-Clause
// Integers of known byte order in memory. The named types document a field's order (and let sparse
// check it); the load and store functions work at any alignment.
#ifndef BASE_ENDIAN_H
#define BASE_ENDIAN_H

#include <stdint.h>

#ifdef __CHECKER__
#define BASE_BITWISE __attribute__((bitwise))
#define BASE_FORCE __attribute__((force))
#else
#define BASE_BITWISE
#define BASE_FORCE
#endif

typedef uint16_t BASE_BITWISE le16_t;
typedef uint32_t BASE_BITWISE le32_t;
typedef uint64_t BASE_BITWISE le64_t;
typedef uint16_t BASE_BITWISE be16_t;
typedef uint32_t BASE_BITWISE be32_t;
typedef uint64_t BASE_BITWISE be64_t;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BASE_SWAP_LE(bits, value) (value)
#define BASE_SWAP_BE(bits, value) __builtin_bswap##bits(value)
#else
#define BASE_SWAP_LE(bits, value) __builtin_bswap##bits(value)
#define BASE_SWAP_BE(bits, value) (value)
#endif

#define BASE_ENDIAN_FUNCTIONS(bits)                                                        \
    static inline uint##bits##_t le##bits##_to_cpu(le##bits##_t value)                     \
    {                                                                                      \
        return BASE_SWAP_LE(bits, (BASE_FORCE uint##bits##_t)value);                       \
    }                                                                                      \
    static inline le##bits##_t cpu_to_le##bits(uint##bits##_t value)                       \
    {                                                                                      \
        return (BASE_FORCE le##bits##_t)BASE_SWAP_LE(bits, value);                         \
    }                                                                                      \
    static inline uint##bits##_t be##bits##_to_cpu(be##bits##_t value)                     \
    {                                                                                      \
        return BASE_SWAP_BE(bits, (BASE_FORCE uint##bits##_t)value);                       \
    }                                                                                      \
    static inline be##bits##_t cpu_to_be##bits(uint##bits##_t value)                       \
    {                                                                                      \
        return (BASE_FORCE be##bits##_t)BASE_SWAP_BE(bits, value);                         \
    }                                                                                      \
    static inline uint##bits##_t load_le##bits(const void *from)                           \
    {                                                                                      \
        le##bits##_t value;                                                                \
        __builtin_memcpy(&value, from, sizeof(value));                                     \
        return le##bits##_to_cpu(value);                                                   \
    }                                                                                      \
    static inline void store_le##bits(void *to, uint##bits##_t value)                      \
    {                                                                                      \
        le##bits##_t stored = cpu_to_le##bits(value);                                      \
        __builtin_memcpy(to, &stored, sizeof(stored));                                     \
    }                                                                                      \
    static inline uint##bits##_t load_be##bits(const void *from)                           \
    {                                                                                      \
        be##bits##_t value;                                                                \
        __builtin_memcpy(&value, from, sizeof(value));                                     \
        return be##bits##_to_cpu(value);                                                   \
    }                                                                                      \
    static inline void store_be##bits(void *to, uint##bits##_t value)                      \
    {                                                                                      \
        be##bits##_t stored = cpu_to_be##bits(value);                                      \
        __builtin_memcpy(to, &stored, sizeof(stored));                                     \
    }

BASE_ENDIAN_FUNCTIONS(16)
BASE_ENDIAN_FUNCTIONS(32)
BASE_ENDIAN_FUNCTIONS(64)
#undef BASE_ENDIAN_FUNCTIONS

#endif
