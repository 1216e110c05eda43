// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the device tree reader. Trees are made by libfdt, then read whole, cut short and
// damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include <fdt/fdt.h>

enum { BLOB_SIZE = 1024 };

/// A tree with a bit of everything, in memory of exactly its size so that the sanitizer sees each
/// overrun.
static uint8_t *make_tree(size_t *size)
{
    char buffer[BLOB_SIZE];
    uint8_t seed[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    assert_int_equal(fdt_create(buffer, sizeof(buffer)), 0);
    assert_int_equal(fdt_finish_reservemap(buffer), 0);
    assert_int_equal(fdt_begin_node(buffer, ""), 0);
    assert_int_equal(fdt_property_u32(buffer, "#address-cells", 2), 0);
    assert_int_equal(fdt_property(buffer, "compatible", "vendor,one\0vendor,two", 22), 0);
    assert_int_equal(fdt_begin_node(buffer, "cpus"), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fdt_begin_node(buffer, i == 0 ? "cpu@0" : "cpu@1"), 0);
        assert_int_equal(fdt_property_u64(buffer, "reg", 0x100000000u + (unsigned)i), 0);
        assert_int_equal(fdt_end_node(buffer), 0);
    }
    assert_int_equal(fdt_end_node(buffer), 0);
    assert_int_equal(fdt_begin_node(buffer, "chosen"), 0);
    assert_int_equal(fdt_property(buffer, "rng-seed", seed, sizeof(seed)), 0);
    assert_int_equal(fdt_property(buffer, "empty", NULL, 0), 0);
    assert_int_equal(fdt_end_node(buffer), 0);
    assert_int_equal(fdt_end_node(buffer), 0);
    assert_int_equal(fdt_finish(buffer), 0);
    *size = fdt_totalsize(buffer);
    uint8_t *blob = malloc(*size);
    memcpy(blob, buffer, *size);
    return blob;
}

static void finds_nodes_and_properties(void **state)
{
    size_t size;
    uint8_t *blob = make_tree(&size);
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_value value;
    uint32_t cell;
    uint64_t number;

    (void)state;
    assert_int_equal(fdt_blob_size(blob), size);
    assert_int_equal(fdt_init(&fdt, blob, size), ERR_OK);
    assert_string_equal(fdt_name(&fdt, fdt_root(&fdt)), "");
    assert_int_equal(fdt_get_u32(&fdt, fdt_root(&fdt), "#address-cells", &cell), ERR_OK);
    assert_int_equal(cell, 2);
    assert_int_equal(fdt_get_u32(&fdt, fdt_root(&fdt), "compatible", &cell), ERR_FORMAT);

    assert_int_equal(fdt_find(&fdt, "/cpus/cpu@1", &node), ERR_OK);
    assert_string_equal(fdt_name(&fdt, node), "cpu@1");
    assert_int_equal(fdt_get(&fdt, node, "reg", &value), ERR_OK);
    assert_int_equal(fdt_value_number(&value, 0, 2, &number), ERR_OK);
    assert_true(number == 0x100000001u);
    assert_int_equal(fdt_value_number(&value, 1, 1, &number), ERR_OK);
    assert_int_equal(number, 1);
    assert_int_equal(fdt_value_number(&value, 1, 2, &number), ERR_RANGE);
    assert_int_equal(fdt_value_number(&value, UINT32_MAX, 1, &number), ERR_RANGE);
    assert_int_equal(fdt_value_number(&value, 0, 3, &number), ERR_INVALID);

    // Without unit address: the first; a prefix is no match.
    assert_int_equal(fdt_find(&fdt, "/cpus/cpu", &node), ERR_OK);
    assert_string_equal(fdt_name(&fdt, node), "cpu@0");
    assert_int_equal(fdt_find(&fdt, "/cpus/cp", &node), ERR_NOTFOUND);
    assert_int_equal(fdt_find(&fdt, "/cpus/cpu@", &node), ERR_NOTFOUND);
    assert_int_equal(fdt_find(&fdt, "/cpu@0", &node), ERR_NOTFOUND);
    assert_int_equal(fdt_find(&fdt, "chosen", &node), ERR_INVALID);
    assert_int_equal(fdt_find(&fdt, "//chosen/", &node), ERR_OK);
    assert_int_equal(fdt_get(&fdt, node, "empty", &value), ERR_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(fdt_get(&fdt, node, "rng", &value), ERR_NOTFOUND);
    assert_int_equal(fdt_get_at(&fdt, "/none", "x", &value), ERR_NOTFOUND);
    assert_int_equal(fdt_get_at(&fdt, "/", "compatible", &value), ERR_OK);
    assert_true(fdt_value_has_string(&value, "vendor,two"));
    assert_false(fdt_value_has_string(&value, "vendor,tw"));
    assert_false(fdt_value_has_string(&value, "vendor"));
    free(blob);
}

static void walks_over_children(void **state)
{
    static const char *const names[] = { "cpus", "chosen" };
    size_t size;
    uint8_t *blob = make_tree(&size);
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_node child;
    unsigned count = 0;

    (void)state;
    assert_int_equal(fdt_init(&fdt, blob, size), ERR_OK);
    err_t err = fdt_first_child(&fdt, fdt_root(&fdt), &node);
    for (; err == ERR_OK; err = fdt_next_sibling(&fdt, node, &node)) {
        assert_true(count < 2);
        assert_string_equal(fdt_name(&fdt, node), names[count++]);
    }
    assert_int_equal(err, ERR_NOTFOUND);
    assert_int_equal(count, 2);
    assert_int_equal(fdt_first_child(&fdt, node, &child), ERR_NOTFOUND);
    assert_int_equal(fdt_next_sibling(&fdt, fdt_root(&fdt), &child), ERR_NOTFOUND);
    free(blob);
}

static void overwrites_in_place(void **state)
{
    size_t size;
    uint8_t *blob = make_tree(&size);
    struct fdt fdt;
    struct fdt_value value;
    uint8_t other[8] = { 0 };

    (void)state;
    assert_int_equal(fdt_init(&fdt, blob, size), ERR_OK);
    assert_int_equal(fdt_get_at(&fdt, "/chosen", "rng-seed", &value), ERR_OK);
    assert_int_equal(fdt_overwrite(blob, &fdt, &value, "abc", 3), ERR_OK);
    assert_memory_equal(value.data, "abc\0\0\0\0\0", 8);
    assert_int_equal(fdt_overwrite(blob, &fdt, &value, "0123456789", 10), ERR_OK);
    assert_memory_equal(value.data, "01234567", 8);
    assert_int_equal(fdt_overwrite(other, &fdt, &value, "x", 1), ERR_INVALID);
    value.data = other;
    assert_int_equal(fdt_overwrite(blob, &fdt, &value, "x", 1), ERR_INVALID);
    free(blob);
}

static void rejects_cut_and_misplaced_trees(void **state)
{
    size_t size;
    uint8_t *blob = make_tree(&size);
    struct fdt fdt;

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1);
        memcpy(part, blob, cut);
        assert_int_not_equal(fdt_init(&fdt, part, cut), ERR_OK);
        free(part);
    }
    uint8_t *shifted = malloc(size + 4);
    memcpy(shifted + 1, blob, size);
    assert_int_equal(fdt_init(&fdt, shifted + 1, size), ERR_ALIGN);
    free(shifted);
    fdt_set_last_comp_version(blob, 18);
    assert_int_equal(fdt_init(&fdt, blob, size), ERR_UNSUPPORTED);
    fdt_set_last_comp_version(blob, 16);
    fdt_set_magic(blob, 1);
    assert_int_equal(fdt_blob_size(blob), 0);
    assert_int_equal(fdt_init(&fdt, blob, size), ERR_FORMAT);
    free(blob);
}

