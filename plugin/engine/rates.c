/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/rates.h"

/* A stack that repeats its SYN waits at least this long on average. */
static const int64_t REPEATED_AFTER = MILLISECONDS(300);

/* Attempts of a source after which its counts by port are halved: what it did long ago fades. */
enum { PORTS_FORGET = 1024 };

/* In wakes, in the place of a detector's number. */
enum { LOOK_AT_SOURCE, LOOK_AT_SERVER };

enum { KEY_SOURCE, KEY_SERVER, KEY_PAIR, KEY_PORT };

/* A source and a destination address. Different ports are counted in halves of the time that is looked at. */
enum { PAIR_PORTS = 8 };
#define PAIR_HALF (RECENT_TIME / 2)

struct pair_key {
    struct ip_address source, destination;
    uint16_t port; /* of the destination, 0 for the pair itself */
    uint16_t protocol;
};

struct pair {
    int64_t counted_time;         /* when it last counted as one more destination, or source */
    int64_t half;                 /* number of the present one since 1970 */
    uint16_t new_now, new_before; /* ports that were new in it, and in the one before it */
    uint16_t ports[PAIR_PORTS];   /* the first ones */
    uint8_t port_count;
    uint32_t open; /* attempts of which it is not known yet whether they are completed */
    bool works;    /* a connection was completed */
    bool counted;
};

/* Another port of a pair. */
struct tried {
    bool yes;
};

struct rates {
    struct keyed *keyed;
    struct wakes *wakes;
};

struct rates *
rates_new(const struct hash_seed *seed)
{
    struct rates *rates = g_new0(struct rates, 1);
    rates->keyed = keyed_new(seed);
    rates->wakes = wakes_new();
    return rates;
}

void
rates_free(struct rates *rates)
{
    if (rates == NULL)
        return;
    wakes_free(rates->wakes);
    keyed_free(rates->keyed);
    g_free(rates);
}

/* -- What is kept ----------------------------------------------------------------------------- */

static void *
state_of(struct engine *engine, const struct flow *flow, unsigned kind, const void *key, size_t key_size, size_t size)
{
    return keyed_get(engine->rates->keyed, engine->packets, engine_network(engine, flow) << 8 | kind, key, key_size,
                     size);
}

static struct source_rate *
source_of(struct engine *engine, const struct flow *flow)
{
    const struct ip_address *source = &flow->client.address;
    return state_of(engine, flow, KEY_SOURCE, source, sizeof *source, sizeof(struct source_rate));
}

static struct server_rate *
server_of(struct engine *engine, const struct flow *flow)
{
    struct endpoint key;
    flow_server_key(flow, &key);
    return state_of(engine, flow, KEY_SERVER, &key, sizeof key, sizeof(struct server_rate));
}

static void *
pair_state(struct engine *engine, const struct flow *flow, unsigned kind, uint16_t port, size_t size)
{
    struct pair_key key;
    memset(&key, 0, sizeof key);
    key.source = flow->client.address;
    key.destination = flow->server.address;
    key.port = port;
    key.protocol = flow->protocol;
    return state_of(engine, flow, kind, &key, sizeof key, size);
}

static struct pair *
pair_of(struct engine *engine, const struct flow *flow)
{
    return pair_state(engine, flow, KEY_PAIR, 0, sizeof(struct pair));
}

/* Whether this port of the pair was tried before; it is noted. */
static bool
was_tried(struct engine *engine, const struct flow *flow, struct pair *pair)
{
    for (unsigned i = 0; i < pair->port_count; i++)
        if (pair->ports[i] == flow->server.port)
            return true;
    if (pair->port_count < PAIR_PORTS) {
        pair->ports[pair->port_count++] = flow->server.port;
        return false;
    }
    struct tried *tried =
        pair_state(engine, flow, KEY_PORT, flow->server.port, sizeof *tried); /* which may be port 0 */
    bool before = tried->yes;
    tried->yes = true;
    return before;
}

