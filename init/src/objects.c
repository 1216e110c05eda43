// SPDX-License-Identifier: BSD-2-Clause
// Creates the objects, issues interrupt handlers and installs caps in the CNodes of the system.
#include <init/init.h>

#include <base/bits.h>

/// Objects from `first` on that one retype call could make: same type, size and flags, and
/// neighbours where their addresses are fixed.
static uint32_t run_length(const struct system *system, uint32_t first)
{
    const struct system_object *object = &system->objects[first];
    uint64_t size = BIT64(object_bits(object));
    uint32_t count = 1;

    if (object->type == SYSTEM_OBJECT_ASID_POOL) {
        return 1;
    }
    for (; first + count < system->header->objects.count; count++) {
        const struct system_object *next = &object[count];
        if (next->type != object->type || next->size_bits != object->size_bits
            || next->flags != object->flags
            || (object->flags == SYSTEM_OBJECT_FIXED
                && next->address - object->address != count * size)) {
            break;
        }
    }
    return count;
}

static bool make_run(struct init *init, uint32_t first, uint32_t count)
{
    seL4_SlotPos slot = init->next_slot;

    if (count > init->end_slot - slot) {
        return init_error("the root CNode is full: %u objects, %llu slots are left",
                          (unsigned)count, (unsigned long long)(init->end_slot - slot));
    }
    init->next_slot += count;
    for (uint32_t made = 0; made < count;) {
        uint32_t now = memory_make(init, first + made, count - made, slot + made);
        if (now == 0) {
            return false;
        }
        for (uint32_t i = 0; i < now; i++) {
            init->slots[first + made + i] = (uint32_t)(slot + made + i);
        }
        made += now;
    }
    return true;
}

static bool make_asid_pool(struct init *init, uint32_t index)
{
    seL4_SlotPos untyped = slot_new(init);
    seL4_SlotPos pool = slot_new(init);

    if (untyped == 0 || pool == 0 || !memory_make_untyped(init, seL4_ASIDPoolBits, untyped)) {
        return false;
    }
    init->slots[index] = (uint32_t)pool;
    return init_check(init,
                      seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped,
                                                    seL4_CapInitThreadCNode, pool, seL4_WordBits),
                      "ASIDControl_MakePool", index);
}

static bool make_irq_handler(struct init *init, uint32_t index)
{
    const struct system *system = &init->system;
    seL4_SlotPos slot = slot_new(init);
    seL4_Word trigger = SYSTEM_IRQ_LEVEL;
    seL4_Word core = 0;
    seL4_Error error;

    if (slot == 0) {
        return false;
    }
    for (uint32_t i = 0; i < system->header->irqs.count; i++) {
        if (system->irqs[i].handler == index) {
            trigger = system->irqs[i].trigger;
            core = system->irqs[i].core;
        }
    }
    init->slots[index] = (uint32_t)slot;
#if CONFIG_MAX_NUM_NODES > 1
    error = seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, system->objects[index].address,
                                           trigger, seL4_CapInitThreadCNode, slot, seL4_WordBits,
                                           core);
#else
    (void)core;
    error = seL4_IRQControl_GetTrigger(seL4_CapIRQControl, system->objects[index].address, trigger,
                                       seL4_CapInitThreadCNode, slot, seL4_WordBits);
#endif
    return init_check(init, error, "IRQControl_GetTrigger", index);
}