/// Reads everything of a tree that fdt_init() accepted.
static void read_all(const struct fdt *fdt, struct fdt_node node, unsigned depth)
{
    struct fdt_value value;
    struct fdt_node child;

    assert_true(depth <= FDT_MAX_DEPTH);
    (void)strlen(fdt_name(fdt, node));
    if (fdt_get(fdt, node, "reg", &value) == ERR_OK) {
        for (uint32_t i = 0; i < value.size; i++) {
            assert_true(value.data[i] <= 0xff);
        }
    }
    for (err_t err = fdt_first_child(fdt, node, &child); err == ERR_OK;
         err = fdt_next_sibling(fdt, child, &child)) {
        read_all(fdt, child, depth + 1);
    }
}

static void survives_every_changed_byte(void **state)
{
    static const uint8_t changes[] = { 0x00, 0xff, 0x01, 0x80, 0x02, 0x09, 0x03 };
    size_t size;
    uint8_t *blob = make_tree(&size);
    struct fdt fdt;

    (void)state;
    for (size_t at = 0; at < size; at++) {
        uint8_t before = blob[at];
        for (size_t i = 0; i < sizeof(changes); i++) {
            blob[at] = changes[i];
            if (fdt_init(&fdt, blob, size) == ERR_OK) {
                read_all(&fdt, fdt_root(&fdt), 1);
            }
        }
        blob[at] = before;
    }
    free(blob);
}

static void limits_nesting(void **state)
{
    char buffer[BLOB_SIZE * 2];
    struct fdt fdt;

    (void)state;
    for (unsigned depth = FDT_MAX_DEPTH; depth <= FDT_MAX_DEPTH + 1; depth++) {
        assert_int_equal(fdt_create(buffer, sizeof(buffer)), 0);
        assert_int_equal(fdt_finish_reservemap(buffer), 0);
        for (unsigned i = 0; i < depth; i++) {
            assert_int_equal(fdt_begin_node(buffer, "n"), 0);
        }
        for (unsigned i = 0; i < depth; i++) {
            assert_int_equal(fdt_end_node(buffer), 0);
        }
        assert_int_equal(fdt_finish(buffer), 0);
        uint32_t *aligned = malloc(fdt_totalsize(buffer));
        memcpy(aligned, buffer, fdt_totalsize(buffer));
        assert_int_equal(fdt_init(&fdt, aligned, fdt_totalsize(buffer)),
                         depth == FDT_MAX_DEPTH ? ERR_OK : ERR_FORMAT);
        free(aligned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nodes_and_properties),
        cmocka_unit_test(walks_over_children),
        cmocka_unit_test(overwrites_in_place),
        cmocka_unit_test(rejects_cut_and_misplaced_trees),
        cmocka_unit_test(survives_every_changed_byte),
        cmocka_unit_test(limits_nesting),
    };

    return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
