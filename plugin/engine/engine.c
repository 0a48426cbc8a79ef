/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/engine.h"

#include <stddef.h>

#include "engine/attempts.h"
#include "engine/context.h"
#include "engine/controls.h"
#include "engine/corrupt.h"
#include "engine/losses.h"
#include "engine/rates.h"
#include "engine/tcp.h"
#include "engine/vantage.h"
#include "findings/replacements.h"
#include "memory/arena.h"
#include "wire/dns_message.h"
#include "wire/headers.h"
#include "wire/http_message.h"
#include "wire/packet_time.h"

enum { PORT_NETBIOS = 137, PORT_MDNS = 5353, PORT_LLMNR = 5355 };
enum { PORT_DNS = 53, PORT_GENEVE = 6081, TLS_SHORT = 256 };
enum { PROTOCOL_IPIP = 4, PROTOCOL_6IN4 = 41 };

/* One packet of so many is sampled: a prime, so that no rhythm of the traffic falls in with it. */
enum { SAMPLE_EACH = 13 };

/* Shorter idle times say nothing about a server's timer. */
static const int64_t SURVIVAL_NOTED = SECONDS(1);

/* For each event the detectors that see it. */
static void
prepare_dispatch(struct engine *engine)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        if (catalogue_detectors[i]->sees & SEES_OUTCOME)
            detector_set_add(&engine->outcome_watchers, i);
        for (unsigned event = 0; event < EVENTS; event++)
            if (catalogue_detectors[i]->sees & 1u << event)
                detector_set_add(&engine->watchers[event], i);
        if (catalogue_detectors[i]->on_query != NULL)
            detector_set_add(&engine->query_watchers, i);
        if (catalogue_detectors[i]->on_neighbour != NULL)
            detector_set_add(&engine->neighbour_watchers, i);
        if (catalogue_detectors[i]->on_source != NULL)
            detector_set_add(&engine->source_watchers, i);
        if (catalogue_detectors[i]->on_server != NULL)
            detector_set_add(&engine->server_watchers, i);
    }
}

/* What each detector asks for again and again, by its number. */
static void
prepare_numbers(struct engine *engine)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        engine->threshold_numbers[i] = catalogue_threshold_number(i, 0);
        engine->flow_state_places[i] = engine->flow_state_size;
        engine->flow_state_size += arena_aligned(catalogue_detectors[i]->flow_state_size);
    }
}

/* How long a query that is not sent again is waited for: the user sets it for the case that tells of it. */
static int64_t
query_patience(const struct settings *settings)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        if (detector->query_patience != NULL) {
            size_t threshold = (size_t)(detector->query_patience - detector->thresholds);
            return SECONDS(settings->thresholds[catalogue_threshold_number(i, threshold)]);
        }
    }
    return SECONDS(5); /* resolv.conf(5) */
}

struct engine *
engine_new(const struct settings *settings)
{
    struct engine *engine = g_new0(struct engine, 1);
    engine->settings = settings;
    engine->first_time = PACKET_TIME_MAX;
    prepare_dispatch(engine);
    prepare_numbers(engine);
    engine->no_flow = g_malloc0(sizeof *engine->no_flow + engine->flow_state_size);
    engine->flows = flow_table_new(&settings->hash_seed, engine->flow_state_size);
    engine->encapsulation = encapsulation_new(&settings->hash_seed);
    engine->duplicates = duplicates_new();
    engine->knowledge = knowledge_new(settings);
    engine->names = names_new(&settings->hash_seed);
    engine->queries = queries_new(&settings->hash_seed, query_patience(settings));
    engine->store = store_new(&settings->hash_seed);
    engine->causes = causes_new(engine->store, &case_relations, &settings->hash_seed);
    engine->replacements = replacements_new(engine->store, &settings->hash_seed);
    engine->capture_states = g_new0(void *, catalogue_detector_count + 1);
    engine->keyed_states = g_new0(struct keyed *, catalogue_detector_count + 1);
    engine->wakes = wakes_new();
    engine->attempts = attempts_new();
    engine->strays = strays_new(&settings->hash_seed);
    engine->controls = controls_new(&settings->hash_seed);
    engine->rates = rates_new(&settings->hash_seed);
    return engine;
}

