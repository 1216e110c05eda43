// SPDX-License-Identifier: BSD-2-Clause
// Deletion and revocation. Deleting the last cap of a CNode or TCB deletes the caps in it, one at a
// time: the cap turns into a zombie that counts down the slots that are left. Among those may be
// last caps of further CNodes and TCBs, to any depth and in circles, so the walk through them must
// need neither stack nor memory, and must be left (preempted) and taken up again after every step.
// It works on the slot that user level named, which always holds the zombie that is reduced next:
//
//   down  The last slot of zombie A holds the last cap of B. The three caps change places in a
//         ring: B's zombie goes to the named slot, A's zombie to B's first slot, what was there to
//         A's last slot.
//   up    The first slot is the only one left of zombie B, and a zombie is in it. That one goes to
//         the named slot; B is done.
//
// So the way back always stands in the first slots, which are reduced last. A preempted deletion
// leaves a zombie in the named slot, and the system call is simply made again. Where the named slot
// lies inside of what is deleted (only Revoke can get there), a zombie may stay behind in its own
// memory, where Revoke finds it as it finds every child.
#include <kernel/kernel.h>

static struct slot *zombie_slots(struct cap cap)
{
    return cap_pointer(cap);
}

/// Whether a finalised cap needs no more work: nothing remained of it, or a zombie without slots,
/// or one whose only slot is the one that it stands in.
static bool is_removable(struct cap cap, const struct slot *slot)
{
    if (cap_is_null(cap)) {
        return true;
    }
    ASSERT(cap_type(cap) == CAP_ZOMBIE);
    return zombie_left(cap) == 0 || (zombie_left(cap) == 1 && zombie_slots(cap) == slot);
}

enum status slot_wake_waiters(struct core *core, struct slot *slot)
{
    if (cap_type(slot->cap) == CAP_IRQ_HANDLER && slot_is_final(slot)) {
        slot = irq_notification_slot(slot->cap.words[1]);
    }
    if (cap_type(slot->cap) == CAP_ENDPOINT && slot_is_final(slot)) {
        struct endpoint *endpoint = cap_pointer(slot->cap);
        if (endpoint->head_state != 0) {
            cap_set_rights(&slot->cap, 0);
            return endpoint_cancel_all(core, endpoint);
        }
    } else if (cap_type(slot->cap) == CAP_NOTIFICATION && slot_is_final(slot)) {
        struct notification *notification = cap_pointer(slot->cap);
        if (notification->queue.head != NULL) {
            cap_set_rights(&slot->cap, 0);
            return notification_cancel_all(core, notification);
        }
    }
    return STATUS_OK;
}

/// Finalises the cap in a slot. STATUS_OK: the slot is empty now, or holds a zombie (`is_empty`).
static enum status finalise_slot(struct core *core, struct slot *slot, bool *is_empty)
{
    struct cap cleanup;

    *is_empty = cap_is_null(slot->cap);
    if (*is_empty) {
        return STATUS_OK;
    }
    const enum status status = slot_wake_waiters(core, slot);
    if (status != STATUS_OK) {
        return status;
    }
    const struct cap remainder = cap_finalise(core, slot->cap, slot_is_final(slot), false,
                                              &cleanup);
    if (!is_removable(remainder, slot)) {
        slot->cap = remainder;
        return STATUS_OK;
    }
    slot_unlink(slot);
    cap_post_delete(core, cleanup);
    *is_empty = true;
    return STATUS_OK;
}

static void swap(struct slot *slot1, struct slot *slot2)
{
    slot_swap(slot1->cap, slot1, slot2->cap, slot2);
}

/// Turns to the zombie in the last slot of the zombie in `slot`.
static void go_down(struct slot *slot, struct slot *last)
{
    struct slot *first = zombie_slots(last->cap);

    swap(slot, last);
    if (first != slot) {
        swap(last, first);
    }
}

/// One step: deals with the last slot of the zombie in `slot`.
static enum status reduce_zombie(struct core *core, struct slot *slot)
{
    struct slot *slots = zombie_slots(slot->cap);
    const word_t left = zombie_left(slot->cap);
    struct slot *last = &slots[left - 1];

    if (last == slot) {
        swap(slots, slot); // it stays behind, see above
    } else if (left == 1 && cap_type(last->cap) == CAP_ZOMBIE) {
        swap(slot, last);
        slot_unlink(last);
    } else {
        bool is_empty;
        const enum status status = finalise_slot(core, last, &is_empty);
        if (status != STATUS_OK) {
            return status;
        }
        if (is_empty) {
            // Finalising may have changed what is in `slot`'s neighbours, never the zombie itself.
            slot->cap.words[1] = left - 1;
        } else {
            go_down(slot, last);
        }
    }
    return preemption_point(core);
}

enum status slot_delete(struct core *core, struct slot *slot)
{
    bool is_empty;
    enum status status = finalise_slot(core, slot, &is_empty);

    while (status == STATUS_OK && !is_empty) {
        status = reduce_zombie(core, slot);
        if (status == STATUS_OK) {
            status = finalise_slot(core, slot, &is_empty);
        }
    }
    return status;
}

void slot_delete_simple(struct core *core, struct slot *slot)
{
    struct cap cleanup;

    if (cap_is_null(slot->cap)) {
        return;
    }
    const struct cap remainder = cap_finalise(core, slot->cap, slot_is_final(slot), true, &cleanup);
    ASSERT(cap_is_null(remainder) && cap_is_null(cleanup));
    slot_unlink(slot);
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
