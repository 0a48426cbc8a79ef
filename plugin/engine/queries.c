/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/queries.h"

#include "engine/wakes.h"
#include "memory/table.h"

/* An id that comes back later than this was drawn again. */
static const int64_t REPEAT_MAX = SECONDS(60);

/* Who asks another server within less did not wait for the first. */
static const int64_t RETRY_MIN = MILLISECONDS(900);

/* What an answer to the newest transmission is given at least, and the gap between A and AAAA of one look-up at most. */
static const int64_t ANSWER_DUE = SECONDS(1), TWIN_GAP = SECONDS(1);

/* A client with the usual timeout sends its query again when the patience is over, and is answered within this time. */
static const int64_t REPEAT_DUE = MILLISECONDS(500);

/* So many transmissions over the whole patience, and none is answered: only against all expectation the last one is. */
enum { TRANSMISSIONS_ENOUGH = 3 };

/* Answers to a transmission may come after the next query of the same port and id, if that follows within this time. */
static const int64_t LEFT_OVER = SECONDS(10);

/* SAME_MAX: queries of one id, type and name that are remembered at a time: those of a client to its servers. */
enum { SAME_MAX = 16, OF_FLOW_MAX = 16, PACES = 256, PACE_KNOWN = 3 };

/* Without holes, so that all of it counts. The name's hash is seeded; the names are compared too. */
struct question {
    uint64_t name;
    uint32_t path;
    uint16_t id, type;
};

struct entry {
    struct query query; /* first: the news lead back to it */
    struct question question;
    uint32_t number; /* from 1 */
    uint32_t flow;   /* of its newest transmission */
    uint32_t before; /* number of the flow's query before this one, 0 = none */
    struct entry *next, *twin;
    int64_t due, wake; /* wake: the earliest that is set, 0 = none */
    bool over;         /* nothing is due since its newest transmission */
    char name[];
};

/* The queries of one question, the newest first. */
struct same {
    struct question question;
    struct entry *first;
};

struct answered {
    uint32_t frame; /* 0 = never */
    int64_t time;
};

/* How quickly a server answers a client, and its newest answers: of any kind, and with addresses. */
struct pace {
    uint64_t key;
    unsigned answers;
    int64_t fastest;
    struct answered newest, with_addresses;
};

struct queries {
    const struct hash_seed *seed;
    int64_t patience;
    struct table *by_question;        /* struct same */
    struct entry *entry[QUERIES_MAX]; /* by number */
    uint32_t count;                   /* so far */
    struct wakes *wakes;              /* wake.flow is the number of a query */
    struct query_answer another;
    struct pace pace[PACES]; /* places by hash: whoever comes later to the same place takes it */
};

struct queries *
queries_new(const struct hash_seed *seed, int64_t patience)
{
    struct queries *queries = g_new0(struct queries, 1);
    queries->seed = seed;
    queries->patience = patience;
    queries->by_question = table_new(seed, sizeof(struct question), g_free);
    queries->wakes = wakes_new();
    return queries;
}

void
queries_free(struct queries *queries)
{
    if (queries == NULL)
        return;
    for (size_t i = 0; i < QUERIES_MAX; i++)
        g_free(queries->entry[i]);
    table_free(queries->by_question);
    wakes_free(queries->wakes);
    g_free(queries);
}

/* -- Remembering and forgetting --------------------------------------------------------------- */

static struct entry *
by_number(const struct queries *queries, uint32_t number)
{
    struct entry *entry = queries->entry[number % QUERIES_MAX];
    return entry != NULL && entry->number == number ? entry : NULL;
}

static void
forget(struct queries *queries, struct entry *entry)
{
    struct same *same = table_find(queries->by_question, &entry->question);
    struct entry **at = &same->first;
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    if (same->first == NULL)
        table_remove(queries->by_question, &entry->question);
    if (entry->twin != NULL) {
        entry->twin->twin = NULL;
        entry->twin->query.twin = NULL;
    }
    queries->entry[entry->number % QUERIES_MAX] = NULL;
    g_free(entry);
}

static struct question
question_of(const struct queries *queries, uint32_t path, const struct dns_message *message)
{
    return (struct question){.name = hash_bytes(queries->seed, 0, message->query_name, strlen(message->query_name)),
                             .path = path,
                             .id = message->id,
                             .type = message->query_type};
}

