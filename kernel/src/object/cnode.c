// SPDX-License-Identifier: BSD-2-Clause
// Invocations on CNodes (seL4 API: CNode methods).
#include <kernel/kernel.h>

/// FailedLookup because a slot that should hold a cap is empty.
static enum status fail_missing(struct core *core, bool source, word_t depth)
{
    core->lookup_failure = (struct lookup_failure){ .type = seL4_MissingCapability,
                                                    .bits_left = depth };
    return error_failed_lookup(core, source);
}

/// The cap that Copy or Mint puts into the target: fewer rights, for Mint a badge or guard.
static enum status decode_derived(struct core *core, struct invocation *invocation,
                                  struct slot *source, struct cap *cap)
{
    const bool is_mint = invocation->label == CNodeMint;

    if (invocation->length < (is_mint ? 6 : 5)) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct cap masked = cap_mask_rights(source->cap, invocation_word(core, invocation, 4));
    if (is_mint) {
        masked = cap_update_data(false, invocation_word(core, invocation, 5), masked);
    }
    return cap_derive(core, source, masked, cap);
}

static void invoke_transfer(struct cap cap, struct slot *source, struct slot *target, bool is_move)
{
    if (is_move) {
        slot_move(cap, source, target);
    } else {
        slot_insert(cap, source, target);
    }
}

/// Copy, Mint, Move and Mutate.
static enum status decode_transfer(struct core *core, struct invocation *invocation,
                                   struct slot *target)
{
    const word_t label = invocation->label;
    const bool is_move = label == CNodeMove || label == CNodeMutate;
    struct slot *source;
    struct cap cap;

    if (invocation->length < 4 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t depth = invocation_word(core, invocation, 3);
    enum status status = slot_require_empty(core, target);
    if (status != STATUS_OK) {
        return status;
    }
    status = cspace_lookup_target(core, invocation->extra[0]->cap,
                                  invocation_word(core, invocation, 2), depth, true, &source);
    if (status != STATUS_OK) {
        return status;
    }
    if (cap_is_null(source->cap)) {
        return fail_missing(core, true, depth);
    }
    if (!is_move) {
        status = decode_derived(core, invocation, source, &cap);
        if (status != STATUS_OK) {
            return status;
        }
    } else if (label == CNodeMutate) {
        if (invocation->length < 5) {
            return error_set(core, seL4_TruncatedMessage);
        }
        cap = cap_update_data(true, invocation_word(core, invocation, 4), source->cap);
    } else {
        cap = source->cap;
    }
    if (cap_is_null(cap)) {
        return error_set(core, seL4_IllegalOperation);
    }
    invoke_transfer(cap, source, target, is_move);
    return STATUS_OK;
}

/// Puts the pivot's cap into the target and the source's into the pivot.
static void invoke_rotate(struct cap source_cap, struct slot *source, struct cap pivot_cap,
                          struct slot *pivot, struct slot *target)
{
    if (source == target) {
        slot_swap(source_cap, source, pivot_cap, pivot);
    } else {
        slot_move(pivot_cap, pivot, target);
        slot_move(source_cap, source, pivot);
    }
}

static enum status decode_rotate(struct core *core, struct invocation *invocation,
                                 struct slot *target)
{
    struct slot *source;
    struct slot *pivot;

    if (invocation->length < 8 || invocation->extra[0] == NULL || invocation->extra[1] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t pivot_data = invocation_word(core, invocation, 2);
    const word_t pivot_depth = invocation_word(core, invocation, 4);
    const word_t source_data = invocation_word(core, invocation, 5);
    const word_t source_depth = invocation_word(core, invocation, 7);
    enum status status = cspace_lookup_target(core, invocation->extra[1]->cap,
                                              invocation_word(core, invocation, 6), source_depth,
                                              true, &source);
    if (status != STATUS_OK) {
        return status;
    }
    status = cspace_lookup_target(core, invocation->extra[0]->cap,
                                  invocation_word(core, invocation, 3), pivot_depth, false, &pivot);
    if (status != STATUS_OK) {
        return status;
    }
    if (pivot == source || pivot == target) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (source != target) {
        status = slot_require_empty(core, target);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (cap_is_null(source->cap)) {
        return fail_missing(core, true, source_depth);
    }
    if (cap_is_null(pivot->cap)) {
        return fail_missing(core, false, pivot_depth);
    }
    const struct cap source_cap = cap_update_data(true, source_data, source->cap);
    const struct cap pivot_cap = cap_update_data(true, pivot_data, pivot->cap);
    if (cap_is_null(source_cap) || cap_is_null(pivot_cap)) {
        return error_set(core, seL4_IllegalOperation);
    }
    invoke_rotate(source_cap, source, pivot_cap, pivot, target);
    return STATUS_OK;
}

static enum status decode_cancel_badged_sends(struct core *core, struct cap cap)
{
    if (cap_type(cap) != CAP_ENDPOINT || cap_rights(cap) != RIGHTS_ALL) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (cap_badge(cap) == 0) {
        return STATUS_OK;
    }
    return endpoint_cancel_badged(core, cap_pointer(cap), cap_badge(cap));
}

enum status cnode_decode(struct core *core, struct invocation *invocation)
{
    const word_t label = invocation->label;
    struct slot *target;

    if (label < CNodeRevoke || label > CNodeRotate) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const enum status status = cspace_lookup_target(core, invocation->cap,
                                                    invocation_word(core, invocation, 0),
                                                    invocation_word(core, invocation, 1), false,
                                                    &target);
    if (status != STATUS_OK) {
        return status;
    }
    switch (label) {
    case CNodeRevoke:
        return slot_revoke(core, target);
    case CNodeDelete:
        return slot_delete(core, target);
    case CNodeCancelBadgedSends:
        return decode_cancel_badged_sends(core, target->cap);
    case CNodeRotate:
        return decode_rotate(core, invocation, target);
    default:
        return decode_transfer(core, invocation, target);
    }
}
