// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of loading a guest's images, of what is filled into its device tree, and of its
// restart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <abi/extensions.h>
#include <base/endian.h>

#include "../../../vmm/arch/arm/guest_regs.h"
#include "../../../vmm/core/images.h"
#include "mock.h"

#define IMAGE_FILE_SIZE 0x3000u
#define IMAGE_RAM_SIZE 0x5000u

static uint8_t kernel[IMAGE_FILE_SIZE];
static uint8_t initrd[0x1234];
static uint8_t dtb[512];
static uint8_t gzip[IMAGE_FILE_SIZE + 64];

/// An arm64 Image whose bytes after the header are a pattern.
static void make_kernel(uint64_t text_offset, uint64_t image_size)
{
    for (uint32_t i = 0; i < sizeof(kernel); i++) {
        kernel[i] = (uint8_t)(i * 31 + 7);
    }
    memset(kernel, 0, 64);
    store_le64(kernel + 8, text_offset);
    store_le64(kernel + 16, image_size);
    memcpy(kernel + 56, "ARM\x64", 4);
}

static uint32_t dtb_at;

static void put_word(uint32_t value)
{
    store_be32(dtb + dtb_at, value);
    dtb_at += 4;
}

static void put_property(uint32_t name, uint32_t length)
{
    put_word(3);
    put_word(length);
    put_word(name);
    memset(dtb + dtb_at, 0xee, length);
    dtb_at += (length + 3) & ~3u;
}

/// A tree with a /chosen node that has all properties that are filled in at boot.
static void make_dtb(void)
{
    static const char strings[] = "rng-seed\0kaslr-seed\0linux,initrd-start\0linux,initrd-end";

    memset(dtb, 0, sizeof(dtb));
    dtb_at = 56; // header and an empty reservation block
    put_word(1);
    put_word(0);
    put_word(1);
    memcpy(dtb + dtb_at, "chosen", 7);
    dtb_at += 8;
    put_property(0, 30);
    put_property(9, 8);
    put_property(20, 8);
    put_property(39, 4);
    put_word(2);
    put_word(2);
    put_word(9);
    const uint32_t header[10] = { 0xd00dfeed, dtb_at + sizeof(strings), 56, dtb_at, 40, 17, 16, 0,
                                  sizeof(strings), dtb_at - 56 };
    memcpy(dtb + dtb_at, strings, sizeof(strings));
    for (uint32_t i = 0; i < 10; i++) {
        store_be32(dtb + 4 * i, header[i]);
    }
}

static void begin(void)
{
    mock_init(1, ROOKERY_EXTENSION_VCPU_RESET);
    make_kernel(0, IMAGE_RAM_SIZE);
    make_dtb();
    memset(initrd, 0x5a, sizeof(initrd));
    mock->files[0] = (struct mock_file){ "linux", kernel, sizeof(kernel) };
    mock->files[1] = (struct mock_file){ "linux-dtb", dtb, sizeof(dtb) };
    mock->files[2] = (struct mock_file){ "linux-initrd", initrd, sizeof(initrd) };
    assert_true(vm_init(&mock->vm, &mock->config));
}

static void guest_starts_at_its_kernel_with_the_tree_in_x0(void **state)
{
    (void)state;
    begin();
    assert_true(vm_start(&mock->vm));
    const uint64_t *regs = mock->vcpus[0].regs;
    assert_int_equal(regs[REGS_PC], MOCK_RAM_BASE);
    assert_int_equal(regs[REGS_X0], mock->config.dtb_addr);
    assert_int_equal(regs[REGS_SPSR], 0x3c5);
    assert_memory_equal(mock->ram, kernel, sizeof(kernel));
    assert_memory_equal(mock->ram + 0x800000, initrd, sizeof(initrd));
    assert_true(mock_logged(
        "Loading Kernel: 'linux'\nLoading Initrd: 'linux-initrd'\nLoading DTB: 'linux-dtb'\n"));
    mock_free();
}

static void text_offset_and_entry_decide_the_place(void **state)
{
    (void)state;
    begin();
    make_kernel(0x80000, IMAGE_RAM_SIZE);
    assert_true(vm_start(&mock->vm));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE + 0x80000);
    assert_memory_equal(mock->ram + 0x80000, kernel, sizeof(kernel));
    mock->config.entry = MOCK_RAM_BASE + 0x400000;
    assert_true(vm_restart(&mock->vm));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE + 0x400000);
    mock->config.entry = VM_CONFIG_ENTRY_DEFAULT;
    make_kernel(0x1000, 0); // before Linux 3.17
    assert_true(vm_restart(&mock->vm));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE + 0x80000);
    memset(kernel, 0x11, sizeof(kernel)); // raw binary
    assert_true(vm_restart(&mock->vm));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE + 0x80000);
    mock_free();
}

