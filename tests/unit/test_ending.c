/* The 19 shapes in which a connection ends, as the server and the client see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp_play.h"

enum { RST_ACK = TCP_RST | TCP_ACK };

/* Packets as they are written here: S is the SYN, s the SYN-ACK, a the handshake's ACK, d 100 bytes of the client, D of the server,
 * A the client's ACK of these, f its FIN. Then RSTs in the name of one side: R with the number of a connection, N with another one, 0
 * with the number 0 in the field of a missing ACK, and K with ACK. */
struct sent {
    struct play *play;
    enum side_of side;
    uint32_t client_next, server_next;
};

static void
reset_with(struct sent *sent, uint8_t flags, uint32_t number)
{
    uint32_t next = sent->side == CLIENT ? sent->client_next : sent->server_next;
    struct packet packet = tcp_packet(sent->side, flags, next, 0, 0);
    bool started;
    struct play *play = sent->play;
    packet.frame = ++play->frame;
    packet.time = play->frame * MILLISECONDS(10);
    packet.sequence += play->base;
    packet.acknowledgment = number;
    play->record = flow_table_get(play->table, &packet, 0, &started);
    tcp_follow(play->record, &packet);
    play->flow = &play->record->flow;
}

static void
send_one(struct sent *sent, char letter)
{
    struct play *play = sent->play;
    double now = 0.01 * (play->frame + 1);

    switch (letter) {
    case 'S':
        client(play, now, TCP_SYN, 0, 0, 0);
        break;
    case 's':
        server(play, now, TCP_SYN | TCP_ACK, 0, 1, 0);
        break;
    case 'a':
    case 'A':
        client(play, now, TCP_ACK, sent->client_next, sent->server_next, 0);
        break;
    case 'd':
        client(play, now, TCP_PSH | TCP_ACK, sent->client_next, sent->server_next, 100);
        sent->client_next += 100;
        break;
    case 'r': /* the last data again */
        client(play, now, TCP_PSH | TCP_ACK, sent->client_next - 100, sent->server_next, 100);
        break;
    case 'D':
        server(play, now, TCP_PSH | TCP_ACK, sent->server_next, sent->client_next, 100);
        sent->server_next += 100;
        break;
    case 'f':
        client(play, now, TCP_FIN | TCP_ACK, sent->client_next, sent->server_next, 0);
        break;
    case 'R':
        reset_with(sent, TCP_RST, 12345);
        break;
    case 'N':
        reset_with(sent, TCP_RST, 54321);
        break;
    case '0':
        reset_with(sent, TCP_RST, 0);
        break;
    case 'K':
        reset_with(sent, RST_ACK, sent->play->base + 1);
        break;
    default:
        fail_msg("no packet %c", letter);
    }
}

static const struct signature *
signature_of(struct play *play, enum side_of side, const char *packets)
{
    struct sent sent = {.play = play, .side = side, .client_next = 1, .server_next = 1};

    flow_table_free(play->table);
    play->table = flow_table_new(&hash_seed_of_tests, 0);
    play->frame = 0;
    for (const char *letter = packets; *letter != 0; letter++)
        send_one(&sent, *letter);
    return ending_signature(play->flow, side == CLIENT);
}

/* NULL: none of the 19. */
static void
assert_ending(struct play *play, enum side_of side, const char *packets, const char *expected)
{
    const struct signature *signature = signature_of(play, side, packets);
    if (expected == NULL && signature != NULL)
        fail_msg("%s: %s, expected none", packets, signature->english);
    if (expected != NULL)
        assert_string_equal(signature != NULL ? signature->english : packets, expected);
}

/* In the order of the table. The SYN-ACK is the server's own, of which the paper's tap at the server keeps nothing. */
static const struct {
    const char *before, *resets, *english;
} shapes[SIGNATURES] = {
    {"S", "", "nothing after the SYN"},
    {"S", "R", "RST after the SYN"},
    {"S", "K", "RST+ACK after the SYN"},
    {"S", "RK", "RST and RST+ACK after the SYN"},
    {"Ssa", "", "nothing after the ACK of the handshake"},
    {"Ssa", "R", "RST after the ACK of the handshake"},
    {"Ssa", "RN", "two or more RST after the ACK of the handshake"},
    {"Ssa", "K", "RST+ACK after the ACK of the handshake"},
    {"Ssa", "KK", "two or more RST+ACK after the ACK of the handshake"},
    {"Ssad", "", "nothing after the first data"},
    {"Ssad", "R", "RST after the first data"},
    {"Ssad", "K", "RST+ACK after the first data"},
    {"Ssad", "KR", "RST and RST+ACK after the first data"},
    {"Ssad", "KK", "two or more RST+ACK after the first data"},
    {"Ssad", "RR", "two or more RST with the same ACK number after the first data"},
    {"Ssad", "RN", "two or more RST whose ACK numbers differ after the first data"},
    {"Ssad", "R0", "RST and RST with ACK number 0 after the first data"},
    {"SsadDAd", "R", "RST in the midst of the connection"},
    {"SsadDAd", "K", "RST+ACK in the midst of the connection"},
};