/* Note a try of the pair at this time; false if the port was tried before. */
static bool
pair_tries(struct engine *engine, const struct flow *flow, struct pair *pair, int64_t time)
{
    int64_t half = time / PAIR_HALF;
    bool again = was_tried(engine, flow, pair);
    if (half > pair->half) {
        pair->new_before = half == pair->half + 1 ? pair->new_now : 0;
        pair->new_now = 0;
        pair->half = half;
    }
    pair->new_now += !again;
    return !again;
}

static uint32_t
pair_ports(const struct pair *pair)
{
    return (uint32_t)pair->new_now + pair->new_before;
}

/* Whether the pair is one more destination of its source, and source of its destination. */
static bool
counts_anew(struct pair *pair, int64_t time)
{
    if (pair->counted && time - pair->counted_time <= RECENT_SLICES * RECENT_SLICE)
        return false;
    pair->counted = true;
    pair->counted_time = time;
    return true;
}

static void
count_port(struct source_rate *source, uint16_t port)
{
    int place = -1;
    if (++source->ports_counted >= PORTS_FORGET) {
        source->ports_counted /= 2;
        for (unsigned i = 0; i < RATE_PORTS; i++)
            source->ports[i].attempts /= 2;
    }
    for (int i = 0; i < RATE_PORTS; i++) {
        if (source->ports[i].attempts > 0 && source->ports[i].port == port) {
            source->ports[i].attempts++;
            return;
        }
        if (source->ports[i].attempts == 0)
            place = i;
    }
    if (place >= 0) {
        source->ports[place].port = port;
        source->ports[place].attempts = 1;
        return;
    }
    for (unsigned i = 0; i < RATE_PORTS; i++)
        source->ports[i].attempts--;
}

static void
note_largest(struct server_rate *server, const struct endpoint *source)
{
    server->attempts++;
    if (server->lead == 0)
        server->largest = *source;
    if (address_equal(&server->largest.address, &source->address))
        server->lead++;
    else
        server->lead--;
}

/* -- Events ----------------------------------------------------------------------------------- */

/* Nobody waits so little before he repeats his SYN: it is a flood that does not even change its port. */
static bool
repeats_too_fast(const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    return packet->time - handshake->syn_time < (int64_t)(handshake->syn_count - 1) * REPEATED_AFTER;
}

static enum rate_event
event_of_syn(const struct flow *flow, const struct packet *packet)
{
    unsigned syns = flow->handshake.syn_count;
    if (!address_is_unicast(&flow->server.address))
        return RATE_NOTHING;
    if (syns == 1 || (syns > 2 && repeats_too_fast(flow, packet)))
        return RATE_TRIES;
    return syns == 2 && !repeats_too_fast(flow, packet) ? RATE_REPEATS : RATE_NOTHING;
}

static enum rate_event
event_of_outcome(const struct attempt *attempt)
{
    switch (attempt->outcome) {
    case OUTCOME_UNREACHABLE:
    case OUTCOME_ABANDONED:
        return RATE_FAILS;
    case OUTCOME_REFUSED:
        return RATE_IS_REFUSED;
    case OUTCOME_ANSWERED:
        return RATE_IS_ANSWERED;
    case OUTCOME_COMPLETED:
    case OUTCOME_WORKS:
        return attempt->before < OUTCOME_COMPLETED ? RATE_COMPLETES : RATE_NOTHING;
    default:
        return RATE_NOTHING;
    }
}

enum rate_event
rates_event(const struct flow *flow, const struct packet *packet, bool decided)
{
    /* The copy of a packet that came in another mirror session was counted there. */
    if (flow->handshake.syn_frame == 0 || packet->duplicate || packet->copy_of != 0)
        return RATE_NOTHING;
    if (decided)
        return event_of_outcome(&flow->attempt);
    if (packet->icmp != NULL || !(packet->flags & TCP_SYN))
        return RATE_NOTHING;
    if (packet->from_client)
        return event_of_syn(flow, packet);
    bool unheard =
        flow->handshake.completed_frame == 0 && flow->handshake.syn_ack_count == 2 && flow->handshake.syn_count == 1;
    return unheard ? RATE_FAILS : RATE_NOTHING;
}

