// SPDX-License-Identifier: BSD-2-Clause
// Address spaces of the fake machine. Tables are ordinary objects with entries that only this file
// reads: a root of 1024 entries of 1 GiB, then tables of 512 entries of 2 MiB and of 4 KiB. An
// entry holds a physical address, rights in bits 5:4 and its kind in bits 1:0.
#include <arch/host.h>
#include <sel4/arch/aarch64.h>
#include <string.h>

enum entry_kind { ENTRY_NONE = 0, ENTRY_TABLE = 1, ENTRY_FRAME = 2 };

enum {
    ROOT_SHIFT = seL4_HugePageBits,
    ASID_POOLS = 1 << seL4_NumASIDPoolsBits,
    ASID_POOL_SIZE = 1 << seL4_ASIDPoolIndexBits,
};

/// Pools by the upper bits of an ASID. A pool holds the root tables by the lower bits.
static word_t *asid_pools[ASID_POOLS];

void host_vspace_reset(void)
{
    memset(asid_pools, 0, sizeof(asid_pools));
}

// ---- cap fields --------------------------------------------------------------------------------

unsigned host_frame_bits(struct cap cap)
{
    static const uint8_t bits[] = { seL4_PageBits, seL4_LargePageBits, seL4_HugePageBits };
    const word_t size = cap_field(cap.words[0], 48, 2);
    ASSERT(size < ARRAY_SIZE(bits));
    return bits[size];
}

static word_t frame_rights(struct cap cap)
{
    return cap_field(cap.words[0], 50, 2);
}

static bool table_is_mapped(struct cap cap)
{
    return cap_field(cap.words[0], 48, 1) != 0;
}

word_t host_cap_asid(struct cap cap)
{
    return cap.words[1] & MASK(16);
}

word_t host_cap_vaddr(struct cap cap)
{
    return cap.words[1] >> 16;
}

// ---- tables ------------------------------------------------------------------------------------

static word_t entry_new(paddr_t at, enum entry_kind kind, word_t rights)
{
    return at | (rights << 4) | kind;
}

static enum entry_kind entry_kind(word_t entry)
{
    return (enum entry_kind)(entry & 3);
}

static paddr_t entry_address(word_t entry)
{
    return ALIGN_DOWN(entry, seL4_PageBits);
}

/// Descends as far as there are tables. Returns the last entry and the size of what it maps.
static word_t *walk(word_t *root, word_t vaddr, unsigned *shift)
{
    word_t *entry = &root[(vaddr >> ROOT_SHIFT) & MASK(seL4_VSpaceIndexBits)];

    *shift = ROOT_SHIFT;
    while (entry_kind(*entry) == ENTRY_TABLE) {
        word_t *table = arch_phys_to_virt(entry_address(*entry));
        *shift -= seL4_PageTableIndexBits;
        entry = &table[(vaddr >> *shift) & MASK(seL4_PageTableIndexBits)];
    }
    return entry;
}

bool host_translate(struct cap vspace, word_t vaddr, paddr_t *at, word_t *rights)
{
    unsigned shift;
    word_t *root = host_asid_root(host_cap_asid(vspace));

    if (root == NULL || vaddr > seL4_UserVSpaceTop) {
        return false;
    }
    const word_t entry = *walk(root, vaddr, &shift);
    if (entry_kind(entry) != ENTRY_FRAME) {
        return false;
    }
    *at = entry_address(entry) + (vaddr & MASK(shift));
    *rights = (entry >> 4) & 3;
    return true;
}

void host_unmap_frame(struct cap cap)
{
    unsigned shift;
    word_t *root = host_asid_root(host_cap_asid(cap));

    if (root == NULL) {
        return;
    }
    word_t *entry = walk(root, host_cap_vaddr(cap), &shift);
    if (shift == host_frame_bits(cap) && entry_kind(*entry) == ENTRY_FRAME
        && entry_address(*entry) == cap_address(cap)) {
        *entry = 0;
    }
}

void host_unmap_table(struct cap cap)
{
    const word_t vaddr = host_cap_vaddr(cap);
    word_t *root = host_asid_root(host_cap_asid(cap));

    if (!table_is_mapped(cap) || root == NULL) {
        return;
    }
    unsigned shift = ROOT_SHIFT;
    word_t *entry = &root[(vaddr >> ROOT_SHIFT) & MASK(seL4_VSpaceIndexBits)];
    while (entry_kind(*entry) == ENTRY_TABLE) {
        word_t *table = arch_phys_to_virt(entry_address(*entry));
        if (table == (word_t *)cap_pointer(cap)) {
            *entry = 0;
            return;
        }
        shift -= seL4_PageTableIndexBits;
        entry = &table[(vaddr >> shift) & MASK(seL4_PageTableIndexBits)];
    }
}

/// The root of a VSpace cap that a call names, or NULL with the error set.
static word_t *decode_vspace(struct core *core, const struct slot *slot)
{
    const struct cap cap = slot->cap;

    if (cap_type(cap) != CAP_VSPACE || host_cap_asid(cap) == 0) {
        (void)error_invalid_capability(core, 1);
        return NULL;
    }
    word_t *root = host_asid_root(host_cap_asid(cap));
    if (root == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        (void)error_failed_lookup(core, false);
    } else if (root != (word_t *)cap_pointer(cap)) {
        (void)error_invalid_capability(core, 1);
        root = NULL;
    }
    return root;
}

