// SPDX-License-Identifier: BSD-2-Clause
// What several connectors share: locks, notifications, sizes and access rights of dataports.

#include "common.h"

#include <inttypes.h>
#include <string.h>

const char *end_name(const struct model_end *end)
{
    return end->flat->interface->name;
}

void connector_lock_libc_of(struct model *model, struct model_instance *instance)
{
    static const struct flat_lock libc = { .name = "camkes_libc", .kind = FLAT_MUTEX };
    struct model_lock lock = { .flat = &libc, .value = 1 };

    for (size_t i = 0; i < instance->locks.count; i++) {
        if (instance->locks.items[i].flat == &libc) {
            return;
        }
    }
    lock.notification = model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                                         model_printf(model, "%s.libc_lock", instance->name));
    lock.slot = model_instance_cap(model, instance, lock.notification,
                                   MODEL_RIGHT_READ | MODEL_RIGHT_WRITE, 0);
    VEC_PUSH(model->arena, instance->locks, lock);
}

static void lock_libc_of_ends(struct model *model, struct model_end *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ends[i].instance != NULL && ends[i].thread_count != 0) {
            connector_lock_libc_of(model, ends[i].instance);
        }
    }
}

void connector_lock_libc(struct model *model, struct model_connection *connection)
{
    lock_libc_of_ends(model, connection->from, connection->from_count);
    lock_libc_of_ends(model, connection->to, connection->to_count);
}

uint32_t connector_notification_of(struct model *model, struct model_end *end, const char *what,
                                   uint32_t *object)
{
    *object = model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                               model_printf(model, "%s.%s", end->flat->name, what));
    return model_instance_cap(model, end->instance, *object, MODEL_RIGHT_READ, 0);
}

bool connector_badge(struct model *model, const struct model_end *end, uint64_t *badge)
{
    const struct flat_value *value =
        flat_interface_setting(model->flat, end->flat->instance, end_name(end), "_attributes");

    if (value == NULL) {
        return false;
    }
    if (value->kind == FLAT_INT) {
        *badge = (uint64_t)value->integer;
    } else if (value->kind != FLAT_STRING || !flat_parse_number(value->string, badge)) {
        diag_error(model->diag, value->loc, "setting-format",
                   "'%s': the badge in %s_attributes is not a number", end->flat->name,
                   end_name(end));
        return false;
    }
    return true;
}

static bool badge_taken(const uint64_t *badges, const bool *given, size_t count, uint64_t badge)
{
    for (size_t i = 0; i < count; i++) {
        if (given[i] && badges[i] == badge) {
            return true;
        }
    }
    return false;
}

/// Callers with equal badges are one caller to the callee.
static void warn_of_equal_badges(struct model *model, const struct model_connection *connection,
                                 const uint64_t *badges, const bool *given)
{
    for (size_t i = 0; i < connection->from_count; i++) {
        size_t other = 0;
        while (other < i && !(given[other] && given[i] && badges[other] == badges[i])) {
            other++;
        }
        if (other < i) {
            const struct model_end *from = connection->from;
            diag_warning(model->diag,
                         flat_setting_loc(model->flat, from[i].flat->instance->name,
                                          model_printf(model, "%s_attributes", end_name(&from[i]))),
                         "badge-twice",
                         "'%s' and '%s' have the same badge, %" PRIu64 ": '%s' can't tell them apart",
                         from[other].flat->name, from[i].flat->name, badges[i],
                         connection->to[0].flat->name);
        }
    }
}

uint64_t *connector_badges(struct model *model, const struct model_connection *connection)
{
    size_t count = connection->from_count;
    uint64_t *badges = ARENA_NEW_ARRAY(model->arena, uint64_t, count);
    bool *given = ARENA_NEW_ARRAY(model->arena, bool, count);
    uint64_t next = 1;

    for (size_t i = 0; i < count; i++) {
        given[i] = connector_badge(model, &connection->from[i], &badges[i]);
    }
    warn_of_equal_badges(model, connection, badges, given);
    for (size_t i = 0; i < count; i++) {
        if (!given[i]) {
            while (badge_taken(badges, given, count, next)) {
                next++;
            }
            badges[i] = next++;
            given[i] = true;
        }
    }
    return badges;
}

