// SPDX-License-Identifier: BSD-2-Clause
// Calls through generated stubs on both sides, and hand-made messages against the callee's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <camkes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <camkes/virtqueue.h>

#include "fake_kernel.h"
#include "server.h"

// The client's endpoint caps as adlc chose them are found by calling: every cap number is given to
// the one endpoint that the server's thread under test receives from.
enum { ENDPOINT = 1, BADGE = 77, MAX_WORDS = seL4_MsgMaxLength };

static camkes_error_type_t client_error;

static camkes_error_action_t note_error(camkes_error_t *error)
{
    client_error = error->type;
    return CEA_DISCARD;
}

void camkes_console_print(const char *format, ...)
{
    (void)format;
}

void camkes_thread_stop(void)
{
    abort();
}

int run(void)
{
    return 0;
}

void interrupt_handle(void)
{
}

void uart_irq_handle(ps_irq_t *irq)
{
    (void)irq;
}

static pthread_t server;

static void start(const char *interface)
{
    fake_kernel_reset();
    for (unsigned i = 0; i < FAKE_KERNEL_CAPS; i++) {
        fake_kernel_cap(i, ENDPOINT, BADGE);
    }
    fake_kernel_enter();
    (void)remote_register_error_handler(note_error);
    client_error = CE_NO_ERROR;
    server_error_count = 0;
    assert_int_equal(pthread_create(&server, NULL, server_thread, (void *)(uintptr_t)interface), 0);
}

static int start_all(void **state)
{
    (void)state;
    start("all");
    return 0;
}

static int start_default(void **state)
{
    server_default_errors = true;
    return start_all(state);
}

static int stop(void **state)
{
    (void)state;
    server_default_errors = false;
    assert_int_equal(pthread_cancel(server), 0);
    return pthread_join(server, NULL);
}

static void scalars_and_structures_travel(void **state)
{
    int quotient;
    int remainder;
    int a = 1;
    int b = 2;

    (void)state;
    remote_nothing();
    assert_int_equal(server_last_sender, BADGE);
    assert_int_equal(remote_add(40, 2), 42);
    assert_true(remote_scalars('c', 200, INT64_MIN, true, 2.5) == UINT64_MAX);
    remote_divide(17, 5, &quotient, &remainder);
    assert_int_equal(quotient, 3);
    assert_int_equal(remainder, 2);
    remote_swap(&a, &b);
    assert_int_equal(a, 2);
    assert_int_equal(b, 1);
    assert_int_equal(remote_by_reference(&a), 4);
    point_t p = remote_mirror((point_t){ .x = 1, .y = 2 });
    assert_int_equal(p.x, 2);
    assert_int_equal(p.y, 1);
    struct pair pair = remote_exchange((struct pair){ .left = 3, .right = 4 });
    assert_int_equal(pair.left, 4);
    assert_int_equal(pair.right, 3);
    bool same = true;
    assert_true(remote_negate(false, &same));
    assert_false(same);
    assert_int_equal(client_error, CE_NO_ERROR);
}

static void strings_travel(void **state)
{
    char text[] = "shout";
    char *pointer = text;

    (void)state;
    char *greeting = remote_greet("world");
    assert_string_equal(greeting, "Hello, world");
    free(greeting);
    remote_upper(&pointer);
    assert_string_equal(pointer, "SHOUT");
    free(pointer);
    remote_describe(1, &pointer);
    assert_string_equal(pointer, "something");
    free(pointer);
    remote_describe(-1, &pointer);
    assert_string_equal(pointer, "");
    free(pointer);
    pointer = text;
    assert_int_equal(remote_reference_length(&pointer), 5);
    assert_int_equal(client_error, CE_NO_ERROR);
}

static void arrays_travel(void **state)
{
    int values[] = { 1, 2, 3 };
    int *array = values;
    size_t count = 3;
    uint16_t *numbers;

    (void)state;
    assert_int_equal(remote_sum(3, values), 6);
    assert_int_equal(remote_sum(0, NULL), 0);
    assert_int_equal(remote_reference_sum(&count, &array), 6);
    remote_reverse(&count, &array);
    assert_int_equal(count, 3);
    assert_int_equal(array[0], 3);
    free(array);
    remote_count_to(300, &count, &numbers);
    assert_int_equal(count, 300);
    assert_int_equal(numbers[299], 300);
    free(numbers);
    assert_int_equal(remote_first("x", 2, "ab"), 'a');
    const bool flags[] = { true, false, true };
    bool *inverted;
    assert_int_equal(remote_count_true(3, flags, &count, &inverted), 2);
    assert_int_equal(count, 3);
    assert_true(!inverted[0] && inverted[1] && !inverted[2]);
    free(inverted);
    assert_int_equal(client_error, CE_NO_ERROR);
}

