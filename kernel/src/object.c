// SPDX-License-Identifier: BSD-2-Clause
// What each type of cap allows: deriving, masking rights, badges and guards, comparing, creating
// and taking apart its object. Architecture types are odd and handled by the architecture.
#include <kernel/kernel.h>

static bool is_arch_type(enum cap_type type)
{
    return (type & 1) != 0;
}

enum status cap_derive(struct core *core, struct slot *slot, struct cap cap, struct cap *out)
{
    const enum cap_type type = cap_type(cap);

    if (is_arch_type(type)) {
        return arch_cap_derive(core, slot, cap, out);
    }
    switch (type) {
    case CAP_NULL:
    case CAP_ZOMBIE:
    case CAP_IRQ_CONTROL:
        return error_set(core, seL4_IllegalOperation);
    case CAP_UNTYPED:
        if (slot_has_children(slot)) {
            return error_set(core, seL4_RevokeFirst);
        }
        break;
    default:
        break;
    }
    *out = cap;
    return STATUS_OK;
}

struct cap cap_mask_rights(struct cap cap, word_t rights)
{
    const enum cap_type type = cap_type(cap);

    if (is_arch_type(type)) {
        return arch_cap_mask_rights(cap, rights);
    }
    if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_REPLY) {
        cap_set_rights(&cap, cap_rights(cap) & rights);
    }
    return cap;
}

struct cap cap_update_data(bool preserve, word_t data, struct cap cap)
{
    const enum cap_type type = cap_type(cap);

    if (is_arch_type(type)) {
        return arch_cap_update_data(preserve, data, cap);
    }
    if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION) {
        if (preserve || cap_badge(cap) != 0) {
            return cap_null();
        }
        cap.words[1] = data;
    } else if (type == CAP_CNODE) {
        const unsigned guard_size = (unsigned)(data & MASK(seL4_GuardSizeBits));
        if (guard_size + cnode_radix(cap) > seL4_WordBits) {
            return cap_null();
        }
        const word_t guard = (data >> seL4_GuardSizeBits) & MASK(guard_size);
        cap.words[1] = (guard << seL4_GuardSizeBits) | guard_size;
    }
    return cap;
}

/// Memory that a cap's object takes. False for caps without memory.
static bool cap_memory(struct cap cap, paddr_t *base, word_t *bytes)
{
    unsigned bits;

    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        *base = cap_address(cap);
        *bytes = BIT(untyped_size_bits(cap));
        return true;
    case CAP_ENDPOINT:
        bits = seL4_EndpointBits;
        break;
    case CAP_NOTIFICATION:
        bits = seL4_NotificationBits;
        break;
    case CAP_REPLY:
        bits = seL4_ReplyBits;
        break;
    case CAP_CNODE:
        bits = cnode_radix(cap) + seL4_SlotBits;
        break;
    case CAP_THREAD:
        bits = seL4_TCBBits;
        break;
    case CAP_SCHED_CONTEXT:
        bits = sched_context_cap_size_bits(cap);
        break;
    case CAP_ZOMBIE:
        bits = zombie_is_tcb(cap) ? (unsigned)seL4_TCBBits : zombie_radix(cap) + seL4_SlotBits;
        break;
    default:
        return is_arch_type(cap_type(cap)) && arch_cap_is_physical(cap, base, bytes);
    }
    *base = arch_virt_to_phys(cap_pointer(cap));
    *bytes = BIT(bits);
    return true;
}

static bool untyped_contains(struct cap untyped, struct cap cap)
{
    paddr_t base;
    word_t bytes;
    const paddr_t start = cap_address(untyped);
    const word_t size = BIT(untyped_size_bits(untyped));

    return cap_memory(cap, &base, &bytes) && base >= start && base - start < size
           && bytes <= size - (base - start);
}

bool cap_same_region(struct cap a, struct cap b)
{
    const enum cap_type type = cap_type(a);

    if (is_arch_type(type)) {
        return arch_cap_same_region(a, b);
    }
    if (type == CAP_UNTYPED) {
        return untyped_contains(a, b);
    }
    if (type == CAP_IRQ_CONTROL) {
        return cap_type(b) == CAP_IRQ_CONTROL || cap_type(b) == CAP_IRQ_HANDLER
               || cap_type(b) == CAP_SGI_SIGNAL;
    }
    if (type != cap_type(b)) {
        return false;
    }
    switch (type) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_THREAD:
        return cap_address(a) == cap_address(b);
    case CAP_CNODE:
        return cap_address(a) == cap_address(b) && cnode_radix(a) == cnode_radix(b);
    case CAP_SCHED_CONTEXT:
        return cap_address(a) == cap_address(b)
               && sched_context_cap_size_bits(a) == sched_context_cap_size_bits(b);
    case CAP_IRQ_HANDLER:
    case CAP_SCHED_CONTROL:
        return a.words[1] == b.words[1];
    case CAP_DOMAIN:
        return true;
    default:
        return false; // a zombie is always the only cap of its object
    }
}

bool cap_same_object(struct cap a, struct cap b)
{
    const enum cap_type type = cap_type(a);

    if (is_arch_type(type)) {
        return arch_cap_same_object(a, b);
    }
    if (type == CAP_UNTYPED || (type == CAP_IRQ_CONTROL && cap_type(b) != CAP_IRQ_CONTROL)) {
        return false;
    }
    return cap_same_region(a, b);
}

