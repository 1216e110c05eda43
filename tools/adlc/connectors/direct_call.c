// SPDX-License-Identifier: BSD-2-Clause
// seL4DirectCall: the callee's functions are called in the caller's thread, without the kernel. Both
// are in one group and share a CSpace (lower.c), so that the callee's other interfaces and locks work
// on whatever thread its code runs. Only calls that come before the callee has finished its
// initialisation wait.

#include <inttypes.h>

#include "common.h"

static void direct_lower(struct model *model, struct model_connection *connection)
{
    struct model_instance *callee = connection->to[0].instance;

    connection->priv = connector_badges(model, connection);
    if (flat_setting_int(model->flat, callee->name, "single_threaded", 0) != 0) {
        diag_error(model->diag, flat_setting_loc(model->flat, callee->name, "single_threaded"),
                   "setting-unsupported",
                   "instance '%s' can't be single_threaded: its interface '%s' is called directly, "
                   "in the callers' threads", callee->name, end_name(&connection->to[0]));
    }
    connector_lock_libc_of(model, callee);
    if (callee->gate_slot == MODEL_NONE) {
        uint32_t gate = model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                                         model_printf(model, "%s.gate", callee->name));
        callee->gate_slot = model_instance_cap(model, callee, gate,
                                               MODEL_RIGHT_READ | MODEL_RIGHT_WRITE, 0);
    }
}

/// What the names of the functions between caller number `from` and the callee begin with. They are
/// the only names that objects of a group see of each other (cmake/components.cmake).
static const char *prefix_of(struct emitter *emitter, const struct model_connection *connection,
                             size_t from)
{
    return emit_text(emitter, "camkes_direct_%zu_%zu", connection->flat->index, from);
}

static void direct_emit_from(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct flat_procedure *procedure = from->flat->interface->procedure;
    const char *name = end_name(from);
    const char *prefix = prefix_of(emitter, connection, end);

    (void)model;
    connector_emit_error_handler(emitter, name);
    emit_rpc_prototypes(emitter, procedure, name, false);
    emit_c(emitter, "\nvoid %s__free(void *camkes_memory);\n"
           "static const struct camkes_direct camkes_caller_%s __attribute__((unused)) = {\n"
           "    .interface = \"%s\",\n    .handler = &camkes_error_handler_%s,\n"
           "    .free = %s__free,\n};\n", prefix, name, name, name, prefix);
    emit_direct_caller(emitter, procedure, name, prefix);
}

static void direct_emit_to(struct emitter *emitter, const struct model *model,
                           const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const struct flat_procedure *procedure = to->flat->interface->procedure;
    const uint64_t *badges = connection->priv;
    const char *name = end_name(to);

    (void)model;
    connector_emit_error_handler(emitter, name);
    emit_rpc_prototypes(emitter, procedure, name, false);
    emit_h(emitter, "seL4_Word %s_get_sender_id(void);\n", name);
    emit_c(emitter, "\nseL4_Word %s_get_sender_id(void)\n{\n    return camkes_sender_id();\n}\n\n"
           "static const struct camkes_peer camkes_peers_%s[] = {\n", name, name);
    for (size_t i = 0; i < connection->from_count; i++) {
        emit_c(emitter, "    { .badge = %" PRIu64 " },\n", badges[i]);
    }
    emit_c(emitter, "};\n");
    connector_emit_badges(emitter, name, connection->from_count);
    for (size_t i = 0; i < connection->from_count; i++) {
        const char *prefix = prefix_of(emitter, connection, i);
        emit_c(emitter, "\nvoid %s__free(void *camkes_memory);\n"
               "void %s__free(void *camkes_memory)\n{\n    free(camkes_memory);\n}\n", prefix, prefix);
        emit_direct_callee(emitter, procedure, name, prefix, badges[i]);
    }
}

const struct connector_ops connector_direct_call = {
    .name = "seL4DirectCall",
    .serves_calls = true,
    .lower = direct_lower,
    .emit_from = direct_emit_from,
    .emit_to = direct_emit_to,
};
