// SPDX-License-Identifier: BSD-2-Clause
// seL4Notification: a notification of its own per consumer, served by a thread that hands events to
// I_wait(), I_poll() or a callback. seL4NotificationNative: the same without thread and callback.
// seL4NotificationBind: bound to the consumer's control thread, which gets it wherever it waits for
// messages.

#include "common.h"

struct notification_end {
    uint32_t object;
    uint32_t slot;         ///< to: the notification, read
    uint32_t lock_slot;    ///< to: where threads sleep for the lock
    uint32_t handoff_slot; ///< to: where the consumer sleeps
    uint32_t *emit_slots;  ///< from: the consumers' notifications
};

static uint32_t sleep_place(struct model *model, struct model_end *end, const char *what)
{
    uint32_t object = model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                                       model_printf(model, "%s.%s", end->flat->name, what));

    return model_instance_cap(model, end->instance, object, MODEL_RIGHT_READ | MODEL_RIGHT_WRITE,
                              0);
}

static void notification_lower(struct model *model, struct model_connection *connection)
{
    for (size_t i = 0; i < connection->to_count; i++) {
        struct model_end *to = &connection->to[i];
        struct notification_end *priv = ARENA_NEW(model->arena, struct notification_end);
        to->priv = priv;
        priv->slot = connector_notification_of(model, to, "notification", &priv->object);
        if (to->thread_count != 0) {
            priv->lock_slot = sleep_place(model, to, "lock");
            priv->handoff_slot = sleep_place(model, to, "handoff");
        }
    }
    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        struct notification_end *priv = ARENA_NEW(model->arena, struct notification_end);
        uint64_t badge = 1;
        if (connection->ops == &connector_notification_bind) {
            (void)connector_badge(model, from, &badge);
        }
        from->priv = priv;
        priv->emit_slots = ARENA_NEW_ARRAY(model->arena, uint32_t, connection->to_count);
        for (size_t j = 0; j < connection->to_count; j++) {
            const struct notification_end *to = connection->to[j].priv;
            // Bit 0 is what poll and wait see; the badge has another meaning only to those who
            // get it with a message.
            priv->emit_slots[j] =
                model_instance_cap(model, from->instance, to->object, MODEL_RIGHT_WRITE, badge);
        }
    }
    connector_lock_libc(model, connection);
}

/// A signal that comes with a message must have a badge, and one thread has one notification.
static void bind_lower(struct model *model, struct model_connection *connection)
{
    notification_lower(model, connection);
    for (size_t i = 0; i < connection->from_count; i++) {
        uint64_t badge = 1;
        if (connector_badge(model, &connection->from[i], &badge) && badge == 0) {
            diag_error(model->diag, connection->from[i].flat->loc, "notification-badge",
                       "'%s': the badge of a signal to a bound notification can't be 0",
                       connection->from[i].flat->name);
        }
    }
    for (size_t i = 0; i < connection->to_count; i++) {
        const struct model_end *to = &connection->to[i];
        const struct notification_end *priv = to->priv;
        struct system_thread *control =
            &model->threads.items[to->instance->threads.items[0].thread].spec;
        if (control->bound_notification != MODEL_NONE || to->instance->is_vm) {
            diag_error(model->diag, to->flat->loc, "notification-bound",
                       "'%s': the control thread of '%s' has a bound notification already",
                       to->flat->name, to->instance->name);
            continue;
        }
        control->bound_notification = priv->object;
    }
}

static void notification_emit_from(struct emitter *emitter, const struct model *model,
                                   const struct model_connection *connection, size_t end)
{
    const struct notification_end *priv = connection->from[end].priv;
    const char *name = end_name(&connection->from[end]);

    (void)model;
    emit_h(emitter, "void %s_emit(void);\nvoid %s_emit_underlying(void);\n", name, name);
    emit_c(emitter, "\nvoid %s_emit_underlying(void)\n{\n", name);
    for (size_t i = 0; i < connection->to_count; i++) {
        emit_c(emitter, "    seL4_Signal(%u);\n", priv->emit_slots[i]);
    }
    emit_c(emitter, "}\n\nvoid %s_emit(void)\n{\n    %s_emit_underlying();\n}\n", name, name);
}

static void notification_emit_to(struct emitter *emitter, const struct model *model,
                                 const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const struct notification_end *priv = to->priv;
    const char *name = end_name(to);

    (void)model;
    emit_h(emitter, "void %s_wait(void);\nint %s_poll(void);\n"
           "int %s_reg_callback(void (*callback)(void *), void *arg);\n", name, name, name);
    emit_c(
        emitter,
        "\nstatic struct camkes_event camkes_event_%s = {\n    .notification = %u,\n"
        "    .lock = CAMKES_MUTEX_INIT(%u),\n    .handoff = CAMKES_SEMAPHORE_INIT(%u, 0, 1),\n};\n",
        name, priv->slot, priv->lock_slot, priv->handoff_slot);
    emit_c(emitter, "\nvoid %s_wait(void)\n{\n    camkes_event_wait(&camkes_event_%s);\n}\n\n"
           "int %s_poll(void)\n{\n    return camkes_event_poll(&camkes_event_%s);\n}\n\n"
           "int %s_reg_callback(void (*callback)(void *), void *arg)\n{\n"
           "    return camkes_event_reg_callback(&camkes_event_%s, callback, arg);\n}\n",
           name, name, name, name, name, name);
    emit_c(emitter, "\nstatic void camkes_run_%s(const struct camkes_thread *thread)\n{\n"
           "    (void)thread;\n    camkes_event_run(&camkes_event_%s);\n}\n", name, name);
    emit_thread_run(emitter, to, emit_text(emitter, "camkes_run_%s", name));
}

static void native_emit_to(struct emitter *emitter, const struct model *model,
                           const struct model_connection *connection, size_t end)
{
    const struct notification_end *priv = connection->to[end].priv;
    const char *name = end_name(&connection->to[end]);

    (void)model;
    emit_h(emitter, "void %s_wait(void);\nint %s_poll(void);\nseL4_CPtr %s_notification(void);\n",
           name, name, name);
    emit_c(emitter, "\nvoid %s_wait(void)\n{\n    (void)seL4_Wait(%u, NULL);\n}\n\n"
           "int %s_poll(void)\n{\n    seL4_Word badge = 0;\n\n    (void)seL4_Poll(%u, &badge);\n"
           "    return badge != 0;\n}\n\nseL4_CPtr %s_notification(void)\n{\n    return %u;\n}\n",
           name, priv->slot, name, priv->slot, name, priv->slot);
}

const struct connector_ops connector_notification = {
    .name = "seL4Notification",
    .lower = notification_lower,
    .emit_from = notification_emit_from,
    .emit_to = notification_emit_to,
};

const struct connector_ops connector_notification_native = {
    .name = "seL4NotificationNative",
    .lower = notification_lower,
    .emit_from = notification_emit_from,
    .emit_to = native_emit_to,
};

const struct connector_ops connector_notification_bind = {
    .name = "seL4NotificationBind",
    .lower = bind_lower,
    .emit_from = notification_emit_from,
    .emit_to = native_emit_to,
};
