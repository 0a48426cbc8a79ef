/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/report_json.h"

#include "host/host_compat.h"

#include <wsutil/json_dumper.h>

#include "host/tables.h"

/* Raised when a member changes its meaning or goes; new members may come without that. */
enum { REPORT_VERSION = 1 };

/* Of each group. */
enum { FINDINGS_SHOWN = 100 };

/* -- Members ---------------------------------------------------------------------------------- */

static void
put_text(json_dumper *json, const char *name, const char *text)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, text);
}

/* Frees the text. */
static void
put_own_text(json_dumper *json, const char *name, char *text)
{
    put_text(json, name, text);
    g_free(text);
}

static void
put_number(json_dumper *json, const char *name, uint64_t number)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%" G_GUINT64_FORMAT, number);
}

/* Seconds with nine decimals, made of whole numbers: printf would follow the locale. */
static void
put_seconds(json_dumper *json, const char *name, int64_t nanoseconds)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%s%" G_GINT64_FORMAT ".%09" G_GINT64_MODIFIER "d", nanoseconds < 0 ? "-" : "",
                           ABS(nanoseconds / NANOSECONDS_PER_SECOND), ABS(nanoseconds % NANOSECONDS_PER_SECOND));
}

static void
put_lines(json_dumper *json, const char *name, const struct finding *finding, enum text_part part,
          enum language language)
{
    char **lines = finding_lines(finding, part, language, MARKUP_NONE);
    json_dumper_set_member_name(json, name);
    json_dumper_begin_array(json);
    for (char **line = lines; *line != NULL; line++)
        json_dumper_value_string(json, *line);
    json_dumper_end_array(json);
    g_strfreev(lines);
}

/* As lines for a person, and those commands again that they end with, for programs. */
static void
put_checks(json_dumper *json, const struct finding *finding, enum language language)
{
    GPtrArray *checks = finding_checks(finding, language, MARKUP_NONE);
    json_dumper_set_member_name(json, "checks");
    json_dumper_begin_array(json);
    for (guint i = 0; i < checks->len; i++) {
        char *text = check_text(g_ptr_array_index(checks, i));
        json_dumper_value_string(json, text);
        g_free(text);
    }
    json_dumper_end_array(json);
    json_dumper_set_member_name(json, "commands");
    json_dumper_begin_array(json);
    for (guint i = 0; i < checks->len; i++) {
        const char *command = ((const struct check *)g_ptr_array_index(checks, i))->command;
        if (command != NULL)
            json_dumper_value_string(json, command);
    }
    json_dumper_end_array(json);
    g_ptr_array_unref(checks);
}

/* -- The capture ------------------------------------------------------------------------------ */

static void
put_capture(json_dumper *json, const struct capture_summary *summary)
{
    json_dumper_set_member_name(json, "capture");
    json_dumper_begin_object(json);
    put_number(json, "packets", summary->packets);
    put_own_text(json, "first_time", summary->packets > 0 ? time_text(summary->first_time) : g_strdup("-"));
    put_own_text(json, "last_time", summary->packets > 0 ? time_text(summary->last_time) : g_strdup("-"));
    put_seconds(json, "duration", summary->last_time - summary->first_time);
    put_number(json, "flows", summary->flows);
    put_number(json, "tcp_flows", summary->tcp_flows);
    put_number(json, "tcp_began_before", summary->began_before);
    put_number(json, "tcp_established", summary->established);
    put_number(json, "udp_flows", summary->udp_flows);
    put_number(json, "tls_handshakes", summary->tls_connections);
    put_number(json, "tls_finished", summary->tls_finished);
    put_text(json, "visible_directions", visibility_name(summary_visibility(summary)));
    put_number(json, "duplicates", summary->duplicates);
    put_number(json, "cut", summary->cut);
    put_number(json, "gaps", summary->gaps);
    json_dumper_end_object(json);
}

