/* Connection attempts by the hundred: what one source tried in the last ten seconds, what was tried at one server, and what came of
 * it. The engine counts, once for everybody; detectors are shown who has many (on_source, on_server).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_RATE_H
#define NETCASE_API_RATE_H

#include "recent.h"

/* Kinds of events in rate.recent. */
enum {
    RATE_ATTEMPTS,
    RATE_COMPLETED, /* by the handshake, or by a RST that acknowledges the SYN-ACK (a check) */
    RATE_FAILED,    /* unreachable, given up by RST of the client, or SYN-ACK repeated; of a source: refused as well */
    RATE_REPEATED,  /* the client has repeated its SYN as a TCP stack does that waits */
    RATE_ANSWERED,  /* by SYN-ACK */
    RATE_PEERS,     /* different destinations of a source; different sources of a server */
    RATE_AGAIN,     /* of a source: attempts at an address and port that it tried before */
    RATE_REFUSED = RATE_AGAIN /* of a server: answered by RST */
};

/* Who has tried, or got, fewer attempts than this in ten seconds is shown to nobody: no threshold of an attempt rate is lower. */
enum { RATE_SHOWN_FROM = 20 };

/* How old attempts must be, in slices of half a second: the newer one half of their number is that has not ended
 * otherwise, the less it says. A round trip takes half a second at most; and at a server the SYNs of a client that
 * waits have been repeated after one and a half (RFC 6298). */
enum { SLICES_OF_A_ROUND_TRIP = 2, SLICES_OF_A_RETRANSMISSION = 4 };

struct rate {
    struct recent recent;
    uint32_t
        finding;  /* number of the one that takes its attempts until it has been at rest for ten seconds, 0 = none */
    int64_t look; /* it is shown again at this time, 0 = it is not */
};

/* How often a source tried a port, for its most frequent ones (Misra and Gries: whatever others there are, the
 * frequent ones stay). */
enum { RATE_PORTS = 12 };

struct source_rate {
    struct rate rate;
    struct {
        uint16_t port, attempts;
    } ports[RATE_PORTS];
    uint32_t ports_counted; /* attempts, of which `ports` hold the frequent ones; halved now and then */
    uint32_t ports_here;    /* different ones that it tried at the flow's server in the last ten seconds */
};

struct server_rate {
    struct rate rate;
    /* The source that has more attempts than all others, if one has (Boyer and Moore). */
    struct endpoint largest;
    uint32_t attempts, lead; /* since the server was at rest; how many more the source has than the others, at least */
};

/* Whether events of this kind are less than one in so many attempts. */
static inline bool
rate_is_below(const struct rate *rate, unsigned kind, unsigned part)
{
    return rate->recent.total[kind] * part < rate->recent.total[RATE_ATTEMPTS];
}

/* Attempts of the source at its frequent ports, at web ports only if asked for. */
static inline unsigned
source_attempts(const struct source_rate *source, bool web_only)
{
    unsigned attempts = 0;
    for (unsigned i = 0; i < RATE_PORTS; i++)
        if (!web_only || source->ports[i].port == 80 || source->ports[i].port == 443)
            attempts += source->ports[i].attempts;
    return attempts;
}

/* Whether a few ports stand for most of the source's attempts. Those of the peers of a peer-to-peer client do not: they listen
 * anywhere. */
static inline bool
source_is_concentrated(const struct source_rate *source)
{
    return source_attempts(source, false) * 2 >= source->ports_counted;
}

/* Whether the source aims as a flood does: at web ports, or at the same places again and again. A scan looks for services that can
 * be taken over, and tries each of them once, or once more. */
static inline bool
source_aims_as_a_flood(const struct source_rate *source)
{
    const uint32_t *total = source->rate.recent.total;
    return source_attempts(source, true) * 2 > source_attempts(source, false) ||
           total[RATE_ATTEMPTS] >= 3 * (total[RATE_ATTEMPTS] - total[RATE_AGAIN]);
}

/* Whether the source's SYNs are repeated, as those of a TCP stack are that waits for an answer. */
static inline bool
source_waits(const struct source_rate *source)
{
    const struct recent *recent = &source->rate.recent;
    return recent->total[RATE_REPEATED] > 0 &&
           recent->total[RATE_REPEATED] * 2 >= recent_older(recent, RATE_ATTEMPTS, SLICES_OF_A_RETRANSMISSION);
}

#endif
