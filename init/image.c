// SPDX-License-Identifier: BSD-2-Clause
// Checks system.bin completely before anything is made of it: every table lies in the file, every index
// names an entry of the right type. The rest of the initialiser relies on that.
#include "init.h"

static const char *check_table(const struct system_image *image, struct system_table table, uint64_t entry)
{
    if (table.offset % 8 != 0 && entry != 1) {
        return "a table is not aligned";
    }
    if (table.offset > image->size || table.count > (image->size - table.offset) / entry) {
        return "a table lies outside the file";
    }
    return NULL;
}

static bool is_type(const struct init *init, uint32_t object, enum system_object_type type)
{
    return object < init->image->objects.count && init->objects[object].type == type;
}

static bool is_type_or_none(const struct init *init, uint32_t object, enum system_object_type type)
{
    return object == SYSTEM_IMAGE_NONE || is_type(init, object, type);
}

const char *image_name(const struct init *init, uint32_t object)
{
    if (object >= init->image->objects.count) {
        return "?";
    }
    uint32_t offset = init->objects[object].name;
    return offset < init->image->strings.count ? init->strings + offset : "?";
}

static const char *check_object(const struct init *init, const struct system_object *object)
{
    switch ((enum system_object_type)object->type) {
    case SYSTEM_OBJECT_UNTYPED:
        if (object->size_bits < seL4_MinUntypedBits || object->size_bits > seL4_MaxUntypedBits) {
            return "an untyped has a bad size";
        }
        break;
    case SYSTEM_OBJECT_FRAME:
        if (object->size_bits != seL4_PageBits && object->size_bits != seL4_LargePageBits
            && object->size_bits != seL4_HugePageBits) {
            return "a frame has a bad size";
        }
        break;
    case SYSTEM_OBJECT_CNODE:
        if (object->size_bits == 0 || object->size_bits > 32) {
            return "a CNode has a bad size";
        }
        break;
    case SYSTEM_OBJECT_SCHED_CONTEXT:
        if (object->size_bits < seL4_MinSchedContextBits || object->size_bits > 16) {
            return "a scheduling context has a bad size";
        }
        break;
    case SYSTEM_OBJECT_SCHED_CONTROL:
        if (object->address >= init->boot_info->schedcontrol.end - init->boot_info->schedcontrol.start) {
            return "the system wants more cores than the kernel has";
        }
        break;
    case SYSTEM_OBJECT_TCB:
    case SYSTEM_OBJECT_ENDPOINT:
    case SYSTEM_OBJECT_NOTIFICATION:
    case SYSTEM_OBJECT_REPLY:
    case SYSTEM_OBJECT_PAGE_TABLE:
    case SYSTEM_OBJECT_VSPACE:
    case SYSTEM_OBJECT_VCPU:
    case SYSTEM_OBJECT_IRQ_HANDLER:
    case SYSTEM_OBJECT_ASID_POOL:
    case SYSTEM_OBJECT_SMC:
        break;
    default:
        return "an object has an unknown type";
    }
    if ((object->flags & SYSTEM_OBJECT_DONATED)
        && (object->type != SYSTEM_OBJECT_FRAME || object->size_bits != seL4_PageBits
            || object->address >= init->image->page_count)) {
        return "a donated frame is not a page of the payload";
    }
    if ((object->flags & SYSTEM_OBJECT_FIXED) && object->type != SYSTEM_OBJECT_FRAME
        && object->type != SYSTEM_OBJECT_UNTYPED) {
        return "an object that is neither frame nor untyped has a fixed address";
    }
    return NULL;
}

static const char *check_references(const struct init *init)
{
    const struct system_image *image = init->image;
    for (uint32_t i = 0; i < image->caps.count; i++) {
        const struct system_cap *cap = &init->caps[i];
        if (!is_type(init, cap->cnode, SYSTEM_OBJECT_CNODE) || cap->object >= image->objects.count
            || cap->slot >= UINT64_C(1) << init->objects[cap->cnode].size_bits) {
            return "a cap goes to no slot or has no object";
        }
    }
    for (uint32_t i = 0; i < image->page_tables.count; i++) {
        if (!is_type(init, init->page_tables[i].vspace, SYSTEM_OBJECT_VSPACE)
            || !is_type(init, init->page_tables[i].page_table, SYSTEM_OBJECT_PAGE_TABLE)) {
            return "a page table entry names other objects";
        }
    }
    for (uint32_t i = 0; i < image->mappings.count; i++) {
        const struct system_mapping *mapping = &init->mappings[i];
        if (!is_type(init, mapping->vspace, SYSTEM_OBJECT_VSPACE)
            || !is_type(init, mapping->frame, SYSTEM_OBJECT_FRAME)
            || !is_type_or_none(init, mapping->cnode, SYSTEM_OBJECT_CNODE)
            || (mapping->cnode != SYSTEM_IMAGE_NONE
                && mapping->slot >= UINT64_C(1) << init->objects[mapping->cnode].size_bits)) {
            return "a mapping names other objects";
        }
    }
    for (uint32_t i = 0; i < image->vcpus.count; i++) {
        if (!is_type(init, init->vcpus[i].vcpu, SYSTEM_OBJECT_VCPU)
            || !is_type(init, init->vcpus[i].tcb, SYSTEM_OBJECT_TCB)) {
            return "a VCPU entry names other objects";
        }
    }
    for (uint32_t i = 0; i < image->irqs.count; i++) {
        if (!is_type(init, init->irqs[i].handler, SYSTEM_OBJECT_IRQ_HANDLER)
            || !is_type_or_none(init, init->irqs[i].notification, SYSTEM_OBJECT_NOTIFICATION)) {
            return "an interrupt entry names other objects";
        }
    }
    for (uint32_t i = 0; i < image->fills.count; i++) {
        const struct system_fill *fill = &init->fills[i];
        if (!is_type(init, fill->frame, SYSTEM_OBJECT_FRAME)
            || init->objects[fill->frame].size_bits != seL4_PageBits || fill->offset > INIT_PAGE_SIZE
            || fill->length > INIT_PAGE_SIZE - fill->offset) {
            return "a fill lies outside its frame";
        }
    }
    return NULL;
}

