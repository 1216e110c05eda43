// SPDX-License-Identifier: BSD-2-Clause
// Both ends of a remote procedure call. The label of the message is 0 in requests; in answers it is
// 0 or the camkes_error_type_t that made the callee refuse.
#include <camkes/rpc.h>

enum { WORD_BYTES = sizeof(seL4_Word) };

static __thread seL4_Word current_sender;

static void ipc_buffer_cursor(struct camkes_cursor *cursor)
{
    *cursor = (struct camkes_cursor){
        .data = (uint8_t *)seL4_GetIPCBuffer()->msg,
        .size = sizeof(seL4_GetIPCBuffer()->msg),
    };
}

static void cursor_at(struct camkes_cursor *cursor, const struct camkes_rpc_buffer *buffer)
{
    if (buffer == NULL) {
        ipc_buffer_cursor(cursor);
    } else {
        *cursor = (struct camkes_cursor){ .data = buffer->address, .size = buffer->size };
    }
}

/// Message info for what the cursor holds; text in a shared buffer needs no words.
static seL4_MessageInfo_t message_info(seL4_Word label, const struct camkes_cursor *cursor,
                                       const struct camkes_rpc_buffer *buffer)
{
    seL4_Word words = buffer == NULL ? (cursor->offset + WORD_BYTES - 1) / WORD_BYTES : 0;

    return seL4_MessageInfo_new(label, 0, 0, words);
}

/// Limit `cursor` to the `words` that came; more than a message can have is cut.
static void limit_to_words(struct camkes_cursor *cursor, seL4_Word words)
{
    if (words < cursor->size / WORD_BYTES) {
        cursor->size = words * WORD_BYTES;
    }
}

/// Whether everything that came was read, up to the padding of the last word.
static bool is_used_up(const struct camkes_cursor *cursor, seL4_Word words)
{
    return words == SIZE_MAX || (cursor->offset + WORD_BYTES - 1) / WORD_BYTES == words;
}

// ---------------------------------------------------------------------------------------------
// Caller

static void call_failed(const struct camkes_call *call, camkes_error_type_t type,
                        const struct camkes_cursor *cursor, const char *description)
{
    camkes_error_t error = {
        .type = type,
        .interface = call->client->interface,
        .description = description,
        .current_length = cursor->offset,
        .target_length = cursor->size,
    };

    (void)camkes_report_error(call->client->handler != NULL ? *call->client->handler : NULL,
                              &error);
}

void camkes_call_begin(struct camkes_call *call, const struct camkes_client *client)
{
    const struct camkes_rpc_buffer *buffer = client->buffer;

    call->client = client;
    call->sent = false;
    if (buffer != NULL && buffer->lock != NULL) {
        (void)camkes_mutex_lock(buffer->lock);
    }
    cursor_at(&call->out, buffer);
}

bool camkes_call_send(struct camkes_call *call)
{
    const struct camkes_rpc_buffer *buffer = call->client->buffer;
    seL4_MessageInfo_t info;

    if (call->out.error != CE_NO_ERROR) {
        call_failed(call, call->out.error, &call->out, "arguments of a call");
        return false;
    }
    info = seL4_Call(call->client->endpoint, message_info(0, &call->out, buffer));
    cursor_at(&call->in, buffer);
    call->received_words = SIZE_MAX;
    if (buffer == NULL) {
        call->received_words = seL4_MessageInfo_get_length(info);
        limit_to_words(&call->in, call->received_words);
    }
    if (seL4_MessageInfo_get_label(info) != CE_NO_ERROR) {
        call_failed(call, (camkes_error_type_t)seL4_MessageInfo_get_label(info), &call->out,
                    "the other side refused a call");
        return false;
    }
    call->sent = true;
    return true;
}

void camkes_call_end(struct camkes_call *call)
{
    const struct camkes_rpc_buffer *buffer = call->client->buffer;

    // Released first: an error handler may end this thread.
    if (buffer != NULL && buffer->lock != NULL) {
        (void)camkes_mutex_unlock(buffer->lock);
    }
    if (!call->sent) {
        return;
    }
    if (call->in.error != CE_NO_ERROR) {
        call_failed(call, call->in.error, &call->in, "results of a call");
    } else if (!is_used_up(&call->in, call->received_words)) {
        call_failed(call, CE_MALFORMED_RPC_PAYLOAD, &call->in, "too many results of a call");
    }
}

