// SPDX-License-Identifier: BSD-2-Clause
// Loads the guest's kernel, initial RAM disk and device tree from the file server into guest RAM.
// Every file has to fit, and none may overlap another: Linux would not notice before it crashes.
#include <base/checked.h>
#include <base/compiler.h>
#include <inflate/inflate.h>
#include <vmm/arch_if.h>
#include <vmm/files.h>
#include <vmm/log.h>

#include "images.h"

#define DTB_MAX_SIZE UINT64_C(0x200000) ///< Linux maps no more
#define DTB_ALIGNMENT 8u

struct file {
    const struct vm *vm;
    const char *what;
    const char *name;
    int handle;
    uint64_t size;
    uint64_t at; ///< next byte for the decompressor
};

static bool open_file(struct file *file)
{
    if (!files_open(file->name, &file->handle, &file->size)) {
        vm_log("%s: the file server has no file '%s' (%s)", file->vm->config->name, file->name,
               file->what);
        return false;
    }
    if (file->size == 0) {
        vm_log("%s: %s '%s' is empty", file->vm->config->name, file->what, file->name);
        files_close(file->handle);
        return false;
    }
    return true;
}

static bool file_problem(const struct file *file, const char *problem)
{
    vm_log("%s: %s '%s' can't be loaded: %s", file->vm->config->name, file->what, file->name,
           problem);
    return false;
}

/// The VMM's view of a range that a file is to fill, or NULL (and a log line).
static void *file_place(const struct file *file, uint64_t address, uint64_t size)
{
    void *view = vm_ram_view(file->vm, address, size);

    if (view == NULL) {
        vm_log("%s: %s '%s' needs RAM at 0x%llx..0x%llx, but the VM has 0x%llx..0x%llx",
               file->vm->config->name, file->what, file->name, (unsigned long long)address,
               (unsigned long long)(address + size), (unsigned long long)file->vm->config->ram_base,
               (unsigned long long)(file->vm->config->ram_base + file->vm->config->ram_size));
    }
    return view;
}

/// Writes an image back to memory: the guest starts with its caches off.
static bool clean(const struct vm *vm, const struct image_range *range)
{
    const void *view = vm_ram_view(vm, range->base, range->size);

    if ((vm->config->flags & VM_CONFIG_CLEAN_CACHE) == 0 || range->size == 0 || view == NULL
        || vm->config->vspace == VM_CONFIG_NO_CAP) {
        return true;
    }
    if (!kernel_clean_cache(vm->config->vspace, (uintptr_t)view, range->size)) {
        vm_log("%s: the cache over the %s can't be cleaned", vm->config->name, range->what);
        return false;
    }
    return true;
}

static bool load_file(const struct file *file, uint64_t address, struct image_range *range)
{
    void *view = file_place(file, address, file->size);

    if (view == NULL) {
        return false;
    }
    if (!files_read(file->handle, 0, view, file->size)) {
        return file_problem(file, "the file server can't read it");
    }
    *range = (struct image_range){ .what = file->what, .base = address, .size = file->size };
    return true;
}

static size_t read_compressed(void *context, uint8_t *to, size_t size)
{
    struct file *file = context;
    uint64_t count = file->size - file->at;

    if (count > size) {
        count = size;
    }
    if (count == 0 || !files_read(file->handle, file->at, to, count)) {
        return 0;
    }
    file->at += count;
    return (size_t)count;
}

static bool place_kernel(const struct file *file, const uint8_t *header, uint64_t size,
                         struct arch_image *image)
{
    const char *problem = arch_kernel_header(file->vm, header, size, image);

    if (problem != NULL) {
        return file_problem(file, problem);
    }
    return file_place(file, image->load, image->size > 0 ? image->size : 1) != NULL;
}

static bool load_gzip_kernel(struct file *file, struct arch_image *image)
{
    static struct inflate state;
    uint8_t header[ARCH_KERNEL_HEADER_SIZE] = { 0 };
    size_t written = 0;

    // Once for the header, which says where the rest goes.
    enum inflate_result result =
        inflate_gzip(&state, read_compressed, file, header, sizeof(header), &written);
    if (result != INFLATE_OK && result != INFLATE_FULL) {
        return file_problem(file, inflate_text(result));
    }
    if (!place_kernel(file, header, 0, image)) {
        return false;
    }
    const struct vm_config *config = file->vm->config;
    uint64_t room = config->ram_base + config->ram_size - image->load;
    file->at = 0;
    result = inflate_gzip(&state, read_compressed, file, vm_ram_view(file->vm, image->load, room),
                          (size_t)room, &written);
    if (result != INFLATE_OK) {
        return file_problem(file, inflate_text(result));
    }
    if (image->size < written) {
        image->size = written;
    }
    return true;
}

