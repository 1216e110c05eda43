// SPDX-License-Identifier: BSD-2-Clause
// Pages, tables, address spaces and their ASIDs, and cache maintenance.
#include "api.h"

#define FAR_AWAY 0x7000000000u
#define KERNEL_ADDRESS 0xffffff8000000000u
#define SHARED 0x20000000u
#define BLOCK_BYTES ((seL4_Word)1 << seL4_LargePageBits)

extern char __executable_start[];

static seL4_Error map(seL4_CPtr frame, seL4_Word address)
{
    return seL4_ARM_Page_Map(frame, VSPACE, address, seL4_AllRights, ATTRIBUTES);
}

static seL4_Error map_table(seL4_CPtr table, seL4_Word address)
{
    return seL4_ARM_PageTable_Map(table, VSPACE, address, ATTRIBUTES);
}

static volatile seL4_Word *words(seL4_Word address)
{
    return (volatile seL4_Word *)address;
}

static void check_tables(seL4_CPtr page)
{
    seL4_CPtr upper = api_object(seL4_ARM_PageTableObject, 0);
    seL4_CPtr lower = api_object(seL4_ARM_PageTableObject, 0);
    CALL(map(page, FAR_AWAY), seL4_FailedLookup);
    ANSWER(0, 0); // not the source
    ANSWER(1, seL4_MissingCapability);
    ANSWER(2, SEL4_MAPPING_LOOKUP_NO_PD);
    SUCCEEDS(map_table(upper, FAR_AWAY));
    CALL(map(page, FAR_AWAY), seL4_FailedLookup);
    ANSWER(2, SEL4_MAPPING_LOOKUP_NO_PT);
    EQUAL(map(page, FAR_AWAY), seL4_FailedLookup);
    EQUAL(seL4_MappingFailedLookupLevel(), SEL4_MAPPING_LOOKUP_NO_PT);
    SUCCEEDS(map_table(lower, FAR_AWAY));
    CALL(map_table(api_object(seL4_ARM_PageTableObject, 0), FAR_AWAY), seL4_DeleteFirst);
    CALL(map_table(lower, FAR_AWAY), seL4_InvalidCapability);
    ANSWER(0, 0);
    SUCCEEDS(seL4_ARM_PageTable_Unmap(lower));
    SUCCEEDS(map_table(lower, FAR_AWAY));
    (void)api_copy(upper, seL4_AllRights);
    CALL(seL4_ARM_PageTable_Unmap(upper), seL4_RevokeFirst);
}

