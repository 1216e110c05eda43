// SPDX-License-Identifier: BSD-2-Clause
#define BOARD_SETTINGS \
    ports.range <- range; \
    ports.irq_number <- irq_number; \
    ports.unset <- unset;
#define BOARD_IMPORTS import <ports.camkes>;