// ---- invocations -------------------------------------------------------------------------------

enum status host_vspace_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label < ARMVSpaceClean_Data || invocation->label > ARMVSpaceUnify_Instruction) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t start = invocation_word(core, invocation, 0);
    const word_t end = invocation_word(core, invocation, 1);
    if (end <= start) {
        return error_invalid_argument(core, 1);
    }
    if (end > seL4_UserVSpaceTop) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (host_asid_root(host_cap_asid(invocation->cap)) == NULL) {
        return error_invalid_capability(core, 0);
    }
    return STATUS_OK; // no caches
}

static enum status decode_table_map(struct core *core, struct invocation *invocation)
{
    unsigned shift;
    struct cap *cap = &invocation->slot->cap;

    if (invocation->length < 2 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (table_is_mapped(*cap)) {
        return error_invalid_capability(core, 0);
    }
    word_t *root = decode_vspace(core, invocation->extra[0]);
    if (root == NULL) {
        return STATUS_ERROR;
    }
    const word_t vaddr = invocation_word(core, invocation, 0);
    if (vaddr > seL4_UserVSpaceTop) {
        return error_invalid_argument(core, 0);
    }
    word_t *entry = walk(root, vaddr, &shift);
    if (shift == seL4_PageBits || entry_kind(*entry) != ENTRY_NONE) {
        return error_set(core, seL4_DeleteFirst);
    }
    *entry = entry_new(arch_virt_to_phys(cap_pointer(*cap)), ENTRY_TABLE, 0);
    cap_set_field(&cap->words[0], 48, 1, 1);
    cap->words[1] = (ALIGN_DOWN(vaddr, shift) << 16) | host_cap_asid(invocation->extra[0]->cap);
    return STATUS_OK;
}

enum status host_page_table_decode(struct core *core, struct invocation *invocation)
{
    struct slot *slot = invocation->slot;

    switch (invocation->label) {
    case ARMPageTableMap:
        return decode_table_map(core, invocation);
    case ARMPageTableUnmap:
        if (!slot_is_final(slot)) {
            return error_set(core, seL4_RevokeFirst);
        }
        if (table_is_mapped(slot->cap)) {
            host_unmap_table(slot->cap);
            memset(cap_pointer(slot->cap), 0, BIT(seL4_PageTableBits));
        }
        cap_set_field(&slot->cap.words[0], 48, 1, 0);
        slot->cap.words[1] = 0;
        return STATUS_OK;
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

static enum status decode_frame_map(struct core *core, struct invocation *invocation)
{
    unsigned shift;
    struct cap *cap = &invocation->slot->cap;

    if (invocation->length < 3 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t vaddr = invocation_word(core, invocation, 0);
    const word_t rights = frame_rights(*cap) & invocation_word(core, invocation, 1);
    const unsigned bits = host_frame_bits(*cap);
    word_t *root = decode_vspace(core, invocation->extra[0]);
    if (root == NULL) {
        return STATUS_ERROR;
    }
    const word_t asid = host_cap_asid(invocation->extra[0]->cap);
    if (!IS_ALIGNED(vaddr, bits)) {
        return error_set(core, seL4_AlignmentError);
    }
    if (host_cap_asid(*cap) != 0) {
        if (host_cap_asid(*cap) != asid) {
            return error_invalid_capability(core, 1);
        }
        if (host_cap_vaddr(*cap) != vaddr) {
            return error_invalid_argument(core, 0);
        }
    } else if (vaddr > seL4_UserVSpaceTop) {
        return error_invalid_argument(core, 0);
    }
    word_t *entry = walk(root, vaddr, &shift);
    if (shift != bits) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_MissingCapability,
                                                        .bits_left = shift };
        return error_failed_lookup(core, false);
    }
    *entry = entry_new(cap_address(*cap), ENTRY_FRAME, rights);
    cap->words[1] = (vaddr << 16) | asid;
    return STATUS_OK;
}

static enum status decode_frame_cache(struct core *core, struct invocation *invocation)
{
    const word_t size = BIT(host_frame_bits(invocation->cap));

