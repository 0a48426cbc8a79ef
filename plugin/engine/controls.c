/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/controls.h"

/* Where a NAT is captured on both sides, the SYN leaves with the same number this soon. */
static const int64_t TRANSLATION = MILLISECONDS(100);
/* A close that comes later is not one at once. */
static const int64_t AT_ONCE = SECONDS(2);
/* An attempt that is younger may be one of two side by side. */
static const int64_t GIVEN_UP_AFTER = MILLISECONDS(900);

/* What is older is no control for what other clients or names strike out: the server may have changed meanwhile. */
static const int64_t WHILE_BEFORE = SECONDS(60);

enum { KEY_PORTS, KEY_CLIENTS, KEY_FAILURES, KEY_TLS, KEYS };

struct controls_memory {
    struct keyed *keyed;
    bool failed; /* some attempt of the capture */
};

/* A TLS handshake with a server and port that was completed. `name`: the digest of the server name, 0 = unknown. */
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

/* What is told by port of one client at one server, or by client of one port. */
struct list {
    unsigned count, size;
    struct control control[];
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
list_of(struct engine *engine, uint32_t network, const struct client_at_server *who, unsigned kind)
{
    unsigned size = kind == KEY_PORTS ? CONTROL_PORTS_MAX : CONTROL_CLIENTS_MAX;
    struct client_at_server key = *who;
    if (kind == KEY_PORTS)
        key.server.port = 0;
    else
        memset(&key.client, 0, sizeof key.client);
    struct list *list = keyed_get(engine->controls->keyed, engine->packets, network * KEYS + kind, &key, sizeof key,
                                  sizeof(struct list) + size * sizeof(struct control));
    list->size = size;
    return list;
}

static struct list *
list_of_flow(struct engine *engine, const struct flow *flow, unsigned kind)
{
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    return list_of(engine, engine_network(engine, flow), &who, kind);
}

static bool
fails(const struct control *control)
{
    return control->bad_time > control->good_time;
}

/* The oldest of those that there are more of: neither the ones that work nor the ones that fail drive the others out. */
static struct control *
place_in(struct list *list)
{
    unsigned failing = 0;
    struct control *place = NULL;
    if (list->count < list->size)
        return &list->control[list->count++];
    for (unsigned i = 0; i < list->count; i++)
        failing += fails(&list->control[i]);
    for (unsigned i = 0; i < list->count; i++) {
        struct control *control = &list->control[i];
        if (fails(control) == (2 * failing > list->count) && (place == NULL || control->time < place->time))
            place = control;
    }
    return place;
}

static struct control *
control_in(struct list *list, const struct flow *flow)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct control *control = &list->control[i];
        if (control->port == flow->server.port && address_equal(&control->client, &flow->client.address))
            return control;
    }
    struct control *place = place_in(list);
    *place = (struct control){.client = flow->client.address, .port = flow->server.port};
    return place;
}

static void
begin(struct control *control, const struct flow *flow)
{
    control->flow = flow->number;
    control->time = flow->handshake.syn_time;
    control->sequence = flow->client_first_sequence;
}

uint32_t
controls_begin(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    struct control *control = control_in(list_of_flow(engine, flow, KEY_PORTS), flow);
    uint32_t replaced = control->flow != 0 && packet->time - control->time >= GIVEN_UP_AFTER ? control->flow : 0;
    begin(control, flow);
    return replaced;
}

static void
note_accepted(struct control *control, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    control->good_frame = flow->attempt.frame;
    control->good_time = flow->attempt.time;
    control->good_ttl = packet->ttl;
    control->good_delay = flow->handshake.syn_ack_time - flow->handshake.last_syn_time;
    control->has_timestamp = record->syn_has_timestamp;
    control->timestamp = record->syn_timestamp;
}

static void
note_kept(struct control *control, const struct attempt *attempt, int64_t kept)
{
    if (kept < control->kept)
        return;
    control->kept = kept;
    control->kept_frame = attempt->frame;
    control->kept_time = attempt->time;
}

static void
note_served(struct control *control, const struct attempt *attempt, int64_t kept)
{
    control->served += attempt->before != OUTCOME_LEFT;
    control->served_time = attempt->time;
    note_kept(control, attempt, kept);
}

static void
note_failed(struct control *control, const struct flow_record *record, const struct packet *packet)
{
    const struct attempt *attempt = &record->flow.attempt;
    control->bad_outcome = attempt->outcome;
    control->bad_time = attempt->time;
    control->bad_ttl = packet->ttl;
    control->bad_delay = attempt->time - record->flow.handshake.last_syn_time;
    control->kept = 0;
    note_kept(control, attempt, attempt->outcome == OUTCOME_CLOSED ? attempt->lasted : 0);
}

