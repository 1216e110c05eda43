// SPDX-License-Identifier: BSD-2-Clause
// Checks system.bin (abi/system_image.h) completely: the file may be damaged or hostile.
#include <init/init.h>

#include <base/bits.h>
#include <base/checked.h>

#define MAX_CNODE_BITS         40u
#define MAX_SCHED_CONTEXT_BITS 20u
#define MAX_IRQ                1020u

static bool bad(const char *table, uint32_t index, const char *what)
{
    return init_error("system.bin: %s %u: %s", table, (unsigned)index, what);
}

static bool is_type(const struct system *system, uint32_t index, unsigned type)
{
    return index < system->header->objects.count && system->objects[index].type == type;
}

static bool is_type_or_none(const struct system *system, uint32_t index, unsigned type)
{
    return index == SYSTEM_IMAGE_NONE || is_type(system, index, type);
}

static bool is_name(const struct system *system, uint32_t offset)
{
    return offset == SYSTEM_IMAGE_NONE || offset < system->header->strings.count;
}

/// Start of a table; NULL when it does not lie inside the file.
static const void *find_table(const uint8_t *file, uint64_t size, const struct system_table *table,
                              size_t item_size)
{
    if (!range_fits(table->offset, (uint64_t)table->count * item_size, size)
        || !bits_is_aligned(table->offset, item_size == 1 ? 1 : 8)) {
        return NULL;
    }
    return file + table->offset;
}

static bool check_header(const uint8_t *payload, uint64_t size, struct system *system)
{
    const struct system_image *header = (const void *)payload;

    if (size < sizeof(*header)) {
        return init_error("system.bin: there is none behind the initialiser (%llu bytes)",
                          (unsigned long long)size);
    }
    if (header->magic != SYSTEM_IMAGE_MAGIC) {
        return init_error("system.bin: wrong magic number 0x%llx",
                          (unsigned long long)header->magic);
    }
    if (header->version != SYSTEM_IMAGE_VERSION || header->arch != SYSTEM_ARCH_AARCH64) {
        return init_error("system.bin: version %u for architecture %u, this is for %u and %u",
                          (unsigned)header->version, (unsigned)header->arch, SYSTEM_IMAGE_VERSION,
                          (unsigned)SYSTEM_ARCH_AARCH64);
    }
    if (header->size < sizeof(*header) || header->size > size || header->page_offset < header->size
        || header->page_offset > size || !bits_is_aligned(header->page_offset, INIT_PAGE)
        || header->page_count > (size - header->page_offset) / INIT_PAGE) {
        return init_error(
            "system.bin: cut short: %llu bytes and %llu pages are promised, %llu bytes are there",
            (unsigned long long)header->size, (unsigned long long)header->page_count,
            (unsigned long long)size);
    }
    if (header->objects.count > SYSTEM_IMAGE_MAX_OBJECTS) {
        return init_error("system.bin: %u objects; this initialiser can make %u",
                          (unsigned)header->objects.count, SYSTEM_IMAGE_MAX_OBJECTS);
    }
    system->header = header;
    return true;
}

