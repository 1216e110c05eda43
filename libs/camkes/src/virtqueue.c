// SPDX-License-Identifier: BSD-2-Clause
// List of the instance's virtqueue channels. It is complete, and constant, when pre_init() runs.
#include <camkes/virtqueue.h>

static struct camkes_virtqueue_channel *channels;

void camkes_virtqueue_register(struct camkes_virtqueue_channel *channel)
{
    channel->next = channels;
    channels = channel;
}

const struct camkes_virtqueue_channel *camkes_virtqueue_first(void)
{
    return channels;
}

const struct camkes_virtqueue_channel *camkes_virtqueue_find(int64_t id,
                                                             enum camkes_virtqueue_role role)
{
    for (const struct camkes_virtqueue_channel *channel = channels; channel != NULL;
         channel = channel->next) {
        if (channel->id == id && channel->role == role) {
            return channel;
        }
    }
    return NULL;
}