static bool
is_failure(const struct attempt *attempt)
{
    static const bool failures[] = {
        [OUTCOME_UNANSWERED] = true, [OUTCOME_UNREACHABLE] = true, [OUTCOME_REFUSED] = true, [OUTCOME_HALF_OPEN] = true,
        [OUTCOME_CLOSED] = true,     [OUTCOME_DATA_LOST] = true,   [OUTCOME_WORKS] = false};
    return failures[attempt->outcome];
}

static void
note(struct control *control, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    const struct attempt *attempt = &flow->attempt;
    bool took_data = flow->by_client.new_bytes > 0 && flow->by_client.fin_frame == attempt->frame;

    if (is_failure(attempt)) {
        note_failed(control, record, packet);
    } else if (attempt->outcome == OUTCOME_ANSWERED) {
        note_accepted(control, record, packet);
    } else if (attempt->outcome == OUTCOME_COMPLETED) {
        control->connected_frame = attempt->frame;
        control->connected_time = attempt->time;
    } else if (attempt->outcome == OUTCOME_LEFT) {
        note_served(control, attempt, took_data ? CONTROL_SERVED : attempt->lasted);
    } else if (attempt->outcome == OUTCOME_WORKS) {
        control->good_frame = attempt->frame;
        control->good_time = attempt->time;
        note_served(control, attempt, CONTROL_SERVED);
    }
}

/* -- TLS handshakes --------------------------------------------------------------------------- */

static struct successes *
successes_of(struct engine *engine, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    memset(&key.client, 0, sizeof key.client);
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow) * KEYS + KEY_TLS, &key,
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
    note_success(successes_of(engine, flow), flow, name_of_tls(flow), packet);
}

struct tls_controls
controls_of_tls(struct engine *engine, const struct flow *flow, int64_t now)
{
    const struct successes *successes = successes_of(engine, flow);
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

/* -- Failures in a row --------------------------------------------------------------------------- */

static struct failures *
row_of(struct engine *engine, const struct flow *flow)
{
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    return keyed_get(engine->controls->keyed, engine->packets, engine_network(engine, flow) * KEYS + KEY_FAILURES, &who,
                     sizeof who, sizeof(struct failures));
}

static struct failures *
find_row(struct engine *engine, uint32_t network, const struct client_at_server *who)
{
    return engine->controls->failed
               ? keyed_find(engine->controls->keyed, engine->packets, network * KEYS + KEY_FAILURES, who, sizeof *who,
                            sizeof(struct failures))
               : NULL;
}

static void
add_failure(struct failures *row, const struct flow *flow)
{
    const struct attempt *attempt = &flow->attempt;
    bool closed = attempt->outcome == OUTCOME_CLOSED, data = flow->by_client.new_bytes > 0;
    bool fin = flow->by_server.fin_frame == attempt->frame;
    struct failures next = {.outcome = attempt->outcome,
                            .hello = closed && (flow->tls.client_hello || (data && attempt->data_unseen)),
                            .late = closed && attempt->lasted > AT_ONCE,
                            .of_all = row->of_all,
                            .first_frame = flow->handshake.syn_frame,
                            .first_time = flow->handshake.syn_time};

    if (row->count > 0 && flow->handshake.syn_time < row->last_time)
        return; /* side by side: one thing has ended both */
    if (row->count == 0 || row->outcome != next.outcome || row->hello != next.hello || row->late != next.late)
        *row = next;
    row->count++;
    row->of_all++;
    row->by_fin |= closed && fin;
    row->by_reset |= closed && !fin;
    row->longest = closed && attempt->lasted > row->longest ? attempt->lasted : row->longest;
    bool silent = attempt->outcome == OUTCOME_UNANSWERED;
    row->last_frame = silent ? flow->by_client.last_frame : attempt->frame;
    row->last_time = silent ? flow->handshake.last_syn_time : attempt->time;
    row->decided_frame = attempt->frame;
}

/* Whether what has come of an attempt since shows that what failed works: a handshake if that was what failed, else that the server kept
 * it open for longer. */
static bool
ends_row(const struct failures *row, const struct flow *flow)
{
    bool handshake = row->outcome < OUTCOME_ANSWERED;
    switch (flow->attempt.outcome) {
    case OUTCOME_ANSWERED:
        return handshake;
    case OUTCOME_LEFT:
        return handshake || flow->by_client.new_bytes > 0 || flow->attempt.lasted > row->longest;
    default:
        return flow->attempt.outcome == OUTCOME_WORKS;
    }
}

static void
follow_row(struct engine *engine, const struct flow *flow)
{
    struct client_at_server who;
    if (is_failure(&flow->attempt)) {
        engine->controls->failed = true;
        add_failure(row_of(engine, flow), flow);
        return;
    }
    flow_client_at_server(flow, &who);
    struct failures *row = find_row(engine, engine_network(engine, flow), &who);
    if (row != NULL && ends_row(row, flow))
        row->count = 0;
}

/* -- Outcomes --------------------------------------------------------------------------------- */

/* Another client of the port has made this attempt a moment ago. */
static bool
is_translated(const struct list *clients, const struct flow *flow)
{
    for (unsigned i = 0; i < clients->count; i++) {
        const struct control *client = &clients->control[i];
        int64_t apart = flow->handshake.syn_time - client->time;
        if (client->sequence == flow->client_first_sequence && apart < TRANSLATION && apart > -TRANSLATION &&
            !address_equal(&client->client, &flow->client.address))
            return true;
    }
    return false;
}

void
controls_note(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol != PROTOCOL_TCP || flow->handshake.syn_frame == 0 || flow->attempt.outcome == OUTCOME_ABANDONED)
        return;
    if (flow->attempt.outcome != OUTCOME_COMPLETED)
        note(control_in(list_of_flow(engine, flow, KEY_PORTS), flow), record, packet);
    struct list *clients = list_of_flow(engine, flow, KEY_CLIENTS);
    if (is_translated(clients, flow))
        return;
    struct control *of_client = control_in(clients, flow);
    begin(of_client, flow);
    note(of_client, record, packet);
    if (flow->attempt.outcome != OUTCOME_COMPLETED)
        follow_row(engine, flow);
}

