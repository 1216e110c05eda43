// SPDX-License-Identifier: BSD-2-Clause
// Call chains of passive servers at random: threads call, answer, receive, fault and run out of budget,
// while the root task suspends and resumes them, takes scheduling contexts away and gives them to
// others, and deletes and makes again what the chains hang on. The whole state is checked after
// every kernel entry.
#include "kernel_threads.h"

enum { SERVERS = 5, CLIENTS = 3, THREADS = SERVERS + CLIENTS, ENTRIES = 6000, IRQ = 42 };

static struct {
    struct player players[THREADS]; ///< servers first
    word_t endpoints[SERVERS];
    word_t replies[SERVERS];
    word_t contexts[CLIENTS + 1]; ///< and one that belongs to nobody
    word_t faults;
    word_t bed; ///< what the root task waits for
    word_t handler;
    word_t untyped; ///< of what is made again
} cast;
static uint64_t random_state;

static word_t choose(word_t count)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 24) % count;
}

static void make_cast(void)
{
    cast.bed = make(seL4_NotificationObject, 0);
    cast.handler = new_slot();
    assert_int_equal(call(seL4_CapIRQControl, IRQIssueIRQHandler, WORDS(ROOT),
                          WORDS(IRQ, cast.handler, DEPTH)), seL4_NoError);
    assert_int_equal(call(cast.handler, IRQSetIRQHandler, WORDS(cast.bed), NO_WORDS), seL4_NoError);
    cast.faults = make(seL4_EndpointObject, 0);
    for (word_t i = 0; i < SERVERS; i++) {
        cast.endpoints[i] = make(seL4_EndpointObject, 0);
        cast.replies[i] = make(seL4_ReplyObject, 0);
        cast.players[i] = make_passive_player(100 + 10 * i);
        park_server(cast.players[i], cast.endpoints[i], cast.replies[i]);
    }
    for (word_t i = 0; i < CLIENTS; i++) {
        cast.players[SERVERS + i] = make_player_with(80 + i, 2000, 10000, 4, i & 1);
        cast.contexts[i] = cast.players[SERVERS + i].sched_context;
    }
    cast.contexts[CLIENTS] = make(seL4_SchedContextObject, 8);
    (void)configure(cast.contexts[CLIENTS], 1000, 20000, 2, 1, 0);
    for (word_t i = 0; i < THREADS; i += 2) {
        assert_int_equal(call(cast.players[i].cap, TCBSetTimeoutEndpoint, WORDS(cast.faults),
                              NO_WORDS), seL4_NoError);
    }
}

// ---- what threads do ----------------------------------------------------------------------------

static word_t number_of(const struct tcb *tcb)
{
    word_t i = 0;
    while (i < THREADS && cast.players[i].tcb != tcb) {
        i++;
    }
    return i;
}

/// One system call of the thread that runs.
static void act(void)
{
    const word_t i = number_of(current());
    const word_t next = i < SERVERS ? i + 1 : 0;
    const word_t own = i < SERVERS ? i : choose(SERVERS);

    switch (choose(24)) {
    case 0:
        pass_us(choose(700));
        interrupt();
        return;
    case 1:
        (void)sys(seL4_SysRecv, cast.endpoints[own], 0, cast.replies[own]);
        return;
    case 2:
        (void)sys(seL4_SysSend, cast.replies[choose(SERVERS)], info(0, 1), 0);
        return;
    case 3:
        fault(seL4_Fault_VMFault, 0x1000, 0, 0x92000007);
        return;
    case 4:
        (void)sys(seL4_SysYield, 0, 0, 0);
        return;
    default:
        break;
    }
    const bool is_served = next < SERVERS
                           && cast.players[next].tcb->state == THREAD_BLOCKED_ON_RECEIVE;
    if (i >= SERVERS || (is_served && choose(5) != 0)) {
        (void)sys(seL4_SysCall, cast.endpoints[next], info(1, choose(3)), 0);
        return;
    }
    (void)sys(seL4_SysReplyRecv, cast.endpoints[own], info(0, choose(3)), cast.replies[own]);
}

// ---- what the root task does --------------------------------------------------------------------

/// Deletes an object and makes another one in its place.
static void make_again(word_t slot, word_t type)
{
    assert_int_equal(cnode_delete(slot), seL4_NoError);
    assert_int_equal(retype(ram_untyped(), type, type == seL4_SchedContextObject ? 8 : 0, slot, 1),
                     seL4_NoError);
}

