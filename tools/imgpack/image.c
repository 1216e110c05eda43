// SPDX-License-Identifier: BSD-2-Clause
// Puts a boot image together and checks it with the boot code's own reader (boot/src/image.c).
#include "imgpack.h"

#include <abi/system_image.h>
#include <base/bits.h>
#include <base/checked.h>
#include <base/endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the tables are written as they are");

// Offsets in the header of an AArch64 Linux Image.
#define IMAGE_TEXT_OFFSET  8
#define IMAGE_SIZE         16
#define IMAGE_MAGIC_OFFSET 56
#define IMAGE_MAGIC        0x644d5241u
#define LOAD_ALIGN         MIB(2)

#define DTB_MAGIC 0xd00dfeedu

/// An image in the making.
struct packing {
    struct blob *out;
    struct boot_image header;
    struct boot_entry entries[BOOT_IMAGE_MAX_ENTRIES];
};

static void platform_get(const struct blob *code, struct boot_platform *platform)
{
    memcpy(platform, code->data + BOOT_PLATFORM_OFFSET, sizeof(*platform));
}

/// Whether the boot code has the Image header and the platform structure.
static bool check_code(const struct blob *code)
{
    struct boot_platform platform;

    if (code->size < BOOT_PLATFORM_OFFSET + sizeof(platform)
        || load_le32(code->data + IMAGE_MAGIC_OFFSET) != IMAGE_MAGIC) {
        return imgpack_error(code->name, "is no boot code: it lacks the Image header");
    }
    platform_get(code, &platform);
    if (platform.magic != BOOT_PLATFORM_MAGIC || platform.arch != BOOT_ARCH_AARCH64
        || memchr(platform.name, '\0', sizeof(platform.name)) == NULL
        || platform.ram_size > UINT64_MAX - platform.ram_base
        || platform.guest_size > UINT64_MAX - platform.guest_base) {
        return imgpack_error(code->name, "is no boot code: it does not describe a board");
    }
    return true;
}

/// Append `size` bytes at a multiple of `align`, padded with zeros to a checksum block.
static bool append(struct packing *packing, uint32_t kind, const uint8_t *data, uint64_t size,
                   uint64_t align, struct boot_entry **made)
{
    struct blob *out = packing->out;
    uint64_t offset = bits_round_up(out->size, align);
    uint64_t padded = bits_round_up(size, BOOT_IMAGE_CHECKSUM_BLOCK);

    if (packing->header.entry_count == BOOT_IMAGE_MAX_ENTRIES) {
        return imgpack_error(out->name, "too many parts");
    }
    if (!blob_resize(out, (size_t)(offset + padded))) {
        return false;
    }
    if (size != 0) {
        memcpy(out->data + offset, data, (size_t)size);
    }
    struct boot_entry *entry = &packing->entries[packing->header.entry_count++];
    *entry = (struct boot_entry){
        .kind = kind,
        .offset = offset,
        .file_size = size,
        .memory_size = size,
        .checksum = boot_checksum(out->data + offset, size, boot_sum_plain),
    };
    *made = entry;
    return true;
}

static bool append_kernel(struct packing *packing, const struct blob *file)
{
    struct elf elf;

    if (!elf_read(file, &elf)) {
        return false;
    }
    for (size_t i = 0; i < elf.count; i++) {
        const struct segment *segment = &elf.segments[i];
        struct boot_entry *entry;
        if (segment->vaddr - segment->paddr != elf.segments[0].vaddr - elf.segments[0].paddr) {
            return imgpack_error(file->name,
                                 "its segments are displaced differently (virtual - physical)");
        }
        if (!append(packing, BOOT_ENTRY_KERNEL, segment->data, segment->file_size,
                    BOOT_IMAGE_CHECKSUM_BLOCK, &entry)) {
            return false;
        }
        entry->memory_size = segment->memory_size;
        entry->paddr = segment->paddr;
        entry->vaddr = segment->vaddr;
    }
    packing->header.kernel_entry = elf.entry;
    return true;
}

static bool append_dtb(struct packing *packing, const struct blob *file)
{
    struct boot_entry *entry;

    if (file->name == NULL) {
        return true;
    }
    if (file->size < 40 || load_be32(file->data) != DTB_MAGIC
        || load_be32(file->data + 4) > file->size) {
        return imgpack_error(file->name, "is no device tree blob");
    }
    return append(packing, BOOT_ENTRY_DTB, file->data, load_be32(file->data + 4),
                  BOOT_IMAGE_CHECKSUM_BLOCK, &entry);
}

