/* ARP for IPv4 over Ethernet (RFC 826; probes and announcements: RFC 5227), neighbour solicitations and advertisements (RFC 4861, 4.3
 * and 4.4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "wire/bytes.h"
#include "wire/headers.h"

enum { ARP_SIZE = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { SENDER_LINK = 8, SENDER_IP = 14, TARGET_IP = 24 };
enum { SOLICITATION = 135, ADVERTISEMENT = 136, MESSAGE_SIZE = 24, TARGET = 8 };
enum { FLAG_OVERRIDE = 0x20 };
enum { OPTION_SOURCE_LINK = 1, OPTION_TARGET_LINK = 2, OPTION_UNIT = 8, OPTIONS_MAX = 16 };

static const uint8_t ethernet_and_ipv4[] = {0, 1, 8, 0, 6, 4};

static struct ip_address
ipv4_at(const uint8_t *bytes)
{
    struct ip_address address = {.family = 4};
    memcpy(address.bytes, bytes, 4);
    return address_is_unicast(&address) ? address : (struct ip_address){0};
}

static bool
is_of_one_card(const struct link_address *link)
{
    static const struct link_address none;
    return (link->bytes[0] & 1) == 0 && !link_equal(link, &none);
}

bool
wire_read_arp(const struct payload *arp, struct neighbour *message)
{
    if (payload_visible(arp) < ARP_SIZE || memcmp(arp->bytes, ethernet_and_ipv4, sizeof ethernet_and_ipv4) != 0)
        return false;
    uint16_t operation = read_u16(arp->bytes + 6);
    struct ip_address target = ipv4_at(arp->bytes + TARGET_IP);
    if (operation != ARP_REQUEST && operation != ARP_REPLY)
        return false;
    message->wanted = message->told = (struct ip_address){0};
    message->claimed = ipv4_at(arp->bytes + SENDER_IP);
    memcpy(message->link.bytes, arp->bytes + SENDER_LINK, sizeof message->link.bytes);
    message->has_link = message->claimed.family != 0 && is_of_one_card(&message->link);
    if (message->claimed.family != 0 && (address_equal(&target, &message->claimed) || target.family == 0)) {
        message->kind = NEIGHBOUR_ANNOUNCEMENT;
    } else if (operation == ARP_REQUEST) {
        message->kind = NEIGHBOUR_QUESTION;
        message->wanted = target;
    } else {
        message->kind = NEIGHBOUR_ANSWER;
        message->told = target;
    }
    return message->wanted.family != 0 || message->claimed.family != 0;
}

/* The link address in an option of this type. */
static bool
find_link(const struct payload *message, uint8_t type, struct link_address *link)
{
    uint32_t visible = payload_visible(message), place = MESSAGE_SIZE;
    for (unsigned i = 0; i < OPTIONS_MAX && visible - place >= OPTION_UNIT; i++) {
        const uint8_t *option = message->bytes + place;
        uint32_t size = option[1] * (uint32_t)OPTION_UNIT;
        if (option[0] == type) {
            memcpy(link->bytes, option + 2, sizeof link->bytes);
            return size != 0 && is_of_one_card(link);
        }
        if (size == 0 || size > visible - place)
            return false;
        place += size;
    }
    return false;
}

bool
wire_read_neighbour(const struct payload *icmpv6, const struct packet *packet, struct neighbour *message)
{
    enum { NO_ROUTER_PASSED = 255 };
    const uint8_t *bytes = icmpv6->bytes;
    if (payload_visible(icmpv6) < MESSAGE_SIZE || packet->ttl != NO_ROUTER_PASSED || bytes[1] != 0)
        return false;
    struct ip_address target = {.family = 6};
    memcpy(target.bytes, bytes + TARGET, sizeof target.bytes);
    if (!address_is_unicast(&target))
        return false;
    message->wanted = message->told = message->claimed = (struct ip_address){0};
    if (bytes[0] == SOLICITATION) {
        message->kind = NEIGHBOUR_QUESTION;
        message->wanted = target;
        if (address_is_unicast(&packet->source.address))
            message->claimed = packet->source.address;
        message->has_link = message->claimed.family != 0 && find_link(icmpv6, OPTION_SOURCE_LINK, &message->link);
        return true;
    }
    if (bytes[0] != ADVERTISEMENT)
        return false;
    message->claimed = target;
    message->kind = NEIGHBOUR_ANNOUNCEMENT;
    if (address_is_unicast(&packet->destination.address)) {
        message->kind = NEIGHBOUR_ANSWER;
        message->told = packet->destination.address;
    }
    message->has_link = (bytes[4] & FLAG_OVERRIDE) != 0 && find_link(icmpv6, OPTION_TARGET_LINK, &message->link);
    return true;
}

void
link_address_format(const struct link_address *link, char text[LINK_ADDRESS_TEXT_SIZE])
{
    const uint8_t *bytes = link->bytes;
    snprintf(text, LINK_ADDRESS_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
             bytes[4], bytes[5]);
}

bool
link_address_is_shared(const struct link_address *link)
{
    /* VRRP of IPv4 and IPv6 (RFC 9568, 7.3; CARP uses the same), HSRP version 1, version 2 of IPv4 and IPv6, GLBP. */
    static const uint8_t prefixes[][4] = {{0x00, 0x00, 0x5e, 0x00},
                                          {0x00, 0x00, 0x0c, 0x07},
                                          {0x00, 0x00, 0x0c, 0x9f},
                                          {0x00, 0x05, 0x73, 0xa0},
                                          {0x00, 0x07, 0xb4, 0x00}};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (memcmp(link->bytes, prefixes[i], sizeof prefixes[i]) == 0)
            return true;
    return false;
}

bool
link_address_is_next_to(const struct link_address *a, const struct link_address *b)
{
    enum { GIVEN_LOCALLY = 2, PORTS_OF_A_HOST = 16, OF_MAKER = 3 };
    if ((a->bytes[0] & GIVEN_LOCALLY) != 0 || memcmp(a->bytes, b->bytes, OF_MAKER) != 0)
        return false;
    int32_t distance = (int32_t)read_u24(a->bytes + OF_MAKER) - (int32_t)read_u24(b->bytes + OF_MAKER);
    return distance > -PORTS_OF_A_HOST && distance < PORTS_OF_A_HOST;
}
