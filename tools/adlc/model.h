// SPDX-License-Identifier: BSD-2-Clause
// The system model: every kernel object, capability, mapping and thread of the system, in flat
// arrays as in abi/system_image.h, and the tables per instance that the emitters read. Lowering
// fills it completely, in the order of declaration, before any code is emitted; emitters only read
// it.

#ifndef ADLC_MODEL_H
#define ADLC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <abi/system_image.h>

#include "flat.h"
#include "vec.h"

/// "No object", "no slot", "no thread".
#define MODEL_NONE SYSTEM_IMAGE_NONE

// Cap rights: bits of the seL4 rights word.
#define MODEL_RIGHT_WRITE 1u
#define MODEL_RIGHT_READ 2u
#define MODEL_RIGHT_GRANT 4u
#define MODEL_RIGHT_GRANT_REPLY 8u
#define MODEL_RIGHTS_ALL 15u

#define MODEL_PAGE_SIZE 4096u
#define MODEL_PAGE_BITS 12u
#define MODEL_LARGE_PAGE_SIZE 0x200000u
#define MODEL_LARGE_PAGE_BITS 21u

// Virtual addresses of an instance that adlc hands out (the ELF itself sits at 0x400000).
#define MODEL_VADDR_STACKS 0x1000000000u    ///< stacks and IPC buffers, guard pages around each
#define MODEL_VADDR_SHARED 0x2000000000u    ///< dataports and other shared memory
#define MODEL_VADDR_DEVICES 0x3000000000u   ///< device memory
#define MODEL_VADDR_GUEST_RAM 0x4000000000u ///< a VMM's view of its guest's RAM
#define MODEL_VADDR_END 0x8000000000u
// The same where addresses have 32 bits.
#define MODEL_VADDR32_STACKS 0x10000000u
#define MODEL_VADDR32_SHARED 0x40000000u
#define MODEL_VADDR32_DEVICES 0x80000000u

/// Badge of fault messages from VCPU number i of a VM: MODEL_VCPU_BADGE | i (fault_badge in
/// vmm/config.h). No notification badge has this bit.
#define MODEL_VCPU_BADGE (1ull << 63)

struct platform;

struct model_object {
    enum system_object_type type;
    uint8_t size_bits;  ///< untyped, cnode, frame, sched context; else 0
    uint16_t flags;     ///< enum system_object_flags
    uint64_t address;   ///< as in struct system_object
    const char *name;   ///< "vm0.cnode", for messages and views; not necessarily unique
};

/// A thread as the initialiser sees it, with its name.
struct model_thread {
    struct system_thread spec; ///< spec.name is filled by the writer
    const char *name;
};

/// A run of frames that one or more instances map: a dataport, device memory, guest RAM.
struct model_region {
    const char *name;
    uint64_t size;        ///< bytes, a multiple of the frame size
    uint8_t frame_bits;   ///< 12 or 21
    bool device;          ///< device memory at `paddr`
    bool fixed;           ///< at `paddr`
    uint64_t paddr;
    uint32_t *frames;     ///< objects, frame_count of them, in order of address
    uint32_t frame_count;
};

enum model_thread_kind {
    MODEL_THREAD_CONTROL, ///< runs pre_init, inits, post_init and, in `control` components, run()
    MODEL_THREAD_INTERFACE, ///< one per interface end and thread of the connector
    MODEL_THREAD_FAULT_HANDLER, ///< prints the faults of the others
};

/// A thread of an instance as its own code sees it. A thread starts at the ELF's entry with
/// x0 = `index` and x1 = `ipc_buffer`.
struct model_instance_thread {
    uint32_t thread;     ///< in model.threads
    uint32_t index;      ///< in the instance
    enum model_thread_kind kind;
    const char *name;    ///< "vm0_0_control", "fserv_fs_ctrl_0000", "vm0_0_fault_handler"
    const struct flat_end *end; ///< MODEL_THREAD_INTERFACE: the connection end served; else NULL
    uint32_t number;     ///< MODEL_THREAD_INTERFACE: 0..threads-1 of the connector side
    uint32_t tcb;        ///< object
    uint32_t tcb_slot;
    uint32_t reply;      ///< reply object of this thread, and the slot of its cap
    uint32_t reply_slot;
    uint32_t sched_context;      ///< object
    uint32_t sched_context_slot;
    uint32_t passive_slot; ///< endpoint for giving it up after initialisation; MODEL_NONE: kept
    uint64_t stack_base; ///< lowest address
    uint64_t stack_size; ///< bytes
    uint64_t ipc_buffer; ///< address
};

