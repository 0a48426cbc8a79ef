/* Where a packet stands: its encapsulation path, which is part of the flow key, and the session
 * (one direction of one encapsulation) that brought it. See "Terms" of the case catalogue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_ENCAPSULATION_H
#define NETCASE_ENGINE_ENCAPSULATION_H

#include <glib.h>

#include "api/packet.h"
#include "api/session.h"
#include "memory/hash.h"

/* The place of a packet. Zeroed = outside of any encapsulation. */
struct place {
    uint32_t path;    /* number of the path, 0 = none */
    uint32_t session; /* innermost session, 0 = none */
    bool in_ip_tunnel;
    struct ip_address tunnel_source, tunnel_destination; /* of that tunnel; family 0 outside */
    uint32_t frame_length; /* bytes that the session carries of the inner frame, its link header included */
};

struct encapsulation;

/* The place inside an IPIP, 6in4 or keyless GRE tunnel that itself stands at `outer`. */
static inline struct place
place_in_ip_tunnel(const struct place *outer, const struct packet *packet)
{
    struct place inner = *outer;
    inner.in_ip_tunnel = true;
    inner.tunnel_source = packet->source.address;
    inner.tunnel_destination = packet->destination.address;
    return inner;
}

struct encapsulation *encapsulation_new(const struct hash_seed *seed);
void encapsulation_free(struct encapsulation *encapsulation);

/* The place inside a VXLAN, GENEVE, ERSPAN or keyed GRE encapsulation that itself stands at
 * `outer`. The path holds the unordered outer pair with the identifier; the session is directed.
 * `frame_length` is the length of what the encapsulation carries. */
struct place encapsulation_enter(struct encapsulation *encapsulation, const struct place *outer, enum session_kind kind,
                                 const struct ip_address *source, const struct ip_address *target, uint32_t identifier,
                                 uint32_t frame_length);

/* The path of `outer` told apart by a number that is not an encapsulation of ours: a VLAN tag, an
 * interface, an IP tunnel, where the user wants those to separate flows. */
struct place encapsulation_separate(struct encapsulation *encapsulation, const struct place *outer, char what,
                                    const struct ip_address *source, const struct ip_address *target,
                                    uint32_t identifier);

/* The network that a path leads into, by number; 0 outside of any encapsulation, and for a path that there is not. Paths with one identifier (VNI) in one outer
 * network lead into one network, whichever hosts encapsulate, and in it an address is one host. Two networks may have
 * the same addresses. */
uint32_t encapsulation_network(const struct encapsulation *encapsulation, uint32_t path);

/* By what a network is told from others beside it. */
struct network_name {
    uint32_t what; /* enum session_kind, or the letter of encapsulation_separate() */
    uint32_t identifier;
};

/* {0, 0} for 0 and for unknown numbers. */
struct network_name encapsulation_network_name(const struct encapsulation *encapsulation, uint32_t network);

/* NULL for 0 and unknown numbers. */
struct session *encapsulation_session(const struct encapsulation *encapsulation, uint32_t number);

/* All sessions, struct session *, in the order of their numbers. */
const GPtrArray *encapsulation_sessions(const struct encapsulation *encapsulation);

/* Count an inner packet. Learns the role and the direction from the addresses. */
void session_count(struct session *session, const struct packet *packet);

/* Both sides of an inner flow were seen in this session: it is a mirror, unless packets of the same
 * encapsulation come back from the outer destination. */
void session_two_way(struct session *session);

enum mirror_direction session_direction(const struct session *session, const struct ip_address *inner_source,
                                        const struct ip_address *inner_destination);

#endif
