// SPDX-License-Identifier: BSD-2-Clause
// seL4RPCCall and the connectors that add to it: a dataport per client (RPCDataport), a signal back
// to the client (RPCCallSignal, TimeServer), both (RPCDataportSignal, SerialServer), a few words of
// configuration per client (Ethdriver, Sataserver), datagrams (UDPSend, UDPRecv). One endpoint per
// callee, one badge per caller.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "udp.h"

enum rpc_feature {
    RPC_DATAPORT = 1,   ///< shared memory of the caller's setting <interface>_shmem_size
    RPC_SIGNAL = 2,     ///< the callee can signal the caller
    RPC_WAIT = 4,       ///< the caller has I_wait_notification()
    RPC_MAC = 8,        ///< the callee reads the caller's setting <interface>_mac
    RPC_PARTITIONS = 16, ///< the callee reads the caller's setting <interface>_partitions
    RPC_NO_THREADS = 32, ///< the callee's author calls I__run()
    RPC_UDP_SEND = 64,
    RPC_UDP_RECV = 128,
};

static const struct {
    const struct connector_ops *ops;
    unsigned features;
} rpc_variants[] = {
    { &connector_rpc_call, 0 },
    { &connector_rpc, 0 },
    { &connector_rpc_dataport, RPC_DATAPORT },
    { &connector_rpc_call_signal, RPC_SIGNAL | RPC_WAIT },
    { &connector_time_server, RPC_SIGNAL | RPC_WAIT },
    { &connector_rpc_dataport_signal, RPC_DATAPORT | RPC_SIGNAL | RPC_WAIT },
    { &connector_serial_server, RPC_DATAPORT | RPC_SIGNAL | RPC_WAIT },
    { &connector_ethdriver, RPC_DATAPORT | RPC_SIGNAL | RPC_WAIT | RPC_MAC },
    { &connector_sataserver, RPC_DATAPORT | RPC_PARTITIONS },
    { &connector_rpc_no_threads, RPC_NO_THREADS },
    { &connector_gpio_server, 0 },
    { &connector_clock_server, 0 },
    { &connector_bpmp_server, 0 },
    { &connector_udp_send, RPC_DATAPORT | RPC_UDP_SEND },
    { &connector_udp_recv, RPC_DATAPORT | RPC_SIGNAL | RPC_WAIT | RPC_UDP_RECV },
};

/// One caller.
struct rpc_client {
    uint64_t badge;
    uint32_t endpoint_slot;     ///< in the caller
    uint64_t size;              ///< of the dataport
    uint64_t client_vaddr;
    uint64_t server_vaddr;
    uint32_t notification_slot; ///< in the callee: signals the caller
};

struct rpc_connection {
    uint32_t endpoint_slot; ///< in the callee
    const struct model_connection *buffer; ///< setting `buffer`: messages travel in its memory
    uint32_t buffer_lock_slot;             ///< in the caller
    struct rpc_client *clients;
};

static unsigned features_of(const struct model_connection *connection)
{
    for (size_t i = 0; i < sizeof(rpc_variants) / sizeof(rpc_variants[0]); i++) {
        if (rpc_variants[i].ops == connection->ops) {
            return rpc_variants[i].features;
        }
    }
    return 0;
}

// ---------------------------------------------------------------------------------------------
// Lowering

static void lower_dataport(struct model *model, struct model_end *from, struct model_end *to,
                           const struct model_connection *connection, struct rpc_client *client)
{
    int64_t size = flat_interface_int(model->flat, from->flat->instance, end_name(from),
                                      "_shmem_size", MODEL_PAGE_SIZE);
    uint32_t flags = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED;

    if (size <= 0 || size > (int64_t)1 << 32) {
        const char *setting = model_printf(model, "%s_shmem_size", end_name(from));
        diag_error(model->diag, flat_setting_loc(model->flat, from->flat->instance->name, setting),
                   "dataport-size", "'%s': a dataport can't have %" PRId64 " bytes",
                   from->flat->name, size);
        return;
    }
    struct model_region *region = model_shared_region(
        model, model_printf(model, "%s_%" PRIu64 "_data", connection->flat->name, client->badge),
        (uint64_t)size);
    client->size = region->size;
    client->client_vaddr = model_map_region(model, from->instance, region, flags, NULL);
    client->server_vaddr = model_map_region(model, to->instance, region, flags, NULL);
}

static const struct model_end *end_of(const struct model_connection *connection,
                                      const struct model_instance *instance)
{
    for (size_t i = 0; i < connection->from_count; i++) {
        if (connection->from[i].instance == instance) {
            return &connection->from[i];
        }
    }
    for (size_t i = 0; i < connection->to_count; i++) {
        if (connection->to[i].instance == instance) {
            return &connection->to[i];
        }
    }
    return NULL;
}

