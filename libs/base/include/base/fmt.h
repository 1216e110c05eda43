// SPDX-License-Identifier: BSD-2-Clause
// Formatted text without a C library: %d %i %u %x %X %o %c %s %p %% with flags "-0 +#", width,
// precision and the lengths hh h l ll z t j. No floating point, no %n; an unknown conversion is
// printed as it is.
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#include <base/compiler.h>

/// Takes one character of output. `context` is the caller's.
typedef void (*fmt_put_fn)(void *context, char c);

/// Format to `put`. Returns the number of characters.
size_t fmt_vwrite(fmt_put_fn put, void *context, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

size_t fmt_write(fmt_put_fn put, void *context, const char *format, ...) PRINTF_LIKE(3, 4);

/// Format into `buffer` of `size` bytes, always NUL-terminated unless size is 0. Returns the length
/// that the whole text would have, as snprintf() does.
size_t fmt_vprint(char *buffer, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);

size_t fmt_print(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
