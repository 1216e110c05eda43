// SPDX-License-Identifier: BSD-2-Clause
// Stands for the header of a network stack, which has its own name for an IPv4 address.
#ifndef LWIP_IP_ADDR_H
#define LWIP_IP_ADDR_H

#include <stdint.h>

typedef struct ip_addr {
    uint32_t addr;
} ip_addr_t;

#endif
