/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/intercept.h"

#include "host/capture.h"
#include "host/host_address.h"
#include "host/preferences.h"
#include "wire/packet_time.h"

enum { ETHERTYPE_ARP = 0x0806 };
enum { IP_ICMP = 1, IP_IPIP = 4, IP_TCP = 6, IP_UDP = 17, IP_IPV6 = 41, IP_GRE = 47, IP_ICMPV6 = 58 };

static const struct handler {
    uint32_t key; /* IP protocol or EtherType */
    const char *name, *description;
} handlers[] = {
    {IP_ICMP, "netcase_icmp", "ICMP (netcase)"},       {IP_IPIP, "netcase_ipip", "IPIP (netcase)"},
    {IP_TCP, "netcase_tcp", "TCP (netcase)"},          {IP_UDP, "netcase_udp", "UDP (netcase)"},
    {IP_IPV6, "netcase_6in4", "6in4 (netcase)"},       {IP_GRE, "netcase_gre", "GRE (netcase)"},
    {IP_ICMPV6, "netcase_icmpv6", "ICMPv6 (netcase)"},
};
static const struct handler arp_handler = {ETHERTYPE_ARP, "netcase_arp", "ARP (netcase)"};

/* The originals, found by IP protocol. */
static dissector_table_t originals;
static dissector_table_t arp_original; /* by EtherType */
static dissector_table_t udp_ports;
static int vxlan_protocol; /* Wireshark's own */

/* Outside of any encapsulation. VLAN tags and interfaces separate flows only if the user wants it. */
static struct place
outermost_place(struct capture *capture, const packet_info *pinfo)
{
    const struct preferences *preferences = preferences_current();
    struct encapsulation *encapsulation = engine_encapsulation(capture->engine);
    struct place place = {0};

    if (preferences->separate_vlans && pinfo->vlan_id != 0)
        place = encapsulation_separate(encapsulation, &place, 'v', NULL, NULL, pinfo->vlan_id);
    if (preferences->separate_interfaces && pinfo->rec != NULL && (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID))
        place = encapsulation_separate(encapsulation, &place, 'i', NULL, NULL,
                                       pinfo->rec->rec_header.packet_header.interface_id);
    return place;
}

static struct place
place_of(struct capture *capture, const packet_info *pinfo, uint32_t frame)
{
    struct open_encapsulations *open = &capture->open;

    if (open->frame != frame) {
        open->frame = frame;
        open->depth = 0;
    }
    while (open->depth > 0 && open->entry[open->depth - 1].layer >= pinfo->curr_layer_num)
        open->depth--;
    return open->depth > 0 ? open->entry[open->depth - 1].place : outermost_place(capture, pinfo);
}

static void
push_place(struct capture *capture, const packet_info *pinfo, const struct place *place)
{
    struct open_encapsulations *open = &capture->open;

    if (open->depth == ENCAPSULATIONS_MAX)
        return;
    open->entry[open->depth].layer = pinfo->curr_layer_num;
    open->entry[open->depth].place = *place;
    open->depth++;
}

/* Lengths from the IP header where the transport header directly follows it in memory; what Wireshark
 * says where it does not (reassembled fragments). Captured bytes never count: mirrors cut packets. */
static void
measure_ip(struct arrival *arrival, tvbuff_t *tvb, const uint8_t *ip_header, uint32_t minimum, uint32_t total)
{
    uint32_t reported = tvb_reported_length(tvb);
    ptrdiff_t header = arrival->transport.bytes - ip_header;

    arrival->transport.length = reported;
    arrival->ip_length = arrival->ip_present = minimum + reported;
    if (ip_header == NULL || header < (ptrdiff_t)minimum || header > (ptrdiff_t)minimum + 256 ||
        total < (uint32_t)header + reported)
        return;
    arrival->ip_length = total;
    arrival->ip_present = (uint32_t)header + reported;
    arrival->transport.length = total - (uint32_t)header;
}

/* The IPv6 header in front of a transport header that is shorter than what the IPv6 header claims: behind a cut, or
 * behind extension headers. The addresses that Wireshark gives are copies, and so do not tell where it is. */
static const uint8_t *
ipv6_header(const struct arrival *arrival, tvbuff_t *tvb, const ws_ip6 *ip6)
{
    enum { HEADER = 40, SOURCE = 8, LENGTH = 4, UNIT = 8, EXTENSIONS_MAX = 256 };
    const uint8_t *transport = arrival->transport.bytes;
    int before = tvb_raw_offset(tvb);

    if (ip6->ip6_src.data == NULL || ip6->ip6_len == tvb_reported_length(tvb))
        return NULL;
    for (int size = HEADER; size <= before && size <= HEADER + EXTENSIONS_MAX; size += UNIT) {
        const uint8_t *header = transport - size;
        if (header[0] >> 4 == 6 && (uint32_t)(header[LENGTH] << 8 | header[LENGTH + 1]) == ip6->ip6_len &&
            memcmp(header + SOURCE, ip6->ip6_src.data, 16) == 0)
            return header;
    }
    return NULL;
}

