/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/brief.h"

#include <string.h>

#include "report/columns.h"
#include "report/events.h"
#include "report/printer.h"
#include "report/scope.h"
#include "report/sentence.h"

/* So much of each a person takes in at once; the rest is counted, and whole in -z netcase,long. */
enum { PROBLEMS_SHOWN = 10, OF_A_CASE = 3, EFFECTS_SHOWN = 3, EVENTS_SHOWN = 4, CAUSES_SHOWN = 2, TIMERS_SHOWN = 2 };

enum { MARK_COLUMNS = 12 };

static const char indent[] = "   ";

/* The one in the language of the report. */
static const char *
in_words(const struct printer *printer, const char *english, const char *chinese)
{
    return printer_is_chinese(printer) ? chinese : english;
}

/* "1 problem", "2 problems"; in Chinese the counting word is part of the name. */
static void
append_count(GString *out, const struct printer *printer, uint64_t count, const char *one, const char *several,
             const char *chinese)
{
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " %s", count,
                           printer_is_chinese(printer) ? chinese
                           : count == 1                ? one
                                                       : several);
}

static const char *
separator(const struct printer *printer)
{
    return in_words(printer, ", ", "，");
}

/* A clause more of a line. */
static void
begin_clause(GString *line, const struct printer *printer)
{
    if (line->len > 0)
        g_string_append(line, in_words(printer, "; ", "；"));
}

static void
print_own_line(struct printer *printer, GString *line)
{
    printer_paragraph(printer, "", line->str);
    g_string_free(line, TRUE);
}

/* -- Head ------------------------------------------------------------------------------------- */

static void
print_origin(struct printer *printer)
{
    const struct report_origin *origin = printer->view->origin;
    GString *line = g_string_new("netcase");
    if (origin == NULL) {
        print_own_line(printer, line);
        return;
    }
    g_string_append_printf(line, " %s  %s", origin->version,
                           origin->file != NULL ? origin->file : in_words(printer, "standard input", "标准输入"));
    for (char *const *option = origin->options; *option != NULL; option++)
        g_string_append_printf(line, "  %s", g_str_has_prefix(*option, "netcase.") ? *option + 8 : *option);
    if (origin->filter != NULL)
        g_string_append_printf(line, in_words(printer, "  only findings of: %s", "  仅限符合过滤条件的结果：%s"),
                               origin->filter);
    print_own_line(printer, line);
}

/* What was not looked at is not healthy. */
static bool
is_unread(const struct printer *printer)
{
    return printer->view->origin != NULL && printer->view->origin->unread != NULL;
}

/* Nothing is known, then. */
static bool
is_all_unread(const struct printer *printer)
{
    return is_unread(printer) && printer->report->summary.packets == 0;
}

static void
print_unread(struct printer *printer)
{
    if (is_unread(printer))
        printer_paragraph(printer, "", printer->view->origin->unread);
}

static void
append_flows(GString *line, const struct printer *printer, const struct capture_summary *summary)
{
    if (summary->tcp_flows > 0) {
        g_string_append(line, separator(printer));
        append_count(line, printer, summary->tcp_flows, "TCP connection", "TCP connections", "个 TCP 连接");
    }
    if (summary->began_before > 0)
        g_string_append_printf(line, in_words(printer, " (%u began before)", "（%u 个在抓包前已建立）"),
                               summary->began_before);
    if (summary->udp_flows > 0) {
        g_string_append(line, separator(printer));
        append_count(line, printer, summary->udp_flows, "UDP flow", "UDP flows", "个 UDP 流");
    }
}

/* Of all frames, as Wireshark counts them. */
static int64_t
length_of_capture(const struct printer *printer)
{
    const struct report_origin *origin = printer->view->origin;
    const struct capture_summary *summary = &printer->report->summary;
    return origin != NULL ? origin->last_time - origin->first_time : summary->last_time - summary->first_time;
}

