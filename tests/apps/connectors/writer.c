// SPDX-License-Identifier: BSD-2-Clause
// Writes into shared memory and asks the other side what it sees.
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void check_data(void)
{
    char *text = NULL;

    CHECK("starts_as_zeros", board->sequence == 0 && board->text[0] == '\0');
    memcpy(board->text, "a notice", sizeof("a notice"));
    board->sequence = 42;
    board_release();
    CHECK("typed_dataport",
          look_notice(&text) == 42 && text != NULL && strcmp(text, "a notice") == 0);
    free(text);
    CHECK("size_is_rounded_up", board_size == 4096 && board_get_size() == 4096);

    unsigned char *bytes = large;
    bytes[0] = 1;
    bytes[large_size - 1] = 2;
    CHECK("large_dataport", large_size == 2 * 1024 * 1024 && look_exchange(0, 3) == 1
                                && look_exchange(large_size - 1, 4) == 2 && bytes[0] == 3
                                && bytes[large_size - 1] == 4
                                && look_exchange(large_size, 0) == -1);
    CHECK("setting_size", own_size == 12288);
}

static void check_pointers(void)
{
    int *number = (int *)large + 1000;
    int on_stack = 0;

    *number = 1234;
    CHECK("wrap_and_unwrap", look_follow(dataport_wrap_ptr(number)) == 1234);
    CHECK("wrap_by_interface", look_follow(large_wrap_ptr(number)) == 1234);
    CHECK("unwrap_own", dataport_unwrap_ptr(dataport_wrap_ptr(number)) == number);
    CHECK("wrap_elsewhere", look_follow(dataport_wrap_ptr(&on_stack)) == -1);
    dataport_ptr_t place = dataport_wrap_ptr(number);
    place.offset = 2 * 1024 * 1024;
    CHECK("unwrap_behind_the_end", look_follow(place) == -1 && dataport_unwrap_ptr(place) == NULL);
    place.offset = -4;
    CHECK("unwrap_before_the_start",
          look_follow(place) == -1 && dataport_unwrap_ptr(place) == NULL);
    CHECK("unwrap_of_the_others", own_unwrap_ptr(look_own_place(128)) == (char *)own + 128);
}

static void check_caps(void)
{
    seL4_CPtr first = dataport_get_nth_frame_cap(&frames_handle, 0);
    uint32_t count = dataport_get_num_frame_caps(&frames_handle);
    uint32_t other_count = 0;
    bool same = count != 0;

    CHECK("frames_cover_the_dataport",
          dataport_get_size(&frames_handle) == 8192
              && (uint64_t)count << dataport_get_frame_size_bits(&frames_handle) == 8192);
    for (uint32_t n = 0; n < count; n++) {
        seL4_ARM_Page_GetAddress_t frame =
            seL4_ARM_Page_GetAddress(dataport_get_nth_frame_cap(&frames_handle, n));
        same = same && frame.error == 0 && frame.paddr == look_frame(n, &other_count)
               && other_count == count;
    }
    CHECK("both_have_caps_to_the_same_frames", same);
    CHECK("no_cap_behind_the_last", dataport_get_nth_frame_cap(&frames_handle, count) == 0
                                        && look_frame(count, &other_count) == 0);
    CHECK("dataport_id", dataport_get_id(&frames_handle) == 5);
    CHECK("dataport_rights", (dataport_get_rights(&frames_handle).words[0] & 3) == 3);
    CHECK("caps_are_caps", first != 0);
}

int run(void)
{
    check_data();
    check_pointers();
    check_caps();
    report_finish();
    return 0;
}