static void arrays_of_strings_travel(void **state)
{
    char one[] = "pear";
    char two[] = "apple";
    char *words[] = { one, two };
    char **sorted = words;
    size_t count = 2;

    (void)state;
    assert_int_equal(remote_total_length(2, words), 9);
    remote_sort(&count, &sorted);
    assert_int_equal(count, 2);
    assert_string_equal(sorted[0], "apple");
    for (size_t i = 0; i < count; i++) {
        free(sorted[i]);
    }
    free(sorted);
    remote_split("two words", &count, &sorted);
    assert_int_equal(count, 2);
    assert_string_equal(sorted[1], "words");
    free(sorted[0]);
    free(sorted[1]);
    free(sorted);
    assert_int_equal(client_error, CE_NO_ERROR);
}

static void a_call_that_does_not_fit_is_not_sent(void **state)
{
    char *text = malloc(2000);

    (void)state;
    memset(text, 'x', 1999);
    text[1999] = '\0';
    assert_null(remote_greet(text));
    assert_int_equal(client_error, CE_BUFFER_LENGTH_EXCEEDED);
    free(text);
    assert_int_equal(remote_add(1, 1), 2);
    assert_int_equal(server_error_count, 0);
}

static void an_answer_that_does_not_fit_is_an_error(void **state)
{
    uint16_t *numbers = NULL;
    size_t count = 9;

    (void)state;
    remote_count_to(2000, &count, &numbers);
    assert_int_equal(client_error, CE_BUFFER_LENGTH_EXCEEDED);
    assert_int_equal(count, 0);
    assert_null(numbers);
    assert_int_equal(remote_add(1, 1), 2);
}

/// One raw message to the server; the error in its answer.
static seL4_Word raw(seL4_Word first, seL4_Word second, seL4_Word length)
{
    seL4_Word words[MAX_WORDS] = { first, second };

    return seL4_MessageInfo_get_label(fake_kernel_raw_call(ENDPOINT, words, length));
}

