// SPDX-License-Identifier: BSD-2-Clause
// User images and boot info for the initialiser's tests; see image_builder.h.
#include "image_builder.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_model.h"

static seL4_IPCBuffer ipc_buffer;
struct small_system small_system;

void builder_init(struct builder *builder)
{
    builder_release(builder);
    memset(builder, 0, sizeof(*builder));
    builder->header.strings.count = 1;
}

void builder_release(struct builder *builder)
{
    free(builder->image);
    free(builder->boot_info);
    builder->image = NULL;
    builder->boot_info = NULL;
}

uint32_t builder_name(struct builder *builder, const char *text)
{
    uint32_t at = builder->header.strings.count;

    memcpy(builder->strings + at, text, strlen(text) + 1);
    builder->header.strings.count += (uint32_t)strlen(text) + 1;
    return at;
}

uint32_t builder_object(struct builder *builder, const char *name, unsigned type,
                        unsigned size_bits, unsigned flags, uint64_t address)
{
    uint32_t index = builder->header.objects.count++;

    builder->objects[index] = (struct system_object){
        .type = (uint8_t)type,
        .size_bits = (uint8_t)size_bits,
        .flags = (uint16_t)flags,
        .name = name != NULL ? builder_name(builder, name) : SYSTEM_IMAGE_NONE,
        .address = address,
    };
    return index;
}

struct system_cap *builder_cap(struct builder *builder, uint32_t cnode, uint32_t slot,
                               uint32_t object, uint32_t rights, uint64_t badge)
{
    struct system_cap *cap = &builder->caps[builder->header.caps.count++];

    *cap = (struct system_cap){ cnode, slot, object, rights, badge };
    return cap;
}

struct system_mapping *builder_map(struct builder *builder, uint32_t vspace, uint32_t frame,
                                   uint64_t vaddr, uint32_t flags)
{
    struct system_mapping *mapping = &builder->mappings[builder->header.mappings.count++];

    *mapping = (struct system_mapping){
        .vspace = vspace, .frame = frame, .vaddr = vaddr, .flags = flags, .cnode = SYSTEM_IMAGE_NONE
    };
    return mapping;
}

uint32_t builder_page_table(struct builder *builder, uint32_t vspace, uint64_t vaddr)
{
    uint32_t object = builder_object(builder, "pt", SYSTEM_OBJECT_PAGE_TABLE, 0, 0, 0);

    builder->page_tables[builder->header.page_tables.count++] =
        (struct system_page_table){ vspace, object, vaddr };
    return object;
}

struct system_thread *builder_thread(struct builder *builder, const char *name, uint32_t tcb,
                                     uint32_t cnode, uint32_t vspace)
{
    struct system_thread *thread = &builder->threads[builder->header.threads.count++];

    *thread = (struct system_thread){
        .tcb = tcb,
        .name = builder_name(builder, name),
        .cnode = cnode,
        .vspace = vspace,
        .ipc_buffer = SYSTEM_IMAGE_NONE,
        .sched_context = SYSTEM_IMAGE_NONE,
        .bound_notification = SYSTEM_IMAGE_NONE,
        .fault_endpoint = SYSTEM_IMAGE_NONE,
        .timeout_endpoint = SYSTEM_IMAGE_NONE,
    };
    return thread;
}

static void put(uint8_t *file, uint64_t *at, struct system_table *table, const void *items,
                size_t item_size)
{
    *at = (*at + 7) & ~UINT64_C(7);
    table->offset = (uint32_t)*at;
    if (table->count != 0) {
        memcpy(file + *at, items, table->count * item_size);
    }
    *at += table->count * item_size;
}

