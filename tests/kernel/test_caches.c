// SPDX-License-Identifier: BSD-2-Clause
// Cache operations on pages and address spaces: what they refuse, and that code that was written
// runs after them.
#include "task.h"

#define ROOT seL4_CapInitThreadCNode

typedef seL4_Error (*operation_t)(seL4_CPtr service, seL4_Word start, seL4_Word end);

static const operation_t page_operations[] = {
    seL4_ARM_Page_Clean_Data, seL4_ARM_Page_Invalidate_Data, seL4_ARM_Page_CleanInvalidate_Data,
    seL4_ARM_Page_Unify_Instruction,
};
static const operation_t vspace_operations[] = {
    seL4_ARM_VSpace_Clean_Data, seL4_ARM_VSpace_Invalidate_Data,
    seL4_ARM_VSpace_CleanInvalidate_Data, seL4_ARM_VSpace_Unify_Instruction,
};

static void check_argument(seL4_Error error, seL4_Word number)
{
    CHECK_EQUAL(error, seL4_InvalidArgument);
    CHECK_EQUAL(seL4_GetMR(0), number);
}

static void test_pages(void)
{
    seL4_CPtr frame;
    seL4_CPtr unmapped = task_object(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr vspace = task_vspace();
    seL4_CPtr elsewhere = task_slot();
    volatile seL4_Word *page = task_page(&frame);
    CHECK_EQUAL(seL4_CNode_Copy(ROOT, elsewhere, 64, ROOT, frame, 64, seL4_AllRights), seL4_NoError);
    CHECK_EQUAL(task_map(vspace, elsewhere, 0x400000, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                seL4_NoError);
    page[0] = 0x77;
    for (int i = 0; i < 4; i++) {
        operation_t operation = page_operations[i];
        CHECK_EQUAL(operation(unmapped, 0, 4096), seL4_IllegalOperation);
        check_argument(operation(frame, 8, 8), 1);
        check_argument(operation(frame, 16, 8), 1);
        check_argument(operation(frame, 4096, 4097), 0);
        check_argument(operation(frame, 0, 4097), 0);
        check_argument(operation(frame, 0, ~0ul), 0);
        CHECK_EQUAL(operation(elsewhere, 64, 128), seL4_NoError);
        if (i != 1) { // what Invalidate leaves depends on the cache
            CHECK_EQUAL(operation(frame, 0, 4096), seL4_NoError);
            CHECK_EQUAL(page[0], 0x77);
        }
    }
    // Where the address space is gone there is nothing to operate on.
    task_delete(vspace);
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(page_operations[i](elsewhere, 0, 4096), seL4_FailedLookup);
        CHECK_EQUAL(seL4_GetMR(0), 0);
        CHECK_EQUAL(seL4_GetMR(1), seL4_InvalidRoot);
    }
    task_delete(frame);
    task_delete(elsewhere);
    task_delete(unmapped);
}

static void test_vspaces(void)
{
    seL4_CPtr frame;
    seL4_CPtr fresh = task_object(seL4_ARM_VSpaceObject, 0);
    seL4_Word page = (seL4_Word)task_page(&frame);
    for (int i = 0; i < 4; i++) {
        operation_t operation = vspace_operations[i];
        CHECK_EQUAL(operation(fresh, page, page + 64), seL4_InvalidCapability);
        CHECK_EQUAL(seL4_GetMR(0), 0);
        check_argument(operation(seL4_CapInitThreadVSpace, page + 64, page), 1);
        CHECK_EQUAL(operation(seL4_CapInitThreadVSpace, page, ~0ul), seL4_IllegalOperation);
        CHECK_EQUAL(operation(seL4_CapInitThreadVSpace, page, page + 4096), seL4_NoError);
        CHECK_EQUAL(operation(seL4_CapInitThreadVSpace, page + 64, page + 4097), seL4_RangeError);
        CHECK_EQUAL(seL4_GetMR(0), page + 64);
        CHECK_EQUAL(seL4_GetMR(1), page + 4095);
        // No page, nothing to do.
        CHECK_EQUAL(operation(seL4_CapInitThreadVSpace, page + 0x100000, page + 0x100040),
                    seL4_NoError);
    }
    task_delete(frame);
    task_delete(fresh);
}

/// Instructions that are written over and over.
static void test_code(void)
{
    seL4_CPtr frame;
    uint32_t *code = task_page(&frame);
    seL4_Word (*function)(void) = (seL4_Word(*)(void))(seL4_Word)code;
    for (seL4_Word i = 1; i <= 40; i++) {
        code[0] = 0xd2800000 | (uint32_t)i << 5; // mov x0, #i
        code[1] = 0xd65f03c0;                    // ret
        if (i % 2 == 0) {
            CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 8), seL4_NoError);
        } else {
            CHECK_EQUAL(seL4_ARM_VSpace_Unify_Instruction(seL4_CapInitThreadVSpace,
                                                          (seL4_Word)code, (seL4_Word)code + 8),
                        seL4_NoError);
        }
        __asm__ volatile("isb");
        CHECK_EQUAL(function(), i);
    }
    task_delete(frame);
}

void test_caches(void)
{
    test_pages();
    test_vspaces();
    test_code();
}
