// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of what the boot code takes from the firmware's tree: seeds for the packed one, amount
// of RAM.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libfdt.h>
#include <string.h>

#include <boot/boot.h>

static uint32_t words[256];

/// A tree whose /chosen has seeds of the given sizes (0: not there), filled with `byte`.
static void *make_tree(uint32_t rng_size, uint32_t kaslr_size, uint8_t byte)
{
    uint8_t seed[96];

    memset(seed, byte, sizeof(seed));
    assert_int_equal(fdt_create(words, sizeof(words)), 0);
    assert_int_equal(fdt_finish_reservemap(words), 0);
    assert_int_equal(fdt_begin_node(words, ""), 0);
    assert_int_equal(fdt_begin_node(words, "chosen"), 0);
    if (rng_size != 0) {
        assert_int_equal(fdt_property(words, "rng-seed", seed, (int)rng_size), 0);
    }
    if (kaslr_size != 0) {
        assert_int_equal(fdt_property(words, "kaslr-seed", seed, (int)kaslr_size), 0);
    }
    assert_int_equal(fdt_end_node(words), 0);
    assert_int_equal(fdt_end_node(words), 0);
    assert_int_equal(fdt_finish(words), 0);
    return words;
}

static void copies_both_seeds(void **state)
{
    struct boot_seeds seeds;
    int size;

    (void)state;
    boot_seeds_read(make_tree(32, 8, 0xa5), sizeof(words), &seeds);
    assert_int_equal(seeds.rng_size, 32);
    assert_int_equal(seeds.kaslr_size, 8);
    assert_null(boot_seeds_write(make_tree(48, 8, 0), sizeof(words), &seeds));
    const uint8_t *rng = fdt_getprop(words, fdt_path_offset(words, "/chosen"), "rng-seed", &size);
    assert_int_equal(size, 48);
    for (int i = 0; i < size; i++) {
        assert_int_equal(rng[i], i < 32 ? 0xa5 : 0);
    }
    const uint8_t *kaslr = fdt_getprop(words, fdt_path_offset(words, "/chosen"), "kaslr-seed",
                                       &size);
    assert_int_equal(kaslr[7], 0xa5);
}

static void leaves_no_seed_behind(void **state)
{
    struct boot_seeds seeds;
    uint8_t *tree = make_tree(32, 8, 0xa5);

    (void)state;
    boot_seeds_wipe(tree, sizeof(words));
    for (size_t i = 0; i < sizeof(words); i++) {
        assert_int_not_equal(tree[i], 0xa5);
    }
    boot_seeds_read(tree, sizeof(words), &seeds); // still a tree
    assert_int_equal(seeds.rng_size, 32);
    assert_int_equal(seeds.rng[0], 0);
    boot_seeds_wipe(make_tree(0, 0, 0), sizeof(words));
    boot_seeds_wipe(words, 20);
}

static void takes_what_there_is(void **state)
{
    struct boot_seeds seeds;

    (void)state;
    boot_seeds_read("no device tree, but long enough for a header of one", 40, &seeds);
    assert_int_equal(seeds.rng_size + seeds.kaslr_size, 0);
    boot_seeds_read(make_tree(96, 0, 7), sizeof(words), &seeds);
    assert_int_equal(seeds.rng_size, BOOT_SEED_MAX);
    assert_int_equal(seeds.kaslr_size, 0);
    // No placeholder: nothing to do. A seed that the firmware lacks leaves the placeholder alone.
    assert_null(boot_seeds_write(make_tree(0, 8, 1), sizeof(words), &seeds));
    assert_int_equal(((const uint8_t *)fdt_getprop(words, fdt_path_offset(words, "/chosen"),
                                                   "kaslr-seed", NULL))[0],
                     1);
    assert_non_null(boot_seeds_write(make_tree(32, 8, 0), 20, &seeds));
}

/// Two memory nodes: 16 MiB at 0, 1 GiB and 64 MiB at 0x40000000 and 0x100000000.
static void tells_the_amount_of_ram(void **state)
{
    static const uint8_t small[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 };
    static const uint8_t large[] = { 0, 0, 0, 0, 0x40, 0, 0, 0,    0x40, 0, 0, 0, 0,
                                     0, 0, 1, 0, 0,    0, 0, 0x04, 0,    0, 0, 0, 0 };

    (void)state;
    for (int unnamed = 0; unnamed < 2; unnamed++) {
        assert_int_equal(fdt_create(words, sizeof(words)), 0);
        assert_int_equal(fdt_finish_reservemap(words), 0);
        assert_int_equal(fdt_begin_node(words, ""), 0);
        assert_int_equal(fdt_begin_node(words, "memory@0"), 0);
        assert_int_equal(fdt_property_string(words, "device_type", "memory"), 0);
        assert_int_equal(fdt_property(words, "reg", small, sizeof(small)), 0);
        assert_int_equal(fdt_end_node(words), 0);
        assert_int_equal(fdt_begin_node(words, "memory@40000000"), 0);
        assert_int_equal(fdt_property_string(words, "device_type", unnamed ? "ram" : "memory"), 0);
        assert_int_equal(fdt_property(words, "reg", large, sizeof(large)), 0);
        assert_int_equal(fdt_end_node(words), 0);
        assert_int_equal(fdt_end_node(words), 0);
        assert_int_equal(fdt_finish(words), 0);
        assert_true(boot_firmware_ram(words, sizeof(words), 0x40000000)
                    == (unnamed ? UINT64_MAX : 0x40000000));
    }
    assert_true(boot_firmware_ram(words, sizeof(words), 0x800000) == 0x800000);
    assert_true(boot_firmware_ram(words, 10, 0) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_both_seeds),
        cmocka_unit_test(leaves_no_seed_behind),
        cmocka_unit_test(takes_what_there_is),
        cmocka_unit_test(tells_the_amount_of_ram),
    };

    return cmocka_run_group_tests_name("boot_firmware", tests, NULL, NULL);
}
