// SPDX-License-Identifier: BSD-2-Clause
// Plays several threads on the fake machine: makes them, lets the root task step aside for them,
// and makes system calls as whichever thread runs.
#ifndef KERNEL_THREADS_H
#define KERNEL_THREADS_H

#include "kernel_harness.h"

/// A thread of a test: slots of its caps in the root CNode and its TCB.
struct player {
    word_t cap;
    word_t sched_context; ///< 0: passive
    struct tcb *tcb;
    word_t pc;            ///< where it starts
};

/// Puts the root task at priority 255 to sleep and wakes it.
void root_sleep(void);
void root_wake(void);

/// A thread with a scheduling context that is ready to run, below the root task. The priority may
/// not be 255.
struct player make_player(word_t priority);
/// The same with budget and period in microseconds, room for more refills, and SchedControl flags.
struct player make_player_with(word_t priority, word_t budget_us, word_t period_us, word_t refills,
                               word_t flags);
/// A thread without a scheduling context, ready to take donated ones. It is started.
struct player make_passive_player(word_t priority);
/// Runs a passive player up to its first Recv on an endpoint.
void park_server(struct player server, word_t endpoint, word_t reply);
/// SchedControl_ConfigureFlags.
word_t configure(word_t sched_context, word_t budget_us, word_t period_us, word_t refills,
                 word_t badge, word_t flags);

struct tcb *current(void);
#define assert_runs(player) assert_ptr_equal(current(), (player).tcb)
#define assert_root_runs() assert_ptr_equal(current(), harness_root_thread())

/// Message info of a message without caps.
word_t info(word_t label, word_t length);
/// A system call of the current thread: registers as given, then kernel entry. Returns whether it
/// still runs afterwards.
bool sys(int64_t number, word_t cptr, word_t message_info, word_t reply);
/// Sets message registers 0 to 3 of the current thread.
void set_words(word_t w0, word_t w1, word_t w2, word_t w3);
word_t reg(const struct tcb *tcb, enum arch_register which);
/// What a thread got: label, length, badge and message words of its last receive.
word_t got_label(const struct tcb *tcb);
word_t got_length(const struct tcb *tcb);
word_t got_badge(const struct tcb *tcb);
word_t got_word(struct tcb *tcb, word_t i);

/// A fault of the current thread.
void fault(word_t label, word_t w0, word_t w1, word_t w2);

/// Time goes on by so many microseconds without a kernel entry; run_for() takes the timer
/// interrupts.
void pass_us(word_t microseconds);
void run_for_us(word_t microseconds);

#endif
