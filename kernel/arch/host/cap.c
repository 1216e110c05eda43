// SPDX-License-Identifier: BSD-2-Clause
// Rules of the fake machine's cap types: the same as AArch64's.
#include <arch/host.h>
#include <arch/smc.h>
#include <sel4/arch/aarch64.h>
#include <string.h>

unsigned arch_object_size_bits(word_t type)
{
    switch (type) {
    case seL4_ARM_HugePageObject:
        return seL4_HugePageBits;
    case seL4_ARM_LargePageObject:
        return seL4_LargePageBits;
    case seL4_ARM_SmallPageObject:
        return seL4_PageBits;
    case seL4_ARM_VSpaceObject:
        return seL4_VSpaceBits;
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
    return type == seL4_ARM_HugePageObject || type == seL4_ARM_LargePageObject
           || type == seL4_ARM_SmallPageObject;
}

struct cap host_frame_cap(paddr_t at, unsigned size_bits, bool device)
{
    struct cap cap = cap_new(CAP_FRAME, at);
    const word_t size = size_bits == seL4_PageBits ? 0 : size_bits == seL4_LargePageBits ? 1 : 2;

    cap_set_field(&cap.words[0], 48, 2, size);
    cap_set_field(&cap.words[0], 50, 2, RIGHT_READ | RIGHT_WRITE);
    cap_set_field(&cap.words[0], 52, 1, device);
    return cap;
}

struct cap host_vspace_cap(paddr_t at)
{
    return cap_new(CAP_VSPACE, (uintptr_t)arch_phys_to_virt(at));
}

struct cap arch_object_create(struct core *core, word_t type, paddr_t at, word_t user_size_bits,
                              bool device)
{
    (void)core;
    (void)user_size_bits;
    switch (type) {
    case seL4_ARM_VSpaceObject:
        return host_vspace_cap(at);
    case seL4_ARM_PageTableObject:
        return cap_new(CAP_PAGE_TABLE, (uintptr_t)arch_phys_to_virt(at));
    case seL4_ARM_VCPUObject:
        host_vcpu_create(arch_phys_to_virt(at));
        return cap_new(CAP_VCPU, (uintptr_t)arch_phys_to_virt(at));
    default:
        return host_frame_cap(at, arch_object_size_bits(type), device);
    }
}

enum status arch_cap_derive(struct core *core, struct slot *slot, struct cap cap, struct cap *out)
{
    (void)slot;
    switch (cap_type(cap)) {
    case CAP_FRAME:
        cap.words[1] = 0; // the copy is not mapped
        break;
    case CAP_PAGE_TABLE:
        if (cap_field(cap.words[0], 48, 1) == 0) {
            return error_set(core, seL4_IllegalOperation);
        }
        break;
    case CAP_VSPACE:
        if (host_cap_asid(cap) == 0) {
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
        word_t left = cap_field(cap.words[0], 50, 2) & rights;
        if ((left & RIGHT_READ) == 0) {
            left = 0; // write alone gives user level nothing
        }
        cap_set_field(&cap.words[0], 50, 2, left);
    }
    return cap;
}

struct cap arch_cap_update_data(bool preserve, word_t data, struct cap cap)
{
    if (cap_type(cap) == CAP_SMC) {
        if (preserve || cap_badge(cap) != 0) {
            return cap_null();
        }
        cap.words[1] = data;
    }
    return cap;
}

static bool frame_contains(struct cap a, struct cap b)
{
    const word_t size_a = BIT(host_frame_bits(a));
    const word_t size_b = BIT(host_frame_bits(b));
    const paddr_t start = cap_address(a);

    return cap_address(b) >= start && cap_address(b) - start < size_a
           && size_b <= size_a - (cap_address(b) - start);
}

bool arch_cap_same_region(struct cap a, struct cap b)
{
    if (cap_type(a) != cap_type(b)) {
        return false;
    }
    switch (cap_type(a)) {
    case CAP_FRAME:
        return frame_contains(a, b);
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
    case CAP_ASID_POOL:
    case CAP_VCPU:
        return cap_address(a) == cap_address(b);
    case CAP_SGI_SIGNAL:
        return a.words[1] == b.words[1];
    default: // ASID control, SMC
        return true;
    }
}

bool arch_cap_same_object(struct cap a, struct cap b)
{
    if (cap_type(a) == CAP_FRAME && cap_type(b) == CAP_FRAME) {
        return cap_address(a) == cap_address(b) && host_frame_bits(a) == host_frame_bits(b);
    }
    return arch_cap_same_region(a, b);
}

bool arch_cap_is_physical(struct cap cap, paddr_t *base, word_t *bytes)
{
    unsigned bits;

    switch (cap_type(cap)) {
    case CAP_FRAME:
        *base = cap_address(cap);
        *bytes = BIT(host_frame_bits(cap));
        return true;
    case CAP_PAGE_TABLE:
        bits = seL4_PageTableBits;
        break;
    case CAP_VSPACE:
        bits = seL4_VSpaceBits;
        break;
    case CAP_ASID_POOL:
        bits = seL4_ASIDPoolBits;
        break;
    case CAP_VCPU:
        bits = seL4_VCPUBits;
        break;
    default:
        return false;
    }
    *base = arch_virt_to_phys(cap_pointer(cap));
    *bytes = BIT(bits);
    return true;
}

struct cap arch_cap_finalise(struct core *core, struct cap cap, bool final)
{
    (void)core;
    if (cap_type(cap) == CAP_FRAME) {
        if (host_cap_asid(cap) != 0) {
            host_unmap_frame(cap);
        }
        return cap_null();
    }
    if (!final) {
        return cap_null();
    }
    switch (cap_type(cap)) {
    case CAP_PAGE_TABLE:
        host_unmap_table(cap);
        break;
    case CAP_VSPACE:
        if (host_cap_asid(cap) != 0) {
            host_asid_delete(host_cap_asid(cap), cap_pointer(cap));
        }
        break;
    case CAP_ASID_POOL:
        host_asid_pool_delete(cap.words[1], cap_pointer(cap));
        break;
    case CAP_VCPU:
        host_vcpu_unbind(cap_pointer(cap));
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
        return host_frame_decode(core, invocation);
    case CAP_PAGE_TABLE:
        return host_page_table_decode(core, invocation);
    case CAP_VSPACE:
        return host_vspace_decode(core, invocation);
    case CAP_ASID_CONTROL:
        return host_asid_control_decode(core, invocation);
    case CAP_ASID_POOL:
        return host_asid_pool_decode(core, invocation);
    case CAP_VCPU:
        return host_vcpu_decode(core, invocation);
    case CAP_SMC:
        return smc_decode(core, invocation);
    case CAP_SGI_SIGNAL:
        return host_sgi_decode(core, invocation);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

// ---- what a TCB may hold -----------------------------------------------------------------------

enum status arch_check_vspace(struct core *core, struct cap cap, word_t argument_number)
{
    (void)argument_number;
    if (cap_type(cap) != CAP_VSPACE || host_cap_asid(cap) == 0) {
        return error_set(core, seL4_IllegalOperation);
    }
    return STATUS_OK;
}

enum status arch_check_ipc_buffer(struct core *core, word_t vaddr, struct cap cap)
{
    if (cap_type(cap) != CAP_FRAME || untyped_is_device(cap)) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (!IS_ALIGNED(vaddr, seL4_IPCBufferSizeBits)) {
        return error_set(core, seL4_AlignmentError);
    }
    return STATUS_OK;
}

word_t *arch_ipc_buffer(const struct tcb *tcb, bool write)
{
    const struct cap cap = tcb->slots[TCB_SLOT_IPC_BUFFER].cap;

    if (cap_type(cap) != CAP_FRAME || untyped_is_device(cap)) {
        return NULL;
    }
    const word_t rights = cap_field(cap.words[0], 50, 2);
    if ((rights & RIGHT_READ) == 0 || (write && (rights & RIGHT_WRITE) == 0)) {
        return NULL;
    }
    return arch_phys_to_virt(cap_address(cap)
                             + (tcb->ipc_buffer_vaddr & MASK(host_frame_bits(cap))));
}

void host_check_cap(const struct slot *slot)
{
    const struct cap cap = slot->cap;

    if (cap_type(cap) == CAP_VCPU) {
        const struct vcpu *vcpu = cap_pointer(cap);
        ASSERT(vcpu->tcb == NULL || vcpu->tcb->arch.vcpu == vcpu);
    } else if (cap_type(cap) == CAP_THREAD) {
        const struct tcb *tcb = cap_pointer(cap);
        ASSERT(tcb->arch.vcpu == NULL || tcb->arch.vcpu->tcb == tcb);
    }
}