// ---------------------------------------------------------------------------------------------
// Callee

static void request_failed(struct camkes_request *request, camkes_error_t *error)
{
    const struct camkes_server *server = request->server;

    error->interface = server->interface;
    (void)camkes_report_request_error(server->handler != NULL ? *server->handler : NULL, error);
    request->error = error->type;
}

bool camkes_request_complete(struct camkes_request *request)
{
    camkes_error_t error = {
        .type = request->in.error,
        .description = "arguments of a call",
        .current_length = request->in.offset,
        .target_length = request->in.size,
    };

    if (request->error != CE_NO_ERROR) {
        return false;
    }
    if (error.type == CE_NO_ERROR && !is_used_up(&request->in, request->received_words)) {
        error.type = CE_MALFORMED_RPC_PAYLOAD;
        error.description = "too many arguments of a call";
    }
    if (error.type != CE_NO_ERROR) {
        request_failed(request, &error);
        return false;
    }
    return true;
}

void camkes_request_bad_method(struct camkes_request *request, uint64_t index)
{
    camkes_error_t error = {
        .type = request->in.error != CE_NO_ERROR ? request->in.error : CE_INVALID_METHOD_INDEX,
        .description = "method of a call",
        .invalid_index = index,
        .current_length = request->in.offset,
        .target_length = request->in.size,
    };

    request_failed(request, &error);
}

static const struct camkes_rpc_buffer *request_buffer(const struct camkes_request *request)
{
    return request->server->buffer != NULL ? request->server->buffer(request->badge) : NULL;
}

void camkes_request_answer(struct camkes_request *request)
{
    cursor_at(&request->out, request_buffer(request));
}

/// Run one request; returns the message info of the answer.
static seL4_MessageInfo_t serve(struct camkes_request *request, seL4_MessageInfo_t info)
{
    const struct camkes_rpc_buffer *buffer = request_buffer(request);

    cursor_at(&request->in, buffer);
    request->error = CE_NO_ERROR;
    request->received_words = SIZE_MAX;
    if (buffer == NULL) {
        request->received_words = seL4_MessageInfo_get_length(info);
        limit_to_words(&request->in, request->received_words);
    }
    camkes_request_answer(request);
    current_sender = request->badge;
    request->server->dispatch(request);
    if (request->error == CE_NO_ERROR && request->out.error != CE_NO_ERROR) {
        camkes_error_t error = {
            .type = request->out.error,
            .description = "results of a call",
            .current_length = request->out.offset,
            .target_length = request->out.size,
        };
        request_failed(request, &error);
    }
    if (request->error != CE_NO_ERROR) {
        return seL4_MessageInfo_new((seL4_Word)request->error, 0, 0, 0);
    }
    return message_info(0, &request->out, buffer);
}

void camkes_server_run(const struct camkes_server *server, const struct camkes_thread *thread)
{
    struct camkes_request request = { .server = server };
    // A passive thread owes the control thread an answer (become_passive() in start.c).
    seL4_MessageInfo_t info =
        thread->passive_endpoint != 0
            ? seL4_ReplyRecv(server->endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &request.badge,
                             thread->reply)
            : seL4_Recv(server->endpoint, &request.badge, thread->reply);

    for (;;) {
        seL4_MessageInfo_t answer = serve(&request, info);

        info = seL4_ReplyRecv(server->endpoint, answer, &request.badge, thread->reply);
    }
}

seL4_Word camkes_sender_id(void)
{
    return current_sender;
}

seL4_Word camkes_sender_enter(seL4_Word badge)
{
    seL4_Word previous = current_sender;

    current_sender = badge;
    return previous;
}

const struct camkes_peer *camkes_peer_find(const struct camkes_peer *peers, size_t count,
                                           seL4_Word badge)
{
    for (size_t i = 0; i < count; i++) {
        if (peers[i].badge == badge) {
            return &peers[i];
        }
    }
    return NULL;
}

seL4_Word camkes_peer_largest_badge(const struct camkes_peer *peers, size_t count)
{
    seL4_Word largest = 0;

    for (size_t i = 0; i < count; i++) {
        largest = peers[i].badge > largest ? peers[i].badge : largest;
    }
    return largest;
}
