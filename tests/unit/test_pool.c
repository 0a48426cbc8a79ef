/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/pool.h"

#include <string.h>

#include <glib.h>

#include "bytes_of.h"

static struct ip_address
host(unsigned number)
{
    return (struct ip_address){4, {10, 0, 0, (uint8_t)number}};
}

/* One more connection, a second after the one before. */
static bool
connect_to(struct pool *pool, enum chosen_by by, unsigned client, unsigned server)
{
    struct packet packet = {.frame = 7 + pool->connections, .time = pool->last_time + SECONDS(1)};
    struct endpoint from = {host(client), (uint16_t)(1024 + pool->connections)};
    struct ip_address to = host(server);
    return pool_count(pool, by, &packet, &from, &to);
}

/* The client connects to these servers, a letter each ('a' is host 101), so often. */
static void
connect_in_turn(struct pool *pool, enum chosen_by by, unsigned client, const char *servers, unsigned rounds)
{
    for (unsigned i = 0; i < rounds * strlen(servers); i++)
        connect_to(pool, by, client, 100U + (unsigned)(servers[i % strlen(servers)] - 'a'));
}

/* Shares, the places from the most loaded on, as "a=20 b=10 others=3 switches=19". */
static void
assert_shares(const struct pool *pool, enum chosen_by by, const char *expected)
{
    struct distribution distribution;
    pool_distribution(pool, by, &distribution);
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < distribution.places; i++)
        g_string_append_printf(text, "%c=%u ", pool->server[distribution.share[i].place].address.bytes[3] - 100 + 'a',
                               distribution.share[i].events);
    g_string_append_printf(text, "others=%u switches=%u", distribution.others, distribution.switches);
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
}

static void
shares_of_a_balancer(void **state)
{
    (void)state;
    struct pool pool = {0};
    connect_in_turn(&pool, CHOSEN_BY_CLIENT, 1, "baa", 10);
    assert_shares(&pool, CHOSEN_BY_CLIENT, "a=20 b=10 others=0 switches=19");
    assert_int_equal(pool.first_frame, 7);
    assert_int_equal(pool.connections, 30);
}

/* A client that stays at its server does not alternate; all clients together do. */
static void
who_chooses(void **state)
{
    (void)state;
    struct pool of_clients = {0}, of_balancer = {0}, known = {0};
    for (unsigned i = 0; i < 15; i++) {
        connect_to(&of_clients, CHOSEN_BY_CLIENT, 1, 100);
        connect_to(&of_clients, CHOSEN_BY_CLIENT, 2, 101);
        connect_to(&of_balancer, CHOSEN_FOR_CLIENTS, 1, 100);
        connect_to(&of_balancer, CHOSEN_FOR_CLIENTS, 2, 101);
    }
    assert_shares(&of_clients, CHOSEN_BY_CLIENT, "others=0 switches=0");
    assert_shares(&of_balancer, CHOSEN_FOR_CLIENTS, "a=15 b=15 others=0 switches=29");
    connect_in_turn(&known, CHOSEN_BY_BALANCER, 1, "aaaaaaabbbbbbbbaaaaaa", 1);
    assert_shares(&known, CHOSEN_FOR_CLIENTS, "others=0 switches=0");
    connect_in_turn(&known, CHOSEN_BY_BALANCER, 1, "b", 1);
    assert_shares(&known, CHOSEN_BY_BALANCER, "a=13 b=9 others=0 switches=3");
}

static void
who_takes_part(void **state)
{
    (void)state;
    struct pool added = {0}, failed = {0};
    connect_in_turn(&added, CHOSEN_BY_CLIENT, 1, "ab", 8); /* c will be the 17th: in the first third of 48 */
    connect_in_turn(&added, CHOSEN_BY_CLIENT, 1, "cabab", 1);
    connect_in_turn(&added, CHOSEN_BY_CLIENT, 1, "ab", 12);
    assert_int_equal(added.connections, 45);
    assert_shares(&added, CHOSEN_BY_CLIENT, "a=22 b=22 others=1 switches=44");
    connect_in_turn(&added, CHOSEN_BY_CLIENT, 1, "cab", 1);
    assert_shares(&added, CHOSEN_BY_CLIENT, "a=23 b=23 c=2 others=0 switches=47");
    connect_in_turn(&failed, CHOSEN_BY_CLIENT, 1, "cab", 8); /* its last one is number 21 */
    connect_in_turn(&failed, CHOSEN_BY_CLIENT, 1, "ab", 3);
    assert_shares(&failed, CHOSEN_BY_CLIENT, "a=11 b=11 c=8 others=0 switches=29");
    connect_in_turn(&failed, CHOSEN_BY_CLIENT, 1, "ab", 1);
    assert_shares(&failed, CHOSEN_BY_CLIENT, "a=12 b=12 others=8 switches=31");
}

