/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/oddities.h"

#include <string.h>

#include "engine/context.h"
#include "engine/vantage.h"
#include "memory/table.h"

/* From where on a person wonders. */
static const int64_t pause_noted = SECONDS(3), connect_noted = SECONDS(1), silence_noted = SECONDS(5);

struct looking {
    const struct engine *engine;
    struct oddities *oddities;
    GHashTable *flows;   /* numbers of those with findings */
    struct table *hosts; /* servers with findings, and who scans or floods: what else happens to them is part of that */
    int64_t end;         /* of the capture */
};

/* A host in its network. Without holes. */
struct host_entry {
    uint32_t network;
    struct ip_address address;
    uint8_t zero[3];
};

static struct host_entry
host_entry(uint32_t network, const struct ip_address *address)
{
    struct host_entry entry;
    memset(&entry, 0, sizeof entry);
    entry.network = network;
    entry.address = *address;
    return entry;
}

static void
add_host(struct table *hosts, uint32_t network, const struct fact *fact)
{
    if (fact == NULL)
        return;
    struct host_entry entry = host_entry(network, &fact->endpoint.address);
    if (table_find(hosts, &entry) == NULL)
        table_add(hosts, g_memdup2(&entry, sizeof entry));
}

static bool
is_told_of(const struct looking *looking, const struct flow *flow)
{
    uint32_t network = engine_network(looking->engine, flow);
    struct host_entry client = host_entry(network, &flow->client.address);
    struct host_entry server = host_entry(network, &flow->server.address);
    return g_hash_table_contains(looking->flows, GUINT_TO_POINTER(flow->number)) ||
           table_find(looking->hosts, &client) != NULL || table_find(looking->hosts, &server) != NULL;
}

static void
note(const struct looking *looking, const struct flow *flow, struct oddity oddity)
{
    struct oddities *oddities = looking->oddities;
    oddity.flow = flow->number;
    oddity.client = flow->client;
    oddity.server = flow->server;
    if (oddities->count[oddity.kind]++ < ODDITIES_SHOWN)
        g_array_append_val(oddities->shown, oddity);
}

/* The other side answered with RST what this side had sent: a keepalive probe finds a dead connection too. */
static bool
note_reset(const struct looking *looking, const struct flow *flow, const struct side *sender, const struct side *other)
{
    const struct pending *pending = &sender->pending;
    if (pending->frame == 0 || other->rst_frame == 0 || other->rst_time < pending->time)
        return false;
    bool paused = pending->idle >= pause_noted;
    note(looking, flow,
         (struct oddity){.kind = paused ? ODD_RESET_AFTER_PAUSE : ODD_RESET,
                         .frame = other->rst_frame,
                         .from = pending->frame,
                         .time = paused ? pending->idle : other->rst_time - pending->time,
                         .when = other->rst_time,
                         .by_client = other == &flow->by_client});
    return true;
}

/* Data of a side that the other one has not taken when the capture ends. */
static bool
note_not_taken(const struct looking *looking, const struct flow *flow, const struct side *sender)
{
    const struct pending *pending = &sender->pending;
    if (pending->frame == 0 || pending->retransmissions == 0 || looking->end - pending->time < connect_noted)
        return false;
    note(looking, flow,
         (struct oddity){.kind = ODD_NOT_TAKEN,
                         .frame = pending->last_frame,
                         .from = pending->frame,
                         .count = pending->retransmissions + 1,
                         .time = looking->end - pending->time,
                         .when = pending->time,
                         .by_client = sender == &flow->by_client});
    return true;
}

/* The client asked last, its request was taken, and nothing followed. */
static void
note_silence(const struct looking *looking, const struct flow *flow)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    int64_t asked = client->last_payload_time;
    bool ended = client->fin_frame != 0 || client->rst_frame != 0 || server->fin_frame != 0 || server->rst_frame != 0;
    if (ended || client->last_payload_frame == 0 || server->last_payload_frame == 0 || client->pending.frame != 0 ||
        server->last_payload_time > asked || looking->end - asked < silence_noted)
        return;
    note(looking, flow,
         (struct oddity){
             .kind = ODD_SILENT, .frame = client->last_payload_frame, .time = looking->end - asked, .when = asked});
}

static void
note_handshake(const struct looking *looking, const struct flow *flow)
{
    const struct handshake *handshake = &flow->handshake;
    struct oddity oddity = {.frame = handshake->syn_frame, .count = handshake->syn_count, .when = handshake->syn_time};
    if (handshake->syn_ack_frame == 0) {
        if (flow->by_server.packets > 0 || flow->attempt.outcome != OUTCOME_UNKNOWN ||
            !vantage_shows_answers(looking->engine, (const struct flow_record *)flow, true) ||
            (handshake->syn_count < 2 && looking->end - handshake->syn_time < connect_noted))
            return;
        oddity.kind = ODD_NOT_CONNECTED;
    } else if (handshake->syn_ack_time - handshake->syn_time >= connect_noted) {
        oddity.kind = ODD_SLOW_CONNECT;
        oddity.from = handshake->syn_frame;
        oddity.frame = handshake->syn_ack_frame;
        oddity.time = handshake->syn_ack_time - handshake->syn_time;
    } else {
        return;
    }
    note(looking, flow, oddity);
}

