/* A connection followed by its numbers. Every test runs with several initial sequence numbers, so that
 * the numbers pass 2^31 and 2^32 in each place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tcp.h"
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

static void
take(struct play *play, double seconds, struct packet packet)
{
    bool started;
    packet.frame = ++play->frame;
    packet.time = (int64_t)(seconds * 1000) * MILLISECONDS(1);
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

static void
client(struct play *play, double seconds, uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
    take(play, seconds, tcp_packet(CLIENT, flags, sequence, acknowledgment, length));
}

static void
server(struct play *play, double seconds, uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
    take(play, seconds, tcp_packet(SERVER, flags, sequence, acknowledgment, length));
}

static void
open_connection(struct play *play)
{
    client(play, 0.00, TCP_SYN, 0, 0, 0);
    server(play, 0.01, TCP_SYN | TCP_ACK, 0, 1, 0);
    client(play, 0.02, TCP_ACK, 1, 1, 0);
}

static void
with_every_number(void (*test)(struct play *play))
{
    for (size_t i = 0; i < G_N_ELEMENTS(initial); i++) {
        struct play play = {.table = flow_table_new(), .base = initial[i]};
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

TEST(handshake)
{
    client(play, 0.00, TCP_SYN, 0, 0, 0);
    client(play, 1.00, TCP_SYN, 0, 0, 0);
    assert_true(play->packet.retransmission);
    server(play, 1.01, TCP_SYN | TCP_ACK, 0, 1, 0);
    client(play, 1.02, TCP_ACK, 1, 2, 0);
    assert_false(play->events.completed);
    client(play, 1.02, TCP_ACK, 2, 1, 0);
    assert_false(play->events.completed);
    client(play, 1.03, TCP_ACK, 1, 1, 0);
    assert_true(play->events.completed);
    assert_int_equal(play->flow->handshake.completed_frame, 6);
    assert_true(play->flow->round_trip == MILLISECONDS(30));
    assert_int_equal(play->flow->handshake.second_syn_frame, 2);
    assert_int_equal(play->flow->client_first_sequence, play->base + 1);
    client(play, 1.04, TCP_ACK, 1, 1, 0);
    assert_false(play->events.completed);
}

TEST(new_bytes_and_retransmissions)
{
    open_connection(play);
    client(play, 1, TCP_ACK, 1, 1, 100);
    assert_int_equal(play->packet.new_bytes, 100);
    assert_false(play->packet.retransmission);
    client(play, 2, TCP_ACK, 1, 1, 100);
    assert_int_equal(play->packet.new_bytes, 0);
    assert_true(play->packet.retransmission);
    client(play, 3, TCP_ACK, 51, 1, 150); /* half of it was sent before */
    assert_int_equal(play->packet.new_bytes, 100);
    assert_false(play->packet.retransmission);
    client(play, 4, TCP_ACK | TCP_FIN, 201, 1, 10);
    assert_int_equal(play->packet.new_bytes, 10);
    client(play, 5, TCP_ACK | TCP_FIN, 201, 1, 10);
    assert_true(play->packet.retransmission);
    assert_int_equal(play->flow->by_client.new_bytes, 210);
    assert_int_equal(play->flow->by_client.fin_sequence, play->base + 211);
    assert_int_equal(play->flow->by_client.fin_frame, 7);
    client(play, 6, TCP_ACK, 212, 1, 0);
    assert_false(play->packet.retransmission || play->packet.keepalive_probe);
}

TEST(keepalive_probes)
{
    open_connection(play);
    client(play, 0.1, TCP_ACK, 1, 1, 100);
    server(play, 0.2, TCP_ACK, 1, 101, 0);
    client(play, 60, TCP_ACK, 100, 1, 0);
    assert_true(play->packet.keepalive_probe);
    assert_false(play->packet.retransmission);
    assert_true(play->flow->by_client.pending.probe);
    client(play, 61, TCP_ACK, 100, 1, 1);
    assert_true(play->packet.keepalive_probe);
    assert_int_equal(play->flow->by_client.pending.retransmissions, 1);
    server(play, 61.01, TCP_ACK, 1, 101, 0);
    assert_int_equal(play->flow->by_client.pending.frame, 0);
    assert_true(play->events.survived_idle == 0);
    client(play, 62, TCP_ACK, 101, 1, 0); /* a plain ACK is no probe */
    assert_false(play->packet.keepalive_probe);
    client(play, 63, TCP_ACK, 101, 1, 1); /* neither is a byte of data */
    assert_false(play->packet.keepalive_probe);
    assert_int_equal(play->packet.new_bytes, 1);
    client(play, 64, TCP_ACK, 101, 1, 1); /* and sent again it is a retransmission */
    assert_false(play->packet.keepalive_probe);
    assert_true(play->packet.retransmission);
}

