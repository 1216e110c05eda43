// SPDX-License-Identifier: BSD-2-Clause
// Errors of generated stubs and what an author can do about them: a handler per interface or one
// for the whole component looks at the error and says how to go on.
#ifndef CAMKES_ERROR_H
#define CAMKES_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

typedef enum {
    CE_NO_ERROR = 0,
    CE_BUFFER_LENGTH_EXCEEDED, ///< arguments or results do not fit in the message
    CE_INVALID_METHOD_INDEX,   ///< a caller asked for a method that the procedure does not have
    CE_MALFORMED_RPC_PAYLOAD,  ///< a message is too short, too long or has a string without end
    CE_SYSCALL_FAILED,
    CE_ALLOCATION_FAILURE,     ///< the heap has no room for a string or an array
    CE_OVERFLOW,               ///< an array's size in bytes does not fit in a word
} camkes_error_type_t;

typedef struct camkes_error {
    camkes_error_type_t type;
    const char *instance;
    const char *interface;
    const char *description;
    uint64_t current_length; ///< bytes of the message in use, or read so far
    uint64_t target_length;  ///< the limit that applies
    uint64_t invalid_index;  ///< CE_INVALID_METHOD_INDEX
    int error;               ///< CE_SYSCALL_FAILED: seL4_Error
} camkes_error_t;

typedef enum {
    CEA_INVALID = -1,
    CEA_DISCARD, ///< drop this message; a caller gets zeros, a callee answers with the error
    CEA_IGNORE,  ///< go on as if nothing had happened, where that is possible; else as CEA_DISCARD
    CEA_ABORT,   ///< end the calling thread
    CEA_HALT,    ///< end all threads of the instance
} camkes_error_action_t;

typedef camkes_error_action_t (*camkes_error_handler_t)(camkes_error_t *error);

/// Handler of all interfaces that have none of their own. Returns the previous one. The handler of
/// the library prints the error and answers CEA_DISCARD for what peers sent and for everything that
/// a request led to (no caller may end a server), CEA_ABORT for everything else.
camkes_error_handler_t camkes_register_error_handler(camkes_error_handler_t handler);

/// Ask the handlers (`handler` of the interface first, may be NULL) and carry out ABORT and HALT.
/// Returns CEA_DISCARD or CEA_IGNORE.
camkes_error_action_t camkes_report_error(camkes_error_handler_t handler, camkes_error_t *error);

/// The same for an error that a caller's request led to.
camkes_error_action_t camkes_report_request_error(camkes_error_handler_t handler,
                                                  camkes_error_t *error);

/// A few words for an error type; never NULL.
const char *camkes_error_text(camkes_error_type_t type);

#endif
