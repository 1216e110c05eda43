// SPDX-License-Identifier: BSD-2-Clause
// Boot info, initial capabilities and untypeds of the root task.
#include "task.h"

#include <abi/extensions.h>

static bool is_power_aligned(const seL4_UntypedDesc *entry)
{
    return (entry->paddr & (((seL4_Word)1 << entry->sizeBits) - 1)) == 0;
}

/// The interrupt controller's pages that no untyped may have.
static const struct {
    seL4_Word base;
    seL4_Word bytes;
} withheld[] = {
    { 0x08000000, 0x10000 }, // distributor
#if GIC_VERSION == 3
    { 0x08080000, 0x20000 }, // ITS
    { 0x080a0000, 0xf60000 }, // redistributors
#else
    { 0x08010000, 0x10000 }, // CPU interface
    { 0x08030000, 0x10000 }, // virtual interface control
#endif
};

static void check_withheld(const seL4_UntypedDesc *entry)
{
    seL4_Word last = entry->paddr + (((seL4_Word)1 << entry->sizeBits) - 1);
    for (unsigned i = 0; i < sizeof(withheld) / sizeof(withheld[0]); i++) {
        CHECK(last < withheld[i].base || entry->paddr >= withheld[i].base + withheld[i].bytes);
    }
}

static void check_untypeds(void)
{
    seL4_Word count = task_info->untyped.end - task_info->untyped.start;
    seL4_Word ram = 0;
    bool guest_ram = false;
    bool gicv = false;
    CHECK(count > 4 && count <= CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS);
    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *entry = &task_info->untypedList[i];
        CHECK(is_power_aligned(entry));
        ram += entry->isDevice ? 0 : (seL4_Word)1 << entry->sizeBits;
        guest_ram |= entry->isDevice && entry->paddr == 0x40000000 && entry->sizeBits == 29;
        gicv |= entry->isDevice && entry->paddr == 0x08040000 && entry->sizeBits == 18;
        check_withheld(entry);
    }
    CHECK(guest_ram);
    CHECK(gicv);
    CHECK(ram > (seL4_Word)1 << 30);
    task_print_number("untypeds ", count);
    task_print_word(", RAM ", ram);
    task_print("\n");
}

static void check_extra_info(void)
{
    seL4_Word at = (seL4_Word)task_info + 4096;
    seL4_Word end = at + task_info->extraLen;
    bool extensions = false;
    while (at < end) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)at;
        if (!CHECK(header->len >= sizeof(*header) && header->len <= end - at)) {
            return;
        }
        if (header->id == SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS) {
            const struct rookery_extensions *found =
                (const struct rookery_extensions *)(header + 1);
            extensions = (found->features & ROOKERY_EXTENSION_WFI_IN_KERNEL) != 0;
        }
        if (header->id == SEL4_BOOTINFO_HEADER_FDT) {
            CHECK_EQUAL(*(const uint32_t *)(header + 1), 0xedfe0dd0u);
        }
        at += header->len;
    }
    CHECK(extensions);
}

void test_boot(void)
{
    CHECK_EQUAL(task_info->numNodes, CONFIG_MAX_NUM_NODES);
    CHECK_EQUAL(task_info->initThreadCNodeSizeBits, CONFIG_ROOT_CNODE_SIZE_BITS);
    CHECK_EQUAL(task_info->userImagePaging.start, seL4_NumInitialCaps);
    CHECK(task_info->userImageFrames.end > task_info->userImageFrames.start);
    CHECK_EQUAL(task_info->schedcontrol.end - task_info->schedcontrol.start, CONFIG_MAX_NUM_NODES);
    CHECK_EQUAL(task_info->empty.end, (seL4_Word)1 << CONFIG_ROOT_CNODE_SIZE_BITS);
    CHECK_EQUAL(task_info->nodeID, 0);
    CHECK_EQUAL(task_info->numIOPTLevels, 0);
    CHECK_EQUAL(task_info->initThreadDomain, 0);
    CHECK_EQUAL(task_info->sharedFrames.end - task_info->sharedFrames.start, 0);
    CHECK_EQUAL(task_info->ioSpaceCaps.end - task_info->ioSpaceCaps.start, 0);
    // One after the other: tables, extra boot info, scheduling control, image, untypeds.
    CHECK_EQUAL(task_info->extraBIPages.start, task_info->userImagePaging.end);
    CHECK_EQUAL(task_info->schedcontrol.start, task_info->extraBIPages.end);
    CHECK_EQUAL(task_info->userImageFrames.start, task_info->schedcontrol.end);
    CHECK_EQUAL(task_info->untyped.start, task_info->userImageFrames.end);
    CHECK_EQUAL(task_info->empty.start, task_info->untyped.end);
    check_untypeds();
    check_extra_info();
#if CONFIG_DEBUG_BUILD
    static const struct {
        seL4_CPtr slot;
        seL4_Uint32 type;
    } caps[] = {
        { seL4_CapNull, 0 },          { seL4_CapInitThreadTCB, 12 },
        { seL4_CapInitThreadCNode, 10 }, { seL4_CapInitThreadVSpace, 9 },
        { seL4_CapIRQControl, 14 },   { seL4_CapASIDControl, 11 },
        { seL4_CapInitThreadASIDPool, 13 }, { seL4_CapIOPortControl, 0 },
        { seL4_CapIOSpace, 0 },       { seL4_CapBootInfoFrame, 1 },
        { seL4_CapInitThreadIPCBuffer, 1 }, { seL4_CapDomain, 20 },
        { seL4_CapSMMUSIDControl, 0 }, { seL4_CapSMMUCBControl, 0 },
        { seL4_CapInitThreadSC, 22 }, { seL4_CapSMC, CONFIG_ALLOW_SMC_CALLS ? 25 : 0 },
    };
    for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        CHECK_EQUAL(seL4_DebugCapIdentify(caps[i].slot), caps[i].type);
    }
    CHECK_EQUAL(seL4_DebugCapIdentify(task_info->schedcontrol.start), 24);
    CHECK_EQUAL(seL4_DebugCapIdentify(task_info->untyped.start), 2);
    CHECK_EQUAL(seL4_DebugCapIdentify(task_info->userImagePaging.start), 3);
    seL4_DebugSnapshot();
    CHECK_EQUAL(seL4_DebugCapIdentify(task_info->userImageFrames.start), 1);
    CHECK_EQUAL(seL4_DebugCapIdentify(task_info->empty.end - 1), 0);
#endif
    // The first frame of the image holds this program.
    seL4_ARM_Page_GetAddress_t address = seL4_ARM_Page_GetAddress(task_info->userImageFrames.start);
    CHECK_EQUAL(address.error, seL4_NoError);
    CHECK(address.paddr >= 0x60000000);
}