static void check_pages(seL4_CPtr page)
{
    seL4_CPtr other = api_object(seL4_ARM_SmallPageObject, 0);
    SUCCEEDS(map(page, FAR_AWAY));
    words(FAR_AWAY)[0] = 0x77;
    EQUAL(words(FAR_AWAY)[0], 0x77);
    SUCCEEDS(seL4_ARM_Page_Map(page, VSPACE, FAR_AWAY, seL4_CanRead, ATTRIBUTES));
    CALL(map(page, FAR_AWAY + PAGE_BYTES), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(map(other, FAR_AWAY), seL4_DeleteFirst);
    CALL(map(other, FAR_AWAY + PAGE_BYTES + 0x800), seL4_AlignmentError);
    CALL(map(other, KERNEL_ADDRESS), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(map(other, seL4_UserTop + 1), seL4_InvalidArgument);
    CALL(map(other, seL4_UserTop & ~(PAGE_BYTES - 1)), seL4_FailedLookup);
    ANSWER(2, SEL4_MAPPING_LOOKUP_NO_PD);
    CALL(seL4_ARM_Page_Map(other, api_endpoint, FAR_AWAY, seL4_AllRights, ATTRIBUTES),
         seL4_InvalidCapability);
    ANSWER(0, 1);
    // A copy of a mapped page's cap is not mapped.
    seL4_CPtr copy = api_copy(page, seL4_AllRights);
    SUCCEEDS(seL4_ARM_Page_Map(copy, VSPACE, FAR_AWAY + PAGE_BYTES, seL4_AllRights,
                               ATTRIBUTES | seL4_ARM_ExecuteNever));
    EQUAL(words(FAR_AWAY + PAGE_BYTES)[0], 0x77);
    EQUAL(seL4_ARM_Page_GetAddress(copy).paddr, seL4_ARM_Page_GetAddress(page).paddr);
    SUCCEEDS(seL4_ARM_Page_Unmap(page));
    SUCCEEDS(seL4_ARM_Page_Unmap(page));
}

static void check_large_page(void)
{
    seL4_CPtr large = api_object(seL4_ARM_LargePageObject, 0);
    CALL(map(large, FAR_AWAY), seL4_DeleteFirst); // a table is there
    SUCCEEDS(map(large, FAR_AWAY + BLOCK_BYTES));
    words(FAR_AWAY + BLOCK_BYTES)[1000] = 5;
    EQUAL(words(FAR_AWAY + BLOCK_BYTES)[1000], 5);
    SUCCEEDS(seL4_ARM_Page_Clean_Data(large, 0, PAGE_BYTES));
    SUCCEEDS(seL4_ARM_Page_CleanInvalidate_Data(large, PAGE_BYTES, 2 * PAGE_BYTES));
    SUCCEEDS(seL4_ARM_Page_Unify_Instruction(large, 0, BLOCK_BYTES));
    SUCCEEDS(seL4_ARM_Page_Invalidate_Data(large, 0, PAGE_BYTES));
    EQUAL(words(FAR_AWAY + BLOCK_BYTES)[1000], 5);
    SUCCEEDS(seL4_CNode_Delete(ROOT, large, DEPTH));
}

void test_caches(void)
{
    seL4_CPtr page;
    seL4_Word at = api_page(&page);
    seL4_CPtr unmapped = api_object(seL4_ARM_SmallPageObject, 0);
    CALL(seL4_ARM_Page_Clean_Data(page, 5, 5), seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(seL4_ARM_Page_Clean_Data(page, 0, PAGE_BYTES + 1), seL4_InvalidArgument);
    ANSWER(0, 0);
    CALL(seL4_ARM_Page_Clean_Data(unmapped, 0, PAGE_BYTES), seL4_IllegalOperation);
    SUCCEEDS(seL4_ARM_VSpace_Clean_Data(VSPACE, at, at + PAGE_BYTES));
    SUCCEEDS(seL4_ARM_VSpace_Unify_Instruction(VSPACE, at, at + 0x100));
    SUCCEEDS(seL4_ARM_VSpace_CleanInvalidate_Data(VSPACE, at, at + PAGE_BYTES));
    SUCCEEDS(seL4_ARM_VSpace_Invalidate_Data(VSPACE, at, at + PAGE_BYTES));
    CALL(seL4_ARM_VSpace_Clean_Data(VSPACE, at + 0x800, at + PAGE_BYTES + 0x800), seL4_RangeError);
    CALL(seL4_ARM_VSpace_Clean_Data(VSPACE, at, at), seL4_InvalidArgument);
    ANSWER(0, 1);
    CALL(seL4_ARM_VSpace_Clean_Data(VSPACE, at, KERNEL_ADDRESS), seL4_IllegalOperation);
}

/// An ASID pool of its own and an address space with an ASID of it.
static void check_asids(seL4_CPtr pool, seL4_CPtr vspace)
{
    seL4_CPtr untyped = api_object(seL4_UntypedObject, seL4_ASIDPoolBits);
    seL4_CPtr large = api_object(seL4_UntypedObject, seL4_ASIDPoolBits + 1);
    seL4_CPtr slot = api_slot();
    CALL(seL4_ARM_Page_Map(api_info->userImageFrames.start, vspace, 0x400000, seL4_AllRights, ATTRIBUTES),
         seL4_InvalidCapability);
    ANSWER(0, 1);
    SUCCEEDS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, DEPTH));
    CALL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, slot, DEPTH), seL4_RevokeFirst);
    CALL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, large, ROOT, slot, DEPTH),
         seL4_InvalidCapability);
    ANSWER(0, 1);
    SUCCEEDS(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CALL(seL4_ARM_ASIDPool_Assign(pool, vspace), seL4_InvalidCapability);
    ANSWER(0, 1);
    CALL(seL4_ARM_ASIDPool_Assign(pool, api_endpoint), seL4_InvalidCapability);
}

static void write_and_signal(seL4_Word address)
{
    words(address)[0] = 0xfa5;
    seL4_Signal(api_notification);
}

/// A thread in an address space with the image, one shared page, a stack and an IPC buffer.
static void check_other_vspace(seL4_CPtr vspace)
{
    unsigned tables = 0;
    seL4_Word at = (seL4_Word)__executable_start & ~(PAGE_BYTES - 1);
    seL4_CPtr shared;
    seL4_Word here = api_page(&shared);
    for (seL4_CPtr cap = api_info->userImageFrames.start; cap < api_info->userImageFrames.end; cap++) {
        SUCCEEDS(api_map(vspace, api_copy(cap, seL4_AllRights), at, seL4_AllRights, &tables));
        at += PAGE_BYTES;
    }
    EQUAL(tables, api_info->userImagePaging.end - api_info->userImagePaging.start);
    struct api_thread *thread = api_thread(254, 10000, 10000, 0);
    seL4_CPtr buffer = api_copy(thread->frame, seL4_AllRights);
    SUCCEEDS(api_map(vspace, api_copy(shared, seL4_AllRights), SHARED, seL4_AllRights, 0));
    SUCCEEDS(api_map(vspace, buffer, (seL4_Word)thread->buffer, seL4_AllRights, 0));
    SUCCEEDS(api_map(vspace, api_object(seL4_ARM_SmallPageObject, 0), thread->stack_top - PAGE_BYTES,
                     seL4_AllRights, 0));
    SUCCEEDS(seL4_TCB_Configure(thread->tcb, ROOT,
                                api_guard(0, seL4_WordBits - api_info->initThreadCNodeSizeBits), vspace, 0,
                                (seL4_Word)thread->buffer, buffer));
    words(here)[0] = 0;
    api_start(thread, write_and_signal, SHARED);
    (void)api_wait();
    EQUAL(words(here)[0], 0xfa5);
    api_stop(thread);
}

void test_vspace(void)
{
    seL4_CPtr page = api_object(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr pool = api_slot();
    seL4_CPtr vspace = api_object(seL4_ARM_VSpaceObject, 0);
    check_tables(page);
    check_pages(page);
    check_large_page();
    check_asids(pool, vspace);
    check_other_vspace(vspace);
    SUCCEEDS(seL4_CNode_Delete(ROOT, vspace, DEPTH));
    SUCCEEDS(seL4_CNode_Delete(ROOT, pool, DEPTH));
}
