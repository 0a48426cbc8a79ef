/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json/report_json.h"

#include <wsutil/json_dumper.h>

#include "report/events.h"
#include "report/page.h"
#include "report/scope.h"
#include "report/sentence.h"
#include "json/answers.h"
#include "json/json_members.h"

/* Raised when a member changes its meaning or goes; new members may come without that. */
enum { REPORT_VERSION = 1 };

/* Of each group. */
enum { FINDINGS_SHOWN = 100 };

static guint
findings_shown(enum report_form form)
{
    return form == FORM_BRIEF ? 1 : FINDINGS_SHOWN;
}

/* A report that is being written. */
struct writer {
    json_dumper *json;
    const struct report_names *names;
    const struct report *report;
    const struct report_view *view;
    struct answers *answers;
    enum report_form form;
};

/* -- Lines ------------------------------------------------------------------------------------- */

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

/* The words and the command of a check apart. */
static void
put_steps(json_dumper *json, const GPtrArray *checks)
{
    json_dumper_set_member_name(json, "steps");
    json_dumper_begin_array(json);
    for (guint i = 0; i < checks->len; i++) {
        const struct check *check = g_ptr_array_index(checks, i);
        json_dumper_begin_object(json);
        member_own_text(json, "text", g_strchomp(g_strdup(check->words)));
        if (check->command != NULL)
            member_text(json, "command", check->command);
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
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
    put_steps(json, checks);
    g_ptr_array_unref(checks);
}

/* -- The capture ------------------------------------------------------------------------------ */

static void
put_origin(json_dumper *json, const struct report_view *view)
{
    const struct report_origin *origin = view->origin;
    json_dumper_set_member_name(json, "provenance");
    json_dumper_begin_object(json);
    member_text(json, "netcase", origin->version);
    member_text(json, "host", origin->host);
    if (origin->file != NULL)
        member_text(json, "file", origin->file);
    member_text(json, "language", view->language == LANGUAGE_CHINESE ? "zh_CN" : "en");
    if (origin->filter != NULL)
        member_text(json, "filter", origin->filter);
    json_dumper_set_member_name(json, "options");
    json_dumper_begin_array(json);
    for (char *const *option = origin->options; *option != NULL; option++)
        json_dumper_value_string(json, *option);
    json_dumper_end_array(json);
    json_dumper_end_object(json);
}

static void
put_capture_point(json_dumper *json, enum capture_point place, const struct ip_address *host)
{
    static const char *const names[] = {[CAPTURED_ANYWHERE] = "unknown",
                                        [CAPTURED_AT_CLIENT] = "client",
                                        [CAPTURED_AT_SERVER] = "server",
                                        [CAPTURED_BETWEEN] = "between"};
    member_text(json, "capture_point", names[place]);
    if (host != NULL && host->family != 0)
        member_own_text(json, "captured_at", address_text(host));
}

static void
put_capture(json_dumper *json, const struct capture_summary *summary, const struct report_view *view)
{
    json_dumper_set_member_name(json, "capture");
    json_dumper_begin_object(json);
    member_number(json, "packets", summary->packets);
    member_own_text(json, "first_time", summary->packets > 0 ? time_text(summary->first_time) : g_strdup("-"));
    member_own_text(json, "last_time", summary->packets > 0 ? time_text(summary->last_time) : g_strdup("-"));
    member_seconds(json, "duration", summary->last_time - summary->first_time);
    member_number(json, "flows", summary->flows);
    member_number(json, "tcp_flows", summary->tcp_flows);
    member_number(json, "tcp_began_before", summary->began_before);
    member_number(json, "tcp_established", summary->established);
    member_number(json, "udp_flows", summary->udp_flows);
    member_number(json, "tls_handshakes", summary->tls_connections);
    member_number(json, "tls_finished", summary->tls_finished);
    member_text(json, "visible_directions", visibility_name(summary_visibility(summary)));
    member_number(json, "duplicates", summary->duplicates);
    member_number(json, "cut", summary->cut);
    member_number(json, "gaps", summary->gaps);
    member_number(json, "frames", view->origin->frames);
    if (view->origin->unread != NULL)
        member_text(json, "unread", view->origin->unread);
    put_capture_point(json, summary->place, &summary->here);
    member_number(json, "dns_messages", summary->dns_messages);
    member_number(json, "http_messages", summary->http_messages);
    member_number(json, "tcp_bytes", summary->bytes);
    member_number(json, "tcp_bytes_repeated", summary->repeated_bytes);
    json_dumper_end_object(json);
}

static void
put_sessions(const struct writer *writer)
{
    static const char *const roles[] = {"unknown", "mirror", "overlay"};
    static const char *const kinds[] = {"vxlan", "geneve", "erspan", "gre"};
    json_dumper *json = writer->json;
    const GPtrArray *sessions = encapsulation_sessions(writer->report->encapsulation);

    json_dumper_set_member_name(json, "sessions");
    json_dumper_begin_array(json);
    for (guint i = 0; i < sessions->len; i++) {
        const struct session *session = g_ptr_array_index(sessions, i);
        json_dumper_begin_object(json);
        member_number(json, "number", session->number);
        member_text(json, "role", roles[session->role]);
        member_text(json, "kind", kinds[session->kind]);
        member_number(json, "vni", session->vni);
        member_own_text(json, "name",
                        writer->names->vni_name != NULL ? writer->names->vni_name(session->vni) : g_strdup(""));
        member_own_text(json, "source", address_text(&session->source));
        member_own_text(json, "target", address_text(&session->target));
        member_number(json, "packets", session->packets);
        member_number(json, "bytes", session->bytes);
        member_number(json, "ingress", session->ingress);
        member_number(json, "egress", session->egress);
        member_number(json, "flows", session->flows);
        member_number(json, "cut_packets", session->cut_packets);
        member_number(json, "duplicates", session->duplicates);
        member_number(json, "gaps", session->gaps);
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
        member_seconds(json, fact_infos[fact->name].name, fact->number);
        break;
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_BIT_RATE:
    case TYPE_FRAME:
        member_number(json, fact_infos[fact->name].name, (uint64_t)fact->number);
        break;
    case TYPE_FLAG:
        member_true(json, fact_infos[fact->name].name);
        break;
    default:
        member_own_text(json, fact_infos[fact->name].name, fact_text(fact, LANGUAGE_ENGLISH));
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

/* Address and port of what is an endpoint or an address, apart. */
static void
put_endpoints(json_dumper *json, const GArray *facts)
{
    json_dumper_set_member_name(json, "endpoints");
    json_dumper_begin_object(json);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        enum fact_type type = fact_infos[fact->name].type;
        if (type != TYPE_ENDPOINT && type != TYPE_ADDRESS)
            continue;
        json_dumper_set_member_name(json, fact_infos[fact->name].name);
        json_dumper_begin_object(json);
        member_own_text(json, "ip", address_text(&fact->endpoint.address));
        if (type == TYPE_ENDPOINT && fact->endpoint.port != 0)
            member_number(json, "port", fact->endpoint.port);
        json_dumper_end_object(json);
    }
    json_dumper_end_object(json);
}

/* In the language of the report, with the frame that strikes the cause out. */
static void
put_ruled_out(json_dumper *json, const GArray *facts, const struct report_view *view)
{
    json_dumper_set_member_name(json, "ruled_out");
    json_dumper_begin_array(json);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (fact->name != FACT_ruled_out)
            continue;
        json_dumper_begin_object(json);
        member_own_text(json, "text", fact_text(fact, view->language));
        uint32_t frame = view->shown_frame((uint32_t)fact->number, view->data);
        if (frame != 0)
            member_number(json, "frame", frame);
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

static void
put_endpoint(json_dumper *json, const char *name, const struct endpoint *endpoint)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_object(json);
    member_own_text(json, "ip", address_text(&endpoint->address));
    member_number(json, "port", endpoint->port);
    json_dumper_end_object(json);
}

/* Wireshark's number beside ours. */
static void
put_flow(const struct writer *writer, uint32_t flow)
{
    uint32_t stream;
    if (flow == 0)
        return;
    member_number(writer->json, "flow", flow);
    if (writer->names->stream != NULL && writer->names->stream(flow, writer->view->data, &stream))
        member_number(writer->json, "tcp_stream", stream);
}

/* Who sent it instead of the side that it names; its address is known from an ICMP error only. */
static void
put_device(json_dumper *json, const struct finding *finding, const struct seen_packet *packet)
{
    const struct fact *reporter = finding_fact(finding, FACT_reporter);
    json_dumper_set_member_name(json, "device");
    json_dumper_begin_object(json);
    if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP && reporter != NULL)
        member_own_text(json, "ip", address_text(&reporter->endpoint.address));
    json_dumper_end_object(json);
}

static void
put_event(const struct writer *writer, const struct finding *finding, const struct report_event *event)
{
    json_dumper *json = writer->json;
    const struct seen_packet *packet = &event->packet;
    json_dumper_begin_object(json);
    member_number(json, "frame", event->frame);
    member_own_text(json, "time", time_text_exact(packet->time));
    /* An ICMP error goes back to the side whose packet it is about. */
    bool is_error = packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP;
    member_text(json, "from", packet->from_client != is_error ? "client" : "server");
    member_own_text(json, "kind", packet_kind_text(packet));
    member_number(json, "length", packet->length);
    struct endpoint client, server;
    if (report_ends(writer->report, packet->flow, &client, &server)) {
        put_flow(writer, packet->flow);
        put_endpoint(json, "client", &client);
        put_endpoint(json, "server", &server);
    }
    if (event->trigger)
        member_true(json, "trigger");
    if (event->sender == SENT_BY_DEVICE)
        put_device(json, finding, packet);
    if (answers_lack(writer->answers, event->number))
        member_true(json, "unanswered");
    json_dumper_end_object(json);
}

/* The packets that it rests on, for who draws them. */
static void
put_events(const struct writer *writer, const struct finding *finding)
{
    json_dumper *json = writer->json;
    GArray *events = finding_events(finding, writer->view);
    json_dumper_set_member_name(json, "packets");
    json_dumper_begin_array(json);
    for (guint i = 0; i < events->len; i++)
        put_event(writer, finding, &g_array_index(events, struct report_event, i));
    json_dumper_end_array(json);
    g_array_unref(events);
}

static void
put_impact(json_dumper *json, const struct report_group *group)
{
    json_dumper_set_member_name(json, "impact");
    json_dumper_begin_object(json);
    member_number(json, "events", group->events);
    if (group->impact.connections > 0) {
        member_number(json, "connections", group->impact.connections);
        member_number(json, "clients", group->impact.clients);
        member_number(json, "clients_hit", group->impact.clients_hit);
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
    member_number(json, "events", series->events);
    member_number(json, "first_frame", view->shown_frame(series->first_frame, view->data));
    member_number(json, "last_frame", view->shown_frame(series->last_frame, view->data));
    member_seconds(json, "duration", series->last_time - series->first_time);
    json_dumper_end_object(json);
}

static void
put_others(json_dumper *json, const char *name, const struct finding *const *others, size_t count,
           const struct report_view *view)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        json_dumper_begin_object(json);
        member_text(json, "case", others[i]->info->id);
        member_number(json, "frame", view->shown_frame(others[i]->frame, view->data));
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

static void
put_causes(const struct writer *writer, const struct finding *finding)
{
    const struct finding *causes[CAUSES_MAX];
    size_t count = causes_of(writer->report->causes, finding, causes);
    put_others(writer->json, "caused_by", causes, count, writer->view);
}

static void
put_related(const struct writer *writer, const struct finding *finding)
{
    json_dumper *json = writer->json;
    const struct report_view *view = writer->view;
    json_dumper_set_member_name(json, "evidence");
    json_dumper_begin_array(json);
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = view->shown_frame(g_array_index(finding->evidence, uint32_t, i), view->data);
        if (frame != 0)
            json_dumper_value_anyf(json, "%u", frame);
    }
    json_dumper_end_array(json);
    const GPtrArray *effects = report_effects(writer->report, finding);
    put_others(json, "explains", effects != NULL ? (const struct finding *const *)effects->pdata : NULL,
               effects != NULL ? effects->len : 0, view);
}

static void
put_filter(json_dumper *json, const struct finding *finding, const struct report_view *view)
{
    struct seen_packet packet;
    char *filter = view->packet(finding->frame, view->data, &packet) ? finding_filter(finding, packet.protocol) : NULL;
    if (filter != NULL)
        member_own_text(json, "filter", filter);
}

/* Which finding it is. */
static void
put_name(const struct writer *writer, const struct finding *finding)
{
    json_dumper *json = writer->json;
    member_number(json, "frame", writer->view->shown_frame(finding->frame, writer->view->data));
    member_own_text(json, "time", time_text(finding->time));
    put_flow(writer, finding->flow);
    if (finding->session != 0)
        member_number(json, "session", finding->session);
    member_text(json, "severity", severity_name(finding->severity, LANGUAGE_ENGLISH));
    member_text(json, "confidence", confidence_name(finding->confidence));
    member_own_text(json, "sentence", finding_sentence(writer->report, finding, writer->view->language));
}

/* What was measured, what may be behind it and what to do. */
static void
put_words(const struct writer *writer, const struct finding *finding)
{
    json_dumper *json = writer->json;
    enum language language = writer->view->language;
    member_own_text(json, "title", finding_text(finding, TEXT_TITLE, language, MARKUP_NONE));
    member_own_text(json, "summary", finding_text(finding, TEXT_SUMMARY, language, MARKUP_NONE));
    put_lines(json, "causes", finding, TEXT_CAUSES, language);
    put_checks(json, finding, language);
    put_lines(json, "disproof", finding, TEXT_DISPROOF, language);
    put_facts(json, finding_facts(finding));
    put_ruled_out(json, finding_facts(finding), writer->view);
    put_events(writer, finding);
    put_series(json, &finding->series, writer->view);
    put_related(writer, finding);
}

static void
put_finding(const struct writer *writer, guint number, const struct finding *finding)
{
    json_dumper *json = writer->json;
    const struct report_group *group = g_ptr_array_index(writer->report->groups, number - 1);
    json_dumper_begin_object(json);
    member_text(json, "case", finding->info->id);
    member_number(json, "group", number);
    if (group->cause != NULL)
        member_number(json, "cause_group", group->cause->number);
    member_own_text(json, "problem", group_sentence(writer->report, group, writer->view->language));
    put_name(writer, finding);
    if (finding_culprit(finding) != NULL)
        member_own_text(json, "culprit", fact_text(finding_culprit(finding), LANGUAGE_ENGLISH));
    put_endpoints(json, finding_facts(finding));
    put_impact(json, group);
    put_capture_point(json, group->capture_point, NULL);
    put_filter(json, finding, writer->view);
    put_causes(writer, finding);
    if (writer->form != FORM_BRIEF)
        put_words(writer, finding);
    json_dumper_end_object(json);
}

static void
put_groups(const struct writer *writer)
{
    const struct report *report = writer->report;
    bool all = writer->form == FORM_ALL;
    guint groups = all ? report->groups->len : report_groups_shown(report);
    guint limit = all ? G_MAXUINT : findings_shown(writer->form);
    for (guint i = 0; i < groups; i++) {
        const struct report_group *group = g_ptr_array_index(report->groups, i);
        for (guint k = 0; k < group->findings->len && k < limit; k++)
            put_finding(writer, i + 1, g_ptr_array_index(group->findings, k));
    }
}

/* What one pass had said, and the frame that refutes it. */
static void
put_withdrawn(const struct writer *writer)
{
    json_dumper *json = writer->json;
    const GPtrArray *withdrawn = writer->report->withdrawn;
    json_dumper_set_member_name(json, "withdrawn");
    json_dumper_begin_array(json);
    for (guint i = 0; i < withdrawn->len; i++) {
        const struct finding *finding = g_ptr_array_index(withdrawn, i);
        json_dumper_begin_object(json);
        member_text(json, "case", finding->info->id);
        put_name(writer, finding);
        member_number(json, "by_frame", writer->view->shown_frame(finding->withdrawn_frame, writer->view->data));
        if (writer->form != FORM_BRIEF)
            put_events(writer, finding);
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

/* What is not in the findings, if anything is. */
static void
put_rest(const struct writer *writer)
{
    json_dumper *json = writer->json;
    GArray *rests = report_rest(writer->report, findings_shown(writer->form));
    if (rests->len > 0) {
        json_dumper_set_member_name(json, "not_shown");
        json_dumper_begin_array(json);
        for (guint i = 0; i < rests->len; i++) {
            const struct report_rest *rest = &g_array_index(rests, struct report_rest, i);
            json_dumper_begin_object(json);
            member_text(json, "case", rest->info->id);
            member_text(json, "severity", severity_name(rest->severity, LANGUAGE_ENGLISH));
            member_number(json, "findings", rest->findings);
            member_number(json, "culprits", rest->culprits);
            json_dumper_end_object(json);
        }
        json_dumper_end_array(json);
    }
    g_array_unref(rests);
}

static void
put_oddities(const struct writer *writer)
{
    json_dumper *json = writer->json;
    const struct report_view *view = writer->view;
    const GArray *shown = writer->report->oddities->shown;
    json_dumper_set_member_name(json, "also_seen");
    json_dumper_begin_array(json);
    for (guint i = 0; i < shown->len && view->origin->filter == NULL; i++) {
        const struct oddity *oddity = &g_array_index(shown, struct oddity, i);
        json_dumper_begin_object(json);
        member_text(json, "kind", oddity_name(oddity->kind));
        put_flow(writer, oddity->flow);
        member_number(json, "frame", view->shown_frame(oddity->frame, view->data));
        member_own_text(json, "time", time_text(oddity->when));
        member_seconds(json, "duration", oddity->time);
        put_endpoint(json, "client", &oddity->client);
        put_endpoint(json, "server", &oddity->server);
        member_own_text(json, "text", oddity_text(oddity, view));
        json_dumper_end_object(json);
    }
    json_dumper_end_array(json);
}

static void
put_families(json_dumper *json, const struct report *report, const char *name, enum scope from, enum scope to)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_array(json);
    for (size_t i = 0; i < scope_family_count; i++) {
        enum scope scope = scope_of_family(report, scope_families[i]);
        if (scope >= from && scope <= to)
            json_dumper_value_string(json, scope_families[i]);
    }
    json_dumper_end_array(json);
}

static void
put_scope(json_dumper *json, const struct report *report)
{
    json_dumper_set_member_name(json, "scope");
    json_dumper_begin_object(json);
    put_families(json, report, "quiet", SCOPE_QUIET, SCOPE_QUIET);
    put_families(json, report, "not_in_capture", SCOPE_ABSENT, SCOPE_ABSENT);
    put_families(json, report, "not_judged", SCOPE_TOO_SHORT, SCOPE_ONE_DIRECTION);
    json_dumper_end_object(json);
}

static void
put_silent(json_dumper *json, const struct report *report)
{
    json_dumper_set_member_name(json, "without_finding");
    json_dumper_begin_array(json);
    for (guint i = 0; i < report->silent->len; i++)
        json_dumper_value_string(json, ((const struct case_info *)g_ptr_array_index(report->silent, i))->id);
    json_dumper_end_array(json);
}

static void
put_report(const struct writer *writer)
{
    json_dumper *json = writer->json;
    json_dumper_begin_object(json);
    member_number(json, "version", REPORT_VERSION);
    if (writer->form == FORM_BRIEF)
        member_text(json, "form", "brief");
    if (writer->view->part != 0)
        member_number(json, "part", writer->view->part);
    put_origin(json, writer->view);
    put_capture(json, &writer->report->summary, writer->view);
    json_dumper_set_member_name(json, "findings");
    json_dumper_begin_array(json);
    put_groups(writer);
    json_dumper_end_array(json);
    if (writer->form != FORM_ALL)
        put_rest(writer);
    put_withdrawn(writer);
    put_oddities(writer);
    put_scope(json, writer->report);
    if (writer->form != FORM_BRIEF) {
        put_sessions(writer);
        put_silent(json, writer->report);
    }
    json_dumper_end_object(json);
    json_dumper_finish(json);
}

static void
write_report(json_dumper *json, const struct report *report, const struct report_view *view,
             const struct report_names *names, enum report_form form)
{
    struct writer writer = {json, names, report, view, answers_new(view->frames, report), form};
    put_report(&writer);
    answers_free(writer.answers);
}

void
report_json_write(FILE *file, const struct report *report, const struct report_view *view,
                  const struct report_names *names, enum report_form form)
{
    json_dumper json = {.output_file = file, .flags = JSON_DUMPER_FLAGS_PRETTY_PRINT};
    write_report(&json, report, view, names, form);
}

static char *
report_in_language(const struct report *report, const struct report_view *view, const struct report_names *names,
                   enum language language)
{
    json_dumper json = {.output_string = g_string_new(NULL)};
    struct report_view translated = *view;
    translated.language = language;
    write_report(&json, report, &translated, names, FORM_FIRST);
    return g_string_free(json.output_string, FALSE);
}

char *
report_page(const struct report *report, const struct report_view *view, const struct report_names *names)
{
    char *english = report_in_language(report, view, names, LANGUAGE_ENGLISH);
    char *chinese = report_in_language(report, view, names, LANGUAGE_CHINESE);
    char *data = g_strdup_printf("{\"chosen\": \"%s\", \"en\": %s, \"zh_CN\": %s}",
                                 view->language == LANGUAGE_CHINESE ? "zh_CN" : "en", english, chinese);
    char *page = page_with(data);
    g_free(data);
    g_free(english);
    g_free(chinese);
    return page;
}
