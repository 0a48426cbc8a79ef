/* Packets as plain values, for tests of what works on them: between a client 192.0.2.1:40000 and a
 * server 198.51.100.2:80.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_PACKET_OF_H
#define NETCASE_TESTS_PACKET_OF_H

#include "bytes_of.h"

enum side_of { CLIENT, SERVER };

static inline struct packet
packet_between(uint8_t protocol, enum side_of sender)
{
    const struct endpoint client = {ipv4(192, 0, 2, 1), 40000}, server = {ipv4(198, 51, 100, 2), 80};
    return (struct packet){
        .frame = 1,
        .protocol = protocol,
        .source = sender == CLIENT ? client : server,
        .destination = sender == CLIENT ? server : client,
        .ttl = 64,
        .has_ip_id = true,
        .ip_id = 100,
    };
}

/* Of `length` bytes; flags without ACK have no acknowledgment. */
static inline struct packet
tcp_packet(enum side_of sender, uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
    struct packet packet = packet_between(PROTOCOL_TCP, sender);
    packet.flags = flags;
    packet.sequence = sequence;
    packet.acknowledgment = acknowledgment;
    packet.payload.length = length;
    packet.payload.bytes = (const uint8_t *)"";
    return packet;
}

#endif
