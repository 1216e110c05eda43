// SPDX-License-Identifier: BSD-2-Clause
// What is taken from the firmware's device tree: entropy, which goes to /chosen of the packed one,
// and how much RAM there is.
#include <boot/boot.h>

#include <base/checked.h>

static uint32_t read_seed(const struct fdt *fdt, const char *name, uint8_t *to, uint32_t limit)
{
    struct fdt_value value;
    uint32_t size = 0;

    if (fdt_get_at(fdt, "/chosen", name, &value) == ERR_OK) {
        for (; size < value.size && size < limit; size++) {
            to[size] = value.data[size];
        }
    }
    return size;
}

void boot_seeds_read(const void *blob, uint64_t limit, struct boot_seeds *seeds)
{
    struct fdt fdt;

    *seeds = (struct boot_seeds){ 0 };
    if (fdt_init(&fdt, blob, limit) != ERR_OK) {
        return;
    }
    seeds->rng_size = read_seed(&fdt, "rng-seed", seeds->rng, sizeof(seeds->rng));
    seeds->kaslr_size = read_seed(&fdt, "kaslr-seed", seeds->kaslr, sizeof(seeds->kaslr));
}

static err_t write_seed(void *blob, const struct fdt *fdt, const char *name, const uint8_t *from,
                        uint32_t size)
{
    struct fdt_value value;
    err_t err = fdt_get_at(fdt, "/chosen", name, &value);

    if (err == ERR_NOTFOUND) {
        return ERR_OK;
    }
    return err == ERR_OK ? fdt_overwrite(blob, fdt, &value, from, size) : err;
}

const char *boot_seeds_write(void *blob, uint64_t size, const struct boot_seeds *seeds)
{
    struct fdt fdt;
    err_t err = fdt_init(&fdt, blob, size);

    if (err == ERR_OK && seeds->rng_size != 0) {
        err = write_seed(blob, &fdt, "rng-seed", seeds->rng, seeds->rng_size);
    }
    if (err == ERR_OK && seeds->kaslr_size != 0) {
        err = write_seed(blob, &fdt, "kaslr-seed", seeds->kaslr, seeds->kaslr_size);
    }
    return err == ERR_OK ? NULL : err_text(err);
}

void boot_seeds_wipe(void *blob, uint64_t limit)
{
    static const char *const names[] = { "rng-seed", "kaslr-seed" };
    struct fdt fdt;
    struct fdt_value value;

    if (fdt_init(&fdt, blob, limit) != ERR_OK) {
        return;
    }
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fdt_get_at(&fdt, "/chosen", names[i], &value) == ERR_OK
            && fdt_overwrite(blob, &fdt, &value, "", 0) != ERR_OK) {
            return; // not reached: it is a property of this tree
        }
    }
}

uint64_t boot_firmware_ram(const void *blob, uint64_t limit, uint64_t base)
{
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_value value;
    uint32_t address_cells;
    uint32_t size_cells;
    uint64_t start;
    uint64_t size;

    if (fdt_init(&fdt, blob, limit) != ERR_OK) {
        return UINT64_MAX;
    }
    if (fdt_get_u32(&fdt, fdt_root(&fdt), "#address-cells", &address_cells) != ERR_OK) {
        address_cells = 2;
    }
    if (fdt_get_u32(&fdt, fdt_root(&fdt), "#size-cells", &size_cells) != ERR_OK) {
        size_cells = 1;
    }
    // fdt_value_number() refuses other numbers than 1 and 2.
    for (err_t err = fdt_first_child(&fdt, fdt_root(&fdt), &node); err == ERR_OK;
         err = fdt_next_sibling(&fdt, node, &node)) {
        if (fdt_get(&fdt, node, "device_type", &value) != ERR_OK
            || !fdt_value_has_string(&value, "memory")
            || fdt_get(&fdt, node, "reg", &value) != ERR_OK) {
            continue;
        }
        for (uint32_t at = 0;
             fdt_value_number(&value, at, address_cells, &start) == ERR_OK
             && fdt_value_number(&value, at + address_cells, size_cells, &size) == ERR_OK;
             at += address_cells + size_cells) {
            if (range_has(start, size, base)) {
                return size - (base - start);
            }
        }
    }
    return UINT64_MAX;
}
