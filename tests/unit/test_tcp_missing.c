/* What was never captured of a connection, shown by its numbers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp_play.h"

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

/* -- Holes that are filled: lost before, or only late ------------------------------------------ */

/* A segment of 100 bytes of the server, with an IP ID and a timestamp (0 = none). */
static void
segment(struct play *play, double seconds, uint32_t sequence, uint16_t ip_id, uint32_t timestamp)
{
    struct packet packet = tcp_packet(SERVER, TCP_ACK, sequence, 1, 100);
    packet.ip_id = ip_id;
    packet.has_timestamp = timestamp != 0;
    packet.timestamp = timestamp;
    take(play, seconds, packet);
}

static void
expect_filled(const struct play *play, bool overtaken)
{
    assert_true(play->packet.fills_hole);
    assert_int_equal(play->packet.overtaken, overtaken);
    assert_int_equal(play->packet.retransmission, !overtaken);
}

TEST(holes_filled_as_the_timestamps_tell)
{
    open_connection(play);
    segment(play, 1.000, 101, 5, 1000);
    assert_false(play->packet.fills_hole);
    segment(play, 1.001, 1, 6, 1001); /* a millisecond later, and sent later */
    expect_filled(play, false);
    assert_true(play->packet.hole_age == MILLISECONDS(1));
    segment(play, 2.000, 301, 7, 2000);
    segment(play, 2.500, 201, 8, 1999);
    expect_filled(play, true);
    segment(play, 2.600, 201, 9, 2600); /* and now it is sent again */
    assert_false(play->packet.fills_hole);
    assert_true(play->packet.retransmission);
}

TEST(holes_filled_as_the_ids_tell)
{
    open_connection(play);
    segment(play, 1.000, 101, 0xffff, 1000);
    segment(play, 1.001, 1, 3, 1000); /* the timestamp has not moved on; the ID passes 0 */
    expect_filled(play, false);
    segment(play, 2.000, 301, 3, 0);
    segment(play, 2.500, 201, 0xfffe, 0);
    expect_filled(play, true);
}

TEST(holes_filled_as_the_time_tells)
{
    open_connection(play); /* 20 ms */
    segment(play, 1.000, 101, 0, 0);
    segment(play, 1.009, 1, 0, 0);
    expect_filled(play, true);
    segment(play, 2.000, 301, 100, 0);
    segment(play, 2.010, 201, 30000, 0); /* IDs that do not count */
    expect_filled(play, false);
    segment(play, 3.000, 501, 0, 0);
    segment(play, 3.010, 401, 0, 0);
    expect_filled(play, false);
}

TEST(holes_filled_in_pieces)
{
    open_connection(play);
    server(play, 1.0, TCP_ACK, 301, 1, 100);
    server(play, 2.0, TCP_ACK, 1, 1, 100);
    expect_filled(play, false);
    server(play, 2.1, TCP_ACK, 201, 1, 100);
    expect_filled(play, false);
    server(play, 2.2, TCP_ACK, 1, 1, 100);
    assert_false(play->packet.fills_hole);
    server(play, 2.3, TCP_ACK, 201, 1, 100);
    assert_false(play->packet.fills_hole);
    server(play, 2.4, TCP_ACK, 101, 1, 100);
    expect_filled(play, false);
    server(play, 2.5, TCP_ACK, 1, 1, 400);
    assert_false(play->packet.fills_hole);
}

/* More holes than are kept: those that the receiver has passed make room, and then one stands for more. */
TEST(more_holes_than_are_kept)
{
    open_connection(play);
    for (uint32_t i = 0; i < MISSING_MAX; i++)
        server(play, 1, TCP_ACK, 101 + 200 * i, 1, 100);
    client(play, 2, TCP_ACK, 1, 101 + 200 * (MISSING_MAX - 1), 0);
    for (uint32_t i = MISSING_MAX; i < 2 * MISSING_MAX + 4; i++)
        server(play, 3, TCP_ACK, 101 + 200 * i, 1, 100);
    assert_int_equal(play->record->server_missing->count, MISSING_MAX);
    for (uint32_t i = MISSING_MAX; i < 2 * MISSING_MAX + 4; i++) {
        server(play, 4, TCP_ACK, 1 + 200 * i, 1, 100);
        expect_filled(play, false);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_that_stay),
        cmocka_unit_test(holes_that_were_filled),
        cmocka_unit_test(holes_at_the_end),
        cmocka_unit_test(holes_of_a_capture_that_began_later),
        cmocka_unit_test(answers_that_were_never_seen),
        cmocka_unit_test(answers_that_were_never_seen_in_the_middle),
        cmocka_unit_test(answers_that_were_seen),
        cmocka_unit_test(holes_filled_as_the_timestamps_tell),
        cmocka_unit_test(holes_filled_as_the_ids_tell),
        cmocka_unit_test(holes_filled_as_the_time_tells),
        cmocka_unit_test(holes_filled_in_pieces),
        cmocka_unit_test(more_holes_than_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
