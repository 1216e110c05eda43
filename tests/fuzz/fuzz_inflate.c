// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the gzip decoder: any input, output buffers of different sizes. What was written to a
// small buffer is the front of what is written to a large one.
#include <stdlib.h>
#include <string.h>

#include <inflate/inflate.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static size_t read_input(void *context, uint8_t *to, size_t size)
{
    struct input *input = context;
    size_t count = input->size - input->at < size ? input->size - input->at : size;

    memcpy(to, input->data + input->at, count);
    input->at += count;
    return count;
}

static size_t run(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    static struct inflate state;
    static const uint8_t header[10] = { 0x1f, 0x8b, 8 };
    uint8_t *copy = malloc(size + sizeof(header));
    size_t written = 0;

    // Most inputs get a good header, so that the blocks are reached.
    size_t front = size > 0 && data[0] != 0x1f ? sizeof(header) : 0;
    memcpy(copy, header, front);
    memcpy(copy + front, data, size);
    struct input input = { copy, front + size, 0 };
    (void)inflate_gzip(&state, read_input, &input, out, room, &written);
    free(copy);
    if (written > room) {
        abort();
    }
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t large = 65536;
    const size_t small = 1000;
    uint8_t *a = malloc(large);
    uint8_t *b = malloc(small);
    size_t in_a = run(data, size, a, large);
    size_t in_b = run(data, size, b, small);

    if (in_b != (in_a < small ? in_a : small) || memcmp(a, b, in_b) != 0) {
        abort();
    }
    free(a);
    free(b);
    return 0;
}
