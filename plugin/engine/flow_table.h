/* All flows of a capture, found by the key of the catalogue: encapsulation path, protocol, and the
 * unordered pair of endpoints. A SYN with a new initial sequence number starts a new flow on the
 * same key; the old one stays known by its number.
 *
 * A flow that never got beyond its handshake, or beyond two datagrams, is forgotten when FLOWS_YOUNG_MAX
 * newer ones have come: a flood from a million addresses takes no more memory than that.
 *
 * Only the FLOWS_OPEN_MAX flows that had packets last are kept as they are. The others are packed without their zeros
 * (memory/packed.h) until they are asked for again, so that nothing of them is lost (docs/decisions/flow-records.md).
 * So a pointer to a record is good until the next record is asked for: keep numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_FLOW_TABLE_H
#define NETCASE_ENGINE_FLOW_TABLE_H

#include <glib.h>
#include <stddef.h>

#include "api/flow.h"
#include "engine/tls_stream.h"
#include "memory/hash.h"

/* What is known of an address on one encapsulation path, for the questions about the vantage. */
struct host {
    uint32_t path;
    struct ip_address address;
    unsigned flows;        /* that have it as client or server */
    bool seen;             /* it sent a packet that was captured */
    bool reached_somebody; /* as client: one of its SYNs was answered by SYN-ACK */
    bool answers_unseen;   /* it answered with packets that were never captured */
    unsigned peers_unseen; /* flows in which a peer of it did */
    int64_t round_trip;    /* the shortest of its handshakes; 0 = none yet */
    bool repeats;          /* as server: it, or a client of it, has sent something again */
    bool right_checksums;  /* its TCP packets are captured with right ones: no network card puts them in later */
    uint8_t checksums_read;
    uint8_t ttl;         /* of its newest packets that others took; 0 = none yet */
    int64_t answer_time; /* the shortest in which it answered a SYN, or a SYN-ACK; 0 = none yet */
};

/* So many packets of a host tell whether the capture has its checksums. */
enum { CHECKSUMS_READ_MAX = 8 };

/* Bytes of one side that the other acknowledged but that were never captured. */
struct hole {
    uint32_t from, to; /* sequence numbers; equal = no hole */
    uint32_t frame;    /* of the acknowledgment */
    int64_t time;
    unsigned packets_after; /* of the flow, since the acknowledgment */
};

/* Bytes of a side that its later ones came before, and the packet that came before them. */
struct missing_range {
    uint32_t from, to; /* sequence numbers */
    int64_t time;
    uint32_t timestamp;
    uint16_t ip_id;
    bool has_timestamp, has_ip_id;
};

enum { MISSING_MAX = 16 };

/* Of one side, in no order. */
struct missing {
    unsigned count;
    struct missing_range range[MISSING_MAX];
};

/* A packet that the other side will react to, to measure the round trip: data, which it acknowledges, or in a
 * transfer the other way an acknowledgment, whose timestamp it echoes. */
struct timed_packet {
    int64_t time; /* 0 = none */
    bool from_client, echo;
    uint32_t awaited; /* the acknowledgment or the echo */
    uint32_t next;    /* sequence number of the other side, for `echo` */
};

/* The packet with the lowest sequence numbers of a side, until the other side has taken it. */
struct offer {
    uint32_t end; /* one past its last sequence number */
    uint8_t ttl;
    bool made, taken;
};

/* What a side has sent again and is not acknowledged yet, for engine/losses.h. */
struct repeated {
    uint32_t waiting;        /* packets */
    uint32_t waiting_end;    /* sequence number behind them */
    uint64_t new_bytes;      /* of the side, at the last of them */
    uint32_t acknowledgment; /* of the side, then */
    uint32_t twice;          /* that the receiver reported, or that the time of its acknowledgments shows */
};

/* A flow with what only the engine knows of it. `flow` must be the first member. */
struct flow_record {
    struct flow flow;
    struct host *client_host, *server_host;
    uint32_t client_initial_sequence, server_initial_sequence;
    struct tls_side tls_client, tls_server;
    bool not_tls;                      /* its first payload was something else */
    bool speaks_dns;                   /* on another port than 53: it began with a query */
    uint32_t newest_query;             /* for engine/queries.h; 0 = none */
    bool client_unseen, server_unseen; /* that side answered, but was never captured */
    bool told_unseen;                  /* a finding says that only one side was captured */
    struct hole client_hole, server_hole;
    struct missing *client_missing, *server_missing; /* NULL until a side's numbers jump */
    struct timed_packet timed;
    struct offer client_offer, server_offer;
    struct repeated client_repeated, server_repeated;
    int64_t last_syn_ack_time;
    uint32_t syn_timestamp; /* of the first SYN */
    bool syn_has_timestamp;
    unsigned challenged_syns; /* that there were at the newest challenge ACK */
    unsigned unanswered_syns; /* that it had when it was taken for unanswered */
    uint32_t
        original; /* number of the flow that has the SYN which this one is a copy of, or answers: see flow.asked; 0 = none */
    int64_t attempt_due;                    /* if nothing comes until then, that tells what became of the attempt */
    bool recent;                            /* asked for since a record was packed the last time: the table's */
    _Alignas(max_align_t) uint8_t states[]; /* of all detectors, one behind the other */
};

enum { FLOWS_YOUNG_MAX = 65536, FLOWS_OPEN_MAX = 1024 };

struct flow_table;

/* `states_size`: bytes of memory that all detectors together want for each flow. */
struct flow_table *flow_table_new(const struct hash_seed *seed, size_t states_size);
void flow_table_free(struct flow_table *table);

/* The flow of the packet, made if it is new, with packet->from_client set. `started` tells whether
 * it was made now. Never NULL; valid until the next record is asked for, as all that are returned here. */
struct flow_record *flow_table_get(struct flow_table *table, struct packet *packet, uint32_t path, bool *started);

/* The flow that these endpoints have at present, NULL if none: for what an ICMP error quotes. */
struct flow_record *flow_table_find(struct flow_table *table, const struct packet *packet, uint32_t path);

/* What is known of the address on this path, NULL if no flow that is remembered has it. */
const struct host *flow_table_host(const struct flow_table *table, uint32_t path, const struct ip_address *address);

/* Whether the address sent a packet on this path that was captured. */
bool flow_table_has_seen(const struct flow_table *table, uint32_t path, const struct ip_address *address);

/* Number of flows so far; flow numbers go from 1 to it. */
uint32_t flow_table_count(const struct flow_table *table);

/* NULL for a number that there is not, or whose flow is forgotten. */
struct flow_record *flow_table_by_number(struct flow_table *table, uint32_t number);

/* Call `visit` for each flow that is not forgotten, in the order of numbers. */
void flow_table_each(const struct flow_table *table, void (*visit)(const struct flow *flow, void *data), void *data);

#endif
