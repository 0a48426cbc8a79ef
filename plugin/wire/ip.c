/* Ethernet with VLAN tags (IEEE 802.1Q, 802.1ad), IPv4 (RFC 791, 3.1), IPv6 (RFC 8200, 3) and its
 * extension headers (RFC 8200, 4; authentication header: RFC 4302, 2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bytes.h"
#include "wire/headers.h"

enum { ETHERNET_HEADER_SIZE = 14, VLAN_TAG_SIZE = 4, IPV4_HEADER_SIZE = 20, IPV6_HEADER_SIZE = 40 };
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };

enum {
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AUTHENTICATION = 51,
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSION_HIP = 139,
    EXTENSION_SHIM6 = 140,
};

static struct ip_address
address_of(uint8_t family, const uint8_t *bytes)
{
    struct ip_address address = {.family = family};
    memcpy(address.bytes, bytes, family == 4 ? 4 : 16);
    return address;
}

/* The packet with the length that its IP header claims, which is more than `ip` holds where the
 * packet was cut. 0 claims nothing: the sending host has left the packet for its network card to
 * split, or it is a jumbogram (RFC 2675). It lasts as long as what surrounds it then. */
static struct payload
with_length(const struct payload *ip, uint32_t claimed)
{
    return (struct payload){
        .bytes = ip->bytes,
        .captured = payload_visible(ip),
        .length = claimed != 0 ? claimed : ip->length,
    };
}

static void
read_ipv4_head(const uint8_t *bytes, struct packet *packet)
{
    packet->has_ip_id = true;
    packet->ip_id = read_u16(bytes + 4);
    packet->ttl = bytes[8];
    packet->protocol = bytes[9];
    packet->source.address = address_of(4, bytes + 12);
    packet->destination.address = address_of(4, bytes + 16);
}

static bool
read_ipv4(const struct payload *ip, struct packet *packet, struct payload *transport)
{
    const uint8_t *bytes = ip->bytes;
    uint32_t visible = payload_visible(ip);
    uint32_t size = (bytes[0] & 0xf) * 4u;
    if (visible < IPV4_HEADER_SIZE || size < IPV4_HEADER_SIZE || visible < size) {
        return false;
    }
    uint32_t total = read_u16(bytes + 2);
    uint16_t fragment_offset = read_u16(bytes + 6) & 0x1fff;
    if ((total != 0 && total < size) || fragment_offset != 0) {
        return false;
    }
    read_ipv4_head(bytes, packet);
    struct payload whole = with_length(ip, total);
    *transport = payload_after(&whole, size);
    return true;
}

/* Size of the extension header of this kind at `bytes`, of which 8 are readable; 0 if it is none. */
static uint32_t
extension_size(uint8_t protocol, const uint8_t *bytes)
{
    switch (protocol) {
    case EXTENSION_HOP_BY_HOP:
    case EXTENSION_ROUTING:
    case EXTENSION_DESTINATION:
    case EXTENSION_MOBILITY:
    case EXTENSION_HIP:
    case EXTENSION_SHIM6:
        return (bytes[1] + 1u) * 8;
    case EXTENSION_AUTHENTICATION:
        return (bytes[1] + 2u) * 4;
    case EXTENSION_FRAGMENT:
        return 8;
    default:
        return 0;
    }
}

/* Step over extension headers; what follows is `transport`, its protocol is packet->protocol. */
static bool
skip_extensions(struct packet *packet, struct payload *transport)
{
    for (;;) {
        /* Every extension header has at least 8 bytes, so this ends. */
        bool enough = payload_visible(transport) >= 8;
        uint32_t size = extension_size(packet->protocol, enough ? transport->bytes : (const uint8_t[8]){0});
        if (size == 0) {
            return true;
        }
        if (!enough || size > payload_visible(transport)) {
            return false;
        }
        if (packet->protocol == EXTENSION_FRAGMENT && (read_u16(transport->bytes + 2) & 0xfff8) != 0) {
            return false;
        }
        packet->protocol = transport->bytes[0];
        *transport = payload_after(transport, size);
    }
}

static void
read_ipv6_head(const uint8_t *bytes, struct packet *packet)
{
    packet->has_ip_id = false;
    packet->ip_id = 0;
    packet->protocol = bytes[6];
    packet->ttl = bytes[7];
    packet->source.address = address_of(6, bytes + 8);
    packet->destination.address = address_of(6, bytes + 24);
}