void builder_pack(struct builder *builder, uint64_t page_count)
{
    struct system_image *header = &builder->header;
    size_t limit = sizeof(*builder) + page_count * INIT_PAGE + 4 * INIT_PAGE;
    uint64_t at = sizeof(*header);

    builder_release(builder);
    builder->image = aligned_alloc(INIT_PAGE, (limit + INIT_PAGE - 1) / INIT_PAGE * INIT_PAGE);
    memset(builder->image, 0, limit);
    uint8_t *file = builder->image + BUILDER_OWN_PAGES * INIT_PAGE;
    put(file, &at, &header->objects, builder->objects, sizeof(builder->objects[0]));
    put(file, &at, &header->caps, builder->caps, sizeof(builder->caps[0]));
    put(file, &at, &header->page_tables, builder->page_tables, sizeof(builder->page_tables[0]));
    put(file, &at, &header->mappings, builder->mappings, sizeof(builder->mappings[0]));
    put(file, &at, &header->threads, builder->threads, sizeof(builder->threads[0]));
    put(file, &at, &header->vcpus, builder->vcpus, sizeof(builder->vcpus[0]));
    put(file, &at, &header->irqs, builder->irqs, sizeof(builder->irqs[0]));
    put(file, &at, &header->fills, builder->fills, sizeof(builder->fills[0]));
    put(file, &at, &header->schedule, builder->schedule, sizeof(builder->schedule[0]));
    put(file, &at, &header->strings, builder->strings, 1);
    header->magic = SYSTEM_IMAGE_MAGIC;
    header->version = SYSTEM_IMAGE_VERSION;
    header->arch = SYSTEM_ARCH_AARCH64;
    header->size = at;
    header->page_offset = (at + INIT_PAGE - 1) / INIT_PAGE * INIT_PAGE;
    header->page_count = page_count;
    memcpy(file, header, sizeof(*header));
    for (uint64_t i = 0; i < page_count; i++) {
        memset(file + header->page_offset + i * INIT_PAGE, (int)(i + 1), INIT_PAGE);
    }
    builder->image_size = BUILDER_OWN_PAGES * INIT_PAGE + header->page_offset
                        + page_count * INIT_PAGE;
    builder->boot_info = aligned_alloc(INIT_PAGE, BUILDER_BOOT_INFO_PAGES * INIT_PAGE);
    memset(builder->boot_info, 0, BUILDER_BOOT_INFO_PAGES * INIT_PAGE);
}

static void add_untyped(seL4_BootInfo *info, uint64_t paddr, unsigned bits, bool is_device)
{
    size_t index = info->untyped.end - info->untyped.start;

    info->untypedList[index] =
        (seL4_UntypedDesc){ .paddr = paddr, .sizeBits = (seL4_Uint8)bits, .isDevice = is_device };
    (void)model_add(MODEL_UNTYPED, info->untyped.end++, bits, paddr, is_device);
}

void builder_boot(struct builder *builder)
{
    seL4_BootInfo *info = builder->boot_info;
    seL4_SlotPos slot = seL4_NumInitialCaps;

    model_reset();
    memset(&ipc_buffer, 0, sizeof(ipc_buffer));
    seL4_SetIPCBuffer(&ipc_buffer);
    (void)model_add(MODEL_TCB, seL4_CapInitThreadTCB, seL4_TCBBits, 0, false);
    (void)model_add(MODEL_CNODE, seL4_CapInitThreadCNode, 1, 0, false);
    unsigned vspace = model_add(MODEL_VSPACE, seL4_CapInitThreadVSpace, seL4_VSpaceBits, 0, false);
    model.objects[vspace].has_asid = true;
    (void)model_add(MODEL_IRQ_CONTROL, seL4_CapIRQControl, 0, 0, false);
    (void)model_add(MODEL_ASID_CONTROL, seL4_CapASIDControl, 0, 0, false);
    (void)model_add(MODEL_ASID_POOL, seL4_CapInitThreadASIDPool, 0, 0, false);
    (void)model_add(MODEL_DOMAIN, seL4_CapDomain, 0, 0, false);
    (void)model_add(MODEL_SMC, seL4_CapSMC, 0, 0, false);
    info->ipcBuffer = &ipc_buffer;
    info->numNodes = 1;
    info->schedcontrol = (seL4_SlotRegion){ slot, slot + 1 };
    (void)model_add(MODEL_SCHED_CONTROL, slot++, 0, 0, false);
    info->userImageFrames.start = slot;
    for (uint64_t i = 0; i < builder->image_size / INIT_PAGE; i++) {
        (void)model_add(MODEL_FRAME, slot, seL4_PageBits, 0x70000000 + i * INIT_PAGE, false);
        model.root[slot].is_mapped = true;
        model.root[slot++].mapped_in = (uint16_t)vspace;
    }
    info->userImageFrames.end = slot;
    info->untyped = (seL4_SlotRegion){ slot, slot };
    add_untyped(info, 0x08000000, 24, true);
    add_untyped(info, 0x40000000, 29, true);
    add_untyped(info, 0x60041000, 12, false);
    add_untyped(info, 0x60042000, 13, false);
    add_untyped(info, 0x61000000, 24, false);
    info->empty = (seL4_SlotRegion){ MODEL_FIRST_EMPTY, MODEL_ROOT_SLOTS };
}