/// Setting `buffer`: the name of a seL4SharedData connection between the two sides.
static void lower_buffer(struct model *model, struct model_connection *connection,
                         struct rpc_connection *rpc)
{
    const char *name = connection->flat->name;
    const struct flat_value *value = flat_setting(model->flat, name, "buffer");
    const struct model_connection *buffer = NULL;
    uint32_t both = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE;

    if (value == NULL) {
        return;
    }
    for (size_t i = 0; value->kind == FLAT_STRING && i < model->connection_count; i++) {
        if (model->connections[i].ops == &connector_shared_data
            && strcmp(model->connections[i].flat->name, value->string) == 0) {
            buffer = &model->connections[i];
        }
    }
    const struct model_end *from =
        buffer != NULL ? end_of(buffer, connection->from[0].instance) : NULL;
    const struct model_end *to = buffer != NULL ? end_of(buffer, connection->to[0].instance) : NULL;
    if (connection->from_count != 1 || from == NULL || to == NULL || from == to
        || buffer->from_count + buffer->to_count != 2
        || (connector_access(model, from) & connector_access(model, to) & both) != both) {
        diag_error(model->diag, value->loc, "rpc-buffer",
                   "connection '%s': buffer must be the name of a seL4SharedData connection that "
                   "its one caller and its callee, and nobody else, may read and write", name);
        return;
    }
    struct model_end *caller = &connection->from[0];
    uint32_t lock = model_new_object(model, SYSTEM_OBJECT_NOTIFICATION, 0,
                                     model_printf(model, "%s.buffer_lock", caller->flat->name));
    rpc->buffer_lock_slot = model_instance_cap(model, caller->instance, lock,
                                               MODEL_RIGHT_READ | MODEL_RIGHT_WRITE, 0);
    rpc->buffer = buffer;
}

