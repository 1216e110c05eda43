// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the gzip decoder, built with an input buffer of seven bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <inflate/inflate.h>

#include "samples.h"

#define PATTERN_SIZE 4500u

static uint8_t pattern[PATTERN_SIZE];

/// Words, letters and long runs from a linear congruential generator.
static void make_pattern(void)
{
    static const char *const words[] = { "list ", "register ", "interrupt ", "guest ",
                                         "kernel ", "page ", "fault\n", "0x" };
    uint32_t s = 12345;
    size_t at = 0;

    while (at < PATTERN_SIZE) {
        s = s * 1664525u + 1013904223u;
        uint32_t k = (s >> 16) % 12;
        if (k < 4) {
            for (const char *c = words[k + ((s >> 8) & 4)]; *c != '\0' && at < PATTERN_SIZE; c++) {
                pattern[at++] = (uint8_t)*c;
            }
        } else if (k < 11) {
            pattern[at++] = (uint8_t)('a' + ((s >> 20) & 15));
            if (at < PATTERN_SIZE) {
                pattern[at++] = (uint8_t)('A' + ((s >> 26) & 15));
            }
        } else {
            uint8_t byte = at > 0 ? pattern[0] : 65;
            for (uint32_t i = (s >> 8) % 300; i > 0 && at < PATTERN_SIZE; i--) {
                pattern[at++] = byte;
            }
        }
    }
}

struct input {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static size_t read_input(void *context, uint8_t *to, size_t size)
{
    struct input *input = context;
    size_t count = input->size - input->at < size ? input->size - input->at : size;

    memcpy(to, input->data + input->at, count);
    input->at += count;
    return count;
}

static enum inflate_result run(const uint8_t *data, size_t size, uint8_t *out, size_t room,
                               size_t *written)
{
    static struct inflate state;
    struct input input = { data, size, 0 };

    return inflate_gzip(&state, read_input, &input, out, room, written);
}

static void files_of_zlib_are_unpacked(void **state)
{
    uint8_t *out = malloc(PATTERN_SIZE);
    size_t written;

    (void)state;
    assert_int_equal(run(dynamic_sample, sizeof(dynamic_sample), out, PATTERN_SIZE, &written),
                     INFLATE_OK);
    assert_int_equal(written, PATTERN_SIZE);
    assert_memory_equal(out, pattern, PATTERN_SIZE);
    assert_int_equal(run(fixed_sample, sizeof(fixed_sample), out, PATTERN_SIZE, &written),
                     INFLATE_OK);
    assert_int_equal(written, 600);
    assert_memory_equal(out, pattern, 600);
    free(out);
}

static void full_output_holds_the_front(void **state)
{
    (void)state;
    for (size_t room = 0; room < PATTERN_SIZE; room += room < 300 ? 1 : 97) {
        uint8_t *out = malloc(room + 1);
        size_t written;
        assert_int_equal(run(dynamic_sample, sizeof(dynamic_sample), out, room, &written),
                         INFLATE_FULL);
        assert_int_equal(written, room);
        assert_memory_equal(out, pattern, room);
        free(out);
    }
}

static void every_truncation_is_noticed(void **state)
{
    uint8_t *out = malloc(PATTERN_SIZE);
    size_t written;

    (void)state;
    for (size_t size = 0; size < sizeof(dynamic_sample); size++) {
        assert_int_equal(run(dynamic_sample, size, out, PATTERN_SIZE, &written), INFLATE_TRUNCATED);
        assert_true(written <= PATTERN_SIZE);
    }
    for (size_t size = 0; size < sizeof(fixed_sample); size++) {
        assert_int_equal(run(fixed_sample, size, out, PATTERN_SIZE, &written), INFLATE_TRUNCATED);
    }
    free(out);
}

static void every_flipped_bit_is_noticed(void **state)
{
    uint8_t *out = malloc(PATTERN_SIZE);
    uint8_t copy[sizeof(fixed_sample)];
    size_t written;

    (void)state;
    for (size_t bit = 0; bit < sizeof(copy) * 8; bit++) {
        memcpy(copy, fixed_sample, sizeof(copy));
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        enum inflate_result result = run(copy, sizeof(copy), out, PATTERN_SIZE, &written);
        // Time, a text flag and the system do not matter. Elsewhere only a flip that changes
        // nothing may pass.
        bool header = (bit / 8 >= 4 && bit / 8 < 10) || (bit / 8 == 3 && bit % 8 == 0);
        assert_true(!header || result == INFLATE_OK);
        if (result == INFLATE_OK) {
            assert_int_equal(written, 600);
            assert_memory_equal(out, pattern, 600);
        }
    }
    free(out);
}

static void optional_header_fields_are_skipped(void **state)
{
    static const uint8_t file[] = {
        0x1f, 0x8b, 8,    0x1f, 0,    0,    0,    0,    0,    3, // FTEXT FHCRC FEXTRA FNAME
                                                                 // FCOMMENT
        2,    0,    'x',  'y',  'n',  0,    'c',  0,    0xaa, 0xbb, 1, 1,
        0,    0xfe, 0xff, 'A',  0x8b, 0x9e, 0xd9, 0xd3, 1,    0,    0, 0
    };
    uint8_t out[4];
    size_t written;

    (void)state;
    assert_int_equal(run(file, sizeof(file), out, sizeof(out), &written), INFLATE_OK);
    assert_int_equal(written, 1);
    assert_int_equal(out[0], 'A');
}

static void bad_headers_and_blocks_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[16];
        size_t size;
    } cases[] = {
        { { 0x1f, 0x8c, 8, 0, 0, 0, 0, 0, 0, 3 }, 16 },                   // magic
        { { 0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3 }, 16 },                   // method
        { { 0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3 }, 16 },                // reserved flag
        { { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x07 }, 16 },             // block type 3
        { { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x01, 1, 0, 0, 0 }, 16 }, // stored length
        { { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x05, 0xff, 0xff }, 16 }, // too many codes
        { { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0x00 },
          16 }, // distance before the start
    };
    uint8_t out[64];
    size_t written;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(run(cases[i].bytes, cases[i].size, out, sizeof(out), &written),
                         INFLATE_CORRUPT);
    }
}

static void gzip_files_are_recognised(void **state)
{
    (void)state;
    assert_true(inflate_is_gzip(dynamic_sample, sizeof(dynamic_sample)));
    assert_false(inflate_is_gzip(dynamic_sample, 2));
    assert_false(inflate_is_gzip((const uint8_t *)"MZ\0\0", 4));
    for (int result = INFLATE_OK; result <= INFLATE_CHECKSUM; result++) {
        assert_non_null(inflate_text((enum inflate_result)result));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_zlib_are_unpacked),
        cmocka_unit_test(full_output_holds_the_front),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(optional_header_fields_are_skipped),
        cmocka_unit_test(bad_headers_and_blocks_are_refused),
        cmocka_unit_test(gzip_files_are_recognised),
    };
    make_pattern();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