void
engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        g_free(engine->capture_states[i]);
        keyed_free(engine->keyed_states[i]);
    }
    g_free(engine->no_flow);
    g_free(engine->capture_states);
    g_free(engine->keyed_states);
    rates_free(engine->rates);
    controls_free(engine->controls);
    strays_free(engine->strays);
    attempts_free(engine->attempts);
    wakes_free(engine->wakes);
    replacements_free(engine->replacements);
    causes_free(engine->causes);
    store_free(engine->store);
    queries_free(engine->queries);
    names_free(engine->names);
    knowledge_free(engine->knowledge);
    duplicates_free(engine->duplicates);
    encapsulation_free(engine->encapsulation);
    flow_table_free(engine->flows);
    g_free(engine);
}

struct store *
engine_store(struct engine *engine)
{
    return engine->store;
}

struct causes *
engine_causes(struct engine *engine)
{
    return engine->causes;
}

struct encapsulation *
engine_encapsulation(struct engine *engine)
{
    return engine->encapsulation;
}

const struct flow_table *
engine_flows(const struct engine *engine)
{
    return engine->flows;
}

static void
note_totals(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct flow *flow = &record->flow;
    struct side *side = packet->from_client ? &flow->by_client : &flow->by_server;

    if (side->packets == 0)
        vantage_note_side(engine, record, side, packet);
    side->packets++;
    side->bytes += packet->payload.length;
    side->last_frame = packet->frame;
    side->last_time = packet->time;
    flow->last_frame = packet->frame;
    flow->last_time = packet->time;
    flow->in_ip_tunnel |= packet->in_ip_tunnel;
}

/* -- Protocol facts --------------------------------------------------------------------------- */

/* Whether a segment is worth reading: most of what is not TLS shows that by its first bytes. A hello may
 * come in pieces of any size (some clients split it, to pass filters). */
static bool
may_be_tls(const struct tls_connection *tls, const struct tls_side *sender, bool opening, const struct payload *payload)
{
    if (tls->seen || sender->synchronised || tls_record_begins(payload->bytes, payload->captured))
        return true;
    return opening && payload->length < 3 && payload->captured > 0 && payload->bytes[0] == TLS_HANDSHAKE;
}

/* Bytes that come late, behind a later packet, where the next record of the side begins or goes on. */
static bool
is_awaited(const struct tls_side *side, const struct packet *packet)
{
    uint32_t ahead = side->next_sequence + side->header_length - packet->sequence;
    return packet->fills_hole && (!side->synchronised || ahead < packet->payload.length);
}

static void
follow_tls(struct engine *engine, struct flow_record *record, struct packet *packet, struct tls_records *records)
{
    struct flow *flow = &record->flow;
    const struct side *sender = packet->from_client ? &flow->by_client : &flow->by_server;
    bool opening = flow->handshake.completed_frame != 0 && sender->new_bytes == packet->new_bytes;

    /* Bulk data after the handshake says nothing: the goodbye of an idle connection is short. */
    struct tls_side *mine = packet->from_client ? &record->tls_client : &record->tls_server;
    if ((packet->new_bytes == 0 && !is_awaited(mine, packet)) || record->not_tls ||
        (flow->tls.finished && packet->payload.length > TLS_SHORT && !(packet->flags & TCP_FIN)))
        return;
    if (!may_be_tls(&flow->tls, mine, opening, &packet->payload)) {
        record->not_tls = opening;
        return;
    }
    const struct tls_side *other = packet->from_client ? &record->tls_server : &record->tls_client;
    bool spoken_before = flow->tls.server_hello, finished_before = flow->tls.finished;
    /* Data in a SYN (TCP Fast Open) comes behind its sequence number (RFC 7413, 2.1). */
    uint32_t first = packet->sequence + ((packet->flags & TCP_SYN) != 0);
    if (tls_stream_read(&flow->tls, mine, other, packet->from_client, opening, first, &packet->payload, packet->frame,
                        packet->time, records))
        packet->tls = records;
    flow->tls.client_data = record->tls_client.payload_records > 0;
    if (!spoken_before && flow->tls.server_hello)
        knowledge_add_tls_server(engine->knowledge, engine_network(engine, flow), &flow->server);
    if (!finished_before && flow->tls.finished)
        controls_note_tls(engine, flow, packet);
}