static bool load_open_kernel(struct file *file, struct arch_image *image)
{
    uint8_t header[ARCH_KERNEL_HEADER_SIZE] = { 0 };
    uint64_t front = file->size < sizeof(header) ? file->size : sizeof(header);

    if (!files_read(file->handle, 0, header, front)) {
        return file_problem(file, "the file server can't read it");
    }
    if (inflate_is_gzip(header, sizeof(header))) {
        return load_gzip_kernel(file, image);
    }
    struct image_range range;
    return place_kernel(file, header, file->size, image) && load_file(file, image->load, &range);
}

static bool load_kernel(const struct vm *vm, struct image_range *range, uint64_t *entry)
{
    struct file file = { .vm = vm, .what = "kernel", .name = vm->config->kernel_name };
    struct arch_image image;

    vm_log("Loading Kernel: '%s'", file.name);
    if (!open_file(&file)) {
        return false;
    }
    bool ok = load_open_kernel(&file, &image);
    files_close(file.handle);
    if (!ok) {
        return false;
    }
    *range = (struct image_range){ .what = "kernel", .base = image.load, .size = image.size };
    *entry = image.entry;
    return true;
}

static bool load_initrd(const struct vm *vm, struct image_range *range)
{
    struct file file = { .vm = vm, .what = "initial RAM disk", .name = vm->config->initrd_name };

    vm_log("Loading Initrd: '%s'", file.name);
    if (!open_file(&file)) {
        return false;
    }
    bool ok = load_file(&file, vm->config->initrd_addr, range);
    files_close(file.handle);
    return ok;
}

static bool load_dtb(struct vm *vm, struct image_range *range, const struct image_range *initrd)
{
    struct file file = { .vm = vm, .what = "device tree", .name = vm->config->dtb_name };

    if ((vm->config->flags & VM_CONFIG_GENERATE_DTB) != 0) {
        vm_log("Loading Generated DTB");
    } else {
        vm_log("Loading DTB: '%s'", file.name);
    }
    if (!open_file(&file)) {
        return false;
    }
    bool ok = false;
    if (file.size > DTB_MAX_SIZE) {
        (void)file_problem(&file, "it is larger than the 2 MiB that Linux takes");
    } else if (vm->config->dtb_addr % DTB_ALIGNMENT != 0) {
        (void)file_problem(&file, "its address is not a multiple of 8");
    } else {
        ok = load_file(&file, vm->config->dtb_addr, range);
    }
    files_close(file.handle);
    return ok && dtb_patch(vm, vm_ram_view(vm, range->base, range->size), range->size, initrd);
}

static bool wanted(const struct vm *vm, uint32_t flag, const char *name)
{
    return (vm->config->flags & flag) != 0 && name != NULL && name[0] != '\0';
}

static bool check_overlaps(const struct vm *vm, const struct image_range *ranges, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = i + 1; k < count; k++) {
            const struct image_range *a = &ranges[i];
            const struct image_range *b = &ranges[k];
            if (range_overlaps(a->base, a->size, b->base, b->size)) {
                vm_log("%s: the %s at 0x%llx (0x%llx bytes) overlaps "
                       "the %s at 0x%llx (0x%llx bytes)", vm->config->name,
                       a->what, (unsigned long long)a->base, (unsigned long long)a->size,
                       b->what, (unsigned long long)b->base, (unsigned long long)b->size);
                return false;
            }
        }
    }
    return true;
}

bool vm_load_images(struct vm *vm, struct vm_images *images)
{
    const struct vm_config *config = vm->config;
    struct image_range ranges[3] = { 0 };
    struct image_range *kernel = &ranges[0];
    struct image_range *initrd = &ranges[1];
    struct image_range *dtb = &ranges[2];

    *images = (struct vm_images){ .entry = 0 };
    if (config->kernel_name == NULL || config->kernel_name[0] == '\0') {
        vm_log("%s: no kernel is named", config->name);
        return false;
    }
    if (!load_kernel(vm, kernel, &images->entry)) {
        return false;
    }
    if (wanted(vm, VM_CONFIG_PROVIDE_INITRD, config->initrd_name) && !load_initrd(vm, initrd)) {
        return false;
    }
    if (wanted(vm, VM_CONFIG_PROVIDE_DTB | VM_CONFIG_GENERATE_DTB, config->dtb_name)) {
        if (!load_dtb(vm, dtb, initrd)) {
            return false;
        }
        images->dtb = dtb->base;
    }
    if (!check_overlaps(vm, ranges, ARRAY_COUNT(ranges))) {
        return false;
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        if (!clean(vm, &ranges[i])) {
            return false;
        }
    }
    return true;
}