static void rpc_lower(struct model *model, struct model_connection *connection)
{
    struct rpc_connection *rpc = ARENA_NEW(model->arena, struct rpc_connection);
    unsigned features = features_of(connection);
    struct model_end *to = &connection->to[0];

    connection->priv = rpc;
    lower_buffer(model, connection, rpc);
    rpc->clients = ARENA_NEW_ARRAY(model->arena, struct rpc_client, connection->from_count);
    connector_lock_libc(model, connection);
    const uint64_t *badges = connector_badges(model, connection);
    uint32_t endpoint = model_new_object(model, SYSTEM_OBJECT_ENDPOINT, 0,
                                         model_printf(model, "%s.ep", connection->flat->name));
    rpc->endpoint_slot =
        model_instance_cap(model, to->instance, endpoint, MODEL_RIGHT_READ, 0);
    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        struct rpc_client *client = &rpc->clients[i];
        client->badge = badges[i];
        client->endpoint_slot =
            model_instance_cap(model, from->instance, endpoint,
                               MODEL_RIGHT_WRITE | MODEL_RIGHT_GRANT_REPLY, client->badge);
        if ((features & RPC_DATAPORT) != 0) {
            lower_dataport(model, from, to, connection, client);
        }
        if ((features & RPC_SIGNAL) != 0) {
            uint32_t notification = model_global_notification(model, from->instance);
            client->notification_slot = model_instance_cap(model, to->instance, notification,
                                                           MODEL_RIGHT_WRITE, from->badge);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Caller

/// What the stubs marshal.
static const struct flat_procedure *procedure_of(const struct model_end *end, unsigned features)
{
    return (features & (RPC_UDP_SEND | RPC_UDP_RECV)) != 0
               ? udp_procedure((features & RPC_UDP_SEND) != 0)
               : end->flat->interface->procedure;
}

static void emit_prototypes(struct emitter *emitter, const struct model_end *end,
                            unsigned features)
{
    if ((features & (RPC_UDP_SEND | RPC_UDP_RECV)) != 0) {
        udp_emit_prototypes(emitter, end_name(end), (features & RPC_UDP_SEND) != 0);
    } else {
        emit_rpc_prototypes(emitter, end->flat->interface->procedure, end_name(end), false);
    }
}

/// The memory of setting `buffer` as `instance` sees it; its interface declares it already when it
/// comes earlier.
static void emit_buffer(struct emitter *emitter, const struct rpc_connection *rpc,
                        const struct model_end *end, bool is_caller)
{
    const struct model_end *memory = end_of(rpc->buffer, end->instance);
    const char *name = end_name(end);
    const char *lock = "NULL";

    if (is_caller) {
        emit_c(emitter, "\nstatic struct camkes_mutex camkes_buffer_lock_%s = "
               "CAMKES_MUTEX_INIT(%u);\n", name, rpc->buffer_lock_slot);
        lock = emit_text(emitter, "&camkes_buffer_lock_%s", name);
    }
    emit_c(emitter, "\nstatic const struct camkes_rpc_buffer camkes_buffer_%s = {\n"
           "    .address = (void *)0x%" PRIx64 ",\n    .size = 0x%" PRIx64 ",\n"
           "    .lock = %s,\n};\n", name, connector_shared_vaddr(memory),
           connector_shared_size(rpc->buffer), lock);
    if (!is_caller) {
        emit_c(emitter, "\nstatic const struct camkes_rpc_buffer *camkes_get_buffer_%s(seL4_Word "
               "badge)\n{\n    (void)badge;\n    return &camkes_buffer_%s;\n}\n", name, name);
    }
}

static void rpc_emit_from(struct emitter *emitter, const struct model *model,
                          const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct rpc_connection *rpc = connection->priv;
    const struct rpc_client *client = &rpc->clients[end];
    const char *name = end_name(from);
    unsigned features = features_of(connection);

    (void)model;
    connector_emit_error_handler(emitter, name);
    if (rpc->buffer != NULL) {
        emit_buffer(emitter, rpc, from, true);
    }
    emit_c(
        emitter,
        "\nstatic const struct camkes_client camkes_client_%s __attribute__((unused)) = {\n"
        "    .interface = \"%s\",\n    .endpoint = %u,\n%s"
           "    .handler = &camkes_error_handler_%s,\n};\n",
        name, name, client->endpoint_slot,
        rpc->buffer != NULL ? emit_text(emitter, "    .buffer = &camkes_buffer_%s,\n", name) : "",
        name);
    emit_prototypes(emitter, from, features);
    emit_rpc_caller(emitter, procedure_of(from, features), name);
    if ((features & RPC_DATAPORT) != 0) {
        emit_h(emitter, "extern volatile void *%s_buf;\nvolatile void *%s_get_buf(void);\n"
               "size_t %s_get_size(void);\n", name, name, name);
        emit_c(emitter, "\nvolatile void *%s_buf = (volatile void *)0x%" PRIx64 ";\n\n"
               "volatile void *%s_get_buf(void)\n{\n    return %s_buf;\n}\n\n"
               "size_t %s_get_size(void)\n{\n    return 0x%" PRIx64 ";\n}\n",
               name, client->client_vaddr, name, name, name, client->size);
        emit_add_dataport(emitter, (uint32_t)(connection->flat->index * 4096 + end),
                          client->client_vaddr, client->size);
    }
    if ((features & RPC_SIGNAL) != 0) {
        connector_emit_notification(emitter, from, (features & RPC_WAIT) != 0);
    }
    if ((features & (RPC_UDP_SEND | RPC_UDP_RECV)) != 0) {
        udp_emit_from(emitter, name, (features & RPC_UDP_SEND) != 0);
    }
}

// ---------------------------------------------------------------------------------------------
// Callee

static void emit_peers(struct emitter *emitter, const struct model_connection *connection,
                       const char *name)
{
    const struct rpc_connection *rpc = connection->priv;

    emit_c(emitter, "\nstatic const struct camkes_peer camkes_peers_%s[] = {\n", name);
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct rpc_client *client = &rpc->clients[i];
        emit_c(emitter, "    { .badge = 0x%" PRIx64, client->badge);
        if (client->size != 0) {
            emit_c(emitter, ", .buffer = (void *)0x%" PRIx64 ", .buffer_size = 0x%" PRIx64,
                   client->server_vaddr, client->size);
            emit_add_dataport(emitter, (uint32_t)(connection->flat->index * 4096 + i),
                              client->server_vaddr, client->size);
        }
        if (client->notification_slot != 0) {
            emit_c(emitter, ", .notification = %u", client->notification_slot);
        }
        emit_c(emitter, " }, // %s\n", connection->from[i].flat->name);
    }
    emit_c(emitter, "};\n");
}

static void emit_callee_dataport(struct emitter *emitter, const char *name, size_t count)
{
    emit_h(emitter, "void *%s_buf(unsigned int client);\nsize_t %s_buf_size(unsigned int client);\n",
           name, name);
    emit_c(emitter, "\nvoid *%s_buf(unsigned int client)\n{\n    const struct camkes_peer *peer = "
           "camkes_peer_find(camkes_peers_%s, %zu, client);\n\n"
           "    return peer != NULL ? peer->buffer : NULL;\n}\n", name, name, count);
    emit_c(emitter,
           "\nsize_t %s_buf_size(unsigned int client)\n{\n    const struct camkes_peer *peer = "
           "camkes_peer_find(camkes_peers_%s, %zu, client);\n\n"
           "    return peer != NULL ? peer->buffer_size : 0;\n}\n",
           name, name, count);
}

static void emit_callee_signal(struct emitter *emitter, const char *name, size_t count)
{
    emit_h(emitter, "void %s_emit(unsigned int client);\n", name);
    emit_c(emitter, "\nvoid %s_emit(unsigned int client)\n{\n    const struct camkes_peer *peer = "
           "camkes_peer_find(camkes_peers_%s, %zu, client);\n\n    if (peer != NULL) {\n"
           "        seL4_Signal(peer->notification);\n    }\n}\n", name, name, count);
}

/// Bytes of a caller's list or string setting "<interface><suffix>"; the number of bytes.
static size_t client_bytes(const struct model *model, const struct model_end *from,
                           const char *suffix, uint8_t *bytes, size_t limit)
{
    const struct flat_value *value =
        flat_interface_setting(model->flat, from->flat->instance, end_name(from), suffix);
    size_t count = 0;

    if (value == NULL) {
        return 0;
    }
    if (value->kind == FLAT_INT) {
        bytes[0] = (uint8_t)value->integer;
        return 1;
    }
    if (value->kind == FLAT_LIST) {
        for (; count < limit && count < value->count; count++) {
            bytes[count] = (uint8_t)value->items[count]->integer;
        }
    } else if (value->kind == FLAT_STRING) {
        const char *text = value->string;
        for (; count < limit && *text != '\0'; count++) {
            char *rest;
            bytes[count] = (uint8_t)strtoul(text, &rest, 16);
            text = *rest == ':' ? rest + 1 : rest + strlen(rest);
        }
    }
    return count;
}

static void emit_callee_bytes(struct emitter *emitter, const struct model_connection *connection,
                              const char *name, unsigned features)
{
    bool is_mac = (features & RPC_MAC) != 0;
    size_t limit = is_mac ? 6 : 2;

    if (is_mac) {
        emit_h(
            emitter,
            "int %s_has_mac(unsigned int client);\nvoid %s_get_mac(unsigned int client, uint8_t *mac);\n",
            name, name);
    } else {
        emit_h(emitter,
               "int %s_get_partitions(unsigned int client, uint8_t *first, uint8_t *second);\n", name);
    }
    emit_c(emitter, "\nstatic int camkes_client_bytes_%s(unsigned int client, uint8_t *bytes)\n{\n"
           "    switch (client) {\n", name);
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct rpc_connection *rpc = connection->priv;
        uint8_t bytes[6];
        size_t count = client_bytes(emitter->model, &connection->from[i],
                                    is_mac ? "_mac" : "_partitions", bytes, limit);
        if (count == 0 || (is_mac && count != 6)) {
            continue;
        }
        emit_c(emitter, "    case 0x%" PRIx64 ":\n", rpc->clients[i].badge);
        for (size_t j = 0; j < count; j++) {
            emit_c(emitter, "        bytes[%zu] = 0x%02x;\n", j, bytes[j]);
        }
        emit_c(emitter, "        return 1;\n");
    }
    emit_c(emitter, "    default:\n        (void)bytes;\n        return 0;\n    }\n}\n");
    if (is_mac) {
        emit_c(emitter, "\nint %s_has_mac(unsigned int client)\n{\n    uint8_t mac[6];\n\n"
               "    return camkes_client_bytes_%s(client, mac);\n}\n\n"
               "void %s_get_mac(unsigned int client, uint8_t *mac)\n{\n"
               "    (void)camkes_client_bytes_%s(client, mac);\n}\n", name, name, name, name);
    } else {
        emit_c(emitter,
               "\nint %s_get_partitions(unsigned int client, uint8_t *first, uint8_t *second)\n{\n"
               "    uint8_t numbers[2] = { 0, 0 };\n"
               "    int found = camkes_client_bytes_%s(client, numbers);\n\n"
               "    *first = numbers[0];\n    *second = numbers[1];\n    return found;\n}\n",
               name, name);
    }
}

