/* Kinds of addresses. SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include "bytes_of.h"

static const struct {
    const char *text;
    bool is_public, is_unicast;
} rows[] = {
    {"8.8.8.8", true, true},
    {"1.1.1.1", true, true},
    {"0.0.0.0", false, false},
    {"0.1.2.3", false, true},
    {"9.255.255.255", true, true},
    {"10.0.0.0", false, true},
    {"10.255.255.255", false, true},
    {"11.0.0.0", true, true},
    {"100.63.255.255", true, true},
    {"100.64.0.0", false, true},
    {"100.127.255.255", false, true},
    {"100.128.0.0", true, true},
    {"127.0.0.1", false, true},
    {"169.254.1.1", false, true},
    {"172.15.255.255", true, true},
    {"172.16.0.0", false, true},
    {"172.31.255.255", false, true},
    {"172.32.0.0", true, true},
    {"192.0.0.8", false, true},
    {"192.0.1.1", true, true},
    {"192.0.2.1", false, true},
    {"192.88.99.1", false, true},
    {"192.168.255.255", false, true},
    {"192.169.0.0", true, true},
    {"198.17.255.255", true, true},
    {"198.18.0.0", false, true},
    {"198.19.255.255", false, true},
    {"198.20.0.0", true, true},
    {"198.51.100.7", false, true},
    {"203.0.113.7", false, true},
    {"223.5.5.5", true, true},
    {"224.0.0.1", false, false},
    {"239.255.255.250", false, false},
    {"240.0.0.1", false, true},
    {"255.255.255.255", false, false},
    {"2001:4860:4860::8888", true, true},
    {"240e::1", true, true},
    {"2001::1", true, true}, /* Teredo: routed, and where forged answers lie */
    {"2001:2::1", false, true},
    {"2001:2:1::1", true, true},
    {"2001:10::1", false, true},
    {"2001:20::1", true, true},
    {"2001:db8::1", false, true},
    {"2001:db9::1", true, true},
    {"3fff:0fff::1", false, true},
    {"3fff:1000::1", true, true},
    {"4000::1", false, true},
    {"1fff::1", false, true},
    {"::", false, false},
    {"::1", false, true},
    {"::ffff:8.8.8.8", false, true},
    {"64:ff9b::8.8.8.8", true, true},
    {"64:ff9b::10.0.0.1", false, true},
    {"64:ff9b:1::8.8.8.8", false, true},
    {"fc00::1", false, true},
    {"fdff::1", false, true},
    {"fe80::1", false, true},
    {"ff02::1", false, false},
};

static void
kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct ip_address address = {.family = strchr(rows[i].text, ':') != NULL ? 6 : 4};
        assert_int_equal(inet_pton(address.family == 6 ? AF_INET6 : AF_INET, rows[i].text, address.bytes), 1);
        if (address_is_public(&address) != rows[i].is_public) {
            fail_msg("%s: public must be %d", rows[i].text, rows[i].is_public);
        }
        if (address_is_unicast(&address) != rows[i].is_unicast) {
            fail_msg("%s: unicast must be %d", rows[i].text, rows[i].is_unicast);
        }
        char text[ADDRESS_TEXT_SIZE];
        address_format(&address, text);
        struct ip_address again = {.family = address.family};
        assert_int_equal(inet_pton(again.family == 6 ? AF_INET6 : AF_INET, text, again.bytes), 1);
        assert_true(address_equal(&again, &address));
    }
}

static void
no_address(void **state)
{
    (void)state;
    struct ip_address none = {0}, odd = {.family = 5, .bytes = {0x20}};
    assert_false(address_is_public(&none));
    assert_false(address_is_unicast(&none));
    assert_false(address_is_public(&odd));
    assert_false(address_is_unicast(&odd));
    char text[ADDRESS_TEXT_SIZE];
    address_format(&none, text);
    assert_string_equal(text, "?");
}

static void
network_of_a_site(void **state)
{
    (void)state;
    static const struct {
        int family;
        const char *address, *network;
    } pairs[] = {{AF_INET, "192.0.2.77", "192.0.2.0"},
                 {AF_INET, "255.255.255.255", "255.255.255.0"},
                 {AF_INET6, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct ip_address address = {.family = pairs[i].family == AF_INET ? 4 : 6};
        inet_pton(pairs[i].family, pairs[i].address, address.bytes);
        struct ip_address network = address_network(&address);
        char text[ADDRESS_TEXT_SIZE];
        address_format(&network, text);
        assert_string_equal(text, pairs[i].network);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(no_address),
        cmocka_unit_test(network_of_a_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
