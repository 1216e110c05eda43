// SPDX-License-Identifier: BSD-2-Clause
// The parts of seL4UDPSend and seL4UDPRecv that rpc.c does not have: what their messages are, and the
// functions around the stubs.

#ifndef ADLC_CONNECTORS_UDP_H
#define ADLC_CONNECTORS_UDP_H

#include "common.h"

/// The procedure behind the connector: what travels, while the data is in the dataport.
const struct flat_procedure *udp_procedure(bool is_send);

/// Prototypes of its stubs in camkes.c; before the stubs.
void udp_emit_prototypes(struct emitter *emitter, const char *name, bool is_send);

/// Caller: I_send() or I_poll(); after the stubs and I_buf.
void udp_emit_from(struct emitter *emitter, const char *name, bool is_send);

/// Callee: calls the author's I_send() or I_poll(). `ports` are the clients' settings
/// <interface>_port by badge.
struct udp_client {
    uint64_t badge;
    uint16_t port;
};
void udp_emit_to(struct emitter *emitter, const char *name, bool is_send,
                 const struct udp_client *clients, size_t count);

#endif
