// SPDX-License-Identifier: BSD-2-Clause
// The other side of a virtqueue channel: adds two numbers.
#include <camkes.h>

int run(void)
{
    const struct camkes_virtqueue_channel *channel = camkes_virtqueue_first();
    volatile uint32_t *words = channel->buffer;

    for (;;) {
        (void)seL4_Wait(channel->notification, NULL);
        words[1] = words[0] + words[channel->buffer_size / 4 - 1];
        channel->notify();
    }
}
