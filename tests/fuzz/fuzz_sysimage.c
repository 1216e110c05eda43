// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the initialiser with a system image of any contents: it is rejected, or built against the
// model of the kernel in tests/unit/init_build, without a read or write outside.
#include <stdlib.h>
#include <string.h>

#include "image_builder.h"
#include "kernel_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// A whole image of any bytes.
static void make_raw(struct builder *builder, const uint8_t *data, size_t size)
{
    builder_init(builder);
    builder_pack(builder, (size + INIT_PAGE - 1) / INIT_PAGE + 1);
    memcpy(builder->image + BUILDER_OWN_PAGES * INIT_PAGE, data, size);
}

/// A good image with some bytes changed: offset (2 bytes), value.
static void make_changed(struct builder *builder, const uint8_t *data, size_t size)
{
    builder_small_system(builder);
    for (; size >= 3; data += 3, size -= 3) {
        size_t at = (size_t)(data[0] | data[1] << 8) % builder->header.size;
        builder->image[BUILDER_OWN_PAGES * INIT_PAGE + at] = data[2];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct builder builder;
    static struct init init;
    struct system_image *header;

    if (size < 1) {
        return 0;
    }
    if (data[0] % 4 == 0) {
        make_raw(&builder, data + 1, size - 1);
    } else {
        make_changed(&builder, data + 1, size - 1);
    }
    header = (void *)(builder.image + BUILDER_OWN_PAGES * INIT_PAGE);
    header->magic = SYSTEM_IMAGE_MAGIC;
    header->version = SYSTEM_IMAGE_VERSION;
    header->arch = SYSTEM_ARCH_AARCH64;
    builder_seeds(&builder, "0123456789abcdef", 16);
    builder_boot(&builder);
    // Few slots, so that no input takes long; fills of large frames would write to fixed addresses.
    builder.boot_info->empty.end = builder.boot_info->empty.start + 2000;
    struct system system;
    if (system_check((uint8_t *)header, builder.image_size - BUILDER_OWN_PAGES * INIT_PAGE,
                     &system)) {
        for (uint32_t i = 0; i < system.header->fills.count; i++) {
            if (system.objects[system.fills[i].frame].size_bits != seL4_PageBits) {
                return 0;
            }
        }
    }
    (void)init_build(&init, builder.boot_info, builder.image, (uint8_t *)header,
                     builder.image + INIT_PAGE);
    return 0;
}
