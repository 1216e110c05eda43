// SPDX-License-Identifier: BSD-2-Clause
// Rules of the AArch64 capability types: creation, derivation, identity, deletion, and which file
// decodes their invocations.
#include <arch/context_ops.h>
#include <arch/drivers.h>
#include <arch/smc.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>

unsigned arch_object_size_bits(word_t type)
{
    switch (type) {
    case seL4_ARM_HugePageObject:
        return seL4_HugePageBits;
    case seL4_ARM_VSpaceObject:
        return seL4_VSpaceBits;
    case seL4_ARM_SmallPageObject:
        return seL4_PageBits;
    case seL4_ARM_LargePageObject:
        return seL4_LargePageBits;
    case seL4_ARM_PageTableObject:
        return seL4_PageTableBits;
    case seL4_ARM_VCPUObject:
        return seL4_VCPUBits;
    default:
        return 0;
    }
}

bool arch_object_is_frame(word_t type)
{
    return type == seL4_ARM_SmallPageObject || type == seL4_ARM_LargePageObject
           || type == seL4_ARM_HugePageObject;
}

struct cap frame_cap_new(paddr_t at, unsigned size_bits, word_t rights, bool device)
{
    struct cap cap = cap_new(CAP_FRAME, at);
    cap_set_field(&cap.words[0], 48, 2,
                  size_bits == seL4_PageBits ? 0 : size_bits == seL4_LargePageBits ? 1 : 2);
    cap_set_field(&cap.words[0], 50, 2, rights);
    cap_set_field(&cap.words[0], 52, 1, device);
    return cap;
}

struct cap arch_object_create(struct core *core, word_t type, paddr_t at, word_t user_size_bits,
                              bool device)
{
    void *pointer = arch_phys_to_virt(at);
    (void)core;
    (void)user_size_bits;
    switch (type) {
    case seL4_ARM_VSpaceObject:
        return cap_new(CAP_VSPACE, (uintptr_t)pointer);
    case seL4_ARM_PageTableObject:
        return cap_new(CAP_PAGE_TABLE, (uintptr_t)pointer);
    case seL4_ARM_VCPUObject:
        vcpu_create(pointer);
        return cap_new(CAP_VCPU, (uintptr_t)pointer);
    default:
        return frame_cap_new(at, arch_object_size_bits(type), RIGHT_READ | RIGHT_WRITE, device);
    }
}

enum status arch_cap_derive(struct core *core, struct slot *slot, struct cap cap, struct cap *out)
{
    (void)slot;
    switch (cap_type(cap)) {
    case CAP_FRAME:
        // Every frame cap has a mapping of its own.
        cap.words[1] = 0;
        break;
    case CAP_PAGE_TABLE:
        // A copy of an unmapped one could be mapped a second time.
        if (!page_table_is_mapped(cap)) {
            return error_set(core, seL4_IllegalOperation);
        }
        break;
    case CAP_VSPACE:
        if (mapping_asid(cap) == 0) {
            return error_set(core, seL4_IllegalOperation);
        }
        break;
    default:
        break;
    }
    *out = cap;
    return STATUS_OK;
}

struct cap arch_cap_mask_rights(struct cap cap, word_t rights)
{
    if (cap_type(cap) == CAP_FRAME) {
        cap_set_field(&cap.words[0], 50, 2, frame_rights(cap) & rights);
    }
    return cap;
}

struct cap arch_cap_update_data(bool preserve, word_t data, struct cap cap)
{
    if (cap_type(cap) == CAP_SMC) {
        if (preserve || cap_badge(cap) != 0) {
            return cap_null(); // one function is all that a cap can be narrowed to
        }
        cap.words[1] = data;
    }
    return cap;
}

static bool is_object_pointer(enum cap_type type)
{
    return type == CAP_PAGE_TABLE || type == CAP_VSPACE || type == CAP_ASID_POOL
        || type == CAP_VCPU;
}

bool arch_cap_same_region(struct cap a, struct cap b)
{
    enum cap_type type = cap_type(a);
    if (type != cap_type(b)) {
        return false;
    }
    if (type == CAP_FRAME) {
        paddr_t end_a = cap_address(a) + MASK(frame_size_bits(a));
        paddr_t end_b = cap_address(b) + MASK(frame_size_bits(b));
        return cap_address(a) <= cap_address(b) && end_b <= end_a;
    }
    if (is_object_pointer(type)) {
        return cap_address(a) == cap_address(b);
    }
    if (type == CAP_SGI_SIGNAL) {
        return a.words[1] == b.words[1];
    }
    return type == CAP_ASID_CONTROL || type == CAP_SMC;
}

