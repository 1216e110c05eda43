// SPDX-License-Identifier: BSD-2-Clause
// ASIDs name address spaces in caps: 16 bits, in pools of 512 that user level provides. The
// hardware's VMIDs (8 bits on Cortex-A53) are fewer: an ASID gets one when it is switched to, and
// loses it when they run out.
#include <arch/smp.h>
#include <arch/sysreg.h>
#include <arch/vspace.h>

#define POOL_COUNT (1u << seL4_NumASIDPoolsBits)
#define VMID_COUNT 256
#define ENTRY_VMID MASK(8)
#define ENTRY_ROOT (~MASK(seL4_VSpaceBits))
#define VTTBR_VMID_SHIFT 48

// VTCR_EL2: T0SZ 24, start level 1, inner shareable write-back walks, 4 KiB granule, 40-bit output.
#define VTCR_VALUE (BIT(31) | (2u << 16) | (3u << 12) | BIT(10) | BIT(8) | BIT(6) | 24u)

static struct asid_pool *pools[POOL_COUNT];
static uint16_t vmid_owner[VMID_COUNT]; // ASID, 0: free. VMID 0 belongs to the empty address space.
static unsigned vmid_next;
static word_t generation = 1; // of ASIDs and VMIDs: what a TCB remembers of an older one is void
static word_t empty_root[BIT(seL4_VSpaceIndexBits)] __attribute__((aligned(1 << seL4_VSpaceBits)));

static void vttbr_write(word_t value)
{
    sysreg_write(vttbr_el2, value);
}

void asid_init(void)
{
    for (unsigned i = 0; i < POOL_COUNT; i++) {
        pools[i] = NULL;
    }
    for (unsigned i = 0; i < VMID_COUNT; i++) {
        vmid_owner[i] = 0;
    }
    vmid_next = 1;
    generation++;
}

void asid_init_core(struct core *core)
{
    sysreg_write(vtcr_el2, VTCR_VALUE);
    core->arch.vttbr = arch_virt_to_phys(empty_root);
    vttbr_write(core->arch.vttbr);
    isb();
    __asm__ volatile("tlbi alle1; dsb nsh; isb" : : : "memory");
}

static word_t *asid_entry(word_t asid)
{
    struct asid_pool *pool = pools[(asid >> seL4_ASIDPoolIndexBits) % POOL_COUNT];
    return pool == NULL ? NULL : &pool->entries[asid % ASID_POOL_ENTRIES];
}

int asid_free_pool(void)
{
    for (unsigned i = 0; i < POOL_COUNT; i++) {
        if (pools[i] == NULL) {
            return (int)i;
        }
    }
    return -1;
}

void asid_add_pool(unsigned number, struct asid_pool *pool)
{
    pools[number] = pool;
    generation++;
}

struct asid_pool *asid_pool_at(word_t first_asid)
{
    return pools[(first_asid >> seL4_ASIDPoolIndexBits) % POOL_COUNT];
}

word_t asid_find_free(const struct asid_pool *pool, word_t first_asid)
{
    for (word_t i = 0; i < ASID_POOL_ENTRIES; i++) {
        // ASID 0 means "not mapped" in caps.
        if (pool->entries[i] == 0 && first_asid + i != 0) {
            return first_asid + i;
        }
    }
    return 0;
}

void asid_assign(word_t asid, word_t *root)
{
    word_t *entry = asid_entry(asid);
    ASSERT(entry != NULL && *entry == 0);
    *entry = arch_virt_to_phys(root);
    generation++;
}

word_t *asid_root(word_t asid)
{
    word_t *entry = asid == 0 ? NULL : asid_entry(asid);
    return entry == NULL || *entry == 0 ? NULL : arch_phys_to_virt(*entry & ENTRY_ROOT);
}

/// Runs TLB maintenance for a VMID: it works on the VMID in VTTBR_EL2.
static void vmid_invalidate(struct core *core, word_t vmid)
{
    vttbr_write(arch_virt_to_phys(empty_root) | (vmid << VTTBR_VMID_SHIFT));
    isb();
    dsb_ishst();
    __asm__ volatile("tlbi vmalls12e1is; dsb ish; isb" : : : "memory");
    vttbr_write(core->arch.vttbr);
    isb();
}

static void vmid_invalidate_page(struct core *core, word_t vmid, word_t vaddr)
{
    // The root stays: only the VMID matters, and it is usually the current one.
    bool is_current = core->arch.vttbr >> VTTBR_VMID_SHIFT == vmid;
    if (!is_current) {
        vttbr_write(arch_virt_to_phys(empty_root) | (vmid << VTTBR_VMID_SHIFT));
        isb();
    }
    dsb_ishst();
    __asm__ volatile("tlbi ipas2e1is, %0; dsb ish; tlbi vmalle1is; dsb ish; isb"
                     :
                     : "r"(vaddr >> 12)
                     : "memory");
    if (!is_current) {
        vttbr_write(core->arch.vttbr);
        isb();
    }
}

static bool vmid_in_use(word_t vmid)
{
    for (unsigned i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        if (kernel_cores[i].arch.vttbr >> VTTBR_VMID_SHIFT == vmid) {
            return true;
        }
    }
    return false;
}

