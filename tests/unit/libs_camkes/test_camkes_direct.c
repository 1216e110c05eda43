// SPDX-License-Identifier: BSD-2-Clause
// Memory that changes hands between the members of a group: from one heap to the other, none lost (the
// sanitizer counts), and without memory an error.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <camkes/direct.h>
#include <camkes/rpc.h>

static unsigned frees;
static unsigned errors;
static unsigned request_errors;

static void count_free(void *memory)
{
    frees += memory != NULL;
    free(memory);
}

static camkes_error_action_t on_error(camkes_error_t *error)
{
    assert_int_equal(error->type, CE_ALLOCATION_FAILURE);
    errors++;
    return CEA_DISCARD;
}

camkes_error_action_t camkes_report_error(camkes_error_handler_t handler, camkes_error_t *error)
{
    return handler(error);
}

camkes_error_action_t camkes_report_request_error(camkes_error_handler_t handler,
                                                  camkes_error_t *error)
{
    assert_null(handler);
    assert_int_equal(error->type, CE_ALLOCATION_FAILURE);
    request_errors++;
    return CEA_DISCARD;
}

static camkes_error_handler_t handler = on_error;
static const struct camkes_direct direct = {
    .interface = "other", .handler = &handler, .free = count_free
};

static int setup(void **state)
{
    (void)state;
    frees = errors = request_errors = 0;
    return 0;
}

static void results_move_to_the_callers_heap(void **state)
{
    char *text = strdup("text");
    char *moved = camkes_direct_take_string(&direct, text);
    size_t count = 3;
    uint16_t *items = malloc(3 * sizeof(*items));
    char **words = malloc(2 * sizeof(*words));

    (void)state;
    assert_string_equal(moved, "text");
    assert_int_equal(frees, 1);
    free(moved);

    items[0] = 1;
    items[1] = 2;
    items[2] = 65535;
    uint16_t *taken = camkes_direct_take_array(&direct, items, &count, sizeof(*items));
    assert_int_equal(count, 3);
    assert_int_equal(taken[2], 65535);
    assert_int_equal(frees, 2);
    free(taken);

    words[0] = strdup("one");
    words[1] = NULL;
    count = 2;
    char **strings = camkes_direct_take_strings(&direct, words, &count);
    assert_int_equal(count, 2);
    assert_string_equal(strings[0], "one");
    assert_string_equal(strings[1], "");
    assert_int_equal(frees, 4);
    camkes_free_strings(strings, count);
    assert_int_equal(errors, 0);
}

static void nothing_becomes_something_empty(void **state)
{
    size_t count = 7;
    char *text = camkes_direct_take_string(&direct, NULL);
    void *items = camkes_direct_take_array(&direct, NULL, &count, 8);

    (void)state;
    assert_string_equal(text, "");
    assert_non_null(items);
    assert_int_equal(count, 0);
    free(text);
    free(items);
    count = 7;
    char **words = camkes_direct_take_strings(&direct, NULL, &count);
    assert_non_null(words);
    assert_int_equal(count, 0);
    camkes_free_strings(words, count);
    assert_int_equal(frees, 0);
}

static void arguments_are_copies(void **state)
{
    char text[] = "before";
    char *words[2] = { text, text };
    int numbers[2] = { 1, 2 };
    size_t count = 2;
    char *copy = camkes_direct_copy_string(text);
    char **copies = camkes_direct_copy_strings(words, &count);
    int *more = camkes_direct_copy_array(numbers, &count, sizeof(numbers[0]));

    (void)state;
    text[0] = 'B';
    numbers[1] = 3;
    assert_string_equal(copy, "before");
    assert_string_equal(copies[1], "before");
    assert_int_equal(more[1], 2);
    free(copy);
    camkes_free_strings(copies, 2);
    free(more);
}

static void without_memory_there_is_an_error(void **state)
{
    int number = 1;
    size_t count = SIZE_MAX / 2;
    int *items = malloc(sizeof(*items));

    (void)state;
    assert_null(camkes_direct_copy_array(&number, &count, sizeof(number)));
    assert_int_equal(count, 0);
    assert_int_equal(request_errors, 1);
    count = SIZE_MAX / 2;
    assert_null(camkes_direct_take_array(&direct, items, &count, sizeof(*items)));
    assert_int_equal(count, 0);
    assert_int_equal(errors, 1);
    assert_int_equal(frees, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(results_move_to_the_callers_heap, setup),
        cmocka_unit_test_setup(nothing_becomes_something_empty, setup),
        cmocka_unit_test_setup(arguments_are_copies, setup),
        cmocka_unit_test_setup(without_memory_there_is_an_error, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
