// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes both sides of a message queue against a peer that writes anything into the shared memory.
// The first two bytes choose the sizes; then each operation is a byte and a word. No access may leave
// the memory, neither side may do more than the ring has room for without a new counter of its peer,
// and an honest queue keeps order.
#include <stdlib.h>
#include <string.h>

#include <camkes/msgqueue.h>

#include "fake_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 96 };

struct peers {
    struct camkes_msgqueue sender;
    struct camkes_msgqueue receiver;
    size_t room;        ///< upper bound of messages
    size_t sent_since;  ///< since the receiver's counter changed
    size_t taken_since; ///< since the sender's counter changed
    bool is_honest;     ///< nobody has written nonsense yet
};

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void send_one(struct peers *p)
{
    uint8_t message[MAX_MESSAGE];
    uint8_t number = (uint8_t)p->sender.count;

    memset(message, number, sizeof(message));
    if (camkes_msgqueue_put(&p->sender, message) == 0) {
        p->sent_since++;
        p->taken_since = 0;
        must(p->sent_since <= p->room);
    }
}

static void take_one(struct peers *p)
{
    uint8_t message[MAX_MESSAGE + 1];

    message[p->receiver.message_size] = 0xa5;
    uint8_t number = (uint8_t)p->receiver.count;
    if (camkes_msgqueue_take(&p->receiver, message) == 0) {
        p->taken_since++;
        p->sent_since = 0;
        must(p->taken_since <= p->room);
        must(!p->is_honest || message[0] == number);
    }
    must(message[p->receiver.message_size] == 0xa5);
}

static void step(struct peers *p, const uint8_t *operation)
{
    uint32_t value;

    memcpy(&value, operation + 1, sizeof(value));
    switch (operation[0] & 3) {
    case 0:
        send_one(p);
        break;
    case 1:
        take_one(p);
        break;
    default:
        memcpy(p->sender.memory + value % (p->sender.size - sizeof(value)), &value, sizeof(value));
        p->is_honest = false;
        p->sent_since = p->taken_since = 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peers p = { .is_honest = true };

    if (size < 2) {
        return 0;
    }
    fake_kernel_reset();
    fake_kernel_cap(1, 1, 1);
    fake_kernel_enter();
    p.sender.message_size = data[0] % MAX_MESSAGE + 1u;
    p.room = data[1] % 32 + 1u;
    p.sender.size = CAMKES_MSGQUEUE_HEADER + p.room * p.sender.message_size;
    p.sender.memory = calloc(1, p.sender.size);
    p.sender.notification = 1;
    p.receiver = p.sender;
    for (size_t at = 2; at + 5 <= size; at += 5) {
        step(&p, data + at);
    }
    free(p.sender.memory);
    return 0;
}
