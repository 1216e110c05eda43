// SPDX-License-Identifier: BSD-2-Clause
// Adds one, below if there is somebody.
#include <camkes.h>

int from_above_ping(int value)
{
    return below_ping != NULL ? below_ping(value) + 1 : value + 1;
}