static bool check_payload(const struct blob *file)
{
    struct system_image header;

    if (file->size < sizeof(header)) {
        return imgpack_error(file->name, "is shorter than a system image's header");
    }
    memcpy(&header, file->data, sizeof(header));
    if (header.magic != SYSTEM_IMAGE_MAGIC || header.version != SYSTEM_IMAGE_VERSION) {
        return imgpack_error(file->name, "is no system image of version %u", SYSTEM_IMAGE_VERSION);
    }
    if (header.page_offset > file->size
        || header.page_count > (file->size - header.page_offset) / BOOT_IMAGE_PAGE) {
        return imgpack_error(file->name, "is cut short: %" PRIu64 " pages are promised",
                             header.page_count);
    }
    return true;
}

/// The initialiser's memory image and the payload behind it.
static bool append_user(struct packing *packing, const struct blob *init,
                        const struct blob *payload)
{
    struct elf elf;
    struct blob flat;
    uint64_t base;
    struct boot_entry *entry;

    if (!elf_read(init, &elf) || (payload->name != NULL && !check_payload(payload))) {
        return false;
    }
    bool ok = elf_flatten(init, &elf, &flat, &base);
    if (ok && payload->name != NULL) {
        size_t size = flat.size;
        ok = blob_resize(&flat, (size_t)bits_round_up(size + payload->size, BOOT_IMAGE_PAGE));
        if (ok) {
            memcpy(flat.data + size, payload->data, payload->size);
        }
    }
    if (ok) {
        ok = append(packing, BOOT_ENTRY_USER, flat.data, flat.size, BOOT_IMAGE_PAGE, &entry);
    }
    if (ok) {
        entry->vaddr = base;
        packing->header.user_entry = elf.entry;
    }
    blob_release(&flat);
    return ok;
}

/// Where the image should be: as asked, else behind the kernel and the device tree, so that the
/// user image needs no copy.
static uint64_t choose_load(const struct packing *packing, uint64_t wanted)
{
    uint64_t end = 0;
    uint64_t dtb = 0;

    for (uint32_t i = 0; i < packing->header.entry_count; i++) {
        const struct boot_entry *entry = &packing->entries[i];
        if (entry->kind == BOOT_ENTRY_KERNEL) {
            end = max_u64(end, entry->paddr + entry->memory_size);
        } else if (entry->kind == BOOT_ENTRY_DTB) {
            dtb = bits_round_up(entry->memory_size, BOOT_IMAGE_PAGE);
        }
    }
    return wanted != 0 ? wanted
                       : bits_round_up(bits_round_up(end, BOOT_IMAGE_PAGE) + dtb, LOAD_ALIGN);
}

static void finish(struct packing *packing, uint64_t table_offset, uint64_t load)
{
    struct blob *out = packing->out;
    struct boot_platform platform;
    struct boot_image *header = &packing->header;

    platform_get(out, &platform);
    platform.code_size = table_offset;
    memcpy(out->data + BOOT_PLATFORM_OFFSET, &platform, sizeof(platform));
    store_le64(out->data + IMAGE_TEXT_OFFSET, load - platform.ram_base);
    store_le64(out->data + IMAGE_SIZE, out->size);

    header->magic = BOOT_IMAGE_MAGIC;
    header->version = BOOT_IMAGE_VERSION;
    header->arch = BOOT_ARCH_AARCH64;
    header->size = out->size;
    header->load_address = load;
    header->checksum = boot_table_checksum(header, packing->entries);
    memcpy(out->data + table_offset, header, sizeof(*header));
    memcpy(out->data + table_offset + sizeof(*header), packing->entries, sizeof(packing->entries));
}

