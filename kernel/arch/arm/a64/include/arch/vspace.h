// SPDX-License-Identifier: BSD-2-Clause
// User address spaces of AArch64: stage-2 tables with a 40-bit input range (1024-entry root, 4 KiB
// granule), their ASIDs, and the hardware's VMIDs, which are handed out to ASIDs on demand.
#ifndef ARCH_VSPACE_H
#define ARCH_VSPACE_H

#include <kernel/kernel.h>
#include <sel4/arch/aarch64.h>

#define USER_TOP seL4_UserVSpaceTop
#define ROOT_SHIFT 30 ///< what one entry of a root covers
#define ASID_POOL_ENTRIES BIT(seL4_ASIDPoolIndexBits)

// ---- fields of caps (see kernel/cap.h) ----------------------------------------------------------

static inline unsigned frame_size_bits(struct cap cap)
{
    static const uint8_t bits[4] = { seL4_PageBits, seL4_LargePageBits, seL4_HugePageBits, 0 };
    return bits[cap_field(cap.words[0], 48, 2)];
}

/// RIGHT_WRITE and RIGHT_READ bits.
static inline word_t frame_rights(struct cap cap)
{
    return cap_field(cap.words[0], 50, 2);
}

static inline bool frame_is_device(struct cap cap)
{
    return cap_field(cap.words[0], 52, 1) != 0;
}

static inline bool page_table_is_mapped(struct cap cap)
{
    return cap_field(cap.words[0], 48, 1) != 0;
}

/// ASID where a frame or page table is mapped, or that of a VSpace; 0: none.
static inline word_t mapping_asid(struct cap cap)
{
    return cap.words[1] & 0xffff;
}

static inline word_t mapping_vaddr(struct cap cap)
{
    return cap.words[1] >> 16;
}

static inline word_t mapping_new(word_t asid, word_t vaddr)
{
    return (vaddr << 16) | asid;
}

struct cap frame_cap_new(paddr_t at, unsigned size_bits, word_t rights, bool device);

// ---- ASIDs (asid.c) -----------------------------------------------------------------------------

struct asid_pool {
    word_t entries[ASID_POOL_ENTRIES]; ///< physical address of the root | hardware VMID (0: none),
                                       ///< or 0
};
_Static_assert(sizeof(struct asid_pool) == BIT(seL4_ASIDPoolBits), "ASID pool size");

/// Forgets all pools and VMIDs (boot) and sets up the executing core (VTCR).
void asid_init(void);
void asid_init_core(struct core *core);
/// Number of the first pool that does not exist, or -1.
int asid_free_pool(void);
void asid_add_pool(unsigned number, struct asid_pool *pool);
struct asid_pool *asid_pool_at(word_t first_asid);
/// First free ASID of a pool, or 0.
word_t asid_find_free(const struct asid_pool *pool, word_t first_asid);
void asid_assign(word_t asid, word_t *root);
/// Root of an ASID, or NULL.
word_t *asid_root(word_t asid);
/// The VSpace with this ASID and root goes away.
void asid_delete(struct core *core, word_t asid, word_t *root);
void asid_delete_pool(struct core *core, word_t first_asid, struct asid_pool *pool);
/// Forgets cached translations of one page, or all, of an address space.
void asid_invalidate_page(struct core *core, word_t asid, word_t vaddr);
void asid_invalidate(struct core *core, word_t asid);
/// Makes a thread's address space (or an empty one) the core's current one.
void vspace_switch(struct core *core, struct tcb *tcb);
/// Makes the empty address space the executing core's current one.
void vspace_leave(struct core *core);
/// VMID that a core uses now.
word_t vspace_vmid(const struct core *core);

// ---- tables (vspace.c) --------------------------------------------------------------------------

/// Entry for `vaddr` that covers 2^`size_bits` bytes. NULL when a table is missing on the way or a
/// larger block is in it; `bits_left` then says how many bits were still to be resolved.
word_t *vspace_entry(word_t *root, word_t vaddr, unsigned size_bits, unsigned *bits_left);
/// Deepest entry for `vaddr` that is not a table, and its size.
word_t *vspace_walk(word_t *root, word_t vaddr, unsigned *size_bits);
/// Descriptor of a page or block. `rights`: RIGHT_WRITE | RIGHT_READ.
word_t vspace_leaf(paddr_t at, unsigned size_bits, word_t rights, word_t attributes);
word_t vspace_table(const word_t *table);
bool vspace_is_table(word_t entry, unsigned size_bits);
bool vspace_is_valid(word_t entry);
bool vspace_is_writable(word_t entry);
paddr_t vspace_address(word_t entry);
/// Writes an entry; if an older one may be cached, invalidates it first.
void vspace_set(struct core *core, word_t asid, word_t vaddr, word_t *entry, word_t value);
void vspace_unmap_frame(struct core *core, struct cap cap);
void vspace_unmap_table(struct core *core, struct cap cap);

// ---- invocations (vspace_decode.c) --------------------------------------------------------------

enum status frame_decode(struct core *core, struct invocation *invocation);
enum status page_table_decode(struct core *core, struct invocation *invocation);
enum status vspace_decode(struct core *core, struct invocation *invocation);
enum status asid_control_decode(struct core *core, struct invocation *invocation);
enum status asid_pool_decode(struct core *core, struct invocation *invocation);

// ---- caches (cache.c) ---------------------------------------------------------------------------

enum cache_operation { CACHE_CLEAN, CACHE_INVALIDATE, CACHE_CLEAN_INVALIDATE, CACHE_UNIFY };

/// Applies the operation to RAM [at, at + bytes); outside of RAM nothing happens.
void cache_operate(enum cache_operation operation, paddr_t at, word_t bytes);

#endif
