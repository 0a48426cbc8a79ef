/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/walk.h"

#include "wire/bytes.h"
#include "wire/headers.h"
#include "wire/packet_time.h"

/* Deeper, Wireshark may see more: nobody builds that. */
enum { LAYERS_MAX = 32 };

/* EtherTypes, and the numbers of IPv4 and IPv6 in PPP. */
enum {
    TYPE_IPV4 = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_IPV6 = 0x86dd,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_UPSTREAM = 0x8848,
    TYPE_PPPOE_SESSION = 0x8864,
    TYPE_BRIDGED = 0x6558, /* Ethernet in GRE and GENEVE */
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
};

/* In which Wireshark finds packets, and we don't look: TRILL, MACsec, provider backbone bridges, NSH, PPP in GRE, WCCP. */
static const uint16_t unopened_types[] = {0x22f3, 0x88e5, 0x88e7, 0x894f, 0x880b, 0x883e};

/* Of IP: EtherIP, L2TP, MPLS. What IPsec encrypts nobody sees. */
static const uint8_t unopened_protocols[] = {97, 115, 137};

/* UDP: L2TP, GTP, Teredo, GRE, VXLAN-GPE, CAPWAP, MPLS. */
static const uint16_t unopened_ports[] = {1701, 2152, 3544, 4754, 4790, 5247, 6635};

enum { PROTOCOL_IPIP = 4, PROTOCOL_6IN4 = 41, PROTOCOL_GRE = 47 };

/* The way through one frame. */
struct way {
    const struct walk *walk;
    const struct walk_frame *frame;
    uint32_t segment; /* see struct neighbour: interface and VLAN */
    unsigned layers;
    bool put_together;       /* what is walked lies in a packet that was fragmented */
    enum walk_result result; /* the first that is not whole stays */
};

static void take_ip(struct way *way, const struct payload *ip, const struct place *place);
static void take_ethernet(struct way *way, const struct payload *frame, const struct place *place);

static void
miss(struct way *way, enum walk_result what)
{
    if (way->result == WALK_WHOLE)
        way->result = what;
}

static struct arrival
arrival_at(const struct way *way, const struct place *place)
{
    return (struct arrival){
        .packet = {.frame = way->frame->number, .time = packet_time_clamp(way->frame->time)},
        .place = *place,
        .segment = way->segment,
    };
}

/* -- Tunnels ---------------------------------------------------------------------------------- */

static bool
is_unopened_port(uint16_t port)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unopened_ports); i++)
        if (port == unopened_ports[i])
            return true;
    return false;
}

static void
take_vxlan(struct way *way, const struct payload *inner, const struct arrival *outer)
{
    if (!way->walk->engine_opens_vxlan) {
        take_ethernet(way, inner, &outer->inner);
        return;
    }
    struct arrival arrival = {.packet = {.frame = outer->packet.frame, .time = outer->packet.time},
                              .place = outer->inner};
    engine_ethernet(way->walk->engine, &arrival, inner);
}

static void
open_udp(struct way *way, const struct arrival *outer)
{
    struct packet packet = outer->packet;
    struct payload inner;
    uint32_t vni;
    uint16_t type;

    if (!wire_read_udp(&outer->transport, &packet))
        return;
    if (wire_read_vxlan(&packet.payload, &vni, &inner))
        take_vxlan(way, &inner, outer);
    else if (!wire_read_geneve(&packet.payload, &vni, &type, &inner))
        return;
    else if (type == TYPE_BRIDGED)
        take_ethernet(way, &inner, &outer->inner);
    else
        take_ip(way, &inner, &outer->inner);
}

static void take_type(struct way *way, uint16_t type, const struct payload *payload, const struct place *place);

static void
open_gre(struct way *way, const struct arrival *outer)
{
    struct gre_header gre;
    struct payload inner;
    if (!wire_read_gre(&outer->transport, &gre, &inner))
        miss(way, WALK_TUNNEL);
    else if (gre.erspan || gre.protocol == TYPE_BRIDGED)
        take_ethernet(way, &inner, &outer->inner);
    else
        take_type(way, gre.protocol, &inner, &outer->inner);
}

/* -- IP --------------------------------------------------------------------------------------- */

static void
note(const struct way *way, const struct arrival *arrival, uint32_t flow)
{
    if (way->walk->note != NULL)
        way->walk->note(arrival, flow, way->walk->data);
}

static void
take_transport(struct way *way, struct arrival *arrival)
{
    struct arrival_result result = engine_transport(way->walk->engine, arrival);
    if (result.flow != 0)
        note(way, arrival, result.flow);
    if (result.encapsulates)
        open_udp(way, arrival);
    else if (arrival->packet.protocol == PROTOCOL_UDP &&
             (is_unopened_port(arrival->packet.source.port) || is_unopened_port(arrival->packet.destination.port)))
        miss(way, WALK_TUNNEL);
}

