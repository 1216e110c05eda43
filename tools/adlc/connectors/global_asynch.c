// SPDX-License-Identifier: BSD-2-Clause
// seL4GlobalAsynch: signals on the consumer's one global notification, with a badge bit per
// interface. seL4GlobalAsynchCallback: the same with a thread of the consumer that calls
// I_callback(badge).

#include <inttypes.h>

#include "common.h"

/// Per from end: caps to signal each consumer, connection->to_count of them.
struct asynch_end {
    uint32_t *slots;
};

static void asynch_lower(struct model *model, struct model_connection *connection)
{
    for (size_t i = 0; i < connection->to_count; i++) {
        (void)model_global_notification(model, connection->to[i].instance);
    }
    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        struct asynch_end *priv = ARENA_NEW(model->arena, struct asynch_end);
        priv->slots = ARENA_NEW_ARRAY(model->arena, uint32_t, connection->to_count);
        from->priv = priv;
        for (size_t j = 0; j < connection->to_count; j++) {
            struct model_end *to = &connection->to[j];
            priv->slots[j] = model_instance_cap(model, from->instance, to->instance->notification,
                                                MODEL_RIGHT_WRITE, to->badge);
        }
    }
    connector_lock_libc(model, connection);
}

static void asynch_emit_from(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct asynch_end *priv = from->priv;
    const char *name = end_name(from);

    (void)model;
    emit_h(emitter, "void %s_emit(void);\nvoid %s_emit_underlying(void);\n", name, name);
    emit_c(emitter, "\nvoid %s_emit_underlying(void)\n{\n", name);
    for (size_t i = 0; i < connection->to_count; i++) {
        emit_c(emitter, "    seL4_Signal(%u);\n", priv->slots[i]);
    }
    emit_c(emitter, "}\n\nvoid %s_emit(void)\n{\n    %s_emit_underlying();\n}\n", name, name);
}

static void asynch_emit_to(struct emitter *emitter, const struct model *model,
                           const struct model_connection *connection, size_t end)
{
    (void)model;
    connector_emit_notification(emitter, &connection->to[end], false);
}

static void callback_emit_to(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const char *name = end_name(to);

    (void)model;
    connector_emit_notification(emitter, to, false);
    emit_h(emitter,
           "/// Called in a thread of its own with the badge of each signal; yours to define.\n"
           "void %s_callback(seL4_Word badge);\n",
           name);
    emit_c(emitter, "\nstatic void camkes_run_%s(const struct camkes_thread *thread)\n{\n"
           "    (void)thread;\n    for (;;) {\n        seL4_Word badge = 0;\n\n"
           "        (void)seL4_Wait(%u, &badge);\n        %s_callback(badge);\n    }\n}\n",
           name, to->instance->notification_slot, name);
    emit_thread_run(emitter, to, emit_text(emitter, "camkes_run_%s", name));
}

const struct connector_ops connector_global_asynch = {
    .name = "seL4GlobalAsynch",
    .lower = asynch_lower,
    .emit_from = asynch_emit_from,
    .emit_to = asynch_emit_to,
};

const struct connector_ops connector_global_asynch_callback = {
    .name = "seL4GlobalAsynchCallback",
    .lower = asynch_lower,
    .emit_from = asynch_emit_from,
    .emit_to = callback_emit_to,
};