/* What is no TCP, UDP or ICMP, or in no connection, is not looked at. */
static void
append_packets(GString *line, const struct printer *printer, uint64_t frames)
{
    uint64_t packets = printer->report->summary.packets;
    if (packets == 0) {
        append_count(line, printer, frames, "packet", "packets", "个报文");
        if (!is_unread(printer))
            g_string_append(line, in_words(printer, ", none of TCP or UDP", "，其中没有 TCP 或 UDP"));
    } else if (packets < frames) {
        g_string_append_printf(line,
                               printer_is_chinese(printer) ? "%2$" G_GUINT64_FORMAT " 个报文中的 %1$" G_GUINT64_FORMAT
                                                             " 个"
                                                           : "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " packets",
                               packets, frames);
    } else {
        append_count(line, printer, frames, "packet", "packets", "个报文");
    }
}

static void
print_content(struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    const struct report_origin *origin = printer->view->origin;
    int64_t first_time = origin != NULL ? origin->first_time : summary->first_time;
    int64_t last_time = origin != NULL ? origin->last_time : summary->last_time;
    uint64_t frames = origin != NULL ? origin->frames : summary->packets;
    if (frames == 0) {
        printer_paragraph(printer, "", in_words(printer, "No packets", "没有报文"));
        return;
    }
    GString *line = g_string_new(NULL);
    append_packets(line, printer, frames);
    append_flows(line, printer, summary);
    char *first = time_text(first_time), *last = clock_text(last_time);
    char *length = duration_text(length_of_capture(printer), printer->view->language);
    g_string_append_printf(line, in_words(printer, ", %s to %s (%s)", "，%s 至 %s（%s）"), first, last, length);
    g_free(first);
    g_free(last);
    g_free(length);
    print_own_line(printer, line);
}

static void
append_place(GString *line, const struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    char *host = address_text(&summary->here);
    if (summary->mirrors > 0)
        g_string_append_printf(line,
                               printer_is_chinese(printer) ? "来自 %u 个镜像会话"
                               : summary->mirrors == 1     ? "From %u mirror session"
                                                           : "From %u mirror sessions",
                               summary->mirrors);
    else if (summary->here.family != 0)
        g_string_append_printf(line,
                               summary->place == CAPTURED_AT_SERVER
                                   ? in_words(printer, "Captured at %s, the server", "在服务端 %s 上抓取")
                                   : in_words(printer, "Captured at %s, the client", "在客户端 %s 上抓取"),
                               host);
    else if (summary->place == CAPTURED_BETWEEN)
        g_string_append(line, in_words(printer, "Captured on the way between client and server",
                                       "在客户端与服务端之间的路径上抓取"));
    else
        g_string_append(line, in_words(printer, "Where it was captured can't be told", "无法判断抓包位置"));
    g_free(host);
}

/* Where it was made, and what can't be seen there. */
static void
print_view_point(struct printer *printer)
{
    static const char *const seen[][2] = {
        [VISIBLE_UNKNOWN] = {"no flow shows both directions", "没有任何流能看到双向"},
        [VISIBLE_BOTH] = {"both directions", "双向可见"},
        [VISIBLE_MIXED] = {"one direction of some flows, nothing of those is called unanswered",
                           "部分流只见一个方向，对其不判断“无应答”"},
        [VISIBLE_ONE] = {"one direction only, nothing is called unanswered", "只见一个方向，不判断“无应答”"},
    };
    const struct capture_summary *summary = &printer->report->summary;
    GString *line = g_string_new(NULL);
    if (summary->packets == 0)
        return;
    append_place(line, printer);
    begin_clause(line, printer);
    g_string_append(line, seen[summary_visibility(summary)][printer->view->language]);
    begin_clause(line, printer);
    if (summary->gaps == 0)
        g_string_append(line, in_words(printer, "no capture gaps", "未见漏抓"));
    else
        append_count(line, printer, summary->gaps, "capture gap", "capture gaps", "处漏抓");
    if (summary->cut > 0) {
        begin_clause(line, printer);
        append_count(line, printer, summary->cut, "packet not whole", "packets not whole", "个报文不完整");
    }
    if (summary->duplicates > 0) {
        begin_clause(line, printer);
        append_count(line, printer, summary->duplicates, "duplicate", "duplicates", "个重复报文");
    }
    print_own_line(printer, line);
}

