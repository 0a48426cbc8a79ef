/* The answers to what detectors ask, and the filing of what they report (api/detector.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/context.h"

#include "engine/controls.h"
#include "engine/rates.h"
#include "engine/timers.h"
#include "engine/vantage.h"
#include "findings/printable.h"

static const struct detector *
detector_of(const struct context *context)
{
    return catalogue_detectors[context->detector];
}

/* -- State ------------------------------------------------------------------------------------ */

void *
flow_state(struct context *context)
{
    return context->record->states + context->engine->flow_state_places[context->detector];
}

void *
capture_state(struct context *context)
{
    void **state = &context->engine->capture_states[context->detector];
    if (*state == NULL)
        *state = g_malloc0(detector_of(context)->capture_state_size);
    return *state;
}

void *
keyed_state(struct context *context, unsigned kind, const void *key, size_t key_size, size_t state_size)
{
    return keyed_state_of_all(context, flow_network(context, &context->record->flow) << 8 | kind, key, key_size,
                              state_size);
}

void *
keyed_state_of_all(struct context *context, unsigned kind, const void *key, size_t key_size, size_t state_size)
{
    struct keyed **keyed = &context->engine->keyed_states[context->detector];
    if (*keyed == NULL)
        *keyed = keyed_new(&context->engine->settings->hash_seed);
    return keyed_get(*keyed, context->engine->packets, kind, key, key_size, state_size);
}

uint32_t
flow_network(struct context *context, const struct flow *flow)
{
    return engine_network(context->engine, flow);
}

bool
wake_at(struct context *context, int64_t time)
{
    return wakes_add(context->engine->wakes, context->packet->time, time, context->record->flow.number,
                     (uint32_t)context->detector);
}

unsigned
threshold_value(struct context *context, size_t index)
{
    return context->engine->settings->thresholds[context->engine->threshold_numbers[context->detector] + index];
}

/* -- Time ------------------------------------------------------------------------------------- */

int64_t
level_passed(struct context *context, int64_t idle)
{
    return timer_level_passed(context->engine->settings->levels, idle);
}

bool
connection_was_over(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct pending *pending = &flow_receiver(flow, packet)->pending;
    return flow->by_client.fin_frame != 0 || flow->by_server.fin_frame != 0 ||
           level_passed(context, packet->idle) != 0 ||
           (pending->frame != 0 && level_passed(context, pending->idle) != 0);
}

int64_t
timer_reached(struct context *context, enum timer_end end, int64_t idle)
{
    return timer_due(context->engine->settings->levels, context->engine->settings->timers, end, idle);
}

/* -- Vantage ---------------------------------------------------------------------------------- */

bool
answers_visible(struct context *context, const struct flow *flow, bool from_client)
{
    return vantage_shows_answers(context->engine, (const struct flow_record *)flow, from_client);
}

bool
conversations_visible(struct context *context, const struct flow *flow)
{
    const struct session *session = session_of(context, flow_session(flow));
    return session != NULL ? session->role == SESSION_OVERLAY || session->two_way_flows > 0
                           : context->engine->two_way_flows > 0;
}

bool
address_was_seen(struct context *context, const struct flow *flow, const struct ip_address *address)
{
    return flow_table_has_seen(context->engine->flows, flow->path, address);
}

bool
address_has_flows(struct context *context, const struct ip_address *address)
{
    return flow_table_host(context->engine->flows, context->record->flow.path, address) != NULL;
}

bool
server_has_repetitions(struct context *context, const struct flow *flow)
{
    (void)context;
    return ((const struct flow_record *)flow)->server_host->repeats;
}

uint64_t
bytes_so_far(struct context *context, uint32_t number)
{
    const struct session *session = encapsulation_session(context->engine->encapsulation, number);
    return session != NULL ? session->unique_bytes : context->engine->outside_bytes;
}

const struct session *
session_of(struct context *context, uint32_t number)
{
    return encapsulation_session(context->engine->encapsulation, number);
}

/* -- Other attempts --------------------------------------------------------------------------- */

