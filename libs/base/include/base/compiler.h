// SPDX-License-Identifier: BSD-2-Clause
// Names for compiler attributes and small helpers that gcc and clang share.
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define FALLTHROUGH __attribute__((fallthrough))
#define PRINTF_LIKE(index, first) __attribute__((format(printf, index, first)))
#define PACKED __attribute__((packed))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))
#define UNUSED __attribute__((unused))
#define USED __attribute__((used))
#define WEAK __attribute__((weak))
#define SECTION(name) __attribute__((section(name)))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/// Marks a function whose arguments a guest or another component chose: it checks all of them.
#if defined(__GNUC__) && !defined(__clang__)
#define GUEST_INPUT __attribute__((tainted_args))
#else
#define GUEST_INPUT
#endif

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/// Number of elements of an array; does not compile for a pointer.
#define ARRAY_COUNT(array)                                                              \
    (sizeof(array) / sizeof((array)[0])                                                 \
     + 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0])) \
                           ? -1 : 1]))

/// The structure of type `type` whose member `member` is at `pointer`.
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - __builtin_offsetof(type, member)))

/// One read or write of a variable that another party changes at the same time.
#define READ_ONCE(lvalue) (*(const volatile __typeof__(lvalue) *)&(lvalue))
#define WRITE_ONCE(lvalue, value) (*(volatile __typeof__(lvalue) *)&(lvalue) = (value))

/// The compiler moves no memory access across this.
#define COMPILER_BARRIER() __asm__ volatile("" ::: "memory")

#endif
