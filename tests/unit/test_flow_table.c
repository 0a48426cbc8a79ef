/* Which packets are one conversation, and who opened it. SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/flow_table.h"
#include "engine/tcp.h"
#include "packet_of.h"

static struct flow_table *table;

static int
set_up(void **state)
{
    (void)state;
    table = flow_table_new(&hash_seed_of_tests, 0);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    flow_table_free(table);
    flow_table_free(NULL);
    return 0;
}

/* The number of the packet's flow, as the engine files it. */
static uint32_t
take_on(uint32_t path, struct packet packet)
{
    bool started;
    struct flow_record *record = flow_table_get(table, &packet, path, &started);
    assert_true(started == (record->flow.by_client.packets + record->flow.by_server.packets == 0));
    if (packet.protocol == PROTOCOL_TCP)
        tcp_follow(record, &packet);
    (packet.from_client ? &record->flow.by_client : &record->flow.by_server)->packets++;
    return record->flow.number;
}

static uint32_t
take(enum side_of sender, uint8_t flags, uint32_t sequence)
{
    return take_on(0, tcp_packet(sender, flags, sequence, 1, 0));
}

static const struct flow *
flow(uint32_t number)
{
    return &flow_table_by_number(table, number)->flow;
}

static void
both_directions(void **state)
{
    (void)state;
    assert_int_equal(take(CLIENT, TCP_SYN, 100), 1);
    assert_int_equal(take(SERVER, TCP_SYN | TCP_ACK, 900), 1);
    assert_int_equal(take(CLIENT, TCP_ACK, 101), 1);
    assert_int_equal(flow_table_count(table), 1);
    assert_int_equal(flow(1)->client.port, 40000);
    assert_int_equal(flow(1)->server.port, 80);
    assert_false(flow(1)->began_before);
    assert_null(flow_table_by_number(table, 0));
    assert_null(flow_table_by_number(table, 2));
}

static void
what_separates_flows(void **state)
{
    (void)state;
    struct packet packet = tcp_packet(CLIENT, TCP_SYN, 100, 0, 0);
    assert_int_equal(take_on(0, packet), 1);
    assert_int_equal(take_on(1, packet), 2);
    packet.source.port++;
    assert_int_equal(take_on(0, packet), 3);
    packet.source.address = ipv4(192, 0, 2, 9);
    assert_int_equal(take_on(0, packet), 4);
    packet.protocol = PROTOCOL_UDP;
    assert_int_equal(take_on(0, packet), 5);
    assert_int_equal(take_on(1, tcp_packet(CLIENT, TCP_SYN, 100, 0, 0)), 2);
    assert_int_equal(take_on(0, tcp_packet(CLIENT, TCP_SYN, 100, 0, 0)), 1);
}

/* Ports may be equal, and an address may talk to itself. */
static void
odd_pairs(void **state)
{
    (void)state;
    struct packet there = packet_between(PROTOCOL_UDP, CLIENT), back = packet_between(PROTOCOL_UDP, SERVER);
    there.source.port = there.destination.port = back.source.port = back.destination.port = 5000;
    assert_int_equal(take_on(0, there), 1);
    assert_int_equal(take_on(0, back), 1);
    there.destination = (struct endpoint){there.source.address, 5001};
    assert_int_equal(take_on(0, there), 2);
    back.source = there.destination;
    back.destination = there.source;
    assert_int_equal(take_on(0, back), 2);
    there.destination = there.source;
    assert_int_equal(take_on(0, there), 3);
    assert_int_equal(take_on(0, there), 3);
}

static void
the_syn_tells_the_client(void **state)
{
    (void)state;
    take(SERVER, TCP_SYN, 100);
    assert_int_equal(flow(1)->client.port, 80);
}

static void
the_syn_ack_tells_the_server(void **state)
{
    (void)state;
    take(SERVER, TCP_SYN | TCP_ACK, 100);
    assert_int_equal(flow(1)->client.port, 40000);
    /* The SYN that was seen after its answer belongs to it. */
    assert_int_equal(take(CLIENT, TCP_SYN, 50), 1);
    assert_int_equal(flow(1)->handshake.syn_count, 1);
}

