// SPDX-License-Identifier: BSD-2-Clause
// Small helpers that component sources include under this name.
#ifndef UTILS_UTIL_H
#define UTILS_UTIL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <utils/attribute.h>
#include <utils/zf_log.h>

#ifndef BIT
#define BIT(n) (1ul << (n))
#endif
#ifndef MASK
#define MASK(n) (BIT(n) - 1ul)
#endif
#ifndef MIN
#define MIN(a, b)               \
    ({                          \
        __typeof__(a) min_a = (a); \
        __typeof__(b) min_b = (b); \
        min_a < min_b ? min_a : min_b; \
    })
#endif
#ifndef MAX
#define MAX(a, b)               \
    ({                          \
        __typeof__(a) max_a = (a); \
        __typeof__(b) max_b = (b); \
        max_a > max_b ? max_a : max_b; \
    })
#endif
#define ARRAY_SIZE(array)     (sizeof(array) / sizeof((array)[0]))
#define IS_ALIGNED(n, bits)   (((n) & MASK(bits)) == 0)
#define IS_POWER_OF_2(n)      ((n) != 0 && ((n) & ((n) - 1)) == 0)
#define ROUND_DOWN(n, unit)   ((n) - (n) % (unit))
#define ROUND_UP(n, unit)     ((n) % (unit) == 0 ? (n) : ROUND_DOWN(n, unit) + (unit))
#define DIV_ROUND_UP(n, unit) (((n) + (unit) - 1) / (unit))
#define ALIGN_DOWN(n, bits)   ((n) & ~MASK(bits))
#define ALIGN_UP(n, bits)     ALIGN_DOWN((n) + MASK(bits), bits)
#define PAGE_BITS_4K          12
#define PAGE_SIZE_4K          BIT(PAGE_BITS_4K)

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define STRINGIFY_(text) #text
#define STRINGIFY(text)  STRINGIFY_(text)

#define compile_time_assert(name, condition) _Static_assert(condition, #name)

#endif
