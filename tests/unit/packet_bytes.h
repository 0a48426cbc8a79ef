/* Packets as bytes, from the inside out: transport, IP, encapsulation. Checksums are left 0
 * unless they are asked for.
 *
 * The functions take the bytes they are given (and free them) and return new ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_PACKET_BYTES_H
#define NETCASE_TESTS_PACKET_BYTES_H

#include <glib.h>

#include "api/neighbour.h"

void put_u8(GByteArray *bytes, uint8_t value);
void put_u16(GByteArray *bytes, uint16_t value);
void put_u24(GByteArray *bytes, uint32_t value);
void put_u32(GByteArray *bytes, uint32_t value);
void put_fill(GByteArray *bytes, uint8_t value, size_t count);

/* The TCP header that the fields of `packet` describe, with its payload. */
GByteArray *tcp_bytes(const struct packet *packet, GByteArray *payload);
/* Its checksum, with these bits of it turned over. */
void put_tcp_checksum(GByteArray *segment, const struct packet *packet, uint16_t wrong);
GByteArray *udp_bytes(uint16_t source, uint16_t destination, GByteArray *payload);

/* An ICMP or ICMPv6 error that quotes the beginning of an IP packet. */
GByteArray *icmp_error_bytes(uint8_t type, uint8_t code, uint32_t mtu, const GByteArray *quoted_ip);

/* ARP: who has which address and link address, and whom it tells or asks for; 1 is a request, 2 a reply. */
GByteArray *arp_bytes(uint16_t operation, const struct ip_address *sender, const struct link_address *link,
                      const struct ip_address *target);

/* ICMPv6: a neighbour solicitation (135) or advertisement (136, with its flags) for the target, with an option (1 or 2) that has the link address. */
GByteArray *neighbour_bytes(uint8_t type, uint8_t flags, const struct ip_address *target, uint8_t option,
                            const struct link_address *link);

/* An IPv4 or IPv6 header (addresses, protocol, ttl and IP ID of `packet`) and what it carries. */
GByteArray *ip_bytes(const struct packet *packet, GByteArray *transport);

enum wrapping_kind { WRAPPING_VXLAN, WRAPPING_GENEVE, WRAPPING_ERSPAN, WRAPPING_GRE, WRAPPING_IPIP };

/* An encapsulation. GRE without a key has no identifier. */
struct wrapping {
    enum wrapping_kind kind;
    struct ip_address source, target;
    bool has_identifier;
    uint32_t identifier; /* VNI, ERSPAN session or GRE key */
};

/* The IP packet that carries this IP packet, from source to target, or back. */
GByteArray *wrap_bytes(const struct wrapping *wrapping, bool back, uint16_t ip_id, GByteArray *ip);

#endif