void connector_emit_size(struct emitter *emitter, const struct model_end *end, uint64_t size)
{
    const char *name = emit_text(emitter, "%s_size", end_name(end));

    if (flat_component_attribute(end->flat->instance->component, name) == NULL) {
        emit_h(emitter, "#define %s ((size_t)0x%" PRIx64 ")\n", name, size);
    }
}

void connector_emit_error_handler(struct emitter *emitter, const char *interface)
{
    emit_h(emitter,
           "camkes_error_handler_t %s_register_error_handler(camkes_error_handler_t handler);\n",
           interface);
    emit_c(emitter,
           "static camkes_error_handler_t camkes_error_handler_%s;\n\n"
           "camkes_error_handler_t %s_register_error_handler(camkes_error_handler_t handler)\n{\n"
           "    camkes_error_handler_t previous = camkes_error_handler_%s;\n\n"
           "    camkes_error_handler_%s = handler;\n    return previous;\n}\n",
           interface, interface, interface, interface);
}

void connector_emit_badges(struct emitter *emitter, const char *name, size_t count)
{
    emit_h(emitter, "unsigned int %s_num_badges(void);\nseL4_Word %s_enumerate_badge(unsigned i);\n"
           "int %s_largest_badge(void);\n", name, name, name);
    emit_c(emitter, "\nunsigned int %s_num_badges(void)\n{\n    return %zu;\n}\n\n"
           "seL4_Word %s_enumerate_badge(unsigned i)\n{\n"
           "    return i < %zu ? camkes_peers_%s[i].badge : (seL4_Word)-1;\n}\n\n"
           "int %s_largest_badge(void)\n{\n"
           "    return (int)camkes_peer_largest_badge(camkes_peers_%s, %zu);\n}\n",
           name, count, name, count, name, name, name, count);
}

void connector_emit_notification(struct emitter *emitter, const struct model_end *end, bool wait)
{
    const char *name = end_name(end);
    uint32_t slot = end->instance->notification_slot;

    emit_h(emitter, "seL4_CPtr %s_notification(void);\nseL4_Word %s_notification_badge(void);\n",
           name, name);
    emit_c(emitter, "\nseL4_CPtr %s_notification(void)\n{\n    return %u;\n}\n\n"
           "seL4_Word %s_notification_badge(void)\n{\n    return 0x%" PRIx64 ";\n}\n",
           name, slot, name, end->badge);
    if (wait) {
        emit_h(emitter, "void %s_wait_notification(void);\n", name);
        emit_c(emitter, "\nvoid %s_wait_notification(void)\n{\n    (void)seL4_Wait(%u, NULL);\n}\n",
               name, slot);
    }
}

uint64_t connector_dataport_size(const struct model *model,
                                 const struct model_connection *connection)
{
    const char *name = connection->flat->name;
    struct adlc_loc loc = flat_setting_loc(model->flat, name, "size");
    uint64_t size = (uint64_t)flat_setting_int(model->flat, name, "size", MODEL_PAGE_SIZE);

    for (size_t side = 0; side < 2; side++) {
        const struct model_end *ends = side == 0 ? connection->from : connection->to;
        size_t count = side == 0 ? connection->from_count : connection->to_count;
        for (size_t i = 0; i < count; i++) {
            const struct flat_interface *interface = ends[i].flat->interface;
            if (interface->has_buf_size) {
                size = interface->buf_size;
                loc = interface->loc;
            }
        }
    }
    if (size == 0 || size > (1ull << 32)) {
        diag_error(model->diag, loc, "dataport-size",
                   "connection '%s': a dataport can't have %" PRIu64 " bytes", name, size);
        return MODEL_PAGE_SIZE;
    }
    return size;
}

const char *connector_dataport_type(const struct model_end *end)
{
    return end->flat->interface->is_buf ? "void" : end->flat->interface->type;
}

uint32_t connector_access(const struct model *model, const struct model_end *end)
{
    const struct flat_value *value =
        flat_interface_setting(model->flat, end->flat->instance, end_name(end), "_access");
    const char *access = value != NULL && value->kind == FLAT_STRING ? value->string : NULL;

    if (value != NULL && (access == NULL || access[strspn(access, "RWXP")] != '\0')) {
        diag_error(model->diag, value->loc, "setting-format",
                   "'%s': access rights are letters of \"RWXP\" in a string", end->flat->name);
        access = NULL;
    }
    return model_access_flags(access);
}