void builder_seeds(struct builder *builder, const void *seed, size_t size)
{
    seL4_BootInfoHeader *header = (void *)((uint8_t *)builder->boot_info + INIT_PAGE);
    void *fdt = header + 3;

    // Some other chunk first.
    header[0] = (seL4_BootInfoHeader){ .id = 0x1234, .len = 2 * sizeof(*header) };
    (void)fdt_create(fdt, INIT_PAGE);
    (void)fdt_finish_reservemap(fdt);
    (void)fdt_begin_node(fdt, "");
    (void)fdt_begin_node(fdt, "chosen");
    if (size != 0) {
        (void)fdt_property(fdt, "rng-seed", seed, (int)size);
    }
    (void)fdt_end_node(fdt);
    (void)fdt_end_node(fdt);
    (void)fdt_finish(fdt);
    header[2] = (seL4_BootInfoHeader){ .id = SEL4_BOOTINFO_HEADER_FDT,
                                       .len = sizeof(*header) + fdt_totalsize(fdt) };
    builder->boot_info->extraLen = header[0].len + header[2].len;
}

/// One native thread and one VCPU with everything that an object can be.
static void small_system_objects(struct builder *b)
{
    small_system.device = builder_object(b, "uart", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_FIXED,
                                         0x08040000);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t index = builder_object(b, i == 0 ? "guest" : NULL, SYSTEM_OBJECT_FRAME, 21,
                                        SYSTEM_OBJECT_FIXED, 0x40000000 + (uint64_t)i * 0x200000);
        small_system.guest = i == 0 ? index : small_system.guest;
    }
    small_system.cnode = builder_object(b, "a.cnode", SYSTEM_OBJECT_CNODE, 8, 0, 0);
    small_system.vspace = builder_object(b, "a.vspace", SYSTEM_OBJECT_VSPACE, 0, 0, 0);
    (void)builder_page_table(b, small_system.vspace, 0x40000000);
    (void)builder_page_table(b, small_system.vspace, 0x40200000);
    (void)builder_page_table(b, small_system.vspace, 0x1000000000);
    small_system.vcpu = builder_object(b, "a.vcpu", SYSTEM_OBJECT_VCPU, 0, 0, 0);
    small_system.buffer = builder_object(b, "a.buffer", SYSTEM_OBJECT_FRAME, 12, 0, 0);
    small_system.data = builder_object(b, "a.data", SYSTEM_OBJECT_FRAME, 12, 0, 0);
    small_system.tcb = builder_object(b, "a.tcb", SYSTEM_OBJECT_TCB, 0, 0, 0);
    small_system.vcpu_tcb = builder_object(b, "a.vcpu0", SYSTEM_OBJECT_TCB, 0, 0, 0);
    small_system.context = builder_object(b, "a.sc", SYSTEM_OBJECT_SCHED_CONTEXT, 8, 0, 0);
    small_system.notification = builder_object(b, "a.event", SYSTEM_OBJECT_NOTIFICATION, 0, 0, 0);
    small_system.reply = builder_object(b, "a.reply", SYSTEM_OBJECT_REPLY, 0, 0, 0);
    small_system.endpoint = builder_object(b, "a.fault", SYSTEM_OBJECT_ENDPOINT, 0, 0, 0);
    small_system.irq = builder_object(b, "a.irq", SYSTEM_OBJECT_IRQ_HANDLER, 0, 0, 33);
    small_system.control = builder_object(b, "core0", SYSTEM_OBJECT_SCHED_CONTROL, 0, 0, 0);
    small_system.smc = builder_object(b, "smc", SYSTEM_OBJECT_SMC, 0, 0, 0);
    small_system.page = builder_object(b, "a.text", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_DONATED,
                                       0);
    small_system.page2 = builder_object(b, "a.files", SYSTEM_OBJECT_FRAME, 12,
                                        SYSTEM_OBJECT_DONATED, 1);
}