TEST(pending_data)
{
    open_connection(play);
    client(play, 20, TCP_ACK, 1, 1, 100);
    const struct pending *pending = &play->flow->by_client.pending;
    assert_int_equal(pending->frame, 4);
    assert_true(pending->idle == MILLISECONDS(19980));
    client(play, 21, TCP_ACK, 101, 1, 100);
    client(play, 22, TCP_ACK, 1, 1, 100);
    client(play, 23, TCP_ACK, 101, 1, 100); /* another segment */
    client(play, 24, TCP_ACK, 1, 1, 200);
    client(play, 25, TCP_ACK, 1, 1, 50);
    assert_int_equal(pending->retransmissions, 3);
    assert_int_equal(pending->third_frame, 9);
    assert_int_equal(pending->last_frame, 9);
    assert_false(pending->answered);
    server(play, 26, TCP_RST, 1, 0, 0); /* no answer */
    assert_false(pending->answered);
    server(play, 27, TCP_ACK, 1, 1, 0); /* acknowledges nothing, but shows that somebody hears */
    assert_true(pending->answered);
    assert_int_equal(pending->frame, 4);
    server(play, 28, TCP_ACK, 1, 201, 0);
    assert_int_equal(pending->frame, 0);
    assert_true(play->events.survived_idle == MILLISECONDS(19980));
}

/* A part was acknowledged: the rest is pending, but it has not waited for a connection at rest. */
TEST(pending_rest)
{
    open_connection(play);
    client(play, 20, TCP_ACK, 1, 1, 100);
    client(play, 20, TCP_ACK, 101, 1, 100);
    client(play, 21, TCP_ACK, 1, 1, 100);
    server(play, 22, TCP_ACK, 1, 101, 0);
    const struct pending *pending = &play->flow->by_client.pending;
    assert_true(play->events.survived_idle == MILLISECONDS(19980));
    assert_true(pending->idle == 0 && pending->retransmissions == 0);
    assert_int_equal(pending->sequence, play->base + 101);
    client(play, 23, TCP_ACK, 101, 1, 100);
    assert_int_equal(pending->retransmissions, 1);
    server(play, 24, TCP_ACK, 1, 201, 0);
    assert_int_equal(pending->frame, 0);
    assert_true(play->events.survived_idle == 0);
}

TEST(idle_and_quiet)
{
    open_connection(play);
    client(play, 1.02, TCP_ACK, 1, 1, 100);
    assert_true(play->packet.idle == SECONDS(1) && play->packet.quiet == SECONDS(1));
    server(play, 3, TCP_ACK, 1, 101, 0);
    client(play, 7, TCP_ACK, 100, 1, 0);
    server(play, 10, TCP_ACK, 1, 101, 50);
    assert_true(play->packet.idle == MILLISECONDS(8980) && play->packet.quiet == SECONDS(3));
    server(play, 12, TCP_ACK, 1, 101, 50); /* sent again, it is data all the same */
    client(play, 13, TCP_ACK, 101, 51, 0);
    assert_true(play->packet.idle == SECONDS(1));
    client(play, 5, TCP_ACK, 101, 51, 10); /* time goes backwards */
    assert_true(play->packet.idle == 0 && play->packet.quiet == 0);
    client(play, 14, TCP_ACK, 111, 51, 10);
    assert_true(play->packet.idle == SECONDS(2));
}

TEST(holes_that_stay)
{
    open_connection(play);
    server(play, 1.000, TCP_ACK, 1, 1, 100);
    server(play, 1.001, TCP_ACK, 201, 1, 100); /* 101 to 200 are missing */
    client(play, 1.002, TCP_ACK, 1, 301, 0);
    assert_int_equal(play->flow->gap_frame, 0);
    for (unsigned i = 0; i < 4; i++) {
        client(play, 1.003, TCP_ACK, 1 + i, 301, 1);
        assert_false(play->events.gap);
    }
    client(play, 1.004, TCP_ACK, 5, 301, 1);
    assert_true(play->events.gap);
    assert_int_equal(play->flow->gap_frame, 6);
}

TEST(holes_that_were_filled)
{
    open_connection(play);
    server(play, 1.000, TCP_ACK, 1, 1, 100);
    server(play, 1.001, TCP_ACK, 201, 1, 100);
    client(play, 1.002, TCP_ACK, 1, 301, 0);
    server(play, 1.003, TCP_ACK, 101, 1, 50); /* in two pieces */
    server(play, 1.003, TCP_ACK, 151, 1, 50);
    for (unsigned i = 0; i < 8; i++) {
        client(play, 2 + i, TCP_ACK, 1 + i, 301, 1);
        assert_false(play->events.gap);
    }
}

