// SPDX-License-Identifier: BSD-2-Clause
// Checks the table of a boot image (abi/boot_image.h) and plans the places of its parts.
#include <boot/image.h>

#include <base/bits.h>
#include <base/checked.h>

uint64_t boot_checksum(const uint8_t *from, uint64_t size, boot_sum_fn sum)
{
    uint64_t lanes[8] = { 0 };

    sum(from, bits_round_up(size, BOOT_IMAGE_CHECKSUM_BLOCK), lanes);
    return boot_checksum_fold(lanes, size);
}

void boot_sum_plain(const uint8_t *from, uint64_t size, uint64_t lanes[8])
{
    for (uint64_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 8; i++) {
            word |= (uint64_t)from[at + i] << (8 * i);
        }
        lanes[(at / 8) % 8] += word;
    }
}

/// Adds the words of a structure whose size is a multiple of 8, beginning with lane `lane`.
static unsigned add_words(uint64_t lanes[8], unsigned lane, const void *from, size_t size)
{
    const uint8_t *bytes = from;

    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 8; i++) {
            word |= (uint64_t)bytes[at + i] << (8 * i);
        }
        lanes[lane % 8] += word;
        lane++;
    }
    return lane;
}

uint64_t boot_table_checksum(const struct boot_image *header, const struct boot_entry *entries)
{
    struct boot_image copy = *header;
    uint64_t lanes[8] = { 0 };
    size_t entries_size = (size_t)header->entry_count * sizeof(entries[0]);

    copy.checksum = 0;
    unsigned lane = add_words(lanes, 0, &copy, sizeof(copy));
    (void)add_words(lanes, lane, entries, entries_size);
    return boot_checksum_fold(lanes, sizeof(copy) + entries_size);
}

static const char *check_kernel(const struct boot_entry *entry, struct boot_table *table)
{
    uint64_t offset = entry->vaddr - entry->paddr;
    uint64_t end;

    if (!checked_add_u64(entry->paddr, entry->memory_size, &end)
        || !checked_add_u64(entry->vaddr, entry->memory_size, &end)) {
        return "a kernel segment wraps around the address space";
    }
    if (entry->memory_size == 0 || entry->memory_size < entry->file_size) {
        return "a kernel segment is smaller than its contents";
    }
    if (table->kernel.size == 0) {
        table->kernel = (struct boot_range){ entry->paddr, entry->memory_size };
        table->kernel_offset = offset;
    } else if (offset != table->kernel_offset) {
        return "the kernel's segments are displaced differently";
    }
    uint64_t base = min_u64(table->kernel.base, entry->paddr);
    uint64_t last = max_u64(table->kernel.base + table->kernel.size,
                            entry->paddr + entry->memory_size);
    table->kernel = (struct boot_range){ base, last - base };
    if (range_has(entry->vaddr, entry->memory_size, table->header->kernel_entry)) {
        table->kernel_entry_segment_end = entry->vaddr + entry->memory_size;
    }
    return NULL;
}

static const char *check_entry(const struct boot_entry *entry, struct boot_table *table)
{
    uint64_t padded = bits_round_up(entry->file_size, BOOT_IMAGE_CHECKSUM_BLOCK);

    if (padded < entry->file_size || !bits_is_aligned(entry->offset, BOOT_IMAGE_CHECKSUM_BLOCK)
        || !range_fits(entry->offset, padded, table->header->size)) {
        return "a part lies outside the image";
    }
    switch (entry->kind) {
    case BOOT_ENTRY_KERNEL:
        return check_kernel(entry, table);
    case BOOT_ENTRY_DTB:
        if (table->dtb != NULL || entry->file_size == 0 || entry->file_size != entry->memory_size) {
            return "the device tree's entry is wrong";
        }
        table->dtb = entry;
        return NULL;
    case BOOT_ENTRY_USER:
        if (table->user != NULL || entry->file_size != entry->memory_size || entry->file_size == 0
            || !bits_is_aligned(entry->file_size | entry->vaddr, BOOT_IMAGE_PAGE)
            || !range_has(entry->vaddr, entry->file_size, table->header->user_entry)) {
            return "the user image's entry is wrong";
        }
        table->user = entry;
        return NULL;
    default:
        return "an entry has an unknown kind";
    }
}

/// No two segments of the kernel may share memory.
static bool kernel_overlaps(const struct boot_table *table)
{
    for (uint32_t i = 0; i < table->header->entry_count; i++) {
        const struct boot_entry *a = &table->entries[i];
        for (uint32_t j = 0; j < i && a->kind == BOOT_ENTRY_KERNEL; j++) {
            const struct boot_entry *b = &table->entries[j];
            if (b->kind == BOOT_ENTRY_KERNEL
                && range_overlaps(a->paddr, a->memory_size, b->paddr, b->memory_size)) {
                return true;
            }
        }
    }
    return false;
}

