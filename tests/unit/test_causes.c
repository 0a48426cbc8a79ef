/* Findings that explain others. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "causes_reference.h"
#include "findings/causes.h"

static const struct case_info cause_info = {.id = "flood.cause"};
static const struct case_info effects[] = {
    [SAME_FLOW] = {.id = "a.flow"},         [SAME_CLIENT] = {.id = "a.client"},
    [SAME_SERVER] = {.id = "a.server"},     [SAME_SERVER_ADDRESS] = {.id = "a.server_address"},
    [SAME_ADDRESS] = {.id = "a.address"},   [SAME_NAME] = {.id = "a.name"},
    [ANSWERED_WITH] = {.id = "a.answered"}, [BEHIND] = {.id = "a.proxy"},
    [SAME_TIME] = {.id = "a.time"},
};

/* Cases that explain themselves and each other in every way. */
static const struct case_info anything[] = {
    {.id = "x.flow"},   {.id = "x.server"}, {.id = "x.address"}, {.id = "x.name"},        {.id = "x.behind"},
    {.id = "x.client"}, {.id = "x.time"},   {.id = "x.many"},    {.id = "x.behind_only"}, {.id = "x.name_only"},
};

static const struct explanation explanations[] = {
    {"flood.cause", "a.flow", SAME_FLOW},
    {"flood.cause", "a.client", SAME_CLIENT},
    {"flood.cause", "a.server", SAME_SERVER},
    {"flood.cause", "a.server_address", SAME_SERVER_ADDRESS},
    {"no.case", "a.address", SAME_TIME},
    {"flood.cause", "a.address", SAME_ADDRESS},
    {"flood.cause", "a.name", SAME_NAME},
    {"flood.cause", "a.answered", ANSWERED_WITH},
    {"flood.cause", "a.proxy", BEHIND},
    {"flood.cause", "a.time", SAME_TIME},
    {"flood.cause", "a.both", SAME_TIME},
    {"near.cause", "a.both", SAME_FLOW},
    {"x.flow", "x.flow", SAME_FLOW},
    {"x.name", "x.flow", SAME_NAME},
    {"x.time", "x.flow", SAME_CLIENT},
    {"x.server", "x.server", SAME_SERVER},
    {"x.behind", "x.server", BEHIND},
    {"x.time", "x.server", SAME_TIME},
    {"x.address", "x.address", SAME_ADDRESS},
    {"x.server", "x.address", SAME_SERVER_ADDRESS},
    {"x.flow", "x.address", SAME_TIME},
    {"x.name", "x.name", SAME_NAME},
    {"x.time", "x.name", SAME_ADDRESS},
    {"x.flow", "x.name", SAME_FLOW},
    {"x.behind", "x.behind", BEHIND},
    {"x.flow", "x.behind", SAME_CLIENT},
    {"x.name", "x.behind", SAME_SERVER},
    {"x.client", "x.client", SAME_CLIENT},
    {"x.behind", "x.client", SAME_SERVER_ADDRESS},
    {"x.time", "x.time", SAME_TIME},
    {"x.address", "x.time", SAME_TIME},
    {"x.flow", "x.many", SAME_TIME},
    {"x.server", "x.many", SAME_TIME},
    {"x.address", "x.many", SAME_TIME},
    {"x.name", "x.many", SAME_TIME},
    {"x.behind", "x.many", SAME_TIME},
    {"x.client", "x.many", SAME_TIME},
    {"x.time", "x.many", SAME_TIME},
    {"x.behind_only", "x.behind_only", BEHIND},
    {"x.name_only", "x.name_only", SAME_NAME},
};
static const struct relations table = {explanations, G_N_ELEMENTS(explanations)};

static struct endpoint
host(uint8_t last, uint16_t port)
{
    return (struct endpoint){.address = {.family = 4, .bytes = {192, 0, 2, last}}, .port = port};
}

static struct finding *
add(struct store *store, const struct case_info *info, uint32_t flow, int64_t time, struct endpoint client,
    struct endpoint server)
{
    struct finding *finding = finding_new(info, CONFIDENCE_LIKELY, 1, flow);
    struct fact facts[] = {{.name = FACT_client, .endpoint = client}, {.name = FACT_server, .endpoint = server}};
    g_array_append_vals(finding->facts, facts, 2);
    finding->time = time;
    store_add(store, finding, NULL);
    return finding;
}