/// Wraps `kernel` into a gzip file with one stored block.
static void make_gzip(void)
{
    uint32_t crc = 0xffffffff;
    uint8_t *at = gzip;

    memcpy(at, "\x1f\x8b\x08\x08\0\0\0\0\0\x03Image", 16);
    at += 16;
    *at++ = 1;
    store_le16(at, (uint16_t)sizeof(kernel));
    store_le16(at + 2, (uint16_t)~sizeof(kernel));
    memcpy(at + 4, kernel, sizeof(kernel));
    at += 4 + sizeof(kernel);
    for (uint32_t i = 0; i < sizeof(kernel); i++) {
        crc ^= kernel[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
        }
    }
    store_le32(at, ~crc);
    store_le32(at + 4, sizeof(kernel));
    mock->files[0] = (struct mock_file){ "linux", gzip, (uint64_t)(at + 8 - gzip) };
}

static void compressed_kernel_is_unpacked_in_place(void **state)
{
    (void)state;
    begin();
    make_kernel(0x80000, IMAGE_RAM_SIZE);
    make_gzip();
    assert_true(vm_start(&mock->vm));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE + 0x80000);
    assert_memory_equal(mock->ram + 0x80000, kernel, sizeof(kernel));
    gzip[5000] ^= 1;
    assert_false(vm_restart(&mock->vm));
    assert_true(mock_logged("checksum"));
    mock->files[0].size = 4000;
    assert_false(vm_restart(&mock->vm));
    assert_true(mock_logged("ends early"));
    mock_free();
}

static void tree_is_filled_in(void **state)
{
    const uint8_t *tree;
    uint8_t first[48];

    (void)state;
    begin();
    assert_true(vm_start(&mock->vm));
    tree = mock->ram + 0xf00000 + 56 + 20 + 12;
    memcpy(first, tree, 30);
    for (uint32_t i = 0; i < 30; i += 3) {
        assert_true(tree[i] != 0xee || tree[i + 1] != 0xee || tree[i + 2] != 0xee);
    }
    memcpy(first + 32, tree + 32 + 12, 8);
    assert_int_equal(load_be64(tree + 32 + 12 + 8 + 12), mock->config.initrd_addr);
    assert_int_equal(load_be32(tree + 32 + 12 + 8 + 12 + 8 + 12),
                     mock->config.initrd_addr + sizeof(initrd));
    // Seeds differ from each other and from start to start.
    assert_memory_not_equal(first, first + 32, 8);
    assert_true(vm_restart(&mock->vm));
    assert_memory_not_equal(tree, first, 30);
    assert_memory_not_equal(tree + 32 + 12, first + 32, 8);
    mock_free();
}

static bool in_tree(uint32_t pattern)
{
    for (uint32_t i = 56; i + 4 <= dtb_at; i += 4) {
        if (load_be32(mock->ram + 0xf00000 + i) == pattern) {
            return true;
        }
    }
    return false;
}

static void what_can_not_be_filled_is_taken_out(void **state)
{
    (void)state;
    begin();
    memset(mock->entropy, 0, 8);
    mock->config.flags &= ~(uint32_t)VM_CONFIG_PROVIDE_INITRD;
    assert_true(vm_start(&mock->vm));
    assert_false(in_tree(3)); // no property is left
    assert_false(in_tree(0xeeeeeeee));
    assert_true(in_tree(4));
    assert_false(mock_logged("Initrd"));
    mock_free();
}

static void absurd_entropy_count_reads_no_further_than_the_frame(void **state)
{
    (void)state;
    begin();
    memset(mock->entropy, 0xff, 8);
    assert_true(vm_start(&mock->vm));
    mock->config.entropy_size = 4;
    assert_true(vm_restart(&mock->vm));
    mock->config.entropy = NULL;
    assert_true(vm_restart(&mock->vm));
    mock_free();
}

static void missing_and_bad_files_are_named(void **state)
{
    (void)state;
    begin();
    mock->files[2].name = NULL;
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("no file 'linux-initrd'"));
    mock->files[2].name = "linux-initrd";
    mock->files[2].size = 0;
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("'linux-initrd' is empty"));
    mock->files[2].size = sizeof(initrd);
    mock->files[2].data = NULL;
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("can't read it"));
    mock->files[2].data = initrd;
    memset(dtb, 0, 4);
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("device tree 'linux-dtb' can't be used"));
    mock->config.kernel_name = "";
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("no kernel is named"));
    assert_int_equal(mock->vcpus[0].resumes, 0);
    mock_free();
}

