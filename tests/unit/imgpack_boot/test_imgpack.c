// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of imgpack: images from small ELF files, read back by the boot code's reader; plans
// for places in memory; damaged files and images.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <abi/system_image.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "imgpack.h"

#define RAM           0x40000000u
#define KERNEL        0x60000000u
#define KERNEL_OFFSET 0x8000000000u

/// One segment of a test ELF.
struct part {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t file_size;
    uint64_t memory_size;
    uint8_t byte;
};

static struct blob make_elf(const char *name, const struct part *parts, unsigned count,
                            uint64_t entry)
{
    struct blob blob = { .name = name };
    Elf64_Ehdr header = {
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_AARCH64,
        .e_entry = entry,
        .e_phoff = sizeof(header),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (uint16_t)count,
    };
    uint64_t offset = sizeof(header) + count * sizeof(Elf64_Phdr);

    assert_true(blob_resize(&blob, offset));
    memcpy(blob.data, &header, sizeof(header));
    for (unsigned i = 0; i < count; i++) {
        Elf64_Phdr program = {
            .p_type = PT_LOAD,
            .p_offset = offset,
            .p_vaddr = parts[i].vaddr,
            .p_paddr = parts[i].paddr,
            .p_filesz = parts[i].file_size,
            .p_memsz = parts[i].memory_size,
        };
        assert_true(blob_resize(&blob, offset + parts[i].file_size));
        memcpy(blob.data + sizeof(header) + i * sizeof(program), &program, sizeof(program));
        memset(blob.data + offset, parts[i].byte, parts[i].file_size);
        offset += parts[i].file_size;
    }
    return blob;
}

static struct blob make_boot(void)
{
    const struct part part = { 0, 0, 0x1800, 0x3000, 0 };
    const struct boot_platform platform = {
        .magic = BOOT_PLATFORM_MAGIC,
        .arch = BOOT_ARCH_AARCH64,
        .cores = 1,
        .ram_base = RAM,
        .ram_size = 0x80000000,
        .guest_base = RAM,
        .guest_size = 0x20000000,
        .name = "test-board",
    };
    struct blob boot = make_elf("boot", &part, 1, 0);
    uint8_t *code = boot.data + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);

    memcpy(code + 56, "ARM\x64", 4);
    memcpy(code + BOOT_PLATFORM_OFFSET, &platform, sizeof(platform));
    return boot;
}

static struct blob make_kernel(void)
{
    const struct part parts[] = {
        { KERNEL_OFFSET + KERNEL, KERNEL, 0x1234, 0x2000, 0x11 },
        { KERNEL_OFFSET + KERNEL + 0x2000, KERNEL + 0x2000, 0x10, 0x5000, 0x22 },
    };

    return make_elf("kernel", parts, 2, KERNEL_OFFSET + KERNEL + 8);
}

static struct blob make_init(void)
{
    const struct part parts[] = {
        { 0x402000, 0x402000, 0x10, 0x800, 0x44 },
        { 0x400000, 0x400000, 0x1001, 0x1001, 0x33 },
    };

    return make_elf("init", parts, 2, 0x400100);
}

static struct blob make_payload(void)
{
    struct blob payload = { .name = "payload" };
    const struct system_image header = {
        .magic = SYSTEM_IMAGE_MAGIC,
        .version = SYSTEM_IMAGE_VERSION,
        .page_offset = 4096,
        .page_count = 2,
    };

    assert_true(blob_resize(&payload, 3 * 4096));
    memset(payload.data, 0x55, payload.size);
    memcpy(payload.data, &header, sizeof(header));
    return payload;
}

static struct blob make_dtb(void)
{
    static const uint8_t header[] = { 0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 100 };
    struct blob dtb = { .name = "dtb" };

    assert_true(blob_resize(&dtb, 120));
    memcpy(dtb.data, header, sizeof(header));
    return dtb;
}

static struct parts make_parts(void)
{
    return (struct parts){
        .boot = make_boot(),
        .kernel = make_kernel(),
        .dtb = make_dtb(),
        .init = make_init(),
        .payload = make_payload(),
    };
}

static void release(struct parts *parts, struct blob *image)
{
    blob_release(&parts->boot);
    blob_release(&parts->kernel);
    blob_release(&parts->dtb);
    blob_release(&parts->init);
    blob_release(&parts->payload);
    blob_release(image);
}