static const char *check_threads(const struct init *init)
{
    uint64_t cores = init->boot_info->schedcontrol.end - init->boot_info->schedcontrol.start;
    for (uint32_t i = 0; i < init->image->threads.count; i++) {
        const struct system_thread *thread = &init->threads[i];
        if (!is_type(init, thread->tcb, SYSTEM_OBJECT_TCB)
            || !is_type(init, thread->vspace, SYSTEM_OBJECT_VSPACE)
            || !is_type_or_none(init, thread->cnode, SYSTEM_OBJECT_CNODE)
            || !is_type_or_none(init, thread->ipc_buffer, SYSTEM_OBJECT_FRAME)
            || !is_type_or_none(init, thread->sched_context, SYSTEM_OBJECT_SCHED_CONTEXT)
            || !is_type_or_none(init, thread->bound_notification, SYSTEM_OBJECT_NOTIFICATION)
            || !is_type_or_none(init, thread->fault_endpoint, SYSTEM_OBJECT_ENDPOINT)
            || !is_type_or_none(init, thread->timeout_endpoint, SYSTEM_OBJECT_ENDPOINT)) {
            return "a thread names other objects";
        }
        if (thread->core >= cores) {
            return "a thread is bound to a core that the kernel does not have";
        }
    }
    return NULL;
}

const char *image_open(struct init *init, const void *payload, uint64_t available)
{
    const struct system_image *image = payload;
    const uint8_t *base = payload;
    if (available < sizeof(*image) || image->magic != SYSTEM_IMAGE_MAGIC) {
        return "there is none";
    }
    if (image->version != SYSTEM_IMAGE_VERSION || image->arch != SYSTEM_ARCH_AARCH64) {
        return "made by another version, or for another architecture";
    }
    if (image->size < sizeof(*image) || image->size > available || image->page_offset > available
        || image->page_offset % INIT_PAGE_SIZE != 0 || image->page_offset < image->size
        || image->page_count > (available - image->page_offset) / INIT_PAGE_SIZE) {
        return "cut short";
    }
    const struct {
        struct system_table table;
        uint64_t entry;
    } tables[] = {
        { image->objects, sizeof(struct system_object) },
        { image->caps, sizeof(struct system_cap) },
        { image->page_tables, sizeof(struct system_page_table) },
        { image->mappings, sizeof(struct system_mapping) },
        { image->threads, sizeof(struct system_thread) },
        { image->vcpus, sizeof(struct system_vcpu) },
        { image->irqs, sizeof(struct system_irq) },
        { image->fills, sizeof(struct system_fill) },
        { image->strings, 1 },
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const char *problem = check_table(image, tables[i].table, tables[i].entry);
        if (problem != NULL) {
            return problem;
        }
    }
    init->image = image;
    init->objects = (const struct system_object *)(base + image->objects.offset);
    init->caps = (const struct system_cap *)(base + image->caps.offset);
    init->page_tables = (const struct system_page_table *)(base + image->page_tables.offset);
    init->mappings = (const struct system_mapping *)(base + image->mappings.offset);
    init->threads = (const struct system_thread *)(base + image->threads.offset);
    init->vcpus = (const struct system_vcpu *)(base + image->vcpus.offset);
    init->irqs = (const struct system_irq *)(base + image->irqs.offset);
    init->fills = (const struct system_fill *)(base + image->fills.offset);
    init->strings = (const char *)(base + image->strings.offset);
    if (image->strings.count > 0 && init->strings[image->strings.count - 1] != '\0') {
        return "a name does not end";
    }
    if (image->objects.count > INIT_MAX_OBJECTS) {
        return "more objects than the initialiser has room for";
    }
    for (uint32_t i = 0; i < image->objects.count; i++) {
        const char *problem = check_object(init, &init->objects[i]);
        if (problem != NULL) {
            return problem;
        }
    }
    const char *problem = check_references(init);
    return problem != NULL ? problem : check_threads(init);
}
