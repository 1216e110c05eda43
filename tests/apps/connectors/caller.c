// SPDX-License-Identifier: BSD-2-Clause
// Calls methods with every kind of parameter and compares what comes back; then what can't be sent.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kinds.h"

// The methods of Echo: b = a, c = d, result = c of before.
#define ONE_ROUND(type, word, va, vc, vd)                                                    \
    do {                                                                                     \
        type a = (type)(va);                                                                 \
        type b = (type)17;                                                                   \
        type old = (type)(vc);                                                               \
        type c = old;                                                                        \
        type d = (type)(vd);                                                                 \
        type result = remote_one_##word(a, &b, &c, &d);                                      \
        good = good && result == old && b == a && c == d && d == (type)(vd);                 \
    } while (0)

#define ONE(type, word)                             \
    static void check_one_##word(void)              \
    {                                               \
        bool good = true;                           \
                                                    \
        ONE_ROUND(type, word, 101, 102, 103);       \
        ONE_ROUND(type, word, 0, 1, 0);             \
        ONE_ROUND(type, word, 1, 0, 1);             \
        ONE_ROUND(type, word, -1, -2, -3);          \
        CHECK("one_" #word, good);                  \
    }
FOR_EACH_SCALAR(ONE)

#define MANY(type, word)                                                                           \
    static bool round_many_##word(size_t a_sz, size_t c_sz, size_t d_sz)                           \
    {                                                                                              \
        type a[] = { (type)1, (type)0, (type)-3 };                                                 \
        type first_c[] = { (type)4, (type)5, (type)-6 };                                           \
        type first_d[] = { (type)-7, (type)0, (type)9 };                                           \
        type *b = NULL;                                                                            \
        type *c = first_c;                                                                         \
        type *d = first_d;                                                                         \
        size_t b_sz = 0;                                                                           \
        size_t old_c_sz = c_sz;                                                                    \
        int count = remote_many_##word(a_sz, a, &b_sz, &b, &c_sz, &c, &d_sz, &d);                  \
        bool good = count == (int)(a_sz + old_c_sz + d_sz) && b != NULL && c != NULL               \
                    && b_sz == a_sz + old_c_sz && c_sz == d_sz && c != first_c && d == first_d;    \
                                                                                                   \
        for (size_t i = 0; good && i < b_sz; i++) {                                                \
            good = b[i] == (i < a_sz ? a[i] : first_c[i - a_sz]);                                  \
        }                                                                                          \
        for (size_t i = 0; good && i < c_sz; i++) {                                                \
            good = c[i] == first_d[i];                                                             \
        }                                                                                          \
        free(b);                                                                                   \
        free(c);                                                                                   \
        return good;                                                                               \
    }                                                                                              \
    static void check_many_##word(void)                                                            \
    {                                                                                              \
        CHECK("many_" #word, round_many_##word(3, 3, 3) && round_many_##word(0, 0, 0)              \
                                 && round_many_##word(1, 0, 2) && round_many_##word(0, 3, 0));     \
    }
FOR_EACH_SCALAR(MANY)

static bool same(const char *text, const char *other)
{
    return text != NULL && strcmp(text, other) == 0;
}

static void check_strings(void)
{
    char old[] = "old";
    char empty[] = "";
    char *b = NULL;
    char *c = old;
    char *d = empty;
    char *result = remote_one_string("a string with \xc3\xa9 and \"quotes\"", &b, &c, &d);

    CHECK("one_string", same(result, "old") && same(b, "a string with \xc3\xa9 and \"quotes\"")
                            && c != old && same(c, "") && d == empty);
    free(result);
    free(b);
    free(c);

    char one[] = "1";
    char two[] = "two";
    char *first_a[] = { one, empty, two };
    char *first_c[] = { two, two };
    char *first_d[] = { old };
    char **many_b = NULL;
    char **many_c = first_c;
    char **many_d = first_d;
    size_t b_sz = 0;
    size_t c_sz = 2;
    size_t d_sz = 1;
    int count = remote_many_string(3, first_a, &b_sz, &many_b, &c_sz, &many_c, &d_sz, &many_d);
    CHECK("many_string", count == 6 && b_sz == 5 && c_sz == 1 && same(many_b[0], "1")
                             && same(many_b[1], "") && same(many_b[2], "two")
                             && same(many_b[3], "two") && same(many_b[4], "two")
                             && same(many_c[0], "old"));
    for (size_t i = 0; i < b_sz; i++) {
        free(many_b[i]);
    }
    for (size_t i = 0; i < c_sz; i++) {
        free(many_c[i]);
    }
    free(many_b);
    free(many_c);
}

static bool same_pair(struct pair p, int left, int64_t right)
{
    return p.left == left && p.right == right;
}

static void check_pairs(void)
{
    struct pair a = { 1, INT64_MIN };
    struct pair b = { 0, 0 };
    struct pair c = { -3, 4 };
    struct pair d = { 5, INT64_MAX };
    struct pair result = remote_one_pair(a, &b, &c, &d);

    CHECK("one_pair", same_pair(result, -3, 4) && same_pair(b, 1, INT64_MIN)
                          && same_pair(c, 5, INT64_MAX));
    struct pair first_c[] = { { 7, 8 } };
    struct pair first_d[] = { { 9, 10 }, { 11, 12 } };
    struct pair *many_b = NULL;
    struct pair *many_c = first_c;
    struct pair *many_d = first_d;
    size_t b_sz = 0;
    size_t c_sz = 1;
    size_t d_sz = 2;
    int count = remote_many_pair(1, &a, &b_sz, &many_b, &c_sz, &many_c, &d_sz, &many_d);
    CHECK("many_pair", count == 4 && b_sz == 2 && c_sz == 2 && same_pair(many_b[0], 1, INT64_MIN)
                           && same_pair(many_b[1], 7, 8) && same_pair(many_c[1], 11, 12));
    free(many_b);
    free(many_c);
}

static bool same_place(place_t p, int16_t x, int64_t y)
{
    return p.x == x && p.y == y;
}

static void check_places(void)
{
    place_t a = { 1, -2 };
    place_t b = { 0, 0 };
    place_t c = { -3, 4 };
    place_t d = { 5, -6 };
    place_t result = remote_one_place(a, &b, &c, &d);

    CHECK("one_place", same_place(result, -3, 4) && same_place(b, 1, -2) && same_place(c, 5, -6));
    place_t *many_b = NULL;
    place_t *many_c = &c;
    place_t *many_d = &d;
    size_t b_sz = 0;
    size_t c_sz = 1;
    size_t d_sz = 1;
    int count = remote_many_place(1, &a, &b_sz, &many_b, &c_sz, &many_c, &d_sz, &many_d);
    CHECK("many_place", count == 3 && b_sz == 2 && c_sz == 1 && same_place(many_b[0], 1, -2)
                            && same_place(many_b[1], 5, -6) && same_place(many_c[0], 5, -6));
    free(many_b);
    free(many_c);
}

static int errors;
static camkes_error_t last_error;

static camkes_error_action_t on_error(camkes_error_t *error)
{
    errors++;
    last_error = *error;
    return CEA_DISCARD;
}

/// What does not fit in a message is reported here, and the next call works again.
static void check_errors(void)
{
    char large[1200];
    char *b = large;
    char *c = large;
    char *d = large;
    int server_error = 0;

    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    CHECK("no_handler_before", remote_register_error_handler(on_error) == NULL);
    int calls = remote_calls();
    char *result = remote_one_string(large, &b, &c, &d);
    CHECK("large_string_is_refused", errors == 1 && last_error.type == CE_BUFFER_LENGTH_EXCEEDED);
    CHECK("error_names_the_interface", same(last_error.instance, get_instance_name())
                                           && same(last_error.interface, "remote"));
    CHECK("failed_call_gives_nothing", result == NULL && b == NULL);
    CHECK("failed_call_is_not_made", remote_calls() == calls);

    int32_t *numbers = NULL;
    int32_t *more = (int32_t *)(void *)&large[0];
    size_t count = 0;
    size_t more_count = 300;
    (void)remote_many_int32(SIZE_MAX / 2, more, &count, &numbers, &more_count, &more, &more_count,
                            &more);
    CHECK("overflowing_array_is_refused", errors == 2 && last_error.type == CE_OVERFLOW
                                              && numbers == NULL && count == 0);

    result = remote_repeat('y', 950);
    CHECK("large_result", errors == 2 && result != NULL && strlen(result) == 950
                              && result[949] == 'y');
    free(result);
    CHECK("no_server_errors_yet", remote_errors(&server_error) == 0);
    result = remote_repeat('z', 2000);
    CHECK("too_large_result_is_an_error", errors == 3 && result == NULL
                                              && last_error.type == CE_BUFFER_LENGTH_EXCEEDED);
    CHECK("server_handler_was_asked", remote_errors(&server_error) == 1
                                          && server_error == CE_BUFFER_LENGTH_EXCEEDED);
    CHECK("handler_is_replaced", remote_register_error_handler(NULL) == on_error);
    CHECK("calls_go_on", remote_sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) == 78);
}

/// Nothing is too large for a direct call, and memory is returned to the heap that it comes from.
static void check_large(void)
{
    static char large[5000];
    char *b = NULL;
    char *c = large;
    char *d = large;

    memset(large, 'x', sizeof(large) - 1);
    for (int i = 0; i < 100; i++) {
        c = large;
        char *result = remote_one_string(large, &b, &c, &d);
        bool ok = result != NULL && same(b, large) && same(c, large) && same(result, large)
                  && c != large && d == large;
        if (i == 99) {
            CHECK("large_string", ok);
        }
        free(result);
        free(b);
        free(c);
    }
    CHECK("handler", remote_register_error_handler(NULL) == NULL);
}

int run(void)
{
#define RUN_ONE(type, word) check_one_##word();
#define RUN_MANY(type, word) check_many_##word();
    FOR_EACH_SCALAR(RUN_ONE)
    FOR_EACH_SCALAR(RUN_MANY)
    check_strings();
    check_pairs();
    check_places();
    int calls = remote_calls();
    remote_nothing();
    CHECK("nothing", remote_calls() == calls + 1);
    CHECK("wide_call", remote_sum(-1, INT64_MAX, -2, -INT64_MAX, 100, 1ll << 40, 0, -(1ll << 40), 7,
                                  0, -100, 5) == 9);
    if (is_direct) {
        check_large();
    } else {
        check_errors();
    }
    report_finish();
    return 0;
}
