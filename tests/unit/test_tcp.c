/* A connection followed by its numbers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp_play.h"

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
    /* Which SYN was answered is open (Karn's rule); the SYN-ACK was sent once. */
    assert_true(play->flow->round_trip == 0 && play->flow->by_client.shortest_round_trip == 0);
    assert_true(play->flow->by_server.shortest_round_trip == MILLISECONDS(20));
    assert_int_equal(play->flow->handshake.second_syn_frame, 2);
    assert_int_equal(play->flow->client_first_sequence, play->base + 1);
    client(play, 1.04, TCP_ACK, 1, 1, 0);
    assert_false(play->events.completed);
}

TEST(round_trips_of_what_was_sent_once)
{
    open_connection(play);
    assert_true(play->flow->round_trip == MILLISECONDS(20));
    assert_true(play->flow->by_client.shortest_round_trip == MILLISECONDS(10));
    client(play, 1.000, TCP_ACK, 1, 1, 100);
    server(play, 1.008, TCP_ACK, 1, 101, 0);
    assert_true(play->flow->by_client.shortest_round_trip == MILLISECONDS(8));
    client(play, 2.000, TCP_ACK, 101, 1, 100);
    client(play, 2.200, TCP_ACK, 101, 1, 100);
    server(play, 2.203, TCP_ACK, 1, 201, 0);
    assert_true(play->flow->by_client.shortest_round_trip == MILLISECONDS(8));
}

TEST(spurious_retransmissions)
{
    open_connection(play);
    client(play, 1.000, TCP_ACK, 1, 1, 100);
    client(play, 1.200, TCP_ACK, 1, 1, 100);
    server(play, 1.210, TCP_ACK, 1, 101, 0); /* a round trip later: it was lost */
    assert_int_equal(play->flow->by_client.spurious, 0);
    client(play, 2.000, TCP_ACK, 101, 1, 100);
    client(play, 2.004, TCP_ACK, 101, 1, 100);
    client(play, 2.008, TCP_ACK, 101, 1, 100);
    server(play, 2.010, TCP_ACK, 1, 201, 0); /* a round trip after the first: neither was needed */
    assert_int_equal(play->flow->by_client.spurious, 2);
    client(play, 3.000, TCP_ACK, 201, 1, 100);
    client(play, 3.050, TCP_ACK, 201, 1, 100);
    client(play, 3.057, TCP_ACK, 201, 1, 100);
    server(play, 3.060, TCP_ACK, 1, 301, 0); /* a round trip after the second: the third was not */
    assert_int_equal(play->flow->by_client.spurious, 3);
}

TEST(sent_twice_by_a_box)
{
    open_connection(play);
    client(play, 1.0000, TCP_ACK, 1, 1, 100);
    client(play, 1.0000, TCP_ACK, 101, 1, 100);
    client(play, 1.0000, TCP_ACK, 1, 1, 100);
    assert_false(play->packet.retransmission);
    client(play, 1.0000, TCP_ACK, 101, 1, 100);
    assert_false(play->packet.retransmission);
    client(play, 1.0010, TCP_ACK, 101, 1, 100); /* as late as some timer may be */
    assert_true(play->packet.retransmission);
    server(play, 1.0110, TCP_ACK, 1, 201, 0);
    client(play, 2.0000, TCP_ACK, 201, 1, 100);
    server(play, 2.0000, TCP_ACK, 1, 201, 0); /* asks for it again */
    client(play, 2.0000, TCP_ACK, 201, 1, 100);
    assert_true(play->packet.retransmission);
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
    struct play play = {.table = flow_table_new(&hash_seed_of_tests, 0), .base = 7};
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

/* A packet that is sampled, of one side. */
static void
sampled(struct play *play, double seconds, enum side_of side, uint32_t sequence, uint32_t acknowledgment,
        uint32_t length, uint32_t timestamp, uint32_t echo)
{
    struct packet packet = tcp_packet(side, TCP_ACK, sequence, acknowledgment, length);
    packet.sampled = true;
    packet.has_timestamp = timestamp != 0;
    packet.timestamp = timestamp;
    packet.timestamp_echo = echo;
    take(play, seconds, packet);
}

TEST(round_trips_of_data)
{
    open_connection(play);
    const struct side *side = &play->flow->by_client;
    sampled(play, 1.00, CLIENT, 1, 1, 1000, 0, 0);
    server(play, 1.05, TCP_ACK, 1, 1001, 0);
    assert_true(side->round_trip == 0); /* the receiver may have waited with that */
    client(play, 2.00, TCP_ACK, 1001, 1, 4000);
    sampled(play, 2.01, CLIENT, 5001, 1, 1000, 0, 0);
    server(play, 2.05, TCP_ACK, 1, 5001, 0);
    assert_true(side->round_trip == 0);
    server(play, 2.07, TCP_ACK, 1, 6001, 0);
    assert_true(side->round_trip == MILLISECONDS(60));
    assert_true(side->round_trip_time == MILLISECONDS(2070));
    client(play, 3.00, TCP_ACK, 6001, 1, 4000);
    sampled(play, 3.01, CLIENT, 10001, 1, 1000, 0, 0);
    client(play, 3.02, TCP_ACK, 6001, 1, 1000); /* something was lost: what is acknowledged now says nothing */
    server(play, 3.50, TCP_ACK, 1, 11001, 0);
    assert_true(side->round_trip == MILLISECONDS(60));
}

TEST(round_trips_of_acknowledgments)
{
    open_connection(play);
    const struct side *side = &play->flow->by_client;
    sampled(play, 1.00, SERVER, 1, 1, 1000, 500, 10);
    sampled(play, 1.01, CLIENT, 1, 1001, 0, 77, 500);
    for (uint32_t i = 0; i < 4; i++)
        sampled(play, 1.02 + 0.01 * i, SERVER, 1001 + 1000 * i, 1, 1000, 501, 76);
    assert_true(side->round_trip == 0);
    sampled(play, 1.06, SERVER, 5001, 1, 1000, 501, 77);
    assert_true(side->round_trip == MILLISECONDS(50));
    /* After a pause it tells how long the server had nothing to send. */
    sampled(play, 1.07, CLIENT, 1, 6001, 0, 90, 501);
    for (uint32_t i = 0; i < 4; i++)
        sampled(play, 1.08 + 0.01 * i, SERVER, 6001 + 1000 * i, 1, 1000, 502, 77);
    sampled(play, 3.00, SERVER, 10001, 1, 1000, 503, 90);
    assert_true(side->round_trip == MILLISECONDS(50));
}

TEST(segments_that_came_twice)
{
    open_connection(play);
    struct packet packet = tcp_packet(SERVER, TCP_ACK, 1, 101, 0);
    packet.reports_duplicate = true;
    take(play, 1, packet);
    assert_int_equal(play->flow->by_server.received_twice, 1);
    assert_int_equal(play->flow->by_client.received_twice, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake),
        cmocka_unit_test(round_trips_of_what_was_sent_once),
        cmocka_unit_test(spurious_retransmissions),
        cmocka_unit_test(sent_twice_by_a_box),
        cmocka_unit_test(new_bytes_and_retransmissions),
        cmocka_unit_test(keepalive_probes),
        cmocka_unit_test(pending_data),
        cmocka_unit_test(pending_rest),
        cmocka_unit_test(idle_and_quiet),
        cmocka_unit_test(ends),
        cmocka_unit_test(round_and_round),
        cmocka_unit_test(round_trips_of_data),
        cmocka_unit_test(round_trips_of_acknowledgments),
        cmocka_unit_test(segments_that_came_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
