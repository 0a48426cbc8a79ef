/* The report of many findings costs each of them the same: ten times as many take at most four times as long for each, whatever they
 * share. What is measured is time of the processor, of both numbers in turn, and the best of some runs counts: other programs can
 * only add to it. What is quadratic takes ten times as long, so four times, with caches that are too small for many, is far from both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "bytes_of.h"
#include "engine/catalogue.h"
#include "report/words.h"
#include "report_of_all.h"

enum { FEW = 5000, MANY = 50000, RUNS = 5 };

/* Every second finding could explain the others. What they don't have in common is another one for each. */
struct shape {
    const char *name, *cause, *effect;
    enum { CLIENT = 1, SERVER = 2, NAME = 4, MINUTE = 8, ONE_HOST = 16 } common;
};

static const struct shape shapes[] = {
    {"nothing in common", "policy.port_blocked", "connect.refused", 0},
    {"one client", "policy.port_blocked", "connect.unanswered", CLIENT | MINUTE},
    {"one server", "flood.scan", "connect.refused", SERVER | MINUTE},
    {"one name", "dns.conflict", "dns.cname_dead", NAME | MINUTE},
    {"other names", "dns.cname_offshore", "dns.cname_dead", SERVER},
    {"a minute", "path.saturated", "path.loss", MINUTE},
    {"a client at other times", "path.saturated", "path.loss", CLIENT},
    {"client or server", "flood.udp_reflection", "connect.unreachable", 0},
    {"explained by itself", "dns.unanswered", "dns.unanswered", SERVER},
    {"on a loopback", "dns.unanswered", "dns.unanswered", ONE_HOST},
    {"all in common", "connect.unreachable", "http.gateway_timeout", CLIENT | SERVER | NAME | MINUTE},
};

static const struct case_info *
case_named(const char *id)
{
    for (size_t number = 0; number < catalogue_case_count(); number++)
        if (strcmp(catalogue_case(number)->id, id) == 0)
            return catalogue_case(number);
    fail_msg("no case %s", id);
    return NULL;
}

static struct endpoint
host(uint8_t net, uint32_t number, uint16_t port)
{
    return (struct endpoint){ipv4(10, net, (uint8_t)(number >> 8), (uint8_t)number), (uint16_t)(port + (number >> 16))};
}

static void
add(struct store *store, const struct shape *shape, const struct case_info *info, uint32_t number)
{
    struct finding *finding = finding_new(info, CONFIDENCE_LIKELY, number, number);
    struct fact facts[] = {
        {.name = FACT_client, .endpoint = host(1, shape->common & CLIENT ? 1 : number, 40000)},
        {.name = FACT_server, .endpoint = host(2, shape->common & SERVER ? 1 : number, 53)},
        {.name = FACT_name, .text = g_strdup_printf("%u.example", shape->common & NAME ? 1 : number)},
    };
    if (shape->common & ONE_HOST)
        facts[0].endpoint.address = facts[1].endpoint.address = ipv4(127, 0, 0, 1);
    g_array_append_vals(finding->facts, facts, G_N_ELEMENTS(facts));
    finding->time = shape->common & MINUTE ? SECONDS(100) : SECONDS(100 * (int64_t)number);
    store_add(store, finding, NULL);
}

static double
processor_time(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct cost {
    double report, words; /* seconds for each finding */
};

/* Of the report, and of it as text and as markdown. */
static struct cost
cost_of(const struct shape *shape, uint32_t count)
{
    const struct case_info *infos[] = {case_named(shape->cause), case_named(shape->effect)};
    struct settings settings;
    settings_init(&settings);
    struct engine *engine = engine_new(&settings);
    for (uint32_t number = 1; number <= count; number++)
        add(engine_store(engine), shape, infos[number % 2], number);
    double start = processor_time();
    struct report *report = report_new(engine, every_finding, NULL);
    double written = processor_time();
    for (int markdown = 0; markdown < 2; markdown++) {
        struct report_view view = {.markdown = markdown, .shown_frame = same_number};
        g_free(report_words(report, &view));
    }
    struct cost cost = {.report = (written - start) / count, .words = (processor_time() - written) / count};
    assert_int_equal(report->findings, count);
    report_free(report);
    engine_free(engine);
    settings_clear(&settings);
    return cost;
}

enum { FACTOR = 4 };

static struct cost
least(struct cost one, struct cost other)
{
    return (struct cost){MIN(one.report, other.report), MIN(one.words, other.words)};
}

static void
expect_linear(const struct shape *shape)
{
    struct cost few = {1e9, 1e9}, many = few;
    for (int run = 0; run < RUNS && (many.report > FACTOR * few.report || many.words > FACTOR * few.words || run == 0);
         run++) {
        few = least(few, cost_of(shape, FEW));
        many = least(many, cost_of(shape, MANY));
    }
    print_message("%s: each of %d %.2f us, its words %.2f us; each of %d %.2f us, its words %.2f us\n", shape->name,
                  FEW, few.report * 1e6, few.words * 1e6, MANY, many.report * 1e6, many.words * 1e6);
    if (many.report > FACTOR * few.report || many.words > FACTOR * few.words)
        fail_msg("%s: a finding costs more than four times as much where there are ten times as many", shape->name);
}

static void
each_costs_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        expect_linear(&shapes[i]);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(each_costs_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
