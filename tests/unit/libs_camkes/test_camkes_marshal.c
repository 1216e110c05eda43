// SPDX-License-Identifier: BSD-2-Clause
// Packing and unpacking of messages, with what a hostile peer can write into one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <camkes/rpc.h>

static struct camkes_cursor cursor_at(void *data, size_t size)
{
    return (struct camkes_cursor){ .data = data, .size = size };
}

static void everything_comes_back_as_it_went_in(void **state)
{
    uint8_t data[256];
    struct camkes_cursor out = cursor_at(data, sizeof(data));
    const uint16_t numbers[3] = { 1, 2, 65535 };
    char *words[2] = { (char *)(uintptr_t) "one", (char *)(uintptr_t) "" };
    uint32_t value = 0xdeadbeef;

    (void)state;
    camkes_put(&out, &value, sizeof(value));
    camkes_put_string(&out, "text");
    camkes_put_array(&out, numbers, 3, sizeof(numbers[0]));
    camkes_put_strings(&out, words, 2);
    camkes_put_string(&out, NULL);
    assert_int_equal(out.error, CE_NO_ERROR);
    assert_int_equal(out.offset, 4 + 5 + 8 + 6 + 8 + 4 + 1 + 1);

    struct camkes_cursor in = cursor_at(data, out.offset);
    uint32_t got = 0;
    size_t count;
    camkes_get(&in, &got, sizeof(got));
    assert_int_equal(got, value);
    char *text = camkes_get_string(&in);
    assert_string_equal(text, "text");
    uint16_t *array = camkes_get_array(&in, &count, sizeof(*array));
    assert_int_equal(count, 3);
    assert_memory_equal(array, numbers, sizeof(numbers));
    char **strings = camkes_get_strings(&in, &count);
    assert_int_equal(count, 2);
    assert_string_equal(strings[0], "one");
    assert_string_equal(strings[1], "");
    char *empty = camkes_get_string(&in);
    assert_string_equal(empty, "");
    assert_int_equal(in.error, CE_NO_ERROR);
    assert_int_equal(in.offset, in.size);
    free(text);
    free(array);
    camkes_free_strings(strings, count);
    free(empty);
}

static void a_message_that_is_too_long_fails_and_stays_failed(void **state)
{
    uint8_t data[8];
    struct camkes_cursor out = cursor_at(data, sizeof(data));
    uint64_t value = 1;

    (void)state;
    camkes_put(&out, &value, sizeof(value));
    camkes_put_string(&out, "");
    assert_int_equal(out.error, CE_BUFFER_LENGTH_EXCEEDED);
    assert_int_equal(out.offset, 8);
    camkes_put(&out, &value, 0);
    assert_int_equal(out.error, CE_BUFFER_LENGTH_EXCEEDED);

    out = cursor_at(data, sizeof(data));
    camkes_put_array(&out, data, SIZE_MAX / 2, 8);
    assert_int_equal(out.error, CE_OVERFLOW);
}

static void a_short_message_gives_zeros(void **state)
{
    uint8_t data[3] = { 1, 2, 3 };
    struct camkes_cursor in = cursor_at(data, sizeof(data));
    uint32_t value = 7;

    (void)state;
    camkes_get(&in, &value, sizeof(value));
    assert_int_equal(value, 0);
    assert_int_equal(in.error, CE_MALFORMED_RPC_PAYLOAD);
}

static void a_string_without_end_is_malformed(void **state)
{
    uint8_t *data = malloc(4);
    struct camkes_cursor in = cursor_at(data, 4);

    (void)state;
    memset(data, 'x', 4);
    assert_null(camkes_get_string(&in));
    assert_int_equal(in.error, CE_MALFORMED_RPC_PAYLOAD);
    in = cursor_at(data, 0);
    assert_null(camkes_get_string(&in));
    assert_int_equal(in.error, CE_MALFORMED_RPC_PAYLOAD);
    free(data);
}

static void counts_are_checked_before_memory_is_asked_for(void **state)
{
    static const size_t counts[] = { SIZE_MAX, SIZE_MAX / 4 + 1, (size_t)1 << 61, 1000, 3 };
    uint8_t data[sizeof(size_t) + 4];
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        memset(data, 'x', sizeof(data));
        memcpy(data, &counts[i], sizeof(counts[i]));
        struct camkes_cursor in = cursor_at(data, sizeof(data));
        assert_null(camkes_get_array(&in, &count, 4));
        assert_int_equal(count, 0);
        assert_int_not_equal(in.error, CE_NO_ERROR);
        in = cursor_at(data, sizeof(data));
        assert_null(camkes_get_strings(&in, &count));
        assert_int_equal(count, 0);
        assert_int_equal(in.error, CE_MALFORMED_RPC_PAYLOAD);
    }
}

static void arrays_of_nothing_can_be_freed(void **state)
{
    uint8_t data[sizeof(size_t)] = { 0 };
    struct camkes_cursor in = cursor_at(data, sizeof(data));
    size_t count = 5;

    (void)state;
    void *items = camkes_get_array(&in, &count, 4);
    assert_non_null(items);
    assert_int_equal(count, 0);
    free(items);
    in = cursor_at(data, sizeof(data));
    char **strings = camkes_get_strings(&in, &count);
    assert_non_null(strings);
    camkes_free_strings(strings, count);
    camkes_free_strings(NULL, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back_as_it_went_in),
        cmocka_unit_test(a_message_that_is_too_long_fails_and_stays_failed),
        cmocka_unit_test(a_short_message_gives_zeros),
        cmocka_unit_test(a_string_without_end_is_malformed),
        cmocka_unit_test(counts_are_checked_before_memory_is_asked_for),
        cmocka_unit_test(arrays_of_nothing_can_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
