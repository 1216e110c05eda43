// SPDX-License-Identifier: BSD-2-Clause
// Memory that the objects of system.bin take. adlc proves with it that a system fits, the initialiser
// allocates by it: both have to mean the same.
#ifndef ABI_SYSTEM_OBJECT_BITS_H
#define ABI_SYSTEM_OBJECT_BITS_H

#include <abi/system_image.h>
#include <sel4/arch/aarch64.h>

/// log2 of the bytes that an object takes of untyped memory; 0: none, or it has its memory already (donated).
/// `type`: enum system_object_type, others take none. `size_bits`, `flags`: as in struct system_object.
static inline unsigned system_object_bits(unsigned type, unsigned size_bits, unsigned flags)
{
    if ((flags & SYSTEM_OBJECT_DONATED) != 0) {
        return 0;
    }
    switch (type) {
    case SYSTEM_OBJECT_UNTYPED:
    case SYSTEM_OBJECT_SCHED_CONTEXT:
    case SYSTEM_OBJECT_FRAME:
        return size_bits;
    case SYSTEM_OBJECT_TCB:
        return seL4_TCBBits;
    case SYSTEM_OBJECT_ENDPOINT:
        return seL4_EndpointBits;
    case SYSTEM_OBJECT_NOTIFICATION:
        return seL4_NotificationBits;
    case SYSTEM_OBJECT_CNODE:
        return size_bits + (unsigned)seL4_SlotBits;
    case SYSTEM_OBJECT_REPLY:
        return seL4_ReplyBits;
    case SYSTEM_OBJECT_PAGE_TABLE:
        return seL4_PageTableBits;
    case SYSTEM_OBJECT_VSPACE:
        return seL4_VSpaceBits;
    case SYSTEM_OBJECT_VCPU:
        return seL4_VCPUBits;
    case SYSTEM_OBJECT_ASID_POOL:
        return seL4_ASIDPoolBits;
    default:
        return 0;
    }
}

#endif
