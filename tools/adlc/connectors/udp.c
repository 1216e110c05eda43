// SPDX-License-Identifier: BSD-2-Clause
// seL4UDPSend and seL4UDPRecv: datagrams in the dataport, lengths and addresses in the message.

#include "udp.h"

#include <inttypes.h>

#define TYPE_INT { .kind = FLAT_TYPE_INT, .c_name = "int" }
#define TYPE_UNSIGNED { .kind = FLAT_TYPE_UNSIGNED, .c_name = "unsigned int" }
#define TYPE_NAMED(name) { .kind = FLAT_TYPE_NAMED, .c_name = name }

static const struct flat_parameter send_parameters[] = {
    { .name = "length", .direction = FLAT_IN, .type = TYPE_UNSIGNED },
    { .name = "address", .direction = FLAT_IN, .type = TYPE_NAMED("uint32_t") },
};
static const struct flat_parameter poll_parameters[] = {
    { .name = "length", .direction = FLAT_OUT, .type = TYPE_UNSIGNED },
    { .name = "port", .direction = FLAT_OUT, .type = TYPE_NAMED("uint16_t") },
    { .name = "address", .direction = FLAT_OUT, .type = TYPE_NAMED("uint32_t") },
};
static const struct flat_method send_method = {
    .name = "send_message",
    .returns = TYPE_INT,
    .parameters = send_parameters,
    .parameter_count = 2,
};
static const struct flat_method poll_method = {
    .name = "poll_message",
    .returns = TYPE_INT,
    .parameters = poll_parameters,
    .parameter_count = 3,
};
static const struct flat_procedure send_procedure = {
    .name = "UDPSend", .methods = &send_method, .method_count = 1,
};
static const struct flat_procedure poll_procedure = {
    .name = "UDPRecv", .methods = &poll_method, .method_count = 1,
};

const struct flat_procedure *udp_procedure(bool is_send)
{
    return is_send ? &send_procedure : &poll_procedure;
}

void udp_emit_prototypes(struct emitter *emitter, const char *name, bool is_send)
{
    emit_h(emitter, "#include <camkes/udp.h>\n");
    if (is_send) {
        emit_c(emitter, "int %s_send_message(unsigned int, uint32_t);\n", name);
    } else {
        emit_c(emitter, "int %s_poll_message(unsigned int *, uint16_t *, uint32_t *);\n", name);
    }
}

void udp_emit_from(struct emitter *emitter, const char *name, bool is_send)
{
    if (is_send) {
        emit_h(emitter,
               "/// Send `length` bytes to `address`; `data` may be %s_buf. One thread at a\n"
               "/// time. -1 when they do not fit, else what the server answers: 0 or -1.\n"
               "int %s_send(void *data, unsigned int length, ip_addr_t address);\n", name, name);
        emit_c(emitter,
               "\nint %s_send(void *camkes_data, unsigned int camkes_length,\n"
               "    ip_addr_t camkes_address)\n{\n"
               "    volatile uint8_t *camkes_to = (volatile uint8_t *)%s_buf;\n"
               "    const uint8_t *camkes_from = camkes_data;\n\n"
               "    if (camkes_length > %s_get_size()) {\n        return -1;\n    }\n"
               "    for (unsigned int i = 0; camkes_from != camkes_to && i < camkes_length;\n"
               "         i++) {\n"
               "        camkes_to[i] = camkes_from[i];\n    }\n"
               "    camkes_dataport_release();\n"
               "    return %s_send_message(camkes_length, camkes_address.addr);\n}\n",
               name, name, name, name);
        return;
    }
    emit_h(emitter,
           "/// Take a datagram: its bytes are in %s_buf. 1 when more wait, 0 when this was\n"
           "/// the last, -1 when there is none.\n"
           "int %s_poll(unsigned int *length, uint16_t *port, ip_addr_t *address);\n", name, name);
    emit_c(emitter,
           "\nint %s_poll(unsigned int *camkes_length, uint16_t *camkes_port,\n"
           "    ip_addr_t *camkes_address)\n{\n"
           "    int camkes_result =\n"
           "        %s_poll_message(camkes_length, camkes_port, &camkes_address->addr);\n\n"
           "    if (*camkes_length > %s_get_size()) {\n        *camkes_length = 0;\n"
           "        return -1;\n    }\n"
           "    camkes_dataport_acquire();\n    return camkes_result;\n}\n", name, name, name);
}

