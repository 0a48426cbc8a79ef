/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include "wire/headers.h"
#include "wire/packet_time.h"

enum { PROTOCOL_IPIP = 4, PROTOCOL_6IN4 = 41, PROTOCOL_GRE = 47, ETHERTYPE_BRIDGED = 0x6558 };

static void take_ip(const struct feed *feed, const struct payload *ip, const struct place *place);

static void
take_ethernet(const struct feed *feed, const struct payload *frame, const struct place *place)
{
    struct payload ip;
    if (wire_read_ethernet(frame, &ip))
        take_ip(feed, &ip, place);
}

static struct payload
after_udp(const struct arrival *arrival)
{
    struct packet packet = arrival->packet;
    return wire_read_udp(&arrival->transport, &packet) ? packet.payload : (struct payload){0};
}

static void
open_udp_tunnel(const struct feed *feed, const struct arrival *outer, const struct place *place)
{
    struct payload payload = after_udp(outer), inner;
    uint32_t vni;
    uint16_t protocol;

    if (wire_read_vxlan(&payload, &vni, &inner)) {
        struct arrival arrival = {.packet = {.frame = feed->frame, .time = packet_time_clamp(feed->time)},
                                  .place = *place};
        if (feed->engine_opens)
            engine_ethernet(feed->engine, &arrival, &inner);
        else
            take_ethernet(feed, &inner, place);
    } else if (wire_read_geneve(&payload, &vni, &protocol, &inner)) {
        if (protocol == ETHERTYPE_BRIDGED)
            take_ethernet(feed, &inner, place);
        else
            take_ip(feed, &inner, place);
    }
}

static void
open_gre(const struct feed *feed, const struct arrival *outer, const struct place *place)
{
    struct gre_header gre;
    struct payload inner;
    if (!wire_read_gre(&outer->transport, &gre, &inner))
        return;
    if (gre.erspan || gre.protocol == ETHERTYPE_BRIDGED)
        take_ethernet(feed, &inner, place);
    else
        take_ip(feed, &inner, place);
}

static void
take_transport(const struct feed *feed, struct arrival *arrival)
{
    struct arrival_result result = {0};
    struct place inner = arrival->place;

    switch (arrival->packet.protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
        result = engine_transport(feed->engine, arrival);
        if (result.encapsulates)
            open_udp_tunnel(feed, arrival, &arrival->inner);
        break;
    case PROTOCOL_GRE:
        engine_gre(feed->engine, arrival);
        open_gre(feed, arrival, &arrival->inner);
        break;
    case PROTOCOL_IPIP:
    case PROTOCOL_6IN4:
        inner = place_in_ip_tunnel(&arrival->place, &arrival->packet);
        take_ip(feed, &arrival->transport, &inner);
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        engine_icmp(feed->engine, arrival);
        break;
    default:
        break;
    }
}

static void
take_ip(const struct feed *feed, const struct payload *ip, const struct place *place)
{
    struct arrival arrival = {.packet = {.frame = feed->frame, .time = packet_time_clamp(feed->time)}, .place = *place};

    if (!wire_read_ip(ip, &arrival.packet, &arrival.transport)) {
        arrival.transport = *ip;
        engine_arp(feed->engine, &arrival);
        return;
    }
    /* The transport header lies in the same bytes, behind the IP header and its extensions. */
    uint32_t header = (uint32_t)(arrival.transport.bytes - ip->bytes);
    arrival.ip_length = header + arrival.transport.length;
    arrival.ip_present = MIN(ip->length, arrival.ip_length);
    take_transport(feed, &arrival);
}

void
feed_ip(const struct feed *feed, const struct payload *ip)
{
    const struct place outside = {0};
    take_ip(feed, ip, &outside);
}
