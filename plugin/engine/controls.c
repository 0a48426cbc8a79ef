/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/controls.h"

/* An attempt that is younger may be one of two side by side. */
static const int64_t GIVEN_UP_AFTER = MILLISECONDS(900);

struct controls_memory {
    struct keyed *keyed;
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
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow), &key, sizeof key,
                     sizeof(struct list));
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
    } else if (flow->attempt.outcome != OUTCOME_WORKS) {
        return;
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

void
controls_note(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol != PROTOCOL_TCP || flow->handshake.syn_frame == 0)
        return;
    note(control_in(list_of(engine, flow), flow), record, packet);
}

struct control_list
controls_of_ports(struct engine *engine, const struct flow *flow)
{
    const struct list *list = list_of(engine, flow);
    return (struct control_list){.control = list->control, .count = list->count};
}