/* How soon the two answered where the capture was made: of packets sent once. */
static void
note_answer_times(struct flow_record *record)
{
    const struct handshake *handshake = &record->flow.handshake;
    int64_t by_server = handshake->syn_ack_time - handshake->syn_time;
    int64_t by_client = handshake->completed_time - handshake->syn_ack_time;
    struct host *server = record->server_host, *client = record->client_host;

    if (handshake->syn_count != 1 || handshake->syn_ack_count != 1)
        return;
    if (by_server > 0 && (server->answer_time == 0 || by_server < server->answer_time))
        server->answer_time = by_server;
    if (by_client > 0 && (client->answer_time == 0 || by_client < client->answer_time))
        client->answer_time = by_client;
}

/* A connection that paused and went on: so did its server, from the connection's beginning to now. */
static void
bracket_note_survived(struct bracket *bracket, const struct flow *flow, const struct packet *packet, int64_t idle)
{
    if (idle > bracket->longest_survived)
        bracket->longest_survived = idle;
    bracket->lived = (struct lived){.from = flow->first_time, .to = packet->time, .frame = packet->frame};
}

/* The near one of two hosts may talk to others that are nearer still, so the longer of their shortest counts. */
static void
note_round_trip(struct flow_record *record)
{
    struct flow *flow = &record->flow;
    int64_t *client = &record->client_host->round_trip, *server = &record->server_host->round_trip;

    /* With a repeated SYN or SYN-ACK it is open which of them was answered. */
    if (flow->round_trip == 0 || flow->handshake.syn_count > 1 || flow->handshake.syn_ack_count > 1)
        return;
    if (*client != 0 && *server != 0)
        flow->usual_round_trip = *client > *server ? *client : *server;
    if (*client == 0 || flow->round_trip < *client)
        *client = flow->round_trip;
    if (*server == 0 || flow->round_trip < *server)
        *server = flow->round_trip;
}

/* What the server calls itself, up to its version: of the first answer of each connection. */
static void
note_product(struct engine *engine, const struct flow *flow, const struct packet *packet)
{
    struct bracket *bracket = engine_bracket(engine, flow);
    struct http_text server =
        bracket->product[0] == '\0' ? http_message_server(&packet->payload) : (struct http_text){0};
    for (unsigned i = 0; i < server.length && i < sizeof bracket->product - 1; i++) {
        if (!g_ascii_isalnum(server.bytes[i]) && server.bytes[i] != '-')
            break;
        bracket->product[i] = server.bytes[i];
    }
}

/* The first segment of a message. Requests behind others in one segment (pipelining) are not seen. */
static void
follow_http(struct engine *engine, const struct flow *flow, struct packet *packet, struct http_message *message)
{
    if (!http_message_begins(&packet->payload) || packet->new_bytes != packet->payload.length || flow->tls.seen ||
        !http_message_read(&packet->payload, message))
        return;
    packet->http = message;
    if (message->response && flow->by_server.new_bytes == packet->new_bytes)
        note_product(engine, flow, packet);
}

static void
take_tcp(struct engine *engine, struct flow_record *record, struct packet *packet, const struct payload *segment,
         struct tls_records *records, struct http_message *http)
{
    corrupt_note_checksum(packet, segment, packet->from_client ? record->client_host : record->server_host);
    struct tcp_events events = tcp_follow(record, packet);
    losses_follow(record, packet);
    struct flow *flow = &record->flow;

