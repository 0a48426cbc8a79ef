/* The DNS queries of a capture: which transmissions belong together, what answers them, and when nothing is due any more.
 *
 * A query is forgotten when QUERIES_MAX others have begun since: a flood of queries takes no more memory than that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_QUERIES_H
#define NETCASE_ENGINE_QUERIES_H

#include "api/flow.h"
#include "api/query.h"
#include "memory/hash.h"

enum { QUERIES_MAX = 8192 };

struct queries;

/* What happened to a query; `query` is NULL for nothing that anybody is told. `flow` is that of its newest transmission. */
struct query_news {
    const struct query *query;
    enum query_event event;
    uint32_t flow;
};

/* The seed must live longer. `patience`: nanoseconds that a query which is not sent again is waited for. */
struct queries *queries_new(const struct hash_seed *seed, int64_t patience);
void queries_free(struct queries *queries);

/* Take in a packet of UDP that is no duplicate, with packet->dns if it is a message; `newest` is the flow's number of its
 * newest query, 0 at first. A query of the news lives until the next call. */
struct query_news queries_take(struct queries *queries, const struct flow *flow, uint32_t *newest,
                               const struct packet *packet);

/* The detectors know of it: what they were told is how it stands from now on. */
void queries_told(const struct query_news *news);

/* An ICMP error quotes a query of the flow: it is no longer waited for. */
void queries_settle(struct queries *queries, uint32_t newest);

/* The frame of the newest answer of the flow's server to its client within a minute before `now`, of those that give addresses if asked
 * for; 0 = there is none. */
uint32_t queries_newest_answer(const struct queries *queries, const struct flow *flow, bool with_addresses,
                               int64_t now);

/* The time of the earliest wait that ends, INT64_MAX if there is none. */
int64_t queries_next(const struct queries *queries);

/* The next query whose wait is over at `now`; without one when there is none. */
struct query_news queries_over(struct queries *queries, int64_t now);

#endif
