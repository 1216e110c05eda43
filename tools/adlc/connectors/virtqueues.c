// SPDX-License-Identifier: BSD-2-Clause
// seL4VirtQueues: shared memory and a signal in both directions for each driver and device pair
// that the setting <interface>_topology of the to side lists.

#include <inttypes.h>
#include <string.h>

#include "common.h"

#define DEFAULT_SIZE 8192
#define DEFAULT_QUEUE_LENGTH 256

/// One end: a channel when the topology names it.
struct virtqueue_end {
    bool used;
    uint64_t vaddr;
    uint64_t size;
    uint32_t peer_slot;  ///< signals the peer
};

static struct model_end *find_end(struct model_connection *connection,
                                  const struct flat_value *name)
{
    for (size_t i = 0; name != NULL && name->kind == FLAT_STRING && i < connection->from_count;
         i++) {
        if (strcmp(connection->from[i].flat->name, name->string) == 0) {
            return &connection->from[i];
        }
    }
    return NULL;
}

static void connect(struct model *model, struct model_end *from, const struct model_end *peer,
                    const struct model_region *region)
{
    struct virtqueue_end *priv = from->priv;

    priv->used = true;
    priv->size = region->size;
    priv->vaddr =
        model_map_region(model, from->instance, region,
                         SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED, NULL);
    priv->peer_slot = model_instance_cap(model, from->instance, peer->instance->notification,
                                         MODEL_RIGHT_WRITE, peer->badge);
}

static void lower_pair(struct model *model, struct model_connection *connection,
                       const struct flat_value *pair)
{
    struct model_end *driver = find_end(connection, flat_value_get(pair, "drv"));
    struct model_end *device = find_end(connection, flat_value_get(pair, "dev"));

    if (driver == NULL || device == NULL) {
        diag_error(
            model->diag, pair->loc, "virtqueue-topology",
            "connection '%s': a topology entry is { \"drv\" : \"instance.interface\", \"dev\" : "
            "\"instance.interface\" } with two ends of this connection",
            connection->flat->name);
        return;
    }
    if (((struct virtqueue_end *)driver->priv)->used
        || ((struct virtqueue_end *)device->priv)->used) {
        diag_error(model->diag, pair->loc, "virtqueue-topology",
                   "connection '%s': an end is in the topology twice", connection->flat->name);
        return;
    }
    int64_t size = flat_interface_int(model->flat, driver->flat->instance, end_name(driver),
                                      "_shmem_size", DEFAULT_SIZE);
    if (size <= 0 || size > 1 << 30) {
        diag_error(model->diag, driver->flat->loc, "dataport-size",
                   "'%s': shared memory can't have %" PRId64 " bytes", driver->flat->name, size);
        return;
    }
    // Upstream's applications set the size at both ends.
    int64_t other = flat_interface_int(model->flat, device->flat->instance, end_name(device),
                                       "_shmem_size", size);
    if (other != size) {
        diag_warning(model->diag, device->flat->loc, "virtqueue-size",
                     "'%s' has %" PRId64 " bytes of shared memory, as '%s' sets it, not %" PRId64,
                     device->flat->name, size, driver->flat->name, other);
    }
    struct model_region *region =
        model_shared_region(model, model_printf(model, "%s.%s_data", connection->flat->name,
                                                driver->flat->name), (uint64_t)size);
    connect(model, driver, device, region);
    connect(model, device, driver, region);
}

static void virtqueues_lower(struct model *model, struct model_connection *connection)
{
    const struct model_end *to = &connection->to[0];
    const struct flat_value *topology =
        flat_interface_setting(model->flat, to->flat->instance, end_name(to), "_topology");

    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        from->priv = ARENA_NEW(model->arena, struct virtqueue_end);
        (void)model_global_notification(model, from->instance);
    }
    for (size_t i = 0; topology != NULL && topology->kind == FLAT_LIST && i < topology->count;
         i++) {
        lower_pair(model, connection, topology->items[i]);
    }
}

static void virtqueues_emit_from(struct emitter *emitter, const struct model *model,
                                 const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct virtqueue_end *priv = from->priv;
    const char *name = end_name(from);
    const char *scope = connection->flat->name;
    int64_t id = flat_interface_int(model->flat, from->flat->instance, name, "_id", 0);
    int64_t length = flat_setting_int(model->flat, scope, "queue_length", DEFAULT_QUEUE_LENGTH);
    bool is_driver = strcmp(from->flat->interface->type, "VirtQueueDrv") == 0;

    emit_h(emitter,
           "#include <camkes/virtqueue.h>\nsize_t %s_get_size(void);\n"
           "seL4_CPtr %s_notification(void);\nseL4_Word %s_notification_badge(void);\n",
           name, name, name);
    emit_c(emitter, "\nsize_t %s_get_size(void)\n{\n    return 0x%" PRIx64 ";\n}\n\n"
           "seL4_CPtr %s_notification(void)\n{\n    return %u;\n}\n\n"
           "seL4_Word %s_notification_badge(void)\n{\n    return 0x%" PRIx64 ";\n}\n",
           name, priv->size, name, from->instance->notification_slot, name, from->badge);
    if (!priv->used) {
        return;
    }
    emit_c(emitter,
           "\nstatic void camkes_notify_%s(void)\n{\n    seL4_Signal(%u);\n}\n\n"
           "static struct camkes_virtqueue_channel camkes_channel_%s = {\n    .id = %" PRId64 ",\n"
           "    .name = \"%s\",\n    .queue_length = %" PRId64 ",\n    .buffer = (void *)0x%" PRIx64
           ",\n"
           "    .buffer_size = 0x%" PRIx64 ",\n    .notify = camkes_notify_%s,\n"
           "    .notification = %u,\n    .badge = 0x%" PRIx64 ",\n    .role = %s,\n};\n",
           name, priv->peer_slot, name, id, name, length, priv->vaddr, priv->size, name,
           from->instance->notification_slot, from->badge,
           is_driver ? "CAMKES_VIRTQUEUE_DRIVER" : "CAMKES_VIRTQUEUE_DEVICE");
    emit_c(emitter, "\nstatic void __attribute__((constructor)) camkes_register_%s(void)\n{\n"
           "    camkes_virtqueue_register(&camkes_channel_%s);\n}\n", name, name);
}

const struct connector_ops connector_virtqueues = {
    .name = "seL4VirtQueues",
    .lower = virtqueues_lower,
    .emit_from = virtqueues_emit_from,
};
