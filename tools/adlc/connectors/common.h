// SPDX-License-Identifier: BSD-2-Clause
// What several connectors share.

#ifndef ADLC_CONNECTORS_COMMON_H
#define ADLC_CONNECTORS_COMMON_H

#include "../emit.h"
#include "../model.h"

extern const struct connector_ops connector_rpc_call;
extern const struct connector_ops connector_rpc;
extern const struct connector_ops connector_rpc_dataport;
extern const struct connector_ops connector_rpc_call_signal;
extern const struct connector_ops connector_time_server;
extern const struct connector_ops connector_rpc_dataport_signal;
extern const struct connector_ops connector_serial_server;
extern const struct connector_ops connector_ethdriver;
extern const struct connector_ops connector_sataserver;
extern const struct connector_ops connector_global_asynch;
extern const struct connector_ops connector_global_asynch_callback;
extern const struct connector_ops connector_notification;
extern const struct connector_ops connector_notification_native;
extern const struct connector_ops connector_shared_data;
extern const struct connector_ops connector_shared_data_with_caps;
extern const struct connector_ops connector_hardware_mmio;
extern const struct connector_ops connector_hardware_interrupt;
extern const struct connector_ops connector_hardware_ioport;
extern const struct connector_ops connector_dtb_hardware;
extern const struct connector_ops connector_vm_dtb_passthrough;
extern const struct connector_ops connector_virtqueues;
extern const struct connector_ops connector_untyped_environment;
extern const struct connector_ops connector_iospace_dma;
extern const struct connector_ops connector_rpc_no_threads;
extern const struct connector_ops connector_udp_send;
extern const struct connector_ops connector_udp_recv;
extern const struct connector_ops connector_direct_call;
extern const struct connector_ops connector_notification_bind;
extern const struct connector_ops connector_dma_shared_data;
extern const struct connector_ops connector_message_queue;
extern const struct connector_ops connector_dtb_hw;
extern const struct connector_ops connector_gpio_server;
extern const struct connector_ops connector_clock_server;
extern const struct connector_ops connector_bpmp_server;

/// The interface of an end, as C names begin.
const char *end_name(const struct model_end *end);

/// Give the instances of ends with threads a lock for their C library.
void connector_lock_libc(struct model *model, struct model_connection *connection);

/// Give an instance a lock for its C library, which threads of others use too.
void connector_lock_libc_of(struct model *model, struct model_instance *instance);

/// New notification named after an end, with a read cap for the end's instance. Returns the slot.
uint32_t connector_notification_of(struct model *model, struct model_end *end, const char *what,
                                   uint32_t *object);

/// Badge from the setting <interface>_attributes of an end: a number or a string of one. False, after
/// an error when there is one, leaves `badge` alone.
bool connector_badge(struct model *model, const struct model_end *end, uint64_t *badge);

/// Badges of a connection's from ends: those of their settings, else the free numbers from 1 on. From
/// the model's arena.
uint64_t *connector_badges(struct model *model, const struct model_connection *connection);

/// Variable and function I_register_error_handler().
void connector_emit_error_handler(struct emitter *emitter, const char *interface);

/// I_num_badges() and so on of a callee with a table camkes_peers_I of `count` callers.
void connector_emit_badges(struct emitter *emitter, const char *name, size_t count);

/// I_notification(), I_notification_badge() and, if asked, I_wait_notification(), of an end that
/// gets its signals on the instance's global notification.
void connector_emit_notification(struct emitter *emitter, const struct model_end *end, bool wait);

/// Size of a dataport end's memory: Buf(n), else setting `size` of the connection, else a page.
uint64_t connector_dataport_size(const struct model *model,
                                 const struct model_connection *connection);

/// #define I_size, unless the component has an attribute of this name, whose setting is the size.
void connector_emit_size(struct emitter *emitter, const struct model_end *end, uint64_t size);

/// C type that a dataport's elements have: "void" for Buf.
const char *connector_dataport_type(const struct model_end *end);

/// A seL4SharedData connection after lowering: its size, and where an end has it mapped.
uint64_t connector_shared_size(const struct model_connection *connection);
uint64_t connector_shared_vaddr(const struct model_end *end);

/// Flags of a mapping from the setting <interface>_access of an end.
uint32_t connector_access(const struct model *model, const struct model_end *end);

#endif