/* -- One sentence a problem ------------------------------------------------------------------- */

/* The groups that are problems of their own, and which of them are shown: of one case the first few. */
struct problems {
    GPtrArray *shown; /* const struct report_group * */
    guint all, consequences;
};

static guint
count_of_case(const GPtrArray *groups, const struct case_info *info)
{
    guint count = 0;
    for (guint i = 0; i < groups->len; i++)
        count += report_case(g_ptr_array_index(groups, i)) == info;
    return count;
}

static struct problems
problems_of(const struct report *report)
{
    struct problems problems = {.shown = g_ptr_array_new()};
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        problems.all += group->cause == NULL;
        problems.consequences += group->cause != NULL;
        if (group->cause == NULL && problems.shown->len < PROBLEMS_SHOWN &&
            count_of_case(problems.shown, report_case(group)) < OF_A_CASE)
            g_ptr_array_add(problems.shown, group);
    }
    return problems;
}

static bool
is_shown(const struct problems *problems, const struct report_group *group)
{
    return g_ptr_array_find(problems->shown, group, NULL);
}

/* All that comes from a group, the consequences of consequences as well. */
static void
collect_effects(const struct report_group *group, GPtrArray *effects)
{
    for (guint i = 0; i < group->effects->len; i++) {
        g_ptr_array_add(effects, g_ptr_array_index(group->effects, i));
        collect_effects(g_ptr_array_index(group->effects, i), effects);
    }
}

static uint32_t
frame_of(const struct printer *printer, const struct report_group *group)
{
    const struct finding *first = g_ptr_array_index(group->findings, 0);
    return printer->view->shown_frame(first->frame, printer->view->data);
}

/* In one line, whatever their number. */
static void
print_effects(struct printer *printer, const struct report_group *group)
{
    GPtrArray *effects = g_ptr_array_new();
    collect_effects(group, effects);
    GString *line = g_string_new(NULL);
    for (guint i = 0; i < effects->len && i < EFFECTS_SHOWN; i++) {
        const struct report_group *effect = g_ptr_array_index(effects, i);
        char *sentence = group_sentence(printer->report, effect, printer->view->language);
        begin_clause(line, printer);
        g_string_append_printf(line, in_words(printer, "%s (%s, frame %u)", "%s（%s，报文 %u）"), sentence,
                               report_case(effect)->id, frame_of(printer, effect));
        g_free(sentence);
    }
    if (effects->len > EFFECTS_SHOWN)
        g_string_append_printf(line, in_words(printer, "; and %u more", "；另有 %u 个"), effects->len - EFFECTS_SHOWN);
    if (effects->len > 0)
        printer_paragraph(printer, in_words(printer, "   so   ", "   导致 "), line->str);
    g_string_free(line, TRUE);
    g_ptr_array_unref(effects);
}

static void
print_not_shown(struct printer *printer, const struct problems *problems)
{
    const GPtrArray *groups = printer->report->groups;
    GPtrArray *done = g_ptr_array_new();
    for (guint i = 0; i < groups->len; i++) {
        const struct report_group *group = g_ptr_array_index(groups, i);
        const struct case_info *info = report_case(group);
        if (group->cause != NULL || is_shown(problems, group) || g_ptr_array_find(done, info, NULL))
            continue;
        guint more = 0;
        for (guint k = i; k < groups->len; k++) {
            const struct report_group *other = g_ptr_array_index(groups, k);
            more += other->cause == NULL && report_case(other) == info && !is_shown(problems, other);
        }
        g_ptr_array_add(done, (void *)info);
        char *title =
            finding_text(g_ptr_array_index(group->findings, 0), TEXT_TITLE, printer->view->language, MARKUP_NONE);
        g_string_append_printf(printer->out,
                               in_words(printer, "   and %u more: %s (%s)\n", "   另有 %u 个：%s（%s）\n"), more, title,
                               info->id);
        g_free(title);
    }
    g_ptr_array_unref(done);
}

