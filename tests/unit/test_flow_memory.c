/* What a finished flow costs, all in all: record, detectors' states, places in tables, hosts, what is known by key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/engine.h"
#include "memory_in_use.h"
#include "packet_bytes.h"
#include "packet_of.h"

enum { CONNECTIONS = 20000, CLIENTS = 250, SERVERS = 50, BYTES_MAX = 900 };

struct play {
    struct settings settings;
    struct engine *engine;
    uint32_t frames;
    size_t empty;
};

static int
set_up(void **state)
{
    struct play *play = g_new0(struct play, 1);
    settings_init(&play->settings);
    play->engine = engine_new(&play->settings);
    play->empty = memory_in_use();
    *state = play;
    return 0;
}

static int
tear_down(void **state)
{
    struct play *play = *state;
    engine_free(play->engine);
    settings_clear(&play->settings);
    g_free(play);
    return 0;
}

static void
feed(struct play *play, struct packet packet, GByteArray *transport)
{
    packet.frame = ++play->frames;
    packet.time = SECONDS(1000000) + play->frames * MILLISECONDS(1);
    packet.ip_id = (uint16_t)play->frames;
    struct arrival arrival = {
        .packet = packet,
        .transport = {transport->data, transport->len, transport->len},
        .ip_length = 20 + transport->len,
        .ip_present = 20 + transport->len,
    };
    assert_int_not_equal(engine_transport(play->engine, &arrival).flow, 0);
    g_byte_array_unref(transport);
}

/* Every connection has another port of its client. */
static void
set_endpoints(struct packet *packet, uint32_t number)
{
    struct endpoint client = {ipv4(10, 0, 0, (uint8_t)(number % CLIENTS)), (uint16_t)(10000 + number)};
    struct endpoint server = {ipv4(10, 1, 0, (uint8_t)(number % SERVERS)), 443};
    bool from_client = packet->destination.port == 80;
    packet->source = from_client ? client : server;
    packet->destination = from_client ? server : client;
}

static void
send_tcp(struct play *play, uint32_t number, enum side_of sender, uint8_t flags, uint32_t sequence,
         uint32_t acknowledgment, GByteArray *payload)
{
    struct packet packet = tcp_packet(sender, flags, sequence, acknowledgment, payload->len);
    set_endpoints(&packet, number);
    feed(play, packet, tcp_bytes(&packet, payload));
}

static GByteArray *
nothing(void)
{
    return g_byte_array_new();
}

/* Application data of TLS: each side's states are in use. */
static GByteArray *
data(void)
{
    GByteArray *bytes = g_byte_array_new();
    put_u8(bytes, 23);
    put_u16(bytes, 0x0303);
    put_u16(bytes, 95);
    put_fill(bytes, 0x77, 95);
    return bytes;
}

static void
play_connection(struct play *play, uint32_t number)
{
    send_tcp(play, number, CLIENT, TCP_SYN, 1000, 0, nothing());
    send_tcp(play, number, SERVER, TCP_SYN | TCP_ACK, 5000, 1001, nothing());
    send_tcp(play, number, CLIENT, TCP_ACK, 1001, 5001, nothing());
    send_tcp(play, number, CLIENT, TCP_ACK | TCP_PSH, 1001, 5001, data());
    send_tcp(play, number, SERVER, TCP_ACK | TCP_PSH, 5001, 1101, data());
    send_tcp(play, number, CLIENT, TCP_ACK, 1101, 5101, nothing());
    send_tcp(play, number, CLIENT, TCP_ACK | TCP_FIN, 1101, 5101, nothing());
    send_tcp(play, number, SERVER, TCP_ACK | TCP_FIN, 5101, 1102, nothing());
    send_tcp(play, number, CLIENT, TCP_ACK, 1102, 5102, nothing());
}

static void
assert_small(const struct play *play)
{
    size_t each = (memory_in_use() - play->empty) / CONNECTIONS;
    assert_int_equal(flow_table_count(engine_flows(play->engine)), CONNECTIONS);
    assert_int_equal(store_findings(engine_store(play->engine))->len, 0);
    if (each > BYTES_MAX)
        fail_msg("%zu bytes for each flow", each);
    print_message("           %zu bytes for each flow\n", each);
}

static void
finished_connections(void **state)
{
    struct play *play = *state;
    for (uint32_t number = 0; number < CONNECTIONS; number++)
        play_connection(play, number);
    assert_small(play);
}

static void
datagrams(void **state)
{
    struct play *play = *state;
    for (uint32_t number = 0; number < CONNECTIONS; number++)
        for (enum side_of sender = CLIENT; sender <= SERVER; sender++) {
            struct packet packet = packet_between(PROTOCOL_UDP, sender);
            set_endpoints(&packet, number);
            feed(play, packet, udp_bytes(packet.source.port, packet.destination.port, data()));
        }
    assert_small(play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finished_connections, set_up, tear_down),
        cmocka_unit_test_setup_teardown(datagrams, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
