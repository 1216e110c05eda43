// SPDX-License-Identifier: BSD-2-Clause
// Emits what it is told to.
#include <camkes.h>

static char delayed;

static void emit(char which)
{
    switch (which) {
    case 'w':
        w_emit();
        break;
    case 'p':
        p_emit();
        break;
    case 'c':
        c_emit();
        break;
    case 'n':
        n_emit();
        break;
    case '2':
        both_emit();
        break;
    case 'g':
        g1_emit();
        break;
    case 'h':
        g2_emit();
        break;
    default:
        back_emit();
        break;
    }
}

void trigger_now(char which, int count)
{
    for (int i = 0; i < count; i++) {
        emit(which);
    }
}

void trigger_later(char which)
{
    delayed = which;
    (void)work_post();
}

/// Lowest priority here: runs when the listener sleeps.
int run(void)
{
    for (;;) {
        (void)work_wait();
        emit(delayed);
    }
}