/* The one problem of most captures says it itself. */
static void
print_sentences(struct printer *printer, const struct problems *problems)
{
    if (problems->all == 1)
        return;
    GString *line = g_string_new(NULL);
    append_count(line, printer, problems->all, "problem", "problems", "个问题");
    if (problems->consequences > 0) {
        g_string_append(line, separator(printer));
        append_count(line, printer, problems->consequences, "consequence", "consequences", "个后果");
    }
    g_string_append_printf(printer->out, "\n%s\n", line->str);
    g_string_free(line, TRUE);
    for (guint i = 0; i < problems->shown->len; i++) {
        char *sentence =
            group_sentence(printer->report, g_ptr_array_index(problems->shown, i), printer->view->language);
        char mark[16];
        g_snprintf(mark, sizeof mark, "%2u ", i + 1);
        printer_paragraph(printer, mark, sentence);
        print_effects(printer, g_ptr_array_index(problems->shown, i));
        g_free(sentence);
    }
    print_not_shown(printer, problems);
}

/* -- A problem, whole ------------------------------------------------------------------------- */

static bool
is_named_in(const struct finding *finding, enum text_part part, const char *placeholder)
{
    return strstr(text_of_case(finding->info, part, LANGUAGE_ENGLISH), placeholder) != NULL;
}

static void
append_ends(GString *line, const struct printer *printer, const struct seen_packet *packet)
{
    struct endpoint client, server;
    if (!report_ends(printer->report, packet->flow, &client, &server))
        return;
    char *one = endpoint_text(&client), *other = endpoint_text(&server);
    g_string_append_printf(line, "  %s %s %s", one, packet->from_client ? ">" : "<", other);
    g_free(one);
    g_free(other);
}

static void
print_event(struct printer *printer, const struct report_event *event, const struct report_event *before)
{
    enum language language = printer->view->language;
    char *time = clock_text(event->packet.time), *kind = packet_kind_text(&event->packet);
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, in_words(printer, "%s  frame %u", "%s  报文 %u"), time, event->frame);
    append_ends(line, printer, &event->packet);
    g_string_append_printf(line, "  %s", kind);
    if (event->packet.length > 0) {
        g_string_append(line, separator(printer));
        append_count(line, printer, event->packet.length, "byte", "bytes", "字节");
    }
    if (before != NULL && event->packet.time >= before->packet.time) {
        char *gap = duration_text(event->packet.time - before->packet.time, language);
        g_string_append_printf(line, in_words(printer, ", %s later", "，%s后"), gap);
        g_free(gap);
    }
    printer_paragraph(printer, indent, line->str);
    g_string_free(line, TRUE);
    g_free(time);
    g_free(kind);
}

/* The first ones, and the last ones, among which is what decided. */
static void
print_events(struct printer *printer, const struct finding *finding)
{
    GArray *events = finding_events(finding, printer->view);
    guint hidden = events->len > EVENTS_SHOWN ? events->len - EVENTS_SHOWN : 0;
    const struct report_event *before = NULL;
    for (guint i = 0; i < events->len; i++) {
        const struct report_event *event = &g_array_index(events, struct report_event, i);
        if (hidden > 0 && i >= EVENTS_SHOWN / 2 && i < EVENTS_SHOWN / 2 + hidden) {
            if (i == EVENTS_SHOWN / 2)
                g_string_append_printf(printer->out, in_words(printer, "   ... %u more\n", "   …… 另有 %u 个报文\n"),
                                       hidden);
            before = NULL;
            continue;
        }
        print_event(printer, event, before);
        before = event;
    }
    g_array_unref(events);
}

