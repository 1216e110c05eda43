// SPDX-License-Identifier: BSD-2-Clause
// The steps of the initialiser, in order.
#include <init/init.h>

#include <base/bits.h>

bool init_build(struct init *init, const seL4_BootInfo *boot_info, uint8_t *image_base,
                uint8_t *payload, uint8_t *scratch)
{
    uint64_t frames = boot_info->userImageFrames.end - boot_info->userImageFrames.start;
    uint64_t own_size = (uint64_t)(payload - image_base);
    uint64_t image_size = frames * INIT_PAGE;

    init->image_base = image_base;
    init->scratch = scratch;
    init->is_scratch_free = false;
    if (boot_info->userImageFrames.start > boot_info->userImageFrames.end
        || image_size < own_size) {
        return init_error("the kernel's boot info makes no sense: %llu frames of the user image",
                          (unsigned long long)frames);
    }
    if (!system_check(payload, image_size - own_size, &init->system)
        || !memory_init(init, boot_info)) {
        return false;
    }
    entropy_init(&init->entropy, boot_info);
    if (!objects_create(init) || !objects_set_irqs(init) || !fills_write(init)
        || !spaces_create(init) || !objects_install_caps(init) || !threads_create(init)) {
        return false;
    }
    init_say(
        "%u objects, %u caps, %u mappings, %u threads; %llu seed bytes; %llu slots left",
        (unsigned)init->system.header->objects.count, (unsigned)init->system.header->caps.count,
        (unsigned)init->system.header->mappings.count, (unsigned)init->system.header->threads.count,
        (unsigned long long)init->entropy.seed_size,
        (unsigned long long)(init->end_slot - init->next_slot));
    return threads_start(init);
}
