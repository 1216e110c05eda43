// SPDX-License-Identifier: BSD-2-Clause
// The consuming side of seL4Notification: a thread takes the signals and hands each to a registered
// callback or to whoever waits or polls.
#ifndef CAMKES_EVENT_H
#define CAMKES_EVENT_H

#include <camkes/runtime.h>
#include <camkes/sync.h>

struct camkes_event {
    seL4_CPtr notification;         ///< what the other side signals
    struct camkes_mutex lock;       ///< of the two fields below
    void (*callback)(void *arg);
    void *arg;
    struct camkes_semaphore handoff; ///< binary: an event that nobody took yet
};

/// Loop of the interface thread.
void camkes_event_run(struct camkes_event *event) __attribute__((noreturn));

/// Sleep until an event comes.
void camkes_event_wait(struct camkes_event *event);

/// Take an event if there is one: 1, else 0.
int camkes_event_poll(struct camkes_event *event);

/// Call `callback(arg)` once, on the next event; at once when there is one already. -1 when a
/// callback is waiting already, else 0.
int camkes_event_reg_callback(struct camkes_event *event, void (*callback)(void *), void *arg);

#endif
