/* Addresses and endpoints as plain values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_ADDRESS_H
#define NETCASE_API_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An IPv4 or IPv6 address in network byte order. Bytes that the family does not use are zero, so
 * that two equal addresses are equal byte for byte. A family of 0 means "no address". */
struct ip_address {
    uint8_t family; /* 4, 6, or 0 */
    uint8_t bytes[16];
};

/* One end of a conversation. The port is in host byte order; 0 for protocols without ports. */
struct endpoint {
    struct ip_address address;
    uint16_t port;
};

static inline bool
address_equal(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

/* The network that one site has as a rule, with the host part zero: /24, of IPv6 /64. */
static inline struct ip_address
address_network(const struct ip_address *address)
{
    struct ip_address network = *address;
    unsigned kept = address->family == 4 ? 3 : 8;
    memset(network.bytes + kept, 0, sizeof network.bytes - kept);
    return network;
}

/* Whether the address is one that the public Internet routes: not private (RFC 1918, RFC 4193),
 * loopback, link local, shared (RFC 6598), documentation, benchmark, multicast or reserved. */
bool address_is_public(const struct ip_address *address);

/* Whether a packet to the address has one receiver, so that an answer can be expected: not
 * multicast, not the IPv4 limited broadcast, not unspecified. */
bool address_is_unicast(const struct ip_address *address);

enum { ADDRESS_TEXT_SIZE = 46 };

/* The address as people write it (RFC 5952), "?" for none. */
void address_format(const struct ip_address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
