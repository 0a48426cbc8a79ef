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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
