/* Counts connection attempts by source and by server (api/rate.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_RATES_H
#define NETCASE_ENGINE_RATES_H

#include "engine/context.h"

struct rates;

struct rates *rates_new(const struct hash_seed *seed);
void rates_free(struct rates *rates);

/* What a packet says of an attempt, and whether the client has not tried this server in the last ten seconds. */
enum rate_event {
    RATE_NOTHING,
    RATE_TRIES,
    RATE_REPEATS,
    RATE_IS_ANSWERED,
    RATE_FAILS,
    RATE_IS_REFUSED,
    RATE_COMPLETES
};

struct rate_news {
    enum rate_event event;
    bool new_pair;
};

/* `decided`: the outcome of the flow's attempt has changed with this packet. */
enum rate_event rates_event(const struct flow *flow, const struct packet *packet, bool decided);

/* Count the event at the flow's client, and after that at its server. The one that detectors are to be shown; NULL where nothing is
 * new that would make a case, or a finding takes it. */
struct source_rate *rates_note_source(struct engine *engine, const struct flow *flow, const struct packet *packet,
                                      struct rate_news *news);
struct server_rate *rates_note_server(struct engine *engine, const struct flow *flow, const struct packet *packet,
                                      const struct rate_news *news);

/* How many closed UDP ports the flow's client has found at the server in the last ten seconds, this one among them, and since when. */
uint32_t rates_note_closed_port(struct engine *engine, const struct flow *flow, int64_t time, int64_t *since);

/* Show the rate, that of the flow's source or server, again at `time`. */
void rates_look_again(struct engine *engine, const struct flow *flow, const struct packet *packet, struct rate *rate,
                      bool server, int64_t time);

/* The earliest time at which something is to be shown again, INT64_MAX if there is none; and the next such source or server up to the
 * packet's time, as it was then: what fell silent may be looked at several times with one packet. False if there is none. */
struct rate_due {
    struct flow_record *record;
    struct source_rate *source; /* one of these two is set */
    struct server_rate *server;
    int64_t time;
};
int64_t rates_next(const struct rates *rates);
bool rates_due(struct engine *engine, const struct packet *packet, struct rate_due *due);

#endif
