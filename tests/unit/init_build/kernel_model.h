// SPDX-License-Identifier: BSD-2-Clause
// A model of the kernel that the initialiser talks to: slots, untypeds, mappings, threads. It
// checks every call as the kernel would and answers with the kernel's errors. Tests look at what
// was built.
#ifndef KERNEL_MODEL_H
#define KERNEL_MODEL_H

#include <sel4/sel4.h>
#include <stdbool.h>

enum {
    MODEL_ROOT_SLOTS = 8192,
    MODEL_OBJECTS = 8192,
    MODEL_TABLES = 64,
    MODEL_FIRST_EMPTY = 1024,
};

enum model_type {
    MODEL_NULL,
    MODEL_UNTYPED,
    MODEL_TCB,
    MODEL_ENDPOINT,
    MODEL_NOTIFICATION,
    MODEL_CNODE,
    MODEL_SCHED_CONTEXT,
    MODEL_REPLY,
    MODEL_FRAME,
    MODEL_PAGE_TABLE,
    MODEL_VSPACE,
    MODEL_VCPU,
    MODEL_IRQ_HANDLER,
    MODEL_IRQ_CONTROL,
    MODEL_ASID_POOL,
    MODEL_ASID_CONTROL,
    MODEL_SCHED_CONTROL,
    MODEL_SMC,
    MODEL_DOMAIN,
};

struct model_cap {
    uint16_t object; ///< 0: empty slot
    uint8_t rights;
    bool is_mapped;
    uint16_t mapped_in; ///< VSpace
    uint64_t mapped_at;
    uint64_t badge;
};

struct model_object {
    enum model_type type;
    uint8_t bits;
    bool is_device;
    bool has_asid;
    uint64_t paddr;
    uint64_t used;           ///< of an untyped
    struct model_cap *slots; ///< of a CNode
    unsigned asids;          ///< of a pool
    // Thread:
    uint16_t cspace, vspace, buffer, sched_context, bound, fault, timeout, vcpu_tcb;
    uint64_t cspace_data, buffer_address, fault_badge, timeout_badge;
    uint64_t priority, max_priority, flags, domain;
    seL4_UserContext registers;
    unsigned resumed;
    // Scheduling context, interrupt handler:
    uint64_t budget, period, extra_refills, badge, core;
    uint64_t irq, trigger;
    uint16_t notification;
};

struct model_mapping {
    uint16_t vspace;
    uint16_t frame;
    uint64_t vaddr;
    uint64_t rights;
    uint64_t attributes;
    bool is_table;
    unsigned bits;
};

#define MODEL_SCHEDULE 256 ///< entries of the domain schedule; the last one ends it

struct kernel_model {
    struct model_cap root[MODEL_ROOT_SLOTS];
    struct model_object objects[MODEL_OBJECTS];
    size_t object_count;
    struct model_mapping mappings[MODEL_OBJECTS];
    size_t mapping_count;
    unsigned calls;
    unsigned fail_at;    ///< this call fails with IllegalOperation; 0: none
    unsigned pool_limit; ///< VSpaces per ASID pool
    unsigned resume_order[64];
    unsigned resume_count;
    struct {
        uint64_t domain;
        uint64_t ticks;
    } schedule[MODEL_SCHEDULE];
    unsigned schedule_starts;
    unsigned resumed_before_schedule;
    char output[65536];
    size_t output_size;
};

extern struct kernel_model model;

void model_reset(void);

/// A new object with its first cap in a slot of the root CNode. Returns its number.
unsigned model_add(enum model_type type, seL4_SlotPos slot, unsigned bits, uint64_t paddr,
                   bool is_device);

/// Cap in slot `slot` of object `cnode`; NULL when it is empty.
const struct model_cap *model_slot(unsigned cnode, unsigned slot);

/// First page mapping of a VSpace at an address; NULL when there is none.
const struct model_mapping *model_mapping_at(unsigned vspace, uint64_t vaddr);

#endif