/// `has mutex`, `has semaphore`, `has binary_semaphore`.
struct model_lock {
    const struct flat_lock *flat;
    uint32_t notification; ///< object
    uint32_t slot;         ///< read and write
    int64_t value; ///< initial count: <name>_value, default 1 (semaphore), 0 (binary), 1 (mutex)
};

/// Memory from `simple_untypedN_pool`, `untypedN_pool` and `untyped_mmios` that the instance owns.
struct model_untyped {
    uint32_t object;
    uint32_t slot;
    uint8_t size_bits;
    bool device;
    uint64_t paddr; ///< device only
};

/// A kernel object from `tcb_pool`, `ep_pool` and `notification_pool`, for use at run time.
struct model_pool_object {
    enum system_object_type type;
    uint32_t slot;
};

/// Memory for devices that are bus masters: contiguous, at an address that is known now.
struct model_dma {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t size; ///< bytes; 0: none
    bool cached;
};

/// An interrupt handler cap in an instance's CSpace.
struct model_instance_irq {
    uint32_t number; ///< GIC INTID
    uint32_t slot;
    uint64_t badge;  ///< 0: not bound
    enum system_irq_trigger trigger;
};

/// A frame with its cap in the CSpace and its mapping, from the `mmios` setting.
struct model_instance_mmio {
    uint64_t paddr;
    uint64_t size;
    uint64_t vaddr;
    uint32_t first_slot; ///< caps of the frames, frame_count consecutive slots
    uint32_t frame_count;
    uint8_t frame_bits;
};

/// I/O ports of the setting `ioports`, both included.
struct model_io_ports {
    uint32_t slot;
    uint16_t first;
    uint16_t last;
};

/// An I/O space of the setting `iospaces`.
struct model_io_space {
    uint32_t slot;
    uint64_t address; ///< SYSTEM_IO_SPACE()
};

struct model_vm;     // vm.h
struct model_vm_x86; // vm_x86.h

/// Why a cap or a mapping exists, where that is not only the instance's own program: the audit
/// explains by it who reaches what.
enum model_origin_kind {
    MODEL_ORIGIN_CONNECTION = 1,
    MODEL_ORIGIN_SETTING, ///< `name` is "<instance>.<attribute>"
    MODEL_ORIGIN_GUEST,   ///< what every guest has: its RAM, its interrupt controller
};

struct model_origin {
    enum model_origin_kind kind;
    const char *name;
    const char *detail;        ///< name of the connector; else ""
    const uint32_t *instances; ///< the ends' (in model.instances), or the instance of the setting
    uint32_t instance_count;
};

/// Where a region is mapped already.
struct model_place {
    const struct model_region *region;
    uint32_t flags;
    uint64_t vaddr;
};

/// An address space: of one instance, or of all instances of a group.
struct model_space {
    const char *name;        ///< of the instance or the group
    uint32_t vspace;         ///< object
    uint32_t first;          ///< in model.instances: the first member
    uint32_t member_count;
    uint64_t next_stack;     ///< next free address of each part of the address plan
    uint64_t next_shared;
    uint64_t next_device;
    VEC(struct model_place) places; ///< regions that several members may map
};

/// A capability space. Members of a group have one each, except that instances that seL4DirectCall
/// connects share one: their code runs on each other's threads.
struct model_cspace {
    uint32_t cnode;     ///< object
    uint32_t next_slot; ///< first free slot; slot 0 stays null
};

