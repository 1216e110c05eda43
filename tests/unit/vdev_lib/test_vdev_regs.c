// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of register tables: lookup, widths, reserved space.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <vdev/regs.h>

struct device {
    uint32_t word;
    uint8_t bytes[8];
    uint32_t stored_offset;
};

static uint64_t load_word(void *context, uint32_t offset, uint8_t size)
{
    (void)offset;
    (void)size;
    return ((struct device *)context)->word | UINT64_C(0xff00000000);
}

static void store_word(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    (void)offset;
    assert_int_equal(size, 4);
    ((struct device *)context)->word = (uint32_t)value;
    assert_int_equal(value >> 32, 0);
}

static uint64_t load_bytes(void *context, uint32_t offset, uint8_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size; i++) {
        value |= (uint64_t)((struct device *)context)->bytes[offset + i] << (8 * i);
    }
    return value;
}

static void store_bytes(void *context, uint32_t offset, uint8_t size, uint64_t value)
{
    struct device *device = context;

    device->stored_offset = offset;
    for (uint32_t i = 0; i < size; i++) {
        device->bytes[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

static const struct regs_row rows[] = {
    { 0x00, 4, REGS_W32, load_word, store_word },
    { 0x08, 8, REGS_W8 | REGS_W32, load_bytes, store_bytes },
    { 0x20, 4, REGS_W32, NULL, store_word },
    { 0x24, 4, REGS_W32, load_word, NULL },
    { 0x28, 2, REGS_W32 | REGS_W8, load_bytes, store_bytes },
};
static const struct regs_table table = REGS_TABLE(rows);

static bool access(struct device *device, uint64_t offset, uint8_t size, bool is_store,
                   uint64_t *value)
{
    struct access a = { .offset = offset, .size = size, .is_store = is_store, .value = *value };
    bool known = regs_access(&table, device, &a);

    *value = a.value;
    return known;
}

static void registers_are_found_and_written(void **state)
{
    struct device device = { 0 };
    uint64_t value = 0xdeadbeefcafe;

    (void)state;
    assert_true(regs_table_valid(&table));
    assert_true(access(&device, 0, 4, true, &value));
    assert_int_equal(device.word, 0xbeefcafe);
    assert_true(access(&device, 0, 4, false, &value));
    assert_int_equal(value, 0xbeefcafe);
}

static void arrays_get_the_offset_in_the_row(void **state)
{
    struct device device = { 0 };
    uint64_t value = 0x44332211;

    (void)state;
    assert_true(access(&device, 0x0c, 4, true, &value));
    assert_int_equal(device.stored_offset, 4);
    value = 0;
    assert_true(access(&device, 0x0e, 1, false, &value));
    assert_int_equal(value, 0x33);
}

static void reserved_space_and_wrong_widths_read_as_zero(void **state)
{
    struct device device = { .word = 0x12345678 };
    const struct {
        uint64_t offset;
        uint8_t size;
    } bad[] = { { 0x04, 4 }, { 0x10, 4 },  { 0x00, 1 },          { 0x00, 8 },
                { 0x08, 2 }, { 0x0a, 4 },  { 0x08, 8 },          { 0x28, 4 },
                { 0x29, 4 }, { 0x100, 4 }, { UINT64_MAX - 3, 4 } };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t value = 0x5555;
        assert_false(access(&device, bad[i].offset, bad[i].size, false, &value));
        assert_int_equal(value, 0);
        value = 0xffffffff;
        assert_false(access(&device, bad[i].offset, bad[i].size, true, &value));
    }
    assert_int_equal(device.word, 0x12345678);
}

static void missing_handlers_read_zero_and_ignore_writes(void **state)
{
    struct device device = { .word = 7 };
    uint64_t value = 0x99;

    (void)state;
    assert_true(access(&device, 0x20, 4, false, &value));
    assert_int_equal(value, 0);
    value = 0x99;
    assert_true(access(&device, 0x24, 4, true, &value));
    assert_int_equal(device.word, 7);
}

/// Every offset of blocks of many sizes, next to a search without an index.
static void every_offset_finds_its_row(void **state)
{
    (void)state;
    for (uint32_t scale = 1; scale <= 256; scale *= 4) {
        struct regs_row many[40] = { { 0 } };
        struct regs_index index = { .shift = 0 };
        const struct regs_table big = { many, 40, &index };
        uint32_t at = 0;
        for (uint32_t i = 0; i < 40; i++) {
            many[i] = (struct regs_row){ at, (1 + i % 3) * 4 * scale, REGS_W32, load_word, store_word };
            at += (1 + i % 3) * 4 * scale + (i % 2) * 8 * scale;
        }
        assert_true(regs_table_valid(&big));
        for (uint64_t offset = 0; offset < at + 64u; offset += 4) {
            bool holds = false;
            for (uint32_t i = 0; i < 40; i++) {
                holds = holds || offset - many[i].offset < many[i].size;
            }
            struct device device = { 0 };
            struct access access = { .offset = offset, .size = 4, .is_store = true, .value = 1 };
            assert_int_equal(regs_access(&big, &device, &access), holds);
        }
    }
}

static void invalid_tables_are_recognised(void **state)
{
    static const struct regs_row unsorted[] = { { 8, 4, REGS_W32, NULL, NULL },
                                                { 0, 4, REGS_W32, NULL, NULL } };
    static const struct regs_row overlap[] = { { 0, 8, REGS_W32, NULL, NULL },
                                               { 4, 4, REGS_W32, NULL, NULL } };
    static const struct regs_row empty[] = { { 0, 0, REGS_W32, NULL, NULL } };
    const struct regs_table tables[] = { REGS_TABLE(unsorted), REGS_TABLE(overlap),
                                         REGS_TABLE(empty) };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_false(regs_table_valid(&tables[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_found_and_written),
        cmocka_unit_test(arrays_get_the_offset_in_the_row),
        cmocka_unit_test(reserved_space_and_wrong_widths_read_as_zero),
        cmocka_unit_test(missing_handlers_read_zero_and_ignore_writes),
        cmocka_unit_test(every_offset_finds_its_row),
        cmocka_unit_test(invalid_tables_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