    if (events.answered_unseen)
        vantage_note_unseen(engine, record, packet);
    if (events.survived_idle > SURVIVAL_NOTED) {
        struct bracket *bracket = engine_bracket(engine, flow);
        bracket_note_survived(bracket, flow, packet, events.survived_idle);
        if (events.survived_idle > flow->survived)
            flow->survived = events.survived_idle;
    }
    if (events.gap) {
        engine->gaps++;
        struct session *session = encapsulation_session(engine->encapsulation, packet->session);
        if (session != NULL)
            session->gaps++;
    }
    if (events.completed) {
        knowledge_add_peer(engine->knowledge, &flow->server.address, false);
        note_round_trip(record);
        note_answer_times(record);
    }
    if (packet->payload.length > 0) {
        follow_tls(engine, record, packet, records);
        follow_http(engine, flow, packet, http);
        engine->http_messages += packet->http != NULL;
    }
}

/* DNS is spoken on any port behind which somebody translates it to 53. The name services of a local network have the same
 * format and other rules: that nobody answers is normal there. */
static bool
may_be_dns(struct flow_record *record, const struct packet *packet)
{
    uint16_t port = packet->destination.port;
    if (port == PORT_DNS || packet->source.port == PORT_DNS)
        return true;
    if (!record->speaks_dns && packet->from_client && port != PORT_NETBIOS && port != PORT_MDNS && port != PORT_LLMNR)
        record->speaks_dns = dns_message_is_query(&packet->payload);
    return record->speaks_dns;
}

static struct query_news
take_udp(struct engine *engine, struct flow_record *record, struct packet *packet, struct dns_message *message)
{
    struct flow *flow = &record->flow;
    packet->quiet = packet->time > flow->last_time ? packet->time - flow->last_time : 0;
    if (!packet->from_client && flow->by_server.packets == 0 && flow->by_client.packets > 0)
        knowledge_add_peer(engine->knowledge, &flow->server.address, flow->server.port == PORT_DNS);
    if (!may_be_dns(record, packet))
        return (struct query_news){0};
    if (dns_message_read(&packet->payload, message)) {
        packet->dns = message;
        engine->dns_messages++;
        names_learn(engine->names, engine_network(engine, flow), packet);
    }
    return queries_take(engine->queries, flow, &record->newest_query, packet);
}

/* -- The way of one packet -------------------------------------------------------------------- */

/* What the packet is, in the bits of detector.sees. */
static unsigned
events_of(const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL)
        return SEES_ICMP;
    unsigned events = (packet->sampled ? SEES_SAMPLED : 0) | (packet->session != 0 ? SEES_SESSION : 0);
    if (packet->protocol != PROTOCOL_TCP)
        return events | SEES_UDP | (packet->dns != NULL ? SEES_DNS : 0);
    const struct side *sender = flow_sender(flow, packet);
    events |= SEES_TCP | (sender->closed_window ? SEES_CLOSED : 0);
    if (packet->new_bytes > 0)
        events |= (packet->from_client ? SEES_CLIENT_DATA : 0) |
                  (sender->new_bytes == packet->new_bytes ? SEES_FIRST_DATA : 0) |
                  (packet->http != NULL ? SEES_HTTP : 0) | (packet->tls != NULL ? SEES_TLS : 0);
    if (packet->flags & TCP_SYN)
        events |= SEES_SYN;
    if (packet->flags & (TCP_FIN | TCP_RST))
        events |= SEES_END;
    if (packet->retransmission || packet->keepalive_probe)
        events |= SEES_REPEATED;
    if (packet->revives)
        events |= SEES_REVIVED;
    if (packet->released != 0)
        events |= SEES_RELEASED;
    if (flow->handshake.completed_frame == packet->frame)
        events |= SEES_COMPLETED;
    if (sender->rst_frame != 0)
        events |= SEES_AFTER_RESET;
    return events;
}