static struct entry *
first_of(const struct queries *queries, const struct question *question)
{
    const struct same *same = table_find(queries->by_question, question);
    return same != NULL ? same->first : NULL;
}

/* The newest query of this client to this server among those of the question. */
static struct entry *
find(struct entry *entry, const struct dns_message *message, const struct ip_address *client,
     const struct endpoint *server)
{
    while (entry != NULL &&
           (!endpoint_equal(&entry->query.server, server) || !address_equal(&entry->query.client.address, client) ||
            strcmp(entry->name, message->query_name) != 0))
        entry = entry->next;
    return entry;
}

/* Takes the place of the one that is QUERIES_MAX older, and of the oldest of too many with the same question. */
static struct entry *
begin(struct queries *queries, const struct question *question, const struct packet *packet)
{
    size_t name_size = strlen(packet->dns->query_name) + 1;
    uint32_t number = ++queries->count;
    if (queries->entry[number % QUERIES_MAX] != NULL)
        forget(queries, queries->entry[number % QUERIES_MAX]);
    unsigned count = 1;
    for (struct entry *other = first_of(queries, question), *next; other != NULL; other = next) {
        next = other->next;
        if (++count > SAME_MAX)
            forget(queries, other);
    }
    struct same *same = table_find(queries->by_question, question);
    if (same == NULL) {
        same = g_new0(struct same, 1);
        same->question = *question;
        table_add(queries->by_question, same);
    }
    struct entry *entry = g_malloc0(sizeof *entry + name_size);
    memcpy(entry->name, packet->dns->query_name, name_size);
    entry->question = *question;
    entry->number = number;
    entry->next = same->first;
    entry->query = (struct query){.server = packet->destination,
                                  .id = question->id,
                                  .type = question->type,
                                  .name = entry->name,
                                  .recursion_desired = packet->dns->recursion_desired,
                                  .first_frame = packet->frame,
                                  .first_time = packet->time};
    same->first = queries->entry[number % QUERIES_MAX] = entry;
    return entry;
}

/* -- Transmissions ---------------------------------------------------------------------------- */

static bool
is_other_family(uint16_t a, uint16_t b)
{
    return (a == DNS_TYPE_A && b == DNS_TYPE_AAAA) || (a == DNS_TYPE_AAAA && b == DNS_TYPE_A);
}

static void
join_twins(struct entry *one, struct entry *other)
{
    if (one->twin != NULL || other->twin != NULL || !is_other_family(one->query.type, other->query.type) ||
        strcmp(one->name, other->name) != 0 || other->query.first_time - one->query.first_time > TWIN_GAP)
        return;
    one->twin = other;
    other->twin = one;
    one->query.twin = &other->query;
    other->query.twin = &one->query;
}

/* The query is sent in this flow; the first time it becomes the flow's newest. */
static void
join_flow(struct queries *queries, struct entry *entry, uint32_t flow, uint32_t *newest)
{
    if (entry->flow == flow)
        return;
    struct entry *before = by_number(queries, *newest);
    if (before != NULL && before != entry)
        join_twins(before, entry);
    entry->flow = flow;
    entry->before = *newest;
    *newest = entry->number;
}

/* When nothing is due any more: the next transmission, which a client of fixed or doubled intervals sends, and its answer. */
static int64_t
due_of(const struct queries *queries, const struct query *query, int64_t gap)
{
    if (query->transmissions == 1)
        return query->first_time + queries->patience + REPEAT_DUE;
    return query->last_time + MAX(ANSWER_DUE, 2 * time_gap(0, gap));
}

static bool
is_hopeless(const struct queries *queries, const struct query *query)
{
    return query->transmissions >= TRANSMISSIONS_ENOUGH && query->last_time - query->first_time >= queries->patience;
}

static void
wait(struct queries *queries, struct entry *entry, int64_t now)
{
    if ((entry->wake == 0 || entry->due < entry->wake) && wakes_add(queries->wakes, now, entry->due, entry->number, 0))
        entry->wake = entry->due;
}

/* The client went on to another server, perhaps over the other version of IP: so these have not answered it, and after the
 * patience they are not asked again. */
