// SPDX-License-Identifier: BSD-2-Clause
// Bits, checked arithmetic, bitmaps, lists, byte order, error texts, log lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define LOG_MODULE "test"
#define LOG_LEVEL LOG_INFO
#include <base/bitmap.h>
#include <base/bits.h>
#include <base/checked.h>
#include <base/endian.h>
#include <base/err.h>
#include <base/list.h>
#include <base/log.h>

static char last_line[512];
static enum log_level last_level;
static unsigned line_count;

void log_put_line(enum log_level level, const char *line)
{
    last_level = level;
    line_count++;
    (void)strncpy(last_line, line, sizeof(last_line) - 1);
}

static void fields_and_masks_work_up_to_the_whole_word(void **state)
{
    (void)state;
    assert_int_equal(bits_mask(0), 0);
    assert_true(bits_mask(64) == UINT64_MAX);
    assert_int_equal(bits_get(0xabcd, 4, 8), 0xbc);
    assert_true(bits_get(UINT64_MAX, 0, 64) == UINT64_MAX);
    assert_int_equal(bits_set(0xabcd, 4, 8, 0x12), 0xa12d);
    assert_int_equal(bits_set(0, 0, 4, 0xff), 0xf);
    assert_int_equal(bits_sign_extend(0x80, 8), -128);
    assert_int_equal(bits_sign_extend(0x7f, 8), 127);
    assert_int_equal(bits_sign_extend(UINT64_MAX, 64), -1);
}

static void powers_of_two_round_and_count(void **state)
{
    (void)state;
    assert_false(bits_is_power_of_two(0));
    assert_true(bits_is_power_of_two(UINT64_C(1) << 63));
    assert_false(bits_is_power_of_two(6));
    assert_int_equal(bits_round_up(4097, 4096), 8192);
    assert_int_equal(bits_round_up(4096, 4096), 4096);
    assert_int_equal(bits_round_down(4097, 4096), 4096);
    assert_int_equal(bits_log2_up(0), 0);
    assert_int_equal(bits_log2_up(1), 0);
    assert_int_equal(bits_log2_up(4096), 12);
    assert_int_equal(bits_log2_up(4097), 13);
    assert_int_equal(bits_log2_up(UINT64_MAX), 64);
    assert_int_equal(bits_lowest(0), 64);
    assert_int_equal(bits_highest(0), 64);
    assert_int_equal(bits_highest(0x80), 7);
    assert_int_equal(bits_count(0xf0f0), 8);
}

static void overflow_is_an_error_and_ranges_do_not_wrap(void **state)
{
    uint64_t result;

    (void)state;
    assert_true(checked_add_u64(1, 2, &result));
    assert_int_equal(result, 3);
    assert_false(checked_add_u64(UINT64_MAX, 1, &result));
    assert_false(checked_sub_u64(1, 2, &result));
    assert_false(checked_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &result));
    assert_true(range_fits(0, 10, 10));
    assert_true(range_fits(10, 0, 10));
    assert_false(range_fits(1, 10, 10));
    assert_false(range_fits(1, UINT64_MAX, 10));
    assert_false(range_fits(11, 0, 10));
    assert_true(range_has(UINT64_MAX - 1, 2, UINT64_MAX));
    assert_false(range_has(10, 0, 10));
    assert_true(range_overlaps(0, 2, 1, 1));
    assert_false(range_overlaps(0, 1, 1, 1));
    assert_false(range_overlaps(0, 0, 0, 4));
}

static void bitmaps_find_set_and_clear_bits_across_words(void **state)
{
    BITMAP_DECLARE(map, 130);

    (void)state;
    bitmap_zero(map, 130);
    assert_int_equal(bitmap_next(map, 130, 0), 130);
    assert_int_equal(bitmap_next_clear(map, 130, 0), 0);
    bitmap_set(map, 63);
    bitmap_set(map, 64);
    bitmap_set(map, 129);
    assert_int_equal(bitmap_next(map, 130, 0), 63);
    assert_int_equal(bitmap_next(map, 130, 64), 64);
    assert_int_equal(bitmap_next(map, 130, 65), 129);
    assert_int_equal(bitmap_next(map, 129, 65), 129);
    assert_int_equal(bitmap_next_clear(map, 130, 63), 65);
    assert_int_equal(bitmap_count(map, 130), 3);
    bitmap_put(map, 64, false);
    assert_false(bitmap_get(map, 64));
    size_t sum = 0;
    bitmap_for_each(bit, map, 130) {
        sum += bit;
    }
    assert_int_equal(sum, 63 + 129);
    for (size_t i = 0; i < 130; i++) {
        bitmap_set(map, i);
    }
    assert_int_equal(bitmap_next_clear(map, 130, 0), 130);
}

struct item {
    int value;
    struct list link;
};

static void lists_keep_order_and_survive_removal(void **state)
{
    struct list head = LIST_INIT(head);
    struct item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
    int sum = 0;

    (void)state;
    assert_true(list_empty(&head));
    assert_null(list_pop_front(&head));
    list_push_back(&head, &items[1].link);
    list_push_back(&head, &items[2].link);
    list_push_front(&head, &items[0].link);
    list_for_each(link, &head) {
        sum = sum * 10 + list_entry(link, struct item, link)->value;
    }
    assert_int_equal(sum, 123);
    list_for_each_safe(link, &head) {
        if (list_entry(link, struct item, link)->value == 2) {
            list_remove(link);
            list_remove(link);
        }
    }
    assert_ptr_equal(list_pop_front(&head), &items[0].link);
    assert_ptr_equal(list_pop_front(&head), &items[2].link);
    assert_true(list_empty(&head));
}

static void byte_order_is_the_memorys(void **state)
{
    uint8_t bytes[9];

    (void)state;
    store_be32(bytes + 1, 0x01020304);
    assert_int_equal(bytes[1], 1);
    assert_int_equal(load_be32(bytes + 1), 0x01020304);
    assert_int_equal(load_le32(bytes + 1), 0x04030201);
    store_le64(bytes + 1, 0x0102030405060708);
    assert_int_equal(bytes[1], 8);
    assert_int_equal(load_be64(bytes + 1), 0x0807060504030201);
    store_be16(bytes, 0x1234);
    assert_int_equal(load_le16(bytes), 0x3412);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        assert_true(strlen(err_text((err_t)i)) > 3);
    }
    assert_string_equal(err_text((err_t)ERR_COUNT), "unknown error");
    assert_string_equal(err_text((err_t)-1), "unknown error");
}

static void log_lines_carry_context_and_module(void **state)
{
    (void)state;
    line_count = 0;
    log_set_context("vm0");
    log_warn("value %d", 5);
    assert_string_equal(last_line, "vm0: test: value 5");
    assert_int_equal(last_level, LOG_WARN);
    log_debug("not shown");
    assert_int_equal(line_count, 1);
    for (int i = 0; i < 3; i++) {
        log_once(LOG_ERROR, "once");
    }
    assert_int_equal(line_count, 2);
    log_set_context(NULL);
    log_error("%0500d", 1);
    assert_true(strlen(last_line) < 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_masks_work_up_to_the_whole_word),
        cmocka_unit_test(powers_of_two_round_and_count),
        cmocka_unit_test(overflow_is_an_error_and_ranges_do_not_wrap),
        cmocka_unit_test(bitmaps_find_set_and_clear_bits_across_words),
        cmocka_unit_test(lists_keep_order_and_survive_removal),
        cmocka_unit_test(byte_order_is_the_memorys),
        cmocka_unit_test(every_error_has_a_text),
        cmocka_unit_test(log_lines_carry_context_and_module),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
