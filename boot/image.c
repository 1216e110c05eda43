// SPDX-License-Identifier: BSD-2-Clause
// Checks of the image table and the plan of where its parts go. No hardware here: also built for the host.
#include "boot.h"

#define PAGE UINT64_C(4096)

static bool within(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

static bool overlaps(uint64_t base, uint64_t size, struct range other)
{
    return base < other.base + other.size && other.base < base + size;
}

const char *boot_error_text(enum boot_error error)
{
    static const char texts[][48] = {
        [BOOT_OK] = "no error",
        [BOOT_BAD_MAGIC] = "no image table behind the boot code",
        [BOOT_BAD_VERSION] = "image table of another version",
        [BOOT_BAD_CHECKSUM] = "image table is damaged",
        [BOOT_BAD_RANGE] = "a part lies outside the image",
        [BOOT_BAD_KERNEL] = "kernel segments make no sense",
        [BOOT_NO_ROOM] = "image does not fit into RAM",
    };
    return (unsigned)error < sizeof(texts) / sizeof(texts[0]) ? texts[error] : "unknown error";
}

static bool check_segment(const struct boot_image *image, const struct boot_segment *segment)
{
    bool entry_offset_same = segment->vaddr - segment->paddr
                             == image->segments[0].vaddr - image->segments[0].paddr;
    return segment->file_size <= segment->memory_size && segment->paddr % 16 == 0
           && segment->offset % 16 == 0 && entry_offset_same
           && segment->paddr >= image->ram_base
           && within(segment->paddr - image->ram_base, segment->memory_size, image->ram_size);
}

enum boot_error boot_check_image(const struct boot_image *image, size_t available)
{
    if (available < sizeof(*image) || image->magic != BOOT_IMAGE_MAGIC) {
        return BOOT_BAD_MAGIC;
    }
    if (image->version != BOOT_IMAGE_VERSION) {
        return BOOT_BAD_VERSION;
    }
    uint32_t sum = 0;
    const uint32_t *words = (const uint32_t *)image;
    for (size_t i = 0; i <= offsetof(struct boot_image, checksum) / 4; i++) {
        sum += words[i];
    }
    if (sum != 0) {
        return BOOT_BAD_CHECKSUM;
    }
    if (image->size > available || !within(image->dtb_offset, image->dtb_size, image->size)
        || !within(image->user_offset, image->user_size, image->size) || image->user_size == 0
        || image->user_size % PAGE != 0 || image->user_offset % 16 != 0 || image->dtb_offset % 16 != 0
        || image->user_vaddr % PAGE != 0) {
        return BOOT_BAD_RANGE;
    }
    if (image->segment_count == 0 || image->segment_count > BOOT_IMAGE_MAX_SEGMENTS
        || image->ram_base + image->ram_size < image->ram_base) {
        return BOOT_BAD_KERNEL;
    }
    bool entry_found = false;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct boot_segment *segment = &image->segments[i];
        if (!within(segment->offset, segment->file_size, image->size)) {
            return BOOT_BAD_RANGE;
        }
        if (!check_segment(image, segment)) {
            return BOOT_BAD_KERNEL;
        }
        entry_found |= image->kernel_entry >= segment->vaddr
                       && image->kernel_entry - segment->vaddr < segment->memory_size;
    }
    return entry_found ? BOOT_OK : BOOT_BAD_KERNEL;
}

enum boot_error boot_plan(const struct boot_image *image, struct range self, struct boot_plan *plan)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct boot_segment *segment = &image->segments[i];
        if (overlaps(segment->paddr, segment->memory_size, self)) {
            return BOOT_NO_ROOM;
        }
        uint64_t end = segment->paddr + segment->memory_size;
        at = end > at ? end : at;
    }
    uint64_t ram_end = image->ram_base + image->ram_size;
    uint64_t dtb_size = (image->dtb_size + PAGE - 1) & ~(PAGE - 1);
    at = (at + PAGE - 1) & ~(PAGE - 1);
    if (overlaps(at, dtb_size + image->user_size, self)) {
        at = (self.base + self.size + PAGE - 1) & ~(PAGE - 1);
    }
    if (at > ram_end || dtb_size > ram_end - at || image->user_size > ram_end - at - dtb_size) {
        return BOOT_NO_ROOM;
    }
    plan->dtb = at;
    plan->user = at + dtb_size;
    plan->user_end = plan->user + image->user_size;
    return BOOT_OK;
}
