// SPDX-License-Identifier: BSD-2-Clause
// Slots of the root CNode and untyped memory. The kernel gives out an untyped's memory from low to
// high addresses; the same watermark is kept here, so that the right untyped is known before the
// call.
#include <init/init.h>

#include <abi/system_object_bits.h>
#include <base/bits.h>
#include <base/checked.h>

bool memory_init(struct init *init, const seL4_BootInfo *boot_info)
{
    seL4_SlotPos slots = boot_info->untyped.end - boot_info->untyped.start;

    init->boot_info = boot_info;
    init->next_slot = boot_info->empty.start;
    init->end_slot = boot_info->empty.end;
    init->asid_pool = seL4_CapInitThreadASIDPool;
    init->untyped_count = 0;
    if (boot_info->untyped.start > boot_info->untyped.end
        || slots > CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS || init->next_slot > init->end_slot
        || init->end_slot >= INIT_SLOT_MAPPED) {
        return init_error("the kernel's boot info makes no sense");
    }
    for (seL4_SlotPos i = 0; i < slots; i++) {
        const seL4_UntypedDesc *from = &boot_info->untypedList[i];
        init->untypeds[init->untyped_count++] = (struct untyped){
            .slot = boot_info->untyped.start + i,
            .paddr = from->paddr,
            .size_bits = from->sizeBits & 63,
            .is_device = from->isDevice != 0,
        };
    }
    init->temporary = slot_new(init);
    return init->temporary != 0;
}

seL4_SlotPos slot_new(struct init *init)
{
    if (init->next_slot == init->end_slot) {
        (void)init_error(
            "the root CNode is full: %llu slots were empty",
            (unsigned long long)(init->boot_info->empty.end - init->boot_info->empty.start));
        return 0;
    }
    return init->next_slot++;
}

unsigned object_bits(const struct system_object *object)
{
    return system_object_bits(object->type, object->size_bits, object->flags);
}

/// The kernel's number of an object's type.
static seL4_Word kernel_type(const struct system_object *object)
{
    switch (object->type) {
    case SYSTEM_OBJECT_TCB:
        return seL4_TCBObject;
    case SYSTEM_OBJECT_ENDPOINT:
        return seL4_EndpointObject;
    case SYSTEM_OBJECT_NOTIFICATION:
        return seL4_NotificationObject;
    case SYSTEM_OBJECT_CNODE:
        return seL4_CapTableObject;
    case SYSTEM_OBJECT_SCHED_CONTEXT:
        return seL4_SchedContextObject;
    case SYSTEM_OBJECT_REPLY:
        return seL4_ReplyObject;
    case SYSTEM_OBJECT_FRAME:
        return object->size_bits == seL4_HugePageBits  ? seL4_ARM_HugePageObject
             : object->size_bits == seL4_LargePageBits ? seL4_ARM_LargePageObject
                                                       : seL4_ARM_SmallPageObject;
    case SYSTEM_OBJECT_PAGE_TABLE:
        return seL4_ARM_PageTableObject;
    case SYSTEM_OBJECT_VSPACE:
        return seL4_ARM_VSpaceObject;
    case SYSTEM_OBJECT_VCPU:
        return seL4_ARM_VCPUObject;
    default:
        return seL4_UntypedObject;
    }
}

static seL4_Error retype(struct untyped *untyped, seL4_Word type, unsigned size_bits,
                         seL4_SlotPos slot, uint32_t count, unsigned object_size_bits)
{
    seL4_Error error = seL4_Untyped_Retype(untyped->slot, type, size_bits, seL4_CapInitThreadCNode,
                                           0, 0, slot, count);

    if (error == seL4_NoError) {
        uint64_t at = bits_round_up(untyped->used, BIT64(object_size_bits));
        untyped->used = at + ((uint64_t)count << object_size_bits);
    }
    return error;
}

/// How many objects of 2^bits bytes still fit into an untyped.
static uint64_t room(const struct untyped *untyped, unsigned bits)
{
    uint64_t at = bits_round_up(untyped->used, BIT64(bits));
    uint64_t size = BIT64(untyped->size_bits);

    return bits > untyped->size_bits || at > size ? 0 : (size - at) >> bits;
}

