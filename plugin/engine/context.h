/* What stands behind the calls of api/detector.h: the engine's insides, for engine.c and context.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_CONTEXT_H
#define NETCASE_ENGINE_CONTEXT_H

#include "engine/detector_set.h"
#include "engine/duplicates.h"
#include "engine/engine.h"
#include "engine/keyed.h"
#include "engine/knowledge.h"
#include "engine/names.h"
#include "engine/queries.h"
#include "engine/strays.h"
#include "engine/wakes.h"

/* Bits of detector.sees that a packet may have. */
enum { EVENTS = 18 };
_Static_assert(1 << EVENTS == SEES_DUPLICATES, "bits of events");

struct engine {
    const struct settings *settings;
    struct flow_table *flows;
    struct encapsulation *encapsulation;
    struct duplicates *duplicates;
    struct knowledge *knowledge;
    struct names *names;
    struct queries *queries;
    struct store *store;
    struct causes *causes;
    struct replacements *replacements;
    void **capture_states;       /* by detector number */
    struct keyed **keyed_states; /* by detector number, NULL until used */
    struct wakes *wakes;
    struct attempts *attempts;
    struct strays *strays;
    struct controls_memory *controls;
    struct rates *rates;
    struct detector_set outcome_watchers;    /* that see outcomes */
    uint64_t packets;                        /* shown so far */
    int64_t first_time, last_time;           /* the earliest and the latest of these */
    uint64_t duplicate_packets, cut_packets; /* of these; cut: fewer bytes captured than travelled */
    uint64_t gaps;                           /* holes that were acknowledged, outside of sessions too */
    uint64_t dns_messages, http_messages;    /* that were read */
    uint64_t outside_bytes;                  /* of IP packets outside of sessions, duplicates excluded */
    unsigned until_sample;                   /* packets, up to the next that is sampled */
    struct detector_set watchers[EVENTS];    /* by event, those that see such packets */
    struct detector_set query_watchers;      /* that are told of queries */
    struct detector_set neighbour_watchers;  /* that are told of neighbours */
    struct flow_record *no_flow;             /* for what belongs to none: number 0, on the path of the message */
    struct detector_set source_watchers;     /* that are shown sources of many attempts */
    struct detector_set server_watchers;     /* that are shown servers of many attempts */
    unsigned two_way_flows;                  /* outside of encapsulations */
    unsigned one_way_flows;                  /* outside of encapsulations: answered by packets never captured */
    size_t threshold_numbers[CATALOGUE_DETECTORS_MAX]; /* of the first threshold of each detector */
    size_t flow_state_places[CATALOGUE_DETECTORS_MAX]; /* of each detector's state in flow_record.states */
    size_t flow_state_size;                            /* of all together */
};

/* The network that the flow is in: an address in another one is another host. */
static inline uint32_t
engine_network(const struct engine *engine, const struct flow *flow)
{
    return encapsulation_network(engine->encapsulation, flow->path);
}

/* The idle bracket of the flow's server. */
static inline struct bracket *
engine_bracket(struct engine *engine, const struct flow *flow)
{
    return knowledge_bracket(engine->knowledge, engine_network(engine, flow), &flow->server);
}

/* The session that brings the flow, where none of its packets is at hand: the client's direction, as what is asked comes
 * before what is answered. */
static inline uint32_t
flow_session(const struct flow *flow)
{
    return flow->by_client.session != 0 ? flow->by_client.session : flow->by_server.session;
}

struct context {
    struct engine *engine;
    size_t detector; /* number in the catalogue */
    struct flow_record *record;
    const struct packet *packet; /* in a wake one of any flow */
    uint32_t session;            /* that brought what the detector is shown: the packet, in a wake the flow; 0 = none */
    struct rate *rate;           /* of the source or server that is shown, NULL if none is */
    bool shows_server;
};

#endif
