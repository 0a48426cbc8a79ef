/* Reads the headers between a frame and its payload, where Wireshark does not do it for us: TCP and
 * UDP headers, what VXLAN on an unusual port carries, and the packet quoted by an ICMP error.
 * Nothing is read beyond `captured`; every function tells by its result whether it could read
 * enough.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_HEADERS_H
#define NETCASE_WIRE_HEADERS_H

#include "api/icmp.h"
#include "api/neighbour.h"
#include "api/packet.h"

/* Fills ports, TCP fields and payload of `packet` from a TCP header (RFC 9293, 3.1; timestamps
 * RFC 7323). 20 bytes are needed; options that are cut are taken as absent, except that the payload
 * is then found by the data offset. False on a header that is cut or malformed. */
bool wire_read_tcp(const struct payload *header, struct packet *packet);

/* The same for UDP (RFC 768); the payload ends at the UDP length if that is smaller. */
bool wire_read_udp(const struct payload *header, struct packet *packet);

/* From an IPv4 or IPv6 header to the header of TCP, UDP or anything else: addresses, ttl, IP ID,
 * protocol; IPv6 extension headers are skipped (RFC 8200, 4). `transport` gets what follows, with
 * the length that the IP header claims. False for fragments other than the first and for anything
 * that can't be read. */
bool wire_read_ip(const struct payload *ip, struct packet *packet, struct payload *transport);

/* A part of what an IP packet carries that was sent in several: `data` are the bytes from `offset` on. */
struct ip_fragment {
    uint32_t id, offset;
    bool last;
    struct payload data;
};

/* The same for such a part, if all of it is captured: `packet` gets addresses, ttl, IP ID and the protocol of the whole. False for a packet
 * in one piece and for anything that can't be read. */
bool wire_read_ip_fragment(const struct payload *ip, struct packet *packet, struct ip_fragment *fragment);

/* Whether the EtherType is that of a VLAN tag: 802.1Q, 802.1ad, and what was in use before that. */
bool wire_is_vlan_tag(uint16_t ethertype);

/* From an Ethernet header over VLAN tags (802.1Q, 802.1ad) to the header of IP or ARP, which tell themselves apart by their
 * first byte. False if it is neither. */
bool wire_read_ethernet(const struct payload *frame, struct payload *inner);

/* VXLAN (RFC 7348, 5): the I flag says that it has a VNI; reserved bits are ignored, so VXLAN-GBP is VXLAN as well. Where some
 * are set, other UDP looks like it by chance: then what follows must begin like an Ethernet frame. `inner` gets that frame. */
bool wire_read_vxlan(const struct payload *udp_payload, uint32_t *vni, struct payload *inner);

/* GENEVE (RFC 8926, 3.4), version 0. `protocol` is the EtherType of `inner`. */
bool wire_read_geneve(const struct payload *udp_payload, uint32_t *vni, uint16_t *protocol, struct payload *inner);

/* GRE version 0 (RFC 2784, RFC 2890) and ERSPAN types I, II and III in it. For ERSPAN `inner` is
 * the mirrored Ethernet frame; type III can carry others, which are not read. */
struct gre_header {
    uint16_t protocol; /* EtherType */
    bool has_key;
    uint32_t key;
    bool erspan;
    uint16_t erspan_session; /* 0 for type I */
};
bool wire_read_gre(const struct payload *header, struct gre_header *gre, struct payload *inner);

/* The packet quoted by an ICMP or ICMPv6 error (RFC 792, RFC 4443): its addresses, protocol, ports
 * and, for TCP, sequence number (the first 8 bytes of its transport header suffice). `error->ipv6` is the
 * caller's, the rest is filled in. False if the message is no error; a redirect is none. */
bool wire_read_icmp_quote(const struct payload *icmp, struct icmp_error *error, struct packet *quoted);

/* ARP for IPv4 over Ethernet, and an ICMPv6 message of neighbour discovery, of which `packet` has addresses and hop limit. All but frame
 * and time is filled in. False if it is nothing of the kind. */
bool wire_read_arp(const struct payload *arp, struct neighbour *message);
bool wire_read_neighbour(const struct payload *icmpv6, const struct packet *packet, struct neighbour *message);

#endif
