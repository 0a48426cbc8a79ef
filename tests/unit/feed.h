/* Feeds IP packets and ARP messages to the engine as the host does, without the host: opens tunnels and shows each
 * transport header of each layer, outer before inner.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_FEED_H
#define NETCASE_TESTS_FEED_H

#include "engine/engine.h"

/* One frame. `ip` begins with an IP header, or that of ARP. */
struct feed {
    struct engine *engine;
    uint32_t frame;
    int64_t time;
    bool engine_opens; /* what VXLAN carries, as on a port that the host does not decode */
};

void feed_ip(const struct feed *feed, const struct payload *ip);

#endif
