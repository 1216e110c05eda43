// SPDX-License-Identifier: BSD-2-Clause
// Makes the objects of the image from the untyped memory that the kernel gave: those at fixed addresses from
// the untyped that covers the address, all others first fit, in runs of one type and size per call.
#include "init.h"

enum { NO_TYPE = -1 };

/// The kernel's object type, and log2 of the object's bytes; `*user_bits` is what Retype wants to be told.
static int kernel_type(const struct system_object *object, unsigned *size_bits, unsigned *user_bits)
{
    *user_bits = 0;
    switch ((enum system_object_type)object->type) {
    case SYSTEM_OBJECT_UNTYPED:
        *size_bits = *user_bits = object->size_bits;
        return seL4_UntypedObject;
    case SYSTEM_OBJECT_TCB:
        *size_bits = seL4_TCBBits;
        return seL4_TCBObject;
    case SYSTEM_OBJECT_ENDPOINT:
        *size_bits = seL4_EndpointBits;
        return seL4_EndpointObject;
    case SYSTEM_OBJECT_NOTIFICATION:
        *size_bits = seL4_NotificationBits;
        return seL4_NotificationObject;
    case SYSTEM_OBJECT_CNODE:
        *user_bits = object->size_bits;
        *size_bits = object->size_bits + seL4_SlotBits;
        return seL4_CapTableObject;
    case SYSTEM_OBJECT_SCHED_CONTEXT:
        *size_bits = *user_bits = object->size_bits;
        return seL4_SchedContextObject;
    case SYSTEM_OBJECT_REPLY:
        *size_bits = seL4_ReplyBits;
        return seL4_ReplyObject;
    case SYSTEM_OBJECT_FRAME:
        *size_bits = object->size_bits;
        return object->size_bits == seL4_PageBits        ? (int)seL4_ARM_SmallPageObject
               : object->size_bits == seL4_LargePageBits ? (int)seL4_ARM_LargePageObject
                                                         : (int)seL4_ARM_HugePageObject;
    case SYSTEM_OBJECT_PAGE_TABLE:
        *size_bits = seL4_PageTableBits;
        return seL4_ARM_PageTableObject;
    case SYSTEM_OBJECT_VSPACE:
        *size_bits = seL4_VSpaceBits;
        return seL4_ARM_VSpaceObject;
    case SYSTEM_OBJECT_VCPU:
        *size_bits = seL4_VCPUBits;
        return seL4_ARM_VCPUObject;
    case SYSTEM_OBJECT_ASID_POOL:
        *size_bits = *user_bits = seL4_ASIDPoolBits; // an untyped that becomes the pool
        return seL4_UntypedObject;
    case SYSTEM_OBJECT_IRQ_HANDLER:
    case SYSTEM_OBJECT_SCHED_CONTROL:
    case SYSTEM_OBJECT_SMC:
        break;
    }
    return NO_TYPE;
}

static uint64_t align_up(uint64_t value, unsigned bits)
{
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    return (value + mask) & ~mask;
}

static seL4_Error retype(struct init_untyped *untyped, int type, unsigned user_bits, seL4_CPtr slot,
                         uint32_t count)
{
    return seL4_Untyped_Retype(untyped->slot, (seL4_Word)type, user_bits, seL4_CapInitThreadCNode, 0, 0,
                               slot, count);
}

/// How many objects of a size fit into what is left of an untyped.
static uint64_t room(const struct init_untyped *untyped, unsigned size_bits)
{
    uint64_t size = UINT64_C(1) << untyped->size_bits;
    uint64_t start = align_up(untyped->used, size_bits);
    return start >= size ? 0 : (size - start) >> size_bits;
}