static bool
fill_arrival(struct arrival *arrival, uint32_t protocol, tvbuff_t *tvb, const packet_info *pinfo, void *data)
{
    const ws_ip4 *ip4 = WS_IP4_PTR(data);
    const ws_ip6 *ip6 = WS_IP6_PTR(data);
    struct packet *packet = &arrival->packet;

    ip_address_from(&packet->source.address, &pinfo->src);
    ip_address_from(&packet->destination.address, &pinfo->dst);
    if (packet->source.address.family == 0 || packet->destination.address.family == 0)
        return false;
    packet->protocol = (uint8_t)protocol;
    packet->time = packet_time(pinfo->abs_ts.secs, pinfo->abs_ts.nsecs);
    arrival->transport.captured = tvb_captured_length(tvb);
    arrival->transport.bytes = arrival->transport.captured > 0 ? tvb_get_ptr(tvb, 0, -1) : (const uint8_t *)"";
    if (ip4 != NULL) {
        packet->ttl = ip4->ip_ttl;
        packet->has_ip_id = true;
        packet->ip_id = ip4->ip_id;
        measure_ip(arrival, tvb, ip4->ip_src.data != NULL ? (const uint8_t *)ip4->ip_src.data - 12 : NULL, 20,
                   ip4->ip_len);
    } else if (ip6 != NULL) {
        packet->ttl = ip6->ip6_hop;
        measure_ip(arrival, tvb, ipv6_header(arrival, tvb, ip6), 40, ip6->ip6_len + 40);
    } else {
        measure_ip(arrival, tvb, NULL, 20, 0);
    }
    return true;
}

/* What brought the packet, for the display: the innermost session wins. */
static void
note_mirror(struct capture *capture, const struct arrival *arrival)
{
    struct session *session = encapsulation_session(engine_encapsulation(capture->engine), arrival->place.session);
    if (session == NULL)
        return;
    frames_set_mirror(capture->frames, arrival->packet.frame,
                      (struct frame_mirror){.session = session->number,
                                            .cut = arrival->ip_length - arrival->ip_present,
                                            .direction = session_direction(session, &arrival->packet.source.address,
                                                                           &arrival->packet.destination.address)});
}

/* What only encapsulates is no packet of anybody's. */
static void
note_packet(struct capture *capture, const struct arrival *arrival, uint32_t flow)
{
    if (flow != 0)
        frames_add_packet(capture->frames, arrival->packet.frame, flow, &arrival->packet);
}

/* Whether Wireshark itself opens VXLAN on this port; if not the engine does. */
static bool
wireshark_opens_vxlan(uint16_t port)
{
    dissector_handle_t handle = dissector_get_uint_handle(udp_ports, port);
    return handle != NULL && dissector_handle_get_protocol_index(handle) == vxlan_protocol;
}

static void
take_unopened_vxlan(struct capture *capture, const struct arrival *arrival)
{
    enum { UDP_HEADER = 8, VXLAN_HEADER = 8 };
    struct payload frame = arrival->transport;
    uint16_t port;

    if (frame.captured < UDP_HEADER + VXLAN_HEADER || frame.length < UDP_HEADER + VXLAN_HEADER)
        return;
    port = (uint16_t)(frame.bytes[2] << 8 | frame.bytes[3]);
    if (!port_set_has(&capture->settings.vxlan_ports, port) || wireshark_opens_vxlan(port))
        return;
    frame.bytes += UDP_HEADER + VXLAN_HEADER;
    frame.captured -= UDP_HEADER + VXLAN_HEADER;
    frame.length -= UDP_HEADER + VXLAN_HEADER;
    struct arrival inside = {.packet = {.frame = arrival->packet.frame, .time = arrival->packet.time},
                             .place = arrival->inner};
    struct arrival_result result = engine_ethernet(capture->engine, &inside, &frame);
    note_packet(capture, &inside, result.flow);
    note_mirror(capture, &inside);
}

static void
take_ip_tunnel(struct capture *capture, const packet_info *pinfo, const struct arrival *arrival)
{
    struct place inner = arrival->place;
    if (preferences_current()->separate_ip_tunnels)
        inner = encapsulation_separate(engine_encapsulation(capture->engine), &inner, 't',
                                       &arrival->packet.source.address, &arrival->packet.destination.address, 0);
    inner = place_in_ip_tunnel(&inner, &arrival->packet);
    push_place(capture, pinfo, &inner);
}

/* Neighbours hear each other within one VLAN, whatever separates flows. */
static uint32_t
segment_of(const packet_info *pinfo)
{
    uint32_t segment = pinfo->vlan_id & 0xffffu;
    if (pinfo->rec != NULL && (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID))
        segment |= pinfo->rec->rec_header.packet_header.interface_id << 16;
    return segment;
}

