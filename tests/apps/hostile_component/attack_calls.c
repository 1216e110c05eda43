// SPDX-License-Identifier: BSD-2-Clause
// Attacks by system calls. Those on its own threads come last: they may hurt the attacker itself.
#include "attempt.h"

#include <camkes.h>
#include <camkes/runtime.h>
#include <string.h>

enum {
    SLOTS = 64,     ///< more than the attacker has
    LABELS = 80,    ///< more than there are
    FIRST = -40,    ///< system calls, beyond both ends
    LAST = 40,
};

/// A word as an attacker would choose it: a slot, a size, an address, a flag, anything.
static uint64_t make_word(void)
{
    uint64_t word = attempt_random();

    switch (word >> 61) {
    case 0:
    case 1:
        return word % SLOTS;
    case 2:
        return UINT64_C(1) << (word % 64);
    case 3:
        return (UINT64_C(1) << (word % 64)) - 1;
    case 4:
        return 0x8000000000 + word % 0x100000000;
    case 5:
        return (word % 2 == 0 ? 0x400000 : 0x1000000000) + word % 0x10000;
    case 6:
        return 0 - word % 256;
    default:
        return word;
    }
}

static void fill_ipc_buffer(void)
{
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    for (unsigned i = 0; i < 12; i++) {
        buffer->msg[attempt_random() % (i < 8 ? 12 : seL4_MsgMaxLength)] = make_word();
    }
    for (unsigned i = 0; i < seL4_MsgMaxExtraCaps; i++) {
        buffer->caps_or_badges[i] = make_word();
    }
    buffer->receiveCNode = make_word();
    buffer->receiveIndex = make_word();
    buffer->receiveDepth = make_word();
}

static void fill_call(struct attempt_call *call)
{
    for (unsigned i = 0; i < 9; i++) {
        call->x[i] = make_word();
    }
}

/// Calls that would print what confuses the test, or that stop the machine of a debug build by design.
static bool is_left_out(int64_t number, unsigned round)
{
    // This one complains on the console.
    if (number == seL4_SysDebugNameThread) {
        return round != 0;
    }
    return number == seL4_SysDebugPutChar || number == seL4_SysDebugDumpScheduler
           || number == seL4_SysDebugHalt || number == seL4_SysDebugSnapshot;
}

void attack_numbers(void)
{
    static const int64_t others[] = { INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX, 0x100000000 - 1,
                                      -0x100000000, 0x10000, -0x10000 };
    struct attempt_call call;

    for (unsigned round = 0; round < 40; round++) {
        for (int64_t number = FIRST; number <= LAST; number++) {
            if (!is_left_out(number, round)) {
                fill_ipc_buffer();
                fill_call(&call);
                // Any slot but those of its own threads.
                call.x[0] = SLOTS + call.x[0] % SLOTS;
                call.x[8] = SLOTS + call.x[8] % SLOTS;
                attempt_syscall(number, &call);
            }
        }
        for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            fill_call(&call);
            call.x[0] |= SLOTS;
            attempt_syscall(others[i], &call);
        }
    }
}

/// Whether a slot holds a cap to one of the attacker's own threads.
static bool is_own_thread(uint64_t slot)
{
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (slot == camkes_instance.threads[i].tcb
            || slot == camkes_instance.threads[i].sched_context) {
            return true;
        }
    }
    return false;
}

/// One call of every kind on a slot with a label.
static void attack_slot(uint64_t slot, uint64_t label)
{
    static const int8_t numbers[] = {
        seL4_SysCall,      seL4_SysNBSend, seL4_SysSend, seL4_SysCall, seL4_SysNBSendRecv,
        seL4_SysReplyRecv, seL4_SysNBRecv, seL4_SysWait, seL4_SysRecv, seL4_SysNBSendWait,
        seL4_SysNBWait,
    };
    struct attempt_call call;
    // The calls that invoke are more interesting than those that wait.
    unsigned choice = (unsigned)(attempt_random() % 32);

    fill_ipc_buffer();
    fill_call(&call);
    call.x[0] = slot;
    call.x[8] = slot;
    call.x[1] = label << 12 | (attempt_random() & 0xfff);
    if (attempt_random() % 4 == 0) {
        // As the kernel expects it: a few words, perhaps a cap.
        call.x[1] = label << 12 | (attempt_random() & 1) << 7 | attempt_random() % 8;
    }
    attempt_syscall(numbers[choice < sizeof(numbers) ? choice : 0], &call);
}

void attack_slots(void)
{
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        for (uint64_t label = 0; label < LABELS && !is_own_thread(slot); label++) {
            attack_slot(slot, label);
            attack_slot(slot, label);
        }
    }
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t slot = make_word();
        if (!is_own_thread(slot)) {
            attack_slot(slot, i % 4 == 0 ? attempt_random() >> 12 : attempt_random() % LABELS);
        }
    }
}

/// Requests in the format of the connection, with arguments that nobody should send.
static void attack_by_requests(void)
{
    static const char *const names[] = { "pattern", "", "nothing", "../pattern", "pattern " };
    static char endless[900];

    memset(endless, 'x', sizeof(endless) - 1);
    // Files that are never closed: as many as there are for one client, and more.
    for (unsigned i = 0; i < 40; i++) {
        (void)fs_open("pattern", 0);
    }
    for (unsigned i = 0; i < 400; i++) {
        (void)fs_open(i % 8 == 0 ? endless : names[i % 5], (int)make_word() * (i % 2 != 0));
        (void)fs_read((int)(i % 20), (size_t)make_word());
        (void)fs_read((int)make_word(), (size_t)make_word());
        (void)fs_seek((int)(i % 20), (int64_t)make_word(), (int)(make_word() % 4));
        (void)fs_seek((int)make_word(), (int64_t)make_word(), (int)make_word());
        (void)fs_close((int)make_word() | 0x40);
    }
}

void attack_file_server(void)
{
    volatile uint8_t *shared = fs_buf;
    struct attempt_call call;

    attack_by_requests();
    // Garbage in the message and in the shared memory, of any length and label, to whoever listens.
    for (unsigned i = 0; i < 3000; i++) {
        shared[attempt_random() % fs_get_size()] = (uint8_t)attempt_random();
        if (i % 8 == 0) {
            // A string without an end.
            memset(seL4_GetIPCBuffer()->msg, 'x', sizeof(seL4_GetIPCBuffer()->msg));
        }
        fill_ipc_buffer();
        fill_call(&call);
        call.x[0] = i % 32;
        call.x[1] = i % 3 == 0 ? make_word() : attempt_random() % 128;
        // The method, and the beginning of its arguments.
        call.x[2] = attempt_random() % 6 | (i % 2 == 0 ? make_word() << 8 : 0);
        if (!is_own_thread(call.x[0])) {
            attempt_syscall(i % 4 == 0 ? seL4_SysSend : seL4_SysCall, &call);
        }
    }
}

void attack_itself(void)
{
    for (;;) {
        uint64_t slot = attempt_random() % SLOTS;
        attack_slot(slot, attempt_random() % LABELS);
    }
}
