/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/statistics_tree.h"

#include <string.h>

#include "engine/context.h"
#include "host/capture.h"
#include "host/findings_table.h"
#include "host/language.h"
#include "host/tables.h"
#include "report/sessions.h"
#include "report/text.h"
#include "report/timers.h"

/* Statistics > Netcase > ... */
#define MENU "Netcase" STATS_TREE_MENU_SEPARATOR

static int tap = -1;

void
statistics_tree_note(packet_info *pinfo, const GPtrArray *findings)
{
    tap_queue_packet(tap, pinfo, findings);
}

/* -- Findings: family, case, culprit ---------------------------------------------------------- */

/* So many findings of a case are listed by culprit, the others counted: what Wireshark does with a node takes as long as there
 * are others beside it. */
enum { LISTED_MAX = 1000 };

static int findings_root;

static const char *
findings_name(void)
{
    return translated("Findings", "诊断结果");
}

static void
start_findings(stats_tree *tree)
{
    findings_root = stats_tree_create_node(tree, findings_name(), 0, STAT_DT_INT, TRUE);
}

static char *
culprit_text(const struct finding *finding)
{
    const struct fact *about = finding_culprit(finding);
    char *who = about != NULL ? fact_text(about, language_current()) : g_strdup("-");
    char *text =
        text_in_network(who, engine_encapsulation(capture_current()->engine), finding->network, language_current());
    g_free(who);
    return text;
}

static void
count_culprit(stats_tree *tree, const struct finding *finding, int of_case)
{
    if (finding->place > LISTED_MAX) {
        tick_stat_node(tree, translated("more findings", "其余诊断结果"), of_case, FALSE);
        return;
    }
    char *culprit = culprit_text(finding);
    char *flow = g_strdup_printf(translated("flow %u", "会话 %u"), finding->flow);
    tick_stat_node(tree, flow, tick_stat_node(tree, culprit, of_case, TRUE), FALSE);
    g_free(culprit);
    g_free(flow);
}

static void
count_finding(stats_tree *tree, const struct finding *finding)
{
    char *family = g_strndup(finding->info->id, strcspn(finding->info->id, "."));
    char *title = finding_text(finding, TEXT_TITLE, language_current(), MARKUP_NONE);
    char *name = g_strdup_printf("%s: %s", finding->info->id, title);

    tick_stat_node(tree, findings_name(), 0, TRUE);
    int node = tick_stat_node(tree, family, findings_root, TRUE);
    count_culprit(tree, finding, tick_stat_node(tree, name, node, TRUE));
    g_free(family);
    g_free(title);
    g_free(name);
}

static tap_packet_status
count_findings(stats_tree *tree, packet_info *pinfo, epan_dissect_t *dissection, const void *findings,
               tap_flags_t flags)
{
    (void)pinfo;
    (void)dissection;
    (void)flags;
    for (guint i = 0; i < ((const GPtrArray *)findings)->len; i++)
        count_finding(tree, g_ptr_array_index((const GPtrArray *)findings, i));
    return TAP_PACKET_REDRAW;
}

/* -- Sessions and timers: what is known at the end of the capture ------------------------------ */

static int sessions_root, timers_root;

static const char *
sessions_name(void)
{
    return translated("Sessions", "会话");
}

static const char *
servers_name(void)
{
    return translated("Servers", "服务器");
}

/* Wireshark sets the numbers of a tree that was started to 0 before it hands over the packets, so they are set again at
 * the last one. In the only pass of tshark no frame is known to be the last. */
static bool
is_last_frame(const struct capture *capture, const packet_info *pinfo)
{
    return capture != NULL && pinfo->fd->visited &&
           frames_known(capture->frames, frame_place_of(pinfo)) == frames_newest(capture->frames);
}

static tap_packet_status
put_at_end(stats_tree *tree, const packet_info *pinfo, void (*put_all)(stats_tree *tree, const struct capture *capture))
{
    if (!is_last_frame(capture_current(), pinfo))
        return TAP_PACKET_DONT_REDRAW;
    put_all(tree, capture_current());
    return TAP_PACKET_REDRAW;
}

static int
put(stats_tree *tree, const char *name, int parent, bool with_children, uint64_t value)
{
    return set_stat_node(tree, name, parent, with_children, (int)MIN(value, G_MAXINT));
}

