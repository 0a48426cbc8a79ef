/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/statistics.h"

#include <stdio.h>
#include <string.h>

#include "host/host_compat.h"

#include <epan/stat_tap_ui.h>

#include "findings/printable.h"
#include "host/capture.h"
#include "host/language.h"
#include "host/provenance.h"
#include "host/streams.h"
#include "host/tables.h"
#include "report/brief.h"
#include "report/endings.h"
#include "report/sessions.h"
#include "report/timers.h"
#include "report/words.h"
#include "wire/packet_time.h"
#include "json/endings_json.h"
#include "json/report_json.h"

/* One -z netcase of the command line: what is to be printed, and which frames its filter has let through. The engine knows
 * everything already; the listener makes tshark dissect the packets and asks for the output when the capture has ended. It
 * lives as long as the process.
 *
 * tshark frees what it knows and counts frames from 1 again with each file of a ring buffer (-b) and every N packets (-M N),
 * and asks for the output only at the very end. So each such part is printed when it ends, and said to be one. */
struct statistic {
    void (*print)(const struct statistic *statistic, struct capture *capture);
    bool programs_read_it;
    char *filter;       /* NULL if none */
    GHashTable *frames; /* numbers that passed, if filtered */
    uint64_t passed;    /* frames; and the times of the earliest and the latest of them, nanoseconds since 1970 */
    int64_t first_time, last_time;
    char listener;  /* its address names the one of streams.h */
    unsigned parts; /* that were printed */
    bool drawn;     /* tshark has asked for the capture that is open now */
};

static GSList *statistics;

static uint32_t
shown_frame(uint32_t frame, void *capture)
{
    return frames_shown_number(((struct capture *)capture)->frames, frame);
}

static bool
packet_of_frame(uint32_t frame, void *capture, struct seen_packet *packet)
{
    return frames_packet(((struct capture *)capture)->frames, frame, packet);
}

static bool
stream_of_flow(uint32_t flow, void *capture, uint32_t *number)
{
    return streams_of_flow(capture, flow, number);
}

static const struct report_names names = {.stream = stream_of_flow, .vni_name = tables_vni_name};

struct selection {
    const struct statistic *statistic;
    struct capture *capture;
};

/* A finding whose frame a read filter or the statistic's own filter left out is not the user's. */
static bool
is_wanted(const struct finding *finding, void *data)
{
    const struct selection *selection = data;
    uint32_t number = shown_frame(finding->frame, selection->capture);
    return number != 0 && (selection->statistic->filter == NULL ||
                           g_hash_table_contains(selection->statistic->frames, GUINT_TO_POINTER(number)));
}

static struct report *
report_of(const struct statistic *statistic, struct capture *capture)
{
    struct selection selection = {statistic, capture};
    return report_new(capture->engine, is_wanted, &selection);
}

/* -- What can be printed ---------------------------------------------------------------------- */

/* A report with how it is to be written. */
struct writing {
    struct report *report;
    struct report_origin origin;
    struct report_view view;
};

static void
begin(struct writing *writing, const struct statistic *statistic, struct capture *capture)
{
    *writing = (struct writing){
        .report = report_of(statistic, capture),
        .origin = {.frames = statistic->passed, .first_time = statistic->first_time, .last_time = statistic->last_time},
        .view = {.language = language_current(),
                 .origin = &writing->origin,
                 .shown_frame = shown_frame,
                 .packet = packet_of_frame,
                 .data = capture,
                 .frames = capture->frames,
                 .part = statistic->parts}};
    provenance_fill(&writing->origin, statistic->filter);
}

static void
end(struct writing *writing)
{
    provenance_clear(&writing->origin);
    report_free(writing->report);
}

static void
print_text(const struct statistic *statistic, struct capture *capture)
{
    struct writing writing;
    begin(&writing, statistic, capture);
    char *text = report_brief(writing.report, &writing.view);
    fputs(text, stdout);
    g_free(text);
    end(&writing);
}

static void
print_words(const struct statistic *statistic, struct capture *capture, bool markdown)
{
    struct writing writing;
    begin(&writing, statistic, capture);
    writing.view.markdown = markdown;
    char *text = report_words(writing.report, &writing.view);
    fputs(text, stdout);
    g_free(text);
    end(&writing);
}

static void
print_long(const struct statistic *statistic, struct capture *capture)
{
    print_words(statistic, capture, false);
}

