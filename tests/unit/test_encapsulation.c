/* Paths, which are part of the flow key, and sessions, which are not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/encapsulation.h"
#include "packet_of.h"

static const struct place outside;

static struct place
enter(struct encapsulation *encapsulation, enum session_kind kind, uint8_t source, uint8_t target, uint32_t identifier)
{
    const struct ip_address from = ipv4(10, 0, 0, source), to = ipv4(10, 0, 0, target);
    return encapsulation_enter(encapsulation, &outside, kind, &from, &to, identifier, 1054);
}

static void
directions_share_a_path(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct place there = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    struct place back = enter(encapsulation, SESSION_VXLAN, 2, 1, 42);
    struct place again = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    assert_int_equal(there.path, 1);
    assert_int_equal(back.path, there.path);
    assert_int_not_equal(back.session, there.session);
    assert_int_equal(again.session, there.session);
    assert_int_equal(encapsulation_sessions(encapsulation)->len, 2);
    encapsulation_free(encapsulation);
}

static void
what_separates_paths(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    const struct ip_address a = ipv4(10, 0, 0, 1), b = ipv4(10, 0, 0, 2);
    struct place first = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    struct place places[] = {
        first,
        enter(encapsulation, SESSION_VXLAN, 1, 2, 43),
        enter(encapsulation, SESSION_VXLAN, 1, 3, 42),
        enter(encapsulation, SESSION_GENEVE, 1, 2, 42),
        enter(encapsulation, SESSION_GRE, 1, 2, 42),
        enter(encapsulation, SESSION_ERSPAN, 1, 2, 42),
        encapsulation_enter(encapsulation, &first, SESSION_VXLAN, &a, &b, 42, 1000),
        encapsulation_separate(encapsulation, &outside, 'v', NULL, NULL, 42),
        encapsulation_separate(encapsulation, &outside, 'i', NULL, NULL, 42),
        encapsulation_separate(encapsulation, &outside, 't', &a, &b, 0),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(places[i].path, places[j].path);
    encapsulation_free(encapsulation);
}

/* A VNI is one network, whoever encapsulates for it; what tells networks apart is the identifier and its kind. */
static void
what_separates_networks(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct place first = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    struct place other_host = enter(encapsulation, SESSION_VXLAN, 1, 3, 42);
    uint32_t network = encapsulation_network(encapsulation, first.path);
    struct network_name name = encapsulation_network_name(encapsulation, network);
    const struct ip_address a = ipv4(10, 0, 0, 1), b = ipv4(10, 0, 0, 2);
    struct place others[] = {
        enter(encapsulation, SESSION_VXLAN, 1, 2, 43),
        enter(encapsulation, SESSION_GENEVE, 1, 2, 42),
        encapsulation_enter(encapsulation, &first, SESSION_VXLAN, &a, &b, 42, 1000),
        encapsulation_separate(encapsulation, &outside, 'v', NULL, NULL, 42),
    };

    assert_int_not_equal(first.path, other_host.path);
    assert_int_equal(encapsulation_network(encapsulation, other_host.path), network);
    assert_int_equal(name.what, SESSION_VXLAN);
    assert_int_equal(name.identifier, 42);
    assert_int_equal(encapsulation_network(encapsulation, outside.path), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        assert_int_not_equal(encapsulation_network(encapsulation, others[i].path), 0);
        assert_int_not_equal(encapsulation_network(encapsulation, others[i].path), network);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(encapsulation_network(encapsulation, others[i].path),
                                 encapsulation_network(encapsulation, others[j].path));
    }
    encapsulation_free(encapsulation);
}

/* A VLAN within a mirror is still brought by that mirror's session. */
static void
separation_keeps_the_session(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct place first = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    first.in_ip_tunnel = true;
    struct place inner = encapsulation_separate(encapsulation, &first, 'v', NULL, NULL, 5);
    assert_int_equal(inner.session, first.session);
    assert_true(inner.in_ip_tunnel);
    assert_int_equal(encapsulation_separate(encapsulation, &first, 'v', NULL, NULL, 5).path, inner.path);
    encapsulation_free(encapsulation);
}

static const struct session *
session_of(const struct encapsulation *encapsulation, struct place place)
{
    return encapsulation_session(encapsulation, place.session);
}

static void
sessions_know_what_they_are(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    const struct ip_address source = ipv4(10, 0, 0, 1), target = ipv4(10, 0, 0, 2);
    const struct session *session = session_of(encapsulation, enter(encapsulation, SESSION_GENEVE, 1, 2, 4660));
    assert_int_equal(session->number, 1);
    assert_int_equal(session->kind, SESSION_GENEVE);
    assert_int_equal(session->vni, 4660);
    assert_true(address_equal(&session->source, &source));
    assert_true(address_equal(&session->target, &target));
    assert_int_equal(session->role, SESSION_UNKNOWN);
    assert_null(encapsulation_session(encapsulation, 0));
    assert_null(encapsulation_session(encapsulation, 2));
    encapsulation_free(encapsulation);
    encapsulation_free(NULL);
}