static void
show_detectors(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct context context = {.engine = engine, .record = record, .packet = packet, .session = packet->session};
    bool reversed = engine->settings->detectors_reversed;
    struct detector_set waiting = {{0}};
    for (unsigned events = events_of(&record->flow, packet); events != 0; events &= events - 1)
        detector_set_add_all(&waiting, &engine->watchers[__builtin_ctz(events)]);
    while (detector_set_take(&waiting, reversed, &context.detector)) {
        const struct detector *detector = catalogue_detectors[context.detector];
        if (!packet->duplicate || (detector->sees & SEES_DUPLICATES))
            detector->on_packet(&context, &record->flow, packet);
    }
}

static void
tell_outcome(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct context context = {
        .engine = engine, .record = record, .packet = packet, .session = flow_session(&record->flow)};
    bool reversed = engine->settings->detectors_reversed;
    struct detector_set waiting = engine->outcome_watchers;
    while (detector_set_take(&waiting, reversed, &context.detector))
        catalogue_detectors[context.detector]->on_outcome(&context, &record->flow);
}

/* After the packet was shown, so that an answer is never missed by the wait for it. */
static void
tell_outcomes_due(struct engine *engine, const struct packet *packet)
{
    for (struct flow_record *due; (due = attempts_due(engine, packet)) != NULL;)
        tell_outcome(engine, due, packet);
}

/* The same for what detectors wait for. */
static void
wake_detectors(struct engine *engine, const struct packet *packet)
{
    struct wake wake;
    while (wakes_take(engine->wakes, packet->time, &wake)) {
        struct flow_record *record = flow_table_by_number(engine->flows, wake.flow);
        if (record == NULL)
            continue;
        struct context context = {.engine = engine,
                                  .record = record,
                                  .packet = packet,
                                  .session = flow_session(&record->flow),
                                  .detector = wake.detector};
        catalogue_detectors[wake.detector]->on_wake(&context, &record->flow, packet->time);
    }
}

static void
tell_query(struct engine *engine, struct flow_record *record, const struct packet *packet, uint32_t session,
           const struct query_news *news)
{
    struct context context = {.engine = engine, .record = record, .packet = packet, .session = session};
    bool reversed = engine->settings->detectors_reversed;
    struct detector_set waiting = engine->query_watchers;
    while (detector_set_take(&waiting, reversed, &context.detector))
        catalogue_detectors[context.detector]->on_query(&context, &record->flow, news->query, news->event);
    queries_told(news);
}

/* As wake_detectors(): the answer that is in this packet was taken in before. */
static void
give_queries_up(struct engine *engine, const struct packet *packet)
{
    struct query_news news;
    while ((news = queries_over(engine->queries, packet->time)).query != NULL) {
        struct flow_record *record = flow_table_by_number(engine->flows, news.flow);
        if (record != NULL) /* else it was forgotten in a flood of flows, and there is nothing to report it for */
            tell_query(engine, record, packet, flow_session(&record->flow), &news);
    }
}

static void
show_source(struct context *context, struct source_rate *source, int64_t now)
{
    bool reversed = context->engine->settings->detectors_reversed;
    struct detector_set waiting = context->engine->source_watchers;
    context->rate = &source->rate;
    context->shows_server = false;
    while (detector_set_take(&waiting, reversed, &context->detector))
        catalogue_detectors[context->detector]->on_source(context, &context->record->flow, source, now);
}

static void
show_server(struct context *context, struct server_rate *server, int64_t now)
{
    bool reversed = context->engine->settings->detectors_reversed;
    struct detector_set waiting = context->engine->server_watchers;
    context->rate = &server->rate;
    context->shows_server = true;
    while (detector_set_take(&waiting, reversed, &context->detector))
        catalogue_detectors[context->detector]->on_server(context, &context->record->flow, server, now);
}

/* The source first: what one that is found out tries says nothing about its victims. */
static void
follow_rates(struct engine *engine, struct flow_record *record, const struct packet *packet, bool decided)
{
    struct rate_news news = {.event = rates_event(&record->flow, packet, decided)};
    struct context context = {.engine = engine, .record = record, .packet = packet, .session = packet->session};

    if (news.event == RATE_NOTHING)
        return;
    struct source_rate *source = rates_note_source(engine, &record->flow, packet, &news);
    if (source != NULL)
        show_source(&context, source, packet->time);
    struct server_rate *server = rates_note_server(engine, &record->flow, packet, &news);
    if (server != NULL)
        show_server(&context, server, packet->time);
}