static void round_trip(void **state)
{
    struct parts parts = make_parts();
    struct blob image = { .name = "image" };
    struct boot_table table;
    struct boot_plan plan;

    (void)state;
    assert_true(image_make(&parts, &image));
    assert_null(boot_table_check(image.data, image.size, 0x3000, BOOT_ARCH_AARCH64, &table));
    assert_int_equal(table.header->entry_count, 4);
    assert_int_equal(table.header->size, image.size);
    assert_true(table.header->kernel_entry == KERNEL_OFFSET + KERNEL + 8);
    assert_true(table.kernel_offset == KERNEL_OFFSET);
    assert_int_equal(table.kernel.base, KERNEL);
    assert_int_equal(table.kernel.size, 0x7000);
    assert_int_equal(table.dtb->file_size, 100);

    // Flat image of the initialiser (0x2800 bytes, three pages), then the payload.
    const struct boot_entry *user = table.user;
    assert_int_equal(user->vaddr, 0x400000);
    assert_int_equal(user->file_size, 6 * 4096);
    assert_int_equal(user->offset % 4096, 0);
    const uint8_t *bytes = image.data + user->offset;
    assert_int_equal(bytes[0x1000], 0x33);
    assert_int_equal(bytes[0x1001], 0);
    assert_int_equal(bytes[0x2000], 0x44);
    assert_int_equal(bytes[0x2010], 0);
    assert_memory_equal(bytes + 0x3000, parts.payload.data, parts.payload.size);
    const uint8_t *second = image.data + table.entries[1].offset;
    assert_int_equal(second[0], 0x22);
    assert_int_equal(table.entries[1].memory_size, 0x5000);

    // Header of an Image: offset from the RAM's start, size. Behind kernel and device tree.
    uint64_t offset;
    memcpy(&offset, image.data + 8, sizeof(offset));
    assert_int_equal(offset, 0x20200000);
    assert_true(image_check(&image, &table, &plan));
    assert_true(plan.is_user_in_place);
    assert_int_equal(plan.user.base, 0x60200000 + user->offset);
    assert_int_equal(plan.dtb.base, KERNEL + 0x7000);
    release(&parts, &image);
}

static void works_without_options(void **state)
{
    struct parts parts = make_parts();
    struct blob image = { .name = "image" };
    struct boot_table table;
    struct boot_plan plan;

    (void)state;
    blob_release(&parts.dtb);
    blob_release(&parts.payload);
    parts.dtb.name = NULL;
    parts.payload.name = NULL;
    assert_true(image_make(&parts, &image));
    assert_true(image_check(&image, &table, &plan));
    assert_null(table.dtb);
    assert_int_equal(plan.dtb.size, 0);
    assert_int_equal(table.user->file_size, 3 * 4096);
    release(&parts, &image);
}

static void plans_places(void **state)
{
    struct parts parts = make_parts();
    struct blob image = { .name = "image" };
    struct boot_table table;
    struct boot_plan plan;
    struct boot_platform platform;
    const struct boot_range none = { 0, 0 };

    (void)state;
    assert_true(image_make(&parts, &image));
    assert_true(image_check(&image, &table, &plan));
    memcpy(&platform, image.data + BOOT_PLATFORM_OFFSET, sizeof(platform));
    assert_int_equal(platform.code_size, 0x3000);

    // In the guests' part: copied behind the device tree.
    assert_null(boot_plan_make(&table, &platform, 0x40200000, none, &plan));
    assert_false(plan.is_user_in_place);
    assert_int_equal(plan.user.base, KERNEL + 0x8000);
    // The firmware's tree is in the way of both.
    const struct boot_range tree = { KERNEL + 0x7800, 0x100 };
    assert_null(boot_plan_make(&table, &platform, 0x40200000, tree, &plan));
    assert_int_equal(plan.dtb.base, KERNEL + 0x8000);
    assert_int_equal(plan.user.base, KERNEL + 0x9000);
    // The image itself is: the copy goes behind it. Not page aligned, so no use in place.
    uint64_t load = KERNEL + 0x7800;
    assert_null(boot_plan_make(&table, &platform, load, none, &plan));
    assert_false(plan.is_user_in_place);
    assert_true(plan.dtb.base >= load + image.size && plan.user.base > plan.dtb.base);
    // Below the kernel is fine for the image, but the user image belongs behind the kernel.
    assert_null(boot_plan_make(&table, &platform, KERNEL - 0x100000, none, &plan));
    assert_int_equal(plan.user.base, KERNEL + 0x8000);

    assert_non_null(boot_plan_make(&table, &platform, KERNEL + 0x1000, none, &plan));
    assert_non_null(boot_plan_make(&table, &platform, 0x30000000, none, &plan));
    assert_non_null(boot_plan_make(&table, &platform, 0xbffff000, none, &plan));
    platform.guest_base = KERNEL;
    assert_non_null(boot_plan_make(&table, &platform, 0x90000000, none, &plan));
    platform.guest_size = 0;
    platform.ram_size = KERNEL + 0x8000 - RAM;
    assert_non_null(boot_plan_make(&table, &platform, 0x40200000, none, &plan));
    platform.ram_size = KERNEL + 0x7000 - RAM;
    assert_non_null(boot_plan_make(&table, &platform, 0x40200000, none, &plan));
    release(&parts, &image);
}

