/* Services of UDP that answer many times as much as they are asked, so that they serve for reflection attacks (US-CERT TA14-017A;
 * factors as collected by protocolports.org, "UDP amplification DDoS ports", where it gives any).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_REFLECTOR_H
#define NETCASE_API_REFLECTOR_H

#include "digest.h"
#include "packet.h"

struct reflector {
    uint16_t port;
    const char *name;
    const char *factor;  /* documented; NULL where no source gives one */
    uint8_t changing;    /* leading bytes of a request that change each time: an identifier */
    bool searched;       /* by multicast or broadcast: answers come from hosts that were not asked one by one */
    bool many_at_a_time; /* asked of many hosts by ordinary programs (a resolver, a network management) */
    bool streams;        /* large packets in a row are normal for whoever asked */
    bool
        marked; /* begins with four zero bytes; what does not is traffic of a tunnel on the same port (RFC 3948, 2.2) */
};

/* The service of a port, NULL for other ports. */
const struct reflector *reflector_of(uint16_t port);

/* The service that a packet with this payload, from or to this port, is of; NULL if it is of none. */
const struct reflector *reflector_at(uint16_t port, const struct payload *payload);

/* What a request asks for: the digest of its captured bytes without the changing ones, and of its length. */
static inline uint64_t
reflector_request_digest(const struct reflector *service, const struct payload *payload)
{
    uint64_t digest = payload->length;
    for (uint32_t i = service->changing; i < payload->captured; i++)
        digest = digest_mix(digest, payload->bytes[i]);
    return digest;
}

#endif