/// Creates objects [first, first + count), all of one type and size, wherever there is room.
static void create_run(struct init *init, uint32_t first, uint32_t count)
{
    unsigned size_bits, user_bits;
    int type = kernel_type(&init->objects[first], &size_bits, &user_bits);
    seL4_CPtr slot = init_new_slots(init, count);
    for (uint32_t i = 0; i < count; i++) {
        init->slots[first + i] = (uint32_t)(slot + i);
    }
    uint32_t done = 0;
    for (uint32_t i = 0; i < init->untyped_count && done < count; i++) {
        struct init_untyped *untyped = &init->untypeds[i];
        if (untyped->device) {
            continue;
        }
        while (done < count) {
            uint64_t fits = room(untyped, size_bits);
            uint32_t batch = count - done;
            batch = batch > CONFIG_RETYPE_FAN_OUT_LIMIT ? CONFIG_RETYPE_FAN_OUT_LIMIT : batch;
            batch = fits < batch ? (uint32_t)fits : batch;
            if (batch == 0) {
                break;
            }
            init_check(init, retype(untyped, type, user_bits, slot + done, batch), "Untyped.Retype",
                       first + done);
            untyped->used = align_up(untyped->used, size_bits) + ((uint64_t)batch << size_bits);
            done += batch;
        }
    }
    if (done < count) {
        init_fail("out of memory: no room for object %u (%s), 2^%u bytes", first + done,
                  image_name(init, first + done), size_bits);
    }
}

/// Uses up an untyped to `offset` by untypeds that nobody gets.
static void skip_to(struct init *init, struct init_untyped *untyped, uint64_t offset, uint32_t object)
{
    while (untyped->used < offset) {
        unsigned bits = seL4_MinUntypedBits;
        while (bits < seL4_MaxUntypedBits && (untyped->used & ((UINT64_C(2) << bits) - 1)) == 0
               && UINT64_C(2) << bits <= offset - untyped->used) {
            bits++;
        }
        init_check(init, retype(untyped, seL4_UntypedObject, bits, init_new_slot(init), 1),
                   "Untyped.Retype (gap)", object);
        untyped->used += UINT64_C(1) << bits;
    }
}

/// Creates objects [first, first + count) that follow each other at fixed addresses.
static void create_fixed_run(struct init *init, uint32_t first, uint32_t count)
{
    unsigned size_bits, user_bits;
    int type = kernel_type(&init->objects[first], &size_bits, &user_bits);
    uint64_t at = init->objects[first].address;
    uint64_t bytes = UINT64_C(1) << size_bits;
    seL4_CPtr slot = init_new_slots(init, count);
    for (uint32_t done = 0; done < count;) {
        struct init_untyped *found = NULL;
        for (uint32_t i = 0; i < init->untyped_count && found == NULL; i++) {
            struct init_untyped *untyped = &init->untypeds[i];
            uint64_t size = UINT64_C(1) << untyped->size_bits;
            if (at >= untyped->paddr && at - untyped->paddr < size && bytes <= size - (at - untyped->paddr)
                && at - untyped->paddr >= untyped->used) {
                found = untyped;
            }
        }
        if (found == NULL) {
            init_fail("no untyped memory covers object %u (%s) at 0x%lx, 2^%u bytes", first + done,
                      image_name(init, first + done), (unsigned long)at, size_bits);
        }
        skip_to(init, found, at - found->paddr, first + done);
        uint64_t fits = room(found, size_bits);
        uint32_t batch = count - done;
        batch = batch > CONFIG_RETYPE_FAN_OUT_LIMIT ? CONFIG_RETYPE_FAN_OUT_LIMIT : batch;
        batch = fits < batch ? (uint32_t)fits : batch;
        init_check(init, retype(found, type, user_bits, slot + done, batch), "Untyped.Retype",
                   first + done);
        found->used += (uint64_t)batch << size_bits;
        for (uint32_t i = 0; i < batch; i++) {
            init->slots[first + done + i] = (uint32_t)(slot + done + i);
        }
        at += (uint64_t)batch << size_bits;
        done += batch;
    }
}

/// Objects from `first` on that one call can make.
static uint32_t run_length(const struct init *init, uint32_t first)
{
    const struct system_object *head = &init->objects[first];
    unsigned size_bits, user_bits;
    (void)kernel_type(head, &size_bits, &user_bits);
    uint32_t count = 1;
    while (first + count < init->image->objects.count) {
        const struct system_object *next = &init->objects[first + count];
        if (next->type != head->type || next->size_bits != head->size_bits || next->flags != head->flags
            || ((head->flags & SYSTEM_OBJECT_FIXED)
                && next->address != head->address + ((uint64_t)count << size_bits))) {
            break;
        }
        count++;
    }
    return count;
}