static void
note_elsewhere(struct queries *queries, struct entry *first, const struct entry *entry, const struct packet *packet)
{
    for (struct entry *other = first; other != NULL; other = other->next) {
        struct query *query = &other->query;
        if (other == entry || query->outcome != QUERY_OPEN || query->elsewhere_frame != 0 ||
            endpoint_equal(&query->server, &entry->query.server) || strcmp(other->name, entry->name) != 0 ||
            packet->time - query->last_time < RETRY_MIN)
            continue;
        query->elsewhere_frame = packet->frame;
        if (packet->time - query->last_time >= queries->patience) {
            other->due = packet->time; /* over when this packet is taken in: SAME_MAX at most, each once */
            wait(queries, other, packet->time - 1);
        }
    }
}

static struct query_news
give_up(struct entry *entry)
{
    entry->query.outcome = QUERY_GIVEN_UP;
    entry->over = true;
    return (struct query_news){&entry->query, QUERY_IS_GIVEN_UP, entry->flow};
}

/* A transmission that follows an answer is a new query; what earlier ones have not got yet may still come. */
static unsigned
left_over(const struct entry *earlier, const struct packet *packet)
{
    bool recent = earlier != NULL && packet->time - earlier->query.last_time <= LEFT_OVER;
    return recent && earlier->query.expected > earlier->query.answers ? earlier->query.expected - earlier->query.answers
                                                                      : 0;
}

static struct query_news
take_query(struct queries *queries, const struct flow *flow, uint32_t *newest, const struct packet *packet)
{
    const struct query_news nothing = {0};
    if (!address_is_unicast(&packet->destination.address))
        return nothing;
    struct question question = question_of(queries, flow->path, packet->dns);
    struct entry *earlier =
        find(first_of(queries, &question), packet->dns, &packet->source.address, &packet->destination);
    struct entry *entry = earlier;
    if (earlier == NULL || earlier->query.outcome == QUERY_ANSWERED ||
        packet->time - earlier->query.last_time > REPEAT_MAX) {
        unsigned expected = left_over(earlier, packet);
        entry = begin(queries, &question, packet);
        entry->query.expected = expected;
    }
    struct query *query = &entry->query;
    int64_t gap = query->transmissions > 0 ? packet->time - query->last_time : 0;
    join_flow(queries, entry, flow->number, newest);
    query->client = packet->source;
    query->transmissions++;
    query->expected++;
    query->last_frame = packet->frame;
    query->last_time = packet->time;
    note_elsewhere(queries, first_of(queries, &question), entry, packet);
    if (query->outcome == QUERY_SETTLED)
        return nothing;
    entry->over = false;
    entry->due = due_of(queries, query, gap);
    /* Who asks again has not taken the answer that came from somewhere else. */
    if (query->unexpected_frame != 0 || is_hopeless(queries, query))
        return give_up(entry);
    wait(queries, entry, packet->time);
    return nothing;
}

/* -- Answers ---------------------------------------------------------------------------------- */

static void
read_answer(struct query_answer *answer, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    *answer = (struct query_answer){.frame = packet->frame,
                                    .time = packet->time,
                                    .rcode = message->rcode,
                                    .ttl = packet->ttl,
                                    .authoritative = message->authoritative,
                                    .truncated = message->truncated,
                                    .has_ip_id = packet->has_ip_id,
                                    .ip_id = packet->ip_id,
                                    .length = packet->payload.length,
                                    .whole = message->complete};
    for (unsigned i = 0; i < message->answer_count; i++) {
        if (message->answer[i].address.family == 0)
            continue;
        if (answer->address_count == QUERY_ADDRESSES_MAX) {
            answer->whole = false;
            return;
        }
        answer->address[answer->address_count++] = message->answer[i].address;
    }
}

static uint64_t
pace_key(const struct queries *queries, uint32_t path, const struct endpoint *client, const struct endpoint *server)
{
    struct {
        struct ip_address client, server;
    } hosts = {client->address, server->address};
    return hash_bytes(queries->seed, path, &hosts, sizeof hosts);
}

uint32_t
queries_newest_answer(const struct queries *queries, const struct flow *flow, bool with_addresses, int64_t now)
{
    const int64_t recently = SECONDS(60);
    uint64_t key = pace_key(queries, flow->path, &flow->client, &flow->server);
    const struct pace *pace = &queries->pace[key % PACES];
    const struct answered *answered = with_addresses ? &pace->with_addresses : &pace->newest;
    return pace->key == key && time_gap(answered->time, now) <= recently ? answered->frame : 0;
}