/* One more attempt for the finding, as long as most of them come to nothing. */
static void
give_to_finding(struct engine *engine, struct rate *rate, const struct packet *packet)
{
    recent_add(&rate->recent, RATE_ATTEMPTS, packet->frame, packet->time);
    if (rate_is_below(rate, RATE_COMPLETED, 2))
        store_again(engine->store, rate->finding, packet->frame, packet->time);
}

static bool
note_try_of_source(struct engine *engine, const struct flow *flow, const struct packet *packet,
                   struct source_rate *source, bool *new_pair)
{
    struct rate *rate = &source->rate;
    if (rate->recent.total[RATE_ATTEMPTS] == 0) {
        rate->finding = source->ports_counted = 0;
        memset(source->ports, 0, sizeof source->ports);
    }
    if (rate->finding != 0) {
        give_to_finding(engine, rate, packet);
        return false;
    }
    struct pair *pair = pair_of(engine, flow);
    bool new_port = pair_tries(engine, flow, pair, packet->time);
    *new_pair = counts_anew(pair, packet->time);
    if (pair->works && !new_port)
        return false;
    recent_add(&rate->recent, RATE_ATTEMPTS, packet->frame, packet->time);
    count_port(source, flow->server.port);
    pair->open++;
    if (!new_port)
        recent_add(&rate->recent, RATE_AGAIN, packet->frame, packet->time);
    if (*new_pair && !pair->works)
        recent_add(&rate->recent, RATE_PEERS, packet->frame, packet->time);
    return true;
}

static void
note_completed_of_source(struct engine *engine, const struct flow *flow, const struct packet *packet, struct rate *rate)
{
    struct pair *pair = pair_of(engine, flow);
    pair->works = true;
    if (pair->open > 0 || rate->finding != 0)
        recent_add(&rate->recent, RATE_COMPLETED, packet->frame, packet->time);
    if (pair->open > 0)
        pair->open--;
}

struct source_rate *
rates_note_source(struct engine *engine, const struct flow *flow, const struct packet *packet, struct rate_news *news)
{
    static const uint8_t kinds[] = {[RATE_REPEATS] = RATE_REPEATED,
                                    [RATE_IS_ANSWERED] = RATE_ANSWERED,
                                    [RATE_FAILS] = RATE_FAILED,
                                    [RATE_IS_REFUSED] = RATE_FAILED};
    struct source_rate *source = source_of(engine, flow);
    struct rate *rate = &source->rate;
    bool shown = news->event != RATE_IS_ANSWERED && news->event != RATE_COMPLETES;

    recent_move(&rate->recent, packet->time);
    if (news->event == RATE_TRIES)
        shown = note_try_of_source(engine, flow, packet, source, &news->new_pair);
    else if (news->event == RATE_COMPLETES)
        note_completed_of_source(engine, flow, packet, rate);
    else
        recent_add(&rate->recent, kinds[news->event], packet->frame, packet->time);
    if (!shown || rate->finding != 0 || rate->recent.total[RATE_ATTEMPTS] < RATE_SHOWN_FROM)
        return NULL;
    source->ports_here = pair_ports(pair_of(engine, flow));
    return source;
}

static bool
note_try_of_server(struct engine *engine, const struct flow *flow, const struct packet *packet,
                   struct server_rate *server, bool new_pair)
{
    struct rate *rate = &server->rate;
    if (rate->recent.total[RATE_ATTEMPTS] == 0)
        rate->finding = server->attempts = server->lead = 0;
    if (rate->finding != 0) {
        give_to_finding(engine, rate, packet);
        return false;
    }
    note_largest(server, &flow->client);
    recent_add(&rate->recent, RATE_ATTEMPTS, packet->frame, packet->time);
    if (new_pair)
        recent_add(&rate->recent, RATE_PEERS, packet->frame, packet->time);
    return true;
}