static void
show_rates_due(struct engine *engine, const struct packet *packet)
{
    struct rate_due due = {0};
    while (rates_due(engine, packet, &due)) {
        struct context context = {
            .engine = engine, .record = due.record, .packet = packet, .session = flow_session(&due.record->flow)};
        if (due.source != NULL)
            show_source(&context, due.source, due.time);
        else
            show_server(&context, due.server, due.time);
    }
}

/* Clocks are set back: the first packet need not be the earliest. A corrupt packet counts as well: it was there. */
static void
count_packet(struct engine *engine, int64_t time)
{
    engine->packets++;
    if (time < engine->first_time)
        engine->first_time = time;
    if (time > engine->last_time)
        engine->last_time = time;
}

static void
show(struct engine *engine, struct flow_record *record, const struct packet *packet, bool decided)
{
    show_detectors(engine, record, packet);
    if (decided || (packet->flags & TCP_SYN))
        follow_rates(engine, record, packet, decided);
    if (decided)
        tell_outcome(engine, record, packet);
    tell_outcomes_due(engine, packet);
    if (engine->wakes->next <= packet->time)
        wake_detectors(engine, packet);
    if (rates_next(engine->rates) <= packet->time)
        show_rates_due(engine, packet);
    if (queries_next(engine->queries) <= packet->time)
        give_queries_up(engine, packet);
    replacements_settle(engine->replacements, packet->frame);
}

/* Count the packet in its session, and look whether another session brought it before. */
static void
count_session(struct engine *engine, struct packet *packet, bool flow_started)
{
    struct session *session = encapsulation_session(engine->encapsulation, packet->session);
    if (session == NULL) {
        if (!packet->duplicate)
            engine->outside_bytes += packet->ip_length;
        return;
    }
    session_count(session, packet);
    session->flows += flow_started;
    const struct sighting *elsewhere = duplicates_check(engine->duplicates, packet, 0);
    if (elsewhere != NULL) {
        session->duplicates++;
        packet->copy_of = elsewhere->frame;
        packet->copy_session = elsewhere->session;
    }
}

static void
take_sample(struct engine *engine, struct packet *packet)
{
    if (engine->until_sample-- > 0)
        return;
    engine->until_sample = SAMPLE_EACH - 1;
    packet->sampled = true;
}

/* Whether the packet can't be believed. Its control bits are taken away, so that it begins no flow. */
static bool
is_corrupt(struct engine *engine, struct arrival *arrival)
{
    struct packet *packet = &arrival->packet;
    if (packet->protocol != PROTOCOL_TCP || (packet->flags & (TCP_SYN | TCP_RST)) == 0)
        return false;
    const struct host *sender = flow_table_host(engine->flows, arrival->place.path, &packet->source.address);
    if (!corrupt_flags(packet) && !corrupt_checksum(packet, &arrival->transport, sender))
        return false;
    packet->flags &= (uint8_t) ~(TCP_SYN | TCP_RST | TCP_FIN);
    return true;
}