static void small_system_threads(struct builder *b)
{
    struct system_thread *thread = builder_thread(b, "a", small_system.tcb, small_system.cnode,
                                                  small_system.vspace);

    thread->cnode_guard = seL4_CNode_CapData_new(0, 56).words[0];
    thread->ipc_buffer = small_system.buffer;
    thread->ipc_buffer_vaddr = 0x1000000400;
    thread->flags = SYSTEM_THREAD_RESUME | SYSTEM_THREAD_FPU_DISABLED | SYSTEM_THREAD_SC_SPORADIC;
    thread->ip = 0x400000;
    thread->sp = 0x1000002000;
    thread->argument[1] = 0x1000000400;
    thread->priority = 100;
    thread->max_priority = 101;
    thread->sched_context = small_system.context;
    thread->budget_us = 1000;
    thread->period_us = 10000;
    thread->sched_context_badge = 77;
    thread->extra_refills = 2;
    thread->bound_notification = small_system.notification;
    thread->fault_endpoint = small_system.endpoint;
    thread->fault_badge = 5;
    thread->timeout_endpoint = small_system.endpoint;
    thread->timeout_badge = 6;
    thread->domain = 3;
    (void)builder_thread(b, "a.vcpu0", small_system.vcpu_tcb, SYSTEM_IMAGE_NONE,
                         small_system.vspace);
    b->vcpus[b->header.vcpus.count++] = (struct system_vcpu){ small_system.vcpu,
                                                              small_system.vcpu_tcb };
}

void builder_small_system(struct builder *b)
{
    builder_init(b);
    small_system_objects(b);
    (void)builder_cap(b, small_system.cnode, 1, small_system.tcb, 15, 0);
    (void)builder_cap(b, small_system.cnode, 2, small_system.endpoint, seL4_CapRightRead, 9);
    (void)builder_cap(b, small_system.cnode, 3, small_system.cnode, 15,
                      seL4_CNode_CapData_new(0, 56).words[0]);
    (void)builder_cap(b, small_system.cnode, 4, small_system.irq, 15, 0);
    (void)builder_cap(b, small_system.cnode, 5, small_system.control, 15, 0);
    (void)builder_cap(b, small_system.cnode, 6, small_system.smc, 15, 0xc4000001);
    (void)builder_map(b, small_system.vspace, small_system.guest, 0x40000000,
                      SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED);
    (void)builder_map(b, small_system.vspace, small_system.buffer, 0x40200000, SYSTEM_MAPPING_READ);
    (void)builder_map(b, small_system.vspace, small_system.buffer, 0x40201000, SYSTEM_MAPPING_READ);
    (void)builder_map(b, small_system.vspace, small_system.page, 0x40202000,
                      SYSTEM_MAPPING_READ | SYSTEM_MAPPING_EXECUTE | SYSTEM_MAPPING_CACHED);
    struct system_mapping *kept = builder_map(b, small_system.vspace, small_system.device,
                                              0x40203000,
                                              SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE);
    kept->cnode = small_system.cnode;
    kept->slot = 200;
    small_system_threads(b);
    b->irqs[b->header.irqs.count++] = (struct system_irq){ small_system.irq,
                                                           small_system.notification, 0x10,
                                                           SYSTEM_IRQ_EDGE, 0 };
    b->fills[b->header.fills.count++] = (struct system_fill){ small_system.page2,
                                                              SYSTEM_FILL_ENTROPY, 64, 200, 0 };
    b->fills[b->header.fills.count++] = (struct system_fill){ small_system.data,
                                                              SYSTEM_FILL_ENTROPY, 0, 40, 0 };
    b->fills[b->header.fills.count++] =
        (struct system_fill){ small_system.page, SYSTEM_FILL_BOOT_INFO, 8, 24, 0x1234 };
    builder_pack(b, 2);
    builder_seeds(b, "0123456789abcdef0123456789abcdef", 32);
}
