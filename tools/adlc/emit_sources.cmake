# SPDX-License-Identifier: BSD-2-Clause
# Sources of the emitters and connectors.
set(adlc_emit_sources
    connectors/common.c connectors/direct_call.c connectors/dtb.c connectors/environment.c connectors/global_asynch.c connectors/hardware.c
    connectors/ioport.c connectors/udp.c
    connectors/message_queue.c connectors/notification.c connectors/rpc.c connectors/shared_data.c connectors/table.c
    connectors/virtqueues.c emit.c emit_attributes.c emit_clash.c emit_resources.c
    emit_direct.c emit_rpc.c emit_vm_x86.c)