bool image_make(const struct parts *parts, struct blob *image)
{
    struct packing packing = { .out = image };
    struct elf boot;
    struct blob code;
    struct boot_platform platform;
    uint64_t base;

    if (!elf_read(&parts->boot, &boot) || !elf_flatten(&parts->boot, &boot, &code, &base)) {
        return false;
    }
    bool ok = check_code(&code);
    uint64_t table_offset = code.size;
    uint64_t table_size = sizeof(packing.header) + sizeof(packing.entries);
    *image = (struct blob){ .name = "image" };
    ok = ok && blob_resize(image, (size_t)(table_offset + table_size));
    if (ok) {
        memcpy(image->data, code.data, code.size);
        platform_get(image, &platform);
    }
    blob_release(&code);
    if (!ok || !append_kernel(&packing, &parts->kernel) || !append_dtb(&packing, &parts->dtb)
        || !append_user(&packing, &parts->init, &parts->payload)) {
        return false;
    }
    // Whole pages, so that nothing of the last one is left to chance.
    if (!blob_resize(image, (size_t)bits_round_up(image->size, BOOT_IMAGE_PAGE))) {
        return false;
    }
    uint64_t load = choose_load(&packing, parts->load);
    if (load < platform.ram_base || !bits_is_aligned(load, BOOT_IMAGE_PAGE)) {
        return imgpack_error("--load",
                             "0x%" PRIx64 " is below the RAM of %s or in the middle of a page",
                             load, platform.name);
    }
    finish(&packing, table_offset, load);
    struct boot_table table;
    struct boot_plan plan;
    return image_check(image, &table, &plan);
}

bool image_check(const struct blob *image, struct boot_table *table, struct boot_plan *plan)
{
    struct boot_platform platform;

    if (!check_code(image)) {
        return false;
    }
    platform_get(image, &platform);
    const char *wrong = boot_table_check(image->data, image->size, platform.code_size,
                                         platform.arch, table);
    if (wrong != NULL) {
        return imgpack_error(image->name, "%s", wrong);
    }
    for (uint32_t i = 0; i < table->header->entry_count; i++) {
        const struct boot_entry *entry = &table->entries[i];
        if (boot_checksum(image->data + entry->offset, entry->file_size, boot_sum_plain)
            != entry->checksum) {
            return imgpack_error(image->name, "the contents of entry %" PRIu32 " are damaged", i);
        }
    }
    wrong = boot_plan_make(table, &platform, table->header->load_address,
                           (struct boot_range){ 0, 0 }, plan);
    if (wrong != NULL) {
        return imgpack_error(
            image->name,
            "does not fit the memory of %s (RAM 0x%" PRIx64 "..0x%" PRIx64 ", kernel at 0x%" PRIx64
            "..0x%" PRIx64 ", image at 0x%" PRIx64 "): %s",
            platform.name, platform.ram_base, platform.ram_base + platform.ram_size,
            table->kernel.base, table->kernel.base + table->kernel.size,
            table->header->load_address, wrong);
    }
    return true;
}

void image_print(const struct blob *image, const struct boot_table *table,
                 const struct boot_plan *plan, FILE *out)
{
    static const char *const kinds[] = { "", "kernel", "device tree", "user image" };
    struct boot_platform platform;

    platform_get(image, &platform);
    fprintf(out, "%s: boot image for %s, %" PRIu64 " bytes, loads at 0x%" PRIx64 "\n", image->name,
            platform.name, table->header->size, table->header->load_address);
    fprintf(out, "%-12s %10s %10s %18s %18s\n", "part", "offset", "bytes", "physical", "virtual");
    fprintf(out, "%-12s %10s %10" PRIu64 " 0x%016" PRIx64 "\n", "boot code", "0x0",
            platform.code_size, table->header->load_address);
    for (uint32_t i = 0; i < table->header->entry_count; i++) {
        const struct boot_entry *entry = &table->entries[i];
        uint64_t paddr = entry->kind == BOOT_ENTRY_KERNEL ? entry->paddr
                       : entry->kind == BOOT_ENTRY_DTB    ? plan->dtb.base
                                                          : plan->user.base;
        fprintf(out, "%-12s 0x%08" PRIx64 " %10" PRIu64 " 0x%016" PRIx64 " 0x%016" PRIx64 "\n",
                kinds[entry->kind], entry->offset, entry->memory_size, paddr, entry->vaddr);
    }
    fprintf(out, "kernel entry 0x%" PRIx64 ", user entry 0x%" PRIx64 ", user image %s\n",
            table->header->kernel_entry, table->header->user_entry,
            plan->is_user_in_place ? "used where it lies" : "copied");
}
