/* A connection of plain packets, for the tests of engine/tcp.h. Every test runs with several initial
 * sequence numbers, so that the numbers pass 2^31 and 2^32 in each place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_TCP_PLAY_H
#define NETCASE_TESTS_TCP_PLAY_H

#include "engine/tcp.h"
#include "packet_of.h"

static const uint32_t initial[] = {0,          1,          1000000000, 0x7ffffff0, 0x7fffff00, 0xffffffff,
                                   0xfffffff0, 0xffffff9c, 0xffffff00, 0xfffff000, 0xffffe000};

/* A connection of which both sides begin at `base`. Numbers of the tests are relative to it: the first
 * byte of each side is 1. */
struct play {
    struct flow_table *table;
    uint32_t base;
    uint32_t frame;
    struct packet packet;     /* the last one */
    struct tcp_events events; /* of it */
    struct flow_record *record;
    const struct flow *flow;
};

static inline void
take(struct play *play, double seconds, struct packet packet)
{
    bool started;
    packet.frame = ++play->frame;
    packet.time = (int64_t)(seconds * 1000 + 0.5) * MILLISECONDS(1);
    packet.sequence += play->base;
    packet.acknowledgment = packet.flags & TCP_ACK ? packet.acknowledgment + play->base : 0;
    play->record = flow_table_get(play->table, &packet, 0, &started);
    play->events = tcp_follow(play->record, &packet);
    struct flow *flow = &play->record->flow;
    struct side *side = packet.from_client ? &flow->by_client : &flow->by_server;
    side->packets++;
    flow->last_time = packet.time;
    play->packet = packet;
    play->flow = flow;
}

static inline void
client(struct play *play, double seconds, uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
    take(play, seconds, tcp_packet(CLIENT, flags, sequence, acknowledgment, length));
}

static inline void
server(struct play *play, double seconds, uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
    take(play, seconds, tcp_packet(SERVER, flags, sequence, acknowledgment, length));
}

static inline void
open_connection(struct play *play)
{
    client(play, 0.00, TCP_SYN, 0, 0, 0);
    server(play, 0.01, TCP_SYN | TCP_ACK, 0, 1, 0);
    client(play, 0.02, TCP_ACK, 1, 1, 0);
}

static inline void
with_every_number(void (*test)(struct play *play))
{
    for (size_t i = 0; i < G_N_ELEMENTS(initial); i++) {
        struct play play = {.table = flow_table_new(&hash_seed_of_tests, 0), .base = initial[i]};
        test(&play);
        flow_table_free(play.table);
    }
}

#define TEST(name)                                                                                                     \
    static void name##_with(struct play *play);                                                                        \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        with_every_number(name##_with);                                                                                \
    }                                                                                                                  \
    static void name##_with(struct play *play)

#endif