static struct arrival_result
take_packet(struct engine *engine, struct arrival *arrival)
{
    struct packet *packet = &arrival->packet;
    struct tls_records records; /* filled where TLS is read */
    struct dns_message message; /* filled where DNS is read */
    struct http_message http;   /* filled where HTTP is read */
    struct query_news news = {0};
    bool started, decided = false;

    packet->session = arrival->place.session;
    packet->in_ip_tunnel = arrival->place.in_ip_tunnel;
    if (packet->in_ip_tunnel) {
        packet->tunnel_source = arrival->place.tunnel_source;
        packet->tunnel_destination = arrival->place.tunnel_destination;
    }
    packet->ip_length = arrival->ip_length;
    packet->missing = arrival->ip_length - arrival->ip_present;
    packet->frame_length = arrival->place.frame_length;
    bool corrupt = is_corrupt(engine, arrival);
    struct flow_record *record = flow_table_get(engine->flows, packet, arrival->place.path, &started);
    if (started && packet->protocol == PROTOCOL_TCP && !corrupt)
        record = strays_begin(engine->strays, engine->flows, record, packet);
    const struct sighting *original = duplicates_check(engine->duplicates, packet, record->flow.number);
    packet->duplicate = original != NULL;
    packet->copy_age = original != NULL ? packet->time - original->time : 0;
    count_packet(engine, packet->time);
    engine->duplicate_packets += packet->duplicate;
    engine->cut_packets += packet->payload.captured < packet->payload.length;
    count_session(engine, packet, started);
    if (corrupt)
        return (struct arrival_result){.flow = record->flow.number};

    if (!packet->duplicate) {
        take_sample(engine, packet);
        /* Facts of the protocol first: they compare with what the flow was before this packet. */
        if (packet->protocol == PROTOCOL_TCP)
            take_tcp(engine, record, packet, &arrival->transport, &records, &http);
        else
            news = take_udp(engine, record, packet, &message);
        note_totals(engine, record, packet);
        decided = packet->protocol == PROTOCOL_TCP && attempts_follow(engine, record, packet);
    }
    if (news.query != NULL)
        tell_query(engine, record, packet, packet->session, &news);
    struct arrival_result result = {.flow = record->flow.number};
    show(engine, record, packet, decided); /* which may wake others, and pack this record */
    return result;
}

/* VXLAN (RFC 7348) on the ports that the user gave, GENEVE (RFC 8926) on its own. */
static bool
enter_udp_tunnel(struct engine *engine, struct arrival *arrival)
{
    const struct packet *packet = &arrival->packet;
    struct payload inner;
    uint32_t vni;
    uint16_t protocol;
    enum session_kind kind;

    if (port_set_has(&engine->settings->vxlan_ports, packet->destination.port) &&
        wire_read_vxlan(&packet->payload, &vni, &inner))
        kind = SESSION_VXLAN;
    else if (packet->destination.port == PORT_GENEVE && wire_read_geneve(&packet->payload, &vni, &protocol, &inner))
        kind = SESSION_GENEVE;
    else
        return false;
    arrival->inner = encapsulation_enter(engine->encapsulation, &arrival->place, kind, &packet->source.address,
                                         &packet->destination.address, vni, inner.length);
    return true;
}

struct arrival_result
engine_transport(struct engine *engine, struct arrival *arrival)
{
    struct packet *packet = &arrival->packet;
    const struct arrival_result nothing = {0};

    if (packet->protocol == PROTOCOL_TCP)
        return wire_read_tcp(&arrival->transport, packet) ? take_packet(engine, arrival) : nothing;
    if (packet->protocol != PROTOCOL_UDP || !wire_read_udp(&arrival->transport, packet))
        return nothing;
    if (enter_udp_tunnel(engine, arrival))
        return (struct arrival_result){.encapsulates = true};
    return take_packet(engine, arrival);
}

struct arrival_result
engine_gre(struct engine *engine, struct arrival *arrival)
{
    const struct packet *packet = &arrival->packet;
    const struct arrival_result result = {.encapsulates = true};
    struct gre_header gre;
    struct payload inner;

    if (!wire_read_gre(&arrival->transport, &gre, &inner) || (!gre.erspan && !gre.has_key)) {
        arrival->inner = place_in_ip_tunnel(&arrival->place, packet);
        return result;
    }
    arrival->inner = encapsulation_enter(
        engine->encapsulation, &arrival->place, gre.erspan ? SESSION_ERSPAN : SESSION_GRE, &packet->source.address,
        &packet->destination.address, gre.erspan ? gre.erspan_session : gre.key, inner.length);
    return result;
}

/* -- Neighbours ------------------------------------------------------------------------------- */

