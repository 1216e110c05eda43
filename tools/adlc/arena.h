// SPDX-License-Identifier: BSD-2-Clause
// Memory of one compiler run: a bump allocator that is released in one go, and interned strings,
// so that two equal names are the same pointer. Running out of memory ends the process.

#ifndef ADLC_ARENA_H
#define ADLC_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/// Owner of everything that one run allocates. Zero-initialise or call arena_init().
struct arena {
    struct arena_chunk *chunks;  ///< owned, newest first
    uint8_t *next;               ///< next free byte of the newest chunk
    size_t left;                 ///< free bytes after `next`
    size_t total;                ///< bytes taken from the system so far
    const char **interned;       ///< owned by malloc, open-addressing table
    size_t interned_count;
    size_t interned_capacity;    ///< a power of two, or 0
};

void arena_init(struct arena *a);

/// Give all memory back; every pointer from this arena is dead afterwards.
void arena_release(struct arena *a);

/// `size` zeroed bytes, 16-byte aligned. Never NULL, also for size 0.
void *arena_alloc(struct arena *a, size_t size);

/// `count * size` zeroed bytes; the product is checked.
void *arena_alloc_array(struct arena *a, size_t count, size_t size);

/// One zeroed object of type `type`.
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/// `count` zeroed objects of type `type`.
#define ARENA_NEW_ARRAY(a, type, count) \
    ((type *)arena_alloc_array((a), (count), sizeof(type)))

/// Copy of `len` bytes with a NUL after them. Not interned.
char *arena_strndup(struct arena *a, const char *text, size_t len);

/// Formatted string, owned by the arena. Not interned.
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/// The one copy of this string in this arena: equal strings give equal pointers.
const char *arena_intern(struct arena *a, const char *text);
const char *arena_intern_n(struct arena *a, const char *text, size_t len);

#endif
