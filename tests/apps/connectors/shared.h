// SPDX-License-Identifier: BSD-2-Clause
// C types that the description names: a parameter and the contents of a dataport.
#ifndef CONNECTORS_SHARED_H
#define CONNECTORS_SHARED_H

#include <stdint.h>

typedef struct place {
    int16_t x;
    int64_t y;
} place_t;

typedef struct notice {
    uint32_t sequence;
    char text[60];
} notice_t;

#endif
