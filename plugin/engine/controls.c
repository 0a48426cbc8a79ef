/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/controls.h"

/* An attempt that is younger may be one of two side by side. */
static const int64_t GIVEN_UP_AFTER = MILLISECONDS(900);

enum { KEY_PORTS, KEY_CLIENTS };

struct controls_memory {
    struct keyed *keyed;
};

/* What is told by port of one client at one server, or by client of one port. */
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
list_of(struct engine *engine, const struct flow *flow, unsigned kind)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    if (kind == KEY_PORTS)
        key.server.port = 0;
    else
        memset(&key.client, 0, sizeof key.client);
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow) << 8 | kind, &key,
                     sizeof key, sizeof(struct list));
}

/* The control of the flow's client and port in the list. If it is not there, it takes the place of the oldest. */
static struct control *
control_in(struct list *list, const struct flow *flow)
{
    struct control *oldest = &list->control[0];
    for (unsigned i = 0; i < list->count; i++) {
        struct control *control = &list->control[i];
        if (control->port == flow->server.port && address_equal(&control->client, &flow->client.address))
            return control;
        if (control->time < oldest->time)
            oldest = control;
    }
    struct control *place = list->count < CONTROLS_MAX ? &list->control[list->count++] : oldest;
    *place = (struct control){.client = flow->client.address, .port = flow->server.port};
    return place;
}

uint32_t
controls_begin(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    struct control *by_client = control_in(list_of(engine, flow, KEY_CLIENTS), flow);
    struct control *control = control_in(list_of(engine, flow, KEY_PORTS), flow);
    uint32_t replaced = control->flow != 0 && packet->time - control->time >= GIVEN_UP_AFTER ? control->flow : 0;
    control->flow = by_client->flow = flow->number;
    control->time = by_client->time = packet->time;
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
        control->good_attempts++;
    } else if (flow->attempt.outcome != OUTCOME_WORKS) {
        return;
    }
    control->works = flow->attempt.outcome == OUTCOME_WORKS;
    control->good_frame = flow->attempt.frame;
    control->good_time = flow->attempt.time;
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
        control->bad_frame = attempt->frame;
        control->bad_time = attempt->time;
        control->bad_ttl = packet->ttl;
        control->bad_delay = attempt->time - record->flow.handshake.last_syn_time;
        break;
    default:
        note_good(control, record, packet);
    }
}

void
controls_note(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol != PROTOCOL_TCP || flow->handshake.syn_frame == 0)
        return;
    note(control_in(list_of(engine, flow, KEY_PORTS), flow), record, packet);
    note(control_in(list_of(engine, flow, KEY_CLIENTS), flow), record, packet);
}

static struct control_list
controls_in(const struct list *list)
{
    return (struct control_list){.control = list->control, .count = list->count};
}

struct control_list
controls_of_ports(struct engine *engine, const struct flow *flow)
{
    return controls_in(list_of(engine, flow, KEY_PORTS));
}

struct control_list
controls_of_clients(struct engine *engine, const struct flow *flow)
{
    return controls_in(list_of(engine, flow, KEY_CLIENTS));
}
