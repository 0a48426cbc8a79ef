/* Formats: RFC 9293, RFC 768, RFC 792, RFC 4443, RFC 791, RFC 8200, RFC 7348, RFC 8926, RFC 2890.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_bytes.h"

enum { PORT_VXLAN = 4789, PORT_GENEVE = 6081, PORT_TUNNEL_SOURCE = 49152 };
enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_BRIDGED = 0x6558,
    ETHERTYPE_ERSPAN = 0x88be,
    ETHERTYPE_IPV6 = 0x86dd
};
enum { PROTOCOL_IPIP = 4, PROTOCOL_6IN4 = 41, PROTOCOL_GRE = 47 };

void
put_u8(GByteArray *bytes, uint8_t value)
{
    g_byte_array_append(bytes, &value, 1);
}

void
put_u16(GByteArray *bytes, uint16_t value)
{
    put_u8(bytes, (uint8_t)(value >> 8));
    put_u8(bytes, (uint8_t)value);
}

void
put_u24(GByteArray *bytes, uint32_t value)
{
    put_u8(bytes, (uint8_t)(value >> 16));
    put_u16(bytes, (uint16_t)value);
}

void
put_u32(GByteArray *bytes, uint32_t value)
{
    put_u16(bytes, (uint16_t)(value >> 16));
    put_u16(bytes, (uint16_t)value);
}

void
put_fill(GByteArray *bytes, uint8_t value, size_t count)
{
    guint end = bytes->len;
    g_byte_array_set_size(bytes, end + (guint)count);
    memset(bytes->data + end, value, count);
}

static GByteArray *
join(GByteArray *first, GByteArray *second)
{
    g_byte_array_append(first, second->data, second->len);
    g_byte_array_unref(second);
    return first;
}

GByteArray *
tcp_bytes(const struct packet *packet, GByteArray *payload)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, packet->source.port);
    put_u16(bytes, packet->destination.port);
    put_u32(bytes, packet->sequence);
    put_u32(bytes, packet->acknowledgment);
    put_u8(bytes, (uint8_t)((5 + 3 * packet->has_timestamp + 3 * packet->reports_duplicate) << 4));
    put_u8(bytes, packet->flags);
    put_u16(bytes, (uint16_t)packet->window);
    put_u32(bytes, 0); /* checksum, urgent pointer */
    if (packet->has_timestamp) {
        put_u32(bytes, 0x0101080a);
        put_u32(bytes, packet->timestamp);
        put_u32(bytes, packet->timestamp_echo);
    }
    if (packet->reports_duplicate) {
        put_u32(bytes, 0x0101050a);
        put_u32(bytes, packet->acknowledgment - 1000);
        put_u32(bytes, packet->acknowledgment);
    }
    return join(bytes, payload);
}

static uint32_t
add_words(uint32_t sum, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
    return sum;
}

/* RFC 1071 over the pseudo header of IPv4 or IPv6 and the segment. */
void
put_tcp_checksum(GByteArray *segment, const struct packet *packet, uint16_t wrong)
{
    enum { CHECKSUM_AT = 16 };
    uint32_t sum = PROTOCOL_TCP + segment->len;
    sum = add_words(sum, packet->source.address.bytes, sizeof packet->source.address.bytes);
    sum = add_words(sum, packet->destination.address.bytes, sizeof packet->destination.address.bytes);
    sum = add_words(sum, segment->data, segment->len);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t checksum = (uint16_t)(~sum ^ wrong);
    segment->data[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
    segment->data[CHECKSUM_AT + 1] = (uint8_t)checksum;
}

GByteArray *
udp_bytes(uint16_t source, uint16_t destination, GByteArray *payload)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, source);
    put_u16(bytes, destination);
    put_u16(bytes, (uint16_t)(8 + payload->len));
    put_u16(bytes, 0);
    return join(bytes, payload);
}

GByteArray *
icmp_error_bytes(uint8_t type, uint8_t code, uint32_t mtu, const GByteArray *quoted_ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_u8(bytes, type);
    put_u8(bytes, code);
    put_u16(bytes, 0);
    put_u32(bytes, mtu);
    /* The header and 8 bytes, as RFC 792 has it: routers that quote little do so. */
    guint quoted = (quoted_ip->data[0] >> 4 == 6 ? 40 : 20) + 8;
    g_byte_array_append(bytes, quoted_ip->data, MIN(quoted, quoted_ip->len));
    return bytes;
}

GByteArray *
arp_bytes(uint16_t operation, const struct ip_address *sender, const struct link_address *link,
          const struct ip_address *target)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, 1);
    put_u16(bytes, ETHERTYPE_IPV4);
    put_u16(bytes, 0x0604);
    put_u16(bytes, operation);
    g_byte_array_append(bytes, link->bytes, sizeof link->bytes);
    g_byte_array_append(bytes, sender->bytes, 4);
    put_fill(bytes, 0, sizeof link->bytes);
    g_byte_array_append(bytes, target->bytes, 4);
    return bytes;
}