/* Notes how quickly the server answered; returns the best time before. */
static int64_t
note_pace(struct queries *queries, const struct entry *entry, int64_t delay)
{
    const struct query_answer *answer = &entry->query.answer;
    uint64_t key = pace_key(queries, entry->question.path, &entry->query.client, &entry->query.server);
    struct pace *pace = &queries->pace[key % PACES];
    if (pace->key != key)
        *pace = (struct pace){.key = key, .fastest = INT64_MAX};
    int64_t before = pace->answers >= PACE_KNOWN ? pace->fastest : 0;
    pace->answers++;
    pace->fastest = MIN(pace->fastest, delay);
    pace->newest = (struct answered){answer->frame, answer->time};
    if (answer->address_count > 0)
        pace->with_addresses = pace->newest;
    return before;
}

/* A query of the port that the answer came to, by another server. */
static void
note_unexpected(struct entry *first, const struct packet *packet)
{
    for (struct entry *entry = first; entry != NULL; entry = entry->next)
        if (entry->query.outcome == QUERY_OPEN && entry->query.unexpected_frame == 0 &&
            endpoint_equal(&entry->query.client, &packet->destination) &&
            strcmp(entry->name, packet->dns->query_name) == 0) {
            entry->query.unexpected_frame = packet->frame;
            entry->query.unexpected_source = packet->source;
        }
}

static struct query_news
take_answer(struct queries *queries, const struct flow *flow, const struct packet *packet)
{
    struct question question = question_of(queries, flow->path, packet->dns);
    struct entry *first = first_of(queries, &question);
    struct entry *entry = find(first, packet->dns, &packet->destination.address, &packet->source);
    if (entry == NULL) {
        note_unexpected(first, packet);
        return (struct query_news){0};
    }
    struct query *query = &entry->query;
    query->answers++;
    if (query->outcome == QUERY_ANSWERED) {
        read_answer(&queries->another, packet);
        query->another = &queries->another;
        return (struct query_news){query, QUERY_GETS_ANOTHER_ANSWER, flow->number};
    }
    read_answer(&query->answer, packet);
    query->usual = note_pace(queries, entry, packet->time - query->last_time);
    query->outcome = QUERY_ANSWERED;
    return (struct query_news){query, QUERY_GETS_ANSWER, flow->number};
}

void
queries_told(const struct query_news *news)
{
    struct query *query = &((struct entry *)news->query)->query;
    query->given_up |= news->event == QUERY_IS_GIVEN_UP;
    if (query->another != NULL && (query->answers <= query->expected || !query_answer_is_definite(&query->answer)))
        query->answer = *query->another;
    query->another = NULL;
}

/* -- Packets and waits ------------------------------------------------------------------------ */

void
queries_settle(struct queries *queries, uint32_t newest)
{
    struct entry *entry = by_number(queries, newest);
    uint32_t flow = entry != NULL ? entry->flow : 0;
    for (unsigned i = 0; i < OF_FLOW_MAX && entry != NULL && entry->flow == flow;
         i++, entry = by_number(queries, entry->before))
        if (entry->query.outcome == QUERY_OPEN)
            entry->query.outcome = QUERY_SETTLED;
}

struct query_news
queries_take(struct queries *queries, const struct flow *flow, uint32_t *newest, const struct packet *packet)
{
    if (packet->dns != NULL)
        return packet->dns->response ? take_answer(queries, flow, packet) : take_query(queries, flow, newest, packet);
    const struct entry *entry = by_number(queries, *newest);
    if (entry != NULL && endpoint_equal(&entry->query.server, &packet->source))
        queries_settle(queries, *newest);
    return (struct query_news){0};
}

int64_t
queries_next(const struct queries *queries)
{
    return queries->wakes->next;
}

struct query_news
queries_over(struct queries *queries, int64_t now)
{
    struct wake wake;
    while (wakes_take(queries->wakes, now, &wake)) {
        struct entry *entry = by_number(queries, wake.flow);
        if (entry == NULL)
            continue;
        if (wake.time == entry->wake)
            entry->wake = 0;
        if (entry->over || (entry->query.outcome != QUERY_OPEN && entry->query.outcome != QUERY_GIVEN_UP))
            continue;
        if (entry->due > now) {
            wait(queries, entry, now);
            continue;
        }
        return give_up(entry);
    }
    return (struct query_news){0};
}