/* They are no traffic that a detector of flows could mistake for some, and so they wake nobody. */
static void
tell_neighbour(struct engine *engine, const struct arrival *arrival, struct neighbour *message)
{
    const struct packet *packet = &arrival->packet;
    struct context context = {
        .engine = engine, .record = engine->no_flow, .packet = packet, .session = arrival->place.session};
    bool reversed = engine->settings->detectors_reversed;
    struct detector_set waiting = engine->neighbour_watchers;

    message->frame = packet->frame;
    message->time = packet->time;
    message->segment = arrival->segment;
    engine->no_flow->flow.path = arrival->place.path;
    while (detector_set_take(&waiting, reversed, &context.detector))
        catalogue_detectors[context.detector]->on_neighbour(&context, message);
}

void
engine_arp(struct engine *engine, const struct arrival *arrival)
{
    struct neighbour message;
    if (wire_read_arp(&arrival->transport, &message))
        tell_neighbour(engine, arrival, &message);
}

/* -- ICMP errors ------------------------------------------------------------------------------ */

/* The flow of a packet that an ICMP error quotes: where the error itself is, or outside of the tunnel that
 * the packet was in. */
static struct flow_record *
quoted_flow(struct engine *engine, const struct arrival *arrival, const struct packet *quoted)
{
    struct flow_record *record = flow_table_find(engine->flows, quoted, arrival->place.path);
    if (record == NULL && arrival->place.path != 0)
        record = flow_table_find(engine->flows, quoted, 0);
    return record;
}

void
engine_icmp(struct engine *engine, struct arrival *arrival)
{
    struct packet *packet = &arrival->packet;
    struct packet quoted = {0};
    struct icmp_error error = {.ipv6 = packet->protocol == PROTOCOL_ICMPV6};
    struct neighbour message;

    if (error.ipv6 && wire_read_neighbour(&arrival->transport, packet, &message))
        tell_neighbour(engine, arrival, &message);
    if (!wire_read_icmp_quote(&arrival->transport, &error, &quoted))
        return;
    struct flow_record *record = quoted_flow(engine, arrival, &quoted);
    if (record == NULL)
        return;
    if (record->flow.icmp_error_frame == 0)
        record->flow.icmp_error_frame = packet->frame;
    packet->icmp = &error;
    packet->session = arrival->place.session;
    packet->ip_length = arrival->ip_length;
    packet->from_client = endpoint_equal(&quoted.source, &record->flow.client);
    if (packet->from_client)
        queries_settle(engine->queries, record->newest_query);
    count_packet(engine, packet->time);
    show(engine, record, packet, attempts_follow(engine, record, packet));
    packet->icmp = NULL;
}

/* From an IPIP or 6in4 packet to the one in it. */
static bool
open_ip_tunnel(struct arrival *arrival, struct payload *ip)
{
    arrival->place = place_in_ip_tunnel(&arrival->place, &arrival->packet);
    *ip = arrival->transport;
    return wire_read_ip(ip, &arrival->packet, &arrival->transport);
}

struct arrival_result
engine_ethernet(struct engine *engine, struct arrival *arrival, const struct payload *frame)
{
    struct arrival_result nothing = {0};
    struct payload ip;

    if (!wire_read_ethernet(frame, &ip))
        return nothing;
    if (!wire_read_ip(&ip, &arrival->packet, &arrival->transport)) {
        arrival->transport = ip;
        engine_arp(engine, arrival);
        return nothing;
    }
    if ((arrival->packet.protocol == PROTOCOL_IPIP || arrival->packet.protocol == PROTOCOL_6IN4) &&
        !open_ip_tunnel(arrival, &ip))
        return nothing;
    uint32_t header = (uint32_t)(arrival->transport.bytes - ip.bytes);
    arrival->ip_length = header + arrival->transport.length;
    arrival->ip_present = ip.length < arrival->ip_length ? ip.length : arrival->ip_length;
    if (arrival->packet.protocol == PROTOCOL_ICMP || arrival->packet.protocol == PROTOCOL_ICMPV6) {
        engine_icmp(engine, arrival);
        return nothing;
    }
    return engine_transport(engine, arrival);
}
