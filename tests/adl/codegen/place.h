// SPDX-License-Identifier: BSD-2-Clause
// A C type that travels in remote calls and lies in a dataport.
#ifndef CODEGEN_PLACE_H
#define CODEGEN_PLACE_H

typedef struct place {
    int x;
    long long y;
} place_t;

#endif
