/* Findings in the order in which they are read. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/catalogue.h"
#include "report/words.h"
#include "report_of_all.h"

/* Cases of the plugin, by their severity. */
static const struct case_info *
case_with(enum severity severity, size_t nth)
{
    for (size_t number = 0; number < catalogue_case_count(); number++)
        if (catalogue_case(number)->severity == severity && nth-- == 0)
            return catalogue_case(number);
    fail_msg("no such case");
    return NULL;
}

static const struct case_info *
case_named(const char *id)
{
    for (size_t number = 0; number < catalogue_case_count(); number++)
        if (strcmp(catalogue_case(number)->id, id) == 0)
            return catalogue_case(number);
    fail_msg("no case %s", id);
    return NULL;
}

struct stage {
    struct settings settings;
    struct engine *engine;
    uint32_t frame;
};

static struct finding *
add(struct stage *stage, const struct case_info *info, enum confidence confidence, uint8_t server, uint64_t events)
{
    struct finding *finding = finding_new(info, confidence, ++stage->frame, 0);
    struct fact fact = {.name = FACT_server, .endpoint = {ipv4(192, 0, 2, server), 80}};
    g_array_append_val(finding->facts, fact);
    finding->series.events = events;
    store_add(engine_store(stage->engine), finding, NULL);
    return finding;
}

static int
set_up(void **state)
{
    struct stage *stage = g_new0(struct stage, 1);
    settings_init(&stage->settings);
    stage->engine = engine_new(&stage->settings);
    *state = stage;
    return 0;
}

static int
tear_down(void **state)
{
    struct stage *stage = *state;
    engine_free(stage->engine);
    settings_clear(&stage->settings);
    g_free(stage);
    return 0;
}

static bool
not_the_frame(const struct finding *finding, void *data)
{
    return finding->frame != *(const uint32_t *)data;
}

static const struct report_group *
group(const struct report *report, guint place)
{
    assert_true(place < report->groups->len);
    return g_ptr_array_index(report->groups, place);
}

static const struct finding *
first(const struct report *report, guint place)
{
    return g_ptr_array_index(group(report, place)->findings, 0);
}

static void
grouped_by_culprit(void **state)
{
    struct stage *stage = *state;
    const struct case_info *error = case_with(SEVERITY_ERROR, 0);
    struct finding *one = add(stage, error, CONFIDENCE_POSSIBLE, 1, 0);
    struct finding *other = add(stage, error, CONFIDENCE_POSSIBLE, 2, 0);
    add(stage, error, CONFIDENCE_LIKELY, 1, 0);
    struct report *report = report_new(stage->engine, every_finding, NULL);
    assert_int_equal(report->groups->len, 2);
    assert_int_equal(report->findings, 3);
    assert_ptr_equal(first(report, 0), one);
    assert_int_equal(group(report, 0)->findings->len, 2);
    assert_int_equal(group(report, 0)->events, 2);
    assert_int_equal(group(report, 0)->confidence, CONFIDENCE_LIKELY);
    assert_ptr_equal(first(report, 1), other);
    assert_int_equal(report->silent->len, catalogue_case_count() - 1);
    assert_int_equal(report->by_severity[SEVERITY_ERROR], 3);
    report_free(report);
    report_free(NULL);
}

/* Two tenants may use one address. */
static void
one_address_in_two_tunnels(void **state)
{
    struct stage *stage = *state;
    const struct case_info *error = case_with(SEVERITY_ERROR, 0);
    const struct ip_address one = ipv4(10, 9, 9, 1), other = ipv4(10, 9, 9, 2);
    struct encapsulation *encapsulation = engine_encapsulation(stage->engine);
    const struct place outside = {0};
    add(stage, error, CONFIDENCE_LIKELY, 1, 0);
    struct finding *inside = add(stage, error, CONFIDENCE_LIKELY, 1, 0);
    struct place place = encapsulation_enter(encapsulation, &outside, SESSION_VXLAN, &one, &other, 77, 100);
    inside->network = encapsulation_network(encapsulation, place.path);
    inside->session = place.session;
    struct report *report = report_new(stage->engine, every_finding, NULL);
    assert_int_equal(report->groups->len, 2);
    struct report_view view = {.shown_frame = same_number};
    char *text = report_words(report, &view);
    assert_non_null(strstr(text, "Session     1 (VNI 77)\n"));
    g_free(text);
    report_free(report);
}