TEST(holes_at_the_end)
{
    open_connection(play);
    client(play, 1.0, TCP_ACK, 1, 1, 100);
    server(play, 1.1, TCP_ACK, 1, 201, 0); /* for 100 bytes that nobody saw */
    assert_false(play->events.gap);
    server(play, 1.31, TCP_ACK, 1, 201, 0);
    assert_true(play->events.gap);
    assert_int_equal(play->flow->gap_frame, 5);
}

TEST(holes_of_a_capture_that_began_later)
{
    client(play, 1.0, TCP_ACK, 1, 1000, 100);
    server(play, 1.1, TCP_ACK, 1000, 501, 100); /* 400 bytes came before the capture */
    client(play, 1.2, TCP_ACK, 501, 1100, 10);
    server(play, 2.0, TCP_ACK, 1100, 511, 10);
    server(play, 3.0, TCP_ACK, 1110, 511, 10);
    assert_int_equal(play->flow->gap_frame, 0);
    assert_true(play->flow->began_before);
}

TEST(answers_that_were_never_seen)
{
    client(play, 0.00, TCP_SYN, 0, 0, 0);
    assert_false(play->events.answered_unseen);
    client(play, 0.01, TCP_RST, 1, 0, 0);
    assert_false(play->events.answered_unseen);
    client(play, 0.02, TCP_ACK, 1, 1, 0);
    assert_true(play->events.answered_unseen);
    assert_false(play->events.completed); /* the numbers of a SYN-ACK that was not seen can't be checked */
}

/* In the middle of a connection the acknowledgments must move. */
TEST(answers_that_were_never_seen_in_the_middle)
{
    client(play, 0.0, TCP_ACK, 1, 500, 10);
    client(play, 0.1, TCP_ACK, 11, 500, 10);
    assert_false(play->events.answered_unseen);
    client(play, 0.2, TCP_ACK, 21, 501, 10);
    assert_true(play->events.answered_unseen);
}

TEST(answers_that_were_seen)
{
    open_connection(play);
    client(play, 1, TCP_ACK, 1, 1000, 10);
    assert_false(play->events.answered_unseen);
}

TEST(ends)
{
    open_connection(play);
    server(play, 75.02, TCP_ACK | TCP_FIN, 1, 1, 0);
    assert_true(play->flow->by_server.fin_idle == SECONDS(75));
    assert_int_equal(play->flow->by_server.fin_sequence, play->base + 1);
    server(play, 76, TCP_ACK | TCP_FIN, 1, 1, 0);
    assert_true(play->packet.retransmission);
    assert_int_equal(play->flow->by_server.fin_frame, 4);
    client(play, 77, TCP_RST, 1, 0, 0);
    client(play, 78, TCP_RST, 1, 0, 0);
    assert_int_equal(play->flow->by_client.rst_frame, 6);
    assert_true(play->flow->by_client.rst_time == SECONDS(77));
}

/* 5 GB: the numbers go round more than once. */
static void
round_and_round(void **state)
{
    (void)state;
    struct play play = {.table = flow_table_new(), .base = 7};
    open_connection(&play);
    uint32_t at = 1;
    for (unsigned i = 0; i < 80000; i++) {
        server(&play, 1 + i * 0.001, TCP_ACK, at, 1, 65000);
        assert_int_equal(play.packet.new_bytes, 65000);
        at += 65000;
        client(&play, 1 + i * 0.001, TCP_ACK, 1, at, 0);
        assert_int_equal(play.flow->by_server.pending.frame, 0);
        assert_false(play.events.gap);
    }
    assert_true(play.flow->by_server.new_bytes == UINT64_C(5200000000));
    flow_table_free(play.table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake),
        cmocka_unit_test(new_bytes_and_retransmissions),
        cmocka_unit_test(keepalive_probes),
        cmocka_unit_test(pending_data),
        cmocka_unit_test(pending_rest),
        cmocka_unit_test(idle_and_quiet),
        cmocka_unit_test(holes_that_stay),
        cmocka_unit_test(holes_that_were_filled),
        cmocka_unit_test(holes_at_the_end),
        cmocka_unit_test(holes_of_a_capture_that_began_later),
        cmocka_unit_test(answers_that_were_never_seen),
        cmocka_unit_test(answers_that_were_never_seen_in_the_middle),
        cmocka_unit_test(answers_that_were_seen),
        cmocka_unit_test(ends),
        cmocka_unit_test(round_and_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
