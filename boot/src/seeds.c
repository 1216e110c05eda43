// SPDX-License-Identifier: BSD-2-Clause
// Entropy: from /chosen of the firmware's device tree to /chosen of the packed one.
#include <boot/boot.h>

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