struct control_list
ports_tried_by(struct context *context, const struct client_at_server *who)
{
    return controls_of_ports(context->engine, flow_network(context, &context->record->flow), who);
}

struct control_list
clients_that_tried(struct context *context, const struct client_at_server *who)
{
    return controls_of_clients(context->engine, flow_network(context, &context->record->flow), who);
}

const struct failures *
failures_of(struct context *context, const struct client_at_server *who)
{
    return controls_failures(context->engine, flow_network(context, &context->record->flow), who);
}

bool
network_fails(struct context *context, const struct client_at_server *who, struct failures *all)
{
    return controls_of_network(context->engine, flow_network(context, &context->record->flow), who, all);
}

struct control_list
ports_tried(struct context *context, const struct flow *flow)
{
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    return controls_of_ports(context->engine, flow_network(context, flow), &who);
}

bool
attempt_sender(struct context *context, const struct flow *flow, struct sender *sender)
{
    const struct packet *packet = context->packet;
    if (packet->frame != flow->attempt.frame || !(packet->flags & TCP_RST))
        return false;
    packet_sender(context, flow, packet, sender);
    return true;
}

bool
other_client_connected(struct context *context, const struct flow *flow, struct client_control *control)
{
    return controls_other_client(context->engine, flow, context->packet->time, control);
}

struct tls_controls
tls_controls(struct context *context, const struct flow *flow)
{
    return controls_of_tls(context->engine, flow, context->packet->time);
}

bool
resolver_answered(struct context *context, const struct flow *flow, bool with_addresses, uint32_t *frame)
{
    *frame = queries_newest_answer(context->engine->queries, flow, with_addresses, context->packet->time);
    return *frame != 0;
}

bool
timestamp_went_back(struct context *context, const struct flow *flow, uint32_t *frame)
{
    const struct flow_record *record = (const struct flow_record *)flow;
    struct control_list ports = ports_tried(context, flow);
    for (unsigned i = 0; record->syn_has_timestamp && i < ports.count; i++) {
        const struct control *control = &ports.control[i];
        if (control->good_frame == 0 || !control->has_timestamp ||
            sequence_difference(record->syn_timestamp, control->timestamp) >= 0)
            continue;
        *frame = control->good_frame;
        return true;
    }
    return false;
}

/* Above these are ports that programs choose: peers of a peer-to-peer network listen there, dead ones among them. */
enum { PORTS_OF_SERVICES = 1024 };

bool
server_may_be_peer(struct context *context, const struct flow *flow)
{
    (void)context;
    return flow->server.port >= PORTS_OF_SERVICES && address_is_public(&flow->server.address) &&
           ((const struct flow_record *)flow)->client_host->reached_somebody;
}

bool
attempts_are_over(struct context *context, const struct flow *flow, unsigned limit, unsigned slices, int64_t now)
{
    const struct recent *recent = &context->rate->recent;
    if (2 * recent->total[RATE_FAILED] < limit && 2 * recent_older(recent, RATE_ATTEMPTS, slices) < limit) {
        /* Where a clock was set back nothing grows old before the newest time is reached again. */
        int64_t newest = recent->slice * RECENT_SLICE;
        rates_look_again(context->engine, flow, context->packet, context->rate, context->shows_server,
                         (now > newest ? now : newest) + slices * RECENT_SLICE);
        return false;
    }
    return answers_visible(context, flow, true) && answers_visible(context, flow, false);
}

unsigned
closed_udp_ports(struct context *context, const struct flow *flow, int64_t *since)
{
    return rates_note_closed_port(context->engine, flow, context->packet->time, since);
}

enum capture_point
capture_point(struct context *context, const struct flow *flow)
{
    (void)context;
    return vantage_capture_point((const struct flow_record *)flow);
}

/* -- Names and countries ---------------------------------------------------------------------- */

const struct learned_name *
name_of(struct context *context, const struct ip_address *address)
{
    return names_find(context->engine->names, flow_network(context, &context->record->flow), address);
}

const char *
country_of(struct context *context, const struct ip_address *address)
{
    return knowledge_country(context->engine->knowledge, address);
}

enum home
home_countries(struct context *context, const char **countries)
{
    return knowledge_home(context->engine->knowledge, countries);
}

