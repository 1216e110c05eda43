// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the device tree reader: whatever fdt_init() accepts is walked over whole, looked up and
// written over.
#include <stdlib.h>
#include <string.h>

#include <fdt/fdt.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct fdt *fdt, struct fdt_node node, unsigned depth)
{
    static const char *const names[] = { "reg", "compatible", "rng-seed", "" };
    struct fdt_value value;
    struct fdt_node child;
    uint64_t number;
    uint32_t cell;

    if (depth > FDT_MAX_DEPTH) {
        abort();
    }
    (void)strlen(fdt_name(fdt, node));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fdt_get(fdt, node, names[i], &value) == ERR_OK) {
            (void)fdt_value_has_string(&value, "x");
            (void)fdt_value_number(&value, value.size / 4, 1, &number);
            (void)fdt_value_number(&value, 0, 2, &number);
        }
        (void)fdt_get_u32(fdt, node, names[i], &cell);
    }
    for (err_t err = fdt_first_child(fdt, node, &child); err == ERR_OK;
         err = fdt_next_sibling(fdt, child, &child)) {
        walk(fdt, child, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_value value;
    uint8_t *blob = malloc(size + 1);

    memcpy(blob, data, size);
    if (fdt_init(&fdt, blob, size) == ERR_OK) {
        walk(&fdt, fdt_root(&fdt), 1);
        (void)fdt_find(&fdt, "/cpus/cpu@0", &node);
        if (fdt_get_at(&fdt, "/chosen", "rng-seed", &value) == ERR_OK) {
            if (fdt_overwrite(blob, &fdt, &value, "0123456789", 10) != ERR_OK) {
                abort();
            }
        }
    }
    free(blob);
    return 0;
}
