// SPDX-License-Identifier: BSD-2-Clause
// Methods that give their arguments back in other places.
#include <camkes.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

static int errors;
static int last_error;
static int calls;

#define ONE(type, word)                                              \
    type kinds_one_##word(type a, type *b, type *c, const type *d)   \
    {                                                                \
        type old = *c;                                               \
                                                                     \
        calls++;                                                     \
        *b = a;                                                      \
        *c = *d;                                                     \
        return old;                                                  \
    }
FOR_EACH_SCALAR(ONE)
typedef struct pair pair;
ONE(pair, pair)
ONE(place_t, place)

/// The bytes of two arrays, one behind the other, in memory that the stub frees.
static void *join(const void *first, size_t first_size, const void *second, size_t second_size)
{
    char *both = malloc(first_size + second_size + 1);

    if (both != NULL && first_size != 0) {
        memcpy(both, first, first_size);
    }
    if (both != NULL && second_size != 0) {
        memcpy(both + first_size, second, second_size);
    }
    return both;
}

#define MANY(type, word)                                                                          \
    int kinds_many_##word(size_t a_sz, const type *a, size_t *b_sz, type **b, size_t *c_sz,       \
                          type **c, size_t *d_sz, type **d)                                       \
    {                                                                                             \
        int count = (int)(a_sz + *c_sz + *d_sz);                                                  \
                                                                                                  \
        calls++;                                                                                  \
        *b = join(a, a_sz * sizeof(*a), *c, *c_sz * sizeof(*a));                                  \
        *b_sz = a_sz + *c_sz;                                                                     \
        free(*c);                                                                                 \
        *c = join(*d, *d_sz * sizeof(*a), NULL, 0);                                               \
        *c_sz = *d_sz;                                                                            \
        return count;                                                                             \
    }
FOR_EACH_SCALAR(MANY)
MANY(pair, pair)
MANY(place_t, place)

char *kinds_one_string(const char *a, char **b, char **c, char **d)
{
    char *old = *c;

    calls++;
    *b = strdup(a);
    *c = strdup(*d);
    return old;
}

int kinds_many_string(size_t a_sz, char **a, size_t *b_sz, char ***b, size_t *c_sz, char ***c,
                      size_t *d_sz, char ***d)
{
    size_t total = a_sz + *c_sz;
    char **joined = malloc((total + 1) * sizeof(*joined));
    char **copy = malloc((*d_sz + 1) * sizeof(*copy));

    calls++;
    for (size_t i = 0; i < total; i++) {
        joined[i] = i < a_sz ? strdup(a[i]) : (*c)[i - a_sz];
    }
    for (size_t i = 0; i < *d_sz; i++) {
        copy[i] = strdup((*d)[i]);
    }
    free(*c);
    *b = joined;
    *b_sz = total;
    *c = copy;
    *c_sz = *d_sz;
    return (int)(total + *d_sz);
}

void kinds_nothing(void)
{
    calls++;
}

int kinds_calls(void)
{
    return calls;
}

int64_t kinds_sum(int8_t a, int64_t b, int8_t c, int64_t d, int8_t e, int64_t f, int8_t g,
                  int64_t h, int8_t i, int64_t j, int8_t k, int64_t l)
{
    return a + b + c + d + e + f + g + h + i + j + k + l;
}

char *kinds_repeat(char letter, size_t count)
{
    char *text = malloc(count + 1);

    if (text != NULL) {
        memset(text, letter, count);
        text[count] = '\0';
    }
    return text;
}

int kinds_errors(int *last)
{
    *last = last_error;
    return errors;
}

static camkes_error_action_t on_error(camkes_error_t *error)
{
    errors++;
    last_error = (int)error->type;
    return CEA_DISCARD;
}

void kinds__init(void)
{
    (void)kinds_register_error_handler(on_error);
}
