// SPDX-License-Identifier: BSD-2-Clause
// The compiled system: what `adlc link` writes (system.bin) and the initialiser reads. Little endian,
// naturally aligned tables; every reference is an index into a table of the same file.
//
// The file is the head of the payload, which follows the initialiser's own memory image in the user image
// (page aligned, so that the kernel hands out one frame cap per page of it):
//
//     payload + 0                system.bin (this header, tables, strings), padded to a page
//     payload + page_offset      page_count pages of 4 KiB: contents that are donated, not copied
//
// The initialiser allocates objects in table order; adlc sorts the table: objects at fixed addresses first
// (by address), then by falling size, so that a first-fit allocation from the untypeds wastes nothing.
#ifndef ABI_SYSTEM_IMAGE_H
#define ABI_SYSTEM_IMAGE_H

#include <stdint.h>

#define SYSTEM_IMAGE_MAGIC 0x4d45545359534b52u ///< "RKSYSTEM"
#define SYSTEM_IMAGE_VERSION 2u
#define SYSTEM_IMAGE_NONE 0xffffffffu ///< "no object", "no name"
/// Most objects of a system: the initialiser keeps a table with the slot of each in its own memory.
#define SYSTEM_IMAGE_MAX_OBJECTS 65536u

enum system_arch {
    SYSTEM_ARCH_AARCH64 = 1,
    SYSTEM_ARCH_ARM = 2,
    SYSTEM_ARCH_X86_64 = 3,
    SYSTEM_ARCH_IA32 = 4,
};

/// One table: byte offset from the start of the file and number of entries.
struct system_table {
    uint32_t offset;
    uint32_t count;
};

struct system_image {
    uint64_t magic;
    uint32_t version;
    uint32_t arch;       ///< enum system_arch
    uint64_t size;       ///< bytes of system.bin, header to the end of the strings
    uint64_t page_offset; ///< of the donated pages, from the start of the payload, page aligned
    uint64_t page_count;
    struct system_table objects;    ///< struct system_object
    struct system_table caps;       ///< struct system_cap
    struct system_table page_tables; ///< struct system_page_table, upper levels before lower ones
    struct system_table mappings;   ///< struct system_mapping
    struct system_table threads;    ///< struct system_thread
    struct system_table vcpus;      ///< struct system_vcpu
    struct system_table irqs;       ///< struct system_irq
    struct system_table fills;      ///< struct system_fill
    struct system_table strings;    ///< bytes; every string ends with NUL
    struct system_table schedule;   ///< struct system_domain_slot; empty: domain 0 runs for ever
};
_Static_assert(sizeof(struct system_image) == 40 + 10 * 8, "system.bin header");

enum system_object_type {
    SYSTEM_OBJECT_UNTYPED = 1,
    SYSTEM_OBJECT_TCB,
    SYSTEM_OBJECT_ENDPOINT,
    SYSTEM_OBJECT_NOTIFICATION,
    SYSTEM_OBJECT_CNODE,         ///< size_bits: log2 of the number of slots
    SYSTEM_OBJECT_SCHED_CONTEXT, ///< size_bits: object size
    SYSTEM_OBJECT_REPLY,
    SYSTEM_OBJECT_FRAME,         ///< size_bits: 12, 21 or 30
    SYSTEM_OBJECT_PAGE_TABLE,    ///< any level below the root
    SYSTEM_OBJECT_VSPACE,        ///< gets an ASID
    SYSTEM_OBJECT_VCPU,
    SYSTEM_OBJECT_IRQ_HANDLER,   ///< address: the interrupt number; see struct system_irq
    SYSTEM_OBJECT_ASID_POOL,
    SYSTEM_OBJECT_SCHED_CONTROL, ///< the kernel's own cap; address: the core
    SYSTEM_OBJECT_SMC,           ///< badge in the cap
    SYSTEM_OBJECT_IO_PORTS,      ///< x86: SYSTEM_IO_PORTS_FIRST(address) to _LAST(address)
    SYSTEM_OBJECT_IO_SPACE,      ///< x86: what a device may reach; see SYSTEM_IO_SPACE
    SYSTEM_OBJECT_LAST = SYSTEM_OBJECT_IO_SPACE,
};

/// `address` of I/O ports [first, last], both below 65536.
#define SYSTEM_IO_PORTS(first, last) ((uint64_t)(first) | (uint64_t)(last) << 16)
#define SYSTEM_IO_PORTS_FIRST(address) ((uint16_t)(address))
#define SYSTEM_IO_PORTS_LAST(address) ((uint16_t)((address) >> 16))

/// `address` of an I/O space: its domain and the device's place on the PCI bus (8, 5 and 3 bits), as the
/// kernel has it in the cap's badge.
#define SYSTEM_IO_SPACE(domain, bus, device, function) \
    ((uint64_t)(domain) << 16 | (uint64_t)(bus) << 8 | (uint64_t)(device) << 3 | (uint64_t)(function))

enum system_object_flags {
    /// Memory at `address`: made from the (device or RAM) untyped that covers it.
    SYSTEM_OBJECT_FIXED = 1,
    /// A frame that is page `address` of the payload (an index): its cap is the image's own, donated.
    SYSTEM_OBJECT_DONATED = 2,
};

struct system_object {
    uint8_t type;      ///< enum system_object_type
    uint8_t size_bits; ///< where the type says so, else the kernel's fixed size
    uint16_t flags;    ///< enum system_object_flags
    uint32_t name;     ///< offset in strings, for messages
    uint64_t address;  ///< see type and flags
};
_Static_assert(sizeof(struct system_object) == 16, "system.bin object");

