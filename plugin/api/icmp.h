/* An ICMP or ICMPv6 error about a packet of a flow (RFC 792; RFC 4443, 3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_ICMP_H
#define NETCASE_API_ICMP_H

#include <stdbool.h>
#include <stdint.h>

/* `mtu` is that of "fragmentation needed" (RFC 1191) and "packet too big", else 0. `sequence` is the
 * quoted packet's TCP sequence number. */
struct icmp_error {
    bool ipv6;
    uint8_t type, code;
    uint32_t mtu;
    uint32_t sequence;
};

#endif
