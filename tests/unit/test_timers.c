/* Levels, tolerances and candidates. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/timers.h"

/* Tenths and hundredths of a second, as the documents measure. */
#define HUNDREDTHS(n) MILLISECONDS((n)*10)

static GArray *
levels_of(const char *text)
{
    char *problem;
    GArray *levels = timer_levels_parse(text, &problem);
    if (levels == NULL) {
        fail_msg("%s", problem);
    }
    assert_null(problem);
    return levels;
}

static GArray *
built_in(void)
{
    GArray *timers = g_array_new(FALSE, FALSE, sizeof(struct known_timer));
    return g_array_append_vals(timers, known_timers, (guint)known_timer_count);
}

static void
tolerances(void **state)
{
    (void)state;
    assert_int_equal(timer_early(SECONDS(15)), MILLISECONDS(500));
    assert_int_equal(timer_early(SECONDS(20)), MILLISECONDS(500));
    assert_int_equal(timer_early(SECONDS(120)), SECONDS(3));
    assert_int_equal(timer_late(SECONDS(15)), SECONDS(2));
    assert_int_equal(timer_late(SECONDS(900)), SECONDS(27));
}

static void
levels_parsed(void **state)
{
    (void)state;
    GArray *levels = levels_of(" 120, 15 ,60,15");
    assert_int_equal(levels->len, 3);
    assert_true(g_array_index(levels, int64_t, 0) == SECONDS(15));
    assert_true(g_array_index(levels, int64_t, 1) == SECONDS(60));
    assert_true(g_array_index(levels, int64_t, 2) == SECONDS(120));
    g_array_unref(levels);
    levels = levels_of("1,86400,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
    assert_int_equal(levels->len, 16);
    g_array_unref(levels);
}

static void
levels_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"", "at least one"},
        {"15,,60", "\"\""},
        {"15,x60", "\"x60\""},
        {"0", "\"0\""},
        {"86401", "\"86401\""},
        {"-15", "\"-15\""},
        {"15.5", "\"15.5\""},
        {"99999999999999999999", "\"9"},
        {"15;60", "\"15;60\""},
        {"15,60,", "\"\""},
        {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "\"17\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *problem = NULL;
        assert_null(timer_levels_parse(rows[i].text, &problem));
        if (problem == NULL || strstr(problem, rows[i].part) == NULL) {
            fail_msg("%s: %s", rows[i].text, problem);
        }
        g_free(problem);
    }
}

/* 14.66 s and 119.89 s are documented to be at 15 s and 120 s. */
static void
highest_level(void **state)
{
    (void)state;
    static const struct {
        int64_t idle, level;
    } rows[] = {
        {HUNDREDTHS(1466), SECONDS(15)},
        {HUNDREDTHS(1450), SECONDS(15)},
        {HUNDREDTHS(1449), 0},
        {HUNDREDTHS(5849), SECONDS(15)},
        {HUNDREDTHS(5850), SECONDS(60)},
        {HUNDREDTHS(11699), SECONDS(60)},
        {HUNDREDTHS(11989), SECONDS(120)},
        {HUNDREDTHS(900000), SECONDS(120)},
        {0, 0},
        {-SECONDS(3), 0},
    };
    GArray *levels = levels_of("15,60,120");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_true(timer_level_passed(levels, rows[i].idle) == rows[i].level);
    }
    g_array_unref(levels);
}

