// SPDX-License-Identifier: BSD-2-Clause
// The header of an arm64 kernel image (Linux, Documentation/arm64/booting.rst) and the formats that
// are recognised in order to say why they don't work.
#include <string.h>

#include "arm.h"

#define IMAGE_MAGIC UINT32_C(0x644d5241) ///< "ARM\x64"
#define IMAGE_MAGIC_OFFSET 56u
#define IMAGE_TEXT_OFFSET 8u
#define IMAGE_SIZE_OFFSET 16u
#define IMAGE_FLAGS_OFFSET 24u
#define IMAGE_FLAG_BIG_ENDIAN 1u
#define IMAGE_OLD_TEXT_OFFSET UINT64_C(0x80000) ///< before Linux 3.17, marked by a size of 0
#define LOAD_ALIGNMENT UINT64_C(0x200000)

static uint64_t read_le(const uint8_t *bytes, uint32_t count)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < count; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

/// Formats that other boot loaders take.
static const char *foreign_format(const uint8_t *header)
{
    if (memcmp(header, "\177ELF", 4) == 0) {
        return "it is an ELF file: give the arm64 Image (arch/arm64/boot/Image), plain or gzip'd";
    }
    if (memcmp(header, "\x27\x05\x19\x56", 4) == 0) {
        return "it is a U-Boot uImage: give the arm64 Image inside";
    }
    if (memcmp(header, "MZ\0\0zimg", 8) == 0) {
        return "it is an EFI zboot image: give the arm64 Image inside";
    }
    if (read_le(&header[36], 4) == 0x016f2818) {
        return "it is a 32-bit ARM zImage, and this VM is AArch64";
    }
    if (memcmp(header, "\xd0\x0d\xfe\xed", 4) == 0) {
        return "it is a device tree";
    }
    return NULL;
}

const char *arch_kernel_header(const struct vm *vm, const uint8_t header[ARCH_KERNEL_HEADER_SIZE],
                               uint64_t file_size, struct arch_image *image)
{
    const struct vm_config *config = vm->config;
    bool fixed = config->entry != VM_CONFIG_ENTRY_DEFAULT;

    if (read_le(&header[IMAGE_MAGIC_OFFSET], 4) != IMAGE_MAGIC) {
        const char *problem = foreign_format(header);
        if (problem != NULL) {
            return problem;
        }
        // Anything else is a raw binary that starts with its first instruction.
        image->load = fixed ? config->entry : config->ram_base + IMAGE_OLD_TEXT_OFFSET;
        image->entry = image->load;
        image->size = file_size;
        return NULL;
    }

    uint64_t text_offset = read_le(&header[IMAGE_TEXT_OFFSET], 8);
    uint64_t size = read_le(&header[IMAGE_SIZE_OFFSET], 8);
    if (size == 0) {
        text_offset = IMAGE_OLD_TEXT_OFFSET;
    } else if ((read_le(&header[IMAGE_FLAGS_OFFSET], 8) & IMAGE_FLAG_BIG_ENDIAN) != 0) {
        return "it is big-endian";
    }
    if (text_offset >= config->ram_size) {
        return "its header asks for an offset outside of RAM";
    }
    uint64_t base = (config->ram_base + LOAD_ALIGNMENT - 1) & ~(LOAD_ALIGNMENT - 1);
    image->load = fixed ? config->entry : base + text_offset;
    image->entry = image->load;
    image->size = size > file_size ? size : file_size;
    return NULL;
}