/// VMID of an ASID's entry, newly assigned if it has none.
static word_t vmid_of(struct core *core, word_t asid, word_t *entry)
{
    word_t vmid = *entry & ENTRY_VMID;
    if (LIKELY(vmid != 0)) {
        return vmid;
    }
    do {
        vmid = vmid_next;
        vmid_next = vmid_next == VMID_COUNT - 1 ? 1 : vmid_next + 1;
    } while (vmid_in_use(vmid));
    if (vmid_owner[vmid] != 0) {
        *asid_entry(vmid_owner[vmid]) &= ~ENTRY_VMID;
        generation++;
        vmid_invalidate(core, vmid);
    }
    vmid_owner[vmid] = (uint16_t)asid;
    *entry |= vmid;
    return vmid;
}

void asid_invalidate_page(struct core *core, word_t asid, word_t vaddr)
{
    const word_t *entry = asid_entry(asid);
    if (entry != NULL && (*entry & ENTRY_VMID) != 0) {
        vmid_invalidate_page(core, *entry & ENTRY_VMID, vaddr);
    }
}

void asid_invalidate(struct core *core, word_t asid)
{
    const word_t *entry = asid_entry(asid);
    if (entry != NULL && (*entry & ENTRY_VMID) != 0) {
        vmid_invalidate(core, *entry & ENTRY_VMID);
    }
}

/// Takes an entry's address space off the hardware.
static void asid_clear_entry(struct core *core, word_t *entry)
{
    word_t vmid = *entry & ENTRY_VMID;
    *entry = 0;
    generation++;
    if (vmid != 0) {
        if (core->arch.vttbr >> VTTBR_VMID_SHIFT == vmid) {
            core->arch.vttbr = arch_virt_to_phys(empty_root);
        }
#if CONFIG_MAX_NUM_NODES > 1
        smp_drop_vmid(core, vmid);
#endif
        vmid_owner[vmid] = 0;
        vmid_invalidate(core, vmid);
    }
}

void asid_delete(struct core *core, word_t asid, word_t *root)
{
    word_t *entry = asid_entry(asid);
    if (entry != NULL && (*entry & ENTRY_ROOT) == arch_virt_to_phys(root)) {
        asid_clear_entry(core, entry);
    }
}

/// No core stays in an address space of a pool.
static void leave_pool(struct core *core, word_t first_asid)
{
    for (unsigned i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct core *each = &kernel_cores[i];
        word_t vmid = each->arch.vttbr >> VTTBR_VMID_SHIFT;
        if (vmid == 0 || vmid_owner[vmid] >> seL4_ASIDPoolIndexBits
                             != first_asid >> seL4_ASIDPoolIndexBits) {
            continue;
        }
        if (each == core) {
            vspace_leave(core);
        }
#if CONFIG_MAX_NUM_NODES > 1
        else {
            smp_drop_vmid(core, vmid);
        }
#endif
    }
}

void asid_delete_pool(struct core *core, word_t first_asid, struct asid_pool *pool)
{
    if (asid_pool_at(first_asid) != pool) {
        return;
    }
    leave_pool(core, first_asid);
    for (word_t i = 0; i < ASID_POOL_ENTRIES; i++) {
        vmid_owner[pool->entries[i] & ENTRY_VMID] = 0; // that of VMID 0 is always 0
        pool->entries[i] = 0;
    }
    // All at once: one by one they would be hundreds of TLB operations.
    dsb_ishst();
    __asm__ volatile("tlbi alle1is; dsb ish; isb" : : : "memory");
    asid_add_pool((unsigned)(first_asid >> seL4_ASIDPoolIndexBits), NULL);
}

word_t vspace_vmid(const struct core *core)
{
    return core->arch.vttbr >> VTTBR_VMID_SHIFT;
}

void vspace_leave(struct core *core)
{
    core->arch.vttbr = arch_virt_to_phys(empty_root);
    vttbr_write(core->arch.vttbr);
    isb();
}

/// The value of VTTBR_EL2 for a VSpace cap; the empty address space when it is none or has no ASID.
static word_t vttbr_of(struct core *core, struct cap cap)
{
    if (cap_type(cap) == CAP_VSPACE && mapping_asid(cap) != 0) {
        word_t *entry = asid_entry(mapping_asid(cap));
        paddr_t root = arch_virt_to_phys(cap_pointer(cap));
        if (entry != NULL && (*entry & ENTRY_ROOT) == root) {
            return root | (vmid_of(core, mapping_asid(cap), entry) << VTTBR_VMID_SHIFT);
        }
    }
    return arch_virt_to_phys(empty_root);
}

void vspace_switch(struct core *core, struct tcb *tcb)
{
    const struct cap cap = tcb->slots[TCB_SLOT_VSPACE].cap;
    struct arch_tcb *arch = &tcb->arch;
    word_t value = arch->vttbr;
    if (UNLIKELY(arch->vttbr_generation != generation || arch->vttbr_root != cap.words[0])) {
        value = vttbr_of(core, cap);
        arch->vttbr = value;
        arch->vttbr_root = cap.words[0];
        arch->vttbr_generation = generation;
        if (value == arch_virt_to_phys(empty_root)) {
            arch->vttbr_root = 0; // another cap of the same table may have an ASID
        }
    }
    if (value != core->arch.vttbr) {
        core->arch.vttbr = value;
        vttbr_write(value);
    }
}