struct server_rate *
rates_note_server(struct engine *engine, const struct flow *flow, const struct packet *packet,
                  const struct rate_news *news)
{
    static const uint8_t kinds[] = {[RATE_REPEATS] = RATE_REPEATED,
                                    [RATE_IS_ANSWERED] = RATE_ANSWERED,
                                    [RATE_FAILS] = RATE_FAILED,
                                    [RATE_IS_REFUSED] = RATE_REFUSED,
                                    [RATE_COMPLETES] = RATE_COMPLETED};
    bool told = source_of(engine, flow)->rate.finding != 0;
    if (told && news->event == RATE_TRIES)
        return NULL;
    struct server_rate *server = server_of(engine, flow);
    struct rate *rate = &server->rate;
    bool shown = news->event != RATE_IS_ANSWERED && news->event != RATE_COMPLETES;

    recent_move(&rate->recent, packet->time);
    if (news->event == RATE_TRIES)
        shown = note_try_of_server(engine, flow, packet, server, news->new_pair);
    else
        recent_add(&rate->recent, kinds[news->event], packet->frame, packet->time);
    return shown && !told && rate->finding == 0 && rate->recent.total[RATE_ATTEMPTS] >= RATE_SHOWN_FROM ? server : NULL;
}

uint32_t
rates_note_closed_port(struct engine *engine, const struct flow *flow, int64_t time, int64_t *since)
{
    struct pair *pair = pair_of(engine, flow);
    bool new_port = pair_tries(engine, flow, pair, time);
    if (pair_ports(pair) == new_port)
        pair->counted_time = time;
    *since = pair->counted_time;
    return pair_ports(pair);
}

/* -- Looking again ---------------------------------------------------------------------------- */

void
rates_look_again(struct engine *engine, const struct flow *flow, const struct packet *packet, struct rate *rate,
                 bool server, int64_t time)
{
    bool waits = rate->look > packet->time;
    if (waits || time <= rate->look)
        return;
    rate->look = time;
    wakes_add(engine->rates->wakes, packet->time, time, flow->number, server ? LOOK_AT_SERVER : LOOK_AT_SOURCE);
}

int64_t
rates_next(const struct rates *rates)
{
    return rates->wakes->next;
}

/* Whether somebody wants to see it up to `now`: it is moved to the time of that. */
static bool
move_to_look(struct rate *rate, int64_t now, int64_t *time)
{
    if (rate->look <= *time || rate->look > now)
        return false;
    *time = rate->look;
    recent_move(&rate->recent, *time);
    return true;
}

bool
rates_due(struct engine *engine, const struct packet *packet, struct rate_due *due)
{
    struct wake wake;
    for (;;) {
        struct rate *rate = due->source != NULL ? &due->source->rate : due->server != NULL ? &due->server->rate : NULL;
        if (rate != NULL && rate->finding == 0 && move_to_look(rate, packet->time, &due->time)) {
            if (rate->recent.total[RATE_ATTEMPTS] < RATE_SHOWN_FROM)
                continue;
            if (due->source != NULL)
                due->source->ports_here = pair_ports(pair_of(engine, &due->record->flow));
            return true;
        }
        *due = (struct rate_due){0};
        if (!wakes_take(engine->rates->wakes, packet->time, &wake))
            return false;
        due->record = flow_table_by_number(engine->flows, wake.flow);
        if (due->record == NULL)
            continue;
        struct source_rate *source = source_of(engine, &due->record->flow);
        if (wake.detector == LOOK_AT_SOURCE)
            due->source = source;
        else if (source->rate.finding == 0)
            due->server = server_of(engine, &due->record->flow);
    }
}