static void
put_sessions(json_dumper *json, const struct encapsulation *encapsulation)
{
    static const char *const roles[] = {"unknown", "mirror", "overlay"};
    static const char *const kinds[] = {"vxlan", "geneve", "erspan", "gre"};
    const GPtrArray *sessions = encapsulation_sessions(encapsulation);

    json_dumper_set_member_name(json, "sessions");
    json_dumper_begin_array(json);
    for (guint i = 0; i < sessions->len; i++) {
        const struct session *session = g_ptr_array_index(sessions, i);
        json_dumper_begin_object(json);
        put_number(json, "number", session->number);
        put_text(json, "role", roles[session->role]);
        put_text(json, "kind", kinds[session->kind]);
        put_number(json, "vni", session->vni);
        put_own_text(json, "name", tables_vni_name(session->vni));
        put_own_text(json, "source", address_text(&session->source));
        put_own_text(json, "target", address_text(&session->target));
        put_number(json, "packets", session->packets);
        put_number(json, "bytes", session->bytes);
        put_number(json, "ingress", session->ingress);
        put_number(json, "egress", session->egress);
        put_number(json, "flows", session->flows);
        put_number(json, "cut_packets", session->cut_packets);
        put_number(json, "duplicates", session->duplicates);
        put_number(json, "gaps", session->gaps);
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

/* -- Findings --------------------------------------------------------------------------------- */

static void
put_fact(json_dumper *json, const struct fact *fact)
{
    switch (fact_infos[fact->name].type) {
    case TYPE_DURATION:
        put_seconds(json, fact_infos[fact->name].name, fact->number);
        break;
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_BIT_RATE:
    case TYPE_FRAME:
        put_number(json, fact_infos[fact->name].name, (uint64_t)fact->number);
        break;
    case TYPE_FLAG:
        json_dumper_set_member_name(json, fact_infos[fact->name].name);
        json_dumper_value_anyf(json, "true");
        break;
    default:
        put_own_text(json, fact_infos[fact->name].name, fact_text(fact, LANGUAGE_ENGLISH));
    }
}

/* All texts of a name as one array, where the first of them stands. */
static void
put_texts(json_dumper *json, const GArray *facts, guint first)
{
    enum fact_name name = g_array_index(facts, struct fact, first).name;
    json_dumper_set_member_name(json, fact_infos[name].name);
    json_dumper_begin_array(json);
    for (guint i = first; i < facts->len; i++)
        if (g_array_index(facts, struct fact, i).name == name)
            json_dumper_value_string(json, g_array_index(facts, struct fact, i).text);
    json_dumper_end_array(json);
}

static void
put_facts(json_dumper *json, const GArray *facts)
{
    bool done[FACT_COUNT] = {false};
    json_dumper_set_member_name(json, "facts");
    json_dumper_begin_object(json);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (done[fact->name])
            continue;
        done[fact->name] = true;
        if (fact_is_text(fact->name))
            put_texts(json, facts, i);
        else
            put_fact(json, fact);
    }
    json_dumper_end_object(json);
}

static void
put_series(json_dumper *json, const struct series *series, const struct report_view *view)
{
    if (series->events == 0)
        return;
    json_dumper_set_member_name(json, "series");
    json_dumper_begin_object(json);
    put_number(json, "events", series->events);
    put_number(json, "first_frame", view->shown_frame(series->first_frame, view->data));
    put_number(json, "last_frame", view->shown_frame(series->last_frame, view->data));
    put_seconds(json, "duration", series->last_time - series->first_time);
    json_dumper_end_object(json);
}

static void
put_related(json_dumper *json, const struct report *report, const struct finding *finding,
            const struct report_view *view)
{
    const struct finding *causes[CAUSES_MAX];
    size_t count = causes_of(report->causes, finding, causes);

    json_dumper_set_member_name(json, "evidence");
    json_dumper_begin_array(json);
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = view->shown_frame(g_array_index(finding->evidence, uint32_t, i), view->data);
        if (frame != 0)
            json_dumper_value_anyf(json, "%u", frame);
    }
    json_dumper_end_array(json);
    json_dumper_set_member_name(json, "caused_by");
    json_dumper_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        json_dumper_begin_object(json);
        put_text(json, "case", causes[i]->info->id);
        put_number(json, "frame", view->shown_frame(causes[i]->frame, view->data));
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

static void
put_finding(json_dumper *json, const struct report *report, guint group, const struct finding *finding,
            const struct report_view *view)
{
    enum language language = view->language;
    json_dumper_begin_object(json);
    put_text(json, "case", finding->info->id);
    put_number(json, "group", group);
    put_number(json, "frame", view->shown_frame(finding->frame, view->data));
    put_own_text(json, "time", time_text(finding->time));
    if (finding->flow != 0)
        put_number(json, "flow", finding->flow);
    if (finding->session != 0)
        put_number(json, "session", finding->session);
    put_text(json, "severity", severity_name(finding->severity, LANGUAGE_ENGLISH));
    put_text(json, "confidence", confidence_name(finding->confidence));
    put_own_text(json, "title", finding_text(finding, TEXT_TITLE, language, MARKUP_NONE));
    put_own_text(json, "summary", finding_text(finding, TEXT_SUMMARY, language, MARKUP_NONE));
    if (finding_culprit(finding) != NULL)
        put_own_text(json, "culprit", fact_text(finding_culprit(finding), LANGUAGE_ENGLISH));
    put_lines(json, "causes", finding, TEXT_CAUSES, language);
    put_checks(json, finding, language);
    put_lines(json, "disproof", finding, TEXT_DISPROOF, language);
    put_facts(json, finding_facts(finding));
    put_series(json, &finding->series, view);
    put_related(json, report, finding, view);
    json_dumper_end_object(json);
}

static void
put_groups(json_dumper *json, const struct report *report, const struct report_view *view, bool all)
{
    guint shown = all ? report->groups->len : report_groups_shown(report);
    for (guint i = 0; i < shown; i++) {
        const struct report_group *group = g_ptr_array_index(report->groups, i);
        for (guint k = 0; k < group->findings->len && (all || k < FINDINGS_SHOWN); k++)
            put_finding(json, report, i + 1, g_ptr_array_index(group->findings, k), view);
    }
}

/* What is not in the findings, if anything is. */
static void
put_rest(json_dumper *json, const struct report *report)
{
    GArray *rests = report_rest(report, FINDINGS_SHOWN);
    if (rests->len > 0) {
        json_dumper_set_member_name(json, "not_shown");
        json_dumper_begin_array(json);
        for (guint i = 0; i < rests->len; i++) {
            const struct report_rest *rest = &g_array_index(rests, struct report_rest, i);
            json_dumper_begin_object(json);
            put_text(json, "case", rest->info->id);
            put_text(json, "severity", severity_name(rest->severity, LANGUAGE_ENGLISH));
            put_number(json, "findings", rest->findings);
            put_number(json, "culprits", rest->culprits);
            json_dumper_end_object(json);
        }
        json_dumper_end_array(json);
    }
    g_array_unref(rests);
}

void
report_json_write(FILE *file, struct capture *capture, const struct report *report, const struct report_view *view,
                  unsigned part, bool all)
{
    json_dumper json = {.output_file = file, .flags = JSON_DUMPER_FLAGS_PRETTY_PRINT};

    json_dumper_begin_object(&json);
    put_number(&json, "version", REPORT_VERSION);
    if (part != 0)
        put_number(&json, "part", part);
    put_capture(&json, &report->summary);
    json_dumper_set_member_name(&json, "findings");
    json_dumper_begin_array(&json);
    put_groups(&json, report, view, all);
    json_dumper_end_array(&json);
    if (!all)
        put_rest(&json, report);
    put_sessions(&json, engine_encapsulation(capture->engine));
    json_dumper_set_member_name(&json, "without_finding");
    json_dumper_begin_array(&json);
    for (guint i = 0; i < report->silent->len; i++)
        json_dumper_value_string(&json, ((const struct case_info *)g_ptr_array_index(report->silent, i))->id);
    json_dumper_end_array(&json);
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}
