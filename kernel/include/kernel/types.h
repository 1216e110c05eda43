// SPDX-License-Identifier: BSD-2-Clause
// Basic types, attributes and assertions of the kernel.
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t word_t;  ///< a machine word as the API sees it
typedef uint64_t paddr_t; ///< physical address
typedef uint64_t ticks_t; ///< time in timer ticks

#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define NOINLINE __attribute__((noinline))
#define COLD __attribute__((cold))
/// For locals that are written before they are read: no pattern is put in first.
#define UNINITIALIZED __attribute__((uninitialized))
#define LIKELY(e) __builtin_expect(!!(e), 1)
#define UNLIKELY(e) __builtin_expect(!!(e), 0)
#define BIT(n) (UINT64_C(1) << (n))
#define MASK(n) (BIT(n) - 1)
/// The struct that has `pointer` as its member.
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))
/// A word of memory that user level may write to meanwhile (IPC buffers, on other cores): the compiler
/// does not read it again where its value is used after a check.
#define READ_ONCE(word) (*(const volatile __typeof__(word) *)&(word))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, bits) (((x) + MASK(bits)) & ~MASK(bits))
#define ALIGN_DOWN(x, bits) ((x) & ~MASK(bits))
#define IS_ALIGNED(x, bits) (((x) & MASK(bits)) == 0)

/// Stops all cores with a message that names the place. Debug builds print it on the console.
NORETURN COLD void kernel_panic(const char *message, const char *file, unsigned line);

/// A bug in the kernel itself: on in every build (fail-stop). Never used on anything that user level chose.
#define ASSERT(e)                                     \
    do {                                              \
        if (UNLIKELY(!(e))) {                         \
            kernel_panic(#e, __FILE__, __LINE__);     \
        }                                             \
    } while (0)

/// How a kernel operation ended.
enum status {
    STATUS_OK = 0,
    STATUS_ERROR,     ///< core->error says why; the caller is answered with it
    STATUS_LOOKUP,    ///< a cap lookup failed: core->lookup_failure says how
    STATUS_PREEMPTED, ///< an interrupt waits: the system call restarts afterwards
};

#endif