/* Which relations hold between a cause and effects with these properties, as bits. */
static unsigned
relations(uint32_t flow, int64_t time, struct endpoint client, struct endpoint server)
{
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    unsigned relations = 0;
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1000), host(1, 1000), host(2, 80));
    for (int i = 0; i < 2; i++) /* the same case twice is named once */
        add(store, &cause_info, 1, SECONDS(1000), host(1, 1000), host(2, 80));
    for (unsigned i = SAME_FLOW; i <= SAME_TIME; i++) {
        size_t count = causes_of(causes, add(store, &effects[i], flow, time, client, server), found);
        assert_true(count <= 1);
        if (count == 1)
            assert_ptr_equal(found[0], cause);
        relations |= (unsigned)count << i;
    }
    assert_int_equal(causes_of(causes, cause, found), 0);
    causes_free(causes);
    store_free(store);
    return relations;
}

static void
each_relation(void **state)
{
    (void)state;
    assert_int_equal(relations(9, SECONDS(1), host(8, 1), host(9, 1)), 0);
    assert_int_equal(relations(1, SECONDS(1), host(8, 1), host(9, 1)), 1 << SAME_FLOW);
    assert_int_equal(relations(9, SECONDS(1), host(1, 1), host(9, 1)), 1 << SAME_CLIENT | 1 << SAME_ADDRESS);
    assert_int_equal(relations(9, SECONDS(1), host(8, 1), host(1, 1)), 1 << SAME_ADDRESS | 1 << BEHIND);
    assert_int_equal(relations(9, SECONDS(1), host(8, 1), host(2, 1)), 1 << SAME_SERVER_ADDRESS | 1 << SAME_ADDRESS);
    assert_int_equal(relations(9, SECONDS(1), host(8, 1), host(2, 80)),
                     1 << SAME_SERVER | 1 << SAME_SERVER_ADDRESS | 1 << SAME_ADDRESS);
    assert_int_equal(relations(9, SECONDS(1060), host(8, 1), host(9, 1)), 1 << SAME_TIME);
    assert_int_equal(relations(9, SECONDS(1061), host(8, 1), host(9, 1)), 0);
    assert_int_equal(relations(9, SECONDS(939), host(8, 1), host(9, 1)), 0);
}

static void
a_series_lasts(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1000), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &effects[SAME_TIME], 2, SECONDS(1500), host(3, 1), host(4, 1));
    cause->series = (struct series){.events = 9, .first_time = SECONDS(990), .last_time = SECONDS(1000)};
    assert_int_equal(causes_of(causes, effect, found), 0);
    store_again(store, cause->number, 77, SECONDS(1439));
    assert_int_equal(causes_of(causes, effect, found), 0);
    store_again(store, cause->number, 78, SECONDS(1450));
    store_again(store, cause->number, 79, SECONDS(1300));
    assert_int_equal(cause->series.events, 12);
    assert_int_equal(cause->series.last_frame, 79);
    assert_int_equal(causes_of(causes, effect, found), 1);
    causes_free(causes);
    store_free(store);
}

static void
a_name_in_common(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &effects[SAME_NAME], 2, SECONDS(2), host(3, 1), host(4, 1));
    struct finding *other = add(store, &effects[SAME_NAME], 3, SECONDS(3), host(3, 1), host(4, 1));
    struct fact names[] = {{.name = FACT_name, .text = g_strdup("www.example.com")},
                           {.name = FACT_name, .text = g_strdup("www.example.com")},
                           {.name = FACT_name, .text = g_strdup("www.example.net")}};
    g_array_append_val(cause->facts, names[0]);
    assert_int_equal(causes_of(causes, effect, found), 0);
    g_array_append_val(effect->facts, names[1]);
    g_array_append_val(other->facts, names[2]);
    assert_int_equal(causes_of(causes, effect, found), 1);
    assert_int_equal(causes_of(causes, other, found), 0);
    causes_free(causes);
    store_free(store);
}

static void
the_time_alone_counts_least(void **state)
{
    (void)state;
    static const struct case_info near = {.id = "near.cause"};
    static const struct case_info info = {.id = "a.both"};
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    struct finding *flood = add(store, &cause_info, 1, SECONDS(1), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &info, 2, SECONDS(2), host(3, 1), host(4, 1));
    assert_int_equal(causes_of(causes, effect, found), 1);
    assert_ptr_equal(found[0], flood);
    struct finding *flow = add(store, &near, 2, SECONDS(2), host(3, 1), host(4, 1));
    assert_int_equal(causes_of(causes, effect, found), 1);
    assert_ptr_equal(found[0], flow);
    struct finding *of_the_client = add(store, &info, 2, SECONDS(2), host(1, 1), host(4, 1));
    assert_int_equal(causes_of(causes, of_the_client, found), 2);
    causes_free(causes);
    store_free(store);
}

