/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/words.h"

#include <string.h>

#include "report/printer.h"
#include "report/sentence.h"

enum { FRAMES_SHOWN = 12 };

enum word {
    TITLE,
    CAPTURE,
    FLOWS,
    VISIBLE,
    MIRRORS,
    CUT,
    COPIES,
    LOST,
    FINDINGS,
    FRAMES,
    EVIDENCE,
    SESSION,
    EVENTS,
    CAUSED_BY,
    REST,
    SHOWN,
    CHECKED,
    CAUSES,
    RULED_OUT,
    CHECKS,
    DISPROOF,
    NONE,
    NO_PACKETS,
    NOT_FOUND,
    WORDS
};

/* clang-format off */
static const char *const words[WORDS][2] = {
    [TITLE] = {"netcase report", "netcase 诊断报告"},
    [CAPTURE] = {"Capture", "抓包"},
    [FLOWS] = {"Flows", "流"},
    [VISIBLE] = {"Visible", "可见方向"},
    [MIRRORS] = {"Mirrors", "镜像会话"},
    [CUT] = {"Cut", "截短"},
    [COPIES] = {"Copies", "重复"},
    [LOST] = {"Lost", "漏抓"},
    [FINDINGS] = {"Findings", "诊断结果"},
    [FRAMES] = {"Frames", "报文"},
    [EVIDENCE] = {"Evidence", "佐证报文"},
    [SESSION] = {"Session", "封装会话"},
    [EVENTS] = {"Events", "次数"},
    [CAUSED_BY] = {"Caused by", "起因"},
    [REST] = {"More findings, by case", "其余诊断结果（按问题类别）"},
    [SHOWN] = {"Above", "以上"},
    [CHECKED] = {"Checked", "检查范围"},
    [CAUSES] = {"Probable causes", "可能原因"},
    [RULED_OUT] = {"Ruled out", "已排除"},
    [CHECKS] = {"What to check next", "排查步骤"},
    [DISPROOF] = {"What would disprove it", "反证"},
    [NONE] = {"none", "无"},
    [NO_PACKETS] = {"no TCP or UDP packets", "没有 TCP 或 UDP 报文"},
    [NOT_FOUND] = {"Checked without a finding", "已检查，未发现问题"},
};

static const char *const visibility_words[][2] = {
    [VISIBLE_UNKNOWN] = {"no flow shows both directions, and nothing proves that answers were missed",
                         "所有流都只见到一个方向，也没有证据表明漏抓了应答"},
    [VISIBLE_BOTH] = {"both directions", "双向可见"},
    [VISIBLE_MIXED] = {"both directions of some flows, one direction of others: of those nothing is called unanswered",
                       "部分流双向可见，部分只见一个方向；后者不判断是否“无应答”"},
    [VISIBLE_ONE] = {"one direction only: whether something was answered can't be concluded",
                     "只见一个方向，无法判断是否有应答"},
};
/* clang-format on */

static const char *
word(const struct printer *printer, enum word which)
{
    return words[which][printer->view->language];
}

/* -- Lists ------------------------------------------------------------------------------------ */

static void
print_label(struct printer *printer, enum word label)
{
    g_string_append_printf(printer->out, printer->view->markdown ? "\n**%s**\n\n" : "   %s\n", word(printer, label));
}

static void
print_items(struct printer *printer, enum word label, const struct finding *finding, enum text_part part)
{
    char **lines = finding_lines(finding, part, printer->view->language, printer_markup(printer));
    if (*lines != NULL)
        print_label(printer, label);
    for (char **line = lines; *line != NULL; line++)
        printer_item(printer, printer->view->markdown ? "- " : "     - ", *line);
    g_strfreev(lines);
}

/* What the capture strikes out, with the frame that does. */
static void
print_ruled_out(struct printer *printer, const struct finding *finding)
{
    bool labelled = false;
    const GArray *facts = finding_facts(finding);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (fact->name != FACT_ruled_out)
            continue;
        if (!labelled)
            print_label(printer, RULED_OUT);
        labelled = true;
        char *text = fact_text(fact, printer->view->language);
        uint32_t frame = printer->view->shown_frame((uint32_t)fact->number, printer->view->data);
        char *line =
            frame == 0 ? g_strdup(text)
                       : g_strdup_printf(printer_is_chinese(printer) ? "%s（报文 %u）" : "%s (frame %u)", text, frame);
        printer_item(printer, printer->view->markdown ? "- " : "     - ", line);
        g_free(line);
        g_free(text);
    }
}

