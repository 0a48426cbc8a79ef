/* Events that come faster than allowed: more than so many within a window, to the millisecond; and how many came without a pause.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_PACE_H
#define NETCASE_API_PACE_H

#include "packet.h"

enum { PACE_STAMPS = 16 };

/* When the newest events of a kind came, in milliseconds: each of them up to PACE_STAMPS, else each second, third and so on
 * that covers the limit, which must always be the same for one of these. Zeroed at first. */
struct pace {
    uint32_t count;
    uint32_t stamp[PACE_STAMPS];
};

static inline uint32_t
pace_now(int64_t time)
{
    return (uint32_t)(time / MILLISECONDS(1));
}

static inline unsigned
pace_stride(unsigned limit)
{
    return limit / PACE_STAMPS + 1;
}

/* Stamps that must be looked back for more than `limit` events. */
static inline unsigned
pace_depth(unsigned limit)
{
    return (limit + pace_stride(limit) - 1) / pace_stride(limit);
}

/* More events than the limit, as many as are counted together. */
static inline unsigned
pace_events(unsigned limit)
{
    return pace_depth(limit) * pace_stride(limit) + 1;
}

/* Count an event. If there are more than `limit` within the window, `span` gets the milliseconds that they took. */
static inline bool
pace_is_exceeded(struct pace *pace, unsigned limit, uint32_t window, uint32_t now, uint32_t *span)
{
    unsigned stride = pace_stride(limit), depth = pace_depth(limit);
    uint32_t number = pace->count++ / stride;
    if ((pace->count - 1) % stride != 0)
        return false;
    uint32_t *place = &pace->stamp[number % PACE_STAMPS];
    uint32_t then = pace->stamp[(number - depth) % PACE_STAMPS];
    *place = now;
    *span = now - then;
    return number >= depth && *span <= window;
}

static inline uint32_t
pace_stamp(const struct pace *pace, unsigned limit, unsigned back)
{
    return pace->stamp[((pace->count - 1) / pace_stride(limit) - back) % PACE_STAMPS];
}

/* Whether distances of between `nearest` and `farthest` milliseconds are one steady distance. */
static inline bool
pace_is_one_distance(uint32_t nearest, uint32_t farthest)
{
    enum { JITTER = 100, JITTER_PART = 10 };
    return farthest - nearest <= JITTER + nearest / JITTER_PART;
}

/* Whether the events that exceed a limit of less than PACE_STAMPS come at a steady distance of at least `shortest` milliseconds. */
static inline bool
pace_is_steady(const struct pace *pace, unsigned limit, uint32_t shortest)
{
    uint32_t nearest = UINT32_MAX, farthest = 0;
    if (pace_stride(limit) > 1)
        return false;
    for (unsigned back = 0; back < pace_depth(limit); back++) {
        uint32_t distance = pace_stamp(pace, limit, back) - pace_stamp(pace, limit, back + 1);
        nearest = distance < nearest ? distance : nearest;
        farthest = distance > farthest ? distance : farthest;
    }
    return nearest >= shortest && pace_is_one_distance(nearest, farthest);
}

/* Events since the last pause of more than a window. Zeroed at first. */
struct burst {
    uint32_t events, first_frame, newest;
    int64_t first_time;
};

static inline void
burst_note(struct burst *burst, uint32_t frame, int64_t time, uint32_t window)
{
    uint32_t now = pace_now(time);
    if (burst->events++ == 0 || now - burst->newest > window)
        *burst = (struct burst){.events = 1, .first_frame = frame, .first_time = time};
    burst->newest = now;
}

#endif