bool
country_is_home(struct context *context, const char *country)
{
    return knowledge_is_home(context->engine->knowledge, country);
}

/* Whether the name ends with the suffix at a label boundary. */
static bool
domain_ends_with(const char *name, const char *suffix)
{
    size_t name_length = strlen(name), suffix_length = strlen(suffix);
    if (suffix_length == 0 || suffix_length > name_length || strcmp(name + name_length - suffix_length, suffix) != 0)
        return false;
    return suffix_length == name_length || name[name_length - suffix_length - 1] == '.';
}

bool
cname_is_expected(struct context *context, const char *name, const char *target)
{
    const GArray *expected = context->engine->settings->expected_cnames;
    for (guint i = 0; i < expected->len; i++) {
        const struct expected_cname *row = &g_array_index(expected, struct expected_cname, i);
        if (domain_ends_with(name, row->name) && domain_ends_with(target, row->target))
            return true;
    }
    return false;
}

bool
speaks_tls(struct context *context, const struct flow *flow)
{
    return port_set_has(&context->engine->settings->tls_ports, flow->server.port) ||
           knowledge_has_tls_server(context->engine->knowledge, flow_network(context, flow), &flow->server);
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* Of a conversation of which one side was captured: the other one, unless the capture would show it if it had sent anything. */
static void
report_unseen(struct context *context, struct finding *finding)
{
    const struct flow *flow = &context->record->flow;
    bool server_unseen = flow->by_server.packets == 0;
    if (server_unseen == (flow->by_client.packets == 0) ||
        (conversations_visible(context, flow) && answers_visible(context, flow, server_unseen)))
        return;
    report_endpoint(finding, FACT_unseen, server_unseen ? &flow->server : &flow->client);
    context->record->told_unseen = true;
}

static struct finding *
add_finding(struct context *context, const struct case_info *info, enum confidence confidence,
            const struct subject *subject)
{
    const struct flow *flow = &context->record->flow;
    struct finding *finding = finding_new(info, confidence, context->packet->frame, flow->number);
    finding->time = context->packet->time;
    finding->network = flow_network(context, flow);
    finding->session = context->session;
    report_unseen(context, finding);
    store_add(context->engine->store, finding, subject);
    return finding;
}

static struct subject
flow_subject(const struct context *context, const struct case_info *info)
{
    return store_subject_of_flow(info, context->record->flow.number);
}

struct finding *
report(struct context *context, const struct case_info *info, enum confidence confidence)
{
    struct subject flow = flow_subject(context, info);
    return store_about(context->engine->store, &flow) != NULL ? NULL : add_finding(context, info, confidence, NULL);
}

struct finding *
report_about(struct context *context, const struct case_info *info, enum confidence confidence, const void *key,
             size_t key_size, unsigned limit)
{
    struct store *store = context->engine->store;
    const struct packet *packet = context->packet;
    struct subject subject = store_subject(info, flow_network(context, &context->record->flow), key, key_size);
    struct finding *newest = store_about(store, &subject);
    if (newest != NULL &&
        (newest->flow == context->record->flow.number || store_count_about(store, &subject) >= limit)) {
        store_again(store, newest->number, packet->frame, packet->time);
        return NULL;
    }
    struct finding *finding = add_finding(context, info, confidence, &subject);
    report_series(finding, 1, packet->frame, packet->time);
    return finding;
}

struct finding *
report_attempts(struct context *context, const struct case_info *info, enum confidence confidence)
{
    const struct flow *flow = &context->record->flow;
    struct endpoint key;
    memset(&key, 0, sizeof key);
    key.address = context->shows_server ? flow->server.address : flow->client.address;
    key.port = context->shows_server ? flow->server.port : 0;
    struct finding *finding = report_about(context, info, confidence, &key, sizeof key, 1);
    context->rate->finding = (finding != NULL ? finding : reported_about(context, info, &key, sizeof key))->number;
    return finding;
}

struct finding *
reported(struct context *context, const struct case_info *info)
{
    struct subject flow = flow_subject(context, info);
    return store_touch(context->engine->store, &flow);
}

struct finding *
reported_about(struct context *context, const struct case_info *info, const void *key, size_t key_size)
{
    struct subject subject = store_subject(info, flow_network(context, &context->record->flow), key, key_size);
    return store_touch(context->engine->store, &subject);
}

struct finding *
reported_number(struct context *context, uint32_t number)
{
    return store_touch_number(context->engine->store, number);
}

void
report_forget(struct finding *finding, enum fact_name name)
{
    finding_forget_facts(finding, name);
}

void
report_stronger(struct context *context, struct finding *finding, enum confidence confidence)
{
    finding->confidence = MAX(finding->confidence, confidence);
    finding_add_evidence(finding, context->packet->frame);
}

bool
report_adds(const struct finding *finding, enum confidence confidence)
{
    return finding->confidence < confidence;
}

void
report_milder(struct context *context, struct finding *finding, enum severity severity)
{
    finding->severity = MIN(finding->severity, severity);
    finding_add_evidence(finding, context->packet->frame);
}

void
report_withdraw(struct context *context, struct finding *finding)
{
    store_withdraw(context->engine->store, finding, context->packet->frame);
}

void
report_severity(struct finding *finding, enum severity severity)
{
    finding->severity = severity;
}

uint32_t
finding_number(const struct finding *finding)
{
    return finding->number;
}

void
report_series(struct finding *finding, uint64_t events, uint32_t first_frame, int64_t first_time)
{
    finding->series = (struct series){.events = events,
                                      .first_frame = first_frame,
                                      .last_frame = finding->frame,
                                      .first_time = MIN(first_time, finding->time),
                                      .last_time = MAX(first_time, finding->time)};
}

void
report_again(struct context *context, uint32_t number)
{
    store_again(context->engine->store, number, context->packet->frame, context->packet->time);
}

void
report_duration(struct finding *finding, enum fact_name name, int64_t nanoseconds)
{
    /* Clocks that are set back make it negative, which says nothing that a reader could use. */
    finding_add_fact(finding, (struct fact){.name = name, .number = MAX(nanoseconds, 0)});
}

void
report_count(struct finding *finding, enum fact_name name, uint64_t count)
{
    finding_add_fact(finding, (struct fact){.name = name, .number = (int64_t)count});
}

void
report_endpoint(struct finding *finding, enum fact_name name, const struct endpoint *endpoint)
{
    finding_add_fact(finding, (struct fact){.name = name, .endpoint = *endpoint});
}

void
report_address(struct finding *finding, enum fact_name name, const struct ip_address *address)
{
    finding_add_fact(finding, (struct fact){.name = name, .endpoint.address = *address});
}

/* The border at which text of the capture becomes printable: behind it nobody has to ask what a text may hold. */
void
report_text(struct finding *finding, enum fact_name name, const char *text)
{
    if (text != NULL && *text != '\0')
        finding_add_fact(finding, (struct fact){.name = name, .text = printable_text(text)});
}

void
report_localized(struct finding *finding, enum fact_name name, const char *english, const char *chinese)
{
    finding_add_fact(finding,
                     (struct fact){.name = name, .text = printable_text(english), .chinese = printable_text(chinese)});
}

void
report_flag(struct finding *finding, enum fact_name name)
{
    finding_add_fact(finding, (struct fact){.name = name, .number = 1});
}

void
report_capture_point(struct context *context, struct finding *finding, const struct flow *flow)
{
    enum capture_point point = capture_point(context, flow);
    if (point == CAPTURED_AT_SERVER || point == CAPTURED_AT_CLIENT)
        report_flag(finding, point == CAPTURED_AT_SERVER ? FACT_at_server : FACT_at_client);
}

void
report_flow(struct finding *finding, const struct flow *flow)
{
    report_endpoint(finding, FACT_client, &flow->client);
    report_endpoint(finding, FACT_server, &flow->server);
}

void
report_recent(struct finding *finding, const struct recent *recent, uint32_t events, unsigned limit, int64_t now)
{
    uint32_t frame = 0;
    int64_t time = now;
    recent_first(recent, &frame, &time);
    report_series(finding, events, frame, time);
    report_count(finding, FACT_attempts, events);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_delay, now - time);
    report_evidence(finding, frame);
}

