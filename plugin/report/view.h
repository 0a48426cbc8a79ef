/* How a report is to be written, and what only its host knows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_VIEW_H
#define NETCASE_REPORT_VIEW_H

#include "report/text.h"

/* Where a report comes from. Texts are printable; NULL for what is not known. */
struct report_origin {
    const char *file;           /* name of the capture, without its folder */
    const char *version, *host; /* "0.1.0" of netcase, "Wireshark 4.0.17" */
    const char *filter;         /* of the report */
    char *const
        *options; /* "netcase.levels:15,60,120": the levels, and what differs from its default; NULL-terminated */
    const char *
        unread; /* what of the capture could not be looked at, a sentence; the program that reads decides on the language */
    uint64_t frames;               /* of the capture, or that passed the filter */
    int64_t first_time, last_time; /* of these, nanoseconds since 1970 */
};

/* A packet as it was captured. */
struct seen_packet {
    int64_t time;    /* nanoseconds since 1970 */
    uint32_t flow;   /* 0 for an ICMP error */
    uint32_t length; /* of the payload of TCP or UDP */
    uint8_t protocol, flags;
    bool from_client;
};

struct frames;

/* `shown_frame` gives the number that the user knows a frame by, 0 for one that is not shown. `packet` gives the packet of
 * a frame, false where it is not known; it may be NULL, as `origin` may. */
struct report_view {
    enum language language;
    bool markdown;
    const struct report_origin *origin;
    uint32_t (*shown_frame)(uint32_t frame, void *data);
    bool (*packet)(uint32_t frame, void *data, struct seen_packet *packet);
    void *data;
    const struct frames *frames; /* of the capture; only JSON needs them */
    unsigned part;               /* of a capture that is reported in parts, from 1 on; 0 if it is reported whole */
};

#endif
