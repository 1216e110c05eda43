// SPDX-License-Identifier: BSD-2-Clause
// Connectors of the reference that this compiler does not have: why, and what to use instead.

#include "lower.h"

#include <string.h>

static const struct {
    const char *name;
    const char *advice;
} missing[] = {
    { "seL4RPCEvent", "the reference declares it without code; use seL4RPCCall and seL4Notification" },
    { "seL4NotificationQueue", "a notification keeps no count of signals that could be queued; use "
      "seL4Notification, or seL4MessageQueue for data" },
    { "seL4PicoServer", "the compiler brings no network stack; use seL4RPCDataportSignal, or "
      "seL4UDPSend and seL4UDPRecv" },
    { "seL4PicoServerSignal", "use seL4RPCDataportSignal" },
    { "seL4GDB", "there is no debugger in the system; use the debugger of the emulator" },
    { "seL4GDBMem", "there is no debugger in the system; use the debugger of the emulator" },
    { "seL4Asynch", "its name is seL4Notification now" },
    { "seL4AsynchBind", "its name is seL4NotificationBind now" },
    { "seL4AsynchNative", "its name is seL4NotificationNative now" },
    { "seL4AsynchQueue", "use seL4Notification" },
    { "seL4GlobalAsynchHardwareInterrupt", "use seL4HardwareInterrupt" },
};

const char *lower_connector_advice(const char *name)
{
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        if (strcmp(missing[i].name, name) == 0) {
            return missing[i].advice;
        }
    }
    return NULL;
}
