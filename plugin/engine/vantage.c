/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/vantage.h"

void
vantage_note_unseen(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    bool *flag = packet->from_client ? &record->server_unseen : &record->client_unseen;
    struct host *sender = packet->from_client ? record->client_host : record->server_host;
    struct host *answerer = packet->from_client ? record->server_host : record->client_host;
    if (*flag)
        return;
    *flag = true;
    answerer->answers_unseen = true;
    sender->peers_unseen++;
    struct session *session = encapsulation_session(engine->encapsulation, packet->session);
    if (session != NULL)
        session->answered_unseen++;
    else
        engine->one_way_flows++;
}

/* A side that was taken for unseen shows up after all: its copies were only late. */
static void
take_back_unseen(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    bool *flag = packet->from_client ? &record->client_unseen : &record->server_unseen;
    struct host *other = packet->from_client ? record->server_host : record->client_host;
    const struct side *other_side = packet->from_client ? &record->flow.by_server : &record->flow.by_client;
    if (!*flag)
        return;
    *flag = false;
    other->peers_unseen--;
    struct session *session = encapsulation_session(engine->encapsulation, other_side->session);
    if (session != NULL)
        session->answered_unseen--;
    else
        engine->one_way_flows--;
}

/* The other side shows up after findings have said that nothing of it is here. */
static void
take_back_findings_of_one_side(struct engine *engine, struct flow_record *record)
{
    const GPtrArray *findings = store_findings(engine->store);
    for (guint i = 0; i < findings->len; i++) {
        struct finding *finding = g_ptr_array_index(findings, i);
        if (finding->flow == record->flow.number)
            finding_forget_facts(finding, FACT_unseen);
    }
    record->told_unseen = false;
}

void
vantage_note_side(struct engine *engine, struct flow_record *record, struct side *side, const struct packet *packet)
{
    const struct side *other = packet->from_client ? &record->flow.by_server : &record->flow.by_client;

    side->session = packet->session;
    if (packet->protocol != PROTOCOL_TCP)
        side->ttl = packet->ttl; /* of TCP see engine/tcp.c */
    (packet->from_client ? record->client_host : record->server_host)->seen = true;
    take_back_unseen(engine, record, packet);
    if (other->packets == 0)
        return;
    if (record->told_unseen)
        take_back_findings_of_one_side(engine, record);
    if (packet->session == 0)
        engine->two_way_flows++;
    else if (packet->session == other->session && encapsulation_session(engine->encapsulation, packet->session) != NULL)
        session_two_way(encapsulation_session(engine->encapsulation, packet->session));
}

/* An overlay shows both directions; a mirror is no blind one as long as nothing proves that it is. */
static bool
session_shows_answers(const struct engine *engine, uint32_t number)
{
    const struct session *session = encapsulation_session(engine->encapsulation, number);
    return session == NULL || session->role == SESSION_OVERLAY || session->answered_unseen == 0;
}

bool
vantage_shows_answers(const struct engine *engine, const struct flow_record *record, bool from_client)
{
    const struct flow *flow = &record->flow;
    const struct host *asker = from_client ? record->client_host : record->server_host;
    const struct host *answerer = from_client ? record->server_host : record->client_host;
    const struct side *sender = from_client ? &flow->by_client : &flow->by_server;

    if (from_client ? record->server_unseen : record->client_unseen)
        return false;
    if (answerer->answers_unseen && !answerer->seen)
        return false;
    if (sender->session != 0)
        return session_shows_answers(engine, sender->session);
    /* The answer of LVS-TUN leaves outside of the tunnel, maybe another way. */
    if (flow->in_ip_tunnel && !answerer->seen)
        return false;
    if (asker->peers_unseen > 0)
        return false;
    return engine->one_way_flows == 0 || engine->two_way_flows > 0;
}

/* What operating systems begin with. Clouds and containers do not change it in their networks. */
static bool
is_initial_ttl(uint8_t ttl)
{
    return ttl == 64 || ttl == 128 || ttl == 255;
}

/* The near side of a handshake answers in less than a tenth of the time that the far one takes. */
enum { NEAR_PART = 10 };

enum capture_point
vantage_capture_point(const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    const struct handshake *handshake = &flow->handshake;
    uint8_t client_ttl = flow->by_client.packets > 0 ? flow->by_client.ttl : record->client_host->ttl;
    uint8_t server_ttl = flow->by_server.packets > 0 ? flow->by_server.ttl : record->server_host->ttl;
    bool client_near = is_initial_ttl(client_ttl), server_near = is_initial_ttl(server_ttl);

    if (client_ttl != 0 && server_ttl != 0 && client_near != server_near)
        return client_near ? CAPTURED_AT_CLIENT : CAPTURED_AT_SERVER;
    if (handshake->syn_count == 1 && handshake->syn_ack_count == 1 && handshake->completed_frame != 0) {
        int64_t server_took = handshake->syn_ack_time - handshake->syn_time;
        int64_t client_took = handshake->completed_time - handshake->syn_ack_time;
        if (client_took < server_took / NEAR_PART)
            return CAPTURED_AT_CLIENT;
        if (server_took < client_took / NEAR_PART)
            return CAPTURED_AT_SERVER;
    }
    if (client_ttl != 0 && server_ttl != 0 && !client_near && !server_near)
        return CAPTURED_BETWEEN;
    /* Alone, the TTL of a client tells that it is near, but not that the server is not. */
    return server_ttl == 0 && client_near ? CAPTURED_AT_CLIENT : CAPTURED_ANYWHERE;
}
