/* DNS queries that get no answer, or get it late.
 *
 * Everything that needs a name waits for it: a client sends its query again after 1 to 5 s, asks another resolver,
 * and gives up after 10 to 30 s. What the user sees is a service that is slow or down, with nothing wrong in it.
 *
 * A client that sends the query again, with the same id, has no answer so far; one that was seen to get answers
 * from elsewhere and does not get this one for 5 s has none either.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 9 (a wrong resolver setting ends in timeouts); resolv.conf(5):
 * timeout 5 s, attempts 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { PORT_DNS = 53 };

/* More findings about one client or one server say nothing new. */
enum { REPORTED_MAX = 10 };

/* The shortest timeout of a usual client is 1 s. Programs that ask the same within less have not waited. */
static const int64_t RETRY_TIME = MILLISECONDS(900);

/* An id that comes back later than this was drawn again. */
static const int64_t RETRY_TIME_MAX = SECONDS(60);

enum { SECONDS_WITHOUT, SLOW_MILLISECONDS };

static const struct threshold thresholds[] = {
    [SECONDS_WITHOUT] = {"unanswered_seconds",
                         {"DNS: query without answer (s)",
                          "A query that is not sent again must stay without answer for so many seconds"},
                         5,
                         1,
                         60},
    [SLOW_MILLISECONDS] = {"slow_milliseconds",
                           {"DNS: slow answer (ms)", "An answer that takes at least so many milliseconds is noted"},
                           1000,
                           1,
                           60000},
};

enum { UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [UNANSWERED] = {
        .id = "dns.unanswered",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "DNS query without timely answer",
            .summary = "[{server} answered the query of {client} for {name} ({query_type}) only after {delay} (threshold "
                       "{threshold}){?answered}.][{client} asked {server} for {name} ({query_type}) {attempts} times within "
                       "{delay} (threshold {threshold}) and got no answer{!answered}{?repeated}.][{client} asked {server} for {name} ({query_type}) "
                       "and got no answer within {threshold}{!answered}{!repeated}.]",
            .causes = "[The resolver has to ask servers that are far away, slow or partly down, and has nothing in its "
                      "cache{?answered}.]\n"
                      "[The client has a wrong resolver: nothing serves DNS at {server.address}, or not for this client (a "
                      "resolver drops the queries of strangers){!answered}.]\n"
                      "[A firewall or security group drops UDP port 53 between them, or the answers on their way back{!answered}.]\n"
                      "The resolver is overloaded or limits the rate of this client (see whether others are answered at the "
                      "same time), or the servers that it asks are slow or don't answer it.\n"
                      "[The path loses packets: the answer comes when the query is sent again{!answered}.]\n"
                      "[Large answers are lost: fragments are dropped (DNSSEC, many records), small ones arrive{!answered}.]\n"
                      "[Only the copy of the answer was lost, in the capture{!answered}{!repeated}.]",
            .checks = "From the client, one query with its time: `dig +tries=1 +time=5 @{server.address} -q {name} "
                      "-t {query_type}`\n"
                      "The same over TCP. If that works, UDP is filtered: `dig +tcp @{server.address} -q {name} -t "
                      "{query_type}`\n"
                      "With small answers. If that works, fragments are lost: `dig +bufsize=512 @{server.address} -q "
                      "{name} -t {query_type}`\n"
                      "Which resolvers does the client use, in which order: `cat /etc/resolv.conf; resolvectl "
                      "status`\n"
                      "On the resolver, do the queries arrive and do answers leave: `tcpdump -ni any 'port 53 and "
                      "host {client.address}'`\n"
                      "Until it works put a resolver that answers first in /etc/resolv.conf, and shorten the wait by "
                      "the line \"options timeout:1 attempts:2\" there (without \"rotate\", which would undo the "
                      "order).",
            .disproof = "A capture on {client.address} itself shows the answer in time.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 9; resolv.conf(5)",
        .silent_on = "slow answers: note with the time\nblind direction\nend of capture\nICMP answer (other case)\n"
                     "A and AAAA from one port\none query to two resolvers at once\nan answer with the truncation bit, then TCP\n"
                     "the same name asked for by two programs\nmulticast DNS and LLMNR\n"
                     "queries of a resolver on its way through the tree (no recursion desired): note",
    },
};
/* clang-format on */

