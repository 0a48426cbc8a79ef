/* The border for time. A capture file can hold any 64-bit number as the time of a packet; behind this border sums and
 * differences of times can't overflow, so that nobody behind it has to think of that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_PACKET_TIME_H
#define NETCASE_WIRE_PACKET_TIME_H

#include "api/packet.h"

/* The latest time of a packet, in nanoseconds since 1970: the end of seconds in 32 bits, in the year 2106. Twice as much and
 * 20 years more is still a number: a time, a difference of two others and a wait can be added up. */
#define PACKET_TIME_MAX ((INT64_C(1) << 32) * NANOSECONDS_PER_SECOND - 1)

/* Nanoseconds since 1970, between 0 and PACKET_TIME_MAX, of a time in nanoseconds since 1970. What is earlier or later is no
 * time that a clock had: it becomes the nearest one, and packets that share it have no time between them. */
static inline int64_t
packet_time_clamp(int64_t nanoseconds)
{
    return nanoseconds < 0 ? 0 : nanoseconds > PACKET_TIME_MAX ? PACKET_TIME_MAX : nanoseconds;
}

/* The same of a time in seconds, with any nanoseconds behind them. */
static inline int64_t
packet_time(int64_t seconds, int32_t nanoseconds)
{
    const int64_t last = PACKET_TIME_MAX / NANOSECONDS_PER_SECOND;
    if (seconds < 0 || seconds > last)
        return seconds < 0 ? 0 : PACKET_TIME_MAX;
    return packet_time_clamp(seconds * NANOSECONDS_PER_SECOND + nanoseconds);
}

#endif
