// SPDX-License-Identifier: BSD-2-Clause
// Queues of messages of one size in shared memory (seL4MessageQueue), from one sender to one receiver.
// Neither trusts the other: whatever the peer writes, no access leaves the queue's memory.
#ifndef CAMKES_MSGQUEUE_H
#define CAMKES_MSGQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

/// Bytes before the first message: the sender's and the receiver's counter, a cache line each.
#define CAMKES_MSGQUEUE_HEADER 128u

/// One side of a queue.
struct camkes_msgqueue {
    uint8_t *memory;        ///< shared with the peer
    size_t size;            ///< bytes of it
    size_t message_size;    ///< bytes, at most size - CAMKES_MSGQUEUE_HEADER
    seL4_CPtr notification; ///< sender: signals the receiver
    uint32_t count;         ///< messages that this side has sent or taken so far, modulo 2^32
};

/// What an instance has, by its setting <interface>_id.
struct camkes_msgqueue_entry {
    int id;
    bool is_sender;
    struct camkes_msgqueue *queue; ///< NULL ends the list
};

/// Emitted by the compiler when there is any.
extern const struct camkes_msgqueue_entry camkes_msgqueues[] __attribute__((weak));

/// Append a message and signal the receiver. One thread at a time. 0, or -1 when the queue is full.
int camkes_msgqueue_put(struct camkes_msgqueue *queue, const void *message);

/// Whether a message is waiting.
bool camkes_msgqueue_is_pending(const struct camkes_msgqueue *queue);

/// Take the oldest message. One thread at a time. 0, or -1 when there is none.
int camkes_msgqueue_take(struct camkes_msgqueue *queue, void *message);

// The same by number, as applications of the reference system use it.

typedef struct camkes_msgqueue_sender {
    struct camkes_msgqueue *queue;
} camkes_msgqueue_sender_t;

typedef struct camkes_msgqueue_receiver {
    struct camkes_msgqueue *queue;
} camkes_msgqueue_receiver_t;

/// 0, or -1 when this instance has no such queue.
int camkes_msgqueue_sender_init(int msgqueue_id, camkes_msgqueue_sender_t *sender);
int camkes_msgqueue_receiver_init(int msgqueue_id, camkes_msgqueue_receiver_t *receiver);

/// Sends `message_size` bytes, at most the queue's; the rest of the message is zeros. 0, or -1 when it
/// is too large or the queue is full.
int camkes_msgqueue_send(camkes_msgqueue_sender_t *sender, const void *message, size_t message_size);

/// 1 when a message is waiting, else 0.
int camkes_msgqueue_poll(camkes_msgqueue_receiver_t *receiver);

/// 0, or -1 when there is no message or `buffer_size` is less than the queue's messages have.
int camkes_msgqueue_get(camkes_msgqueue_receiver_t *receiver, void *buffer, size_t buffer_size);

#endif