static void
print_checks(struct printer *printer, const struct finding *finding)
{
    GPtrArray *checks = finding_checks(finding, printer->view->language, printer_markup(printer));
    if (checks->len > 0)
        print_label(printer, CHECKS);
    for (guint i = 0; i < checks->len; i++) {
        char *mark = g_strdup_printf("%s%u. ", printer->view->markdown ? "" : "     ", i + 1);
        printer_check(printer, mark, g_ptr_array_index(checks, i));
        g_free(mark);
    }
    g_ptr_array_unref(checks);
}

/* -- The capture ------------------------------------------------------------------------------ */

static void
print_times(struct printer *printer, const struct capture_summary *summary)
{
    if (summary->packets == 0) {
        printer_line(printer, "", word(printer, CAPTURE), "%s", word(printer, NO_PACKETS));
        return;
    }
    char *length = duration_text(summary->last_time - summary->first_time, printer->view->language);
    char *first = time_text(summary->first_time), *last = time_text(summary->last_time);
    if (printer_is_chinese(printer))
        printer_line(printer, "", word(printer, CAPTURE), "%" G_GUINT64_FORMAT " 个报文，%s 至 %s（%s）",
                     summary->packets, first, last, length);
    else
        printer_line(printer, "", word(printer, CAPTURE), "%" G_GUINT64_FORMAT " packets, %s to %s (%s)",
                     summary->packets, first, last, length);
    g_free(length);
    g_free(first);
    g_free(last);
}

static void
print_quality(struct printer *printer, const struct capture_summary *summary)
{
    bool zh = printer_is_chinese(printer);
    if (summary->mirrors + summary->overlays > 0)
        printer_line(printer, "", word(printer, MIRRORS),
                     zh ? "%u 个镜像会话（其中 %u 个只有一个方向），%u 个 overlay 方向；详见 -z netcase,sessions"
                        : "%u mirror sessions (%u of them with one direction only), %u directions of overlays; see -z "
                          "netcase,sessions",
                     summary->mirrors, summary->one_way_mirrors, summary->overlays);
    if (summary->cut > 0)
        printer_line(printer, "", word(printer, CUT),
                     zh ? "%" G_GUINT64_FORMAT " 个报文没有抓全"
                        : "%" G_GUINT64_FORMAT " packets were not captured whole",
                     summary->cut);
    if (summary->duplicates > 0)
        printer_line(printer, "", word(printer, COPIES),
                     zh ? "%" G_GUINT64_FORMAT " 个报文是重复抓到的副本，只计一次"
                        : "%" G_GUINT64_FORMAT " packets are copies of others and count once",
                     summary->duplicates);
    printer_line(printer, "", word(printer, LOST),
                 summary->gaps == 0 ? (zh ? "从序号看没有漏抓" : "nothing that sequence numbers show")
                 : zh               ? "%" G_GUINT64_FORMAT " 处：数据已被对端确认，但没有抓到"
                                    : "%" G_GUINT64_FORMAT " gaps: bytes that were acknowledged but never captured",
                 summary->gaps);
}

/* What there is none of is not counted. */
static void
print_flow_counts(struct printer *printer, const struct capture_summary *summary)
{
    bool zh = printer_is_chinese(printer);
    GString *line = g_string_new(NULL);
    if (summary->tcp_flows > 0)
        g_string_append_printf(line, zh ? "TCP %u 个" : "TCP %u", summary->tcp_flows);
    if (summary->began_before > 0)
        g_string_append_printf(line, zh ? "，其中 %u 个在抓包前已建立" : ", of which %u began before the capture",
                               summary->began_before);
    if (summary->udp_flows > 0)
        g_string_append_printf(line, zh ? "%sUDP %u 个" : "%sUDP %u",
                               line->len == 0 ? ""
                               : zh           ? "；"
                                              : "; ",
                               summary->udp_flows);
    if (line->len == 0)
        printer_line(printer, "", word(printer, FLOWS), "%s", zh ? "无" : "none");
    else
        printer_line(printer, "", word(printer, FLOWS), zh ? "%u 个（%s）" : "%u (%s)", summary->flows, line->str);
    g_string_free(line, TRUE);
}

static void
print_capture(struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    print_times(printer, summary);
    print_flow_counts(printer, summary);
    printer_line(printer, "", word(printer, VISIBLE), "%s",
                 visibility_words[summary_visibility(summary)][printer->view->language]);
    print_quality(printer, summary);
}

/* -- Findings --------------------------------------------------------------------------------- */

static void
list_frame(struct printer *printer, GString *list, uint32_t frame)
{
    g_string_append_printf(list, "%s%u", list->len > 0 ? ", " : "",
                           printer->view->shown_frame(frame, printer->view->data));
}

static void
list_more(struct printer *printer, GString *list, guint count)
{
    if (count > FRAMES_SHOWN)
        g_string_append_printf(list, printer_is_chinese(printer) ? " 等 %u 个" : " and %u more",
                               count - (printer_is_chinese(printer) ? 0 : FRAMES_SHOWN));
}

