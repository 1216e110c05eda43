// SPDX-License-Identifier: BSD-2-Clause
// Capabilities: two words. Word 0: type in bits 63:59, pointer or physical address in bits 47:0, small
// fields in bits 58:48. Word 1: what the type needs (badge, guard, mapping, ...).
//
//   type           word 0 (besides the type)                   word 1
//   untyped        paddr, cleared's upper bits 51:48,          free index 43:0 (16-byte units),
//                  device 52, size_bits 58:53                  cleared 63:44 (64 KiB units past the index)
//   endpoint       object, rights 51:48                        badge
//   notification   object, rights 51:48                        badge
//   reply          object, rights 51:48 (grant)                -
//   cnode          slots, radix 53:48                          guard size 5:0, guard 63:6
//   thread         object                                      -
//   sched context  object, size_bits 53:48                     -
//   sched control  -                                           core
//   irq handler    -                                           interrupt number
//   zombie         slots, radix 53:48, of a TCB 54             slots left
//   frame          paddr, size 49:48 (0 4K, 1 2M, 2 1G),       ASID 15:0, vaddr 63:16
//                  rights 51:50 (1 write, 2 read), device 52
//   page table     table, mapped 48                            ASID 15:0, vaddr 63:16
//   vspace         root table                                  ASID (0: none)
//   asid pool      object                                      first ASID
//   vcpu           object                                      -
//   smc            -                                           badge (function id, 0: any)
//   sgi signal     -                                           interrupt 7:0, target 39:8
#ifndef KERNEL_CAP_H
#define KERNEL_CAP_H

#include <kernel/types.h>

struct cap {
    word_t words[2];
};

/// Type numbers, as DebugCapIdentify reports them: even ones are common, odd ones the architecture's.
enum cap_type {
    CAP_NULL = 0,
    CAP_UNTYPED = 2,
    CAP_ENDPOINT = 4,
    CAP_NOTIFICATION = 6,
    CAP_REPLY = 8,
    CAP_CNODE = 10,
    CAP_THREAD = 12,
    CAP_IRQ_CONTROL = 14,
    CAP_IRQ_HANDLER = 16,
    CAP_ZOMBIE = 18,
    CAP_DOMAIN = 20,
    CAP_SCHED_CONTEXT = 22,
    CAP_SCHED_CONTROL = 24,
    CAP_FRAME = 1,
    CAP_PAGE_TABLE = 3,
    CAP_VSPACE = 9,
    CAP_ASID_CONTROL = 11,
    CAP_ASID_POOL = 13,
    CAP_VCPU = 15,
    CAP_SMC = 25,
    CAP_SGI_SIGNAL = 27,
};

#define CAP_POINTER_BITS 48

static inline word_t cap_field(word_t word, unsigned low, unsigned bits)
{
    return (word >> low) & MASK(bits);
}

static inline void cap_set_field(word_t *word, unsigned low, unsigned bits, word_t value)
{
    *word = (*word & ~(MASK(bits) << low)) | ((value & MASK(bits)) << low);
}

static inline enum cap_type cap_type(struct cap cap)
{
    return (enum cap_type)(cap.words[0] >> 59);
}

/// A cap of a type with an address (kernel pointer or physical) and otherwise zero fields.
static inline struct cap cap_new(enum cap_type type, word_t address)
{
    return (struct cap){ { ((word_t)type << 59) | (address & MASK(CAP_POINTER_BITS)), 0 } };
}

static inline struct cap cap_null(void)
{
    return (struct cap){ { 0, 0 } };
}

static inline bool cap_is_null(struct cap cap)
{
    return cap_type(cap) == CAP_NULL;
}

/// The 48-bit address field as it is: a physical address for untypeds and frames.
static inline word_t cap_address(struct cap cap)
{
    return cap_field(cap.words[0], 0, CAP_POINTER_BITS);
}