static struct untyped *find_ram(struct init *init, unsigned bits)
{
    for (size_t i = 0; i < init->untyped_count; i++) {
        if (!init->untypeds[i].is_device && room(&init->untypeds[i], bits) != 0) {
            return &init->untypeds[i];
        }
    }
    return NULL;
}

/// Untyped whose free part covers [address, address + 2^bits).
static struct untyped *find_fixed(struct init *init, uint64_t address, unsigned bits)
{
    for (size_t i = 0; i < init->untyped_count; i++) {
        struct untyped *untyped = &init->untypeds[i];
        if (address >= untyped->paddr && address - untyped->paddr >= untyped->used
            && range_fits(address - untyped->paddr, BIT64(bits), BIT64(untyped->size_bits))) {
            return untyped;
        }
    }
    return NULL;
}

/// Uses up what lies before `address` with untypeds, which later objects may come from.
static bool skip_to(struct init *init, struct untyped *untyped, uint64_t address, uint32_t index)
{
    while (untyped->paddr + untyped->used < address) {
        uint64_t at = untyped->paddr + untyped->used;
        unsigned bits = bits_highest(address - at);
        seL4_SlotPos slot;

        // The largest aligned piece. Watermarks are multiples of 16 bytes, so it is never too
        // small.
        if (untyped->used != 0 && bits_lowest(untyped->used) < bits) {
            bits = bits_lowest(untyped->used);
        }
        if (init->untyped_count == INIT_MAX_UNTYPEDS) {
            return init_error("too many gaps between objects at fixed addresses");
        }
        slot = slot_new(init);
        if (slot == 0
            || !init_check(init, retype(untyped, seL4_UntypedObject, bits, slot, 1, bits),
                           "Untyped_Retype of the gap", index)) {
            return false;
        }
        init->untypeds[init->untyped_count++] = (struct untyped){
            .slot = slot,
            .paddr = at,
            .size_bits = (uint8_t)bits,
            .is_device = untyped->is_device,
        };
    }
    return true;
}

static uint64_t free_ram(const struct init *init)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < init->untyped_count; i++) {
        const struct untyped *untyped = &init->untypeds[i];
        if (!untyped->is_device) {
            bytes += BIT64(untyped->size_bits) - untyped->used;
        }
    }
    return bytes;
}

uint32_t memory_make(struct init *init, uint32_t first, uint32_t count, seL4_SlotPos slot)
{
    const struct system_object *object = &init->system.objects[first];
    unsigned bits = object_bits(object);
    bool is_fixed = (object->flags & SYSTEM_OBJECT_FIXED) != 0;
    struct untyped *untyped = is_fixed ? find_fixed(init, object->address, bits)
                                       : find_ram(init, bits);

    if (untyped == NULL) {
        if (is_fixed) {
            (void)init_error(
                "%s %u '%s': the kernel gave no memory at 0x%llx, or it is used already",
                init_type_name(object->type), (unsigned)first, init_object_name(init, first),
                (unsigned long long)object->address);
        } else {
            (void)init_error(
                "%s %u '%s': no untyped memory for 2^%u bytes; %llu bytes of RAM are free in all",
                init_type_name(object->type), (unsigned)first, init_object_name(init, first), bits,
                (unsigned long long)free_ram(init));
        }
        return 0;
    }
    if (is_fixed && !skip_to(init, untyped, object->address, first)) {
        return 0;
    }
    count = (uint32_t)min_u64(count, min_u64(room(untyped, bits), CONFIG_RETYPE_FAN_OUT_LIMIT));
    if (!init_check(init,
                    retype(untyped, kernel_type(object), object->size_bits, slot, count, bits),
                    "Untyped_Retype", first)) {
        return 0;
    }
    return count;
}

bool memory_make_untyped(struct init *init, unsigned bits, seL4_SlotPos slot)
{
    struct untyped *untyped = find_ram(init, bits);

    if (untyped == NULL) {
        return init_error("no untyped memory for 2^%u bytes", bits);
    }
    return init_check(init, retype(untyped, seL4_UntypedObject, bits, slot, 1, bits),
                      "Untyped_Retype", SYSTEM_IMAGE_NONE);
}
