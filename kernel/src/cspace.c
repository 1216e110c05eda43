// SPDX-License-Identifier: BSD-2-Clause
// The derivation list. Every cap in the system is in one doubly linked list per origin, in
// pre-order of derivation: the caps derived from a cap follow it directly. No depth is stored;
// whether a cap is the child of another is a property of the two caps and of the flags of their
// slots:
//
//   revocable      the cap is an original (a new object, or the first copy with a badge): copies of
//                  the same object behind it are its children. Copies of a cap that is not
//                  revocable are its siblings.
//   first badged   the cap is an original, so it is never a child of a cap with the same badge.
#include <kernel/kernel.h>

#define SLOT_FLAGS ((word_t)(SLOT_REVOCABLE | SLOT_FIRST_BADGED))

static bool slot_has_flag(const struct slot *slot, word_t flag)
{
    return (slot->next & flag) != 0;
}

static void set_next(struct slot *slot, const struct slot *next)
{
    slot->next = (uintptr_t)next | (slot->next & SLOT_FLAGS);
}

static void set_links(struct slot *slot, const struct slot *previous, const struct slot *next,
                      word_t flags)
{
    slot->previous = (uintptr_t)previous;
    slot->next = (uintptr_t)next | flags;
}

/// Makes the neighbours of a slot point at it.
static void link_neighbours(struct slot *slot)
{
    struct slot *previous = slot_previous(slot);
    struct slot *next = slot_next(slot);
    if (previous != NULL) {
        set_next(previous, slot);
    }
    if (next != NULL) {
        next->previous = (uintptr_t)slot;
    }
}

static bool is_badged_type(struct cap cap)
{
    const enum cap_type type = cap_type(cap);
    return type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_SMC;
}

/// Whether a cap that is made from `source` is an original of its own.
static bool becomes_revocable(struct cap cap, struct cap source)
{
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        return true;
    case CAP_IRQ_HANDLER:
    case CAP_SGI_SIGNAL:
        return cap_type(source) == CAP_IRQ_CONTROL;
    default:
        return is_badged_type(cap) && cap_badge(cap) != cap_badge(source);
    }
}

/// Whether the cap in `child`, somewhere behind `parent` in the list, was derived from the one in
/// `parent`, provided that everything between them was.
static bool is_parent_of(const struct slot *parent, const struct slot *child)
{
    if (!slot_has_flag(parent, SLOT_REVOCABLE) || !cap_same_region(parent->cap, child->cap)) {
        return false;
    }
    if (is_badged_type(parent->cap) && cap_badge(parent->cap) != 0) {
        return cap_badge(parent->cap) == cap_badge(child->cap)
               && !slot_has_flag(child, SLOT_FIRST_BADGED);
    }
    return true;
}

void slot_insert(struct cap cap, struct slot *source, struct slot *target)
{
    const word_t flags = becomes_revocable(cap, source->cap) ? SLOT_FLAGS : 0;

    ASSERT(cap_is_null(target->cap) && target->previous == 0 && target->next == 0);
    if (cap_type(cap) == CAP_UNTYPED && cap_type(source->cap) == CAP_UNTYPED) {
        // Two caps must not hand out the same memory: the copied one counts as used up until its
        // copies are gone.
        untyped_set_free_index(&source->cap, BIT(untyped_size_bits(source->cap)), 0);
    }
    target->cap = cap;
    set_links(target, source, slot_next(source), flags);
    link_neighbours(target);
}

void slot_insert_child(struct cap cap, struct slot *parent, struct slot *target)
{
    ASSERT(cap_is_null(target->cap) && target->previous == 0 && target->next == 0);
    target->cap = cap;
    set_links(target, parent, slot_next(parent), SLOT_FLAGS);
    link_neighbours(target);
}

void slot_insert_first(struct cap cap, struct slot *target)
{
    ASSERT(cap_is_null(target->cap));
    target->cap = cap;
    set_links(target, NULL, NULL, SLOT_FLAGS);
}

void slot_move(struct cap cap, struct slot *source, struct slot *target)
{
    ASSERT(cap_is_null(target->cap) && target->previous == 0 && target->next == 0);
    *target = *source;
    target->cap = cap;
    source->cap = cap_null();
    set_links(source, NULL, NULL, 0);
    link_neighbours(target);
}

void slot_swap(struct cap cap1, struct slot *slot1, struct cap cap2, struct slot *slot2)
{
    const struct slot old1 = *slot1;

    // First what stood at slot1 goes to slot2, with slot2's neighbours remembered; where the slots
    // are neighbours, links to the other one turn into links to oneself and are put right below.
    const struct slot old2 = *slot2;
    slot1->cap = cap2;
    slot1->previous = old2.previous;
    slot1->next = old2.next;
    slot2->cap = cap1;
    slot2->previous = old1.previous;
    slot2->next = old1.next;
    if (slot_previous(&old2) == slot1) {
        slot1->previous = (uintptr_t)slot2;
        set_next(slot2, slot1);
    } else if (slot_previous(&old1) == slot2) {
        slot2->previous = (uintptr_t)slot1;
        set_next(slot1, slot2);
    }
    link_neighbours(slot1);
    link_neighbours(slot2);
}

void slot_unlink(struct slot *slot)
{
    struct slot *previous = slot_previous(slot);
    struct slot *next = slot_next(slot);

    if (previous != NULL) {
        set_next(previous, next);
    }
    if (next != NULL) {
        next->previous = (uintptr_t)previous;
        // When the first of a badge goes, its copies must not become children of a cap before it.
        next->next |= slot->next & SLOT_FIRST_BADGED;
    }
    slot->cap = cap_null();
    set_links(slot, NULL, NULL, 0);
}

bool slot_has_children(const struct slot *slot)
{
    const struct slot *next = slot_next(slot);
    return next != NULL && is_parent_of(slot, next);
}

bool slot_is_final(const struct slot *slot)
{
    const struct slot *previous = slot_previous(slot);
    const struct slot *next = slot_next(slot);
    return (previous == NULL || !cap_same_object(previous->cap, slot->cap))
           && (next == NULL || !cap_same_object(slot->cap, next->cap));
}