static void
look_at_flow(const struct flow *flow, void *data)
{
    const struct looking *looking = data;
    if (flow->protocol != PROTOCOL_TCP || is_told_of(looking, flow))
        return;
    if (flow->handshake.syn_frame != 0)
        note_handshake(looking, flow);
    /* Where one direction was not captured, nothing is known to be missing. */
    if (flow->by_client.packets == 0 || flow->by_server.packets == 0)
        return;
    if (note_reset(looking, flow, &flow->by_client, &flow->by_server) ||
        note_reset(looking, flow, &flow->by_server, &flow->by_client))
        return;
    if (!note_not_taken(looking, flow, &flow->by_client) && !note_not_taken(looking, flow, &flow->by_server))
        note_silence(looking, flow);
}

static void
find_what_is_told(struct looking *looking)
{
    const GPtrArray *findings = store_findings(looking->engine->store);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        g_hash_table_add(looking->flows, GUINT_TO_POINTER(finding->flow));
        add_host(looking->hosts, finding->network, finding_fact(finding, FACT_server));
        if (g_str_has_prefix(finding->info->id, "flood."))
            add_host(looking->hosts, finding->network, finding_fact(finding, FACT_client));
    }
}

struct oddities *
oddities_new(const struct engine *engine)
{
    struct oddities *oddities = g_new0(struct oddities, 1);
    oddities->shown = g_array_new(FALSE, FALSE, sizeof(struct oddity));
    /* Flow numbers are the engine's own, so no sender of packets chooses where they fall. */
    struct looking looking = {engine, oddities, g_hash_table_new(g_direct_hash, g_direct_equal),
                              table_new(&engine->settings->hash_seed, sizeof(struct host_entry), g_free),
                              engine->last_time};
    find_what_is_told(&looking);
    flow_table_each(engine->flows, look_at_flow, &looking);
    g_hash_table_destroy(looking.flows);
    table_free(looking.hosts);
    return oddities;
}

void
oddities_free(struct oddities *oddities)
{
    if (oddities == NULL)
        return;
    g_array_unref(oddities->shown);
    g_free(oddities);
}

const char *
oddity_name(enum oddity_kind kind)
{
    static const char *const names[] = {
        [ODD_RESET_AFTER_PAUSE] = "reset_after_pause", [ODD_RESET] = "reset",
        [ODD_NOT_CONNECTED] = "not_connected",         [ODD_SLOW_CONNECT] = "slow_connect",
        [ODD_NOT_TAKEN] = "not_acknowledged",          [ODD_SILENT] = "silent",
    };
    return names[kind];
}

/* Filled in with what is measured. */
static const char *const sentences[ODD_KINDS][2] = {
    [ODD_RESET_AFTER_PAUSE] = {"frame {frame}: RST for what frame {from} sent to {server} after a pause of {time}",
                               "报文 {frame}：停顿 {time}后发往 {server} 的数据（报文 {from}）收到 RST"},
    [ODD_RESET] = {"frame {frame}: RST {time} after the data of frame {from}, connection to {server}",
                   "报文 {frame}：报文 {from} 的数据发出 {time}后收到 RST，连接目的 {server}"},
    [ODD_NOT_CONNECTED] = {"frame {frame}: no answer of {server} to {count} when the capture ends, too early to judge",
                           "报文 {frame}：抓包结束时 {server} 仍未应答 {count}，为时过短，无法判断"},
    [ODD_SLOW_CONNECT] = {"frame {frame}: {server} took {time} to accept the connection ({count})",
                          "报文 {frame}：{server} 用了 {time}才接受连接（{count}）"},
    [ODD_NOT_TAKEN] =
        {"frame {frame}: data sent {count} is not acknowledged {time} later, when the capture ends (connection to {server})",
         "报文 {frame}：数据已发送 {count}，{time}后抓包结束时仍未被确认（连接目的 {server}）"},
    [ODD_SILENT] = {"frame {frame}: {server} took the request and sends nothing for {time}, until the capture ends",
                    "报文 {frame}：{server} 已收到请求，但直到抓包结束 {time}内没有发送任何数据"},
};

/* Puts the value in the place of its name. Takes ownership of both. */
static char *
filled_in(char *text, const char *name, char *value)
{
    char **parts = g_strsplit(text, name, -1);
    char *filled = g_strjoinv(value, parts);
    g_strfreev(parts);
    g_free(text);
    g_free(value);
    return filled;
}

static char *
count_text(const struct oddity *oddity, enum language language)
{
    bool syns = oddity->kind != ODD_NOT_TAKEN;
    if (language == LANGUAGE_CHINESE)
        return g_strdup_printf(syns ? "%u 个 SYN" : "%u 次", oddity->count);
    if (!syns)
        return oddity->count == 2 ? g_strdup("twice") : g_strdup_printf("%u times", oddity->count);
    return g_strdup_printf(oddity->count == 1 ? "%u SYN" : "%u SYNs", oddity->count);
}

char *
oddity_text(const struct oddity *oddity, const struct report_view *view)
{
    enum language language = view->language;
    uint32_t frame = view->shown_frame(oddity->frame, view->data), from = view->shown_frame(oddity->from, view->data);
    char *text = g_strdup(sentences[oddity->kind][language]);
    text = filled_in(text, "{frame}", g_strdup_printf("%u", frame));
    text = filled_in(text, "{from}", g_strdup_printf("%u", from));
    text = filled_in(text, "{server}", endpoint_text(&oddity->server));
    text = filled_in(text, "{time}", duration_text(oddity->time, language));
    return filled_in(text, "{count}", count_text(oddity, language));
}
