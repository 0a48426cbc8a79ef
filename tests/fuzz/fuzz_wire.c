/* Every parser of headers on the same bytes. The first two bytes choose how much of the packet was
 * cut off; what is read must lie in what was captured.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "api/ike.h"
#include "fuzz.h"
#include "wire/headers.h"

static void
read_transport(const struct payload *transport, struct packet *packet)
{
    if (wire_read_tcp(transport, packet)) {
        fuzz_check_within(&packet->payload, transport);
    }
    if (wire_read_udp(transport, packet)) {
        fuzz_check_within(&packet->payload, transport);
    }
}

static void
read_ip(const struct payload *ip)
{
    struct packet packet = {0};
    struct payload transport;
    if (wire_read_ip(ip, &packet, &transport)) {
        fuzz_check_within(&transport, ip);
        read_transport(&transport, &packet);
    }
}

static void
read_ethernet(const struct payload *frame)
{
    struct payload ip;
    if (wire_read_ethernet(frame, &ip)) {
        fuzz_check_within(&ip, frame);
        read_ip(&ip);
    }
}

static void
read_tunnels(const struct payload *payload)
{
    struct payload inner;
    struct gre_header gre;
    uint32_t vni;
    uint16_t protocol;
    if (wire_read_vxlan(payload, &vni, &inner)) {
        fuzz_check_within(&inner, payload);
        read_ethernet(&inner);
    }
    if (wire_read_geneve(payload, &vni, &protocol, &inner)) {
        fuzz_check_within(&inner, payload);
        read_ethernet(&inner);
    }
    if (wire_read_gre(payload, &gre, &inner)) {
        fuzz_check_within(&inner, payload);
        gre.erspan ? read_ethernet(&inner) : read_ip(&inner);
    }
}

/* On the port without the marker and on the one with it. */
static void
read_ike(const struct payload *payload)
{
    for (int marked = 0; marked < 2; marked++) {
        struct packet packet = {.payload = *payload, .destination.port = marked ? IKE_NAT_PORT : IKE_PORT};
        struct ike_message message;
        if (ike_read(&packet, &message) && ike_rejection(&message) != NULL && message.notify == 0) {
            abort();
        }
    }
}

static void
read_neighbours(const struct payload *payload)
{
    struct neighbour message;
    char text[LINK_ADDRESS_TEXT_SIZE];
    struct packet packet = {.ttl = 255, .source.address.family = 6, .destination.address.family = 6};
    if ((wire_read_arp(payload, &message) || wire_read_neighbour(payload, &packet, &message)) && message.has_link) {
        link_address_format(&message.link, text);
        link_address_is_next_to(&message.link, &(struct link_address){{0}});
        fuzz_check(message.claimed.family != 0 && (message.link.bytes[0] & 1) == 0 &&
                   !link_equal(&message.link, &(struct link_address){{0}}));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    uint32_t cut = (uint32_t)(data[0] << 8 | data[1]);
    struct payload payload = {data + 2, (uint32_t)size - 2, (uint32_t)size - 2 + cut};
    struct packet packet = {0};
    read_transport(&payload, &packet);
    read_ip(&payload);
    read_ethernet(&payload);
    read_tunnels(&payload);
    read_ike(&payload);
    read_neighbours(&payload);
    wire_read_icmp_quote(&payload, &(struct icmp_error){.ipv6 = false}, &packet);
    wire_read_icmp_quote(&payload, &(struct icmp_error){.ipv6 = true}, &packet);
    return 0;
}
