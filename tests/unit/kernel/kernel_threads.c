// SPDX-License-Identifier: BSD-2-Clause
// Plays several threads on the fake machine (see kernel_threads.h).
#include "kernel_threads.h"
#include "kernel_check.h"

static word_t bed; ///< notification that the root task sleeps on

void root_sleep(void)
{
    assert_root_runs();
    if (bed == 0 || cap_type(cap_at(bed)) != CAP_NOTIFICATION) {
        bed = make(seL4_NotificationObject, 0);
    }
    assert_false(sys(seL4_SysWait, bed, 0, 0));
}

void root_wake(void)
{
    assert_false(sys(seL4_SysNBSend, bed, 0, 0));
    assert_root_runs();
}

word_t configure(word_t sched_context, word_t budget_us, word_t period_us, word_t refills,
                 word_t badge, word_t flags)
{
    return call(harness_boot_info()->schedcontrol.start, SchedControlConfigureFlags,
                WORDS(sched_context), WORDS(budget_us, period_us, refills, badge, flags));
}

static word_t next_pc = 0x400000;

static struct player start(word_t tcb, word_t sched_context)
{
    struct player player = { tcb, sched_context, thread_at(tcb), next_pc };
    next_pc += 0x10000;
    assert_int_equal(call(tcb, TCBWriteRegisters, NO_WORDS, WORDS(1, 1, player.pc)), seL4_NoError);
    return player;
}

struct player make_player_with(word_t priority, word_t budget_us, word_t period_us, word_t refills,
                               word_t flags)
{
    word_t tcb = make_thread(priority);
    word_t bits = seL4_MinSchedContextBits;
    while (((BIT(bits) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes) < refills) {
        bits++;
    }
    word_t sc = make(seL4_SchedContextObject, bits);
    assert_int_equal(configure(sc, budget_us, period_us, refills, 0x5c, flags), seL4_NoError);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(seL4_CapInitThreadTCB, 0, 0),
                          WORDS(priority, priority)), seL4_NoError);
    assert_int_equal(call(sc, SchedContextBind, WORDS(tcb), NO_WORDS), seL4_NoError);
    return start(tcb, sc);
}

struct player make_player(word_t priority)
{
    return make_player_with(priority, 5000, 5000, 0, 0);
}

struct player make_passive_player(word_t priority)
{
    word_t tcb = make_thread(priority);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(seL4_CapInitThreadTCB, 0, 0),
                          WORDS(priority, priority)), seL4_NoError);
    return start(tcb, 0);
}

void park_server(struct player server, word_t endpoint, word_t reply)
{
    struct player starter = make_player(200);
    assert_int_equal(call(starter.sched_context, SchedContextUnbind, NO_WORDS, NO_WORDS),
                     seL4_NoError);
    assert_int_equal(call(starter.sched_context, SchedContextBind, WORDS(server.cap), NO_WORDS),
                     seL4_NoError);
    struct player waker = make_player(2);
    root_sleep();
    assert_runs(server);
    assert_false(sys(seL4_SysRecv, endpoint, 0, reply));
    while (current() != waker.tcb) { // the test's other threads go first
        assert_false(sys(seL4_SysYield, 0, 0, 0));
    }
    root_wake();
    assert_int_equal(
        call(starter.sched_context, SchedContextUnbindObject, WORDS(server.cap), NO_WORDS),
        seL4_NoError);
    assert_int_equal(call(waker.cap, TCBSuspend, NO_WORDS, NO_WORDS), seL4_NoError);
}

struct tcb *current(void)
{
    return harness_core()->current;
}

word_t info(word_t label, word_t length)
{
    return seL4_MessageInfo_new(label, 0, 0, length).words[0];
}

bool sys(int64_t number, word_t cptr, word_t message_info, word_t reply)
{
    struct tcb *tcb = current();
    arch_set_register(tcb, REGISTER_CAP, cptr);
    arch_set_register(tcb, REGISTER_MESSAGE_INFO, message_info);
    arch_set_register(tcb, REGISTER_REPLY, reply);
    return enter(number);
}

void set_words(word_t w0, word_t w1, word_t w2, word_t w3)
{
    const word_t words[] = { w0, w1, w2, w3 };
    for (word_t i = 0; i < ARRAY_SIZE(words); i++) {
        arch_set_register(current(), message_register(i), words[i]);
    }
}

word_t reg(const struct tcb *tcb, enum arch_register which)
{
    return arch_get_register(tcb, which);
}

word_t got_label(const struct tcb *tcb)
{
    return MESSAGE_LABEL(reg(tcb, REGISTER_MESSAGE_INFO));
}

word_t got_length(const struct tcb *tcb)
{
    return message_length(reg(tcb, REGISTER_MESSAGE_INFO));
}

word_t got_badge(const struct tcb *tcb)
{
    return reg(tcb, REGISTER_BADGE);
}

word_t got_word(struct tcb *tcb, word_t i)
{
    if (i < seL4_FastMessageRegisters) {
        return reg(tcb, message_register(i));
    }
    return arch_ipc_buffer(tcb, false)[BUFFER_MESSAGE + i];
}

void fault(word_t label, word_t w0, word_t w1, word_t w2)
{
    const struct fault fault = { label, { w0, w1, w2, 0 } };
    struct tcb *tcb = current();
    arch_set_register(tcb, REGISTER_FAULT_PC, reg(tcb, REGISTER_PC));
    kernel_handle_fault(harness_core(), &fault);
    kernel_check(harness_core(), root_slot(0), BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
}

void pass_us(word_t microseconds)
{
    host_timer_advance(microseconds * HOST_TICKS_PER_US);
}

void run_for_us(word_t microseconds)
{
    ticks_t end = arch_timer_now() + microseconds * HOST_TICKS_PER_US;
    for (;;) {
        ticks_t deadline = host_timer_deadline(harness_core());
        if (deadline > end) {
            host_timer_advance(end - arch_timer_now());
            return;
        }
        if (deadline > arch_timer_now()) {
            host_timer_advance(deadline - arch_timer_now());
        }
        interrupt();
    }
}
