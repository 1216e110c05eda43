// SPDX-License-Identifier: BSD-2-Clause
// Stage-2 translation tables (DDI 0487, D8.3): walking, descriptors, unmapping.
#include <arch/sysreg.h>
#include <arch/vspace.h>

#define ENTRY_VALID BIT(0)
#define ENTRY_TABLE BIT(1) // also marks pages at the last level
#define ENTRY_READ BIT(6)
#define ENTRY_WRITE BIT(7)
#define ENTRY_INNER_SHAREABLE (BIT(8) | BIT(9))
#define ENTRY_ACCESSED BIT(10)
#define ENTRY_XN BIT(54)
#define ENTRY_PERMISSIONS (ENTRY_READ | ENTRY_WRITE | ENTRY_XN)
#define ENTRY_ADDRESS (MASK(48) & ~MASK(12))
// MemAttr: device nGnRnE, or inner and outer write-back.
#define ENTRY_DEVICE 0u
#define ENTRY_NORMAL ((0xfu << 2) | ENTRY_INNER_SHAREABLE)

#define LEVEL_BITS 9

bool vspace_is_valid(word_t entry)
{
    return (entry & ENTRY_VALID) != 0;
}

bool vspace_is_writable(word_t entry)
{
    return (entry & ENTRY_WRITE) != 0;
}

bool vspace_is_table(word_t entry, unsigned size_bits)
{
    return size_bits != seL4_PageBits
        && (entry & (ENTRY_VALID | ENTRY_TABLE)) == (ENTRY_VALID | ENTRY_TABLE);
}

paddr_t vspace_address(word_t entry)
{
    return entry & ENTRY_ADDRESS;
}

word_t *vspace_walk(word_t *root, word_t vaddr, unsigned *size_bits)
{
    word_t *entry = &root[(vaddr >> ROOT_SHIFT) & MASK(seL4_VSpaceIndexBits)];
    unsigned shift = ROOT_SHIFT;
    while (vspace_is_table(*entry, shift)) {
        shift -= LEVEL_BITS;
        word_t *table = arch_phys_to_virt(*entry & ENTRY_ADDRESS);
        entry = &table[(vaddr >> shift) & MASK(LEVEL_BITS)];
    }
    *size_bits = shift;
    return entry;
}

word_t *vspace_entry(word_t *root, word_t vaddr, unsigned size_bits, unsigned *bits_left)
{
    word_t *entry = &root[(vaddr >> ROOT_SHIFT) & MASK(seL4_VSpaceIndexBits)];
    unsigned shift = ROOT_SHIFT;
    while (shift > size_bits && vspace_is_table(*entry, shift)) {
        shift -= LEVEL_BITS;
        word_t *table = arch_phys_to_virt(*entry & ENTRY_ADDRESS);
        entry = &table[(vaddr >> shift) & MASK(LEVEL_BITS)];
    }
    *bits_left = shift;
    return shift == size_bits ? entry : NULL;
}

word_t vspace_leaf(paddr_t at, unsigned size_bits, word_t rights, word_t attributes)
{
    word_t entry = at | ENTRY_VALID | ENTRY_ACCESSED;
    if (size_bits == seL4_PageBits) {
        entry |= ENTRY_TABLE;
    }
    // Writing alone is no access at all: the page is then the kernel's only.
    if (rights & RIGHT_READ) {
        entry |= ENTRY_READ;
        if (rights & RIGHT_WRITE) {
            entry |= ENTRY_WRITE;
        }
    }
    entry |= (attributes & seL4_ARM_PageCacheable) ? ENTRY_NORMAL : ENTRY_DEVICE;
    if (attributes & seL4_ARM_ExecuteNever) {
        entry |= ENTRY_XN;
    }
    return entry;
}

word_t vspace_table(const word_t *table)
{
    return arch_virt_to_phys(table) | ENTRY_VALID | ENTRY_TABLE;
}

void vspace_set(struct core *core, word_t asid, word_t vaddr, word_t *entry, word_t value)
{
    const word_t old = *entry;
    bool is_in_tlb = vspace_is_valid(old);
    if (is_in_tlb && ((old ^ value) & ~ENTRY_PERMISSIONS) != 0) {
        // Break before make (DDI 0487, D8.14): the memory type may not change at once. Permissions
        // may, so that no other core sees a fault.
        *(volatile word_t *)entry = 0;
        asid_invalidate_page(core, asid, vaddr);
        is_in_tlb = false;
    }
    *(volatile word_t *)entry = value;
    dsb_ishst();
    if (is_in_tlb) {
        asid_invalidate_page(core, asid, vaddr);
    }
}

void vspace_unmap_frame(struct core *core, struct cap cap)
{
    word_t asid = mapping_asid(cap);
    word_t *root = asid_root(asid);
    unsigned bits_left;
    if (root == NULL) {
        return;
    }
    word_t vaddr = mapping_vaddr(cap);
    word_t *entry = vspace_entry(root, vaddr, frame_size_bits(cap), &bits_left);
    // The address space may be another one by now, or the place taken by another frame.
    if (entry == NULL || !vspace_is_valid(*entry) || vspace_is_table(*entry, frame_size_bits(cap))
        || vspace_address(*entry) != cap_address(cap)) {
        return;
    }
    *(volatile word_t *)entry = 0;
    asid_invalidate_page(core, asid, vaddr);
}

void vspace_unmap_table(struct core *core, struct cap cap)
{
    word_t asid = mapping_asid(cap);
    word_t vaddr = mapping_vaddr(cap);
    word_t *table = asid_root(asid);
    if (table == NULL) {
        return;
    }
    const word_t wanted = vspace_table(cap_pointer(cap));
    word_t *entry = &table[(vaddr >> ROOT_SHIFT) & MASK(seL4_VSpaceIndexBits)];
    for (unsigned shift = ROOT_SHIFT; vspace_is_table(*entry, shift);) {
        if (*entry == wanted) {
            *(volatile word_t *)entry = 0;
            asid_invalidate(core, asid);
            return;
        }
        table = arch_phys_to_virt(*entry & ENTRY_ADDRESS);
        shift -= LEVEL_BITS;
        entry = &table[(vaddr >> shift) & MASK(LEVEL_BITS)];
    }
}