static bool
read_ipv6(const struct payload *ip, struct packet *packet, struct payload *transport)
{
    const uint8_t *bytes = ip->bytes;
    if (payload_visible(ip) < IPV6_HEADER_SIZE) {
        return false;
    }
    uint32_t length = read_u16(bytes + 4);
    read_ipv6_head(bytes, packet);
    struct payload whole = with_length(ip, length != 0 ? IPV6_HEADER_SIZE + length : 0);
    *transport = payload_after(&whole, IPV6_HEADER_SIZE);
    return skip_extensions(packet, transport);
}

bool
wire_read_ip(const struct payload *ip, struct packet *packet, struct payload *transport)
{
    if (payload_visible(ip) == 0) {
        return false;
    }
    switch (ip->bytes[0] >> 4) {
    case 4:
        return read_ipv4(ip, packet, transport);
    case 6:
        return read_ipv6(ip, packet, transport);
    default:
        return false;
    }
}

static bool
read_ipv4_fragment(const struct payload *ip, struct packet *packet, struct ip_fragment *fragment)
{
    enum { MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };
    const uint8_t *bytes = ip->bytes;
    uint32_t size = (bytes[0] & 0xf) * 4u;
    if (payload_visible(ip) < IPV4_HEADER_SIZE || size < IPV4_HEADER_SIZE || payload_visible(ip) < size)
        return false;
    uint16_t field = read_u16(bytes + 6);
    uint32_t total = read_u16(bytes + 2);
    if ((field & (MORE_FRAGMENTS | OFFSET)) == 0 || total <= size || total > payload_visible(ip))
        return false;
    read_ipv4_head(bytes, packet);
    *fragment = (struct ip_fragment){.id = packet->ip_id,
                                     .offset = (field & OFFSET) * 8u,
                                     .last = (field & MORE_FRAGMENTS) == 0,
                                     .data = {bytes + size, total - size, total - size}};
    return true;
}

/* Behind the extension headers that each part has. */
static bool
read_ipv6_fragment(const struct payload *ip, struct packet *packet, struct ip_fragment *fragment)
{
    enum { MORE_FRAGMENTS = 1, OFFSET = 0xfff8, HEADER = 8 };
    const uint8_t *bytes = ip->bytes;
    if (payload_visible(ip) < IPV6_HEADER_SIZE)
        return false;
    uint32_t length = read_u16(bytes + 4);
    if (IPV6_HEADER_SIZE + length > payload_visible(ip))
        return false;
    uint8_t protocol = bytes[6];
    struct payload rest = {bytes + IPV6_HEADER_SIZE, length, length};
    while (protocol != EXTENSION_FRAGMENT) {
        uint32_t size = rest.length >= HEADER ? extension_size(protocol, rest.bytes) : 0;
        if (size == 0 || size > rest.length)
            return false;
        protocol = rest.bytes[0];
        rest = payload_after(&rest, size);
    }
    if (rest.length <= HEADER)
        return false;
    uint16_t field = read_u16(rest.bytes + 2);
    if ((field & (MORE_FRAGMENTS | OFFSET)) == 0)
        return false;
    read_ipv6_head(bytes, packet);
    packet->protocol = rest.bytes[0];
    *fragment = (struct ip_fragment){.id = read_u32(rest.bytes + 4),
                                     .offset = field & OFFSET,
                                     .last = (field & MORE_FRAGMENTS) == 0,
                                     .data = payload_after(&rest, HEADER)};
    return true;
}

bool
wire_read_ip_fragment(const struct payload *ip, struct packet *packet, struct ip_fragment *fragment)
{
    if (payload_visible(ip) == 0)
        return false;
    switch (ip->bytes[0] >> 4) {
    case 4:
        return read_ipv4_fragment(ip, packet, fragment);
    case 6:
        return read_ipv6_fragment(ip, packet, fragment);
    default:
        return false;
    }
}

bool
wire_is_vlan_tag(uint16_t ethertype)
{
    return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100; /* the last: before 802.1ad */
}

bool
wire_read_ethernet(const struct payload *frame, struct payload *inner)
{
    uint32_t visible = payload_visible(frame);
    uint32_t size = ETHERNET_HEADER_SIZE;
    while (size <= visible && wire_is_vlan_tag(read_u16(frame->bytes + size - 2))) {
        size += VLAN_TAG_SIZE;
    }
    if (size > visible) {
        return false;
    }
    uint16_t ethertype = read_u16(frame->bytes + size - 2);
    if (ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_ARP && ethertype != ETHERTYPE_IPV6) {
        return false;
    }
    *inner = payload_after(frame, size);
    return true;
}
