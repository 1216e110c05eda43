// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the boot code's reader of the image table and its plan: contents and places of an accepted
// image lie inside image and RAM and overlap nothing. The checksum of the table is made right, so
// that mutations pass it.
#include <stdlib.h>
#include <string.h>

#include <base/checked.h>
#include <boot/image.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_plan(const struct boot_table *table, const struct boot_platform *platform,
                       uint64_t load, const struct boot_plan *plan)
{
    const struct boot_range *user = &plan->user;

    require(user->base % BOOT_IMAGE_PAGE == 0 && user->size % BOOT_IMAGE_PAGE == 0);
    require(user->base >= platform->ram_base
            && range_fits(user->base - platform->ram_base, user->size, platform->ram_size));
    require(!range_overlaps(user->base, user->size, platform->guest_base, platform->guest_size));
    require(!range_overlaps(user->base, user->size, table->kernel.base, table->kernel.size));
    require(!range_overlaps(user->base, user->size, plan->dtb.base, plan->dtb.size));
    require(
        !range_overlaps(table->kernel.base, table->kernel.size, plan->dtb.base, plan->dtb.size));
    if (!plan->is_user_in_place) {
        require(!range_overlaps(user->base, user->size, load, table->header->size));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct boot_platform platform = {
        .ram_base = 0x40000000,
        .ram_size = 0x80000000,
        .guest_base = 0x40000000,
        .guest_size = 0x20000000,
    };
    struct boot_table table;
    struct boot_plan plan;
    struct boot_image header;
    uint8_t *image = malloc(size + 8);

    memcpy(image, data, size);
    if (size >= sizeof(header)) {
        memcpy(&header, image, sizeof(header));
        header.magic = BOOT_IMAGE_MAGIC;
        header.version = BOOT_IMAGE_VERSION;
        header.arch = BOOT_ARCH_AARCH64;
        if (range_fits(sizeof(header), header.entry_count * sizeof(struct boot_entry), size)
            && header.entry_count <= BOOT_IMAGE_MAX_ENTRIES) {
            header.checksum = boot_table_checksum(&header, (const void *)(image + sizeof(header)));
        }
        memcpy(image, &header, sizeof(header));
    }
    if (boot_table_check(image, size, 0, BOOT_ARCH_AARCH64, &table) == NULL) {
        for (uint32_t i = 0; i < table.header->entry_count; i++) {
            const struct boot_entry *entry = &table.entries[i];
            (void)boot_checksum(image + entry->offset, entry->file_size, boot_sum_plain);
        }
        for (uint64_t load = 0x40200000; load < 0xc0000000; load += 0x10001000) {
            const struct boot_range tree = { load + 0x8000000, 0x100000 };
            if (boot_plan_make(&table, &platform, load, tree, &plan) == NULL) {
                check_plan(&table, &platform, load, &plan);
            }
        }
    }
    free(image);
    return 0;
}