/* A fact as a line, unless the text of the case tells it already. */
static void
print_fact(struct printer *printer, const struct finding *finding, const char *label, enum fact_name name,
           const char *placeholder)
{
    const struct fact *fact = finding_fact(finding, name);
    if (fact == NULL || is_named_in(finding, TEXT_SUMMARY, placeholder))
        return;
    char *text = fact_text(fact, printer->view->language);
    printer_line(printer, indent, label, "%s", text);
    g_free(text);
}

static void
print_bracket(struct printer *printer, const struct finding *finding)
{
    const struct fact *survived = finding_fact(finding, FACT_survived), *died = finding_fact(finding, FACT_died);
    if (survived == NULL || died == NULL || survived->number >= died->number)
        return;
    char *low = fact_text(survived, printer->view->language), *high = fact_text(died, printer->view->language);
    printer_line(printer, indent, in_words(printer, "Measured", "实测"),
                 in_words(printer, "%s of idle time survived, %s did not: the timer is between the two",
                          "空闲 %s后仍正常，%s后已失效：超时值在两者之间"),
                 low, high);
    g_free(low);
    g_free(high);
}

/* All facts of a text's name that are wanted, in one line. */
static void
print_listed(struct printer *printer, const struct finding *finding, const char *label, enum fact_name name,
             guint limit)
{
    const GArray *facts = finding_facts(finding);
    GString *line = g_string_new(NULL);
    guint count = 0;
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (fact->name != name || ++count > limit)
            continue;
        char *text = fact_text(fact, printer->view->language);
        begin_clause(line, printer);
        g_string_append(line, text);
        uint32_t frame =
            name == FACT_ruled_out ? printer->view->shown_frame((uint32_t)fact->number, printer->view->data) : 0;
        if (frame != 0)
            g_string_append_printf(line, in_words(printer, " (frame %u)", "（报文 %u）"), frame);
        g_free(text);
    }
    if (line->len > 0)
        printer_line(printer, indent, label, "%s", line->str);
    g_string_free(line, TRUE);
}

static void
print_impact(struct printer *printer, const struct report_group *group)
{
    const struct impact *impact = &group->impact;
    GString *line = g_string_new(NULL);
    if (impact->connections > 1 && group->events <= impact->connections)
        g_string_append_printf(line,
                               in_words(printer, "%" G_GUINT64_FORMAT " of %u flows to this server",
                                        "%" G_GUINT64_FORMAT " 个流（到该服务端的流共 %u 个）"),
                               group->events, impact->connections);
    else if (group->events > 1)
        append_count(line, printer, group->events, "event", "events", "次");
    if (impact->clients > 1 && impact->clients_hit > 0)
        g_string_append_printf(line, in_words(printer, "; clients: %u of %u", "；客户端 %u 个（共 %u 个）"),
                               impact->clients_hit, impact->clients);
    if (line->len > 0)
        printer_line(printer, indent, in_words(printer, "Impact", "影响"), "%s", line->str);
    g_string_free(line, TRUE);
}

/* What is measured and what fits stand in lines of their own. */
static bool
is_told_apart(const char *template_text)
{
    return strstr(template_text, "{survived}") != NULL || strstr(template_text, "{timer}") != NULL;
}

static void
print_causes(struct printer *printer, const struct finding *finding)
{
    enum language language = printer->view->language;
    char **templates = g_strsplit(text_of_case(finding->info, TEXT_CAUSES, language), "\n", -1);
    guint shown = 0;
    for (char **line = templates; *line != NULL && shown < CAUSES_SHOWN; line++) {
        char *text = is_told_apart(*line) ? g_strdup("") : g_strstrip(text_fill(*line, finding, language, MARKUP_NONE));
        if (*text != '\0')
            printer_line(printer, indent,
                         shown++ == 0 ? in_words(printer, "Cause", "原因") : in_words(printer, "or", "或"), "%s", text);
        g_free(text);
    }
    g_strfreev(templates);
}