/* One query of a port; all transmissions of it. */
struct query {
    uint16_t id, type;
    bool recursion; /* desired: a client's query, not that of a resolver on its way through the tree */
    bool pending;   /* there is no answer yet */
    bool over;      /* and its time is over */
    bool reported;
    unsigned transmissions;
    uint32_t frame, last_frame;
    int64_t time, last_time; /* of the first and the newest transmission */
    int64_t due;             /* without an answer until then its time is over */
};

enum { TYPES_MAX = 4 };

/* The queries of a port for one name: A, AAAA and what else is asked at once. */
struct dns_flow {
    char name[DNS_NAME_MAX];
    struct query query[TYPES_MAX];
    uint32_t answers; /* that could be read */
    bool waits;       /* for a wake that is set */
};

/* The newest transmission of a query, from whatever port and to whatever resolver. */
struct asked {
    uint64_t key, client, server;
    bool answered, reported;
    uint32_t flow;
    unsigned transmissions; /* to this server */
    uint32_t first_frame, frame;
    int64_t first_time, time;
};

enum { ASKED = 1024 };

struct capture {
    bool answers_seen;         /* outside of encapsulations: something was answered */
    struct asked asked[ASKED]; /* places by digest: whoever comes later to the same place takes it */
};

enum { KEY_RETRIED, KEY_SLOW, KEY_CLIENT, KEY_SERVER };

struct reported {
    uint32_t finding; /* its number; for a client or a server: how many it has */
};

/* Why it is reported: the client asked this server again, or another one, or nobody any more; or the answer came. */
enum reason { RETRIED, OTHER_ASKED, NO_ANSWER, TOO_LATE, SLOW };

/* Where the query is noted; `key` tells whether it is what stands there. A client asks its resolvers with one id, maybe
 * one over IPv6 and the next over IPv4, so its address is no part of the key. */
static struct asked *
asked_of(struct context *context, const struct flow *flow, const char *name, const struct query *query, uint64_t *key)
{
    struct capture *capture = capture_state(context);
    *key = digest_mix(digest_mix(flow->path, (uint64_t)query->id << 16 | query->type), dns_name_digest(name));
    return &capture->asked[*key % ASKED];
}

/* -- Reporting -------------------------------------------------------------------------------- */

static struct reported *
reported_of(struct context *context, unsigned kind, const struct ip_address *a, const struct ip_address *b)
{
    struct ip_address key[2] = {*a, *b};
    return keyed_state(context, kind, key, sizeof key, sizeof(struct reported));
}

/* Whether the client asks many that don't answer, or the server leaves many without an answer, that there are
 * enough findings about it. */
static bool
said_enough(struct context *context, const struct flow *flow)
{
    const struct ip_address *client = &flow->client.address, *server = &flow->server.address;
    struct reported *by_client = reported_of(context, KEY_CLIENT, client, client);
    struct reported *by_server = reported_of(context, KEY_SERVER, server, server);
    if (by_client->finding >= REPORTED_MAX || by_server->finding >= REPORTED_MAX)
        return true;
    by_client->finding++;
    by_server->finding++;
    return false;
}

static enum confidence
confidence_of(struct context *context, const struct flow *flow, enum reason reason)
{
    if (reason == TOO_LATE || reason == SLOW)
        return CONFIDENCE_CONFIRMED;
    bool one_way_so_far = session_is_one_way_so_far(session_of(context, flow->by_client.session));
    return one_way_so_far || reason == NO_ANSWER ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
}

static int64_t
threshold_of(struct context *context, enum reason reason)
{
    if (reason == RETRIED)
        return RETRY_TIME;
    return reason == SLOW ? MILLISECONDS(threshold_value(context, SLOW_MILLISECONDS))
                          : SECONDS(threshold_value(context, SECONDS_WITHOUT));
}

static void
report_query(struct context *context, const struct flow *flow, const struct query *query, const char *name,
             enum reason reason, int64_t delay)
{
    struct reported *reported =
        reported_of(context, reason == SLOW ? KEY_SLOW : KEY_RETRIED, &flow->client.address, &flow->server.address);
    if (reported->finding != 0) {
        report_again(context, reported->finding);
        return;
    }
    struct finding *finding =
        said_enough(context, flow) ? NULL : report(context, &cases[UNANSWERED], confidence_of(context, flow, reason));
    if (finding == NULL)
        return;
    reported->finding = finding_number(finding);
    report_series(finding, 1, query->frame, query->time);
    report_flow(finding, flow);
    report_text(finding, FACT_name, name);
    report_text(finding, FACT_query_type, dns_type_name(query->type));
    report_count(finding, FACT_attempts, query->transmissions);
    report_duration(finding, FACT_delay, delay);
    report_duration(finding, FACT_threshold, threshold_of(context, reason));
    if (reason == SLOW || !query->recursion)
        report_severity(finding, SEVERITY_NOTE);
    if (reason == RETRIED)
        report_flag(finding, FACT_repeated);
    if (reason == TOO_LATE || reason == SLOW)
        report_flag(finding, FACT_answered);
    report_evidence(finding, query->frame);
    report_evidence(finding, query->last_frame);
}