static void
nearest_timer(void **state)
{
    (void)state;
    static const struct {
        int64_t idle, timer;
    } rows[] = {
        {HUNDREDTHS(1466), SECONDS(15)},
        {HUNDREDTHS(1700), SECONDS(15)},
        {HUNDREDTHS(5010), SECONDS(50)},   /* of the user */
        {HUNDREDTHS(6500), SECONDS(65)},   /* built in */
        {HUNDREDTHS(13010), SECONDS(130)}, /* built in */
        {HUNDREDTHS(12010), SECONDS(120)}, /* level and timer */
        {HUNDREDTHS(500), 0},              /* 5 s is known, but below the lowest level */
        {SECONDS(220), 0},                 /* nothing near */
        {SECONDS(350), SECONDS(350)},      /* closes (TLS of a load balancer) */
        {SECONDS(432000), 0},              /* known, but vanishes */
        {SECONDS(127), SECONDS(130)},      /* 127 s of SYN retries are no end of a connection */
    };
    GArray *levels = levels_of("15,60,120"), *timers = built_in();
    struct known_timer own = {"user", "", "ours", "timeout", "TCP", 50, 1u << TIMER_CLOSE, true, "", TIMER_SESSION};
    g_array_append_val(timers, own);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t timer = timer_due(levels, timers, TIMER_CLOSE, rows[i].idle);
        if (timer != rows[i].timer) {
            fail_msg("%.2f s: %.2f s", (double)rows[i].idle / 1e9, (double)timer / 1e9);
        }
    }
    /* 240 s: the load balancer sends no FIN, but RST at the time itself. */
    assert_int_equal(timer_due(levels, timers, TIMER_CLOSE, SECONDS(240)), 0);
    assert_int_equal(timer_due(levels, timers, TIMER_EXPIRED, SECONDS(240)), SECONDS(240));
    g_array_unref(timers);
    g_array_unref(levels);
}

static void
candidates(void **state)
{
    (void)state;
    const unsigned close = 1u << TIMER_CLOSE, reset = 1u << TIMER_RESET, silence = 1u << TIMER_SILENCE;
    const struct known_timer rows[] = {
        {"a", "nginx", "nginx", "keepalive_timeout", "HTTP", 75, close | reset, true, "", TIMER_BETWEEN_REQUESTS},
        {"b", "Acme", "balancer", "idle", "TCP", 75, close, false, "", TIMER_BETWEEN_REQUESTS},
        {"c", "Acme", "balancer", "older idle", "TCP", 75, close, true, "", TIMER_SESSION},
        {"d", "Oracle/MySQL", "MySQL", "wait_timeout", "TCP", 74.5, close, true, "", TIMER_SESSION},
        {"e", "", "ours", "idle", "TLS", 60, reset, true, "", TIMER_SESSION},
        {"f", "Linux", "netfilter", "established", "TCP", 50, silence, false, "", TIMER_SESSION},
        {"g", "Linux", "netfilter", "udp", "UDP", 75, close | reset | silence, true, "", TIMER_SESSION},
        {"i", "Acme", "balancer", "response", "HTTP", 75, close | reset, true, "", TIMER_RESPONSE},
        {"h", "Linux", "TCP", "TIME_WAIT", "TCP", 75, 0, true, "", TIMER_SESSION},
    };
    static const struct {
        enum timer_end end;
        int64_t idle, survived;
        const char *texts;
    } cases[] = {
        {TIMER_CLOSE, HUNDREDTHS(7500), 0,
         "nginx keepalive_timeout (75 s)|Acme balancer idle (75 s)|Acme balancer older idle (75 s)|"
         "MySQL wait_timeout (74.5 s)"},
        {TIMER_CLOSE, HUNDREDTHS(7500), SECONDS(74),
         "nginx keepalive_timeout (75 s)|Acme balancer idle (75 s)|Acme balancer older idle (75 s)|"
         "MySQL wait_timeout (74.5 s)"},
        {TIMER_CLOSE, HUNDREDTHS(7500), SECONDS(75), ""},
        {TIMER_CLOSE, HUNDREDTHS(7450), 0,
         "nginx keepalive_timeout (75 s)|Acme balancer idle (75 s)|MySQL wait_timeout (74.5 s)|"
         "Acme balancer older idle (75 s)"},
        {TIMER_CLOSE, HUNDREDTHS(7000), 0, ""},
        {TIMER_CLOSE, HUNDREDTHS(8000), 0, ""},
        {TIMER_RESET, HUNDREDTHS(9000), 0, "nginx keepalive_timeout (75 s)|ours idle (60 s)"},
        {TIMER_RESET, HUNDREDTHS(7320), 0, "nginx keepalive_timeout (75 s)|ours idle (60 s)"},
        {TIMER_RESET, HUNDREDTHS(7300), 0, "ours idle (60 s)"},
        {TIMER_RESET, HUNDREDTHS(9000), SECONDS(60), "nginx keepalive_timeout (75 s)"},
        {TIMER_RESET, HUNDREDTHS(9000), SECONDS(75), ""},
        {TIMER_SILENCE, HUNDREDTHS(9000), 0, "Linux netfilter established (50 s)"},
    };
    GArray *timers = g_array_new(FALSE, FALSE, sizeof(struct known_timer));
    g_array_append_vals(timers, rows, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct timer_match match = {cases[i].end, TIMER_BETWEEN_REQUESTS, cases[i].idle, cases[i].survived, NULL};
        unsigned others;
        GPtrArray *texts = timer_candidates(timers, &match, &others);
        g_ptr_array_add(texts, NULL);
        char *joined = g_strjoinv("|", (char **)texts->pdata);
        assert_string_equal(joined, cases[i].texts);
        g_free(joined);
        g_ptr_array_unref(texts);
    }
    g_array_unref(timers);
}