static void emit_loop(struct emitter *emitter, const struct model_end *to, unsigned features)
{
    const char *name = end_name(to);

    emit_c(emitter, "\nseL4_Word %s_get_sender_id(void)\n{\n    return camkes_sender_id();\n}\n",
           name);
    if ((features & RPC_NO_THREADS) != 0) {
        emit_h(emitter, "/// Serve calls in the calling thread; does not return.\n"
               "int %s__run(void) __attribute__((noreturn));\n", name);
        emit_c(emitter, "\nint %s__run(void)\n{\n"
               "    camkes_server_run(&camkes_server_%s, camkes_this_thread());\n}\n", name, name);
        return;
    }
    emit_c(emitter,
           "\nstatic void camkes_run_%s(const struct camkes_thread *thread)\n{\n"
           "    camkes_server_run(&camkes_server_%s, thread);\n}\n", name, name);
    emit_thread_run(emitter, to, emit_text(emitter, "camkes_run_%s", name));
}

static void emit_callee_udp(struct emitter *emitter, const struct model_connection *connection,
                            const char *name, bool is_send)
{
    const struct rpc_connection *rpc = connection->priv;
    struct udp_client *clients =
        ARENA_NEW_ARRAY(emitter->arena, struct udp_client, connection->from_count);

    for (size_t i = 0; i < connection->from_count; i++) {
        const struct model_end *from = &connection->from[i];
        clients[i].badge = rpc->clients[i].badge;
        clients[i].port = (uint16_t)flat_interface_int(
            emitter->model->flat, from->flat->instance, end_name(from), "_port", 0);
    }
    udp_emit_to(emitter, name, is_send, clients, connection->from_count);
}

