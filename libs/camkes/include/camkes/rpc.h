// SPDX-License-Identifier: BSD-2-Clause
// Remote procedure calls: packing and unpacking of messages, the caller's side of a call, the
// callee's service loop. A message is [method index] arguments; the answer is return value, then
// out and inout parameters. Scalars are their bytes, arrays a size_t count and the elements,
// strings end with NUL, arrays of strings are a count and the strings. Nothing is padded.
#ifndef CAMKES_RPC_H
#define CAMKES_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/sel4.h>

#include <camkes/error.h>
#include <camkes/runtime.h>
#include <camkes/sync.h>

/// A message being read or written. After the first failure nothing more happens to it.
struct camkes_cursor {
    uint8_t *data; ///< borrowed; may be shared with the peer: each byte is read once
    size_t size;   ///< bytes that may be used
    size_t offset; ///< bytes used
    camkes_error_type_t error;
};

/// Reserve `size` bytes: NULL, after setting the error `type`, when they are not there.
static inline uint8_t *camkes_cursor_take(struct camkes_cursor *cursor, size_t size,
                                          camkes_error_type_t type)
{
    uint8_t *place = cursor->data + cursor->offset;

    if (cursor->error != CE_NO_ERROR) {
        return NULL;
    }
    if (size > cursor->size - cursor->offset) {
        cursor->error = type;
        return NULL;
    }
    cursor->offset += size;
    return place;
}

// Inline, so that a scalar becomes one load and one store.
static inline void camkes_put(struct camkes_cursor *cursor, const void *value, size_t size)
{
    uint8_t *place = camkes_cursor_take(cursor, size, CE_BUFFER_LENGTH_EXCEEDED);

    if (place != NULL && size != 0) {
        __builtin_memcpy(place, value, size);
    }
}

void camkes_put_string(struct camkes_cursor *cursor, const char *text);
void camkes_put_array(struct camkes_cursor *cursor, const void *items, size_t count,
                      size_t item_size);
void camkes_put_strings(struct camkes_cursor *cursor, char *const *items, size_t count);

/// Zeroes `value` when the message ends too early.
static inline void camkes_get(struct camkes_cursor *cursor, void *value, size_t size)
{
    const uint8_t *place = camkes_cursor_take(cursor, size, CE_MALFORMED_RPC_PAYLOAD);

    if (place == NULL) {
        __builtin_memset(value, 0, size);
    } else if (size != 0) {
        __builtin_memcpy(value, place, size);
    }
}

/// A byte that is 0 or not; any other object than 0 and 1 in a bool would be undefined behaviour.
bool camkes_get_bool(struct camkes_cursor *cursor);

// Results come from malloc() and are the caller's; NULL after a failure. An array of no elements is
// a pointer that can be freed.
char *camkes_get_string(struct camkes_cursor *cursor);
void *camkes_get_array(struct camkes_cursor *cursor, size_t *count, size_t item_size);
bool *camkes_get_bool_array(struct camkes_cursor *cursor, size_t *count);
char **camkes_get_strings(struct camkes_cursor *cursor, size_t *count);

/// Free an array from camkes_get_strings(); NULL is allowed.
void camkes_free_strings(char **items, size_t count);

// --- Caller ----------------------------------------------------------------------------------

/// Where messages travel when not in the IPC buffer: a dataport that both sides map.
struct camkes_rpc_buffer {
    void *address;
    size_t size;
    struct camkes_mutex *lock; ///< NULL when only one thread calls
};

struct camkes_client {
    const char *interface;
    seL4_CPtr endpoint;
    const struct camkes_rpc_buffer *buffer; ///< NULL: the IPC buffer
    camkes_error_handler_t *handler;        ///< variable with the interface's own error handler
};

struct camkes_call {
    const struct camkes_client *client;
    struct camkes_cursor out;
    struct camkes_cursor in;
    seL4_Word received_words; ///< of the answer, SIZE_MAX when it can't be checked
    bool sent;
};

/// Start a call: `out` is ready for the arguments.
void camkes_call_begin(struct camkes_call *call, const struct camkes_client *client);

/// Send it and wait. True: `in` is ready to read the results. False: the error was reported.
bool camkes_call_send(struct camkes_call *call);

/// Finish: checks that the answer was read completely and reports what went wrong.
void camkes_call_end(struct camkes_call *call);

// --- Callee ----------------------------------------------------------------------------------

struct camkes_request;

struct camkes_server {
    const char *interface;
    seL4_CPtr endpoint;
    void (*dispatch)(struct camkes_request *request);
    const struct camkes_rpc_buffer *(*buffer)(seL4_Word badge); ///< NULL: the IPC buffer
    camkes_error_handler_t *handler;
};

struct camkes_request {
    const struct camkes_server *server;
    seL4_Word badge;
    struct camkes_cursor in;
    struct camkes_cursor out;
    seL4_Word received_words;
    camkes_error_type_t error;
};

/// Whether all arguments were read well and nothing is left; reports an error if not.
bool camkes_request_complete(struct camkes_request *request);

/// Begin the answer: `out` is ready for the results. The arguments are gone after that.
void camkes_request_answer(struct camkes_request *request);

/// The request asks for a method that is not there.
void camkes_request_bad_method(struct camkes_request *request, uint64_t index);

/// Serve requests for ever.
void camkes_server_run(const struct camkes_server *server, const struct camkes_thread *thread)
    __attribute__((noreturn));

/// Badge of the request that the calling thread serves.
seL4_Word camkes_sender_id(void);

/// The calling thread serves a request of this badge from now on. Returns the badge before.
seL4_Word camkes_sender_enter(seL4_Word badge);

/// What a server knows about one client.
struct camkes_peer {
    seL4_Word badge;        ///< of the client's requests
    void *buffer;           ///< shared memory, NULL: none
    size_t buffer_size;
    seL4_CPtr notification; ///< to signal the client, 0: none
};

/// The peer with this badge, NULL when there is none.
const struct camkes_peer *camkes_peer_find(const struct camkes_peer *peers, size_t count,
                                           seL4_Word badge);

/// Largest badge of all peers, 0 without peers.
seL4_Word camkes_peer_largest_badge(const struct camkes_peer *peers, size_t count);

#endif