/* The first thing to do, and the first command that can be pasted. */
static void
print_checks(struct printer *printer, const struct finding *finding)
{
    GPtrArray *checks = finding_checks(finding, printer->view->language, MARKUP_NONE);
    bool pasted = false;
    for (guint i = 0; i < checks->len && !pasted; i++) {
        const struct check *check = g_ptr_array_index(checks, i);
        pasted = check->command != NULL;
        if (i > 0 && !pasted)
            continue;
        GString *mark = g_string_new(indent);
        columns_pad(mark, i == 0 ? in_words(printer, "Do", "排查") : "", MARK_COLUMNS);
        printer_check(printer, mark->str, check);
        g_string_free(mark, TRUE);
    }
    g_ptr_array_unref(checks);
}

static void
print_disproof(struct printer *printer, const struct finding *finding)
{
    char **lines = finding_lines(finding, TEXT_DISPROOF, printer->view->language, MARKUP_NONE);
    if (*lines != NULL)
        printer_line(printer, indent, in_words(printer, "Wrong if", "反证"), "%s", *lines);
    g_strfreev(lines);
}

/* The id, how grave it is, how sure the pattern is, and the frames. */
static void
print_kind(struct printer *printer, const struct report_group *group)
{
    enum language language = printer->view->language;
    GString *frames = g_string_new(NULL);
    for (guint i = 0; i < group->findings->len && i < EVENTS_SHOWN; i++)
        g_string_append_printf(
            frames, "%s%u", i > 0 ? ", " : "",
            printer->view->shown_frame(((const struct finding *)g_ptr_array_index(group->findings, i))->frame,
                                       printer->view->data));
    if (group->findings->len > EVENTS_SHOWN)
        g_string_append_printf(frames, in_words(printer, " and %u more", " 等 %2$u 个"),
                               group->findings->len - EVENTS_SHOWN, group->findings->len);
    char *filter = group_filter(group, EVENTS_SHOWN);
    GString *line = g_string_new(NULL);
    g_string_append_printf(line,
                           in_words(printer, "%s: %s, the pattern is %s; frame %s", "%s：%s，故障模式%s；报文 %s"),
                           report_case(group)->id, severity_name(group->severity, language),
                           confidence_word(group->confidence, language), frames->str);
    if (filter != NULL)
        g_string_append_printf(line, in_words(printer, "; %s", "；%s"), filter);
    printer_paragraph(printer, indent, line->str);
    g_string_free(line, TRUE);
    g_string_free(frames, TRUE);
    g_free(filter);
}

static void
print_problem(struct printer *printer, guint number, const struct report_group *group, bool alone)
{
    const struct finding *first = g_ptr_array_index(group->findings, 0);
    char *sentence = group_sentence(printer->report, group, printer->view->language);
    char *summary = finding_text(first, TEXT_SUMMARY, printer->view->language, MARKUP_NONE);
    char mark[16];
    g_snprintf(mark, sizeof mark, "%2u ", number);
    g_string_append_c(printer->out, '\n');
    printer_paragraph(printer, mark, sentence);
    print_kind(printer, group);
    printer_paragraph(printer, indent, summary);
    print_events(printer, first);
    print_fact(printer, first, in_words(printer, "Sent by", "RST 来源"), FACT_reset_sender, "{reset_sender}");
    print_fact(printer, first, in_words(printer, "This works", "仍然正常"), FACT_control, "{control}");
    print_bracket(printer, first);
    print_listed(printer, first, in_words(printer, "Ruled out", "已排除"), FACT_ruled_out, G_MAXUINT);
    print_listed(printer, first, in_words(printer, "Fits", "吻合"), FACT_timer, TIMERS_SHOWN);
    print_impact(printer, group);
    if (alone)
        print_effects(printer, group);
    print_causes(printer, first);
    print_checks(printer, first);
    print_disproof(printer, first);
    g_free(sentence);
    g_free(summary);
}