static void
the_port_tells_the_server(void **state)
{
    (void)state;
    take(SERVER, TCP_ACK, 100);
    assert_int_equal(flow(1)->server.port, 80);
    assert_true(flow(1)->began_before);
    struct packet packet = tcp_packet(CLIENT, TCP_ACK, 1, 1, 0);
    packet.destination.port = 8080;
    take_on(0, packet);
    assert_int_equal(flow(2)->server.port, 8080);
    packet = tcp_packet(SERVER, TCP_ACK, 1, 1, 0);
    packet.source.port = 9090; /* no port is well known: the first receiver is the server */
    take_on(0, packet);
    assert_int_equal(flow(3)->client.port, 9090);
}

static void
repeated_syns_are_one_attempt(void **state)
{
    (void)state;
    take(CLIENT, TCP_SYN, 100);
    take(CLIENT, TCP_SYN, 100);
    assert_int_equal(take(CLIENT, TCP_SYN, 100), 1);
    assert_int_equal(flow(1)->handshake.syn_count, 3);
}

static void
a_new_number_is_a_new_attempt(void **state)
{
    (void)state;
    take(CLIENT, TCP_SYN, 100);
    take(SERVER, TCP_SYN | TCP_ACK, 900);
    assert_int_equal(take(CLIENT, TCP_SYN, 5000), 2);
    assert_int_equal(take(SERVER, TCP_SYN | TCP_ACK, 7000), 2);
    assert_int_equal(flow(1)->handshake.syn_count, 1);
    assert_int_equal(flow(2)->handshake.syn_ack_count, 1);
}

/* The other side connects back on the same ports. */
static void
a_syn_of_the_server_is_a_new_flow(void **state)
{
    (void)state;
    take(CLIENT, TCP_SYN, 100);
    assert_int_equal(take(SERVER, TCP_SYN, 100), 2);
    assert_int_equal(flow(2)->client.port, 80);
}

static void
a_syn_after_the_middle_is_a_new_flow(void **state)
{
    (void)state;
    take(CLIENT, TCP_ACK, 100);
    assert_int_equal(take(CLIENT, TCP_SYN, 5000), 2);
    assert_int_equal(take(CLIENT, TCP_ACK, 5001), 2);
}

static void
quoted_packets_are_found(void **state)
{
    (void)state;
    struct packet quoted = tcp_packet(CLIENT, 0, 100, 0, 0);
    assert_null(flow_table_find(table, &quoted, 0));
    take(CLIENT, TCP_SYN, 100);
    take(CLIENT, TCP_SYN, 5000);
    assert_int_equal(flow_table_find(table, &quoted, 0)->flow.number, 2);
    assert_null(flow_table_find(table, &quoted, 1));
    quoted.protocol = PROTOCOL_UDP;
    assert_null(flow_table_find(table, &quoted, 0));
}

static void
hosts_are_of_a_path(void **state)
{
    (void)state;
    struct packet packet = tcp_packet(CLIENT, TCP_SYN, 100, 0, 0);
    bool started;
    struct flow_record *record = flow_table_get(table, &packet, 0, &started);
    assert_false(flow_table_has_seen(table, 0, &packet.source.address));
    record->client_host->seen = true;
    assert_true(flow_table_has_seen(table, 0, &packet.source.address));
    assert_false(flow_table_has_seen(table, 1, &packet.source.address));
    assert_false(flow_table_has_seen(table, 0, &packet.destination.address));
    packet.source.port++;
    assert_ptr_equal(flow_table_get(table, &packet, 0, &started)->client_host, record->client_host);
    assert_ptr_not_equal(flow_table_get(table, &packet, 1, &started)->client_host, record->client_host);
}

