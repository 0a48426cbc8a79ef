/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/strays.h"

#include "api/reset.h"

/* A power of two. */
enum { PLACES = 16384 };

/* The newest SYN of a client endpoint. */
struct place {
    uint32_t flow; /* number, 0 = empty */
    uint32_t sequence, timestamp;
    uint16_t ip_id;
    uint8_t ttl;
};

struct strays {
    const struct hash_seed *seed;
    struct place place[PLACES];
};

struct strays *
strays_new(const struct hash_seed *seed)
{
    struct strays *strays = g_new0(struct strays, 1);
    strays->seed = seed;
    return strays;
}

void
strays_free(struct strays *strays)
{
    g_free(strays);
}

static struct place *
place_of(struct strays *strays, const struct endpoint *client)
{
    uint64_t words[2];
    memcpy(words, client->address.bytes, sizeof words);
    return &strays->place[hash_two(strays->seed, hash_two(strays->seed, client->port, words[0], words[1]), 0, 0) %
                          PLACES];
}

/* Whether a SYN is the one of the place on its way to another address, as translation leaves it: with its IP ID, or in IPv6 its
 * time stamp, and its TTL or a lower one. A scanner sends each probe with the same numbers, too. */
static bool
is_same_syn(const struct place *place, const struct packet *packet)
{
    bool same = packet->has_ip_id ? packet->ip_id == place->ip_id && packet->timestamp == place->timestamp
                                  : packet->has_timestamp && packet->timestamp == place->timestamp;
    return place->flow != 0 && place->sequence == packet->sequence && packet->ttl <= place->ttl && same;
}

/* Whether a segment in the middle has the numbers of the connection: 2 to the 32 by chance, twice. */
static bool
numbers_fit(const struct flow *flow, const struct packet *packet)
{
    int32_t ahead = sequence_difference(packet->sequence, flow->by_server.next_sequence);
    return (packet->flags & (TCP_ACK | TCP_RST)) == TCP_ACK && packet->payload.length > 0 &&
           attempt_was_accepted(&flow->attempt) && ahead > -RESET_NEAR && ahead < RESET_NEAR &&
           sequence_difference(packet->acknowledgment, flow->by_client.next_sequence) <= 0 &&
           sequence_difference(packet->acknowledgment, flow->client_first_sequence) >= 0;
}

/* Whether the packet, which comes from a stranger to the client of `flow`, is meant for it. */
static bool
belongs(const struct flow *flow, const struct packet *packet)
{
    if (!endpoint_equal(&flow->client,
                        (packet->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? &packet->source : &packet->destination))
        return false;
    return (packet->flags & TCP_SYN) || numbers_fit(flow, packet);
}

/* The number of the flow that the packet may belong to, 0 if there is none. */
static uint32_t
candidate(struct strays *strays, const struct packet *packet, uint32_t flow)
{
    bool syn = (packet->flags & TCP_SYN) != 0, answers = (packet->flags & TCP_ACK) != 0;
    struct place *place = place_of(strays, syn && !answers ? &packet->source : &packet->destination);
    if (syn && !answers && !is_same_syn(place, packet)) {
        *place = (struct place){.flow = flow,
                                .sequence = packet->sequence,
                                .timestamp = packet->timestamp,
                                .ip_id = packet->ip_id,
                                .ttl = packet->ttl};
        return 0;
    }
    return syn && answers && packet->acknowledgment != place->sequence + 1 ? 0 : place->flow;
}

struct flow_record *
strays_begin(struct strays *strays, struct flow_table *flows, struct flow_record *record, const struct packet *packet)
{
    uint32_t number = record->flow.number;
    uint32_t original = candidate(strays, packet, number);
    if (original == 0)
        return record;
    const struct flow_record *other = flow_table_by_number(flows, original);
    bool is_stray = other != NULL && belongs(&other->flow, packet);
    struct endpoint asked = is_stray ? other->flow.server : (struct endpoint){0};
    record = flow_table_by_number(flows, number);
    if (is_stray) {
        record->original = original;
        record->flow.asked = asked;
    }
    return record;
}
