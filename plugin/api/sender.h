/* Who sent a packet, beside the other packets of the same address.
 *
 * Never beside the packet in doubt itself, nor beside a forged one in front of it: what counts is what the other side took.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_SENDER_H
#define NETCASE_API_SENDER_H

#include <stdbool.h>
#include <stdint.h>

/* HOST: from as far away as the others, so from the host or a device that stands in its place. NEARER: from between the host
 * and the capture. FURTHER: from beyond. UNKNOWN: nothing to compare with. */
enum sender_place { SENDER_UNKNOWN, SENDER_HOST, SENDER_NEARER, SENDER_FURTHER };

/* `hops` is the difference of the distances, without sign; 0 where only the time tells. Times are those in which the packet
 * followed what it answers, and in which the host answers a SYN, in nanoseconds; 0 = unknown. */
struct sender {
    enum sender_place place;
    uint8_t ttl, usual_ttl; /* of the packet, of the others (0 = unknown) */
    int hops;
    int64_t delay, usual_delay;
    bool too_soon; /* the host can't have answered in that time */
};

/* Hops that a packet with this TTL has made, if its sender began as most do: with 64, 128 or 255. */
static inline int
sender_hops(uint8_t ttl)
{
    return (ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl;
}

/* Whether a packet came from more than `limit` hops nearer or further away than another one. Some hosts begin their RSTs with
 * another TTL than the rest, so the same distance from another beginning is no difference, unless it is 255, with which routers and
 * firewalls begin. False if `other` is 0, unknown. */
static inline bool
ttl_is_from_elsewhere(uint8_t ttl, uint8_t other, int limit)
{
    int apart = ttl - other, hops = sender_hops(ttl) - sender_hops(other);
    int beginning = ttl + sender_hops(ttl), other_beginning = other + sender_hops(other);

    if (other == 0 || (apart <= limit && apart >= -limit))
        return false;
    return beginning == other_beginning || beginning == 255 || hops > limit || hops < -limit;
}

#endif