static void
print_markdown(const struct statistic *statistic, struct capture *capture)
{
    print_words(statistic, capture, true);
}

static void
print_json_of(const struct statistic *statistic, struct capture *capture, enum report_form form)
{
    struct writing writing;
    begin(&writing, statistic, capture);
    report_json_write(stdout, writing.report, &writing.view, &names, form);
    end(&writing);
}

static void
print_json(const struct statistic *statistic, struct capture *capture)
{
    print_json_of(statistic, capture, FORM_FIRST);
}

static void
print_json_all(const struct statistic *statistic, struct capture *capture)
{
    print_json_of(statistic, capture, FORM_ALL);
}

static void
print_json_brief(const struct statistic *statistic, struct capture *capture)
{
    print_json_of(statistic, capture, FORM_BRIEF);
}

static void
print_page(const struct statistic *statistic, struct capture *capture)
{
    struct writing writing;
    begin(&writing, statistic, capture);
    char *page = report_page(writing.report, &writing.view, &names);
    fputs(page, stdout);
    g_free(page);
    end(&writing);
}

char *
statistics_page(struct capture *capture, const struct statistics_extent *extent)
{
    struct statistic statistic = {
        .passed = extent->frames, .first_time = extent->first_time, .last_time = extent->last_time};
    struct writing writing;
    begin(&writing, &statistic, capture);
    /* What the command line names may be closed. */
    g_free((char *)writing.origin.file);
    writing.origin.file = extent->file != NULL ? printable_text(extent->file) : NULL;
    char *page = report_page(writing.report, &writing.view, &names);
    end(&writing);
    return page;
}

static void
print_sessions(const struct statistic *statistic, struct capture *capture)
{
    (void)statistic;
    char *text = session_report(engine_encapsulation(capture->engine), tables_vni_name, language_current());
    fputs(text, stdout);
    g_free(text);
}

static void
print_timers(const struct statistic *statistic, struct capture *capture)
{
    (void)statistic;
    char *text = timer_report(capture->engine, language_current());
    fputs(text, stdout);
    g_free(text);
}

static bool
is_in(uint32_t flow, void *flows)
{
    return g_hash_table_contains(flows, GUINT_TO_POINTER(flow));
}

/* The flows that have a frame which the filter let through. */
static GHashTable *
flows_passed(const struct statistic *statistic, const struct capture *capture)
{
    GHashTable *flows = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (uint32_t frame = 1, flow; frame <= frames_newest(capture->frames); frame++)
        if (g_hash_table_contains(statistic->frames, GUINT_TO_POINTER(frames_shown_number(capture->frames, frame))))
            for (unsigned place = 0; (flow = frames_flow(capture->frames, frame, place)) != 0; place++)
                g_hash_table_add(flows, GUINT_TO_POINTER(flow));
    return flows;
}

static struct endings *
endings_of(const struct statistic *statistic, struct capture *capture)
{
    if (statistic->filter == NULL)
        return endings_new(capture->engine, NULL, NULL);
    GHashTable *flows = flows_passed(statistic, capture);
    struct endings *endings = endings_new(capture->engine, is_in, flows);
    g_hash_table_destroy(flows);
    return endings;
}

static void
print_endings(const struct statistic *statistic, struct capture *capture)
{
    struct endings *endings = endings_of(statistic, capture);
    char *text = endings_text(endings, capture->engine, language_current());
    fputs(text, stdout);
    g_free(text);
    endings_free(endings);
}

static void
print_endings_json(const struct statistic *statistic, struct capture *capture)
{
    struct endings *endings = endings_of(statistic, capture);
    endings_json_write(stdout, endings, capture->engine, language_current());
    endings_free(endings);
}

/* `programs_read_it`: no heading stands before it. */
static const struct {
    const char *name;
    void (*print)(const struct statistic *statistic, struct capture *capture);
    bool programs_read_it;
} kinds[] = {{"endings", print_endings, false},   {"endings_json", print_endings_json, true},
             {"html", print_page, true},          {"json", print_json, true},
             {"json_all", print_json_all, true},  {"json_brief", print_json_brief, true},
             {"long", print_long, false},         {"markdown", print_markdown, false},
             {"sessions", print_sessions, false}, {"timers", print_timers, false}};

/* -- Parts of a capture ----------------------------------------------------------------------- */