static void disturb_context(void)
{
    const word_t sc = cast.contexts[choose(CLIENTS + 1)];
    const word_t thread = cast.players[choose(THREADS)].cap;

    switch (choose(6)) {
    case 0:
        (void)call(sc, SchedContextUnbind, NO_WORDS, NO_WORDS);
        break;
    case 1:
        (void)call(sc, SchedContextUnbindObject, WORDS(thread), NO_WORDS);
        break;
    case 2:
        make_again(sc, seL4_SchedContextObject);
        (void)configure(sc, 1000 + choose(3000), 10000, choose(8), 2, choose(2));
        break;
    case 3:
        (void)configure(sc, 1000 + choose(3000), 5000, choose(8), 3, choose(2));
        break;
    default:
        (void)call(sc, SchedContextBind, WORDS(thread), NO_WORDS);
        break;
    }
}

static void disturb(void)
{
    const word_t thread = cast.players[choose(THREADS)].cap;

    switch (choose(10)) {
    case 0:
        (void)call(thread, TCBSuspend, NO_WORDS, NO_WORDS);
        break;
    case 1:
        make_again(cast.replies[choose(SERVERS)], seL4_ReplyObject);
        break;
    case 2:
        if (choose(8) == 0) {
            make_again(cast.endpoints[choose(SERVERS)], seL4_EndpointObject);
        }
        break;
    case 3:
        (void)call(thread, TCBSetPriority, WORDS(seL4_CapInitThreadTCB), WORDS(60 + choose(100)));
        break;
    case 4:
        // Somebody's timeout is answered, or dropped.
        (void)sys(seL4_SysNBRecv, cast.faults, 0, cast.replies[choose(SERVERS)]);
        break;
    case 5:
        (void)sys(seL4_SysSend, cast.replies[choose(SERVERS)], info(choose(2), 0), 0);
        break;
    case 6:
    case 7:
        disturb_context();
        break;
    default:
        (void)call(thread, TCBResume, NO_WORDS, NO_WORDS);
        break;
    }
}

/// Who is stuck goes on: each thread that waits for nothing useful gets time of its own for a call.
static void set_up_again(void)
{
    for (word_t i = 0; i < THREADS; i++) {
        const struct player *player = &cast.players[i];
        const bool is_waiting = i < SERVERS
                                && player->tcb->state == THREAD_BLOCKED_ON_RECEIVE;
        if (!is_waiting && choose(2) == 0) {
            assert_int_equal(call(player->cap, TCBResume, NO_WORDS, NO_WORDS), seL4_NoError);
        }
    }
    for (word_t i = 0; i <= CLIENTS; i++) {
        struct sched_context *sc = cap_pointer(cap_at(cast.contexts[i]));
        if (sc->tcb != NULL && tcb_is_blocked(sc->tcb)) {
            (void)call(cast.contexts[i], SchedContextUnbind, NO_WORDS, NO_WORDS);
        }
        // The last one is for servers on their way back to their wait.
        for (word_t k = 0; k < SERVERS && sc->tcb == NULL; k++) {
            const struct player *player = &cast.players[i < CLIENTS ? SERVERS + i : k];
            if (tcb_is_runnable(player->tcb)) {
                (void)call(cast.contexts[i], SchedContextBind, WORDS(player->cap), NO_WORDS);
            }
        }
    }
}

static void wake_root(void)
{
    host_irq_raise(IRQ);
    while (!host_irq_is_masked(IRQ)) {
        interrupt(); // the timer's comes first
    }
    assert_root_runs();
    assert_int_equal(call(cast.handler, IRQAckIRQ, NO_WORDS, NO_WORDS), seL4_NoError);
}

/// Calls that one scheduling context has come along.
static unsigned depth(word_t slot)
{
    const struct sched_context *sc = cap_pointer(cap_at(slot));
    unsigned count = 0;
    for (const struct reply *reply = sc->reply; reply != NULL; reply = reply->previous) {
        count++;
    }
    return count;
}

static void test_random_chains(void **state)
{
    unsigned depths[SERVERS + 1] = { 0 };

    (void)state;
    random_state = 0x9e3779b97f4a7c15u;
    make_cast();
    for (unsigned entries = 0; entries < ENTRIES; entries++) {
        if (current() == harness_root_thread()) {
            disturb();
            if (current() == harness_root_thread() && choose(2) == 0) {
                set_up_again();
                (void)sys(seL4_SysWait, cast.bed, 0, 0);
            }
            continue;
        }
        if (current() == harness_core()->idle || choose(100) == 0) {
            pass_us(choose(3000));
            wake_root();
            continue;
        }
        act();
        for (word_t i = 0; i <= CLIENTS; i++) {
            depths[depth(cast.contexts[i])]++;
        }
    }
    // It was about chains.
    assert_true(depths[1] > 600);
    assert_true(depths[2] > 100);
    assert_true(depths[3] + depths[4] + depths[5] > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_random_chains, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