/* -- Queries ---------------------------------------------------------------------------------- */

/* Whether nothing came back: no ICMP error either, and no packet that could not be read. */
static bool
is_unanswered(struct context *context, const struct flow *flow, const struct dns_flow *state)
{
    return flow->icmp_error_frame == 0 && flow->by_server.packets == state->answers &&
           answers_visible(context, flow, true);
}

/* The query of this id and type; else, if `fresh`, a place for it: that of one which is over. NULL if there is none,
 * or the port still waits for another name. */
static struct query *
find_query(struct dns_flow *state, const struct dns_message *message, bool fresh)
{
    bool same_name = strcmp(state->name, message->query_name) == 0;
    struct query *place = NULL;
    for (unsigned i = 0; i < TYPES_MAX; i++) {
        struct query *query = &state->query[i];
        if (same_name && query->transmissions > 0 && query->id == message->id && query->type == message->query_type)
            return query;
        bool waits = query->pending && !query->over;
        if (waits && !same_name)
            return NULL;
        if (!waits && (place == NULL || query->last_time < place->last_time))
            place = query;
    }
    return fresh ? place : NULL;
}

/* The query whose time is over first, NULL if none waits for an answer. */
static struct query *
next_due(struct dns_flow *state)
{
    struct query *next = NULL;
    for (unsigned i = 0; i < TYPES_MAX; i++) {
        struct query *query = &state->query[i];
        if (query->pending && !query->over && (next == NULL || query->due < next->due))
            next = query;
    }
    return next;
}

static void
set_wake(struct context *context, struct dns_flow *state)
{
    const struct query *next = next_due(state);
    if (!state->waits && next != NULL)
        state->waits = wake_at(context, next->due);
}

/* The place as that of a query which is sent for the first time from this port. */
static void
begin_query(struct context *context, struct dns_flow *state, struct query *query, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    if (strcmp(state->name, message->query_name) != 0)
        memset(state->query, 0, sizeof state->query);
    memcpy(state->name, message->query_name, sizeof state->name);
    *query = (struct query){.id = message->id,
                            .type = message->query_type,
                            .recursion = packet->payload.bytes[2] & 1,
                            .pending = true,
                            .frame = packet->frame,
                            .last_frame = packet->frame,
                            .time = packet->time,
                            .due = packet->time + SECONDS(threshold_value(context, SECONDS_WITHOUT))};
}

/* If it was sent from another port before, as dig does, the count goes on. */
static void
join_earlier(struct context *context, const struct flow *flow, const struct packet *packet, struct query *query)
{
    uint64_t key;
    const struct asked *asked = asked_of(context, flow, packet->dns->query_name, query, &key);
    if (asked->key != key || asked->answered || asked->flow == flow->number ||
        packet->time - asked->time > RETRY_TIME_MAX || asked->client != address_digest(&flow->client.address) ||
        asked->server != address_digest(&flow->server.address))
        return;
    query->time = asked->first_time;
    query->frame = asked->first_frame;
    query->last_frame = asked->frame;
    query->transmissions = asked->transmissions;
    query->reported = asked->reported;
}

static void
note_query(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    struct dns_flow *state = flow_state(context);
    struct query *query = find_query(state, message, true);
    if (query == NULL)
        return;
    if (!query->pending || query->id != message->id || query->type != message->query_type) {
        begin_query(context, state, query, packet);
        join_earlier(context, flow, packet, query);
    }
    query->transmissions++;
    if (query->transmissions > 1 && !query->reported && packet->time - query->time >= RETRY_TIME &&
        is_unanswered(context, flow, state)) {
        report_query(context, flow, query, state->name, RETRIED, packet->time - query->time);
        query->reported = true;
    }
    query->last_frame = packet->frame;
    query->last_time = packet->time;
    uint64_t key;
    struct asked *asked = asked_of(context, flow, state->name, query, &key);
    *asked = (struct asked){.key = key,
                            .client = address_digest(&flow->client.address),
                            .server = address_digest(&flow->server.address),
                            .reported = query->reported,
                            .flow = flow->number,
                            .transmissions = query->transmissions,
                            .first_frame = query->frame,
                            .frame = packet->frame,
                            .first_time = query->time,
                            .time = packet->time};
    set_wake(context, state);
}

