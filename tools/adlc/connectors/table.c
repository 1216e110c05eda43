// SPDX-License-Identifier: BSD-2-Clause
// All connectors by name.

#include <string.h>

#include "common.h"

static const struct connector_ops *const connectors[] = {
    &connector_untyped_environment,
    &connector_bpmp_server,
    &connector_clock_server,
    &connector_direct_call,
    &connector_dma_shared_data,
    &connector_dtb_hardware,
    &connector_dtb_hw,
    &connector_ethdriver,
    &connector_global_asynch,
    &connector_global_asynch_callback,
    &connector_gpio_server,
    &connector_hardware_interrupt,
    &connector_hardware_ioport,
    &connector_hardware_mmio,
    &connector_message_queue,
    &connector_notification,
    &connector_notification_bind,
    &connector_notification_native,
    &connector_rpc,
    &connector_rpc_call,
    &connector_rpc_call_signal,
    &connector_rpc_no_threads,
    &connector_rpc_dataport,
    &connector_rpc_dataport_signal,
    &connector_sataserver,
    &connector_serial_server,
    &connector_shared_data,
    &connector_shared_data_with_caps,
    &connector_time_server,
    &connector_udp_recv,
    &connector_udp_send,
    &connector_virtqueues,
    &connector_vm_dtb_passthrough,
    &connector_iospace_dma,
};

enum { CONNECTOR_COUNT = sizeof(connectors) / sizeof(connectors[0]) };

const struct connector_ops *connector_find(const char *name)
{
    for (size_t i = 0; i < CONNECTOR_COUNT; i++) {
        if (strcmp(connectors[i]->name, name) == 0) {
            return connectors[i];
        }
    }
    return NULL;
}

const char *const *connector_names(size_t *count)
{
    static const char *names[CONNECTOR_COUNT];

    for (size_t i = 0; i < CONNECTOR_COUNT; i++) {
        names[i] = connectors[i]->name;
    }
    *count = CONNECTOR_COUNT;
    return names;
}