/* What the server calls itself comes first. */
static void
candidates_of_a_product(void **state)
{
    (void)state;
    static const struct {
        const char *product, *first;
    } cases[] = {
        {"varnish", "Varnish"}, {"awselb", "AWS Application Load Balancer"}, {"NGINX", "nginx"},
        {"openresty", "nginx"}, {"Apache-Coyote", "Apache Tomcat"},          {"our", NULL},
        {"unheard-of", NULL},
    };
    GArray *timers = built_in();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const int64_t seconds[] = {20, 30, 60, 75};
        bool first = false;
        for (size_t j = 0; cases[i].first != NULL && !first && j < G_N_ELEMENTS(seconds); j++) {
            struct timer_match match = {TIMER_CLOSE, TIMER_BETWEEN_REQUESTS, SECONDS(seconds[j]), 0, cases[i].product};
            unsigned others;
            GPtrArray *texts = timer_candidates(timers, &match, &others);
            first = texts->len > 0 && g_str_has_prefix(texts->pdata[0], cases[i].first);
            g_ptr_array_unref(texts);
        }
        assert_true(first || cases[i].first == NULL);
        struct timer_match match = {TIMER_CLOSE, TIMER_BETWEEN_REQUESTS, SECONDS(60), 0, NULL}, named = match;
        named.product = cases[i].product;
        unsigned others, of_named;
        GPtrArray *texts = timer_candidates(timers, &match, &others);
        GPtrArray *texts_of_named = timer_candidates(timers, &named, &of_named);
        assert_int_equal(texts->len, texts_of_named->len);
        assert_int_equal(others, of_named);
        if (cases[i].first == NULL)
            assert_string_equal(texts->pdata[0], texts_of_named->pdata[0]);
        g_ptr_array_unref(texts_of_named);
        g_ptr_array_unref(texts);
    }
    g_array_unref(timers);
}

/* What the table must hold to be of use: unique ids, values, sources, and 15 s for the documented
 * load balancer, first among those with a reset at 14.66 s. */
static void
table(void **state)
{
    (void)state;
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < known_timer_count; i++) {
        const struct known_timer *timer = &known_timers[i];
        assert_true(g_hash_table_add(ids, (gpointer)timer->id));
        assert_true(timer->seconds > 0 && timer->seconds <= 1e6);
        assert_true(timer->ends < 8);
        assert_true(strlen(timer->vendor) > 0 && strlen(timer->product) > 0 && strlen(timer->name) > 0);
        if (!g_utf8_validate(timer->source, -1, NULL) || strlen(timer->source) < 10 ||
            g_str_has_prefix(timer->source, "unverified")) {
            fail_msg("%s: source \"%s\"", timer->id, timer->source);
        }
    }
    assert_true(g_hash_table_size(ids) > 250);
    g_hash_table_unref(ids);
    GArray *timers = built_in();
    struct timer_match match = {TIMER_RESET, TIMER_BETWEEN_REQUESTS, HUNDREDTHS(1466), 0, NULL};
    unsigned others;
    GPtrArray *texts = timer_candidates(timers, &match, &others);
    assert_true(texts->len > 0);
    assert_string_equal(texts->pdata[0], "Alibaba Cloud CLB/SLB HTTP(S) listener idle (15 s)");
    g_ptr_array_unref(texts);
    g_array_unref(timers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tolerances),    cmocka_unit_test(levels_parsed),           cmocka_unit_test(levels_refused),
        cmocka_unit_test(highest_level), cmocka_unit_test(nearest_timer),           cmocka_unit_test(candidates),
        cmocka_unit_test(table),         cmocka_unit_test(candidates_of_a_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
