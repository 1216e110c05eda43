// SPDX-License-Identifier: BSD-2-Clause
// seL4MessageQueue: messages of the dataport's type in shared memory, and a signal on the receiver's
// global notification.

#include <inttypes.h>

#include "common.h"

/// One side's view.
struct queue_end {
    uint64_t vaddr;
    uint64_t size;              ///< of the shared memory
    uint32_t notification_slot; ///< from: signals the receiver
};

static const struct flat_interface *interface_of(const struct model_end *end)
{
    return end->flat->interface;
}

/// A message must have a size: a C type, or Buf(n) that fits.
static bool check_type(struct model *model, const struct model_end *end, uint64_t size)
{
    const struct flat_interface *interface = interface_of(end);
    bool ok = !interface->is_buf
              || (interface->has_buf_size && interface->buf_size != 0
                  && interface->buf_size <= size && size - interface->buf_size >= 128);

    if (!ok) {
        diag_error(model->diag, interface->loc, "message-type",
                   "'%s': messages need a type, or Buf(n) that fits into the connection's %" PRIu64
                   " bytes with 128 to spare", end->flat->name, size);
    }
    return ok;
}

static void queue_lower(struct model *model, struct model_connection *connection)
{
    struct model_end *from = &connection->from[0];
    struct model_end *to = &connection->to[0];
    const char *name = connection->flat->name;
    int64_t size = flat_setting_int(model->flat, name, "size", MODEL_PAGE_SIZE);
    uint32_t flags = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED;
    struct queue_end *sender = ARENA_NEW(model->arena, struct queue_end);
    struct queue_end *receiver = ARENA_NEW(model->arena, struct queue_end);

    if (size <= 0 || size > 1 << 30) {
        diag_error(model->diag, flat_setting_loc(model->flat, name, "size"), "dataport-size",
                   "connection '%s': a queue can't have %" PRId64 " bytes", name, size);
        return;
    }
    const struct model_region *region =
        model_shared_region(model, model_printf(model, "%s_data", name), (uint64_t)size);
    from->priv = sender;
    to->priv = receiver;
    if (!check_type(model, from, region->size) || !check_type(model, to, region->size)) {
        return;
    }
    sender->size = receiver->size = region->size;
    sender->vaddr = model_map_region(model, from->instance, region, flags, NULL);
    receiver->vaddr = model_map_region(model, to->instance, region, flags, NULL);
    sender->notification_slot =
        model_instance_cap(model, from->instance, model_global_notification(model, to->instance),
                           MODEL_RIGHT_WRITE, to->badge);
}

/// "sizeof(T)" or the number of bytes of Buf(n).
static const char *message_size(struct emitter *emitter, const struct model_end *end)
{
    const struct flat_interface *interface = interface_of(end);

    return interface->is_buf ? emit_text(emitter, "0x%" PRIx64, interface->buf_size)
                             : emit_text(emitter, "sizeof(%s)", interface->type);
}

static void emit_queue(struct emitter *emitter, const struct model_end *end, bool is_sender)
{
    const struct queue_end *priv = end->priv;
    const char *name = end_name(end);
    const char *size = message_size(emitter, end);
    struct emit_msgqueue queue = {
        .id = flat_interface_int(emitter->model->flat, end->flat->instance, name, "_id", 0),
        .is_sender = is_sender,
        .name = name,
    };

    emit_h(emitter, "#include <camkes/msgqueue.h>\n");
    emit_c(emitter, "\n_Static_assert(%s <= 0x%" PRIx64 " - CAMKES_MSGQUEUE_HEADER,\n"
           "               \"a message of %s is larger than the queue\");\n"
           "static struct camkes_msgqueue camkes_msgqueue_%s = {\n"
           "    .memory = (uint8_t *)0x%" PRIx64 ",\n    .size = 0x%" PRIx64 ",\n"
           "    .message_size = %s,\n    .notification = %u,\n};\n", size, priv->size, name, name,
           priv->vaddr, priv->size, size, priv->notification_slot);
    VEC_PUSH(emitter->arena, emitter->msgqueues, queue);
}

static void queue_emit_from(struct emitter *emitter, const struct model *model,
                            const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const char *name = end_name(from);
    const char *type = connector_dataport_type(from);

    (void)model;
    emit_queue(emitter, from, true);
    emit_h(emitter, "/// 0, or -1 when the queue is full.\nint %s_send(const %s *message);\n", name,
           type);
    emit_c(emitter, "\nint %s_send(const %s *camkes_message)\n{\n"
           "    return camkes_msgqueue_put(&camkes_msgqueue_%s, camkes_message);\n}\n", name, type,
           name);
}

static void queue_emit_to(struct emitter *emitter, const struct model *model,
                          const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const char *name = end_name(to);
    const char *type = connector_dataport_type(to);

    (void)model;
    connector_emit_notification(emitter, to, true);
    emit_queue(emitter, to, false);
    emit_h(emitter, "/// Whether a message is waiting.\nint %s_poll(void);\n"
           "/// 0, or -1 when there is none.\nint %s_get(%s *message);\n", name, name, type);
    emit_c(emitter, "\nint %s_poll(void)\n{\n"
           "    return camkes_msgqueue_is_pending(&camkes_msgqueue_%s);\n}\n\n"
           "int %s_get(%s *camkes_message)\n{\n"
           "    return camkes_msgqueue_take(&camkes_msgqueue_%s, camkes_message);\n}\n", name, name,
           name, type, name);
}

const struct connector_ops connector_message_queue = {
    .name = "seL4MessageQueue",
    .lower = queue_lower,
    .emit_from = queue_emit_from,
    .emit_to = queue_emit_to,
};
