/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/summary.h"

#include "engine/context.h"

static void
add_flow(const struct flow *flow, void *data)
{
    struct capture_summary *summary = data;
    if (flow->protocol != PROTOCOL_TCP) {
        summary->udp_flows++;
        return;
    }
    summary->tcp_flows++;
    summary->began_before += flow->began_before;
    summary->established += flow->handshake.completed_frame != 0;
    summary->tls_connections += flow->tls.client_hello;
    summary->tls_finished += flow->tls.client_hello && flow->tls.finished;
}

static void
add_session(struct capture_summary *summary, const struct session *session)
{
    summary->two_way_flows += session->two_way_flows;
    summary->answered_unseen += session->answered_unseen;
    summary->overlays += session->role == SESSION_OVERLAY;
    if (session->role != SESSION_MIRROR)
        return;
    summary->mirrors++;
    summary->one_way_mirrors += session->two_way_flows == 0;
}

struct capture_summary
summary_of(const struct engine *engine)
{
    const GPtrArray *sessions = encapsulation_sessions(engine->encapsulation);
    struct capture_summary summary = {
        .packets = engine->packets,
        .first_time = engine->packets > 0 ? engine->first_time : 0,
        .last_time = engine->last_time,
        .duplicates = engine->duplicate_packets,
        .cut = engine->cut_packets,
        .gaps = engine->gaps,
        .flows = flow_table_count(engine->flows),
        .two_way_flows = engine->two_way_flows,
        .answered_unseen = engine->one_way_flows,
    };
    flow_table_each(engine->flows, add_flow, &summary);
    for (guint i = 0; i < sessions->len; i++)
        add_session(&summary, g_ptr_array_index(sessions, i));
    return summary;
}

enum visibility
summary_visibility(const struct capture_summary *summary)
{
    if (summary->two_way_flows > 0)
        return summary->answered_unseen > 0 ? VISIBLE_MIXED : VISIBLE_BOTH;
    return summary->answered_unseen > 0 ? VISIBLE_ONE : VISIBLE_UNKNOWN;
}

const char *
visibility_name(enum visibility visibility)
{
    static const char *const names[] = {"unknown", "both", "mixed", "one"};
    return names[visibility];
}