/* -- What else is to be said ------------------------------------------------------------------ */

/* Seconds, rounded down: a level that the pause has passed. */
static void
print_level(struct printer *printer, const struct oddity *oddity)
{
    const GArray *levels = printer->report->settings->levels;
    int64_t seconds = oddity->time / NANOSECONDS_PER_SECOND;
    GString *list = g_string_new(NULL);
    g_string_append_printf(list, "%" G_GINT64_FORMAT, seconds);
    for (guint i = 0; i < levels->len; i++)
        if (g_array_index(levels, int64_t, i) / NANOSECONDS_PER_SECOND != seconds)
            g_string_append_printf(list, ",%" G_GINT64_FORMAT,
                                   g_array_index(levels, int64_t, i) / NANOSECONDS_PER_SECOND);
    g_string_append_printf(printer->out,
                           in_words(printer, "   To have it judged: -o netcase.levels:%s\n",
                                    "   若要 netcase 判断：-o netcase.levels:%s\n"),
                           list->str);
    g_string_free(list, TRUE);
}

static uint32_t
count_oddities(const struct printer *printer)
{
    uint32_t count = 0;
    for (unsigned kind = 0; kind < ODD_KINDS; kind++)
        count += printer->report->oddities->count[kind];
    return printer->view->origin != NULL && printer->view->origin->filter != NULL ? 0 : count;
}

static void
print_oddities(struct printer *printer)
{
    const struct oddities *oddities = printer->report->oddities;
    const struct oddity *paused = NULL;
    guint shown = 0;
    uint32_t all = count_oddities(printer);
    if (all == 0)
        return;
    g_string_append_printf(
        printer->out, "\n%s\n",
        in_words(printer, "Also seen, but no pattern that netcase knows", "另外看到（不构成已知故障模式）"));
    for (guint i = 0; i < oddities->shown->len && shown < ODDITIES_SHOWN; i++, shown++) {
        const struct oddity *oddity = &g_array_index(oddities->shown, struct oddity, i);
        char *text = oddity_text(oddity, printer->view);
        printer_paragraph(printer, indent, text);
        g_free(text);
        if (paused == NULL && oddity->kind == ODD_RESET_AFTER_PAUSE)
            paused = oddity;
    }
    if (all > shown)
        g_string_append_printf(printer->out, in_words(printer, "   and %u more\n", "   另有 %u 处\n"), all - shown);
    if (paused != NULL)
        print_level(printer, paused);
}

static void
print_repeated(struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    if (summary->repeated_bytes == 0 || summary->bytes == 0)
        return;
    uint64_t share = summary->repeated_bytes * 1000 / summary->bytes;
    if (share > 0)
        printer_line(printer, "", in_words(printer, "Resent", "重传"),
                     in_words(printer, "%u.%u %% of the bytes of TCP", "TCP 字节的 %u.%u %%"), (unsigned)(share / 10),
                     (unsigned)(share % 10));
}

static void
print_families(struct printer *printer, const char *label, enum scope which, const char *why)
{
    GString *line = g_string_new(NULL);
    for (size_t i = 0; i < scope_family_count; i++)
        if (scope_of_family(printer->report, scope_families[i]) == which)
            g_string_append_printf(line, "%s%s", line->len > 0 ? in_words(printer, ", ", "、") : "",
                                   scope_family_name(scope_families[i], printer->view->language));
    if (line->len > 0)
        printer_line(printer, "", label, "%s%s", line->str, why);
    g_string_free(line, TRUE);
}