static void
print_frames(struct printer *printer, const struct report_group *group)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < group->findings->len && i < FRAMES_SHOWN; i++)
        list_frame(printer, list, ((const struct finding *)g_ptr_array_index(group->findings, i))->frame);
    list_more(printer, list, group->findings->len);
    printer_line(printer, "   ", word(printer, FRAMES), "%s", list->str);
    g_string_free(list, TRUE);
}

/* Of the finding whose text stands for all. */
static void
print_evidence(struct printer *printer, const struct finding *finding)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < finding->evidence->len && i < FRAMES_SHOWN; i++)
        list_frame(printer, list, g_array_index(finding->evidence, uint32_t, i));
    list_more(printer, list, finding->evidence->len);
    if (list->len > 0)
        printer_line(printer, "   ", word(printer, EVIDENCE), "%s", list->str);
    g_string_free(list, TRUE);
}

/* As a display filter, which shows these conversations whole. */
static void
print_flows(struct printer *printer, const struct report_group *group)
{
    char *filter = group_filter(group, FRAMES_SHOWN);
    if (filter != NULL)
        printer_line(printer, "   ", word(printer, FLOWS), "%s", filter);
    g_free(filter);
}

/* Tenants may have the same addresses. */
static void
print_session(struct printer *printer, const struct finding *finding)
{
    const struct session *session = encapsulation_session(printer->report->encapsulation, finding->session);
    if (session != NULL && finding_fact(finding, FACT_session) == NULL)
        printer_line(printer, "   ", word(printer, SESSION),
                     printer_is_chinese(printer) ? "%u（VNI %u）" : "%u (VNI %u)", session->number, session->vni);
}

/* What the findings of the group stand for. */
static void
print_events(struct printer *printer, const struct report_group *group)
{
    const struct finding *first = g_ptr_array_index(group->findings, 0);
    const struct series *series = &first->series;
    if (group->events <= 1)
        return;
    if (group->findings->len > 1 || series->events == 0) {
        printer_line(printer, "   ", word(printer, EVENTS), "%" G_GUINT64_FORMAT, group->events);
        return;
    }
    printer_line(printer, "   ", word(printer, EVENTS),
                 printer_is_chinese(printer) ? "%" G_GUINT64_FORMAT "（首个报文 %u，末个报文 %u）"
                                             : "%" G_GUINT64_FORMAT " (first frame %u, last frame %u)",
                 series->events, printer->view->shown_frame(series->first_frame, printer->view->data),
                 printer->view->shown_frame(series->last_frame, printer->view->data));
}

static void
print_causes_found(struct printer *printer, const struct finding *finding)
{
    const struct finding *causes[CAUSES_MAX];
    size_t count = causes_of(printer->report->causes, finding, causes);
    for (size_t i = 0; i < count; i++) {
        char *title = finding_text(causes[i], TEXT_TITLE, printer->view->language, printer_markup(printer));
        printer_line(printer, "   ", word(printer, CAUSED_BY),
                     printer_is_chinese(printer) ? "%s（报文 %u）：%s" : "%s (frame %u): %s", causes[i]->info->id,
                     printer->view->shown_frame(causes[i]->frame, printer->view->data), title);
        g_free(title);
    }
}

static void
print_group(struct printer *printer, unsigned number, const struct report_group *group)
{
    const struct finding *first = g_ptr_array_index(group->findings, 0);
    enum language language = printer->view->language;
    char *title = finding_text(first, TEXT_TITLE, language, printer_markup(printer));
    char *summary = finding_text(first, TEXT_SUMMARY, language, printer_markup(printer));

    g_string_append_printf(printer->out, printer->view->markdown ? "\n### %u. " : "\n%u. ", number);
    g_string_append_printf(printer->out, printer_is_chinese(printer) ? "%s，%s：%s（" : "%s, %s: %s (",
                           severity_name(group->severity, language), confidence_word(group->confidence, language),
                           title);
    g_string_append_printf(printer->out, printer->view->markdown ? "`%s`" : "%s", first->info->id);
    g_string_append(printer->out, printer_is_chinese(printer) ? "）\n" : ")\n");
    if (printer->view->markdown)
        g_string_append_printf(printer->out, "\n%s\n\n", summary);
    else
        printer_paragraph(printer, "   ", summary);
    print_frames(printer, group);
    print_evidence(printer, first);
    print_flows(printer, group);
    print_session(printer, first);
    print_events(printer, group);
    print_causes_found(printer, first);
    print_items(printer, CAUSES, first, TEXT_CAUSES);
    print_ruled_out(printer, first);
    print_checks(printer, first);
    print_items(printer, DISPROOF, first, TEXT_DISPROOF);
    g_free(title);
    g_free(summary);
}

