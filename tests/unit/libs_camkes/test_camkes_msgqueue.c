// SPDX-License-Identifier: BSD-2-Clause
// Message queues: order, full and empty, wrapping counters, and a peer that writes nonsense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <camkes/msgqueue.h>

#include "fake_kernel.h"

struct message {
    uint32_t number;
    char text[20];
};

enum { CAPACITY = 4 };

static uint8_t memory[CAMKES_MSGQUEUE_HEADER + 5 * sizeof(struct message)]
    __attribute__((aligned(64)));
static struct camkes_msgqueue sender;
static struct camkes_msgqueue receiver;

const struct camkes_msgqueue_entry camkes_msgqueues[] = {
    { .id = 3, .is_sender = true, .queue = &sender },
    { .id = 3, .is_sender = false, .queue = &receiver },
    { .queue = NULL },
};

static int setup(void **state)
{
    (void)state;
    fake_kernel_reset();
    fake_kernel_cap(1, 1, 1);
    fake_kernel_enter();
    memset(memory, 0, sizeof(memory));
    receiver = (struct camkes_msgqueue){
        .memory = memory, .size = sizeof(memory), .message_size = sizeof(struct message)
    };
    sender = receiver;
    sender.notification = 1;
    return 0;
}

static void messages_come_in_order(void **state)
{
    struct message message = { 0, "hello" };

    (void)state;
    assert_int_equal(camkes_msgqueue_take(&receiver, &message), -1);
    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < CAPACITY; i++) {
            message.number = 10 * round + i;
            assert_int_equal(camkes_msgqueue_put(&sender, &message), 0);
        }
        assert_int_equal(camkes_msgqueue_put(&sender, &message), -1);
        for (uint32_t i = 0; i < CAPACITY; i++) {
            memset(&message, 0, sizeof(message));
            assert_true(camkes_msgqueue_is_pending(&receiver));
            assert_int_equal(camkes_msgqueue_take(&receiver, &message), 0);
            assert_int_equal(message.number, 10 * round + i);
            assert_string_equal(message.text, "hello");
        }
        assert_false(camkes_msgqueue_is_pending(&receiver));
    }
    assert_int_not_equal(fake_kernel_pending(1), 0);
}

static void counters_wrap(void **state)
{
    struct message message = { 0, "" };

    (void)state;
    sender.count = receiver.count = UINT32_MAX - 1;
    memset(memory, 0xff, 4);
    memset(memory + 64, 0xff, 4);
    memory[0] = memory[64] = 0xfe;
    for (uint32_t i = 0; i < 9; i++) {
        message.number = i;
        assert_int_equal(camkes_msgqueue_put(&sender, &message), 0);
        assert_int_equal(camkes_msgqueue_take(&receiver, &message), 0);
        assert_int_equal(message.number, i);
    }
}

static void a_peer_can_write_what_it_wants(void **state)
{
    struct message message = { 5, "mine" };

    (void)state;
    // Every counter that a hostile sender may show: no more messages than there is room for.
    for (uint32_t value = 0; value < 100; value++) {
        uint32_t shown = value * 0x9e3779b9u;
        memcpy(memory, &shown, sizeof(shown));
        unsigned taken = 0;
        while (taken < 100 && camkes_msgqueue_take(&receiver, &message) == 0) {
            taken++;
        }
        assert_true(taken <= CAPACITY);
    }
    for (uint32_t value = 0; value < 100; value++) {
        uint32_t shown = value * 0x9e3779b9u;
        memcpy(memory + 64, &shown, sizeof(shown));
        unsigned sent = 0;
        while (sent < 100 && camkes_msgqueue_put(&sender, &message) == 0) {
            sent++;
        }
        assert_true(sent <= CAPACITY);
    }
}

static void queues_have_numbers(void **state)
{
    camkes_msgqueue_sender_t from;
    camkes_msgqueue_receiver_t to;
    struct message message;
    uint32_t number = 77;

    (void)state;
    assert_int_equal(camkes_msgqueue_sender_init(4, &from), -1);
    assert_int_equal(camkes_msgqueue_sender_init(3, &from), 0);
    assert_int_equal(camkes_msgqueue_receiver_init(3, &to), 0);
    assert_int_equal(camkes_msgqueue_poll(&to), 0);
    memset(memory + CAMKES_MSGQUEUE_HEADER, 0xaa, sizeof(struct message));
    assert_int_equal(camkes_msgqueue_send(&from, &number, sizeof(number)), 0);
    assert_int_equal(camkes_msgqueue_send(&from, memory, sizeof(struct message) + 1), -1);
    assert_int_equal(camkes_msgqueue_poll(&to), 1);
    assert_int_equal(camkes_msgqueue_get(&to, &message, sizeof(message) - 1), -1);
    assert_int_equal(camkes_msgqueue_get(&to, &message, sizeof(message)), 0);
    assert_int_equal(message.number, 77);
    assert_string_equal(message.text, ""); // zeros, not what was there before
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(messages_come_in_order, setup),
        cmocka_unit_test_setup(counters_wrap, setup),
        cmocka_unit_test_setup(a_peer_can_write_what_it_wants, setup),
        cmocka_unit_test_setup(queues_have_numbers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