static void
behind_on_a_loopback(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    add(store, &cause_info, 1, SECONDS(1), host(1, 40000), host(1, 53));
    struct finding *same = add(store, &effects[BEHIND], 2, SECONDS(2), host(1, 40001), host(1, 53));
    struct finding *proxy = add(store, &effects[BEHIND], 3, SECONDS(2), host(1, 40002), host(1, 80));
    assert_int_equal(causes_of(causes, same, found), 0);
    assert_int_equal(causes_of(causes, proxy, found), 1);
    causes_free(causes);
    store_free(store);
}

/* A forged answer explains what happens at the address that it gives, to whomever. */
static void
at_a_forged_address(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1), host(1, 40000), host(2, 53));
    struct fact forged = {.name = FACT_first_answer, .endpoint = host(9, 0)};
    g_array_append_val(cause->facts, forged);
    struct finding *there = add(store, &effects[ANSWERED_WITH], 2, SECONDS(2), host(1, 40001), host(9, 443));
    struct finding *elsewhere = add(store, &effects[ANSWERED_WITH], 3, SECONDS(2), host(1, 40002), host(8, 443));
    assert_int_equal(causes_of(causes, there, found), 1);
    assert_ptr_equal(found[0], cause);
    assert_int_equal(causes_of(causes, elsewhere, found), 0);
    causes_free(causes);
    store_free(store);
}

/* Outside of tunnels it may be either of two that share an address, and its proxy may be behind neither of their own. */
static void
behind_in_two_tunnels(void **state)
{
    (void)state;
    static const struct ip_address private = {4, {10, 0, 0, 1}};
    const struct endpoint client = {private, 40000}, own = {private, 53}, other = host(9, 53);
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
    const struct finding *found[CAUSES_MAX];
    add(store, &cause_info, 1, SECONDS(1), client, own)->network = 1;
    add(store, &cause_info, 2, SECONDS(1), client, own)->network = 2;
    const struct finding *cause = add(store, &cause_info, 3, SECONDS(1), client, other);
    const struct finding *effect = add(store, &effects[BEHIND], 4, SECONDS(1), host(8, 1), own);
    assert_int_equal(causes_of(causes, effect, found), 1);
    assert_ptr_equal(found[0], cause);
    causes_free(causes);
    store_free(store);
}

/* -- The same as a look at every finding ------------------------------------------------------ */

static unsigned
any(GRand *random, unsigned count)
{
    return (unsigned)g_rand_int_range(random, 0, (gint32)count);
}

/* Private and public ones, few enough to meet again. */
static struct endpoint
any_endpoint(GRand *random)
{
    static const struct ip_address addresses[] = {{4, {10, 0, 0, 1}}, {4, {10, 0, 0, 2}}, {4, {8, 8, 8, 8}}, {0, {0}}};
    return (struct endpoint){addresses[any(random, G_N_ELEMENTS(addresses))], (uint16_t)(53 + any(random, 2))};
}

static void
add_anything(GRand *random, struct store *store)
{
    static const char *const names[] = {"a.example", "b.example", "c.example"};
    struct finding *finding =
        finding_new(&anything[any(random, G_N_ELEMENTS(anything))], CONFIDENCE_LIKELY, 1, any(random, 4));
    struct fact facts[] = {{.name = FACT_client, .endpoint = any_endpoint(random)},
                           {.name = FACT_server, .endpoint = any_endpoint(random)},
                           {.name = FACT_name}};
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
        if (any(random, 4) > 0) {
            facts[i].text = facts[i].name == FACT_name ? g_strdup(names[any(random, G_N_ELEMENTS(names))]) : NULL;
            g_array_append_val(finding->facts, facts[i]);
        }
    finding->network = any(random, 3);
    finding->time = SECONDS((int64_t)any(random, 1000) - 500);
    if (any(random, 3) == 0)
        finding->series = (struct series){
            .events = 1, .first_time = finding->time - SECONDS(any(random, 100)), .last_time = finding->time};
    store_add(store, finding, NULL);
}