struct model_instance {
    const struct flat_instance *flat;
    const char *name;
    uint32_t index;         ///< in model.instances
    bool is_vm;             ///< has a guest: `vm` is set
    struct model_vm *vm;

    struct model_space *space;
    struct model_cspace *cspace; ///< NULL when read back from model.bin
    uint32_t cnode;         ///< object
    uint8_t cnode_bits;     ///< log2 of its slots; fixed after lowering
    uint32_t vspace;        ///< object
    uint32_t cnode_slot;    ///< the instance's own CNode, all rights
    uint32_t vspace_slot;   ///< its own VSpace (cache maintenance)

    uint32_t fault_endpoint;   ///< object: faults of the instance's own threads
    uint32_t fault_slot;       ///< read, for the fault handler; the badge is the thread's tcb_slot

    /// Init barriers (endpoints, all rights), MODEL_NONE when there are no interface threads.
    uint32_t pre_init_slot;
    uint32_t interface_init_slot;
    uint32_t post_init_slot;

    uint32_t gate_slot; ///< where direct calls wait for its initialisation; MODEL_NONE: nobody calls

    uint32_t notification;      ///< global notification object; MODEL_NONE until somebody needs it
    uint32_t notification_slot; ///< read
    uint64_t badge_base;        ///< global_endpoint_base
    uint64_t badge_mask;        ///< global_endpoint_mask
    uint64_t badge_used;        ///< bits handed out

    VEC(struct model_instance_thread) threads;
    VEC(struct model_lock) locks;
    VEC(struct model_untyped) untypeds;
    VEC(struct model_pool_object) pool;
    struct model_dma dma;
    VEC(struct model_instance_irq) irqs;   ///< from the `irqs` setting and passthrough
    VEC(struct model_instance_mmio) mmios; ///< from the `mmios` setting
    VEC(struct model_io_ports) io_ports;   ///< from the `ioports` setting
    VEC(struct model_io_space) io_spaces;  ///< from the `iospaces` setting
    const struct model_vm_x86 *vm_x86;     ///< from the settings of an x86 VM; NULL: none
    uint32_t asid_pool_slot;               ///< MODEL_NONE without `asid_pool`
    uint64_t heap_size;                    ///< bytes, 0 when not set
    const void *guest_dtb;                 ///< VM: its device tree before guest_dtb_finish()
    size_t guest_dtb_size;                 ///< 0: no VM
    uint64_t guest_dtb_addr;               ///< in the guest
};

/// One end of a connection. `priv` belongs to the connector.
struct model_end {
    const struct flat_end *flat;
    struct model_instance *instance; ///< NULL when the end is a hardware instance
    uint64_t badge; ///< one-hot badge on the instance's global notification; 0: none
    uint32_t first_thread; ///< of this end: instance->threads.items[first_thread ..]
    uint32_t thread_count;
    void *priv;
};

struct connector_ops;

struct model_connection {
    const struct flat_connection *flat;
    const struct connector_ops *ops;
    struct model_end *from;
    size_t from_count;
    struct model_end *to;
    size_t to_count;
    void *priv; ///< belongs to the connector
};

struct model {
    struct arena *arena;                 ///< borrowed
    struct adlc_diag *diag;              ///< borrowed
    const struct flat_assembly *flat;    ///< borrowed; NULL when read back from model.bin
    const struct platform *platform;     ///< facts about the board (vm_platform.h)
    enum system_arch arch;
    uint32_t core_count;                 ///< cores of the kernel (NUM_NODES)

    VEC(struct model_object) objects;
    VEC(struct system_cap) caps;
    VEC(struct system_page_table) page_tables; ///< filled by link
    VEC(struct system_mapping) mappings;
    VEC(struct model_thread) threads;
    VEC(struct system_vcpu) vcpus;
    VEC(struct system_irq) irqs;
    VEC(struct system_fill) fills;
    VEC(struct system_domain_slot) schedule;
    VEC(struct model_region *) regions;

    uint64_t dma_end; ///< memory for devices is handed out downwards from here; 0: from the top

