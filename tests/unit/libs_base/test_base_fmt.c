// SPDX-License-Identifier: BSD-2-Clause
// Formatted text, compared with the C library's where both define the result.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/fmt.h>

/// fmt_print() without the compiler's look at the arguments, for what it would refuse.
static size_t unchecked(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t length;

    va_start(args, format);
    length = fmt_vprint(buffer, size, format, args);
    va_end(args);
    return length;
}

#define SAME(...)                                              \
    do {                                                       \
        char ours[256];                                        \
        char theirs[256];                                      \
        size_t length = fmt_print(ours, sizeof(ours), __VA_ARGS__); \
        int expected = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
        assert_string_equal(ours, theirs);                     \
        assert_int_equal(length, expected);                    \
    } while (0)

static void integers_are_as_in_the_c_library(void **state)
{
    static const long long values[] = { 0, 1, -1, 42, -42, INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        SAME("%d %i %u", (int)values[i], (int)values[i], (unsigned)values[i]);
        SAME("%lld %llu %llx %llX %llo", values[i], (unsigned long long)values[i],
             (unsigned long long)values[i], (unsigned long long)values[i],
             (unsigned long long)values[i]);
        SAME("%ld %zu %td %jd", (long)values[i], (size_t)values[i], (ptrdiff_t)values[i],
             (intmax_t)values[i]);
        SAME("%hd %hhd %hu %hhu", (short)values[i], (signed char)values[i],
             (unsigned short)values[i], (unsigned char)values[i]);
    }
}

static void flags_width_and_precision_are_as_in_the_c_library(void **state)
{
    static const int values[] = { 0, 7, -7, 12345, -12345 };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int v = values[i];
        SAME("[%5d] [%-5d] [%05d] [%+d] [% d]", v, v, v, v, v);
        SAME("[%8.3d] [%-8.3d] [%.0d] [%.1d] [%+.4d]", v, v, v, v, v);
        SAME("[%#x] [%#X] [%#08x] [%-#8x]", (unsigned)v, (unsigned)v, (unsigned)v, (unsigned)v);
        SAME("[%*d] [%-*d] [%.*d]", 6, v, 6, v, 3, v);
        SAME("[%*d] [%.*d]", -6, v, -3, v);
    }
}

static void strings_and_characters_are_as_in_the_c_library(void **state)
{
    (void)state;
    SAME("[%s] [%10s] [%-10s] [%.2s] [%10.2s]", "text", "text", "text", "text", "text");
    SAME("[%c] [%3c] [%-3c] [%%]", 'x', 'y', 'z');
    SAME("%p", (void *)0x1234);
    SAME("%s", "");
}

static void unterminated_text_is_read_up_to_the_precision(void **state)
{
    char *text = malloc(3);
    char out[8];

    (void)state;
    memcpy(text, "abc", 3);
    assert_int_equal(fmt_print(out, sizeof(out), "%.3s", text), 3);
    assert_string_equal(out, "abc");
    free(text);
}

static void null_text_and_unknown_conversions_are_visible(void **state)
{
    char out[32];

    (void)state;
    assert_int_equal(unchecked(out, sizeof(out), "%s", (char *)NULL), 6);
    assert_string_equal(out, "(null)");
    (void)unchecked(out, sizeof(out), "%q %");
    assert_string_equal(out, "%q ");
}

static void long_text_is_cut_and_the_full_length_returned(void **state)
{
    char out[4] = { 'x', 'x', 'x', 'x' };

    (void)state;
    assert_int_equal(fmt_print(out, sizeof(out), "%d", 123456), 6);
    assert_string_equal(out, "123");
    assert_int_equal(fmt_print(out, 1, "abc"), 3);
    assert_string_equal(out, "");
    out[0] = 'k';
    assert_int_equal(fmt_print(out, 0, "abc"), 3);
    assert_int_equal(out[0], 'k');
}

static void huge_widths_do_not_overflow(void **state)
{
    char out[16];

    (void)state;
    assert_int_equal(unchecked(out, sizeof(out), "%*d", INT_MIN, 5), 1);
    assert_string_equal(out, "5");
    assert_true(unchecked(out, sizeof(out), "%99999999999999d", 5) < 100000000);
}

static void count_one(void *context, char c)
{
    (void)c;
    ++*(size_t *)context;
}

static void write_passes_every_character_on(void **state)
{
    size_t count = 0;

    (void)state;
    assert_int_equal(fmt_write(count_one, &count, "%08x%s", 0xabcdu, "!"), 9);
    assert_int_equal(count, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_as_in_the_c_library),
        cmocka_unit_test(flags_width_and_precision_are_as_in_the_c_library),
        cmocka_unit_test(strings_and_characters_are_as_in_the_c_library),
        cmocka_unit_test(unterminated_text_is_read_up_to_the_precision),
        cmocka_unit_test(null_text_and_unknown_conversions_are_visible),
        cmocka_unit_test(long_text_is_cut_and_the_full_length_returned),
        cmocka_unit_test(huge_widths_do_not_overflow),
        cmocka_unit_test(write_passes_every_character_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
