// SPDX-License-Identifier: BSD-2-Clause
// The boot information, the initial thread's caps and its image.
#include "api.h"

#define FDT_MAGIC 0xedfe0dd0u // as this machine reads it
// Empty slots of other architectures and configurations.
#define SLOT_IO_PORT_CONTROL 7
#define SLOT_IO_SPACE 8
#define SLOT_SMMU_SID 12
#define SLOT_SMMU_CB 13

// Of the linker.
extern char __executable_start[], _end[];

static void check_layout(void)
{
    const seL4_BootInfo *info = api_info;
    seL4_Word first = (seL4_Word)__executable_start & ~(PAGE_BYTES - 1);
    seL4_Word last = ((seL4_Word)_end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    EQUAL(info->userImageFrames.end - info->userImageFrames.start, (last - first) / PAGE_BYTES);
    EQUAL(info->ipcBuffer, last);
    EQUAL(info, last + PAGE_BYTES);
    EQUAL(info->extraBIPages.end - info->extraBIPages.start, (info->extraLen + PAGE_BYTES - 1) / PAGE_BYTES);
    // The image's frames are in its order.
    seL4_ARM_Page_GetAddress_t a = seL4_ARM_Page_GetAddress(info->userImageFrames.start);
    seL4_ARM_Page_GetAddress_t b = seL4_ARM_Page_GetAddress(info->userImageFrames.end - 1);
    EQUAL(a.error, seL4_NoError);
    EQUAL(b.error, seL4_NoError);
    EQUAL(b.paddr - a.paddr, last - first - PAGE_BYTES);
    EQUAL(seL4_ARM_Page_GetAddress(seL4_CapInitThreadIPCBuffer).error, seL4_NoError);
    EQUAL(api_tls_probe, 0x1234567);
}

static void check_untypeds(void)
{
    seL4_Word count = api_info->untyped.end - api_info->untyped.start;
    unsigned bad = 0, devices = 0, memory = 0, out_of_order = 0;
    CHECK(count <= CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS);
    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *entry = &api_info->untypedList[i];
        if (entry->sizeBits < seL4_MinUntypedBits || entry->sizeBits > seL4_MaxUntypedBits
            || entry->isDevice > 1 || (entry->paddr & (((seL4_Word)1 << entry->sizeBits) - 1)) != 0) {
            bad++;
        }
        out_of_order += entry->isDevice && memory != 0;
        devices += entry->isDevice;
        memory += !entry->isDevice;
    }
    EQUAL(bad, 0);
    EQUAL(out_of_order, 0);
    CHECK(devices > 0);
    CHECK(memory > 0);
}

static void check_extra(void)
{
    seL4_Word at = (seL4_Word)api_info + seL4_BootInfoFrameSize;
    seL4_Word end = at + api_info->extraLen;
    unsigned trees = 0;
    while (end - at >= sizeof(seL4_BootInfoHeader)) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)at;
        if (header->len < sizeof(*header) || header->len > end - at) {
            break;
        }
        if (header->id == SEL4_BOOTINFO_HEADER_FDT) {
            trees++;
            EQUAL(*(const seL4_Uint32 *)(header + 1), FDT_MAGIC);
        }
        at += header->len;
    }
    EQUAL(at, end);
    EQUAL(trees, 1);
}

static void check_slots(void)
{
    static const seL4_CPtr full[] = {
        seL4_CapInitThreadTCB, seL4_CapInitThreadCNode, seL4_CapInitThreadVSpace, seL4_CapIRQControl,
        seL4_CapASIDControl, seL4_CapInitThreadASIDPool, seL4_CapBootInfoFrame, seL4_CapInitThreadIPCBuffer,
        seL4_CapDomain, seL4_CapInitThreadSC,
    };
    static const seL4_CPtr empty[] = { seL4_CapNull, SLOT_IO_PORT_CONTROL, SLOT_IO_SPACE, SLOT_SMMU_SID,
                                       SLOT_SMMU_CB };
    for (unsigned i = 0; i < COUNT_OF(full); i++) {
        EQUAL(api_is_empty(full[i]) ? full[i] : 0, 0);
    }
    for (unsigned i = 0; i < COUNT_OF(empty); i++) {
        EQUAL(api_is_empty(empty[i]) ? 0 : empty[i], 0);
    }
    EQUAL(api_is_empty(api_info->empty.end - 1), 1);
}

void test_bootinfo(void)
{
    const seL4_BootInfo *info = api_info;
    EQUAL(info->nodeID, 0);
    EQUAL(info->numNodes, API_CORES);
    EQUAL(info->numIOPTLevels, 0);
    EQUAL(info->sharedFrames.start, info->sharedFrames.end);
    EQUAL(info->ioSpaceCaps.start, info->ioSpaceCaps.end);
    EQUAL(info->initThreadDomain, 0);
    EQUAL(info->schedcontrol.end - info->schedcontrol.start, API_CORES);
    EQUAL(info->empty.end, (seL4_Word)1 << info->initThreadCNodeSizeBits);
    check_layout();
    check_untypeds();
    check_extra();
    check_slots();
}