    VEC(struct model_origin) origins;
    VEC(uint32_t) cap_origins;     ///< per entry of `caps`: in `origins`, or MODEL_NONE
    VEC(uint32_t) mapping_origins; ///< per entry of `mappings`; entries behind the end have none
    uint32_t origin;               ///< of what is made now, or MODEL_NONE: see next_origin
    struct model_origin next_origin; ///< what is made now has this origin; name NULL: none

    struct model_instance *instances;    ///< all but hardware instances, in order
    size_t instance_count;
    VEC(struct model_space *) spaces;    ///< in the order of their first members
    const char **owners;                 ///< names of instances and groups, sorted (report_owner_number())
    size_t owner_count;
    struct model_connection *connections; ///< in order
    size_t connection_count;
};

// ---------------------------------------------------------------------------------------------
// Connectors

struct emitter; // emit.h

/// What one connector does. Lowering calls `lower` once per connection, in order, after all
/// instances, their threads and badges exist. The emitters call `emit_from` and `emit_to` for each
/// end when they write the files of the end's instance. Each function may be NULL.
struct connector_ops {
    const char *name;
    /// The from side calls methods; threads of the to side, if it has any, run camkes_server_run()
    /// and can be passive.
    bool serves_calls;
    void (*lower)(struct model *model, struct model_connection *connection);
    void (*emit_from)(struct emitter *emitter, const struct model *model,
                      const struct model_connection *connection, size_t end);
    void (*emit_to)(struct emitter *emitter, const struct model *model,
                    const struct model_connection *connection, size_t end);
};

/// The connector of this name, or NULL (connectors/table.c).
const struct connector_ops *connector_find(const char *name);

/// Names of all connectors, for "did you mean".
const char *const *connector_names(size_t *count);

/// Write DIR/<instance>/camkes.h and camkes.c for every instance (emit.c). Returns 0, or 1 after
/// reporting.
int emit_model(const struct model *model, const char *output_dir);

// ---------------------------------------------------------------------------------------------
// Building blocks for lowering

void model_init(struct model *model, struct arena *arena, struct adlc_diag *diag);

/// New object; `name` is kept.
uint32_t model_new_object(struct model *model, enum system_object_type type, uint8_t size_bits,
                          const char *name);

/// New object at a physical address (frame or untyped), flag FIXED.
uint32_t model_new_fixed(struct model *model, enum system_object_type type, uint8_t size_bits,
                         uint64_t paddr, const char *name);

/// What is made from now on comes from this connection.
void model_origin_connection(struct model *model, const struct model_connection *connection);

/// What is made from now on for the instance comes from its setting `attribute` or, with kind
/// MODEL_ORIGIN_GUEST, from what `attribute` says in words.
void model_origin_instance(struct model *model, const struct model_instance *instance,
                           enum model_origin_kind kind, const char *attribute);

/// What is made from now on is an instance's own.
void model_origin_none(struct model *model);

/// Origin of a cap or a mapping by its index, or NULL.
const struct model_origin *model_cap_origin(const struct model *model, size_t cap);
const struct model_origin *model_mapping_origin(const struct model *model, size_t mapping);

/// Append a mapping with the current origin.
void model_add_mapping(struct model *model, const struct system_mapping *mapping);

/// Cap to `object` in the next free slot of the instance. Returns the slot.
uint32_t model_instance_cap(struct model *model, struct model_instance *instance, uint32_t object,
                            uint32_t rights, uint64_t badge);

/// Reserve `count` consecutive slots; returns the first. They stay empty at start unless filled.
uint32_t model_reserve_slots(struct model *model, struct model_instance *instance, uint32_t count);

/// Cap in a slot from model_reserve_slots().
void model_cap_at(struct model *model, struct model_instance *instance, uint32_t slot,
                  uint32_t object, uint32_t rights, uint64_t badge);

/// Make the spaces of a model whose instances were read back: those with one VSpace object share
/// one, whose name is the object's without ".vspace".
void model_find_spaces(struct model *model);