static void
print_scope(struct printer *printer)
{
    const GArray *levels = printer->report->settings->levels;
    const char *unjudged = in_words(printer, "Not judged", "未判断");
    print_families(printer, in_words(printer, "Quiet", "未见异常"), SCOPE_QUIET, "");
    print_families(printer, in_words(printer, "Not in here", "抓包中没有"), SCOPE_ABSENT, "");
    char *length = duration_text(length_of_capture(printer), printer->view->language);
    char *level = duration_text(levels->len > 0 ? g_array_index(levels, int64_t, 0) : 0, printer->view->language);
    char *short_of = g_strdup_printf(
        in_words(printer, ": the capture lasts %s, the lowest level is %s", "：抓包时长 %s，最低档位为 %s"), length,
        level);
    print_families(printer, unjudged, SCOPE_TOO_SHORT, short_of);
    g_free(length);
    g_free(level);
    g_free(short_of);
    print_families(printer, unjudged, SCOPE_ONE_DIRECTION,
                   in_words(printer, ": the answers are not in the capture", "：抓包中没有应答方向"));
}

/* How many connections were accepted, without counting what all have in common. */
static void
append_established(GString *line, const struct printer *printer, uint32_t opened, uint32_t established)
{
    if (established == 0)
        g_string_append(line, in_words(printer, ": no connection was established", "：没有连接建立成功"));
    else if (established < opened)
        g_string_append_printf(
            line, in_words(printer, ": %u connections were established, %u not", "：%u 个连接建立成功，%u 个没有"),
            established, opened - established);
    else if (opened == 1)
        g_string_append(line, in_words(printer, ": the connection was established", "：连接建立成功"));
    else
        g_string_append_printf(
            line, in_words(printer, ": all %u connections were established", "：%u 个连接全部建立成功"), opened);
}

static void
print_none(struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    bool odd = count_oddities(printer) > 0;
    GString *line =
        g_string_new(odd ? in_words(printer, "No known pattern, but not healthy", "未发现已知故障模式，但并不正常")
                         : in_words(printer, "No problem found", "未发现问题"));
    if (!odd && is_unread(printer))
        g_string_assign(line, is_all_unread(printer) ? in_words(printer, "Nothing was judged", "未作任何判断")
                                                     : in_words(printer, "No problem found in what was looked at",
                                                                "在已检查的报文中未发现问题"));
    uint32_t opened = summary->tcp_flows - summary->began_before;
    /* Without the answers nobody knows; and that connections work does not tell what is odd. */
    if (summary_visibility(summary) != VISIBLE_ONE && opened > 0 && (!odd || summary->established < opened))
        append_established(line, printer, opened, summary->established);
    g_string_append_printf(printer->out, "\n%s\n", line->str);
    g_string_free(line, TRUE);
}

char *
report_brief(const struct report *report, const struct report_view *view)
{
    struct printer printer = {.out = g_string_new(NULL), .report = report, .view = view};
    struct problems problems = problems_of(report);
    print_origin(&printer);
    print_content(&printer);
    print_unread(&printer);
    print_view_point(&printer);
    if (problems.all == 0)
        print_none(&printer);
    else
        print_sentences(&printer, &problems);
    for (guint i = 0; i < problems.shown->len; i++)
        print_problem(&printer, i + 1, g_ptr_array_index(problems.shown, i), problems.all == 1);
    print_oddities(&printer);
    if (problems.all > 0 || count_oddities(&printer) > 0)
        g_string_append_c(printer.out, '\n');
    print_repeated(&printer);
    if (!is_all_unread(&printer))
        print_scope(&printer);
    if (problems.all > 0)
        printer_line(&printer, "", in_words(&printer, "More", "更多"), "%s",
                     in_words(&printer, "-z netcase,long: all causes, checks and cases",
                              "-z netcase,long：全部原因、排查步骤与检查项"));
    g_ptr_array_unref(problems.shown);
    return g_string_free(printer.out, FALSE);
}
