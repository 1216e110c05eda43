// SPDX-License-Identifier: BSD-2-Clause
// Waits for messages on an endpoint that nobody calls: what comes are signals to the bound notification.
#include <camkes/alloc.h>
#include <camkes/dma.h>

#include "check.h"

static seL4_Word receive(seL4_CPtr endpoint)
{
    seL4_Word badge = 0;

    (void)seL4_Recv(endpoint, &badge, camkes_this_thread()->reply);
    return badge;
}

/// The peer has filled the queue; each message says how many it sent before.
static void check_queue(void)
{
    camkes_msgqueue_receiver_t receiver;
    place_t message = { 0, 0 };
    int count = 0;
    bool ok = true;

    CHECK("receiver", camkes_msgqueue_receiver_init(2, &receiver) == 0);
    places_wait_notification();
    CHECK("message_waits", places_poll() == 1 && camkes_msgqueue_poll(&receiver) == 1);
    while (camkes_msgqueue_get(&receiver, &message, sizeof(message)) == 0) {
        ok = ok && message.x == count && message.y == -count;
        count++;
    }
    // A page less 128 bytes has room for 248 messages of 16 bytes: 128 are the power of two.
    CHECK("messages_in_order", ok && count == 128);
    CHECK("queue_is_empty", places_poll() == 0 && places_get(&message) == -1);
}

int run(void)
{
    seL4_CPtr endpoint = camkes_alloc(seL4_EndpointObject, 0, 0);

    CHECK("endpoint", endpoint != 0);
    go_emit();
    CHECK("signal_of_the_first", receive(endpoint) == 4);
    go_emit();
    CHECK("signal_of_the_second", receive(endpoint) == 8);
    CHECK("nothing_left", signal_poll() == 0);

    uintptr_t paddr = memory_get_paddr();
    CHECK("contiguous_memory", paddr != 0 && paddr % 4096 == 0
                                   && camkes_dma_get_paddr((char *)(uintptr_t)memory + 100) == paddr + 100
                                   && camkes_dma_get_paddr((char *)(uintptr_t)memory + 4096) == 0);
    CHECK("memory_of_the_peer", memory->x == 11 && memory->y == (int64_t)paddr);

    check_queue();
    CHECK("gpio_server", gpio_twice(3) == 6);
    CHECK("clock_server", clock_twice(4) == 9);
    CHECK("bpmp_server", bpmp_twice(5) == 12);
    report_finish();
    return 0;
}
