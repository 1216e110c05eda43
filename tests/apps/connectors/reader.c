// SPDX-License-Identifier: BSD-2-Clause
// The other side of Writer's memory.
#include <camkes.h>
#include <string.h>

uint32_t look_notice(char **text)
{
    board_acquire();
    *text = strndup(board->text, sizeof(board->text));
    return board->sequence;
}

int look_exchange(size_t offset, int value)
{
    unsigned char *bytes = large;
    int old = -1;

    if (offset < large_size) {
        old = bytes[offset];
        bytes[offset] = (unsigned char)value;
    }
    return old;
}

int look_follow(dataport_ptr_t place)
{
    const int *number = dataport_unwrap_ptr(place);

    return number != NULL ? *number : -1;
}

dataport_ptr_t look_own_place(size_t offset)
{
    return private_memory_wrap_ptr((char *)private_memory + offset);
}

uint64_t look_frame(uint32_t n, uint32_t *count)
{
    seL4_CPtr cap = dataport_get_nth_frame_cap(&frames_handle, n);
    seL4_ARM_Page_GetAddress_t frame = { .error = 1, .paddr = 0 };

    if (cap != 0) {
        frame = seL4_ARM_Page_GetAddress(cap);
    }
    *count = dataport_get_num_frame_caps(&frames_handle);
    return frame.error == 0 ? frame.paddr : 0;
}
