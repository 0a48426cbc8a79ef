/* What a capture holds and what can be concluded from it: the beginning of every report.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_SUMMARY_H
#define NETCASE_REPORT_SUMMARY_H

#include "api/detector.h"
#include "engine/engine.h"

/* VISIBLE_ONE: answers are proved by numbers, but none was captured. VISIBLE_MIXED: for some flows only. */
enum visibility { VISIBLE_UNKNOWN, VISIBLE_BOTH, VISIBLE_MIXED, VISIBLE_ONE };

/* Times are those of the earliest and the latest packet, in nanoseconds since 1970; they mean nothing without a packet. Flows that are forgotten (see flow_table.h) count as flows
 * only. */
struct capture_summary {
    uint64_t packets; /* TCP and UDP, and ICMP errors about them; those in tunnels too */
    uint64_t duplicates, cut, gaps;
    int64_t first_time, last_time;
    uint32_t flows, tcp_flows, udp_flows;
    uint32_t began_before, established;
    uint32_t tls_connections, tls_finished;
    uint32_t two_way_flows, answered_unseen;
    uint32_t tunnelled_flows; /* in IPIP, 6in4 or keyless GRE */
    unsigned mirrors, one_way_mirrors, overlays;
    uint64_t dns_messages, http_messages; /* of DNS over UDP, and of HTTP in clear text */
    uint64_t bytes, repeated_bytes;       /* of TCP payload; those that were sent again */
    enum capture_point place;             /* of most flows outside of encapsulations that tell */
    struct ip_address here;               /* the host at which it was made; family 0 = not known */
};

struct capture_summary summary_of(const struct engine *engine);
enum visibility summary_visibility(const struct capture_summary *summary);
const char *visibility_name(enum visibility visibility); /* "unknown", "both", "mixed", "one" */

#endif