static void rejects_bad_parts(void **state)
{
    struct parts parts = make_parts();
    struct blob image = { .name = "image" };
    struct blob *files[] = { &parts.boot, &parts.kernel, &parts.init, &parts.payload, &parts.dtb };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        for (size_t cut = 0; cut < 4; cut++) {
            size_t size = files[i]->size;
            files[i]->size = cut * (size / 4);
            assert_false(image_make(&parts, &image));
            blob_release(&image);
            files[i]->size = size;
        }
    }
    parts.load = RAM - 0x1000;
    assert_false(image_make(&parts, &image));
    blob_release(&image);
    parts.load = KERNEL;
    assert_false(image_make(&parts, &image));
    blob_release(&image);
    parts.load = 0xfffffffffffff000;
    assert_false(image_make(&parts, &image));
    release(&parts, &image);
}

static void rejects_bad_elf(void **state)
{
    const struct part overlapping[] = { { 0x1000, 0x1000, 4, 0x2000, 0 },
                                        { 0x2000, 0x2000, 4, 4, 0 } };
    const struct part wrapping[] = { { UINT64_MAX - 4, 0, 1, 16, 0 } };
    const struct part good[] = { { 0x1000, 0x1000, 4, 0x2000, 0 } };
    struct elf elf;

    (void)state;
    struct blob file = make_elf("overlapping", overlapping, 2, 0x1000);
    assert_false(elf_read(&file, &elf));
    blob_release(&file);
    file = make_elf("wrapping", wrapping, 1, 0);
    assert_false(elf_read(&file, &elf));
    blob_release(&file);
    file = make_elf("no entry", good, 1, 0x3000);
    assert_false(elf_read(&file, &elf));
    blob_release(&file);
    // Every byte of the headers, with values that hurt most.
    file = make_elf("damaged", good, 1, 0x1000);
    for (size_t at = 0; at < sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr); at++) {
        static const uint8_t values[] = { 0x00, 0xff, 0x7f, 0x80 };
        uint8_t before = file.data[at];
        for (size_t i = 0; i < sizeof(values); i++) {
            struct blob flat = { .name = "flat" };
            uint64_t base;
            file.data[at] = values[i];
            if (elf_read(&file, &elf)) {
                (void)elf_flatten(&file, &elf, &flat, &base);
                blob_release(&flat);
            }
        }
        file.data[at] = before;
    }
    blob_release(&file);
}

static void finds_damage_in_images(void **state)
{
    struct parts parts = make_parts();
    struct blob image = { .name = "image" };
    struct boot_table table;
    struct boot_plan plan;

    (void)state;
    assert_true(image_make(&parts, &image));
    assert_true(image_check(&image, &table, &plan));
    // Whatever of the table is changed is noticed, and so is every byte of the contents.
    size_t table_end = 0x3000 + sizeof(struct boot_image) + 4 * sizeof(struct boot_entry);
    for (size_t at = 0x3000; at < image.size; at += at < table_end ? 1 : 97) {
        bool is_padding = at >= table_end && at < table.entries[0].offset;
        for (uint32_t i = 0; i + 1 < table.header->entry_count; i++) {
            is_padding = is_padding
                      || (at >= table.entries[i].offset + ((table.entries[i].file_size + 63) & ~63u)
                          && at < table.entries[i + 1].offset);
        }
        if (is_padding) {
            continue;
        }
        struct boot_table other;
        image.data[at] ^= 0x10;
        assert_false(image_check(&image, &other, &plan));
        image.data[at] ^= 0x10;
    }
    for (size_t size = 0; size < image.size; size += 61) {
        assert_non_null(boot_table_check(image.data, size, 0x3000, BOOT_ARCH_AARCH64, &table));
    }
    assert_non_null(boot_table_check(image.data, image.size, 0x3001, BOOT_ARCH_AARCH64, &table));
    assert_non_null(
        boot_table_check(image.data, image.size, UINT64_MAX - 7, BOOT_ARCH_AARCH64, &table));
    assert_non_null(boot_table_check(image.data, image.size, 0x3000, 2, &table));
    release(&parts, &image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),      cmocka_unit_test(works_without_options),
        cmocka_unit_test(plans_places),    cmocka_unit_test(rejects_bad_parts),
        cmocka_unit_test(rejects_bad_elf), cmocka_unit_test(finds_damage_in_images),
    };

    return cmocka_run_group_tests_name("imgpack", tests, NULL, NULL);
}
