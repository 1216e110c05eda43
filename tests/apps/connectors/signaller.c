// SPDX-License-Identifier: BSD-2-Clause
// The other side of bound.c.
#include <camkes.h>

static int signals;

static void on_go(void *arg)
{
    (void)arg;
    memory->x = 11;
    memory->y = (int64_t)memory_get_paddr();
    memory_release();
    (void)go_reg_callback(on_go, NULL);
    if (signals++ == 0) {
        place_t message = { 0, 0 };
        while (places_send(&message) == 0) {
            message.x++;
            message.y--;
        }
        first_emit();
    } else {
        second_emit();
    }
}

void go__init(void)
{
    (void)go_reg_callback(on_go, NULL);
}

int gpio_twice(int value)
{
    return 2 * value;
}

int clock_twice(int value)
{
    return 2 * value + 1;
}

int bpmp_twice(int value)
{
    return 2 * value + 2;
}