static void
take_layer(struct capture *capture, uint32_t protocol, tvbuff_t *tvb, const packet_info *pinfo, void *data)
{
    struct arrival arrival; /* every packet fills it: only the packet needs to be zero before */
    struct arrival_result result = {0};

    memset(&arrival.packet, 0, sizeof arrival.packet);
    arrival.packet.frame = frames_add(capture->frames, frame_place_of(pinfo));
    arrival.place = place_of(capture, pinfo, arrival.packet.frame);
    if (!fill_arrival(&arrival, protocol, tvb, pinfo, data))
        return;
    switch (protocol) {
    case IP_TCP:
    case IP_UDP:
        result = engine_transport(capture->engine, &arrival);
        note_mirror(capture, &arrival);
        note_packet(capture, &arrival, result.flow);
        break;
    case IP_GRE:
        result = engine_gre(capture->engine, &arrival);
        break;
    case IP_IPIP:
    case IP_IPV6:
        take_ip_tunnel(capture, pinfo, &arrival);
        break;
    default:
        arrival.segment = segment_of(pinfo);
        engine_icmp(capture->engine, &arrival);
        frames_add_packet(capture->frames, arrival.packet.frame, 0, &arrival.packet);
    }
    if (!result.encapsulates)
        return;
    push_place(capture, pinfo, &arrival.inner);
    if (protocol == IP_UDP)
        take_unopened_vxlan(capture, &arrival);
}

/* As if the original had been called by the table itself, which has just set can_desegment. */
static int
call_original(dissector_table_t table, uint32_t key, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    uint16_t can_desegment = pinfo->can_desegment;
    pinfo->can_desegment = pinfo->saved_can_desegment;
    int result = call_without_layer(table, key, tvb, pinfo, tree, data);
    pinfo->can_desegment = can_desegment;
    return result;
}

static int
intercept(uint32_t protocol, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct capture *capture = capture_current();

    /* What an ICMP error quotes is no traffic; the engine reads it from the ICMP message. */
    if (capture != NULL && !pinfo->fd->visited && !pinfo->flags.in_error_pkt)
        take_layer(capture, protocol, tvb, pinfo, data);
    return call_original(originals, protocol, tvb, pinfo, tree, data);
}

static void
take_arp(struct capture *capture, tvbuff_t *tvb, const packet_info *pinfo)
{
    struct arrival arrival;

    memset(&arrival.packet, 0, sizeof arrival.packet);
    arrival.packet.frame = frames_add(capture->frames, frame_place_of(pinfo));
    arrival.packet.time = packet_time(pinfo->abs_ts.secs, pinfo->abs_ts.nsecs);
    arrival.place = place_of(capture, pinfo, arrival.packet.frame);
    arrival.segment = segment_of(pinfo);
    arrival.transport.length = tvb_reported_length(tvb);
    arrival.transport.captured = tvb_captured_length(tvb);
    arrival.transport.bytes = arrival.transport.captured > 0 ? tvb_get_ptr(tvb, 0, -1) : (const uint8_t *)"";
    engine_arp(capture->engine, &arrival);
}

static int
intercept_arp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct capture *capture = capture_current();
    if (capture != NULL && !pinfo->fd->visited)
        take_arp(capture, tvb, pinfo);
    return call_original(arp_original, ETHERTYPE_ARP, tvb, pinfo, tree, data);
}

/* A dissector does not learn the key it was found by: one function for each. */
#define INTERCEPT(key)                                                                                                 \
    static int intercept_##key(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)                        \
    {                                                                                                                  \
        return intercept(key, tvb, pinfo, tree, data);                                                                 \
    }
INTERCEPT(1)
INTERCEPT(4)
INTERCEPT(6)
INTERCEPT(17)
INTERCEPT(41)
INTERCEPT(47)
INTERCEPT(58)

static const dissector_t functions[] = {intercept_1,  intercept_4,  intercept_6, intercept_17,
                                        intercept_41, intercept_47, intercept_58};
G_STATIC_ASSERT(G_N_ELEMENTS(functions) == G_N_ELEMENTS(handlers));

void
intercept_register(int protocol)
{
    originals = register_dissector_table("netcase.original", "Originals of netcase", protocol, FT_UINT8, BASE_DEC);
    arp_original = register_dissector_table("netcase.original_link", "Originals of netcase by EtherType", protocol,
                                            FT_UINT16, BASE_HEX);
}

/* Put a function before the dissector that the key leads to, which stays reachable by the same key of the table of originals. */
static void
stand_before(dissector_table_t table, const char *table_name, const char *originals_name, const struct handler *handler,
             dissector_t function)
{
    dissector_handle_t original = dissector_get_uint_handle(table, handler->key);
    if (original == NULL)
        return;
    dissector_add_uint(originals_name, handler->key, original);
    dissector_add_uint(table_name, handler->key,
                       create_dissector_handle_with_name_and_description(function,
                                                                         dissector_handle_get_protocol_index(original),
                                                                         handler->name, handler->description));
}

void
intercept_handoff(void)
{
    static bool done;
    if (done)
        return;
    done = true;
    udp_ports = find_dissector_table("udp.port");
    vxlan_protocol = proto_get_id_by_filter_name("vxlan");
    dissector_table_t ip_protocols = find_dissector_table("ip.proto");
    for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++)
        stand_before(ip_protocols, "ip.proto", "netcase.original", &handlers[i], functions[i]);
    stand_before(find_dissector_table("ethertype"), "ethertype", "netcase.original_link", &arp_handler, intercept_arp);
}