static void
many_flows(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 20000; i++) {
            struct packet packet = tcp_packet(CLIENT, TCP_SYN, 100, 0, 0);
            packet.source.port = (uint16_t)(1024 + i);
            assert_int_equal(take_on(0, packet), i + 1);
        }
    assert_int_equal(flow_table_count(table), 20000);
}

/* SYNs from more addresses than are kept: the oldest are forgotten, those that became connections stay. */
static struct packet
of_client(uint32_t number)
{
    struct packet packet = tcp_packet(CLIENT, TCP_SYN, 100, 0, 0);
    packet.source.address = ipv4(10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number);
    return packet;
}

/* Nothing is lost of a flow that rests while many others have packets. */
static void
what_rests_comes_back_as_it_was(void **state)
{
    (void)state;
    enum { RESTING = 3, OTHERS = 2 * FLOWS_OPEN_MAX };
    struct flow_record *before = g_malloc(sizeof *before);
    assert_int_equal(take_on(0, of_client(RESTING)), 1);
    struct flow_record *record = flow_table_by_number(table, 1);
    record->unanswered_syns = 5;
    record->flow.by_server.pending.largest = 1400;
    memset(record->flow.tls.server_name, 'x', sizeof record->flow.tls.server_name - 1);
    record->client_missing = g_new0(struct missing, 1);
    record->client_missing->count = 1;
    memcpy(before, record, sizeof *before);
    for (uint32_t i = 0; i < OTHERS; i++)
        take_on(0, of_client(RESTING + 1 + i));
    memset(record, 0, sizeof *record); /* what is in its place must not matter */
    record->flow.number = RESTING;
    bool started;
    struct packet packet = of_client(RESTING);
    struct flow_record *after = flow_table_get(table, &packet, 0, &started);
    assert_false(started);
    assert_memory_equal(after, before, sizeof *before);
    g_free(before);
}

static void
floods_are_forgotten(void **state)
{
    (void)state;
    struct packet packet = tcp_packet(CLIENT, TCP_SYN, 100, 0, 0);
    assert_int_equal(take_on(0, packet), 1);
    flow_table_by_number(table, 1)->flow.handshake.completed_frame = 3;
    for (uint32_t i = 0; i < 2 * FLOWS_YOUNG_MAX; i++) {
        packet.source.address = ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);
        assert_int_equal(take_on(0, packet), i + 2);
    }
    assert_int_equal(flow_table_count(table), 2 * FLOWS_YOUNG_MAX + 1);
    assert_non_null(flow_table_by_number(table, 1));
    assert_null(flow_table_by_number(table, 2));
    assert_null(flow_table_by_number(table, FLOWS_YOUNG_MAX + 1));
    assert_non_null(flow_table_by_number(table, FLOWS_YOUNG_MAX + 2));
    assert_non_null(flow_table_by_number(table, 2 * FLOWS_YOUNG_MAX + 1));
    for (uint32_t i = FLOWS_YOUNG_MAX; i < 2 * FLOWS_YOUNG_MAX; i++) {
        packet.source.address = ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);
        assert_int_equal(take_on(0, packet), i + 2);
    }
    /* A forgotten one begins anew. */
    packet.source.address = ipv4(10, 0, 0, 0);
    assert_int_equal(take_on(0, packet), 2 * FLOWS_YOUNG_MAX + 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_directions),
        TEST(what_separates_flows),
        TEST(odd_pairs),
        TEST(the_syn_tells_the_client),
        TEST(the_syn_ack_tells_the_server),
        TEST(the_port_tells_the_server),
        TEST(repeated_syns_are_one_attempt),
        TEST(a_new_number_is_a_new_attempt),
        TEST(a_syn_of_the_server_is_a_new_flow),
        TEST(a_syn_after_the_middle_is_a_new_flow),
        TEST(quoted_packets_are_found),
        TEST(hosts_are_of_a_path),
        TEST(many_flows),
        TEST(what_rests_comes_back_as_it_was),
        TEST(floods_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