static void
take_protocol(struct way *way, struct arrival *arrival)
{
    struct place inside;

    switch (arrival->packet.protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
        take_transport(way, arrival);
        break;
    case PROTOCOL_GRE:
        engine_gre(way->walk->engine, arrival);
        open_gre(way, arrival);
        break;
    case PROTOCOL_IPIP:
    case PROTOCOL_6IN4:
        inside = place_in_ip_tunnel(&arrival->place, &arrival->packet);
        take_ip(way, &arrival->transport, &inside);
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        engine_icmp(way->walk->engine, arrival);
        note(way, arrival, 0);
        break;
    default:
        if (memchr(unopened_protocols, arrival->packet.protocol, sizeof unopened_protocols) != NULL)
            miss(way, WALK_TUNNEL);
    }
}

/* The length of the whole is that of a packet with a header of the smallest size, as with Wireshark. */
static void
take_fragment(struct way *way, struct arrival *arrival, const struct ip_fragment *fragment)
{
    enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };
    /* A part inside of a whole would overwrite it. */
    if (way->walk->fragments == NULL || way->put_together) {
        miss(way, WALK_FRAGMENT);
        return;
    }
    if (!fragments_add(way->walk->fragments, &arrival->packet, arrival->place.path, fragment, &arrival->transport))
        return;
    way->put_together = true;
    uint32_t header = arrival->packet.source.address.family == 4 ? IPV4_HEADER : IPV6_HEADER;
    arrival->ip_length = arrival->ip_present = header + arrival->transport.length;
    take_protocol(way, arrival);
}

static void
take_ip(struct way *way, const struct payload *ip, const struct place *place)
{
    struct arrival arrival = arrival_at(way, place);
    struct ip_fragment fragment;

    if (wire_read_ip_fragment(ip, &arrival.packet, &fragment)) {
        take_fragment(way, &arrival, &fragment);
        return;
    }
    if (!wire_read_ip(ip, &arrival.packet, &arrival.transport))
        return;
    if (++way->layers > LAYERS_MAX) {
        miss(way, WALK_TUNNEL);
        return;
    }
    /* The transport header lies in the same bytes, behind the IP header and its extensions. */
    uint32_t header = (uint32_t)(arrival.transport.bytes - ip->bytes);
    arrival.ip_length = header + arrival.transport.length;
    arrival.ip_present = MIN(ip->length, arrival.ip_length);
    take_protocol(way, &arrival);
}

/* -- Link layers ------------------------------------------------------------------------------ */

/* `count` bytes at `at`, where they are captured. */
static const uint8_t *
bytes_at(const struct payload *payload, uint32_t at, uint32_t count)
{
    uint32_t visible = payload_visible(payload);
    return at <= visible && count <= visible - at ? payload->bytes + at : NULL;
}

/* A number of PPP, whose high byte may be left out where it is 0 (RFC 1661, 6.5). */
static void
take_ppp(struct way *way, const struct payload *ppp, const struct place *place)
{
    const uint8_t *bytes = bytes_at(ppp, 0, 2);
    if (bytes == NULL)
        return;
    bool compressed = (bytes[0] & 1) != 0;
    uint16_t type = compressed ? bytes[0] : read_u16(bytes);
    struct payload inner = payload_after(ppp, compressed ? 1 : 2);
    if (type == PPP_IPV4 || type == PPP_IPV6)
        take_ip(way, &inner, place);
    else if (type < 0x4000) /* data that is no IP: compressed, encrypted, several links as one */
        miss(way, WALK_TUNNEL);
}

/* What follows the last label is told by its first bits (RFC 4928): IP, or an Ethernet frame behind a control word, which is not
 * opened. */
static void
take_mpls(struct way *way, const struct payload *mpls, const struct place *place)
{
    enum { LABEL = 4, BOTTOM_OF_STACK = 1 };
    const uint8_t *label;
    for (uint32_t at = 0; (label = bytes_at(mpls, at, LABEL + 1)) != NULL; at += LABEL) {
        if (!(label[2] & BOTTOM_OF_STACK))
            continue;
        struct payload inner = payload_after(mpls, at + LABEL);
        if (label[LABEL] >> 4 == 4 || label[LABEL] >> 4 == 6)
            take_ip(way, &inner, place);
        else
            miss(way, WALK_TUNNEL);
        return;
    }
}

