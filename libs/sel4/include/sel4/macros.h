// SPDX-License-Identifier: BSD-2-Clause
// Small macros of the seL4 API that programs use for declarations of their own.
#ifndef SEL4_MACROS_H
#define SEL4_MACROS_H

#include <stddef.h>

#define LIBSEL4_BIT(n) (1ul << (n))

#define LIBSEL4_INLINE static inline
#define LIBSEL4_INLINE_FUNC static inline
#define LIBSEL4_NOINLINE __attribute__((noinline))
#define LIBSEL4_UNUSED __attribute__((unused))
#define LIBSEL4_WEAK __attribute__((weak))

#define SEL4_PACKED __attribute__((packed))
#define SEL4_DEPRECATED(message) __attribute__((deprecated(message)))
#define SEL4_OFFSETOF(type, member) offsetof(type, member)
#define SEL4_COMPILE_ASSERT(name, condition) _Static_assert((condition), #name)

#endif