void
report_ports(struct finding *finding, const struct source_rate *source)
{
    enum { LEAST_PART = 20 };
    GString *text = g_string_new(NULL);
    bool shown[RATE_PORTS] = {false};
    for (unsigned round = 0; round < FINDING_PORTS_MAX; round++) {
        int best = -1;
        for (int i = 0; i < RATE_PORTS; i++)
            if (!shown[i] && source->ports[i].attempts > (best >= 0 ? source->ports[best].attempts : 0))
                best = i;
        if (best < 0 || source->ports[best].attempts < source->ports_counted / LEAST_PART)
            break;
        shown[best] = true;
        finding->port[round] = source->ports[best].port;
        g_string_append_printf(text, "%s%u", round > 0 ? ", " : "", source->ports[best].port);
    }
    report_text(finding, FACT_ports, text->str);
    g_string_free(text, TRUE);
}

void
report_evidence(struct finding *finding, uint32_t frame)
{
    finding_add_evidence(finding, frame);
}

void
report_ruled_out(struct finding *finding, const char *english, const char *chinese, uint32_t frame)
{
    for (guint i = 0; i < finding->facts->len; i++) {
        const struct fact *fact = &g_array_index(finding->facts, struct fact, i);
        if (fact->name == FACT_ruled_out && strcmp(fact->text, english) == 0)
            return;
    }
    finding_add_fact(finding, (struct fact){.name = FACT_ruled_out,
                                            .number = frame,
                                            .text = printable_text(english),
                                            .chinese = printable_text(chinese)});
    finding_add_evidence(finding, frame);
}