static void foreign_kernel_formats_are_recognised(void **state)
{
    static const struct {
        const char *magic;
        uint32_t size;
        const char *message;
    } cases[] = {
        { "\177ELF", 4, "ELF" },
        { "\x27\x05\x19\x56", 4, "uImage" },
        { "MZ\0\0zimg", 8, "zboot" },
        { "\xd0\x0d\xfe\xed", 4, "device tree" },
    };

    (void)state;
    begin();
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(kernel, 0, 64);
        memcpy(kernel, cases[i].magic, cases[i].size);
        mock->log[0] = '\0';
        assert_false(vm_start(&mock->vm));
        assert_true(mock_logged(cases[i].message));
    }
    memset(kernel, 0, 64);
    store_le32(kernel + 36, 0x016f2818);
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("zImage"));
    make_kernel(0, IMAGE_RAM_SIZE);
    kernel[24] = 1;
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("big-endian"));
    mock_free();
}

static void images_must_fit_and_not_overlap(void **state)
{
    (void)state;
    begin();
    make_kernel(0, 0x800001);
    assert_false(vm_start(&mock->vm));
    assert_true(
        mock_logged("the kernel at 0x40000000 (0x800001 bytes) overlaps the initial RAM disk"));
    make_kernel(0, 0x800000);
    assert_true(vm_start(&mock->vm));
    make_kernel(0, MOCK_RAM_SIZE + 1);
    assert_false(vm_start(&mock->vm));
    assert_true(mock_logged("but the VM has 0x40000000..0x41000000"));
    make_kernel(UINT64_MAX - 4096, IMAGE_RAM_SIZE);
    assert_false(vm_start(&mock->vm));
    make_kernel(0, UINT64_MAX);
    assert_false(vm_start(&mock->vm));
    make_kernel(0, IMAGE_RAM_SIZE);
    mock->config.dtb_addr += 4;
    assert_false(vm_start(&mock->vm));
    mock->config.dtb_addr = MOCK_RAM_BASE + MOCK_RAM_SIZE - 8;
    assert_false(vm_start(&mock->vm));
    mock->config.dtb_addr = MOCK_RAM_BASE + 0xf00000;
    mock->config.initrd_addr = MOCK_RAM_BASE - 1;
    assert_false(vm_start(&mock->vm));
    mock_free();
}

static void guest_restarts_from_pristine_images(void **state)
{
    (void)state;
    begin();
    assert_true(vm_start(&mock->vm));
    memset(mock->ram, 0xff, MOCK_RAM_SIZE);
    mock_signal(1);
    mock->vcpus[0].lrs[0].active = true;
    mock->vcpus[0].regs[REGS_X0] = 0x84000009; // SYSTEM_RESET
    assert_false(mock_hvc(0));
    assert_int_equal(mock->vm.state, VM_RUNNING);
    assert_int_equal(mock->vm.boot_count, 2);
    assert_int_equal(mock->vcpus[0].resumes, 2);
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], MOCK_RAM_BASE);
    assert_memory_equal(mock->ram, kernel, sizeof(kernel));
    assert_memory_equal(mock->ram + 0x800000, initrd, sizeof(initrd));
    assert_true(mock->vcpus[0].binds > 0);
    assert_false(vgic_pending(&mock->vm.arch.gic, 0));
    assert_int_equal(mock->irq_acks[0], 0 + 1); // the device may interrupt the new guest
    assert_true(mock_logged("vm0: the guest reboots"));
    mock_free();
}

static void tables_of_another_version_are_refused(void **state)
{
    (void)state;
    begin();
    struct vm vm;
    struct vm_config good = mock->config;
    mock->config.version = 0;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->config.vcpu_count = 0;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->config.reply_count = 1;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->config.ram_base = UINT64_MAX - 4096;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->config.fault_badge = 0;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->irqs[0].badge = 3;
    assert_false(vm_init(&vm, &mock->config));
    mock->irqs[0].badge = 1;
    mock->irqs[0].intid = 999;
    assert_false(vm_init(&vm, &mock->config));
    mock->irqs[0].intid = 33;
    mock->config.gic.version = 1;
    assert_false(vm_init(&vm, &mock->config));
    mock->config = good;
    mock->extensions[1] = 8;
    assert_true(vm_init(&vm, &mock->config));
    assert_int_equal(vm.extensions, 0);
    mock_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guest_starts_at_its_kernel_with_the_tree_in_x0),
        cmocka_unit_test(text_offset_and_entry_decide_the_place),
        cmocka_unit_test(compressed_kernel_is_unpacked_in_place),
        cmocka_unit_test(tree_is_filled_in),
        cmocka_unit_test(what_can_not_be_filled_is_taken_out),
        cmocka_unit_test(absurd_entropy_count_reads_no_further_than_the_frame),
        cmocka_unit_test(missing_and_bad_files_are_named),
        cmocka_unit_test(foreign_kernel_formats_are_recognised),
        cmocka_unit_test(images_must_fit_and_not_overlap),
        cmocka_unit_test(guest_restarts_from_pristine_images),
        cmocka_unit_test(tables_of_another_version_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
