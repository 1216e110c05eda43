// SPDX-License-Identifier: BSD-2-Clause
// seL4SharedData: memory that all ends map. seL4SharedDataWithCaps: the ends also hold the frames'
// caps, so that a VMM can map them into its guest. seL4DMASharedData: contiguous memory at a known
// address, for bus masters.

#include <inttypes.h>

#include "../lower.h"
#include "../vm_platform.h"
#include "common.h"

/// One end's view.
struct shared_end {
    uint64_t vaddr;
    uint32_t flags;
    uint32_t first_slot;
};

static void lower_ends(struct model *model, struct model_end *ends, size_t count,
                       const struct model_region *region, bool caps, uint32_t cached)
{
    for (size_t i = 0; i < count; i++) {
        struct shared_end *priv = ARENA_NEW(model->arena, struct shared_end);
        ends[i].priv = priv;
        priv->flags = connector_access(model, &ends[i]);
        priv->vaddr = model_map_region(model, ends[i].instance, region,
                                       priv->flags | cached,
                                       caps ? &priv->first_slot : NULL);
    }
}

static uint64_t region_size(const struct model *model, const struct model_connection *connection,
                            bool caps)
{
    if (caps) {
        for (size_t i = 0; i < connection->to_count; i++) {
            const struct model_end *to = &connection->to[i];
            int64_t size =
                flat_interface_int(model->flat, to->flat->instance, end_name(to), "_size", 0);
            if (size > 0) {
                return (uint64_t)size;
            }
        }
    }
    return connector_dataport_size(model, connection);
}

/// Memory of seL4DMASharedData.
static struct model_region *dma_region(struct model *model,
                                       const struct model_connection *connection, const char *name,
                                       uint64_t size)
{
    struct adlc_loc loc = flat_setting_loc(model->flat, connection->flat->name, "paddr");
    int64_t paddr = flat_setting_int(model->flat, connection->flat->name, "paddr", 0);

    if (paddr % MODEL_PAGE_SIZE != 0 || (paddr == 0 && model->platform->ram.size == 0)
        || size > 1u << 30) {
        diag_error(model->diag, loc.file != 0 ? loc : connection->flat->loc, "dataport-paddr",
                   "connection '%s': memory for devices is at most 1 GiB and starts with a page; on "
                   "platform '%s' paddr %s", connection->flat->name, model->platform->name,
                   model->platform->ram.size == 0 ? "must be set" : "can be left out");
        return NULL;
    }
    return lower_contiguous_ram(model, name, size, (uint64_t)paddr);
}

/// Cached when all ends say so: mappings of one page must not differ in this.
static uint32_t dma_cached(const struct model *model, const struct model_connection *connection)
{
    for (size_t side = 0; side < 2; side++) {
        const struct model_end *ends = side == 0 ? connection->from : connection->to;
        size_t count = side == 0 ? connection->from_count : connection->to_count;
        for (size_t i = 0; i < count; i++) {
            if (flat_interface_int(model->flat, ends[i].flat->instance, end_name(&ends[i]),
                                   "_hardware_cached", 0) == 0) {
                return 0;
            }
        }
    }
    return SYSTEM_MAPPING_CACHED;
}

static void dma_lower(struct model *model, struct model_connection *connection)
{
    const char *name = model_printf(model, "%s_data", connection->flat->name);
    uint32_t cached = dma_cached(model, connection);
    struct model_region *region =
        dma_region(model, connection, name, connector_dataport_size(model, connection));

    connection->priv = region;
    if (region != NULL) {
        lower_ends(model, connection->from, connection->from_count, region, false, cached);
        lower_ends(model, connection->to, connection->to_count, region, false, cached);
        connector_lock_libc(model, connection);
    }
}

static void shared_lower(struct model *model, struct model_connection *connection)
{
    bool caps = connection->ops == &connector_shared_data_with_caps;
    const char *name = model_printf(model, "%s_data", connection->flat->name);
    uint64_t size = region_size(model, connection, caps);
    int64_t paddr = flat_setting_int(model->flat, connection->flat->name, "paddr", -1);
    struct model_region *region;

    if (paddr >= 0) {
        uint64_t mask = MODEL_LARGE_PAGE_SIZE - 1;
        bool large = ((size | (uint64_t)paddr) & mask) == 0;
        if (((uint64_t)paddr & (MODEL_PAGE_SIZE - 1)) != 0) {
            diag_error(model->diag, flat_setting_loc(model->flat, connection->flat->name, "paddr"),
                       "dataport-paddr",
                       "connection '%s': paddr 0x%" PRIx64 " is not the start of a page",
                       connection->flat->name, (uint64_t)paddr);
            paddr &= ~(int64_t)(MODEL_PAGE_SIZE - 1);
        }
        region =
            model_ram_region(model, name, size, large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS,
                             true, (uint64_t)paddr);
    } else {
        region = model_shared_region(model, name, size);
    }
    connection->priv = region;
    lower_ends(model, connection->from, connection->from_count, region, caps, SYSTEM_MAPPING_CACHED);
    lower_ends(model, connection->to, connection->to_count, region, caps, SYSTEM_MAPPING_CACHED);
    connector_lock_libc(model, connection);
}

uint64_t connector_shared_size(const struct model_connection *connection)
{
    const struct model_region *region = connection->priv;

    return region->size;
}

uint64_t connector_shared_vaddr(const struct model_end *end)
{
    const struct shared_end *priv = end->priv;

    return priv->vaddr;
}

