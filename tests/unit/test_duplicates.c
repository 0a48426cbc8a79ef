/* What is the same packet again, and what is not. SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/duplicates.h"
#include "packet_of.h"

static struct packet
data_packet(void)
{
    struct packet packet = tcp_packet(CLIENT, TCP_ACK | TCP_PSH, 1000, 2000, 100);
    packet.time = SECONDS(10);
    packet.has_timestamp = true;
    packet.timestamp = 5000;
    packet.timestamp_echo = 6000;
    packet.window = 502;
    return packet;
}

/* Whether `second`, seen in this scope after data_packet() in scope 1, is taken for it. */
static bool
is_copy(struct packet second, uint32_t scope)
{
    struct duplicates *duplicates = duplicates_new();
    const struct packet first = data_packet();
    assert_null(duplicates_check(duplicates, &first, 1));
    second.frame = 2;
    const struct sighting *sighting = duplicates_check(duplicates, &second, scope);
    bool copy = sighting != NULL;
    if (copy)
        assert_int_equal(sighting->frame, 1);
    duplicates_free(duplicates);
    return copy;
}

static void
same_packet(void **state)
{
    (void)state;
    struct packet again = data_packet();
    assert_true(is_copy(again, 1));
    again.ttl = 63;
    assert_true(is_copy(again, 1));
    again.payload.captured = 0;
    again.session = 7;
    assert_true(is_copy(again, 1));
    again.time += MILLISECONDS(900) - 1;
    assert_true(is_copy(again, 1));
    again.time = SECONDS(10) - MILLISECONDS(900) + 1;
    assert_true(is_copy(again, 1));
}

static void
another_packet(void **state)
{
    (void)state;
#define DIFFERS(change)                                                                                                \
    do {                                                                                                               \
        struct packet other = data_packet();                                                                           \
        other.change;                                                                                                  \
        if (is_copy(other, 1))                                                                                         \
            fail_msg("taken for a copy: " #change);                                                                    \
    } while (0)
    DIFFERS(ip_id = 101);
    DIFFERS(ttl = 65);
    DIFFERS(timestamp = 5001);
    DIFFERS(timestamp_echo = 6001);
    DIFFERS(sequence = 1001);
    DIFFERS(acknowledgment = 2001);
    DIFFERS(payload.length = 101);
    DIFFERS(flags = TCP_ACK);
    DIFFERS(window = 501);
    DIFFERS(source.port = 40001);
    DIFFERS(destination.port = 81);
    DIFFERS(time = SECONDS(10) + MILLISECONDS(900));
    DIFFERS(time = SECONDS(10) - MILLISECONDS(900));
    DIFFERS(protocol = PROTOCOL_UDP);
}

static void
other_scope(void **state)
{
    (void)state;
    assert_false(is_copy(data_packet(), 2));
    assert_false(is_copy(data_packet(), 0));
}

/* Ports tell the direction of a flow, if they differ; everywhere the addresses count as well. */
static void
addresses(void **state)
{
    (void)state;
    for (uint32_t scope = 0; scope < 2; scope++) {
        struct duplicates *duplicates = duplicates_new();
        struct packet packet = packet_between(PROTOCOL_UDP, CLIENT);
        packet.source.port = packet.destination.port = 500;
        assert_null(duplicates_check(duplicates, &packet, scope));
        struct packet back = packet;
        back.source = packet.destination;
        back.destination = packet.source;
        assert_null(duplicates_check(duplicates, &back, scope));
        assert_non_null(duplicates_check(duplicates, &back, scope));
        duplicates_free(duplicates);
    }
    struct duplicates *duplicates = duplicates_new();
    struct packet packet = data_packet();
    assert_null(duplicates_check(duplicates, &packet, 0));
    packet.destination.address = ipv4(198, 51, 100, 3);
    assert_null(duplicates_check(duplicates, &packet, 0));
    packet.source.address = ipv4(192, 0, 2, 9);
    assert_null(duplicates_check(duplicates, &packet, 0));
    assert_non_null(duplicates_check(duplicates, &packet, 0));
    duplicates_free(duplicates);
}

/* The third copy is one of the first, not of the second. */
static void
chain_of_copies(void **state)
{
    (void)state;
    struct duplicates *duplicates = duplicates_new();
    struct packet packet = data_packet();
    assert_null(duplicates_check(duplicates, &packet, 1));
    for (uint32_t frame = 2; frame < 8; frame++) {
        packet.frame = frame;
        packet.ttl--;
        assert_int_equal(duplicates_check(duplicates, &packet, 1)->frame, 1);
    }
    /* After a second the same bytes are a new packet, and its copies are its own. */
    packet.frame = 8;
    packet.time += SECONDS(1);
    assert_null(duplicates_check(duplicates, &packet, 1));
    packet.frame = 9;
    assert_int_equal(duplicates_check(duplicates, &packet, 1)->frame, 8);
    duplicates_free(duplicates);
}

/* UDP has no numbers: its bytes tell packets apart. */
static void
datagrams(void **state)
{
    (void)state;
    static const uint8_t first[] = "query one", second[] = "query two";
    struct duplicates *duplicates = duplicates_new();
    struct packet packet = packet_between(PROTOCOL_UDP, CLIENT);
    packet.payload = (struct payload){first, sizeof first, sizeof first};
    assert_null(duplicates_check(duplicates, &packet, 1));
    packet.payload.bytes = second;
    assert_null(duplicates_check(duplicates, &packet, 1));
    packet.payload.bytes = first;
    assert_non_null(duplicates_check(duplicates, &packet, 1));
    duplicates_free(duplicates);
}

/* The table does not grow, forgets the oldest, and keeps what is recent. */
static void
many_packets(void **state)
{
    (void)state;
    struct duplicates *duplicates = duplicates_new();
    struct packet packet = data_packet();
    for (uint32_t i = 1; i <= 200000; i++) {
        packet.frame = 2 * i - 1;
        packet.sequence = 1000 * i;
        packet.ttl = 64;
        assert_null(duplicates_check(duplicates, &packet, 1));
        packet.frame = 2 * i;
        packet.ttl = 63;
        assert_int_equal(duplicates_check(duplicates, &packet, 1)->frame, 2 * i - 1);
    }
    packet.sequence = 1000;
    assert_null(duplicates_check(duplicates, &packet, 1));
    duplicates_free(duplicates);
    duplicates_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_packet),  cmocka_unit_test(another_packet),  cmocka_unit_test(other_scope),
        cmocka_unit_test(addresses),    cmocka_unit_test(chain_of_copies), cmocka_unit_test(datagrams),
        cmocka_unit_test(many_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
