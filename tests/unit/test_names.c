/* What DNS answers teach about addresses. SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/names.h"
#include "packet_of.h"

static struct dns_message message;

static void
answer_to(const char *name)
{
    memset(&message, 0, sizeof message);
    message.response = true;
    message.complete = true;
    message.query_type = DNS_TYPE_A;
    g_strlcpy(message.query_name, name, sizeof message.query_name);
}

static void
add_cname(const char *name, const char *target)
{
    struct dns_answer *answer = &message.answer[message.answer_count++];
    answer->type = DNS_TYPE_CNAME;
    g_strlcpy(answer->name, name, sizeof answer->name);
    g_strlcpy(answer->target, target, sizeof answer->target);
}

static void
add_address(const char *name, struct ip_address address)
{
    struct dns_answer *answer = &message.answer[message.answer_count++];
    answer->type = DNS_TYPE_A;
    g_strlcpy(answer->name, name, sizeof answer->name);
    answer->address = address;
}

static void
learn(struct names *names, uint32_t frame)
{
    struct packet packet = packet_between(PROTOCOL_UDP, SERVER);
    packet.frame = frame;
    packet.time = SECONDS(frame);
    packet.dns = &message;
    names_learn(names, 0, &packet);
}

static const struct learned_name *
found(const struct names *names, uint8_t last)
{
    const struct ip_address address = ipv4(192, 0, 2, last);
    return names_find(names, 0, &address);
}

static void
without_cname(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("www.example.com");
    add_address("www.example.com", ipv4(192, 0, 2, 1));
    learn(names, 7);
    const struct learned_name *name = found(names, 1);
    assert_non_null(name);
    assert_string_equal(name->name, "www.example.com");
    assert_string_equal(name->chain, "www.example.com");
    assert_false(name->by_cname || name->cross_domain);
    assert_int_equal(name->frame, 7);
    assert_true(name->time == SECONDS(7));
    assert_int_equal(name->resolver.port, 80);
    assert_null(found(names, 2));
    names_free(names);
    names_free(NULL);
}

static void
chain_of_cnames(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("www.example.com");
    add_address("c.cdn.net", ipv4(192, 0, 2, 1)); /* the order of records has no meaning */
    add_cname("b.cdn.net", "c.cdn.net");
    add_cname("www.example.com", "b.cdn.net");
    add_address("c.cdn.net", ipv4(192, 0, 2, 2));
    learn(names, 1);
    for (uint8_t last = 1; last <= 2; last++) {
        const struct learned_name *name = found(names, last);
        assert_non_null(name);
        assert_string_equal(name->chain, "www.example.com -> b.cdn.net -> c.cdn.net");
        assert_true(name->by_cname && name->cross_domain);
    }
    names_free(names);
}

