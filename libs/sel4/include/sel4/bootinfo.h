// SPDX-License-Identifier: BSD-2-Clause
// Boot info of the root task under its usual name; the types are in sel4/types.h.
#ifndef SEL4_BOOTINFO_H
#define SEL4_BOOTINFO_H

#include <sel4/types.h>

#endif
