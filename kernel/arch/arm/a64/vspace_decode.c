// SPDX-License-Identifier: BSD-2-Clause
// Invocations on frames, page tables, VSpaces, ASID control and ASID pools (sel4-abi, AArch64
// invocations).
#include <arch/vspace.h>

struct frame_mapping {
    word_t asid;
    word_t vaddr;
    word_t *entry;
    word_t value;
};

/// Root of the VSpace cap in extra cap 0 and its ASID; else an error is set.
static enum status decode_vspace(struct core *core, const struct invocation *invocation,
                                 word_t **root, word_t *asid)
{
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->extra[0]->cap;
    if (cap_type(cap) != CAP_VSPACE || mapping_asid(cap) == 0) {
        return error_invalid_capability(core, 1);
    }
    *asid = mapping_asid(cap);
    *root = asid_root(*asid);
    if (*root == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    if (*root != cap_pointer(cap)) {
        return error_invalid_capability(core, 1);
    }
    return STATUS_OK;
}

static enum status missing_table(struct core *core, unsigned bits_left)
{
    core->lookup_failure = (struct lookup_failure){
        .type = seL4_MissingCapability,
        .bits_left = bits_left,
    };
    return error_failed_lookup(core, false);
}

// ---- frames -------------------------------------------------------------------------------------

static void frame_invoke_map(struct core *core, struct slot *slot,
                             const struct frame_mapping *mapping)
{
    slot->cap.words[1] = mapping_new(mapping->asid, mapping->vaddr);
    vspace_set(core, mapping->asid, mapping->vaddr, mapping->entry, mapping->value);
}

static enum status frame_decode_map(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 3) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->cap;
    unsigned size_bits = frame_size_bits(cap);
    word_t vaddr = invocation_word(core, invocation, 0);
    word_t rights = invocation_word(core, invocation, 1) & frame_rights(cap);
    word_t attributes = invocation_word(core, invocation, 2);
    struct frame_mapping mapping = { .vaddr = vaddr };
    word_t *root;

    enum status status = decode_vspace(core, invocation, &root, &mapping.asid);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_remap = mapping_asid(cap) != 0;
    if (is_remap) {
        if (mapping_asid(cap) != mapping.asid) {
            return error_invalid_capability(core, 1);
        }
        if (mapping_vaddr(cap) != vaddr) {
            return error_invalid_argument(core, 0);
        }
    } else if (vaddr > USER_TOP || MASK(size_bits) > USER_TOP - vaddr) {
        return error_invalid_argument(core, 0);
    }
    if (!IS_ALIGNED(vaddr, size_bits)) {
        return error_set(core, seL4_AlignmentError);
    }
    unsigned bits_left;
    mapping.entry = vspace_entry(root, vaddr, size_bits, &bits_left);
    if (mapping.entry == NULL) {
        // A larger block in the way is something to delete, not a table to add.
        unsigned found_bits;
        const word_t *found = vspace_walk(root, vaddr, &found_bits);
        return vspace_is_valid(*found) ? error_set(core, seL4_DeleteFirst)
                                       : missing_table(core, bits_left);
    }
    bool is_same = vspace_address(*mapping.entry) == cap_address(cap);
    if (vspace_is_valid(*mapping.entry)
        && (vspace_is_table(*mapping.entry, size_bits) || !is_remap || !is_same)) {
        return error_set(core, seL4_DeleteFirst);
    }
    mapping.value = vspace_leaf(cap_address(cap), size_bits, rights, attributes);
    frame_invoke_map(core, invocation->slot, &mapping);
    return STATUS_OK;
}

/// To drop what was written needs the right to write: without it the lines are written back too.
static enum cache_operation page_operation(word_t label, bool may_write)
{
    switch (label) {
    case ARMPageClean_Data:
    case ARMVSpaceClean_Data:
        return CACHE_CLEAN;
    case ARMPageInvalidate_Data:
    case ARMVSpaceInvalidate_Data:
        return may_write ? CACHE_INVALIDATE : CACHE_CLEAN_INVALIDATE;
    case ARMPageCleanInvalidate_Data:
    case ARMVSpaceCleanInvalidate_Data:
        return CACHE_CLEAN_INVALIDATE;
    default:
        return CACHE_UNIFY;
    }
}