static void hostile_messages_are_refused_and_the_server_lives(void **state)
{
    enum { METHOD_ADD = 1, METHOD_GREET = 3, METHOD_SUM = 8, METHOD_TOTAL = 11 };

    (void)state;
    assert_int_equal(raw(0xff, 0, 1), CE_INVALID_METHOD_INDEX);
    assert_int_equal(raw(0, 0, 0), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(raw(METHOD_ADD, 0, 1), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(raw(METHOD_ADD, 0, 3), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(raw(METHOD_ADD, 0, 120), CE_MALFORMED_RPC_PAYLOAD);
    // A string without end, a count that wraps, a count beyond the message.
    assert_int_equal(raw(UINT64_MAX << 8 | METHOD_GREET, UINT64_MAX, 2), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(raw(UINT64_MAX << 8 | METHOD_SUM, UINT64_MAX, 2), CE_OVERFLOW);
    assert_int_equal(raw((seL4_Word)100 << 8 | METHOD_SUM, 0, 2), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(raw((seL4_Word)1000 << 8 | METHOD_TOTAL, 0, 2), CE_MALFORMED_RPC_PAYLOAD);
    assert_int_equal(server_error_count, 9);
    assert_int_equal(remote_add(20, 3), 23);
    assert_int_equal(client_error, CE_NO_ERROR);
}

/// The library's own handler must not end the thread for anything that a caller can send: sizes that wrap
/// and answers that do not fit are as good as nonsense.
static void no_request_ends_a_server_without_handler(void **state)
{
    enum { METHOD_SUM = 8, METHOD_COUNT_TO = 10 };

    (void)state;
    assert_int_equal(raw(UINT64_MAX << 8 | METHOD_SUM, UINT64_MAX, 2), CE_OVERFLOW);
    assert_int_equal(raw((seL4_Word)2000 << 8 | METHOD_COUNT_TO, 0, 1), CE_BUFFER_LENGTH_EXCEEDED);
    assert_int_equal(remote_add(20, 3), 23);
}

static void random_messages_do_not_harm_the_server(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        seL4_Word words[MAX_WORDS];
        for (int i = 0; i < MAX_WORDS; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            words[i] = seed % 5 == 0 ? seed : seed % 32;
        }
        // Method 4 divides by what it is told.
        words[0] = (words[0] & ~(seL4_Word)0xff) | (seed % 23 == 4 ? 3 : seed % 23);
        // count_to (10) allocates what it is told, as its author wrote it.
        if ((words[0] & 0xff) == 10) {
            words[0] = 10 | (seL4_Word)(seed % 100) << 8;
            words[1] = 0;
        }
        (void)fake_kernel_raw_call(ENDPOINT, words, seed % (MAX_WORDS + 1));
    }
    assert_int_equal(remote_add(20, 3), 23);
}

static int start_clock(void **state)
{
    (void)state;
    start("clock");
    return 0;
}

static void a_time_server_can_signal_its_client(void **state)
{
    (void)state;
    // The server finds its client by the badge that adlc gave it.
    for (unsigned i = 0; i < FAKE_KERNEL_CAPS; i++) {
        fake_kernel_cap(i, ENDPOINT, 1);
    }
    assert_true(timer_time() == 0x123456789abcdef0);
    assert_int_equal(timer_periodic(1, 2), 3);
    assert_int_not_equal(timer_notification(), 0);
    assert_int_not_equal(timer_notification_badge(), 0);
}

static void all_caps_have_badge(seL4_Word badge)
{
    for (unsigned i = 0; i < FAKE_KERNEL_CAPS; i++) {
        fake_kernel_cap(i, ENDPOINT, badge);
    }
}

static int start_datagrams_out(void **state)
{
    (void)state;
    start("datagrams_out");
    all_caps_have_badge(1);
    return 0;
}

static void datagrams_are_sent_from_the_clients_port(void **state)
{
    static uint8_t dataport[4096];
    uint8_t data[3] = { 1, 2, 3 };

    (void)state;
    udp_out_buf = dataport;
    assert_int_equal(udp_out_send(data, sizeof(data), (ip_addr_t){ .addr = 0x0100007f }), 3);
    assert_memory_equal(dataport, data, sizeof(data));
    assert_int_equal(udp_out_send(data, sizeof(data), (ip_addr_t){ .addr = 1 }), -1);
    assert_int_equal(udp_out_send(dataport, 4096, (ip_addr_t){ .addr = 0x0100007f }), 4096);
    assert_int_equal(udp_out_send(dataport, 4097, (ip_addr_t){ .addr = 0x0100007f }), -1);
    // A client without the generated function can't make the server read behind the memory.
    int32_t message[2] = { 4097, 0x0100007f };
    seL4_Word words[MAX_WORDS] = { 0 };
    memcpy(words, message, sizeof(message));
    (void)fake_kernel_raw_call(ENDPOINT, words, 1);
    assert_int_equal((int32_t)words[0], -1);
}

static int start_datagrams_in(void **state)
{
    (void)state;
    start("datagrams_in");
    all_caps_have_badge(1);
    return 0;
}

static void datagrams_are_polled(void **state)
{
    unsigned int length = 0;
    uint16_t port = 0;
    ip_addr_t address = { .addr = 0 };

    (void)state;
    assert_int_equal(udp_in_poll(&length, &port, &address), 1);
    assert_int_equal(length, 4096);
    assert_int_equal(port, 9);
    assert_int_equal(address.addr, 0x0200007f);
    assert_int_not_equal(udp_in_notification_badge(), 0);
}

static int start_files(void **state)
{
    (void)state;
    start("files");
    return 0;
}

static void interfaces_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(disk_open("a", 1), 'b');
    assert_int_equal(disk_read(3, 4), 7);
    assert_int_equal(disk_seek(1, INT64_C(1) << 40, 2), (INT64_C(1) << 40) + 3);
    assert_int_equal(disk_close(5), -5);
    assert_int_equal(disk_get_size(), 8192);
    assert_non_null((const void *)(uintptr_t)disk_get_buf());
}

static void constants_of_the_description_are_there(void **state)
{
    (void)state;
    assert_int_equal(large_handle.count, 2);
    assert_int_equal(dataport_get_size(&large_handle), 8192);
    assert_int_not_equal(dataport_get_nth_frame_cap(&large_handle, 1), 0);
    assert_int_equal(dataport_get_nth_frame_cap(&large_handle, 2), 0);
    assert_non_null(camkes_virtqueue_find(1, CAMKES_VIRTQUEUE_DRIVER));
    assert_non_null(camkes_virtqueue_find(2, CAMKES_VIRTQUEUE_DEVICE));
    assert_null(camkes_virtqueue_find(1, CAMKES_VIRTQUEUE_DEVICE));
    assert_int_equal(uart_0_size, 4096);
    assert_null(registers_translate_paddr(0xa000000, 0x201));
    assert_ptr_equal(registers_translate_paddr(0xa000010, 4), (char *)(uintptr_t)registers + 0x10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scalars_and_structures_travel, start_all, stop),
        cmocka_unit_test_setup_teardown(strings_travel, start_all, stop),
        cmocka_unit_test_setup_teardown(arrays_travel, start_all, stop),
        cmocka_unit_test_setup_teardown(arrays_of_strings_travel, start_all, stop),
        cmocka_unit_test_setup_teardown(a_call_that_does_not_fit_is_not_sent, start_all, stop),
        cmocka_unit_test_setup_teardown(an_answer_that_does_not_fit_is_an_error, start_all, stop),
        cmocka_unit_test_setup_teardown(hostile_messages_are_refused_and_the_server_lives,
                                        start_all, stop),
        cmocka_unit_test_setup_teardown(no_request_ends_a_server_without_handler, start_default,
                                        stop),
        cmocka_unit_test_setup_teardown(random_messages_do_not_harm_the_server, start_all, stop),
        cmocka_unit_test_setup_teardown(a_time_server_can_signal_its_client, start_clock, stop),
        cmocka_unit_test_setup_teardown(datagrams_are_sent_from_the_clients_port,
                                        start_datagrams_out, stop),
        cmocka_unit_test_setup_teardown(datagrams_are_polled, start_datagrams_in, stop),
        cmocka_unit_test_setup_teardown(interfaces_are_told_apart, start_files, stop),
        cmocka_unit_test(constants_of_the_description_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
