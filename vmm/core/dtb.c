// SPDX-License-Identifier: BSD-2-Clause
// What is filled into the guest's device tree at boot: seeds and the place of the initial RAM disk,
// in properties of /chosen that the build left room for. One that can't be filled is taken out.
#include <base/endian.h>
#include <fdt/fdt.h>
#include <vmm/log.h>

#include "images.h"

#define TOKEN_NOP 4u          ///< Devicetree Specification 0.4, 5.4.1
#define PROPERTY_HEADER 12u   ///< token, length, name before a property's value
#define MAX_SEED 64u

struct tree {
    struct fdt fdt;
    uint8_t *view;
};

static bool chosen(const struct tree *tree, const char *name, struct fdt_value *value)
{
    return fdt_get_at(&tree->fdt, "/chosen", name, value) == ERR_OK;
}

/// Overwrites a property with NOP tokens.
static void remove_property(struct tree *tree, const char *name)
{
    struct fdt_value value;

    if (!chosen(tree, name, &value)) {
        return;
    }
    // The reader checked that header and value lie in the structure block, which is a multiple of 4
    // long.
    uint8_t *at = tree->view + (value.data - tree->view) - PROPERTY_HEADER;
    for (uint32_t i = 0; i < PROPERTY_HEADER + ((value.size + 3u) & ~3u); i += 4) {
        store_be32(at + i, TOKEN_NOP);
    }
}

static void fill_seed(const struct vm *vm, struct tree *tree, const char *name, uint32_t purpose)
{
    struct fdt_value value;
    uint8_t seed[MAX_SEED];

    if (!chosen(tree, name, &value) || value.size == 0) {
        return;
    }
    // A seed that everybody knows is worse than none: the guest would count it as entropy.
    if (value.size > MAX_SEED || !entropy_fill(vm, purpose, seed, value.size)
        || fdt_overwrite(tree->view, &tree->fdt, &value, seed, value.size) != ERR_OK) {
        remove_property(tree, name);
    }
}

static void fill_address(struct tree *tree, const char *name, uint64_t address)
{
    struct fdt_value value;
    uint8_t cells[8];

    if (!chosen(tree, name, &value)) {
        return;
    }
    if (value.size == 8) {
        store_be64(cells, address);
    } else if (value.size == 4 && address <= UINT32_MAX) {
        store_be32(cells, (uint32_t)address);
    }
    if ((value.size != 8 && (value.size != 4 || address > UINT32_MAX))
        || fdt_overwrite(tree->view, &tree->fdt, &value, cells, value.size) != ERR_OK) {
        remove_property(tree, name);
    }
}

bool dtb_patch(struct vm *vm, void *view, uint64_t size, const struct image_range *initrd)
{
    struct tree tree = { .view = view };
    err_t err = fdt_init(&tree.fdt, view, (size_t)size);

    if (err != ERR_OK) {
        vm_log("%s: device tree '%s' can't be used: %s", vm->config->name, vm->config->dtb_name,
               err_text(err));
        return false;
    }
    fill_seed(vm, &tree, "rng-seed", 1);
    fill_seed(vm, &tree, "kaslr-seed", 2);
    if (initrd->size == 0) {
        remove_property(&tree, "linux,initrd-start");
        remove_property(&tree, "linux,initrd-end");
    } else {
        fill_address(&tree, "linux,initrd-start", initrd->base);
        fill_address(&tree, "linux,initrd-end", initrd->base + initrd->size);
    }
    return true;
}