static void
assert_all_shapes(struct play *play, enum side_of side)
{
    for (unsigned i = 0; i < SIGNATURES; i++) {
        char packets[16];
        g_snprintf(packets, sizeof packets, "%s%s", shapes[i].before, shapes[i].resets);
        assert_ending(play, side, packets, shapes[i].english);
        assert_ptr_equal(signature_of(play, side, packets), &signatures[i]);
    }
}

TEST(all_shapes_at_the_server)
{
    assert_all_shapes(play, CLIENT);
    assert_ending(play, CLIENT, "Ss", "nothing after the SYN");
    assert_ending(play, CLIENT, "SsK", "RST+ACK after the SYN");
    assert_ending(play, CLIENT, "SsadD", "nothing after the first data"); /* its answer is never acknowledged */
    assert_ending(play, CLIENT, "SsadDR", "RST after the first data");
}

TEST(all_shapes_towards_the_client)
{
    assert_all_shapes(play, SERVER);
    assert_ending(play, SERVER, "SsadD", NULL); /* it has answered */
    assert_ending(play, CLIENT, "SsadR", "RST after the first data");
    assert_ending(play, SERVER, "SsadDR", "RST after the first data"); /* overtakes the acknowledgment of its answer */
}

TEST(one_direction_was_captured)
{
    assert_ending(play, CLIENT, "Sa", "nothing after the ACK of the handshake");
    assert_ending(play, CLIENT, "SadK", "RST+ACK after the first data");
    assert_ending(play, CLIENT, "adR", "RST in the midst of the connection");
    assert_ending(play, CLIENT, "ad", NULL);
}

TEST(more_resets_of_a_kind)
{
    assert_ending(play, SERVER, "SRRR", "RST after the SYN");
    assert_ending(play, SERVER, "SKKK", "RST+ACK after the SYN");
    assert_ending(play, SERVER, "SKRK", "RST and RST+ACK after the SYN");
    assert_ending(play, SERVER, "SsaR0R", "two or more RST after the ACK of the handshake");
    assert_ending(play, SERVER, "SsadRRR", "two or more RST with the same ACK number after the first data");
    assert_ending(play, SERVER, "Ssad00", "two or more RST with the same ACK number after the first data");
    assert_ending(play, SERVER, "Ssad0R", "RST and RST with ACK number 0 after the first data");
    assert_ending(play, SERVER, "Ssad0R0R", "RST and RST with ACK number 0 after the first data");
    assert_ending(play, SERVER, "SsadR0N", "two or more RST whose ACK numbers differ after the first data");
    assert_ending(play, SERVER, "SsadRN0", "two or more RST whose ACK numbers differ after the first data");
    assert_ending(play, SERVER, "SsadRRK", "RST and RST+ACK after the first data");
    assert_ending(play, SERVER, "SsadKKR", "RST and RST+ACK after the first data");
    assert_ending(play, SERVER, "SsaddRR", "RST in the midst of the connection");
}

TEST(none_of_the_signatures)
{
    assert_ending(play, CLIENT, "SsaRK", NULL);
    assert_ending(play, CLIENT, "SsadDAdRK", NULL);
    assert_ending(play, CLIENT, "Ssadf", NULL);
    assert_ending(play, CLIENT, "SsadfR", NULL);
    assert_ending(play, SERVER, "SsadfKK", NULL);
    assert_ending(play, CLIENT, "SsadDA", NULL);
}

TEST(the_stage_is_that_of_the_first_reset)
{
    assert_ending(play, SERVER, "SsadrR", "RST after the first data");
    assert_ending(play, SERVER, "SsadKdK", "two or more RST+ACK after the first data");
    assert_ending(play, SERVER, "SKsaK", "RST+ACK after the SYN");
    assert_ending(play, SERVER, "SsaDAR", "RST in the midst of the connection"); /* the server speaks first */
    assert_ending(play, SERVER, "SsadDAR", "RST in the midst of the connection");
}

/* Each side has its own: the server's RST does not change what came in the name of the client. */
TEST(sides)
{
    struct sent sent = {.play = play, .side = CLIENT, .client_next = 101, .server_next = 1};

    assert_ending(play, SERVER, "SsadK", "RST+ACK after the first data");
    assert_null(ending_signature(play->flow, true));
    reset_with(&sent, TCP_RST, 0);
    assert_string_equal(ending_signature(play->flow, true)->english, "RST after the first data");
    assert_string_equal(ending_signature(play->flow, false)->english, "RST+ACK after the first data");
}

/* No two are alike, and each is told in both languages. */
static void
table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SIGNATURES; i++) {
        assert_true(signatures[i].english[0] != 0 && signatures[i].chinese[0] != 0);
        for (unsigned other = 0; other < i; other++) {
            assert_string_not_equal(signatures[i].english, signatures[other].english);
            assert_string_not_equal(signatures[i].chinese, signatures[other].chinese);
            assert_false(signatures[i].stage == signatures[other].stage &&
                         signatures[i].shape == signatures[other].shape);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shapes_at_the_server),
        cmocka_unit_test(all_shapes_towards_the_client),
        cmocka_unit_test(one_direction_was_captured),
        cmocka_unit_test(more_resets_of_a_kind),
        cmocka_unit_test(none_of_the_signatures),
        cmocka_unit_test(the_stage_is_that_of_the_first_reset),
        cmocka_unit_test(sides),
        cmocka_unit_test(table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