/// Bytes between two looks for interrupts.
#define CACHE_STEP (UINT64_C(64) * 1024)

/// Applies a cache operation to memory at `at` that the caller named as `start`, its first message
/// word. What is done of a long operation is taken off that word, so that a preempted call goes on
/// where it stopped when it is made again.
static enum status cache_invoke(struct core *core, enum cache_operation operation, paddr_t at,
                                word_t start, word_t bytes)
{
    while (bytes > CACHE_STEP) {
        cache_operate(operation, at, CACHE_STEP);
        at += CACHE_STEP;
        start += CACHE_STEP;
        bytes -= CACHE_STEP;
        arch_set_register(core->current, REGISTER_MESSAGE_0, start);
        const enum status status = preemption_step(core);
        if (status != STATUS_OK) {
            return status;
        }
    }
    cache_operate(operation, at, bytes);
    return STATUS_OK;
}

static enum status frame_decode_cache(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->cap;
    word_t start = invocation_word(core, invocation, 0);
    word_t end = invocation_word(core, invocation, 1);
    if (mapping_asid(cap) == 0) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (asid_root(mapping_asid(cap)) == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    if (end <= start) {
        return error_invalid_argument(core, 1);
    }
    if (start >= BIT(frame_size_bits(cap)) || end > BIT(frame_size_bits(cap))) {
        return error_invalid_argument(core, 0);
    }
    return cache_invoke(core,
                        page_operation(invocation->label, (frame_rights(cap) & RIGHT_WRITE) != 0),
                        cap_address(cap) + start, start, end - start);
}

enum status frame_decode(struct core *core, struct invocation *invocation)
{
    switch (invocation->label) {
    case ARMPageMap:
        return frame_decode_map(core, invocation);
    case ARMPageUnmap:
        vspace_unmap_frame(core, invocation->cap);
        invocation->slot->cap.words[1] = 0;
        return STATUS_OK;
    case ARMPageClean_Data:
    case ARMPageInvalidate_Data:
    case ARMPageCleanInvalidate_Data:
    case ARMPageUnify_Instruction:
        return frame_decode_cache(core, invocation);
    case ARMPageGetAddress:
        invocation_reply_word(core, 0, cap_address(invocation->cap));
        invocation_reply_length(core, 1);
        return STATUS_OK;
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

// ---- page tables --------------------------------------------------------------------------------

static enum status page_table_decode_map(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap cap = invocation->cap;
    word_t vaddr = invocation_word(core, invocation, 0);
    word_t *root;
    word_t asid;

    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (page_table_is_mapped(cap)) {
        return error_invalid_capability(core, 0);
    }
    enum status status = decode_vspace(core, invocation, &root, &asid);
    if (status != STATUS_OK) {
        return status;
    }
    if (vaddr > USER_TOP) {
        return error_invalid_argument(core, 0);
    }
    unsigned size_bits;
    word_t *entry = vspace_walk(root, vaddr, &size_bits);
    if (size_bits == seL4_PageBits || vspace_is_valid(*entry)) {
        return error_set(core, seL4_DeleteFirst);
    }
    vaddr = ALIGN_DOWN(vaddr, size_bits);
    cap_set_field(&cap.words[0], 48, 1, 1);
    cap.words[1] = mapping_new(asid, vaddr);
    invocation->slot->cap = cap;
    vspace_set(core, asid, vaddr, entry, vspace_table(cap_pointer(cap)));
    return STATUS_OK;
}

enum status page_table_decode(struct core *core, struct invocation *invocation)
{
    struct cap cap = invocation->cap;
    switch (invocation->label) {
    case ARMPageTableMap:
        return page_table_decode_map(core, invocation);
    case ARMPageTableUnmap:
        // Copies of the cap would go on saying that it is mapped.
        if (!slot_is_final(invocation->slot)) {
            return error_set(core, seL4_RevokeFirst);
        }
        if (page_table_is_mapped(cap)) {
            vspace_unmap_table(core, cap);
            arch_clear_memory(cap_pointer(cap), BIT(seL4_PageTableBits));
        }
        cap_set_field(&cap.words[0], 48, 1, 0);
        cap.words[1] = 0;
        invocation->slot->cap = cap;
        return STATUS_OK;
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

// ---- VSpaces ------------------------------------------------------------------------------------

enum status vspace_decode(struct core *core, struct invocation *invocation)
{
    struct cap cap = invocation->cap;
    if (invocation->label < ARMVSpaceClean_Data || invocation->label > ARMVSpaceUnify_Instruction) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t start = invocation_word(core, invocation, 0);
    word_t end = invocation_word(core, invocation, 1);
    if (end <= start) {
        return error_invalid_argument(core, 1);
    }
    if (end > USER_TOP) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (mapping_asid(cap) == 0) {
        return error_invalid_capability(core, 0);
    }
    word_t *root = asid_root(mapping_asid(cap));
    if (root == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    if (root != cap_pointer(cap)) {
        return error_invalid_capability(core, 0);
    }
    unsigned size_bits;
    word_t entry = *vspace_walk(root, start, &size_bits);
    if (!vspace_is_valid(entry)) {
        return STATUS_OK;
    }
    word_t page = ALIGN_DOWN(start, size_bits);
    if (end - 1 - page > MASK(size_bits)) {
        return error_range(core, start, page + MASK(size_bits));
    }
    return cache_invoke(core, page_operation(invocation->label, vspace_is_writable(entry)),
                        vspace_address(entry) + (start - page), start, end - start);
}

// ---- ASIDs --------------------------------------------------------------------------------------

enum status asid_control_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label != ARMASIDControlMakePool) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 2 || invocation->extra[0] == NULL || invocation->extra[1] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    int number = asid_free_pool();
    if (number < 0) {
        return error_set(core, seL4_DeleteFirst);
    }
    struct slot *parent = invocation->extra[0];
    struct cap untyped = parent->cap;
    if (cap_type(untyped) != CAP_UNTYPED || untyped_size_bits(untyped) != seL4_ASIDPoolBits
        || untyped_is_device(untyped)) {
        return error_invalid_capability(core, 1);
    }
    if (slot_has_children(parent)) {
        return error_set(core, seL4_RevokeFirst);
    }
    struct slot *target;
    enum status status =
        cspace_lookup_target(core, invocation->extra[1]->cap, invocation_word(core, invocation, 0),
                             invocation_word(core, invocation, 1) & 0xff, false, &target);
    if (status == STATUS_OK) {
        status = slot_require_empty(core, target);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct asid_pool *pool = arch_phys_to_virt(cap_address(untyped));
    struct cap cap = cap_new(CAP_ASID_POOL, (uintptr_t)pool);
    cap.words[1] = (word_t)number << seL4_ASIDPoolIndexBits;
    untyped_set_free_index(&parent->cap, BIT(seL4_ASIDPoolBits), 0);
    arch_clear_memory(pool, BIT(seL4_ASIDPoolBits));
    slot_insert_child(cap, parent, target);
    asid_add_pool((unsigned)number, pool);
    return STATUS_OK;
}

enum status asid_pool_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label != ARMASIDPoolAssign) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct slot *slot = invocation->extra[0];
    struct asid_pool *pool = cap_pointer(invocation->cap);
    word_t first = invocation->cap.words[1];
    if (cap_type(slot->cap) != CAP_VSPACE || mapping_asid(slot->cap) != 0) {
        return error_invalid_capability(core, 1);
    }
    if (asid_pool_at(first) != pool) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    word_t asid = asid_find_free(pool, first);
    if (asid == 0) {
        return error_set(core, seL4_DeleteFirst);
    }
    slot->cap.words[1] = asid;
    asid_assign(asid, cap_pointer(slot->cap));
    return STATUS_OK;
}
