/* One direction of an encapsulation: what arrives from one outer source at one outer destination
 * with one VXLAN or GENEVE VNI, ERSPAN session or GRE key. It is a mirror session if it turns out
 * to be a copy of traffic, and a part of an overlay if it carries the traffic itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_SESSION_H
#define NETCASE_API_SESSION_H

#include "address.h"

enum session_kind { SESSION_VXLAN, SESSION_GENEVE, SESSION_ERSPAN, SESSION_GRE };

/* MIRROR: ERSPAN, or an inner address is the outer source (the mirrored interface copies its own
 * traffic), or both directions of an inner flow came the same way. OVERLAY: packets of the same
 * VNI came back from the outer destination. */
enum session_role { SESSION_UNKNOWN, SESSION_MIRROR, SESSION_OVERLAY };

enum mirror_direction { DIRECTION_UNKNOWN, DIRECTION_INGRESS, DIRECTION_EGRESS };

/* Counts include every packet, duplicates as well. Times are nanoseconds since 1970. */
struct session {
    uint32_t number; /* from 1, in the order of first packets */
    enum session_kind kind;
    enum session_role role;
    struct ip_address source, target;
    uint32_t vni;             /* or ERSPAN session, or GRE key */
    uint32_t path;            /* of the flows in it */
    uint64_t packets, bytes;  /* inner packets, inner bytes on the wire from the IP header on */
    uint64_t ingress, egress; /* packets of a known direction */
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    uint32_t flows;           /* inner flows that began in it */
    uint32_t two_way_flows;   /* of these, with packets of both sides in this session */
    uint32_t answered_unseen; /* of these, proved to be answered by packets never seen here */
    uint64_t cut_packets;     /* inner packets shorter than their IP header says */
    uint32_t cut_length;      /* most bytes left of those, from the inner link header on; 0 if none was cut */
    uint64_t unique_bytes;    /* inner bytes without those seen before in the same flow */
    uint64_t duplicates;      /* packets seen before, here or in another session */
    uint64_t gaps;            /* holes that the receiver acknowledged: copies were lost */
};

/* Whether the answers may be missing in what the session brings: it is not known to be an overlay, and has never shown both
 * sides of a flow. False for NULL, outside of any session. */
static inline bool
session_is_one_way_so_far(const struct session *session)
{
    return session != NULL && session->role != SESSION_OVERLAY && session->two_way_flows == 0;
}

#endif