unsigned object_size_bits(word_t type, word_t user_size_bits)
{
    if (type >= seL4_NonArchObjectTypeCount) {
        return arch_object_size_bits(type);
    }
    switch (type) {
    case seL4_UntypedObject:
        return user_size_bits >= seL4_MinUntypedBits && user_size_bits <= seL4_MaxUntypedBits
                   ? (unsigned)user_size_bits : 0;
    case seL4_TCBObject:
        return seL4_TCBBits;
    case seL4_EndpointObject:
        return seL4_EndpointBits;
    case seL4_NotificationObject:
        return seL4_NotificationBits;
    case seL4_CapTableObject:
        return user_size_bits >= 1 && user_size_bits <= seL4_MaxUntypedBits - seL4_SlotBits
                   ? (unsigned)user_size_bits + seL4_SlotBits : 0;
    case seL4_SchedContextObject:
        return user_size_bits >= seL4_MinSchedContextBits && user_size_bits <= seL4_MaxUntypedBits
                   ? (unsigned)user_size_bits : 0;
    case seL4_ReplyObject:
        return seL4_ReplyBits;
    default:
        return 0;
    }
}

static struct cap create_thread(struct core *core, struct tcb *tcb)
{
    arch_tcb_create(tcb);
    tcb->state = THREAD_INACTIVE;
    tcb->domain = (uint8_t)core->domain;
    tcb->core_number = core->number;
    debug_thread_created(tcb);
    return cap_new(CAP_THREAD, (uintptr_t)tcb);
}

struct cap object_create(struct core *core, word_t type, paddr_t at, word_t user_size_bits,
                         bool device)
{
    struct cap cap;

    if (type >= seL4_NonArchObjectTypeCount) {
        return arch_object_create(core, type, at, user_size_bits, device);
    }
    if (type == seL4_UntypedObject) {
        return untyped_cap_new(at, (unsigned)user_size_bits, device);
    }
    ASSERT(!device);
    // Endpoints, notifications, replies, scheduling contexts and CNodes begin as zeros, which is
    // what the memory holds.
    void *object = arch_phys_to_virt(at);
    switch (type) {
    case seL4_TCBObject:
        return create_thread(core, object);
    case seL4_EndpointObject:
        cap = cap_new(CAP_ENDPOINT, (uintptr_t)object);
        cap_set_rights(&cap, RIGHTS_ALL);
        return cap;
    case seL4_NotificationObject:
        cap = cap_new(CAP_NOTIFICATION, (uintptr_t)object);
        cap_set_rights(&cap, RIGHT_WRITE | RIGHT_READ);
        return cap;
    case seL4_ReplyObject:
        cap = cap_new(CAP_REPLY, (uintptr_t)object);
        cap_set_rights(&cap, RIGHT_GRANT);
        return cap;
    case seL4_CapTableObject:
        return cnode_cap_new(object, (unsigned)user_size_bits, 0, 0);
    default:
        ASSERT(type == seL4_SchedContextObject);
        cap = cap_new(CAP_SCHED_CONTEXT, (uintptr_t)object);
        cap_set_field(&cap.words[0], 48, 6, user_size_bits);
        return cap;
    }
}

static struct cap zombie_new(const void *slots, unsigned radix, bool is_tcb, word_t left)
{
    struct cap cap = cap_new(CAP_ZOMBIE, (uintptr_t)slots);
    cap_set_field(&cap.words[0], 48, 6, radix);
    cap_set_field(&cap.words[0], 54, 1, is_tcb);
    cap.words[1] = left;
    return cap;
}

struct cap cap_finalise(struct core *core, struct cap cap, bool final, bool exposed,
                        struct cap *cleanup)
{
    const enum cap_type type = cap_type(cap);

    *cleanup = cap_null();
    if (is_arch_type(type)) {
        return arch_cap_finalise(core, cap, final);
    }
    if (type == CAP_ZOMBIE) {
        ASSERT(final && !exposed);
        return cap;
    }
    if (!final) {
        return cap_null();
    }
    switch (type) {
    case CAP_ENDPOINT:
        ASSERT(((struct endpoint *)cap_pointer(cap))->head_state == 0); // slot_wake_waiters()
        break;
    case CAP_NOTIFICATION:
        notification_unbind_all(core, cap_pointer(cap));
        ASSERT(((struct notification *)cap_pointer(cap))->queue.head == NULL);
        break;
    case CAP_REPLY:
        reply_clear(core, cap_pointer(cap));
        break;
    case CAP_SCHED_CONTEXT:
        sched_context_unbind_all(core, cap_pointer(cap));
        break;
    case CAP_CNODE:
        ASSERT(!exposed);
        return zombie_new(cap_pointer(cap), cnode_radix(cap), false, BIT(cnode_radix(cap)));
    case CAP_THREAD:
        ASSERT(!exposed);
        tcb_finalise(core, cap_pointer(cap));
        return zombie_new(((struct tcb *)cap_pointer(cap))->slots, TCB_SLOT_RADIX, true,
                          TCB_SLOT_COUNT);
    case CAP_IRQ_HANDLER:
        ASSERT(!exposed);
        irq_handler_finalise(core, cap.words[1]);
        *cleanup = cap;
        break;
    default:
        break;
    }
    return cap_null();
}

void cap_post_delete(struct core *core, struct cap cleanup)
{
    if (cap_type(cleanup) == CAP_IRQ_HANDLER) {
        irq_handler_deleted(core, cleanup.words[1]);
    }
}
