// SPDX-License-Identifier: BSD-2-Clause
// Lets the offenders go and looks whether anybody noticed.
#include <string.h>

#include "check.h"

int run(void)
{
    volatile uint32_t *words = (volatile uint32_t *)frames;

    board->sequence = 1;
    words[0] = 2;
    // They have a higher priority: all have done it when this returns.
    go_emit();
    CHECK("write_is_stopped", writer_beat(1) == 2);
    CHECK("write_of_frames_is_stopped", frame_writer_beat(2) == 3);
    CHECK("other_threads_go_on", runner_beat(3) == 4 && null_reader_beat(4) == 5
                                     && recursion_beat(5) == 6 && talker_beat(6) == 7);
    CHECK("frames_are_unchanged", words[0] == 2);
    // The one that may write has written its code there.
    CHECK("data_is_unchanged", board->sequence == 0xd65f03c0);
    report_finish();
    return 0;
}
