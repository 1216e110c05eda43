// SPDX-License-Identifier: BSD-2-Clause
// Server with a signal and shared memory for each client.
#include <camkes.h>
#include <ctype.h>

int timer_order(int number)
{
    for (int i = 0; i < number; i++) {
        timer_emit(timer_get_sender_id());
    }
    return (int)timer_get_sender_id();
}

int signal_order(int number)
{
    signal_emit(signal_get_sender_id());
    // Clients that are not there are nobody's.
    signal_emit(1000);
    return number + 1;
}

/// Makes letters in the client's memory large; how many bytes it has.
static int shout(char *text, size_t size)
{
    for (size_t i = 0; text != NULL && i < size && text[i] != '\0'; i++) {
        text[i] = (char)toupper((unsigned char)text[i]);
    }
    return (int)size;
}

int serial_order(int number)
{
    seL4_Word client = serial_get_sender_id();
    int size = shout(serial_buf(client), serial_buf_size(client));

    serial_emit(client);
    return size + number;
}

int port_order(int number)
{
    seL4_Word client = port_get_sender_id();

    return port_buf(1000) != NULL ? -1 : shout(port_buf(client), port_buf_size(client)) + number;
}

int both_order(int number)
{
    seL4_Word client = both_get_sender_id();
    int size = shout(both_buf(client), both_buf_size(client));

    both_emit(client);
    return size + number;
}
