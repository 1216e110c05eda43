// SPDX-License-Identifier: BSD-2-Clause
// A guest that watches its own time: it does nothing but read the counter, and says for each half
// second which part of it went to others, and how long it was away at most.
#include "payload.h"

#define SPANS 8u

int main(void)
{
    const uint64_t frequency = counter_frequency();
    const uint64_t away = frequency / 500000; // more than 2 us between two looks
    uint64_t longest = 0;
    uint64_t least = 1000;

    interrupts_off();
    for (unsigned i = 0; i < SPANS; i++) {
        uint64_t start = counter();
        uint64_t end = start + frequency / 2;
        uint64_t last = start;
        uint64_t lost = 0;
        uint64_t gap = 0;
        while (last < end) {
            uint64_t now = counter();
            if (now - last > away) {
                lost += now - last;
                gap = now - last > gap ? now - last : gap;
            }
            last = now;
        }
        uint64_t own = 1000 - lost * 1000 / (last - start);
        print("steady %u: own %lu permille, longest away %lu us\n", i, own, gap * 1000000 / frequency);
        longest = gap > longest ? gap : longest;
        least = own < least ? own : least;
    }
    print("STEADY least %lu permille longest %lu us\n", least, longest * 1000000 / frequency);
    check(least > 0 && least < 1000, "somebody else ran too, and left something");
    finish();
}