/// Objects that take no untyped memory.
static bool make_other(struct init *init, uint32_t index)
{
    const struct system_object *object = &init->system.objects[index];
    const seL4_BootInfo *boot_info = init->boot_info;
    seL4_SlotRegion cores = boot_info->schedcontrol;

    switch (object->type) {
    case SYSTEM_OBJECT_FRAME: {
        uint64_t page = (uint64_t)(init->system.pages - init->image_base) / INIT_PAGE
                      + object->address;
        if (page >= boot_info->userImageFrames.end - boot_info->userImageFrames.start) {
            return init_error("frame %u '%s': page %llu of the payload has no frame cap",
                              (unsigned)index, init_object_name(init, index),
                              (unsigned long long)object->address);
        }
        // The image's own cap is mapped here, so others need copies.
        init->slots[index] = (uint32_t)(boot_info->userImageFrames.start + page) | INIT_SLOT_MAPPED;
        return true;
    }
    case SYSTEM_OBJECT_IRQ_HANDLER:
        return make_irq_handler(init, index);
    case SYSTEM_OBJECT_SCHED_CONTROL:
        if (object->address >= cores.end - cores.start) {
            return init_error(
                "scheduling control %u '%s': there is no core %llu, the kernel has %llu",
                (unsigned)index, init_object_name(init, index), (unsigned long long)object->address,
                (unsigned long long)(cores.end - cores.start));
        }
        init->slots[index] = (uint32_t)(cores.start + object->address);
        return true;
    case SYSTEM_OBJECT_SMC:
        init->slots[index] = seL4_CapSMC;
        return true;
    default:
        return init_error("object %u '%s': can't be made", (unsigned)index,
                          init_object_name(init, index));
    }
}

bool objects_create(struct init *init)
{
    const struct system *system = &init->system;
    uint32_t count;

    for (uint32_t i = 0; i < system->header->objects.count; i += count) {
        const struct system_object *object = &system->objects[i];
        bool ok;
        count = 1;
        if (object_bits(object) == 0) {
            ok = make_other(init, i);
        } else if (object->type == SYSTEM_OBJECT_ASID_POOL) {
            ok = make_asid_pool(init, i);
        } else {
            count = run_length(system, i);
            ok = make_run(init, i, count);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool install_cap(struct init *init, const struct system_cap *cap)
{
    seL4_CPtr cnode = object_slot(init, cap->cnode);
    seL4_Uint8 depth = init->system.objects[cap->cnode].size_bits;
    seL4_CapRights_t rights = { { cap->rights } };
    seL4_CPtr from = object_slot(init, cap->object);

    if (cap->badge == 0) {
        return init_check(init,
                          seL4_CNode_Copy(cnode, cap->slot, depth, seL4_CapInitThreadCNode, from,
                                          seL4_WordBits, rights),
                          "CNode_Copy", cap->object);
    }
    return init_check(init,
                      seL4_CNode_Mint(cnode, cap->slot, depth, seL4_CapInitThreadCNode, from,
                                      seL4_WordBits, rights, cap->badge),
                      "CNode_Mint", cap->object);
}

bool objects_install_caps(struct init *init)
{
    const struct system *system = &init->system;

    for (uint32_t i = 0; i < system->header->caps.count; i++) {
        const struct system_cap *cap = &system->caps[i];
        if (!install_cap(init, cap)) {
            return init_error("(cap %u, to slot %u of '%s')", (unsigned)i, (unsigned)cap->slot,
                              init_object_name(init, cap->cnode));
        }
    }
    return true;
}

bool objects_set_irqs(struct init *init)
{
    const struct system *system = &init->system;
    seL4_CPtr root = seL4_CapInitThreadCNode;

    for (uint32_t i = 0; i < system->header->irqs.count; i++) {
        const struct system_irq *irq = &system->irqs[i];
        if (irq->notification == SYSTEM_IMAGE_NONE) {
            continue;
        }
        if (!init_check(init,
                        seL4_CNode_Mint(root, init->temporary, seL4_WordBits, root,
                                        object_slot(init, irq->notification), seL4_WordBits,
                                        seL4_CanWrite, irq->badge),
                        "CNode_Mint", irq->notification)
            || !init_check(
                init,
                seL4_IRQHandler_SetNotification(object_slot(init, irq->handler), init->temporary),
                "IRQHandler_SetNotification", irq->handler)
            || !init_check(init, seL4_CNode_Delete(root, init->temporary, seL4_WordBits),
                           "CNode_Delete", irq->notification)) {
            return false;
        }
    }
    return true;
}