static void make_asid_pool(struct init *init, uint32_t object)
{
    seL4_CPtr slot = init_new_slot(init);
    init_check(init, seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, init->slots[object],
                                                   seL4_CapInitThreadCNode, slot, seL4_WordBits),
               "ASIDControl.MakePool", object);
    init->slots[object] = (uint32_t)slot;
}

static void make_irq_handler(struct init *init, uint32_t object)
{
    // The trigger is in the interrupt table.
    uint32_t trigger = SYSTEM_IRQ_LEVEL;
    for (uint32_t i = 0; i < init->image->irqs.count; i++) {
        if (init->irqs[i].handler == object) {
            trigger = init->irqs[i].trigger;
        }
    }
    seL4_CPtr slot = init_new_slot(init);
    init_check(init, seL4_IRQControl_GetTrigger(seL4_CapIRQControl, init->objects[object].address, trigger,
                                                seL4_CapInitThreadCNode, slot, seL4_WordBits),
               "IRQControl.GetTrigger", object);
    init->slots[object] = (uint32_t)slot;
}

/// VSpaces get ASIDs from the root task's pool; when it is used up, from pools of their own.
static void assign_asids(struct init *init)
{
    seL4_CPtr pool = seL4_CapInitThreadASIDPool;
    uint32_t left = (1u << seL4_ASIDPoolIndexBits) - 1; // the root task's own VSpace has one
    for (uint32_t i = 0; i < init->image->objects.count; i++) {
        if (init->objects[i].type != SYSTEM_OBJECT_VSPACE) {
            continue;
        }
        if (left == 0) {
            init_fail("more than %u address spaces", (1u << seL4_ASIDPoolIndexBits) - 1);
        }
        init_check(init, seL4_ARM_ASIDPool_Assign(pool, init->slots[i]), "ASIDPool.Assign", i);
        left--;
    }
}

void objects_create(struct init *init)
{
    for (uint32_t i = 0; i < init->image->objects.count;) {
        const struct system_object *object = &init->objects[i];
        uint32_t count = 1;
        switch ((enum system_object_type)object->type) {
        case SYSTEM_OBJECT_IRQ_HANDLER:
            make_irq_handler(init, i);
            break;
        case SYSTEM_OBJECT_SCHED_CONTROL:
            init->slots[i] = (uint32_t)(init->boot_info->schedcontrol.start + object->address);
            break;
        case SYSTEM_OBJECT_SMC:
            init->slots[i] = seL4_CapSMC;
            break;
        default:
            if (object->flags & SYSTEM_OBJECT_DONATED) {
                break;
            }
            count = run_length(init, i);
            if (object->flags & SYSTEM_OBJECT_FIXED) {
                create_fixed_run(init, i, count);
            } else {
                create_run(init, i, count);
            }
            break;
        }
        i += count;
    }
    for (uint32_t i = 0; i < init->image->objects.count; i++) {
        if (init->objects[i].type == SYSTEM_OBJECT_ASID_POOL) {
            make_asid_pool(init, i);
        }
    }
    assign_asids(init);
}

seL4_CPtr object_slot(const struct init *init, uint32_t object)
{
    const struct system_object *entry = &init->objects[object];
    if (entry->flags & SYSTEM_OBJECT_DONATED) {
        return init->boot_info->userImageFrames.start + init->payload_page
               + init->image->page_offset / INIT_PAGE_SIZE + entry->address;
    }
    return init->slots[object];
}

seL4_CPtr object_copy(struct init *init, uint32_t object, seL4_Word rights, seL4_Word badge)
{
    seL4_CPtr slot = init_new_slot(init);
    seL4_CapRights_t cap_rights = { { rights } };
    seL4_Error error;
    if (badge == 0) {
        error = seL4_CNode_Copy(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode,
                                object_slot(init, object), seL4_WordBits, cap_rights);
    } else {
        error = seL4_CNode_Mint(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode,
                                object_slot(init, object), seL4_WordBits, cap_rights, badge);
    }
    init_check(init, error, "CNode.Copy", object);
    return slot;
}
