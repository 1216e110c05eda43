// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the initialiser offer each other. All of its state is in one structure; it runs once,
// on one thread.
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <abi/system_image.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/sel4.h>

#define INIT_MAX_OBJECTS 65536u ///< objects of one system, donated frames not counted
#define INIT_PAGE_SIZE UINT64_C(4096)

/// An untyped of the boot info and how much of it is used.
struct init_untyped {
    seL4_CPtr slot;
    uint64_t paddr;
    uint64_t used; ///< bytes from the start
    uint8_t size_bits;
    bool device;
};

struct init {
    const seL4_BootInfo *boot_info;
    const struct system_image *image; ///< start of the payload; checked
    const struct system_object *objects;
    const struct system_cap *caps;
    const struct system_page_table *page_tables;
    const struct system_mapping *mappings;
    const struct system_thread *threads;
    const struct system_vcpu *vcpus;
    const struct system_irq *irqs;
    const struct system_fill *fills;
    const char *strings;
    uint64_t payload_page; ///< number of the payload's first page in the user image
    seL4_CPtr next_slot;   ///< first free slot of the root CNode
    uint32_t untyped_count;
    struct init_untyped untypeds[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];
    /// Slot of each object's cap in the root CNode; donated frames are in slots of the boot info instead.
    uint32_t slots[INIT_MAX_OBJECTS];
    /// Whether the cap in that slot was used up by a mapping or a move.
    uint8_t used[INIT_MAX_OBJECTS];
};

// main.c

/// Prints the message and stops. Used for damaged images.
__attribute__((noreturn, format(printf, 1, 2))) void init_fail(const char *format, ...);
/// Stops with a message when a call on an object failed: which call, which object, which error.
void init_check(const struct init *init, seL4_Error error, const char *call, uint32_t object);
__attribute__((format(printf, 1, 2))) void init_print(const char *format, ...);
/// A free slot of the root CNode.
seL4_CPtr init_new_slot(struct init *init);
/// A run of free slots.
seL4_CPtr init_new_slots(struct init *init, uint32_t count);

// image.c

/// Checks the payload at `payload` (of which `available` bytes are mapped) and fills in the tables. Returns
/// NULL, or what is wrong with it.
const char *image_open(struct init *init, const void *payload, uint64_t available);
/// Name of an object, for messages.
const char *image_name(const struct init *init, uint32_t object);

// objects.c

/// Creates every object of the image.
void objects_create(struct init *init);
/// The slot of an object's first cap.
seL4_CPtr object_slot(const struct init *init, uint32_t object);
/// A new cap to an object in a slot of the root CNode, with rights and badge (0: none).
seL4_CPtr object_copy(struct init *init, uint32_t object, seL4_Word rights, seL4_Word badge);

// system.c

void system_map(struct init *init);
void system_install_caps(struct init *init);
void system_configure_threads(struct init *init);
void system_bind_irqs(struct init *init);
void system_start(struct init *init);

// fill.c

void fill_frames(struct init *init);

#endif
