// SPDX-License-Identifier: BSD-2-Clause
// Mutex and semaphores. The notification is only a wake-up call: several signals may become one, so
// a woken thread looks at the counter again and passes the call on when there is more to take.
#include <camkes/sync.h>

#include <sel4/sel4.h>

int camkes_mutex_lock(struct camkes_mutex *mutex)
{
    // Only the holder signals, and the woken thread is the next holder: at most one signal is under
    // way.
    if (__atomic_fetch_sub(&mutex->state, 1, __ATOMIC_ACQUIRE) <= 0) {
        (void)seL4_Wait(mutex->notification, NULL);
        // Pairs with the release in unlock, whose counter change this thread did not see.
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    }
    return 0;
}

int camkes_mutex_unlock(struct camkes_mutex *mutex)
{
    if (__atomic_fetch_add(&mutex->state, 1, __ATOMIC_RELEASE) < 0) {
        seL4_Signal(mutex->notification);
    }
    return 0;
}

int camkes_semaphore_trywait(struct camkes_semaphore *semaphore)
{
    int value = __atomic_load_n(&semaphore->value, __ATOMIC_SEQ_CST);

    while (value > 0) {
        if (__atomic_compare_exchange_n(&semaphore->value, &value, value - 1, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return 0;
        }
    }
    return -1;
}

int camkes_semaphore_wait(struct camkes_semaphore *semaphore)
{
    if (camkes_semaphore_trywait(semaphore) == 0) {
        return 0;
    }
    // Seen by every post() that comes after the next look at the value.
    __atomic_fetch_add(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    while (camkes_semaphore_trywait(semaphore) != 0) {
        (void)seL4_Wait(semaphore->notification, NULL);
    }
    __atomic_fetch_sub(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&semaphore->value, __ATOMIC_SEQ_CST) > 0
        && __atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST) > 0) {
        seL4_Signal(semaphore->notification);
    }
    return 0;
}

int camkes_semaphore_post(struct camkes_semaphore *semaphore)
{
    int value = __atomic_load_n(&semaphore->value, __ATOMIC_SEQ_CST);

    do {
        if (value >= semaphore->limit) {
            return 0;
        }
    } while (!__atomic_compare_exchange_n(&semaphore->value, &value, value + 1, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if (__atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST) > 0) {
        seL4_Signal(semaphore->notification);
    }
    return 0;
}

void camkes_gate_pass(struct camkes_gate *gate)
{
    while (__atomic_load_n(&gate->is_open, __ATOMIC_ACQUIRE) == 0) {
        (void)seL4_Wait(gate->notification, NULL);
        seL4_Signal(gate->notification); // the next one who waits
    }
}

void camkes_gate_open(struct camkes_gate *gate)
{
    __atomic_store_n(&gate->is_open, 1, __ATOMIC_RELEASE);
    seL4_Signal(gate->notification);
}