static void
servers_without_room(void **state)
{
    (void)state;
    struct pool pool = {0};
    for (unsigned i = 0; i < POOL_SERVERS_MAX; i++)
        assert_true(connect_to(&pool, CHOSEN_BY_CLIENT, 1, 100 + i));
    assert_false(pool.more_servers);
    assert_false(connect_to(&pool, CHOSEN_BY_CLIENT, 1, 100 + POOL_SERVERS_MAX));
    assert_true(pool.more_servers);
    struct ip_address client = host(1), server = host(100 + POOL_SERVERS_MAX);
    pool_take_back(&pool, CHOSEN_BY_CLIENT, &client, &server);
    assert_true(connect_to(&pool, CHOSEN_BY_CLIENT, 1, 100));
    assert_int_equal(pool.connections, POOL_SERVERS_MAX + 1);
    assert_int_equal(pool.servers, POOL_SERVERS_MAX);
}

static void
clients_without_room(void **state)
{
    (void)state;
    struct pool of_clients = {0}, of_balancer = {0};
    for (unsigned i = 0; i < POOL_CLIENTS_MAX; i++) {
        assert_true(connect_to(&of_clients, CHOSEN_BY_CLIENT, i, 100));
        assert_true(connect_to(&of_balancer, CHOSEN_FOR_CLIENTS, i, 100));
    }
    assert_false(of_clients.more_clients);
    assert_false(connect_to(&of_clients, CHOSEN_BY_CLIENT, POOL_CLIENTS_MAX, 100));
    assert_true(connect_to(&of_balancer, CHOSEN_FOR_CLIENTS, POOL_CLIENTS_MAX, 100));
    assert_true(of_clients.more_clients);
    assert_true(of_balancer.more_clients);
    struct ip_address client = host(POOL_CLIENTS_MAX), server = host(100);
    pool_take_back(&of_clients, CHOSEN_BY_CLIENT, &client, &server);
    pool_take_back(&of_balancer, CHOSEN_FOR_CLIENTS, &client, &server);
    assert_int_equal(of_clients.chooser[0].taken[0], 1);
    assert_int_equal(of_balancer.chooser[0].taken[0], POOL_CLIENTS_MAX);
}

static void
health_checks(void **state)
{
    (void)state;
    struct pool pool = {0};
    connect_in_turn(&pool, CHOSEN_BY_CLIENT, 1, "abc", 10);
    struct ip_address client = host(1), other = host(2), server = host(102);
    for (unsigned i = 0; i < 9; i++)
        pool_take_back(&pool, CHOSEN_BY_CLIENT, &client, &server);
    pool_take_back(&pool, CHOSEN_BY_CLIENT, &other, &server);
    assert_shares(&pool, CHOSEN_BY_CLIENT, "a=10 b=10 c=1 others=0 switches=29");
    pool_take_back(&pool, CHOSEN_BY_CLIENT, &client, &server);
    assert_shares(&pool, CHOSEN_BY_CLIENT, "a=10 b=10 others=0 switches=29");
}

/* The same client port at two servers within a second: the first one is the address in front. */
static void
translated(void **state)
{
    (void)state;
    struct pool pool = {0};
    struct packet packet = {.frame = 1, .time = SECONDS(5)};
    struct ip_address front = host(100), back = host(101), other = host(102);
    struct endpoint client = {host(1), 1024};
    assert_true(pool_count(&pool, CHOSEN_BY_CLIENT, &packet, &client, &front));
    packet.time += SECONDS(1);
    assert_true(pool_count(&pool, CHOSEN_BY_CLIENT, &packet, &client, &back));
    assert_true(pool.server[0].in_front);
    assert_int_equal(pool.chooser[0].switches, 0);
    assert_false(pool_count(&pool, CHOSEN_BY_CLIENT, &packet, &client, &front));
    packet.time += SECONDS(1) + 1;
    assert_true(pool_count(&pool, CHOSEN_BY_CLIENT, &packet, &client, &other));
    assert_false(pool.server[1].in_front);
    assert_int_equal(pool.chooser[0].switches, 1);
}

static void
pauses(void **state)
{
    (void)state;
    struct pool pool = {0};
    assert_false(pool_has_paused(&pool, SECONDS(1000)));
    connect_to(&pool, CHOSEN_BY_CLIENT, 1, 100);
    assert_false(pool_has_paused(&pool, pool.last_time + SECONDS(300)));
    assert_true(pool_has_paused(&pool, pool.last_time + SECONDS(300) + 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_a_balancer), cmocka_unit_test(who_chooses),
        cmocka_unit_test(who_takes_part),       cmocka_unit_test(servers_without_room),
        cmocka_unit_test(clients_without_room), cmocka_unit_test(health_checks),
        cmocka_unit_test(translated),           cmocka_unit_test(pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
