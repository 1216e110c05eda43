// SPDX-License-Identifier: BSD-2-Clause
// Object sizes and labels of the architecture, under the name that component sources include.
#ifndef SEL4_ARCH_CONSTANTS_H
#define SEL4_ARCH_CONSTANTS_H

#include <sel4/types.h>

#endif
