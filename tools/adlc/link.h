// SPDX-License-Identifier: BSD-2-Clause
// The commands that work on a finished system image.

#ifndef ADLC_LINK_H
#define ADLC_LINK_H

#include "adlc.h"

/// `adlc dump payload.bin`: print the system image at its head. argv[0] is "dump". Returns the exit
/// status.
int adlc_dump(int argc, char **argv);

#endif
