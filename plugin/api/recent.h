/* Events of the last ten seconds by kind, for what is counted against a rate. Time is cut into slices of half
 * a second, so a window has no border at which a burst is torn apart, and costs the same whatever the rate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_RECENT_H
#define NETCASE_API_RECENT_H

#include "digest.h"
#include "packet.h"

/* One slice more than ten seconds, because the newest one has just begun. */
enum { RECENT_SLICES = 21, RECENT_KINDS = 7 };
#define RECENT_SLICE MILLISECONDS(500)
#define RECENT_TIME  SECONDS(10)

/* Zeroed at first. `total` holds the last ten seconds before the newest event. */
struct recent {
    int64_t slice; /* number of the newest since 1970 */
    uint32_t total[RECENT_KINDS];
    struct {
        uint32_t frame; /* of its first event, 0 = none */
        int32_t time;   /* of that, since the slice began, at most two seconds; before 0 where a clock was set back */
        uint16_t count[RECENT_KINDS]; /* not above 65,535 */
    } slices[RECENT_SLICES];
};

/* Forget what is too old now. Times that go backwards count as the newest one. */
static inline void
recent_move(struct recent *recent, int64_t time)
{
    int64_t slice = time / RECENT_SLICE;
    if (slice - recent->slice >= RECENT_SLICES) {
        memset(recent, 0, sizeof *recent);
        recent->slice = slice;
    }
    while (recent->slice < slice) {
        unsigned oldest = (unsigned)(++recent->slice % RECENT_SLICES);
        for (unsigned kind = 0; kind < RECENT_KINDS; kind++)
            recent->total[kind] -= recent->slices[oldest].count[kind];
        memset(&recent->slices[oldest], 0, sizeof recent->slices[oldest]);
    }
}

/* One more event of this kind, seen in this frame at this time, in the newest slice: call recent_move() before. */
static inline void
recent_add(struct recent *recent, unsigned kind, uint32_t frame, int64_t time)
{
    unsigned newest = (unsigned)(recent->slice % RECENT_SLICES);
    if (recent->slices[newest].count[kind] == UINT16_MAX)
        return;
    recent->slices[newest].count[kind]++;
    recent->total[kind]++;
    if (recent->slices[newest].frame == 0) {
        int64_t since = time - recent->slice * RECENT_SLICE;
        recent->slices[newest].frame = frame;
        recent->slices[newest].time = (int32_t)(since > -SECONDS(2) ? since : -SECONDS(2));
    }
}

/* Events of this kind outside of the newest `slices`: they are at least half a second less than these old. */
static inline uint32_t
recent_older(const struct recent *recent, unsigned kind, unsigned slices)
{
    uint32_t count = recent->total[kind];
    for (unsigned i = 0; i < slices; i++)
        count -= recent->slices[(recent->slice + RECENT_SLICES - i) % RECENT_SLICES].count[kind];
    return count;
}

/* Frame and time of the first event of the last ten seconds; false if there is none. */
static inline bool
recent_first(const struct recent *recent, uint32_t *frame, int64_t *time)
{
    for (int age = RECENT_SLICES - 1; age >= 0; age--) {
        unsigned place = (unsigned)((recent->slice + RECENT_SLICES - age) % RECENT_SLICES);
        if (recent->slices[place].frame == 0)
            continue;
        *frame = recent->slices[place].frame;
        *time = (recent->slice - age) * RECENT_SLICE + recent->slices[place].time;
        return true;
    }
    return false;
}

/* Hosts to which something happened, until ten seconds after the last time it did to any, by a bit each: false is certain. */
struct recent_hosts {
    int64_t last;
    uint64_t bits;
};

static inline uint64_t
recent_hosts_bit(const struct ip_address *address)
{
    return UINT64_C(1) << address_digest(address) % 64;
}

static inline void
recent_hosts_add(struct recent_hosts *hosts, const struct ip_address *address, int64_t time)
{
    if (time - hosts->last > RECENT_TIME)
        hosts->bits = 0;
    hosts->bits |= recent_hosts_bit(address);
    hosts->last = time;
}

static inline bool
recent_hosts_may_have(const struct recent_hosts *hosts, const struct ip_address *address, int64_t time)
{
    return time - hosts->last <= RECENT_TIME && (hosts->bits & recent_hosts_bit(address)) != 0;
}

#endif