static void
answers_make_an_overlay(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct place there = enter(encapsulation, SESSION_VXLAN, 1, 2, 42);
    enter(encapsulation, SESSION_VXLAN, 2, 1, 43);
    assert_int_equal(session_of(encapsulation, there)->role, SESSION_UNKNOWN);
    struct place back = enter(encapsulation, SESSION_VXLAN, 2, 1, 42);
    assert_int_equal(session_of(encapsulation, there)->role, SESSION_OVERLAY);
    assert_int_equal(session_of(encapsulation, back)->role, SESSION_OVERLAY);
    /* Both directions of one flow in it change nothing. */
    session_two_way(encapsulation_session(encapsulation, there.session));
    assert_int_equal(session_of(encapsulation, there)->role, SESSION_OVERLAY);
    encapsulation_free(encapsulation);
}

static void
erspan_is_a_mirror(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct place there = enter(encapsulation, SESSION_ERSPAN, 1, 2, 1);
    struct place back = enter(encapsulation, SESSION_ERSPAN, 2, 1, 1);
    assert_int_equal(session_of(encapsulation, there)->role, SESSION_MIRROR);
    assert_int_equal(session_of(encapsulation, back)->role, SESSION_MIRROR);
    encapsulation_free(encapsulation);
}

static void
both_sides_in_one_session_make_a_mirror(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct session *session =
        encapsulation_session(encapsulation, enter(encapsulation, SESSION_VXLAN, 1, 2, 1).session);
    session_two_way(session);
    assert_int_equal(session->role, SESSION_MIRROR);
    assert_int_equal(session->two_way_flows, 1);
    /* Traffic that comes back after all tells that it was an overlay. */
    enter(encapsulation, SESSION_VXLAN, 2, 1, 1);
    assert_int_equal(session->role, SESSION_OVERLAY);
    encapsulation_free(encapsulation);
}

/* The mirrored interface is the outer source: what it sends is egress. */
static void
directions(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct session *session =
        encapsulation_session(encapsulation, enter(encapsulation, SESSION_VXLAN, 1, 2, 1).session);
    struct packet packet = tcp_packet(CLIENT, TCP_SYN, 1, 0, 0);
    session_count(session, &packet);
    assert_int_equal(session->role, SESSION_UNKNOWN);
    packet.destination.address = ipv4(10, 0, 0, 1);
    session_count(session, &packet);
    assert_int_equal(session->role, SESSION_MIRROR);
    assert_int_equal(session->ingress, 1);
    packet.source.address = packet.destination.address;
    session_count(session, &packet);
    assert_int_equal(session->egress, 1);
    assert_int_equal(session->packets, 3);
    encapsulation_free(encapsulation);
}

static void
counts(void **state)
{
    (void)state;
    struct encapsulation *encapsulation = encapsulation_new(&hash_seed_of_tests);
    struct session *session =
        encapsulation_session(encapsulation, enter(encapsulation, SESSION_VXLAN, 1, 2, 1).session);
    struct packet packet = tcp_packet(CLIENT, TCP_ACK, 1, 0, 1000);
    packet.ip_length = 1040;
    packet.time = SECONDS(5);
    session_count(session, &packet);
    packet.frame = 7;
    packet.time = SECONDS(6);
    packet.missing = 1040 - 82;
    packet.frame_length = 96;
    session_count(session, &packet);
    packet.ip_length = 100;
    packet.missing = 32;
    packet.frame_length = 82;
    session_count(session, &packet);
    assert_int_equal(session->bytes, 2180);
    assert_int_equal(session->cut_packets, 2);
    assert_int_equal(session->cut_length, 96);
    assert_int_equal(session->first_frame, 1);
    assert_int_equal(session->last_frame, 7);
    assert_true(session->first_time == SECONDS(5) && session->last_time == SECONDS(6));
    encapsulation_free(encapsulation);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_share_a_path),
        cmocka_unit_test(what_separates_paths),
        cmocka_unit_test(what_separates_networks),
        cmocka_unit_test(separation_keeps_the_session),
        cmocka_unit_test(sessions_know_what_they_are),
        cmocka_unit_test(answers_make_an_overlay),
        cmocka_unit_test(erspan_is_a_mirror),
        cmocka_unit_test(both_sides_in_one_session_make_a_mirror),
        cmocka_unit_test(directions),
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
