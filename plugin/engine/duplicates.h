/* Recognises the same packet captured twice: SPAN of both ends, `-i any`, a router, a director, a
 * tunnel entry. Same bytes from the L4 header on (payload by a digest of its beginning, the checksum
 * excepted: offloading leaves it unfinished in one of two copies), same IP ID, TTL equal or lower,
 * within 0.9 s.
 *
 * A table of fixed size: the newest packets replace the oldest, so memory does not grow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_DUPLICATES_H
#define NETCASE_ENGINE_DUPLICATES_H

#include "api/packet.h"

struct duplicates;

/* Where and when a packet was seen first. */
struct sighting {
    uint64_t digest; /* 0 = empty */
    int64_t time;
    uint32_t frame;
    uint32_t session;
    uint8_t ttl;
};

struct duplicates *duplicates_new(void);
void duplicates_free(struct duplicates *duplicates);

/* The earlier sighting of this packet in the `scope` (a flow number, or 0 for "anywhere"), NULL if
 * there is none; then this one is remembered. */
const struct sighting *duplicates_check(struct duplicates *duplicates, const struct packet *packet, uint32_t scope);

#endif
