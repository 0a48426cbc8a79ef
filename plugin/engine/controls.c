/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/controls.h"

/* An attempt that is younger may be one of two side by side. */
static const int64_t GIVEN_UP_AFTER = MILLISECONDS(900);

/* What is older is no control: the server may have changed meanwhile. */
static const int64_t WHILE_BEFORE = SECONDS(60);

enum { OF_PORTS, OF_CLIENTS, OF_TLS };

struct controls_memory {
    struct keyed *keyed;
};

/* A connection at a server and port that came about. `name`: of TLS the digest of the server name, 0 = unknown. */
struct success {
    struct ip_address client;
    uint64_t name;
    uint32_t frame;
    int64_t time;
};

/* Of different clients, or names: one of them is not that of a failing one. */
enum { SUCCESSES = 2 };

struct successes {
    struct success success[SUCCESSES];
};

/* What is told by port of one client at one server. */
struct list {
    struct control control[CONTROLS_MAX];
    unsigned count;
};

struct controls_memory *
controls_new(const struct hash_seed *seed)
{
    struct controls_memory *memory = g_new0(struct controls_memory, 1);
    memory->keyed = keyed_new(seed);
    return memory;
}

void
controls_free(struct controls_memory *memory)
{
    if (memory == NULL)
        return;
    keyed_free(memory->keyed);
    g_free(memory);
}

static struct list *
list_of(struct engine *engine, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    key.server.port = 0;
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow) << 2 | OF_PORTS, &key,
                     sizeof key, sizeof(struct list));
}

/* The control of the flow's port in the list. If it is not there, it takes the place of the oldest. */
static struct control *
control_in(struct list *list, const struct flow *flow)
{
    struct control *oldest = &list->control[0];
    for (unsigned i = 0; i < list->count; i++) {
        struct control *control = &list->control[i];
        if (control->port == flow->server.port)
            return control;
        if (control->time < oldest->time)
            oldest = control;
    }
    struct control *place = list->count < CONTROLS_MAX ? &list->control[list->count++] : oldest;
    *place = (struct control){.port = flow->server.port};
    return place;
}

uint32_t
controls_begin(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    struct control *control = control_in(list_of(engine, flow), flow);
    uint32_t replaced = control->flow != 0 && packet->time - control->time >= GIVEN_UP_AFTER ? control->flow : 0;
    control->flow = flow->number;
    control->time = packet->time;
    return replaced;
}

static void
note_good(struct control *control, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    if (flow->attempt.outcome == OUTCOME_ANSWERED) {
        control->good_ttl = packet->ttl;
        control->good_delay = flow->handshake.syn_ack_time - flow->handshake.last_syn_time;
        control->has_timestamp = record->syn_has_timestamp;
        control->timestamp = record->syn_timestamp;
    }
    control->good_frame = flow->attempt.frame;
}

static void
note(struct control *control, const struct flow_record *record, const struct packet *packet)
{
    const struct attempt *attempt = &record->flow.attempt;
    switch (attempt->outcome) {
    case OUTCOME_UNANSWERED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_REFUSED:
    case OUTCOME_HALF_OPEN:
    case OUTCOME_CLOSED:
    case OUTCOME_DATA_LOST:
        control->bad_outcome = attempt->outcome;
        control->bad_time = attempt->time;
        control->bad_ttl = packet->ttl;
        control->bad_delay = attempt->time - record->flow.handshake.last_syn_time;
        break;
    default:
        note_good(control, record, packet);
    }
}

static struct successes *
successes_of(struct engine *engine, const struct flow *flow, unsigned kind)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    memset(&key.client, 0, sizeof key.client);
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow) << 2 | kind, &key,
                     sizeof key, sizeof(struct successes));
}

static void
note_success(struct successes *successes, const struct flow *flow, uint64_t name, const struct packet *packet)
{
    struct success *place = &successes->success[0];
    for (unsigned i = 0; i < SUCCESSES; i++) {
        struct success *success = &successes->success[i];
        if (address_equal(&success->client, &flow->client.address) && success->name == name) {
            place = success;
            break;
        }
        if (success->time < place->time)
            place = success;
    }
    *place = (struct success){flow->client.address, name, packet->frame, packet->time};
}

static bool
is_recent(const struct success *success, int64_t now)
{
    return success->frame != 0 && time_gap(success->time, now) <= WHILE_BEFORE;
}

static uint64_t
name_of_tls(const struct flow *flow)
{
    return flow->tls.server_name[0] != '\0' ? dns_name_digest(flow->tls.server_name) : 0;
}

void
controls_note_tls(struct engine *engine, const struct flow *flow, const struct packet *packet)
{
    note_success(successes_of(engine, flow, OF_TLS), flow, name_of_tls(flow), packet);
}

bool
controls_of_clients(struct engine *engine, const struct flow *flow, int64_t now, struct client_control *control)
{
    const struct successes *successes = successes_of(engine, flow, OF_CLIENTS);
    *control = (struct client_control){0};
    for (unsigned i = 0; i < SUCCESSES; i++) {
        const struct success *success = &successes->success[i];
        if (is_recent(success, now) && !address_equal(&success->client, &flow->client.address))
            *control = (struct client_control){success->client, success->frame};
    }
    return control->frame != 0;
}

struct tls_controls
controls_of_tls(struct engine *engine, const struct flow *flow, int64_t now)
{
    const struct successes *successes = successes_of(engine, flow, OF_TLS);
    struct tls_controls controls = {0};
    uint64_t name = name_of_tls(flow);
    for (unsigned i = 0; i < SUCCESSES; i++) {
        const struct success *success = &successes->success[i];
        bool same_client = address_equal(&success->client, &flow->client.address);
        if (!is_recent(success, now))
            continue;
        if (same_client && name != 0 && success->name != 0 && success->name != name)
            controls.other_name = success->frame;
        if (!same_client && success->name == name)
            controls.of_client = (struct client_control){success->client, success->frame};
    }
    return controls;
}

void
controls_note(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol != PROTOCOL_TCP || flow->handshake.syn_frame == 0)
        return;
    if (flow->attempt.outcome == OUTCOME_COMPLETED)
        note_success(successes_of(engine, flow, OF_CLIENTS), flow, 0, packet);
    else if (flow->attempt.outcome != OUTCOME_ABANDONED)
        note(control_in(list_of(engine, flow), flow), record, packet);
}

struct control_list
controls_of_ports(struct engine *engine, const struct flow *flow)
{
    const struct list *list = list_of(engine, flow);
    return (struct control_list){.control = list->control, .count = list->count};
}
