/* The way from a frame to the packets in it without Wireshark's dissection, and into the engine: outer packets before inner ones, as
 * Wireshark would show them. What it can't open it says, so that nobody takes silence for health.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WALK_WALK_H
#define NETCASE_WALK_WALK_H

#include "engine/engine.h"
#include "walk/fragments.h"

/* What a frame begins with. LOOPBACK: four bytes of an address family, in either byte order (LINKTYPE_NULL, LINKTYPE_LOOP). LINUX_COOKED: of
 * captures on the interface `any`, in two versions. */
enum link_layer {
    LINK_UNKNOWN,
    LINK_ETHERNET,
    LINK_RAW_IP,
    LINK_LOOPBACK,
    LINK_LINUX_COOKED,
    LINK_LINUX_COOKED_2,
    LINK_PPP,
};

/* WHOLE: the engine has seen all TCP, UDP and ICMP in it that Wireshark would have shown it. The others: it may hold more. LINK: the link
 * layer is unknown. FRAGMENT: of an IP packet, and nobody puts them together. TUNNEL: of a kind that is not opened. */
enum walk_result { WALK_WHOLE, WALK_LINK, WALK_FRAGMENT, WALK_TUNNEL };

enum { WALK_RESULTS = WALK_TUNNEL + 1 };

struct walk {
    struct engine *engine;
    struct fragments *fragments; /* NULL: fragments are left out */
    /* Called with each packet that the engine has taken, and its flow: 0 for an ICMP message. NULL if nobody asks. */
    void (*note)(const struct arrival *arrival, uint32_t flow, void *data);
    void *data;
    bool engine_opens_vxlan; /* by its own means, as on a port where Wireshark does not */
};

/* One frame: the engine's number of it, nanoseconds since 1970, any number; `bytes` begins with the link layer. */
struct walk_frame {
    uint32_t number;
    int64_t time;
    enum link_layer link;
    uint32_t interface; /* that it was captured on */
    struct payload bytes;
};

/* Nothing is read beyond what was captured, whatever stands in it. */
enum walk_result walk_frame(const struct walk *walk, const struct walk_frame *frame);

#endif
