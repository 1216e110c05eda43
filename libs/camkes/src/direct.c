// SPDX-License-Identifier: BSD-2-Clause
// Memory that changes hands in calls between members of a group; see camkes/direct.h.
#include <camkes/direct.h>

#include <stdlib.h>
#include <string.h>

#include <camkes/rpc.h>

/// malloc() that gives a pointer for 0 bytes too. Reports when there is no memory.
static void *allocate(const struct camkes_direct *direct, size_t count, size_t item_size)
{
    camkes_error_t error = {
        .type = CE_ALLOCATION_FAILURE,
        .interface = direct != NULL ? direct->interface : "",
        .description = direct != NULL ? "results of a call" : "arguments of a call",
    };
    void *memory = NULL;
    size_t size;

    if (!__builtin_mul_overflow(count, item_size, &size)) {
        memory = malloc(size != 0 ? size : 1);
    }
    if (memory == NULL) {
        error.target_length = count;
        if (direct != NULL) {
            (void)camkes_report_error(*direct->handler, &error);
        } else {
            (void)camkes_report_request_error(NULL, &error);
        }
    }
    return memory;
}

static char *copy_string(const struct camkes_direct *direct, const char *text)
{
    size_t size = text != NULL ? strlen(text) + 1 : 1;
    char *copy = allocate(direct, size, 1);

    return copy != NULL ? memcpy(copy, text != NULL ? text : "", size) : NULL;
}

static void *copy_array(const struct camkes_direct *direct, const void *items, size_t *count,
                        size_t item_size)
{
    *count = items != NULL ? *count : 0;
    void *copy = allocate(direct, *count, item_size);

    if (copy == NULL) {
        *count = 0;
    } else if (*count != 0) {
        memcpy(copy, items, *count * item_size);
    }
    return copy;
}

static char **copy_strings(const struct camkes_direct *direct, char *const *items, size_t *count)
{
    *count = items != NULL ? *count : 0;
    char **copy = allocate(direct, *count, sizeof(*copy));

    size_t done = 0;
    while (copy != NULL && done < *count && (copy[done] = copy_string(direct, items[done])) != NULL) {
        done++;
    }
    if (copy != NULL && done < *count) {
        camkes_free_strings(copy, done);
        copy = NULL;
    }
    *count = copy != NULL ? *count : 0;
    return copy;
}

char *camkes_direct_take_string(const struct camkes_direct *direct, char *text)
{
    char *copy = copy_string(direct, text);

    direct->free(text);
    return copy;
}

void *camkes_direct_take_array(const struct camkes_direct *direct, void *items, size_t *count,
                               size_t item_size)
{
    void *copy = copy_array(direct, items, count, item_size);

    direct->free(items);
    return copy;
}

char **camkes_direct_take_strings(const struct camkes_direct *direct, char **items, size_t *count)
{
    size_t given = items != NULL ? *count : 0;
    char **copy = copy_strings(direct, items, count);

    for (size_t i = 0; i < given; i++) {
        direct->free(items[i]);
    }
    direct->free(items);
    return copy;
}

char *camkes_direct_copy_string(const char *text)
{
    return copy_string(NULL, text);
}

void *camkes_direct_copy_array(const void *items, size_t *count, size_t item_size)
{
    return copy_array(NULL, items, count, item_size);
}

char **camkes_direct_copy_strings(char *const *items, size_t *count)
{
    return copy_strings(NULL, items, count);
}
