// SPDX-License-Identifier: BSD-2-Clause
// Address spaces: ASIDs, page tables, mappings.
#include <init/init.h>

/// Another ASID pool of the initialiser's own, for systems with very many VSpaces.
static bool new_asid_pool(struct init *init)
{
    seL4_SlotPos untyped = slot_new(init);
    seL4_SlotPos pool = slot_new(init);

    if (untyped == 0 || pool == 0 || !memory_make_untyped(init, seL4_ASIDPoolBits, untyped)) {
        return false;
    }
    init->asid_pool = pool;
    return init_check(init,
                      seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped,
                                                    seL4_CapInitThreadCNode, pool, seL4_WordBits),
                      "ASIDControl_MakePool", SYSTEM_IMAGE_NONE);
}

static bool assign_asid(struct init *init, uint32_t index)
{
    seL4_Error error = seL4_ARM_ASIDPool_Assign(init->asid_pool, object_slot(init, index));

    // The pool is full.
    if (error == seL4_DeleteFirst) {
        if (!new_asid_pool(init)) {
            return false;
        }
        error = seL4_ARM_ASIDPool_Assign(init->asid_pool, object_slot(init, index));
    }
    return init_check(init, error, "ASIDPool_Assign", index);
}

static seL4_ARM_VMAttributes attributes(uint32_t flags)
{
    unsigned value = (flags & SYSTEM_MAPPING_CACHED) != 0 ? seL4_ARM_Default_VMAttributes : 0;

    return (seL4_ARM_VMAttributes)(value
                                   | ((flags & SYSTEM_MAPPING_EXECUTE) != 0
                                          ? 0
                                          : seL4_ARM_ExecuteNever));
}

static seL4_CapRights_t rights(uint32_t flags)
{
    return seL4_CapRights_new(0, 0, (flags & SYSTEM_MAPPING_READ) != 0,
                              (flags & SYSTEM_MAPPING_WRITE) != 0);
}

/// A cap of the frame that is not mapped yet: the frame's first one, or a copy of it. 0 after an
/// error.
static seL4_CPtr cap_to_map(struct init *init, const struct system_mapping *mapping)
{
    uint32_t *slot = &init->slots[mapping->frame];
    seL4_CPtr root = seL4_CapInitThreadCNode;
    bool is_kept_by_owner = mapping->cnode != SYSTEM_IMAGE_NONE;

    if (!is_kept_by_owner && (*slot & INIT_SLOT_MAPPED) == 0) {
        *slot |= INIT_SLOT_MAPPED;
        return object_slot(init, mapping->frame);
    }
    seL4_SlotPos copy = is_kept_by_owner ? init->temporary : slot_new(init);
    if (copy == 0
        || !init_check(init,
                       seL4_CNode_Copy(root, copy, seL4_WordBits, root,
                                       object_slot(init, mapping->frame), seL4_WordBits,
                                       seL4_AllRights),
                       "CNode_Copy", mapping->frame)) {
        return 0;
    }
    return copy;
}

static bool map(struct init *init, const struct system_mapping *mapping)
{
    seL4_CPtr cap = cap_to_map(init, mapping);

    if (cap == 0
        || !init_check(init,
                       seL4_ARM_Page_Map(cap, object_slot(init, mapping->vspace), mapping->vaddr,
                                         rights(mapping->flags), attributes(mapping->flags)),
                       "Page_Map", mapping->frame)) {
        return false;
    }
    if (mapping->cnode == SYSTEM_IMAGE_NONE) {
        return true;
    }
    return init_check(init,
                      seL4_CNode_Move(object_slot(init, mapping->cnode), mapping->slot,
                                      init->system.objects[mapping->cnode].size_bits,
                                      seL4_CapInitThreadCNode, cap, seL4_WordBits),
                      "CNode_Move", mapping->frame);
}

bool spaces_create(struct init *init)
{
    const struct system *system = &init->system;

    for (uint32_t i = 0; i < system->header->objects.count; i++) {
        if (system->objects[i].type == SYSTEM_OBJECT_VSPACE && !assign_asid(init, i)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < system->header->page_tables.count; i++) {
        const struct system_page_table *table = &system->page_tables[i];
        if (!init_check(init,
                        seL4_ARM_PageTable_Map(object_slot(init, table->page_table),
                                               object_slot(init, table->vspace), table->vaddr,
                                               seL4_ARM_Default_VMAttributes),
                        "PageTable_Map", table->page_table)) {
            return init_error("(page table for 0x%llx in '%s')", (unsigned long long)table->vaddr,
                              init_object_name(init, table->vspace));
        }
    }
    for (uint32_t i = 0; i < system->header->mappings.count; i++) {
        const struct system_mapping *mapping = &system->mappings[i];
        if (!map(init, mapping)) {
            return init_error("(mapping %u, at 0x%llx in '%s')", (unsigned)i,
                              (unsigned long long)mapping->vaddr,
                              init_object_name(init, mapping->vspace));
        }
    }
    return true;
}
