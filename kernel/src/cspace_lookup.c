// SPDX-License-Identifier: BSD-2-Clause
// Finds slots: walks guarded page table style through CNodes (seL4 API, capability addressing).
#include <kernel/kernel.h>

/// Where a walk ended. `bits_left` of the address were not needed.
struct resolved {
    struct slot *slot;
    unsigned bits_left;
};

static enum status fail_guard(struct core *core, struct cap node, unsigned bits)
{
    core->lookup_failure = (struct lookup_failure){
        .type = seL4_GuardMismatch,
        .bits_left = bits,
        .guard_found = cnode_guard(node),
        .guard_bits = cnode_guard_size(node),
    };
    return STATUS_LOOKUP;
}

/// Walks from `node` with the low `bits` bits of `address`, until they are used up or a slot is
/// found that holds no CNode. Fills core->lookup_failure on failure.
static enum status resolve(struct core *core, struct cap node, word_t address, unsigned bits,
                           struct resolved *result)
{
    if (cap_type(node) != CAP_CNODE) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return STATUS_LOOKUP;
    }
    for (;;) {
        const unsigned radix = cnode_radix(node);
        const unsigned guard_size = cnode_guard_size(node);
        const unsigned level_bits = radix + guard_size;
        ASSERT(radix != 0 && level_bits <= seL4_WordBits);

        if (guard_size > bits) {
            return fail_guard(core, node, bits);
        }
        if (guard_size != 0) {
            // 0 < guard_size <= bits <= 64, and guard_size is below 64, so both shifts are defined.
            const word_t guard = (address >> (bits - guard_size)) & MASK(guard_size);
            if (guard != cnode_guard(node)) {
                return fail_guard(core, node, bits);
            }
        }
        if (level_bits > bits) {
            core->lookup_failure = (struct lookup_failure){
                .type = seL4_DepthMismatch, .bits_left = bits, .bits_found = level_bits,
            };
            return STATUS_LOOKUP;
        }
        bits -= level_bits;
        result->slot = (struct slot *)cap_pointer(node) + ((address >> bits) & MASK(radix));
        result->bits_left = bits;
        node = result->slot->cap;
        if (bits == 0 || cap_type(node) != CAP_CNODE) {
            return STATUS_OK;
        }
    }
}

enum status cspace_lookup_slot(struct core *core, struct tcb *tcb, word_t cptr, struct slot **slot)
{
    struct resolved result UNINITIALIZED;
    const enum status status = resolve(core, tcb->slots[TCB_SLOT_CSPACE].cap, cptr, seL4_WordBits,
                                       &result);
    if (status == STATUS_OK) {
        // Bits that a CSpace shallower than a word does not need are ignored here, as the API has
        // it.
        *slot = result.slot;
    }
    return status;
}

enum status cspace_lookup_target(struct core *core, struct cap root, word_t index, word_t depth,
                                 bool source, struct slot **slot)
{
    struct resolved result UNINITIALIZED;

    if (cap_type(root) != CAP_CNODE) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, source);
    }
    if (depth < 1 || depth > seL4_WordBits) {
        return error_range(core, 1, seL4_WordBits);
    }
    if (resolve(core, root, index, (unsigned)depth, &result) != STATUS_OK) {
        return error_failed_lookup(core, source);
    }
    if (result.bits_left != 0) {
        core->lookup_failure = (struct lookup_failure){
            .type = seL4_DepthMismatch, .bits_left = result.bits_left, .bits_found = 0,
        };
        return error_failed_lookup(core, source);
    }
    *slot = result.slot;
    return STATUS_OK;
}

enum status slot_require_empty(struct core *core, const struct slot *slot)
{
    if (!cap_is_null(slot->cap)) {
        return error_set(core, seL4_DeleteFirst);
    }
    return STATUS_OK;
}