/* The client need not ask again. */
static void
settle(struct context *context, const struct flow *flow, const struct dns_flow *state, struct query *query)
{
    uint64_t key;
    struct asked *asked = asked_of(context, flow, state->name, query, &key);
    if (asked->key == key)
        asked->answered = true;
    query->pending = false;
}

static void
note_answer(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct dns_flow *state = flow_state(context);
    struct query *query = find_query(state, packet->dns, false);
    state->answers++;
    if (query == NULL || !query->pending)
        return;
    if (packet->session == 0)
        ((struct capture *)capture_state(context))->answers_seen = true;
    settle(context, flow, state, query);
    int64_t delay = packet->time - query->time;
    if (query->reported)
        return;
    if (delay >= SECONDS(threshold_value(context, SECONDS_WITHOUT)))
        report_query(context, flow, query, state->name, TOO_LATE, delay);
    else if (delay >= MILLISECONDS(threshold_value(context, SLOW_MILLISECONDS)))
        report_query(context, flow, query, state->name, SLOW, delay);
}

/* -- Silence ---------------------------------------------------------------------------------- */

/* Whether the capture shows answers at all, so that the lack of one means something. */
static bool
answers_were_seen(struct context *context, const struct flow *flow)
{
    const struct session *session = session_of(context, flow->by_client.session);
    return session != NULL ? session->role == SESSION_OVERLAY || session->two_way_flows > 0
                           : ((const struct capture *)capture_state(context))->answers_seen;
}

/* The time of the query is over. If the client asks the same server from another port, that query stands for this one.
 * If it asks another server, it shows that it has no answer. */
static void
check_silence(struct context *context, const struct flow *flow, const struct dns_flow *state, struct query *query)
{
    uint64_t key;
    const struct asked *asked = asked_of(context, flow, state->name, query, &key);
    bool elsewhere = asked->key == key && asked->flow != flow->number;
    if (elsewhere && asked->server == address_digest(&flow->server.address))
        return;
    bool went_on = elsewhere && asked->time - query->last_time >= RETRY_TIME;
    if (query->reported || !is_unanswered(context, flow, state) || !(went_on || answers_were_seen(context, flow)))
        return;
    enum reason reason = went_on ? OTHER_ASKED : NO_ANSWER;
    report_query(context, flow, query, state->name, reason, threshold_of(context, reason));
    query->reported = true;
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    struct dns_flow *state = flow_state(context);
    struct query *query;
    state->waits = false;
    while ((query = next_due(state)) != NULL && query->due <= now) {
        check_silence(context, flow, state, query);
        query->over = true;
    }
    set_wake(context, state);
}

/* An ICMP error is an answer: connect.unreachable tells of it. */
static void
note_icmp(struct context *context, const struct flow *flow)
{
    struct dns_flow *state = flow_state(context);
    for (unsigned i = 0; i < TYPES_MAX; i++)
        if (state->query[i].pending)
            settle(context, flow, state, &state->query[i]);
}

/* -- Packets ---------------------------------------------------------------------------------- */

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL) {
        if (flow->protocol == PROTOCOL_UDP && flow->server.port == PORT_DNS && packet->from_client)
            note_icmp(context, flow);
        return;
    }
    if (packet->dns == NULL) {
        if (packet->session == 0)
            ((struct capture *)capture_state(context))->answers_seen = true; /* a handshake was completed */
        return;
    }
    if (flow->server.port != PORT_DNS || packet->dns->response == packet->from_client)
        return;
    if (packet->dns->response) {
        if (flow->by_client.packets > 0)
            note_answer(context, flow, packet);
    } else if (address_is_unicast(&flow->server.address)) {
        note_query(context, flow, packet);
    }
}

const struct detector dns_unanswered_detector = {
    .family = "dns",
    .summary = "Queries that a resolver leaves without answer",
    .sees = SEES_DNS | SEES_ICMP | SEES_COMPLETED,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct dns_flow),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
