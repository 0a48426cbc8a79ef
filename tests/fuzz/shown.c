/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shown.h"

#include "fuzz.h"
#include "report/endings.h"
#include "report/sessions.h"
#include "report/timers.h"
#include "report/words.h"
#include "report/wrap.h"
#include "report_of_all.h"
#include "wire/packet_time.h"

enum { LANGUAGES = 2, PANE_COLUMNS = 100 };

/* -- Texts ------------------------------------------------------------------------------------ */

static bool
is_shown_as_it_is(gunichar character)
{
    if (character == '\n')
        return true;
    switch (g_unichar_type(character)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
        return false;
    default:
        return true;
    }
}

void
shown_check_text(const char *text)
{
    fuzz_check(g_utf8_validate(text, -1, NULL));
    for (; *text != '\0'; text = g_utf8_next_char(text))
        fuzz_check(is_shown_as_it_is(g_utf8_get_char(text)));
}

static void
check_own_text(char *text)
{
    shown_check_text(text);
    g_free(text);
}

static void
check_lines(char **lines)
{
    for (char **line = lines; *line != NULL; line++) {
        shown_check_text(*line);
        fuzz_check(strchr(*line, '\n') == NULL);
    }
    g_strfreev(lines);
}

/* -- Findings --------------------------------------------------------------------------------- */

/* A difference of two times is no longer than the latest of them. */
static void
check_duration(int64_t nanoseconds)
{
    fuzz_check(nanoseconds >= 0 && nanoseconds <= PACKET_TIME_MAX);
}

static void
check_fact(const struct fact *fact, enum language language)
{
    fuzz_check(fact->name < FACT_COUNT);
    if (fact_infos[fact->name].type == TYPE_DURATION)
        check_duration(fact->number);
    else
        fuzz_check(fact->number >= 0);
    check_own_text(fact_text(fact, language));
}

static void
check_series(const struct series *series, uint32_t frames)
{
    if (series->events == 0)
        return;
    fuzz_check(series->first_frame >= 1 && series->first_frame <= frames);
    fuzz_check(series->last_frame >= 1 && series->last_frame <= frames);
    check_duration(series->last_time - series->first_time);
}

static void
check_places(struct engine *engine, const struct finding *finding, uint32_t frames)
{
    fuzz_check(finding->frame >= 1 && finding->frame <= frames);
    fuzz_check(finding->time >= 0 && finding->time <= PACKET_TIME_MAX);
    fuzz_check(finding->session == 0 || encapsulation_session(engine_encapsulation(engine), finding->session) != NULL);
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = g_array_index(finding->evidence, uint32_t, i);
        fuzz_check(frame >= 1 && frame <= frames && frame != finding->frame);
        fuzz_check(i == 0 || frame > g_array_index(finding->evidence, uint32_t, i - 1));
    }
    check_series(&finding->series, frames);
}

static void
check_checks(const struct finding *finding, enum language language, enum markup markup)
{
    GPtrArray *checks = finding_checks(finding, language, markup);
    for (guint i = 0; i < checks->len; i++) {
        const struct check *check = g_ptr_array_index(checks, i);
        char *text = check_text(check);
        check_lines(wrap_words(text, PANE_COLUMNS));
        check_own_text(text);
        if (check->command != NULL)
            check_lines(wrap_words(check->command, PANE_COLUMNS));
    }
    g_ptr_array_unref(checks);
}

static void
check_words(const struct finding *finding, enum language language, enum markup markup)
{
    static const enum text_part items[] = {TEXT_CAUSES, TEXT_DISPROOF};
    check_own_text(finding_text(finding, TEXT_TITLE, language, markup));
    check_own_text(finding_text(finding, TEXT_SUMMARY, language, markup));
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++) {
        char **lines = finding_lines(finding, items[i], language, markup);
        for (char **line = lines; *line != NULL; line++)
            check_lines(wrap_words(*line, PANE_COLUMNS));
        check_lines(lines);
    }
    check_checks(finding, language, markup);
}

static void
check_facts(struct engine *engine, const struct finding *finding, enum language language)
{
    const struct fact *culprit = finding_culprit(finding);
    const GArray *facts = finding_facts(finding);
    for (guint i = 0; i < facts->len; i++)
        check_fact(&g_array_index(facts, struct fact, i), language);
    if (culprit == NULL)
        return;
    char *text = fact_text(culprit, language);
    check_own_text(text_in_network(text, engine_encapsulation(engine), finding->network, language));
    g_free(text);
}

static void
check_causes(struct engine *engine, const struct finding *finding)
{
    const struct finding *causes[CAUSES_MAX];
    size_t count = causes_of(engine_causes(engine), finding, causes);
    fuzz_check(count <= CAUSES_MAX);
    for (size_t i = 0; i < count; i++)
        fuzz_check(causes[i] != finding);
}

static void
check_findings(struct engine *engine, uint32_t frames)
{
    struct store *store = engine_store(engine);
    const GPtrArray *findings = store_findings(store);
    store_index(store);
    fuzz_check(store_last_frame(store) <= frames);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        fuzz_check(finding->number > i && finding->withdrawn_frame == 0);
        check_places(engine, finding, frames);
        check_causes(engine, finding);
        for (unsigned language = 0; language < LANGUAGES; language++) {
            check_facts(engine, finding, (enum language)language);
            check_words(finding, (enum language)language, i % 2 == 0 ? MARKUP_NONE : MARKUP_MARKDOWN);
        }
    }
}

/* -- Reports ---------------------------------------------------------------------------------- */

char *
shown_no_name(uint32_t vni)
{
    (void)vni;
    return g_strdup("");
}

static void
check_summary(const struct capture_summary *summary)
{
    check_duration(summary->last_time - summary->first_time);
    fuzz_check(summary->packets > 0 || summary->flows == 0);
    fuzz_check(summary->duplicates <= summary->packets && summary->cut <= summary->packets);
    fuzz_check(summary->established <= summary->tcp_flows && summary->tls_finished <= summary->tls_connections);
}

/* One report of four, in turn: they are most of the work. */
static void
check_report(struct engine *engine)
{
    static unsigned turn;
    struct report *report = report_new(engine, every_finding, NULL);
    struct report_view view = {
        .language = (enum language)(turn % 2), .markdown = turn / 2 % 2, .shown_frame = same_number};
    check_summary(&report->summary);
    fuzz_check(report->findings == store_findings(engine_store(engine))->len);
    check_own_text(report_words(report, &view));
    report_free(report);
    turn++;
}

void
shown_check(struct engine *engine, uint32_t frames, char *(*name_of_vni)(uint32_t vni))
{
    check_findings(engine, frames);
    check_report(engine);
    for (unsigned language = 0; language < LANGUAGES; language++) {
        check_own_text(session_report(engine_encapsulation(engine), name_of_vni, (enum language)language));
        check_own_text(timer_report(engine, (enum language)language));
        struct endings *endings = endings_new(engine, NULL, NULL);
        check_own_text(endings_text(endings, engine, (enum language)language));
        endings_free(endings);
    }
}