static bool find_tables(const uint8_t *payload, struct system *system)
{
    const struct system_image *header = system->header;

#define FIND(field, type) \
    system->field = find_table(payload, header->size, &header->field, sizeof(type)); \
    if (system->field == NULL) { \
        return init_error("system.bin: the table of " #field " lies outside the file"); \
    }
    FIND(objects, struct system_object)
    FIND(caps, struct system_cap)
    FIND(page_tables, struct system_page_table)
    FIND(mappings, struct system_mapping)
    FIND(threads, struct system_thread)
    FIND(vcpus, struct system_vcpu)
    FIND(irqs, struct system_irq)
    FIND(fills, struct system_fill)
    FIND(schedule, struct system_domain_slot)
    FIND(strings, char)
#undef FIND
    if (header->strings.count != 0 && system->strings[header->strings.count - 1] != '\0') {
        return init_error("system.bin: the strings do not end with NUL");
    }
    return true;
}

static bool is_size_valid(const struct system_object *object)
{
    switch (object->type) {
    case SYSTEM_OBJECT_FRAME:
        return object->size_bits == seL4_PageBits || object->size_bits == seL4_LargePageBits
            || object->size_bits == seL4_HugePageBits;
    case SYSTEM_OBJECT_UNTYPED:
        return object->size_bits >= seL4_MinUntypedBits && object->size_bits <= seL4_MaxUntypedBits;
    case SYSTEM_OBJECT_CNODE:
        return object->size_bits >= 1 && object->size_bits <= MAX_CNODE_BITS;
    case SYSTEM_OBJECT_SCHED_CONTEXT:
        return object->size_bits >= seL4_MinSchedContextBits
            && object->size_bits <= MAX_SCHED_CONTEXT_BITS;
    default:
        return true;
    }
}

static bool check_objects(const struct system *system)
{
    for (uint32_t i = 0; i < system->header->objects.count; i++) {
        const struct system_object *object = &system->objects[i];
        unsigned flags = object->flags;

        if (object->type < SYSTEM_OBJECT_UNTYPED || object->type > SYSTEM_OBJECT_LAST) {
            return bad("object", i, "unknown type");
        }
        if (object->type == SYSTEM_OBJECT_IO_PORTS || object->type == SYSTEM_OBJECT_IO_SPACE) {
            return bad("object", i, "I/O ports and I/O spaces exist on x86 only");
        }
        if (!is_size_valid(object)) {
            return bad("object", i, "impossible size");
        }
        if (!is_name(system, object->name)) {
            return bad("object", i, "the name lies outside the strings");
        }
        if (flags != 0 && flags != SYSTEM_OBJECT_FIXED && flags != SYSTEM_OBJECT_DONATED) {
            return bad("object", i, "unknown flags");
        }
        if (flags == SYSTEM_OBJECT_FIXED
            && (object_bits(object) == 0 || object->type == SYSTEM_OBJECT_ASID_POOL
                || !bits_is_aligned(object->address, BIT64(object_bits(object)))
                || bits_get(object->address, 48, 16) != 0)) {
            return bad("object", i, "impossible fixed address");
        }
        if (flags == SYSTEM_OBJECT_DONATED
            && (object->type != SYSTEM_OBJECT_FRAME || object->size_bits != seL4_PageBits
                || object->address >= system->header->page_count)) {
            return bad("object", i, "this page of the payload can't be donated");
        }
        if (object->type == SYSTEM_OBJECT_IRQ_HANDLER && object->address >= MAX_IRQ) {
            return bad("object", i, "impossible interrupt number");
        }
    }
    return true;
}

static bool is_slot(const struct system *system, uint32_t cnode, uint32_t slot)
{
    return is_type(system, cnode, SYSTEM_OBJECT_CNODE)
        && slot < BIT64(system->objects[cnode].size_bits);
}

static bool check_caps(const struct system *system)
{
    for (uint32_t i = 0; i < system->header->caps.count; i++) {
        const struct system_cap *cap = &system->caps[i];

        if (!is_slot(system, cap->cnode, cap->slot)) {
            return bad("cap", i, "its slot is not in a CNode");
        }
        if (cap->object >= system->header->objects.count) {
            return bad("cap", i, "its object does not exist");
        }
        if (cap->rights >= BIT32(seL4_CapRightsBits)) {
            return bad("cap", i, "unknown rights");
        }
    }
    return true;
}

static bool check_spaces(const struct system *system)
{
    for (uint32_t i = 0; i < system->header->page_tables.count; i++) {
        const struct system_page_table *table = &system->page_tables[i];

        if (!is_type(system, table->vspace, SYSTEM_OBJECT_VSPACE)
            || !is_type(system, table->page_table, SYSTEM_OBJECT_PAGE_TABLE)) {
            return bad("page table", i, "wrong objects");
        }
        if (!bits_is_aligned(table->vaddr, BIT64(seL4_LargePageBits))
            || table->vaddr > seL4_UserVSpaceTop) {
            return bad("page table", i, "impossible address");
        }
    }
    for (uint32_t i = 0; i < system->header->mappings.count; i++) {
        const struct system_mapping *mapping = &system->mappings[i];
        const uint32_t known = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_EXECUTE
                             | SYSTEM_MAPPING_CACHED;

        if (!is_type(system, mapping->vspace, SYSTEM_OBJECT_VSPACE)
            || !is_type(system, mapping->frame, SYSTEM_OBJECT_FRAME)) {
            return bad("mapping", i, "wrong objects");
        }
        uint64_t size = BIT64(system->objects[mapping->frame].size_bits);
        if (!bits_is_aligned(mapping->vaddr, size) || mapping->vaddr > seL4_UserVSpaceTop) {
            return bad("mapping", i, "impossible address");
        }
        if (mapping->cnode != SYSTEM_IMAGE_NONE
            && !is_slot(system, mapping->cnode, mapping->slot)) {
            return bad("mapping", i, "its slot is not in a CNode");
        }
        if ((mapping->flags & ~known) != 0) {
            return bad("mapping", i, "unknown flags");
        }
    }
    return true;
}

static const char *check_thread(const struct system *system, const struct system_thread *thread)
{
    const uint32_t known = SYSTEM_THREAD_RESUME | SYSTEM_THREAD_SC_SPORADIC
                         | SYSTEM_THREAD_FPU_DISABLED;

    if (!is_type(system, thread->tcb, SYSTEM_OBJECT_TCB)
        || !is_type_or_none(system, thread->cnode, SYSTEM_OBJECT_CNODE)
        || !is_type(system, thread->vspace, SYSTEM_OBJECT_VSPACE)
        || !is_type_or_none(system, thread->ipc_buffer, SYSTEM_OBJECT_FRAME)
        || !is_type_or_none(system, thread->sched_context, SYSTEM_OBJECT_SCHED_CONTEXT)
        || !is_type_or_none(system, thread->bound_notification, SYSTEM_OBJECT_NOTIFICATION)
        || !is_type_or_none(system, thread->fault_endpoint, SYSTEM_OBJECT_ENDPOINT)
        || !is_type_or_none(system, thread->timeout_endpoint, SYSTEM_OBJECT_ENDPOINT)) {
        return "wrong objects";
    }
    if (!is_name(system, thread->name)) {
        return "the name lies outside the strings";
    }
    if (thread->ipc_buffer != SYSTEM_IMAGE_NONE
        && (!bits_is_aligned(thread->ipc_buffer_vaddr, BIT64(seL4_IPCBufferSizeBits))
            || thread->ipc_buffer_vaddr > seL4_UserVSpaceTop)) {
        return "impossible address of the IPC buffer";
    }
    if ((thread->flags & ~known) != 0) {
        return "unknown flags";
    }
    return NULL;
}

static bool check_threads(const struct system *system)
{
    for (uint32_t i = 0; i < system->header->threads.count; i++) {
        const char *what = check_thread(system, &system->threads[i]);
        if (what != NULL) {
            return bad("thread", i, what);
        }
    }
    for (uint32_t i = 0; i < system->header->vcpus.count; i++) {
        if (!is_type(system, system->vcpus[i].vcpu, SYSTEM_OBJECT_VCPU)
            || !is_type(system, system->vcpus[i].tcb, SYSTEM_OBJECT_TCB)) {
            return bad("VCPU", i, "wrong objects");
        }
    }
    for (uint32_t i = 0; i < system->header->irqs.count; i++) {
        const struct system_irq *irq = &system->irqs[i];
        if (!is_type(system, irq->handler, SYSTEM_OBJECT_IRQ_HANDLER)
            || !is_type_or_none(system, irq->notification, SYSTEM_OBJECT_NOTIFICATION)
            || irq->trigger > SYSTEM_IRQ_EDGE) {
            return bad("interrupt", i, "wrong objects or trigger");
        }
    }
    return true;
}

static bool check_schedule(const struct system *system)
{
    if (system->header->schedule.count > SYSTEM_IMAGE_MAX_SCHEDULE) {
        return init_error("system.bin: the domain schedule is too long");
    }
    for (uint32_t i = 0; i < system->header->schedule.count; i++) {
        if (system->schedule[i].ticks == 0 || system->schedule[i].domain >= CONFIG_NUM_DOMAINS) {
            return bad("schedule entry", i, "impossible domain or length");
        }
    }
    return true;
}

static bool check_fills(const struct system *system)
{
    for (uint32_t i = 0; i < system->header->fills.count; i++) {
        const struct system_fill *fill = &system->fills[i];

        if (!is_type(system, fill->frame, SYSTEM_OBJECT_FRAME)) {
            return bad("fill", i, "its frame is none");
        }
        if (!range_fits(fill->offset, fill->length,
                        BIT64(system->objects[fill->frame].size_bits))) {
            return bad("fill", i, "lies outside its frame");
        }
        if (fill->kind != SYSTEM_FILL_ENTROPY && fill->kind != SYSTEM_FILL_BOOT_INFO) {
            return bad("fill", i, "unknown kind");
        }
    }
    return true;
}

bool system_check(uint8_t *payload, uint64_t size, struct system *system)
{
    struct system checked = { 0 };

    if (!check_header(payload, size, &checked) || !find_tables(payload, &checked)
        || !check_objects(&checked) || !check_caps(&checked) || !check_spaces(&checked)
        || !check_threads(&checked) || !check_fills(&checked)
        || !check_schedule(&checked)) {
        return false;
    }
    checked.pages = payload + checked.header->page_offset;
    *system = checked;
    return true;
}
