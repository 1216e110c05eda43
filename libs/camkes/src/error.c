// SPDX-License-Identifier: BSD-2-Clause
// Error handling of generated stubs.
#include <camkes/error.h>

#include <camkes/runtime.h>

static camkes_error_handler_t component_handler;

const char *camkes_error_text(camkes_error_type_t type)
{
    static const char *const texts[] = {
        "no error",
        "message does not fit in its buffer",
        "no such method",
        "malformed message",
        "system call failed",
        "out of heap memory (see heap_size)",
        "size overflow",
    };

    return (size_t)type < sizeof(texts) / sizeof(texts[0]) ? texts[type] : "unknown error";
}

camkes_error_handler_t camkes_register_error_handler(camkes_error_handler_t handler)
{
    camkes_error_handler_t previous = component_handler;

    component_handler = handler;
    return previous;
}

static camkes_error_action_t default_handler(const camkes_error_t *error, bool from_peer)
{
    static unsigned peer_errors;

    // A peer can send nonsense for ever: report the first few times only.
    if (from_peer && peer_errors >= 3) {
        return CEA_DISCARD;
    }
    peer_errors += from_peer;
    camkes_console_print("%s: interface %s: %s: %s (%llu of %llu bytes)\n", error->instance,
                         error->interface, camkes_error_text(error->type), error->description,
                         (unsigned long long)error->current_length,
                         (unsigned long long)error->target_length);
    return from_peer ? CEA_DISCARD : CEA_ABORT;
}

static void halt_instance(void)
{
    const struct camkes_thread *self = camkes_this_thread();

    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (&camkes_instance.threads[i] != self) {
            (void)seL4_TCB_Suspend(camkes_instance.threads[i].tcb);
        }
    }
    camkes_thread_stop();
}

static camkes_error_action_t report(camkes_error_handler_t handler, camkes_error_t *error,
                                    bool from_peer)
{
    camkes_error_action_t action;

    error->instance = camkes_instance.name;
    if (handler != NULL) {
        action = handler(error);
    } else if (component_handler != NULL) {
        action = component_handler(error);
    } else {
        action = default_handler(error, from_peer);
    }
    switch (action) {
    case CEA_DISCARD:
    case CEA_IGNORE:
        return action;
    case CEA_ABORT:
        camkes_console_print("%s: thread %s ends\n", camkes_instance.name,
                             camkes_this_thread()->name);
        camkes_thread_stop();
    case CEA_HALT:
    case CEA_INVALID:
    default:
        camkes_console_print("%s: instance halts\n", camkes_instance.name);
        halt_instance();
        return CEA_DISCARD;
    }
}

camkes_error_action_t camkes_report_error(camkes_error_handler_t handler, camkes_error_t *error)
{
    return report(handler, error,
                  error->type == CE_INVALID_METHOD_INDEX || error->type == CE_MALFORMED_RPC_PAYLOAD);
}

camkes_error_action_t camkes_report_request_error(camkes_error_handler_t handler,
                                                  camkes_error_t *error)
{
    return report(handler, error, true);
}
