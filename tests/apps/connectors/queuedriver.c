// SPDX-License-Identifier: BSD-2-Clause
// One side of a virtqueue channel: writes numbers, signals, and waits for the answer.
#include "check.h"

int run(void)
{
    const struct camkes_virtqueue_channel *channel =
        camkes_virtqueue_find(9, CAMKES_VIRTQUEUE_DRIVER);
    bool good = true;

    CHECK("channel", channel != NULL);
    CHECK("other_role_is_not_here", camkes_virtqueue_find(9, CAMKES_VIRTQUEUE_DEVICE) == NULL);
    CHECK("properties", channel->queue_length == 64 && channel->buffer_size == 12288
                            && queue_get_size() == 12288
                            && channel->notification == queue_notification()
                            && channel->badge == queue_notification_badge());
    volatile uint32_t *words = channel->buffer;
    for (uint32_t i = 0; i < 200; i++) {
        seL4_Word badge = 0;
        words[0] = i;
        words[12288 / 4 - 1] = i * 3;
        channel->notify();
        (void)seL4_Wait(channel->notification, &badge);
        good = good && badge == channel->badge && words[1] == i * 4;
    }
    CHECK("round_trips", good);
    report_finish();
    return 0;
}
