// SPDX-License-Identifier: BSD-2-Clause
// A ring of messages. Each side keeps its own counter and only tells the other; a counter that comes
// from the peer decides no more than whether there is something to do.
#include <camkes/msgqueue.h>

#include <string.h>

#include <sel4/sel4.h>

enum { SENT = 0, TAKEN = CAMKES_MSGQUEUE_HEADER / 2 };

static uint32_t *counter(const struct camkes_msgqueue *queue, size_t offset)
{
    return (uint32_t *)(void *)(queue->memory + offset);
}

/// Messages that fit: a power of two, so that the counters may wrap.
static uint32_t capacity(const struct camkes_msgqueue *queue)
{
    size_t room = (queue->size - CAMKES_MSGQUEUE_HEADER) / queue->message_size;
    uint32_t count = 1;

    while (count < 1u << 30 && (size_t)count * 2 <= room) {
        count *= 2;
    }
    return count;
}

static uint8_t *place(const struct camkes_msgqueue *queue)
{
    size_t index = queue->count & (capacity(queue) - 1);

    return queue->memory + CAMKES_MSGQUEUE_HEADER + index * queue->message_size;
}

static bool is_full(const struct camkes_msgqueue *queue)
{
    uint32_t taken = __atomic_load_n(counter(queue, TAKEN), __ATOMIC_ACQUIRE);

    return queue->count - taken >= capacity(queue);
}

/// Tell the receiver about the message at place().
static void publish(struct camkes_msgqueue *queue)
{
    queue->count++;
    __atomic_store_n(counter(queue, SENT), queue->count, __ATOMIC_RELEASE);
    seL4_Signal(queue->notification);
}

int camkes_msgqueue_put(struct camkes_msgqueue *queue, const void *message)
{
    if (is_full(queue)) {
        return -1;
    }
    memcpy(place(queue), message, queue->message_size);
    publish(queue);
    return 0;
}

bool camkes_msgqueue_is_pending(const struct camkes_msgqueue *queue)
{
    uint32_t sent = __atomic_load_n(counter(queue, SENT), __ATOMIC_ACQUIRE);
    uint32_t waiting = sent - queue->count;

    // More than there can be: the sender is out of its mind.
    return waiting != 0 && waiting <= capacity(queue);
}

int camkes_msgqueue_take(struct camkes_msgqueue *queue, void *message)
{
    if (!camkes_msgqueue_is_pending(queue)) {
        return -1;
    }
    memcpy(message, place(queue), queue->message_size);
    queue->count++;
    __atomic_store_n(counter(queue, TAKEN), queue->count, __ATOMIC_RELEASE);
    return 0;
}

static struct camkes_msgqueue *find(int id, bool is_sender)
{
    for (const struct camkes_msgqueue_entry *entry = camkes_msgqueues;
         entry != NULL && entry->queue != NULL; entry++) {
        if (entry->id == id && entry->is_sender == is_sender) {
            return entry->queue;
        }
    }
    return NULL;
}

int camkes_msgqueue_sender_init(int msgqueue_id, camkes_msgqueue_sender_t *sender)
{
    sender->queue = find(msgqueue_id, true);
    return sender->queue != NULL ? 0 : -1;
}

int camkes_msgqueue_receiver_init(int msgqueue_id, camkes_msgqueue_receiver_t *receiver)
{
    receiver->queue = find(msgqueue_id, false);
    return receiver->queue != NULL ? 0 : -1;
}

int camkes_msgqueue_send(camkes_msgqueue_sender_t *sender, const void *message, size_t message_size)
{
    struct camkes_msgqueue *queue = sender->queue;

    if (message_size > queue->message_size || is_full(queue)) {
        return -1;
    }
    memcpy(place(queue), message, message_size);
    memset(place(queue) + message_size, 0, queue->message_size - message_size);
    publish(queue);
    return 0;
}

int camkes_msgqueue_poll(camkes_msgqueue_receiver_t *receiver)
{
    return camkes_msgqueue_is_pending(receiver->queue);
}

int camkes_msgqueue_get(camkes_msgqueue_receiver_t *receiver, void *buffer, size_t buffer_size)
{
    if (buffer_size < receiver->queue->message_size) {
        return -1;
    }
    return camkes_msgqueue_take(receiver->queue, buffer);
}
