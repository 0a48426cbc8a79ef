/* The checksum of a TCP segment (RFC 9293, 3.1; RFC 1071).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_CHECKSUM_H
#define NETCASE_WIRE_CHECKSUM_H

#include "api/packet.h"

/* UNKNOWN: not all of the segment was captured. OFFLOADED: only the pseudo header is summed up, the rest is left to the
 * network card of the host that the capture was made on. */
enum checksum { CHECKSUM_UNKNOWN, CHECKSUM_RIGHT, CHECKSUM_OFFLOADED, CHECKSUM_WRONG };

/* Of a segment from its TCP header on, between the addresses of `packet`. */
enum checksum wire_tcp_checksum(const struct payload *segment, const struct packet *packet);

#endif
