// SPDX-License-Identifier: BSD-2-Clause
// Slots, objects and mappings of the root task.
#include "api.h"

#define MAX_PIECES 512

// Device memory that is still an untyped: those of the boot info, and what is left of those that were split.
struct piece {
    seL4_CPtr cap;
    seL4_Word paddr;
    seL4_Word bits; // 0: used up
};

static struct piece pieces[MAX_PIECES];
static unsigned piece_count;
static seL4_CPtr next_slot;
static seL4_Word next_address = 0x10000000;

seL4_CPtr api_slots(seL4_Word count)
{
    if (next_slot == 0) {
        next_slot = api_info->empty.start;
    }
    next_slot += count;
    return next_slot - count;
}

seL4_CPtr api_slot(void)
{
    return api_slots(1);
}

int api_is_empty(seL4_CPtr slot)
{
    // Nothing can be moved out of an empty slot, and nothing into one in use.
    return seL4_CNode_Move(ROOT, slot, DEPTH, ROOT, slot, DEPTH) == seL4_FailedLookup;
}

seL4_CPtr api_object(seL4_Word type, seL4_Word bits)
{
    seL4_CPtr slot = api_slot();
    SUCCEEDS(seL4_Untyped_Retype(api_memory, type, bits, ROOT, 0, 0, slot, 1));
    return slot;
}

seL4_CPtr api_copy(seL4_CPtr cap, seL4_CapRights_t rights)
{
    seL4_CPtr slot = api_slot();
    SUCCEEDS(seL4_CNode_Copy(ROOT, slot, DEPTH, ROOT, cap, DEPTH, rights));
    return slot;
}

seL4_CPtr api_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge)
{
    seL4_CPtr slot = api_slot();
    SUCCEEDS(seL4_CNode_Mint(ROOT, slot, DEPTH, ROOT, cap, DEPTH, rights, badge));
    return slot;
}

seL4_Word api_guard(seL4_Word guard, seL4_Word bits)
{
    return seL4_CNode_CapData_new(guard, bits).words[0];
}

seL4_Word api_address(void)
{
    next_address += PAGE_BYTES;
    return next_address - PAGE_BYTES;
}

seL4_Error api_map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word address, seL4_CapRights_t rights,
                   unsigned *tables)
{
    for (;;) {
        seL4_Error error = seL4_ARM_Page_Map(frame, vspace, address, rights, ATTRIBUTES);
        if (error != seL4_FailedLookup) {
            return error;
        }
        error = seL4_ARM_PageTable_Map(api_object(seL4_ARM_PageTableObject, 0), vspace, address, ATTRIBUTES);
        if (error != seL4_NoError) {
            return error;
        }
        if (tables != 0) {
            (*tables)++;
        }
    }
}

seL4_Word api_page(seL4_CPtr *frame)
{
    seL4_CPtr page = api_object(seL4_ARM_SmallPageObject, 0);
    seL4_Word address = api_address();
    SUCCEEDS(api_map(VSPACE, page, address, seL4_AllRights, 0));
    if (frame != 0) {
        *frame = page;
    }
    return address;
}

static void add_piece(seL4_CPtr cap, seL4_Word paddr, seL4_Word bits)
{
    CHECK(piece_count < MAX_PIECES);
    if (piece_count < MAX_PIECES) {
        pieces[piece_count++] = (struct piece){ cap, paddr, bits };
    }
}

static void list_pieces(void)
{
    for (seL4_Word i = 0; i < api_info->untyped.end - api_info->untyped.start; i++) {
        const seL4_UntypedDesc *entry = &api_info->untypedList[i];
        if (entry->isDevice) {
            add_piece(api_info->untyped.start + i, entry->paddr, entry->sizeBits);
        }
    }
}

static struct piece *find_piece(seL4_Word paddr)
{
    for (unsigned i = 0; i < piece_count; i++) {
        if (pieces[i].bits != 0 && paddr >> pieces[i].bits == pieces[i].paddr >> pieces[i].bits) {
            return &pieces[i];
        }
    }
    return 0;
}

seL4_CPtr api_device_frame(seL4_Word paddr)
{
    struct piece *piece;
    if (piece_count == 0) {
        list_pieces();
    }
    while ((piece = find_piece(paddr)) != 0 && piece->bits > seL4_PageBits) {
        seL4_CPtr halves = api_slots(2);
        struct piece whole = *piece;
        piece->bits = 0;
        SUCCEEDS(seL4_Untyped_Retype(whole.cap, seL4_UntypedObject, whole.bits - 1, ROOT, 0, 0, halves, 2));
        add_piece(halves, whole.paddr, whole.bits - 1);
        add_piece(halves + 1, whole.paddr + ((seL4_Word)1 << (whole.bits - 1)), whole.bits - 1);
    }
    if (piece == 0) {
        return 0;
    }
    piece->bits = 0;
    seL4_CPtr frame = api_slot();
    SUCCEEDS(seL4_Untyped_Retype(piece->cap, seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, frame, 1));
    return frame;
}