/* Severity, confidence, number of events, and then the order of the capture. */
static void
ordered_by_weight(void **state)
{
    struct stage *stage = *state;
    const struct case_info *error = case_with(SEVERITY_ERROR, 0), *note = case_with(SEVERITY_NOTE, 0);
    const struct finding *expected[5];
    expected[4] = add(stage, note, CONFIDENCE_CONFIRMED, 9, 1000);
    expected[2] = add(stage, error, CONFIDENCE_LIKELY, 3, 0);
    expected[3] = add(stage, error, CONFIDENCE_LIKELY, 4, 0);
    expected[1] = add(stage, error, CONFIDENCE_LIKELY, 2, 500);
    expected[0] = add(stage, error, CONFIDENCE_CONFIRMED, 1, 0);
    struct report *report = report_new(stage->engine, every_finding, NULL);
    assert_int_equal(report->groups->len, 5);
    for (guint i = 0; i < 5; i++)
        assert_ptr_equal(first(report, i), expected[i]);
    assert_int_equal(group(report, 1)->events, 500);
    report_free(report);
}

/* What explains others comes before what is surer but explained. */
static void
the_cause_first(void **state)
{
    struct stage *stage = *state;
    const struct finding *effect = add(stage, case_named("connect.unanswered"), CONFIDENCE_CONFIRMED, 1, 9);
    const struct finding *cause = add(stage, case_named("policy.port_blocked"), CONFIDENCE_POSSIBLE, 1, 0);
    struct report *report = report_new(stage->engine, every_finding, NULL);
    assert_ptr_equal(first(report, 0), cause);
    assert_ptr_equal(first(report, 1), effect);
    report_free(report);
}

/* A finding may be milder than its case. */
static void
severity_of_the_finding(void **state)
{
    struct stage *stage = *state;
    struct finding *mild = add(stage, case_with(SEVERITY_ERROR, 0), CONFIDENCE_CONFIRMED, 1, 0);
    mild->severity = SEVERITY_NOTE;
    struct finding *grave = add(stage, case_with(SEVERITY_WARNING, 0), CONFIDENCE_POSSIBLE, 1, 0);
    struct report *report = report_new(stage->engine, every_finding, NULL);
    assert_ptr_equal(first(report, 0), grave);
    assert_ptr_equal(first(report, 1), mild);
    assert_int_equal(report->by_severity[SEVERITY_ERROR], 0);
    report_free(report);
}

static void
left_out(void **state)
{
    struct stage *stage = *state;
    uint32_t frame = add(stage, case_with(SEVERITY_ERROR, 0), CONFIDENCE_LIKELY, 1, 0)->frame;
    struct finding *kept = add(stage, case_with(SEVERITY_NOTE, 0), CONFIDENCE_LIKELY, 1, 0);
    struct report *report = report_new(stage->engine, not_the_frame, &frame);
    assert_int_equal(report->groups->len, 1);
    assert_ptr_equal(first(report, 0), kept);
    assert_int_equal(report->silent->len, catalogue_case_count() - 1);
    report_free(report);
}

static void
words_of_nothing(void **state)
{
    struct stage *stage = *state;
    struct report *report = report_new(stage->engine, every_finding, NULL);
    struct report_view view = {.shown_frame = same_number};
    char *text = report_words(report, &view);
    assert_non_null(strstr(text, "Capture     no TCP or UDP packets\n"));
    assert_non_null(strstr(text, "Findings    none\n"));
    assert_null(strstr(text, "TCP   "));
    g_free(text);
    report_free(report);
}

/* At most twelve frames are listed; the others are counted. */
static void
words_of_many(void **state)
{
    struct stage *stage = *state;
    for (unsigned i = 0; i < 14; i++)
        add(stage, case_with(SEVERITY_ERROR, 0), CONFIDENCE_LIKELY, 1, 0);
    struct finding *other = add(stage, case_with(SEVERITY_WARNING, 0), CONFIDENCE_LIKELY, 2, 0);
    static const uint32_t evidence[] = {3, 9};
    g_array_append_vals(other->evidence, evidence, 2);
    other->flow = 77;
    struct report *report = report_new(stage->engine, every_finding, NULL);
    for (guint i = 0; i < group(report, 0)->findings->len; i++)
        ((struct finding *)g_ptr_array_index(group(report, 0)->findings, i))->flow = 5 + i / 2;
    struct report_view view = {.shown_frame = same_number};
    char *text = report_words(report, &view);
    assert_non_null(strstr(text, "Flows       netcase.flow in {5, 6, 7, 8, 9, 10, 11}\n"));
    assert_non_null(strstr(text, "Evidence    3, 9\n   Flows       netcase.flow == 77\n"));
    assert_non_null(strstr(text, "Frames      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more\n"));
    assert_non_null(strstr(text, "Events      14\n"));
    g_free(text);
    view.language = LANGUAGE_CHINESE;
    view.markdown = true;
    text = report_words(report, &view);
    assert_non_null(strstr(text, "- **报文：** 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 等 14 个\n"));
    g_free(text);
    report_free(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grouped_by_culprit),      TEST(one_address_in_two_tunnels),
        TEST(ordered_by_weight),       TEST(the_cause_first),
        TEST(severity_of_the_finding), TEST(left_out),
        TEST(words_of_nothing),        TEST(words_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