static void emit_ports(struct emitter *emitter, const char *name,
                       const struct udp_client *clients, size_t count)
{
    emit_h(emitter, "/// Port of a client: setting <interface>_port of its instance; 0: not set.\n"
           "uint16_t %s_client_port(seL4_Word client);\n", name);
    emit_c(emitter, "\nuint16_t %s_client_port(seL4_Word camkes_client)\n{\n"
           "    switch (camkes_client) {\n",
           name);
    for (size_t i = 0; i < count; i++) {
        emit_c(emitter, "    case 0x%" PRIx64 ":\n        return %u;\n", clients[i].badge,
               clients[i].port);
    }
    emit_c(emitter, "    default:\n        return 0;\n    }\n}\n");
}

void udp_emit_to(struct emitter *emitter, const char *name, bool is_send,
                 const struct udp_client *clients, size_t count)
{
    const char *guard = "        if (lwip_lock != NULL) {\n            lwip_lock();\n        }\n";
    const char *unguard =
        "        if (lwip_unlock != NULL) {\n            lwip_unlock();\n        }\n";

    emit_ports(emitter, name, clients, count);
    if (is_send) {
        emit_h(emitter,
               "/// Yours to define: send a client's datagram from its port. `data` is shared\n"
               "/// with the client, which may change it at any time: read each byte once. 0 or\n"
               "/// -1.\n"
               "int %s_send(seL4_Word client, const volatile void *data, unsigned int length,\n"
               "    uint16_t port, ip_addr_t address) __attribute__((weak));\n", name);
        emit_c(emitter,
               "\nint %s_send_message(unsigned int camkes_length, uint32_t camkes_address)\n{\n"
               "    seL4_Word camkes_client = camkes_sender_id();\n"
               "    ip_addr_t camkes_to = { .addr = camkes_address };\n"
               "    int camkes_result = -1;\n\n"
               "    if (%s_send != NULL && camkes_length <= %s_buf_size(camkes_client)) {\n%s"
               "        camkes_dataport_acquire();\n"
               "        camkes_result = %s_send(camkes_client, %s_buf(camkes_client),\n"
               "            camkes_length, %s_client_port(camkes_client), camkes_to);\n%s"
               "    }\n    return camkes_result;\n}\n",
               name, name, name, guard, name, name, name, unguard);
        return;
    }
    emit_h(emitter,
           "/// Yours to define: put the next datagram for a client's port into `data`, at most\n"
           "/// `size` bytes. 1 when more wait, 0 when this was the last, -1 when there is none.\n"
           "/// %s_emit() tells a client that something has come.\n"
           "int %s_poll(seL4_Word client, volatile void *data, size_t size, unsigned int *length,\n"
           "    uint16_t *port, ip_addr_t *address) __attribute__((weak));\n", name, name);
    emit_c(emitter,
           "\nint %s_poll_message(unsigned int *camkes_length, uint16_t *camkes_port,\n"
           "    uint32_t *camkes_address)\n{\n"
           "    seL4_Word camkes_client = camkes_sender_id();\n"
           "    ip_addr_t camkes_from = { .addr = 0 };\n    int camkes_result = -1;\n\n"
           "    *camkes_length = 0;\n    *camkes_port = 0;\n"
           "    if (%s_poll != NULL) {\n%s"
           "        camkes_result = %s_poll(camkes_client, %s_buf(camkes_client),\n"
           "            %s_buf_size(camkes_client), camkes_length, camkes_port, &camkes_from);\n"
           "        camkes_dataport_release();\n%s    }\n"
           "    *camkes_address = camkes_from.addr;\n    return camkes_result;\n}\n",
           name, name, guard, name, name, name, unguard);
}
