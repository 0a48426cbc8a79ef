/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/summary.h"

#include "engine/context.h"
#include "engine/vantage.h"

/* The host that most flows were captured at, by vote: whoever has more than half of the votes is left at the end. */
struct place_vote {
    struct ip_address address;
    uint32_t lead;
};

struct summing {
    struct capture_summary *summary;
    struct place_vote vote;
    uint32_t judged, between, at_here,
        as_client; /* flows: that tell; of these, seen on their way; at the elected host, as its client */
};

/* Of a packet in a tunnel the way inside of it tells, not where the capture was made. */
static enum capture_point
place_of_flow(const struct flow *flow, struct ip_address *host)
{
    enum capture_point place =
        flow->path == 0 ? vantage_capture_point((const struct flow_record *)flow) : CAPTURED_ANYWHERE;
    *host = place == CAPTURED_AT_SERVER ? flow->server.address : flow->client.address;
    return place;
}

static void
vote(struct summing *summing, const struct flow *flow)
{
    struct ip_address host;
    enum capture_point place = place_of_flow(flow, &host);
    struct place_vote *votes = &summing->vote;
    summing->judged += place != CAPTURED_ANYWHERE;
    summing->between += place == CAPTURED_BETWEEN;
    if (place != CAPTURED_AT_CLIENT && place != CAPTURED_AT_SERVER)
        return;
    if (votes->lead == 0)
        votes->address = host;
    if (address_equal(&votes->address, &host))
        votes->lead++;
    else
        votes->lead--;
}

static void
count_votes(const struct flow *flow, void *data)
{
    struct summing *summing = data;
    struct ip_address host;
    enum capture_point place = place_of_flow(flow, &host);
    if ((place != CAPTURED_AT_CLIENT && place != CAPTURED_AT_SERVER) || !address_equal(&summing->vote.address, &host))
        return;
    summing->at_here++;
    summing->as_client += place == CAPTURED_AT_CLIENT;
}

static void
find_place(const struct engine *engine, struct summing *summing)
{
    struct capture_summary *summary = summing->summary;
    if (summing->vote.lead > 0)
        flow_table_each(engine->flows, count_votes, summing);
    if (summing->at_here * 2 > summing->judged) {
        summary->here = summing->vote.address;
        summary->place = summing->as_client * 2 >= summing->at_here ? CAPTURED_AT_CLIENT : CAPTURED_AT_SERVER;
    } else if (summing->between * 2 > summing->judged) {
        summary->place = CAPTURED_BETWEEN;
    }
}

static void
add_side(struct capture_summary *summary, const struct side *side)
{
    summary->bytes += side->bytes;
    summary->repeated_bytes += side->bytes > side->new_bytes ? side->bytes - side->new_bytes : 0;
}

static void
add_flow(const struct flow *flow, void *data)
{
    struct summing *summing = data;
    struct capture_summary *summary = summing->summary;
    summary->tunnelled_flows += flow->in_ip_tunnel;
    if (flow->protocol != PROTOCOL_TCP) {
        summary->udp_flows++;
        return;
    }
    vote(summing, flow);
    add_side(summary, &flow->by_client);
    add_side(summary, &flow->by_server);
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
        .dns_messages = engine->dns_messages,
        .http_messages = engine->http_messages,
        .flows = flow_table_count(engine->flows),
        .two_way_flows = engine->two_way_flows,
        .answered_unseen = engine->one_way_flows,
    };
    struct summing summing = {.summary = &summary};
    flow_table_each(engine->flows, add_flow, &summing);
    find_place(engine, &summing);
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
