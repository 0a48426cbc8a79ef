/* Follows a TCP connection by its numbers: what is new, what was sent again, what is acknowledged,
 * how long it was idle. Fills the facts of `struct packet` and `struct flow` (RFC 9293).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_TCP_H
#define NETCASE_ENGINE_TCP_H

#include "engine/flow_table.h"

/* What tcp_follow found besides the facts. */
struct tcp_events {
    int64_t survived_idle; /* data after this idle time was acknowledged now; 0 = none */
    bool completed;        /* the handshake was completed by this packet */
    bool answered_unseen;  /* proved now: the other side answers, but it was never captured */
    bool gap;              /* a hole of the other side's or this side's data has stayed */
};

/* Take the next packet of the flow. Must not be called for duplicates. */
struct tcp_events tcp_follow(struct flow_record *record, struct packet *packet);

#endif