static void emit_pointer(struct emitter *emitter, const struct model_connection *connection,
                         const struct model_end *end)
{
    bool is_plain = connection->ops == &connector_shared_data;
    const struct model_region *region = connection->priv;
    const struct shared_end *priv = end->priv;
    const char *name = end_name(end);
    const char *type = connector_dataport_type(end);
    const char *qualifier = !is_plain ? "volatile " : "";

    emit_h(emitter, "extern %s%s *%s;\n", qualifier, type, name);
    connector_emit_size(emitter, end, region->size);
    emit_h(emitter,
           "size_t %s_get_size(void);\nvoid %s_acquire(void);\nvoid %s_release(void);\n", name,
           name, name);
    emit_c(emitter, "\n%s%s *%s = (%s%s *)0x%" PRIx64 ";\n", qualifier, type, name, qualifier, type,
           priv->vaddr);
    if (!end->flat->interface->is_buf) {
        emit_c(emitter,
               "_Static_assert(sizeof(%s) <= 0x%" PRIx64 ", \"%s is larger than dataport %s\");\n",
               type, region->size, type, name);
    }
    emit_c(emitter,
           "\nsize_t %s_get_size(void)\n{\n    return 0x%" PRIx64 ";\n}\n\nvoid %s_acquire(void)\n{\n"
           "    camkes_dataport_acquire();\n}\n\nvoid %s_release(void)\n{\n"
           "    camkes_dataport_release();\n}\n",
           name, region->size, name, name);
    emit_h(emitter,
           "dataport_ptr_t %s_wrap_ptr(void *ptr);\nvoid *%s_unwrap_ptr(dataport_ptr_t ptr);\n",
           name, name);
    emit_c(emitter,
           "\ndataport_ptr_t %s_wrap_ptr(void *ptr)\n{\n    return dataport_wrap_ptr(ptr);\n}\n\n"
           "void *%s_unwrap_ptr(dataport_ptr_t ptr)\n{\n    return dataport_unwrap_ptr(ptr);\n}\n",
           name, name);
    emit_add_dataport(emitter, (uint32_t)(connection->flat->index * 4096), priv->vaddr,
                      region->size);
}

static void emit_handle(struct emitter *emitter, const struct model_connection *connection,
                        const struct model_end *end)
{
    const struct model_region *region = connection->priv;
    const struct shared_end *priv = end->priv;
    const char *name = end_name(end);
    int64_t id = flat_interface_int(emitter->model->flat, end->flat->instance, name, "_id", 0);

    emit_h(emitter, "extern dataport_caps_handle_t %s_handle;\n", name);
    emit_c(emitter,
           "\ndataport_caps_handle_t %s_handle = {\n    .first_cap = %u,\n    .count = %u,\n"
           "    .frame_bits = %u,\n    .size = 0x%" PRIx64 ",\n    .id = %" PRId64 ",\n"
           "    .rights = { { %s%s } },\n};\n",
           name, priv->first_slot, region->frame_count, region->frame_bits, region->size, id,
           (priv->flags & SYSTEM_MAPPING_READ) != 0 ? "seL4_CapRightRead" : "0",
           (priv->flags & SYSTEM_MAPPING_WRITE) != 0 ? " | seL4_CapRightWrite" : "");
}

static void emit_dma(struct emitter *emitter, const struct model_connection *connection,
                     const struct model_end *end)
{
    const struct model_region *region = connection->priv;
    const struct shared_end *priv = end->priv;
    const char *name = end_name(end);
    bool cached = dma_cached(emitter->model, connection) != 0;
    struct emit_dma dma = { .vaddr = priv->vaddr, .paddr = region->paddr, .size = region->size };

    emit_h(emitter, "/// Physical address of the first byte; camkes_dma_get_paddr() knows all of them.\n"
           "uintptr_t %s_get_paddr(void);\n"
           "int %s_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op);\n", name,
           name);
    emit_c(emitter, "\nuintptr_t %s_get_paddr(void)\n{\n    return 0x%" PRIx64 ";\n}\n\n"
           "int %s_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op)\n{\n"
           "    return camkes_cache_op(%u, 0x%" PRIx64
           ", 0x%" PRIx64 ", start_offset, size, cache_op);\n}\n", name, region->paddr, name,
           end->instance->vspace_slot, priv->vaddr, cached ? region->size : 0);
    VEC_PUSH(emitter->arena, emitter->dmas, dma);
}

static void emit_end(struct emitter *emitter, const struct model_connection *connection,
                     const struct model_end *end)
{
    emit_pointer(emitter, connection, end);
    if (connection->ops == &connector_dma_shared_data) {
        emit_dma(emitter, connection, end);
    }
    if (connection->ops == &connector_shared_data_with_caps) {
        emit_handle(emitter, connection, end);
    }
}

static void shared_emit_from(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    (void)model;
    emit_end(emitter, connection, &connection->from[end]);
}

static void shared_emit_to(struct emitter *emitter, const struct model *model,
                           const struct model_connection *connection, size_t end)
{
    (void)model;
    emit_end(emitter, connection, &connection->to[end]);
}

const struct connector_ops connector_shared_data = {
    .name = "seL4SharedData",
    .lower = shared_lower,
    .emit_from = shared_emit_from,
    .emit_to = shared_emit_to,
};

const struct connector_ops connector_shared_data_with_caps = {
    .name = "seL4SharedDataWithCaps",
    .lower = shared_lower,
    .emit_from = shared_emit_from,
    .emit_to = shared_emit_to,
};

const struct connector_ops connector_dma_shared_data = {
    .name = "seL4DMASharedData",
    .lower = dma_lower,
    .emit_from = shared_emit_from,
    .emit_to = shared_emit_to,
};