static void
domains(void **state)
{
    (void)state;
    static const struct {
        const char *name, *target;
        bool cross;
    } rows[] = {
        {"www.example.com", "lb.example.com", false},       {"example.com", "www.example.com", false},
        {"www.example.com.cn", "lb.example.com.cn", false}, {"www.example.com.cn", "lb.other.com.cn", true},
        {"www.example.com", "www.example.net", true},       {"www.example.com", "example.com.evil.net", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct names *names = names_new(&hash_seed_of_tests);
        answer_to(rows[i].name);
        add_cname(rows[i].name, rows[i].target);
        add_address(rows[i].target, ipv4(192, 0, 2, 1));
        learn(names, 1);
        assert_non_null(found(names, 1));
        if (found(names, 1)->cross_domain != rows[i].cross)
            fail_msg("%s -> %s", rows[i].name, rows[i].target);
        names_free(names);
    }
}

static void
loops_end(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("a.example");
    add_cname("a.example", "b.example");
    add_cname("b.example", "a.example");
    add_address("c.example", ipv4(192, 0, 2, 1));
    learn(names, 1);
    assert_null(found(names, 1));
    answer_to("a.example");
    add_cname("a.example", "a.example");
    add_address("c.example", ipv4(192, 0, 2, 1));
    learn(names, 2);
    assert_null(found(names, 1));
    /* A loop behind the owner of the address does not matter. */
    answer_to("a.example");
    add_cname("a.example", "b.example");
    add_cname("b.example", "a.example");
    add_address("b.example", ipv4(192, 0, 2, 1));
    learn(names, 3);
    assert_string_equal(found(names, 1)->chain, "a.example -> b.example");
    names_free(names);
}

static void
long_chains(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("n0.example");
    for (unsigned link = 0; link < DNS_ANSWERS_MAX - 2; link++) {
        char name[32], target[32];
        g_snprintf(name, sizeof name, "n%u.example", link);
        g_snprintf(target, sizeof target, "n%u.example", link + 1);
        add_cname(name, target);
    }
    add_address("n16.example", ipv4(192, 0, 2, 16));
    add_address("n17.example", ipv4(192, 0, 2, 17));
    learn(names, 1);
    assert_non_null(found(names, 16));
    assert_null(found(names, 17));

    /* Names of full length: the chain is cut, not written over its end. */
    char first[DNS_NAME_MAX], second[DNS_NAME_MAX];
    memset(first, 'a', sizeof first);
    memset(second, 'b', sizeof second);
    first[DNS_NAME_MAX - 1] = second[DNS_NAME_MAX - 1] = '\0';
    answer_to(first);
    add_cname(first, second);
    add_cname(second, "c.example");
    add_address("c.example", ipv4(192, 0, 2, 18));
    learn(names, 2);
    assert_int_equal(strlen(found(names, 18)->chain), sizeof found(names, 18)->chain - 1);
    names_free(names);
}

static void
what_teaches_nothing(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("a.example");
    add_address("a.example", ipv4(192, 0, 2, 1));
    message.response = false;
    learn(names, 1);
    assert_null(found(names, 1));
    message.response = true;
    message.rcode = 3;
    learn(names, 2);
    assert_null(found(names, 1));
    message.rcode = 0;
    g_strlcpy(message.answer[0].name, "b.example", sizeof message.answer[0].name);
    learn(names, 3);
    assert_null(found(names, 1));
    names_free(names);
}

static void
newest_answer_wins(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    answer_to("old.example");
    add_address("old.example", ipv4(192, 0, 2, 1));
    learn(names, 1);
    answer_to("new.example");
    add_cname("new.example", "lb.example");
    add_address("lb.example", ipv4(192, 0, 2, 1));
    learn(names, 2);
    assert_string_equal(found(names, 1)->name, "new.example");
    assert_true(found(names, 1)->by_cname);
    answer_to("old.example");
    add_address("old.example", ipv4(192, 0, 2, 1));
    learn(names, 3);
    assert_string_equal(found(names, 1)->chain, "old.example");
    assert_false(found(names, 1)->by_cname);
    names_free(names);
}

/* A private address in another network is another host; a public one is not. */
static void
in_networks(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    const struct ip_address public = ipv4(93, 184, 216, 34), private = ipv4(10, 0, 0, 1);
    answer_to("a.example");
    add_address("a.example", public);
    add_address("a.example", private);
    struct packet packet = packet_between(PROTOCOL_UDP, SERVER);
    packet.dns = &message;
    names_learn(names, 7, &packet);
    assert_non_null(names_find(names, 7, &public));
    assert_non_null(names_find(names, 8, &public));
    assert_non_null(names_find(names, 7, &private));
    assert_null(names_find(names, 8, &private));
    names_free(names);
}

/* At most 65,536 addresses; those that are known still learn. */
static void
bounded(void **state)
{
    (void)state;
    struct names *names = names_new(&hash_seed_of_tests);
    for (uint32_t i = 0; i <= 65536; i++) {
        answer_to("a.example");
        add_address("a.example", ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i));
        learn(names, 1);
    }
    const struct ip_address first = ipv4(10, 0, 0, 0), beyond = ipv4(10, 1, 0, 0);
    assert_non_null(names_find(names, 0, &first));
    assert_null(names_find(names, 0, &beyond));
    answer_to("b.example");
    add_address("b.example", first);
    learn(names, 2);
    assert_string_equal(names_find(names, 0, &first)->name, "b.example");
    names_free(names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_cname),
        cmocka_unit_test(in_networks),
        cmocka_unit_test(chain_of_cnames),
        cmocka_unit_test(domains),
        cmocka_unit_test(loops_end),
        cmocka_unit_test(long_chains),
        cmocka_unit_test(bounded),
        cmocka_unit_test(what_teaches_nothing),
        cmocka_unit_test(newest_answer_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