    if (invocation->length < 2) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (host_cap_asid(invocation->cap) == 0) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (host_asid_root(host_cap_asid(invocation->cap)) == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    const word_t start = invocation_word(core, invocation, 0);
    const word_t end = invocation_word(core, invocation, 1);
    if (end <= start) {
        return error_invalid_argument(core, 1);
    }
    if (start >= size || end > size) {
        return error_invalid_argument(core, 0);
    }
    return STATUS_OK;
}

enum status host_frame_decode(struct core *core, struct invocation *invocation)
{
    switch (invocation->label) {
    case ARMPageMap:
        return decode_frame_map(core, invocation);
    case ARMPageUnmap:
        if (host_cap_asid(invocation->cap) != 0) {
            host_unmap_frame(invocation->cap);
            invocation->slot->cap.words[1] = 0;
        }
        return STATUS_OK;
    case ARMPageClean_Data:
    case ARMPageInvalidate_Data:
    case ARMPageCleanInvalidate_Data:
    case ARMPageUnify_Instruction:
        return decode_frame_cache(core, invocation);
    case ARMPageGetAddress:
        invocation_reply_word(core, 0, cap_address(invocation->cap));
        invocation_reply_length(core, 1);
        return STATUS_OK;
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

// ---- ASIDs -------------------------------------------------------------------------------------

word_t *host_asid_root(word_t asid)
{
    word_t *pool = asid != 0 ? asid_pools[(asid >> seL4_ASIDPoolIndexBits) % ASID_POOLS] : NULL;

    return pool != NULL ? (word_t *)(uintptr_t)pool[asid % ASID_POOL_SIZE] : NULL;
}

void host_asid_delete(word_t asid, const word_t *root)
{
    if (host_asid_root(asid) == root) {
        asid_pools[asid >> seL4_ASIDPoolIndexBits][asid % ASID_POOL_SIZE] = 0;
    }
}

void host_asid_pool_delete(word_t base, const word_t *pool)
{
    if (asid_pools[base >> seL4_ASIDPoolIndexBits] == pool) {
        asid_pools[base >> seL4_ASIDPoolIndexBits] = NULL;
    }
}

static unsigned free_pool(void)
{
    unsigned i = 0;

    while (i < ASID_POOLS && asid_pools[i] != NULL) {
        i++;
    }
    return i;
}

static struct cap make_pool(unsigned i, void *pool)
{
    struct cap cap = cap_new(CAP_ASID_POOL, (uintptr_t)pool);

    memset(pool, 0, BIT(seL4_ASIDPoolBits));
    asid_pools[i] = pool;
    cap.words[1] = (word_t)i << seL4_ASIDPoolIndexBits;
    return cap;
}

struct cap host_asid_pool_cap(paddr_t at)
{
    return make_pool(free_pool(), arch_phys_to_virt(at));
}

enum status host_asid_control_decode(struct core *core, struct invocation *invocation)
{
    struct slot *slot;

    if (invocation->label != ARMASIDControlMakePool) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 2 || invocation->extra[0] == NULL || invocation->extra[1] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const unsigned i = free_pool();
    if (i == ASID_POOLS) {
        return error_set(core, seL4_DeleteFirst);
    }
    struct slot *untyped = invocation->extra[0];
    if (cap_type(untyped->cap) != CAP_UNTYPED
        || untyped_size_bits(untyped->cap) != seL4_ASIDPoolBits
        || untyped_is_device(untyped->cap)) {
        return error_invalid_capability(core, 1);
    }
    if (slot_has_children(untyped)) {
        return error_set(core, seL4_RevokeFirst);
    }
    enum status status = cspace_lookup_target(core, invocation->extra[1]->cap,
                                              invocation_word(core, invocation, 0),
                                              invocation_word(core, invocation, 1), false, &slot);
    if (status == STATUS_OK) {
        status = slot_require_empty(core, slot);
    }
    if (status != STATUS_OK) {
        return status;
    }
    untyped_set_free_index(&untyped->cap, BIT(seL4_ASIDPoolBits), 0);
    slot_insert_child(make_pool(i, arch_phys_to_virt(cap_address(untyped->cap))), untyped, slot);
    return STATUS_OK;
}

/// A free place in a pool (0 of the first pool is never used), or ASID_POOL_SIZE.
static word_t free_asid(const word_t *pool, word_t base)
{
    for (word_t i = 0; i < ASID_POOL_SIZE; i++) {
        if (base + i != 0 && pool[i] == 0) {
            return i;
        }
    }
    return ASID_POOL_SIZE;
}

struct cap host_assign_asid(struct cap vspace, struct cap pool)
{
    word_t *entries = cap_pointer(pool);
    const word_t i = free_asid(entries, pool.words[1]);

    ASSERT(i < ASID_POOL_SIZE);
    entries[i] = (uintptr_t)cap_pointer(vspace);
    vspace.words[1] = pool.words[1] + i;
    return vspace;
}

enum status host_asid_pool_decode(struct core *core, struct invocation *invocation)
{
    const struct cap pool = invocation->cap;

    if (invocation->label != ARMASIDPoolAssign) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    struct slot *slot = invocation->extra[0];
    if (cap_type(slot->cap) != CAP_VSPACE || host_cap_asid(slot->cap) != 0) {
        return error_invalid_capability(core, 1);
    }
    const word_t *entries = asid_pools[pool.words[1] >> seL4_ASIDPoolIndexBits];
    if (entries == NULL) {
        core->lookup_failure = (struct lookup_failure){ .type = seL4_InvalidRoot };
        return error_failed_lookup(core, false);
    }
    if (entries != (word_t *)cap_pointer(pool)) {
        return error_invalid_capability(core, 0);
    }
    if (free_asid(entries, pool.words[1]) == ASID_POOL_SIZE) {
        return error_set(core, seL4_DeleteFirst);
    }
    slot->cap = host_assign_asid(slot->cap, pool);
    return STATUS_OK;
}
