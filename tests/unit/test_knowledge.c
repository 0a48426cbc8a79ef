/* What is known of the capture as a whole: servers, and where home is.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/knowledge.h"

#define DATABASE "packaging/country/geo-whois-asn-country.mmdb"

static struct settings settings;
static struct knowledge *knowledge;

/* Addresses whose country can't be in doubt for long. */
static struct ip_address
in_china(uint8_t last)
{
    return ipv4(223, 5, 5, last); /* AliDNS */
}

static struct ip_address
in_america(uint8_t last)
{
    return ipv4(17, 0, 0, last); /* Apple */
}

static int
set_up(void **state)
{
    (void)state;
    char *problem;
    settings_init(&settings);
    settings.countries = country_database_open(DATABASE, &problem);
    if (settings.countries == NULL)
        return -1;
    knowledge = knowledge_new(&settings);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    knowledge_free(knowledge);
    knowledge_free(NULL);
    country_database_close(settings.countries);
    settings_clear(&settings);
    return 0;
}

static void
add_peers(unsigned chinese, unsigned american, bool resolvers)
{
    for (unsigned i = 0; i < chinese; i++) {
        const struct ip_address address = in_china((uint8_t)(i + 1));
        knowledge_add_peer(knowledge, &address, resolvers);
    }
    for (unsigned i = 0; i < american; i++) {
        const struct ip_address address = in_america((uint8_t)(i + 1));
        knowledge_add_peer(knowledge, &address, resolvers);
    }
}

static void
assert_home(enum home expected, const char *expected_countries)
{
    const char *countries = "unchanged";
    assert_int_equal(knowledge_home(knowledge, &countries), expected);
    if (expected_countries == NULL)
        assert_null(countries);
    else
        assert_string_equal(countries, expected_countries);
}

static void
countries_of_addresses(void **state)
{
    (void)state;
    const struct ip_address chinese = in_china(5), american = in_america(5), private = ipv4(10, 0, 0, 1);
    assert_string_equal(knowledge_country(knowledge, &chinese), "CN");
    assert_string_equal(knowledge_country(knowledge, &american), "US");
    assert_null(knowledge_country(knowledge, &private));
}

static void
nothing_known(void **state)
{
    (void)state;
    assert_home(HOME_UNKNOWN, NULL);
    assert_false(knowledge_is_home(knowledge, "CN"));
}

static void
few_peers_are_a_guess(void **state)
{
    (void)state;
    add_peers(2, 0, false);
    assert_home(HOME_GUESSED, "CN");
    assert_true(knowledge_is_home(knowledge, "CN"));
    assert_false(knowledge_is_home(knowledge, "US"));
}

static void
peers_that_agree(void **state)
{
    (void)state;
    add_peers(3, 0, false);
    assert_home(HOME_DERIVED, "CN");
}

static void
peers_that_do_not_agree(void **state)
{
    (void)state;
    add_peers(4, 1, false);
    assert_home(HOME_GUESSED, "CN");
    add_peers(0, 4, false);
    assert_home(HOME_UNKNOWN, NULL); /* 4 and 4 */
}

/* The same peer counts once, however many connections it answers. */
static void
peers_count_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        add_peers(1, 0, false);
    assert_home(HOME_GUESSED, "CN");
}

static void
resolvers_go_first(void **state)
{
    (void)state;
    add_peers(0, 5, false);
    assert_home(HOME_DERIVED, "US");
    add_peers(1, 0, true);
    assert_home(HOME_GUESSED, "CN"); /* its peers are elsewhere */
    add_peers(0, 1, true);
    assert_home(HOME_DERIVED, "US"); /* the resolvers do not agree, the peers do */
}

static void
anycast_resolvers_say_nothing(void **state)
{
    (void)state;
    const struct ip_address google = ipv4(8, 8, 8, 8), cloudflare = ipv4(1, 1, 1, 1);
    knowledge_add_peer(knowledge, &google, true);
    knowledge_add_peer(knowledge, &cloudflare, true);
    assert_home(HOME_UNKNOWN, NULL);
}

static void
private_peers_say_nothing(void **state)
{
    (void)state;
    for (uint8_t last = 1; last < 9; last++) {
        const struct ip_address address = ipv4(192, 168, 1, last);
        knowledge_add_peer(knowledge, &address, false);
    }
    assert_home(HOME_UNKNOWN, NULL);
}

static void
home_that_was_set(void **state)
{
    (void)state;
    g_strfreev(settings.home_countries);
    settings.home_countries = g_strsplit("CN HK", " ", -1);
    add_peers(0, 9, true);
    assert_home(HOME_SET, "CN HK");
    assert_home(HOME_SET, "CN HK");
    assert_true(knowledge_is_home(knowledge, "HK"));
    assert_false(knowledge_is_home(knowledge, "US"));
}

static void
no_database(void **state)
{
    (void)state;
    struct country_database *database = settings.countries;
    settings.countries = NULL;
    add_peers(9, 0, true);
    assert_home(HOME_UNKNOWN, NULL);
    settings.countries = database;
}

static void
servers(void **state)
{
    (void)state;
    const struct endpoint web = {ipv4(192, 0, 2, 1), 443}, mail = {ipv4(192, 0, 2, 1), 25};
    assert_false(knowledge_has_tls_server(knowledge, 0, &web));
    knowledge_add_tls_server(knowledge, 0, &web);
    assert_true(knowledge_has_tls_server(knowledge, 0, &web));
    assert_false(knowledge_has_tls_server(knowledge, 0, &mail));
    knowledge_bracket(knowledge, 0, &web)->longest_survived = SECONDS(40);
    assert_true(knowledge_bracket(knowledge, 0, &web)->longest_survived == SECONDS(40));
    assert_true(knowledge_bracket(knowledge, 0, &web)->shortest_died == 0);
    assert_true(knowledge_bracket(knowledge, 0, &mail)->longest_survived == 0);
    assert_true(knowledge_has_tls_server(knowledge, 0, &web));

    /* In another network it is another server. */
    assert_false(knowledge_has_tls_server(knowledge, 1, &web));
    assert_true(knowledge_bracket(knowledge, 1, &web)->longest_survived == 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(countries_of_addresses),  TEST(nothing_known),      TEST(few_peers_are_a_guess),
        TEST(peers_that_agree),        TEST(peers_count_once),   TEST(anycast_resolvers_say_nothing),
        TEST(peers_that_do_not_agree), TEST(resolvers_go_first), TEST(private_peers_say_nothing),
        TEST(home_that_was_set),       TEST(no_database),        TEST(servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
