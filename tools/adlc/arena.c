// SPDX-License-Identifier: BSD-2-Clause
// Bump allocator and string interning of one compiler run. Host tool: no memory is fatal.

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN      16u
#define ARENA_CHUNK_SIZE (64u * 1024u)

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
};

static void *arena_must(void *memory)
{
    if (memory == NULL) {
        (void)fputs("adlc: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static size_t arena_header_size(void)
{
    return (sizeof(struct arena_chunk) + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

void arena_init(struct arena *a)
{
    memset(a, 0, sizeof(*a));
}

void arena_release(struct arena *a)
{
    struct arena_chunk *chunk = a->chunks;

    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;

        free(chunk);
        chunk = older;
    }
    free(a->interned);
    arena_init(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t header = arena_header_size();
    size_t rounded;
    void *memory;

    if (size > SIZE_MAX / 2) {
        (void)arena_must(NULL);
    }
    rounded = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (rounded > a->left) {
        size_t chunk_size = header + (rounded > ARENA_CHUNK_SIZE / 4 ? rounded : ARENA_CHUNK_SIZE);
        struct arena_chunk *chunk = arena_must(calloc(1, chunk_size));

        chunk->size = chunk_size;
        a->total += chunk_size;
        if (rounded > ARENA_CHUNK_SIZE / 4 && a->chunks != NULL) {
            // A big block of its own goes behind the newest chunk, which stays in use.
            chunk->older = a->chunks->older;
            a->chunks->older = chunk;
            return (uint8_t *)chunk + header;
        }
        chunk->older = a->chunks;
        a->chunks = chunk;
        a->next = (uint8_t *)chunk + header;
        a->left = chunk_size - header;
    }
    memory = a->next;
    a->next += rounded;
    a->left -= rounded;
    return memory;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        (void)arena_must(NULL);
    }
    return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);

    if (len != 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    return copy;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    int len;
    char *text;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) {
        return arena_strndup(a, "", 0);
    }
    text = arena_alloc(a, (size_t)len + 1);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

static size_t intern_hash(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
    }
    return (size_t)(hash ^ (hash >> 29));
}

static void intern_grow(struct arena *a)
{
    size_t capacity = a->interned_capacity == 0 ? 1024 : a->interned_capacity * 2;
    const char **table = arena_must(calloc(capacity, sizeof(*table)));

    for (size_t i = 0; i < a->interned_capacity; i++) {
        const char *text = a->interned[i];
        size_t slot;

        if (text == NULL) {
            continue;
        }
        slot = intern_hash(text, strlen(text)) & (capacity - 1);
        while (table[slot] != NULL) {
            slot = (slot + 1) & (capacity - 1);
        }
        table[slot] = text;
    }
    free(a->interned);
    a->interned = table;
    a->interned_capacity = capacity;
}

const char *arena_intern_n(struct arena *a, const char *text, size_t len)
{
    size_t slot;

    if (a->interned_count * 2 >= a->interned_capacity) {
        intern_grow(a);
    }
    slot = intern_hash(text, len) & (a->interned_capacity - 1);
    while (a->interned[slot] != NULL) {
        const char *old = a->interned[slot];

        if (strncmp(old, text, len) == 0 && old[len] == '\0') {
            return old;
        }
        slot = (slot + 1) & (a->interned_capacity - 1);
    }
    a->interned[slot] = arena_strndup(a, text, len);
    a->interned_count++;
    return a->interned[slot];
}

const char *arena_intern(struct arena *a, const char *text)
{
    return arena_intern_n(a, text, strlen(text));
}
