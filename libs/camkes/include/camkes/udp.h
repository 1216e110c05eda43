// SPDX-License-Identifier: BSD-2-Clause
// Types of seL4UDPSend and seL4UDPRecv. There is no network stack here: the component that provides
// the interfaces defines what sends and receives (docs/adl.md).
#ifndef CAMKES_UDP_H
#define CAMKES_UDP_H

#include <stddef.h>
#include <stdint.h>

#include <sel4/types.h>

#ifdef __has_include
#if __has_include(<lwip/ip_addr.h>)
#include <lwip/ip_addr.h>
#define CAMKES_UDP_LWIP 1
#endif
#endif

#ifndef CAMKES_UDP_LWIP
/// An IPv4 address in network byte order.
typedef struct ip4_addr {
    uint32_t addr;
} ip_addr_t;
#endif

/// A server may define these: they are called around each request, so that a network stack of one
/// thread can be used by several interfaces.
void lwip_lock(void) __attribute__((weak));
void lwip_unlock(void) __attribute__((weak));

#endif
