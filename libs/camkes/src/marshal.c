// SPDX-License-Identifier: BSD-2-Clause
// Packing and unpacking of RPC messages. The bytes come from another component, maybe in memory
// that it can still change: every count is checked against what is left before anything is
// allocated, and strings are measured once and ended by us.
#include <camkes/rpc.h>

#include <stdlib.h>
#include <string.h>

void camkes_put_string(struct camkes_cursor *cursor, const char *text)
{
    camkes_put(cursor, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

void camkes_put_array(struct camkes_cursor *cursor, const void *items, size_t count,
                      size_t item_size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, item_size, &bytes)) {
        cursor->error = CE_OVERFLOW;
        return;
    }
    camkes_put(cursor, &count, sizeof(count));
    camkes_put(cursor, items, bytes);
}

void camkes_put_strings(struct camkes_cursor *cursor, char *const *items, size_t count)
{
    camkes_put(cursor, &count, sizeof(count));
    for (size_t i = 0; i < count && cursor->error == CE_NO_ERROR; i++) {
        camkes_put_string(cursor, items[i]);
    }
}

bool camkes_get_bool(struct camkes_cursor *cursor)
{
    uint8_t byte;

    camkes_get(cursor, &byte, sizeof(byte));
    return byte != 0;
}

static void *allocate(struct camkes_cursor *cursor, size_t size)
{
    void *memory = malloc(size != 0 ? size : 1);

    if (memory == NULL) {
        cursor->error = CE_ALLOCATION_FAILURE;
    }
    return memory;
}

char *camkes_get_string(struct camkes_cursor *cursor)
{
    size_t left = cursor->size - cursor->offset;
    const uint8_t *place;
    size_t length;
    char *text;

    if (cursor->error != CE_NO_ERROR) {
        return NULL;
    }
    length = strnlen((const char *)cursor->data + cursor->offset, left);
    if (length == left) {
        cursor->error = CE_MALFORMED_RPC_PAYLOAD;
        return NULL;
    }
    place = camkes_cursor_take(cursor, length + 1, CE_MALFORMED_RPC_PAYLOAD);
    if (place == NULL) {
        return NULL;
    }
    text = allocate(cursor, length + 1);
    if (text != NULL) {
        memcpy(text, place, length);
        text[length] = '\0';
    }
    return text;
}

void *camkes_get_array(struct camkes_cursor *cursor, size_t *count, size_t item_size)
{
    const uint8_t *place;
    size_t bytes;
    void *items;

    camkes_get(cursor, count, sizeof(*count));
    if (cursor->error != CE_NO_ERROR) {
        *count = 0;
        return NULL;
    }
    if (__builtin_mul_overflow(*count, item_size, &bytes)) {
        cursor->error = CE_OVERFLOW;
        *count = 0;
        return NULL;
    }
    place = camkes_cursor_take(cursor, bytes, CE_MALFORMED_RPC_PAYLOAD);
    items = place != NULL ? allocate(cursor, bytes) : NULL;
    if (items == NULL) {
        *count = 0;
        return NULL;
    }
    memcpy(items, place, bytes);
    return items;
}

bool *camkes_get_bool_array(struct camkes_cursor *cursor, size_t *count)
{
    uint8_t *bytes = camkes_get_array(cursor, count, sizeof(*bytes));

    _Static_assert(sizeof(bool) == sizeof(uint8_t), "a bool is a byte");
    for (size_t i = 0; bytes != NULL && i < *count; i++) {
        bytes[i] = bytes[i] != 0;
    }
    return (bool *)bytes;
}

char **camkes_get_strings(struct camkes_cursor *cursor, size_t *count)
{
    size_t read = 0;
    char **items;

    camkes_get(cursor, count, sizeof(*count));
    // Each string takes at least its NUL.
    if (cursor->error == CE_NO_ERROR && *count > cursor->size - cursor->offset) {
        cursor->error = CE_MALFORMED_RPC_PAYLOAD;
    }
    if (cursor->error != CE_NO_ERROR) {
        *count = 0;
        return NULL;
    }
    items = allocate(cursor, *count * sizeof(*items));
    while (items != NULL && read < *count) {
        items[read] = camkes_get_string(cursor);
        if (items[read] == NULL) {
            camkes_free_strings(items, read);
            items = NULL;
        }
        read++;
    }
    if (items == NULL) {
        *count = 0;
    }
    return items;
}

void camkes_free_strings(char **items, size_t count)
{
    if (items == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        free(items[i]);
    }
    free(items);
}
