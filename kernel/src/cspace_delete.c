// SPDX-License-Identifier: BSD-2-Clause
// Deletion and revocation. Deleting the last cap of a CNode or TCB deletes the caps in it, one at a time:
// the cap turns into a zombie that counts down the slots that are left. CNodes can hold the last caps of
// each other (or of themselves), so a deletion may not recurse freely:
//
//   exposed      the deletion that user level asked for. It empties the slot, whatever it takes.
//   not exposed  deletion of the last slot of a zombie. When the cap there is the last one of another
//                CNode, its zombie is moved into that CNode's own first slot (where it hangs, reachable
//                by nobody), and what was in that slot is deleted next. So the depth stays at two, no
//                memory is needed, and every step leaves a consistent state behind: the operation can be
//                preempted at any time and is simply done again.
#include <kernel/kernel.h>

/// How the finalising of a slot ended.
struct finalised {
    bool removable;     ///< nothing is left: the slot may be emptied
    struct cap cleanup; ///< what to do after that (cap_post_delete)
};

static enum status delete_slot(struct core *core, struct slot *slot, bool exposed);

static struct slot *zombie_slots(struct cap cap)
{
    return cap_pointer(cap);
}

/// Whether a finalised cap needs no more work: nothing remained of it, or a zombie without slots, or one
/// whose only slot is where it hangs itself.
static bool is_removable(struct cap cap, const struct slot *slot)
{
    if (cap_is_null(cap)) {
        return true;
    }
    ASSERT(cap_type(cap) == CAP_ZOMBIE);
    return zombie_left(cap) == 0 || (zombie_left(cap) == 1 && zombie_slots(cap) == slot);
}

static void empty_slot(struct core *core, struct slot *slot, struct cap cleanup)
{
    if (!cap_is_null(slot->cap)) {
        slot_unlink(slot);
        cap_post_delete(core, cleanup);
    }
}

/// One step of an exposed deletion: deletes the last slot of the zombie in `slot`.
static enum status reduce_exposed(struct core *core, struct slot *slot)
{
    struct slot *slots = zombie_slots(slot->cap);
    const word_t left = zombie_left(slot->cap);
    const enum status status = delete_slot(core, &slots[left - 1], false);

    if (status != STATUS_OK) {
        return status;
    }
    // Meanwhile the zombie may have been swapped away from here (it hangs in its own CNode then, and
    // a zombie that hung in this slot's CNode came here), or it may have gone altogether.
    if (cap_type(slot->cap) == CAP_ZOMBIE && zombie_slots(slot->cap) == slots
        && zombie_left(slot->cap) == left) {
        ASSERT(cap_is_null(slots[left - 1].cap));
        slot->cap.words[1] = left - 1;
    }
    return STATUS_OK;
}

/// One step of a deletion that is not exposed: the zombie goes to its own first slot.
static void hang_zombie(struct slot *slot)
{
    struct slot *first = zombie_slots(slot->cap);

    ASSERT(first != slot);
    slot_swap(first->cap, first, slot->cap, slot);
}

/// Finalises the cap in a slot and everything that only it held. May be preempted; the slot then holds
/// what remains to be done.
static enum status finalise_slot(struct core *core, struct slot *slot, bool exposed, struct finalised *result)
{
    *result = (struct finalised){ .removable = true, .cleanup = cap_null() };
    while (!cap_is_null(slot->cap)) {
        struct cap cleanup = cap_null();
        const struct cap remainder = cap_finalise(core, slot->cap, slot_is_final(slot), false, &cleanup);
        if (is_removable(remainder, slot)) {
            result->cleanup = cleanup;
            return STATUS_OK;
        }
        slot->cap = remainder;
        if (exposed) {
            const enum status reduced = reduce_exposed(core, slot);
            if (reduced != STATUS_OK) {
                return reduced;
            }
        } else if (zombie_slots(remainder) == slot) {
            // It hangs in its own first slot already: whoever deletes that CNode takes care of it.
            result->removable = false;
            return STATUS_OK;
        } else {
            hang_zombie(slot);
        }
        const enum status status = preemption_point(core);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status delete_slot(struct core *core, struct slot *slot, bool exposed)
{
    struct finalised result;
    const enum status status = finalise_slot(core, slot, exposed, &result);

    if (status == STATUS_OK && (exposed || result.removable)) {
        empty_slot(core, slot, result.cleanup);
    }
    return status;
}

enum status slot_delete(struct core *core, struct slot *slot)
{
    return delete_slot(core, slot, true);
}

void slot_delete_simple(struct core *core, struct slot *slot)
{
    struct cap cleanup = cap_null();

    if (cap_is_null(slot->cap)) {
        return;
    }
    const struct cap remainder = cap_finalise(core, slot->cap, slot_is_final(slot), true, &cleanup);
    ASSERT(cap_is_null(remainder) && cap_is_null(cleanup));
    empty_slot(core, slot, cap_null());
}

enum status slot_revoke(struct core *core, struct slot *slot)
{
    while (slot_has_children(slot)) {
        enum status status = slot_delete(core, slot_next(slot));
        if (status != STATUS_OK) {
            return status;
        }
        status = preemption_point(core);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}