static void
expect_the_same(struct causes *causes, const struct store *store, const struct finding *finding)
{
    const struct finding *found[CAUSES_MAX], *expected[CAUSES_MAX];
    size_t count = reference_causes_of(store, &table, finding, expected);
    causes_forget_withdrawn(causes);
    assert_int_equal(causes_of(causes, finding, found), count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(found[i], expected[i]);
}

/* A finding is asked about while others are still reported and go on, and all of them at the end. */
static void
as_if_all_were_looked_at(void **state)
{
    (void)state;
    for (guint32 seed = 0; seed < 300; seed++) {
        GRand *random = g_rand_new_with_seed(seed);
        struct store *store = store_new(&hash_seed_of_tests);
        struct causes *causes = causes_new(store, &table, &hash_seed_of_tests);
        for (unsigned step = 0, steps = 5 + any(random, 80); step < steps; step++) {
            add_anything(random, store);
            const GPtrArray *findings = store_findings(store);
            struct finding *one = g_ptr_array_index(findings, any(random, findings->len));
            if (one->series.events > 0)
                store_again(store, one->number, 1, SECONDS((int64_t)any(random, 1000) - 500));
            if (findings->len > 1 && any(random, 8) == 0)
                store_withdraw(store, one, 2);
            else if (any(random, 2) == 0)
                expect_the_same(causes, store, one);
        }
        const GPtrArray *findings = store_findings(store);
        for (guint i = 0; i < findings->len; i++)
            expect_the_same(causes, store, g_ptr_array_index(findings, i));
        causes_free(causes);
        store_free(store);
        g_rand_free(random);
    }
}

static const struct case_info ordered_cases[] = {
    {.id = "o.consequence", .severity = SEVERITY_ERROR}, {.id = "o.cause", .severity = SEVERITY_NOTE},
    {.id = "o.warning", .severity = SEVERITY_WARNING},   {.id = "o.one", .severity = SEVERITY_CHAT},
    {.id = "o.other", .severity = SEVERITY_CHAT},
};
static const struct explanation ordered_explanations[] = {
    {"o.cause", "o.consequence", SAME_FLOW},
    {"o.one", "o.other", SAME_FLOW},
    {"o.other", "o.one", SAME_FLOW},
};
static const struct relations ordered_table = {ordered_explanations, G_N_ELEMENTS(ordered_explanations)};

/* What comes from a note may be an error: then the note comes first, and the error behind it, whichever was reported first. Two that
 * explain each other are there once. */
static void
causes_come_first(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &ordered_table, &hash_seed_of_tests);
    static const unsigned reported[] = {4, 3, 2, 0, 1}, expected[] = {1, 0, 2, 3, 4};
    for (size_t i = 0; i < G_N_ELEMENTS(reported); i++)
        add(store, &ordered_cases[reported[i]], 1, SECONDS(1), host(1, 1), host(2, 1));
    struct finding *elsewhere = add(store, &ordered_cases[0], 2, SECONDS(1), host(1, 1), host(2, 1));
    GPtrArray *ordered = causes_in_order(causes, store_findings(store));
    assert_int_equal(ordered->len, 6);
    assert_ptr_equal(g_ptr_array_index(ordered, 0), elsewhere);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_ptr_equal(((struct finding *)g_ptr_array_index(ordered, i + 1))->info, &ordered_cases[expected[i]]);
    g_ptr_array_unref(ordered);
    causes_free(causes);
    store_free(store);
}

/* Of very many in one frame the first ones are put in order, and none is lost. */
static void
order_of_many(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct causes *causes = causes_new(store, &ordered_table, &hash_seed_of_tests);
    for (uint32_t i = 0; i < ORDERED_MAX + 5; i++)
        add(store, &ordered_cases[i == ORDERED_MAX - 1 ? 0 : 2], 1, SECONDS(1), host(1, 1), host(2, 1));
    GPtrArray *ordered = causes_in_order(causes, store_findings(store));
    assert_int_equal(ordered->len, ORDERED_MAX + 5);
    assert_int_equal(((struct finding *)g_ptr_array_index(ordered, 0))->number, ORDERED_MAX);
    for (guint i = 1; i < ordered->len; i++)
        assert_int_equal(((struct finding *)g_ptr_array_index(ordered, i))->number, i < ORDERED_MAX ? i : i + 1);
    g_ptr_array_unref(ordered);
    causes_free(causes);
    store_free(store);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_relation),         cmocka_unit_test(a_series_lasts),
        cmocka_unit_test(a_name_in_common),      cmocka_unit_test(the_time_alone_counts_least),
        cmocka_unit_test(behind_on_a_loopback),  cmocka_unit_test(at_a_forged_address),
        cmocka_unit_test(behind_in_two_tunnels), cmocka_unit_test(as_if_all_were_looked_at),
        cmocka_unit_test(causes_come_first),     cmocka_unit_test(order_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
