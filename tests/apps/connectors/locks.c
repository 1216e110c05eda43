// SPDX-License-Identifier: BSD-2-Clause
// Four threads of equal priority contend for locks; they give the processor away in the worst
// moments.
#include "check.h"

enum { THREADS = 4, ROUNDS = 2000 };

static int counter;
static int inside;
static int most_inside;

/// Not atomic on purpose: only the lock makes it right.
static void count(int round)
{
    int value = *(volatile int *)&counter;

    if (round % 8 == 0) {
        seL4_Yield();
    }
    *(volatile int *)&counter = value + 1;
}

static void with_mutex(int round)
{
    (void)m_lock();
    count(round);
    (void)m_unlock();
}

static void with_semaphore(int round)
{
    if (round % 3 == 0) {
        while (one_trywait() != 0) {
            seL4_Yield();
        }
    } else {
        (void)one_wait();
    }
    count(round);
    (void)one_post();
}

static void with_two(int round)
{
    (void)two_wait();
    int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    if (now > __atomic_load_n(&most_inside, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&most_inside, now, __ATOMIC_SEQ_CST);
    }
    if (round % 4 == 0) {
        seL4_Yield();
    }
    __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    (void)two_post();
}

/// Used as a lock, a binary semaphore that starts with 1.
static void with_binary(int round)
{
    (void)ping_wait();
    count(round);
    (void)ping_post();
}

static void (*work)(int round);

static void on_start(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        work(i);
    }
    (void)done_post();
}

/// All threads do `what`; how far they counted together.
static int contend(void (*what)(int))
{
    work = what;
    counter = 0;
    (void)t0_reg_callback(on_start, NULL);
    (void)t1_reg_callback(on_start, NULL);
    (void)t2_reg_callback(on_start, NULL);
    (void)t3_reg_callback(on_start, NULL);
    start_emit();
    for (int i = 0; i < THREADS; i++) {
        (void)done_wait();
    }
    return counter;
}

static void on_ping(void *arg)
{
    int *turns = arg;

    for (int i = 0; i < ROUNDS; i++) {
        (void)ping_wait();
        (*turns)++;
        (void)pong_post();
    }
    (void)done_post();
}

/// Two threads take turns by two binary semaphores.
static void check_turns(void)
{
    int turns = 0;
    bool good = true;

    // The others have nothing to do in this round.
    (void)t0_reg_callback(on_ping, &turns);
    start_emit();
    for (int i = 1; i <= ROUNDS; i++) {
        (void)pong_wait();
        good = good && *(volatile int *)&turns == i;
        (void)ping_post();
    }
    (void)done_wait();
    CHECK("binary_semaphore_turns", good && turns == ROUNDS);
    while (t1_poll() == 0 || t2_poll() == 0 || t3_poll() == 0) {
        seL4_Yield();
    }
}

static void check_limits(void)
{
    CHECK("pong_starts_with_0", pong_trywait() != 0);
    (void)pong_post();
    (void)pong_post();
    CHECK("binary_holds_one", pong_trywait() == 0 && pong_trywait() != 0);
    CHECK("two_starts_with_2", two_trywait() == 0 && two_trywait() == 0 && two_trywait() != 0);
    (void)two_post();
    (void)two_post();
    (void)two_post();
    CHECK("semaphore_counts_up", two_trywait() == 0 && two_trywait() == 0 && two_trywait() == 0);
    (void)two_post();
    (void)two_post();
    CHECK("one_starts_with_1", one_trywait() == 0 && one_trywait() != 0);
    (void)one_post();
}

int run(void)
{
    check_limits();
    CHECK("mutex", contend(with_mutex) == THREADS * ROUNDS);
    CHECK("semaphore", contend(with_semaphore) == THREADS * ROUNDS);
    CHECK("binary_semaphore", contend(with_binary) == THREADS * ROUNDS);
    CHECK("semaphore_of_two", contend(with_two) == THREADS * ROUNDS && most_inside == 2);
    check_turns();
    report_finish();
    return 0;
}