/// The address field as a kernel pointer (sign-extended).
static inline void *cap_pointer(struct cap cap)
{
    return (void *)(uintptr_t)((int64_t)(cap.words[0] << 16) >> 16);
}

// Untyped.
static inline unsigned untyped_size_bits(struct cap cap)
{
    return (unsigned)cap_field(cap.words[0], 53, 6);
}

static inline bool untyped_is_device(struct cap cap)
{
    return cap_field(cap.words[0], 52, 1) != 0;
}

/// Bytes from the start of the untyped that are in use.
static inline word_t untyped_free_index(struct cap cap)
{
    return cap_field(cap.words[1], 0, 44) << 4;
}

/// Bytes after the free index that are known to be zero (a preempted retype's progress).
static inline word_t untyped_cleared(struct cap cap)
{
    return (cap_field(cap.words[0], 48, 4) << 20 | cap_field(cap.words[1], 44, 20)) << 16;
}
#define UNTYPED_CLEARED_BITS 40 ///< it is below 2^40, which is all of physical memory

static inline void untyped_set_free_index(struct cap *cap, word_t bytes, word_t cleared)
{
    cap->words[1] = (bytes >> 4) | ((cleared >> 16) << 44);
    cap_set_field(&cap->words[0], 48, 4, cleared >> 36);
}

static inline struct cap untyped_cap_new(paddr_t base, unsigned size_bits, bool device)
{
    struct cap cap = cap_new(CAP_UNTYPED, base);
    cap_set_field(&cap.words[0], 53, 6, size_bits);
    cap_set_field(&cap.words[0], 52, 1, device);
    return cap;
}

// Endpoint, notification, reply.
enum cap_rights {
    RIGHT_WRITE = 1,
    RIGHT_READ = 2,
    RIGHT_GRANT = 4,
    RIGHT_GRANT_REPLY = 8,
    RIGHTS_ALL = 15,
};

static inline word_t cap_rights(struct cap cap)
{
    return cap_field(cap.words[0], 48, 4);
}

static inline void cap_set_rights(struct cap *cap, word_t rights)
{
    cap_set_field(&cap->words[0], 48, 4, rights);
}

static inline word_t cap_badge(struct cap cap)
{
    return cap.words[1];
}

// CNode.
static inline unsigned cnode_radix(struct cap cap)
{
    return (unsigned)cap_field(cap.words[0], 48, 6);
}

static inline unsigned cnode_guard_size(struct cap cap)
{
    return (unsigned)cap_field(cap.words[1], 0, 6);
}

static inline word_t cnode_guard(struct cap cap)
{
    return cap.words[1] >> 6;
}

static inline struct cap cnode_cap_new(void *slots, unsigned radix, word_t guard, unsigned guard_size)
{
    struct cap cap = cap_new(CAP_CNODE, (uintptr_t)slots);
    cap_set_field(&cap.words[0], 48, 6, radix);
    cap.words[1] = (guard << 6) | guard_size;
    return cap;
}

// Scheduling context.
static inline unsigned sched_context_cap_size_bits(struct cap cap)
{
    return (unsigned)cap_field(cap.words[0], 48, 6);
}

// SGI signal.
static inline struct cap sgi_cap_new(word_t irq, word_t target)
{
    struct cap cap = cap_new(CAP_SGI_SIGNAL, 0);
    cap.words[1] = irq | target << 8;
    return cap;
}

static inline word_t sgi_cap_irq(struct cap cap)
{
    return cap_field(cap.words[1], 0, 8);
}

static inline word_t sgi_cap_target(struct cap cap)
{
    return cap_field(cap.words[1], 8, 32);
}

// Zombie: an object whose slots are being deleted.
static inline unsigned zombie_radix(struct cap cap)
{
    return (unsigned)cap_field(cap.words[0], 48, 6);
}

static inline bool zombie_is_tcb(struct cap cap)
{
    return cap_field(cap.words[0], 54, 1) != 0;
}

static inline word_t zombie_left(struct cap cap)
{
    return cap.words[1];
}

#endif
