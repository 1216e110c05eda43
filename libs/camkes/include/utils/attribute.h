// SPDX-License-Identifier: BSD-2-Clause
// Short names for compiler attributes, as component sources use them.
#ifndef UTILS_ATTRIBUTE_H
#define UTILS_ATTRIBUTE_H

#define ALIGN(n)      __attribute__((aligned(n)))
#define CONST         __attribute__((const))
#define DEPRECATED(m) __attribute__((deprecated(m)))
#define FALLTHROUGH   __attribute__((fallthrough))
#define FORMAT(f, n, a) __attribute__((format(f, n, a)))
#define NONNULL(...)  __attribute__((nonnull(__VA_ARGS__)))
#define NORETURN      __attribute__((noreturn))
#define PACKED        __attribute__((packed))
#define PURE          __attribute__((pure))
#define SECTION(name) __attribute__((section(name)))
#define UNUSED        __attribute__((unused))
#define USED          __attribute__((used))
#define WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#define WEAK          __attribute__((weak))

#endif
