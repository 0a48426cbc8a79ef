/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include "walk/walk.h"
#include "wire/packet_time.h"

static bool
is_ip(const struct payload *payload)
{
    return payload->captured > 0 && (payload->bytes[0] >> 4 == 4 || payload->bytes[0] >> 4 == 6);
}

void
feed_ip(const struct feed *feed, const struct payload *ip)
{
    const struct walk walk = {.engine = feed->engine, .engine_opens_vxlan = feed->engine_opens};
    if (is_ip(ip))
        walk_frame(&walk,
                   &(struct walk_frame){.number = feed->frame, .time = feed->time, .link = LINK_RAW_IP, .bytes = *ip});
    else
        engine_arp(feed->engine,
                   &(struct arrival){.packet = {.frame = feed->frame, .time = packet_time_clamp(feed->time)},
                                     .transport = *ip});
}