/// Whether the instance belongs to a group of the description.
bool model_in_group(const struct model_instance *instance);

/// The instance of the model for a flat instance; NULL for hardware instances.
struct model_instance *model_instance_of(struct model *model, const struct flat_instance *flat);
struct model_instance *model_find_instance(struct model *model, const char *name);

/// Shared RAM: `size` is rounded up to pages; 2 MiB frames where size is a multiple of them.
struct model_region *model_shared_region(struct model *model, const char *name, uint64_t size);

/// The same in 4 KiB or 2 MiB frames as told, at physical address `paddr` when `fixed`.
struct model_region *model_ram_region(struct model *model, const char *name, uint64_t size,
                                      uint8_t frame_bits, bool fixed, uint64_t paddr);

/// Device memory [paddr, paddr + size), widened to pages. Frames are shared with earlier regions
/// that cover the same pages. Reports an error (at `loc`) and returns NULL when the range overlaps
/// frames of another size.
struct model_region *model_device_region(struct model *model, const char *name, uint64_t paddr,
                                         uint64_t size, struct adlc_loc loc);

/// Map a region into an instance at the next free address of the shared or device part. `flags` are
/// enum system_mapping_flags. When `first_slot` is not NULL the caps of the frames are left in
/// consecutive slots and it gets the first. Returns the address. In a group, a region without slots
/// that is mapped with the same flags already is not mapped again: all members see it at one place.
uint64_t model_map_region(struct model *model, struct model_instance *instance,
                          const struct model_region *region, uint32_t flags, uint32_t *first_slot);

/// Map a region at a given address of any VSpace, e.g. a guest's. Caps stay nowhere.
void model_map_frames(struct model *model, uint32_t vspace, const struct model_region *region,
                      uint64_t vaddr, uint32_t flags);

/// The mapping flags for an access string as in `X_access`: "R", "W", "RW", "RWX"; P is ignored.
/// NULL means RW. SYSTEM_MAPPING_CACHED is not part of it.
uint32_t model_access_flags(const char *access);

/// The instance's global notification; created on first use together with its read cap.
uint32_t model_global_notification(struct model *model, struct model_instance *instance);

/// The next free one-hot badge (with the base) on the instance's global notification. 0 after
/// reporting that none is left.
uint64_t model_next_badge(struct model *model, struct model_instance *instance,
                          struct adlc_loc loc);

/// IRQ handler for interrupt `number` (GIC INTID) with a cap in the instance; `notification`
/// MODEL_NONE leaves it unbound. Reports and returns MODEL_NONE when the number is taken. Returns
/// the slot.
uint32_t model_instance_irq(struct model *model, struct model_instance *instance, uint32_t number,
                            enum system_irq_trigger trigger, uint32_t notification, uint64_t badge,
                            struct adlc_loc loc);

/// GIC INTID and trigger from the cells of an `interrupts` property: 3 cells <type number flags>
/// or 1.
bool model_decode_interrupt(const uint32_t *cells, uint32_t cell_count, uint32_t *number,
                            enum system_irq_trigger *trigger);

/// Interface thread `number` of an end, or NULL.
const struct model_instance_thread *model_end_thread(const struct model_end *end, uint32_t number);

/// seL4 CNode cap data for a CNode of an instance: guard 0 that fills the word.
uint64_t model_cnode_guard(const struct model_instance *instance);

/// Formatted string from the model's arena.
const char *model_printf(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---------------------------------------------------------------------------------------------
// Passes (lower.c, vm.c)

/// Options of lowering that come from the command line.
struct lower_options {
    const char *platform; ///< name of the board
    const char *arch;
    uint32_t core_count;  ///< 0: 1
};

/// Build the whole model. Errors are in assembly->diag.
struct model *model_lower(struct flat_assembly *assembly, const struct lower_options *options);

/// Write the C definition of `vm_config` (vmm/config.h) of a VM instance; called by the emitter at
/// the end of camkes.c when instance->is_vm.
void vm_emit_config(const struct model *model, const struct model_instance *instance, FILE *out);

#endif
