// SPDX-License-Identifier: BSD-2-Clause
// Does one thing that hardware or kernel must stop.
#include <camkes.h>
#include <limits.h>
#include <string.h>

int life_beat(int value)
{
    return value + 1;
}

int life_say(const char *text)
{
    return (int)strlen(text);
}

static volatile int sink;

/// Deeper than any stack; the condition keeps compilers from seeing that.
static int recurse(volatile char *above)
{
    volatile char room[1024];

    room[0] = above[0];
    return sink != INT_MAX ? recurse(room) + room[0] : 0;
}

static void execute_data(void)
{
    static const uint32_t ret = 0xd65f03c0;
    void (*function)(void);

    memcpy(board, &ret, sizeof(ret));
    memcpy(&function, &board, sizeof(function));
    function();
}

static void send_too_much(void)
{
    // More than a message can hold, and nobody handles the error: this thread ends.
    static char text[2000];

    memset(text, 'x', sizeof(text) - 1);
    (void)peer_say(text);
}

int run(void)
{
    go_wait();
    // What is allowed works.
    sink = (int)board->sequence + *(volatile int *)frames;
    if (strcmp(crime, "write data") == 0) {
        board->sequence = 666;
    } else if (strcmp(crime, "write frames") == 0) {
        *(volatile uint32_t *)frames = 666;
    } else if (strcmp(crime, "execute data") == 0) {
        execute_data();
    } else if (strcmp(crime, "read null") == 0) {
        uintptr_t address = (uintptr_t)sink & 8;
        sink = *(volatile int *)address;
    } else if (strcmp(crime, "use up the stack") == 0) {
        char start = (char)sink;
        sink = recurse(&start);
    } else {
        send_too_much();
    }
    // Not reached.
    board->sequence = 667;
    return 0;
}
