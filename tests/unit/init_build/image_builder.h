// SPDX-License-Identifier: BSD-2-Clause
// Makes a user image for the initialiser's tests: own pages, system.bin, donated pages; and its
// boot info.
#ifndef IMAGE_BUILDER_H
#define IMAGE_BUILDER_H

#include <abi/system_image.h>
#include <init/init.h>

enum { BUILDER_ITEMS = 1200, BUILDER_OWN_PAGES = 2, BUILDER_BOOT_INFO_PAGES = 3 };

/// Tables of a system in the making, and the memory that they are put into.
struct builder {
    struct system_object objects[BUILDER_ITEMS];
    struct system_cap caps[BUILDER_ITEMS];
    struct system_page_table page_tables[BUILDER_ITEMS];
    struct system_mapping mappings[BUILDER_ITEMS];
    struct system_thread threads[16];
    struct system_vcpu vcpus[16];
    struct system_irq irqs[16];
    struct system_fill fills[16];
    struct system_domain_slot schedule[256];
    char strings[4096];
    struct system_image header; ///< counts of the tables; offsets are made by builder_pack()
    uint8_t *image;             ///< own pages, then the payload
    size_t image_size;
    seL4_BootInfo *boot_info; ///< with extra boot info behind it
};

/// Empty tables. Releases what a builder (zeroed at first) had.
void builder_init(struct builder *builder);
void builder_release(struct builder *builder);

uint32_t builder_name(struct builder *builder, const char *text);
uint32_t builder_object(struct builder *builder, const char *name, unsigned type,
                        unsigned size_bits, unsigned flags, uint64_t address);
struct system_cap *builder_cap(struct builder *builder, uint32_t cnode, uint32_t slot,
                               uint32_t object, uint32_t rights, uint64_t badge);
struct system_mapping *builder_map(struct builder *builder, uint32_t vspace, uint32_t frame,
                                   uint64_t vaddr, uint32_t flags);
uint32_t builder_page_table(struct builder *builder, uint32_t vspace, uint64_t vaddr);
struct system_thread *builder_thread(struct builder *builder, const char *name, uint32_t tcb,
                                     uint32_t cnode, uint32_t vspace);

/// Put the tables into an image with `page_count` donated pages; page n is filled with byte n + 1.
void builder_pack(struct builder *builder, uint64_t page_count);

/// Start the kernel model with the boot info of this image: device memory, and RAM.
void builder_boot(struct builder *builder);

/// Give the kernel a device tree with these seeds (size 0: none).
void builder_seeds(struct builder *builder, const void *seed, size_t size);

/// Objects of builder_small_system().
struct small_system {
    uint32_t guest, device, vspace, cnode, tcb, vcpu_tcb, vcpu, buffer, data, context, endpoint,
        notification, reply, irq, control, page, page2, smc;
};
extern struct small_system small_system;

/// A packed system with one native thread, one VCPU and one of everything that an object can be.
void builder_small_system(struct builder *builder);

#endif