static void
take_arp(const struct way *way, const struct payload *arp, const struct place *place)
{
    struct arrival arrival = arrival_at(way, place);
    arrival.transport = *arp;
    engine_arp(way->walk->engine, &arrival);
}

static void
take_type(struct way *way, uint16_t type, const struct payload *payload, const struct place *place)
{
    enum { VLAN_TAG = 4, VLAN_ID = 0xfff, PPPOE_HEADER = 6 };
    struct payload inner = *payload;

    for (const uint8_t *tag; wire_is_vlan_tag(type); inner = payload_after(&inner, VLAN_TAG)) {
        tag = bytes_at(&inner, 0, VLAN_TAG);
        if (tag == NULL)
            return;
        way->segment = (way->segment & ~VLAN_ID) | (read_u16(tag) & VLAN_ID);
        type = read_u16(tag + 2);
    }
    if (type == TYPE_ARP) {
        take_arp(way, &inner, place);
    } else if (type == TYPE_IPV4 || type == TYPE_IPV6) {
        take_ip(way, &inner, place);
    } else if (type == TYPE_MPLS || type == TYPE_MPLS_UPSTREAM) {
        take_mpls(way, &inner, place);
    } else if (type == TYPE_PPPOE_SESSION && bytes_at(&inner, 0, PPPOE_HEADER) != NULL) {
        struct payload ppp = payload_after(&inner, PPPOE_HEADER);
        take_ppp(way, &ppp, place);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unopened_types); i++)
        if (type == unopened_types[i])
            miss(way, WALK_TUNNEL);
}

/* IEEE 802.3 has a length where Ethernet II has the type; the type then stands in a SNAP header (RFC 1042). */
static void
take_ethernet(struct way *way, const struct payload *frame, const struct place *place)
{
    enum { HEADER = 14, TYPE_AT = 12, LENGTH_MAX = 1500, SNAP_HEADER = 8 };
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0};
    const uint8_t *header = bytes_at(frame, 0, HEADER);
    if (header == NULL)
        return;
    uint16_t type = read_u16(header + TYPE_AT);
    struct payload inner = payload_after(frame, HEADER);
    if (type <= LENGTH_MAX) {
        const uint8_t *control = bytes_at(&inner, 0, SNAP_HEADER);
        if (control == NULL || memcmp(control, snap, sizeof snap) != 0)
            return;
        type = read_u16(control + sizeof snap);
        inner = payload_after(&inner, SNAP_HEADER);
    }
    take_type(way, type, &inner, place);
}

/* The family is 2 everywhere for IPv4; for IPv6 it differs, and the packet tells better. */
static void
take_loopback(struct way *way, const struct payload *frame, const struct place *place)
{
    enum { HEADER = 4 };
    if (bytes_at(frame, 0, HEADER) == NULL)
        return;
    struct payload inner = payload_after(frame, HEADER);
    take_ip(way, &inner, place);
}

static void
take_cooked(struct way *way, const struct payload *frame, uint32_t type_at, uint32_t header, const struct place *place)
{
    const uint8_t *bytes = bytes_at(frame, 0, header);
    if (bytes == NULL)
        return;
    struct payload inner = payload_after(frame, header);
    take_type(way, read_u16(bytes + type_at), &inner, place);
}

static void
take_framed_ppp(struct way *way, const struct payload *frame, const struct place *place)
{
    static const uint8_t address_and_control[] = {0xff, 0x03}; /* RFC 1662, 3.1; may be left out */
    const uint8_t *bytes = bytes_at(frame, 0, sizeof address_and_control);
    bool framed = bytes != NULL && memcmp(bytes, address_and_control, sizeof address_and_control) == 0;
    struct payload inner = payload_after(frame, framed ? sizeof address_and_control : 0);
    take_ppp(way, &inner, place);
}

enum walk_result
walk_frame(const struct walk *walk, const struct walk_frame *frame)
{
    struct way way = {.walk = walk, .frame = frame, .segment = frame->interface << 16};
    const struct place outside = {0};

    switch (frame->link) {
    case LINK_ETHERNET:
        take_ethernet(&way, &frame->bytes, &outside);
        break;
    case LINK_RAW_IP:
        take_ip(&way, &frame->bytes, &outside);
        break;
    case LINK_LOOPBACK:
        take_loopback(&way, &frame->bytes, &outside);
        break;
    case LINK_LINUX_COOKED:
        take_cooked(&way, &frame->bytes, 14, 16, &outside);
        break;
    case LINK_LINUX_COOKED_2:
        take_cooked(&way, &frame->bytes, 0, 20, &outside);
        break;
    case LINK_PPP:
        take_framed_ppp(&way, &frame->bytes, &outside);
        break;
    default:
        return WALK_LINK;
    }
    return way.result;
}