static void rpc_emit_to(struct emitter *emitter, const struct model *model,
                        const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const struct rpc_connection *rpc = connection->priv;
    const char *name = end_name(to);
    unsigned features = features_of(connection);
    size_t count = connection->from_count;

    (void)model;
    connector_emit_error_handler(emitter, name);
    emit_prototypes(emitter, to, features);
    emit_h(emitter, "seL4_Word %s_get_sender_id(void);\n", name);
    emit_rpc_callee(emitter, procedure_of(to, features), name);
    if (rpc->buffer != NULL) {
        emit_buffer(emitter, rpc, to, false);
    }
    emit_c(emitter,
           "\nstatic const struct camkes_server camkes_server_%s = {\n    .interface = \"%s\",\n"
           "    .endpoint = %u,\n    .dispatch = camkes_dispatch_%s,\n%s"
           "    .handler = &camkes_error_handler_%s,\n};\n",
           name, name, rpc->endpoint_slot, name,
           rpc->buffer != NULL ? emit_text(emitter, "    .buffer = camkes_get_buffer_%s,\n", name)
                               : "", name);
    emit_loop(emitter, to, features);
    emit_peers(emitter, connection, name);
    connector_emit_badges(emitter, name, count);
    if ((features & RPC_DATAPORT) != 0) {
        emit_callee_dataport(emitter, name, count);
    }
    if ((features & RPC_SIGNAL) != 0) {
        emit_callee_signal(emitter, name, count);
    }
    if ((features & (RPC_MAC | RPC_PARTITIONS)) != 0) {
        emit_callee_bytes(emitter, connection, name, features);
    }
    if ((features & (RPC_UDP_SEND | RPC_UDP_RECV)) != 0) {
        emit_callee_udp(emitter, connection, name, (features & RPC_UDP_SEND) != 0);
    }
}

#define RPC_CONNECTOR(variable, connector_name)                                              \
    const struct connector_ops variable = {                                                  \
        .name = connector_name, .serves_calls = true, .lower = rpc_lower,                    \
        .emit_from = rpc_emit_from, .emit_to = rpc_emit_to                                   \
    }

RPC_CONNECTOR(connector_rpc_call, "seL4RPCCall");
RPC_CONNECTOR(connector_rpc, "seL4RPC");
RPC_CONNECTOR(connector_rpc_dataport, "seL4RPCDataport");
RPC_CONNECTOR(connector_rpc_call_signal, "seL4RPCCallSignal");
RPC_CONNECTOR(connector_time_server, "seL4TimeServer");
RPC_CONNECTOR(connector_rpc_dataport_signal, "seL4RPCDataportSignal");
RPC_CONNECTOR(connector_serial_server, "seL4SerialServer");
RPC_CONNECTOR(connector_ethdriver, "seL4Ethdriver");
RPC_CONNECTOR(connector_sataserver, "seL4Sataserver");
RPC_CONNECTOR(connector_rpc_no_threads, "seL4RPCNoThreads");
RPC_CONNECTOR(connector_gpio_server, "seL4GPIOServer");
RPC_CONNECTOR(connector_clock_server, "seL4ClockServer");
RPC_CONNECTOR(connector_bpmp_server, "seL4BPMPServer");
RPC_CONNECTOR(connector_udp_send, "seL4UDPSend");
RPC_CONNECTOR(connector_udp_recv, "seL4UDPRecv");