GByteArray *
neighbour_bytes(uint8_t type, uint8_t flags, const struct ip_address *target, uint8_t option,
                const struct link_address *link)
{
    GByteArray *bytes = g_byte_array_new();
    put_u8(bytes, type);
    put_u8(bytes, 0);
    put_u16(bytes, 0);
    put_u32(bytes, (uint32_t)flags << 24);
    g_byte_array_append(bytes, target->bytes, 16);
    if (option != 0) {
        put_u8(bytes, option);
        put_u8(bytes, 1);
        g_byte_array_append(bytes, link->bytes, sizeof link->bytes);
    }
    return bytes;
}

GByteArray *
ip_bytes(const struct packet *packet, GByteArray *transport)
{
    GByteArray *bytes = g_byte_array_new();
    bool ipv6 = packet->source.address.family == 6;
    if (ipv6) {
        put_u32(bytes, 0x60000000);
        put_u16(bytes, (uint16_t)transport->len);
        put_u8(bytes, packet->protocol);
        put_u8(bytes, packet->ttl);
    } else {
        put_u16(bytes, 0x4500);
        put_u16(bytes, (uint16_t)(20 + transport->len));
        put_u16(bytes, packet->ip_id);
        put_u16(bytes, 0x4000); /* don't fragment */
        put_u8(bytes, packet->ttl);
        put_u8(bytes, packet->protocol);
        put_u16(bytes, 0);
    }
    g_byte_array_append(bytes, packet->source.address.bytes, ipv6 ? 16 : 4);
    g_byte_array_append(bytes, packet->destination.address.bytes, ipv6 ? 16 : 4);
    return join(bytes, transport);
}

/* -- Encapsulation ---------------------------------------------------------------------------- */

static uint16_t
ethertype_of(const GByteArray *ip)
{
    uint8_t version = ip->data[0] >> 4;
    return version == 0 ? ETHERTYPE_ARP : version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}

static GByteArray *
ethernet_bytes(GByteArray *ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_fill(bytes, 2, 12); /* locally administered addresses */
    put_u16(bytes, ethertype_of(ip));
    return join(bytes, ip);
}

static GByteArray *
vxlan_bytes(uint32_t vni, GByteArray *ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_u32(bytes, 0x08000000);
    put_u24(bytes, vni);
    put_u8(bytes, 0);
    return udp_bytes(PORT_TUNNEL_SOURCE, PORT_VXLAN, join(bytes, ethernet_bytes(ip)));
}

static GByteArray *
geneve_bytes(uint32_t vni, GByteArray *ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, 0);
    put_u16(bytes, ETHERTYPE_BRIDGED);
    put_u24(bytes, vni);
    put_u8(bytes, 0);
    return udp_bytes(PORT_TUNNEL_SOURCE, PORT_GENEVE, join(bytes, ethernet_bytes(ip)));
}

/* ERSPAN type II: the GRE header has a sequence number. */
static GByteArray *
erspan_bytes(uint32_t session, GByteArray *ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, 0x1000);
    put_u16(bytes, ETHERTYPE_ERSPAN);
    put_u32(bytes, 0); /* sequence number */
    put_u16(bytes, 0x1000);
    put_u16(bytes, (uint16_t)session);
    put_u32(bytes, 0); /* index */
    return join(bytes, ethernet_bytes(ip));
}

static GByteArray *
gre_bytes(const struct wrapping *wrapping, GByteArray *ip)
{
    GByteArray *bytes = g_byte_array_new();
    put_u16(bytes, wrapping->has_identifier ? 0x2000 : 0);
    put_u16(bytes, ethertype_of(ip));
    if (wrapping->has_identifier)
        put_u32(bytes, wrapping->identifier);
    return join(bytes, ip);
}

GByteArray *
wrap_bytes(const struct wrapping *wrapping, bool back, uint16_t ip_id, GByteArray *ip)
{
    struct packet outer = {.ttl = 64, .ip_id = ip_id, .protocol = PROTOCOL_GRE};
    outer.source.address = back ? wrapping->target : wrapping->source;
    outer.destination.address = back ? wrapping->source : wrapping->target;

    switch (wrapping->kind) {
    case WRAPPING_VXLAN:
        outer.protocol = PROTOCOL_UDP;
        return ip_bytes(&outer, vxlan_bytes(wrapping->identifier, ip));
    case WRAPPING_GENEVE:
        outer.protocol = PROTOCOL_UDP;
        return ip_bytes(&outer, geneve_bytes(wrapping->identifier, ip));
    case WRAPPING_ERSPAN:
        return ip_bytes(&outer, erspan_bytes(wrapping->identifier, ip));
    case WRAPPING_GRE:
        return ip_bytes(&outer, gre_bytes(wrapping, ip));
    default:
        outer.protocol = ip->data[0] >> 4 == 6 ? PROTOCOL_6IN4 : PROTOCOL_IPIP;
        return ip_bytes(&outer, ip);
    }
}
