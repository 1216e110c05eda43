// SPDX-License-Identifier: BSD-2-Clause
// Consuming side of seL4Notification. Lock order: the event's lock, then the semaphore (which takes
// none).
#include <camkes/event.h>

void camkes_event_run(struct camkes_event *event)
{
    for (;;) {
        void (*callback)(void *);
        void *arg;

        (void)seL4_Wait(event->notification, NULL);
        (void)camkes_mutex_lock(&event->lock);
        callback = event->callback;
        arg = event->arg;
        event->callback = NULL;
        if (callback == NULL) {
            (void)camkes_semaphore_post(&event->handoff);
        }
        (void)camkes_mutex_unlock(&event->lock);
        if (callback != NULL) {
            callback(arg);
        }
    }
}

void camkes_event_wait(struct camkes_event *event)
{
    (void)camkes_semaphore_wait(&event->handoff);
}

int camkes_event_poll(struct camkes_event *event)
{
    return camkes_semaphore_trywait(&event->handoff) == 0;
}

int camkes_event_reg_callback(struct camkes_event *event, void (*callback)(void *), void *arg)
{
    bool pending;

    (void)camkes_mutex_lock(&event->lock);
    if (event->callback != NULL) {
        (void)camkes_mutex_unlock(&event->lock);
        return -1;
    }
    pending = camkes_semaphore_trywait(&event->handoff) == 0;
    if (!pending) {
        event->callback = callback;
        event->arg = arg;
    }
    (void)camkes_mutex_unlock(&event->lock);
    if (pending) {
        callback(arg);
    }
    return 0;
}