/// A cap to install: a copy of the object's cap in a slot of a CNode. Rights are seL4 cap right bits.
/// A CNode's cap has its guard in `badge` (seL4_CNode_CapData_t); endpoints and notifications a badge.
struct system_cap {
    uint32_t cnode;
    uint32_t slot;
    uint32_t object;
    uint32_t rights;
    uint64_t badge;
};
_Static_assert(sizeof(struct system_cap) == 24, "system.bin cap");

struct system_page_table {
    uint32_t vspace;
    uint32_t page_table;
    uint64_t vaddr;
};
_Static_assert(sizeof(struct system_page_table) == 16, "system.bin page table");

enum system_mapping_flags {
    SYSTEM_MAPPING_READ = 1,
    SYSTEM_MAPPING_WRITE = 2,
    SYSTEM_MAPPING_EXECUTE = 4,
    SYSTEM_MAPPING_CACHED = 8,
};

/// A frame mapped in a VSpace, by a cap of its own: the initialiser copies the frame's cap for every
/// mapping, and leaves the copy in slot `slot` of `cnode` where that is not SYSTEM_IMAGE_NONE (so that
/// the owner can clean caches of it or ask for its physical address).
struct system_mapping {
    uint32_t vspace;
    uint32_t frame;
    uint64_t vaddr;
    uint32_t flags; ///< enum system_mapping_flags
    uint32_t cnode;
    uint32_t slot;
    uint32_t reserved;
};
_Static_assert(sizeof(struct system_mapping) == 32, "system.bin mapping");

enum system_thread_flags {
    SYSTEM_THREAD_RESUME = 1,       ///< started by the initialiser; else whoever has its cap starts it
    SYSTEM_THREAD_SC_SPORADIC = 2,
    SYSTEM_THREAD_FPU_DISABLED = 4, ///< sets the TCB flag
};

struct system_thread {
    uint32_t tcb;
    uint32_t name;
    uint32_t cnode;        ///< CSpace root, SYSTEM_IMAGE_NONE: none (a VCPU's thread)
    uint32_t vspace;
    uint64_t cnode_guard;  ///< seL4_CNode_CapData_t
    uint32_t ipc_buffer;   ///< frame; SYSTEM_IMAGE_NONE: none
    uint32_t flags;        ///< enum system_thread_flags
    uint64_t ipc_buffer_vaddr; ///< IPC buffers may share a frame: this is the buffer, not the page
    uint64_t ip;
    uint64_t sp;
    uint64_t argument[2];  ///< first two argument registers at start
    uint8_t priority;
    uint8_t max_priority;
    uint8_t domain;
    uint8_t core;          ///< whose SchedControl configures the scheduling context
    uint32_t sched_context; ///< SYSTEM_IMAGE_NONE: passive
    uint64_t budget_us;
    uint64_t period_us;
    uint64_t sched_context_badge;
    uint32_t extra_refills;
    uint32_t bound_notification; ///< SYSTEM_IMAGE_NONE: none
    uint32_t fault_endpoint;     ///< SYSTEM_IMAGE_NONE: none
    uint32_t timeout_endpoint;   ///< SYSTEM_IMAGE_NONE: none
    uint64_t fault_badge;        ///< rights of both are Write and GrantReply
    uint64_t timeout_badge;
};
_Static_assert(sizeof(struct system_thread) == 136, "system.bin thread");

/// A VCPU bound to a thread (VCPU.SetTCB).
struct system_vcpu {
    uint32_t vcpu;
    uint32_t tcb;
};
_Static_assert(sizeof(struct system_vcpu) == 8, "system.bin VCPU");

enum system_irq_trigger {
    SYSTEM_IRQ_LEVEL = 0,
    SYSTEM_IRQ_EDGE = 1,
};

/// An interrupt handler: issued from IRQControl and, where a notification is given, set to it.
struct system_irq {
    uint32_t handler;      ///< object of type SYSTEM_OBJECT_IRQ_HANDLER
    uint32_t notification; ///< SYSTEM_IMAGE_NONE: left unset
    uint64_t badge;
    uint32_t trigger;      ///< enum system_irq_trigger
    uint32_t core;         ///< target core on SMP kernels
};
_Static_assert(sizeof(struct system_irq) == 24, "system.bin interrupt");

enum system_fill_kind {
    /// Random bytes: derived from the boot loader's entropy (the FDT's /chosen/rng-seed), different for
    /// every fill; the first eight bytes are a count of seed bytes, 0 when there was no entropy.
    SYSTEM_FILL_ENTROPY = 1,
    /// The chunk of extra boot info with id `argument` (header and contents), cut to fit.
    SYSTEM_FILL_BOOT_INFO = 2,
};

/// Contents that are known only at boot, written to bytes [offset, offset + length) of a frame.
struct system_fill {
    uint32_t frame;
    uint32_t kind; ///< enum system_fill_kind
    uint32_t offset;
    uint32_t length;
    uint64_t argument;
};
_Static_assert(sizeof(struct system_fill) == 24, "system.bin fill");

/// Most entries of the domain schedule: the kernel's last entry always ends it.
#define SYSTEM_IMAGE_MAX_SCHEDULE 255u

/// An entry of the domain schedule, which starts with the first when all threads have been started.
struct system_domain_slot {
    uint64_t ticks;  ///< of the kernel's timer; not 0
    uint32_t domain; ///< below CONFIG_NUM_DOMAINS
    uint32_t reserved;
};
_Static_assert(sizeof(struct system_domain_slot) == 16, "system.bin schedule");

#endif