const char *boot_table_check(const uint8_t *image, uint64_t limit, uint64_t table_offset,
                             uint32_t arch, struct boot_table *table)
{
    struct boot_table made = { 0 };

    if (!bits_is_aligned(table_offset, 8)
        || !range_fits(table_offset, sizeof(*made.header), limit)) {
        return "the image ends before its table";
    }
    made.header = (const void *)(image + table_offset);
    if (made.header->magic != BOOT_IMAGE_MAGIC) {
        return "there is no boot image table behind the boot code";
    }
    if (made.header->version != BOOT_IMAGE_VERSION || made.header->arch != arch) {
        return "the table has another version or is for another architecture";
    }
    if (made.header->size > limit || made.header->entry_count > BOOT_IMAGE_MAX_ENTRIES
        || !range_fits(table_offset + sizeof(*made.header),
                       made.header->entry_count * sizeof(struct boot_entry), made.header->size)) {
        return "the image is cut short";
    }
    made.entries = (const void *)(image + table_offset + sizeof(*made.header));
    if (boot_table_checksum(made.header, made.entries) != made.header->checksum) {
        return "the table is damaged";
    }
    for (uint32_t i = 0; i < made.header->entry_count; i++) {
        const char *reason = check_entry(&made.entries[i], &made);
        if (reason != NULL) {
            return reason;
        }
    }
    if (made.kernel.size == 0 || made.user == NULL) {
        return "the image lacks a kernel or a user image";
    }
    if (made.kernel_entry_segment_end == 0 || kernel_overlaps(&made)) {
        return "the kernel's segments overlap or do not hold its entry";
    }
    *table = made;
    return NULL;
}

static bool inside(uint64_t base, uint64_t size, uint64_t outer, uint64_t outer_size)
{
    return base >= outer && range_fits(base - outer, size, outer_size);
}

/// Whether a range is RAM that is neither kept for guests nor taken by the kernel or the device
/// tree.
static bool is_free(const struct boot_table *table, const struct boot_platform *platform,
                    const struct boot_plan *plan, uint64_t base, uint64_t size)
{
    return inside(base, size, platform->ram_base, platform->ram_size)
        && !range_overlaps(base, size, platform->guest_base, platform->guest_size)
        && !range_overlaps(base, size, table->kernel.base, table->kernel.size)
        && !range_overlaps(base, size, plan->dtb.base, plan->dtb.size);
}

/// First page at or after `at` from which `size` bytes are free and outside both `obstacles`. 0:
/// none.
static uint64_t find_place(const struct boot_table *table, const struct boot_platform *platform,
                           const struct boot_plan *plan, const struct boot_range obstacles[2],
                           uint64_t at, uint64_t size)
{
    at = bits_round_up(at, BOOT_IMAGE_PAGE);
    for (int i = 0; i < 4; i++) {
        const struct boot_range *hit = NULL;
        for (int j = 0; j < 2; j++) {
            if (range_overlaps(at, size, obstacles[j].base, obstacles[j].size)) {
                hit = &obstacles[j];
            }
        }
        if (hit == NULL) {
            return is_free(table, platform, plan, at, size) ? at : 0;
        }
        at = bits_round_up(hit->base + hit->size, BOOT_IMAGE_PAGE);
    }
    return 0;
}

const char *boot_plan_make(const struct boot_table *table, const struct boot_platform *platform,
                           uint64_t load, struct boot_range firmware_dtb, struct boot_plan *plan)
{
    const struct boot_range obstacles[2] = { { load, table->header->size }, firmware_dtb };
    const struct boot_range *kernel = &table->kernel;
    struct boot_plan made = { 0 };
    uint64_t after = kernel->base + kernel->size;

    if (!inside(load, table->header->size, platform->ram_base, platform->ram_size)) {
        return "the image lies outside the board's RAM";
    }
    if (!is_free(&(struct boot_table){ 0 }, platform, &made, kernel->base, kernel->size)) {
        return "the kernel's address is not in the board's RAM";
    }
    if (range_overlaps(load, table->header->size, kernel->base, kernel->size)) {
        return "the kernel's address is taken by the boot image";
    }
    if (table->dtb != NULL) {
        uint64_t size = bits_round_up(table->dtb->file_size, BOOT_IMAGE_PAGE);
        uint64_t base = find_place(table, platform, &made, obstacles, after, size);
        if (base == 0) {
            return "there is no place for the device tree behind the kernel";
        }
        made.dtb = (struct boot_range){ base, table->dtb->file_size };
        after = base + size;
    }
    // The kernel's protocol wants the user image behind kernel and device tree.
    made.user = (struct boot_range){ load + table->user->offset, table->user->memory_size };
    made.is_user_in_place = bits_is_aligned(made.user.base, BOOT_IMAGE_PAGE)
                         && made.user.base >= after
                         && is_free(table, platform, &made, made.user.base, made.user.size);
    if (!made.is_user_in_place) {
        made.user.base = find_place(table, platform, &made, obstacles, after, made.user.size);
        if (made.user.base == 0) {
            return "there is no place for the user image behind the kernel";
        }
    }
    *plan = made;
    return NULL;
}
