/* Findings that explain others. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "core/causes.h"

static const struct case_info cause_info = {.id = "flood.cause"};
static const struct case_info effects[] = {
    [SAME_FLOW] = {.id = "a.flow", .explained_by = {{"flood.cause", SAME_FLOW}}},
    [SAME_CLIENT] = {.id = "a.client", .explained_by = {{"flood.cause", SAME_CLIENT}}},
    [SAME_SERVER] = {.id = "a.server", .explained_by = {{"flood.cause", SAME_SERVER}}},
    [SAME_SERVER_ADDRESS] = {.id = "a.server_address", .explained_by = {{"flood.cause", SAME_SERVER_ADDRESS}}},
    [SAME_ADDRESS] = {.id = "a.address", .explained_by = {{"no.case", SAME_TIME}, {"flood.cause", SAME_ADDRESS}}},
    [SAME_NAME] = {.id = "a.name", .explained_by = {{"flood.cause", SAME_NAME}}},
    [BEHIND] = {.id = "a.proxy", .explained_by = {{"flood.cause", BEHIND}}},
    [SAME_TIME] = {.id = "a.time", .explained_by = {{"flood.cause", SAME_TIME}}},
};

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
    store_add(store, finding);
    return finding;
}

/* Which relations hold between a cause and effects with these properties, as bits. */
static unsigned
relations(uint32_t flow, int64_t time, struct endpoint client, struct endpoint server)
{
    struct store *store = store_new();
    const struct finding *causes[CAUSES_MAX];
    unsigned found = 0;
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1000), host(1, 1000), host(2, 80));
    for (int i = 0; i < 2; i++) /* the same case twice is named once */
        add(store, &cause_info, 1, SECONDS(1000), host(1, 1000), host(2, 80));
    for (unsigned i = SAME_FLOW; i <= SAME_TIME; i++) {
        size_t count = causes_of(store, add(store, &effects[i], flow, time, client, server), causes);
        assert_true(count <= 1);
        if (count == 1)
            assert_ptr_equal(causes[0], cause);
        found |= (unsigned)count << i;
    }
    assert_int_equal(causes_of(store, cause, causes), 0);
    store_free(store);
    return found;
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
    struct store *store = store_new();
    const struct finding *causes[CAUSES_MAX];
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1000), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &effects[SAME_TIME], 2, SECONDS(1500), host(3, 1), host(4, 1));
    assert_int_equal(causes_of(store, effect, causes), 0);
    cause->series = (struct series){.events = 9, .first_time = SECONDS(990), .last_time = SECONDS(1450)};
    assert_int_equal(causes_of(store, effect, causes), 1);
    store_free(store);
}

static void
a_name_in_common(void **state)
{
    (void)state;
    struct store *store = store_new();
    const struct finding *causes[CAUSES_MAX];
    struct finding *cause = add(store, &cause_info, 1, SECONDS(1), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &effects[SAME_NAME], 2, SECONDS(2), host(3, 1), host(4, 1));
    struct finding *other = add(store, &effects[SAME_NAME], 3, SECONDS(3), host(3, 1), host(4, 1));
    struct fact names[] = {{.name = FACT_name, .text = g_strdup("www.example.com")},
                           {.name = FACT_name, .text = g_strdup("www.example.com")},
                           {.name = FACT_name, .text = g_strdup("www.example.net")}};
    g_array_append_val(cause->facts, names[0]);
    assert_int_equal(causes_of(store, effect, causes), 0);
    g_array_append_val(effect->facts, names[1]);
    g_array_append_val(other->facts, names[2]);
    assert_int_equal(causes_of(store, effect, causes), 1);
    assert_int_equal(causes_of(store, other, causes), 0);
    store_free(store);
}

static void
the_time_alone_counts_least(void **state)
{
    (void)state;
    static const struct case_info near = {.id = "near.cause"};
    static const struct case_info info = {.id = "a.both",
                                          .explained_by = {{"flood.cause", SAME_TIME}, {"near.cause", SAME_FLOW}}};
    struct store *store = store_new();
    const struct finding *causes[CAUSES_MAX];
    struct finding *flood = add(store, &cause_info, 1, SECONDS(1), host(1, 1), host(2, 1));
    struct finding *effect = add(store, &info, 2, SECONDS(2), host(3, 1), host(4, 1));
    assert_int_equal(causes_of(store, effect, causes), 1);
    assert_ptr_equal(causes[0], flood);
    struct finding *flow = add(store, &near, 2, SECONDS(2), host(3, 1), host(4, 1));
    assert_int_equal(causes_of(store, effect, causes), 1);
    assert_ptr_equal(causes[0], flow);
    struct finding *of_the_client = add(store, &info, 2, SECONDS(2), host(1, 1), host(4, 1));
    assert_int_equal(causes_of(store, of_the_client, causes), 2);
    store_free(store);
}

static void
behind_on_a_loopback(void **state)
{
    (void)state;
    struct store *store = store_new();
    const struct finding *causes[CAUSES_MAX];
    add(store, &cause_info, 1, SECONDS(1), host(1, 40000), host(1, 53));
    struct finding *same = add(store, &effects[BEHIND], 2, SECONDS(2), host(1, 40001), host(1, 53));
    struct finding *proxy = add(store, &effects[BEHIND], 3, SECONDS(2), host(1, 40002), host(1, 80));
    assert_int_equal(causes_of(store, same, causes), 0);
    assert_int_equal(causes_of(store, proxy, causes), 1);
    store_free(store);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_relation),        cmocka_unit_test(a_series_lasts),
        cmocka_unit_test(a_name_in_common),     cmocka_unit_test(the_time_alone_counts_least),
        cmocka_unit_test(behind_on_a_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
