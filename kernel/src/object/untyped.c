// SPDX-License-Identifier: BSD-2-Clause
// Retype: makes objects from untyped memory (seL4 API: Untyped_Retype). Memory of kernel objects
// and frames is zeroed first, a step at a time with looks for interrupts in between; how far that
// got is kept in the untyped cap, so a preempted call carries on where it stopped. Objects exist
// only after that.
#include <kernel/kernel.h>

/// Bytes that are cleared between two looks for interrupts; also the unit of the progress in the
/// cap.
#define CLEAR_STEP (UINT64_C(64) * 1024)

/// A checked Retype.
struct retype {
    word_t type;
    word_t user_size_bits;
    unsigned size_bits;
    struct slot *slots; ///< first of `count` empty slots
    word_t count;
    word_t free;  ///< offset of the first byte that nothing uses
    word_t start; ///< offset of the first object
    bool reset;   ///< the untyped has no children: its memory is used from the start again
};

/// Type and size. Checks in the order that decides which error a caller sees.
static enum status decode_object(struct core *core, struct invocation *invocation,
                                 struct retype *retype)
{
    const word_t type = invocation_word(core, invocation, 0);
    const word_t size = invocation_word(core, invocation, 1);

    if (type >= seL4_NonArchObjectTypeCount && arch_object_size_bits(type) == 0) {
        return error_invalid_argument(core, 0);
    }
    if (size >= seL4_WordBits) {
        return error_range(core, 0, seL4_MaxUntypedBits);
    }
    if ((type == seL4_CapTableObject && size + seL4_SlotBits > seL4_MaxUntypedBits)
        || ((type == seL4_UntypedObject || type == seL4_SchedContextObject)
            && size > seL4_MaxUntypedBits)) {
        return error_range(core, 0, seL4_MaxUntypedBits);
    }
    retype->type = type;
    retype->user_size_bits = size;
    retype->size_bits = object_size_bits(type, size);
    if (retype->size_bits == 0) {
        return error_invalid_argument(core, 1); // below the smallest of its type
    }
    return STATUS_OK;
}

/// The window of slots for the new caps.
static enum status decode_window(struct core *core, struct invocation *invocation,
                                 struct retype *retype)
{
    const word_t depth = invocation_word(core, invocation, 3);
    const word_t offset = invocation_word(core, invocation, 4);
    const word_t count = invocation_word(core, invocation, 5);
    struct cap node = invocation->extra[0]->cap;

    if (depth != 0) {
        struct slot *slot;
        const enum status status = cspace_lookup_target(core, node,
                                                        invocation_word(core, invocation, 2), depth,
                                                        false, &slot);
        if (status != STATUS_OK) {
            return status;
        }
        node = slot->cap;
    }
    if (cap_type(node) != CAP_CNODE) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_MissingCapability,
                                                        .bits_left = depth };
        return error_failed_lookup(core, false);
    }
    const word_t slots = BIT(cnode_radix(node));
    if (offset >= slots) {
        return error_range(core, 0, slots - 1);
    }
    if (count < 1 || count > CONFIG_RETYPE_FAN_OUT_LIMIT) {
        return error_range(core, 1, CONFIG_RETYPE_FAN_OUT_LIMIT);
    }
    if (count > slots - offset) {
        return error_range(core, 1, slots - offset);
    }
    retype->slots = (struct slot *)cap_pointer(node) + arch_safe_index(offset, slots);
    retype->count = count;
    for (word_t i = 0; i < count; i++) {
        const enum status status = slot_require_empty(core, &retype->slots[i]);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/// The place in the untyped's memory.
static enum status decode_memory(struct core *core, struct invocation *invocation,
                                 struct retype *retype)
{
    const struct cap cap = invocation->slot->cap;
    const word_t size = BIT(untyped_size_bits(cap));

    retype->reset = !slot_has_children(invocation->slot);
    retype->free = retype->reset ? 0 : untyped_free_index(cap);
    const word_t left = size - retype->free;
    if ((left >> retype->size_bits) < retype->count) {
        core->error = (struct error){ .code = seL4_NotEnoughMemory, .minimum = left };
        return STATUS_ERROR;
    }
    if (untyped_is_device(cap) && retype->type != seL4_UntypedObject
        && !arch_object_is_frame(retype->type)) {
        return error_invalid_argument(core, 1);
    }
    // An untyped is aligned to its size, so offsets align as addresses do.
    retype->start = ALIGN_UP(retype->free, retype->size_bits);
    return STATUS_OK;
}

/// Bytes from the free index that are known to be zero after a change of the free index to `free`.
static word_t cleared_after(struct cap cap, word_t free)
{
    const word_t old = untyped_free_index(cap);
    const word_t end = old + untyped_cleared(cap);
    return old <= free && free < end ? end - free : 0;
}

static void clear_range(struct cap cap, word_t start, word_t bytes)
{
    void *at = arch_phys_to_virt(cap_address(cap) + start);
    arch_clear_memory(at, bytes);
    arch_clean_memory(at, bytes);
}

/// Zeroes the memory of the new objects, as far as it is not known to be zero. What needs more than
/// one step begins at the free index (not at the first object), because that is what the progress
/// counts from.
static enum status clear_for_objects(struct core *core, struct cap *cap,
                                     const struct retype *retype)
{
    const word_t end = retype->start + (retype->count << retype->size_bits);
    const word_t zero_until = retype->free + untyped_cleared(*cap);

    if (end <= zero_until) {
        return STATUS_OK;
    }
    const word_t from = retype->start > zero_until ? retype->start : zero_until;
    if (end - from <= CLEAR_STEP) {
        clear_range(*cap, from, end - from);
        return STATUS_OK;
    }
    for (word_t at = zero_until; at < end;) {
        const word_t bytes = end - at < CLEAR_STEP ? end - at : CLEAR_STEP;
        clear_range(*cap, at, bytes);
        at += bytes;
        const word_t cleared = at - retype->free;
        if (cleared % CLEAR_STEP != 0) {
            break; // the last step, a shorter one
        }
        ASSERT(cleared < BIT(UNTYPED_CLEARED_BITS));
        untyped_set_free_index(cap, retype->free, cleared);
        const enum status status = preemption_step(core);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status invoke_retype(struct core *core, struct slot *slot, const struct retype *retype)
{
    const bool device = untyped_is_device(slot->cap);
    const paddr_t base = cap_address(slot->cap) + retype->start;
    const word_t end = retype->start + (retype->count << retype->size_bits);

    if (retype->reset && untyped_free_index(slot->cap) != 0) {
        untyped_set_free_index(&slot->cap, 0, 0);
    }
    if (!device && retype->type != seL4_UntypedObject) {
        const enum status status = clear_for_objects(core, &slot->cap, retype);
        if (status != STATUS_OK) {
            return status;
        }
    }
    untyped_set_free_index(&slot->cap, end, cleared_after(slot->cap, end));
    for (word_t i = 0; i < retype->count; i++) {
        const struct cap cap = object_create(core, retype->type, base + (i << retype->size_bits),
                                             retype->user_size_bits, device);
        slot_insert_child(cap, slot, &retype->slots[i]);
    }
    return STATUS_OK;
}

enum status untyped_decode(struct core *core, struct invocation *invocation)
{
    struct retype retype = { 0 };

    if (invocation->label != UntypedRetype) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 6 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    enum status status = decode_object(core, invocation, &retype);
    if (status == STATUS_OK) {
        status = decode_window(core, invocation, &retype);
    }
    if (status == STATUS_OK) {
        status = decode_memory(core, invocation, &retype);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return invoke_retype(core, invocation->slot, &retype);
}