/* -- Questions -------------------------------------------------------------------------------- */

bool
controls_other_client(struct engine *engine, const struct flow *flow, int64_t now, struct client_control *control)
{
    const struct list *clients = list_of_flow(engine, flow, KEY_CLIENTS);
    int64_t newest = 0;
    *control = (struct client_control){0};
    for (unsigned i = 0; i < clients->count; i++) {
        const struct control *client = &clients->control[i];
        if (client->connected_frame == 0 || time_gap(client->connected_time, now) > WHILE_BEFORE ||
            client->connected_time < newest || address_equal(&client->client, &flow->client.address))
            continue;
        newest = client->connected_time;
        *control = (struct client_control){client->client, client->connected_frame};
    }
    return control->frame != 0;
}

static struct control_list
controls_in(const struct list *list)
{
    return (struct control_list){.control = list->control, .count = list->count};
}

struct control_list
controls_of_ports(struct engine *engine, uint32_t network, const struct client_at_server *who)
{
    return controls_in(list_of(engine, network, who, KEY_PORTS));
}

struct control_list
controls_of_clients(struct engine *engine, uint32_t network, const struct client_at_server *who)
{
    return controls_in(list_of(engine, network, who, KEY_CLIENTS));
}

const struct failures *
controls_failures(struct engine *engine, uint32_t network, const struct client_at_server *who)
{
    static const struct failures none = {0};
    const struct failures *row = find_row(engine, network, who);
    return row != NULL ? row : &none;
}

static void
add_up(struct failures *all, const struct failures *row)
{
    all->count += row->count;
    all->of_all += row->of_all;
    all->by_reset |= row->by_reset;
    all->by_fin |= row->by_fin;
    all->longest = row->longest > all->longest ? row->longest : all->longest;
    if (row->first_time < all->first_time) {
        all->first_time = row->first_time;
        all->first_frame = row->first_frame;
    }
}

bool
controls_of_network(struct engine *engine, uint32_t network, const struct client_at_server *who, struct failures *all)
{
    const struct list *clients = list_of(engine, network, who, KEY_CLIENTS);
    const struct ip_address site = address_network(&who->client);
    bool several = false;

    *all = *controls_failures(engine, network, who);
    for (unsigned i = 0; i < clients->count; i++) {
        const struct control *client = &clients->control[i];
        struct ip_address theirs = address_network(&client->client);
        if (!address_equal(&theirs, &site) || address_equal(&client->client, &who->client))
            continue;
        struct client_at_server other = client_at_server(&client->client, &who->server.address, who->server.port);
        const struct failures *row = controls_failures(engine, network, &other);
        int64_t worked = all->outcome < OUTCOME_ANSWERED ? client->good_time : client->served_time;
        if (worked >= all->first_time)
            return false;
        if (row->count == 0 || row->outcome != all->outcome || row->hello != all->hello)
            continue;
        several = true;
        add_up(all, row);
    }
    return several;
}
