// SPDX-License-Identifier: BSD-2-Clause
// The invariants of the capability system: slots and derivation lists, untyped memory. It collects
// all slots by walking lists and CNodes, then looks at each list as the tree that it stands for.
// Objects and queues are checked in kernel_check_objects.c.
#include "kernel_check.h"
#include "kernel_check_objects.h"
#include <arch/host.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS_MAX = 1 << 14, TABLE_SIZE = 1 << 16, PAIRS_MAX = 600 };

/// All slots with caps, list after list, each list from its head.
static struct {
    const struct slot *slot[SLOTS_MAX];
    unsigned list_end[SLOTS_MAX]; ///< of slot i's list: index after its last slot
    unsigned run_end[SLOTS_MAX];  ///< index after the last descendant of slot i
    unsigned count;
} found;

/// Open hash table of visited slots. A generation number saves clearing it.
static struct {
    const struct slot *slot[TABLE_SIZE];
    unsigned generation[TABLE_SIZE];
    unsigned current;
} visited;

/// Arrays of slots that are still to be looked at.
static struct {
    const struct slot *slots[SLOTS_MAX];
    word_t count[SLOTS_MAX];
    unsigned length;
} work;

void check_failed(const char *what, const void *object, unsigned line)
{
    (void)fprintf(stderr, "kernel_check: %s (%p, line %u)\n", what, object, line);
    abort();
}

/// Place of a slot in the table: where it is, or where it would go.
static unsigned table_place(const struct slot *slot)
{
    unsigned i = (unsigned)(((uintptr_t)slot >> seL4_SlotBits) * 2654435761u) % TABLE_SIZE;

    while (visited.generation[i] == visited.current && visited.slot[i] != slot) {
        i = (i + 1) % TABLE_SIZE;
    }
    return i;
}

static bool is_visited(const struct slot *slot)
{
    return visited.generation[table_place(slot)] == visited.current;
}

static void visit(const struct slot *slot)
{
    const unsigned i = table_place(slot);
    visited.slot[i] = slot;
    visited.generation[i] = visited.current;
}

static void add_work(const struct slot *slots, word_t count)
{
    CHECK(work.length < SLOTS_MAX, slots);
    work.slots[work.length] = slots;
    work.count[work.length] = count;
    work.length++;
}

/// The slots inside of the object behind a cap.
static void add_contents(const struct slot *slot)
{
    const struct cap cap = slot->cap;
    const struct tcb *tcb;

    switch (cap_type(cap)) {
    case CAP_CNODE:
        add_work(cap_pointer(cap), BIT(cnode_radix(cap)));
        break;
    case CAP_ZOMBIE:
        CHECK(zombie_left(cap) <= BIT(zombie_radix(cap)), slot);
        add_work(cap_pointer(cap),
                 zombie_is_tcb(cap) ? (word_t)TCB_SLOT_COUNT : BIT(zombie_radix(cap)));
        break;
    case CAP_THREAD:
        tcb = cap_pointer(cap);
        add_work(tcb->slots, TCB_SLOT_COUNT);
        break;
    default:
        break;
    }
}

static void check_links(const struct slot *slot)
{
    const struct slot *next = slot_next(slot);
    const struct slot *previous = slot_previous(slot);

    CHECK(((uintptr_t)slot & MASK(seL4_SlotBits)) == 0, slot);
    CHECK(next == NULL || slot_previous(next) == slot, slot);
    CHECK(previous == NULL || slot_next(previous) == slot, slot);
    CHECK(next != slot && previous != slot, slot);
}

/// Records the whole list that a slot is in.
static void collect_list(const struct slot *slot)
{
    unsigned steps = 0;
    while (slot_previous(slot) != NULL) {
        check_links(slot);
        slot = slot_previous(slot);
        CHECK(++steps < SLOTS_MAX, slot);
    }
    const unsigned start = found.count;
    for (; slot != NULL; slot = slot_next(slot)) {
        CHECK(!cap_is_null(slot->cap), slot);
        CHECK(!is_visited(slot), slot); // otherwise the list is circular
        visit(slot);
        check_links(slot);
        CHECK(found.count < SLOTS_MAX, slot);
        found.slot[found.count++] = slot;
        add_contents(slot);
    }
    for (unsigned i = start; i < found.count; i++) {
        found.list_end[i] = found.count;
    }
}

