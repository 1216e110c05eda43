// SPDX-License-Identifier: BSD-2-Clause
// Tables of what settings give an instance for run time: kernel objects and memory for devices.

#include <inttypes.h>

#include "emit.h"

static const char *type_name(enum system_object_type type)
{
    switch (type) {
    case SYSTEM_OBJECT_TCB:
        return "seL4_TCBObject";
    case SYSTEM_OBJECT_ENDPOINT:
        return "seL4_EndpointObject";
    case SYSTEM_OBJECT_NOTIFICATION:
        return "seL4_NotificationObject";
    default:
        return "seL4_UntypedObject";
    }
}

static void emit_pool(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;
    size_t count = instance->pool.count + instance->untypeds.count;

    emit_h(emitter, "\n#include <camkes/alloc.h>\n");
    emit_c(emitter, "\nstatic const struct camkes_pool_object camkes_pool_objects[] = {\n");
    for (size_t i = 0; i < instance->pool.count; i++) {
        const struct model_pool_object *object = &instance->pool.items[i];
        emit_c(emitter, "    { .cap = %u, .type = %s },\n", object->slot, type_name(object->type));
    }
    for (size_t i = 0; i < instance->untypeds.count; i++) {
        const struct model_untyped *untyped = &instance->untypeds.items[i];
        emit_c(emitter, "    { .cap = %u, .type = seL4_UntypedObject, .size_bits = %u",
               untyped->slot, untyped->size_bits);
        if (untyped->device) {
            emit_c(emitter, ", .is_device = true, .paddr = 0x%" PRIx64, untyped->paddr);
        }
        emit_c(emitter, " },\n");
    }
    emit_c(emitter, "};\nstatic bool camkes_pool_taken[%zu];\n"
           "const struct camkes_pool camkes_pool = {\n    .objects = camkes_pool_objects,\n"
           "    .taken = camkes_pool_taken,\n    .count = %zu,\n};\n", count, count);
}

static void emit_dma(struct emitter *emitter)
{
    const struct model_dma *dma = &emitter->instance->dma;

    emit_h(emitter, "\n#include <camkes/dma.h>\n");
    emit_c(emitter,
           "\nstatic uint64_t camkes_dma_used[CAMKES_DMA_WORDS(0x%" PRIx64 ")];\n"
           "const struct camkes_dma_pool camkes_dma_pool = {\n    .base = (uint8_t *)0x%" PRIx64
           ",\n    .paddr = 0x%" PRIx64 ",\n    .size = 0x%" PRIx64
           ",\n    .used = camkes_dma_used,\n    .is_cached = %s,\n};\n",
           dma->size, dma->vaddr, dma->paddr, dma->size, dma->cached ? "true" : "false");
}

/// Memory for devices that connections bring.
static void emit_dma_regions(struct emitter *emitter)
{
    emit_h(emitter, "\n#include <camkes/dma.h>\n");
    emit_c(emitter, "\nconst struct camkes_dma_region camkes_dma_regions[] = {\n");
    for (size_t i = 0; i < emitter->dmas.count; i++) {
        const struct emit_dma *dma = &emitter->dmas.items[i];
        emit_c(emitter, "    { .base = 0x%" PRIx64 ", .paddr = 0x%" PRIx64 ", .size = 0x%" PRIx64
               " },\n", dma->vaddr, dma->paddr, dma->size);
    }
    emit_c(emitter, "    { .size = 0 },\n};\n");
}

static void emit_msgqueues(struct emitter *emitter)
{
    emit_c(emitter, "\nconst struct camkes_msgqueue_entry camkes_msgqueues[] = {\n");
    for (size_t i = 0; i < emitter->msgqueues.count; i++) {
        const struct emit_msgqueue *queue = &emitter->msgqueues.items[i];
        emit_c(emitter, "    { .id = %" PRId64 ", .is_sender = %s, .queue = &camkes_msgqueue_%s },\n",
               queue->id, queue->is_sender ? "true" : "false", queue->name);
    }
    emit_c(emitter, "    { .queue = NULL },\n};\n");
}

static void emit_ports(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;

    emit_h(emitter, "\n#include <camkes/ports.h>\n");
    emit_c(emitter, "\nstatic const struct camkes_ports camkes_port_ranges[] = {\n");
    for (size_t i = 0; i < instance->io_ports.count; i++) {
        const struct model_io_ports *ports = &instance->io_ports.items[i];
        emit_c(emitter,
               "    { .interface = \"ioports\", .cap = %u, .first = 0x%x, .last = 0x%x },\n",
               ports->slot, ports->first, ports->last);
    }
    emit_c(emitter, "};\nconst struct camkes_port_table camkes_port_table = {\n"
           "    .ranges = camkes_port_ranges,\n    .count = %zu,\n};\n",
           instance->io_ports.count);
}

static void emit_iospaces(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;

    emit_h(emitter, "\n#include <camkes/ports.h>\n");
    emit_c(emitter, "\nstatic const struct camkes_iospace camkes_iospaces[] = {\n");
    for (size_t i = 0; i < instance->io_spaces.count; i++) {
        const struct model_io_space *space = &instance->io_spaces.items[i];
        emit_c(emitter,
               "    { .cap = %u, .domain = 0x%x, .bus = %u, .device = %u, .function = %u },\n",
               space->slot, (unsigned)(space->address >> 16),
               (unsigned)(space->address >> 8 & 0xff), (unsigned)(space->address >> 3 & 0x1f),
               (unsigned)(space->address & 7));
    }
    emit_c(emitter, "};\nconst struct camkes_iospace_table camkes_iospace_table = {\n"
           "    .spaces = camkes_iospaces,\n    .count = %zu,\n};\n",
           instance->io_spaces.count);
}

void emit_resources(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;

    // A VM's untypeds are for its VMM, which finds what it needs in vm_config.
    if (!instance->is_vm && instance->pool.count + instance->untypeds.count != 0) {
        emit_pool(emitter);
    }
    if (instance->dma.size != 0) {
        emit_dma(emitter);
    }
    if (emitter->dmas.count != 0) {
        emit_dma_regions(emitter);
    }
    if (emitter->msgqueues.count != 0) {
        emit_msgqueues(emitter);
    }
    if (instance->io_ports.count != 0) {
        emit_ports(emitter);
    }
    if (instance->io_spaces.count != 0) {
        emit_iospaces(emitter);
    }
    if (instance->vm_x86 != NULL) {
        emit_vm_x86(emitter);
    }
}