static void
put_session(stats_tree *tree, const struct session *session)
{
    enum language language = language_current();
    const char *role =
        session->role == SESSION_UNKNOWN ? translated("session", "会话") : session_role_name(session->role, language);
    char *source = address_text(&session->source), *target = address_text(&session->target);
    char *vni_name = tables_vni_name(session->vni);
    char *name =
        g_strdup_printf(translated("%u: %s, VNI %u%s%s, %s to %s", "%u：%s，VNI %u%s%s，%s 至 %s"), session->number,
                        role, session->vni, *vni_name != '\0' ? " " : "", vni_name, source, target);
    int node = put(tree, name, sessions_root, true, session->packets);
    put(tree, session_direction_name(DIRECTION_INGRESS, language), node, false, session->ingress);
    put(tree, session_direction_name(DIRECTION_EGRESS, language), node, false, session->egress);
    put(tree, translated("cut", "截断"), node, false, session->cut_packets);
    put(tree, translated("duplicates", "重复"), node, false, session->duplicates);
    put(tree, translated("gaps", "缺口"), node, false, session->gaps);
    g_free(source);
    g_free(target);
    g_free(vni_name);
    g_free(name);
}

static void
put_sessions(stats_tree *tree, const struct capture *capture)
{
    const GPtrArray *sessions = encapsulation_sessions(engine_encapsulation(capture->engine));
    uint64_t packets = 0;
    for (guint i = 0; i < sessions->len; i++) {
        put_session(tree, g_ptr_array_index(sessions, i));
        packets += ((const struct session *)g_ptr_array_index(sessions, i))->packets;
    }
    put(tree, sessions_name(), 0, true, packets);
}

static void
start_sessions(stats_tree *tree)
{
    sessions_root = stats_tree_create_node(tree, sessions_name(), 0, STAT_DT_INT, TRUE);
    if (capture_current() != NULL)
        put_sessions(tree, capture_current());
}

static tap_packet_status
count_sessions(stats_tree *tree, packet_info *pinfo, epan_dissect_t *dissection, const void *tapped, tap_flags_t flags)
{
    (void)dissection;
    (void)tapped;
    (void)flags;
    return put_at_end(tree, pinfo, put_sessions);
}

struct timer_tree {
    stats_tree *tree;
    struct engine *engine;
    unsigned servers;
};

static void
put_bracket(const struct known_server *server, const struct bracket *bracket, void *data)
{
    struct timer_tree *timers = data;
    enum language language = language_current();
    char *who = endpoint_in_network(&server->endpoint, engine_encapsulation(timers->engine), server->network, language);
    char *survived = idle_text(bracket->longest_survived, language);
    char *died = idle_text(bracket->shortest_died, language);
    char *name = g_strdup_printf(
        translated("%s: longest idle survived %s, shortest that died %s", "%s：最长存活空闲 %s，最短失效空闲 %s"), who,
        survived, died);
    put(timers->tree, name, timers_root, false, 1);
    timers->servers++;
    g_free(who);
    g_free(survived);
    g_free(died);
    g_free(name);
}

static void
put_timers(stats_tree *tree, const struct capture *capture)
{
    struct timer_tree timers = {.tree = tree, .engine = capture->engine};
    knowledge_each_bracket(capture->engine->knowledge, put_bracket, &timers);
    put(tree, servers_name(), 0, true, timers.servers);
}

static void
start_timers(stats_tree *tree)
{
    timers_root = stats_tree_create_node(tree, servers_name(), 0, STAT_DT_INT, TRUE);
    if (capture_current() != NULL)
        put_timers(tree, capture_current());
}

static tap_packet_status
count_timers(stats_tree *tree, packet_info *pinfo, epan_dissect_t *dissection, const void *tapped, tap_flags_t flags)
{
    (void)dissection;
    (void)tapped;
    (void)flags;
    return put_at_end(tree, pinfo, put_timers);
}

/* -- Registration ----------------------------------------------------------------------------- */

void
statistics_tree_register(void)
{
    tap = register_tap("netcase");
    if (program_has_windows())
        findings_table_register();
    else
        stats_tree_register_plugin("netcase", "netcase_findings", MENU "Findings", 0, count_findings, start_findings,
                                   NULL);
    stats_tree_register_plugin("frame", "netcase_sessions", MENU "Mirror Sessions", 0, count_sessions, start_sessions,
                               NULL);
    stats_tree_register_plugin("frame", "netcase_timers", MENU "Idle Timers", 0, count_timers, start_timers, NULL);
}