static void collect(void)
{
    while (work.length > 0) {
        work.length--;
        const struct slot *slots = work.slots[work.length];
        const word_t count = work.count[work.length];
        for (word_t i = 0; i < count; i++) {
            const struct slot *slot = &slots[i];
            if (cap_is_null(slot->cap)) {
                CHECK(slot->next == 0 && slot->previous == 0, slot);
                continue;
            }
            if (!is_visited(slot)) {
                collect_list(slot);
            }
        }
    }
}

/// Badged caps: several families of one badge may follow each other, each behind its first cap.
static bool has_badge(struct cap cap)
{
    const enum cap_type type = cap_type(cap);
    return (type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_SMC)
           && cap_badge(cap) != 0;
}

/// Derivation as the interface describes it, written down independently of the kernel's own.
static bool is_parent(const struct slot *parent, const struct slot *child)
{
    const struct cap cap = parent->cap;

    if ((parent->next & SLOT_REVOCABLE) == 0 || !cap_same_region(cap, child->cap)) {
        return false;
    }
    if (has_badge(cap)) {
        return cap_badge(child->cap) == cap_badge(cap) && (child->next & SLOT_FIRST_BADGED) == 0;
    }
    return true;
}

/// Computes which slots descend from which, and that nothing behind a family belongs to it.
static void check_tree(unsigned start, unsigned end)
{
    for (unsigned i = start; i < end; i++) {
        unsigned j = i + 1;
        while (j < end && is_parent(found.slot[i], found.slot[j])) {
            j++;
        }
        found.run_end[i] = j;
    }
    if (end - start > PAIRS_MAX) {
        return;
    }
    for (unsigned i = start; i < end; i++) {
        for (unsigned j = found.run_end[i]; j < end && !has_badge(found.slot[i]->cap); j++) {
            CHECK(!is_parent(found.slot[i], found.slot[j]), found.slot[j]);
        }
        // Families nest: whoever begins inside of another ends inside of it.
        for (unsigned j = i + 1; j < found.run_end[i]; j++) {
            CHECK(found.run_end[j] <= found.run_end[i], found.slot[j]);
        }
        // All caps of one object stand together, or the last one would not be seen to be the last.
        for (unsigned j = i + 2; j < end; j++) {
            CHECK(!cap_same_object(found.slot[i]->cap, found.slot[j]->cap)
                  || cap_same_object(found.slot[j - 1]->cap, found.slot[j]->cap), found.slot[j]);
        }
    }
}

// ---- memory ------------------------------------------------------------------------------------

/// Memory of a cap's object; false when it has none.
static bool cap_range(struct cap cap, paddr_t *base, word_t *bytes)
{
    unsigned bits;

    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        *base = cap_address(cap);
        *bytes = BIT(untyped_size_bits(cap));
        return true;
    case CAP_THREAD:
        bits = seL4_TCBBits;
        break;
    case CAP_CNODE:
        bits = cnode_radix(cap) + seL4_SlotBits;
        break;
    case CAP_ZOMBIE:
        bits = zombie_is_tcb(cap) ? (unsigned)seL4_TCBBits : zombie_radix(cap) + seL4_SlotBits;
        break;
    case CAP_ENDPOINT:
        bits = seL4_EndpointBits;
        break;
    case CAP_NOTIFICATION:
        bits = seL4_NotificationBits;
        break;
    case CAP_REPLY:
        bits = seL4_ReplyBits;
        break;
    case CAP_SCHED_CONTEXT:
        bits = sched_context_cap_size_bits(cap);
        break;
    default:
        return arch_cap_is_physical(cap, base, bytes);
    }
    *base = arch_virt_to_phys(cap_pointer(cap));
    *bytes = BIT(bits);
    return true;
}

