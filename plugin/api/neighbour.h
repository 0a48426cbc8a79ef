/* Who has which address on a link: a message of ARP (RFC 826, RFC 5227) or of neighbour discovery (RFC 4861).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_NEIGHBOUR_H
#define NETCASE_API_NEIGHBOUR_H

#include "packet.h"

/* The address of a network card: Ethernet and 802.11. */
struct link_address {
    uint8_t bytes[6];
};

/* A question asks who has `wanted`, and tells the sender's own address unless it is a probe. An answer tells it to `told`, an announcement to
 * all. What is not there has family 0. */
enum neighbour_kind { NEIGHBOUR_QUESTION, NEIGHBOUR_ANSWER, NEIGHBOUR_ANNOUNCEMENT };

struct neighbour {
    uint32_t frame;
    int64_t time;     /* nanoseconds since 1970 */
    uint32_t segment; /* VLAN and interface of the capture: one address may be used in two of them */
    enum neighbour_kind kind;
    struct ip_address wanted; /* of a question */
    struct ip_address told;   /* of an answer: who had asked */
    struct ip_address
        claimed;   /* the sender of ARP and of a solicitation, the target of an advertisement; family 0 in a probe */
    bool has_link; /* the link address of `claimed` is there, and its owner means it: no proxy, no anycast address */
    struct link_address link;
};

enum { LINK_ADDRESS_TEXT_SIZE = 18 };

static inline bool
link_equal(const struct link_address *a, const struct link_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* As people write it: 02:42:ac:11:00:02. */
void link_address_format(const struct link_address *link, char text[LINK_ADDRESS_TEXT_SIZE]);

/* Whether routers that stand in for each other share it: VRRP and CARP, HSRP, GLBP. */
bool link_address_is_shared(const struct link_address *link);

/* Whether two cards have numbers that one maker gave one after the other, as the ports of one card or host have. */
bool link_address_is_next_to(const struct link_address *a, const struct link_address *b);

#endif
