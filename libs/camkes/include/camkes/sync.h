// SPDX-License-Identifier: BSD-2-Clause
// Mutex, semaphore and binary semaphore of one address space: a counter in memory, and a
// notification where threads sleep. Nobody enters the kernel without contention.
#ifndef CAMKES_SYNC_H
#define CAMKES_SYNC_H

#include <stdbool.h>

#include <sel4/types.h>

/// Not recursive. `state` is 1 when free; it falls by one for each holder or waiter.
struct camkes_mutex {
    seL4_CPtr notification;
    int state;
};

#define CAMKES_MUTEX_INIT(cap) { .notification = (cap), .state = 1 }

/// Sleep until the mutex is free, and take it. Returns 0.
int camkes_mutex_lock(struct camkes_mutex *mutex);

/// Give the mutex back. The caller holds it. Returns 0.
int camkes_mutex_unlock(struct camkes_mutex *mutex);

/// `value` never falls below 0 and never rises above `limit`.
struct camkes_semaphore {
    seL4_CPtr notification;
    int value;
    int limit;
    int waiters;
};

#define CAMKES_SEMAPHORE_INIT(cap, initial, maximum) \
    { .notification = (cap), .value = (initial), .limit = (maximum), .waiters = 0 }

/// Sleep until the value is above 0, then take one. Returns 0.
int camkes_semaphore_wait(struct camkes_semaphore *semaphore);

/// Take one if the value is above 0: 0 when taken, -1 when not. Never sleeps.
int camkes_semaphore_trywait(struct camkes_semaphore *semaphore);

/// Add one; at the limit nothing changes. Returns 0.
int camkes_semaphore_post(struct camkes_semaphore *semaphore);

/// Closed until somebody opens it, then open for ever.
struct camkes_gate {
    seL4_CPtr notification;
    int is_open;
};

/// Wait until the gate is open.
void camkes_gate_pass(struct camkes_gate *gate);

void camkes_gate_open(struct camkes_gate *gate);

#endif