/* The JSON report says it in a member, and the page is made of it. */
static void
print_heading(const struct statistic *statistic)
{
    if (statistic->parts == 0 || statistic->programs_read_it)
        return;
    printf(
        translated(
            "Part %u of the capture, on its own: tshark begins anew with each part and counts its frames from 1.\n\n",
            "抓包的第 %u 部分（单独分析）：tshark 在每一部分都重新开始，帧号从 1 计起。\n\n"),
        statistic->parts);
}

static void
forget_frames(struct statistic *statistic)
{
    g_hash_table_remove_all(statistic->frames);
    statistic->passed = 0;
}

static bool
is_empty(const struct capture *capture)
{
    return summary_of(capture->engine).packets == 0;
}

static void
print_part(struct statistic *statistic, struct capture *capture)
{
    statistic->parts++;
    print_heading(statistic);
    statistic->print(statistic, capture);
    putchar('\n');
    fflush(stdout);
}

void
statistics_capture_ends(void)
{
    struct capture *capture = capture_current();
    for (GSList *one = statistics; one != NULL; one = one->next) {
        struct statistic *statistic = one->data;
        if (capture != NULL && !statistic->drawn && !is_empty(capture))
            print_part(statistic, capture);
        statistic->drawn = false;
        forget_frames(statistic);
    }
}

/* -- The listener ----------------------------------------------------------------------------- */

static void
reset(void *data)
{
    forget_frames(data);
}

static tap_packet_status
note_frame(void *data, packet_info *pinfo, epan_dissect_t *dissection, const void *tapped, tap_flags_t flags)
{
    (void)dissection;
    (void)tapped;
    (void)flags;
    struct statistic *statistic = data;
    int64_t time = packet_time(pinfo->abs_ts.secs, pinfo->abs_ts.nsecs);
    statistic->first_time = statistic->passed == 0 ? time : MIN(time, statistic->first_time);
    statistic->last_time = statistic->passed == 0 ? time : MAX(time, statistic->last_time);
    statistic->passed++;
    if (statistic->filter != NULL)
        g_hash_table_add(statistic->frames, GUINT_TO_POINTER(pinfo->num));
    return TAP_PACKET_DONT_REDRAW;
}

static void
draw(void *data)
{
    struct statistic *statistic = data;
    struct capture *capture = capture_current();
    if (capture == NULL)
        return;
    statistic->drawn = true;
    if (statistic->parts == 0)
        statistic->print(statistic, capture);
    else if (!is_empty(capture))
        print_part(statistic, capture);
}

/* "netcase[,KIND][,FILTER]". What is no kind is a filter. */
static const char *
parse_argument(const char *argument, struct statistic *statistic)
{
    const char *rest = strchr(argument, ',');
    statistic->print = print_text;
    if (rest == NULL)
        return NULL;
    rest++;
    size_t length = strcspn(rest, ",");
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, rest, length) == 0) {
            statistic->print = kinds[i].print;
            statistic->programs_read_it = kinds[i].programs_read_it;
            return rest[length] == ',' && rest[length + 1] != '\0' ? rest + length + 1 : NULL;
        }
    return *rest != '\0' ? rest : NULL;
}

static bool
start(const char *argument, void *data)
{
    (void)data;
    struct statistic *statistic = g_new0(struct statistic, 1);
    const char *filter = parse_argument(argument, statistic);

    statistic->frames = g_hash_table_new(g_direct_hash, g_direct_equal);
    statistic->filter = g_strdup(filter);
    GString *problem =
        register_tap_listener("frame", statistic, filter, TL_REQUIRES_ERROR_PACKETS, reset, note_frame, draw, NULL);
    if (problem == NULL) {
        if (statistic->programs_read_it)
            streams_listen(&statistic->listener);
        statistics = g_slist_append(statistics, statistic);
        return true;
    }
    fprintf(stderr, "netcase: -z %s: %s\n", argument, problem->str);
    g_string_free(problem, TRUE);
    g_hash_table_destroy(statistic->frames);
    g_free(statistic->filter);
    g_free(statistic);
    return false;
}
DEFINE_STATISTIC_START(netcase_start, start)

void
statistics_register(void)
{
    static stat_tap_ui report = {REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, "netcase", netcase_start, 0, NULL};
    register_stat_tap_ui(&report, NULL);
}
