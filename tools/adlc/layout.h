// SPDX-License-Identifier: BSD-2-Clause
// The last steps of the model: page tables for all mappings, the order in which the initialiser
// makes the objects, and the proof that they fit the board's memory.

#ifndef ADLC_LAYOUT_H
#define ADLC_LAYOUT_H

#include "model.h"

/// Size of an object in memory, 2^bits bytes; 0 for objects that take no untyped memory.
unsigned layout_object_bits(const struct model_object *object);

/// Create the page tables that the mappings need, upper levels first. Returns false after printing
/// an error when two mappings of a VSpace overlap or an address is out of range.
bool layout_page_tables(struct model *model);

/// Check that every cap lies in its CNode and that no slot is used twice, caps of mappings
/// included. Returns false after printing an error.
bool layout_check_slots(struct model *model);

/// Sort the objects for the initialiser: those at fixed addresses first, by address; then all
/// others that need memory by falling size; then the rest. All references follow.
void layout_sort(struct model *model);

/// End of the ordinary RAM that is free for objects at fixed addresses: the kernel takes what is
/// behind it for the root task.
uint64_t layout_ram_end(const struct platform *platform);

/// What besides the model takes memory and slots.
struct layout_reserve {
    uint64_t image_size;    ///< bytes of the initialiser's own memory image
    uint64_t payload_size;  ///< bytes of the payload
    uint64_t page_count;    ///< donated pages
};

struct layout_result {
    bool fits;
    const char *reason;      ///< when it does not
    uint32_t failed;         ///< object that found no memory, or MODEL_NONE
    uint64_t ram_total;      ///< bytes of ordinary RAM of the board
    uint64_t ram_kernel;     ///< kept by the kernel and its boot data
    uint64_t ram_image;      ///< user image: initialiser and payload
    uint64_t ram_objects;    ///< made from untyped
    uint64_t ram_free;       ///< left
    uint64_t guest_ram;      ///< of the part that is kept for guests: used
    uint64_t guest_ram_total;
    uint64_t slots_used;     ///< of the root CNode
    uint64_t slots_total;
};

/// Bound for the initialiser's memory image where nobody tells.
#define LAYOUT_IMAGE_SIZE 0x100000u

/// The fit of a model that is neither linked nor sorted. Of the programs only the heaps are counted,
/// and page tables are missing, so what does not fit here never will. The model stays as it is; when
/// it does not fit, the heaps are among its objects. `failed` is an index into the model.
void layout_fit_early(struct model *model, struct layout_result *result);

/// Simulate the initialiser's first fit on the untypeds that the kernel hands out. The model must
/// be sorted.
void layout_fit(const struct model *model, const struct layout_reserve *reserve,
                struct layout_result *result);

#endif