bool arch_cap_same_object(struct cap a, struct cap b)
{
    if (!arch_cap_same_region(a, b)) {
        return false;
    }
    return cap_type(a) != CAP_FRAME
           || (cap_address(a) == cap_address(b) && frame_size_bits(a) == frame_size_bits(b)
               && frame_is_device(a) == frame_is_device(b));
}

bool arch_cap_is_physical(struct cap cap, paddr_t *base, word_t *bytes)
{
    switch (cap_type(cap)) {
    case CAP_FRAME:
        *base = cap_address(cap);
        *bytes = BIT(frame_size_bits(cap));
        return true;
    case CAP_PAGE_TABLE:
    case CAP_ASID_POOL:
    case CAP_VCPU:
        *base = arch_virt_to_phys(cap_pointer(cap));
        *bytes = BIT(seL4_PageBits);
        return true;
    case CAP_VSPACE:
        *base = arch_virt_to_phys(cap_pointer(cap));
        *bytes = BIT(seL4_VSpaceBits);
        return true;
    default:
        return false;
    }
}
_Static_assert((int)seL4_PageTableBits == seL4_PageBits && (int)seL4_ASIDPoolBits == seL4_PageBits
                   && (int)seL4_VCPUBits == seL4_PageBits,
               "arch_cap_is_physical");

struct cap arch_cap_finalise(struct core *core, struct cap cap, bool final)
{
    switch (cap_type(cap)) {
    case CAP_FRAME:
        if (mapping_asid(cap) != 0) {
            vspace_unmap_frame(core, cap);
        }
        break;
    case CAP_PAGE_TABLE:
        if (final && page_table_is_mapped(cap)) {
            vspace_unmap_table(core, cap);
        }
        break;
    case CAP_VSPACE:
        if (final && mapping_asid(cap) != 0) {
            asid_delete(core, mapping_asid(cap), cap_pointer(cap));
        }
        break;
    case CAP_ASID_POOL:
        if (final) {
            asid_delete_pool(core, cap.words[1], cap_pointer(cap));
        }
        break;
    case CAP_VCPU:
        if (final) {
            vcpu_finalise(core, cap_pointer(cap));
        }
        break;
    default:
        break;
    }
    return cap_null();
}

enum status arch_decode(struct core *core, struct invocation *invocation)
{
    switch (cap_type(invocation->cap)) {
    case CAP_FRAME:
        return frame_decode(core, invocation);
    case CAP_PAGE_TABLE:
        return page_table_decode(core, invocation);
    case CAP_VSPACE:
        return vspace_decode(core, invocation);
    case CAP_ASID_CONTROL:
        return asid_control_decode(core, invocation);
    case CAP_ASID_POOL:
        return asid_pool_decode(core, invocation);
    case CAP_VCPU:
        return vcpu_decode(core, invocation);
    case CAP_SMC:
        return smc_decode(core, invocation);
    case CAP_SGI_SIGNAL:
        // As a signal: whatever the message is.
        gic_send_sgi(sgi_cap_irq(invocation->cap), sgi_cap_target(invocation->cap));
        return STATUS_OK;
    default:
        return error_invalid_capability(core, 0);
    }
}

// ---- what a thread's root caps may be -----------------------------------------------------------

enum status arch_check_vspace(struct core *core, struct cap cap, word_t argument_number)
{
    (void)argument_number;
    if (cap_type(cap) != CAP_VSPACE || mapping_asid(cap) == 0) {
        return error_set(core, seL4_IllegalOperation);
    }
    return STATUS_OK;
}

enum status arch_check_ipc_buffer(struct core *core, word_t vaddr, struct cap cap)
{
    if (cap_type(cap) != CAP_FRAME || frame_is_device(cap)) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (!IS_ALIGNED(vaddr, seL4_IPCBufferSizeBits)) {
        return error_set(core, seL4_AlignmentError);
    }
    return STATUS_OK;
}

word_t *arch_ipc_buffer(const struct tcb *tcb, bool write)
{
    struct cap cap = tcb->slots[TCB_SLOT_IPC_BUFFER].cap;
    word_t needed = write ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ;
    if (cap_type(cap) != CAP_FRAME || frame_is_device(cap)
        || (frame_rights(cap) & needed) != needed) {
        return NULL;
    }
    paddr_t at = cap_address(cap) + (tcb->ipc_buffer_vaddr & MASK(frame_size_bits(cap)));
    return arch_phys_to_virt(at);
}