static char *
rest_text(const struct printer *printer, const struct report_rest *rest)
{
    const char *severity = severity_name(rest->severity, printer->view->language);
    if (printer_is_chinese(printer))
        return g_strdup_printf("%s（%s）：%" G_GUINT64_FORMAT " 个诊断结果，涉及 %" G_GUINT64_FORMAT " 个对象",
                               rest->info->id, severity, rest->findings, rest->culprits);
    return g_strdup_printf("%s (%s): %" G_GUINT64_FORMAT " finding%s about %" G_GUINT64_FORMAT " culprit%s",
                           rest->info->id, severity, rest->findings, rest->findings == 1 ? "" : "s", rest->culprits,
                           rest->culprits == 1 ? "" : "s");
}

/* What is behind the groups that are shown. */
static void
print_rest(struct printer *printer)
{
    const struct report *report = printer->report;
    bool markdown = printer->view->markdown;
    GArray *rests = report_rest(report, G_MAXUINT);
    if (rests->len > 0) {
        g_string_append_printf(printer->out, markdown ? "\n### %s\n\n" : "\n%s\n", word(printer, REST));
        printer_line(printer, "   ", word(printer, SHOWN),
                     printer_is_chinese(printer) ? "前 %u 组（共 %u 组）" : "the first %u of %u groups",
                     report_groups_shown(report), report->groups->len);
    }
    for (guint i = 0; i < rests->len; i++) {
        char *text = rest_text(printer, &g_array_index(rests, struct report_rest, i));
        printer_item(printer, markdown ? "- " : "   - ", text);
        g_free(text);
    }
    g_array_unref(rests);
}

static void
print_findings(struct printer *printer)
{
    const struct report *report = printer->report;
    GString *counts = g_string_new(NULL);
    for (int severity = SEVERITY_ERROR; severity >= SEVERITY_CHAT; severity--) {
        guint count = report->by_severity[severity];
        if (count > 0)
            g_string_append_printf(counts, "%s%s %u",
                                   counts->len == 0              ? ""
                                   : printer_is_chinese(printer) ? "，"
                                                                 : ", ",
                                   severity_name((enum severity)severity, printer->view->language), count);
    }
    if (report->findings == 0)
        printer_line(printer, "", word(printer, FINDINGS), "%s", word(printer, NONE));
    else
        printer_line(printer, "", word(printer, FINDINGS), printer_is_chinese(printer) ? "%u 个（%s）" : "%u (%s)",
                     report->findings, counts->str);
    g_string_free(counts, TRUE);
    for (guint i = 0; i < report_groups_shown(report); i++)
        print_group(printer, i + 1, g_ptr_array_index(report->groups, i));
    print_rest(printer);
}

/* -- What was checked ------------------------------------------------------------------------- */

static void
print_checked(struct printer *printer)
{
    const struct capture_summary *summary = &printer->report->summary;
    GString *silent = g_string_new(NULL);

    g_string_append_printf(printer->out, printer->view->markdown ? "\n### %s\n\n" : "\n%s\n", word(printer, CHECKED));
    if (summary->tcp_flows > summary->began_before)
        printer_line(printer, "   ", "TCP",
                     printer_is_chinese(printer) ? "%u 个连接中 %u 个握手完成"
                                                 : "of %u connections %u completed their handshake",
                     summary->tcp_flows - summary->began_before, summary->established);
    if (summary->tls_connections > 0)
        printer_line(printer, "   ", "TLS",
                     printer_is_chinese(printer) ? "%u 个 ClientHello 中 %u 个握手完成"
                                                 : "of %u handshakes %u were finished",
                     summary->tls_connections, summary->tls_finished);
    for (guint i = 0; i < printer->report->silent->len; i++)
        g_string_append_printf(silent, "%s%s", i > 0 ? ", " : "",
                               ((const struct case_info *)g_ptr_array_index(printer->report->silent, i))->id);
    if (printer->view->markdown)
        g_string_append_printf(printer->out, "- **%s:** %s\n", word(printer, NOT_FOUND), silent->str);
    else {
        g_string_append_printf(printer->out, "   %s\n", word(printer, NOT_FOUND));
        printer_item(printer, "     ", silent->str);
    }
    g_string_free(silent, TRUE);
}

char *
report_words(const struct report *report, const struct report_view *view)
{
    struct printer printer = {.out = g_string_new(NULL), .report = report, .view = view};
    g_string_append_printf(printer.out, view->markdown ? "## %s\n\n" : "%s\n", words[TITLE][view->language]);
    print_capture(&printer);
    print_findings(&printer);
    print_checked(&printer);
    return g_string_free(printer.out, FALSE);
}