/* What report_timers() was asked. */
struct timer_question {
    const GArray *timers; /* of the settings, which outlive the findings */
    struct timer_match match;
};

static void
add_timers(struct finding *finding, const void *data)
{
    enum { SHOWN_MAX = 5 };
    const struct timer_question *asked = data;
    unsigned others;
    GPtrArray *candidates = timer_candidates(asked->timers, &asked->match, &others);

    for (guint i = 0; i < candidates->len && i < SHOWN_MAX; i++)
        report_text(finding, FACT_timer, g_ptr_array_index(candidates, i));
    others += candidates->len > SHOWN_MAX ? candidates->len - SHOWN_MAX : 0;
    if (others > 0 && candidates->len > 0)
        report_count(finding, FACT_timers_more, others);
    g_ptr_array_unref(candidates);
}

void
report_timers(struct context *context, struct finding *finding, enum timer_end end, int64_t idle)
{
    const struct flow *flow = &context->record->flow;
    const struct bracket *bracket = engine_bracket(context->engine, flow);
    bool of_flow = context->packet->frame == flow->last_frame;
    struct timer_question *asked = g_new(struct timer_question, 1);
    asked->timers = context->engine->settings->timers;
    asked->match =
        (struct timer_match){.end = end,
                             .state = timer_state_of(flow, of_flow ? context->packet : NULL),
                             .idle = idle,
                             .survived = timer_ends_at_once(end) ? flow->survived : bracket->longest_survived,
                             .product = bracket->product};
    finding_add_later(finding, add_timers, asked);
}

bool
server_lived_on(struct context *context, const struct flow *flow, int64_t since, int64_t until, uint32_t *frame)
{
    const struct lived *lived = &engine_bracket(context->engine, flow)->lived;
    *frame = lived->frame;
    return lived->frame != 0 && lived->from <= since && lived->to >= until;
}

void
report_bracket(struct context *context, struct finding *finding, const struct flow *flow, int64_t idle)
{
    struct bracket *bracket = engine_bracket(context->engine, flow);
    if (bracket->shortest_died == 0 || idle < bracket->shortest_died)
        bracket->shortest_died = idle;
    if (bracket->longest_survived > 0 && bracket->longest_survived < bracket->shortest_died) {
        report_duration(finding, FACT_survived, bracket->longest_survived);
        report_duration(finding, FACT_died, bracket->shortest_died);
    }
}
