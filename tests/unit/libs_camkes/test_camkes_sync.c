// SPDX-License-Identifier: BSD-2-Clause
// Mutex, semaphores and events between real threads over a fake kernel.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include <camkes/event.h>
#include <camkes/sync.h>

#include "fake_kernel.h"

enum { THREADS = 4, ROUNDS = 5000 };

static int setup(void **state)
{
    (void)state;
    fake_kernel_reset();
    for (unsigned i = 1; i < 16; i++) {
        fake_kernel_cap(i, i, 1);
    }
    fake_kernel_enter();
    return 0;
}

static struct camkes_mutex mutex;
static unsigned long guarded;

static void *count_under_lock(void *arg)
{
    (void)arg;
    fake_kernel_enter();
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(camkes_mutex_lock(&mutex), 0);
        guarded++;
        assert_int_equal(camkes_mutex_unlock(&mutex), 0);
    }
    return NULL;
}

static void a_mutex_lets_one_thread_in_at_a_time(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    mutex = (struct camkes_mutex)CAMKES_MUTEX_INIT(1);
    guarded = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_under_lock, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(guarded, THREADS * ROUNDS);
    assert_int_equal(mutex.state, 1);
    assert_int_equal(fake_kernel_pending(1), 0);
}

static struct camkes_semaphore items;
static unsigned taken;

static void *take_items(void *arg)
{
    (void)arg;
    fake_kernel_enter();
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(camkes_semaphore_wait(&items), 0);
        __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *post_items(void *arg)
{
    (void)arg;
    fake_kernel_enter();
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(camkes_semaphore_post(&items), 0);
    }
    return NULL;
}

static void a_semaphore_wakes_as_many_as_were_posted(void **state)
{
    pthread_t takers[THREADS];
    pthread_t posters[THREADS];

    (void)state;
    items = (struct camkes_semaphore)CAMKES_SEMAPHORE_INIT(2, 0, INT32_MAX);
    taken = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&takers[i], NULL, take_items, NULL), 0);
        assert_int_equal(pthread_create(&posters[i], NULL, post_items, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(takers[i], NULL), 0);
        assert_int_equal(pthread_join(posters[i], NULL), 0);
    }
    assert_int_equal(taken, THREADS * ROUNDS);
    assert_int_equal(items.value, 0);
    assert_int_equal(items.waiters, 0);
}

static void trywait_never_sleeps(void **state)
{
    struct camkes_semaphore semaphore = CAMKES_SEMAPHORE_INIT(3, 2, 5);

    (void)state;
    assert_int_equal(camkes_semaphore_trywait(&semaphore), 0);
    assert_int_equal(camkes_semaphore_trywait(&semaphore), 0);
    assert_int_equal(camkes_semaphore_trywait(&semaphore), -1);
}

static void a_binary_semaphore_holds_one(void **state)
{
    struct camkes_semaphore semaphore = CAMKES_SEMAPHORE_INIT(3, 0, 1);

    (void)state;
    (void)camkes_semaphore_post(&semaphore);
    (void)camkes_semaphore_post(&semaphore);
    assert_int_equal(semaphore.value, 1);
    assert_int_equal(camkes_semaphore_wait(&semaphore), 0);
    assert_int_equal(camkes_semaphore_trywait(&semaphore), -1);
}

static struct camkes_event event = {
    .notification = 4, .lock = CAMKES_MUTEX_INIT(5), .handoff = CAMKES_SEMAPHORE_INIT(6, 0, 1),
};
static struct camkes_semaphore called = CAMKES_SEMAPHORE_INIT(7, 0, 100);
static unsigned calls;

static void count_call(void *arg)
{
    assert_ptr_equal(arg, &calls);
    calls++;
    (void)camkes_semaphore_post(&called);
}

static void *event_thread(void *arg)
{
    (void)arg;
    fake_kernel_enter();
    camkes_event_run(&event);
}

static void events_reach_waiters_and_callbacks(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, event_thread, NULL), 0);
    assert_int_equal(camkes_event_poll(&event), 0);
    seL4_Signal(4);
    camkes_event_wait(&event);
    assert_int_equal(camkes_event_poll(&event), 0);

    // A callback is called once, later events wait again.
    assert_int_equal(camkes_event_reg_callback(&event, count_call, &calls), 0);
    assert_int_equal(camkes_event_reg_callback(&event, count_call, &calls), -1);
    seL4_Signal(4);
    (void)camkes_semaphore_wait(&called);
    assert_int_equal(calls, 1);
    seL4_Signal(4);
    camkes_event_wait(&event);
    assert_int_equal(calls, 1);

    // An event that is there already calls it at once.
    seL4_Signal(4);
    while (event.handoff.value == 0) {
        usleep(100);
    }
    assert_int_equal(camkes_event_reg_callback(&event, count_call, &calls), 0);
    assert_int_equal(calls, 2);
    assert_int_equal(pthread_cancel(thread), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static struct camkes_gate gate;
static int passed;

static void *pass_gate(void *arg)
{
    (void)arg;
    fake_kernel_enter();
    camkes_gate_pass(&gate);
    __atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void an_open_gate_lets_all_pass(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    gate = (struct camkes_gate){ .notification = 5 };
    passed = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, pass_gate, NULL), 0);
    }
    usleep(20000);
    assert_int_equal(__atomic_load_n(&passed, __ATOMIC_SEQ_CST), 0);
    camkes_gate_open(&gate);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(passed, THREADS);
    camkes_gate_pass(&gate); // without the kernel from now on
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_mutex_lets_one_thread_in_at_a_time, setup),
        cmocka_unit_test_setup(a_semaphore_wakes_as_many_as_were_posted, setup),
        cmocka_unit_test_setup(trywait_never_sleeps, setup),
        cmocka_unit_test_setup(a_binary_semaphore_holds_one, setup),
        cmocka_unit_test_setup(events_reach_waiters_and_callbacks, setup),
        cmocka_unit_test_setup(an_open_gate_lets_all_pass, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