static void check_cleared(const struct slot *slot)
{
    const struct cap cap = slot->cap;
    const word_t bytes = untyped_cleared(cap);

    if (bytes == 0) {
        return;
    }
    CHECK(!untyped_is_device(cap), slot);
    CHECK(bytes <= BIT(untyped_size_bits(cap)) - untyped_free_index(cap), slot);
    const uint8_t *start = arch_phys_to_virt(cap_address(cap) + untyped_free_index(cap));
    for (word_t i = 0; i < bytes; i += i < 4096 || bytes - i <= 4096 ? 1 : 509) {
        CHECK(start[i] == 0, start + i);
    }
}

/// Everything that overlaps an untyped's memory is derived from it (below its free index) or is
/// what it was derived from.
static void check_untyped(unsigned u)
{
    const struct cap cap = found.slot[u]->cap;
    const paddr_t start = cap_address(cap);
    const word_t size = BIT(untyped_size_bits(cap));

    CHECK(IS_ALIGNED(start, untyped_size_bits(cap)), found.slot[u]);
    CHECK(untyped_free_index(cap) <= size, found.slot[u]);
    check_cleared(found.slot[u]);
    for (unsigned i = 0; i < found.count; i++) {
        paddr_t base;
        word_t bytes;
        if (i == u || !cap_range(found.slot[i]->cap, &base, &bytes) || base >= start + size
            || start >= base + bytes) {
            continue;
        }
        const bool below = i > u && i < found.run_end[u];
        const bool above = u > i && u < found.run_end[i];
        CHECK(below != above, found.slot[i]);
        if (below) {
            CHECK(base >= start && base + bytes <= start + untyped_free_index(cap), found.slot[i]);
        }
    }
}

static void check_cap(const struct slot *slot)
{
    const struct cap cap = slot->cap;
    paddr_t base;
    word_t bytes;

    if (cap_range(cap, &base, &bytes)) {
        CHECK((base & (bytes - 1)) == 0, slot);
    }
    switch (cap_type(cap)) {
    case CAP_CNODE:
        CHECK(cnode_radix(cap) != 0 && cnode_radix(cap) + cnode_guard_size(cap) <= seL4_WordBits,
              slot);
        CHECK((cnode_guard(cap) & ~MASK(cnode_guard_size(cap))) == 0, slot);
        break;
    case CAP_IRQ_HANDLER:
        CHECK(irq_is_active(cap.words[1]), slot);
        break;
    case CAP_ZOMBIE:
        CHECK(slot_is_final(slot), slot);
        break;
    default:
        break;
    }
    host_check_cap(slot);
}

/// Notification caps of interrupts: nothing but those may be in these slots.
static void check_interrupts(void)
{
    for (word_t irq = 0; irq <= arch_max_irq; irq++) {
        const struct slot *slot = irq_notification_slot(irq);
        const enum cap_type type = cap_type(slot->cap);
        CHECK(type == CAP_NULL || type == CAP_NOTIFICATION, slot);
        CHECK(type == CAP_NULL || irq_is_active(irq), slot);
    }
}

void kernel_check(struct core *core, struct slot *root, word_t root_slots)
{
    visited.current++;
    found.count = 0;
    work.length = 0;
    add_work(root, root_slots);
    add_work(irq_notification_slot(0), arch_max_irq + 1);
    collect();

    for (unsigned start = 0; start < found.count; start = found.list_end[start]) {
        CHECK(slot_previous(found.slot[start]) == NULL, found.slot[start]);
        check_tree(start, found.list_end[start]);
    }
    for (unsigned i = 0; i < found.count; i++) {
        check_cap(found.slot[i]);
        if (cap_type(found.slot[i]->cap) == CAP_UNTYPED) {
            check_untyped(i);
        }
    }
    check_interrupts();
    check_objects(core, found.slot, found.count);
}

word_t kernel_check_count(void)
{
    return found.count;
}
