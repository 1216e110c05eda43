// SPDX-License-Identifier: BSD-2-Clause
// A structure that travels in a remote call.
#ifndef POINT_H
#define POINT_H

typedef struct point {
    int x;
    int y;
} point_t;

#endif
