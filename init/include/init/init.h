// SPDX-License-Identifier: BSD-2-Clause
// The initialiser: a fixed program that builds what system.bin describes. Every function that can
// fail returns false after it has printed what went wrong; nothing is started then.
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <abi/system_image.h>
#include <base/compiler.h>
#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INIT_PAGE 4096u
/// Untypeds of the boot info, and those that cover what lies before objects at fixed addresses.
#define INIT_MAX_UNTYPEDS (CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS + 512)

/// A checked system.bin. Everything is borrowed from the payload, which is only read (fills write
/// to its donated pages).
struct system {
    const struct system_image *header;
    const struct system_object *objects;
    const struct system_cap *caps;
    const struct system_page_table *page_tables;
    const struct system_mapping *mappings;
    const struct system_thread *threads;
    const struct system_vcpu *vcpus;
    const struct system_irq *irqs;
    const struct system_fill *fills;
    const struct system_domain_slot *schedule;
    const char *strings;
    uint8_t *pages; ///< donated pages
};

/// Untyped memory: everything from `used` on is free.
struct untyped {
    seL4_CPtr slot;
    uint64_t paddr;
    uint64_t used;
    uint8_t size_bits;
    bool is_device;
};

/// Random bytes for fills.
struct entropy {
    uint8_t key[32];
    uint64_t seed_size; ///< bytes of the boot loader's seeds; 0: none
};

struct init {
    const seL4_BootInfo *boot_info;
    const uint8_t *image_base; ///< own image: address of its first page
    uint8_t *scratch;          ///< page of the own image where frames are mapped to fill them
    bool is_scratch_free;      ///< its own frame is unmapped
    struct system system;
    struct entropy entropy;
    seL4_SlotPos next_slot;
    seL4_SlotPos end_slot;
    seL4_SlotPos temporary; ///< slot for caps that are deleted or moved at once
    seL4_CPtr asid_pool;
    size_t untyped_count;
    struct untyped untypeds[INIT_MAX_UNTYPEDS];
    uint32_t slots[SYSTEM_IMAGE_MAX_OBJECTS]; ///< of each object's cap; bit 31: used for a mapping
};

#define INIT_SLOT_MAPPED 0x80000000u

// --- report.c ---------------------------------------------------------------------------------

/// A line on the kernel's console, where the kernel has one.
void init_say(const char *format, ...) PRINTF_LIKE(1, 2);

/// "init: error: ..." and false.
bool init_error(const char *format, ...) PRINTF_LIKE(1, 2);

/// Whether a call on behalf of object `index` worked; else prints call, object, error and its
/// details. SYSTEM_IMAGE_NONE: no object.
bool init_check(const struct init *init, seL4_Error error, const char *call, uint32_t index);

/// Name of an object or thread; "?" when it has none.
const char *init_name(const struct system *system, uint32_t offset);
const char *init_object_name(const struct init *init, uint32_t index);
const char *init_type_name(unsigned type);

// --- system.c ---------------------------------------------------------------------------------

/// Check the system.bin at `payload`, of which `size` bytes are readable. All indices, offsets,
/// sizes and flags are right afterwards, so that no other code has to look at them again.
bool system_check(uint8_t *payload, uint64_t size, struct system *system);

// --- memory.c ---------------------------------------------------------------------------------

/// Take over the boot info's untypeds and empty slots. Keeps `boot_info`.
bool memory_init(struct init *init, const seL4_BootInfo *boot_info);

/// Next empty slot; 0 after a message when there is none.
seL4_SlotPos slot_new(struct init *init);

/// Bits of memory that an object takes, 0 for none.
unsigned object_bits(const struct system_object *object);

/// Make up to `count` objects like object `first`, at neighbouring slots from `slot` on and, for
/// objects at fixed addresses, at neighbouring addresses. Returns how many were made, 0 after an
/// error.
uint32_t memory_make(struct init *init, uint32_t first, uint32_t count, seL4_SlotPos slot);

/// An untyped of 2^bits bytes of RAM in slot `slot`.
bool memory_make_untyped(struct init *init, unsigned bits, seL4_SlotPos slot);

// --- objects.c --------------------------------------------------------------------------------

bool objects_create(struct init *init);
bool objects_install_caps(struct init *init);
bool objects_set_irqs(struct init *init);

/// Slot of an object's cap in the root CNode.
static inline seL4_CPtr object_slot(const struct init *init, uint32_t index)
{
    return init->slots[index] & ~INIT_SLOT_MAPPED;
}

// --- spaces.c ---------------------------------------------------------------------------------

/// ASIDs, page tables and mappings.
bool spaces_create(struct init *init);

// --- fill.c -----------------------------------------------------------------------------------

/// Find the seeds in the boot info's device tree.
void entropy_init(struct entropy *entropy, const seL4_BootInfo *boot_info);

/// `size` bytes of stream number `stream`: ChaCha20 (RFC 8439) with the entropy's key.
void entropy_bytes(const struct entropy *entropy, uint64_t stream, uint8_t *to, size_t size);

bool fills_write(struct init *init);

/// Chunk of extra boot info with an id, header included; NULL when there is none.
const seL4_BootInfoHeader *boot_info_chunk(const seL4_BootInfo *boot_info, seL4_Word id);

// --- threads.c --------------------------------------------------------------------------------

bool threads_create(struct init *init);
bool threads_start(struct init *init);

// --- main.c -----------------------------------------------------------------------------------

/// Build and start the system whose system.bin is at `payload`; `image_base` is the first page of
/// the own image, `scratch` one page of it that may be replaced.
bool init_build(struct init *init, const seL4_BootInfo *boot_info, uint8_t *image_base,
                uint8_t *payload, uint8_t *scratch);

#endif
