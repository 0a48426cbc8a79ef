/* VXLAN (RFC 7348, 5), GENEVE (RFC 8926, 3.4), GRE (RFC 2784, 2; key and sequence number: RFC 2890,
 * 2) and ERSPAN in GRE (draft-foschiano-erspan-03, 4.1 to 4.3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bytes.h"
#include "wire/headers.h"

enum { VXLAN_VALID_VNI = 0x08, VXLAN_HEADER_SIZE = 8, GENEVE_HEADER_SIZE = 8, GRE_HEADER_SIZE = 4 };
enum { GRE_CHECKSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_UNREADABLE = 0x4c07 };
enum { ETHERNET_TYPE_AT = 12, ETHERNET_HEADER_SIZE = 14 };
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd };
enum { ETHERTYPE_QINQ = 0x88a8 };
enum { PROTOCOL_ERSPAN = 0x88be, PROTOCOL_ERSPAN_III = 0x22eb };
enum { ERSPAN_II_SIZE = 8, ERSPAN_III_SIZE = 12, ERSPAN_PLATFORM_SIZE = 8, ERSPAN_FRAME_TYPE = 0x7c };

/* Whether an Ethernet frame of a protocol that hosts speak begins here, as far as can be seen. */
static bool
may_be_ethernet(const struct payload *frame)
{
    if (payload_visible(frame) < ETHERNET_HEADER_SIZE) {
        return payload_visible(frame) < frame->length;
    }
    switch (read_u16(frame->bytes + ETHERNET_TYPE_AT)) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_ARP:
    case ETHERTYPE_VLAN:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_QINQ:
        return true;
    default:
        return false;
    }
}

bool
wire_read_vxlan(const struct payload *udp_payload, uint32_t *vni, struct payload *inner)
{
    const uint8_t *bytes = udp_payload->bytes;
    if (payload_visible(udp_payload) < VXLAN_HEADER_SIZE) {
        return false;
    }
    if ((bytes[0] & VXLAN_VALID_VNI) == 0) {
        return false;
    }
    *vni = read_u24(bytes + 4);
    *inner = payload_after(udp_payload, VXLAN_HEADER_SIZE);
    bool plain = bytes[0] == VXLAN_VALID_VNI && (bytes[1] | bytes[2] | bytes[3] | bytes[7]) == 0;
    return plain || may_be_ethernet(inner);
}

bool
wire_read_geneve(const struct payload *udp_payload, uint32_t *vni, uint16_t *protocol, struct payload *inner)
{
    const uint8_t *bytes = udp_payload->bytes;
    uint32_t visible = payload_visible(udp_payload);
    if (visible < GENEVE_HEADER_SIZE || bytes[0] >> 6 != 0) {
        return false;
    }
    uint32_t size = GENEVE_HEADER_SIZE + (bytes[0] & 0x3f) * 4u;
    if (size > visible) {
        return false;
    }
    *protocol = read_u16(bytes + 2);
    *vni = read_u24(bytes + 4);
    *inner = payload_after(udp_payload, size);
    return true;
}

/* Size of the ERSPAN header, 0 if it is cut, of an unknown version, or followed by something other
 * than an Ethernet frame. Type I has none: it is told from type II by a GRE header without sequence
 * number. */
static uint32_t
erspan_size(const struct payload *erspan)
{
    uint32_t visible = payload_visible(erspan);
    if (visible < ERSPAN_II_SIZE) {
        return 0;
    }
    uint32_t size = 0;
    switch (erspan->bytes[0] >> 4) {
    case 1:
        size = ERSPAN_II_SIZE;
        break;
    case 2:
        if (visible >= ERSPAN_III_SIZE && (erspan->bytes[10] & ERSPAN_FRAME_TYPE) == 0) {
            bool platform = (erspan->bytes[11] & 1) != 0;
            size = ERSPAN_III_SIZE + (platform ? ERSPAN_PLATFORM_SIZE : 0);
        }
        break;
    default:
        break;
    }
    return size <= visible ? size : 0;
}

static bool
read_erspan(bool has_sequence, struct gre_header *gre, struct payload *inner)
{
    gre->erspan = true;
    gre->erspan_session = 0;
    if (gre->protocol == PROTOCOL_ERSPAN && !has_sequence) {
        return true;
    }
    uint32_t size = erspan_size(inner);
    if (size == 0) {
        return false;
    }
    gre->erspan_session = read_u16(inner->bytes + 2) & 0x03ff;
    *inner = payload_after(inner, size);
    return true;
}

bool
wire_read_gre(const struct payload *header, struct gre_header *gre, struct payload *inner)
{
    uint32_t visible = payload_visible(header);
    if (visible < GRE_HEADER_SIZE) {
        return false;
    }
    const uint8_t *bytes = header->bytes;
    uint16_t flags = read_u16(bytes);
    if ((flags & GRE_UNREADABLE) != 0) {
        return false;
    }
    uint32_t key_at = GRE_HEADER_SIZE + (flags & GRE_CHECKSUM ? 4 : 0);
    uint32_t size = key_at + (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQUENCE ? 4 : 0);
    if (size > visible) {
        return false;
    }
    *gre = (struct gre_header){.protocol = read_u16(bytes + 2), .has_key = (flags & GRE_KEY) != 0};
    if (gre->has_key) {
        gre->key = read_u32(bytes + key_at);
    }
    *inner = payload_after(header, size);
    if (gre->protocol == PROTOCOL_ERSPAN || gre->protocol == PROTOCOL_ERSPAN_III) {
        return read_erspan((flags & GRE_SEQUENCE) != 0, gre, inner);
    }
    return true;
}
